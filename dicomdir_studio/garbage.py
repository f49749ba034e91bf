"""Keeps the garbage collector from walking a million new objects while they are made."""

from __future__ import annotations

import gc
import sys
import threading
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MANY: Final = 5_000
_COLLECTED_FROM: Final = 600_000
"""Objects that may count as old, unwalked, before all are collected: some 140 MB of records."""

_lock = threading.Lock()
_pauses = 0
_was_enabled = False
_aged = 0
_survivors = 0
_full_passes = 0


@contextmanager
def paused_collection(*, making: bool = False) -> Iterator[None]:
    """Pause cyclic garbage collection; nested and concurrent use is counted.

    Reference counting goes on. Without this, making n objects that all stay costs
    passes over all of them again and again, and the time grows faster than n.

    Parameters
    ----------
    making : bool, optional
        A File-set is made. What was made in earlier pauses may be garbage by now, which
        the collector does not know since it never walked it: where that is much, and as
        much as what is known to stay, all is collected before the pause begins.
    """
    global _pauses, _was_enabled  # noqa: PLW0603 - the collector is global itself
    with _lock:
        first = not _pauses
        if first:
            _was_enabled = gc.isenabled()
            gc.disable()
        _pauses += 1
        much = making and first and _was_enabled and _unwalked() > max(_COLLECTED_FROM, _survivors)
    try:
        if much:
            _collect()
        yield
    finally:
        with _lock:
            _pauses -= 1
            if not _pauses and _was_enabled:
                _age()
                gc.enable()


def _age() -> None:
    """Let what was made during a long pause count as old, without walking it once for that.

    The next collection of young objects would look at all of it, and find that it stays.
    """
    global _aged  # noqa: PLW0603
    made = gc.get_count()[0]
    if made > _MANY and not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()
        _aged = _unwalked() + made


def _unwalked() -> int:
    """Return how many objects came to count as old since the last pass over all objects."""
    global _aged, _full_passes
    passes = gc.get_stats()[2]["collections"]
    if passes != _full_passes:
        _aged, _full_passes = 0, passes
    return _aged


def _collect() -> None:
    """Collect among all objects, and note how many stay."""
    global _survivors  # noqa: PLW0603
    gc.collect()
    _survivors = len(gc.get_objects(generation=2))


def give_back() -> None:
    """Give memory back to the system that large work has freed, where the system's library can.

    Among what stays, the heap keeps the room of the arrays that went: of 10,000 instances
    loaded a fifth of what they take, and giving it back takes half a millisecond.
    """
    trim = _trimmer()
    if trim is not None:
        trim(0)


@cache
def _trimmer() -> Callable[[int], int] | None:
    """Return glibc's own function for it, None elsewhere."""
    if not sys.platform.startswith("linux"):
        return None
    # numpy has it where records are loaded; the program's start does without.
    import ctypes  # noqa: PLC0415

    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    trim.argtypes, trim.restype = [ctypes.c_size_t], ctypes.c_int
    found: Callable[[int], int] = trim
    return found
