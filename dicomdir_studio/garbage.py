"""Keeps the garbage collector from walking a million new objects while they are made."""

from __future__ import annotations

import gc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_MANY: Final = 5_000

_lock = threading.Lock()
_pauses = 0
_was_enabled = False


@contextmanager
def paused_collection() -> Iterator[None]:
    """Pause cyclic garbage collection; nested and concurrent use is counted.

    Reference counting goes on. Without this, making n objects that all stay costs
    passes over all of them again and again, and the time grows faster than n.
    """
    global _pauses, _was_enabled  # noqa: PLW0603 - the collector is global itself
    with _lock:
        if not _pauses:
            _was_enabled = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
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
    if gc.get_count()[0] > _MANY and not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()
