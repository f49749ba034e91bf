"""Closing a File-set with staged changes: write, discard, or go back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from dicomdir_studio.gui import wording

if TYPE_CHECKING:
    from dicomdir_studio.fileset import FileSet

Answer = Literal["write", "discard", "back"]


class CloseDialog(QMessageBox):
    """Says what is staged and asks what becomes of it."""

    def __init__(self, file_set: FileSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = file_set.ID or file_set.opened_from or file_set.path or self.tr("The new File-set")
        self.setIcon(QMessageBox.Icon.Warning)
        self.setWindowTitle(self.tr("Unwritten changes"))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(self.tr("{0} has changes that have not been written.").format(name))
        self.setInformativeText(
            self.tr(
                "{0}. Discarding them leaves the medium and the source files as they are."
            ).format(staged_summary(file_set))
        )
        self.write_button = self.addButton(self.tr("&Write…"), QMessageBox.ButtonRole.AcceptRole)
        self.discard_button = self.addButton(
            self.tr("&Discard"), QMessageBox.ButtonRole.DestructiveRole
        )
        self.back_button = self.addButton(self.tr("&Go back"), QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.write_button)
        self.setEscapeButton(self.back_button)

    @property
    def answer(self) -> Answer:
        """What the user chose; closing the dialog goes back."""
        clicked = self.clickedButton()
        if clicked is self.write_button:
            return "write"
        return "discard" if clicked is self.discard_button else "back"


def staged_summary(file_set: FileSet) -> str:
    """Return what is staged in words: "3 additions, 1 removal"."""
    tr, tally = wording.tr, file_set.tree.tally
    counts = (
        (tally.additions, tr("addition"), tr("additions")),
        (tally.removals, tr("removal"), tr("removals")),
        (len(file_set.staged_properties), tr("property"), tr("properties")),
        (len(file_set.rewritten_records), tr("changed record"), tr("changed records")),
    )
    return ", ".join(wording.counted(*count) for count in counts if count[0])


def ask_close(file_set: FileSet, parent: QWidget | None = None) -> Answer:
    """Ask what becomes of the staged changes of a File-set that is to be closed."""
    dialog = CloseDialog(file_set, parent)
    dialog.exec()
    return dialog.answer
