"""Which units go together so that the fewest media are needed; always the same for the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MOST_STEPS: Final = 20_000
_MOST_UNITS: Final = 64
_MOST_COUNTED: Final = 60_000
_TIMES_COUNTED: Final = 2
"""Limits of the search for fewer media than best-fit-decreasing found, and of how many files
exact counts may look at, beside so many times all of them; steps and files, not seconds, so that
the outcome is the same on every machine."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What stays together on one medium.

    Attributes
    ----------
    names : tuple of str
        Its files.
    least : int
        Bytes that it takes at least on a medium that holds something already.
    most : int
        Bytes that it takes at most there.
    """

    names: tuple[str, ...]
    least: int
    most: int


@dataclass(slots=True)
class _Load:
    """What is on one medium so far, and the bounds of what it takes, which may be exact."""

    units: list[int] = field(default_factory=list)
    least: int = 0
    most: int = 0

    @property
    def bounds(self) -> tuple[int, int]:
        """Both bounds."""
        return self.least, self.most


class Packer:
    """Divides units over media.

    Parameters
    ----------
    units : sequence of Unit
        The units, each of which fits alone.
    room : int
        Bytes on a medium beside what is on every one of them.
    measure : callable
        Counts exactly what some units, by their places in `units`, take together beside what
        is on every medium. Asked only where the bounds do not tell.
    """

    def __init__(
        self, units: Sequence[Unit], room: int, measure: Callable[[Sequence[int]], int]
    ) -> None:
        self._units = units
        self._room = room
        self._measure = measure
        self._order = sorted(range(len(units)), key=lambda place: (-units[place].most, place))
        self._steps = 0
        self._counted: dict[frozenset[int], int] = {}
        self._left = _MOST_COUNTED + _TIMES_COUNTED * sum(len(unit.names) for unit in units)

    def pack(self) -> list[list[int]]:
        """Return the places of the units on each medium.

        Media come in the order of their first unit, units in their own order.
        """
        loads = self._best_fit_decreasing()
        least = max(1, -(-sum(unit.least for unit in self._units) // max(self._room, 1)))
        few = len(self._units) <= _MOST_UNITS
        for count in range(least, len(loads)) if few else ():
            self._steps = 0
            fewer = [_Load() for _ in range(count)]
            if self._search(0, fewer):
                loads = fewer
                break
        return sorted(sorted(load.units) for load in loads if load.units)

    def _best_fit_decreasing(self) -> list[_Load]:
        """Put the largest first, each where the least room is left."""
        loads: list[_Load] = []
        for place in self._order:
            fullest_first = sorted(loads, key=lambda load: -load.most)
            load = next((load for load in fullest_first if self._takes(load, place)), None)
            if load is None:
                load = _Load()
                loads.append(load)
            self._put(load, place)
        return loads

    def _search(self, step: int, loads: list[_Load]) -> bool:
        """Try every way to put the remaining units, up to a number of steps."""
        if step == len(self._order):
            return True
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return False
        place = self._order[step]
        tried: set[tuple[int, int]] = set()
        for load in loads:
            if load.bounds in tried or not self._takes(load, place):
                continue
            before = load.bounds
            tried.add(before)
            self._put(load, place)
            if self._search(step + 1, loads):
                return True
            load.units.pop()
            load.least, load.most = before
        return False

    def _takes(self, load: _Load, place: int) -> bool:
        """Return whether a medium takes one more unit."""
        told = self._told(load, place)
        if told is None and load.least < load.most:
            # Bounds drift apart with every unit: what the medium takes now brings them together.
            taken = self._exactly(load.units)
            if taken is not None:
                load.least = load.most = taken
                told = self._told(load, place)
        if told is None:
            together = self._exactly([*load.units, place])
            told = together is not None and together <= self._room
        return told

    def _told(self, load: _Load, place: int) -> bool | None:
        """Return what the bounds report whether a medium takes one more unit, if they do."""
        unit = self._units[place]
        if load.most + unit.most <= self._room:
            return True
        return False if load.least + unit.least > self._room else None

    def _exactly(self, places: Sequence[int]) -> int | None:
        """Return what some units take together; None if too much was counted already."""
        if self._left < 0:
            return None
        together = frozenset(places)
        if together not in self._counted:
            self._left -= sum(len(self._units[place].names) for place in places)
            self._counted[together] = self._measure(sorted(together))
        return self._counted[together]

    def _put(self, load: _Load, place: int) -> None:
        """Put a unit on a medium."""
        unit = self._units[place]
        load.units.append(place)
        load.least += unit.least
        load.most += unit.most
