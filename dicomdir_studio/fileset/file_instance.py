"""The public `FileInstance`: a SOP Instance of a File-set, staged or on the medium."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.part10 import table
from dicomdir_studio.standard.elements import tag_named

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset
    from pydicom.uid import UID

    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.fileset.source import Source

ADDED: Final = 1
REMOVED: Final = 2
MISSING: Final = 4
FOUND: Final = 8

_ABSENT: Final = object()
_IN_RECORD: Final = {
    0x00080018: table.SOP_INSTANCE,
    0x00080016: table.SOP_CLASS,
    0x00020010: table.TRANSFER_SYNTAX,
}


class FileInstance:
    """A SOP Instance and the records that describe it.

    The elements of its records are available as attributes (by keyword), by ``[]``
    and by ``in``, from the lowest record that has them.

    Attributes
    ----------
    node : RecordNode
        The record that references the instance.
    """

    __slots__ = ("__dict__", "__weakref__", "_located", "_size", "_source", "_state", "node")

    def __init__(self, node: RecordNode) -> None:
        self.node = node
        self._state = 0
        self._source: Source | None = None
        self._located: str | None = None
        self._size: int | None = None

    @classmethod
    def _of_record(cls, node: RecordNode, located: str | None) -> FileInstance:
        """Return the instance of a record, with the path of its file if that exists."""
        made = cls.__new__(cls)  # created by the hundred thousand: avoids another call for each
        made.node = node
        made._state = 0
        made._source = made._size = None
        made._located = located
        node.instance = made
        return made

    @property
    def _counts(self) -> tuple[int, int, int, int]:
        """What the instance contributes to the tallies above it."""
        state = self._state
        return 1, state & 1, state >> 1 & 1, state >> 2 & 1

    @property
    def _is_new(self) -> bool:
        """Whether the record itself was created by the staged addition."""
        return self._state & (ADDED | FOUND) == ADDED and self._located is None

    @property
    def _was_found(self) -> bool:
        """Whether the file was missing and is now staged for addition."""
        return bool(self._state & FOUND)

    def __contains__(self, name: str | int) -> bool:
        """Return whether one of the records has the element with the keyword or tag.

        Raises
        ------
        ValueError
            If there is no element with that keyword.
        """
        return self._record_with(pydicom.tag.Tag(name)) is not None

    def __getattr__(self, name: str) -> Any:
        """Return the value of the element with keyword `name` in the nearest record."""
        tag = tag_named(name) or pydicom.datadict.tag_for_keyword(name)
        if tag is not None and not name.startswith("_"):
            node: RecordNode | None = self.node
            while node is not None and not node.is_root:
                value = node._value(tag, _ABSENT)
                if value is not _ABSENT:
                    return value
                node = node._parent
        message = f"'FileInstance' object has no attribute '{name}'"
        raise AttributeError(message)

    def __getitem__(self, key: str | int) -> DataElement:
        """Return the element with the keyword or tag from the nearest record.

        Raises
        ------
        KeyError
            If none of the records has it.
        ValueError
            If there is no element with that keyword.
        """
        tag = key if isinstance(key, pydicom.tag.BaseTag) else pydicom.tag.Tag(key)
        node = self._record_with(tag)
        if node is None:
            raise KeyError(tag)
        return node.record[_IN_RECORD.get(tag, tag)]

    def _record_with(self, tag: int) -> RecordNode | None:
        """Return the nearest record that has the element."""
        tag = _IN_RECORD.get(tag, tag)
        return next((node for node in self.node.reverse() if node._has(tag)), None)

    @property
    def FileID(self) -> str:
        """The File ID in the standard layout, with the system's separator."""
        return os.sep.join([node.component for node in self.node.reverse()][::-1])

    @property
    def file_set(self) -> FileSetContents:
        """The File-set that the instance belongs to."""
        return self.node.file_set

    @property
    def for_addition(self) -> bool:
        """Whether the instance is staged for addition."""
        return bool(self._state & ADDED)

    @property
    def for_removal(self) -> bool:
        """Whether the instance is staged for removal."""
        return bool(self._state & REMOVED)

    @property
    def for_moving(self) -> bool:
        """Whether the standard layout has a different place for the file."""
        if self.for_addition:
            return False
        return self._file_id() != tuple(self.FileID.split(os.sep))

    def _file_id(self) -> tuple[str, ...]:
        """Return the components of the Referenced File ID, empty for an addition."""
        raw = self.node._raw_value(table.FILE_ID)
        if not raw:
            return ()
        return tuple(part.strip(" \0") for part in raw.decode("latin-1").split("\\"))

    @property
    def is_missing(self) -> bool:
        """Whether the file that the record references is not on the medium."""
        return bool(self._state & MISSING)

    @property
    def is_private(self) -> bool:
        """Whether the record is of type PRIVATE (PS3.3 F.6.1)."""
        return self.node.record_type == "PRIVATE"

    @property
    def is_staged(self) -> bool:
        """Whether the instance is staged for addition, removal or moving."""
        return self.for_addition or self.for_moving or self.for_removal

    def load(self) -> Dataset:
        """Return the SOP Instance as a data set."""
        return pydicom.dcmread(self.path)

    @property
    def path(self) -> str:
        """The absolute path of the file; for an addition, that of its source."""
        if self._source is not None:
            return self._source.path
        if self._located is not None:
            return self._located
        root = self.file_set.root_path
        return os.fspath(root / Path(*self._file_id()))

    @property
    def origin(self) -> str:
        """The file that was added; `path`, unless a DICOM file had to be created from it."""
        return self.path if self._source is None else self._source.given

    @property
    def size(self) -> int | None:
        """The size of the file in bytes, None if it is unknown."""
        if self._source is not None:
            return self._source.size
        if self._size is None:
            try:
                self._size = os.stat(self.path).st_size
            except OSError:
                return None
        return self._size

    @property
    def SOPClassUID(self) -> UID:
        """(0004,1510) Referenced SOP Class UID in File."""
        return self._referenced("ReferencedSOPClassUIDInFile")

    @property
    def SOPInstanceUID(self) -> UID:
        """(0004,1511) Referenced SOP Instance UID in File."""
        return self._referenced("ReferencedSOPInstanceUIDInFile")

    @property
    def TransferSyntaxUID(self) -> UID:
        """(0004,1512) Referenced Transfer Syntax UID in File."""
        return self._referenced("ReferencedTransferSyntaxUIDInFile")

    def _referenced(self, keyword: str) -> UID:
        """Return one of the UIDs with which the record references the instance."""
        value: UID = self.__getattr__(keyword)
        return value
