"""Reads a DICOMDIR: Part 10 framing, the File-set's own elements, the records (PS3.3 F.3)."""

from __future__ import annotations

import re
import zlib
from struct import Struct
from typing import TYPE_CHECKING, Final

from dicomdir_studio import errors
from dicomdir_studio.deferred import np
from dicomdir_studio.part10.blank import blank_error
from dicomdir_studio.part10.errors import DirectoryReadError, EncodingError
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
from dicomdir_studio.part10.vr import ITEM, SEQUENCE_DELIMITATION, UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.part10.table import Integers

MEDIA_STORAGE_DIRECTORY: Final = "1.2.840.10008.1.3.10"
EXPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"
IMPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"
DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1.99"
EXPLICIT_VR_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"

ENCODINGS: Final = {
    EXPLICIT_VR_LITTLE_ENDIAN: EXPLICIT_LITTLE,
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN: EXPLICIT_LITTLE,
    IMPLICIT_VR_LITTLE_ENDIAN: IMPLICIT_LITTLE,
    EXPLICIT_VR_BIG_ENDIAN: EXPLICIT_BIG,
}
DIRECTORY_RECORD_SEQUENCE: Final = 0x00041220
RECORD_MARK: Final = re.compile(rb"\xfe\xff\x00\xe0....\x04\x00\x00\x14UL\x04\x00", re.DOTALL)
"""An Item that leads with (0004,1400), as Directory Records do, in Explicit VR Little Endian."""

_ITEM_MARKS: Final = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")
_PREAMBLE: Final = 132
_MOST_GROWTH: Final = 24
_LEAST_INFLATED: Final = 1 << 16
_ITEM_HEADER: Final = {True: Struct("<LL"), False: Struct(">LL")}
_ITEM_WORD: Final = {True: 0xE000FFFE, False: ITEM}
_END_WORD: Final = {True: 0xE0DDFFFE, False: SEQUENCE_DELIMITATION}


class GeneralElements:
    """What a DICOMDIR says of its File-set, beside the records.

    Attributes
    ----------
    meta, general : dict of int to (bytes, bytes)
        VR and value of the File Meta Information and of the elements of the
        data set outside the Directory Record Sequence, in Explicit VR Little Endian.
    """

    __slots__ = ("general", "meta")

    def __init__(
        self, meta: dict[int, tuple[bytes, bytes]], general: dict[int, tuple[bytes, bytes]]
    ) -> None:
        self.meta = meta
        self.general = general

    def text(self, tag: int) -> str | None:
        """Return a File Meta or general element as text, None where it is absent."""
        entry = self.meta.get(tag) or self.general.get(tag)
        return None if entry is None else entry[1].decode("latin-1").strip(" \0")

    def number(self, tag: int) -> int:
        """Return a binary element as an integer, 0 where it is absent."""
        entry = self.general.get(tag)
        return int.from_bytes(entry[1][:4], "little") if entry else 0


class DirectoryFile(GeneralElements):
    """A DICOMDIR as read, nothing judged and nothing repaired.

    Attributes
    ----------
    table : DirectoryTable
        The records.
    faults : list of str
        What could not be read, when reading went on in spite of it.
    """

    __slots__ = ("faults", "table")

    def __init__(
        self,
        meta: dict[int, tuple[bytes, bytes]],
        general: dict[int, tuple[bytes, bytes]],
        table: DirectoryTable,
        faults: list[str] | None = None,
    ) -> None:
        super().__init__(meta, general)
        self.table = table
        self.faults = [] if faults is None else faults


def read_general(data: bytes, name: str) -> GeneralElements:
    """Read a whole DICOMDIR in Explicit VR Little Endian, but not its records.

    Raises
    ------
    StudioError
        If it is none, or its length is not what its Directory Record Sequence says.
    """
    try:
        meta, body = read_meta(data, name)
        return GeneralElements(meta, _read_general(data, body, EXPLICIT_LITTLE)[0])
    except EncodingError as error:
        raise DirectoryReadError("The DICOMDIR is damaged", where=name, why=str(error)) from error


