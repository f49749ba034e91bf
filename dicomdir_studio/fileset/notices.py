"""Notices of salvage, collected by row and reported by patient once the tree is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.phrases import Phrase, listed, said

if TYPE_CHECKING:
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.part10.table import DirectoryTable

_LEVELS: Final = {
    "PATIENT": said(", patient {0}", "").template,
    "STUDY": said(", study {0}", "").template,
    "SERIES": said(", series {0}", "").template,
}
_JOINED: Final = "{0}{1}"
_NO_ROW: Final = -1


class Notice(NamedTuple):
    """A notice about a record, or about the DICOMDIR if `row` is -1."""

    severity: Severity
    what: str
    row: int
    clause: str
    remedy: str


class Notices:
    """Collects notices.

    Attributes
    ----------
    noted : list of Notice
        In the order in which it was found.
    repaired : bool
        Whether a write would produce something else than what is on the medium.
    """

    def __init__(self) -> None:
        self.noted: list[Notice] = []
        self.repaired = False

    def note(
        self,
        severity: Severity,
        what: str,
        row: int = _NO_ROW,
        *,
        clause: str = "",
        remedy: str = "",
        repaired: bool = True,
    ) -> None:
        """Note a finding; `repaired` says that the tree is not what the DICOMDIR states."""
        self.noted.append(Notice(severity, what, row, clause, remedy))
        self.repaired = self.repaired or repaired


class Places:
    """Describes the positions of records: by offset, and by patient, study and series.

    Parameters
    ----------
    table : DirectoryTable
        The records.
    nodes : list of RecordNode or None
        The node of each row, as far as it has one; filled while the tree is built.
    """

    def __init__(self, table: DirectoryTable, nodes: list[RecordNode | None]) -> None:
        self._table = table
        self._nodes = nodes
        self._above: dict[RecordNode, str] = {}
        self._of_rows: dict[int, str] = {}

    def finding(self, notice: Notice) -> Finding:
        """Return a notice as a finding that says where."""
        where = "" if notice.row == _NO_ROW else self.of_row(notice.row)
        return Finding(notice.severity, notice.what, where, notice.clause, notice.remedy)

    def of_row(self, row: int) -> str:
        """Return where the record of a row is; all that is found about it says so."""
        if row not in self._of_rows:
            self._of_rows[row] = self._described(row)
        return self._of_rows[row]

    def _described(self, row: int) -> str:
        """Return where the record of a row is, once the tree is built."""
        node = self._nodes[row]
        kind = self._table.types[row]
        offset = int(self._table.offsets[row])
        text = said("{0} record at offset {1}", kind, offset)
        if not kind:
            text = said("untyped record at offset {0}", offset)
        if node is None or not node._attached:
            return text
        if kind in _LEVELS:
            return Phrase(_JOINED, text, self._chain(node))
        own = said(", instance {0}", key_of(node)) if node.instance is not None else ""
        parent = node._parent
        chain = self._chain(parent) if parent is not None else ""
        return listed([part for part in (text, chain, own) if part], _JOINED)

    def _chain(self, node: RecordNode) -> str:
        """Return patient, study and series at and above a record."""
        known = self._above.get(node)
        if known is None:
            known = self._above[node] = chain_above(node)
        return known


def chain_above(node: RecordNode) -> str:
    """Return patient, study and series at and above a record."""
    parts: list[str] = []
    place: RecordNode | None = node
    while place is not None and not place.is_root:
        word = _LEVELS.get(place.record_type)
        if word is not None:
            parts.append(Phrase(word, key_of(place)))
        place = place._parent
    return listed(parts[::-1], _JOINED)


def key_of(node: RecordNode) -> str:
    """Return the key of a record, whatever state it is in."""
    try:
        return node.key
    except AttributeError:
        return said("without a key")
