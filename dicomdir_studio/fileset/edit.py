"""One edit of a File-set, which can be undone and redone."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dicomdir_studio.fileset.changes import Change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.fileset.rewriting import Rewriting
    from dicomdir_studio.fileset.source import Source


_NONE: Final[Mapping[str, tuple[Any, Any]]] = MappingProxyType({})


class Edit(NamedTuple):
    """One edit, to be undone and redone as a whole.

    Attributes
    ----------
    text : str
        A description ("Add 3 instances").
    attached, detached : tuple of FileInstance
        Instances staged for addition, and reverted additions.
    removed, restored : tuple of FileInstance
        Instances staged for removal, and reverted removals.
    properties : mapping of str to (object, object)
        Properties of the File-set, with the values before and after.
    found, lost : tuple of (FileInstance, Source)
        Instances whose file was missing, and the file that was added for each; and
        those for which that was reverted.
    rewritten : tuple of Rewriting
        Records whose content changes.
    """

    text: str
    attached: tuple[FileInstance, ...] = ()
    detached: tuple[FileInstance, ...] = ()
    removed: tuple[FileInstance, ...] = ()
    restored: tuple[FileInstance, ...] = ()
    properties: Mapping[str, tuple[Any, Any]] = _NONE
    found: tuple[tuple[FileInstance, Source], ...] = ()
    lost: tuple[tuple[FileInstance, Source], ...] = ()
    rewritten: tuple[Rewriting, ...] = ()

    def __bool__(self) -> bool:
        """Return whether the edit changes anything."""
        return bool(
            self.attached
            or self.detached
            or self.removed
            or self.restored
            or self.properties
            or self.found
            or self.lost
            or self.rewritten
        )


def changed_by(
    edit: Edit,
    attached: tuple[RecordNode, ...],
    detached: tuple[tuple[RecordNode, RecordNode], ...],
) -> Change:
    """Return what an edit, or its reversal, changed."""
    found = (instance for instance, _ in edit.found + edit.lost)
    altered = tuple(dict.fromkeys((*edit.removed, *edit.restored, *found)))
    rewritten = tuple(step.node for step in edit.rewritten if step.node._attached)
    return Change(attached, detached, altered, bool(edit.properties), rewritten)
