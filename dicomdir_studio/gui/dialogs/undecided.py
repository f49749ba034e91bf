"""Before a write: conflicts are not decided, and images may be of different people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from dicomdir_studio.gui import wording

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

Answer = Literal["decide", "go on", "back"]


class UndecidedDialog(QMessageBox):
    """Says that something is to be decided, and asks whether to do that before the write.

    Parameters
    ----------
    count : int
        How many conflicts are not decided.
    parent : QWidget, optional
        The window that it is shown over.
    """

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        contradictions = wording.counted(count, self.tr("conflict is"), self.tr("conflicts are"))
        self.setIcon(QMessageBox.Icon.Warning)
        self.setWindowTitle(self.tr("Undecided conflicts"))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(self.tr("{0} not decided.").format(contradictions))
        self.setInformativeText(
            self.tr(
                "Images of different people may be mixed up on what is written. Decide first, or "
                "go on with all as it is staged."
            )
        )
        roles = QMessageBox.ButtonRole
        self.decide_button = self.addButton(self.tr("&Decide…"), roles.AcceptRole)
        self.go_on_button = self.addButton(self.tr("Go on &undecided"), roles.DestructiveRole)
        self.back_button = self.addButton(self.tr("&Go back"), roles.RejectRole)
        self.setDefaultButton(self.decide_button)
        self.setEscapeButton(self.back_button)

    @property
    def answer(self) -> Answer:
        """What the user chose; closing the dialog goes back."""
        clicked = self.clickedButton()
        if clicked is self.decide_button:
            return "decide"
        return "go on" if clicked is self.go_on_button else "back"
