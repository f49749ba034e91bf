"""Values of one element for many instances at once, straight from the encoded records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from dicomdir_studio.fileset.values import DEFAULT_ENCODINGS, decoded, is_plain
from dicomdir_studio.part10 import table
from dicomdir_studio.part10.transcode import vr_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.record_node import RecordNode

IN_RECORD: Final = {
    0x00080018: table.SOP_INSTANCE,
    0x00080016: table.SOP_CLASS,
    0x00020010: table.TRANSFER_SYNTAX,
}
_ABSENT: Final = -1


class Distinct(NamedTuple):
    """One of the different values of a column: encoded, or decoded already."""

    raw: bytes | None
    value: Any
    node: RecordNode | None


class Column:
    """The effective values of an element: the lowest record that has it counts.

    Attributes
    ----------
    codes : list of int, one per instance
        Which of `distinct` each instance has, -1 where no record has the element.
    distinct : list of Distinct
        The different values in the order in which they are met.
    """

    def __init__(self, tag: int, codes: list[int], distinct: list[Distinct]) -> None:
        self.tag = tag
        self.vr = vr_of(tag)
        self.codes = codes
        self.distinct = distinct
        self._values: dict[int, Any] = {}
        self._by_text: tuple[dict[str, list[int]], list[int]] | None = None

    def value(self, code: int) -> Any:
        """Return one of the different values, decoded."""
        if code in self._values:
            return self._values[code]
        value = self._values[code] = self._decoded(code)
        return value

    def _decoded(self, code: int) -> Any:
        """Decode one of the different values."""
        entry = self.distinct[code]
        if entry.raw is None:
            return entry.value
        if not entry.raw and self.tag == table.FILE_ID:
            return None  # not on the medium yet
        encodings = DEFAULT_ENCODINGS
        if entry.node is not None and not is_plain(entry.raw):
            encodings = entry.node._encodings()
        return decoded(self.tag, self.vr, entry.raw, encodings)

    def codes_equal(self, wanted: Any) -> set[int]:
        """Return the codes of the values that equal `wanted`."""
        if isinstance(wanted, str):
            texts, others = self._texts()
            hits = set(texts.get(wanted, ()))
            hits.update(code for code in others if self.value(code) == wanted)
            return hits
        if self.vr == b"IS" and isinstance(wanted, int):
            texts, others = self._texts()
            hits = {
                code
                for text, codes in texts.items()
                if _as_integer(text) == wanted
                for code in codes
            }
            hits.update(code for code in others if self.value(code) == wanted)
            return hits
        return {code for code in range(len(self.distinct)) if self.value(code) == wanted}

    def _texts(self) -> tuple[dict[str, list[int]], list[int]]:
        """Return the plain texts with their codes, and the codes of what is not plain."""
        if self._by_text is None:
            texts: dict[str, list[int]] = {}
            others: list[int] = []
            plain_vr = self.vr in _COMPARED_AS_TEXT
            for code, entry in enumerate(self.distinct):
                raw = entry.raw
                if raw and plain_vr and raw.isascii() and b"\\" not in raw and b"\x1b" not in raw:
                    text = raw.decode("ascii").rstrip(" \0")
                    texts.setdefault(text.strip() if self.vr == b"IS" else text, []).append(code)
                else:
                    others.append(code)
            self._by_text = texts, others
        return self._by_text


_COMPARED_AS_TEXT: Final = frozenset(
    (b"AS", b"CS", b"DA", b"DT", b"IS", b"LO", b"LT", b"SH", b"ST", b"TM", b"UC", b"UI", b"UT")
)


def _as_integer(text: str) -> int | None:
    """Return a plain integer string as its number."""
    try:
        return int(text)
    except ValueError:
        return None


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
        self.lasting = all(instance.node._dataset is None for instance in instances)
        self._columns: dict[int, Column] = {}
        self._joined: tuple[bytes, list[int], list[int]] | None = None

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
        codes: list[int] = []
        distinct: list[Distinct] = []
        by_raw: dict[Any, int] = {}
        above: dict[RecordNode, int] = {}
        for instance, begin, end in zip(
            self.instances, begins.tolist(), ends.tolist(), strict=True
        ):
            node = instance.node
            if begin >= 0:
                raw = buffer[begin:end]
                key: Any = raw if is_plain(raw) else (raw, node._encodings())
                code = by_raw.get(key)
                if code is None:
                    code = by_raw[key] = len(distinct)
                    distinct.append(Distinct(raw, None, node))
            elif node._dataset is not None or begin == -2:
                code = self._inherited(node, tag, above, distinct)
            else:
                parent = node._parent
                code = _ABSENT
                if parent is not None:
                    found = above.get(parent)
                    code = self._inherited(parent, tag, above, distinct) if found is None else found
            codes.append(code)
        return Column(tag, codes, distinct)

    def _inherited(
        self,
        node: RecordNode,
        tag: int,
        above: dict[RecordNode, int],
        distinct: list[Distinct],
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
            distinct.append(Distinct(None, node._value(tag), node))
        else:
            parent = node._parent
            code = _ABSENT if parent is None else self._inherited(parent, tag, above, distinct)
        above[node] = code
        return code

    def _leaves(self) -> tuple[bytes, list[int], list[int]]:
        """Return one buffer with all leaf records, and their spans in it.

        A record that is held as a data set gets an empty span: it is asked itself.
        """
        if self._joined is None:
            nodes = [instance.node for instance in self.instances]
            buffers = {id(node._buffer): node._buffer for node in nodes}
            if len(buffers) == 1:
                buffer = next(iter(buffers.values()))
                bases = dict.fromkeys(buffers, 0)
            else:
                buffer = b"".join(buffers.values())
                ends = np.cumsum([len(part) for part in buffers.values()]).tolist()
                bases = dict(zip(buffers, [0, *ends], strict=False))
            starts = [bases[id(node._buffer)] + node._start for node in nodes] if nodes else []
            stops = [
                start if node._dataset is not None else start + node._stop - node._start
                for start, node in zip(starts, nodes, strict=True)
            ]
            self._joined = buffer if nodes else b"", starts, stops
        return self._joined
