"""Plans a write before anything on the disk changes."""

from __future__ import annotations

import hashlib
import os
from functools import cached_property
from typing import TYPE_CHECKING, Final

from dicomdir_studio.courtesy import giving_way
from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset.changes import Layout
from dicomdir_studio.fileset.file_instance import MISSING, REMOVED
from dicomdir_studio.fileset.file_names import MediumNames, note_of_kept_names
from dicomdir_studio.fileset.laying import lay_records
from dicomdir_studio.fileset.naming import (
    FileId,
    Namer,
    TakenNames,
    Whereabouts,
    give_up_held_names,
    is_plain,
)
from dicomdir_studio.fileset.placing import Placement, Placer
from dicomdir_studio.fileset.symbolic_links import SymbolicLinks, notes_of_links
from dicomdir_studio.fileset.target_folder import BACKUP, folded_names, holds_instances
from dicomdir_studio.fileset.write_plan import RENAMED_IN_PLACE, Target, WritePlan
from dicomdir_studio.storage import (
    CopyFrom,
    LinkTo,
    Plan,
    Put,
    Removal,
    Replace,
    Stage,
    foresee,
    look_ahead,
)

if TYPE_CHECKING:
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.laying import LaidRecords
    from dicomdir_studio.fileset.record_node import RecordNode, RootNode
    from dicomdir_studio.part10.directory_writer import DirectoryHead

_INTERIM: Final = "INTERIM"
_MOST_NAMED: Final = 20


