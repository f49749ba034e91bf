"""Repairs the links of Directory Records so that one leads to each record (PS3.3 F.2.2).

Where several lead to one record, the one stays that fits best: by the types, by what
the files below the record say, by the order of the file. The others are cut. What is
then led to by none is joined to the tree afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.deferred import np
from dicomdir_studio.fileset.changes import Severity
from dicomdir_studio.fileset.linking import (
    ABSENT,
    LINKS_CLAUSE,
    NOWHERE,
    incoming_counts,
    may_follow,
    may_lie_below,
)
from dicomdir_studio.phrases import said
from dicomdir_studio.standard.records import ROOT

if TYPE_CHECKING:
    from dicomdir_studio.fileset.file_evidence import FileEvidence
    from dicomdir_studio.fileset.linking import Links
    from dicomdir_studio.fileset.notices import Notices
    from dicomdir_studio.part10.table import DirectoryTable

_FIRST: Final = -1
_LEVELS: Final = {"PATIENT": 0, "STUDY": 1, "SERIES": 2}
_LOWEST: Final = 3
_STEPS_PER_RECORD: Final = 10
_LEAST_STEPS: Final = 10_000


class _Source(NamedTuple):
    """A link: from a row (or the first offset), by the next or the lower offset."""

    row: int
    lower: bool


class Relinker:
    """Cuts links that contradict each other.

    Parameters
    ----------
    table : DirectoryTable
        The records.
    links : Links
        Their links, changed in place.
    evidence : FileEvidence
        What the files say.
    notices : Notices
        Receives the cuts.

    Attributes
    ----------
    dangling : list of (int, bool)
        Rows whose next (False) or lower (True) offset was cut.
    """

    def __init__(
        self, table: DirectoryTable, links: Links, evidence: FileEvidence, notices: Notices
    ) -> None:
        self._table = table
        self._links = links
        self._evidence = evidence
        self._notices = notices
        self._before: dict[int, _Source] = {}
        self._steps_left = _STEPS_PER_RECORD * len(table) + _LEAST_STEPS
        self.dangling: list[tuple[int, bool]] = []

    def run(self) -> list[int]:
        """Cut what is wrong; return the rows that no link leads to, but for the first."""
        links = self._links
        self._cut_strays()
        self._cut_surplus()
        self._index()
        heads = [row for row in range(len(self._table)) if row not in self._before]
        heads += self._cut_cycles(heads)
        heads.sort()
        if links.first == ABSENT and heads:
            links.first = self._likely_first(heads)
            self._notices.note(
                Severity.ERROR,
                said("The offset of the first directory record is missing or wrong"),
                links.first,
                clause="PS3.3 F.3.2.1",
                remedy=said("This record was treated as the first"),
            )
        return [row for row in heads if row != links.first]

    # Links that lead nowhere or to the record itself

    def _cut_strays(self) -> None:
        """Cut links that lead nowhere, or from a record to itself."""
        links = self._links
        for row in range(len(self._table)):
            for lower in (False, True):
                target = (links.lower if lower else links.following)[row]
                if target == NOWHERE:
                    self._cut(_Source(row, lower), said("leads nowhere"))
                elif target == row:
                    self._cut(_Source(row, lower), said("leads to the record itself"))
        if links.first == NOWHERE:
            links.first = ABSENT

    def _cut(self, source: _Source, why: str) -> None:
        """Cut a link and note it."""
        links = self._links
        if source.row == _FIRST:
            links.first = ABSENT
            return  # what is taken instead is noted
        column = links.lower if source.lower else links.following
        column[source.row] = ABSENT
        self.dangling.append((source.row, source.lower))
        name = said("the lower-level Directory Entity") if source.lower else said("the next record")
        self._notices.note(
            Severity.ERROR,
            said("The offset of {0} {1}", name, why),
            source.row,
            clause=LINKS_CLAUSE,
            remedy=said("It was ignored; the records after it were attached where they belong"),
        )

    # Records that several links lead to

    def _cut_surplus(self) -> None:
        """Leave one link to each record."""
        links = self._links
        following, lower = np.array(links.following), np.array(links.lower)
        counts = incoming_counts(following, lower, links.first, len(self._table))
        contested = np.flatnonzero(counts > 1).tolist()
        if not contested:
            return
        sources: dict[int, list[_Source]] = {row: [] for row in contested}
        for column, is_lower in ((links.following, False), (links.lower, True)):
            for row, target in enumerate(column):
                if target in sources:
                    sources[target].append(_Source(row, is_lower))
        if links.first in sources:
            sources[links.first].append(_Source(_FIRST, lower=True))
        self._index()
        for target, claims in sources.items():
            best = self._best(target, claims)
            for claim in claims:
                if claim != best:
                    self._cut(claim, self._reason(target))

    def _reason(self, target: int) -> str:
        """Return why a link to a record is cut."""
        offset = self._table.offsets[target]
        return said(
            "leads to the record at offset {0}, which is referenced twice or in a loop", offset
        )

    def _best(self, target: int, claims: list[_Source]) -> _Source:
        """Return the link that fits a record best."""
        types = self._table.types
        likely = [claim for claim in claims if self._fits(claim, types[target])] or claims
        if len(likely) == 1:
            return likely[0]
        forward = [claim for claim in likely if 0 <= claim.row < target]
        if len(likely) > 1:
            agreeing = [claim for claim in likely if self._agrees(claim, target)]
            likely = agreeing or likely
        return max(
            likely,
            key=lambda claim: (claim in forward, claim.row != _FIRST, claim.row),
        )

    def _fits(self, claim: _Source, kind: str) -> bool:
        """Return whether the types of both ends of a link go together."""
        if claim.row == _FIRST:
            return may_lie_below(kind, ROOT)
        own = self._table.types[claim.row]
        return may_lie_below(kind, own) if claim.lower else may_follow(own, kind)

    def _agrees(self, claim: _Source, target: int) -> bool:
        """Return whether the files below a record name the owner that a link gives it."""
        owner = claim.row if claim.lower else self._owner(claim.row)
        return owner >= 0 and self._evidence.agrees(owner, target) is True

    def _owner(self, row: int) -> int:
        """Return the record above a record, -1 where it is not known."""
        while self._steps_left > 0:
            self._steps_left -= 1
            before = self._before.get(row)
            if before is None or before.row == _FIRST:
                return _FIRST
            row = before.row
            if before.lower:
                return row
        return _FIRST

    def _index(self) -> None:
        """Note for each record which link leads to it."""
        before: dict[int, _Source] = {}
        links = self._links
        for row, target in enumerate(links.following):
            if target >= 0:
                before[target] = _Source(row, lower=False)
        for row, target in enumerate(links.lower):
            if target >= 0:
                before[target] = _Source(row, lower=True)
        if links.first >= 0:
            before[links.first] = _Source(_FIRST, lower=True)
        self._before = before

    # Loops

    def _cut_cycles(self, heads: list[int]) -> list[int]:
        """Cut loops that nothing leads into; return the rows that then begin a chain."""
        links = self._links
        count = len(self._table)
        seen = bytearray(count)
        self._see([*heads, *([links.first] if links.first >= 0 else [])], seen)
        cut: list[int] = []
        for row in range(count):
            if seen[row]:
                continue
            ring = self._ring(row)
            start = min(ring, key=lambda one: (_LEVELS.get(self._table.types[one], _LOWEST), one))
            self._cut(self._before[start], self._reason(start))
            cut.append(start)
            self._see([start], seen)
        return cut

    def _see(self, starts: list[int], seen: bytearray) -> None:
        """Mark all records that links lead to from some."""
        stack = list(starts)
        while stack:
            row = stack.pop()
            if row < 0 or seen[row]:
                continue
            seen[row] = 1
            stack += (self._links.following[row], self._links.lower[row])

    def _ring(self, row: int) -> list[int]:
        """Return the records of the loop that leads to a record."""
        met: dict[int, int] = {}
        path: list[int] = []
        while row not in met:
            met[row] = len(path)
            path.append(row)
            row = self._before[row].row
        return path[met[row] :]

    def _likely_first(self, heads: list[int]) -> int:
        """Return the first record that may lie in the root Directory Entity."""
        types = self._table.types
        named = [row for row in heads if types[row] == "PATIENT"]
        rootable = [row for row in heads if may_lie_below(types[row], ROOT)]
        return (named or rootable or heads)[0]
