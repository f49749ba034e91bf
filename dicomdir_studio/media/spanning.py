"""What does not fit on one medium, divided over several: each a File-set of its own.

Studies are kept whole where one fits on a medium, series of the others likewise. A series
larger than a medium is divided, and the result says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from dicomdir_studio.media.capacity import Container, usage
from dicomdir_studio.media.errors import MediumTooSmallError
from dicomdir_studio.media.medium_plan import DICOMDIR, MediumPlan
from dicomdir_studio.media.packing import Packer, Unit
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.standard.media import SECTOR_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    Beside: TypeAlias = Callable[[Collection[str]], Iterable[tuple[str, int]]]
    """Gives name and length, at most, of the further files of a medium with these instances."""

_STUDY_DEPTH: Final = 2
_SERIES_DEPTH: Final = 3


@dataclass(frozen=True, slots=True)
class Span:
    """A File-set divided over media.

    Attributes
    ----------
    plans : tuple of MediumPlan
        What goes on each, in order.
    divided_studies, divided_series : tuple of str
        Study and Series Instance UIDs that are not whole on one medium.
    """

    plans: tuple[MediumPlan, ...]
    divided_studies: tuple[str, ...] = ()
    divided_series: tuple[str, ...] = ()


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
        Bytes of a cluster, for FAT alone.
    """

    capacity: int
    container: Container = Container.ISO
    cluster: int = 32_768


def _nothing(_: Collection[str]) -> Iterable[tuple[str, int]]:
    """Return no further files."""
    return ()


def span(
    plan: MediumPlan,
    room: Room,
    *,
    beside: Beside = _nothing,
    monitor: Monitor | None = None,
) -> Span:
    """Divide a plan over as many media as it needs.

    Parameters
    ----------
    plan : MediumPlan
        The whole, without extras.
    room : Room
        How much one medium holds.
    beside : callable, optional
        Gives name and length, at most, of the further files of a medium that holds the
        given instances, so that there is room for them.
    monitor : Monitor, optional
        Told of progress; can cancel.

    Returns
    -------
    Span
        The same for the same plan and room.

    Raises
    ------
    MediumTooSmallError
        If one instance alone does not fit.
    """
    return _Spanner(plan, room, beside, monitor or Monitor()).span()


class _Spanner:
    """Divides one plan."""

    def __init__(self, plan: MediumPlan, room: Room, beside: Beside, monitor: Monitor) -> None:
        self._plan = plan
        self._room = room
        self._beside = beside
        self._monitor = monitor
        self._directory = plan.directory()
        self._sizes = {file.name: file.size for file in plan.files}
        self._empty = self._measure(())
        self._units: list[Unit] = []
        self._divided: dict[int, list[str]] = {_STUDY_DEPTH: [], _SERIES_DEPTH: []}

    def span(self) -> Span:
        """Return the division."""
        names = list(self._sizes)
        if self._measure(names) <= self._room.capacity:
            return Span((self._plan,))
        self._monitor.start("Dividing over media", None)
        self._collect(names, _STUDY_DEPTH)
        packer = Packer(self._units, self._room.capacity - self._empty, self._together)
        parts = [
            [name for place in places for name in self._units[place].names]
            for places in packer.pack()
        ]
        plans = tuple(
            self._plan.part(self._directory, part, number, len(parts))
            for number, part in enumerate(parts, 1)
        )
        return Span(plans, *(tuple(self._divided[d]) for d in (_STUDY_DEPTH, _SERIES_DEPTH)))

    def _collect(self, names: Sequence[str], depth: int) -> None:
        """Make units of the records at a depth, divided where one does not fit."""
        groups: dict[int, list[str]] = {}
        for name in names:
            chain = self._directory.chain(self._directory.leaves[name])
            groups.setdefault(chain[min(depth, len(chain)) - 1], []).append(name)
        for row, group in groups.items():
            self._monitor.check()
            if self._measure(group) <= self._room.capacity:
                self._units.append(self._unit(group))
                continue
            if depth <= _SERIES_DEPTH and len(group) > 1:
                self._divided[depth].append(self._uid(row, depth))
            if depth < _SERIES_DEPTH:
                self._collect(group, depth + 1)
            else:
                self._divide(group)

    def _divide(self, names: list[str]) -> None:
        """Make units of a series that does not fit: each as many instances as go on a medium."""
        while names:
            few, many = 0, len(names)
            while few < many:
                middle = (few + many + 1) // 2
                if self._measure(names[:middle]) <= self._room.capacity:
                    few = middle
                else:
                    many = middle - 1
            if not few:
                raise self._too_small(names[0])
            self._units.append(self._unit(names[:few]))
            names = names[few:]

    def _unit(self, names: Sequence[str]) -> Unit:
        """Return the unit of some files with what it takes."""
        # One sector or cluster more, since the DICOMDIR grows into its last one only once.
        step = self._room.cluster if self._room.container is Container.FAT else SECTOR_SIZE
        content = sum(self._sizes[name] for name in names)
        return Unit(tuple(names), content, self._measure(names) - self._empty + step)

    def _together(self, places: Sequence[int]) -> bool:
        """Return whether some units fit on one medium, counted exactly."""
        names = [name for place in places for name in self._units[place].names]
        return self._measure(names) <= self._room.capacity

    def _measure(self, names: Collection[str]) -> int:
        """Return the bytes of a medium that holds some instances."""
        rows = {
            row for name in names for row in self._directory.chain(self._directory.leaves[name])
        }
        dicomdir = self._directory.head_length + sum(map(self._directory.length, rows))
        files = [(DICOMDIR, dicomdir), *((name, self._sizes[name]) for name in names)]
        files += self._beside(names)
        return usage(files, self._room.container, cluster=self._room.cluster).total

    def _uid(self, row: int, depth: int) -> str:
        """Return the UID of a study or series."""
        record = self._directory.record(row)
        keyword = "StudyInstanceUID" if depth == _STUDY_DEPTH else "SeriesInstanceUID"
        return str(record.get(keyword, ""))

    def _too_small(self, name: str) -> MediumTooSmallError:
        """Return the error for an instance that does not fit alone."""
        file = next(file for file in self._plan.files if file.name == name)
        return MediumTooSmallError(
            "An instance alone is larger than the medium",
            where=file.source,
            why=f"it takes {self._measure([name]):,} bytes with its directories, "
            f"the medium holds {self._room.capacity:,}",
            remedy="Choose a larger medium",
        )
