"""Offers the ways in which names can be read, side by side; nothing changes before a choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.readings import ReadingsModel
from dicomdir_studio.gui.panels.notes import Note
from dicomdir_studio.gui.panels.tables import set_widths, table_view
from dicomdir_studio.gui.room import take_room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomdir_studio.fileset import TextGroup

_WIDTH, _HEIGHT = 900, 460


class CharsetDialog(QDialog):
    """The readings of each group of records, to be compared and one of them chosen.

    Parameters
    ----------
    groups : sequence of TextGroup
        What `FileSet.readings` returned, not empty.
    parent : QWidget, optional
        The window that it is shown over.

    Attributes
    ----------
    chosen : Signal(str, object)
        The character set, and the records that it is chosen for. The dialog stays open
        while there are further groups.
    """

    chosen = Signal(str, object)

    def __init__(self, groups: Sequence[TextGroup], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups = list(groups)
        self.setWindowTitle(self.tr("Character set of names"))
        take_room(self, _WIDTH, _HEIGHT)
        self.group_box = QComboBox(self)
        self.group_box.setAccessibleName(self.tr("Records"))
        self.note = Note(self)
        self.model = ReadingsModel(self)
        self.view = table_view(self.model, self.tr("Readings"), self)
        self.view.setSelectionMode(self.view.SelectionMode.SingleSelection)
        self.correct_button = QPushButton(self.tr("&Correct the records"), self)
        self.close_button = QPushButton(self.tr("Close &without changes"), self)
        self._build()
        self.view.selectionModel().currentRowChanged.connect(lambda *_: self._update())
        self.view.activated.connect(lambda _index: self.correct())
        self.group_box.currentIndexChanged.connect(lambda _place: self._show_group())
        self.correct_button.clicked.connect(self.correct)
        self._fill()

    def _build(self) -> None:
        """Put the parts together."""
        told = QLabel(
            self.tr(
                "Each row shows the same bytes in a different character set. Choose the row in "
                "which the names are right. The records are then corrected to declare that "
                "character set; this is staged, can be undone, and never changes the instances' "
                "own files."
            ),
            self,
        )
        told.setWordWrap(True)
        label = QLabel(self.tr("&Records:"), self)
        label.setBuddy(self.group_box)
        line = QHBoxLayout()
        line.addWidget(label)
        line.addWidget(self.group_box, 1)
        buttons = QDialogButtonBox(self)
        buttons.addButton(self.correct_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        self.close_button.setAutoDefault(False)
        self.correct_button.setDefault(True)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(told)
        layout.addLayout(line)
        layout.addWidget(self.note)
        layout.addWidget(self.view, 1)
        layout.addWidget(buttons)

    @property
    def group(self) -> TextGroup:
        """The records that are looked at."""
        return self._groups[max(0, self.group_box.currentIndex())]

    def correct(self) -> None:
        """Choose the present reading for the present records."""
        row = self.model.row(self.view.currentIndex())
        if row is None or not row.term:
            return
        group = self.group
        self._groups.remove(group)
        self.chosen.emit(row.term, group.records)
        if self._groups:
            self._fill()
        else:
            self.accept()

    def _fill(self) -> None:
        """List the groups that are left."""
        self.group_box.blockSignals(True)
        self.group_box.clear()
        for group in self._groups:
            count = wording.counted(len(group.records), self.tr("record"), self.tr("records"))
            declared = group.declared or self.tr("no character set")
            self.group_box.addItem(
                self.tr("{0} that declare {1}: {2}").format(
                    count, declared, ", ".join(group.samples[:1])
                )
            )
        self.group_box.blockSignals(False)
        self._show_group()

    def _show_group(self) -> None:
        """Show the readings of the group chosen."""
        group = self.group
        self.model.show_group(group)
        set_widths(self.view, (34, *(22,) * (self.model.columnCount() - 1)))
        self.view.setCurrentIndex(self.model.index(0, 0))
        if group.sound:
            self.note.say(
                self.tr("The text is valid as declared; other readings are possible too.")
            )
        elif group.readings:
            self.note.complain(
                self.tr("The declared character set cannot be right: some bytes cannot be decoded.")
            )
        else:
            self.note.complain(
                self.tr("No character set fits all of this text; parts of it are damaged.")
            )
        self._update()

    def _update(self) -> None:
        """Let only another reading than the present one be chosen."""
        row = self.model.row(self.view.currentIndex())
        self.correct_button.setEnabled(row is not None and bool(row.term))
