"""Long operations in threads of their own, with progress, cancelling and a result.

Knows no Qt: a front end polls `Job.progress` and `Job.state` (the window at 20 Hz, the
terminal at the rate of its bar), so nothing here ever calls into a front end.
"""

from __future__ import annotations

import enum
import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar, cast

from dicomdir_studio.courtesy import give_way
from dicomdir_studio.errors import OperationCancelledError, StudioError
from dicomdir_studio.monitor import Monitor

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from types import TracebackType

T = TypeVar("T")

_log = logging.getLogger(__name__)

_SAMPLE_SECONDS: Final = 0.2
_SMOOTHING_SECONDS: Final = 3.0


class JobState(enum.Enum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the present phase of a job has come.

    Attributes
    ----------
    phase : str
        What is being done ("Reading headers"); empty before the first phase.
    done : int
        Units done in this phase.
    total : int or None
        Units that there are, None if that is not known.
    unit : str
        ``"files"``, ``"bytes"`` or another plural noun.
    detail : str
        The file or record being worked on.
    speed : float
        Units per second, smoothed over some seconds; 0.0 while unknown.
    seconds_left : float or None
        Estimate for this phase, None while unknown.
    """

    phase: str = ""
    done: int = 0
    total: int | None = None
    unit: str = "files"
    detail: str = ""
    speed: float = 0.0
    seconds_left: float | None = None

    @property
    def fraction(self) -> float | None:
        """Return the part done, from 0.0 to 1.0, or None if the total is not known."""
        if self.total is None:
            return None
        return min(1.0, self.done / self.total) if self.total > 0 else 1.0


class _Phase:
    """The counters of one phase; written by the worker alone, read by anyone."""

    __slots__ = ("_sampled_at", "_sampled_done", "detail", "done", "name", "speed", "total", "unit")

    def __init__(self, name: str, total: int | None, unit: str) -> None:
        self.name = name
        self.total = total
        self.unit = unit
        self.done = 0
        self.detail = ""
        self.speed = 0.0
        self._sampled_at = time.monotonic()
        self._sampled_done = 0

    def advance(self, amount: int, detail: str) -> None:
        """Count `amount` further units, and now and then take a sample of the speed."""
        self.done += amount
        if detail:
            self.detail = detail
        now = time.monotonic()
        if now - self._sampled_at >= _SAMPLE_SECONDS:
            self._sample(now)

    def _sample(self, now: float) -> None:
        """Blend the speed since the last sample into the smoothed one."""
        seconds = now - self._sampled_at
        latest = (self.done - self._sampled_done) / seconds
        weight = 1.0 if self.speed == 0.0 else min(1.0, seconds / _SMOOTHING_SECONDS)
        self.speed += weight * (latest - self.speed)
        self._sampled_at, self._sampled_done = now, self.done

    def snapshot(self) -> Progress:
        """Return the counters as they are now."""
        done, total, speed = self.done, self.total, self.speed
        left = max(0, total - done) / speed if total is not None and speed > 0.0 else None
        return Progress(self.name, done, total, self.unit, self.detail, speed, left)


class _JobMonitor(Monitor):
    """The monitor that a job hands to its work."""

    def __init__(self, cancelled: threading.Event) -> None:
        self.phase = _Phase("", None, "files")
        self.shown: object = None
        self._cancelled = cancelled

    def preview(self, shown: object) -> None:
        """Keep what can be shown already until somebody takes it."""
        self.shown = shown

    def start(self, phase: str, total: int | None = None, unit: str = "files") -> None:
        """Begin a phase with counters of its own."""
        self.phase = _Phase(phase, total, unit)

    def advance(self, amount: int = 1, detail: str = "") -> None:
        """Count `amount` further units done, and let the window go first."""
        self.phase.advance(amount, detail)
        give_way()

    def check(self) -> None:
        """Let the window go first; raise `OperationCancelledError` once the job was cancelled."""
        give_way()
        if self._cancelled.is_set():
            raise OperationCancelledError


class Job(Generic[T]):
    """One long operation; made by `JobRunner.submit`."""

    def __init__(self, title: str, work: Callable[[Monitor], T], serial: Hashable | None) -> None:
        self.title = title
        self.serial = serial
        self._work = work
        self._state = JobState.QUEUED
        self._result: T | None = None
        self._error: BaseException | None = None
        self._cancelled = threading.Event()
        self._finished = threading.Event()
        self._monitor = _JobMonitor(self._cancelled)

    @property
    def state(self) -> JobState:
        """Return where the job stands."""
        return self._state

    @property
    def is_finished(self) -> bool:
        """Return True once the job is done, failed or cancelled."""
        return self._finished.is_set()

    @property
    def is_cancelling(self) -> bool:
        """Return True from the request to cancel until the job has ended."""
        return self._cancelled.is_set() and not self._finished.is_set()

    @property
    def progress(self) -> Progress:
        """Return how far the present phase has come; cheap, from any thread."""
        return self._monitor.phase.snapshot()

    @property
    def error(self) -> BaseException | None:
        """Return why the job failed or that it was cancelled; None if it did not."""
        return self._error

    def take_preview(self) -> object:
        """Return what the work can show already, once; None where there is nothing new."""
        shown, self._monitor.shown = self._monitor.shown, None
        return shown

    def cancel(self) -> None:
        """Ask the job to stop; it ends at its next check, or runs on if it is past the last."""
        self._cancelled.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait up to `timeout` seconds for the end; return whether it has come."""
        return self._finished.wait(timeout)

    def result(self, timeout: float | None = None) -> T:
        """Wait for the end and return what the work returned.

        Raises
        ------
        TimeoutError
            If the job has not ended after `timeout` seconds.
        BaseException
            What the work raised; `OperationCancelledError` if the job was cancelled.
        """
        if not self._finished.wait(timeout):
            message = f"{self.title} still runs"
            raise TimeoutError(message)
        if self._error is not None:
            raise self._error
        return cast("T", self._result)

    def run(self) -> None:
        """Do the work in this thread; called once, by the runner."""
        try:
            self._monitor.check()
            self._state = JobState.RUNNING
            self._result = self._work(self._monitor)
            final = JobState.DONE
        except OperationCancelledError as error:
            self._error, final = error, JobState.CANCELLED
        except BaseException as error:  # noqa: BLE001 - whoever waits must learn of any end
            if not isinstance(error, StudioError):
                _log.exception("The job %r failed unexpectedly", self.title)
            self._error, final = error, JobState.FAILED
        self._state = final
        self._finished.set()


class JobRunner:
    """Runs jobs in threads; a context manager that cancels and waits at its end.

    Parameters
    ----------
    workers : int, optional
        How many jobs run at once (default 4); further ones wait in order.
    """

    def __init__(self, workers: int = 4) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._queued: deque[Job[Any]] = deque()
        self._running: list[Job[Any]] = []
        self._threads: set[threading.Thread] = set()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown(wait=True)

    @property
    def jobs(self) -> list[Job[Any]]:
        """Return the jobs that run or wait, oldest first."""
        with self._lock:
            return [*self._running, *self._queued]

    def submit(
        self, title: str, work: Callable[[Monitor], T], *, serial: Hashable | None = None
    ) -> Job[T]:
        """Run ``work(monitor)`` in a thread and return its job at once.

        Parameters
        ----------
        title : str
            What the user sees ("Adding files").
        work : callable
            Takes a `Monitor`; what it returns is the result of the job.
        serial : hashable, optional
            Jobs of one serial (a File-set, say) run one after the other.

        Raises
        ------
        StudioError
            If the runner was shut down.
        """
        job = Job(title, work, serial)
        with self._lock:
            if self._closed:
                raise StudioError("The program is closing", why=f"{title} was not started")
            self._queued.append(job)
            if len(self._threads) < self._workers:
                thread = threading.Thread(target=self._serve, name=f"job {title}")
                self._threads.add(thread)
                thread.start()
        return job

    def shutdown(self, *, wait: bool = True) -> None:
        """Cancel all jobs and take no more; with `wait` return when all have ended."""
        with self._lock:
            self._closed = True
            threads = list(self._threads)
            for job in (*self._running, *self._queued):
                job.cancel()
        if wait:
            for thread in threads:
                thread.join()

    def _serve(self) -> None:
        """Run queued jobs until none is left that may run now."""
        while (job := self._take()) is not None:
            job.run()
            with self._lock:
                self._running.remove(job)

    def _take(self) -> Job[Any] | None:
        """Return the next job whose serial is free, or end this thread's service with None."""
        with self._lock:
            busy = {job.serial for job in self._running if job.serial is not None}
            for job in self._queued:
                if job.serial not in busy:
                    self._queued.remove(job)
                    self._running.append(job)
                    return job
            self._threads.discard(threading.current_thread())
            return None
