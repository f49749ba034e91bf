"""Recognizes what holds File-sets: disc images and ZIP archives, and folders with a DICOMDIR."""

from __future__ import annotations

import os
import re
from typing import Final

from dicomdir_studio.storage import from_os_error

_SECTOR: Final = 2048
_DESCRIPTORS: Final = range(16, 32)
_IMAGE_MARKS: Final = (b"CD001", b"BEA01", b"NSR02", b"NSR03")
_DICOMDIR_NAME: Final = re.compile(r"dicomdir\.?(;\d+)?", re.IGNORECASE).fullmatch


def is_container(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a disc image or a ZIP archive, by what is in it."""
    import zipfile  # noqa: PLC0415 - takes two milliseconds, and folders are the rule

    try:
        return bool(marks_of(path)) or zipfile.is_zipfile(path)
    except OSError:
        return False


def marks_of(path: str | os.PathLike[str]) -> set[bytes]:
    """Return the volume descriptors of ISO 9660 and UDF that a file has (ECMA-119, -167)."""
    found = set()
    with open(path, "rb") as file:
        for sector in _DESCRIPTORS:
            file.seek(sector * _SECTOR + 1)
            found.add(file.read(5))
    return found.intersection(_IMAGE_MARKS)


def find_dicomdirs(folder: str | os.PathLike[str]) -> list[str]:
    """Return every DICOMDIR at or below a folder, under whatever case copies gave it.

    Those nearest to the folder come first. Links to other folders are not followed.

    Raises
    ------
    StorageError
        If none is found, and a folder that may hold one cannot be read.
    """
    found: list[tuple[int, str]] = []
    unread: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unread.append):
        folders.sort()
        depth = place.count(os.sep)
        found += [(depth, os.path.join(place, name)) for name in names if _DICOMDIR_NAME(name)]
    if unread and not found and os.path.isdir(folder):
        raise from_os_error(unread[0], unread[0].filename or folder) from unread[0]
    return [path for _, path in sorted(found)]
