"""What came of adding: conflicts first, then what was not taken, then remarks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.dialogs.error import show_error
from dicomdir_studio.gui.jobs import JobPoller
from dicomdir_studio.gui.models.outcomes import REASON, Kind, Outcome, OutcomesModel, outcome_rows
from dicomdir_studio.gui.panels.notes import Note
from dicomdir_studio.gui.panels.tables import set_widths, table_view
from dicomdir_studio.gui.room import take_room
from dicomdir_studio.session.export import as_csv, save_rows
from dicomdir_studio.session.jobs import JobRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QModelIndex

_WIDTH, _HEIGHT = 920, 480


class OutcomeDialog(QDialog):
    """A table of what is to be said after adding, to be copied or saved as CSV.

    Parameters
    ----------
    outcomes : sequence of Outcome
        The gravest first.
    parent : QWidget, optional
        The window that it is shown over.
    undo : callable, optional
        Takes the addition back; offered if there are conflicts.
    """

    def __init__(
        self,
        outcomes: Sequence[Outcome],
        parent: QWidget | None = None,
        undo: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(parent)
        self.outcomes = outcomes
        self._counts = Counter(one.kind for one in outcomes)
        self._poller = JobPoller(JobRunner(workers=1), self)
        self.setWindowTitle(self.tr("Result of adding"))
        take_room(self, _WIDTH, _HEIGHT)
        self.model = OutcomesModel(self)
        self.model.set_rows(self.outcomes)
        self.view = table_view(self.model, self.tr("Files with remarks"), self)
        set_widths(self.view, (21, 24, 50, 30), filling=(REASON,))
        self.view.header().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.view.setSortingEnabled(True)
        self.warning = Note(self)
        self.text = Note(self)
        self.copy_button = QPushButton(self.tr("&Copy all"), self)
        self.save_button = QPushButton(self.tr("&Save as CSV…"), self)
        self.undo_button = QPushButton(self.tr("&Undo the addition"), self)
        self._undo = undo if self._counts[Kind.CONFLICT] else None
        self._build()
        self.view.selectionModel().currentRowChanged.connect(self._show_text)
        self.copy_button.clicked.connect(self.copy_all)
        self.save_button.clicked.connect(self._ask_and_save)
        self.undo_button.clicked.connect(self._take_back)
        if self.outcomes:
            self.view.setCurrentIndex(self.model.index(0, 0))

    def _build(self) -> None:
        heading = QLabel(told(self._counts), self)
        heading.setWordWrap(True)
        if self._counts[Kind.CONFLICT]:
            self.warning.complain(
                self.tr(
                    "The files conflict with each other or with the File-set: images of different "
                    "people may be mixed up. Look at the conflicts before you write."
                )
            )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        if self._undo is not None:
            close.setText(self.tr("&Keep it staged"))
            buttons.addButton(self.undo_button, QDialogButtonBox.ButtonRole.DestructiveRole)
        self.undo_button.setVisible(self._undo is not None)
        for button in (self.copy_button, self.save_button):
            button.setAutoDefault(False)
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        close.setDefault(True)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(10)
        for widget in (heading, self.warning, self.view, self.text, buttons):
            layout.addWidget(widget, 1 if widget is self.view else 0)

    def copy_all(self) -> None:
        """Put the whole list on the clipboard as CSV."""
        QApplication.clipboard().setText(as_csv(outcome_rows(self.outcomes), OutcomesModel.HEADERS))
        self.copy_button.setText(self.tr("Copied"))

    def save(self, path: Path) -> None:
        """Save the list as CSV, in a job."""
        outcomes = self.outcomes
        self._poller.submit(
            self.tr("Saving the list"),
            lambda _monitor: save_rows(path, outcome_rows(outcomes), OutcomesModel.HEADERS),
            on_done=lambda _none: self.save_button.setText(self.tr("Saved")),
            on_failed=lambda error: show_error(self, error),
            owner=self,
            quiet=True,
        )

    def _ask_and_save(self) -> None:
        name, _kind = QFileDialog.getSaveFileName(
            self, self.tr("Save as CSV"), "outcome.csv", self.tr("CSV (*.csv)")
        )
        if name:
            self.save(Path(name))

    def _take_back(self) -> None:
        """Undo the addition and close."""
        self.accept()
        if self._undo is not None:
            self._undo()

    def _show_text(self, index: QModelIndex) -> None:
        row = self.model.row(index)
        self.text.say("\n".join(t for t in (row.path, row.reason, row.remedy) if t) if row else "")


def told(counts: Counter[Kind]) -> str:
    """Return how many conflicts, refusals and remarks there are, as sentences."""
    tr = wording.tr
    words = (
        (Kind.CONFLICT, tr("conflict was found"), tr("conflicts were found")),
        (Kind.REFUSED, tr("file was refused"), tr("files were refused")),
        (Kind.REMARK, tr("value was filled in"), tr("values were filled in")),
    )
    parts = [wording.counted(counts[kind], one, more) for kind, one, more in words if counts[kind]]
    return ", ".join(parts) + "." if parts else ""
