"""Programs of the system, run to their end in English, with what they said."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from dicomdir_studio.monitor import Monitor

_GLANCE: Final = 0.1
_GRACE: Final = 120.0
"""Seconds for a program to end itself: a burner that is killed at once leaves the drive locked."""

_SECONDS: Final = 300
_NOT_THERE: Final = 127


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program said.

    Attributes
    ----------
    code : int
        How it ended, 0 being well; 127 if it is not there or did not end.
    out, err : str
        Its output and its complaints.
    """

    code: int
    out: str
    err: str = ""

    @property
    def reason(self) -> str:
        """The last line of what it complained of."""
        lines = [line.strip() for line in (self.err or self.out).splitlines() if line.strip()]
        return lines[-1] if lines else f"it ended with {self.code} and said nothing"


Ask: TypeAlias = Callable[[Sequence[str]], Answer]
"""Runs a program and returns its answer; tests hand in recorded ones."""


def ask(words: Sequence[str]) -> Answer:
    """Run a program without a shell and without input, and return its answer."""
    try:
        done = subprocess.run(
            list(words),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, "LC_ALL": "C"},
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Answer(_NOT_THERE, "", str(error))
    return Answer(
        done.returncode,
        done.stdout.decode("utf-8", "replace"),
        done.stderr.decode("utf-8", "replace"),
    )


def watch(
    words: Sequence[str],
    monitor: Monitor,
    heard: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
) -> Answer:
    """Run a long program to its end, line by line; end it if the user cancels.

    Parameters
    ----------
    words : sequence of str
        Program and arguments.
    monitor : Monitor
        Asked several times a second whether to stop, be the program silent or not.
    heard : callable
        Given each line of output and complaint.
    environment : mapping of str to str, optional
        What is added to its environment.

    Raises
    ------
    OSError
        If the program cannot be started.
    OperationCancelledError
        If the user cancelled; the program has ended then.
    """
    told: list[str] = []
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    with subprocess.Popen(
        list(words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LC_ALL": "C", **(environment or {})},
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        listener = threading.Thread(target=_listen, args=(process, lines), daemon=True)
        listener.start()
        try:
            while (line := _next(lines, monitor)) is not None:
                told.append(line.strip())
                heard(line)
        except BaseException:
            _end(process)
            raise
        finally:
            listener.join()
    return Answer(process.returncode, "\n".join(told))


def _listen(process: subprocess.Popen[str], lines: queue.SimpleQueue[str | None]) -> None:
    """Put each line of a program into a queue, None at its end."""
    for line in process.stdout or ():
        lines.put(line)
    lines.put(None)


def _next(lines: queue.SimpleQueue[str | None], monitor: Monitor) -> str | None:
    """Return the next line, None at the end; raise when the user cancels."""
    while True:
        monitor.check()
        try:
            return lines.get(timeout=_GLANCE)
        except queue.Empty:
            continue


def _end(process: subprocess.Popen[str]) -> None:
    """Have a program end itself, and end it if it does not."""
    process.terminate()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
