"""Running a job on the command line, with a progress bar, cancelled by Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from dicomdir_studio.cli.outcome import clean, sized, tell
from dicomdir_studio.session.jobs import JobRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.jobs import Job

T = TypeVar("T")

_REFRESH_SECONDS: Final = 0.1
_MINUTE: Final = 60
_ENDING_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")


def run_job(title: str, work: Callable[[Monitor], T]) -> T:
    """Run ``work(monitor)`` as a job and return its result.

    Standard error shows a progress bar if it is a terminal, and nothing otherwise. Ctrl-C
    cancels the job and waits until it has restored the previous state; so do the signals
    of a logout, a shutdown and ``kill``.

    Raises
    ------
    OperationCancelledError
        If it was cancelled before the job was past its last check.
    """
    cancelling = _Cancelling()
    with _signals_to(cancelling), JobRunner(workers=1) as runner:
        job = runner.submit(title, work)
        cancelling.watch(job)
        with _bar(title) as show:
            while not job.wait(_REFRESH_SECONDS):
                show(job)
        return job.result()


class _Cancelling:
    """Passes signals on to a job as cancellation, instead of raising between any two steps."""

    def __init__(self) -> None:
        self._job: Job[Any] | None = None
        self._asked = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        if not self._asked:
            tell("Cancelling ...")
        self._asked = True
        if self._job is not None:
            self._job.cancel()

    def watch(self, job: Job[Any]) -> None:
        """Pass signals on to a job, including one that has already arrived."""
        self._job = job
        if self._asked:
            job.cancel()


@contextmanager
def _signals_to(handler: _Cancelling) -> Iterator[None]:
    """Install a handler for the signals that end a program, except those that are ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {}
    for name in _ENDING_SIGNALS:
        number: int | None = getattr(signal, name, None)
        if number is None:
            continue
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, known in before.items():
            signal.signal(number, known)


@contextmanager
def _bar(title: str) -> Iterator[Callable[[Job[T]], None]]:
    """Provide a function that shows a job's progress; without a terminal it does nothing."""
    if not sys.stderr.isatty():
        yield lambda _job: None
        return
    # This import takes as long as a thousand files, and is needed on terminals only.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[numbers]}", markup=False),
    )
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        # Standard output may be redirected.
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:
        task = bar.add_task(title, total=None, numbers="")

        def show(job: Job[T]) -> None:
            progress = job.progress
            bar.update(
                task,
                description=clean(progress.phase or title),
                total=progress.total,
                completed=progress.done,
                numbers=numbers(progress.done, progress.total, progress.unit, progress.speed)
                + left(progress.seconds_left),
            )

        yield show


def numbers(done: int, total: int | None, unit: str, speed: float) -> str:
    """Return how much is done and how fast ("120/2,000 files, 800 files/s")."""
    if unit == "bytes":
        amount = sized(done) if total is None else f"{sized(done)}/{sized(total)}"
        return f"{amount}, {sized(int(speed))}/s" if speed else amount
    amount = f"{done:,} {unit}" if total is None else f"{done:,}/{total:,} {unit}"
    return f"{amount}, {speed:,.0f} {unit}/s" if speed else amount


def left(seconds: float | None) -> str:
    """Return the time left (", 1:05 left"), or nothing while it is not known."""
    if seconds is None:
        return ""
    whole = round(seconds)
    return f", {whole // _MINUTE}:{whole % _MINUTE:02d} left"
