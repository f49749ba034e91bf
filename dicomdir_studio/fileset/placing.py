"""Plans how the files of a planned File-set get to their places."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dicomdir_studio.courtesy import giving_way
from dicomdir_studio.fileset.changes import Layout
from dicomdir_studio.storage import CopyFrom, LinkTo, from_os_error

if TYPE_CHECKING:
    from collections.abc import Collection

    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.file_names import MediumNames
    from dicomdir_studio.fileset.naming import FileId, Whereabouts
    from dicomdir_studio.fileset.source import Source
    from dicomdir_studio.fileset.symbolic_links import SymbolicLinks
    from dicomdir_studio.fileset.write_plan import Target
    from dicomdir_studio.storage import Put


class Placement:
    """The planned operations on files.

    Attributes
    ----------
    puts : list of CopyFrom or LinkTo
        The operations for the storage layer.
    additions, copies, renames, in_place
        As in `WritePlan`.
    linked : list of (str, int)
        Of the renamed files those that are symbolic links: name before, and the length of
        the content that is copied to the new name.
    changed : list of str
        Sources that are missing or differ from when they were staged.
    """

    __slots__ = ("additions", "changed", "copies", "in_place", "linked", "puts", "renames")

    def __init__(self) -> None:
        self.puts: list[Put] = []
        self.additions: list[tuple[str, str, int]] = []
        self.copies: list[tuple[str, str, int]] = []
        self.renames: list[tuple[str, str]] = []
        self.linked: list[tuple[str, int]] = []
        self.in_place: list[str] = []
        self.changed: list[str] = []


class Placer:
    """Plans what happens to each file.

    Parameters
    ----------
    target : Target
        Where and how the File-set is to be written.
    whereabouts : Whereabouts
        Tells which sources lie in the root.
    old : dict of FileInstance to str
        Where the files of the File-set lie now, relative to its root.
    there : set of FileInstance
        Additions that are known to be in their place already.
    links : SymbolicLinks
        Tells which files of the File-set are symbolic links.
    names : MediumNames
        Tells which files have their names already.
    dependent : collection of str
        Symbolic links that lead to other files of the File-set, which may get new names.
    """

    def __init__(
        self,
        target: Target,
        whereabouts: Whereabouts,
        old: dict[FileInstance, str],
        there: set[FileInstance],
        links: SymbolicLinks,
        names: MediumNames,
        dependent: Collection[str] = frozenset(),
    ) -> None:
        self._target = target
        self._whereabouts = whereabouts
        self._old: dict[FileInstance, str] = {} if target.is_copy else old
        self._there = there
        self._links = links
        self._names = names
        self._dependent = dependent
        self._placement = Placement()

    def place(self, ids: dict[FileInstance, FileId]) -> Placement:
        """Return what happens to the files of instances, given their File IDs."""
        old = self._old
        for instance, file_id in giving_way(ids.items()):
            if instance.is_missing:
                continue
            name = "/".join(file_id)
            if instance in old:
                self._move(old[instance], name, instance)
            elif instance._source is not None:
                self._bring(instance, instance._source, name)
            else:
                self._copy(instance.path, name)
        return self._placement

    def _bring(self, instance: FileInstance, source: Source, name: str) -> None:
        """Plan the copy of a file that is staged for addition, unless it lies there already."""
        target, placement = self._target, self._placement
        now = source.now(instance)
        if now is None:
            placement.changed.append(source.path)
        # With a File ID that says where it lies, it lies there.
        if instance in self._there or (
            not target.is_copy and self._whereabouts.name_of(source.path) == name
        ):
            placement.in_place.append(name)
            return
        path, size, mtime_ns, _, origin, _ = source
        placement.additions.append((origin or path, name, size))
        ctime_ns = None if now is None else now.st_ctime_ns
        links = target.options.hard_links
        placement.puts.append(CopyFrom(path, name, size, mtime_ns, links, ctime_ns))

    def _copy(self, path: str, name: str) -> None:
        """Plan the copy of a file of the File-set into another one."""
        status = _status(path)
        size, links = status.st_size, self._target.options.hard_links
        self._placement.copies.append((path, name, size))
        self._placement.puts.append(
            CopyFrom(path, name, size, status.st_mtime_ns, links, status.st_ctime_ns)
        )

    def _move(self, old: str, new: str, instance: FileInstance) -> None:
        """Plan the new name of a file that is in the File-set."""
        if self._target.layout is Layout.KEEP:
            return
        if self._names.agree(old, new):
            if old not in self._dependent:
                return
        else:
            self._placement.renames.append((old, new))
        if self._links.has(old):
            # What it leads to may be another record's file, or nobody's, and so stays.
            path = self._links.real_path(old)
            status = _status(path)
            self._placement.linked.append((old, status.st_size))
            self._placement.puts.append(
                CopyFrom(path, new, status.st_size, status.st_mtime_ns, ctime_ns=status.st_ctime_ns)
            )
            return
        size = _status(instance._located or "").st_size
        self._placement.puts.append(LinkTo(old, new, size))


def _status(path: str) -> os.stat_result:
    """Return the status of a file of the File-set."""
    try:
        return os.stat(path)
    except OSError as error:
        raise from_os_error(error, path) from error
