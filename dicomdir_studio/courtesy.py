"""Lets the window go first: whatever works beside it waits while it answers the user.

Only one thread has the interpreter at a time, and a busy worker asks for it again as soon as
it has lost it. Beside two workers the window would take three times as long to paint. So the
window says when it has something to do, and workers that come past `give_way` wait until it
is done.

Nothing hangs on it: a wait ends by itself, a turn that lasts long counts no more, and where
there is no window nobody waits.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType

T = TypeVar("T")

# A turn longer than this has become a wait of its own, for a dialog of the system, say.
LONGEST_TURN: Final = 0.1
# After a turn the window is given so long to begin the next one, as painting follows laying out.
LINGER: Final = 0.001
# A worker waits so long at most before it does a little more.
LONGEST_WAIT: Final = 0.05
_NAP: Final = 0.002


class _Turn:
    """The window's turn: ``with FIRST:`` around what the user waits for.

    Turns may nest. One within a turn that counts no more, as below a dialog that an action
    has opened, is a turn of its own.
    """

    __slots__ = ("_opened", "ends", "thread")

    def __init__(self) -> None:
        self._opened: list[bool] = []
        self.thread = 0
        self.ends = 0.0

    @property
    def depth(self) -> int:
        """How many turns lie within each other now."""
        return len(self._opened)

    def __enter__(self) -> None:
        now = time.monotonic()
        opens = not self._opened or now >= self.ends
        self._opened.append(opens)
        if opens:
            self.thread = threading.get_ident()
            self.ends = now + LONGEST_TURN

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._opened.pop():
            self.ends = time.monotonic() + LINGER


FIRST: Final = _Turn()


def give_way() -> None:
    """Wait while it is the window's turn; where it is not, that costs a tenth of a microsecond.

    For loops of a worker, several times in a millisecond. The window's thread never waits.
    """
    if FIRST.ends > time.monotonic() and FIRST.thread != threading.get_ident():
        _wait()


def _wait() -> None:
    """Wait until the turn is over or has lasted too long."""
    enough = time.monotonic() + LONGEST_WAIT
    while (left := min(FIRST.ends, enough) - time.monotonic()) > 0:
        time.sleep(min(left, _NAP))


def giving_way(values: Iterable[T], every: int = 32) -> Iterable[T]:
    """Return `values` to go through, which gives way before the first of every few.

    Where there is no window, they are returned as they are.

    Parameters
    ----------
    values : iterable
        What a worker goes through.
    every : int, default 32
        So many of them take a few hundred microseconds at most.
    """
    return _giving_way(values, every) if FIRST.thread else values


def _giving_way(values: Iterable[T], every: int) -> Iterator[T]:
    """Yield `values`, and give way now and then."""
    for place, value in enumerate(values):
        if not place % every:
            give_way()
        yield value


def in_slices(values: Sequence[T], at_once: int = 4096) -> Iterator[Sequence[T]]:
    """Yield `values` some thousand at a time, and give way in between.

    For what goes through all of them in one call of C, during which no other thread does
    anything: a set made of them, ``all(map(...))``.
    """
    for start in range(0, len(values), at_once):
        give_way()
        yield values[start : start + at_once]


def let_go(values: list[Any], at_once: int = 500) -> None:
    """Empty a long list, a little at a time.

    Whoever drops its last reference frees all that is in it in one go, a hundred thousand
    objects in some tens of milliseconds, in which no other thread does anything.
    """
    while values:
        del values[-at_once:]
        give_way()
