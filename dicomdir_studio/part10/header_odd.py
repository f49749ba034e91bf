"""Reads what breaks the plain rules the way pydicom does, whose tolerance is the measure."""

from __future__ import annotations

from io import FileIO
from typing import TYPE_CHECKING, Final, Literal

from dicomdir_studio import errors
from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import InstanceError, TruncatedFileError
from dicomdir_studio.part10.directory_reader import DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
from dicomdir_studio.part10.errors import ExcessError, NestingError
from dicomdir_studio.part10.header_walk import PIXEL_TAGS
from dicomdir_studio.part10.inflating import inflate
from dicomdir_studio.part10.transcode import MAX_DEPTH, elements
from dicomdir_studio.part10.vr import LONG_FORM, UNDEFINED
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydicom.dataset import Dataset

    from dicomdir_studio.part10.header import InstanceHeader

_PIXEL_DATA: Final = (b"\xe0\x7f\x10\0", b"\x7f\xe0\0\x10")
_META_WANTED: Final = frozenset((0x00020002, 0x00020003, 0x00020010))


class _DeflatedError(Exception):
    """A deflated data set begins where the file has been read to."""


class _NotToTheEnd(FileIO):
    """A file that is not read whole, which pydicom does to inflate it without a bound."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read so many bytes."""
        if size is None or size < 0:
            raise _DeflatedError
        return super().read(size) or b""


def read_by_pydicom(header: InstanceHeader, wanted: Collection[int]) -> None:
    """Read what is odd the way pydicom does, and keep the wanted elements.

    Raises
    ------
    NotDicomError
        If the file is not in the DICOM file format (PS3.10 7.1).
    InstanceError
        If pydicom cannot read it either.
    """
    try:
        with _NotToTheEnd(header.path) as file:
            try:
                dataset = pydicom.dcmread(file, defer_size=None, stop_before_pixels=True)
            except _DeflatedError:
                _read_inflated(header, file, wanted)
                return
            header.values = {}
            take_dataset(header, dataset, wanted)
            rest = file.read(12)
            if rest[:4] in _PIXEL_DATA:
                header.has_pixels = True
                header.truncated = _pixels_cut_off(rest, file.tell(), header.size)
    except pydicom.errors.InvalidDicomError as error:
        raise errors.NotDicomError(
            said("The file is not in the DICOM file format"),
            where=header.path,
            why=said("it has no preamble with the DICM prefix, PS3.10 7.1"),
            remedy=said("Convert it to a DICOM file first"),
        ) from error
    except OSError:
        raise
    except Exception as error:  # pydicom raises whatever its parsers stumble over
        raise damaged(header.path, error) from error


def _read_inflated(header: InstanceHeader, file: FileIO, wanted: Collection[int]) -> None:
    """Read a deflated data set that begins where `file` has been read to (PS3.5 A.5)."""
    data = inflate(file.readall(), header.size)
    stream = data.stream()
    dataset = pydicom.filereader.read_dataset(
        stream,
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=lambda tag, _vr, _length: tag in PIXEL_TAGS,
    )
    header.values = {}
    dataset.file_meta = pydicom.filereader.read_file_meta_info(header.path)
    take_dataset(header, dataset, wanted)
    header.transfer_syntax = DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
    reached = stream.tell()
    if data.head[reached : reached + 4] in _PIXEL_DATA:
        header.has_pixels = True
    elif data.clipped:
        message = "The deflated data set is out of all proportion before its Pixel Data"
        raise ExcessError(message)


def damaged(name: str, error: Exception) -> TruncatedFileError:
    """Return the error for a file that breaks the rules of encoding."""
    return TruncatedFileError(
        said("The file is damaged"), where=name, why=f"{type(error).__name__}: {error}"
    )


def _collect(header: InstanceHeader, data: bytes, wanted: Collection[int]) -> None:
    """Take the wanted elements of an Explicit VR Little Endian data set in memory."""
    for element in elements(data, 0, len(data)):
        if element.tag in wanted:
            header.values[element.tag] = (element.vr, data[element.start : element.stop])
        elif element.tag in PIXEL_TAGS:
            header.has_pixels = True


def _pixels_cut_off(rest: bytes, reached: int, size: int) -> str:
    """Return whether Pixel Data, whose head was just read, go on beyond the end of the file."""
    head = 12 if rest[4:6] in LONG_FORM else 8
    order: Literal["little", "big"] = "little" if rest[0] == 0xE0 else "big"
    length = int.from_bytes(rest[head - 4 : head], order)
    missing = reached - len(rest) + head + length - size
    if len(rest) < head or (missing > 0 and length != UNDEFINED):
        return said("{0:,} bytes are missing at the end", missing)
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
            said("An attribute that the directory record needs cannot be read"),
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
