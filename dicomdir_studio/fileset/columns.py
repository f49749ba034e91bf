"""Values of one element for many instances at once, straight from the encoded records."""

from __future__ import annotations

from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from dicomdir_studio.fileset.values import DEFAULT_ENCODINGS, decoded, is_plain
from dicomdir_studio.part10 import table
from dicomdir_studio.part10.transcode import vr_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.part10.table import Integers

IN_RECORD: Final = {
    0x00080018: table.SOP_INSTANCE,
    0x00080016: table.SOP_CLASS,
    0x00020010: table.TRANSFER_SYNTAX,
}
_ABSENT: Final = -1
_COMPARED_AS_TEXT: Final = frozenset(
    (b"AS", b"CS", b"DA", b"DT", b"IS", b"LO", b"LT", b"SH", b"ST", b"TM", b"UC", b"UI", b"UT")
)


class _Known(NamedTuple):
    """A value that was decoded already, as a record above the leaves has it."""

    value: Any


class _Encoded(NamedTuple):
    """An encoded value that needs the character set of its record."""

    raw: bytes
    node: RecordNode


class Column:
    """The effective values of an element: the lowest record that has it counts.

    Parameters
    ----------
    tag : int
        The element.
    codes : list of int, one per instance
        Which of the different values each instance has, -1 where no record has the element.
    distinct : list of bytes or of (bytes, RecordNode) or of decoded values
        The different values in the order in which they are met.
    """

    def __init__(
        self, tag: int, codes: list[int], distinct: Sequence[bytes | _Encoded | _Known]
    ) -> None:
        self.tag = tag
        self.vr = vr_of(tag)
        self.codes = codes
        self.distinct = distinct
        self._values: dict[int, Any] = {}

    def value(self, code: int) -> Any:
        """Return one of the different values, decoded."""
        if code not in self._values:
            self._values[code] = self._decoded(self.distinct[code])
        return self._values[code]

    def _decoded(self, entry: bytes | _Encoded | _Known) -> Any:
        """Decode one of the different values."""
        if isinstance(entry, _Known):
            return entry.value
        if isinstance(entry, _Encoded):
            return decoded(self.tag, self.vr, entry.raw, entry.node._encodings())
        return decoded(self.tag, self.vr, entry, DEFAULT_ENCODINGS)

    def codes_equal(self, wanted: Any) -> set[int]:
        """Return the codes of the values that equal `wanted`."""
        if isinstance(wanted, str):
            hits, others = set(self._texts.get(wanted, ())), self._odd
        elif self.vr == b"IS" and isinstance(wanted, int):
            hits, others = set(self._numbers.get(int(wanted), ())), self._odd
        else:
            hits, others = set(), list(range(len(self.distinct)))
        hits.update(code for code in others if self.value(code) == wanted)
        return hits

    @cached_property
    def _odd(self) -> list[int]:
        """The codes of values that have to be decoded to be compared."""
        if self.vr not in _COMPARED_AS_TEXT:
            return list(range(len(self.distinct)))
        plain = [entry for entry in self.distinct if type(entry) is bytes]
        if len(plain) == len(self.distinct) and _is_single(b"".join(plain)) and all(plain):
            return []
        return [
            code
            for code, entry in enumerate(self.distinct)
            if not (type(entry) is bytes and entry and _is_single(entry))
        ]

    @cached_property
    def _texts(self) -> dict[str, tuple[int, ...]]:
        """The codes of plain values by their text."""
        odd = set(self._odd)
        codes = [code for code in range(len(self.distinct)) if code not in odd]
        texts = [self.distinct[code].decode("ascii").rstrip(" \0") for code in codes]  # type: ignore[union-attr]
        if self.vr == b"IS":
            texts = [text.strip() for text in texts]
        return _grouped(texts, codes)

    @cached_property
    def _numbers(self) -> dict[int, tuple[int, ...]]:
        """The codes of plain integer strings by their numbers."""
        numbers: dict[int, tuple[int, ...]] = {}
        for text, codes in self._texts.items():
            try:
                number = int(text)
            except ValueError:
                continue
            numbers[number] = numbers.get(number, ()) + codes
        return numbers

    @cached_property
    def counted(self) -> tuple[list[Any], list[int]]:
        """The different values, and the number of instances that have each."""
        codes = np.array(self.codes, dtype=np.int64)
        counts = np.bincount(codes[codes >= 0], minlength=len(self.distinct)).tolist()
        return merged([(self.value(code), count) for code, count in enumerate(counts) if count])


def _grouped(texts: list[str], codes: list[int]) -> dict[str, tuple[int, ...]]:
    """Return the codes by their texts."""
    grouped: dict[str, tuple[int, ...]] = dict(zip(texts, zip(codes), strict=True))
    if len(grouped) < len(codes):
        # Some differ in their padding only.
        grouped = {}
        for text, code in zip(texts, codes, strict=True):
            grouped[text] = (*grouped.get(text, ()), code)
    return grouped


def _is_single(raw: bytes) -> bool:
    """Return whether an encoded text is one value of the default repertoire."""
    return is_plain(raw) and b"\\" not in raw


