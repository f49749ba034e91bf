"""Reads the sizes of the files whose rows are seen, beside the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.gui.models.records import RecordTreeModel

_PAUSE_MS = 40


class FileSizes(QObject):
    """Waits a moment while rows scroll past, then reads what they want in one job.

    Parameters
    ----------
    model : RecordTreeModel
        Says which sizes it would show, and takes them in.
    poller : JobPoller
        Runs the job: a slow medium must not hold up the window.
    """

    def __init__(self, model: RecordTreeModel, poller: JobPoller) -> None:
        super().__init__(model)
        self._model = model
        self._poller = poller
        self._stopped = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._read)
        model.sizes_wanted.connect(self._timer.start)

    def stop(self) -> None:
        """Read nothing more."""
        self._stopped = True

    def _read(self) -> None:
        """Read the sizes wanted since the last time."""
        wanted = self._model.take_wanted_sizes()
        if wanted and not self._stopped:
            self._poller.submit(
                self.tr("Reading sizes"),
                lambda _monitor: [(instance, instance.size) for instance in wanted],
                on_done=self._model.set_sizes,
                on_failed=lambda _error: None,
                owner=self,
                quiet=True,
            )
