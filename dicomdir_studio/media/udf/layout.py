"""Where everything of a plain UDF image lies, exact to the sector, before a byte is written.

::

    sector 16       volume recognition: BEA01, NSR02 or NSR03, TEA01
    32 .. 47        main volume descriptors
    64 .. 67        logical volume integrity
    256             anchor
    288 ..          the partition, in whole clusters of 32 sectors
                      1.50: directories and file entries, then the files
                      2.50: entry of the metadata file; directories and file entries;
                            the files; the same directories and file entries again; entry
                            of the metadata mirror file
    .. N - 17       end of the partition
    N - 16 .. N - 1 reserve volume descriptors
    N               anchor; N + 1 is a multiple of 32, so that a burner pads nothing behind it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.media.udf.fields import SECTOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicomdir_studio.media.udf.revision import Revision

    Folders = Mapping[str, tuple[list[str], list[str]]]
    """By path, "" being the root, the names of folders and of files in it, from the top down."""

CLUSTER: Final = 32
"""Sectors of an error correction block of BD; a multiple of DVD's 16."""
MAIN_SEQUENCE: Final = 32
SEQUENCE_SECTORS: Final = 16
INTEGRITY: Final = 64
INTEGRITY_SECTORS: Final = 4
ANCHOR: Final = 256
PARTITION: Final = 288

LARGEST_EXTENT: Final = (1 << 30) - SECTOR
"""Bytes of the longest extent: 30 bits, whole blocks (ECMA-167 4/14.14.1.1, UDF 2.3.10)."""

_FILE_SET_BLOCKS: Final = 2
"""The file set descriptor and the one that ends its sequence (ECMA-167 4/8.3.1)."""
_FIRST_UNIQUE: Final = 16
"""The lowest unique ID but for the root's, which is 0 (UDF 3.2.1.1)."""
_NAME_HEAD: Final = 38
_MOST_EXTENTS: Final = (SECTOR - 216) // 16

LARGEST_FILE: Final = _MOST_EXTENTS * LARGEST_EXTENT
"""Bytes of the largest file whose extents its entry alone can list, some 122 GB."""


class Sections(NamedTuple):
    """The parts of an image, in blocks of the partition, and its length in sectors."""

    metadata: int
    """First block of directories and file entries."""
    metadata_length: int
    data: int
    """First block of the files."""
    mirror: int
    """First block of the second directories; that of 1.50, which has none, is its end."""
    mirror_entry: int
    partition_length: int
    sectors: int


class FolderPlace(NamedTuple):
    """A folder: its entry and its directory, in blocks of the metadata."""

    entry: int
    directory: int
    length: int
    """Bytes of the directory."""
    unique: int


class FilePlace(NamedTuple):
    """A file: its entry in blocks of the metadata, its content in blocks of the partition."""

    entry: int
    content: int
    size: int
    unique: int


def aligned(number: int, unit: int = CLUSTER) -> int:
    """Return a number, or the next that is a multiple of a unit."""
    return -(-number // unit) * unit


def blocks_of(size: int) -> int:
    """Return the blocks that so many bytes take."""
    return -(-size // SECTOR)


def name_length(name: str) -> int:
    """Return the bytes that report a name in a directory; "" is the folder above (4/14.4)."""
    wide = 1 if name.isascii() or all(sign <= "\xff" for sign in name) else 2
    coded = 1 + wide * len(name) if name else 0
    return aligned(_NAME_HEAD + coded, 4)


def directory_length(folders: Iterable[str], files: Iterable[str]) -> int:
    """Return the bytes of a directory with such names."""
    return name_length("") + sum(map(name_length, (*folders, *files)))


def sections(folders: Folders, data_blocks: int, revision: Revision) -> Sections:
    """Return how long the parts of an image are.

    Parameters
    ----------
    folders : mapping of str to (list of str, list of str)
        What `capacity.folders_of` returns.
    data_blocks : int
        Blocks of all files.
    revision : Revision
        The revision of UDF.
    """
    used = _FILE_SET_BLOCKS
    for inner, files in folders.values():
        used += 1 + blocks_of(directory_length(inner, files)) + len(files)
    if not revision.has_metadata_partition:
        end = used + data_blocks
        return Sections(0, used, used, end, end, *_ending(end))
    used = aligned(used)
    data = CLUSTER + used
    mirror = aligned(data + data_blocks)
    entry = mirror + used
    return Sections(CLUSTER, used, data, mirror, entry, *_ending(entry + 1))


def rounding(revision: Revision) -> int:
    """Return the most sectors by which `sections` rounds the parts of an image up."""
    # The metadata twice, the files, and the end of the partition.
    return (4 if revision.has_metadata_partition else 1) * CLUSTER


def _ending(partition_length: int) -> tuple[int, int]:
    """Return the blocks of the partition and the sectors of the image, in whole clusters."""
    sectors = aligned(PARTITION + partition_length + SEQUENCE_SECTORS + 1)
    return sectors - SEQUENCE_SECTORS - 1 - PARTITION, sectors


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole image.

    Attributes
    ----------
    revision : Revision
        The revision of UDF.
    sections : Sections
        Its parts.
    tree : mapping of str to (list of str, list of str)
        The folders, from the top down, with the names in them.
    folders : mapping of str to FolderPlace
        Where they lie, by path.
    files : mapping of str to FilePlace
        Where files lie, by path.
    """

    revision: Revision
    sections: Sections
    tree: Folders
    folders: Mapping[str, FolderPlace]
    files: Mapping[str, FilePlace]

    @property
    def next_unique(self) -> int:
        """The unique ID of what would be added next."""
        return _FIRST_UNIQUE + len(self.folders) - 1 + len(self.files)

    @property
    def reserve_sequence(self) -> int:
        """The sector of the reserve volume descriptors."""
        return self.sections.sectors - 1 - SEQUENCE_SECTORS

    @property
    def metadata_partition(self) -> int:
        """The number by which addresses name the partition of directories."""
        return 1 if self.revision.has_metadata_partition else 0


def lay_out(files: Iterable[tuple[str, int]], tree: Folders, revision: Revision) -> Layout:
    """Return where everything lies.

    Parameters
    ----------
    files : iterable of (str, int)
        Name, components separated by ``/``, and length of every file, in the order in which
        their contents are to lie.
    tree : mapping of str to (list of str, list of str)
        What `capacity.folders_of` returns for their names.
    revision : Revision
        The revision of UDF.
    """
    sizes = dict(files)
    parts = sections(tree, sum(map(blocks_of, sizes.values())), revision)
    folders: dict[str, FolderPlace] = {}
    entries: dict[str, tuple[int, int]] = {}
    block, unique = _FILE_SET_BLOCKS, _FIRST_UNIQUE
    for path, (inner, held) in tree.items():
        length = directory_length(inner, held)
        folders[path] = FolderPlace(block, block + 1, length, unique if path else 0)
        unique += bool(path)
        block += 1 + blocks_of(length)
        for name in held:
            entries[f"{path}/{name}" if path else name] = block, unique
            block, unique = block + 1, unique + 1
    places: dict[str, FilePlace] = {}
    content = parts.data
    for name, size in sizes.items():
        entry, number = entries[name]
        places[name] = FilePlace(entry, content if size else 0, size, number)
        content += blocks_of(size)
    return Layout(revision, parts, tree, folders, places)
