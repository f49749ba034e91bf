"""Reads of a SOP Instance's file what Directory Records need, and no more.

One open, one `fstat` and one read serve an ordinary file; the read goes on only
where wanted elements lie further in. What breaks the plain rules is passed to
pydicom, whose tolerance is the measure.
"""

from __future__ import annotations

import os
import stat
import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Final

from dicomdir_studio import errors
from dicomdir_studio.errors import FolderGivenError, InstanceError, MissingFileError
from dicomdir_studio.part10.directory_reader import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    ENCODINGS,
    EXPLICIT_VR_LITTLE_ENDIAN,
)
from dicomdir_studio.part10.errors import EncodingError, ExcessError, NestingError
from dicomdir_studio.part10.header_odd import damaged, read_by_pydicom, take_dataset
from dicomdir_studio.part10.header_walk import (
    FIRST_READ,
    PREAMBLE,
    HeaderReader,
    OddBytesError,
)
from dicomdir_studio.part10.inflating import inflate
from dicomdir_studio.part10.positional import read_at
from dicomdir_studio.part10.transcode import (
    EXPLICIT_LITTLE,
    Element,
    Encoding,
    explicit_value,
)
from dicomdir_studio.phrases import said
from dicomdir_studio.rereading import TRY_ELSEWHERE, medium_fails

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydicom.dataset import Dataset

    from dicomdir_studio.part10.layout_memory import LayoutMemory
    from dicomdir_studio.part10.layout_run import WholeLayout

    Found = dict[int, tuple[bytes, bytes]]

_OPEN: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_WAITING: Final = getattr(os, "O_NONBLOCK", 0)
_READABLE: Final = frozenset((stat.S_IFREG, stat.S_IFDIR))  # a folder is refused by its reading
_CHECK: Final = said("Check that it exists and that you may read it")
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
    descriptor: int | None = None,
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
    descriptor : int, optional
        The file, opened already, nothing of it read; it is closed here in any case.

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
    fd = _opened(name) if descriptor is None else descriptor
    try:
        status = os.fstat(fd)
        if stat.S_IFMT(status.st_mode) not in _READABLE:
            raise _endless(name)
        header = InstanceHeader(name, status.st_size, status.st_mtime_ns, status)
        window = os.read(fd, FIRST_READ)
        if len(window) < min(FIRST_READ, header.size):
            window = read_at(fd, FIRST_READ, 0, header.size)
        if memory is not None:
            memory = memory if memory.wanted is wanted else None
            if memory is not None and memory.recall(header, window):
                return header
        try:
            _read_plainly(fd, header, window, wanted, memory)
        except (NestingError, ExcessError) as error:
            raise damaged(name, error) from error  # pydicom would take for ever over it
        except (OddBytesError, EncodingError, zlib.error, struct.error):
            read_by_pydicom(header, wanted)
    except OSError as error:
        raise unreadable(name, error) from error
    finally:
        _close(fd)
    return header


def _opened(name: str) -> int:
    """Open a file; a pipe that nobody writes to is not waited for."""
    try:
        return _opened_at_once(name)
    except OSError as error:
        raise unreadable(name, error) from error
    except ValueError as error:  # a name that no file can have
        raise InstanceError(
            said("The file cannot be read"), where=repr(name), why=str(error), remedy=_CHECK
        ) from error


def _opened_at_once(name: str) -> int:
    """Open a file without waiting for anything but another program's lease of it."""
    try:
        return os.open(name, _OPEN | _NO_WAITING)
    except BlockingIOError:
        return os.open(name, _OPEN)


def _endless(name: str) -> InstanceError:
    """Return the error for what is no regular file."""
    return InstanceError(
        said("Only regular files can be added"), where=name, why=said("it is a device or pipe")
    )


def _close(fd: int) -> None:
    """Close what was read; a complaint of the system is of no consequence then."""
    try:
        os.close(fd)
    except OSError:
        return


def unreadable(name: str, error: OSError) -> InstanceError:
    """Return the error for a file that the system does not let us read."""
    if isinstance(error, IsADirectoryError):
        return FolderGivenError(
            said("This is a folder, not a file"), where=name, remedy=said("Add it with Add folder")
        )
    kind = MissingFileError if isinstance(error, FileNotFoundError) else InstanceError
    remedy = TRY_ELSEWHERE if medium_fails(error) else _CHECK
    return kind(
        said("The file cannot be read"), where=name, why=error.strerror or str(error), remedy=remedy
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
        said("The file is not a DICOM file") if header.size else said("The file is empty"),
        where=header.path,
        why=said("it has no DICM prefix, PS3.10 7.1"),
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
    """Inflate the data set as far as its Pixel Data and walk it in memory (PS3.5 A.5)."""
    data = inflate(reader.bytes_at(position, header.size - position), header.size)
    header.values = dict(reader.found)
    data.collect(header, reader.wanted)


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
            said("The data set cannot be written as a DICOM file"),
            why=f"{type(error).__name__}: {error}",
            remedy=said("Complete it, or add the file that it came from"),
        ) from error
    return out.getvalue()


__all__ = [
    "EXPLICIT_VR_LITTLE_ENDIAN",
    "InstanceHeader",
    "encoded_file",
    "header_of_dataset",
    "read_header",
    "unreadable",
]
