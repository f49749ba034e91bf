"""Conflicts that came with an addition, what is decided of each, and both sides of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFont

from dicomdir_studio.fileset import Answer, ConflictKind
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.lazy import LazyTableModel
from dicomdir_studio.gui.models.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.fileset import Conflict
    from dicomdir_studio.session.conflict_sides import Side

DECISION, WHAT, KEY, THERE, CAME, FILES = range(6)
ASPECT, FIRST, SECOND = range(3)


def _tr(text: str) -> str:
    """Return a text in the language of the window."""
    return QCoreApplication.translate("conflicts", text)


def kind_text(kind: ConflictKind) -> str:
    """Return what contradicts what, in a few words."""
    return {
        ConflictKind.CONTENT: _tr("One UID, two different files"),
        ConflictKind.NAME: _tr("One Patient ID, two names"),
        ConflictKind.BIRTH_DATE: _tr("One Patient ID, two birth dates"),
        ConflictKind.STUDY: _tr("One study below two patients"),
        ConflictKind.SERIES: _tr("One series below two studies"),
    }[kind]


def answer_text(answer: Answer | None) -> str:
    """Return what is decided, in a word or two."""
    if answer is None:
        return _tr("? not decided")
    return {
        Answer.KEEP: _tr("Keep both"),
        Answer.LEAVE_OUT: _tr("Leave new out"),
        Answer.REPLACE: _tr("Replace old"),
    }[answer]


class ConflictsModel(LazyTableModel["Conflict"]):
    """One row for each conflict, with what the user decided."""

    HEADERS: ClassVar[tuple[str, ...]] = (
        "Decision",
        "Conflict",
        "Both have",
        "In the File-set",
        "New",
        "New files",
    )
    NUMBERS: ClassVar[frozenset[int]] = frozenset({FILES})

    def __init__(self, conflicts: list[Conflict]) -> None:
        super().__init__()
        self._answers: dict[Conflict, Answer] = {}
        self.set_rows(conflicts)

    @property
    def answers(self) -> list[tuple[Conflict, Answer]]:
        """What is decided so far, in the order of the rows."""
        known = self._answers
        return [(one, known[one]) for one in self.rows if one in known]

    def answer_of(self, conflict: Conflict) -> Answer | None:
        """Return what is decided of a conflict, None for nothing yet."""
        return self._answers.get(conflict)

    def decide(self, conflicts: Iterable[Conflict], answer: Answer) -> None:
        """Decide alike about those that the answer is one to."""
        for conflict in conflicts:
            if answer in conflict.answers:
                self._answers[conflict] = answer
        self.repaint_rows()

    def cell(self, row: Conflict, column: int, role: int) -> object:
        """Return a cell's text; what is not decided in the colour of a problem."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.what
        answer = self._answers.get(row)
        if role == Qt.ItemDataRole.ForegroundRole and column == DECISION and answer is None:
            return State.PROBLEM.brush()
        return None

    def _text(self, row: Conflict, column: int) -> str:
        """Return a cell's text."""
        if column == DECISION:
            return answer_text(self._answers.get(row))
        if column == WHAT:
            return kind_text(row.kind)
        if column == FILES:
            return wording.number(len(row.files))
        return {KEY: row.key, THERE: row.there, CAME: row.came}[column]


class Aspect(NamedTuple):
    """One thing that both sides say something about."""

    label: str
    there: str
    came: str

    @property
    def differs(self) -> bool:
        """Whether the sides say something different."""
        return self.there != self.came


class SidesModel(LazyTableModel[Aspect]):
    """Both sides of one conflict; what differs stands out by a sign and in bold."""

    HEADERS: ClassVar[tuple[str, ...]] = ("", "In the File-set", "New")

    def cell(self, row: Aspect, column: int, role: int) -> object:
        """Return a cell's text, as tool tip too since paths are long."""
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            if column == ASPECT:
                return f"≠  {row.label}" if row.differs else f"=  {row.label}"
            return row[column]
        if role == Qt.ItemDataRole.FontRole and row.differs:
            font = QFont()
            font.setBold(True)
            return font
        return None


def aspects_of(there: Side, came: Side, files: int) -> list[Aspect]:
    """Return what two sides say, line by line."""
    labels = {
        "PatientName": _tr("Patient's name"),
        "PatientID": _tr("Patient ID"),
        "PatientBirthDate": _tr("Birth date"),
        "PatientSex": _tr("Sex"),
        "StudyDate": _tr("Study date"),
        "StudyDescription": _tr("Study description"),
        "Modality": _tr("Modality"),
        "SeriesDescription": _tr("Series description"),
        "InstanceNumber": _tr("Instance number"),
        "StudyInstanceUID": _tr("Study Instance UID"),
        "SeriesInstanceUID": _tr("Series Instance UID"),
        "SOPInstanceUID": _tr("SOP Instance UID"),
    }
    rows = [
        Aspect(label, there.values.get(keyword, ""), came.values.get(keyword, ""))
        for keyword, label in labels.items()
        if there.values.get(keyword) or came.values.get(keyword)
    ]
    further = _tr(" and {0} more").format(wording.number(files - 1)) if files > 1 else ""
    rows.append(Aspect(_tr("File"), there.path, came.path + further))
    rows.append(Aspect(_tr("Size"), _size(there), _size(came)))
    rows.append(Aspect(_tr("Changed"), there.changed, came.changed))
    if there.problem or came.problem:
        rows.append(Aspect(_tr("Cannot be read"), there.problem, came.problem))
    return rows


def _size(side: Side) -> str:
    """Return the size of a side's file in words and to the byte."""
    if side.size is None:
        return ""
    return f"{wording.size(side.size)} ({wording.number(side.size)})"
