"""How many bytes content takes on a medium, in sectors, clusters and directories.

The capacity display, the division over several discs and the images that are written all
use these counts. For an image the count is exact to the sector.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dicomdir_studio.media.udf.layout import blocks_of, sections
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.standard.media import SECTOR_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CLUSTER: Final = 32_768
"""Bytes of a cluster as sticks are usually formatted, if no stick is known."""

_DOTS: Final = 2 * 34
"""The records of a directory itself and of the one above it (ECMA-119 6.8.2.2)."""
_SYSTEM_AREA: Final = 16
_RECORD: Final = 33
_UDF_PARTITION: Final = 257
_UDF_FILE_SET: Final = 2
_FID: Final = 38
_FID_PARENT: Final = 40
_FAT_ENTRY: Final = 32
_ZIP_LOCAL: Final = 30
_ZIP_CENTRAL: Final = 46
_ZIP_END: Final = 22
_AES_FIELD: Final = 11
_AES_DATA: Final = 16 + 2 + 10
"""Salt, password verification value and authentication code around an encrypted file."""
_ZIP64_END: Final = 56 + 20
_ZIP64_LIMIT: Final = (1 << 31) - 1
_ZIP_MOST_FILES: Final = (1 << 16) - 1


class Container(enum.Enum):
    """The container that holds the content on the medium."""

    FOLDER = "files"
    FAT = "FAT32"
    FAT16 = "FAT12 or FAT16"
    EXFAT = "exFAT"
    ISO = "ISO 9660"
    ISO_JOLIET = "ISO 9660 with Joliet"
    ISO_UDF = "ISO 9660 with UDF"
    ISO_JOLIET_UDF = "ISO 9660 with Joliet and UDF"
    UDF_1_50 = "UDF 1.50"
    UDF_2_50 = "UDF 2.50"
    UDF_2_60 = "UDF 2.60"
    ZIP = "ZIP, stored"
    ZIP_AES = "ZIP, stored and encrypted"

    @property
    def has_clusters(self) -> bool:
        """Whether it is a file system of sticks and cards, which allocates clusters."""
        return self in {Container.FAT, Container.FAT16, Container.EXFAT}

    @property
    def is_image(self) -> bool:
        """Whether it is an image of a disc."""
        return self.name.startswith(("ISO", "UDF"))

    @classmethod
    def of_udf(cls, revision: Revision) -> Container:
        """Return the container for an image with UDF alone."""
        return cls(f"UDF {revision.value}")

    @property
    def plain_udf(self) -> Revision | None:
        """The revision of an image with UDF alone; otherwise None."""
        return Revision(self.value.removeprefix("UDF ")) if self.name.startswith("UDF") else None

    @property
    def has_joliet(self) -> bool:
        """Whether it has Joliet's directories too."""
        return "JOLIET" in self.name

    @property
    def has_udf(self) -> bool:
        """Whether it has UDF, as a bridge or alone."""
        return "UDF" in self.name


