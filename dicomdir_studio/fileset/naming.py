"""Assigns a File ID to every file of a planned File-set (PS3.10 8.2)."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Final

from dicomdir_studio.courtesy import giving_way
from dicomdir_studio.errors import FileSetError
from dicomdir_studio.fileset.layout import prefix_of
from dicomdir_studio.fileset.source import uid_of
from dicomdir_studio.standard.file_ids import capacity, is_component, namer_for
from dicomdir_studio.storage import is_fat

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.record_node import RecordNode

MAX_COMPONENTS: Final = 8

FileId = tuple[str, ...]


class TakenNames:
    """Existing names below a root that must not be overwritten.

    Parameters
    ----------
    root : str
        The folder, which need not exist.
    released : set of str
        Case-folded relative paths that belong to the File-set itself: new files may get
        these names, since the old files are removed.
    """

    def __init__(self, root: str, released: set[str]) -> None:
        self._root = root
        self._released = released
        self._known: dict[str, tuple[frozenset[str], frozenset[str]]] = {}

    def in_folder(self, folder: FileId) -> tuple[frozenset[str], frozenset[str]]:
        """Return the folded names that a new file, and a new folder, cannot have in a folder."""
        key = "/".join(folder)
        known = self._known.get(key)
        if known is None:
            files, folders = self._listed(key)
            kept = {name for name in files if self._path(key, name) not in self._released}
            known = self._known[key] = frozenset(folders | kept), frozenset(files)
        return known

    def _path(self, key: str, folded: str) -> str:
        """Return a folded relative path."""
        return f"{key.casefold()}/{folded}" if key else folded

    def _listed(self, key: str) -> tuple[set[str], set[str]]:
        """Return the folded names of the files and of the folders in a folder."""
        files: set[str] = set()
        folders: set[str] = set()
        with (
            suppress(OSError),  # a folder that does not exist is empty
            os.scandir(os.path.join(self._root, *key.split("/"))) as entries,
        ):
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=False)
                (folders if is_folder else files).add(entry.name.casefold())
        return files, folders


class _Level:
    """Naming of the records below one record: numbered, with a prefix for each kind."""

    __slots__ = ("__dict__", "_alphanumeric", "_kinds", "_taken", "above", "place")

    def __init__(self, above: FileId, taken: TakenNames, *, alphanumeric: bool) -> None:
        self.above = above
        self.place = 0
        self._taken = taken
        self._alphanumeric = alphanumeric
        self._kinds: dict[str, tuple[Callable[[int], str], int]] = {}

    @cached_property
    def blocked(self) -> tuple[frozenset[str], frozenset[str]]:
        """The folded names that a new file, and a new folder, cannot have."""
        return self._taken.in_folder(self.above)

    def next_name(self, node: RecordNode) -> str:
        """Return the component of a record by its place among its siblings, free or not."""
        kind = node.record_type
        namer, room = self._kinds.get(kind) or self._begun(kind)
        if self.place >= room:
            raise FileSetError(
                f"There are more than {room:,} records of one kind below one record",
                where=str(node._parent),
                remedy="Divide the instances over several File-sets",
            )
        name = namer(self.place)
        self.place += 1
        return name

    def _begun(self, kind: str) -> tuple[Callable[[int], str], int]:
        """Return what names the records of a kind, and how many of them it can."""
        prefix = f"{prefix_of(kind)}{len(self.above)}" if kind == "PRIVATE" else prefix_of(kind)
        known = self._kinds[kind] = (
            namer_for(prefix, alphanumeric=self._alphanumeric),
            capacity(prefix, alphanumeric=self._alphanumeric),
        )
        return known


class Namer:
    """Names files by the place of their records in the tree.

    Parameters
    ----------
    taken : TakenNames
        The names that must not be overwritten.
    alphanumeric : bool
        Number with letters too, for more than a million instances.
    """

    def __init__(self, taken: TakenNames, *, alphanumeric: bool) -> None:
        self._taken = taken
        self._alphanumeric = alphanumeric
        self._levels: dict[RecordNode | None, _Level] = {}
        self._paths: dict[RecordNode | None, FileId] = {}
        self._used: set[str] = set()

    def name(
        self, kept: list[RecordNode], fixed: dict[FileInstance, FileId]
    ) -> dict[FileInstance, FileId]:
        """Return the File ID of every instance among the records.

        Parameters
        ----------
        kept : list of RecordNode
            The records of the planned File-set, each after its parent.
        fixed : dict of FileInstance to tuple of str
            File IDs that must not be changed.

        Raises
        ------
        FileSetError
            If a folder would need more names than there are, or a File ID would have more
            than 8 components.
        """
        self._used = {"/".join(file_id).casefold() for file_id in fixed.values()}
        named: dict[FileInstance, FileId] = {}
        for node in giving_way(kept):
            level = self._levels.get(node._parent) or self._begun(node._parent)
            instance = node.instance
            family = node._family
            is_folder = instance is None or (family is not None and family.attached > 0)
            file_id = fixed.get(instance) if fixed and instance is not None else None
            if file_id is not None and instance is not None:
                level.place += 1  # past the number that the record has by its place
                named[instance] = file_id
                if not is_folder:
                    continue
            path = (*level.above, self._component(level, node, is_folder=is_folder))
            if is_folder:
                self._paths[node] = path
            if file_id is None and instance is not None:
                named[instance] = path
        return named

    def _begun(self, parent: RecordNode | None) -> _Level:
        """Begin to name the records below one record, the root if it has no name."""
        above = self._paths.get(parent, ())
        level = _Level(above, self._taken, alphanumeric=self._alphanumeric)
        self._levels[parent] = level
        return level

    def _component(self, level: _Level, node: RecordNode, *, is_folder: bool) -> str:
        """Return the component of a record, by its place among its siblings if that is free."""
        if len(level.above) >= MAX_COMPONENTS:
            raise FileSetError(
                "A record lies more than 8 levels deep",
                where=str(node),
                why="a File ID has at most 8 components, PS3.10 8.2",
                remedy="Keep the existing layout",
            )
        blocked = level.blocked[is_folder]
        while True:
            name = level.next_name(node)
            if blocked and name.casefold() in blocked:
                continue
            if is_folder or not self._used:
                return name
            if "/".join((*level.above, name)).casefold() not in self._used:
                return name


class Whereabouts:
    """Tells where files lie below a root, each folder's links resolved once.

    Parameters
    ----------
    root : str
        The root, links resolved.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        # FAT has short names in upper case alone, in whatever case the system shows them.
        self._is_fat = is_fat(root)
        self._folders: dict[str, tuple[str | None, FileId | None]] = {}

    def _folder(self, folder: str) -> tuple[str | None, FileId | None]:
        """Return a folder as the beginning of names below the root, and its components.

        None for what is not below the root, and for components that do not conform.
        """
        known = self._folders.get(folder)
        if known is None:
            known = None, None
            real = os.path.realpath(folder)
            if real == self._root:
                known = "", ()
            elif real.startswith(os.path.join(self._root, "")):
                parts = tuple(os.path.relpath(real, self._root).split(os.sep))
                inside = "/".join(parts) + "/"
                if self._is_fat:
                    parts = tuple(map(str.upper, parts))
                known = inside, parts if all(map(is_component, parts)) else None
            self._folders[folder] = known
        return known

    def name_of(self, path: str) -> str | None:
        """Return where a file lies below the root, links of its folder resolved, with ``/``.

        None if it does not lie there.
        """
        folder, separator, name = path.rpartition(os.sep)
        known = self._folders.get(folder) or self._folder(folder or separator)
        inside = known[0]
        return None if inside is None else inside + name

    def has_another(self, file_id: FileId, uid: str) -> bool:
        """Return whether something lies below the root that is not the instance with that UID."""
        path = os.path.join(self._root, *file_id)
        return os.path.lexists(path) and uid_of(path) != uid

    def file_id(self, path: str) -> FileId | None:
        """Return the File ID of a file that lies below the root under a conformant name."""
        folder, separator, name = path.rpartition(os.sep)
        known = self._folders.get(folder) or self._folder(folder or separator)
        parts = known[1]
        if self._is_fat:
            name = name.upper()
        if parts is None or len(parts) >= MAX_COMPONENTS or not is_component(name):
            return None
        return None if not parts and name == "DICOMDIR" else (*parts, name)


def give_up_held_names(
    fixed: dict[FileInstance, FileId], instances: list[FileInstance], whereabouts: Whereabouts
) -> None:
    """Take from `fixed` the File IDs of missing files at which another file lies.

    It is the file of another instance, or one that came there since and is nobody's.

    Parameters
    ----------
    fixed : dict of FileInstance to tuple of str
        File IDs to be kept.
    instances : list of FileInstance
        All instances to be named.
    whereabouts : Whereabouts
        Knows which sources are in the root; they stay there.
    """
    missing = [one for one in fixed if one.is_missing]
    if not missing:
        return
    names = {"/".join(file_id) for one, file_id in fixed.items() if not one.is_missing}
    for instance in instances:
        if instance._source is not None:
            names.add(whereabouts.name_of(instance._source.path) or "")
    folded = {name.casefold() for name in names}
    for instance in missing:
        held = "/".join(fixed[instance]).casefold() in folded
        uid = str(getattr(instance, "SOPInstanceUID", ""))
        if held or whereabouts.has_another(fixed[instance], uid):
            del fixed[instance]


def is_plain(component: str) -> bool:
    """Return whether a File ID component, as read, cannot lead to another folder."""
    return component not in ("", ".", "..") and not set(component) & set("/\\:\0")
