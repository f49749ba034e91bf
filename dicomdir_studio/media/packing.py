"""Which units go together so that the fewest media are needed; always the same for the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MOST_STEPS: Final = 20_000
_MOST_UNITS: Final = 64
_MOST_ASKED: Final = 300
"""Limits of the search for fewer media than best-fit-decreasing found, and of exact counts;
counts of steps, not of seconds, so that the outcome is the same on every machine."""


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
    """What is on one medium so far."""

    units: list[int] = field(default_factory=list)
    least: int = 0
    most: int = 0


class Packer:
    """Divides units over media.

    Parameters
    ----------
    units : sequence of Unit
        The units, each of which fits alone.
    room : int
        Bytes on a medium beside what is on every one of them.
    fits : callable
        Tells exactly whether some units, by their places in `units`, fit together. Asked
        only where the bounds do not tell.
    """

    def __init__(
        self, units: Sequence[Unit], room: int, fits: Callable[[Sequence[int]], bool]
    ) -> None:
        self._units = units
        self._room = room
        self._fits = fits
        self._order = sorted(range(len(units)), key=lambda place: (-units[place].most, place))
        self._steps = 0
        self._asked: dict[frozenset[int], bool] = {}

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
            fitting = [load for load in loads if self._takes(load, place)]
            if fitting:
                self._put(max(fitting, key=lambda load: load.most), place)
            else:
                loads.append(_Load())
                self._put(loads[-1], place)
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
            same = (load.least, load.most)
            if same in tried or not self._takes(load, place):
                continue
            tried.add(same)
            self._put(load, place)
            if self._search(step + 1, loads):
                return True
            self._take(load, place)
        return False

    def _takes(self, load: _Load, place: int) -> bool:
        """Return whether a medium takes one more unit."""
        unit = self._units[place]
        if load.most + unit.most <= self._room:
            return True
        if load.least + unit.least > self._room:
            return False
        together = frozenset((*load.units, place))
        if together not in self._asked:
            if len(self._asked) >= _MOST_ASKED:
                return False
            self._asked[together] = self._fits(sorted(together))
        return self._asked[together]

    def _put(self, load: _Load, place: int) -> None:
        """Put a unit on a medium."""
        load.units.append(place)
        load.least += self._units[place].least
        load.most += self._units[place].most

    def _take(self, load: _Load, place: int) -> None:
        """Take the unit that came last off a medium."""
        load.units.pop()
        load.least -= self._units[place].least
        load.most -= self._units[place].most
