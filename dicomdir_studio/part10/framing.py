"""The DICOM file format for data sets that lie in a file without it (PS3.10 7.1).

A File-set holds files in that format only. Nothing of the data set is changed: what
is lacking is laid before its bytes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio import errors
from dicomdir_studio.deferred import pydicom
from dicomdir_studio.part10.directory_reader import EXPLICIT_VR_LITTLE_ENDIAN
from dicomdir_studio.part10.directory_writer import (
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION_NAME,
)
from dicomdir_studio.part10.header_walk import PIXEL_TAGS, PREAMBLE
from dicomdir_studio.part10.transcode import encoded_element

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

IMPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"
EXPLICIT_VR_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
_PREFIX: Final = b"\0" * 128 + b"DICM"
_IDENTIFIERS: Final = (0x00080016, 0x00080018)
_META_GROUP: Final = b"\x02\0"
_UNDEFINED: Final = b"\xff\xff\xff\xff"


class Framing(NamedTuple):
    """What makes a DICOM file of a bare data set.

    Attributes
    ----------
    head : bytes
        Preamble, prefix and File Meta Information, to be laid before the data set.
    begin : int
        Where the data set begins in the file as it is.
    lacking : str
        What the file lacks, in words.
    """

    head: bytes
    begin: int
    lacking: str


def framing_of(path: str | os.PathLike[str]) -> Framing:
    """Return what a file lacks to be in the DICOM file format.

    Parameters
    ----------
    path : str or os.PathLike
        A file with a data set, and without the DICM prefix or a transfer syntax.

    Raises
    ------
    NotDicomError
        If it holds no data set with a SOP Class and Instance UID, or its transfer
        syntax cannot be told from its bytes.
    """
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:  # noqa: PTH123 - the path is a str here
            begun = file.read(PREAMBLE + 4)
            file.seek(0)
            dataset = pydicom.dcmread(file, force=True, stop_before_pixels=True)
            pixels = file.read(12)
    except OSError:
        raise
    except Exception as error:  # pydicom raises whatever its parsers stumble over
        raise _no_data_set(name, f"{type(error).__name__}: {error}") from error
    prefixed = begun[128:132] == b"DICM"
    bare = begun[132:134] if prefixed else begun[:2]
    if bare == _META_GROUP and not prefixed and dataset.file_meta.get("TransferSyntaxUID"):
        return Framing(_PREFIX, 0, "preamble and DICM prefix")
    if any(tag not in dataset or not dataset[tag].value for tag in _IDENTIFIERS):
        raise _no_data_set(name, "it has no SOP Class and Instance UID")
    if _is_encapsulated(pixels):
        raise _no_data_set(name, "its pixels are compressed, and it does not say how")
    begin = PREAMBLE if prefixed else 0
    if bare == _META_GROUP:
        begin = _end_of_meta(name, begin)
    return Framing(_PREFIX + _meta_of(dataset), begin, "File Meta Information")


def _no_data_set(name: str, why: str) -> errors.NotDicomError:
    """Return the error for a file that no DICOM file can be made of."""
    return errors.NotDicomError(
        "The file is not in the DICOM file format",
        where=name,
        why=f"it lacks what PS3.10 7.1 asks for, and {why}",
        remedy="Convert it to a DICOM file first",
    )


def _is_encapsulated(pixels: bytes) -> bool:
    """Return whether the Pixel Data that an element begins are of undefined length."""
    tag = int.from_bytes(pixels[:2], "little") << 16 | int.from_bytes(pixels[2:4], "little")
    return tag in PIXEL_TAGS and _UNDEFINED in (pixels[4:8], pixels[8:12])


def _end_of_meta(name: str, begin: int) -> int:
    """Return where the File Meta Information that begins at some place ends."""
    with open(name, "rb") as file:  # noqa: PTH123 - the path is a str here
        file.seek(begin)
        pydicom.filereader._read_file_meta_info(file)  # noqa: SLF001 - it has no public name
        return file.tell()


def _syntax_of(dataset: Dataset) -> str:
    """Return the transfer syntax in which a data set was read."""
    implicit, little = dataset.original_encoding
    if implicit:
        return IMPLICIT_VR_LITTLE_ENDIAN
    return EXPLICIT_VR_LITTLE_ENDIAN if little else EXPLICIT_VR_BIG_ENDIAN


def _meta_of(dataset: Dataset) -> bytes:
    """Lay the File Meta Information of a data set (PS3.10 Table 7.1-1)."""
    rest = b"".join(
        (
            encoded_element(0x00020001, b"OB", b"\0\1"),
            encoded_element(0x00020002, b"UI", str(dataset.SOPClassUID).encode("ascii")),
            encoded_element(0x00020003, b"UI", str(dataset.SOPInstanceUID).encode("ascii")),
            encoded_element(0x00020010, b"UI", _syntax_of(dataset).encode("ascii")),
            encoded_element(0x00020012, b"UI", IMPLEMENTATION_CLASS_UID.encode("ascii")),
            encoded_element(0x00020013, b"SH", IMPLEMENTATION_VERSION_NAME.encode("ascii")),
        )
    )
    return encoded_element(0x00020000, b"UL", len(rest).to_bytes(4, "little")) + rest
