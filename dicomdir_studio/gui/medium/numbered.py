"""Trees whose rows have numbers and are set as a whole: what Qt asks of each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from PySide6.QtCore import (
    QAbstractItemModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

AnyIndex = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
TOP = 0


class Placed(Protocol):
    """A row: the number of the one above, its place below it, and the numbers of those below."""

    parent: int
    place: int
    children: list[int]


class NumberedTree(QAbstractItemModel):
    """Rows by number, of which 0 is the root; indices carry the number, never a pointer."""

    HEADERS: ClassVar[tuple[str, ...]] = ()
    NUMBERS: ClassVar[frozenset[int]] = frozenset()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)

    def placed(self) -> Sequence[Placed]:
        """Return the rows by number."""
        raise NotImplementedError

    def number_at(self, index: AnyIndex) -> int:
        """Return the number of a row; 0 for the root and for what is no row."""
        number = index.internalId() if index.isValid() else TOP
        return number if 0 < number < len(self.placed()) else TOP

    def index(self, row: int, column: int, parent: AnyIndex = ROOT) -> QModelIndex:
        """Return the index of a place below another."""
        children = self.placed()[self.number_at(parent)].children
        inside = 0 <= row < len(children) and 0 <= column < len(self.HEADERS)
        return self.createIndex(row, column, children[row]) if inside else QModelIndex()

    def parent(self, child: AnyIndex = ROOT) -> QModelIndex:  # type: ignore[override]
        """Return the index of the row above."""
        rows, number = self.placed(), self.number_at(child)
        above = rows[number].parent if number else TOP
        return self.createIndex(rows[above].place, 0, above) if above else QModelIndex()

    def rowCount(self, parent: AnyIndex = ROOT) -> int:
        """Return how many rows are below."""
        if parent.isValid() and parent.column() > 0:
            return 0
        return len(self.placed()[self.number_at(parent)].children)

    def columnCount(self, parent: AnyIndex = ROOT) -> int:  # noqa: ARG002 - Qt's own
        """Return the number of columns."""
        return len(self.HEADERS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return the name of a column."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.HEADERS):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return QCoreApplication.translate("medium", self.HEADERS[section])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = section in self.NUMBERS
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None
