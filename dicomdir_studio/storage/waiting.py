"""Work that is done in a thread beside other work."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Beside(threading.Thread):
    """One piece of work in a thread of its own.

    An executor would do, but to import it takes as long as to write a small File-set.

    Parameters
    ----------
    name : str
        What the thread is called.
    work : callable
        Called once, after `start`.
    """

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        super().__init__(name=name)
        self._work = work
        self._error: BaseException | None = None

    def run(self) -> None:
        """Do the work; what it raises is kept for `result`."""
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._error = error

    def is_done(self, seconds: float) -> bool:
        """Wait so long at most, and return whether the work is over."""
        self.join(seconds)
        return not self.is_alive()

    def result(self) -> None:
        """Wait until the work is over, and raise what it raised."""
        self.join()
        if self._error is not None:
            raise self._error


@contextmanager
def done_meanwhile(work: Callable[[], None] | None) -> Iterator[None]:
    """Do `work` in a thread of its own while the body waits; raises what it raises.

    Parameters
    ----------
    work : callable or None
        What changes nothing that the body needs.
    """
    if work is None:
        yield
        return
    beside = Beside("meanwhile", work)
    beside.start()
    try:
        yield
    finally:
        beside.join()
    beside.result()
