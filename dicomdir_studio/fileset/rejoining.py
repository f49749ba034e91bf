"""Attaches records that no link leads to, with all below them, where they belong (PS3.3 F.2.2).

Their place follows from their files, from a matching cut link, or from their order in the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset.changes import Severity
from dicomdir_studio.fileset.filling import Filler
from dicomdir_studio.fileset.guessing import made_up_key
from dicomdir_studio.fileset.linking import may_follow, may_lie_below
from dicomdir_studio.fileset.record_bytes import record_with
from dicomdir_studio.fileset.record_node import RecordNode
from dicomdir_studio.fileset.recording import keys_of_record, type_of
from dicomdir_studio.part10.header import InstanceHeader
from dicomdir_studio.part10.transcode import encoded_element
from dicomdir_studio.phrases import said
from dicomdir_studio.standard.records import LEVEL_KEYS, ROOT, record_type_named

if TYPE_CHECKING:
    from dicomdir_studio.fileset.file_evidence import FileEvidence
    from dicomdir_studio.fileset.loading import TreeBuilder

_LEVELS: Final = {"PATIENT": 0, "STUDY": 1, "SERIES": 2}
_CHAIN: Final = ("PATIENT", "STUDY", "SERIES")
_LEAF: Final = 3
_MOST_DANGLING: Final = 64
_NO_VALUE: Final = (b"", b"")

Uppers = tuple[int | None, int | None, int | None]


class Rejoiner:
    """Finds a parent for every chain of records that nothing leads to.

    Parameters
    ----------
    builder : TreeBuilder
        Builds the tree; what the links lead to is in it already.
    evidence : FileEvidence
        What the files say.
    dangling : list of (int, bool)
        Rows whose next (False) or lower (True) offset was cut.
    """

    def __init__(
        self, builder: TreeBuilder, evidence: FileEvidence, dangling: list[tuple[int, bool]]
    ) -> None:
        self._builder = builder
        self._table = builder.table
        self._evidence = evidence
        self._dangling = dangling
        self._filler = Filler()
        self._keyed: dict[tuple[str, str], list[RecordNode]] = {}
        self._joined: dict[RecordNode, set[RecordNode]] = {}
        self._uppers: dict[int, Uppers] = {}

    def join(self, heads: list[int]) -> None:
        """Join the chains that begin at the given rows, upper levels first."""
        types = self._table.types
        heads = [row for row in heads if types[row] != "MRDR"]
        if not heads:
            return
        self._note_uppers(set(heads))
        for node in self._builder.tree:
            self._enter(node)
        for row in sorted(heads, key=lambda row: (_LEVELS.get(types[row], _LEAF), row)):
            parent, how = self._parent(row)
            came = self._builder.hang(parent, row)
            for node in came:
                self._enter(node)
            self._joined.setdefault(parent, set()).update(came)
            self._builder.notices.note(
                Severity.WARNING,
                said("No link leads to the directory record"),
                row,
                clause="PS3.3 F.2.2",
                remedy=said("It was joined to the tree {0}", how),
            )
        self._put_in_order()
        self._builder.findings += self._filler.findings

    def _enter(self, node: RecordNode) -> None:
        """Note a record of the upper levels by its key."""
        if node.record_type in _LEVELS:
            self._keyed.setdefault((node.record_type, node.key), []).append(node)

    def _note_uppers(self, heads: set[int]) -> None:
        """Note for each head the records above it, going by the order of the file."""
        current: list[int | None] = [None, None, None]
        for row, kind in enumerate(self._table.types):
            if row in heads:
                self._uppers[row] = current[0], current[1], current[2]
            level = _LEVELS.get(kind)
            if level is not None:
                current[level] = row
                current[level + 1 :] = [None] * (2 - level)

    def _parent(self, row: int) -> tuple[RecordNode, str]:
        """Return the record to join a chain below, and how that was found."""
        kind = self._table.types[row]
        known = record_type_named(kind)
        if known is not None and kind != "PRIVATE" and ROOT in known.parents:
            return self._builder.tree, said("at its top")
        level = _LEVELS.get(kind, _LEAF)
        header = self._evidence.header_below(row)
        if header is not None:
            parent = self._by_file(header, level, create=known is not None and kind != "PRIVATE")
            if parent is not None:
                return parent, said("where its file belongs")
        fitting = self._by_cut_link(kind)
        if fitting is not None:
            return fitting, said("where a link had been cut")
        return self._by_order(row, level), said("by its place in the file")

    def _by_file(self, header: InstanceHeader, level: int, *, create: bool) -> RecordNode | None:
        """Return the record that a file says is above, made if the DICOMDIR lacks it."""
        wanted = _CHAIN[level - 1]
        key = header.text(LEVEL_KEYS[wanted])
        same = [node for node in self._keyed.get((wanted, key), ()) if key]
        if len(same) == 1:
            return same[0]
        parent: RecordNode = self._builder.tree
        for kind in _CHAIN[:level]:
            key = header.text(LEVEL_KEYS[kind])
            found = parent._ensure_family().find(key) if key else None
            if found is None and not create:
                return None
            parent = found or self._create(kind, header, parent)
        return parent

    def _by_cut_link(self, kind: str) -> RecordNode | None:
        """Return the record that a cut link gives as parent, if one alone fits."""
        types = self._table.types
        if len(self._dangling) > _MOST_DANGLING:
            return None  # with so many cut, one alone never fits
        fitting = [
            (source, lower)
            for source, lower in self._dangling
            if self._builder.placed(source) is not None
            and (
                may_lie_below(kind, types[source])
                if lower
                else types[source] == kind and may_follow(types[source], kind)
            )
        ]
        if len(fitting) != 1:
            return None
        self._dangling.remove(fitting[0])
        node = self._builder.placed(fitting[0][0])
        return node if fitting[0][1] or node is None else node._parent

    def _by_order(self, row: int, level: int) -> RecordNode:
        """Return the record above by the order of the file; what is not there is made."""
        parent: RecordNode = self._builder.tree
        header: InstanceHeader | None = None
        for place, kind in enumerate(_CHAIN[:level]):
            upper = self._uppers[row][place]
            node = None if upper is None else self._builder.placed(upper)
            if node is None:
                header = header or self._placeholder(row)
                node = self._create(kind, header, parent)
            parent = node
        return parent

    def _placeholder(self, row: int) -> InstanceHeader:
        """Return the header of an instance of which nothing is known."""
        header = InstanceHeader("", 0, 0)
        offset = int(self._table.offsets[row])
        for kind, tag in LEVEL_KEYS.items():
            vr = b"LO" if kind == "PATIENT" else b"UI"
            header.values[tag] = (vr, made_up_key(kind.encode("ascii"), offset, tag))
        return header

    def _create(self, kind: str, header: InstanceHeader, parent: RecordNode) -> RecordNode:
        """Make a record that the DICOMDIR lacks."""
        self._filler.below(parent)
        keys, _ = keys_of_record(kind, header, references=False, fill=self._filler)
        raw = type_of(kind) + keys
        tag = LEVEL_KEYS[kind]
        if not header.values.get(tag, _NO_VALUE)[1].strip(b" \0") and kind != "PATIENT":
            raw = record_with(raw, encoded_element(tag, b"UI", made_up_key(raw, 0, tag)))
        node = RecordNode._from_encoded(raw, 0, len(raw), kind)
        node._parent = parent
        parent._ensure_family().append(node)
        self._enter(node)
        self._builder.notices.note(
            Severity.WARNING,
            said("The DICOMDIR has no {0} record for {1}", kind, node.key),
            clause="PS3.3 F.4",
            remedy=said("It was made from a file")
            if header.path
            else said("An empty one was made"),
        )
        return node

    def _put_in_order(self) -> None:
        """Bring children into the order of the file where it was that before."""
        row_of = self._builder.row_of
        for parent, came in self._joined.items():
            family = parent._ensure_family()
            before = [row_of(node) for node in family.members if node not in came]
            if before == sorted(before):
                family.members.sort(key=row_of)
                family._listed = None
