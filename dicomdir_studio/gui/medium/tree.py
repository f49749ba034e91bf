"""Trees of patients, studies and series as Qt models: rows by number, set as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from PySide6.QtCore import QModelIndex, QObject, Qt

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.medium import words
from dicomdir_studio.gui.medium.numbered import TOP, NumberedTree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.gui.medium.numbered import AnyIndex
    from dicomdir_studio.session.making.content import Branch
    from dicomdir_studio.session.making.proposal import ProposedDisc

NAME, COUNT, SIZE, ROOM = range(4)


@dataclass(slots=True)
class TreeRow:
    """One row.

    Attributes
    ----------
    parent : int
        Number of the row above; 0 is the root.
    place : int
        Place among its neighbours.
    branch : Branch or None
        What it shows, if that is no medium.
    disc : ProposedDisc or None
        The medium that it is, or that it is on.
    children : list of int
        Numbers of the rows below.
    """

    parent: int
    place: int
    branch: Branch | None = None
    disc: ProposedDisc | None = None
    children: list[int] = field(default_factory=list)

    @property
    def key(self) -> tuple[int, int]:
        """Number of the medium, and row of the record; 0 and -1 where there is none."""
        number = 0 if self.disc is None else self.disc.plan.number
        return number, -1 if self.branch is None else self.branch.row


class Rows:
    """The rows of a tree, made in a job and passed to a model whole.

    Attributes
    ----------
    rows : list of TreeRow
        By number; 0 is the root.
    keys : dict of (int, int) to int
        Number of each row by medium and record.
    """

    def __init__(self) -> None:
        self.rows = [TreeRow(-1, 0)]
        self.keys: dict[tuple[int, int], int] = {}

    @classmethod
    def of_content(cls, branches: Iterable[Branch]) -> Self:
        """Return patients and studies, and other records of the root."""
        made = cls()
        for branch in branches:
            number = made._add(TreeRow(TOP, 0, branch))
            for study in branch.children if branch.kind == "PATIENT" else ():
                made._add(TreeRow(number, 0, study))
        return made

    @classmethod
    def of_discs(cls, discs: Iterable[ProposedDisc]) -> Self:
        """Return media with patients, studies and series."""
        made = cls()
        for disc in discs:
            number = made._add(TreeRow(TOP, 0, None, disc))
            for branch in disc.branches:
                made._add_below(branch, number, disc)
        return made

    def _add_below(self, branch: Branch, parent: int, disc: ProposedDisc) -> None:
        """Add the row of a branch and those below."""
        number = self._add(TreeRow(parent, 0, branch, disc))
        for child in branch.children:
            self._add_below(child, number, disc)

    def _add(self, row: TreeRow) -> int:
        """Add a row and return its number."""
        number = len(self.rows)
        siblings = self.rows[row.parent].children
        row.place = len(siblings)
        siblings.append(number)
        self.rows.append(row)
        self.keys[row.key] = number
        return number


class BranchModel(NumberedTree):
    """Rows that are set as a whole; indices carry their numbers."""

    HEADERS: ClassVar[tuple[str, ...]] = ("Content", "Instances", "Size")
    NUMBERS: ClassVar[frozenset[int]] = frozenset({COUNT, SIZE})

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = Rows()

    @property
    def _rows(self) -> list[TreeRow]:
        return self._table.rows

    def placed(self) -> list[TreeRow]:
        """Return the rows by number."""
        return self._table.rows

    def set_rows(self, table: Rows) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._table = table
        self.endResetModel()

    # For those who show it ----------------------------------------------------------------

    def row_at(self, index: AnyIndex) -> TreeRow | None:
        """Return the row of an index; None for the root and for what is no row."""
        number = self.number_at(index)
        return self._rows[number] if number else None

    def key_of(self, index: AnyIndex) -> tuple[int, int] | None:
        """Return by what a row is known when the model is set anew: medium and record."""
        row = self.row_at(index)
        return None if row is None else row.key

    def index_of(self, key: tuple[int, int] | None) -> QModelIndex:
        """Return the index of what `key_of` named, else an invalid one."""
        number = self._table.keys.get(key) if key is not None else None
        if number is None:
            return QModelIndex()
        return self.createIndex(self._rows[number].place, 0, number)

    # What Qt asks --------------------------------------------------------------------------

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the content of a cell."""
        row = self.row_at(index)
        if row is None:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in self.NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            return self.text(row, index.column())
        return None

    def text(self, row: TreeRow, column: int) -> str:
        """Return what a cell says."""
        branch = row.branch
        if branch is None:
            return ""
        if column == NAME:
            return words.line_of(branch)
        if column == COUNT:
            return wording.number(len(branch.names))
        return wording.size(branch.size) if column == SIZE else ""