def read_directory(data: bytes, name: str) -> DirectoryFile:
    """Read the bytes of a DICOMDIR as its encoding demands.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        The file's name, for messages.

    Raises
    ------
    NotDicomError
        If the file is not in the DICOM file format (PS3.10 7.1).
    DirectoryReadError
        If it is damaged.
    """
    try:
        meta, body = read_meta(data, name)
        if data[128:132] != b"DICM":
            raise blank_error(data, name) or _not_dicom(name)
        syntax = meta.get(0x00020010, (b"", b""))[1].decode("latin-1").strip(" \0")
        encoding = ENCODINGS.get(syntax) or _guessed_encoding(data, body)
        if syntax == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN:
            data = data[:body] + _inflated_whole(data[body:])
        general, sequence = _read_general(data, body, encoding)
        table = _read_records(data, sequence, encoding)
    except (EncodingError, zlib.error) as error:
        raise DirectoryReadError(
            "The DICOMDIR is damaged",
            where=name,
            why=str(error),
            remedy="Open it with salvage to keep what can be read",
        ) from error
    return DirectoryFile(meta, general, table)


def _not_dicom(name: str) -> errors.NotDicomError:
    """Return the error for a file that is not in the DICOM file format."""
    return errors.NotDicomError(
        "The file is not a DICOM file",
        where=name,
        why="no preamble with the prefix DICM leads it, PS3.10 7.1",
        remedy="Choose the DICOMDIR of the File-set, or open it with salvage",
    )


def read_meta(data: bytes, name: str) -> tuple[dict[int, tuple[bytes, bytes]], int]:
    """Return the File Meta Information and where the data set begins (PS3.10 7.1).

    A file without preamble is read too, if File Meta Information or group 0004 leads it.

    Raises
    ------
    NotDicomError
        If neither does.
    EncodingError
        If the File Meta Information is damaged.
    """
    if data[128:132] == b"DICM":
        pos = _PREAMBLE
    elif data[:4] == b"DICM":
        pos = 4
    elif data[:2] in (b"\x02\0", b"\x04\0", b"\0\x04"):
        pos = 0
    else:
        raise blank_error(data, name) or _not_dicom(name)
    meta: dict[int, tuple[bytes, bytes]] = {}
    while data[pos : pos + 2] == b"\x02\0":
        element = element_header(data, pos, len(data), EXPLICIT_LITTLE)
        if element.undefined:
            break
        meta[element.tag] = (element.vr, data[element.start : element.stop])
        pos = element.stop
    return meta, pos


def _guessed_encoding(data: bytes, pos: int) -> Encoding:
    """Tell the encoding of a data set whose transfer syntax is not stated or not known."""
    if data[pos : pos + 2] == b"\0\x04":
        return EXPLICIT_BIG
    return EXPLICIT_LITTLE if data[pos + 4 : pos + 6].isalpha() else IMPLICIT_LITTLE


def inflated(data: bytes) -> tuple[bytes, bool]:
    """Return deflated data inflated, and whether it was whole (PS3.5 A.5).

    Raises
    ------
    zlib.error
        If it is not deflated data.
    EncodingError
        If it would grow out of all proportion.
    """
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
    most = max(_LEAST_INFLATED, len(data) * _MOST_GROWTH)
    result = decompressor.decompress(data, most)
    if decompressor.unconsumed_tail and len(result) >= most:
        message = f"The deflated data set has more than {_MOST_GROWTH} times its length"
        raise EncodingError(message)
    return result, decompressor.eof


def _inflated_whole(data: bytes) -> bytes:
    """Return deflated data inflated, which must be whole."""
    result, whole = inflated(data)
    if not whole:
        message = "The deflated data set is cut off"
        raise EncodingError(message)
    return result


def _read_general(
    data: bytes, pos: int, encoding: Encoding
) -> tuple[dict[int, tuple[bytes, bytes]], Element | None]:
    """Return the elements around the Directory Record Sequence, and the sequence."""
    general: dict[int, tuple[bytes, bytes]] = {}
    sequence = None
    end = len(data)
    while pos < end:
        try:
            element = element_header(data, pos, end, encoding)
        except EncodingError:
            if sequence is None or any(mark in data[pos:] for mark in _ITEM_MARKS):
                raise
            break  # the rest of a sector, or what a burner left in it
        if element.tag == DIRECTORY_RECORD_SEQUENCE:
            sequence = element
            if element.undefined:
                break  # its Items say where it ends; nothing of the Standard follows it
        elif element.undefined:
            element = next(elements(data, pos, end, encoding))
            pos = element.stop + 8
            continue
        else:
            general[element.tag] = (element.vr, explicit_value(data, element, encoding))
        pos = element.stop
    return general, sequence


