"""The files that were not taken into a File-set, with the reason and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt

from dicomdir_studio.gui.models.lazy import LazyTableModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomdir_studio.fileset import Refusal

FILE, REASON, REMEDY = range(3)


def refusal_texts(refusal: Refusal) -> tuple[str, str, str]:
    """Return the path, the reason and the remedy of a refusal."""
    error = refusal.error
    reason = f"{error.what} ({error.why})" if error.why else error.what
    return str(refusal.path), reason, error.remedy or ""


class RefusalsModel(LazyTableModel["Refusal"]):
    """Refused files: file, reason, remedy."""

    HEADERS: ClassVar[tuple[str, ...]] = ("File", "Why it was refused", "What you can do")

    def cell(self, row: Refusal, column: int, role: int) -> object:
        """Return the file's name, the reason or the remedy; the whole path as tool tip."""
        texts = refusal_texts(row)
        if role == Qt.ItemDataRole.DisplayRole:
            return Path(texts[FILE]).name if column == FILE else texts[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return texts[column]
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by the text of a column."""

        def key(refusal: Refusal) -> str:
            text = refusal_texts(refusal)[column]
            return Path(text).name.casefold() if column == FILE else text

        self.set_rows(sorted(self._rows, key=key, reverse=order == Qt.SortOrder.DescendingOrder))


def refusal_rows(refusals: Sequence[Refusal]) -> list[dict[str, str]]:
    """Return the refusals as rows to save: whole path, reason, remedy under the headers."""
    return [dict(zip(RefusalsModel.HEADERS, refusal_texts(one), strict=True)) for one in refusals]
