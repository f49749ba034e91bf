"""Asks the system to prefetch the beginnings of files, if reading has to wait for them.

A disk that is asked for one file after the other spends most of the time between the
requests. Asked for some dozens at once it puts them in its own order, and no thread is
needed for that. Where nothing waits, because the files are in memory, nothing is asked.

Time that passes without computing is no wait for a disk if other programs had the
processor meanwhile. What waits for a disk gives the processor up, and the system counts that.
"""

from __future__ import annotations

import errno
import operator
import os
import time
from typing import TYPE_CHECKING, Final, Self

from dicomdir_studio.part10.header_walk import FIRST_READ
from dicomdir_studio.storage import is_optical

if TYPE_CHECKING:
    from collections.abc import Sequence

try:
    from resource import RUSAGE_THREAD, getrusage
except ImportError:  # Windows and macOS, which cannot be asked to fetch either

    def _given_up() -> int:
        return 0

else:

    def _given_up() -> int:
        """Return how often this thread gave the processor up of its own accord."""
        return getrusage(RUSAGE_THREAD).ru_nvcsw


_SAMPLE: Final = 16
_AHEAD: Final = 64
_STRETCH: Final = 2048
_TOO_MANY: Final = (errno.EMFILE, errno.ENFILE)
# Seconds of waiting for one file by which a disk shows; memory takes a tenth of it.
_WAIT: Final = 60e-6
# Of so many files at least, the reader has to wait.
_WAITS: Final = 0.5


class Prefetcher:
    """Looks how long reading waits, file by file, and fetches ahead if that is long.

    What was fetched stays open for its reader. Use it as a context manager, which closes
    what nobody read.

    Parameters
    ----------
    paths : sequence of str
        The files, in the order in which they are read.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._fetched = 0
        self._until = 0
        self._look = 0
        self._started = (0.0, 0.0, 0)
        self._works = hasattr(os, "posix_fadvise")
        self._opened: dict[int, int] = {}

    def __enter__(self) -> Self:
        """Return the prefetcher itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what was fetched and not read."""
        self._close()

    def _close(self) -> None:
        """Close what is open for its readers."""
        while self._opened:
            os.close(self._opened.popitem()[1])

    def before(self, place: int) -> int | None:
        """Do what is to be done before the file at a place in the order is read.

        Returns
        -------
        int or None
            The file's descriptor if it is open already, for the reader to close.
        """
        if place == self._look:
            self._judge(place)
        elif place < self._until and place + _AHEAD // 2 >= self._fetched:
            self._fetch(max(place, self._fetched), min(place + _AHEAD, self._until))
        return self._opened.pop(place, None) if self._opened else None

    def _judge(self, place: int) -> None:
        """Begin a sample, or decide by the one that ends whether to fetch ahead."""
        now = time.perf_counter(), time.thread_time(), _given_up()
        if place < self._until or not place:
            self._until, self._look = 0, place + _SAMPLE
        else:
            passed, computing, given_up = map(operator.sub, now, self._started)
            waits = passed - computing > _WAIT * _SAMPLE and given_up >= _WAITS * _SAMPLE
            waits = waits and self._works and not is_optical(self._paths[place])
            self._until = place + _STRETCH + 1 if waits else 0
            self._look = place + (_STRETCH if waits else _SAMPLE)
            self._fetched = place
        self._started = now

    def _fetch(self, first: int, last: int) -> None:
        """Ask for the files between two places; one that cannot be opened is left to its reader."""
        for place in range(first, min(last, len(self._paths))):
            try:
                flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
                self._opened[place] = descriptor = os.open(self._paths[place], flags)
            except ValueError:  # no name of a file
                continue
            except OSError as error:
                if error.errno in _TOO_MANY:  # readers are to find descriptors, not we
                    self._close()
                    self._works, self._until = False, 0
                    return
                continue
            try:
                os.posix_fadvise(descriptor, 0, FIRST_READ, os.POSIX_FADV_WILLNEED)
            except OSError:
                self._until = 0  # this file system does not do that
        self._fetched = max(self._fetched, last)
