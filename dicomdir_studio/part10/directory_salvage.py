"""Reads what can be read of a broken DICOMDIR.

A record that cannot be bounded ends where the next one begins: an Item that leads
with (0004,1400) is a Directory Record wherever it lies (PS3.3 F.3.2.2).
"""

from __future__ import annotations

import re
import zlib
from typing import Final, NamedTuple

from dicomdir_studio import errors
from dicomdir_studio.deferred import np
from dicomdir_studio.part10.directory_reader import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    DIRECTORY_RECORD_SEQUENCE,
    ENCODINGS,
    DirectoryFile,
    inflated,
    read_meta,
    turned_table,
    walk_items,
)
from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.table import DirectoryTable
from dicomdir_studio.part10.transcode import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    Element,
    Encoding,
    element_header,
    elements,
    explicit_value,
    item_end,
    to_explicit_little,
)
from dicomdir_studio.part10.vr import ITEM, SEQUENCE_DELIMITATION

_RECORD_MARKS: Final = {
    EXPLICIT_LITTLE: re.compile(rb"\xfe\xff\x00\xe0....\x04\x00\x00\x14UL\x04\x00", re.DOTALL),
    IMPLICIT_LITTLE: re.compile(
        rb"\xfe\xff\x00\xe0....\x04\x00\x00\x14\x04\x00\x00\x00", re.DOTALL
    ),
    EXPLICIT_BIG: re.compile(rb"\xff\xfe\xe0\x00....\x00\x04\x14\x00UL\x00\x04", re.DOTALL),
}
_SEQUENCE_MARKS: Final = {
    EXPLICIT_LITTLE: b"\x04\x00\x20\x12SQ",
    IMPLICIT_LITTLE: b"\x04\x00\x20\x12",
    EXPLICIT_BIG: b"\x00\x04\x12\x20SQ",
}
_FIRST_MARKS: Final = (
    b"\x04\x00\x30\x11", b"\x04\x00\x00\x12", b"\x04\x00\x20\x12",
    b"\x00\x04\x11\x30", b"\x00\x04\x12\x00", b"\x00\x04\x12\x20",
)  # fmt: skip
_ROOM_FOR_RUBBISH: Final = 4096


class _Columns(NamedTuple):
    """Where records lie: their Item tags, and the beginnings and ends of their elements."""

    offsets: list[int]
    starts: list[int]
    stops: list[int]

    def take(self, *place: int) -> None:
        """Take offset, beginning and end of one record."""
        for column, value in zip(self, place, strict=True):
            column.append(value)


def salvage_directory(data: bytes, name: str) -> DirectoryFile:
    """Read the bytes of a DICOMDIR as far as they can be read.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        The file's name, for messages.

    Returns
    -------
    DirectoryFile
        What there is; `DirectoryFile.faults` lists what was read in spite of what.

    Raises
    ------
    NotDicomError
        If nothing in the file looks like a DICOMDIR.
    """
    if not data:
        return DirectoryFile(
            {}, {}, _table(data, _Columns([], [], []), EXPLICIT_LITTLE), ["The file is empty"]
        )
    faults: list[str] = []
    meta, body = _located(data, name, faults)
    syntax = meta.get(0x00020010, (b"", b""))[1].decode("latin-1").strip(" \0")
    if syntax == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN:
        data = _inflated_as_far(data, body, faults)
    encoding = _encoding(data, body, syntax, faults)
    general, sequence = _general(data, body, encoding, faults)
    found = _Columns([], [], [])
    if sequence is not None:
        found = _Items(data, encoding, faults).found(sequence.start, sequence.stop)
    return DirectoryFile(meta, general, _table(data, found, encoding), faults)


def _located(
    data: bytes, name: str, faults: list[str]
) -> tuple[dict[int, tuple[bytes, bytes]], int]:
    """Return the File Meta Information and where the data set begins, found if need be."""
    try:
        meta, body = read_meta(data, name)
    except (errors.NotDicomError, EncodingError):
        places = [data.find(mark, 0, _ROOM_FOR_RUBBISH) for mark in _FIRST_MARKS]
        body = min((place for place in places if place >= 0), default=-1)
        if body < 0:
            raise _foreign(name) from None
        faults.append(f"The head of the file is damaged; its data set was found at byte {body}")
        return {}, body
    if data[128:132] != b"DICM":
        faults.append("The preamble with its prefix DICM is missing")
    if not meta:
        faults.append("The File Meta Information is missing")
    return meta, body


def _foreign(name: str) -> errors.NotDicomError:
    """Return the error for a file that is no DICOMDIR at all."""
    return errors.NotDicomError(
        "The file is not a DICOM file",
        where=name,
        why="neither File Meta Information nor an element of a DICOMDIR leads it, PS3.10 7.1",
        remedy="Choose the DICOMDIR of the File-set",
    )


