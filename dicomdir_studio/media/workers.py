"""Processes for work that may end a process: foreign decoders of pixels (GDCM, OpenJPEG, CharLS).

Damaged or unusual pixels have made them abort. A worker that dies is an error that names the
file; the others go on.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

from dicomdir_studio.errors import InstanceError, StorageError, StudioError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from types import TracebackType

    from dicomdir_studio.monitor import Monitor

_MOST: Final = 4
_TICK: Final = 0.05
"""Seconds between looks at whether the user cancelled."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Task(Generic[Result]):
    """One call in a worker.

    Attributes
    ----------
    path : str
        The file that it is about, for the error if the worker dies.
    function : callable
        A function of a module, found there by the worker.
    arguments : tuple
        What it is called with; they and the result are pickled.
    """

    path: str
    function: Callable[..., Result]
    arguments: tuple[Any, ...]


class _Worker:
    """One process and the pipe to it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.place = -1

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self.pipe.close()
        self.process.kill()
        self.process.join()
        self.process.close()


class Workers:
    """Some processes, started when there is something to do and ended with the block."""

    def __init__(self) -> None:
        self._idle: list[_Worker] = []
        self._busy: list[_Worker] = []

    def __enter__(self) -> Self:
        """Return the workers."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all processes."""
        for worker in (*self._idle, *self._busy):
            worker.end()
        self._idle, self._busy = [], []

    def run(
        self, tasks: Sequence[Task[Result]], monitor: Monitor
    ) -> Iterator[tuple[int, Result | StudioError]]:
        """Run tasks, several at a time; yield the place of each with its result or error.

        They come as they are done, not in order.

        Raises
        ------
        OperationCancelledError
            If the user cancelled; what was running is ended.
        """
        waiting = list(reversed(range(len(tasks))))
        most = min(_MOST, os.cpu_count() or 1, len(tasks))
        while waiting or self._busy:
            monitor.check()
            while waiting and len(self._busy) < most:
                self._begin(tasks, waiting.pop())
            for worker in self._answering():
                self._busy.remove(worker)
                yield worker.place, self._outcome(worker, tasks[worker.place].path)

    def _begin(self, tasks: Sequence[Task[Any]], place: int) -> None:
        """Give a task to an idle worker, or to a new one."""
        worker = self._idle.pop() if self._idle else _Worker()
        worker.place = place
        self._busy.append(worker)
        # A worker that died meanwhile shows when its answer is looked for.
        with contextlib.suppress(OSError):
            worker.pipe.send((tasks[place].function, tasks[place].arguments))

    def _answering(self) -> list[_Worker]:
        """Return the workers that have answered or died."""
        ready = set(wait([worker.pipe for worker in self._busy], _TICK))
        return [worker for worker in self._busy if worker.pipe in ready]

    def _outcome(self, worker: _Worker, path: str) -> Any:
        """Return what a worker answered, or the error of its death."""
        try:
            answer = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join()
            code = worker.process.exitcode
            worker.end()
            return InstanceError(
                "The program that decodes the pixels broke down over the file",
                where=path,
                why=f"it ended with {_cause(code)}",
                remedy="The file is damaged or unusual: leave it out, or take it as it is",
            )
        self._idle.append(worker)
        return answer


def run_apart(
    tasks: Sequence[Task[Result]], risky: Sequence[bool], monitor: Monitor
) -> Iterator[tuple[int, Result | StudioError]]:
    """Run tasks, those that may end a process in workers and the others here.

    Parameters
    ----------
    tasks : sequence of Task
        What is to be done.
    risky : sequence of bool
        Which of them need a worker.
    monitor : Monitor
        Can cancel.

    Yields
    ------
    int, result or StudioError
        The place of each task and its outcome, not in order.
    """
    apart = [place for place, needed in enumerate(risky) if needed]
    for place, task in enumerate(tasks):
        if not risky[place]:
            monitor.check()
            yield place, _answer(task.function, task.arguments)
    with Workers() as workers:
        for place, answer in workers.run([tasks[place] for place in apart], monitor):
            yield apart[place], answer


def _cause(code: int | None) -> str:
    """Return how a process ended, in words."""
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def _serve(pipe: Connection) -> None:
    """Do what is asked for until the pipe is closed; run in the worker."""
    # Ctrl-C on a terminal reaches every process; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What foreign code writes before it dies would stand in the middle of the parent's screen.
    with open(os.devnull, "w", encoding="ascii") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    while True:
        try:
            function, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        answer = _answer(function, arguments)
        try:
            pipe.send(answer)
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            pipe.send(StudioError("A worker's result cannot be handed over", why=str(error)))


def _answer(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Return the result of a call, or the error that it raised."""
    try:
        return function(*arguments)
    except StudioError as error:
        # Rebuilt of its words: errors of other classes may hold what cannot be pickled.
        return InstanceError(error.what, where=error.where, why=error.why, remedy=error.remedy)
    except OSError as error:
        return StorageError(
            "A working copy cannot be written",
            where=error.filename,
            why=error.strerror or str(error),
            remedy="Free some space for temporary files",
        )
    except Exception as error:  # noqa: BLE001 - decoders raise whatever they stumble over
        return InstanceError(
            "The pixels cannot be worked on", why=f"{type(error).__name__}: {error}"
        )


__all__ = ["Task", "Workers", "run_apart"]
