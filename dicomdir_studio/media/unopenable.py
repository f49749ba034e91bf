"""Files that hold a medium in a form that cannot be read here: cut off, packed, or raw."""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from dicomdir_studio.errors import StorageError
from dicomdir_studio.phrases import said

SECTOR: Final = 2048
_HEAD: Final = 512
_DICM: Final = slice(128, 132)
_TRAILER: Final = 512
_VOLUME: Final = 16 * SECTOR
_IMAGE_SUFFIXES: Final = (".iso", ".udf")

_AGAIN: Final = said("Obtain it again from its source")
_UNPACK: Final = said("Unpack it with another program, and open the folder")


class _Form(NamedTuple):
    """A form that a file may have, and what tells it."""

    mark: bytes
    place: int
    what: str
    why: str | None
    remedy: str


def _packed(mark: bytes, what: str, place: int = 0) -> _Form:
    """Return a form that another program unpacks."""
    why = said("File-sets can be opened from folders, disc images and ZIP archives")
    return _Form(mark, place, what, why, _UNPACK)


_FORMS: Final = (
    _Form(
        b"PK\3\4",
        0,
        said("The ZIP archive is cut off or damaged"),
        said("its end, which lists its files, is missing"),
        said(
            "Obtain it again from its source. If that is impossible, unpack what is left of it "
            "with 7-Zip and open the folder; note what 7-Zip reports as missing"
        ),
    ),
    _Form(
        b"PK\7\x08",
        0,
        said("The file is one part of a divided ZIP archive"),
        None,
        said("Unpack all parts together with another program, and open the folder"),
    ),
    _packed(b"7z\xbc\xaf\x27\x1c", said("The file is a 7z archive")),
    _packed(b"Rar!\x1a\x07", said("The file is a RAR archive")),
    _packed(b"ustar", said("The file is a TAR archive"), 257),
    _packed(b"\x1f\x8b\x08", said("The file is packed by gzip")),
    _packed(b"\x1f\x9d", said("The file is packed by compress")),
    _packed(b"BZh", said("The file is packed by bzip2")),
    _packed(b"\xfd7zXZ\0", said("The file is packed by xz")),
    _packed(b"\x28\xb5\x2f\xfd", said("The file is packed by Zstandard")),
    _Form(
        b"\0" + b"\xff" * 10 + b"\0",
        0,
        said("The file is an image of the raw sectors of a disc"),
        said("BIN, IMG or MDF, not ISO"),
        said("Turn it into an ISO image with another program, or open the disc itself"),
    ),
)


def why_not_opened(path: str | os.PathLike[str]) -> StorageError | None:
    """Return the error for a file that is no DICOMDIR, but may well hold a medium.

    To be asked of what is neither a disc image nor a ZIP archive as far as it can be read.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    StorageError or None
        What it is, and what to do; None if it is a DICOM file, none of these, or cannot be read.
    """
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            head = file.read(_HEAD)
            length = file.seek(0, os.SEEK_END)
            file.seek(max(length - _TRAILER, 0))
            is_dmg = file.read(4) == b"koly"
    except OSError:
        return None
    if head[_DICM] == b"DICM":  # whatever its preamble makes of it, PS3.10 7.1
        return None
    for form in _FORMS:
        if head.startswith(form.mark, form.place):
            return StorageError(form.what, where=name, why=form.why, remedy=form.remedy)
    if is_dmg:
        return StorageError(
            said("The file is a disk image of macOS"),
            where=name,
            why=said("DMG, not ISO"),
            remedy=said("Open it on a Mac, and open the volume that appears"),
        )
    if head and name.lower().endswith(_IMAGE_SUFFIXES):
        return StorageError(
            said("The disc image is cut off or damaged"),
            where=name,
            why=said("no ISO 9660 or UDF file system begins in its {0:,} bytes", length),
            remedy=_AGAIN,
        )
    return None


def shortened(path: str | os.PathLike[str]) -> StorageError | None:
    """Return the error for an ISO image that is shorter than its volume (ECMA-119 8.4.8).

    Parameters
    ----------
    path : path-like
        The image.

    Returns
    -------
    StorageError or None
        How much is there of how much; None if it is whole, or does not say.
    """
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            file.seek(_VOLUME)
            volume = file.read(SECTOR)
            length = file.seek(0, os.SEEK_END)
    except OSError:
        return None
    if volume[1:6] != b"CD001":
        return None
    blocks, size = volume[80:84], volume[128:130]
    whole = int.from_bytes(blocks, "little") * int.from_bytes(size, "little")
    if length >= whole:
        return None
    return StorageError(
        said("The disc image is cut off"),
        where=name,
        why=said("{0:,} of its {1:,} bytes are there", length, whole),
        remedy=_AGAIN,
    )
