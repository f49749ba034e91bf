"""A button that saves what a table shows as CSV or JSON, in a job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from dicomdir_studio.gui.file_manager import documents_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.monitor import Monitor

    Saving = Callable[[], Callable[[Path, Monitor], None]]


class SaveButton(QPushButton):
    """Asks for a file and saves to it; the suffix decides between CSV and JSON.

    Parameters
    ----------
    saving : callable
        Called in the GUI thread when a file was chosen; returns the work of saving, which is
        called in a job with the path and a monitor.
    name : str
        The file name that is offered, without suffix.
    parent : QWidget
        The Qt parent.

    Attributes
    ----------
    saved : Signal(str)
        The path that was written.
    """

    saved = Signal(str)

    def __init__(self, saving: Saving, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._saving = saving
        self._name = name
        self._folder = ""
        self._poller: JobPoller | None = None
        self.setText(self.tr("Save &as…"))
        self.setToolTip(self.tr("Save as CSV or JSON"))
        self.setAutoDefault(False)
        self.clicked.connect(self._ask)

    def set_poller(self, poller: JobPoller) -> None:
        """Run the saving here."""
        self._poller = poller

    def save(self, path: Path) -> None:
        """Save to this file."""
        if self._poller is None:
            return
        work = self._saving()
        self._poller.submit(
            self.tr("Saving {0}").format(path.name),
            lambda monitor: work(path, monitor),
            on_done=lambda _none: self.saved.emit(str(path)),
            owner=self,
        )

    def _ask(self) -> None:
        folder = self._folder or documents_folder()
        csv, json = self.tr("CSV (*.csv)"), self.tr("JSON (*.json)")
        name, kind = QFileDialog.getSaveFileName(
            self,
            self.tr("Save as CSV or JSON"),
            str(Path(folder) / f"{self._name}.csv"),
            f"{csv};;{json}",
        )
        if not name:
            return
        path = Path(name)
        if path.suffix.lower() not in {".csv", ".json"}:
            path = path.with_name(path.name + (".json" if kind == json else ".csv"))
        elif kind == json and path.suffix.lower() == ".csv" and path.stem == self._name:
            path = path.with_suffix(".json")
        self._folder = str(path.parent)
        self.save(path)
