"""What does not fit on one medium, divided over several: each a File-set of its own.

Studies are kept whole where one fits on a medium, series of the others likewise. A series
larger than a medium is divided, and the result says so.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from dicomdir_studio.media.division import Division
from dicomdir_studio.media.errors import MediumTooSmallError
from dicomdir_studio.media.measuring import Measure, Room, nothing_beside
from dicomdir_studio.media.packing import Packer, Unit
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dicomdir_studio.media.measuring import Beside
    from dicomdir_studio.media.medium_plan import MediumPlan

__all__ = ["Room", "Span", "divide", "span"]

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

    @classmethod
    def of(cls, division: Division) -> Span:
        """Return what a division, altered by hand or not, comes to."""
        return cls(
            division.plans(),
            division.divided("StudyInstanceUID"),
            division.divided("SeriesInstanceUID"),
        )


def span(
    plan: MediumPlan,
    room: Room,
    *,
    beside: Beside = nothing_beside,
    monitor: Monitor | None = None,
) -> Span:
    """Divide a plan over as many media as it needs; see `divide`."""
    return Span.of(divide(plan, room, beside=beside, monitor=monitor))


def divide(
    plan: MediumPlan,
    room: Room,
    *,
    beside: Beside = nothing_beside,
    monitor: Monitor | None = None,
) -> Division:
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
        Receives progress; can cancel.

    Returns
    -------
    Division
        The same for the same plan and room; the user may alter it before it is written.

    Raises
    ------
    MediumTooSmallError
        If one instance alone does not fit.
    """
    return _Spanner(plan, room, beside, monitor or Monitor()).divide()


class _Spanner:
    """Divides one plan."""

    def __init__(self, plan: MediumPlan, room: Room, beside: Beside, monitor: Monitor) -> None:
        self._plan = plan
        self._room = room
        self._beside = beside
        self._monitor = monitor
        self._directory = plan.directory()
        self._scale = Measure(plan, self._directory, room, beside)
        self._empty = self._measure(())
        self._units: list[Unit] = []

    def divide(self) -> Division:
        """Return the division."""
        names = list(self._scale.sizes)
        parts = [names]
        if self._measure(names) > self._room.capacity:
            self._monitor.start("Dividing over media", None)
            self._collect(names, _STUDY_DEPTH)
            parts = self._packed()
        return Division.of(self._plan, self._room, self._beside, parts)

    def _packed(self) -> list[list[str]]:
        """Return the instances of each medium, every one of which is counted exactly.

        What units take together is rounded up at more places than one, the directories that
        they share, say, and further files may grow with them. Where the bounds were too
        narrow for that, they are widened until everything fits.
        """
        slack = self._room.slack
        while True:
            units = [replace(unit, most=unit.most - self._empty + slack) for unit in self._units]
            packed = Packer(units, self._room.capacity - self._empty, self._together).pack()
            parts = [[name for place in places for name in units[place].names] for places in packed]
            if all(self._measure(part) <= self._room.capacity for part in parts):
                return parts
            self._monitor.check()
            slack *= 4

    def _collect(self, names: Sequence[str], depth: int) -> None:
        """Make units of the records at a depth, divided where one does not fit."""
        groups: dict[int, list[str]] = {}
        for name in names:
            chain = self._directory.chain(self._directory.leaves[name])
            groups.setdefault(chain[min(depth, len(chain)) - 1], []).append(name)
        for group in groups.values():
            self._monitor.check()
            taken = self._measure(group)
            if taken <= self._room.capacity:
                self._note(group, taken)
            elif depth < _SERIES_DEPTH:
                self._collect(group, depth + 1)
            else:
                self._divide(group)

    def _divide(self, names: list[str]) -> None:
        """Make units of a series that does not fit: each as many instances as go on a medium."""
        upto = list(accumulate((self._scale.sizes[name] for name in names), initial=0))
        begin = 0
        while begin < len(names):
            self._monitor.check()
            end = self._furthest(names, upto, begin)
            if end == begin:
                raise self._too_small(names[begin])
            part = names[begin:end]
            self._note(part, self._measure(part))
            begin = end

    def _furthest(self, names: Sequence[str], upto: Sequence[int], begin: int) -> int:
        """Return up to where instances fit on one medium together.

        What a medium holds beside the files grows slowly, so that it tells nearly how many
        files there is room for: a few counts find the place, however long the series is.
        """
        few, many = begin, bisect_right(upto, upto[begin] + self._room.capacity) - 1
        guess = many
        while few < many:
            guess = min(max(guess, few + 1), many)
            taken = self._measure(names[begin:guess])
            beside = taken - (upto[guess] - upto[begin])
            if taken <= self._room.capacity:
                few = guess
            else:
                many = guess - 1
            guess = bisect_right(upto, upto[begin] + self._room.capacity - beside) - 1
        return few

    def _note(self, names: Sequence[str], taken: int) -> None:
        """Note a unit of some files that take so many bytes on a medium of their own."""
        self._units.append(Unit(tuple(names), self._scale.least_of(names), taken))

    def _together(self, places: Sequence[int]) -> int:
        """Return what some units take on one medium, counted exactly, beside what all have."""
        names = [name for place in places for name in self._units[place].names]
        return self._measure(names) - self._empty

    def _measure(self, names: Collection[str]) -> int:
        """Return the bytes of a medium that holds some instances."""
        return self._scale.bytes_of(names)

    def _too_small(self, name: str) -> MediumTooSmallError:
        """Return the error for an instance that does not fit alone."""
        file = next(file for file in self._plan.files if file.name == name)
        return MediumTooSmallError(
            said("A single instance is larger than the medium"),
            where=file.source,
            why=said(
                "it takes {0:,} bytes with its directories, the medium holds {1:,}",
                self._measure([name]),
                self._room.capacity,
            ),
            remedy=said("Choose a larger medium"),
        )
