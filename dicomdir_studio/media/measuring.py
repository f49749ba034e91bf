"""How many bytes some instances of a plan take on a medium of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from dicomdir_studio.media.capacity import Container, usage
from dicomdir_studio.media.medium_plan import DICOMDIR
from dicomdir_studio.media.udf.layout import rounding
from dicomdir_studio.standard.media import SECTOR_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from dicomdir_studio.media.directory import MediumDirectory
    from dicomdir_studio.media.medium_plan import MediumPlan

    Beside: TypeAlias = Callable[[Collection[str]], Iterable[tuple[str, int]]]
    """Gives name and length, at most, of the further files of a medium with these instances."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much a medium holds, and in what.

    Attributes
    ----------
    capacity : int
        Bytes of the empty medium.
    container : Container
        What holds the content, which decides how its bytes are counted.
    cluster : int
        Bytes of a cluster, for FAT and exFAT alone.
    """

    capacity: int
    container: Container = Container.ISO
    cluster: int = 32_768

    @property
    def step(self) -> int:
        """Bytes of a sector or cluster."""
        return self.cluster if self.container.has_clusters else SECTOR_SIZE

    @property
    def slack(self) -> int:
        """Bytes that files may take more beside others than alone, for what is rounded up.

        The DICOMDIR fills its last sector or cluster only once, UDF the last of its larger ones.
        """
        revision = self.container.plain_udf
        return self.step + (rounding(revision) * SECTOR_SIZE if revision is not None else 0)


def nothing_beside(_: Collection[str]) -> Iterable[tuple[str, int]]:
    """Return no further files."""
    return ()


class Measure:
    """Counts what some instances of a plan take: DICOMDIR, directories and extras included.

    Parameters
    ----------
    plan : MediumPlan
        The whole, without extras.
    directory : MediumDirectory
        Its records.
    room : Room
        What holds them.
    beside : callable
        Gives the further files.
    """

    def __init__(
        self, plan: MediumPlan, directory: MediumDirectory, room: Room, beside: Beside
    ) -> None:
        self._directory = directory
        self._room = room
        self._beside = beside
        self.sizes = {file.name: file.size for file in plan.files}
        step = room.step if room.container.has_clusters or room.container.is_image else 1
        self._taken = {name: -(-size // step) * step for name, size in self.sizes.items()}

    def bytes_of(self, names: Collection[str]) -> int:
        """Return the bytes of a medium that holds some instances."""
        dicomdir = self._directory.head_length + self._directory.length_to(names)
        files = [(DICOMDIR, dicomdir), *((name, self.sizes[name]) for name in names)]
        files += self._beside(names)
        return usage(files, self._room.container, cluster=self._room.cluster).total

    def least_of(self, names: Collection[str]) -> int:
        """Return the bytes that some instances take at least, whatever lies there already.

        Their own sectors or clusters and records: no two files share those.
        """
        files = sum(map(self._taken.__getitem__, names))
        leaves, lengths = self._directory.leaves, self._directory.lengths
        records = sum(lengths[leaves[name]] for name in names)
        # The DICOMDIR may have had room for a sector's worth in its last one.
        return files + max(0, records - self._room.step)