def _read_records(data: bytes, sequence: Element | None, encoding: Encoding) -> DirectoryTable:
    """Find every Item of the Directory Record Sequence."""
    offsets: list[int] = []
    starts: list[int] = []
    stops: list[int] = []
    if sequence is not None:
        stop = len(data) if sequence.undefined else sequence.stop
        if encoding == EXPLICIT_LITTLE:
            in_line = items_in_line(data, sequence.start, stop, marks_in(data, sequence.start))
            if in_line is not None:
                return DirectoryTable(data, *in_line)
        walk_items(data, sequence.start, stop, encoding, (offsets, starts, stops))
    spans = (np.array(column, dtype=np.int64) for column in (offsets, starts, stops))
    if encoding == EXPLICIT_LITTLE:
        return DirectoryTable(data, *spans)
    return turned_table(
        offsets,
        lambda row: to_explicit_little(data, starts[row], stops[row], encoding),
    )


def marks_in(data: bytes, pos: int, mark: re.Pattern[bytes] = RECORD_MARK) -> Integers:
    """Return where a mark is found from `pos` on."""
    return np.fromiter((match.start() for match in mark.finditer(data, pos)), dtype=np.int64)


def items_in_line(
    data: bytes, pos: int, stop: int, marks: Integers
) -> tuple[Integers, Integers, Integers] | None:
    """Return offset, beginning and end of the Items between `pos` and `stop`, all at once.

    Parameters
    ----------
    data : bytes
        The file, in Explicit VR Little Endian.
    pos, stop : int
        Where the first Item begins, and the last one ends at most.
    marks : numpy.ndarray of int64, shape (n,)
        Where an Item may begin.

    Returns
    -------
    tuple of numpy.ndarray of int64, shape (n,), or None
        None unless each Item begins at a mark and ends where the next one begins; `walk_items`
        handles the others.
    """
    if not len(marks) or int(marks[0]) != pos:
        return None
    octets = np.frombuffer(data, dtype=np.uint8)
    words = np.ndarray((len(octets) - 3,), dtype="<u4", buffer=data, strides=(1,))
    lengths = words[marks + 4].astype(np.int64)
    stops = marks + 8 + lengths
    last = int(stops[-1])
    if (lengths == UNDEFINED).any() or (stops[:-1] != marks[1:]).any() or last > stop:
        return None
    if last + 8 <= stop and int(words[last]) != _END_WORD[True]:
        return None
    return marks, marks + 8, stops


def walk_items(
    data: bytes,
    pos: int,
    stop: int,
    encoding: Encoding,
    columns: tuple[list[int], list[int], list[int]],
) -> None:
    """Append offset and span of each Item."""
    unpack = _ITEM_HEADER[encoding.little].unpack_from
    item, end = _ITEM_WORD[encoding.little], _END_WORD[encoding.little]
    offsets, starts, stops = columns
    while pos + 8 <= stop:
        word, length = unpack(data, pos)
        if word == end:
            return
        if word != item:
            message = f"An Item was expected at byte {pos}"
            raise EncodingError(message)
        start = pos + 8
        if length == UNDEFINED:
            last = item_end(data, start, stop, encoding)
            finish = last - 8
        else:
            last = finish = start + length
            if finish > stop:
                last = finish = _clamped(data, pos, stop, encoding)
        offsets.append(pos)
        starts.append(start)
        stops.append(finish)
        pos = last


def _clamped(data: bytes, pos: int, stop: int, encoding: Encoding) -> int:
    """Return where the last record ends when its Item Length runs past the sequence.

    Readers take what is there as long as whole elements fill it, and so do we.
    """
    try:
        for _ in elements(data, pos + 8, stop, encoding):
            pass
    except EncodingError:
        message = f"The directory record at offset {pos} is cut off"
        raise EncodingError(message) from None
    return stop


def turned_table(offsets: list[int], record: Callable[[int], bytes]) -> DirectoryTable:
    """Make a table of records that are not yet Explicit VR Little Endian.

    Parameters
    ----------
    offsets : list of int
        Where each record's Item began in the file.
    record : callable
        Gives the elements of the record of a row in Explicit VR Little Endian.
    """
    parts = [record(row) for row in range(len(offsets))]
    stops = np.cumsum([len(part) for part in parts], dtype=np.int64)
    starts = np.concatenate((np.zeros(1, dtype=np.int64), stops[:-1])) if parts else stops
    return DirectoryTable(b"".join(parts), np.array(offsets, dtype=np.int64), starts, stops)
