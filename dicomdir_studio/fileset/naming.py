"""Gives every file of a planned File-set its File ID (PS3.10 8.2)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import FileSetError
from dicomdir_studio.fileset.layout import prefix_of
from dicomdir_studio.standard.file_ids import capacity, file_name_for, is_component

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.fileset.changes import Layout
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.record_node import RecordNode

MAX_COMPONENTS: Final = 8

FileId = tuple[str, ...]


class TakenNames:
    """What lies below a root already and may not be written over.

    Parameters
    ----------
    root : str
        The folder, which need not exist.
    released : set of str
        Paths relative to the root, folded, that the File-set itself owns: new files
        may get these names, since the old ones go.
    """

    def __init__(self, root: str, released: set[str]) -> None:
        self._root = root
        self._released = released
        self._files: dict[str, set[str]] = {}
        self._folders: dict[str, set[str]] = {}

    def blocks_file(self, folder: FileId, name: str) -> bool:
        """Return whether a new file cannot have a name in a folder."""
        key = "/".join(folder)
        self._list(key)
        folded = name.casefold()
        if folded in self._folders[key]:
            return True
        return folded in self._files[key] and self._path(key, folded) not in self._released

    def blocks_folder(self, folder: FileId, name: str) -> bool:
        """Return whether a new folder cannot have a name: a file has it."""
        key = "/".join(folder)
        self._list(key)
        return name.casefold() in self._files[key]

    def _path(self, key: str, folded: str) -> str:
        """Return a folded relative path."""
        return f"{key.casefold()}/{folded}" if key else folded

    def _list(self, key: str) -> None:
        """Read a folder once."""
        if key in self._files:
            return
        files: set[str] = set()
        folders: set[str] = set()
        try:
            with os.scandir(os.path.join(self._root, *key.split("/"))) as entries:
                for entry in entries:
                    is_folder = entry.is_dir(follow_symlinks=False)
                    (folders if is_folder else files).add(entry.name.casefold())
        except OSError:
            pass  # a folder that is not there has nothing in it
        self._files[key], self._folders[key] = files, folders


class Namer:
    """Names files by the place of their records in the tree.

    Parameters
    ----------
    taken : TakenNames
        What may not be written over.
    layout : Layout
        Whether files that are there keep their names.
    alphanumeric : bool
        Count with letters too, for more than a million instances.
    """

    def __init__(self, taken: TakenNames, layout: Layout, *, alphanumeric: bool) -> None:
        self._taken = taken
        self._layout = layout
        self._alphanumeric = alphanumeric
        self._next: dict[tuple[RecordNode | None, str], int] = {}
        self._paths: dict[RecordNode, FileId] = {}
        self._used: set[str] = set()

    def reserve(self, file_ids: Iterable[FileId]) -> None:
        """Keep File IDs from being given to others."""
        self._used.update("/".join(file_id).casefold() for file_id in file_ids)

    def name(
        self, kept: list[RecordNode], fixed: dict[FileInstance, FileId]
    ) -> dict[FileInstance, FileId]:
        """Return the File ID of every instance among the records.

        Parameters
        ----------
        kept : list of RecordNode
            The records of the planned File-set, each after its parent.
        fixed : dict of FileInstance to tuple of str
            File IDs that are not to be changed.

        Raises
        ------
        FileSetError
            If a folder would hold more than its names can tell apart, or a File ID
            would have more than 8 components.
        """
        self.reserve(fixed.values())
        named: dict[FileInstance, FileId] = {}
        depths: dict[RecordNode, int] = {}
        for node in kept:
            parent = node._parent
            depth = depths[node] = depths.get(parent, -1) + 1 if parent is not None else 0
            above = self._paths.get(parent, ()) if parent is not None else ()
            instance = node.instance
            if instance is not None and instance in fixed:
                self._skip(parent)
                named[instance] = fixed[instance]
                if node._family is not None and node._family.attached:
                    self._paths[node] = (*above, self._component(node, parent, depth, above))
                continue
            file_id = self._paths[node] = (*above, self._component(node, parent, depth, above))
            if instance is not None:
                named[instance] = file_id
        return named

    def _skip(self, parent: RecordNode | None) -> None:
        """Pass over the number that a record has by its place."""
        self._next[parent, ""] = self._next.get((parent, ""), 0) + 1

    def _component(
        self, node: RecordNode, parent: RecordNode | None, depth: int, above: FileId
    ) -> str:
        """Return the component of a record, by its place among its siblings if that is free."""
        if depth >= MAX_COMPONENTS:
            raise FileSetError(
                "A record lies more than 8 levels deep",
                where=str(node),
                why="a File ID has at most 8 components, PS3.10 8.2",
                remedy="Keep the existing layout",
            )
        kind = node.record_type
        prefix = f"{prefix_of(kind)}{depth}" if kind == "PRIVATE" else prefix_of(kind)
        place = self._next.get((parent, ""), 0)
        room = capacity(prefix, alphanumeric=self._alphanumeric)
        leaf = node.instance is not None and not (node._family and node._family.attached)
        while place < room:
            name = file_name_for(prefix, place, alphanumeric=self._alphanumeric)
            place += 1
            if leaf:
                path = "/".join((*above, name)).casefold()
                if path not in self._used and not self._taken.blocks_file(above, name):
                    self._used.add(path)
                    self._next[parent, ""] = place
                    return name
            elif not self._taken.blocks_folder(above, name):
                self._next[parent, ""] = place
                return name
        raise FileSetError(
            f"There are more than {room:,} records of one kind below one record",
            where=str(parent),
            remedy="Divide the instances over several File-sets",
        )


class Whereabouts:
    """Tells where files lie below a root, each folder's links resolved once.

    Parameters
    ----------
    root : str
        The root, links resolved.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._folders: dict[str, tuple[str, FileId | None]] = {}

    def _folder(self, folder: str) -> tuple[str, FileId | None]:
        """Return a folder with links resolved, and its components if it is below the root."""
        known = self._folders.get(folder)
        if known is None:
            real = os.path.realpath(folder)
            parts: FileId | None = None
            if real == self._root:
                parts = ()
            elif real.startswith(os.path.join(self._root, "")):
                relative = os.path.relpath(real, self._root)
                parts = tuple(relative.split(os.sep))
                parts = parts if all(map(is_component, parts)) else None
            known = self._folders[folder] = real, parts
        return known

    def real_path(self, path: str) -> str:
        """Return a path with the links of its folder resolved."""
        folder, separator, name = path.rpartition(os.sep)
        return self._folder(folder or separator)[0].rstrip(os.sep) + os.sep + name

    def file_id(self, path: str) -> FileId | None:
        """Return the File ID of a file that lies below the root under a conformant name."""
        folder, separator, name = path.rpartition(os.sep)
        parts = self._folder(folder or separator)[1]
        if parts is None or len(parts) >= MAX_COMPONENTS or not is_component(name):
            return None
        return None if not parts and name == "DICOMDIR" else (*parts, name)
