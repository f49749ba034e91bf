"""The instances of a File-set and its staged changes, with exact undo of every edit."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.courtesy import giving_way, in_slices
from dicomdir_studio.fileset.changes import Change
from dicomdir_studio.fileset.edit import changed_by
from dicomdir_studio.fileset.file_instance import ADDED, FOUND, MISSING, REMOVED, FileInstance
from dicomdir_studio.fileset.rewriting import RewrittenRecords

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicomdir_studio.fileset.adding_memory import AddingMemory
    from dicomdir_studio.fileset.columns import Columns
    from dicomdir_studio.fileset.edit import Edit
    from dicomdir_studio.fileset.record_node import RecordNode, RootNode
    from dicomdir_studio.fileset.record_rows import RecordSpans
    from dicomdir_studio.fileset.source import Source

# So far apart that no version of one stage is ever one of another, as after a write.
_FIRST_VERSIONS: Final = count(0, 1 << 32)


class Stage:
    """The instances of a File-set in order, and their staged changes.

    Parameters
    ----------
    tree : RootNode
        The records.
    properties : dict of str to object
        The elements of the File-set itself, changed in place by edits.
    """

    def __init__(self, tree: RootNode, properties: dict[str, Any]) -> None:
        self._tree = tree
        self.properties = properties
        self.saved = dict(properties)
        self._all: list[FileInstance] = []
        self._present: list[FileInstance] | None = None
        self._by_uid: dict[str, FileInstance] | None = None
        self._additions: dict[FileInstance, None] = {}
        self._entered: dict[FileInstance, int] = {}
        self._order = count()
        self._removals: dict[FileInstance, int] = {}
        self._removed: dict[FileInstance, int] = {}
        self.has_twins = False
        self.rewritten = RewrittenRecords()
        self.done: list[Edit] = []
        self.undone: list[Edit] = []
        self.version = next(_FIRST_VERSIONS)
        # What was looked up last, and for which version; it goes with the instances.
        self.columns: tuple[int, Columns] | None = None
        self.learned: AddingMemory | None = None
        self._loaded: tuple[int, RecordSpans | None] = 0, None

    # What is there

    @property
    def present(self) -> list[FileInstance]:
        """The instances that the File-set will have once staged changes are written."""
        if self._present is None:
            hidden = REMOVED | MISSING
            present: list[FileInstance] = []
            for some in in_slices(self._all):
                present += [
                    instance
                    for instance in some
                    if instance.node._attached and not instance._state & hidden
                ]
            self._present = present
        return self._present

    @property
    def count(self) -> int:
        """The number of instances that `present` lists, known without listing them."""
        family = self._tree._family
        if self._present is not None or family is None:
            return len(self.present)
        hidden = family.removals + family.missing
        if family.removals and family.missing:  # those that are both were counted twice
            hidden -= sum(1 for one in self._removals if one.is_missing)
        return family.instances - hidden

    @property
    def known(self) -> Iterator[FileInstance]:
        """All instances with a record in the tree."""
        return (instance for instance in self._all if instance.node._attached)

    @property
    def additions(self) -> list[FileInstance]:
        """The instances staged for addition, in the order in which they came."""
        return in_order(self._additions, self._entered)

    @property
    def removals(self) -> list[FileInstance]:
        """The instances staged for removal, in the order in which they came."""
        return in_order(self._removals, self._removals)

    @property
    def addition_count(self) -> int:
        """The number of instances staged for addition."""
        return len(self._additions)

    @property
    def removal_count(self) -> int:
        """The number of instances staged for removal."""
        return len(self._removals)

    @property
    def changed_properties(self) -> dict[str, tuple[Any, Any]]:
        """The elements of the File-set that differ from what is on the medium."""
        return {
            name: (self.saved.get(name), value)
            for name, value in self.properties.items()
            if value != self.saved.get(name)
        }

    def with_uid(self, uid: str) -> FileInstance | None:
        """Return the instance with a SOP Instance UID that has a record in the tree."""
        if self._by_uid is None:
            index: dict[str, FileInstance] = {}
            # Where one is staged to take the place of another, the one that stays counts.
            for instance in sorted(self.known, key=lambda one: one.for_removal):
                index.setdefault(uid_of(instance), instance)
            self._by_uid = index
        known = self._by_uid.get(uid)
        return known if known is not None and known.node._attached else None

    def twins(self, instances: Iterable[FileInstance]) -> list[FileInstance]:
        """Return what is staged beside instances under the same UIDs: replaced and replacing."""
        among = dict.fromkeys(instances)
        if not self.has_twins:
            return []
        uids = {uid_of(instance) for instance in among}
        staged = [one for one in (*self._removals, *self._additions) if one.node._attached]
        return [one for one in staged if one not in among and uid_of(one) in uids]

    # Loading

    def take_loaded(self, instances: list[FileInstance], spans: RecordSpans | None = None) -> None:
        """Take the instances of a File-set just read; nothing is staged by it.

        Parameters
        ----------
        instances : list of FileInstance
            All of them, in the order of the tree.
        spans : RecordSpans, optional
            Where the records of those that are present lie.
        """
        self._all = instances
        family = self._tree._family
        whole = family is not None and (family.instances, family.missing) == (len(instances), 0)
        self._present = instances[:] if whole else None
        self._by_uid = None
        self.version += 1
        self._loaded = self.version, spans

    @property
    def loaded_spans(self) -> RecordSpans | None:
        """Where the records of `present` lie, as long as they are as they were loaded."""
        version, spans = self._loaded
        return spans if version == self.version else None

    # Edits

    def enter(self, instance: FileInstance, uid: str) -> None:
        """Note an instance whose records are newly in the tree, staged for addition."""
        instance._state |= ADDED
        self._all.append(instance)
        if self._present is not None:
            self._present.append(instance)
        if self._by_uid is not None:
            self.has_twins = self.has_twins or uid in self._by_uid
            self._by_uid[uid] = instance
        self._additions[instance] = None
        self._entered[instance] = next(self._order)
        self.version += 1
        instance.node._count(1, 1, 0, 0)

    def record(self, edit: Edit) -> None:
        """Remember an edit that has been made; what was undone before is gone."""
        if not edit:
            return
        self.forget_undone()
        self.done.append(edit)

    def forget_undone(self) -> None:
        """Release instances that only a redo could have brought back."""
        gone = {
            instance
            for edit in self.undone
            for instance in edit.attached
            if not instance.node._attached
        }
        self.undone.clear()
        self.discard(gone)

    def discard(self, instances: Iterable[FileInstance]) -> None:
        """Release instances that are out of the tree and that no undo can bring back."""
        gone = set(instances)
        if not gone:
            return
        self._all = [instance for instance in self._all if instance not in gone]
        orphans: dict[RecordNode, set[RecordNode]] = {}
        for instance in gone:
            parent = instance.node._parent
            if parent is not None:
                orphans.setdefault(parent, set()).add(instance.node)
        for parent, children in orphans.items():
            if parent._family is not None:
                parent._family.forget(children)

    def forget_edits(self) -> None:
        """Forget what could be undone and redone, and all that can be looked up again."""
        self.done.clear()
        self.undone.clear()
        self._present = self._by_uid = self.columns = self.learned = None
        for index in (self._additions, self._entered, self._removals, self._removed):
            index.clear()

    def give_up(self, at_once: int) -> Iterator[None]:
        """Release all instances, so many at once; the File-set is not needed any more."""
        while self._all:
            del self._all[-at_once:]
            yield

    def make(self, edit: Edit) -> Change:
        """Carry out an edit and remember it."""
        change = self.apply(edit)
        self.record(edit)
        return change

    def apply(self, edit: Edit) -> Change:
        """Carry an edit out."""
        attached = self._attach(edit.attached)
        detached = self._detach(edit.detached)
        self.rewritten.carry_out(edit.rewritten)
        self._flag(edit.removed, removed=True)
        self._flag(edit.restored, removed=False)
        for name, (_, new) in edit.properties.items():
            self.properties[name] = new
        self._present = None
        self.version += 1
        self._supply(edit.found)
        self._miss(edit.lost)
        self._reindex(edit)
        return changed_by(edit, attached, detached)

    def revert(self, edit: Edit) -> Change:
        """Undo an edit exactly."""
        attached = self._attach(edit.detached)
        detached = self._detach(edit.attached)
        self.rewritten.carry_out(reversed(edit.rewritten), back=True)
        self._flag(edit.removed, removed=False)
        self._flag(edit.restored, removed=True, again=True)
        for name, (old, _) in edit.properties.items():
            self.properties[name] = old
        self._present = None
        self.version += 1
        self._miss(edit.found)
        self._supply(edit.lost)
        self._reindex(edit)
        return changed_by(edit, attached, detached)

    def undo(self) -> Change:
        """Undo the latest edit; do nothing if there is none."""
        if not self.done:
            return Change()
        edit = self.done.pop()
        self.undone.append(edit)
        return self.revert(edit)

    def redo(self) -> Change:
        """Redo the edit that was undone last; do nothing if there is none."""
        if not self.undone:
            return Change()
        edit = self.undone.pop()
        self.done.append(edit)
        return self.apply(edit)

    def _reindex(self, edit: Edit) -> None:
        """Have UIDs looked up again, where two instances may have the same one."""
        if self.has_twins and (edit.attached or edit.detached):
            self._by_uid = None

    def _supply(self, found: Sequence[tuple[FileInstance, Source]]) -> None:
        """Give instances whose file is missing the file that was added for them."""
        for instance, source in found:
            instance._state = instance._state & ~MISSING | ADDED | FOUND
            instance._source = source
            instance.node._count(0, 1, 0, -1)
            self._additions[instance] = None
            self._entered.setdefault(instance, next(self._order))

    def _miss(self, found: Sequence[tuple[FileInstance, Source]]) -> None:
        """Take the files back from instances whose own is missing."""
        for instance, _ in found:
            instance._state = instance._state & ~(ADDED | FOUND) | MISSING
            instance._source = None
            instance.node._count(0, -1, 0, 1)
            self._additions.pop(instance, None)

    def _flag(
        self, instances: Sequence[FileInstance], *, removed: bool, again: bool = False
    ) -> None:
        """Stage instances for removal, at the end or in the old place again; or take that back."""
        step = 1 if removed else -1
        for instance in giving_way(instances, 64):
            instance._state ^= REMOVED
            instance.node._count(0, 0, step, 0)
            if removed:
                place = self._removed.get(instance) if again else None
                self._removals[instance] = next(self._order) if place is None else place
            else:
                self._removed[instance] = self._removals.pop(instance, 0)

    def _attach(self, instances: Sequence[FileInstance]) -> tuple[RecordNode, ...]:
        """Put instances back to their places; return the top-most records that came."""
        came: dict[RecordNode, None] = {}
        for instance in instances:
            node = instance.node
            while not node._attached and node._parent is not None:
                node._parent._ensure_family().reattach(node)
                came[node] = None
                node = node._parent
            instance.node._count(*instance._counts)
            self._additions[instance] = None
            if self._by_uid is not None:
                self._by_uid[uid_of(instance)] = instance
        return top_most(came)

    def _detach(
        self, instances: Sequence[FileInstance]
    ) -> tuple[tuple[RecordNode, RecordNode], ...]:
        """Take additions out of the tree; return parent and child of the top-most records."""
        gone: list[tuple[RecordNode, RecordNode]] = []
        for instance in instances:
            counts = instance._counts
            instance.node._count(-counts[0], -counts[1], -counts[2], -counts[3])
            self._additions.pop(instance, None)
            node = instance.node
            while node._parent is not None and node._attached:
                parent = node._parent
                family = parent._ensure_family()
                family.detach(node)
                gone.append((parent, node))
                if family.attached or parent.is_root or parent.instance is not None:
                    break
                node = parent
        return tuple((parent, child) for parent, child in gone if parent._attached)


def in_order(
    instances: Iterable[FileInstance], places: dict[FileInstance, int]
) -> list[FileInstance]:
    """Return instances in the order of their places; mostly they are in it already."""
    found = list(instances)
    numbers: list[int] = []
    for some in in_slices(found):
        numbers += map(places.__getitem__, some)
    if numbers != sorted(numbers):
        found.sort(key=places.__getitem__)
    return found


def uid_of(instance: FileInstance) -> str:
    """Return the SOP Instance UID that an instance is known by."""
    node = instance.node
    key = node.key if node.record_type != "PRIVATE" else None
    return key or str(instance.SOPInstanceUID)


def top_most(came: Iterable[RecordNode]) -> tuple[RecordNode, ...]:
    """Return those records whose parent is not among them, in the same order."""
    among = came if isinstance(came, dict) else dict.fromkeys(came)
    return tuple(node for node in among if node._parent not in among)
