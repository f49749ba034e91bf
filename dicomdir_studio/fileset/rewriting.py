"""Records with staged changes of their content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.fileset.record_bytes import record_bytes_of
from dicomdir_studio.part10.table import FILE_ID
from dicomdir_studio.part10.transcode import elements

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydicom.dataset import Dataset

    from dicomdir_studio.fileset.record_node import RecordNode

_CHANGED_BY_WRITES: Final = frozenset((0x00041400, 0x00041410, 0x00041420, FILE_ID))


class RecordState(NamedTuple):
    """The content of a record at one time.

    Attributes
    ----------
    buffer, start, stop : bytes, int, int
        The encoded record.
    dataset : pydicom.dataset.Dataset or None
        The data set that was made of it, which then is the record.
    recipes : tuple of str
        The steps that led to it from what was loaded or added ("charset GB18030").
    """

    buffer: bytes
    start: int
    stop: int
    dataset: Dataset | None
    recipes: tuple[str, ...]


class Rewriting(NamedTuple):
    """A record with its content before and after an edit."""

    node: RecordNode
    before: RecordState
    after: RecordState


class RewrittenRecords:
    """The records whose content differs from what was loaded or added."""

    def __init__(self) -> None:
        self._states: dict[RecordNode, tuple[RecordState, tuple[str, ...]]] = {}

    def __len__(self) -> int:
        """Return how many there are in the tree."""
        return sum(1 for node in self._states if node._attached)

    def nodes(self) -> list[RecordNode]:
        """Return those in the tree, in the order in which they were rewritten first."""
        return [node for node in self._states if node._attached]

    def original(self, node: RecordNode) -> RecordState | None:
        """Return what a record held at first, None if it still does."""
        known = self._states.get(node)
        return None if known is None else known[0]

    def recipes(self, node: RecordNode) -> tuple[str, ...]:
        """Return how a record came from what it held at first."""
        known = self._states.get(node)
        return () if known is None else known[1]

    def rewriting(self, node: RecordNode, record: bytes, recipe: str) -> Rewriting:
        """Return the step to another content of a record; nothing is changed yet."""
        recipes = self.recipes(node)
        before = RecordState(node._buffer, node._start, node._stop, node._dataset, recipes)
        after = RecordState(record, 0, len(record), None, (*recipes, recipe))
        return Rewriting(node, before, after)

    def carry_out(self, steps: Iterable[Rewriting], *, back: bool = False) -> None:
        """Let records hold what steps say, or what they held before them."""
        for node, before, after in steps:
            state = before if back else after
            node._buffer, node._start = state.buffer, state.start
            node._length = state.stop - state.start
            node._dataset = state.dataset
            node._forget_key()
            first = self._states.get(node, (before, ()))[0]
            if state.recipes:
                self._states[node] = first, state.recipes
            else:
                self._states.pop(node, None)


def fingerprint_of(node: RecordNode) -> str:
    """Return what a record, as it is now, is known by over writes."""
    return fingerprint(node._encoded())


def fingerprint(record: bytes) -> str:
    """Return what a record is known by over writes, which change its links and File ID."""
    kept = hashlib.sha256()
    for element in elements(record, 0, len(record)):
        if element.tag not in _CHANGED_BY_WRITES:
            kept.update(element.tag.to_bytes(4, "little"))
            kept.update(record[element.start : element.stop])
    return kept.hexdigest()


class RewrittenRecord(NamedTuple):
    """A rewritten record as plain data.

    Attributes
    ----------
    before, after : str
        The record's `fingerprint` before it was rewritten, and now.
    recipes : tuple of str
        How it was rewritten, step by step.
    """

    before: str
    after: str
    recipes: tuple[str, ...]


def rewritten_as_data(rewritten: RewrittenRecords) -> list[RewrittenRecord]:
    """Return the rewritten records as plain data, to be rewritten again in another run."""
    data = []
    for node in rewritten.nodes():
        first = rewritten.original(node)
        if first is not None:
            raw = first.buffer[first.start : first.stop]
            before = raw if first.dataset is None else record_bytes_of(first.dataset, raw)
            recipes = rewritten.recipes(node)
            data.append(RewrittenRecord(fingerprint(before), fingerprint_of(node), recipes))
    return data
