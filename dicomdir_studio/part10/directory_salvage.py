"""Reads what can be read of a broken DICOMDIR.

A record that cannot be bounded ends where the next one begins: an Item that leads
with (0004,1400) is a Directory Record wherever it lies (PS3.3 F.3.2.2).
"""

from __future__ import annotations

import zlib
from typing import Final

from dicomdir_studio import errors
from dicomdir_studio.deferred import np
from dicomdir_studio.part10.blank import blank_error
from dicomdir_studio.part10.directory_reader import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    DIRECTORY_RECORD_SEQUENCE,
    ENCODINGS,
    MEDIA_STORAGE_DIRECTORY,
    DirectoryFile,
    inflated,
    read_meta,
    turned_table,
)
from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.item_salvage import NO_ITEMS, RECORD_MARKS, ItemColumns, ItemSalvage
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
    to_explicit_little,
)
from dicomdir_studio.phrases import said

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
_DIRECTORY_GROUP: Final = 0x0004


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
    faults: list[str] = []
    meta, body = _located(data, name, faults)
    syntax = meta.get(0x00020010, (b"", b""))[1].decode("latin-1").strip(" \0")
    if syntax == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN:
        data = _inflated_as_far(data, body, faults)
    encoding = _encoding(data, body, syntax, faults)
    general, sequence = _general(data, body, encoding, faults)
    found = NO_ITEMS
    if sequence is not None:
        found = ItemSalvage(data, encoding, faults).found(sequence.start, sequence.stop)
    return DirectoryFile(meta, general, _table(data, found, encoding), faults)


def shows_directory(directory: DirectoryFile) -> bool:
    """Return whether anything that was read is of a DICOMDIR: SOP Class, group 0004, a record."""
    return (
        directory.text(0x00020002) == MEDIA_STORAGE_DIRECTORY
        or len(directory.table) > 0
        or any(tag >> 16 == _DIRECTORY_GROUP for tag in directory.general)
    )


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
            raise blank_error(data, name) or _foreign(name) from None
        faults.append(
            said("The head of the file is damaged; its data set was found at byte {0}", body)
        )
        return {}, body
    if data[128:132] != b"DICM":
        faults.append(said("The preamble with its prefix DICM is missing"))
    if not meta:
        faults.append(said("The File Meta Information is missing"))
    return meta, body


def _foreign(name: str) -> errors.NotDicomError:
    """Return the error for a file that is no DICOMDIR at all."""
    return errors.NotDicomError(
        said("The file is not a DICOM file"),
        where=name,
        why=said(
            "it begins with neither File Meta Information nor an element of a DICOMDIR, PS3.10 7.1"
        ),
        remedy=said("Choose the DICOMDIR of the File-set"),
    )


def _inflated_as_far(data: bytes, body: int, faults: list[str]) -> bytes:
    """Return the file with its data set inflated, as far as that goes."""
    try:
        rest, whole = inflated(data[body:])
    except zlib.error:
        faults.append(said("The data set is not deflated, though its transfer syntax says so"))
        return data
    if not whole:
        faults.append(said("The deflated data set is cut off"))
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
        faults.append(said("The data set is not encoded as its transfer syntax says"))
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
            faults.append(said("There is no valid element at byte {0}", pos))
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
    found = RECORD_MARKS[encoding].search(data, pos)
    if found is None:
        return None
    faults.append(said("The Directory Record Sequence has lost its beginning"))
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


def _table(data: bytes, found: ItemColumns, encoding: Encoding) -> DirectoryTable:
    """Return the records found as a table."""
    if encoding == EXPLICIT_LITTLE:
        return DirectoryTable(data, *(np.asarray(column, dtype=np.int64) for column in found))
    return turned_table(
        list(found.offsets),
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
