"""Walks the elements of an open file through a window of its bytes."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from dicomdir_studio.part10.errors import EncodingError, NestingError
from dicomdir_studio.part10.positional import read_at
from dicomdir_studio.part10.transcode import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    Element,
    Encoding,
    element_header,
    sequence_end,
    vr_of,
)
from dicomdir_studio.part10.vr import ANY_FORM, HEAD_LENGTH, LONG_FORM, UNDEFINED
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Collection

    from dicomdir_studio.part10.layout_memory import LayoutMemory

    Found = dict[int, tuple[bytes, bytes]]

FIRST_READ: Final = 8192
PREAMBLE: Final = 132
PIXEL_TAGS: Final = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
_LARGEST_READ: Final = 1 << 28
_FIRST_PIXEL_TAG: Final = 0x7FE00008
_TRANSFER_SYNTAX: Final = b"\x02\x00\x10\x00UI"
_META_WANTED: Final = frozenset((0x00020002, 0x00020003, 0x00020010))
_EXPLICIT_HEAD: Final = {True: Struct("<HH2sH"), False: Struct(">HH2sH")}
_IMPLICIT_HEAD: Final = Struct("<HHL")
_U32: Final = {True: Struct("<L"), False: Struct(">L")}
_SEQUENCE_END: Final = {True: b"\xfe\xff\xdd\xe0\0\0\0\0", False: b"\xff\xfe\xe0\xdd\0\0\0\0"}


class OddBytesError(Exception):
    """The bytes are not plain; pydicom decides about them."""


class HeaderReader:
    """Finds the wanted elements of one file, and whether the file is whole.

    Parameters
    ----------
    fd : int
        The open file.
    size : int
        Its length in bytes.
    wanted : collection of int
        The elements sought.
    window : bytes
        How it begins.
    memory : LayoutMemory, optional
        How the headers read before for the same elements were laid.
    """

    __slots__ = (
        "base", "buffer", "encoding", "fd", "found", "memory", "pixels", "size", "truncated",
        "wanted",
    )  # fmt: skip

    def __init__(
        self,
        fd: int,
        size: int,
        wanted: Collection[int],
        window: bytes,
        memory: LayoutMemory | None = None,
    ) -> None:
        self.fd = fd
        self.size = size
        self.wanted = wanted
        self.memory = memory
        self.encoding = EXPLICIT_LITTLE
        self.base = 0
        self.buffer = window
        self.found: Found = {}
        self.pixels = False
        self.truncated = ""

    def refill(self, position: int, length: int) -> None:
        """Move the window so that `length` bytes from `position` on lie in it."""
        if length > _LARGEST_READ:
            raise OddBytesError
        self.base = position
        self.buffer = self.bytes_at(position, max(length, FIRST_READ))

    def bytes_at(self, position: int, length: int) -> bytes:
        """Return bytes of the file without moving the window."""
        return read_at(self.fd, length, position, self.size)

    def walk(self, position: int, encoding: Encoding) -> None:
        """Walk the data set from `position` to the end of the file."""
        self.encoding = encoding
        while position + 8 <= self.size:
            if not self.base <= position <= self.base + len(self.buffer) - 8:
                self.refill(position, FIRST_READ)
            reached = self._scan(position - self.base) + self.base
            if reached > position or reached >= self.size:
                position = reached
            else:
                position = self._large_or_unbounded(position, encoding)
        if position > self.size and not self.truncated:
            self.truncated = said("{0:,} bytes are missing at the end", position - self.size)
        elif position < self.size and not self.truncated and self._tail_matters(position):
            raise OddBytesError

    def _tail_matters(self, position: int) -> bool:
        """Return whether the last few bytes are more than padding."""
        return any(self.bytes_at(position, self.size - position))

    def _scan(self, pos: int) -> int:
        """Pass elements as far as the window and the plain case reach."""
        implicit, little = self.encoding
        scan = self._scan_implicit if implicit else self._scan_explicit
        if self.memory is None or not little:
            return scan(pos, len(self.buffer) - 8)
        return self.memory.scan(self.buffer, pos, self.found, implicit=implicit, walk=scan)

    def _scan_explicit(self, pos: int, latest: int) -> int:
        """Pass elements with explicit VR while they begin at or before `latest`."""
        buffer, wanted, found, little = self.buffer, self.wanted, self.found, self.encoding.little
        limit = len(buffer)
        unpack = _EXPLICIT_HEAD[little].unpack_from
        head_of = HEAD_LENGTH.get
        while pos <= latest:
            group, number, vr, length = unpack(buffer, pos)
            head = head_of(vr)
            if head == 12:
                if pos > limit - 12:
                    return pos
                length = _U32[little].unpack_from(buffer, pos + 8)[0]
                if length == UNDEFINED:
                    return pos
            elif head is None:
                raise OddBytesError
            tag = group << 16 | number
            start = pos + head
            pos = start + length
            if tag in wanted:
                if pos > limit:
                    return start - head
                found[tag] = (vr, buffer[start:pos])
            elif tag >= _FIRST_PIXEL_TAG and tag in PIXEL_TAGS:
                self.pixels = True
        return pos

    def _scan_implicit(self, pos: int, latest: int) -> int:
        """Pass elements without VR while they begin at or before `latest`."""
        buffer, wanted, found = self.buffer, self.wanted, self.found
        limit = len(buffer)
        unpack = _IMPLICIT_HEAD.unpack_from
        while pos <= latest:
            group, number, length = unpack(buffer, pos)
            if length == UNDEFINED:
                return pos
            start = pos + 8
            tag = group << 16 | number
            if tag in wanted:
                if start + length > limit:
                    return pos
                found[tag] = (vr_of(tag), buffer[start : start + length])
            elif tag >= _FIRST_PIXEL_TAG and tag in PIXEL_TAGS:
                self.pixels = True
            pos = start + length
        return pos

    def _large_or_unbounded(self, position: int, encoding: Encoding) -> int:
        """Pass the element at `position`, which the window cannot hold or bound."""
        end = self._bounded_end(position - self.base, encoding)
        if end:
            return self.base + end
        if position != self.base or len(self.buffer) < min(12, self.size - position):
            self.refill(position, FIRST_READ)
        head = self._head(encoding)
        if head.undefined:
            if head.tag in PIXEL_TAGS:
                return self._fragments_end(position, head, encoding)
            return self._sequence_end(position, head, encoding)
        if position + head.stop > self.size:
            self.truncated = said(
                "element ({0:04X},{1:04X}) is cut off", head.tag >> 16, head.tag & 0xFFFF
            )
            return self.size
        if head.tag in self.wanted:
            self.refill(position, head.stop)
            self.found[head.tag] = (head.vr, self.buffer[head.start : head.stop])
        return position + head.stop

    def _bounded_end(self, pos: int, encoding: Encoding) -> int:
        """Pass a sequence of undefined length that ends in the window; 0 if it does not."""
        limit = len(self.buffer)
        try:
            head = element_header(self.buffer, pos, limit, encoding)
            if not head.undefined or head.tag in PIXEL_TAGS:
                return 0
            inner = IMPLICIT_LITTLE if head.vr == b"UN" else encoding
            end = sequence_end(self.buffer, head.start, limit, inner)
        except NestingError:
            raise
        except EncodingError:
            return 0
        self._take_sequence(head, self.buffer[head.start : end - 8])
        return end

    def _take_sequence(self, head: Element, value: bytes) -> None:
        """Keep the value of a sequence of undefined length, if it is wanted."""
        if head.tag in self.wanted:
            self.found[head.tag] = (b"SQ" if head.vr == b"UN" else head.vr, value)

    def _head(self, encoding: Encoding) -> Element:
        """Read the element header at the window's beginning, whatever its length says."""
        if encoding.implicit:
            group, number, length = _IMPLICIT_HEAD.unpack_from(self.buffer)
            tag, start = group << 16 | number, 8
            vr = vr_of(tag)
        else:
            group, number, vr, length = _EXPLICIT_HEAD[encoding.little].unpack_from(self.buffer)
            tag, start = group << 16 | number, 8
            if vr in LONG_FORM:
                if len(self.buffer) < 12:
                    self.truncated = said("the last element is cut off")
                    return Element(tag, vr, 8, len(self.buffer), undefined=False)
                length, start = _U32[encoding.little].unpack_from(self.buffer, 8)[0], 12
        stop = -1 if length == UNDEFINED else start + length
        return Element(tag, vr, start, stop, undefined=length == UNDEFINED)

    def _sequence_end(self, position: int, head: Element, encoding: Encoding) -> int:
        """Pass a sequence of undefined length, reading as much as it takes to bound it."""
        inner = IMPLICIT_LITTLE if head.vr == b"UN" else encoding
        room = len(self.buffer)
        while True:
            try:
                end = sequence_end(self.buffer, head.start, len(self.buffer), inner)
                break
            except NestingError:
                raise
            except EncodingError:
                if position + len(self.buffer) >= self.size:
                    raise OddBytesError from None
                room *= 4
                self.refill(position, room)
        self._take_sequence(head, self.buffer[head.start : end - 8])
        return position + end

    def _fragments_end(self, position: int, head: Element, encoding: Encoding) -> int:
        """Pass encapsulated Pixel Data (PS3.5 A.4) by its Items' lengths."""
        self.pixels = True
        end_mark = _SEQUENCE_END[encoding.little]
        if self.bytes_at(self.size - 8, 8) == end_mark:
            return self.size
        place = position + head.start
        while True:
            item = self.bytes_at(place, 8)
            if len(item) < 8:
                self.truncated = said("the encapsulated Pixel Data has no end")
                return self.size
            if item == end_mark:
                return place + 8
            if item[:4] != b"\xfe\xff\x00\xe0":
                raise OddBytesError
            place += 8 + int.from_bytes(item[4:], "little")

    def walk_meta(self, position: int) -> tuple[int, str]:
        """Read the File Meta Information; return where it ends and the transfer syntax."""
        buffer = self.buffer
        if buffer[position : position + 8] == b"\x02\0\0\0UL\x04\0":
            # Group Length tells the end; it is believed if the next group begins there.
            end = position + 12 + int.from_bytes(buffer[position + 8 : position + 12], "little")
            at = buffer.find(_TRANSFER_SYNTAX, position, end)
            if at >= 0 and end + 2 <= len(buffer) and buffer[end : end + 2] != b"\x02\0":
                length = int.from_bytes(buffer[at + 6 : at + 8], "little")
                value = buffer[at + 8 : at + 8 + length]
                if at + 8 + length <= end:
                    self.found[0x00020010] = (b"UI", value)
                    return end, value.decode("latin-1").strip(" \0")
        return self.walk_meta_fully(position)

    def walk_meta_fully(self, position: int) -> tuple[int, str]:
        """Read the File Meta Information element by element."""
        found = self.found
        while True:
            buffer, pos = self.buffer, position - self.base
            if pos < 0 or pos + 12 > len(buffer):
                if position + 12 > self.size:
                    break
                self.refill(position, FIRST_READ)
                continue
            group, number, vr, length = _EXPLICIT_HEAD[True].unpack_from(buffer, pos)
            if group != 2:
                break
            start = pos + 8
            if vr in LONG_FORM:
                length, start = _U32[True].unpack_from(buffer, pos + 8)[0], pos + 12
            elif vr not in ANY_FORM:
                raise OddBytesError
            if group << 16 | number in _META_WANTED:
                found[group << 16 | number] = (vr, buffer[start : start + length])
            position = self.base + start + length
        syntax = found.get(0x00020010, (b"", b""))[1]
        return position, syntax.decode("latin-1").strip(" \0")
