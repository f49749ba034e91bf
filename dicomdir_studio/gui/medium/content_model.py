"""Patients and studies that can be checked: what is to go on media."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt

from dicomdir_studio.gui.medium.tree import NAME, BranchModel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.gui.medium.numbered import AnyIndex
    from dicomdir_studio.gui.medium.tree import Rows


class ContentModel(BranchModel):
    """Patients with their studies, each checked, in part, or not."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._checked: set[int] = set()
        self._chosen: frozenset[str] | None = None

    def set_content(self, table: Rows, checked: Iterable[str] | None) -> None:
        """Show rows; of those with such instances all are checked, None checks all."""
        wanted = None if checked is None else set(checked)
        self.beginResetModel()
        self._table = table
        self._chosen = None
        leaves = (number for number, row in enumerate(self._rows) if number and not row.children)
        self._checked = {
            number
            for number in leaves
            if wanted is None or not wanted.isdisjoint(self._names(number))
        }
        self.endResetModel()

    @property
    def chosen(self) -> frozenset[str]:
        """File IDs of the instances that are checked."""
        if self._chosen is None:
            self._chosen = frozenset(
                name for number in self._checked for name in self._names(number)
            )
        return self._chosen

    def _names(self, number: int) -> tuple[str, ...]:
        branch = self._rows[number].branch
        return () if branch is None else branch.names

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Return that rows can be selected and checked."""
        if self.row_at(index) is None:
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == NAME else flags

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return also whether a row is checked."""
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == NAME:
            row = self.row_at(index)
            return None if row is None else self._state(index.internalId())
        return super().data(index, role)

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Check or uncheck a row and those below."""
        row = self.row_at(index)
        if row is None or role != Qt.ItemDataRole.CheckStateRole or index.column() != NAME:
            return False
        number = index.internalId()
        below = set(row.children or [number])
        if Qt.CheckState(value) == Qt.CheckState.Checked:
            self._checked |= below
        else:
            self._checked -= below
        self._chosen = None
        above = self.parent(index)
        here = self.index(row.place, NAME, above)
        for changed in (here, above):
            if changed.isValid():
                self.dataChanged.emit(changed, changed)
        if row.children:
            last = self.index(len(row.children) - 1, NAME, index)
            self.dataChanged.emit(self.index(0, NAME, index), last)
        return True

    def _state(self, number: int) -> Qt.CheckState:
        """Return whether all, some or none of a row is checked."""
        children = self._rows[number].children or [number]
        amount = sum(child in self._checked for child in children)
        if amount == len(children):
            return Qt.CheckState.Checked
        return Qt.CheckState.PartiallyChecked if amount else Qt.CheckState.Unchecked
