"""Walks the elements of an open file through a window of its bytes."""

from __future__ import annotations

import os
from struct import Struct
from typing import TYPE_CHECKING, Final

from dicomdir_studio.part10.errors import EncodingError, NestingError
from dicomdir_studio.part10.transcode import (
    IMPLICIT_LITTLE,
    Element,
    Encoding,
    sequence_end,
    vr_of,
)
from dicomdir_studio.part10.vr import ANY_FORM, HEAD_LENGTH, LONG_FORM, UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    Found = dict[int, tuple[bytes, bytes]]

FIRST_READ: Final = 8192
PREAMBLE: Final = 132
PIXEL_TAGS: Final = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
_LARGEST_READ: Final = 1 << 28
_SOP_CLASS_UID: Final = 0x00080016
_FIRST_PIXEL_TAG: Final = 0x7FE00008
_NO_LIMIT: Final = 0xFFFFFFFF
_TRANSFER_SYNTAX: Final = b"\x02\x00\x10\x00UI"
_PADDING: Final = b"\xfc\xff\xfc\xff"
_PIXEL_DATA: Final = b"\xe0\x7f\x10\x00"
_META_WANTED: Final = frozenset((0x00020002, 0x00020003, 0x00020010))
_EXPLICIT_HEAD: Final = {True: Struct("<HH2sH"), False: Struct(">HH2sH")}
_IMPLICIT_HEAD: Final = Struct("<HHL")
_U32: Final = {True: Struct("<L"), False: Struct(">L")}
_SEQUENCE_END: Final = {True: b"\xfe\xff\xdd\xe0\0\0\0\0", False: b"\xff\xfe\xe0\xdd\0\0\0\0"}


