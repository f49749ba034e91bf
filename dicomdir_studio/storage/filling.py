"""The new files of a first stage, put by two threads."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from dicomdir_studio.errors import OperationCancelledError, StudioError
from dicomdir_studio.storage import copying
from dicomdir_studio.storage.copying import Copier
from dicomdir_studio.storage.errors import from_os_error
from dicomdir_studio.storage.finishing import put_link
from dicomdir_studio.storage.kernel import is_optical
from dicomdir_studio.storage.plan import CopyFrom, LinkTo
from dicomdir_studio.storage.waiting import Beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.storage.journal import Journal
    from dicomdir_studio.storage.plan import Plan, Put
    from dicomdir_studio.storage.volume import Volume

    _Lanes: TypeAlias = tuple[deque[list[Put]], ...]

_FEW_FILES = 64
_FEW_BYTES = 4 << 20
_SMALL = 64 << 10
_BATCH_FILES = 50
_BATCH_BYTES = 1 << 20
_PATIENCE = 0.05
_FOLDERS_LOOKED_AT = 64


class Filling:
    """Puts files and remembers which.

    Two threads: one for small files, whose cost is the interpreter's and the folder's,
    one for large files, whose cost is the kernel's, which lets the other go on. Files of
    a disc, which has one head, are read by one thread in the order of their names. Two
    threads on small files only wait for each other, unless each call is long, as over a
    network or on a file system in user space.

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
        self._done: deque[tuple[list[Put], int]] = deque()
        self.made: set[str] = set()
        self.attempted: set[str] = set()
        self.digests: dict[str, str] = {}
        self.bytes = 0

    def run(self, puts: Sequence[Put], monitor: Monitor) -> None:
        """Put all of `puts`; the monitor may cancel between two batches of them."""
        monitor.start("Copying files", sum(put.size for put in puts), "bytes")
        # A copy may read a file that a rename takes away, or of which a link would alter the
        # time of its last change, so that it looked modified.
        copies = [put for put in puts if not isinstance(put, LinkTo)]
        links = [put for put in puts if isinstance(put, LinkTo)] if len(copies) < len(puts) else []
        for some in (copies, links):
            if some:
                self._put_all(some, monitor)

    def _put_all(self, puts: Sequence[Put], monitor: Monitor) -> None:
        """Put files of which none needs another, in one thread or two."""
        total = sum(put.size for put in puts)
        of_disc = _is_of_disc(puts)
        if of_disc:
            puts = sorted(puts, key=_disc_order)
        few = len(puts) < _FEW_FILES and total < _FEW_BYTES
        if self._journal.rename or few or of_disc:
            self._put_batches((deque(_batches(puts)),), self._copier(monitor.check), monitor)
            return
        small = deque(_batches(put for put in puts if put.size < _SMALL))
        large = deque(_batches(put for put in puts if put.size >= _SMALL))
        if self._tree.knows_links and not large:
            self._put_batches((small,), self._copier(monitor.check), monitor)
            return
        helped = (large,) if self._tree.knows_links else (large, small)
        helping = Beside("put", lambda: self._help(helped, lambda: bool(small)))
        helping.start()
        try:
            self._put_batches((small, large), self._copier(monitor.check), monitor)
            while not helping.is_done(_PATIENCE):
                self._tell(monitor)
            helping.result()
            self._tell(monitor)
        except BaseException:
            self._stopped = True
            raise
        finally:
            helping.join()

    def _help(self, lanes: _Lanes, is_early: Callable[[], bool]) -> None:
        """Put batches in the other thread; a failure here stops the calling thread too."""
        copier = self._copier(self._check, is_early)
        try:
            for batch in self._taken(lanes):
                self._put_batch(batch, copier)
        except BaseException:
            self._stopped = True
            raise

    def _check(self) -> None:
        """Stop the other thread in the middle of a large file."""
        if self._stopped:
            raise OperationCancelledError

    def _put_batches(self, lanes: _Lanes, copier: Copier, monitor: Monitor) -> None:
        """Put batches in the calling thread and report what is done, the other's too."""
        for batch in self._taken(lanes):
            monitor.check()
            self._put_batch(batch, copier)
            self._tell(monitor)

    def _taken(self, lanes: _Lanes) -> Iterator[list[Put]]:
        """Yield batches that no thread has taken yet, until all are or a thread stops."""
        for lane in lanes:
            while lane and not self._stopped:
                try:
                    batch = lane.popleft()
                except IndexError:  # the other thread was faster
                    break
                yield batch

    def _put_batch(self, batch: list[Put], copier: Copier) -> None:
        """Put one batch."""
        self._done.append((batch, sum(self._put(put, copier) for put in batch)))

    def _tell(self, monitor: Monitor) -> None:
        """Report the batches that are done."""
        while self._done:
            batch, written = self._done.popleft()
            self.bytes += written
            monitor.advance(sum(put.size for put in batch), batch[-1].target)
        monitor.check()

    def _copier(
        self, check: Callable[[], None], is_early: Callable[[], bool] = lambda: False
    ) -> Copier:
        """Return a copier for one thread."""
        checksum = self._plan.checksum
        return Copier(self._tree, checksum=checksum, check=check, is_early=is_early)

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
                digest = put_link(
                    tree, self._journal, put.source, target, checksum=self._plan.checksum
                )
                written = 0 if digest is None else put.size
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
        if digest:
            self.digests[target] = digest
        return written

    def _link(self, put: CopyFrom, copier: Copier) -> tuple[int, str | None]:
        """Link a source where that is possible, else copy it."""
        linked, digest = copier.link(put)
        return (0, digest) if linked else (put.size, copier.copy(put))


def _batches(puts: Iterable[Put]) -> Iterator[list[Put]]:
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


def _is_of_disc(puts: Sequence[Put]) -> bool:
    """Return whether files are read from an optical disc, by the first folders they are in."""
    folders = dict.fromkeys(
        os.path.dirname(put.source) for put in puts if isinstance(put, CopyFrom)
    )
    return any(map(is_optical, islice(folders, _FOLDERS_LOOKED_AT)))


def _disc_order(put: Put) -> list[str]:
    """Return the place of a file where a disc was written by its listing."""
    source = put.source if isinstance(put, CopyFrom) else ""
    return source.split(os.sep)
