"""Media of PS3.12: file systems, File-set ID mapping, and the exact capacity of discs."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SECTOR_SIZE = 2048
"""Bytes of a data sector of every CD (Mode 1), DVD and BD."""


class FileSystem(enum.Enum):
    """A file system that PS3.12 puts a File-set on."""

    FAT12 = "FAT12"
    FAT16 = "FAT16"
    FAT32 = "FAT32"
    ISO9660 = "ISO 9660 Level 1"
    UDF = "UDF"
    ZIP = "ZIP archive"
    MIME = "MIME message"


@dataclass(frozen=True, slots=True)
class Medium:
    """One kind of medium.

    Attributes
    ----------
    name : str
        The key that application profiles name it by.
    label : str
        Its name for people.
    clause : str
        Its annex in PS3.12.
    file_systems : tuple of FileSystem
        Those allowed; a reader must read all of them, a creator may choose one.
    udf_versions : tuple of str
        Allowed versions of UDF, oldest first; empty without UDF.
    discs : tuple of str
        The discs of it, keys of `DISCS`; empty where the device tells its capacity.
    """

    name: str
    label: str
    clause: str
    file_systems: tuple[FileSystem, ...]
    udf_versions: tuple[str, ...] = ()
    discs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disc:
    """One size of blank disc.

    Attributes
    ----------
    name, label : str
        Its key and its name for people.
    medium : str
        The medium it is of, a key of `MEDIA`.
    sectors : int
        Data sectors of a blank one.
    """

    name: str
    label: str
    medium: str
    sectors: int

    @property
    def capacity(self) -> int:
        """Bytes that fit, file system included."""
        return self.sectors * SECTOR_SIZE


DISCS: Mapping[str, Disc] = MappingProxyType(
    {
        name: Disc(name, label, medium, sectors)
        for name, label, medium, sectors in (
            ("CD-74", "CD-R, 74 min (650 MiB)", "CD-R", 333_000),
            ("CD-80", "CD-R, 80 min (700 MiB)", "CD-R", 360_000),
            ("DVD+R", "DVD+R or DVD+RW (4.7 GB)", "DVD", 2_295_104),
            ("DVD-R", "DVD-R or DVD-RW (4.7 GB)", "DVD", 2_298_496),
            ("DVD+R DL", "DVD+R, two layers (8.5 GB)", "DVD", 4_173_824),
            ("DVD-R DL", "DVD-R, two layers (8.5 GB)", "DVD", 4_171_712),
            ("DVD-RAM", "DVD-RAM (4.7 GB, one side)", "DVD-RAM", 2_236_704),
            ("BD-25", "BD-R or BD-RE (25 GB)", "BD", 12_219_392),
            ("BD-50", "BD-R or BD-RE, two layers (50 GB)", "BD", 24_438_784),
            ("BD-100", "BD-R or BD-RE XL, three layers (100 GB)", "BD", 48_878_592),
            ("BD-128", "BD-R XL, four layers (128 GB)", "BD", 62_500_864),
        )
    },
)
"""Blank discs by name, smallest first within a medium's kind.

A disc that is in the drive says its capacity itself; these are for planning without one.
"""


def _discs(medium: str) -> tuple[str, ...]:
    """Return the names of the discs of a medium."""
    return tuple(disc.name for disc in DISCS.values() if disc.medium == medium)


def _fat(name: str, label: str, annex: str, *file_systems: FileSystem) -> Medium:
    """Return a medium with the PC File System (PS3.12 Annex A)."""
    return Medium(
        name,
        label,
        f"PS3.12 {annex}",
        file_systems,
    )


_FAT16_OR_32 = (FileSystem.FAT16, FileSystem.FAT32)

MEDIA: Mapping[str, Medium] = MappingProxyType(
    {
        medium.name: medium
        for medium in (
            Medium(
                "CD-R",
                "CD-R (120 mm)",
                "PS3.12 F",
                (FileSystem.ISO9660,),
                discs=_discs("CD-R"),
            ),
            Medium(
                "DVD",
                "DVD (120 mm; -R, -RW, +R, +RW)",
                "PS3.12 P",
                (FileSystem.UDF, FileSystem.ISO9660),
                ("1.02", "1.5", "2.0", "2.01"),
                discs=_discs("DVD"),
            ),
            Medium(
                "DVD-RAM",
                "DVD-RAM (120 mm)",
                "PS3.12 J",
                (FileSystem.UDF,),
                ("1.5",),
                discs=_discs("DVD-RAM"),
            ),
            Medium(
                "BD",
                "Blu-ray disc (120 mm)",
                "PS3.12 X",
                (FileSystem.UDF,),
                ("2.5", "2.6"),
                discs=_discs("BD"),
            ),
            _fat("USB", "USB stick or drive", "R", *_FAT16_OR_32),
            _fat("CF", "CompactFlash card", "S", *_FAT16_OR_32),
            _fat("MMC", "MultiMediaCard", "T", FileSystem.FAT16),
            _fat("SD", "Secure Digital card", "U", FileSystem.FAT16),
            _fat("MOD-90", "Magneto-optical disk (90 mm, 2.3 GB)", "Q", FileSystem.FAT16),
            _fat("MOD-130", "Magneto-optical disk (130 mm, 4.1 GB)", "M", FileSystem.FAT16),
            Medium("ZIP", "ZIP file", "PS3.12 V", (FileSystem.ZIP,)),
            Medium("ZIP-MAIL", "ZIP file in an e-mail", "PS3.12 W", (FileSystem.ZIP,)),
            Medium("MIME", "E-mail, a MIME part for each file", "PS3.12 K", (FileSystem.MIME,)),
        )
    },
)
"""The media that application profiles name, and the plain ZIP file, by name (PS3.12).

Retired with PS3.12-2004 and later, and not here: the diskette and the other magneto-optical disks.
"""

MAX_DIRECTORY_LEVELS = 8
"""Directory levels of an ISO 9660 disc, its root counted: 8 components just fit (PS3.12 F)."""
