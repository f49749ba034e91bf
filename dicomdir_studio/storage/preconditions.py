"""What is looked at before anything changes, so that a plan fails early and says why."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from dicomdir_studio.courtesy import giving_way
from dicomdir_studio.errors import SourceChangedError
from dicomdir_studio.phrases import said
from dicomdir_studio.storage.errors import (
    FileTooLargeError,
    NameClashError,
    NoSpaceError,
    PathTooLongError,
    PermissionDeniedError,
    PlanError,
    ReadOnlyError,
)
from dicomdir_studio.storage.journal import PROBE_NAME
from dicomdir_studio.storage.locking import LOCK_NAME
from dicomdir_studio.storage.plan import CopyFrom, LinkTo
from dicomdir_studio.storage.volume import parents

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.storage.plan import Plan, Stage
    from dicomdir_studio.storage.volume import Volume

FAT_LARGEST = (1 << 32) - 1
"""Size in bytes of the largest file on FAT."""

_PER_JOURNAL_NAME = 160


class Survey:
    """What the tree is like, as far as the plan touches it.

    Attributes
    ----------
    links : bool
        The file system has hard links.
    rename : bool
        Links must be made by renaming: no hard links, no room for copies.
    folds_case : bool
        The file system does not tell upper from lower case.
    missing : list of tuple of str
        Folders to make for each stage, parents first.
    needed : int
        Bytes that the plan needs at most while old and new both exist.
    free : int or None
        Bytes that are free to this user, where the file system says.
    """

    __slots__ = ("folds_case", "free", "links", "missing", "needed", "rename")

    def __init__(
        self, *, links: bool = True, folds_case: bool = False, free: int | None = None
    ) -> None:
        self.links = links
        self.rename = False
        self.folds_case = folds_case
        self.missing: list[tuple[str, ...]] = []
        self.needed = 0
        self.free = free


def examine(plan: Plan, volume: Volume, *, probe: bool = True) -> Survey:
    """Look at everything that would make `plan` fail; nothing of the tree changes.

    Parameters
    ----------
    plan : Plan
        A plan that passed `check_plan`; its root exists.
    volume : Volume
        The tree.
    probe : bool
        Whether the root is locked, so that hard links may be tried out where the type
        of the file system does not tell. Otherwise they are then taken for absent.

    Returns
    -------
    Survey
        What was found.

    Raises
    ------
    StorageError
        A subclass of it that names what stands in the way.
    """
    check_writable(volume)
    survey = Survey(
        links=volume.knows_links or (probe and volume.try_link(LOCK_NAME, PROBE_NAME)),
        folds_case=folds_case(volume),
    )
    known = _examine_folders(plan, volume, survey)
    _examine_lengths(plan, volume)
    _examine_names(plan, volume, survey, known)
    _examine_sizes(plan, volume)
    _examine_space(plan, volume, survey)
    return survey


def check_writable(volume: Volume) -> None:
    """Raise if the root cannot be written to."""
    _check_access(volume, "")


def folds_case(volume: Volume) -> bool:
    """Tell whether upper and lower case name the same file; a file must exist in the root."""
    names = set(volume.names())
    for name in names:
        other = name.swapcase()
        if other not in names and volume.lstat(name) is not None:
            return volume.lstat(other) is not None
    return False


def _check_access(volume: Volume, folder: str) -> None:
    """Raise if names in `folder` cannot be changed."""
    if volume.is_writable(folder):
        return
    full = volume.full(folder)
    if volume.is_read_only:
        raise ReadOnlyError(
            said("The medium is read-only"),
            where=full,
            remedy=said("Write to another folder, or mount the medium for writing"),
        )
    raise PermissionDeniedError(
        said("Files in this folder cannot be changed"),
        where=full,
        why=said("permission denied"),
        remedy=said("Request permission to write there, or choose another folder"),
    )


def _examine_folders(plan: Plan, volume: Volume, survey: Survey) -> dict[str, bool]:
    """Check all folders once; returns which of them exist, and fills `survey.missing`."""
    fold = str.casefold if survey.folds_case else str
    exists: dict[str, bool] = {"": True}
    made: dict[str, str] = {}
    gone: set[str] = set()

    def look(folder: str) -> bool:
        if folder not in exists:
            # A file that an earlier stage removes is not in the way of a later one's folder.
            there = look(folder.rpartition("/")[0]) and fold(folder) not in gone
            exists[folder] = there and volume.check_folder(folder)
            if exists[folder]:
                _check_access(volume, folder)
        return exists[folder]

    for stage in plan.stages:
        missing: dict[str, None] = {}
        for folder in _folders_of_new(stage):
            for path in [*reversed(parents(folder)), folder] if folder else ():
                if not look(path) and path not in made:
                    if made.setdefault(fold(path), path) != path:
                        raise _clash(path, "two new folders differ only in upper and lower case")
                    missing[path] = None
        for folder in _folders_of_old(stage):
            look(folder)
        survey.missing.append(tuple(missing))
        gone.update(fold(removal.target) for removal in stage.removals)
        _refuse_files_as_folders(stage, made, fold)
    return exists


def _folders_of_new(stage: Stage) -> dict[str, None]:
    """Return the folders of the names that a stage puts, in order."""
    return dict.fromkeys(put.target.rpartition("/")[0] for put in stage.puts)


def _folders_of_old(stage: Stage) -> set[str]:
    """Return the folders of the names that a stage takes as they are."""
    folders = {removal.target.rpartition("/")[0] for removal in stage.removals}
    folders.update(put.source.rpartition("/")[0] for put in stage.puts if isinstance(put, LinkTo))
    return folders


def _refuse_files_as_folders(
    stage: Stage, made: dict[str, str], fold: Callable[[str], str]
) -> None:
    """Raise if a stage puts a file where the plan makes a folder."""
    for name in (stage.replace.name, *(put.target for put in stage.puts)):
        if fold(name) in made:
            raise _clash(name, "the plan needs it as a file and as a folder")


def _examine_lengths(plan: Plan, volume: Volume) -> None:
    """Raise if a new name is longer than the file system takes."""
    longest_name, longest_path = _limits(volume.root)
    base = len(os.fsencode(volume.root)) + 2
    for stage in plan.stages:
        longest = 4 * max((len(put.target) for put in stage.puts), default=0)
        if longest < longest_name and longest + base < longest_path:
            continue
        for put in stage.puts:
            size = len(os.fsencode(put.target))
            part = max(len(os.fsencode(part)) for part in put.target.split("/"))
            if base + size > longest_path or part > longest_name:
                raise PathTooLongError(
                    said("A path would be too long"),
                    where=volume.full(put.target),
                    why=said(
                        "the file system takes {0} bytes of a name and {1} of a path",
                        longest_name,
                        longest_path,
                    ),
                    remedy=said(
                        "Write to a folder with a shorter path, or choose a layout with "
                        "standard names"
                    ),
                )


def _limits(root: str) -> tuple[int, int]:
    """Return the lengths in bytes of the longest name and the longest path."""
    if not hasattr(os, "pathconf"):
        return 255, 259
    try:
        return os.pathconf(root, "PC_NAME_MAX"), os.pathconf(root, "PC_PATH_MAX")
    except (OSError, ValueError):
        return 255, 4096


def _examine_names(plan: Plan, volume: Volume, survey: Survey, known: dict[str, bool]) -> None:
    """Raise if a new name is taken, or an old one is not what the plan takes it for."""
    fold = str.casefold if survey.folds_case else str
    put_so_far: set[str] = set()
    gone: set[str] = set()
    for stage in plan.stages:
        for put in giving_way(stage.puts, 256):
            key = fold(put.target)
            if key in put_so_far:
                raise _clash(put.target, "two new names differ only in upper and lower case")
            if isinstance(put, LinkTo) and fold(put.source) not in put_so_far:
                _check_file(volume, put)
            put_so_far.add(key)
            folder = put.target.rpartition("/")[0]
            if known[folder] and key not in gone and volume.lstat(put.target) is not None:
                raise _clash(put.target, "another file has that name", volume)
        for removal in stage.removals:
            key = fold(removal.target)
            put_so_far.discard(key)
            gone.add(key)
            status = volume.lstat(removal.target)
            if status is not None and stat.S_ISDIR(status.st_mode):
                raise PlanError(said("Not a file but a folder"), where=volume.full(removal.target))
    _check_index(plan, volume)


def _check_file(volume: Volume, put: LinkTo) -> None:
    """Raise if the file to be linked is not the one that the plan means."""
    status = volume.lstat(put.source)
    if status is None or not stat.S_ISREG(status.st_mode) or status.st_size != put.size:
        raise SourceChangedError(
            said("A file changed since the write was planned"),
            where=volume.full(put.source),
            why=said("it is gone") if status is None else said("its size or type is different"),
            remedy=said("Load the File-set again"),
        )


def _check_index(plan: Plan, volume: Volume) -> None:
    """Raise if the index or its backup cannot be replaced."""
    replace = plan.stages[0].replace
    status = volume.lstat(replace.name)
    if status is not None and not stat.S_ISREG(status.st_mode):
        raise _clash(replace.name, "it is no regular file", volume)
    if replace.backup is None or replace.backup in plan.owned:
        return
    if volume.lstat(replace.backup) is not None:
        raise _clash(replace.backup, "the backup would overwrite another file", volume)


def _clash(name: str, why: str, volume: Volume | None = None) -> NameClashError:
    """Return the error for a name that is taken."""
    return NameClashError(
        said("A name that the write needs is taken"),
        where=volume.full(name) if volume else name,
        why=why,
        remedy=said("Move that file away, or choose another folder or layout"),
    )


def _examine_sizes(plan: Plan, volume: Volume) -> None:
    """Raise if a file is too large for FAT."""
    if not volume.is_fat:
        return
    for stage in plan.stages:
        for put in stage.puts:
            if put.size > FAT_LARGEST:
                raise FileTooLargeError(
                    said("The file is too large for this medium"),
                    where=put.source if isinstance(put, CopyFrom) else put.target,
                    why=said("{0} bytes; FAT takes {1}", put.size, FAT_LARGEST),
                    remedy=said(
                        "Format the medium as exFAT or another file system for large files"
                    ),
                )


def _examine_space(plan: Plan, volume: Volume, survey: Survey) -> None:
    """Raise if there is not enough room while old and new both exist."""
    free, block, files_free = volume.room()
    survey.free = free
    survey.needed = _needed(plan, survey, block, with_links=not survey.links)
    if free is not None and survey.needed > free and not survey.links and plan.allow_rename:
        survey.rename = True
        survey.needed = _needed(plan, survey, block, with_links=False)
    if free is not None and survey.needed > free:
        raise NoSpaceError(
            said("There is not enough space for this write"),
            where=volume.root,
            why=said(
                "{0:,} bytes are needed while old and new both exist, {1:,} are free",
                survey.needed,
                free,
            ),
            remedy=said("Free some space or write to another medium"),
            needed=survey.needed,
            free=free,
        )
    made = sum(map(len, survey.missing)) + sum(len(stage.puts) for stage in plan.stages)
    if files_free is not None and made > files_free:
        raise NoSpaceError(
            said("The file system has too few free file entries (inodes)"),
            where=volume.root,
            why=said("{0:,} are needed, {1:,} are free", made, files_free),
            remedy=said("Remove some files or write to another medium"),
            needed=made,
            free=files_free,
        )


def _needed(plan: Plan, survey: Survey, block: int, *, with_links: bool) -> int:
    """Return the bytes that the plan needs at most, in whole blocks."""
    total = sum(map(len, survey.missing)) * block
    names = 0
    for stage in plan.stages:
        total += block * sum(
            -(-put.size // block) for put in stage.puts if with_links or not isinstance(put, LinkTo)
        )
        total += _whole(stage.replace.size, block) * (1 if survey.links else 2)
        names += _name_bytes(stage)
    return total + _whole(names, block)


def _name_bytes(stage: Stage) -> int:
    """Return about how many bytes of journal a stage takes."""
    return (len(stage.puts) + len(stage.removals)) * _PER_JOURNAL_NAME


def _whole(size: int, block: int) -> int:
    """Return `size` rounded up to whole blocks."""
    return -(-size // block) * block
