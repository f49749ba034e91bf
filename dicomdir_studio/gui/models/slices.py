"""Sorting a long list without holding the event loop: a little at a time."""

from __future__ import annotations

import heapq
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
CHUNK = 200


def sorted_in_slices(
    values: Sequence[T],
    key: Callable[[T], tuple[object, ...]],
    *,
    reverse: bool = False,
) -> Iterator[list[T] | None]:
    """Sort `values` stably, pausing after every few hundred.

    Chunks are sorted one by one and then merged, so that no single step takes
    more than a few milliseconds, whatever the length.

    Parameters
    ----------
    values : sequence
        What to sort; it is not changed.
    key : callable
        Gives the sort key; keys are compared with ``<``.
    reverse : bool, default False
        Largest first.

    Yields
    ------
    list or None
        None while there is more to do, then the sorted list, once.
    """
    chunks: list[list[tuple[tuple[object, ...], int, T]]] = []
    for start in range(0, len(values), CHUNK):
        chunk = [
            (key(value), -place if reverse else place, value)
            for place, value in enumerate(values[start : start + CHUNK], start)
        ]
        chunk.sort(key=itemgetter(0, 1), reverse=reverse)
        chunks.append(chunk)
        yield None
    merged = heapq.merge(*chunks, key=itemgetter(0, 1), reverse=reverse)
    result: list[T] = []
    while part := list(islice(merged, CHUNK)):
        result.extend(value for _key, _place, value in part)
        yield None
    yield result
