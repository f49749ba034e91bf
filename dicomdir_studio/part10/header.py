"""Reads of a SOP Instance's file what Directory Records need, and no more.

One open, one `fstat` and one read serve an ordinary file; the read goes on only
where wanted elements lie further in. What breaks the plain rules is handed to
pydicom, whose tolerance is the measure.
"""

from __future__ import annotations

import os
import zlib
from io import BytesIO
from struct import Struct
from typing import TYPE_CHECKING, Final

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from dicomdir_studio.errors import InstanceError, NotDicomError, TruncatedFileError
from dicomdir_studio.part10.directory_reader import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    ENCODINGS,
    EXPLICIT_VR_LITTLE_ENDIAN,
)
from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.transcode import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    Element,
    Encoding,
    elements,
    explicit_value,
    sequence_end,
    vr_of,
)
from dicomdir_studio.part10.vr import ANY_FORM, LONG_FORM, UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    Found = dict[int, tuple[bytes, bytes]]

FIRST_READ: Final = 8192
_LARGEST_READ: Final = 1 << 28
_PREAMBLE: Final = 132
_PIXEL_TAGS: Final = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
_META_WANTED: Final = frozenset((0x00020002, 0x00020003, 0x00020010))
_EXPLICIT_HEAD: Final = {True: Struct("<HH2sH"), False: Struct(">HH2sH")}
_IMPLICIT_HEAD: Final = Struct("<HHL")
_U32: Final = {True: Struct("<L"), False: Struct(">L")}
_SEQUENCE_END: Final = {True: b"\xfe\xff\xdd\xe0\0\0\0\0", False: b"\xff\xfe\xe0\xdd\0\0\0\0"}


class _OddBytesError(Exception):
    """The bytes are not plain; pydicom decides about them."""


class InstanceHeader:
    """What was read of one SOP Instance.

    Attributes
    ----------
    path : str
        The file, "" for a data set in memory.
    size, mtime_ns : int
        Its length in bytes and modification time when it was read.
    transfer_syntax : str
        (0002,0010) Transfer Syntax UID.
    values : dict of int to (bytes, bytes)
        VR and value of each wanted element that is present, as Explicit VR
        Little Endian has it.
    has_pixels : bool
        Whether Pixel Data of any kind is present.
    truncated : str
        Where the file is cut off, "" if it is whole.
    """

    __slots__ = ("has_pixels", "mtime_ns", "path", "size", "transfer_syntax", "truncated", "values")

    def __init__(self, path: str, size: int, mtime_ns: int) -> None:
        self.path = path
        self.size = size
        self.mtime_ns = mtime_ns
        self.transfer_syntax = ""
        self.values: Found = {}
        self.has_pixels = False
        self.truncated = ""

    def text(self, tag: int) -> str:
        """Return an element of the default repertoire as text, "" where it has no value."""
        found = self.values.get(tag)
        return found[1].decode("latin-1").strip(" \0") if found else ""


