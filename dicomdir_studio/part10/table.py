"""Directory Records as columns: where each lies, where it points, what it is.

A DICOMDIR of a million records is a million slices of one buffer. The four link
elements (PS3.3 Table F.3-3) are unpacked for all records at once; everything
else stays encoded until somebody asks.
"""

from __future__ import annotations

from array import array
from functools import cache
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.deferred import np
from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.transcode import elements
from dicomdir_studio.part10.vr import LONG_FORM, SHORT_FORM

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

NEXT: Final = 0x00041400
IN_USE: Final = 0x00041410
LOWER: Final = 0x00041420
RECORD_TYPE: Final = 0x00041430
PRIVATE_RECORD_UID: Final = 0x00041432
FILE_ID: Final = 0x00041500
SOP_CLASS: Final = 0x00041510
SOP_INSTANCE: Final = 0x00041511
TRANSFER_SYNTAX: Final = 0x00041512

LINKS_LENGTH: Final = 34
"""Bytes of the three link elements when they lead the record, as they should."""

# So few records at a time that what is worked out of them stays in the processor's cache, and
# in room that the heap has: larger arrays are new pages each time, which the system clears.
_CHUNK: Final = 4096
_ROWS: Final = 8192
_KIND: Final = 0xFFFFFFFFFFFF
_UNDEFINED: Final = 0xFFFFFFFF
_ACTIVE: Final = 0xFFFF
_TYPE_ROOM: Final = 16
_FEW_TYPES: Final = 40
# The three link elements' headers as 64 bit little endian words, and where they lie.
_LINK_HEADERS: Final = (
    (0, int.from_bytes(b"\x04\x00\x00\x14UL\x04\x00", "little")),
    (12, int.from_bytes(b"\x04\x00\x10\x14US\x02\x00", "little")),
    (22, int.from_bytes(b"\x04\x00\x20\x14UL\x04\x00", "little")),
)
# An element's header where its length has 16 bits (PS3.5 7.1.2).
_SHORT_HEADER: Final = Struct("<HH2sH")
_ITEM_GROUP: Final = 0xFFFE
_TYPE_HEADER: Final = int.from_bytes(b"\x04\x00\x30\x14CS", "little")


