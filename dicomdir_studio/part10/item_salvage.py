"""Finds the Items of a Directory Record Sequence that is out of order (PS3.3 F.3.2.2).

A record that cannot be bounded ends where the next one begins: an Item that leads
with (0004,1400) is a Directory Record wherever it lies.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.part10.directory_reader import RECORD_MARK, items_in_line, marks_in, walk_items
from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.transcode import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    Encoding,
    item_end,
)
from dicomdir_studio.part10.vr import ITEM, SEQUENCE_DELIMITATION
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomdir_studio.part10.table import Integers

RECORD_MARKS: Final = {
    EXPLICIT_LITTLE: RECORD_MARK,
    IMPLICIT_LITTLE: re.compile(
        rb"\xfe\xff\x00\xe0....\x04\x00\x00\x14\x04\x00\x00\x00", re.DOTALL
    ),
    EXPLICIT_BIG: re.compile(rb"\xff\xfe\xe0\x00....\x00\x04\x14\x00UL\x00\x04", re.DOTALL),
}


class ItemColumns(NamedTuple):
    """Where records lie: their Item tags, and the beginnings and ends of their elements."""

    offsets: Sequence[int] | Integers
    starts: Sequence[int] | Integers
    stops: Sequence[int] | Integers


NO_ITEMS: Final = ItemColumns((), (), ())


class ItemSalvage:
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

    def found(self, pos: int, stop: int) -> ItemColumns:
        """Return every record from `pos` on, in the order of the file."""
        data = self._data
        marks = marks_in(data, pos, RECORD_MARKS[self._encoding])
        if self._encoding == EXPLICIT_LITTLE:
            in_line = items_in_line(data, pos, stop, marks)
            if in_line is not None:
                return ItemColumns(*in_line)
        self._marks = marks.tolist()
        orderly = self._orderly(pos, stop)
        if orderly is not None:
            return orderly
        items: list[tuple[int, int, int]] = []
        while pos < stop or self._mark_from(pos) is not None:
            if pos >= stop or self._word(pos) == SEQUENCE_DELIMITATION:
                mark = self._mark_from(pos)
                if mark is None:
                    break
                self._faults.append(
                    said(
                        "The Directory Record Sequence ends at byte {0}, before its last record",
                        pos,
                    )
                )
                pos, stop = mark, len(data)
            if self._is_item(pos):
                start, end, following = self._bounds(pos, stop)
                items.append((pos, start, end))
                pos = following
                continue
            mark = self._mark_from(pos)
            self._faults.append(
                said("The Directory Record Sequence is damaged from byte {0} on", pos)
                if mark is None
                else said("There is no directory record from byte {0} to byte {1}", pos, mark)
            )
            if mark is None:
                break
            pos = mark
        return ItemColumns(*zip(*items, strict=True)) if items else NO_ITEMS

    def _is_item(self, pos: int) -> bool:
        """Return whether a record begins at `pos`, be it that its Item tag is damaged."""
        if pos + 8 > len(self._data):
            return False
        first = b"\x04\0\0\x14" if self._encoding.little else b"\0\x04\x14\0"
        return self._word(pos) == ITEM or self._data[pos + 8 : pos + 12] == first

    def _orderly(self, pos: int, stop: int) -> ItemColumns | None:
        """Return the records of a sequence that is in order, None if it is not."""
        offsets: list[int] = []
        starts: list[int] = []
        stops: list[int] = []
        try:
            walk_items(self._data, pos, stop, self._encoding, (offsets, starts, stops))
        except EncodingError:
            return None
        in_order = bool(offsets) and set(self._marks) <= set(offsets)
        return ItemColumns(offsets, starts, stops) if in_order else None

    def _word(self, pos: int) -> int:
        """Return the tag at `pos`."""
        order = self._encoding.byte_order
        group = int.from_bytes(self._data[pos : pos + 2], order)
        number = int.from_bytes(self._data[pos + 2 : pos + 4], order)
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
            said(
                "The directory record at offset {0} is cut off or its length is wrong; "
                "it was taken to end at byte {1}",
                pos,
                bound,
            )
        )
        return start, bound, bound

    def _length(self, pos: int) -> int:
        """Return the length that stands at the Item at `pos`."""
        return int.from_bytes(self._data[pos + 4 : pos + 8], self._encoding.byte_order)

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