def _inflated_as_far(data: bytes, body: int, faults: list[str]) -> bytes:
    """Return the file with its data set inflated, as far as that goes."""
    try:
        rest, whole = inflated(data[body:])
    except zlib.error:
        faults.append("The data set is not deflated, though its transfer syntax says so")
        return data
    if not whole:
        faults.append("The deflated data set is cut off")
    return data[:body] + rest


def _encoding(data: bytes, pos: int, syntax: str, faults: list[str]) -> Encoding:
    """Return the encoding that the data set has, whatever the transfer syntax says."""
    stated = ENCODINGS.get(syntax)
    head = data[pos : pos + 8]
    if head[:1] == b"\0" and head[1:2] in b"\x04\x02\x08":
        seen = EXPLICIT_BIG
    else:
        seen = EXPLICIT_LITTLE if head[4:6].isalpha() and head[4:6].isupper() else IMPLICIT_LITTLE
    if len(head) == 8 and stated is not None and stated != seen:
        faults.append("The data set is not encoded as its transfer syntax says")
    if len(head) < 8:
        return stated or EXPLICIT_LITTLE
    return seen


def _general(
    data: bytes, pos: int, encoding: Encoding, faults: list[str]
) -> tuple[dict[int, tuple[bytes, bytes]], Element | None]:
    """Return the elements around the Directory Record Sequence, and the sequence."""
    general: dict[int, tuple[bytes, bytes]] = {}
    mark = _SEQUENCE_MARKS[encoding]
    pos = _general_before(data, pos, encoding, general, faults)
    if data[pos : pos + len(mark)] != mark:
        at = data.find(mark, pos)
        if at < 0:
            return general, _headless_sequence(data, pos, encoding, faults)
        pos = at
    sequence = _sequence_at(data, pos, encoding)
    if not sequence.undefined:
        _general_after(data, sequence.stop, encoding, general)
    return general, sequence


def _general_before(
    data: bytes,
    pos: int,
    encoding: Encoding,
    general: dict[int, tuple[bytes, bytes]],
    faults: list[str],
) -> int:
    """Take the elements before the Directory Record Sequence; return where they end."""
    end = len(data)
    mark = _SEQUENCE_MARKS[encoding]
    while pos + 8 <= end and data[pos : pos + len(mark)] != mark:
        try:
            element = element_header(data, pos, end, encoding)
            if element.undefined:
                element = next(elements(data, pos, end, encoding))
        except (EncodingError, StopIteration):
            faults.append(f"What lies at byte {pos} is no element")
            break
        if element.tag >> 16 > 0x0004:
            break
        if not element.undefined:
            general[element.tag] = (element.vr, explicit_value(data, element, encoding))
        pos = element.stop + (8 if element.undefined else 0)
    return pos


def _headless_sequence(
    data: bytes, pos: int, encoding: Encoding, faults: list[str]
) -> Element | None:
    """Return the sequence whose beginning is lost, None if there are no records at all."""
    found = _RECORD_MARKS[encoding].search(data, pos)
    if found is None:
        return None
    faults.append("The Directory Record Sequence has lost its beginning")
    return Element(DIRECTORY_RECORD_SEQUENCE, b"SQ", found.start(), len(data), undefined=True)


def _sequence_at(data: bytes, pos: int, encoding: Encoding) -> Element:
    """Return the Directory Record Sequence whose tag lies at `pos`, cut to what is there."""
    try:
        element = element_header(data, pos, len(data), encoding)
    except EncodingError:
        start = min(pos + (8 if encoding.implicit else 12), len(data))
        return Element(DIRECTORY_RECORD_SEQUENCE, b"SQ", start, len(data), undefined=True)
    return element._replace(stop=len(data)) if element.undefined else element


def _general_after(
    data: bytes, pos: int, encoding: Encoding, general: dict[int, tuple[bytes, bytes]]
) -> None:
    """Take the elements after the sequence, as long as they are what may stand there."""
    try:
        for element in elements(data, pos, len(data), encoding):
            foreign = element.tag <= DIRECTORY_RECORD_SEQUENCE or element.tag >> 16 == 0xFFFE
            if foreign or element.undefined:
                return
            general[element.tag] = (element.vr, explicit_value(data, element, encoding))
    except EncodingError:
        return  # records that the sequence's length leaves out may lie here


