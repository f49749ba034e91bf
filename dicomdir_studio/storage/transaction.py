"""Executes a plan as one transaction.

Order of a write, and why: the waiting indexes and the journal are on the medium
before the first change, so that an interruption can be finished or undone from
the tree alone; new files go to names that the present index does not know; one
barrier puts them on the medium; only then the index is replaced, in one step, and
only when that is on the medium does anything old go.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

from dicomdir_studio.errors import OperationCancelledError, StudioError
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage import copying, finishing, undoing
from dicomdir_studio.storage.cleaning import close
from dicomdir_studio.storage.errors import (
    IndexChangedError,
    PendingJournalError,
    UnfinishedUndoError,
    UnfinishedWriteError,
    from_os_error,
)
from dicomdir_studio.storage.filling import Filling
from dicomdir_studio.storage.finishing import commit, make_folders, progress
from dicomdir_studio.storage.journal import (
    BACKUP_NAME,
    JOURNAL_NAME,
    Journal,
    JournalStage,
    encode,
    remove_strays,
    waiting_name,
)
from dicomdir_studio.storage.kernel import host_name, utc_now
from dicomdir_studio.storage.locking import RootLock
from dicomdir_studio.storage.plan import CopyFrom, LinkTo, PutBytes, check_plan
from dicomdir_studio.storage.preconditions import check_writable, examine
from dicomdir_studio.storage.root_folder import make_root, remove_root
from dicomdir_studio.storage.volume import Volume, folders_above, sync_paths
from dicomdir_studio.storage.waiting import done_meanwhile

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.storage.plan import Plan, Stage
    from dicomdir_studio.storage.preconditions import Survey


class Receipt(NamedTuple):
    """The result of a write.

    Attributes
    ----------
    files : int
        Files put (copied, linked or new), all stages; the index not counted.
    bytes : int
        Bytes of those that were copied or written.
    digests : dict of str to str
        SHA-256 in hexadecimal of each `CopyFrom` (if the plan says so) and `PutBytes`
        target, under its final name, and of the index.
    seconds : float
        The duration of the write.
    """

    files: int
    bytes: int
    digests: dict[str, str]
    seconds: float


def execute(
    plan: Plan,
    *,
    monitor: Monitor | None = None,
    volume: Callable[[str], Volume] = Volume,
    lock: RootLock | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Receipt:
    """Change the tree below ``plan.root`` as planned, or leave it unchanged.

    Parameters
    ----------
    plan : Plan
        The changes.
    monitor : Monitor, optional
        Receives progress in bytes; can cancel until the first commit.
    volume : callable, optional
        Creates the `Volume` of a root; tests pass their own.
    lock : RootLock, optional
        A lock on this root that the caller already holds, and keeps.
    meanwhile : callable, optional
        Work of the caller that needs no disk access, done in a separate thread while written
        data is flushed to the medium; exceptions are raised before the commit.

    Returns
    -------
    Receipt
        What was done.

    Raises
    ------
    SourceChangedError
        A source differs from the plan; the previous state is kept.
    OperationCancelledError
        The monitor cancelled before the first commit; the previous state is kept.
    UnfinishedWriteError
        The new state is committed and complete, but cleaning up failed; `recover` continues.
    UnfinishedUndoError
        The previous state is kept, but some new files are left; `recover` removes them.
    PendingJournalError
        An earlier write was interrupted; `recover` first.
    LockedError
        Something else writes below the root.
    StorageError
        Another subclass of it; the previous state is kept.
    """
    check_plan(plan)
    root = os.path.realpath(plan.root)
    made = make_root(root)
    try:
        with contextlib.ExitStack() as stack:
            tree = stack.enter_context(volume(root))
            check_writable(tree)
            release = stack.enter_context(RootLock(root)).release if lock is None else None
            write = _Write(plan, tree, monitor or Monitor(), bool(made), release)
            write.meanwhile = meanwhile
            return write.run()
    except BaseException as error:
        remove_root(made)
        if isinstance(error, OSError) and not isinstance(error, StudioError):
            # Of two names the second is the one that the user knows.
            given = [name for name in (error.filename2, error.filename) if isinstance(name, str)]
            name = (*given, "")[0]
            raise from_os_error(error, os.path.join(root, name)) from error
        raise


class _Write:
    """One execution of one plan."""

    def __init__(
        self,
        plan: Plan,
        tree: Volume,
        monitor: Monitor,
        made_root: bool,
        release: Callable[[], None] | None,
    ) -> None:
        self.plan = plan
        self.tree = tree
        self.monitor = monitor
        self.made_root = made_root
        self.release = release
        self.started = time.perf_counter()
        self.filling: Filling | None = None
        self.committing = False
        self.meanwhile: Callable[[], None] | None = None

    def run(self) -> Receipt:
        """Execute the plan."""
        if self.tree.lstat(JOURNAL_NAME) is not None:
            raise PendingJournalError(
                "An earlier write to this folder was interrupted",
                where=self.tree.root,
                remedy="Recover it first",
            )
        remove_strays(self.tree)
        before = self._index_before()
        journal = self._journal(examine(self.plan, self.tree), before)
        try:
            self._before_commit(journal)
            self.committing = True
            commit(self.tree, journal, 0)
        except BaseException as error:
            if not self._is_committed(journal):
                self._take_back(journal, error)
                raise
            self._go_on(journal, error)
        else:
            self._after_commit(journal)
        return self._receipt(journal)

    def _index_before(self) -> str | None:
        """Return the SHA-256 of the present index, which must be the one planned for."""
        index = self.plan.stages[0].replace
        status = self.tree.lstat(index.name)
        before = None
        if status is not None and stat.S_ISREG(status.st_mode):
            before = copying.digest_of(self.tree, index.name)
        if index.before is not None and index.before != (before or ""):
            raise IndexChangedError(
                f"{index.name} was changed by another program since the write was planned",
                where=self.tree.full(index.name),
                remedy="Open it again and stage the changes again",
            )
        return before

    def _journal(self, survey: Survey, before: str | None) -> Journal:
        """Return the journal of this write."""
        index = self.plan.stages[0].replace
        return Journal(
            name=index.name,
            before=before,
            stages=tuple(map(_journal_stage, self.plan.stages, survey.missing)),
            backup=index.backup if before is not None else None,
            rename=survey.rename,
            weak=not survey.links,
            made_root=self.made_root,
            started=utc_now(),
            host=host_name(),
            pid=os.getpid(),
        )

    def _receipt(self, journal: Journal) -> Receipt:
        """Return what was done."""
        digests = dict(self.filling.digests) if self.filling else {}
        for stage in self.plan.stages[1:]:  # what had an interim name has its own now
            for put in stage.puts:
                if isinstance(put, LinkTo) and put.source in digests:
                    digests[put.target] = digests[put.source]
            for removal in stage.removals:
                digests.pop(removal.target, None)
        digests[journal.name] = journal.stages[-1].digest
        return Receipt(
            files=sum(len(stage.puts) for stage in self.plan.stages),
            bytes=self.filling.bytes if self.filling else 0,
            digests=digests,
            seconds=time.perf_counter() - self.started,
        )

    def _before_commit(self, journal: Journal) -> None:
        """Do all that is to be on the medium before the first commit."""
        tree = self.tree
        for number, stage in enumerate(self.plan.stages):
            self._put_whole(waiting_name(number), stage.replace.parts, like=journal.name)
        tree.sync_directory("")
        self._put_whole(JOURNAL_NAME, (encode(journal),))
        tree.sync_directory("")
        make_folders(tree, journal.stages[0].folders)
        filling = self.filling = Filling(self.plan, tree, journal)
        filling.run(self.plan.stages[0].puts, self.monitor)
        if journal.backup is not None:
            self._back_up(journal)
        self.monitor.start("Waiting for the medium", None)
        folders = folders_above(filling.made) | folders_above(journal.stages[0].folders)
        with done_meanwhile(self.meanwhile):
            sync_paths(tree, filling.made, folders)
        self.monitor.check()

    def _back_up(self, journal: Journal) -> None:
        """Keep the present index under a name that the commit makes the backup's."""
        if not journal.weak:
            self.tree.link(journal.name, BACKUP_NAME)
        else:
            copying.copy_inside(self.tree, journal.name, BACKUP_NAME)
            self.tree.sync_file(BACKUP_NAME)

    def _put_whole(
        self, name: str, parts: tuple[bytes | bytearray | memoryview, ...], like: str = ""
    ) -> None:
        """Write a file of this package and put its content on the medium.

        What is to replace the file `like` may be read and written by the same people.
        """
        descriptor = copying.put_bytes(self.tree, name, parts)
        try:
            if like:
                self.tree.keep_access(descriptor, like)
            self.tree.fsync(descriptor)
        finally:
            self.tree.finish(descriptor)

    def _is_committed(self, journal: Journal) -> bool:
        """Return after a failure whether the first commit has happened nevertheless."""
        if not self.committing:
            return False
        try:
            return progress(self.tree, journal) > 0
        except OSError as error:
            raise UnfinishedWriteError(
                "The medium failed at the commit: the old state stands, or the new one",
                where=self.tree.root,
                why=str(error),
                remedy="The next opening, or the recover command, tells which and tidies up",
            ) from error

    def _take_back(self, journal: Journal, error: BaseException) -> None:
        """Restore the old state after a failure before the commit."""
        try:
            # After a signal nothing is certain: then as a recovery would.
            certain = isinstance(error, Exception)
            filling = self.filling or Filling(self.plan, self.tree, journal)
            undoing.undo(
                self.tree,
                journal,
                made=filling.made if certain else None,
                attempted=filling.attempted,
                release=self.release,
            )
        except OSError as second:
            raise UnfinishedUndoError(
                "The write failed, and new files could not all be removed",
                where=self.tree.root,
                why=f"{error}; then {second}",
                remedy="The old state stands. The next opening, or the recover command, "
                "removes what is left",
            ) from error

    def _after_commit(self, journal: Journal) -> None:
        """Remove what is old, and take the later stages."""
        try:
            finishing.finish(
                self.tree,
                journal,
                1,
                monitor=self.monitor,
                recovering=False,
                release=self.release,
            )
        except BaseException as error:  # noqa: BLE001 - raised again below
            self._go_on(journal, error)

    def _go_on(self, journal: Journal, error: BaseException) -> None:
        """Go forward after a failure or a cancel behind the first commit."""
        try:
            if self.tree.lstat(JOURNAL_NAME) is not None:
                reached = progress(self.tree, journal)
                finishing.finish(self.tree, journal, reached, release=self.release)
            else:
                close(self.tree, self.release)
        except OSError as second:
            raise self._unfinished() from second
        if not isinstance(error, OSError | OperationCancelledError):
            raise error

    def _unfinished(self) -> UnfinishedWriteError:
        """Return the error for a committed write whose end failed."""
        return UnfinishedWriteError(
            "The new state is written, but tidying up failed",
            where=self.tree.root,
            remedy="The next opening, or the recover command, finishes it",
        )


def _journal_stage(stage: Stage, folders: tuple[str, ...]) -> JournalStage:
    """Return what the journal keeps of a stage."""
    digest = hashlib.sha256()
    for part in stage.replace.parts:
        digest.update(part)
    return JournalStage(
        digest=digest.hexdigest(),
        copies=tuple(
            (put.target, put.size) for put in stage.puts if isinstance(put, CopyFrom | PutBytes)
        ),
        links=tuple(
            (put.source, put.target, put.size) for put in stage.puts if isinstance(put, LinkTo)
        ),
        removals=tuple(removal.target for removal in stage.removals),
        folders=folders,
    )
