"""Reads back the ISO 9660 side of an image, independent of what wrote it (ECMA-119)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, BinaryIO, Final

from dicomdir_studio.media.errors import MediumVerificationError
from dicomdir_studio.media.targets.proving import UNREADABLE
from dicomdir_studio.standard.media import SECTOR_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomdir_studio.monitor import Monitor

_PRIMARY: Final = 16 * SECTOR_SIZE
_ROOT: Final = 156
_DIRECTORY: Final = 0x02
_BUFFER: Final = 1 << 20

Extents = dict[str, tuple[int, int]]


def digests_of(path: str, monitor: Monitor) -> dict[str, str]:
    """Return the SHA-256 of every file of an image, by name without version.

    A file that cannot be read has `proving.UNREADABLE` and the reason instead.

    Raises
    ------
    MediumVerificationError
        If the image is cut off or is none.
    """
    found: dict[str, str] = {}
    with open(path, "rb") as image:
        places = sorted(_extents(image, path).items(), key=lambda item: item[1])
        for name, (start, length) in places:
            digest = hashlib.sha256()
            try:
                for data in _pieces(image, path, start, length):
                    monitor.check()
                    digest.update(data)
                    monitor.advance(len(data), name)
            except MediumVerificationError:
                raise
            except OSError as error:
                # One bad sector is a fault of one file, and all of them are to be named.
                found[name] = f"{UNREADABLE}: {error.strerror or error}"
            else:
                found[name] = digest.hexdigest()
    return found


def read_files(path: str, names: Iterable[str]) -> dict[str, bytes]:
    """Return the content of some files of an image."""
    with open(path, "rb") as image:
        extents = _extents(image, path)
        return {
            name: b"".join(_pieces(image, path, *extents[name]))
            for name in names
            if name in extents
        }


def _extents(image: BinaryIO, path: str) -> Extents:
    """Return first byte and length of every file of an image."""
    descriptor = _at(image, path, _PRIMARY, SECTOR_SIZE)
    if descriptor[:6] != b"\x01CD001":
        raise MediumVerificationError(
            "The image has no Primary Volume Descriptor", where=path, why="ECMA-119 8.4"
        )
    found: Extents = {}
    seen: set[int] = set()
    stack = [("", *_place(descriptor[_ROOT : _ROOT + 34]))]
    while stack:
        folder, start, length = stack.pop()
        if start in seen:
            raise MediumVerificationError("A directory of the image holds itself", where=path)
        seen.add(start)
        for record in _records(_at(image, path, start, length)):
            name = record[33 : 33 + record[32]]
            if name in (b"\0", b"\1"):
                continue
            text = f"{folder}{name.decode('ascii', 'replace').partition(';')[0].rstrip('.')}"
            if record[25] & _DIRECTORY:
                stack.append((f"{text}/", *_place(record)))
            else:
                found[text] = _place(record)
    return found


def _records(data: bytes) -> Iterator[bytes]:
    """Yield the records of a directory; none crosses a sector (ECMA-119 6.8.1.1)."""
    for sector in range(0, len(data), SECTOR_SIZE):
        place = sector
        while place < sector + SECTOR_SIZE and data[place]:
            yield data[place : place + data[place]]
            place += data[place]


def _place(record: bytes) -> tuple[int, int]:
    """Return offset and length of the extent of a directory record (ECMA-119 9.1)."""
    start = int.from_bytes(record[2:6], "little") * SECTOR_SIZE
    return start, int.from_bytes(record[10:14], "little")


def _pieces(image: BinaryIO, path: str, start: int, length: int) -> Iterator[bytes]:
    """Yield the bytes of a file piece by piece."""
    for offset in range(0, length, _BUFFER):
        yield _at(image, path, start + offset, min(_BUFFER, length - offset))


def _at(image: BinaryIO, path: str, start: int, length: int) -> bytes:
    """Return bytes of the image; raise if it ends before."""
    image.seek(start)
    data = image.read(length)
    if len(data) != length:
        raise MediumVerificationError(
            "The image is cut off", where=path, why=f"it ends before byte {start + length:,}"
        )
    return data
