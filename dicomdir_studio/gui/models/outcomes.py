"""What came of adding, file by file: conflicts, refusals, and what was filled in."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

from PySide6.QtCore import Qt

from dicomdir_studio.fileset import Severity
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.lazy import LazyTableModel
from dicomdir_studio.gui.models.states import State
from dicomdir_studio.gui.phrases import in_language
from dicomdir_studio.phrases import with_reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomdir_studio.errors import StudioError
    from dicomdir_studio.fileset import Finding

KIND, FILE, REASON, REMEDY = range(4)


class Kind(IntEnum):
    """What happened, the gravest first."""

    CONFLICT = 0
    REFUSED = 1
    REMARK = 2


_WORDS = {
    Kind.CONFLICT: "! conflict",
    Kind.REFUSED: "\N{MINUS SIGN} refused",
    Kind.REMARK: "▲ filled in",
}
_STATES = {
    Kind.CONFLICT: State.PROBLEM, Kind.REFUSED: State.REMOVED, Kind.REMARK: State.CHANGED,
}  # fmt: skip


class Outcome(NamedTuple):
    """What is to be said about one file."""

    kind: Kind
    path: str
    reason: str
    remedy: str = ""

    @classmethod
    def of_refusal(cls, path: str, error: StudioError) -> Self:
        """Return the outcome of a file that was not taken."""
        reason = in_language(with_reason(error.what, error.why))
        return cls(Kind.REFUSED, path, reason, in_language(error.remedy or ""))

    @classmethod
    def of_finding(cls, finding: Finding) -> Self:
        """Return the outcome of a file that was taken, with something to be said about it."""
        kind = Kind.CONFLICT if finding.severity == Severity.ERROR else Kind.REMARK
        reason = in_language(with_reason(finding.what, finding.clause))
        return cls(kind, in_language(finding.where), reason, in_language(finding.remedy))


def outcomes_of(
    refused: Iterable[tuple[str, StudioError]], findings: Iterable[Finding]
) -> list[Outcome]:
    """Return all that is to be said after adding, the gravest first."""
    told = [Outcome.of_refusal(str(path), error) for path, error in refused]
    told += [Outcome.of_finding(finding) for finding in findings]
    return sorted(told, key=lambda one: one.kind)


class OutcomesModel(LazyTableModel[Outcome]):
    """Outcomes: what happened, file, why, what one can do."""

    HEADERS: ClassVar[tuple[str, ...]] = ("Outcome", "File", "Why", "What you can do")

    def cell(self, row: Outcome, column: int, role: int) -> object:
        """Return a cell's text, the whole path as tool tip, the outcome also as a colour."""
        if role == Qt.ItemDataRole.DisplayRole:
            if column == KIND:
                return wording.tr(_WORDS[row.kind])
            return Path(row.path).name if column == FILE else row[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return wording.tr(_WORDS[row.kind]) if column == KIND else row[column]
        if role == Qt.ItemDataRole.ForegroundRole and column == KIND:
            return _STATES[row.kind].brush()
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column, or the gravest first if it is -1."""

        def key(row: Outcome) -> tuple[object, ...]:
            if column < 0:
                return (row.kind,)
            text = Path(row.path).name if column == FILE else str(row[column])
            return (text.casefold(), row.kind)

        self.set_rows(sorted(self._rows, key=key, reverse=order == Qt.SortOrder.DescendingOrder))


def outcome_rows(outcomes: Sequence[Outcome]) -> list[dict[str, str]]:
    """Return outcomes as rows to save: word without badge, whole path, why, what one can do."""
    return [
        dict(
            zip(
                OutcomesModel.HEADERS,
                (_WORDS[one.kind][2:], one.path, one.reason, one.remedy),
                strict=True,
            )
        )
        for one in outcomes
    ]
