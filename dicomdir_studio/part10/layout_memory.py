"""Remembers how headers are laid, since neighbouring files are mostly laid alike.

A run is a stretch of elements seen in an earlier file: where each begins, and the
bytes of their tags, VRs and lengths. One comparison of numbers as long as the
stretch proves that another file has the very same elements at the same places, or
up to which element it has; the wanted values are then plain slices. Nothing is
taken on trust: what the comparison does not prove is walked element by element.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.part10.layout_run import Run, WholeLayout, places_from

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from dicomdir_studio.part10.header import InstanceHeader
    from dicomdir_studio.part10.layout_run import Found, Place

_KEY_LENGTH: Final = 8
_LEAST_ELEMENTS: Final = 4
_MOST_RUNS: Final = 512
_STRIDE: Final = 64
_WORTHWHILE: Final = 128
# Learning costs as much as reading a few files: credit, which hits earn, says when it pays.
_CREDIT: Final = 256
_COST_OF_RUN: Final = 32
_COST_OF_WHOLE: Final = 64
_WORTH_OF_HIT: Final = 8


class LayoutMemory:
    """The layouts that were met while reading many files for the same elements.

    Parameters
    ----------
    wanted : collection of int
        Tags of the elements that are read of every file; a frozenset makes it fastest.
    """

    def __init__(self, wanted: Collection[int]) -> None:
        self.wanted = wanted
        self._runs: dict[bool, dict[bytes, Run]] = {False: {}, True: {}}
        self._whole: dict[int, WholeLayout] = {}
        self._sizes: set[int] = set()
        self._credit = _CREDIT
        self._whole_credit = _CREDIT

    # Files laid alike from beginning to end

    def recall(self, header: InstanceHeader, window: bytes) -> bool:
        """Fill the header of a file that is proven to be laid like one before.

        Parameters
        ----------
        header : InstanceHeader
            Gets the layout and the bytes, if there is such a layout.
        window : bytes
            How the file begins.

        Returns
        -------
        bool
            Whether that is so; if not, the file has to be walked.
        """
        layout = self._whole.get(header.size)
        octets = 0 if layout is None else layout.is_of(window)
        if layout is None or not octets:
            return False
        if self._whole_credit < _CREDIT:
            self._whole_credit += _WORTH_OF_HIT
        layout.missed = -1
        header.layout = layout
        header.window = window
        header.octets = octets
        header.transfer_syntax = layout.syntax
        header.has_pixels = True
        return True

    def learn(self, window: bytes, size: int, found: Found) -> None:
        """Remember how a whole native image in Explicit VR Little Endian is laid.

        Parameters
        ----------
        window : bytes
            How the file begins, as far as its Pixel Data at least.
        size : int
            Its length in bytes.
        found : dict of int to (bytes, bytes)
            VR and value of the wanted elements, as the walk found them.
        """
        self._whole_credit += 1
        if size not in self._sizes:  # met for the first time: perhaps for the last time too
            if len(self._sizes) >= _MOST_RUNS:
                self._sizes.clear()
            self._sizes.add(size)
            return
        known = self._whole.get(size)
        if known is not None and known.missed < 0:  # the next one may be laid like it again
            known.missed = 0
            return
        if self._whole_credit < _COST_OF_WHOLE:
            return
        self._whole_credit -= _COST_OF_WHOLE
        layout = WholeLayout.of(window, size, self.wanted)
        if layout is None or layout.values_in(window) != found or not layout.is_of(window):
            return
        if len(self._whole) >= _MOST_RUNS:
            self._whole.clear()
        self._whole[size] = layout

    def _can_learn(self) -> bool:
        """Return whether there is credit for learning one run more, and take it."""
        self._credit += 1
        if self._credit < _COST_OF_RUN:
            return False
        self._credit -= _COST_OF_RUN
        return True

    # Files that differ here and there

    def scan(
        self,
        window: bytes,
        position: int,
        found: Found,
        *,
        implicit: bool,
        walk: Callable[[int, int], int],
    ) -> int:
        """Pass the elements from a position on, as `walk` would, and mostly faster.

        Parameters
        ----------
        window : bytes
            The bytes of the file that are at hand.
        position : int
            Where an element begins in it.
        found : dict of int to (bytes, bytes)
            Gets VR and value of the wanted elements.
        implicit : bool
            Whether the elements have no VR (PS3.5 7.1.3).
        walk : callable
            Passes elements one by one, from a position on and while they begin at or
            before another one, as far as the window and the plain case reach, and
            returns where it stopped.

        Returns
        -------
        int
            Where it stopped, as `walk` does.
        """
        runs = self._runs[implicit]
        latest = len(window) - _KEY_LENGTH
        while position <= latest:
            key = window[position : position + _KEY_LENGTH]
            run = runs.get(key)
            if run is None:
                if self._can_learn():
                    self._learn_run(runs, key, window, position, implicit=implicit)
                return walk(position, latest)
            if position + run.length > len(window):
                return walk(position, latest)
            reached = run.take(window, position, found) if run.length else 0
            if reached > _WORTHWHILE and self._credit < _CREDIT:
                self._credit += _WORTH_OF_HIT
            if reached != run.length:
                self._note_difference(runs, key, run, window, position, reached)
            position += reached
            if position > latest:
                break
            # Here is another element, or the run's end, or a run too short to keep.
            passed = walk(position, position if run.length else min(position + _STRIDE, latest))
            if passed <= position:
                break
            position = passed
        return position

    def _learn_run(
        self,
        runs: dict[bytes, Run],
        key: bytes,
        window: bytes,
        begin: int,
        *,
        implicit: bool,
    ) -> None:
        """Remember the elements from a position on."""
        if len(runs) >= _MOST_RUNS:
            runs.clear()
        places = list(places_from(window, begin, self.wanted, implicit=implicit))
        self._keep(runs, key, window, begin, places)

    def _note_difference(
        self,
        runs: dict[bytes, Run],
        key: bytes,
        run: Run,
        window: bytes,
        position: int,
        reached: int,
    ) -> None:
        """Let a run end where files differ from it for the second time running."""
        if run.missed != reached:
            run.missed = reached
            return
        places = [place for place in run.places if place.end <= reached]
        self._keep(runs, key, window, position, places)

    def _keep(
        self,
        runs: dict[bytes, Run],
        key: bytes,
        window: bytes,
        begin: int,
        places: list[Place],
    ) -> None:
        """Keep a run; one too short to pay is remembered as such, by having no length."""
        worthwhile = len(places) >= _LEAST_ELEMENTS
        runs[key] = Run(window, places if worthwhile else [], begin, self.wanted)
