"""Builds the tree of records from a DICOMDIR, strictly or with salvage."""

from __future__ import annotations

from array import array
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import np
from dicomdir_studio.fileset.changes import Severity
from dicomdir_studio.fileset.file_evidence import FileEvidence
from dicomdir_studio.fileset.file_instance import MISSING
from dicomdir_studio.fileset.gathering import Gatherer
from dicomdir_studio.fileset.linking import (
    ABSENT,
    FIRST_OFFSET,
    LAST_OFFSET,
    NOWHERE,
    Links,
    is_sound,
    resolve,
    unshifted,
)
from dicomdir_studio.fileset.mending import KEY_TAGS, Mender, spans_of
from dicomdir_studio.fileset.notices import Notices, Places
from dicomdir_studio.fileset.record_node import RecordNode
from dicomdir_studio.fileset.record_rows import RecordSpans
from dicomdir_studio.fileset.rejoining import Rejoiner
from dicomdir_studio.fileset.relinking import Relinker
from dicomdir_studio.fileset.text_checks import check_texts
from dicomdir_studio.part10 import table as columns
from dicomdir_studio.part10.errors import DirectoryReadError
from dicomdir_studio.part10.regularity import odd_rows, regular
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.fileset.changes import Finding
    from dicomdir_studio.fileset.family import Family
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.locating import Locator
    from dicomdir_studio.fileset.record_node import RootNode
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.part10.directory_reader import DirectoryFile
    from dicomdir_studio.part10.table import Integers


_INT32 = 1 << 31
_NEAR = 8
_BUFFER: Final = attrgetter("_buffer")
_START: Final = attrgetter("_start")
_LENGTH: Final = attrgetter("_length")