class _Items:
    """Finds the records of a sequence, those beyond a fault too.

    Parameters
    ----------
    data : bytes
        The file.
    encoding : Encoding
        Of the data set.
    faults : list of str
        Gets what was wrong.
    """

    def __init__(self, data: bytes, encoding: Encoding, faults: list[str]) -> None:
        self._data = data
        self._encoding = encoding
        self._faults = faults
        self._marks: list[int] = []
        self._next_mark = 0

    def found(self, pos: int, stop: int) -> _Columns:
        """Return every record from `pos` on, in the order of the file."""
        data = self._data
        pattern = _RECORD_MARKS[self._encoding]
        self._marks = [match.start() for match in pattern.finditer(data, pos)]
        orderly = self._orderly(pos, stop)
        if orderly is not None:
            return orderly
        items = _Columns([], [], [])
        while pos < stop or self._mark_from(pos) is not None:
            if pos >= stop or self._word(pos) == SEQUENCE_DELIMITATION:
                mark = self._mark_from(pos)
                if mark is None:
                    break
                self._faults.append(
                    f"The Directory Record Sequence ends at byte {pos}, before its last record"
                )
                pos, stop = mark, len(data)
            if self._is_item(pos):
                start, end, following = self._bounds(pos, stop)
                items.take(pos, start, end)
                pos = following
                continue
            mark = self._mark_from(pos)
            self._faults.append(
                f"The Directory Record Sequence is damaged from byte {pos} on"
                if mark is None
                else f"What lies from byte {pos} to byte {mark} is no directory record"
            )
            if mark is None:
                break
            pos = mark
        return items

    def _is_item(self, pos: int) -> bool:
        """Return whether a record begins at `pos`, be it that its Item tag is damaged."""
        if pos + 8 > len(self._data):
            return False
        first = b"\x04\0\0\x14" if self._encoding.little else b"\0\x04\x14\0"
        return self._word(pos) == ITEM or self._data[pos + 8 : pos + 12] == first

    def _orderly(self, pos: int, stop: int) -> _Columns | None:
        """Return the records of a sequence that is in order, None if it is not."""
        columns = _Columns([], [], [])
        try:
            walk_items(self._data, pos, stop, self._encoding, columns)
        except EncodingError:
            return None
        offsets = columns.offsets
        if offsets != self._marks and not set(self._marks) <= set(offsets):
            return None
        return columns if offsets else None

    def _word(self, pos: int) -> int:
        """Return the tag at `pos`."""
        order = "little" if self._encoding.little else "big"
        group = int.from_bytes(self._data[pos : pos + 2], order)  # type: ignore[arg-type]
        number = int.from_bytes(self._data[pos + 2 : pos + 4], order)  # type: ignore[arg-type]
        return group << 16 | number

    def _mark_from(self, pos: int) -> int | None:
        """Return where the next certain record begins, at `pos` or after it."""
        marks = self._marks
        while self._next_mark < len(marks) and marks[self._next_mark] < pos:
            self._next_mark += 1
        return marks[self._next_mark] if self._next_mark < len(marks) else None

    def _bounds(self, pos: int, stop: int) -> tuple[int, int, int]:
        """Return where the record at `pos` begins and ends, and where the next one is."""
        start = pos + 8
        length = self._length(pos) if self._word(pos) == ITEM else len(self._data)
        following = self._mark_from(start)
        undefined = length == 0xFFFFFFFF
        try:
            bounded = item_end(self._data, start, stop, self._encoding) if undefined else 0
            end = bounded or start + length
        except EncodingError:
            end = len(self._data) + 1
        if self._leads_on(end, stop, following):
            return start, end - 8 if undefined else end, end
        bound = following if following is not None else self._last_bound(start, end, stop)
        self._faults.append(
            f"The directory record at offset {pos} is cut off or its length is wrong; "
            f"it was taken to end at byte {bound}"
        )
        return start, bound, bound

    def _length(self, pos: int) -> int:
        """Return the length that stands at the Item at `pos`."""
        order = "little" if self._encoding.little else "big"
        return int.from_bytes(self._data[pos + 4 : pos + 8], order)  # type: ignore[arg-type]

    def _leads_on(self, end: int, stop: int, following: int | None) -> bool:
        """Return whether a record that ends at `end` leaves the sequence in order."""
        if following is not None and end > following:
            return False
        if end == stop:
            return True
        return self._is_item(end) or self._word(end) == SEQUENCE_DELIMITATION

    def _last_bound(self, start: int, end: int, stop: int) -> int:
        """Return where a record ends that none follows."""
        if end <= len(self._data):
            return end
        return stop if start <= stop else len(self._data)


def _table(data: bytes, found: _Columns, encoding: Encoding) -> DirectoryTable:
    """Return the records found as a table."""
    if encoding == EXPLICIT_LITTLE:
        return DirectoryTable(data, *(np.array(column, dtype=np.int64) for column in found))
    return turned_table(
        found.offsets,
        lambda row: _turned(data, found.starts[row], found.stops[row], encoding),
    )


def _turned(data: bytes, start: int, stop: int, encoding: Encoding) -> bytes:
    """Return a record in Explicit VR Little Endian, as far as it has whole elements."""
    try:
        return to_explicit_little(data, start, stop, encoding)
    except EncodingError:
        pass
    end = start
    parts: list[bytes] = []
    try:
        for element in elements(data, start, stop, encoding):
            upto = element.stop + (8 if element.undefined else 0)
            parts.append(to_explicit_little(data, end, upto, encoding))
            end = upto
    except EncodingError:
        pass  # what was read before the fault stands
    return b"".join(parts)
