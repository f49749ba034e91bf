"""Records that are moved or taken out of the tree by other than an edit, as by code for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.fileset.stage import Stage


def move(node: RecordNode, parent: RecordNode | None) -> None:
    """Move a record, with all below it, to the end of another record's children."""
    if node._parent is parent and (parent is None or node._attached):
        return
    before, tally = node.root, node.tally
    if node._parent is not None and node._attached and node._parent._family is not None:
        node._count(-tally.instances, -tally.additions, -tally.removals, -tally.missing)
        node._parent._family.detach(node)
        node._parent._family.forget({node})
    note_change(node)
    node._parent = parent
    if parent is not None:
        parent._ensure_family().append(node)
        node._count(*tally)
    note_change(node)
    if tally.instances and before is not node.root:
        if before.is_root:
            _lose(before.file_set._stage, _instances(node))
        if node.root.is_root:
            _gain(node.root.file_set._stage, _instances(node))


def take_out(parent: RecordNode, child: RecordNode) -> None:
    """Take a child out of the tree, and the record above too if it was the last one.

    Raises
    ------
    KeyError
        If it is not in the tree.
    """
    family = parent._family
    if family is None or not child._attached:
        raise KeyError(child.key)
    note_change(child)
    tally = child.tally
    child._count(-tally.instances, -tally.additions, -tally.removals, -tally.missing)
    family.detach(child)
    family.forget({child})
    if tally.instances and child.root.is_root:
        _lose(child.root.file_set._stage, _instances(child))
    child._parent = None
    if not family.attached and not parent.is_root and parent._parent is not None:
        take_out(parent._parent, parent)


def is_in_tree(node: RecordNode) -> bool:
    """Return whether a record and all above it are in the tree."""
    above: RecordNode | None = node
    while above is not None and above._attached:
        if above.is_root:
            return True
        above = above._parent
    return False


def note_change(node: RecordNode) -> None:
    """Note that what was learned of the tree, if it is a File-set's, may hold no longer."""
    root = node.root
    if root.is_root:
        root.file_set._stage.version += 1


def _instances(node: RecordNode) -> list[FileInstance]:
    """Return the instances of a record and those below it."""
    return [one.instance for one in node if one.instance is not None]


def _lose(stage: Stage, instances: list[FileInstance]) -> None:
    """Release instances that were taken out of the tree, and what an undo of edits had restored."""
    gone = set(instances)
    stage.done.clear()
    stage.undone.clear()
    stage._all = [instance for instance in stage._all if instance not in gone]
    for instance in gone:
        stage._additions.pop(instance, None)
        stage._removals.pop(instance, None)
    stage._present = stage._by_uid = None


def _gain(stage: Stage, instances: list[FileInstance]) -> None:
    """Take instances that were put into the tree."""
    for instance in instances:
        stage._all.append(instance)
        place = next(stage._order)
        if instance.for_addition:
            stage._additions[instance] = None
            stage._entered[instance] = place
        if instance.for_removal:
            stage._removals[instance] = place
    stage._present = stage._by_uid = None
