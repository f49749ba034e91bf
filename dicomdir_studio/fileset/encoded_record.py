"""A single Directory Record, kept encoded until it is accessed (PS3.3 F.3.2.2)."""

from __future__ import annotations

import copy
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import FileSetError
from dicomdir_studio.fileset.charsets import TEXT_VRS
from dicomdir_studio.fileset.record_bytes import dataset_of, laid_as_read, record_bytes_of
from dicomdir_studio.fileset.values import Encodings, decoded, is_plain, record_encodings
from dicomdir_studio.part10 import table
from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.transcode import elements
from dicomdir_studio.standard.elements import tag_named
from dicomdir_studio.standard.records import RECORD_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataset import Dataset

_TAG: Final = Struct("<HH")
_KEY_TAGS: Final = {kind: one.unique_tag for kind, one in RECORD_TYPES.items()}


class EncodedRecord:
    """A record as a slice of encoded bytes, or as the data set that was created from it."""

    # Most lengths are below 257, numbers that Python has once; an end would be one for each record.
    __slots__ = ("_buffer", "_dataset", "_length", "_start", "_type")

    def __init__(self, record: Dataset | None = None) -> None:
        self._buffer = b""
        self._start = self._length = 0
        self._type = ""
        self._dataset: Dataset | None = None
        if record:
            self._adopt(record)

    def _adopt(self, record: Dataset) -> None:
        """Use a data set as the record, completed with its links (PS3.3 Table F.3-3)."""
        offset = getattr(record, "seq_item_tell", None)
        kind = record.get("DirectoryRecordType", None)
        message = f"The {f'{kind} ' if kind else ''}directory record"
        message += f" at offset {offset} is missing" if offset else " is missing"
        if "DirectoryRecordType" not in record:
            raise FileSetError(f"{message} one or more required elements: DirectoryRecordType")
        if "OffsetOfTheNextDirectoryRecord" not in record:
            record.OffsetOfTheNextDirectoryRecord = 0
        if "OffsetOfReferencedLowerLevelDirectoryEntity" not in record:
            record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
        record.RecordInUseFlag = 0xFFFF
        self._dataset = record
        try:
            _ = self.key
        except AttributeError as error:
            raise FileSetError(f"{message} a required element") from error

    @property
    def record(self) -> Dataset:
        """The record as a data set; changes to it are written."""
        if self._dataset is None:
            self._dataset = dataset_of(self._buffer, self._start, self._stop)
        self._opened_for_change()
        return self._dataset

    def copy_of_record(self) -> Dataset:
        """Return a copy of the record as a data set."""
        if self._dataset is not None:
            return copy.deepcopy(self._dataset)
        return dataset_of(self._buffer, self._start, self._stop)

    def _opened_for_change(self) -> None:
        """Note that the record may be changed by hand from now on."""

    @property
    def _record(self) -> Dataset:
        """The record, under the private name that code for the reference API may use."""
        return self.record

    @property
    def record_type(self) -> str:
        """(0004,1430) Directory Record Type."""
        if self._dataset is not None:
            return str(self._dataset.DirectoryRecordType)
        return self._type

    @property
    def key(self) -> str:
        """The ID or UID that distinguishes the record from its siblings (PS3.3 F.5)."""
        kind = self.record_type
        tag = _KEY_TAGS.get(kind, table.SOP_INSTANCE)
        value = self._text(tag)
        if value is None and kind == "STUDY":
            value = self._text(table.SOP_INSTANCE)
        if value is not None:
            return value
        if tag == table.SOP_INSTANCE:
            raise AttributeError(
                f"Invalid '{kind}' record - missing required element "
                "'Referenced SOP Instance UID in File'"
            )
        raise AttributeError(f"Invalid '{kind}' record - missing the element that identifies it")

    def _text(self, tag: int) -> str | None:
        """Return the value of an element as text, None if it is absent."""
        if self._dataset is None:
            raw = self._raw_value(tag)
            if raw is None:
                return None
            if is_plain(raw):
                return raw.decode("ascii").rstrip(" \0")
        value = self._value(tag)
        return value if value is None or isinstance(value, str) else str(value)

    def get(self, keyword: str, default: Any = None) -> Any:
        """Return the value of an element of this record.

        Parameters
        ----------
        keyword : str
            The element's keyword in the data dictionary.
        default : object
            Returned if the record has no such element.
        """
        tag = tag_named(keyword) or pydicom.datadict.tag_for_keyword(keyword)
        value = None if tag is None else self._value(tag)
        return default if value is None else value

    def _value(self, tag: int, absent: Any = None) -> Any:
        """Return the value of an element of this record, `absent` if there is none."""
        if self._dataset is not None:
            return self._dataset[tag].value if tag in self._dataset else absent
        span = self._span(tag)
        if span is None:
            return absent
        vr, start, stop = span
        value = bytes(self._buffer[start:stop])
        if not value and tag == table.FILE_ID:
            return None  # not on the medium yet
        if is_plain(value):
            return decoded(tag, vr, value)
        return decoded(tag, vr, value, self._encodings())

    @property
    def _stop(self) -> int:
        """Where the encoded record ends."""
        return self._start + self._length

    def _span(self, tag: int) -> tuple[bytes, int, int] | None:
        """Return VR and span of an element of the encoded record."""
        # Where its tag does not even occur, no element needs to be stepped through.
        start = self._start
        stop = start + self._length
        if self._buffer.find(_TAG.pack(tag >> 16, tag & 0xFFFF), start, stop) < 0:
            return None
        try:
            return table.value_span(self._buffer, start, stop, tag)
        except EncodingError:
            return None

    def _has(self, tag: int) -> bool:
        """Return whether the record has the element."""
        if self._dataset is not None:
            return tag in self._dataset
        return self._span(tag) is not None

    def _encodings(self) -> Encodings:
        """Return the codecs of the record's text."""
        try:
            return record_encodings(self._buffer, self._start, self._stop)
        except EncodingError:
            return record_encodings(b"", 0, 0)

    def _texts(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield VR and value of the texts that depend on the character set."""
        raw = self._encoded()
        try:
            for element in elements(raw, 0, len(raw)):
                value = raw[element.start : element.stop]
                if element.vr in TEXT_VRS and not is_plain(value):
                    yield element.vr, value
        except EncodingError:
            return

    def _encoded(self) -> bytes:
        """Return the record's elements in Explicit VR Little Endian."""
        raw = self._buffer[self._start : self._start + self._length]
        if self._dataset is None:
            return raw
        return record_bytes_of(self._dataset, raw)

    def _raw_value(self, tag: int) -> bytes | None:
        """Return the encoded value of an element, None if it is absent."""
        if self._dataset is None:
            span = self._span(tag)
            return None if span is None else bytes(self._buffer[span[1] : span[2]])
        if tag not in self._dataset:
            return None
        laid = laid_as_read(self._dataset, pydicom.tag.BaseTag(tag))
        if laid is not None:
            return laid[8:]
        raw = self._encoded()
        span = table.value_span(raw, 0, len(raw), tag)
        return None if span is None else raw[span[1] : span[2]]
