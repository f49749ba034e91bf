"""A table model that hands out its rows in batches, as they are scrolled to.

A hundred thousand results cost as much as the few hundred that somebody looks at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = TypeVar("Row")
AnyIndex = QModelIndex | QPersistentModelIndex
BATCH = 128
ROOT = QModelIndex()


class LazyTableModel(QAbstractTableModel, Generic[Row]):
    """Rows of a sequence, shown `BATCH` at a time; columns named by `HEADERS`.

    The columns in `NUMBERS` are set to the right.

    Subclasses say what a cell shows in `cell`.
    """

    HEADERS: ClassVar[tuple[str, ...]] = ()
    NUMBERS: ClassVar[frozenset[int]] = frozenset()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[Row] = ()
        self._shown = 0

    @property
    def rows(self) -> Sequence[Row]:
        """All rows, shown or not."""
        return self._rows

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows, from the first batch on."""
        self.beginResetModel()
        self._rows = rows
        self._shown = min(BATCH, len(rows))
        self.endResetModel()

    def row(self, index: AnyIndex) -> Row | None:
        """Return the row at an index, None for an invalid one."""
        if not index.isValid() or index.row() >= self._shown:
            return None
        return self._rows[index.row()]

    def cell(self, row: Row, column: int, role: int) -> object:
        """Return what a cell holds for a role."""
        raise NotImplementedError

    def repaint_rows(self) -> None:
        """Say that what the shown rows display may have changed."""
        if self._shown:
            last = self.index(self._shown - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: AnyIndex = ROOT) -> int:
        """Return how many rows the views know of so far."""
        return 0 if parent.isValid() else self._shown

    def columnCount(self, parent: AnyIndex = ROOT) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.HEADERS)

    def canFetchMore(self, parent: AnyIndex) -> bool:
        """Return whether rows are left that no view has asked for."""
        return not parent.isValid() and self._shown < len(self._rows)

    def fetchMore(self, parent: AnyIndex) -> None:
        """Hand out the next batch."""
        if not self.canFetchMore(parent):
            return
        until = min(self._shown + BATCH, len(self._rows))
        self.beginInsertRows(QModelIndex(), self._shown, until - 1)
        self._shown = until
        self.endInsertRows()

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the content of a cell."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        row = self.row(index)
        return None if row is None else self.cell(row, index.column(), role)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Return the name of a column."""
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(self.HEADERS):
            if role == Qt.ItemDataRole.DisplayRole:
                return QCoreApplication.translate(type(self).__name__, self.HEADERS[section])
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return self._alignment(section)
        return None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if column in self.NUMBERS else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter
