"""File entries and what they lead to: the extents of a file, its bytes (ECMA-167 4/14.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.media.udf_reading.descriptors import TAG, Address, UdfError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicomdir_studio.media.udf_reading.descriptors import Blocks, Descriptor
    from dicomdir_studio.media.udf_reading.partitions import Partition

_CONTINUED: Final = 258
_FILE_ENTRY, _EXTENDED = 261, 266
_DIRECT: Final = 4
_SHORT, _LONG, _EMBEDDED = 0, 1, 3
_RECORDED, _FURTHER = 0, 3
_PIECE: Final = 1 << 20


class Icb(NamedTuple):
    """Where a file entry is: the partition by its number, the block in it."""

    partition: int
    block: int


class FileEntry(NamedTuple):
    """What a file entry says.

    Attributes
    ----------
    icb : Icb
        Where it is.
    kind : int
        4 a directory, 5 a file (ECMA-167 4/14.6.6).
    size : int
        Bytes of the content.
    coding : int
        How the content is described: by short or long addresses, or embedded.
    told : bytes
        These addresses, or the content.
    """

    icb: Icb
    kind: int
    size: int
    coding: int
    told: bytes


class Volume:
    """The partitions of an image, and what is read through them.

    Parameters
    ----------
    blocks : Blocks
        The image.
    partitions : sequence of Partition
        By the number by which addresses name them.
    """

    def __init__(self, blocks: Blocks, partitions: Sequence[Partition]) -> None:
        self.blocks = blocks
        self._partitions = partitions

    def partition(self, number: int) -> Partition:
        """Return a partition by its number.

        Raises
        ------
        UdfError
            If there is none.
        """
        if number >= len(self._partitions):
            self.blocks.fail("The file system is damaged", f"there is no partition {number}")
        return self._partitions[number]

    def descriptor(self, icb: Icb, *kinds: int) -> Descriptor:
        """Return a descriptor of a file structure, from the mirror if need be.

        Raises
        ------
        UdfError
            If there is none, or it is damaged.
        OSError
            If the device does not give it.
        """
        partition = self.partition(icb.partition)
        try:
            return self._descriptor(partition, icb.block, kinds, mirror=False)
        except OSError:
            if not partition.has_mirror:
                raise
            return self._descriptor(partition, icb.block, kinds, mirror=True)

    def block(self, partition: Partition, block: int, *, mirror: bool) -> bytes:
        """Return a block of a partition.

        Raises
        ------
        UdfError
            If there is none.
        OSError
            If the device does not give it.
        """
        ((sector, _),) = partition.runs(block, 1, mirror=mirror)
        return self.blocks.read(sector, self.blocks.size)

    def _descriptor(
        self, partition: Partition, block: int, kinds: tuple[int, ...], *, mirror: bool
    ) -> Descriptor:
        """Return a descriptor of a file structure."""
        ((sector, _),) = partition.runs(block, 1, mirror=mirror)
        return self.blocks.descriptor(sector, block, kinds)

    def entry(self, icb: Icb) -> FileEntry:
        """Return what a file entry says.

        Raises
        ------
        UdfError
            If there is none, it is damaged, or of a kind that nobody writes.
        OSError
            If the device does not give it.
        """
        found = self.descriptor(icb, _FILE_ENTRY, _EXTENDED)
        end = 216 if found.kind == _EXTENDED else 176
        attributes, length = found.number(end - 8, 4), found.number(end - 4, 4)
        told = found.data[end + attributes : end + attributes + length]
        coding = found.number(34, 2) & 7
        size = found.number(56, 8)
        if found.number(20, 2) != _DIRECT or coding not in {_SHORT, _LONG, _EMBEDDED}:
            self.blocks.fail("The file system cannot be read", f"the strategy at {icb.block}")
        if len(told) != length or (coding == _EMBEDDED and size > length):
            self.blocks.fail("The file system is damaged", f"the entry at {icb.block} is cut off")
        return FileEntry(icb, found.data[27], size, coding, told)

    def addresses(self, entry: FileEntry) -> Iterator[Address]:
        """Yield the addresses of a content, those that are told elsewhere too.

        Raises
        ------
        UdfError
            If they lead to nothing or in a circle.
        """
        told, partition, seen = entry.told, entry.icb.partition, set[Icb]()
        while told:
            further = None
            for address in _addresses(told, entry.coding, partition):
                if address.kind == _FURTHER:
                    further = Icb(address.partition or 0, address.block)
                    break
                yield address
            if further is None:
                return
            if further in seen:
                self.blocks.fail("The file system is damaged", "extents of a file hold themselves")
            seen.add(further)
            found = self.descriptor(further, _CONTINUED)
            told = found.data[TAG + 8 : TAG + 8 + found.number(TAG + 4, 4)]
            partition = further.partition

    def pieces(self, entry: FileEntry, *, mirror: bool = False) -> Iterator[bytes]:
        """Yield the bytes of a content, piece by piece.

        Raises
        ------
        UdfError
            If it leads out of its partition or ends early.
        OSError
            If the device does not give them.
        """
        if entry.coding == _EMBEDDED:
            yield entry.told[: entry.size]
            return
        left = entry.size
        for address in self.addresses(entry):
            length = min(address.length, left)
            left -= length
            if address.kind == _RECORDED:
                yield from self._recorded(address, length, mirror=mirror)
            else:
                for place in range(0, length, _PIECE):
                    yield bytes(min(_PIECE, length - place))
            if not left:
                return
        if left:
            self.blocks.fail("A file ends early", f"{left:,} of {entry.size:,} bytes are nowhere")

    def _recorded(self, address: Address, length: int, *, mirror: bool) -> Iterator[bytes]:
        """Yield the bytes of an extent."""
        size = self.blocks.size
        count = -(-length // size)
        partition = self.partition(address.partition or 0)
        for run in partition.runs(address.block, count, mirror=mirror):
            left = min(run.length * size, length)
            sector = run.sector
            length -= left
            while left:
                piece = min(left, _PIECE)
                yield self.blocks.read(sector, piece)
                left -= piece
                sector += _PIECE // size

    def place(self, entry: FileEntry) -> int:
        """Return the sector at which a content begins; 0 if it is not recorded."""
        if entry.coding == _EMBEDDED or not entry.size:
            return 0
        try:
            first = next(self.addresses(entry))
            run = next(self.partition(first.partition or 0).runs(first.block, 1))
        except (StopIteration, UdfError):
            return 0
        return run.sector


def _addresses(told: bytes, coding: int, partition: int) -> Iterator[Address]:
    """Yield the addresses in some bytes up to one without length."""
    step = 8 if coding == _SHORT else 16
    for place in range(0, len(told) - step + 1, step):
        data = told[place : place + step]
        address = Address.short(data) if coding == _SHORT else Address.long(data)
        if not address.length:
            return
        yield address if address.partition is not None else address._replace(partition=partition)
