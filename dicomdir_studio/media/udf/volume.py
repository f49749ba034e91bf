"""What stands around the partition: recognition, anchors, volume descriptors (ECMA-167 2, 3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dicomdir_studio.media.udf.fields import (
    SECTOR,
    character_set,
    contents,
    developer,
    domain,
    extent,
    long_address,
    tagged,
    text_field,
    timestamp,
    udf_entity,
)
from dicomdir_studio.media.udf.layout import (
    CLUSTER,
    INTEGRITY,
    INTEGRITY_SECTORS,
    MAIN_SEQUENCE,
    PARTITION,
    SEQUENCE_SECTORS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.media.udf.layout import Layout

_PRIMARY, _ANCHOR, _IMPLEMENTATION_USE, _PARTITION = 1, 2, 4, 5
_LOGICAL_VOLUME, _UNALLOCATED, _TERMINATING, _INTEGRITY = 6, 7, 8, 9

_SINGLE_VOLUME: Final = 2
"""Interchange level of a volume that is never one of a set (PS3.12 X.2.1.1, UDF 2.2.2.1)."""
_CS0_ALONE: Final = 1
_ALLOCATED: Final = 1
_READ_ONLY: Final = 1
_CLOSED: Final = 1
_NO_BITMAP: Final = 0xFFFF_FFFF
"""No Metadata Bitmap File: a read-only partition has none (UDF 2.60 2.2.10)."""
_MIRRORED: Final = 1
_NO_EXTENT: Final = bytes(8)


@dataclass(frozen=True, slots=True)
class Naming:
    """The properties of a volume.

    Attributes
    ----------
    name : str
        The File-set ID, Logical Volume Identifier (PS3.12 J.1.4, X.1.4).
    unique : str
        16 hexadecimal digits that no other volume has (UDF 2.2.2.5).
    seconds : float
        When it was made, since 1970.
    """

    name: str
    unique: str
    seconds: float


def recognition(layout: Layout) -> bytes:
    """Return the volume recognition sequence, three sectors (ECMA-167 2/8)."""
    names = (b"BEA01", layout.revision.standard, b"TEA01")
    return b"".join((b"\0" + name + b"\1").ljust(SECTOR, b"\0") for name in names)


def anchor(layout: Layout, sector: int) -> bytes:
    """Return an anchor volume descriptor pointer (ECMA-167 3/10.2)."""
    length = SEQUENCE_SECTORS * SECTOR
    body = extent(length, MAIN_SEQUENCE) + extent(length, layout.reserve_sequence) + bytes(480)
    return _sector(layout, _ANCHOR, sector, body)


def sequence(layout: Layout, naming: Naming, sector: int) -> bytes:
    """Return a volume descriptor sequence that begins at a sector (ECMA-167 3/8.4.2)."""
    bodies = (
        (_PRIMARY, _primary(naming)),
        (_IMPLEMENTATION_USE, _implementation_use(layout, naming)),
        (_PARTITION, _partition(layout)),
        (_LOGICAL_VOLUME, _logical_volume(layout, naming)),
        (_UNALLOCATED, struct.pack("<II", 4, 0)),
        (_TERMINATING, bytes(496)),
    )
    laid = b"".join(
        _sector(layout, kind, sector + place, body) for place, (kind, body) in enumerate(bodies)
    )
    return laid.ljust(SEQUENCE_SECTORS * SECTOR, b"\0")


def integrity(layout: Layout, naming: Naming) -> bytes:
    """Return the logical volume integrity sequence of a closed volume (ECMA-167 3/10.10)."""
    sizes = [layout.sections.partition_length]
    if layout.revision.has_metadata_partition:
        sizes.append(layout.sections.metadata_length)
    code, oldest = layout.revision.code, layout.revision.oldest_reader
    counts = struct.pack("<IIHHH", len(layout.files), len(layout.folders), oldest, code, code)
    use = developer() + counts
    count = len(sizes)
    body = (
        timestamp(naming.seconds)
        + struct.pack("<I", _CLOSED)
        + _NO_EXTENT
        + struct.pack("<Q24x", layout.next_unique)
        + struct.pack(f"<II{2 * count}I", count, len(use), *([0] * count), *sizes)
        + use
    )
    laid = _sector(layout, _INTEGRITY, INTEGRITY, body)
    laid += _sector(layout, _TERMINATING, INTEGRITY + 1, bytes(496))
    return laid.ljust(INTEGRITY_SECTORS * SECTOR, b"\0")


def _sector(layout: Layout, kind: int, sector: int, body: bytes) -> bytes:
    """Return a descriptor as a sector."""
    return tagged(kind, layout.revision.tag_version, sector, body).ljust(SECTOR, b"\0")


def _primary(naming: Naming) -> bytes:
    """Return the body of the primary volume descriptor (ECMA-167 3/10.1)."""
    levels = (1, 1, _SINGLE_VOLUME, _SINGLE_VOLUME)
    return (
        struct.pack("<II", 0, 0)
        + text_field(naming.name, 32)
        + struct.pack("<4HII", *levels, _CS0_ALONE, _CS0_ALONE)
        + text_field(f"{naming.unique}{naming.name}", 128)
        + character_set() * 2
        + _NO_EXTENT * 2
        + bytes(32)
        + timestamp(naming.seconds)
        + developer()
        + bytes(64 + 4 + 2 + 22)
    )


def _implementation_use(layout: Layout, naming: Naming) -> bytes:
    """Return the body of the descriptor that repeats the volume's name (UDF 2.2.7)."""
    return (
        struct.pack("<I", 1)
        + udf_entity("*UDF LV Info", layout.revision.code)
        + character_set()
        + text_field(naming.name, 128)
        + bytes(3 * 36)
        + developer()
        + bytes(128)
    )


def _partition(layout: Layout) -> bytes:
    """Return the body of the partition descriptor (ECMA-167 3/10.5)."""
    length = layout.sections.partition_length
    return (
        struct.pack("<IHH", 2, _ALLOCATED, 0)
        + contents(layout.revision.standard)
        + bytes(128)
        + struct.pack("<III", _READ_ONLY, PARTITION, length)
        + developer()
        + bytes(128 + 156)
    )


def _logical_volume(layout: Layout, naming: Naming) -> bytes:
    """Return the body of the logical volume descriptor (ECMA-167 3/10.6)."""
    maps = list(_partition_maps(layout))
    return (
        struct.pack("<I", 3)
        + character_set()
        + text_field(naming.name, 128)
        + struct.pack("<I", SECTOR)
        + domain(layout.revision.code)
        + long_address(2 * SECTOR, 0, layout.metadata_partition)
        + struct.pack("<II", sum(map(len, maps)), len(maps))
        + developer()
        + bytes(128)
        + extent(INTEGRITY_SECTORS * SECTOR, INTEGRITY)
        + b"".join(maps)
    )


def _partition_maps(layout: Layout) -> Iterator[bytes]:
    """Yield how addresses name the partition, and that of directories (UDF 2.50 2.2.10)."""
    yield struct.pack("<BBHH", 1, 6, 1, 0)
    if layout.revision.has_metadata_partition:
        name = udf_entity("*UDF Metadata Partition", layout.revision.code)
        entries = (0, layout.sections.mirror_entry, _NO_BITMAP)
        head = struct.pack("<BBH", 2, 64, 0) + name + struct.pack("<HH", 1, 0)
        yield head + struct.pack("<4IHB5x", *entries, CLUSTER, CLUSTER, _MIRRORED)
