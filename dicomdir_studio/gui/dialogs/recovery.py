"""At the start: what the program had staged when it ended without being asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from dicomdir_studio.gui.keeping import summary_of, time_of
from dicomdir_studio.gui.panels.tables import set_widths, table_view
from dicomdir_studio.gui.room import take_room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomdir_studio.session.staged_work import StagedWork

_WIDTH, _HEIGHT = 720, 340


class RecoveryDialog(QDialog):
    """A list of File-sets with work that was never written.

    Parameters
    ----------
    works : sequence of StagedWork
        What earlier runs left, latest first.
    parent : QWidget, optional
        The window that it is shown over.

    Attributes
    ----------
    restore_wanted, discard_wanted : Signal(list)
        The chosen works. Closing the dialog leaves all for the next start.
    """

    restore_wanted = Signal(list)
    discard_wanted = Signal(list)

    def __init__(self, works: Sequence[StagedWork], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.works = list(works)
        self.setWindowTitle(self.tr("Unwritten work"))
        take_room(self, _WIDTH, _HEIGHT)
        self.model = QStandardItemModel(0, 3, self)
        self.model.setHorizontalHeaderLabels(
            [self.tr("File-set"), self.tr("Staged"), self.tr("Last saved")]
        )
        for work in self.works:
            self.model.appendRow([QStandardItem(text) for text in self._texts(work)])
            self.model.item(self.model.rowCount() - 1, 0).setToolTip(work.root or work.home)
        self.view = table_view(self.model, self.tr("File-sets with staged work"), self, paths=(0,))
        set_widths(self.view, (44, 26, 16))
        self.restore_button = QPushButton(self.tr("&Stage again"), self)
        self.discard_button = QPushButton(self.tr("&Discard"), self)
        self._build()
        self.view.selectionModel().selectionChanged.connect(self._update)
        self._select_all()

    def _select_all(self) -> None:
        """Choose every row."""
        flags = QItemSelectionModel.SelectionFlag
        first = self.model.index(0, 0)
        last = self.model.index(self.model.rowCount() - 1, self.model.columnCount() - 1)
        chooser = self.view.selectionModel()
        chooser.select(QItemSelection(first, last), flags.Select | flags.Rows)
        chooser.setCurrentIndex(first, flags.NoUpdate)
        self.view.scheduleDelayedItemsLayout()  # a view that has no size yet made rows of none

    def chosen(self) -> list[StagedWork]:
        """Return the works that are selected."""
        rows = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        return [self.works[row] for row in rows]

    def _build(self) -> None:
        told = QLabel(
            self.tr(
                "The program ended before this was written. The media are unchanged, and no staged "
                "work is lost. An interrupted write is finished or undone when its File-set is "
                "opened."
            ),
            self,
        )
        told.setWordWrap(True)
        told.setTextFormat(Qt.TextFormat.PlainText)
        buttons = QDialogButtonBox(self)
        later = buttons.addButton(self.tr("&Later"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.restore_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self.discard_button, QDialogButtonBox.ButtonRole.DestructiveRole)
        self.restore_button.setDefault(True)
        for button in (later, self.discard_button):
            button.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        self.restore_button.clicked.connect(self._restore)
        self.discard_button.clicked.connect(self._discard)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(told)
        layout.addWidget(self.view, 1)
        layout.addWidget(buttons)

    def _texts(self, work: StagedWork) -> tuple[str, str, str]:
        """Return the cells of one File-set."""
        name = work.root or self.tr("A new File-set")
        if work.home and not work.root:
            name = self.tr("A new File-set in {0}").format(work.home)
        return name, summary_of(work), time_of(work)

    def _restore(self) -> None:
        """Ask for the chosen works to be staged again."""
        self.restore_wanted.emit(self.chosen())
        self.accept()

    def _discard(self) -> None:
        """Ask for the chosen works to be forgotten; the others stay listed."""
        chosen = self.chosen()
        self.discard_wanted.emit(chosen)
        for row in reversed([place for place, one in enumerate(self.works) if one in chosen]):
            self.model.removeRow(row)
            del self.works[row]
        if not self.works:
            self.accept()

    def _update(self) -> None:
        """Enable what can be done with the selection."""
        for button in (self.restore_button, self.discard_button):
            button.setEnabled(self.view.selectionModel().hasSelection())
