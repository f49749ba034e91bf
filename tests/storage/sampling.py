"""Chooses some of very many system calls: the ends of every phase, and others in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEAR: Final = 8


def phase_ends(kinds: Sequence[str]) -> list[int]:
    """Return the places where calls of a kind begin or cease: the ends of every phase."""
    return [
        place
        for place, kind in enumerate(kinds)
        if kind not in kinds[max(0, place - _NEAR) : place]
        or kind not in kinds[place + 1 : place + 1 + _NEAR]
    ]


def sampled(kinds: Sequence[str], count: int) -> list[int]:
    """Return `count` places at least: all ends of phases, the others spread evenly."""
    ends = set(phase_ends(kinds))
    others = [place for place in range(len(kinds)) if place not in ends]
    wanted = min(max(0, count - len(ends)), len(others))
    spread = [others[(2 * number + 1) * len(others) // (2 * wanted)] for number in range(wanted)]
    return sorted(ends.union(spread))