class DirectoryTable:
    """The records of one DICOMDIR in the order of the file.

    Attributes
    ----------
    buffer : bytes
        Holds every record in Explicit VR Little Endian.
    offsets : numpy.ndarray, shape (records,)
        Byte offset of each record's Item tag in the file, which links refer to.
    starts, stops : numpy.ndarray, shape (records,)
        Span of each record's elements in `buffer`.
    next, lower : numpy.ndarray, shape (records,)
        (0004,1400) and (0004,1420) of each record; 0 means none.
    in_use : numpy.ndarray, shape (records,)
        (0004,1410) of each record; FFFFH where it is absent. The retired 0000H marks
        a record as inactive (PS3.3 Table F.3-3).
    types : list of str
        (0004,1430) of each record, "" where it is absent.
    canonical : numpy.ndarray of bool, shape (records,)
        Whether the three link elements lead the record in their proper form.
    found : dict of int to (numpy.ndarray, numpy.ndarray)
        Spans of elements in all records that were looked up, by tag; `amend` forgets them.
    referencing_tags : frozenset of int or None
        The elements behind the File ID in records that have one, all of them together; None
        where that is not known.
    """

    __slots__ = (
        *("buffer", "offsets", "starts", "stops", "next", "lower", "in_use", "types"),
        *("canonical", "found", "referencing_tags"),
    )

    def __init__(self, buffer: bytes, offsets: Integers, starts: Integers, stops: Integers) -> None:
        count = len(offsets)
        self.buffer = buffer
        self.offsets = offsets
        self.starts = starts
        self.stops = stops
        self.next: Integers = np.zeros(count, dtype=np.int64)
        self.lower: Integers = np.zeros(count, dtype=np.int64)
        self.in_use: Integers = np.full(count, _ACTIVE, dtype=np.int64)
        self.types = [""] * count
        self.canonical: npt.NDArray[np.bool_] = np.zeros(count, dtype=bool)
        self.found: dict[int, tuple[Integers, Integers]] = {}
        self.referencing_tags: frozenset[int] | None = None
        for first in range(0, count, _CHUNK):
            self._unpack(slice(first, min(first + _CHUNK, count)))
        for row in np.flatnonzero(~self.canonical).tolist():
            self._unpack_slowly(row)

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.offsets)

    def _unpack(self, rows: slice) -> None:
        """Unpack a chunk of rows whose records begin with the links."""
        starts, stops = self.starts[rows], self.stops[rows]
        words = overlapping_words(self.buffer)
        good = stops - starts >= LINKS_LENGTH + 8
        at = np.where(good, starts, 0) if len(words) > LINKS_LENGTH else np.zeros_like(starts)
        if len(words) <= LINKS_LENGTH:
            return
        for place, header in _LINK_HEADERS:
            good &= words[at + place] == header
        at = np.where(good, starts, 0)
        type_words = words[at + LINKS_LENGTH]
        good &= (type_words & 0xFFFFFFFFFFFF) == _TYPE_HEADER
        lengths = (type_words >> 48).astype(np.int64)
        good &= (lengths <= _TYPE_ROOM) & (starts + LINKS_LENGTH + 8 + lengths <= stops)
        self.canonical[rows] = good
        low = np.uint64(0xFFFFFFFF)
        self.next[rows] = np.where(good, words[at + 8] & low, 0)
        self.lower[rows] = np.where(good, words[np.minimum(at + 30, len(words) - 1)] & low, 0)
        self.in_use[rows] = np.where(good, words[at + 20] & np.uint64(_ACTIVE), _ACTIVE)
        self._unpack_types(rows, at + LINKS_LENGTH + 8, np.where(good, lengths, 0))

    def _unpack_types(self, rows: slice, at: Integers, lengths: Integers) -> None:
        """Decode the Directory Record Type of a chunk, each distinct one once."""
        octets = np.frombuffer(self.buffer, dtype=np.uint8)
        columns = np.arange(_TYPE_ROOM)
        places = np.minimum(at[:, None] + columns, len(octets) - 1)
        texts = np.where(columns < lengths[:, None], octets[places], 0).astype(np.uint8)
        names, codes = _distinct(texts.view(f"S{_TYPE_ROOM}").ravel())
        self.types[rows] = np.array(names, dtype=object)[codes].tolist()

    def _unpack_slowly(self, row: int) -> None:
        """Find the links of a record that does not begin with them."""
        start, stop = int(self.starts[row]), int(self.stops[row])
        try:
            for element in elements(self.buffer, start, stop):
                value = self.buffer[element.start : element.stop]
                if element.tag == NEXT:
                    self.next[row] = int.from_bytes(value[:4], "little")
                elif element.tag == LOWER:
                    self.lower[row] = int.from_bytes(value[:4], "little")
                elif element.tag == IN_USE:
                    self.in_use[row] = int.from_bytes(value[:2], "little")
                elif element.tag == RECORD_TYPE:
                    self.types[row] = value.decode("ascii", "replace").strip(" \0")
        except EncodingError:
            # What could be read of the record stands; loading reports the rest.
            return

    def amend(self, records: dict[int, bytes]) -> None:
        """Put other bytes in place of some records; their links and types are read again.

        Parameters
        ----------
        records : dict of int to bytes
            By row, the elements of a record in Explicit VR Little Endian, ascending.
        """
        if not records:
            return
        self.found.clear()
        self.referencing_tags = None
        end = len(self.buffer)
        self.buffer = b"".join((self.buffer, *records.values()))
        for row, record in records.items():
            self.starts[row], self.stops[row] = end, end + len(record)
            end += len(record)
            self.next[row] = self.lower[row] = 0
            self.in_use[row], self.types[row], self.canonical[row] = _ACTIVE, "", False
            self._unpack_slowly(row)

    def rows_at(self, offsets: Integers) -> Integers:
        """Return the row of each offset, -1 for 0 (none) and -2 where no record begins."""
        if not len(self.offsets):
            return np.where(offsets == 0, -1, -2)
        ordered, order = self.offsets, None
        if (ordered[1:] <= ordered[:-1]).any():
            order = np.argsort(ordered, kind="stable")
            ordered = ordered[order]
        rows = np.empty(len(offsets), dtype=np.int64)
        for first in range(0, len(offsets), _CHUNK):
            part = slice(first, first + _CHUNK)
            wanted = offsets[part]
            slots = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
            found = slots if order is None else order[slots]
            rows[part] = np.where(wanted == 0, -1, np.where(ordered[slots] == wanted, found, -2))
        return rows


