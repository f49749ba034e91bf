"""Sweeps up what large File-sets left, while nobody is there to notice the pause."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QCursor, QGuiApplication

if TYPE_CHECKING:
    from dicomdir_studio.gui.jobs import JobPoller

_LOOK_MS = 20_000


class Sweeping(QObject):
    """Collects garbage among the objects that the collector otherwise passes over.

    Parameters
    ----------
    poller : JobPoller
        Nothing is swept while it runs jobs.
    parent : QObject
        The Qt parent.
    """

    def __init__(self, poller: JobPoller, parent: QObject) -> None:
        super().__init__(parent)
        self._poller = poller
        self._pointer = QPoint()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    @property
    def is_wanted(self) -> bool:
        """Whether something waits to be swept up."""
        return self._timer.isActive()

    def want(self) -> None:
        """Sweep as soon as nobody is at the window: a File-set was closed or replaced."""
        self._pointer = QCursor.pos()
        self._timer.start()

    def _look(self) -> None:
        """Sweep if nothing runs and nobody has moved the pointer since the last look."""
        active = QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive
        moved, self._pointer = self._pointer != QCursor.pos(), QCursor.pos()
        if self._poller.running or (active and moved):
            return
        self._timer.stop()
        self.sweep()

    def sweep(self) -> None:
        """Collect among all objects, and let the collector pass over the rest from then on."""
        gc.unfreeze()
        gc.collect()
        gc.freeze()