class _Reader:
    """Walks the elements of one open file through a window of its bytes."""

    __slots__ = ("base", "buffer", "fd", "found", "pixels", "size", "truncated", "wanted")

    def __init__(self, fd: int, size: int, wanted: Collection[int]) -> None:
        self.fd = fd
        self.size = size
        self.wanted = wanted
        self.base = 0
        self.buffer = os.read(fd, FIRST_READ)
        self.found: Found = {}
        self.pixels = False
        self.truncated = ""

    def refill(self, position: int, length: int) -> None:
        """Move the window so that `length` bytes from `position` on lie in it."""
        if length > _LARGEST_READ:
            raise _OddBytesError
        self.base = position
        self.buffer = os.pread(self.fd, max(length, FIRST_READ), position)

    def walk(self, position: int, encoding: Encoding) -> None:
        """Walk the data set from `position` to the end of the file."""
        scan = self._scan_implicit if encoding.implicit else self._scan_explicit
        while position + 8 <= self.size:
            if not self.base <= position <= self.base + len(self.buffer) - 8:
                self.refill(position, FIRST_READ)
            position = self._step(scan, position, encoding)
        if position > self.size and not self.truncated:
            self.truncated = f"{position - self.size} bytes are missing at the end"
        elif position < self.size and not self.truncated and self._tail_matters(position):
            raise _OddBytesError

    def _tail_matters(self, position: int) -> bool:
        """Return whether the last few bytes are more than padding."""
        return any(os.pread(self.fd, self.size - position, position))

    def _step(self, scan: Callable[[int, Encoding], int], position: int, encoding: Encoding) -> int:
        """Scan as far as the window reaches, then past what does not fit in it."""
        reached = scan(position - self.base, encoding) + self.base
        if reached > position or reached >= self.size:
            return reached
        return self._large_or_unbounded(position, encoding)

    def _scan_explicit(self, pos: int, encoding: Encoding) -> int:
        """Scan elements with explicit VR; stop where the window or the plain case ends."""
        buffer, wanted, found = self.buffer, self.wanted, self.found
        limit = len(buffer)
        unpack = _EXPLICIT_HEAD[encoding.little].unpack_from
        unpack_length = _U32[encoding.little].unpack_from
        while pos + 8 <= limit:
            group, number, vr, length = unpack(buffer, pos)
            start = pos + 8
            if vr in LONG_FORM:
                start = pos + 12
                if start > limit:
                    return pos
                length = unpack_length(buffer, pos + 8)[0]
                if length == UNDEFINED:
                    return pos
            elif vr not in ANY_FORM:
                raise _OddBytesError
            tag = group << 16 | number
            if tag in wanted:
                if start + length > limit:
                    return pos
                found[tag] = (vr, buffer[start : start + length])
            elif group == 0x7FE0 and tag in _PIXEL_TAGS:
                self.pixels = True
            pos = start + length
        return pos

    def _scan_implicit(self, pos: int, encoding: Encoding) -> int:  # noqa: ARG002 - one shape
        """Scan elements without VR; stop where the window or the plain case ends."""
        buffer, wanted, found = self.buffer, self.wanted, self.found
        limit = len(buffer)
        unpack = _IMPLICIT_HEAD.unpack_from
        while pos + 8 <= limit:
            group, number, length = unpack(buffer, pos)
            if length == UNDEFINED:
                return pos
            start = pos + 8
            tag = group << 16 | number
            if tag in wanted:
                if start + length > limit:
                    return pos
                found[tag] = (vr_of(tag), buffer[start : start + length])
            elif group == 0x7FE0 and tag in _PIXEL_TAGS:
                self.pixels = True
            pos = start + length
        return pos

    def _large_or_unbounded(self, position: int, encoding: Encoding) -> int:
        """Pass the element at `position`, which the window cannot hold or bound."""
        if position != self.base or len(self.buffer) < min(12, self.size - position):
            self.refill(position, FIRST_READ)
        head = self._head(encoding)
        if head.undefined:
            if head.tag in _PIXEL_TAGS:
                return self._fragments_end(position, head, encoding)
            return self._sequence_end(position, head, encoding)
        if position + head.stop > self.size:
            self.truncated = f"element ({head.tag >> 16:04X},{head.tag & 0xFFFF:04X}) is cut off"
            return self.size
        self.refill(position, head.stop)
        if head.tag in self.wanted:
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
            except EncodingError:
                if position + len(self.buffer) >= self.size:
                    raise _OddBytesError from None
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
                raise _OddBytesError
            place += 8 + int.from_bytes(item[4:], "little")