def compact(numbers: Integers) -> array[int]:
    """Return numbers in a form that gives one at a time, and holds no object for each."""
    made = array("q")
    made.frombytes(np.ascontiguousarray(numbers, dtype=np.int64).view(np.uint8).data)
    return made


def _distinct(texts: npt.NDArray[np.bytes_]) -> tuple[list[str], Integers]:
    """Return the distinct texts, and which of them each is; they are few, so none is sorted."""
    codes = np.full(len(texts), -1, dtype=np.int64)
    names: list[str] = []
    left = np.arange(len(texts))
    while left.size and len(names) < _FEW_TYPES:
        value = texts[left[0]]
        same = texts[left] == value
        codes[left[same]] = len(names)
        names.append(value.decode("ascii", "replace").strip())
        left = left[~same]
    if left.size:
        rest, which = np.unique(texts[left], return_inverse=True)
        codes[left] = which + len(names)
        names += [value.decode("ascii", "replace").strip() for value in rest.tolist()]
    return names, codes


def overlapping_words(buffer: bytes) -> npt.NDArray[np.uint64]:
    """View `buffer` as a 64 bit little endian word at every byte."""
    count = max(len(buffer) - 7, 0)
    return np.ndarray((count,), dtype="<u8", buffer=buffer, strides=(1,))


def places_of(buffer: bytes, octet: bytes) -> Integers:
    """Return where an octet is that is mostly rare."""
    places: list[int] = []
    at = buffer.find(octet)
    while at >= 0:
        places.append(at)
        at = buffer.find(octet, at + 1)
    return np.array(places, dtype=np.int64)


def value_spans(
    buffer: bytes, starts: Sequence[int] | Integers, stops: Sequence[int] | Integers, tag: int
) -> tuple[Integers, Integers]:
    """Find the value of one element in many records at once.

    Parameters
    ----------
    buffer : bytes
        Holds the records in Explicit VR Little Endian, elements in ascending order.
    starts, stops : array_like of int, shape (n,)
        Span of each record.
    tag : int
        The element sought.

    Returns
    -------
    begins, ends : numpy.ndarray of int64, shape (n,)
        Span of the value; -1 where the record has no such element, -2 where the
        record has to be walked element by element (an undefined length lies before it).
    """
    first = np.asarray(starts, dtype=np.int64)
    limit = np.asarray(stops, dtype=np.int64)
    begins = np.full(len(first), -1, dtype=np.int64)
    ends = np.full(len(first), -1, dtype=np.int64)
    words = overlapping_words(buffer)
    # A chunk's columns stay in the processor's cache from step to step.
    for place in range(0, len(first), _ROWS):
        rows = np.arange(place, min(place + _ROWS, len(first)))
        at = first[rows]
        if tag > LOWER:
            at = at + LINKS_LENGTH * _led_by_links(words, at, limit[rows])
        _walk_in_step(words, rows, at, limit, tag, (begins, ends))
    return begins, ends


