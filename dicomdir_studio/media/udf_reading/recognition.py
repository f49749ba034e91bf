"""From the anchor of a volume to its partitions and its root (ECMA-167 3/8.4, 4/8.3)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from dicomdir_studio.media.udf_reading.descriptors import (
    TAG,
    Address,
    Blocks,
    Descriptor,
    UdfError,
    text_field,
)
from dicomdir_studio.media.udf_reading.entry import Icb, Volume
from dicomdir_studio.media.udf_reading.partitions import (
    Metadata,
    Partition,
    Physical,
    Sparable,
    Virtual,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_POINTER, _ANCHOR, _PARTITION, _LOGICAL_VOLUME = 3, 2, 5, 6
_TERMINATING, _INTEGRITY, _FILE_SET = 8, 9, 256
_RECOGNITION: Final = (16, 17, 18)
_SIZES: Final = (2048, 512, 1024, 4096)
_VOLUME_KINDS: Final = range(1, 10)
_MOST_DESCRIPTORS: Final = 1024
_MAPS: Final = 440
_MAP_LENGTH: Final = 64
_TABLE_KINDS: Final = (0, 248)
_LAST_BLOCKS: Final = 512
_LARGEST_TABLE: Final = 1 << 26
"""Bytes of the table of a virtual partition of 32 GiB."""
_UNMAPPED: Final = 0xFFFF_FFF0


class Recognized:
    """A volume that was recognized.

    Parameters
    ----------
    path : str
        The image.

    Attributes
    ----------
    partitions : list of Partition
        By the number by which addresses name them.
    volume : Volume
        What is read through them.
    root : Icb
        Where the entry of the root is.
    name : str
        The Logical Volume Identifier.
    revision : int
        The revision of UDF, such as 0x0250.

    Raises
    ------
    UdfError
        If it is no UDF file system, is damaged, or is of a kind that is not read here.
    """

    def __init__(self, path: str) -> None:
        self.blocks = Blocks(path)
        try:
            self._recognize()
        except struct.error as error:
            self.blocks.close()
            raise UdfError("The file system is damaged", where=path, why=str(error)) from error
        except BaseException:
            self.blocks.close()
            raise

    def check_copies(self) -> None:
        """Raise unless anchors and volume descriptors are there twice and say the same.

        Raises
        ------
        UdfError
            It says which differ.
        OSError
            If the device does not give them.
        """
        anchors = [
            self.blocks.descriptor(sector, sector, (_ANCHOR,))
            for sector in (256, self.blocks.count - 1)
        ]
        copies = [
            {kind: found.data[TAG:] for kind, found in self._sequence(anchor, place).items()}
            for anchor in anchors
            for place in (16, 24)
        ]
        if any(copy != copies[0] for copy in copies):
            self.blocks.fail("The image is damaged", "its volume descriptors differ")
        # Readers do without these two: some of them take no such volume, others call it unclean.
        place = int.from_bytes(copies[0][_LOGICAL_VOLUME][436 - TAG : 440 - TAG], "little")
        self.blocks.descriptor(place, place, (_INTEGRITY,))
        marks = [self.blocks.read(sector, 6) for sector in _RECOGNITION]
        if marks not in [[b"\0BEA01", b"\0" + nsr, b"\0TEA01"] for nsr in (b"NSR02", b"NSR03")]:
            self.blocks.fail("The image is damaged", "its volume recognition sequence is")

    def _recognize(self) -> None:
        """Go from the anchor to the root."""
        anchor = self._anchor()
        found = self._descriptors(anchor)
        logical = found[_LOGICAL_VOLUME]
        size = logical.number(212, 4)
        if size != self.blocks.size:
            self.blocks.fail("The file system cannot be read", f"blocks of {size} bytes")
        self.name = text_field(logical.data[84:212])
        self.revision = logical.number(240, 2)
        self.partitions = self._partitions(logical, found)
        self.volume = Volume(self.blocks, self.partitions)
        first = Address.long(logical.data[248:264])
        file_set = self.volume.descriptor(Icb(first.partition or 0, first.block), _FILE_SET)
        root = Address.long(file_set.data[400:416])
        self.root = Icb(root.partition or 0, root.block)

    def _anchor(self) -> Descriptor:
        """Return the first anchor that is in order, which tells the size of sectors too."""
        for size in _SIZES:
            self.blocks.size = size
            count = self.blocks.count
            for sector in (256, count - 1, count - 257, 512):
                if sector < 0:
                    continue
                try:
                    return self.blocks.descriptor(sector, sector, (_ANCHOR,))
                except OSError:
                    continue
        return self.blocks.fail("The image has no UDF file system", "there is no anchor")

    def _descriptors(self, anchor: Descriptor) -> dict[int, Descriptor]:
        """Return the prevailing descriptors of the volume, from the reserve if need be."""
        try:
            return self._sequence(anchor, 16)
        except OSError:
            return self._sequence(anchor, 24)

    def _sequence(self, anchor: Descriptor, place: int) -> dict[int, Descriptor]:
        """Return by kind the descriptors of a sequence that came last; partitions below 0."""
        found: dict[int, Descriptor] = {}
        for descriptor in self._walk(anchor.number(place, 4), anchor.number(place + 4, 4)):
            kind = descriptor.kind
            # Partitions are told apart by their numbers.
            key = -1 - descriptor.number(22, 2) if kind == _PARTITION else kind
            if key not in found or descriptor.number(16, 4) >= found[key].number(16, 4):
                found[key] = descriptor
        if _LOGICAL_VOLUME not in found or not any(key < 0 for key in found):
            self.blocks.fail("The file system is damaged", "volume descriptors are missing")
        return found

    def _walk(self, length: int, sector: int) -> Iterator[Descriptor]:
        """Yield the descriptors of a sequence, and of those that it leads to."""
        end = sector + length // self.blocks.size
        for _ in range(_MOST_DESCRIPTORS):
            if sector >= end:
                return
            data = self.blocks.read(sector, self.blocks.size)
            if not any(data[:TAG]):
                return  # not recorded
            descriptor = self.blocks.checked(data, sector, _VOLUME_KINDS)
            sector += 1
            if descriptor.kind == _TERMINATING:
                return
            if descriptor.kind == _POINTER:
                sector = descriptor.number(24, 4)
                end = sector + descriptor.number(20, 4) // self.blocks.size
                continue
            yield descriptor
        self.blocks.fail("The file system is damaged", "its volume descriptors do not end")

    def _partitions(self, logical: Descriptor, found: dict[int, Descriptor]) -> list[Partition]:
        """Return the partitions by the numbers by which addresses name them."""
        maps = _maps(logical)
        physical: dict[int, Partition] = {}
        listed: list[Partition | None] = []
        for data in maps:
            made = self._plain(data, found)
            number = int.from_bytes(data[4:6] if data[0] == 1 else data[38:40], "little")
            if made is not None:
                physical[number] = made
            listed.append(made)
        done: list[Partition] = []
        for data, made in zip(maps, listed, strict=True):
            if made is None:
                below = physical.get(int.from_bytes(data[38:40], "little"))
                made = self._above(data, below)  # noqa: PLW2901
            done.append(made)
        return done

    def _plain(self, data: bytes, found: dict[int, Descriptor]) -> Partition | None:
        """Return the partition of a map that leads to the volume; None if it leads to another."""
        kind = data[5:28].rstrip(b"\0") if data[0] != 1 else b""
        if kind not in (b"", b"*UDF Sparable Partition"):
            return None
        number = int.from_bytes(data[38:40] if kind else data[4:6], "little")
        told = found.get(-1 - number)
        if told is None:
            self.blocks.fail("The file system is damaged", f"there is no partition {number}")
        start, length = told.number(188, 4), told.number(192, 4)
        if not kind:
            return Physical(self.blocks, start, length)
        packet = int.from_bytes(data[40:42], "little")
        if not packet:
            self.blocks.fail("The file system is damaged", "its packets have no length")
        return Sparable(self.blocks, start, length, packet, self._spared(data))

    def _spared(self, data: bytes) -> dict[int, int]:
        """Return where packets are that wore out, from the first table in order (UDF 2.2.12)."""
        for place in range(48, min(48 + 4 * data[42], _MAP_LENGTH), 4):
            sector = int.from_bytes(data[place : place + 4], "little")
            length = min(int.from_bytes(data[44:48], "little"), 1 << 20)
            try:
                table = self.blocks.read(sector, length)
                found = self.blocks.checked(table, sector, (0,))
            except OSError:
                continue
            count = min(found.number(48, 2), (len(table) - 56) // 8)
            pairs = struct.iter_unpack("<II", table[56 : 56 + 8 * count])
            return {first: sector for first, sector in pairs if first < _UNMAPPED}
        return self.blocks.fail("The file system is damaged", "no sparing table is in order")

    def _above(self, data: bytes, below: Partition | None) -> Partition:
        """Return the partition of a map that leads to another partition."""
        kind = data[5:28].rstrip(b"\0")
        if below is None:
            self.blocks.fail("The file system is damaged", "a partition is in one that is not")
        if kind == b"*UDF Metadata Partition":
            main, mirror = struct.unpack("<II", data[40:48])
            copies = [self._extents(below, block) for block in (main, mirror)]
            if not any(copies):
                self.blocks.fail("The file system is damaged", "its metadata file is gone")
            return Metadata(self.blocks, below, *copies)
        if kind == b"*UDF Virtual Partition":
            return Virtual(self.blocks, below, self._table(below))
        return self.blocks.fail(
            "The file system cannot be read", f"its partition is {kind.decode('latin-1')!r}"
        )

    def _extents(self, below: Partition, block: int) -> list[tuple[int, int]]:
        """Return the extents of the metadata file or its mirror; none if it is damaged."""
        volume = Volume(self.blocks, [below])
        try:
            entry = volume.entry(Icb(0, block))
            found = [one for one in volume.addresses(entry) if one.kind == 0]
        except OSError:
            return []
        return [(one.block, one.length // self.blocks.size) for one in found]

    def _table(self, below: Partition) -> tuple[int, ...]:
        """Return the table of a virtual partition, whose entry was written last (UDF 2.2.11)."""
        volume = Volume(self.blocks, [below])
        ((start, _),) = below.runs(0, 0)
        last = self.blocks.count - 1 - start
        for block in range(last, max(-1, last - _LAST_BLOCKS), -1):
            try:
                entry = volume.entry(Icb(0, block))
                if entry.kind in _TABLE_KINDS and entry.size <= _LARGEST_TABLE:
                    return _virtual(b"".join(volume.pieces(entry)), entry.kind)
            except OSError:
                continue
        return self.blocks.fail("The file system is damaged", "its table of blocks is gone")


def _maps(logical: Descriptor) -> list[bytes]:
    """Return the partition maps of a logical volume (ECMA-167 3/10.7)."""
    told = logical.data[_MAPS : _MAPS + logical.number(264, 4)]
    found: list[bytes] = []
    while len(told) > 1 and told[1] > 1 and len(found) < logical.number(268, 4):
        found.append(told[: told[1]].ljust(_MAP_LENGTH, b"\0"))
        told = told[told[1] :]
    return found


def _virtual(data: bytes, kind: int) -> tuple[int, ...]:
    """Return the blocks that a virtual allocation table lists; it changed with UDF 2.00."""
    data = data[int.from_bytes(data[:2], "little") :] if kind else data[:-36]
    count = len(data) // 4
    return struct.unpack(f"<{count}I", data[: 4 * count])