@dataclass(frozen=True, slots=True)
class Usage:
    """The space that content takes.

    Attributes
    ----------
    content : int
        Bytes of the files themselves.
    padding : int
        Bytes that pad their last sectors or clusters.
    structure : int
        Bytes of directories, descriptors and headers.
    """

    content: int
    padding: int
    structure: int

    @property
    def total(self) -> int:
        """All bytes on the medium."""
        return self.content + self.padding + self.structure

    @property
    def sectors(self) -> int:
        """All sectors of 2,048 bytes on a disc."""
        return -(-self.total // SECTOR_SIZE)


def usage(
    files: Iterable[tuple[str, int]], container: Container, *, cluster: int = CLUSTER
) -> Usage:
    """Return the space that files take on a medium.

    Parameters
    ----------
    files : iterable of (str, int)
        Name, components separated by ``/``, and length of every file, the DICOMDIR too.
    container : Container
        The container. ZIP means stored; deflated files take at most that.
    cluster : int, optional
        Bytes of a cluster, for FAT and exFAT alone; 32 KiB by default, as sticks are formatted.
    """
    listed = list(files)
    content = sum(size for _, size in listed)
    if container is Container.FOLDER:
        return Usage(content, 0, 0)
    if container in (Container.ZIP, Container.ZIP_AES):
        return Usage(content, 0, _zip_structure(listed, container))
    unit = cluster if container.has_clusters else SECTOR_SIZE
    taken = sum(-(-size // unit) for _, size in listed) * unit
    if container.has_clusters:
        structure = _fat_directories(listed, container, cluster)
    elif container.plain_udf is not None:
        folders = folders_of(name for name, _ in listed)
        data = sum(blocks_of(size) for _, size in listed)
        sectors = sections(folders, data, container.plain_udf).sectors
        structure = (sectors - data) * SECTOR_SIZE
    else:
        structure = _iso_structure(listed, container) * SECTOR_SIZE
    return Usage(content, taken - content, structure)


def folders_of(names: Iterable[str]) -> dict[str, tuple[list[str], list[str]]]:
    """Return the folders that hold files with such names, "" being the root.

    Returns
    -------
    dict of str to (list of str, list of str)
        By path of the folder, the names of the folders and of the files in it, each level
        from the top down, names sorted.
    """
    found: dict[str, tuple[set[str], list[str]]] = defaultdict(lambda: (set(), []))
    _ = found[""]
    for name in names:
        folder, _, last = name.rpartition("/")
        fresh = folder not in found
        found[folder][1].append(last)
        while fresh and folder:
            above, _, last = folder.rpartition("/")
            fresh = above not in found
            found[above][0].add(last)
            folder = above
    ordered = sorted(found.items(), key=lambda pair: (pair[0].count("/") + bool(pair[0]), pair[0]))
    return {path: (sorted(folders), sorted(held)) for path, (folders, held) in ordered}


def iso_name(name: str) -> str:
    """Return a file's name as ISO 9660 level 1 writes it, such as ``IM000001.;1`` (PS3.12 F)."""
    return f"{name};1" if "." in name else f"{name}.;1"


def _iso_structure(files: list[tuple[str, int]], container: Container) -> int:
    """Return the sectors of an image in addition to those of its files."""
    folders = folders_of(name for name, _ in files)
    paths = [path.rpartition("/")[2] for path in folders if path]
    # Primary Volume Descriptor, terminator, and the version descriptor that mkisofs began with.
    sectors = _SYSTEM_AREA + 3
    if container.has_joliet:
        sectors += 1
        sectors += _path_tables(2 * len(name) for name in paths)
        sectors += sum(_packed(_joliet_records(*names)) for names in folders.values())
    if container.has_udf:
        sectors = sectors - _SYSTEM_AREA - 3 - container.has_joliet + _UDF_PARTITION
        sectors += _UDF_FILE_SET + _udf_entries(folders) + 1
    sectors += _path_tables(len(name) for name in paths)
    return sectors + sum(_packed(_iso_records(*names)) for names in folders.values())


def _iso_records(folders: list[str], files: list[str]) -> Iterator[int]:
    """Yield the lengths of a directory's records in the order in which they are laid."""
    names = sorted([*folders, *(iso_name(name) for name in files)])
    for name in names:
        yield _even(_RECORD + len(name))


def _joliet_records(folders: list[str], files: list[str]) -> Iterator[int]:
    """Yield the lengths of a Joliet directory's records in the order in which they are laid."""
    for name in sorted([*folders, *files]):
        yield _even(_RECORD + 2 * len(name))


def _packed(lengths: Iterable[int]) -> int:
    """Return the sectors of a directory; no record crosses from one into the next."""
    sectors, used = 1, _DOTS
    for length in lengths:
        if used + length > SECTOR_SIZE:
            sectors, used = sectors + 1, 0
        used += length
    return sectors


def _path_tables(lengths: Iterable[int]) -> int:
    """Return the sectors of both path tables, little endian and big, each an even number."""
    size = 10 + sum(8 + _even(length) for length in lengths)
    return 2 * 2 * -(-size // (2 * SECTOR_SIZE))


def _udf_entries(folders: dict[str, tuple[list[str], list[str]]]) -> int:
    """Return the sectors of UDF's file entries and directories (ECMA-167 4/14)."""
    sectors = 0
    for inner, files in folders.values():
        size = _FID_PARENT + sum(-(-(_FID + 1 + len(name)) // 4) * 4 for name in (*inner, *files))
        sectors += 1 + -(-size // SECTOR_SIZE) + len(files)
    return sectors


def _fat_directories(files: list[tuple[str, int]], container: Container, cluster: int) -> int:
    """Return the bytes of the directories of FAT and exFAT, in whole clusters.

    Names of 8.3 form in capitals take one entry of 32 bytes in FAT; other names, and all in
    exFAT, take more. The root of FAT12 and FAT16 has a place of its own.
    """
    structure = 0
    for path, (inner, held) in folders_of(name for name, _ in files).items():
        if container is Container.FAT16 and not path:
            continue
        if container is Container.EXFAT:
            # A file's entry, one for its stream and one for every 15 characters of its name; in
            # the root the label, the bitmap and the table of capitals too (exFAT 7).
            entries = sum(2 + -(-len(name) // 15) for name in (*inner, *held))
            entries += 0 if path else 3
        else:
            # In a folder its own entry and that of the one above, in the root the label.
            entries = len(inner) + len(held) + (2 if path else 1)
        structure += max(-(-entries * _FAT_ENTRY // cluster), 1) * cluster
    return structure


def _zip_structure(files: list[tuple[str, int]], container: Container) -> int:
    """Return the bytes of headers and directory of a ZIP file with stored files."""
    is_encrypted = container is Container.ZIP_AES
    offset = central = 0
    for name, plain in files:
        size = plain + _AES_DATA * is_encrypted
        length = len(name.encode()) + _AES_FIELD * is_encrypted
        extra = 20 if size * 1.05 > _ZIP64_LIMIT else 0
        wide = 8 * (2 * (size > _ZIP64_LIMIT) + (offset > _ZIP64_LIMIT))
        central += _ZIP_CENTRAL + length + (4 + wide if wide else 0)
        offset += _ZIP_LOCAL + length + extra + size
    is_zip64 = len(files) > _ZIP_MOST_FILES or max(offset, central) > _ZIP64_LIMIT
    content = sum(size for _, size in files)
    return offset - content + central + _ZIP_END + (_ZIP64_END if is_zip64 else 0)


def _even(number: int) -> int:
    """Return a number rounded up to an even one."""
    return number + (number & 1)
