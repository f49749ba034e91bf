"""The DICOM file format for data sets that lie in a file without it (PS3.10 7.1).

A File-set holds files in that format only. Nothing of the data set is changed: what
is lacking is laid before its bytes.
"""

from __future__ import annotations

import mmap
import os
import re
from typing import BinaryIO, Final, NamedTuple

from dicomdir_studio import errors
from dicomdir_studio.part10.directory_reader import EXPLICIT_VR_LITTLE_ENDIAN
from dicomdir_studio.part10.directory_writer import (
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION_NAME,
)
from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.header_walk import PREAMBLE
from dicomdir_studio.part10.transcode import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    Encoding,
    element_header,
    elements,
    encoded_element,
)
from dicomdir_studio.part10.vr import ANY_FORM
from dicomdir_studio.phrases import said

IMPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"
EXPLICIT_VR_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
_PREFIX: Final = b"\0" * 128 + b"DICM"
_IDENTIFIERS: Final = (0x00080016, 0x00080018)
_META_GROUP: Final = b"\x02\0"
_LOOKED_AT: Final = 1 << 16
_LAST_GROUP: Final = 0x00FF
_UID: Final = re.compile(rb"[0-9.]{1,64}\Z").match
_FRAGMENTS: Final = re.compile(
    rb"\xe0\x7f\x10\0(O[BW]\0\0)?\xff{4}|\x7f\xe0\0\x10O[BW]\0\0\xff{4}", re.DOTALL
).search
_SYNTAXES: Final = {
    IMPLICIT_LITTLE: IMPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_LITTLE: EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_BIG: EXPLICIT_VR_BIG_ENDIAN,
}


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
    with open(name, "rb") as file:
        begun = file.read(_LOOKED_AT)
        if not begun:
            raise _cut_short(name, said("The file is empty"))
        start = PREAMBLE if begun[128:132] == b"DICM" else 0
        meta, begin = _meta_in(begun, start)
        if meta and not start:
            return Framing(_PREFIX, 0, said("preamble and DICM prefix"))
        encoding = _encoding_at(begun, begin)
        found = _identifiers(begun, begin, encoding)
        if len(found) < len(_IDENTIFIERS) or not all(map(_UID, found.values())):
            if start and begun[begin : begin + 2] in (b"", _META_GROUP):
                raise _cut_short(name, said("The file is cut off or damaged before its data set"))
            raise _no_data_set(name, said("it has no SOP Class and Instance UID"))
        if _has_fragments(file):
            raise _no_data_set(name, said("its pixels are compressed, and it does not say how"))
    return Framing(_PREFIX + _meta_of(found, encoding), begin, said("File Meta Information"))


def _meta_in(begun: bytes, start: int) -> tuple[bool, int]:
    """Return whether File Meta Information with a transfer syntax begins, and where it ends."""
    place, stated = start, False
    try:
        while begun[place : place + 2] == _META_GROUP:
            element = element_header(begun, place, len(begun), EXPLICIT_LITTLE)
            stated = stated or (element.tag == 0x00020010 and element.stop > element.start)
            place = max(element.stop, place + 8)
    except EncodingError:
        return False, place
    return stated, place


def _encoding_at(begun: bytes, begin: int) -> Encoding:
    """Return how a data set is laid, by its first element."""
    if begun[begin + 4 : begin + 6] not in ANY_FORM:
        return IMPLICIT_LITTLE
    group = int.from_bytes(begun[begin : begin + 2], "little")
    return EXPLICIT_LITTLE if group <= _LAST_GROUP else EXPLICIT_BIG


def _identifiers(begun: bytes, begin: int, encoding: Encoding) -> dict[int, bytes]:
    """Return SOP Class and Instance UID of a data set, as far as it has them."""
    found: dict[int, bytes] = {}
    try:
        for element in elements(begun, begin, len(begun), encoding):
            if element.tag in _IDENTIFIERS:
                found[element.tag] = begun[element.start : element.stop].rstrip(b"\0 ")
            elif element.tag > _IDENTIFIERS[-1]:
                break
    except EncodingError:
        pass  # what comes before is enough, or there is no such data set
    return found


def _has_fragments(file: BinaryIO) -> bool:
    """Return whether a file has Pixel Data of undefined length (PS3.5 A.4)."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        return _FRAGMENTS(whole) is not None


def _cut_short(name: str, what: str) -> errors.NotDicomError:
    """Return the error for a file of which too little is there."""
    return errors.NotDicomError(
        what,
        where=name,
        why="PS3.10 7.1",
        remedy=said("Obtain it again from its source, or leave it out"),
    )


def _no_data_set(name: str, why: str) -> errors.NotDicomError:
    """Return the error for a file that no DICOM file can be made of."""
    return errors.NotDicomError(
        said("The file is not in the DICOM file format"),
        where=name,
        why=said("it lacks what PS3.10 7.1 requires, and {0}", why),
        remedy=said("Convert it to a DICOM file first"),
    )


def _meta_of(found: dict[int, bytes], encoding: Encoding) -> bytes:
    """Lay the File Meta Information of a data set (PS3.10 Table 7.1-1)."""
    syntax = _SYNTAXES[encoding]
    rest = b"".join(
        (
            encoded_element(0x00020001, b"OB", b"\0\1"),
            encoded_element(0x00020002, b"UI", found[_IDENTIFIERS[0]]),
            encoded_element(0x00020003, b"UI", found[_IDENTIFIERS[1]]),
            encoded_element(0x00020010, b"UI", syntax.encode("ascii")),
            encoded_element(0x00020012, b"UI", IMPLEMENTATION_CLASS_UID.encode("ascii")),
            encoded_element(0x00020013, b"SH", IMPLEMENTATION_VERSION_NAME.encode("ascii")),
        )
    )
    return encoded_element(0x00020000, b"UL", len(rest).to_bytes(4, "little")) + rest
