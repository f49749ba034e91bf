"""Immutable plans of changes to a directory tree.

A plan is a sequence of stages. Each stage puts new files beside the old ones,
then replaces one file (the index, which names the files that count), and only
then removes old files. The replacement is the stage's commit.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from dicomdir_studio.courtesy import giving_way, in_slices
from dicomdir_studio.storage.errors import PlanError, UnsafePathError

if TYPE_CHECKING:
    from collections.abc import Sequence

RESERVED_PREFIX = ".dicomdir-studio."
"""Prefix of names in the root that are reserved for this package."""

Bytes: TypeAlias = bytes | bytearray | memoryview


class CopyFrom(NamedTuple):
    """Put a copy of a file from anywhere.

    Attributes
    ----------
    source : str
        Absolute path of the file to copy.
    target : str
        Its new name, relative to the root, with ``/``.
    size : int
        Its size in bytes at the time of planning.
    mtime_ns : int or None
        Its modification time then (``st_mtime_ns``); None skips this check.
    link : bool
        Make a hard link instead of a copy where source and target share a file
        system that has them. The source must never be changed in place afterwards.
    ctime_ns : int or None
        Time of its last change of any kind (``st_ctime_ns``), which no program can set
        back; None skips that check.
    """

    source: str
    target: str
    size: int
    mtime_ns: int | None = None
    link: bool = False
    ctime_ns: int | None = None


class LinkTo(NamedTuple):
    """Give a file inside the root a second name, as the first step of moving it.

    Creates a hard link if the file system supports them, else a copy.

    Attributes
    ----------
    source : str
        Its present name, relative to the root.
    target : str
        Its new name, relative to the root.
    size : int
        Its size in bytes.
    """

    source: str
    target: str
    size: int


class PutBytes(NamedTuple):
    """Put a new file with these bytes.

    Attributes
    ----------
    data : bytes or bytearray or memoryview
        The content.
    target : str
        Its name, relative to the root.
    """

    data: Bytes
    target: str

    @property
    def size(self) -> int:
        """Size of the file in bytes."""
        return memoryview(self.data).nbytes


Put: TypeAlias = CopyFrom | LinkTo | PutBytes


class Replace(NamedTuple):
    """Replace the index atomically; the commit of a stage.

    Attributes
    ----------
    name : str
        Name of the index, which is directly in the root. It need not exist yet.
    data : bytes or tuple of bytes
        The new content, in one piece or several.
    backup : str or None
        Name (directly in the root) under which the previous index is kept. A file
        of that name is replaced if the plan owns it. Only in the first stage.
    before : str or None
        SHA-256 in hexadecimal of the index that the plan was made for, empty if there was
        none. A different index is not replaced. None skips this check, which applies to the
        first stage only.
    """

    name: str
    data: Bytes | tuple[Bytes, ...]
    backup: str | None = None
    before: str | None = None

    @property
    def parts(self) -> tuple[Bytes, ...]:
        """The content as a tuple of pieces."""
        return self.data if isinstance(self.data, tuple) else (self.data,)

    @property
    def size(self) -> int:
        """Size of the new index in bytes."""
        return sum(memoryview(part).nbytes for part in self.parts)


class Removal(NamedTuple):
    """Remove a file that the plan owns, after the stage's commit.

    Attributes
    ----------
    target : str
        Its name, relative to the root. It is not an error if the file does not exist.
    """

    target: str


class Stage(NamedTuple):
    """One step from a consistent state to the next one.

    Attributes
    ----------
    puts : tuple of CopyFrom, LinkTo or PutBytes
        New files. None of their targets may exist when the stage starts. Stages
        after the first hold `LinkTo` only, so that finishing an interrupted write
        needs nothing but what is below the root.
    replace : Replace
        The commit.
    removals : tuple of Removal
        Files to remove after the commit. Folders left empty by this are removed too.
    """

    puts: tuple[Put, ...]
    replace: Replace
    removals: tuple[Removal, ...] = ()


class Plan:
    """A change of the tree below `root`, as one transaction.

    Attributes
    ----------
    root : str
        The folder, which is created with its parents if it does not exist. A symbolic link
        is resolved once, at the beginning.
    stages : tuple of Stage
        At least one. More than one where new names collide with old ones: the first
        puts under interim names and commits an index of those, the second links
        interim to final names and commits the final index.
    owned : frozenset of str
        Names, relative to the root, that may be removed (what the old index names).
        Names put by an earlier stage of the plan need not be listed.
    checksum : bool
        Compute the SHA-256 of every file while it is copied.
    allow_rename : bool
        Where the file system has no hard links and not enough room for copies, let
        `LinkTo` rename the file. Until the commit the old index then names files
        that are elsewhere; an interruption there is undone from the journal.
    is_checked : bool
        Whether it passed `check_plan`, which then need not check it again.
    """

    __slots__ = ("allow_rename", "checksum", "is_checked", "owned", "root", "stages")

    def __init__(
        self,
        root: str,
        stages: tuple[Stage, ...],
        owned: frozenset[str] = frozenset(),
        checksum: bool = True,
        allow_rename: bool = False,
    ) -> None:
        self.root: Final = root
        self.stages: Final = stages
        self.owned: Final = owned
        self.checksum: Final = checksum
        self.allow_rename: Final = allow_rename
        self.is_checked = False

    def with_checksum(self, wanted: bool) -> Plan:
        """Return the same plan with or without the SHA-256 of copies."""
        plan = Plan(self.root, self.stages, self.owned, wanted, self.allow_rename)
        plan.is_checked = self.is_checked
        return plan


_SAFE = re.compile(
    r"(?![A-Za-z]:)(?!(?i:\.dicomdir-studio\.))"
    r"(?:(?!\.\.?/)[^/\\\0]+/)*(?!\.\.?\Z)[^/\\\0]+"
)
_DEVICE = re.compile(
    r"(?:^|/)(?:CON|PRN|AUX|NUL|COM[1-9]|LPT[1-9])(?:\.[^/]*)?(?:/|\Z)", re.IGNORECASE
)


def check_relative(path: str) -> str:
    """Return `path` if it is a plain relative name that cannot lead out of a root.

    Parameters
    ----------
    path : str
        Components separated by ``/``.

    Returns
    -------
    str
        `path` itself.

    Raises
    ------
    UnsafePathError
        For an absolute path, a drive, ``.`` or ``..``, an empty component, a
        backslash, a NUL, a device name (on Windows) or a name of this package.
    """
    if not _SAFE.fullmatch(path):
        if path[: len(RESERVED_PREFIX)].lower() == RESERVED_PREFIX:
            raise UnsafePathError("The name is kept for the journal of a write", where=path)
        raise UnsafePathError(
            "The path could lead outside the folder",
            where=path,
            why="it is absolute or holds '..', '.', an empty part or a backslash",
        )
    if os.name == "nt" and _DEVICE.search(path):
        raise UnsafePathError("The name means a device on this system", where=path)
    return path


def check_all_relative(paths: Sequence[str]) -> None:
    """Raise what `check_relative` raises for the first of `paths` that is not plain."""
    for some in in_slices(paths):
        if os.name == "nt" or not all(map(_SAFE.fullmatch, some)):
            for path in some:
                check_relative(path)


def check_plan(plan: Plan) -> None:
    """Raise if `plan` is unsafe or inconsistent; the disk is not accessed.

    Raises
    ------
    UnsafePathError
        A name could lead outside the root (see `check_relative`).
    PlanError
        No stage, an index outside the root folder itself, different index names, a
        backup or copy in a later stage, a name put twice, a removal of what is
        neither owned nor put by an earlier stage, or of the index.
    """
    if plan.is_checked:  # it cannot have changed
        return
    if not plan.stages:
        raise PlanError("The plan has no stage", where=plan.root)
    index = plan.stages[0].replace.name
    if "/" in check_relative(index):
        raise PlanError("The replaced file must lie directly in the root", where=index)
    present: set[str] = set()
    for number, stage in enumerate(plan.stages):
        _check_stage(stage, number, index, plan.owned | present if present else plan.owned)
        present.update(put.target for put in stage.puts)
    plan.is_checked = True


def _check_stage(stage: Stage, number: int, index: str, owned: frozenset[str]) -> None:
    """Raise if one stage is unsafe or inconsistent."""
    if stage.replace.name != index:
        raise PlanError("All stages must replace the same file", where=stage.replace.name)
    backup = stage.replace.backup
    if backup is not None and (number or backup == index or "/" in check_relative(backup)):
        raise PlanError("A backup is kept in the root, by the first stage only", where=backup)
    targets = [put.target for put in stage.puts]
    check_all_relative(targets)
    taken = {index, backup}
    for some in in_slices(targets):
        taken.update(some)
    if len(taken) != len({index, backup}) + len(targets):
        raise PlanError("A name is used twice", where=_first_repeated([index, backup, *targets]))
    _check_sources(stage, number)
    for removal in stage.removals:
        if check_relative(removal.target) not in owned or removal.target in taken:
            raise PlanError(
                "A file that the plan does not own must not be removed", where=removal.target
            )


def _check_sources(stage: Stage, number: int) -> None:
    """Raise if a put takes what it may not take."""
    for put in giving_way(stage.puts, 256):
        if isinstance(put, LinkTo):
            check_relative(put.source)
        elif number:
            raise PlanError("A later stage may only give files new names", where=put.target)
        elif isinstance(put, CopyFrom) and not _is_absolute(put.source):
            raise PlanError("The path of a source must be absolute", where=put.source)


def _is_absolute(path: str) -> bool:
    """Return what `os.path.isabs` does, sooner where a separator leads."""
    return (os.sep == "/" and path.startswith("/")) or os.path.isabs(path)


def _first_repeated(names: list[str | None]) -> str:
    """Return the first name that comes a second time."""
    seen: set[str | None] = set()
    for name in names:
        if name in seen:
            return name or ""
        seen.add(name)
    return ""
