"""Undoes a write that was not committed.

It works from the journal and the tree alone and may be repeated from wherever it
was interrupted.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from dicomdir_studio.storage.cleaning import (
    Guard,
    Traces,
    close,
    journal_times,
    remove_folder,
    targets,
)
from dicomdir_studio.storage.errors import UnfinishedUndoError
from dicomdir_studio.storage.volume import folders_above, sync_paths

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from dicomdir_studio.storage.journal import Journal, JournalStage
    from dicomdir_studio.storage.volume import Volume


def undo(
    volume: Volume,
    journal: Journal,
    *,
    made: AbstractSet[str] | None = None,
    attempted: AbstractSet[str] = frozenset(),
    release: Callable[[], None] | None = None,
) -> Traces:
    """Undo a write without a committed stage.

    Parameters
    ----------
    volume : Volume
        The tree.
    journal : Journal
        The journal of the write.
    made : set of str, optional
        The targets that the write certainly created, if known (not after an interruption).
    attempted : set of str
        Together with `made`: targets of which that is not certain. These, or all
        where nothing is known, go only if they can only be the write's own: new,
        and no larger than planned.
    release : callable, optional
        Releases the lock just before the last sync.

    Returns
    -------
    Traces
        What was done.

    Raises
    ------
    UnfinishedUndoError
        A file could not be removed; the journal stays.
    """
    traces = Traces()
    stage = journal.stages[0]
    if journal.weak:
        volume.sync_directory("")  # the index that was seen must not get lost after this
    if journal.rename:
        _rename_back(volume, stage)
    failure = _remove_targets(volume, journal, made, attempted, traces)
    guard = Guard(volume)
    for folder in reversed(stage.folders):
        try:
            if guard.allows(folder):
                remove_folder(volume, folder)
        except OSError as error:
            failure = failure or error
    if failure is not None:
        raise UnfinishedUndoError(
            "The old state stands, but new files could not all be removed",
            where=volume.root,
            why=str(failure),
            remedy="The next opening, or the recover command, removes them",
        ) from failure
    sync_paths(volume, (), folders_above(target for target, _, _ in targets(stage)))
    close(volume, release)
    return traces


def _remove_targets(
    volume: Volume,
    journal: Journal,
    made: AbstractSet[str] | None,
    attempted: AbstractSet[str],
    traces: Traces,
) -> OSError | None:
    """Remove what the write put, continuing after failures; return the first one."""
    failure: OSError | None = None
    guard = Guard(volume)
    began, _ = journal_times(volume, journal)
    for target, size, source in targets(journal.stages[0]):
        certain = made is not None and target in made
        if made is not None and not certain and target not in attempted:
            continue
        try:
            if guard.allows(target) and (
                certain or _is_ours(volume, target, size, source, began, traces)
            ):
                volume.unlink(target)
                traces.removed.append(target)
        except FileNotFoundError:
            continue
        except OSError as error:
            failure = failure or error
    return failure


def _rename_back(volume: Volume, stage: JournalStage) -> None:
    """Give renamed files their old names again."""
    guard = Guard(volume)
    for source, target, size in stage.links:
        if not guard.allows(source) or not guard.allows(target):
            continue
        status = volume.lstat(target)
        if status is not None and status.st_size == size and volume.lstat(source) is None:
            volume.replace(target, source)


def _is_ours(
    volume: Volume, target: str, size: int, source: str | None, began: int, traces: Traces
) -> bool:
    """Return whether a file at a target can only have been created by the write."""
    status = volume.lstat(target)
    if status is None:
        return False
    original = volume.lstat(source) if source is not None else None
    if original is not None and os.path.samestat(original, status):
        return True
    # New since the journal, or (a source linked instead of copied) with another name still.
    fresh = status.st_mtime_ns >= began or status.st_nlink > 1
    if fresh and stat.S_ISREG(status.st_mode) and status.st_size <= size:
        return True
    traces.kept.append(target)
    return False
