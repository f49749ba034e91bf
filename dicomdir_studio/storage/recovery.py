"""Examines, finishes or undoes an interrupted write."""

from __future__ import annotations

import contextlib
import os
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from dicomdir_studio.errors import StorageError, StudioError
from dicomdir_studio.storage.cleaning import Traces, close
from dicomdir_studio.storage.errors import RecoveryError, from_os_error
from dicomdir_studio.storage.finishing import finish, progress
from dicomdir_studio.storage.journal import (
    Journal,
    decode,
    read_bytes,
    strays,
)
from dicomdir_studio.storage.locking import LOCK_NAME, LockOwner, RootLock, read_owner
from dicomdir_studio.storage.preconditions import check_writable
from dicomdir_studio.storage.undoing import undo
from dicomdir_studio.storage.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.monitor import Monitor


class Action(Enum):
    """What recovery does with a journal."""

    FINISH = "finish"
    """The new state is committed: old files are removed."""

    UNDO = "undo"
    """The previous state is kept: new files are removed."""

    CLEAN = "clean"
    """Nothing had started, or everything was done: only this package's own files are removed."""

    REFUSE = "refuse"
    """Another program has replaced the index since; the user must decide."""


class PendingJournal(NamedTuple):
    """An unfinished write.

    Attributes
    ----------
    root : str
        The folder.
    action : Action
        What `recover` would do.
    started : str
        When the write began, ISO 8601; empty where unknown.
    host : str
        On which machine; empty where unknown.
    files : int
        How many files it was to write.
    removals : int
        How many it was to remove.
    owner : LockOwner or None
        The owner of the lock file. The write may still be running if that process is.
    """

    root: str
    action: Action
    started: str = ""
    host: str = ""
    files: int = 0
    removals: int = 0
    owner: LockOwner | None = None


class RecoveryReport(NamedTuple):
    """The result of a recovery.

    Attributes
    ----------
    root : str
        The folder.
    action : Action
        `Action.FINISH`, `Action.UNDO` or `Action.CLEAN`.
    started : str
        When the interrupted write began, ISO 8601; empty where unknown.
    removed : tuple of str
        Files that were removed, relative to the root.
    kept : tuple of str
        Files named in the journal that were left, since they may belong to others.
    """

    root: str
    action: Action
    started: str = ""
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def pending(root: str) -> PendingJournal | None:
    """Look for an unfinished write below `root`, without changing anything.

    Parameters
    ----------
    root : str
        A folder, which may be read-only.

    Returns
    -------
    PendingJournal or None
        None if there is none (or no such folder).

    Raises
    ------
    StorageError
        The folder cannot be read, or the journal is of a later version.
    """
    try:
        with Volume(os.path.realpath(root)) as volume:
            return _look(volume)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise from_os_error(error, root) from error


def _look(volume: Volume) -> PendingJournal | None:
    """Return what is pending, None if nothing is."""
    data = read_bytes(volume)
    owner = read_owner(volume.root)
    if data is None:
        found = PendingJournal(volume.root, Action.CLEAN, owner=owner)
        return found if strays(volume) else None
    journal = decode(data)
    if journal is None:
        return PendingJournal(volume.root, Action.CLEAN, owner=owner)
    try:
        committed = progress(volume, journal, repair=False)
        action = Action.FINISH if committed else Action.UNDO
    except RecoveryError:
        action = Action.REFUSE
    return PendingJournal(
        root=volume.root,
        action=action,
        started=journal.started,
        host=journal.host,
        files=sum(len(stage.copies) + len(stage.links) for stage in journal.stages),
        removals=sum(len(stage.removals) for stage in journal.stages),
        owner=owner,
    )


def recover(
    root: str,
    *,
    monitor: Monitor | None = None,
    discard: bool = False,
    volume: Callable[[str], Volume] = Volume,
    lock: RootLock | None = None,
) -> RecoveryReport | None:
    """Finish or undo an interrupted write below `root`.

    Parameters
    ----------
    root : str
        The folder.
    monitor : Monitor, optional
        Receives the progress. A recovery cannot be cancelled; it can be repeated.
    discard : bool
        Remove the journal and leave every other file as it is. Only for a user who has
        checked the files after a `RecoveryError`.
    volume : callable, optional
        Makes the `Volume` of a root; tests give their own.
    lock : RootLock, optional
        A lock on this root that the caller holds already, and keeps.

    Returns
    -------
    RecoveryReport or None
        None if there was nothing to recover.

    Raises
    ------
    LockedError
        The write is still running.
    RecoveryError
        The journal does not fit the files.
    StorageError
        The file system refused; recovery can be repeated.
    """
    real = os.path.realpath(root)
    if pending(real) is None:
        _clear_lock(real)
        return None
    try:
        with contextlib.ExitStack() as stack:
            tree = stack.enter_context(volume(real))
            check_writable(tree)
            release = stack.enter_context(RootLock(real)).release if lock is None else None
            report, made_root = _recover(tree, monitor, release, discard=discard)
    except OSError as error:
        if isinstance(error, StudioError):
            raise
        raise from_os_error(error, real) from error
    if made_root:
        with contextlib.suppress(OSError):
            os.rmdir(real)
    return report


def _clear_lock(root: str) -> None:
    """Remove the lock file of a write that died before its journal; a live one stays."""
    if os.path.lexists(os.path.join(root, LOCK_NAME)):
        with contextlib.suppress(StorageError), RootLock(root):
            pass


def _recover(
    tree: Volume,
    monitor: Monitor | None,
    release: Callable[[], None] | None,
    *,
    discard: bool,
) -> tuple[RecoveryReport | None, bool]:
    """Recover a locked tree; returns the report and whether the root is to go too."""
    data = read_bytes(tree)
    journal = None if data is None or discard else decode(data)
    if journal is None:
        if data is None and not strays(tree):
            return None, False
        close(tree, release)
        return RecoveryReport(tree.root, Action.CLEAN), False
    committed = progress(tree, journal)
    if committed:
        traces = finish(tree, journal, committed, monitor=monitor, release=release)
        return _report(tree, Action.FINISH, journal, traces), False
    traces = undo(tree, journal, release=release)
    return _report(tree, Action.UNDO, journal, traces), journal.made_root


def _report(tree: Volume, action: Action, journal: Journal, traces: Traces) -> RecoveryReport:
    """Return the report of a recovery."""
    return RecoveryReport(
        tree.root, action, journal.started, tuple(traces.removed), tuple(traces.kept)
    )
