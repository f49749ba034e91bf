"""What stands in the partition beside the files: file set, file entries, directories (4/14)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from dicomdir_studio.media.udf.fields import (
    SECTOR,
    character_set,
    developer,
    domain,
    identifier,
    long_address,
    short_address,
    tagged,
    text_field,
    timestamp,
)
from dicomdir_studio.media.udf.layout import (
    LARGEST_EXTENT,
    aligned,
    blocks_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.media.udf.layout import Layout
    from dicomdir_studio.media.udf.volume import Naming

_FILE_SET, _FILE_IDENTIFIER, _TERMINATING = 256, 257, 8
_FILE_ENTRY, _EXTENDED_FILE_ENTRY = 261, 266
_DIRECTORY, _FILE, _METADATA, _METADATA_MIRROR = 4, 5, 250, 251
_IS_DIRECTORY, _IS_PARENT = 0x02, 0x08
_SHORT, _LONG = 0, 1
_ALL_READ: Final = 0x1084
_ALL_ENTER: Final = 0x14A5
_NOBODY: Final = 0xFFFF_FFFF
_LEVEL: Final = 3
"""Interchange level of every file set (UDF 2.3.2.1)."""


class Entries:
    """Makes the blocks of an image's metadata, from its first to its last.

    Parameters
    ----------
    layout : Layout
        Where everything lies.
    naming : Naming
        The properties of the volume.
    """

    def __init__(self, layout: Layout, naming: Naming) -> None:
        self._layout = layout
        self._naming = naming
        self._time = timestamp(naming.seconds)
        self._developer = developer()
        self._version = layout.revision.tag_version
        self._partition = layout.metadata_partition
        self._is_extended = layout.revision.has_metadata_partition

    def blocks(self) -> Iterator[bytes]:
        """Yield all blocks of the metadata in pieces of whole blocks."""
        yield self._file_set()
        yield self._padded(tagged(_TERMINATING, self._version, 1, bytes(496)))
        made = 2
        for path, (inner, held) in self._layout.tree.items():
            place = self._layout.folders[path]
            yield self._folder(path, len(inner))
            yield self._padded(self._directory(path, inner, held))
            made += 1 + blocks_of(place.length)
            for name in held:
                yield self._file(f"{path}/{name}" if path else name)
            made += len(held)
        yield bytes((self._layout.sections.metadata_length - made) * SECTOR)

    def of_metadata(self, *, mirror: bool) -> bytes:
        """Return the entry of the metadata file or of its mirror (UDF 2.50 2.2.13.1)."""
        parts = self._layout.sections
        first = parts.mirror if mirror else parts.metadata
        length = parts.metadata_length * SECTOR
        places = [short_address(size, block) for size, block in _extents(first, length)]
        kind = _METADATA_MIRROR if mirror else _METADATA
        block = parts.mirror_entry if mirror else 0
        head = self._head(kind, 0, _SHORT) + self._counts(length, length)
        return self._padded(self._entry(block, head, 0, b"".join(places)))

    def _file_set(self) -> bytes:
        """Return the file set descriptor (ECMA-167 4/14.1)."""
        name = self._naming.name
        body = (
            self._time
            + struct.pack("<HH4I", _LEVEL, _LEVEL, 1, 1, 0, 0)
            + character_set()
            + text_field(name, 128)
            + character_set()
            + text_field(name, 32)
            + bytes(64)
            + long_address(SECTOR, self._layout.folders[""].entry, self._partition)
            + domain(self._layout.revision.code)
            + bytes(48)
        )
        return self._padded(tagged(_FILE_SET, self._version, 0, body))

    def _folder(self, path: str, folders: int) -> bytes:
        """Return the entry of a folder; it is named once itself and once by each one in it."""
        place = self._layout.folders[path]
        head = self._head(_DIRECTORY, folders + 1, self._kind_of_address)
        head += self._counts(place.length, aligned(place.length, SECTOR))
        address = self._addresses(place.directory, place.length, self._partition)
        return self._padded(self._entry(place.entry, head, place.unique, address))

    def _file(self, path: str) -> bytes:
        """Return the entry of a file."""
        place = self._layout.files[path]
        head = self._head(_FILE, 1, self._kind_of_address)
        head += self._counts(place.size, aligned(place.size, SECTOR))
        address = self._addresses(place.content, place.size, 0)
        return self._padded(self._entry(place.entry, head, place.unique, address))

    @property
    def _kind_of_address(self) -> int:
        """Long where files and directories are not in one partition, short else."""
        return _LONG if self._is_extended else _SHORT

    def _addresses(self, block: int, length: int, partition: int) -> bytes:
        """Return where a content lies."""
        if self._is_extended:
            places = [long_address(size, at, partition) for size, at in _extents(block, length)]
        else:
            places = [short_address(size, at) for size, at in _extents(block, length)]
        return b"".join(places)

    def _head(self, kind: int, links: int, addresses: int) -> bytes:
        """Return what begins an entry: ICB tag, owner, permissions (ECMA-167 4/14.6, 14.9)."""
        rights = {_DIRECTORY: _ALL_ENTER, _FILE: _ALL_READ}.get(kind, 0)
        strategy = struct.pack("<IHHHBB6xH", 0, 4, 0, 1, 0, kind, addresses)
        return strategy + struct.pack("<IIIHBBI", _NOBODY, _NOBODY, rights, links, 0, 0, 0)

    def _counts(self, length: int, taken: int) -> bytes:
        """Return lengths and times of an entry."""
        if self._is_extended:
            return struct.pack("<QQQ", length, length, taken // SECTOR) + self._time * 4
        return struct.pack("<QQ", length, taken // SECTOR) + self._time * 3

    def _entry(self, block: int, head: bytes, unique: int, addresses: bytes) -> bytes:
        """Return a file entry, or an extended one (ECMA-167 4/14.9, 14.17)."""
        kind = _EXTENDED_FILE_ENTRY if self._is_extended else _FILE_ENTRY
        streams = bytes(4 + 16 + 16) if self._is_extended else bytes(16)
        body = b"".join(
            (
                head,
                struct.pack("<I", 1),
                streams,
                self._developer,
                struct.pack("<QII", unique, 0, len(addresses)),
                addresses,
            )
        )
        return tagged(kind, self._version, block, body)

    def _directory(self, path: str, folders: list[str], files: list[str]) -> bytes:
        """Return a directory (ECMA-167 4/14.4)."""
        place = self._layout.folders[path]
        above = self._layout.folders[path.rpartition("/")[0]]
        laid = bytearray()
        self._append(laid, place.directory, "", _IS_DIRECTORY | _IS_PARENT, above)
        before = f"{path}/" if path else ""
        for name in folders:
            inner = self._layout.folders[before + name]
            self._append(laid, place.directory, name, _IS_DIRECTORY, inner)
        for name in files:
            self._append(laid, place.directory, name, 0, self._layout.files[before + name])
        return bytes(laid)

    def _append(
        self, laid: bytearray, first: int, name: str, flags: int, named: tuple[int, int, int, int]
    ) -> None:
        """Append a file identifier descriptor; it is in the block in which it begins."""
        coded = identifier(name) if name else b""
        # UDF has unique IDs in directories since 2.00 (UDF 2.00 2.3.4.3).
        unique = named[3] & 0xFFFF_FFFF if self._is_extended else 0
        address = long_address(SECTOR, named[0], self._partition, unique)
        body = struct.pack("<HBB", 1, flags, len(coded)) + address + b"\0\0" + coded
        body = body.ljust(aligned(16 + len(body), 4) - 16, b"\0")
        block = first + len(laid) // SECTOR
        laid += tagged(_FILE_IDENTIFIER, self._version, block, body)

    @staticmethod
    def _padded(data: bytes) -> bytes:
        """Return bytes as whole blocks."""
        return data.ljust(aligned(len(data), SECTOR), b"\0")


def _extents(block: int, length: int) -> Iterator[tuple[int, int]]:
    """Yield length and first block of every extent of a content that lies in one piece."""
    while length > 0:
        size = min(length, LARGEST_EXTENT)
        yield size, block
        block += size // SECTOR
        length -= size
