"""The new files of a first stage, put by a few threads."""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from dicomdir_studio.errors import StudioError
from dicomdir_studio.storage import copying
from dicomdir_studio.storage.copying import Copier
from dicomdir_studio.storage.errors import from_os_error
from dicomdir_studio.storage.finishing import put_link
from dicomdir_studio.storage.plan import CopyFrom, LinkTo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.storage.journal import Journal
    from dicomdir_studio.storage.plan import Plan, Put
    from dicomdir_studio.storage.volume import Volume

_WORKERS = 2
_FEW_FILES = 64
_FEW_BYTES = 4 << 20
_SMALL = 32 << 10
_BATCH_FILES = 50
_BATCH_BYTES = 1 << 20


class Filling:
    """Puts files and remembers which.

    Two threads keep one file's system calls and another's hashing going at once;
    more do not help, since the rest is Python. Small plans and small files are done
    in the calling thread.

    Attributes
    ----------
    made : set of str
        Targets that are there, whole.
    attempted : set of str
        Those and the ones that were being made when something failed.
    digests : dict of str to str
        SHA-256 by target.
    bytes : int
        How many were copied or written.
    """

    def __init__(self, plan: Plan, tree: Volume, journal: Journal) -> None:
        self._plan = plan
        self._tree = tree
        self._journal = journal
        self._stopped = False
        self.made: set[str] = set()
        self.attempted: set[str] = set()
        self.digests: dict[str, str] = {}
        self.bytes = 0

    def run(self, puts: Sequence[Put], monitor: Monitor) -> None:
        """Put all of `puts`; the monitor may cancel between two batches of them."""
        total = sum(put.size for put in puts)
        monitor.start("Copying files", total, "bytes")
        if self._journal.rename:  # a copy may read what a rename takes away: copies first
            puts = sorted(puts, key=lambda put: isinstance(put, LinkTo))
        if self._is_better_alone(len(puts), total):
            copier = self._copier()
            for put in puts:
                monitor.check()
                self.bytes += self._put(put, copier)
                monitor.advance(put.size, put.target)
            return
        with ThreadPoolExecutor(_WORKERS, "put") as pool:
            try:
                self._run_in(pool, puts, monitor)
            finally:
                self._stopped = True
                pool.shutdown(wait=True, cancel_futures=True)

    def _is_better_alone(self, files: int, total: int) -> bool:
        """Tell whether one thread does as well: for few files, and for small ones.

        With small files most of the time is the interpreter's and the folder's, which
        two threads only take from each other, unless each call is long, as over a network.
        """
        few = files < _FEW_FILES and total < _FEW_BYTES
        small = total < files * _SMALL and self._tree.knows_links
        return self._journal.rename or few or small

    def _run_in(self, pool: ThreadPoolExecutor, puts: Sequence[Put], monitor: Monitor) -> None:
        """Hand out batches, a few ahead of the threads, and report those that are done."""
        copiers = deque(self._copier() for _ in range(_WORKERS))
        running: deque[tuple[Future[int], list[Put]]] = deque()

        def work(batch: list[Put]) -> int:
            copier = copiers.pop()
            try:
                return sum(self._put(put, copier) for put in batch if not self._stopped)
            finally:
                copiers.append(copier)

        def collect() -> None:
            future, batch = running.popleft()
            self.bytes += future.result()
            monitor.check()
            monitor.advance(sum(put.size for put in batch), batch[-1].target)

        for batch in _batches(puts):
            running.append((pool.submit(work, batch), batch))
            if len(running) > 2 * _WORKERS:
                collect()
        while running:
            collect()

    def _copier(self) -> Copier:
        """Return a copier for one thread."""
        return Copier(self._tree, checksum=self._plan.checksum)

    def _put(self, put: Put, copier: Copier) -> int:
        """Put one new file; returns how many bytes that took."""
        tree, target, written = self._tree, put.target, put.size
        digest: str | None = None
        self.attempted.add(target)
        try:
            if isinstance(put, CopyFrom):
                if put.link:
                    written, digest = self._link(put, copier)
                else:
                    digest = copier.copy(put)
            elif isinstance(put, LinkTo):
                if not put_link(tree, self._journal, put.source, target):
                    written = 0
            else:
                tree.finish(copying.put_bytes(tree, target, (put.data,)))
                digest = hashlib.sha256(put.data).hexdigest()
        except StudioError:
            raise
        except FileExistsError as error:
            self.attempted.discard(target)  # another's file
            raise from_os_error(error, tree.full(target)) from error
        except OSError as error:
            raise from_os_error(error, tree.full(target)) from error
        self.made.add(target)
        if digest is not None:
            self.digests[target] = digest
        return written

    def _link(self, put: CopyFrom, copier: Copier) -> tuple[int, str | None]:
        """Link a source where that is possible, else copy it."""
        linked, digest = copier.link(put)
        return (0, digest) if linked else (put.size, copier.copy(put))


def _batches(puts: Sequence[Put]) -> Iterator[list[Put]]:
    """Yield the puts in batches that a thread finishes in some milliseconds."""
    batch: list[Put] = []
    size = 0
    for put in puts:
        batch.append(put)
        size += put.size
        if size >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