def read_header(path: str | os.PathLike[str], wanted: Collection[int]) -> InstanceHeader:
    """Read the wanted elements of a DICOM file.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    wanted : collection of int
        Tags of the data set to keep; a frozenset makes it fastest.

    Returns
    -------
    InstanceHeader

    Raises
    ------
    NotDicomError
        If the file is not in the DICOM file format (PS3.10 7.1).
    InstanceError
        If it cannot be read, by the file system or by its encoding.
    """
    name = os.fspath(path)
    try:
        fd = os.open(name, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise _unreadable(name, error) from error
    try:
        status = os.fstat(fd)
        header = InstanceHeader(name, status.st_size, status.st_mtime_ns)
        try:
            _read_plainly(fd, header, wanted)
        except (_OddBytesError, EncodingError, zlib.error):
            _read_by_pydicom(header, wanted)
    except OSError as error:
        raise _unreadable(name, error) from error
    finally:
        os.close(fd)
    return header


def _unreadable(name: str, error: OSError) -> InstanceError:
    """Return the error for a file that the system does not let us read."""
    if isinstance(error, IsADirectoryError):
        return NotDicomError(
            "This is a folder, not a file", where=name, remedy="Add it with Add folder"
        )
    return InstanceError(
        "The file cannot be read",
        where=name,
        why=error.strerror or str(error),
        remedy="Check that it exists and that you may read it",
    )


def _read_plainly(fd: int, header: InstanceHeader, wanted: Collection[int]) -> None:
    """Read a file that follows the rules; raise `_OddBytesError` where it does not."""
    reader = _Reader(fd, header.size, wanted)
    buffer = reader.buffer
    if buffer[128:132] != b"DICM":
        _refuse_foreign(header, buffer)
        raise _OddBytesError
    position, syntax = _walk_meta(reader, _PREAMBLE)
    encoding = ENCODINGS.get(syntax, EXPLICIT_LITTLE)
    header.transfer_syntax = syntax
    if not syntax:
        raise _OddBytesError
    if syntax == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN:
        _read_deflated(reader, position, header)
        return
    reader.walk(position, encoding)
    _take(reader, header, encoding)


def _refuse_foreign(header: InstanceHeader, buffer: bytes) -> None:
    """Raise for a file that has neither a preamble nor anything like a data set."""
    group = int.from_bytes(buffer[:2], "little")
    if len(buffer) >= 8 and group in (0x0002, 0x0008):
        return
    if len(buffer) >= 8 and int.from_bytes(buffer[:2], "big") == 0x0008:
        return
    raise NotDicomError(
        "The file is not a DICOM file" if header.size else "The file is empty",
        where=header.path,
        why="it has no DICM prefix, PS3.10 7.1",
    )


def _walk_meta(reader: _Reader, position: int) -> tuple[int, str]:
    """Read the File Meta Information; return where it ends and the transfer syntax."""
    found: Found = {}
    while True:
        buffer, pos = reader.buffer, position - reader.base
        if pos + 12 > len(buffer):
            if position + 12 > reader.size:
                break
            reader.refill(position, FIRST_READ)
            continue
        group, number, vr, length = _EXPLICIT_HEAD[True].unpack_from(buffer, pos)
        if group != 2:
            break
        start = pos + 8
        if vr in LONG_FORM:
            length, start = _U32[True].unpack_from(buffer, pos + 8)[0], pos + 12
        elif vr not in ANY_FORM:
            raise _OddBytesError
        if group << 16 | number in _META_WANTED:
            found[group << 16 | number] = (vr, buffer[start : start + length])
        position = reader.base + start + length
    reader.found.update(found)
    syntax = found.get(0x00020010, (b"", b""))[1]
    return position, syntax.decode("latin-1").strip(" \0")


def _take(reader: _Reader, header: InstanceHeader, encoding: Encoding) -> None:
    """Hand what the reader found to the header, turned to Explicit Little Endian."""
    header.has_pixels = reader.pixels
    header.truncated = reader.truncated
    if encoding == EXPLICIT_LITTLE:
        header.values = reader.found
        return
    turned = header.values
    for tag, (vr, value) in reader.found.items():
        if tag >> 16 == 2:
            turned[tag] = (vr, value)
            continue
        element = Element(tag, vr, 0, len(value), undefined=False)
        turned[tag] = (vr, explicit_value(value, element, encoding))


def _read_deflated(reader: _Reader, position: int, header: InstanceHeader) -> None:
    """Inflate the data set and walk it in memory (PS3.5 A.5)."""
    body = os.pread(reader.fd, header.size - position, position)
    data = zlib.decompress(body, -zlib.MAX_WBITS)
    header.values = dict(reader.found)
    _collect(header, data, reader.wanted)


def _collect(header: InstanceHeader, data: bytes, wanted: Collection[int]) -> None:
    """Take the wanted elements of an Explicit VR Little Endian data set in memory."""
    for element in elements(data, 0, len(data)):
        if element.tag in wanted:
            header.values[element.tag] = (element.vr, data[element.start : element.stop])
        elif element.tag in _PIXEL_TAGS:
            header.has_pixels = True


def _read_by_pydicom(header: InstanceHeader, wanted: Collection[int]) -> None:
    """Read what is odd the way pydicom does, and keep the wanted elements."""
    try:
        with open(header.path, "rb") as file:  # noqa: PTH123 - the path is a str here
            dataset = pydicom.dcmread(file, defer_size=None, stop_before_pixels=True)
            header.values = {}
            take_dataset(header, dataset, wanted)
            rest = file.read(4)
    except InvalidDicomError as error:
        raise NotDicomError(
            "The file is not in the DICOM file format",
            where=header.path,
            why="it has no preamble with the DICM prefix, PS3.10 7.1",
            remedy="Convert it to a DICOM file first",
        ) from error
    except OSError:
        raise
    except Exception as error:  # pydicom raises whatever its parsers stumble over
        raise TruncatedFileError(
            "The file is damaged",
            where=header.path,
            why=f"{type(error).__name__}: {error}",
        ) from error
    header.has_pixels = header.has_pixels or rest in (b"\xe0\x7f\x10\0", b"\x7f\xe0\0\x10")


def take_dataset(header: InstanceHeader, dataset: Dataset, wanted: Collection[int]) -> None:
    """Take the wanted elements of a pydicom data set into `header`.

    Raises
    ------
    InstanceError
        If a wanted value cannot be encoded.
    """
    meta = getattr(dataset, "file_meta", None)
    if meta is not None:
        header.transfer_syntax = str(meta.get("TransferSyntaxUID", "") or "")
        for tag in _META_WANTED:
            if tag in meta and meta[tag].value:
                header.values[tag] = (b"UI", str(meta[tag].value).encode("latin-1"))
    part = Dataset()
    for tag in dataset.keys() & set(wanted):
        part[tag] = dataset.get_item(tag)
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, False
    charset = dataset.get("SpecificCharacterSet", "iso8859")
    try:
        write_dataset(out, _decoded(part, dataset), parent_encoding=charset)
    except Exception as error:
        raise InstanceError(
            "An attribute that the directory record needs cannot be read",
            where=header.path or None,
            why=f"{type(error).__name__}: {error}",
        ) from error
    _collect(header, out.getvalue(), wanted)
    header.has_pixels = header.has_pixels or any(tag in dataset for tag in _PIXEL_TAGS)


def _decoded(part: Dataset, whole: Dataset) -> Dataset:
    """Return `part` with each raw element decoded in the context of `whole`."""
    decoded = Dataset()
    for tag in sorted(part.keys()):
        decoded[tag] = whole[tag]
    return decoded


def header_of_dataset(dataset: Dataset, wanted: Collection[int]) -> InstanceHeader:
    """Return the header of a data set in memory."""
    header = InstanceHeader("", 0, 0)
    take_dataset(header, dataset, wanted)
    return header


def encoded_file(dataset: Dataset) -> bytes:
    """Return a data set as the bytes of a DICOM file (PS3.10 7)."""
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


__all__ = [
    "EXPLICIT_VR_LITTLE_ENDIAN",
    "InstanceHeader",
    "encoded_file",
    "header_of_dataset",
    "read_header",
]
