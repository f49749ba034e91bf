"""One run of the program, and whether another run still lives.

A run holds a lock on a file of its own from its first use to its end, whichever end it
takes: the system gives the lock back when the process is gone.
"""

from __future__ import annotations

import os
import sys
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

RUN_ENDING: Final = ".run"
_FLAGS: Final = os.O_RDWR | getattr(os, "O_CLOEXEC", 0)


class ProgramRun:
    """The run of the program that goes on now.

    Parameters
    ----------
    folder : Path
        Where all runs keep their locks.

    Attributes
    ----------
    name : str
        What tells this run from all others.
    """

    def __init__(self, folder: Path) -> None:
        self.name = uuid.uuid4().hex
        self._folder = folder
        self._descriptor: int | None = None

    def begin(self) -> None:
        """Take the lock if it is not held yet; a place that has no locks is no error."""
        if self._descriptor is not None:
            return
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{self.name}{RUN_ENDING}"
            self._descriptor = os.open(path, _FLAGS | os.O_CREAT, 0o600)
            _lock(self._descriptor)

    def end(self) -> None:
        """Give the lock back and take its file away."""
        if self._descriptor is None:
            return
        with suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = None
        with suppress(OSError):
            (self._folder / f"{self.name}{RUN_ENDING}").unlink()

    def is_other(self, name: str) -> bool:
        """Return whether another run of that name lives now; what it left is cleared away."""
        if name == self.name:
            return False
        path = self._folder / f"{name}{RUN_ENDING}"
        try:
            descriptor = os.open(path, _FLAGS)
        except OSError:
            return False
        try:
            lives = not _lock(descriptor)
        finally:
            os.close(descriptor)
        if not lives:
            with suppress(OSError):
                path.unlink()
        return lives


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        """Lock an open file; False if another process has it locked."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        """Lock an open file; False if another process has it locked."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # no locks there: nobody can be said to hold one
        return True
