"""The content of a File-set and its staged changes: everything that only reads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.courtesy import giving_way
from dicomdir_studio.deferred import pydicom
from dicomdir_studio.fileset.edit import Edit
from dicomdir_studio.fileset.file_instance import FileInstance
from dicomdir_studio.fileset.prettify import described
from dicomdir_studio.fileset.properties import checked_property
from dicomdir_studio.fileset.record_node import RootNode
from dicomdir_studio.fileset.rewriting import RewrittenRecord, rewritten_as_data
from dicomdir_studio.fileset.source import SnapshotStore
from dicomdir_studio.fileset.stage import Stage
from dicomdir_studio.fileset.uids import new_uid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydicom.uid import UID

    from dicomdir_studio.fileset.changes import Change, Finding
    from dicomdir_studio.fileset.opened import OpenedDirectory
    from dicomdir_studio.fileset.record_node import RecordNode

_PROPERTY_WORDS: Final = {
    "ID": "File-set ID",
    "UID": "File-set UID",
    "descriptor_file_id": "descriptor File ID",
    "descriptor_character_set": "descriptor character set",
}


class FileSetContents:
    """The state of a File-set, with everything that only reads it."""

    def __init__(self) -> None:
        self._snapshots = SnapshotStore()
        self._use_alphanumeric = False
        self._reset()

    def _reset(self) -> None:
        """Become a new and empty File-set."""
        properties: dict[str, Any] = {
            "ID": None,
            "UID": new_uid(),
            "descriptor_file_id": None,
            "descriptor_character_set": None,
        }
        self._root_path: Path | None = None
        self._opened: OpenedDirectory | None = None
        self._tree = RootNode(self)
        self._stage = Stage(self._tree, properties)
        self._findings: list[Finding] = []
        self._checked: list[Finding] = []
        self._moving: bool | None = False
        self._is_new = True
        self._kept_from_writing = ""
        self._opened_from: str | None = None
        self._repaired = False
        self._charset: tuple[str, ...] | None = None

    @property
    def ID(self) -> str | None:
        """(0004,1130) File-set ID, or None."""
        file_set_id: str | None = self._stage.properties["ID"]
        return file_set_id

    @ID.setter
    def ID(self, value: str | None) -> None:
        """Set the File-set ID, at most 16 characters."""
        self.edit_properties(ID=value)

    @property
    def UID(self) -> UID:
        """The File-set UID (PS3.10 8.1)."""
        return pydicom.uid.UID(self._stage.properties["UID"])

    @UID.setter
    def UID(self, value: UID) -> None:
        """Set the File-set UID."""
        self.edit_properties(UID=value)

    @property
    def descriptor_character_set(self) -> str | None:
        """(0004,1142) Specific Character Set of File-set Descriptor File, or None."""
        term: str | None = self._stage.properties["descriptor_character_set"]
        return term

    @descriptor_character_set.setter
    def descriptor_character_set(self, value: str | None) -> None:
        """Set the character set of the descriptor file (PS3.3 C.12.1.1.2)."""
        self.edit_properties(descriptor_character_set=value)

    @property
    def descriptor_file_id(self) -> str | list[str] | None:
        """(0004,1141) File-set Descriptor File ID, or None."""
        file_id: str | list[str] | None = self._stage.properties["descriptor_file_id"]
        return file_id

    @descriptor_file_id.setter
    def descriptor_file_id(self, value: str | list[str] | None) -> None:
        """Set the descriptor File ID: at most 8 components of at most 16 characters."""
        self.edit_properties(descriptor_file_id=value)

    @property
    def path(self) -> str | None:
        """The absolute path of the root, None for a File-set that has not been written yet."""
        return None if self._root_path is None else os.fspath(self._root_path)

    @property
    def opened_from(self) -> str | None:
        """The image or archive that it was read from, with the path within; otherwise None."""
        return self._opened_from

    @property
    def root_path(self) -> Path:
        """The absolute path of the root.

        Raises
        ------
        AttributeError
            If the File-set has not been written yet.
        """
        if self._root_path is None:
            raise AttributeError("No root path set in the File-set")
        return self._root_path

    @property
    def tree(self) -> RootNode:
        """The root of the tree of records."""
        return self._tree

    @property
    def findings(self) -> list[Finding]:
        """The findings of loading, of adding and of the last check of files."""
        return [*self._findings, *self._checked]

    @property
    def missing(self) -> list[FileInstance]:
        """The instances whose file is not on the medium; their records are kept."""
        return [instance for instance in giving_way(self._stage.known, 128) if instance.is_missing]

    @property
    def _instances(self) -> list[FileInstance]:
        """The instances, under a private name that code for the reference API may use."""
        return self._stage.present

    # What is staged

    def _has_record(self, instance: object) -> bool:
        """Return whether something is an instance with a record in this tree."""
        if not isinstance(instance, FileInstance):
            return False
        return instance.node._attached and instance.node.root is self._tree

    def edit_properties(self, **values: Any) -> Change:
        """Stage new values for properties of the File-set, as one edit.

        Parameters
        ----------
        **values
            Any of ``ID``, ``UID``, ``descriptor_file_id``, ``descriptor_character_set``.

        Raises
        ------
        ValueError
            If a value exceeds the limits of PS3.3 F.3.2.1.
        TypeError
            If a name is not one of these.
        """
        current = self._stage.properties
        unknown = values.keys() - current.keys()
        if unknown:
            raise TypeError(f"A File-set has no {', '.join(sorted(unknown))}")
        checked = {name: checked_property(name, value) for name, value in values.items()}
        changed = {
            name: (current[name], value)
            for name, value in checked.items()
            if value != current[name]
        }
        names = ", ".join(_PROPERTY_WORDS[name] for name in changed)
        return self._stage.make(Edit(f"Change {names}", properties=changed))

    @property
    def is_staged(self) -> bool:
        """Whether the File-set is new, changed, repaired, or not in the standard layout."""
        return self._is_new or self.has_edits or self._repaired or self._is_moving

    @property
    def has_edits(self) -> bool:
        """Whether additions, removals, properties or rewritten records are staged."""
        return bool(
            self._stage.addition_count
            or self._stage.removal_count
            or self._stage.changed_properties
            or self._stage.rewritten
        )

    @property
    def _is_moving(self) -> bool:
        """Whether some file is not where the standard layout places it."""
        if self._moving is None:
            self._moving = any(instance.for_moving for instance in self._stage.present)
        return self._moving

    @property
    def edit_count(self) -> int:
        """The number of staged additions, removals, properties and rewritten records."""
        stage = self._stage
        count = stage.addition_count + stage.removal_count + len(stage.changed_properties)
        return count + len(stage.rewritten)

    @property
    def staged_additions(self) -> list[FileInstance]:
        """The instances staged for addition."""
        return self._stage.additions

    @property
    def staged_removals(self) -> list[FileInstance]:
        """The instances staged for removal."""
        return self._stage.removals

    @property
    def staged_properties(self) -> dict[str, tuple[Any, Any]]:
        """The changed properties of the File-set, with the values before and after."""
        return {} if self._is_new else self._stage.changed_properties

    @property
    def rewritten_records(self) -> list[RecordNode]:
        """The records staged to be changed: with another character set, or an icon."""
        return self._stage.rewritten.nodes()

    def rewritten_as_data(self) -> list[RewrittenRecord]:
        """Return the rewritten records as plain data, to be rewritten again in a later run."""
        return rewritten_as_data(self._stage.rewritten)

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return bool(self._stage.done)

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to redo."""
        return bool(self._stage.undone)

    @property
    def undo_text(self) -> str:
        """A description of the edit that `undo` would undo; "" if there is none."""
        return self._stage.done[-1].text if self._stage.done else ""

    @property
    def redo_text(self) -> str:
        """A description of the edit that `redo` would redo; "" if there is none."""
        return self._stage.undone[-1].text if self._stage.undone else ""

    def undo(self) -> Change:
        """Undo the latest edit; return what changed."""
        return self._stage.undo()

    def redo(self) -> Change:
        """Redo the edit that was undone last; return what changed."""
        return self._stage.redo()

    # As a collection

    def __len__(self) -> int:
        """Return the number of instances, without those staged for removal."""
        return self._stage.count

    def __iter__(self) -> Iterator[FileInstance]:
        """Yield the instances, without those staged for removal."""
        yield from self._stage.present[:]

    def __contains__(self, instance: object) -> bool:
        """Return whether an instance is in the File-set and not staged for removal."""
        return (
            isinstance(instance, FileInstance)
            and not instance.for_removal
            and not instance.is_missing
            and self._has_record(instance)
        )

    def __str__(self) -> str:
        """Return a summary of the File-set, its staged changes and its tree."""
        return described(self)
