"""Which files were not taken, why, and what can be done."""

from __future__ import annotations

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

from dicomdir_studio.fileset import Refusal
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.dialogs.error import show_error
from dicomdir_studio.gui.jobs import JobPoller
from dicomdir_studio.gui.models.refusals import FILE, RefusalsModel, refusal_rows, refusal_texts
from dicomdir_studio.gui.panels.notes import Note
from dicomdir_studio.gui.panels.tables import set_widths, table_view
from dicomdir_studio.session.export import as_csv, save_rows
from dicomdir_studio.session.jobs import JobRunner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtCore import QModelIndex

    from dicomdir_studio.errors import StudioError

_WIDTH, _HEIGHT = 860, 460


class RefusedDialog(QDialog):
    """A table of refused files, to be copied or saved as CSV.

    Parameters
    ----------
    refusals : iterable of Refusal, or of path and error
        The files with the error of each.
    parent : QWidget, optional
        The window that it is shown over.
    """

    def __init__(
        self, refusals: Iterable[Refusal | tuple[str, StudioError]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.refusals = [one if isinstance(one, Refusal) else Refusal(*one) for one in refusals]
        self._poller = JobPoller(JobRunner(workers=1), self)
        self.setWindowTitle(self.tr("Files that were refused"))
        self.resize(_WIDTH, _HEIGHT)
        self.model = RefusalsModel(self)
        self.model.set_rows(self.refusals)
        self.view = table_view(self.model, self.tr("Refused files"), self)
        set_widths(self.view, (24, 48, 40))
        self.view.setSortingEnabled(True)
        self.view.sortByColumn(FILE, Qt.SortOrder.AscendingOrder)
        self.text = Note(self)
        self.copy_button = QPushButton(self.tr("&Copy all"), self)
        self.save_button = QPushButton(self.tr("&Save as CSV…"), self)
        self._build()
        self.view.selectionModel().currentRowChanged.connect(self._show_text)
        self.copy_button.clicked.connect(self.copy_all)
        self.save_button.clicked.connect(self._ask_and_save)
        if self.refusals:
            self.view.setCurrentIndex(self.model.index(0, 0))

    def _build(self) -> None:
        count = wording.counted(len(self.refusals), self.tr("file was"), self.tr("files were"))
        heading = QLabel(self.tr("{0} not taken into the File-set.").format(count), self)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.save_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(heading)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.text)
        layout.addWidget(buttons)

    def copy_all(self) -> None:
        """Put the whole list on the clipboard as CSV."""
        QApplication.clipboard().setText(as_csv(refusal_rows(self.refusals), RefusalsModel.HEADERS))
        self.copy_button.setText(self.tr("Copied"))

    def save(self, path: Path) -> None:
        """Save the list as CSV, in a job."""
        refusals = self.refusals
        self._poller.submit(
            self.tr("Saving the list"),
            lambda _monitor: save_rows(path, refusal_rows(refusals), RefusalsModel.HEADERS),
            on_done=lambda _none: self.save_button.setText(self.tr("Saved")),
            on_failed=self._show_failure,
            owner=self,
            quiet=True,
        )

    def _ask_and_save(self) -> None:
        name, _kind = QFileDialog.getSaveFileName(
            self, self.tr("Save as CSV"), "refused.csv", self.tr("CSV (*.csv)")
        )
        if name:
            self.save(Path(name))

    def _show_failure(self, error: BaseException) -> None:
        show_error(self, error)

    def _show_text(self, index: QModelIndex) -> None:
        refusal = self.model.row(index)
        self.text.say("\n".join(t for t in refusal_texts(refusal) if t) if refusal else "")
