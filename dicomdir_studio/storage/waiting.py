"""Work that is done while a medium takes what was written."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def done_meanwhile(work: Callable[[], None] | None) -> Iterator[None]:
    """Do `work` in a thread of its own while the body waits; raises what it raises.

    Parameters
    ----------
    work : callable or None
        What needs neither the disk nor what the body changes.
    """
    if work is None:
        yield
        return
    # Only here: its import takes as long as writing a small File-set.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    with ThreadPoolExecutor(1, "meanwhile") as pool:
        working = pool.submit(work)
        yield
        working.result()