class Planner:
    """Plans the write of one File-set.

    Parameters
    ----------
    tree : RootNode
        The records, including staged changes.
    root : str or None
        The present root of the File-set, links resolved.
    head : DirectoryHead
        The content of the DICOMDIR other than the records.
    target : Target
        The target and options of the write.
    version : int
        The version of the File-set.
    """

    def __init__(
        self,
        tree: RootNode,
        root: str | None,
        head: DirectoryHead,
        target: Target,
        version: int,
    ) -> None:
        self._version = version
        self._tree = tree
        self._root = root
        self._head = head
        self._target = target
        self._old: dict[FileInstance, str] = {}
        self._there: set[FileInstance] = set()
        self._ids: dict[FileInstance, FileId] = {}
        self._placement = Placement()
        self._removals: dict[str, None] = {}
        self._left_out: list[str] = []
        self._held: list[str] = []
        self._whereabouts = Whereabouts(target.root)
        self._links = SymbolicLinks(target.root)
        self._names = MediumNames(target.root)
        self._dependent: frozenset[str] = frozenset()

    def plan(self) -> WritePlan:
        """Return the plan."""
        target = self._target
        kept = self._kept_records()
        self._note_old_names()
        self._ids = self._named(kept)
        if target.layout is Layout.STANDARD and not target.is_copy:
            self._dependent = self._links.leading_over(self._old.values())
        self._placement = self._placer().place(self._ids)
        if not target.is_copy:
            self._note_removals()
        laid = self._laid(kept, self._ids)
        stages = self._stages(kept, laid.data)
        plan = Plan(
            target.root,
            stages,
            owned=frozenset() if target.is_copy else frozenset((*self._old.values(), BACKUP)),
            allow_rename=not target.is_copy,
        )
        return self._finished(plan, laid)

    def _placer(self) -> Placer:
        """Return what plans how the files get to their places."""
        return Placer(
            self._target,
            self._whereabouts,
            self._old,
            self._there,
            self._links,
            self._names,
            self._dependent,
        )

    def _finished(self, plan: Plan, laid: LaidRecords) -> WritePlan:
        """Return the plan with its summary for the user."""
        placement, target = self._placement, self._target
        size, prospect = plan.stages[-1].replace.size, foresee(plan)
        return WritePlan(
            root=target.root,
            is_copy=target.is_copy,
            layout=target.layout,
            additions=tuple(placement.additions),
            copies=tuple(placement.copies),
            in_place=tuple(placement.in_place),
            renames=tuple(placement.renames),
            removals=tuple(self._removals),
            left_out=tuple(self._left_out),
            bytes_to_write=sum(entry[2] for entry in (*placement.additions, *placement.copies))
            + sum(length for _, length in placement.linked)
            + size,
            dicomdir_size=size,
            instance_count=len(self._ids),
            free_space=self._free_space(),
            problems=self._problems(prospect.refusal),
            notes=self._notes(renames=prospect.renames),
            changed_sources=tuple(placement.changed),
            version=self._version,
            storage_plan=plan,
            laid=laid,
        )

    def _free_space(self) -> int | None:
        """Return the free bytes at the target, None if unknown."""
        try:
            return look_ahead(self._target.root).free
        except StudioError:
            return None

    def _problems(self, refusal: StudioError | None) -> tuple[str, ...]:
        """Return why the plan cannot be executed."""
        changed = self._placement.changed
        problems = [
            f"{path} is gone or was changed since it was added" for path in changed[:_MOST_NAMED]
        ]
        if len(changed) > _MOST_NAMED:
            problems.append(f"{len(changed) - _MOST_NAMED} more are gone or changed")
        if not self._owns_target() and holds_instances(self._target.root):
            problems.append(
                f"There is a File-set in {self._target.root} already; "
                "choose an empty folder, or open that one and add to it"
            )
        if refusal is not None and not problems:
            problems.append(str(refusal))
        return tuple(problems)

    def _notes(self, *, renames: bool) -> tuple[str, ...]:
        """Return what is to be known of the plan before it is accepted."""
        stays = self._target.layout is Layout.KEEP and not self._target.is_copy
        told = [RENAMED_IN_PLACE] if renames else []
        told += note_of_kept_names(self._ids, self._old, self._names) if stays else ()
        told += notes_of_links([name for name, _ in self._placement.linked], self._held)
        return tuple(told)

    def _owns_target(self) -> bool:
        """Return whether the DICOMDIR in the target is the one of this File-set."""
        return not self._target.is_copy and self._root is not None

    # Which records stay

    def _kept_records(self) -> list[RecordNode]:
        """Return the records of the planned File-set in the order in which they are laid."""
        order = list(self._tree)
        hidden = REMOVED | MISSING if self._target.is_copy else REMOVED
        if not self._target.without and not any(
            node.instance is not None and node.instance._state & hidden for node in order
        ):
            return order
        keep: set[RecordNode] = set()
        for node in reversed(order):
            instance = node.instance
            if instance is not None:
                stays = self._stays(instance)
            else:
                stays = not (node._family and node._family.attached)
            if stays or node in keep:
                keep.add(node)
                if node._parent is not None:
                    keep.add(node._parent)
        return [node for node in order if node in keep]

    def _stays(self, instance: FileInstance) -> bool:
        """Return whether an instance is in the planned File-set."""
        if instance.for_removal:
            return False
        if self._target.is_copy and (instance.is_missing or instance in self._target.without):
            self._left_out.append("/".join(instance._file_id()) or instance.origin)
            return False
        return True

    # What they are called

    def _note_old_names(self) -> None:
        """Note where the files of the File-set lie now, relative to its root."""
        if self._root is None:
            return
        prefix = os.path.join(self._root, "")
        for node in self._tree:
            instance = node.instance
            if instance is not None and instance._located is not None:
                self._old[instance] = instance._located[len(prefix) :].replace(os.sep, "/")

    def _named(self, kept: list[RecordNode]) -> dict[FileInstance, FileId]:
        """Give every instance its File ID."""
        target = self._target
        released = set()
        if not target.is_copy and target.layout is Layout.STANDARD:
            released = {name.casefold() for name in self._old.values()}
        instances = [node.instance for node in kept if node.instance is not None]
        fixed: dict[FileInstance, FileId] = {}
        for instance in giving_way(instances):
            file_id = self._fixed_id(instance)
            if file_id:
                fixed[instance] = file_id
        give_up_held_names(fixed, instances, self._whereabouts)
        if len(fixed) == len(instances):
            return fixed
        namer = Namer(TakenNames(target.root, released), alphanumeric=target.alphanumeric)
        return namer.name(kept, fixed)

    def _fixed_id(self, instance: FileInstance) -> FileId | None:
        """Return the File ID that an instance is to keep, None if it is given one."""
        if instance._is_new:
            return self._found_id(instance)
        if instance.is_missing:
            file_id = instance._file_id()
            # A record whose File ID leads out of the root is not written again so.
            return file_id if file_id and all(map(is_plain, file_id)) else None
        if self._target.layout is Layout.STANDARD:
            return None
        if instance._was_found and all(map(is_plain, instance._file_id())):
            return instance._file_id()
        if instance in self._old:
            kept = instance._file_id()
            lies_at = tuple(self._old[instance].split("/"))
            return kept if kept and all(map(is_plain, kept)) else lies_at
        return self._found_id(instance)

    def _found_id(self, instance: FileInstance) -> FileId | None:
        """Return the File ID of an addition that lies in the File-set's folder already."""
        target, source = self._target, instance._source
        if target.is_copy or target.layout is Layout.STANDARD or source is None:
            return None
        if found := self._whereabouts.file_id(source.path):
            self._there.add(instance)
        return found

    # What happens to the files

    def _note_removals(self) -> None:
        """Plan the removal of files that no record references any more."""
        staying = {
            self._old[instance]
            for instance, file_id in self._ids.items()
            if instance in self._old
            and (
                self._target.layout is Layout.KEEP
                or self._names.agree(self._old[instance], "/".join(file_id))
            )
            and self._old[instance] not in self._dependent
        }
        staying.update(self._placement.in_place)
        going = [
            name
            for instance, name in self._old.items()
            if name not in staying and (instance in self._ids or instance.for_removal)
        ]
        needed = self._links.needed_by(staying, going) if going else frozenset()
        folded = {name.casefold() for name in staying} if going else set()
        for name in going:
            if needed and self._links.place_of(name) in needed:
                self._held.append(name)
            elif name.casefold() not in folded or not self._folds_case:
                self._removals[name] = None

    @cached_property
    def _folds_case(self) -> bool:
        """Whether upper and lower case name the same file in the target."""
        return look_ahead(self._target.root).folds_case

    # The stages

    def _stages(self, kept: list[RecordNode], final: bytes) -> tuple[Stage, ...]:
        """Return the stages: two where new names are still those of old files."""
        puts = self._placement.puts
        old = {} if self._target.is_copy else {
            name.casefold(): name for name in self._old.values()
        }  # fmt: skip
        clashing = {put.target for put in puts if put.target.casefold() in old}
        removals = tuple(Removal(name) for name in self._removals)
        if not clashing:
            return (Stage(tuple(puts), self._replace(final), removals),)
        folder = self._interim_folder()
        interim = {name: f"{folder}/{place:08d}" for place, name in enumerate(sorted(clashing))}
        first = tuple(_renamed(put, interim.get(put.target, put.target)) for put in puts)
        second = tuple(
            LinkTo(interim[put.target], put.target, put.size)
            for put in puts
            if put.target in interim
        )
        ids = {
            instance: tuple(interim.get("/".join(file_id), "/".join(file_id)).split("/"))
            for instance, file_id in self._ids.items()
        }
        return (
            Stage(first, self._replace(self._laid(kept, ids).data), removals),
            Stage(
                second,
                Replace(self._target.index_name, final),
                tuple(Removal(name) for name in interim.values()),
            ),
        )

    def _replace(self, data: bytes) -> Replace:
        """Return the first commit, which keeps the DICOMDIR before it if asked."""
        target = self._target
        keep = target.options.backup and self._owns_target()
        return Replace(target.index_name, data, BACKUP if keep else None, self._index_before())

    def _index_before(self) -> str:
        """Return the SHA-256 of the DICOMDIR that the write may replace, empty for none."""
        if self._owns_target() and self._target.index_digest:
            return self._target.index_digest
        try:
            with open(os.path.join(self._target.root, self._target.index_name), "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return ""

    def _interim_folder(self) -> str:
        """Return a name for a folder that does not exist in the root."""
        names = folded_names(self._target.root)
        number = 0
        while f"{_INTERIM}{number}".casefold() in names:
            number += 1
        return f"{_INTERIM}{number}"

    def _laid(self, kept: list[RecordNode], ids: dict[FileInstance, FileId]) -> LaidRecords:
        """Lay the DICOMDIR that references the instances by the given File IDs."""
        return lay_records(
            self._head, self._tree, kept, ids, implicit=self._target.options.implicit
        )


def _renamed(put: Put, target: str) -> Put:
    """Return a put with another target."""
    if put.target == target:
        return put
    if isinstance(put, CopyFrom):
        return put._replace(target=target)
    if isinstance(put, LinkTo):
        return LinkTo(put.source, target, put.size)
    return type(put)(put.data, target)
