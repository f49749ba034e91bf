"""The window's side of the session's jobs: Qt signals at 20 Hz at most."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal

from dicomdir_studio.courtesy import FIRST
from dicomdir_studio.garbage import paused_collection
from dicomdir_studio.session.jobs import Job, JobRunner, JobState

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from dicomdir_studio.monitor import Monitor

# The end of a job is seen this soon, its progress told 20 times a second.
POLL_INTERVAL_MS = 10
_PROGRESS_SECONDS = 0.05
# A pass of the collector over so many objects takes a few milliseconds.
_MANY_OBJECTS = 20_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Watched:
    """One submitted job and who wants to hear of its end."""

    job: Job[Any]
    on_done: Callable[[Any], object] | None
    on_failed: Callable[[BaseException], object] | None
    on_cancelled: Callable[[], object] | None
    owner: QObject | None
    quiet: bool


class JobPoller(QObject):
    """Submit work to worker threads and hear of it in the GUI thread.

    Workers never touch Qt: a timer looks at the running jobs and says 20 times a second
    what it saw, so a fast job cannot flood the event loop.

    Parameters
    ----------
    runner : JobRunner
        Owns the worker threads.
    parent : QObject, optional
        The Qt parent.

    Attributes
    ----------
    started, progressed, finished : Signal(object)
        The `Job` concerned. `finished` comes once, for done, failed and
        cancelled jobs, after the callbacks given to `submit`.
    previewed : Signal(object, object)
        The `Job` can show this before it ends, see `Monitor.preview`.
    failed : Signal(object)
        A job without an ``on_failed`` callback failed; the window shows it.
    """

    started = Signal(object)
    progressed = Signal(object)
    finished = Signal(object)
    previewed = Signal(object, object)
    failed = Signal(object)

    def __init__(self, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._watched: list[_Watched] = []
        self._told = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_INTERVAL_MS)
        self._timer.timeout.connect(self.poll)

    @property
    def running(self) -> list[Job[Any]]:
        """The jobs that have not ended, oldest first, without the quiet ones."""
        return [watched.job for watched in self._watched if not watched.quiet]

    @property
    def is_busy(self) -> bool:
        """Whether any job, also a quiet one, has not been seen to its end."""
        return bool(self._watched)

    def submit(
        self,
        title: str,
        work: Callable[[Monitor], T],
        *,
        on_done: Callable[[T], object] | None = None,
        on_failed: Callable[[BaseException], object] | None = None,
        on_cancelled: Callable[[], object] | None = None,
        owner: QObject | None = None,
        serial: Hashable | None = None,
        quiet: bool = False,
    ) -> Job[T]:
        """Run `work` in a worker thread.

        Parameters
        ----------
        title : str
            What is being done, shown to the user ("Adding files").
        work : callable
            Called with a `Monitor`; must not touch Qt.
        on_done, on_failed, on_cancelled : callable, optional
            Called in the GUI thread with the result, the error, or nothing.
        owner : QObject, optional
            Callbacks are dropped when this object has been deleted.
        serial : hashable, optional
            Jobs of one serial (a File-set) run one after the other.
        quiet : bool, default False
            Leave the job out of `running` and of the signals: small look-ups
            that nobody waits for.

        Returns
        -------
        Job
            To ask its progress or to cancel it.
        """
        job = self._runner.submit(title, spared(work), serial=serial)
        self._watched.append(_Watched(job, on_done, on_failed, on_cancelled, owner, quiet))
        if not quiet:
            self.started.emit(job)
        self._timer.start()
        return job

    def cancel_all(self) -> None:
        """Ask every running job to stop."""
        for watched in list(self._watched):
            watched.job.cancel()

    def poll(self) -> None:
        """Look at every job once; the timer calls this, and so may a test."""
        now = time.monotonic()
        tells = now - self._told >= _PROGRESS_SECONDS
        self._told = now if tells else self._told
        # Mostly there is nothing to tell, and workers do not wait for that.
        for watched in list(self._watched):
            ended, shown = watched.job.is_finished, watched.job.take_preview()
            if ended or shown is not None or (tells and not watched.quiet):
                with FIRST:
                    self._tell(watched, shown, ended=ended)
        if not self._watched:
            self._timer.stop()

    def _tell(self, watched: _Watched, shown: object, *, ended: bool) -> None:
        """Report a job's end, or else of what it can show and how far it has come."""
        if ended:
            self._watched.remove(watched)
            self._end(watched)
            return
        if shown is not None:
            self.previewed.emit(watched.job, shown)
        if not watched.quiet:
            self.progressed.emit(watched.job)

    def _end(self, watched: _Watched) -> None:
        """Hand the outcome of an ended job to those who asked for it."""
        job = watched.job
        try:
            if watched.owner is None or shiboken6.isValid(watched.owner):
                self._call_back(watched)
        finally:
            if not watched.quiet:
                self.finished.emit(job)

    def _call_back(self, watched: _Watched) -> None:
        """Call the one callback that fits how the job ended."""
        job = watched.job
        if job.state is JobState.DONE:
            if watched.on_done is not None:
                watched.on_done(job.result())
        elif job.state is JobState.CANCELLED:
            if watched.on_cancelled is not None:
                watched.on_cancelled()
        elif watched.on_failed is not None:
            watched.on_failed(job.error if job.error is not None else RuntimeError(job.title))
        elif not watched.quiet:
            self.failed.emit(job)


def spared(work: Callable[[Monitor], T]) -> Callable[[Monitor], T]:
    """Return work whose objects the garbage collector does not walk when it is done.

    A File-set stays, and walking its records takes a tenth of a second for a hundred
    thousand of them, in which the window would stand still. What becomes garbage among
    them is swept while nobody looks, see `Sweeping`.
    """

    def run(monitor: Monitor) -> T:
        with paused_collection():
            result = work(monitor)
            if gc.get_count()[0] > _MANY_OBJECTS:
                gc.freeze()
        return result

    return run
