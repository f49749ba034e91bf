"""What a write would do, file by file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, cast

from PySide6.QtCore import QT_TRANSLATE_NOOP, Qt

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.lazy import LazyTableModel
from dicomdir_studio.gui.models.states import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset import WritePlan

# What marks a text for the translators: lupdate -tr-function-alias QT_TRANSLATE_NOOP+=_T
_T = cast("Callable[[str, str], str]", QT_TRANSLATE_NOOP)
ACT, FILE_ID, FROM, SIZE = range(4)


class Act(Enum):
    """What happens to one file: badge, word and colour."""

    ADD = ("+", _T("plan", "Add"), State.ADDED)
    COPY = ("+", _T("plan", "Copy"), State.ADDED)
    RENAME = ("~", _T("plan", "Rename"), State.CHANGED)
    REMOVE = ("\N{MINUS SIGN}", _T("plan", "Remove"), State.REMOVED)

    @property
    def state(self) -> State:
        """The staged state that the act belongs to, for its colour."""
        state: State = self.value[2]
        return state


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file of a plan.

    Attributes
    ----------
    act : Act
        What happens to it.
    file_id : str
        Its File ID after the write (before it, for a file that goes).
    source : str
        Where its bytes come from: a path or an old File ID.
    size : int or None
        Bytes to be written, None if none are.
    """

    act: Act
    file_id: str
    source: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """The files of a plan and how many there are of each kind.

    Attributes
    ----------
    rows : list of PlannedFile
        Additions first, then copies, removals and renames.
    added, copied, removed, renamed : int
        Files of each kind. The old name of a renamed file goes too, but is no removal.
    bytes_in : int
        Bytes of the files that are added or copied.
    """

    rows: list[PlannedFile]
    added: int
    copied: int
    removed: int
    renamed: int
    bytes_in: int


def summary_of(plan: WritePlan) -> PlanSummary:
    """Return a plan file by file; a loop over all, so run it in a job."""
    text = wording.file_id_text
    here = wording.tr("(already in place)")
    rows = [PlannedFile(Act.ADD, text(to), str(path), size) for path, to, size in plan.additions]
    rows += [PlannedFile(Act.ADD, text(file_id), here) for file_id in plan.in_place]
    rows += [PlannedFile(Act.COPY, text(to), str(path), size) for path, to, size in plan.copies]
    before = {old for old, _new in plan.renames}
    removed = [file_id for file_id in plan.removals if file_id not in before]
    rows += [PlannedFile(Act.REMOVE, text(file_id)) for file_id in removed]
    rows += [PlannedFile(Act.RENAME, text(new), text(old)) for old, new in plan.renames]
    return PlanSummary(
        rows=rows,
        added=len(plan.additions) + len(plan.in_place),
        copied=len(plan.copies),
        removed=len(removed),
        renamed=len(plan.renames),
        bytes_in=sum(length for _path, _to, length in (*plan.additions, *plan.copies)),
    )


class PlanModel(LazyTableModel[PlannedFile]):
    """Files of a plan: act, File ID, source, size."""

    HEADERS: ClassVar[tuple[str, ...]] = ("Change", "File ID", "From", "Size")
    NUMBERS: ClassVar[frozenset[int]] = frozenset({SIZE})

    def cell(self, row: PlannedFile, column: int, role: int) -> object:
        """Return a cell's text; the act also as a colour."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.source if column == FROM else self._text(row, column)
        if role == Qt.ItemDataRole.ForegroundRole and column == ACT:
            return row.act.state.brush()
        return None

    def _text(self, row: PlannedFile, column: int) -> str:
        if column == ACT:
            return f"{row.act.value[0]} {self.tr(row.act.value[1])}"
        if column == FILE_ID:
            return row.file_id
        if column == FROM:
            return row.source
        return "" if row.size is None else wording.size(row.size)