class Columns:
    """Makes columns for a fixed list of instances and keeps them.

    Parameters
    ----------
    instances : sequence of FileInstance
        The rows.

    Attributes
    ----------
    lasting : bool
        Whether every record asked is encoded; one that is held as a data set can be
        changed by its holder at any time.
    """

    def __init__(self, instances: Sequence[FileInstance]) -> None:
        self.instances = instances
        self._columns: dict[int, Column] = {}
        self._joined: tuple[bytes, Integers, Integers] | None = None
        self._nodes = [instance.node for instance in instances]
        self.lasting = all(node._dataset is None for node in self._nodes)
        self._parents: list[RecordNode | None] | None = None

    def column(self, tag: int) -> Column:
        """Return the column of an element, made when first asked for."""
        tag = IN_RECORD.get(tag, tag)
        if tag not in self._columns:
            self._columns[tag] = self._make(tag)
        return self._columns[tag]

    def _make(self, tag: int) -> Column:
        """Find the element in the leaves at once, and above them where they lack it."""
        buffer, starts, stops = self._leaves()
        begins, ends = table.value_spans(buffer, starts, stops, tag)
        if (begins >= 0).all():
            raws = [
                buffer[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
            ]
            if is_plain(b"".join(raws)):
                return _column_of(tag, raws)
        elif (begins == _ABSENT).all() and self.lasting:
            return self._column_above(tag)
        return self._mixed_column(tag, buffer, begins.tolist(), ends.tolist())

    def _column_above(self, tag: int) -> Column:
        """Make the column of an element that no leaf has."""
        if self._parents is None:
            self._parents = [node._parent for node in self._nodes]
        above: dict[RecordNode, int] = {}
        distinct: list[bytes | _Encoded | _Known] = []
        by_parent = {
            parent: _ABSENT if parent is None else self._inherited(parent, tag, above, distinct)
            for parent in dict.fromkeys(self._parents)
        }
        return Column(tag, [by_parent[parent] for parent in self._parents], distinct)

    def _mixed_column(self, tag: int, buffer: bytes, begins: list[int], ends: list[int]) -> Column:
        """Make a column instance by instance."""
        codes: list[int] = []
        distinct: list[bytes | _Encoded | _Known] = []
        by_raw: dict[Any, int] = {}
        above: dict[RecordNode, int] = {}
        for node, begin, end in zip(self._nodes, begins, ends, strict=True):
            if begin >= 0:
                raw = buffer[begin:end]
                key: Any = raw if is_plain(raw) else (raw, node._encodings())
                code = by_raw.get(key)
                if code is None:
                    code = by_raw[key] = len(distinct)
                    distinct.append(raw if key is raw else _Encoded(raw, node))
            elif node._dataset is not None or begin != _ABSENT:
                code = self._inherited(node, tag, above, distinct)
            else:
                parent = node._parent
                code = _ABSENT if parent is None else self._inherited(parent, tag, above, distinct)
            codes.append(code)
        return Column(tag, codes, distinct)

    def _inherited(
        self,
        node: RecordNode,
        tag: int,
        above: dict[RecordNode, int],
        distinct: list[bytes | _Encoded | _Known],
    ) -> int:
        """Return the code of the value that holds at a record, entered if it is new."""
        known = above.get(node)
        if known is not None:
            return known
        self.lasting = self.lasting and node._dataset is None
        if node.is_root:
            code = _ABSENT
        elif node._has(tag):
            code = len(distinct)
            distinct.append(_Known(node._value(tag)))
        else:
            parent = node._parent
            code = _ABSENT if parent is None else self._inherited(parent, tag, above, distinct)
        above[node] = code
        return code

    def _leaves(self) -> tuple[bytes, Integers, Integers]:
        """Return one buffer with all leaf records, and their spans in it.

        A record that is held as a data set gets an empty span: it is asked itself.
        """
        if self._joined is None:
            nodes = self._nodes
            count = len(nodes)
            buffers = {id(node._buffer): node._buffer for node in nodes}
            starts = np.fromiter((node._start for node in nodes), dtype=np.int64, count=count)
            stops = np.fromiter((node._stop for node in nodes), dtype=np.int64, count=count)
            if len(buffers) > 1:
                lengths = np.array([len(part) for part in buffers.values()], dtype=np.int64)
                bases = dict(zip(buffers, (np.cumsum(lengths) - lengths).tolist(), strict=True))
                shift = np.fromiter(
                    (bases[id(node._buffer)] for node in nodes), dtype=np.int64, count=count
                )
                starts, stops = starts + shift, stops + shift
            opened = np.fromiter(
                (node._dataset is not None for node in nodes), dtype=bool, count=count
            )
            self._joined = b"".join(buffers.values()), starts, np.where(opened, starts, stops)
        return self._joined


def _column_of(tag: int, raws: list[bytes]) -> Column:
    """Make the column of an element that every leaf has, in the default repertoire."""
    codes_by_raw: dict[bytes, int] = {}
    enter = codes_by_raw.setdefault
    codes = [enter(raw, len(codes_by_raw)) for raw in raws]
    return Column(tag, codes, list(codes_by_raw))


def rows_with(codes: Iterable[int], hits: set[int]) -> list[int]:
    """Return the rows whose code is among `hits`."""
    wanted = [code in hits for code in codes]
    return list(compress(range(len(wanted)), wanted))


def merged(pairs: list[tuple[Any, int]]) -> tuple[list[Any], list[int]]:
    """Return values that are equal once, with the sum of their counts."""
    values: list[Any] = []
    counts: list[int] = []
    places: dict[Any, int] = {}
    for value, count in pairs:
        try:
            place = places.get(value)
        except TypeError:  # multi-valued and sequences cannot be hashed
            place = next((at for at, other in enumerate(values) if other == value), None)
            hashable = False
        else:
            hashable = True
        if place is None:
            if hashable:
                places[value] = len(values)
            values.append(value)
            counts.append(count)
        else:
            counts[place] += count
    return values, counts
