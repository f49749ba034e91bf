"""Directory Records as rows of one buffer, with the records above them as rows too."""

from __future__ import annotations

from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.deferred import np
from dicomdir_studio.part10 import table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.part10.table import Integers

_PARENT: Final = attrgetter("_parent")
_DATASET: Final = attrgetter("_dataset")
_BUFFER: Final = attrgetter("_buffer")
_START: Final = attrgetter("_start")
_LENGTH: Final = attrgetter("_length")


class RecordSpans(NamedTuple):
    """One buffer, and where records begin and end in it.

    Attributes
    ----------
    buffer : bytes
        Holds them.
    starts, stops : numpy.ndarray, shape (records,)
        Where each begins and ends.
    tags : frozenset of int or None
        What elements they have behind the File ID, none of them any other; None if not known.
    """

    buffer: bytes
    starts: Integers
    stops: Integers
    tags: frozenset[int] | None = None

    def lack(self, tag: int) -> bool:
        """Return whether it is known that none of the records has an element."""
        return self.tags is not None and tag > table.FILE_ID and tag not in self.tags


class RecordRows:
    """Records whose elements are looked for all at once.

    Parameters
    ----------
    nodes : sequence of RecordNode
        The records.
    spans : RecordSpans, optional
        Where they lie, if that is known, and that none is held as a data set.

    Attributes
    ----------
    held : list of int
        The rows of records that are held as data sets. They have to be asked
        themselves; here they have no element.
    """

    def __init__(self, nodes: Sequence[RecordNode], spans: RecordSpans | None = None) -> None:
        self.nodes = nodes
        self.held: list[int] = []
        if spans is not None:
            self._joined = spans
            return
        datasets = list(map(_DATASET, nodes))
        if datasets.count(None) < len(datasets):
            self.held = [row for row, dataset in enumerate(datasets) if dataset is not None]

    def spans(self, tag: int) -> tuple[Integers, Integers]:
        """Return where the value of an element lies in `buffer`, as `table.value_spans` does."""
        joined = self._joined
        if joined.lack(tag):
            absent = np.full(len(joined.starts), -1, dtype=np.int64)
            return absent, absent
        return table.value_spans(joined.buffer, joined.starts, joined.stops, tag)

    @property
    def buffer(self) -> bytes:
        """One buffer that holds all of the records."""
        return self._joined.buffer

    @cached_property
    def _joined(self) -> RecordSpans:
        """One buffer with all records, and their spans in it."""
        parts = list(map(_BUFFER, self.nodes))
        numbers = list(map(id, parts))
        buffers = {numbers[0]: parts[0]} if numbers else {}
        starts = self._numbers(_START)
        stops = starts + self._numbers(_LENGTH)
        if len(set(numbers)) > 1:
            buffers = dict(zip(numbers, parts, strict=True))
            lengths = np.array([len(part) for part in buffers.values()], dtype=np.int64)
            bases = dict(zip(buffers, (np.cumsum(lengths) - lengths).tolist(), strict=True))
            shift = np.array([bases[number] for number in numbers], dtype=np.int64)
            starts, stops = starts + shift, stops + shift
        stops[self.held] = starts[self.held]
        return RecordSpans(b"".join(buffers.values()), starts, stops)

    def _numbers(self, of: Callable[[RecordNode], int]) -> Integers:
        """Return a number of each record."""
        return np.fromiter(map(of, self.nodes), dtype=np.int64, count=len(self.nodes))

    @property
    def above(self) -> RecordRows | None:
        """The records right above, each once for all neighbours below it; None at the top."""
        return self._runs[0]

    @property
    def lengths(self) -> Integers:
        """How many neighbours there are below each of the records above."""
        return self._runs[1]

    @cached_property
    def _runs(self) -> tuple[RecordRows | None, Integers]:
        """The records above, and the lengths."""
        parents = list(map(_PARENT, self.nodes))
        count = len(parents)
        numbers = np.fromiter(map(id, parents), dtype=np.int64, count=count)
        firsts = np.flatnonzero(np.diff(numbers, prepend=0))
        lengths = np.diff(firsts, append=count)
        above = [parents[first] for first in firsts.tolist()]
        if above.count(None) == len(above):
            return None, lengths
        # The root, which has no elements, stands for what would be above it: leaves may lie
        # at different depths.
        nodes = [
            self.nodes[first] if parent is None else parent
            for parent, first in zip(above, firsts.tolist(), strict=True)
        ]
        return RecordRows(nodes), lengths