class TreeBuilder:
    """Turns the records of a DICOMDIR into a tree.

    Parameters
    ----------
    directory : DirectoryFile
        The DICOMDIR as read.
    tree : RootNode
        The root to build below.
    locator : Locator
        Finds the files.
    salvage : bool
        Repair faults and report them, instead of raising.
    rejoin : bool
        When salvaging, attach records that no link leads to.

    Attributes
    ----------
    instances : list of FileInstance
        The instances in the order of the tree, those with a missing file included.
    findings : list of Finding
        The findings about files that records were created from.
    notices : Notices
        The notices about the records.
    places : Places
        Describes the positions of records.
    reached : int
        How many records links lead to.
    """

    def __init__(
        self,
        directory: DirectoryFile,
        tree: RootNode,
        locator: Locator,
        *,
        salvage: bool,
        rejoin: bool = True,
    ) -> None:
        self.directory = directory
        self.table = directory.table
        self.tree = tree
        self.locator = locator
        self.salvage = salvage
        self.rejoin = rejoin
        self.instances: list[FileInstance] = []
        self.findings: list[Finding] = []
        self.notices = Notices()
        self.reached = 0
        self._rows: dict[int, int] = {}
        self._nodes: list[RecordNode | None] = [None] * len(self.table)
        self.places = Places(self.table, self._nodes)
        self._hung = self._numbered = 0
        self._hung_of = b""
        self._starts = self._stops = array("q")
        self._links = Links(array("q"), array("q"), ABSENT)
        self._instance_rows: Integers | None = None

    def fault(self, message: str, clause: str) -> None:
        """Raise an error for a fault that only salvage can handle."""
        raise DirectoryReadError(
            message,
            why=clause,
            remedy="Open it with salvage to keep what can be read",
        )

    def build(self, monitor: Monitor) -> None:
        """Build the tree below the root."""
        if not len(self.table):
            return
        monitor.start("Reading records", len(self.table), "records")
        rejoiner: Rejoiner | None = None
        heads: list[int] = []
        if self.salvage:
            rejoiner, heads = self._repaired()
        else:
            self._check_regular()
            self._check_records()
            self._links = resolve(self.directory)
            if self._links.first == NOWHERE:
                self.fault(
                    "The offset of the first directory record points nowhere", "PS3.3 F.3.2.1"
                )
        self.hang(self.tree, self._links.first, monitor)
        if rejoiner is not None and self.rejoin:
            rejoiner.join(heads)
        # Others need the room now.
        self._links = Links(array("q"), array("q"), ABSENT)
        self._starts = self._stops = array("q")
        monitor.preview(self.tree)
        gatherer = Gatherer(self, spans_of(self.table, columns.FILE_ID))
        gatherer.gather(monitor)
        self.instances, self._instance_rows = gatherer.instances, gatherer.rows
        if self.salvage:
            self._check_last()
            check_texts(self.table, self.notices)

    def _repaired(self) -> tuple[Rejoiner, list[int]]:
        """Repair records and links; return the joiner of the rest, and its rows."""
        mender = Mender(self.table, self.notices)
        mender.prepare()
        links = self._links = unshifted(self.directory, self.notices)
        evidence = FileEvidence(self.table, links, self.locator)
        heads: list[int] = []
        dangling: list[tuple[int, bool]] = []
        if not is_sound(links):
            relinker = Relinker(self.table, links, evidence, self.notices)
            heads, dangling = relinker.run(), relinker.dangling
        mender.complete(evidence)
        return Rejoiner(self, evidence, dangling), heads

    def _check_regular(self) -> None:
        """Bring elements into ascending order; refuse what is no element."""
        table = self.table
        amended: dict[int, bytes] = {}
        for row in odd_rows(table):
            mended = regular(table.buffer, int(table.starts[row]), int(table.stops[row]))
            if mended is not None and mended.cut:
                self.fault(
                    f"The directory record at offset {table.offsets[row]} is damaged", "PS3.5 7.1"
                )
            if mended is not None:
                amended[row] = mended.record
        table.amend(amended)

    def _check_records(self) -> None:
        """Check that every record has its type and its key."""
        table = self.table
        codes = {kind: code for code, kind in enumerate(dict.fromkeys(table.types))}
        types = np.fromiter(map(codes.__getitem__, table.types), np.int64, len(table))
        for row in np.flatnonzero(types == codes.get("", -1)).tolist():
            self.fault(
                f"The directory record at offset {table.offsets[row]} is missing one or more "
                "required elements: DirectoryRecordType",
                "PS3.3 Table F.3-3",
            )
        keyed = spans_of(table, columns.SOP_INSTANCE)[0] >= 0
        for kind, tag in KEY_TAGS.items():
            rows = np.flatnonzero(types == codes.get(kind, -1))
            if len(rows):
                found = spans_of(table, tag, rows)[0] != -1
                keyed[rows] = found | keyed[rows] if kind == "STUDY" else found
        for row in np.flatnonzero(~keyed).tolist():
            self.fault(
                f"The {table.types[row]} directory record at offset {table.offsets[row]} is "
                "missing a required element",
                "PS3.3 F.5",
            )

    def hang(self, top: RecordNode, first: int, monitor: Monitor | None = None) -> list[RecordNode]:
        """Follow the links from a record, below `top`; return the nodes created."""
        following, lower = self._links.following, self._links.lower
        starts, stops = self._bounds()
        types, buffer = self.table.types, self.table.buffer
        self._hung_of = self._hung_of or buffer
        make = RecordNode._from_encoded
        nodes = self._nodes
        came: list[RecordNode] = []
        stack: list[tuple[RecordNode, int]] = [(top, first)]
        while stack:
            parent, row = stack.pop()
            family = parent._ensure_family()
            members = family.members
            known = len(members)
            below: list[tuple[RecordNode, int]] = []
            while row >= 0:
                if nodes[row] is not None:
                    self._report_loop(row)
                    break
                node = nodes[row] = make(buffer, starts[row], stops[row], types[row])
                node._parent = parent
                node._attached = True
                members.append(node)
                if lower[row] != ABSENT:
                    below.append((node, row))
                row = following[row]
            if row == NOWHERE:
                self.fault("An offset of the next record points nowhere", "PS3.3 Table F.3-3")
            self._count(family, members[known:], monitor)
            came += members[known:]
            stack.extend((node, self._lower_of(row)) for node, row in reversed(below))
        return came

    def _lower_of(self, row: int) -> int:
        """Return the first row below one that has some."""
        if self._links.lower[row] == NOWHERE:
            self.fault(
                f"The lower offset of the record at offset {self.table.offsets[row]} "
                "points nowhere",
                "PS3.3 Table F.3-3",
            )
        return self._links.lower[row]

    def _count(self, family: Family, came: list[RecordNode], monitor: Monitor | None) -> None:
        """Note the records of one Directory Entity that came into the tree."""
        family._listed = None
        family.attached += len(came)
        self.reached += len(came)
        self._hung += len(came)
        if monitor is not None:
            monitor.check()
            monitor.advance(len(came))

    def _bounds(self) -> tuple[array[int], array[int]]:
        """Return where each record begins and ends, made once."""
        if not self._starts:
            self._starts = columns.compact(self.table.starts)
            self._stops = columns.compact(self.table.stops)
        return self._starts, self._stops

    def _report_loop(self, row: int) -> None:
        """Report that links lead to a record that was visited already."""
        self.fault(
            f"The directory record at offset {self.table.offsets[row]} is referenced twice or "
            "the links form a loop",
            "PS3.3 F.2.2",
        )

    def rows(self) -> dict[int, int]:
        """Return the rows of all nodes by the nodes' identity."""
        if self._numbered != self._hung:
            self._numbered = self._hung
            self._rows = {id(node): row for row, node in enumerate(self._nodes) if node is not None}
        return self._rows

    def rows_of(self, nodes: list[RecordNode]) -> Iterator[int]:
        """Yield the rows of nodes, -1 for a record that was made.

        Mostly records lie in the order of the tree, and the next is one of the next few.
        """
        known, count, row = self._nodes, len(self._nodes), 0
        if known == nodes:  # as most programs write them
            yield from range(count)
            return
        for node in nodes:
            for near in range(row, min(row + _NEAR, count)):
                if known[near] is node:
                    row = near
                    break
            else:
                row = self.rows().get(id(node), -1)
            yield row
            row += 1

    def row_of(self, node: RecordNode) -> int:
        """Return the row of a node, one beyond the last for a record that was made."""
        return self.rows().get(id(node), len(self.table))

    def leaf_spans(self) -> RecordSpans | None:
        """Return where the records of the instances lie whose files are there.

        None if a node was made of what the table held before it was amended.
        """
        table = self.table
        if table.buffer is not self._hung_of:
            return None
        if self._instance_rows is not None and not self.tree.tally.missing:
            starts, stops = table.starts[self._instance_rows], table.stops[self._instance_rows]
        else:
            nodes = [one.node for one in self.instances if not one._state & MISSING]
            if any(buffer is not table.buffer for buffer in map(_BUFFER, nodes)):
                return None
            starts = np.fromiter(map(_START, nodes), np.int64, len(nodes))
            stops = starts + np.fromiter(map(_LENGTH, nodes), np.int64, len(nodes))
        if len(table.buffer) < _INT32:
            starts, stops = starts.astype(np.int32), stops.astype(np.int32)
        return RecordSpans(table.buffer, starts, stops, table.referencing_tags)

    def spans(self, tag: int) -> tuple[list[int], list[int]]:
        """Return where an element begins and ends in each record, -1 where it is absent."""
        begins, ends = spans_of(self.table, tag)
        return begins.tolist(), ends.tolist()

    def _check_last(self) -> None:
        """Report a wrong offset of the last record of the root Directory Entity."""
        children = self.tree.children
        if not children or self.directory.number(FIRST_OFFSET) == 0:
            return
        stated = self.directory.number(LAST_OFFSET)
        at = int(self.table.rows_at(np.array([stated]))[0])
        if at >= 0 and self._nodes[at] is children[-1]:
            return  # as nearly always, and the rows of all need not be looked up
        row = self.row_of(children[-1])
        if row < len(self.table) and stated != self.table.offsets[row] and self._unmoved():
            self.notices.note(
                Severity.WARNING,
                said(
                    "The offset of the last directory record of the root Directory Entity is wrong"
                ),
                row,
                clause="PS3.3 F.3.2.1",
                remedy=said("This record was found to be the last"),
            )

    def _unmoved(self) -> bool:
        """Return whether the first offset is right as it stands."""
        return int(self.table.rows_at(np.array([self.directory.number(FIRST_OFFSET)]))[0]) >= 0

    def placed(self, row: int) -> RecordNode | None:
        """Return the node of a row if it is in the tree."""
        node = self._nodes[row]
        return node if node is not None and node._attached else None

    def unreached(self) -> list[int]:
        """Return the rows with a File ID that no link leads to, in the order of the file."""
        begins, _ = self.spans(columns.FILE_ID)
        return [row for row, node in enumerate(self._nodes) if node is None and begins[row] != -1]

    def node(self, row: int) -> RecordNode:
        """Create the node of a row, not yet in the tree."""
        table = self.table
        node = RecordNode._from_encoded(
            table.buffer, int(table.starts[row]), int(table.stops[row]), table.types[row]
        )
        self._nodes[row] = node
        self._hung += 1
        return node
