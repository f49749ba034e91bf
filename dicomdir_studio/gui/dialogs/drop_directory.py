"""Whether a dropped DICOMDIR is to be opened, or what it references to be added."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from dicomdir_studio.gui import wording

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

Choice = Literal["open", "add", "cancel"]
_MOST_NAMED = 5


class DropDirectoryDialog(QMessageBox):
    """Asks what to do with one or more dropped DICOMDIRs.

    Parameters
    ----------
    parent : QWidget or None
        The window that they were dropped on.
    paths : sequence of path
        The DICOMDIRs, or the folders that hold them.
    """

    def __init__(self, parent: QWidget | None, paths: Sequence[str | os.PathLike[str]]) -> None:
        super().__init__(parent)
        several = len(paths) > 1
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle(self.tr("A DICOMDIR was dropped"))
        self.setTextFormat(Qt.TextFormat.PlainText)
        count = wording.number(len(paths))
        self.setText(
            self.tr("{0} complete File-sets were dropped.").format(count)
            if several
            else self.tr("A complete File-set was dropped.")
        )
        self.setInformativeText(self._named(paths))
        self.open_button = self.addButton(
            self.tr("&Open them") if several else self.tr("&Open it"),
            QMessageBox.ButtonRole.AcceptRole,
        )
        self.add_button = self.addButton(
            self.tr("&Add what they reference") if several else self.tr("&Add what it references"),
            QMessageBox.ButtonRole.ActionRole,
        )
        self.cancel_button = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.open_button)
        self.setEscapeButton(self.cancel_button)

    @property
    def choice(self) -> Choice:
        """What the user chose."""
        clicked = self.clickedButton()
        if clicked is self.open_button:
            return "open"
        return "add" if clicked is self.add_button else "cancel"

    def _named(self, paths: Sequence[str | os.PathLike[str]]) -> str:
        names = [str(Path(path)) for path in paths[:_MOST_NAMED]]
        left = len(paths) - len(names)
        if left:
            names.append(self.tr("and {0} more").format(wording.number(left)))
        names.append("")
        names.append(
            self.tr(
                "Opening does not change the present File-set. Adding stages the referenced files "
                "for addition to it."
            )
        )
        return "\n".join(names)
