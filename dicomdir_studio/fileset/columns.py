"""Values of one element for many instances at once, straight from the encoded records."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dicomdir_studio.deferred import np
from dicomdir_studio.fileset.record_rows import RecordRows
from dicomdir_studio.fileset.values import DEFAULT_ENCODINGS, decoded, is_plain
from dicomdir_studio.part10 import table
from dicomdir_studio.part10.span_values import all_differ
from dicomdir_studio.part10.transcode import vr_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.fileset.record_rows import RecordSpans
    from dicomdir_studio.part10.table import Integers

    Bools = npt.NDArray[np.bool_]

IN_RECORD: Final = {
    0x00080018: table.SOP_INSTANCE,
    0x00080016: table.SOP_CLASS,
    0x00020010: table.TRANSFER_SYNTAX,
}
_ABSENT: Final = -1
_SAMPLE: Final = 64
_NODE: Final = attrgetter("node")
_COMPARED_AS_TEXT: Final = frozenset(
    (b"AS", b"CS", b"DA", b"DT", b"IS", b"LO", b"LT", b"SH", b"ST", b"TM", b"UC", b"UI", b"UT")
)


class _Known(NamedTuple):
    """A decoded value, from a record above the leaves."""

    value: Any


class _Encoded(NamedTuple):
    """An encoded value that needs the character set of its record."""

    raw: bytes
    node: RecordNode


class Column:
    """The effective values of an element, each from the lowest record that has it.

    Parameters
    ----------
    tag : int
        The element.
    codes : numpy.ndarray of int64, shape (instances,)
        Index of each instance's value in `distinct`, -1 where no record has the element.
    distinct : list of bytes or of (bytes, RecordNode) or of decoded values
        The distinct values, in order of first occurrence.
    """

    def __init__(
        self, tag: int, codes: Integers, distinct: Sequence[bytes | _Encoded | _Known]
    ) -> None:
        self.tag = tag
        self.vr = vr_of(tag)
        self.codes = codes
        self.distinct = distinct
        self._values: dict[int, Any] = {}

    def value(self, code: int) -> Any:
        """Return one of the distinct values, decoded."""
        if code not in self._values:
            self._values[code] = self._decoded(self.distinct[code])
        return self._values[code]

    def _decoded(self, entry: bytes | _Encoded | _Known) -> Any:
        """Decode one of the distinct values."""
        if isinstance(entry, _Known):
            return entry.value
        if isinstance(entry, _Encoded):
            return decoded(self.tag, self.vr, entry.raw, entry.node._encodings())
        return decoded(self.tag, self.vr, entry, DEFAULT_ENCODINGS)

    def codes_equal(self, wanted: Any) -> set[int]:
        """Return the codes of the values that equal `wanted`."""
        if isinstance(wanted, str):
            hits, others = self._with_text(wanted), self._odd
        elif self.vr == b"IS" and isinstance(wanted, int):
            number = int(wanted)
            hits = {code for code, known in enumerate(self._numbers) if known == number}
            others = self._odd
        else:
            hits, others = set(), list(range(len(self.distinct)))
        hits.update(code for code in others if self.value(code) == wanted)
        return hits

    @cached_property
    def _odd(self) -> list[int]:
        """The codes of values that must be decoded for comparison."""
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

    def _with_text(self, wanted: str) -> set[int]:
        """Return the codes of plain values that equal this text, ignoring padding."""
        if self.vr == b"IS":
            return {code for code, text in enumerate(self._texts) if text == wanted}
        begin, odd = wanted.encode("ascii", "replace"), set(self._odd)
        entries: Sequence[Any] = self.distinct
        # Compare the bytes, rather than decode a million values for one search.
        likely = [
            code
            for code, entry in enumerate(entries)
            if code not in odd and entry.startswith(begin)
        ]
        return {code for code in likely if entries[code].decode("ascii").rstrip(" \0") == wanted}

    @cached_property
    def _texts(self) -> Sequence[str | None]:
        """The texts of plain integer strings by their codes, None for the others."""
        odd = set(self._odd)
        entries: Sequence[Any] = self.distinct
        return [
            None if code in odd else entry.decode("ascii").rstrip(" \0").strip()
            for code, entry in enumerate(entries)
        ]

    @cached_property
    def _numbers(self) -> Sequence[int | None]:
        """The numbers of plain integer strings by their codes, None for other values."""
        if not self._odd:
            entries: Sequence[Any] = self.distinct
            with suppress(ValueError):
                return [int(entry) for entry in entries]
        return list(map(_number, self._texts))

    @cached_property
    def counted(self) -> tuple[list[Any], list[int]]:
        """The distinct values, and the number of instances that have each."""
        present = self.codes[self.codes >= 0]
        counts = np.bincount(present, minlength=len(self.distinct)).tolist()
        values = self._unlike_values()
        if values is not None:
            return values, counts
        return merged([(self.value(code), count) for code, count in enumerate(counts) if count])

    def _unlike_values(self) -> list[Any] | None:
        """Return all distinct values together if they are plain and no two are equal."""
        if self._odd or not self.distinct:
            return None
        raws: Sequence[Any] = self.distinct
        if self.vr == b"IS":
            if not b"".join(raws).translate(None, b" \0").isdigit():
                return None
            unlike = _all_unlike(self._numbers)
        else:
            unlike = len({raw.rstrip(b" \0") for raw in raws}) == len(raws)
        if not unlike:
            return None
        return [decoded(self.tag, self.vr, raw, DEFAULT_ENCODINGS) for raw in raws]


def _are_keys(buffer: bytes, begins: Integers, ends: Integers) -> bool:
    """Return whether every record has a value and no two have the same bytes."""
    return bool((ends > begins).all()) and all_differ(buffer, begins, ends)


def _all_unlike(numbers: Sequence[int | None]) -> bool:
    """Return whether all values are numbers, and no two are equal."""
    try:
        ordered = np.array(numbers, dtype=np.int64)
    except (OverflowError, TypeError):
        return None not in numbers and len(set(numbers)) == len(numbers)
    ordered.sort()
    return bool((ordered[1:] != ordered[:-1]).all())


def _number(text: str | None) -> int | None:
    """Return the number that a text represents, None if it is not a number."""
    try:
        return None if text is None else int(text)
    except ValueError:
        return None


def _is_single(raw: bytes) -> bool:
    """Return whether an encoded text is a single value in the default repertoire."""
    return is_plain(raw) and b"\\" not in raw


class Columns:
    """Creates and caches columns for a fixed list of instances.

    Parameters
    ----------
    instances : sequence of FileInstance
        The rows.
    spans : RecordSpans, optional
        The positions of their records, if known, and if none is held as a data set.

    Attributes
    ----------
    lasting : bool
        Whether every record used is encoded; one that is held as a data set can be
        modified by the caller at any time.
    """

    def __init__(self, instances: Sequence[FileInstance], spans: RecordSpans | None = None) -> None:
        self.instances = instances
        self._leaves = RecordRows(list(map(_NODE, instances)), spans)
        self._columns: dict[int, Column] = {}
        self.lasting = not self._leaves.held

    def column(self, tag: int) -> Column:
        """Return the column of an element, created on first use."""
        tag = IN_RECORD.get(tag, tag)
        if tag not in self._columns:
            self._columns[tag] = self._make(tag)
        return self._columns[tag]

    def _make(self, tag: int) -> Column:
        """Find the element in all leaves, and in the records above those that lack it."""
        search = _Search(tag)
        codes = search.codes(self._leaves)
        self.lasting = self.lasting and not search.asked_held
        distinct = search.distinct
        if search.disordered and distinct:
            # Values are in the order of the instances, not in that of the levels; one that is
            # overridden in every instance below is not included.
            used, firsts = np.unique(codes[codes >= 0], return_index=True)
            order = used[np.argsort(firsts)]
            places = np.full(len(distinct), _ABSENT, dtype=np.int64)
            places[order] = np.arange(len(order))
            codes = np.where(codes >= 0, places[codes], _ABSENT)
            distinct = [distinct[code] for code in order.tolist()]
        return Column(tag, codes, distinct)


class _Search:
    """Finds one element in rows of records, and in the records above those that lack it.

    Attributes
    ----------
    distinct : list of bytes or of (bytes, RecordNode) or of decoded values
        The distinct values found so far.
    disordered : bool
        Whether their order may differ from that of the records.
    asked_held : bool
        Whether one of the records is held as a data set.
    """

    def __init__(self, tag: int) -> None:
        self._tag = tag
        self._by_raw: dict[Any, int] = {}
        self.distinct: list[bytes | _Encoded | _Known] = []
        self.disordered = False
        self.asked_held = False

    def codes(self, rows: RecordRows) -> Integers:
        """Return the code of the effective value of each record, -1 where there is none."""
        begins, ends = rows.spans(self._tag)
        codes = self._codes_of_all(rows.buffer, begins, ends)
        if codes is None:
            codes = self._own_codes(rows, begins, ends)
        lacking = codes == _ABSENT
        if lacking.any() and rows.above is not None:
            self.disordered = self.disordered or bool(self.distinct)
            inherited = np.repeat(self.codes(rows.above), rows.lengths)
            codes = np.where(lacking, inherited, codes)
        return codes

    def _codes_of_all(self, buffer: bytes, begins: Integers, ends: Integers) -> Integers | None:
        """Return the codes if all records have the element in the default repertoire."""
        if self.distinct or not (begins >= 0).all():
            return None
        raws = [
            buffer[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
        ]
        if not is_plain(b"".join(raws)):
            return None
        if len(set(raws[:_SAMPLE])) == min(len(raws), _SAMPLE) and _are_keys(buffer, begins, ends):
            self.distinct = [*raws]
            return np.arange(len(raws))
        enter, known = self._by_raw.setdefault, self._by_raw
        codes = np.array([enter(raw, len(known)) for raw in raws], dtype=np.int64)
        self.distinct = list(known)
        return codes

    def _own_codes(self, rows: RecordRows, begins: Integers, ends: Integers) -> Integers:
        """Return the codes of the records' own values, one by one."""
        codes = np.full(len(begins), _ABSENT, dtype=np.int64)
        for row in np.flatnonzero(begins >= 0).tolist():
            raw = rows.buffer[int(begins[row]) : int(ends[row])]
            codes[row] = self._entered(raw, rows.nodes[row])
        self.asked_held = self.asked_held or bool(rows.held)
        # Records held as data sets, and those that must be searched element by element.
        others = sorted({*rows.held, *np.flatnonzero(begins < _ABSENT).tolist()})
        self.disordered = self.disordered or bool(others)
        for row in others:
            node = rows.nodes[row]
            if node._has(self._tag):
                codes[row] = len(self.distinct)
                self.distinct.append(_Known(node._value(self._tag)))
        return codes

    def _entered(self, raw: bytes, node: RecordNode) -> int:
        """Return the code of an encoded value, adding it if it is new."""
        key: Any = raw if is_plain(raw) else (raw, node._encodings())
        code = self._by_raw.get(key)
        if code is None:
            code = self._by_raw[key] = len(self.distinct)
            self.distinct.append(raw if key is raw else _Encoded(raw, node))
        return code


def rows_with(codes: Integers, hits: set[int]) -> Bools:
    """Return for each row whether its code is in `hits`, which must not be negative."""
    wanted = np.zeros(max(int(codes.max(initial=0)) + 2, 2), dtype=bool)
    wanted[list(hits)] = True
    wanted[_ABSENT] = False  # the last one, which no code refers to
    found: Bools = wanted[codes]
    return found


def merged(pairs: list[tuple[Any, int]]) -> tuple[list[Any], list[int]]:
    """Merge equal values, adding up their counts."""
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