def _led_by_links(
    words: npt.NDArray[np.uint64], at: Integers, stops: Integers
) -> npt.NDArray[np.bool_]:
    """Return whether the three link elements lead each record in their proper form."""
    good = stops - at >= LINKS_LENGTH
    last = len(words) - 1
    if last < 0:
        return good
    for place, header in _LINK_HEADERS:
        good &= words[np.minimum(at + place, last)] == header
    return good


def _walk_in_step(
    words: npt.NDArray[np.uint64],
    rows: Integers,
    at: Integers,
    limit: Integers,
    tag: int,
    spans: tuple[Integers, Integers],
) -> None:
    """Walk the given rows, all one element further at a time, until each has passed `tag`."""
    begins, ends = spans
    stops = limit[rows]
    while rows.size:
        inside = at + 8 <= stops
        if not inside.all():
            rows, at, stops = rows[inside], at[inside], stops[inside]
            if not rows.size:
                return
        head = words[at]
        kind = head & _KIND
        same = bool((kind == kind[0]).all())
        found, long_form = _kind_of(int(kind[0])) if same else _kinds(kind)
        length = (head >> 48).astype(np.int64)
        if np.any(long_form):
            places = np.minimum(at + 8, len(words) - 1)
            wide = (words[places] & 0xFFFFFFFF).astype(np.int64)
            length = np.where(long_form, wide, length)
        value = at + np.where(long_form, 12, 8)
        at = value + length
        unbounded = length == _UNDEFINED
        hit = (found == tag) & ~unbounded & (at <= stops)
        begins[rows[hit]] = value[hit]
        ends[rows[hit]] = at[hit]
        begins[rows[unbounded & (found <= tag)]] = -2
        going = (found < tag) & ~unbounded
        if not going.all():
            rows, at, stops = rows[going], at[going], stops[going]


@cache
def vr_flags(vrs: frozenset[bytes]) -> npt.NDArray[np.bool_]:
    """Return for every 16 bit word whether it is one of some VRs."""
    flags = np.zeros(65536, dtype=bool)
    flags[[int.from_bytes(vr, "little") for vr in vrs]] = True
    return flags


def _kind_of(kind: int) -> tuple[int, bool]:
    """Return the tag in a header word, and whether its VR has the long form."""
    return (kind & 0xFFFF) << 16 | kind >> 16 & 0xFFFF, bool(vr_flags(LONG_FORM)[kind >> 32])


def _kinds(kind: npt.NDArray[Any]) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Return the tags in header words, and whether their VRs have the long form."""
    found = ((kind & 0xFFFF) << 16 | (kind >> 16) & 0xFFFF).astype(np.int64)
    return found, vr_flags(LONG_FORM)[(kind >> 32).astype(np.int64)]


def value_span(buffer: bytes, start: int, stop: int, tag: int) -> tuple[bytes, int, int] | None:
    """Find one element in one record: its VR and the span of its value, or None.

    Raises
    ------
    EncodingError
        If the record breaks the rules of PS3.5 7.1 before the element is found.
    """
    pos = start
    while pos + 8 <= stop:
        group, number, vr, length = _SHORT_HEADER.unpack_from(buffer, pos)
        begin = pos + 8
        pos = begin + length
        if vr not in SHORT_FORM or pos > stop or group == _ITEM_GROUP:
            return _value_span(buffer, begin - 8, stop, tag)
        found = group << 16 | number
        if found >= tag:
            return (vr, begin, pos) if found == tag else None
    return _value_span(buffer, pos, stop, tag)


def _value_span(buffer: bytes, start: int, stop: int, tag: int) -> tuple[bytes, int, int] | None:
    """Find one element among those of any form, from the one at `start` on."""
    for element in elements(buffer, start, stop):
        if element.tag == tag:
            return element.vr, element.start, element.stop
        if element.tag > tag:
            return None
    return None
