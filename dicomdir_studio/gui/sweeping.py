"""Gives back what large File-sets left behind, without a pause that anybody notices."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

if TYPE_CHECKING:
    from dicomdir_studio.fileset import Retired
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.session.jobs import Job

_LOOK_MS = 500
# A step takes a millisecond, so that the window has the interpreter for the larger part.
_REST_SECONDS = 0.002


class Sweeping(QObject):
    """Takes records apart that were closed or replaced, beside the window.

    What is garbage for other reasons, and little, is collected while another program
    is in front: that takes one pass over all objects, in which nothing answers.

    Parameters
    ----------
    poller : JobPoller
        Nothing is swept while it runs jobs: they may still look at what was replaced.
    parent : QObject
        The Qt parent.
    """

    def __init__(self, poller: JobPoller, parent: QObject) -> None:
        super().__init__(parent)
        self._poller = poller
        self._waiting: list[Retired] = []
        self._job: Job[None] | None = None
        self._collects = False
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)

    @property
    def is_wanted(self) -> bool:
        """Whether records wait to be given up, or are being given up."""
        return bool(self._waiting) or self._job is not None

    def want(self, retired: Retired) -> None:
        """Give records up as soon as no job can look at them any more."""
        self._waiting.append(retired)
        self._timer.start()

    def end(self) -> None:
        """Begin nothing more: the window is closed."""
        self._timer.stop()
        self._waiting.clear()

    def look(self) -> None:
        """Begin with what waits if nothing runs; the timer calls this, and so may a test."""
        if self._poller.is_busy:
            return
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._job = self._poller.submit(
                "Giving memory back",
                lambda _monitor: release_all(waiting),
                on_done=lambda _none: self._released(),
                on_failed=lambda _error: self._released(),
                owner=self,
                quiet=True,
            )
        elif self._collects and not is_in_front():
            self._collects = False
            collect()
        elif not self._collects:
            self._timer.stop()

    def _released(self) -> None:
        """Wait for a moment to collect the rest."""
        self._job = None
        self._collects = True


def is_in_front() -> bool:
    """Return whether the user works with this program now."""
    return QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive


def release_all(retired: list[Retired]) -> None:
    """Take records apart, and leave the others time to go on; a job's work."""
    while retired:
        for _ in retired.pop().release():
            time.sleep(_REST_SECONDS)


def collect() -> None:
    """Collect among all objects, and let the collector pass over the rest from then on."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
