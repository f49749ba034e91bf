"""Completes a write from its first commit.

It works from the journal and the tree alone, so the write itself and the recovery
after an interruption run the same code, and it may be repeated from wherever it
was interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from typing import TYPE_CHECKING

from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage import copying
from dicomdir_studio.storage.cleaning import (
    Guard,
    Traces,
    close,
    journal_times,
    remove_folders,
    targets,
)
from dicomdir_studio.storage.errors import NameClashError, RecoveryError
from dicomdir_studio.storage.journal import BACKUP_NAME, REWRITE_NAME, waiting_name
from dicomdir_studio.storage.volume import folders_above, sync_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dicomdir_studio.storage.journal import Journal
    from dicomdir_studio.storage.volume import Volume

_LONGEST_REMEMBERED = 5.0
_PAUSE = 0.1
_NO_LINK = {errno.EMLINK, errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}


def progress(volume: Volume, journal: Journal, *, repair: bool = True) -> int:
    """Return how many stages are committed.

    Where the file system may lose the index in the middle of its replacement (FAT)
    and it did, the replacement is done again, unless `repair` is False.

    Raises
    ------
    RecoveryError
        The index is none that the write knows: something else replaced it.
    """
    status = volume.lstat(journal.name)
    known = [journal.before, *(stage.digest for stage in journal.stages)]
    digest = None if status is None else _digest(volume, journal.name)
    candidates = [number for number, value in enumerate(known) if value == digest]
    waiting = [
        number
        for number in range(len(journal.stages))
        if volume.lstat(waiting_name(number)) is not None
    ]
    first = waiting[0] if waiting else len(journal.stages)
    if len(candidates) == 1:
        return candidates[0]
    if first in candidates:  # indexes of equal content: the one that waits is not committed
        return first
    if journal.weak and waiting and _is_torn(volume, status, first):
        if repair:
            commit(volume, journal, first)
        return first + 1
    raise RecoveryError(
        "Something else replaced the index after a write was interrupted",
        where=volume.full(journal.name),
        why="its content is neither that before the write nor that after it",
        remedy="Check the files, then discard the journal",
    )


def commit(volume: Volume, journal: Journal, stage: int) -> None:
    """Let the index of `stage` take its place: the instant at which the new state begins."""
    _settle(volume, journal, waiting_name(stage), journal.name)
    volume.sync_directory("")


def finish(
    volume: Volume,
    journal: Journal,
    committed: int,
    *,
    monitor: Monitor | None = None,
    recovering: bool = True,
    release: Callable[[], None] | None = None,
) -> Traces:
    """Take a write with at least one committed stage to its end.

    Parameters
    ----------
    volume : Volume
        The tree.
    journal : Journal
        The journal of the write.
    committed : int
        How many stages are committed, at least 1.
    monitor : Monitor, optional
        Receives the removals.
    recovering : bool
        Whether the write was interrupted: then no step is assumed to be done.
    release : callable, optional
        Releases the lock just before the last sync.

    Returns
    -------
    Traces
        What was done.
    """
    traces = Traces()
    if recovering:
        _commit_again(volume, journal, committed - 1)
    if journal.backup is not None and volume.lstat(BACKUP_NAME) is not None:
        _settle(volume, journal, BACKUP_NAME, journal.backup)
    for number in range(committed - 1, len(journal.stages)):
        if number >= committed:
            _put_links(volume, journal, number)
            commit(volume, journal, number)
        _remove(volume, journal, number, monitor or Monitor(), traces, recovering=recovering)
    _settle_removals(volume, journal)
    close(volume, release)
    return traces


def _settle_removals(volume: Volume, journal: Journal) -> None:
    """Put on the medium what went, before the journal goes that knows of it."""
    removals = [path for stage in journal.stages for path in stage.removals]
    if removals:
        sync_paths(volume, (), folders_above(removals))
    elif journal.backup is not None:
        volume.sync_directory("")


def put_link(
    volume: Volume, journal: Journal, source: str, target: str, *, checksum: bool = False
) -> str | None:
    """Give a file its second name, or its new one.

    Returns its SHA-256, or "" if that is not wanted, where it had to be copied, else None.
    """
    if journal.rename:
        volume.replace(source, target)
        return None
    if not journal.weak:
        try:
            volume.link(source, target)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
        else:
            return None
    return copying.copy_inside(volume, source, target, checksum=checksum)


def make_folders(volume: Volume, folders: Iterable[str]) -> None:
    """Make the folders that do not exist, parents first."""
    guard = Guard(volume)
    for folder in folders:
        guard.require(folder)
        try:
            volume.mkdir(folder)
        except FileExistsError:
            volume.check_folder(folder)


def _commit_again(volume: Volume, journal: Journal, stage: int) -> None:
    """Make sure that a commit which can be seen is on the medium, before anything is removed.

    What an interrupted process renamed may be in memory only, and a sync that failed once
    may lie the second time. So the same is renamed anew.
    """
    waits = volume.lstat(waiting_name(stage)) is not None
    if not journal.weak:
        _rewrite(volume, journal.name, journal.name)
        if waits:  # the same content was committed by hand, or the index before had it too
            volume.unlink(waiting_name(stage))
    elif waits:
        commit(volume, journal, stage)
    else:  # it went when the index was safe, which is better left alone; that it went may be new
        volume.sync_directory("")


def _settle(volume: Volume, journal: Journal, source: str, target: str) -> None:
    """Let a file of this package take its place and vanish from its own."""
    if not journal.weak:
        volume.replace(source, target)
        return
    # Where a rename may lose both names, the file stays until its copy is on the medium.
    _rewrite(volume, source, target)
    volume.unlink(source)


def _rewrite(volume: Volume, source: str, target: str) -> None:
    """Let a fresh copy of `source` replace `target`, and put that on the medium."""
    with contextlib.suppress(FileNotFoundError):
        volume.unlink(REWRITE_NAME)
    copying.copy_inside(volume, source, REWRITE_NAME)
    volume.sync_file(REWRITE_NAME)
    volume.replace(REWRITE_NAME, target)
    volume.sync_directory("")


def _put_links(volume: Volume, journal: Journal, number: int) -> None:
    """Put the links of a later stage, and all of it on the medium."""
    stage = journal.stages[number]
    folders = folders_above(target for _, target, _ in stage.links)
    # Not only those that were missing: where upper and lower case name the same folder, an
    # earlier stage may have emptied and removed one by its other name.
    needed = sorted(folders.union(stage.folders) - {""}, key=len)
    _wait_for_removals(volume, journal, number, [*needed, *(name for _, name, _ in stage.links)])
    make_folders(volume, needed)
    if journal.rename:
        # A removed file that comes back after a power loss must not be mistaken for the one
        # that was renamed to its name.
        sync_paths(volume, (), folders)
    copied = []
    guard = Guard(volume)
    for source, target, size in stage.links:
        guard.require(source)
        guard.require(target)
        linked = _is_linked(volume, journal, source, target, size)
        if not linked and put_link(volume, journal, source, target) is not None:
            copied.append(target)
    sync_paths(volume, copied, folders | folders_above(stage.folders))


def _wait_for_removals(volume: Volume, journal: Journal, number: int, names: Iterable[str]) -> None:
    """Wait until names that earlier stages removed in another case are known to be gone.

    Where a file system in user space (exFAT, NTFS) does not distinguish upper and lower case,
    Linux remembers each form by itself for a second: one is still seen when the other is gone.
    """
    removals = [path for stage in journal.stages[:number] for path in stage.removals]
    gone = folders_above(removals).union(removals)
    folded = {path.casefold() for path in gone}
    deadline = time.monotonic() + _LONGEST_REMEMBERED
    for path in names:
        if path.casefold() in folded and path not in gone:
            while volume.lstat(path) is not None and not _is_listed(volume, path):
                if time.monotonic() > deadline:
                    return
                time.sleep(_PAUSE)


def _is_listed(volume: Volume, path: str) -> bool:
    """Return whether the folder of a name has it, upper and lower case not distinguished."""
    folder, _, last = path.rpartition("/")
    try:
        return last.casefold() in map(str.casefold, volume.names(folder))
    except (FileNotFoundError, NotADirectoryError):
        return False


def _is_linked(volume: Volume, journal: Journal, source: str, target: str, size: int) -> bool:
    """Return whether `target` is the link already; an incomplete copy of ours is removed."""
    status = volume.lstat(target)
    if status is None:
        return False
    original = volume.lstat(source)
    if original is None:
        if journal.rename and status.st_size == size:
            return True
        raise RecoveryError("A file of an interrupted write is missing", where=volume.full(source))
    if os.path.samestat(original, status):
        return True
    if stat.S_ISREG(status.st_mode) and status.st_size <= size:
        if status.st_mtime_ns >= journal_times(volume, journal)[0]:
            # Our own copy. It may look whole and have failed to reach the medium, and a
            # second sync need not say so again.
            volume.unlink(target)
            return False
        if status.st_size == size and _digest(volume, source) == _digest(volume, target):
            volume.sync_file(target)
            return True
    raise NameClashError(
        "Another file has taken a name that an interrupted write needs",
        where=volume.full(target),
        remedy="Move that file away and try again",
    )


def _remove(
    volume: Volume,
    journal: Journal,
    number: int,
    monitor: Monitor,
    traces: Traces,
    *,
    recovering: bool,
) -> None:
    """Remove what a committed stage no longer names, and folders left empty by it."""
    removals = journal.stages[number].removals
    if not removals:
        return
    monitor.start("Removing files", len(removals))
    guard = Guard(volume)
    may_go = _Judge(volume, journal, number, traces) if recovering else None
    emptied: set[str] = set()
    for path in removals:
        if guard.allows(path) and (may_go is None or may_go(path)):
            try:
                volume.unlink(path)
            except FileNotFoundError:
                pass  # gone already, by an interrupted run or by other hands
            else:
                traces.removed.append(path)
            emptied.add(path.rpartition("/")[0])
        elif recovering:
            emptied.add(guard.nearest(path))  # a folder that went already may leave one empty
        monitor.advance(1, path)
    needed = folders_above(
        target for stage in journal.stages[number + 1 :] for _, target, _ in stage.links
    )
    remove_folders(volume, emptied - {""}, needed)


class _Judge:
    """Tells a recovery whether a name still means the file that was to go."""

    def __init__(self, volume: Volume, journal: Journal, number: int, traces: Traces) -> None:
        self._volume = volume
        self._traces = traces
        self._until = journal_times(volume, journal)[1]
        self._own = {name for stage in journal.stages[:number] for name, _, _ in targets(stage)}
        self._folders = {
            folder for stage in journal.stages[number + 1 :] for folder in stage.folders
        }
        self._sources = {
            target: source
            for stage in journal.stages[number + 1 :]
            for source, target, _ in stage.links
        }

    def __call__(self, path: str) -> bool:
        """Tell it of one path."""
        status = self._volume.lstat(path)
        if status is None:
            return True
        source = self._sources.get(path)
        if source is not None and self._volume.lstat(source) is None:
            return False  # a later stage has renamed the new file to this name already
        if path in self._folders and stat.S_ISDIR(status.st_mode):
            return False  # or made a folder of it
        newer = path not in self._own and status.st_mtime_ns > self._until
        if newer or stat.S_ISDIR(status.st_mode):
            self._traces.kept.append(path)
            return False
        return True


def _is_torn(volume: Volume, status: os.stat_result | None, stage: int) -> bool:
    """Return whether the index was lost while being replaced by that of `stage`."""
    if status is None:
        return True
    waiting = volume.lstat(waiting_name(stage))
    return waiting is not None and status.st_size in {0, waiting.st_size}


def _digest(volume: Volume, path: str) -> str | None:
    """Return the SHA-256 of a file of the tree, None if it is not a file."""
    try:
        return copying.digest_of(volume, path)
    except (FileNotFoundError, IsADirectoryError):
        return None
