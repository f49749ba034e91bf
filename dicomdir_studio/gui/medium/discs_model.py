"""The media of a proposal as a tree: medium, patient, study, series; they can be dragged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QMimeData, QObject, Qt, Signal

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.medium import words
from dicomdir_studio.gui.medium.numbered import ROOT
from dicomdir_studio.gui.medium.tree import COUNT, NAME, ROOM, SIZE, BranchModel
from dicomdir_studio.session.making.wish import Goal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QModelIndex

    from dicomdir_studio.gui.medium.numbered import AnyIndex
    from dicomdir_studio.gui.medium.tree import Rows, TreeRow
    from dicomdir_studio.session.making.proposal import ProposedDisc

MIME = "application/x-dicomdir-studio-branches"
FILL_ROLE = Qt.ItemDataRole.UserRole + 1
"""How full a medium is, 1.0 being full; None for other rows and where it does not matter."""


class DiscsModel(BranchModel):
    """Media and what is on each.

    Attributes
    ----------
    move_wanted : Signal(object, int)
        Somebody dropped instances, a set of File IDs, on the medium of this number.
    """

    HEADERS: ClassVar[tuple[str, ...]] = ("Medium", "Instances", "Size", "Room")
    move_wanted = Signal(object, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._goal = Goal.ISO
        self._can_move = False

    def show_discs(self, table: Rows, goal: Goal, *, can_move: bool) -> None:
        """Show other media.

        Parameters
        ----------
        table : Rows
            Out of `Rows.of_discs`.
        goal : Goal
            What they are.
        can_move : bool
            Whether what is on them can be moved between them.
        """
        self._goal, self._can_move = goal, can_move
        self.set_rows(table)

    @property
    def discs(self) -> list[ProposedDisc]:
        """The media, in their order."""
        rows = (self._rows[number] for number in self._rows[0].children)
        return [row.disc for row in rows if row.disc is not None]

    def disc_index(self, number: int, column: int = NAME) -> QModelIndex:
        """Return the index of a medium by its number, from 1."""
        return self.index(number - 1, column)

    def names_at(self, indexes: Sequence[AnyIndex]) -> frozenset[str]:
        """Return the instances of rows; a medium's own row means all on it."""
        found: set[str] = set()
        for index in indexes:
            row = self.row_at(index)
            if row is not None and row.branch is not None:
                found.update(row.branch.names)
            elif row is not None and row.disc is not None:
                found.update(row.disc.names)
        return frozenset(found)

    # What Qt asks ---------------------------------------------------------------------------

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Return that rows can be selected, what can be moved, and where it can be dropped."""
        row = self.row_at(index)
        if row is None:
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self._can_move:
            flags |= Qt.ItemFlag.ItemIsDropEnabled
            if row.branch is not None:
                flags |= Qt.ItemFlag.ItemIsDragEnabled
        return flags

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return also how full a medium is."""
        row = self.row_at(index)
        if row is not None and row.branch is None and row.disc is not None:
            if role == FILL_ROLE and index.column() == ROOM and row.disc.capacity:
                return row.disc.used / row.disc.capacity
            if role == Qt.ItemDataRole.ToolTipRole and index.column() == ROOM:
                return _exactly(row.disc)
            if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == NAME:
                return wording.joined(
                    words.disc_title(row.disc, self._goal), words.room_text(row.disc)
                )
        return super().data(index, role)

    def text(self, row: TreeRow, column: int) -> str:
        """Return what a cell says."""
        disc = row.disc
        if row.branch is not None or disc is None:
            return super().text(row, column)
        return {
            NAME: words.disc_title(disc, self._goal),
            COUNT: wording.number(len(disc.plan.files)),
            SIZE: wording.size(disc.used),
            ROOM: words.room_text(disc) if disc.capacity is not None else "",
        }[column]

    # Dragging -------------------------------------------------------------------------------

    def supportedDropActions(self) -> Qt.DropAction:
        """Return that things are moved."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Return the one type of what is dragged."""
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Return the instances of the dragged rows."""
        data = QMimeData()
        names = sorted(self.names_at([one for one in indexes if one.column() == NAME]))
        data.setData(MIME, json.dumps(names).encode())
        return data

    def canDropMimeData(
        self,
        data: QMimeData,
        action: Qt.DropAction,  # noqa: ARG002 - Qt's own
        row: int,  # noqa: ARG002
        column: int,  # noqa: ARG002
        parent: AnyIndex,
    ) -> bool:
        """Return whether something can be dropped on a row."""
        return self._can_move and data.hasFormat(MIME) and self.row_at(parent) is not None

    def dropMimeData(
        self,
        data: QMimeData,
        action: Qt.DropAction,
        row: int,
        column: int,
        parent: AnyIndex = ROOT,
    ) -> bool:
        """Ask for the move; the rows follow when it was counted again."""
        target = self.row_at(parent)
        if not self.canDropMimeData(data, action, row, column, parent):
            return False
        if target is None or target.disc is None:
            return False
        names = frozenset(json.loads(bytes(data.data(MIME).data())))
        if not names <= frozenset(name for disc in self.discs for name in disc.names):
            return False
        self.move_wanted.emit(names, target.disc.plan.number)
        return True


def _exactly(disc: ProposedDisc) -> str:
    """Return the bytes that a medium takes, and those that it holds."""
    taken = words.tr("{0} bytes").format(wording.number(disc.used))
    if disc.capacity is None:
        return taken
    return words.tr("{0} of {1} bytes").format(
        wording.number(disc.used), wording.number(disc.capacity)
    )
