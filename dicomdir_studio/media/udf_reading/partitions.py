"""How blocks of partitions are found: plain, sparable, virtual, metadata (UDF 2.2.8 to 2.2.10)."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dicomdir_studio.media.udf_reading.descriptors import Blocks


class Run(NamedTuple):
    """Sectors of the image that follow one another."""

    sector: int
    length: int


class Partition(Protocol):
    """A partition, as the logical volume names it."""

    has_mirror: bool

    def runs(self, block: int, count: int, *, mirror: bool = False) -> Iterator[Run]:
        """Yield where blocks of it are.

        Raises
        ------
        UdfError
            If it has no such blocks.
        """


class Physical:
    """A partition that lies in one piece on the volume.

    Parameters
    ----------
    blocks : Blocks
        The image.
    start, length : int
        Its first sector, and how many it has.
    """

    has_mirror = False

    def __init__(self, blocks: Blocks, start: int, length: int) -> None:
        self._blocks = blocks
        self._start = start
        self._length = length

    def runs(self, block: int, count: int, *, mirror: bool = False) -> Iterator[Run]:
        """Yield where blocks of it are."""
        del mirror
        if block + count > self._length:
            self._blocks.fail(
                "The file system is damaged", f"block {block + count - 1} is behind its partition"
            )
        yield Run(self._start + block, count)


class Sparable(Physical):
    """A partition some packets of which lie elsewhere, since the medium wore out (UDF 2.2.9).

    Parameters
    ----------
    blocks : Blocks
        The image.
    start, length : int
        Its first sector, and how many it has.
    packet : int
        Blocks of a packet.
    spared : mapping of int to int
        By the first block of a packet, the sector where it is instead.
    """

    def __init__(
        self, blocks: Blocks, start: int, length: int, packet: int, spared: Mapping[int, int]
    ) -> None:
        super().__init__(blocks, start, length)
        self._packet = packet
        self._spared = spared

    def runs(self, block: int, count: int, *, mirror: bool = False) -> Iterator[Run]:
        """Yield where blocks of it are."""
        (whole,) = super().runs(block, count, mirror=mirror)
        if not self._spared:
            yield whole
            return
        while count:
            first = block - block % self._packet
            some = min(count, first + self._packet - block)
            sector = self._spared.get(first, self._start + first) + block - first
            yield Run(sector, some)
            block, count = block + some, count - some


class Virtual:
    """A partition whose every block is found through a table, for discs written once (UDF 2.2.8).

    Parameters
    ----------
    blocks : Blocks
        The image.
    below : Partition
        Where the blocks are.
    table : sequence of int
        The block below, by block.
    """

    has_mirror = False

    def __init__(self, blocks: Blocks, below: Partition, table: Sequence[int]) -> None:
        self._blocks = blocks
        self._below = below
        self._table = table

    def runs(self, block: int, count: int, *, mirror: bool = False) -> Iterator[Run]:
        """Yield where blocks of it are."""
        if block + count > len(self._table):
            self._blocks.fail(
                "The file system is damaged", f"there is no virtual block {block + count - 1}"
            )
        for one in range(block, block + count):
            yield from self._below.runs(self._table[one], 1, mirror=mirror)


class Metadata:
    """The partition of directories and file entries, a file of another one (UDF 2.50 2.2.10).

    Parameters
    ----------
    blocks : Blocks
        The image.
    below : Partition
        Where the file is.
    main, mirror : list of (int, int)
        First block and number of blocks of each extent of the file and of its mirror; empty
        where that one is damaged.
    """

    def __init__(
        self,
        blocks: Blocks,
        below: Partition,
        main: list[tuple[int, int]],
        mirror: list[tuple[int, int]],
    ) -> None:
        self._blocks = blocks
        self._below = below
        self._copies = [_Extents(main or mirror), _Extents(mirror or main)]
        self.has_mirror = bool(main and mirror)
        self.length = self._copies[False].length

    def runs(self, block: int, count: int, *, mirror: bool = False) -> Iterator[Run]:
        """Yield where blocks of it are."""
        extents = self._copies[mirror]
        if block + count > extents.length:
            self._blocks.fail(
                "The file system is damaged", f"there is no metadata block {block + count - 1}"
            )
        for first, some in extents.parts(block, count):
            yield from self._below.runs(first, some)


class _Extents:
    """Extents one behind the other as one row of blocks."""

    def __init__(self, extents: list[tuple[int, int]]) -> None:
        self._extents = extents
        self._begins: list[int] = []
        self.length = 0
        for _, count in extents:
            self._begins.append(self.length)
            self.length += count

    def parts(self, block: int, count: int) -> Iterator[tuple[int, int]]:
        """Yield first block and number of each piece of some blocks."""
        place = bisect_right(self._begins, block) - 1
        while count:
            first, length = self._extents[place]
            skipped = block - self._begins[place]
            some = min(count, length - skipped)
            yield first + skipped, some
            block, count, place = block + some, count - some, place + 1
