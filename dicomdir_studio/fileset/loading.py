"""Builds the tree of records from a DICOMDIR, as strict or as forgiving as asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dicomdir_studio.errors import FileIdError, StudioError
from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.file_instance import MISSING, FileInstance
from dicomdir_studio.fileset.linking import ABSENT, NOWHERE, Links, repair, resolve
from dicomdir_studio.fileset.mending import KEY_TAGS, mended
from dicomdir_studio.fileset.record_node import RecordNode
from dicomdir_studio.part10 import table as columns
from dicomdir_studio.part10.errors import DirectoryReadError
from dicomdir_studio.part10.table import value_spans

if TYPE_CHECKING:
    import numpy.typing as npt

    from dicomdir_studio.fileset.locating import Locator
    from dicomdir_studio.fileset.record_node import RootNode
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.part10.directory_reader import DirectoryFile

_CHECK_EVERY: Final = 4096


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
        Repair what is broken and report it, instead of refusing it.

    Attributes
    ----------
    instances : list of FileInstance
        The instances in the order of the tree, those with a missing file included.
    findings : list of Finding
        What was odd or repaired.
    orphans : list of RecordNode
        Records with a File ID that the tree does not reach.
    """

    def __init__(
        self, directory: DirectoryFile, tree: RootNode, locator: Locator, *, salvage: bool
    ) -> None:
        self.directory = directory
        self.table = directory.table
        self.tree = tree
        self.locator = locator
        self.salvage = salvage
        self.instances: list[FileInstance] = []
        self.findings: list[Finding] = []
        self.reached = 0
        self._rows: dict[int, int] = {}
        self._mended: dict[int, bytes] = {}
        self._nodes: list[RecordNode | None] = [None] * len(self.table)
        self._file_ids: tuple[list[int], list[int]] = ([], [])

    def fault(self, message: str, clause: str, *, error: type[StudioError] | None = None) -> None:
        """Raise for a fault, or report it when salvaging."""
        if not self.salvage:
            raise (error or DirectoryReadError)(
                message,
                why=clause,
                remedy="Open it with salvage to keep what can be read",
            )
        self.findings.append(Finding(Severity.ERROR, message, clause=clause))

    def build(self, monitor: Monitor) -> None:
        """Build the tree below the root."""
        table = self.table
        if not len(table):
            return
        self._check_records()
        begins, ends = self._spans(columns.FILE_ID)
        self._file_ids = (begins.tolist(), ends.tolist())
        if self.salvage:
            links, repairs = repair(self.directory)
            self.findings += repairs
        else:
            links = resolve(self.directory)
        self._hang(links, monitor)

    def _spans(self, tag: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the spans of one element in all records."""
        table = self.table
        begins, ends = value_spans(table.buffer, table.starts, table.stops, tag)
        for row in np.flatnonzero(begins == -2).tolist():
            span = columns.value_span(
                table.buffer, int(table.starts[row]), int(table.stops[row]), tag
            )
            begins[row], ends[row] = (-1, -1) if span is None else span[1:]
        return begins, ends

    def _check_records(self) -> None:
        """Check that every record has its type and the key that tells it from others."""
        table = self.table
        types = np.array(table.types)
        for row in np.flatnonzero(types == "").tolist():
            self._mend(
                row,
                f"The directory record at offset {table.offsets[row]} is missing one or more "
                "required elements: DirectoryRecordType",
            )
        sop_instance = self._spans(columns.SOP_INSTANCE)[0]
        keyed = np.where(sop_instance >= 0, True, False)
        for kind, tag in KEY_TAGS.items():
            rows = np.flatnonzero(types == kind)
            if not len(rows):
                continue
            begins, _ = value_spans(table.buffer, table.starts[rows], table.stops[rows], tag)
            found = begins != -1
            keyed[rows] = found | keyed[rows] if kind == "STUDY" else found
        for row in np.flatnonzero(~keyed & (types != "")).tolist():
            self._mend(
                row,
                f"The {table.types[row]} directory record at offset {table.offsets[row]} is "
                "missing a required element",
            )

    def _mend(self, row: int, message: str) -> None:
        """Refuse a record that cannot be told from others, or complete it when salvaging."""
        if not self.salvage:
            self.fault(message, "PS3.3 F.5")
        self.table.types[row], self._mended[row], findings = mended(self.table, row)
        self.findings += findings

    def _node(self, row: int) -> RecordNode:
        """Make the node of a row."""
        table = self.table
        raw = self._mended.get(row)
        if raw is not None:
            node = RecordNode._from_encoded(raw, 0, len(raw), table.types[row])
        else:
            node = RecordNode._from_encoded(
                table.buffer, int(table.starts[row]), int(table.stops[row]), table.types[row]
            )
        self._nodes[row] = node
        return node

    def _hang(self, links: Links, monitor: Monitor) -> None:
        """Follow the links from the root Directory Entity down, in the order of the tree."""
        following, lower, first = links.following, links.lower, links.first
        if first == NOWHERE:
            self.fault("The offset of the first directory record points nowhere", "PS3.3 F.3.2.1")
        monitor.start("Reading records", len(self.table), "records")
        starts, stops = self.table.starts.tolist(), self.table.stops.tolist()
        types, buffer = self.table.types, self.table.buffer
        make = RecordNode._from_encoded
        nodes = self._nodes
        stack: list[tuple[RecordNode, int]] = [(self.tree, first)]
        while stack:
            parent, row = stack.pop()
            family = parent._ensure_family()
            hung: list[tuple[RecordNode, int]] = []
            while row >= 0:
                if nodes[row] is not None:
                    self._report_loop(row)
                    break
                if row in self._mended:
                    node = self._node(row)
                else:
                    node = nodes[row] = make(buffer, starts[row], stops[row], types[row])
                node._parent = parent
                hung.append((node, row))
                row = following[row]
            if row == NOWHERE:
                self.fault("An offset of the next record points nowhere", "PS3.3 Table F.3-3")
            monitor.check()
            monitor.advance(len(hung))
            self._keep(family, hung, lower)
            stack.extend((node, lower[row]) for node, row in reversed(hung) if lower[row] != ABSENT)
        self._finish(monitor)

    def _report_loop(self, row: int) -> None:
        """Report that links lead to a record that was met already."""
        self.fault(
            f"The directory record at offset {self.table.offsets[row]} is referenced twice or "
            "the links form a loop",
            "PS3.3 F.2.2",
        )

    def _keep(
        self,
        family: Any,
        hung: list[tuple[RecordNode, int]],
        lower: list[int],
    ) -> None:
        """Take the records of one Directory Entity into the tree."""
        for node, _ in hung:
            node._attached = True
        family.members.extend(node for node, _ in hung)
        family.attached += len(hung)
        self.reached += len(hung)
        for _, row in hung:
            if lower[row] == NOWHERE:
                self.fault(
                    f"The lower offset of the record at offset {self.table.offsets[row]} "
                    "points nowhere",
                    "PS3.3 Table F.3-3",
                )

    def _finish(self, monitor: Monitor) -> None:
        """Find the instances' files, drop branches without any, count what is there."""
        begins, ends = self._file_ids
        buffer = self.table.buffer
        rows = self._rows = {
            id(node): row for row, node in enumerate(self._nodes) if node is not None
        }
        monitor.start("Finding files", len(rows), "records")
        childless: list[RecordNode] = []
        for place, node in enumerate(self.tree):
            if not place % _CHECK_EVERY:
                monitor.check()
                monitor.advance(min(_CHECK_EVERY, len(rows) - place))
            row = rows[id(node)]
            if begins[row] >= 0:
                value = buffer[begins[row] : ends[row]]
                if value.strip(b" \0"):
                    self.instances.append(self._instance(node, value, row))
            elif node._family is None or not node._family.attached:
                childless.append(node)
        dropped: dict[RecordNode, set[RecordNode]] = {}
        for node in childless:
            self._drop(node, dropped)
        for parent, children in dropped.items():
            parent._ensure_family().forget(children)
        self._tally()

    def _instance(self, node: RecordNode, value: bytes, row: int) -> FileInstance:
        """Make the instance of a record and find its file."""
        instance = FileInstance(node)
        node.instance = instance
        try:
            path = self.locator.find(value)
        except FileIdError as error:
            if not self.salvage:
                raise
            self.findings.append(
                Finding(Severity.ERROR, error.what, self._where(row), "PS3.10 8.2")
            )
            instance._state = MISSING
            return instance
        if path is None:
            instance._state = MISSING
        else:
            instance._located = path
        return instance

    def _where(self, row: int) -> str:
        """Return where a record lies, for a finding."""
        return f"{self.table.types[row]} record at offset {self.table.offsets[row]}"

    def _drop(self, node: RecordNode, dropped: dict[RecordNode, set[RecordNode]]) -> None:
        """Take a branch without an instance out of the tree, as readers ignore it."""
        while node._parent is not None:
            parent = node._parent
            family = parent._ensure_family()
            family.detach(node)
            dropped.setdefault(parent, set()).add(node)
            self.reached -= 1
            if family.attached or parent.is_root or parent.instance is not None:
                return
            node = parent

    def _tally(self) -> None:
        """Count the instances below every record, from the leaves up."""
        for instance in self.instances:
            missing = instance._state >> 2 & 1
            family = instance.node._parent._ensure_family()  # type: ignore[union-attr]
            family.instances += 1
            family.missing += missing
        inner = [node for node in self.tree if node._family is not None]
        for node in reversed(inner):
            above = node._parent._ensure_family()  # type: ignore[union-attr]
            below = node._family
            if below is not None:
                above.instances += below.instances
                above.missing += below.missing

    def offset_of(self, node: RecordNode) -> int:
        """Return where in the file the Item of a record begins."""
        return int(self.table.offsets[self._rows[id(node)]])

    def placed(self, row: int) -> RecordNode | None:
        """Return the node of a row if it is in the tree."""
        node = self._nodes[row]
        return node if node is not None and node._attached else None

    def unreached(self) -> list[int]:
        """Return the rows with a File ID that no link leads to, in the order of the file."""
        begins, _ = self._file_ids
        return [
            row
            for row, node in enumerate(self._nodes)
            if node is None and begins and begins[row] != -1
        ]

    def node(self, row: int) -> RecordNode:
        """Make the node of a row, not yet in the tree."""
        node = self._node(row)
        self._rows[id(node)] = row
        return node
