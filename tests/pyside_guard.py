"""A check that the installed PySide6 keeps its references to None.

The wheel of 6.12.0 on Python below 3.12 drops one with each begin/endInsertRows,
so that a model which inserts some thousand rows ends the process.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex

_PAIRS = 1_000


class _Rows(QAbstractListModel):
    """A list that only counts its rows."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        """Return how many rows were inserted."""
        return 0 if parent is not None and parent.isValid() else self.count

    def insert(self) -> None:
        """Insert one row as every model of ours does."""
        self.beginInsertRows(QModelIndex(), self.count, self.count)
        self.count += 1
        self.endInsertRows()


def references_to_none_lost() -> int:
    """Return how many references to None go in 1,000 begin/endInsertRows (0 where immortal)."""
    model = _Rows()
    model.insert()
    before = sys.getrefcount(None)
    for _ in range(_PAIRS):
        model.insert()
    return before - sys.getrefcount(None)
