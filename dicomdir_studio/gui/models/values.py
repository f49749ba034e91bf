"""The distinct values of elements, with how many instances have each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import Qt

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.lazy import LazyTableModel

ELEMENT, VALUE, COUNT = range(3)


@dataclass(frozen=True, slots=True)
class ValueCount:
    """One value of an element and the number of instances that have it."""

    keyword: str
    value: object
    count: int


def value_text(value: object) -> str:
    r"""Return a value as the user types it in a search (several separated by a backslash)."""
    if value is None:
        return ""
    if isinstance(value, str | bytes):
        return str(value)
    if hasattr(value, "__iter__") and not hasattr(value, "original_string"):
        return "\\".join(str(one) for one in value)
    return str(value)


class ValuesModel(LazyTableModel[ValueCount]):
    """Values and counts; the element's column is of use when several are asked for."""

    HEADERS: ClassVar[tuple[str, ...]] = ("Element", "Value", "Instances")
    NUMBERS: ClassVar[frozenset[int]] = frozenset({COUNT})

    def cell(self, row: ValueCount, column: int, role: int) -> object:
        """Return the keyword, the value or the count."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            if column == COUNT:
                return wording.number(row.count)
            text = row.keyword if column == ELEMENT else value_text(row.value)
            return wording.short(text) or self.tr("(empty)")
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by element, or each element's rows by value (numbers as numbers) or count."""

        def key(row: ValueCount) -> tuple[int, float, str]:
            if column == COUNT:
                return (0, row.count, "")
            if column == VALUE and isinstance(row.value, int | float):
                return (0, float(row.value), "")
            return (1, 0.0, row.keyword if column == ELEMENT else value_text(row.value).casefold())

        descending = order == Qt.SortOrder.DescendingOrder
        rows = sorted(self._rows, key=key, reverse=descending)
        if column != ELEMENT:
            elements = list(dict.fromkeys(row.keyword for row in self._rows))
            rows.sort(key=lambda row: elements.index(row.keyword))
        self.set_rows(rows)