def _little(octets: bytes) -> int:
    """Return a little endian number."""
    return int.from_bytes(octets, "little")


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
    last_of : mapping of bytes to int
        By SOP Class UID, the tag beyond which nothing is wanted of its instances.
    """

    __slots__ = (
        "base", "beyond", "buffer", "fd", "found", "last", "last_of", "pixels", "size",
        "truncated", "wanted",
    )  # fmt: skip

    def __init__(
        self, fd: int, size: int, wanted: Collection[int], last_of: Mapping[bytes, int]
    ) -> None:
        self.fd = fd
        self.size = size
        self.wanted = wanted
        self.last_of = last_of
        self.last = _NO_LIMIT
        self.beyond = False
        self.base = 0
        self.buffer = os.read(fd, FIRST_READ)
        self.found: Found = {}
        self.pixels = False
        self.truncated = ""

    def refill(self, position: int, length: int) -> None:
        """Move the window so that `length` bytes from `position` on lie in it."""
        if length > _LARGEST_READ:
            raise OddBytesError
        self.base = position
        self.buffer = os.pread(self.fd, max(length, FIRST_READ), position)

    def walk(self, position: int, encoding: Encoding) -> None:
        """Walk the data set from `position` to the end of the file."""
        scan = self._scan_implicit if encoding.implicit else self._scan_explicit
        while position + 8 <= self.size:
            if not self.base <= position <= self.base + len(self.buffer) - 8:
                self.refill(position, FIRST_READ)
            position = self._step(scan, position, encoding)
            if self.beyond and position <= self.size:
                if self.is_whole(position - self.base, encoding):
                    return
                self.last, self.beyond = _NO_LIMIT, False
        if position > self.size and not self.truncated:
            self.truncated = f"{position - self.size} bytes are missing at the end"
        elif position < self.size and not self.truncated and self._tail_matters(position):
            raise OddBytesError

    def is_whole(self, pos: int, encoding: Encoding) -> bool:
        """Return whether Pixel Data that end where the file ends follow in the window.

        Then the file is whole, and the elements on the way need not be walked.
        """
        buffer = self.buffer
        at = buffer.find(_PIXEL_DATA, pos) if encoding.little and pos >= 0 else -1
        head = 8 if encoding.implicit else 12
        if at < 0 or at + head > len(buffer):
            return False
        if not encoding.implicit and buffer[at + 4 : at + 6] not in (b"OB", b"OW"):
            return False
        length = _little(buffer[at + head - 4 : at + head])
        if length == UNDEFINED:
            whole = os.pread(self.fd, 8, self.size - 8) == _SEQUENCE_END[True]
        else:
            end = self.base + at + head + length
            whole = end == self.size or self._is_padding(end, encoding)
        self.pixels = self.pixels or whole
        return whole

    def _is_padding(self, position: int, encoding: Encoding) -> bool:
        """Return whether Data Set Trailing Padding alone lies from `position` to the end."""
        if not position + 12 <= self.size <= position + FIRST_READ:
            return False
        tail = os.pread(self.fd, 12, position)
        if encoding.implicit:
            return tail[:4] == _PADDING and position + 8 + _little(tail[4:8]) == self.size
        return tail[:6] == _PADDING + b"OB" and position + 12 + _little(tail[8:]) == self.size

    def _tail_matters(self, position: int) -> bool:
        """Return whether the last few bytes are more than padding."""
        return any(os.pread(self.fd, self.size - position, position))

    def _step(self, scan: Callable[[int, Encoding], int], position: int, encoding: Encoding) -> int:
        """Scan as far as the window reaches, then past what does not fit in it."""
        reached = scan(position - self.base, encoding) + self.base
        if reached > position or reached >= self.size:
            return reached
        return self._large_or_unbounded(position, encoding)

    def _scan_explicit(self, pos: int, encoding: Encoding) -> int:  # noqa: C901 - the hot loop
        """Scan elements with explicit VR; stop where the window or the plain case ends."""
        buffer, wanted, found, last = self.buffer, self.wanted, self.found, self.last
        limit = len(buffer)
        latest_head = limit - 8
        unpack = _EXPLICIT_HEAD[encoding.little].unpack_from
        head_of = HEAD_LENGTH.get
        while pos <= latest_head:
            group, number, vr, length = unpack(buffer, pos)
            head = head_of(vr)
            if head == 12:
                if pos > limit - 12:
                    return pos
                length = _U32[encoding.little].unpack_from(buffer, pos + 8)[0]
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
                if tag == _SOP_CLASS_UID:
                    uid = buffer[start:pos].rstrip(b"\0 ")
                    last = self.last = self.last_of.get(uid, _NO_LIMIT)
            elif tag > last:
                self.beyond = True
                return start - head
            elif tag >= _FIRST_PIXEL_TAG and tag in PIXEL_TAGS:
                self.pixels = True
        return pos

    def _scan_implicit(self, pos: int, encoding: Encoding) -> int:  # noqa: ARG002 - one shape
        """Scan elements without VR; stop where the window or the plain case ends."""
        buffer, wanted, found = self.buffer, self.wanted, self.found
        limit = len(buffer)
        unpack = _IMPLICIT_HEAD.unpack_from
        last = self.last
        while pos + 8 <= limit:
            group, number, length = unpack(buffer, pos)
            if length == UNDEFINED:
                return pos
            start = pos + 8
            tag = group << 16 | number
            if tag in wanted:
                if start + length > limit:
                    return pos
                value = buffer[start : start + length]
                found[tag] = (vr_of(tag), value)
                if tag == _SOP_CLASS_UID:
                    last = self.last = self.last_of.get(value.rstrip(b"\0 "), _NO_LIMIT)
            elif tag > last:
                self.beyond = True
                return pos
            elif group == 0x7FE0 and tag in PIXEL_TAGS:
                self.pixels = True
            pos = start + length
        return pos

    def _large_or_unbounded(self, position: int, encoding: Encoding) -> int:
        """Pass the element at `position`, which the window cannot hold or bound."""
        if position != self.base or len(self.buffer) < min(12, self.size - position):
            self.refill(position, FIRST_READ)
        head = self._head(encoding)
        if head.undefined:
            if head.tag in PIXEL_TAGS:
                return self._fragments_end(position, head, encoding)
            return self._sequence_end(position, head, encoding)
        if position + head.stop > self.size:
            self.truncated = f"element ({head.tag >> 16:04X},{head.tag & 0xFFFF:04X}) is cut off"
            return self.size
        if head.tag in self.wanted:
            self.refill(position, head.stop)
            self.found[head.tag] = (head.vr, self.buffer[head.start : head.stop])
        return position + head.stop

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
                    self.truncated = "the last element is cut off"
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
        if head.tag in self.wanted:
            vr = b"SQ" if head.vr == b"UN" else head.vr
            self.found[head.tag] = (vr, self.buffer[head.start : end - 8])
        return position + end

    def _fragments_end(self, position: int, head: Element, encoding: Encoding) -> int:
        """Pass encapsulated Pixel Data (PS3.5 A.4) by its Items' lengths."""
        self.pixels = True
        end_mark = _SEQUENCE_END[encoding.little]
        if os.pread(self.fd, 8, self.size - 8) == end_mark:
            return self.size
        place = position + head.start
        while True:
            item = os.pread(self.fd, 8, place)
            if len(item) < 8:
                self.truncated = "the encapsulated Pixel Data has no end"
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
