"""Reads of a SOP Instance's file what Directory Records need, and no more.

One open, one `fstat` and one read serve an ordinary file; the read goes on only
where wanted elements lie further in. What breaks the plain rules is handed to
pydicom, whose tolerance is the measure.
"""

from __future__ import annotations

import os
import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Final, Literal

from dicomdir_studio import errors
from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import InstanceError, TruncatedFileError
from dicomdir_studio.part10.directory_reader import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    ENCODINGS,
    EXPLICIT_VR_LITTLE_ENDIAN,
)
from dicomdir_studio.part10.errors import EncodingError, NestingError
from dicomdir_studio.part10.header_walk import (
    FIRST_READ,
    PIXEL_TAGS,
    PREAMBLE,
    HeaderReader,
    OddBytesError,
)
from dicomdir_studio.part10.transcode import (
    EXPLICIT_LITTLE,
    MAX_DEPTH,
    Element,
    Encoding,
    elements,
    explicit_value,
)
from dicomdir_studio.part10.vr import LONG_FORM, UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydicom.dataset import Dataset

    from dicomdir_studio.part10.layout_memory import LayoutMemory
    from dicomdir_studio.part10.layout_run import WholeLayout

    Found = dict[int, tuple[bytes, bytes]]

_SOP_CLASS_UID: Final = 0x00080016
_PIXEL_DATA: Final = (b"\xe0\x7f\x10\0", b"\x7f\xe0\0\x10")
_META_WANTED: Final = frozenset((0x00020002, 0x00020003, 0x00020010))


class InstanceHeader:
    """What was read of one SOP Instance.

    Attributes
    ----------
    path : str
        The file, "" for a data set in memory.
    size, mtime_ns : int
        Its length in bytes and modification time when it was read.
    status : os.stat_result or None
        All that the file system said of the file then.
    transfer_syntax : str
        (0002,0010) Transfer Syntax UID.
    has_pixels : bool
        Whether Pixel Data of any kind is present.
    truncated : str
        Where the file is cut off, "" if it is whole.
    layout : WholeLayout or None
        How the file is proven to be laid, where that was remembered.
    window : bytes
        How it begins, if it has a `layout`.
    octets : int
        The same from the prefix on as a number, least significant byte first.
    """

    __slots__ = (
        "_values", "has_pixels", "layout", "mtime_ns", "octets", "path", "size", "status",
        "transfer_syntax", "truncated", "window",
    )  # fmt: skip

    def __init__(
        self, path: str, size: int, mtime_ns: int, status: os.stat_result | None = None
    ) -> None:
        self.path = path
        self.size = size
        self.mtime_ns = mtime_ns
        self.status = status
        self.transfer_syntax = ""
        self._values: Found | None = None
        self.has_pixels = False
        self.truncated = ""
        self.layout: WholeLayout | None = None
        self.window = b""
        self.octets = 0

    @property
    def values(self) -> Found:
        """VR and value of each wanted element that is present, as Explicit VR Little Endian."""
        if self._values is None:
            self._values = {} if self.layout is None else self.layout.values_in(self.window)
        return self._values

    @values.setter
    def values(self, values: Found) -> None:
        """Take other values."""
        self._values = values

    def text(self, tag: int) -> str:
        """Return an element of the default repertoire as text, "" where it has no value."""
        found = self.values.get(tag)
        return found[1].decode("latin-1").strip(" \0") if found else ""


