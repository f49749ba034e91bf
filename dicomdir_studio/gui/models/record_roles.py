"""What one cell of the tree of records answers for each of Qt's roles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, Qt

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.columns import (
    Column,
    Mark,
    RecordText,
    mark_of,
    state_parts,
    state_text,
    total,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset import FileInstance, RecordNode

_ROLE = Qt.ItemDataRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class RecordRole(IntEnum):
    """Roles beyond Qt's own; the delegates paint from these."""

    RECORD = Qt.ItemDataRole.UserRole + 1
    DETAIL = Qt.ItemDataRole.UserRole + 2
    MARK = Qt.ItemDataRole.UserRole + 3
    PARTS = Qt.ItemDataRole.UserRole + 4
    ICON = Qt.ItemDataRole.UserRole + 5


class RowFacts:
    """The sizes of files as far as they are known, and those that somebody looked at.

    Asking the file system is a job's work; the model only says what it would show.

    Attributes
    ----------
    settled : bool
        Whether the files of the records were looked for, so that there are counts and states.
    newly_wanted : bool
        Whether a size is wanted since this was last set to False.
    """

    def __init__(self) -> None:
        self.settled = True
        self._sizes: dict[int, int | None] = {}
        self._wanted: dict[int, FileInstance] = {}
        self.newly_wanted = False

    def clear(self) -> None:
        """Forget all."""
        self._sizes.clear()
        self._wanted.clear()

    def size_of(self, instance: FileInstance) -> int | None:
        """Return the size in bytes if it is known without touching the disk."""
        if instance.for_addition:
            return instance.size
        return self._sizes.get(id(instance))

    def want(self, instance: FileInstance) -> None:
        """Remember that somebody sees a row whose size is not known."""
        if id(instance) in self._sizes or instance.for_addition or instance.is_missing:
            return
        if not self._wanted:
            self.newly_wanted = True
        self._wanted[id(instance)] = instance

    def take_wanted(self) -> list[FileInstance]:
        """Return what `want` remembered and start afresh."""
        wanted, self._wanted = list(self._wanted.values()), {}
        return wanted

    def set_size(self, instance: FileInstance, size: int | None) -> None:
        """Keep a size; None says that it was asked for and is not to be had."""
        self._sizes[id(instance)] = size


@dataclass(frozen=True, slots=True)
class RowLook:
    """All that is painted in one row, made when it is first seen and after each change.

    Attributes
    ----------
    icon, title, detail : str
        What the name column shows; `icon` is a name.
    mark : Mark
        How the record as a whole differs from the medium.
    texts : dict of str
        What the plain columns show, by column.
    parts : list of (Mark, str)
        The badges.
    """

    icon: str
    title: str
    detail: str
    mark: Mark
    texts: dict[int, str]
    parts: list[tuple[Mark, str]]


def look_of(record: RecordNode, text: RecordText, facts: RowFacts) -> RowLook:
    """Return what is painted in the row of a record."""
    plain = (Column.DATE, Column.MODALITY, Column.COUNT, Column.SIZE)
    return RowLook(
        words_of(record).icon,
        text.title,
        text.detail,
        mark_of(record) if facts.settled else Mark.NONE,
        {int(column): _display(record, text, column, facts) for column in plain},
        state_parts(record) if facts.settled else [],
    )


def gap_look(amount: int) -> RowLook:
    """Return what is painted in a row that stands for records which are not shown."""
    title = gap_data(amount, Column.NAME, _ROLE.DisplayRole)
    detail = gap_data(amount, Column.NAME, RecordRole.DETAIL)
    return RowLook("gap", title, detail, Mark.NONE, {}, [])


def data_for(
    record: RecordNode, text: RecordText, column: Column, role: int, facts: RowFacts
) -> Any:
    """Return the answer for one cell and role, None where there is nothing to say."""
    if role == _ROLE.DisplayRole:
        return _display(record, text, column, facts)
    if not facts.settled and role in _OF_STATE:
        return None
    answer = _ANSWERS.get(role)
    return None if answer is None else answer(record, text, column, facts)


def gap_data(amount: int, column: Column, role: int) -> Any:
    """Return the answer for a row that stands for records which are not shown."""
    if column is not Column.NAME:
        return None
    if role in {_ROLE.DisplayRole, _ROLE.AccessibleTextRole}:
        text = QCoreApplication.translate("records", "{0} more records between")
        return text.format(wording.number(amount))
    if role == RecordRole.DETAIL:
        return QCoreApplication.translate("records", "double-click or press Enter to show some")
    return "gap" if role == RecordRole.ICON else None


def _display(record: RecordNode, text: RecordText, column: Column, facts: RowFacts) -> str:
    """Return the plain text of a cell."""
    if column is Column.NAME:
        return text.title
    if column is Column.DATE:
        return text.date
    if column is Column.MODALITY:
        return text.modality
    return _fact(record, column, facts) if facts.settled else ""


def _fact(record: RecordNode, column: Column, facts: RowFacts) -> str:
    """Return the text of a cell about the files."""
    if column is Column.STATE:
        return state_text(record)
    leaf = record.instance is not None and not record.children
    if column is Column.COUNT:
        return "" if leaf else wording.number(total(record.tally))
    return _size_text(record, facts) if leaf else ""


def _size_text(record: RecordNode, facts: RowFacts) -> str:
    """Return the size of a leaf's file, or nothing while it is not known."""
    instance = record.instance
    if instance is None:
        return ""
    size = facts.size_of(instance)
    if size is None:
        facts.want(instance)
        return ""
    return wording.size(size)


def _tool_tip(record: RecordNode, text: RecordText, column: Column) -> str | None:
    """Return the whole of what a narrow column cuts off."""
    if column is Column.NAME:
        return wording.joined(text.title, text.detail)
    return state_text(record) or None if column is Column.STATE else None


def _accessible(record: RecordNode, text: RecordText, column: Column, facts: RowFacts) -> str:
    """Return what a screen reader says; the name column says the kind and the state too."""
    if column is not Column.NAME:
        return _display(record, text, column, facts)
    return ", ".join(
        part
        for part in (words_of(record).noun, text.title, text.detail, state_text(record))
        if part
    )


_OF_STATE = {RecordRole.MARK, RecordRole.PARTS}
_ANSWERS: dict[int, Callable[[RecordNode, RecordText, Column, RowFacts], Any]] = {
    _ROLE.TextAlignmentRole: lambda _record, _text, column, _facts: (
        _RIGHT if column in {Column.COUNT, Column.SIZE} else _LEFT
    ),
    RecordRole.MARK: lambda record, _text, _column, _facts: mark_of(record),
    RecordRole.DETAIL: lambda _record, text, column, _facts: (
        text.detail if column is Column.NAME else ""
    ),
    RecordRole.PARTS: lambda record, _text, _column, _facts: state_parts(record),
    RecordRole.ICON: lambda record, _text, _column, _facts: words_of(record).icon,
    _ROLE.ToolTipRole: lambda record, text, column, _facts: _tool_tip(record, text, column),
    _ROLE.AccessibleTextRole: _accessible,
}
