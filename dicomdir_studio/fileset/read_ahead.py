"""Many files read in order, and ahead of that order where reading is waiting."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final, TypeVar

from dicomdir_studio.storage import is_optical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.monitor import Monitor

    Result = TypeVar("Result")

_SAMPLE: Final = 64
_BATCH: Final = 16
_THREADS: Final = 8
_AHEAD: Final = 3 * _THREADS
# Above this part of the time not spent computing, a second file can be read meanwhile.
_WAITING: Final = 0.5


def read_in_order(
    instances: Sequence[FileInstance], read: Callable[[FileInstance], Result], monitor: Monitor
) -> Iterator[Result]:
    """Yield what `read` returns for each instance, in their order.

    The first are read one by one. If most of that time was spent waiting (for a network,
    a disk), the rest is read by several threads, some files ahead; where it was spent
    computing, threads would only wait for each other. Discs are read by one head: in
    order, one by one.

    Parameters
    ----------
    instances : sequence of FileInstance
        The instances.
    read : callable
        Reads one of them; called in any thread. What it raises is raised in its turn.
    monitor : Monitor
        Receives progress for each instance; can cancel between two.
    """
    began, computing = time.perf_counter(), time.thread_time()
    for instance in instances[:_SAMPLE]:
        yield _told(monitor, read(instance))
    rest = instances[_SAMPLE:]
    if not rest:
        return
    computing, passed = time.thread_time() - computing, time.perf_counter() - began
    if computing > (1 - _WAITING) * passed or is_optical(rest[0].path):
        for instance in rest:
            yield _told(monitor, read(instance))
        return
    yield from _ahead(rest, read, monitor)


def _ahead(
    instances: Sequence[FileInstance], read: Callable[[FileInstance], Result], monitor: Monitor
) -> Iterator[Result]:
    """Yield what `read` returns, several threads being some files ahead."""
    from concurrent.futures import ThreadPoolExecutor

    def batch(first: int) -> list[Result]:
        return [read(instance) for instance in instances[first : first + _BATCH]]

    running: deque[Future[list[Result]]] = deque()
    pool = ThreadPoolExecutor(_THREADS, "read")
    try:
        for first in range(0, len(instances), _BATCH):
            running.append(pool.submit(batch, first))
            if len(running) > _AHEAD:
                for result in running.popleft().result():
                    yield _told(monitor, result)
        while running:
            for result in running.popleft().result():
                yield _told(monitor, result)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _told(monitor: Monitor, result: Result) -> Result:
    """Report one instance."""
    monitor.check()
    monitor.advance()
    return result