def read_header(
    path: str | os.PathLike[str],
    wanted: Collection[int],
    memory: LayoutMemory | None = None,
) -> InstanceHeader:
    """Read the wanted elements of a DICOM file.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    wanted : collection of int
        Tags of the data set to keep; a frozenset makes it fastest.
    memory : LayoutMemory, optional
        Made for this very `wanted` and used for many files, which makes it faster; the
        result is the same.

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
        header = InstanceHeader(name, status.st_size, status.st_mtime_ns, status)
        window = os.read(fd, FIRST_READ)
        if memory is not None:
            memory = memory if memory.wanted is wanted else None
            if memory is not None and memory.recall(header, window):
                return header
        try:
            _read_plainly(fd, header, window, wanted, memory)
        except NestingError as error:
            raise _damaged(name, error) from error  # pydicom would take for ever over it
        except (OddBytesError, EncodingError, zlib.error, struct.error):
            _read_by_pydicom(header, wanted)
    except OSError as error:
        raise _unreadable(name, error) from error
    finally:
        os.close(fd)
    return header


def _unreadable(name: str, error: OSError) -> InstanceError:
    """Return the error for a file that the system does not let us read."""
    if isinstance(error, IsADirectoryError):
        return errors.NotDicomError(
            "This is a folder, not a file", where=name, remedy="Add it with Add folder"
        )
    return InstanceError(
        "The file cannot be read",
        where=name,
        why=error.strerror or str(error),
        remedy="Check that it exists and that you may read it",
    )


def _damaged(name: str, error: Exception) -> TruncatedFileError:
    """Return the error for a file that breaks the rules of encoding."""
    return TruncatedFileError(
        "The file is damaged", where=name, why=f"{type(error).__name__}: {error}"
    )


def _read_plainly(
    fd: int,
    header: InstanceHeader,
    window: bytes,
    wanted: Collection[int],
    memory: LayoutMemory | None,
) -> None:
    """Read a file that follows the rules; raise `OddBytesError` where it does not."""
    reader = HeaderReader(fd, header.size, wanted, window, memory)
    if window[128:132] != b"DICM":
        _refuse_foreign(header, window)
        raise OddBytesError
    position, syntax = reader.walk_meta(PREAMBLE)
    encoding = ENCODINGS.get(syntax, EXPLICIT_LITTLE)
    header.transfer_syntax = syntax
    if not syntax:
        raise OddBytesError
    if syntax == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN:
        _read_deflated(reader, position, header)
        return
    reader.walk(position, encoding)
    if _SOP_CLASS_UID in wanted and _SOP_CLASS_UID not in reader.found:
        reader.walk_meta_fully(PREAMBLE)  # it has the SOP Class too
    _take(reader, header, encoding)
    if memory is not None and encoding == EXPLICIT_LITTLE and reader.pixels and not reader.base:
        memory.learn(window, header.size, reader.found)


def _refuse_foreign(header: InstanceHeader, buffer: bytes) -> None:
    """Raise for a file that has neither a preamble nor anything like a data set."""
    group = int.from_bytes(buffer[:2], "little")
    if len(buffer) >= 8 and group in (0x0002, 0x0008):
        return
    if len(buffer) >= 8 and int.from_bytes(buffer[:2], "big") == 0x0008:
        return
    raise errors.NotDicomError(
        "The file is not a DICOM file" if header.size else "The file is empty",
        where=header.path,
        why="it has no DICM prefix, PS3.10 7.1",
    )


def _take(reader: HeaderReader, header: InstanceHeader, encoding: Encoding) -> None:
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


def _read_deflated(reader: HeaderReader, position: int, header: InstanceHeader) -> None:
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
        elif element.tag in PIXEL_TAGS:
            header.has_pixels = True


def _read_by_pydicom(header: InstanceHeader, wanted: Collection[int]) -> None:
    """Read what is odd the way pydicom does, and keep the wanted elements."""
    try:
        with open(header.path, "rb") as file:  # noqa: PTH123 - the path is a str here
            dataset = pydicom.dcmread(file, defer_size=None, stop_before_pixels=True)
            header.values = {}
            take_dataset(header, dataset, wanted)
            rest = file.read(12)
            if rest[:4] in _PIXEL_DATA:
                header.has_pixels = True
                header.truncated = _pixels_cut_off(rest, file.tell(), header.size)
    except pydicom.errors.InvalidDicomError as error:
        raise errors.NotDicomError(
            "The file is not in the DICOM file format",
            where=header.path,
            why="it has no preamble with the DICM prefix, PS3.10 7.1",
            remedy="Convert it to a DICOM file first",
        ) from error
    except OSError:
        raise
    except Exception as error:  # pydicom raises whatever its parsers stumble over
        raise _damaged(header.path, error) from error


def _pixels_cut_off(rest: bytes, reached: int, size: int) -> str:
    """Return whether Pixel Data, whose head was just read, go on beyond the end of the file."""
    head = 12 if rest[4:6] in LONG_FORM else 8
    order: Literal["little", "big"] = "little" if rest[0] == 0xE0 else "big"
    length = int.from_bytes(rest[head - 4 : head], order)
    missing = reached - len(rest) + head + length - size
    if len(rest) < head or (missing > 0 and length != UNDEFINED):
        return f"{missing} bytes are missing at the end"
    return ""


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
    part = pydicom.dataset.Dataset()
    for tag in dataset.keys() & set(wanted):
        part[tag] = dataset.get_item(tag)
    out = pydicom.filebase.DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, False
    charset = dataset.get("SpecificCharacterSet", "iso8859")
    try:
        pydicom.filewriter.write_dataset(out, _decoded(part, dataset), parent_encoding=charset)
    except Exception as error:
        raise InstanceError(
            "An attribute that the directory record needs cannot be read",
            where=header.path or None,
            why=f"{type(error).__name__}: {error}",
        ) from error
    _collect(header, out.getvalue(), wanted)
    header.has_pixels = header.has_pixels or any(tag in dataset for tag in PIXEL_TAGS)


def _decoded(part: Dataset, whole: Dataset) -> Dataset:
    """Return `part` with each raw element decoded in the context of `whole`."""
    decoded = pydicom.dataset.Dataset()
    for tag in sorted(part.keys()):
        decoded[tag] = whole[tag]
    _check_depth(decoded)
    return decoded


def _check_depth(dataset: Dataset, depth: int = 0) -> None:
    """Raise for nesting that would keep pydicom's writer busy for ever."""
    if depth > MAX_DEPTH:
        message = f"Sequences are nested deeper than {MAX_DEPTH}"
        raise NestingError(message)
    for tag in dataset.keys():  # noqa: SIM118 - iterating a Dataset decodes its elements
        if dataset.get_item(tag).VR in (None, "SQ", "UN") and dataset[tag].VR == "SQ":
            for item in dataset[tag].value or ():
                _check_depth(item, depth + 1)


def header_of_dataset(dataset: Dataset, wanted: Collection[int]) -> InstanceHeader:
    """Return the header of a data set in memory."""
    header = InstanceHeader("", 0, 0)
    take_dataset(header, dataset, wanted)
    return header


def encoded_file(dataset: Dataset) -> bytes:
    """Return a data set as the bytes of a DICOM file (PS3.10 7).

    Raises
    ------
    InstanceError
        If it cannot be encoded.
    """
    out = BytesIO()
    try:
        dataset.save_as(out, enforce_file_format=True)
    except Exception as error:  # pydicom raises whatever its writers stumble over
        raise InstanceError(
            "The data set cannot be written as a DICOM file",
            why=f"{type(error).__name__}: {error}",
            remedy="Complete it, or add the file that it came from",
        ) from error
    return out.getvalue()


__all__ = [
    "EXPLICIT_VR_LITTLE_ENDIAN",
    "InstanceHeader",
    "encoded_file",
    "header_of_dataset",
    "read_header",
]
