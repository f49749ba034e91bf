"""What loading a File-set found to be wrong, worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.lazy import LazyTableModel
from dicomdir_studio.gui.phrases import in_language

if TYPE_CHECKING:
    from dicomdir_studio.fileset import Finding

SEVERITY, WHAT, WHERE, CLAUSE = range(4)
SEVERITY_WORDS = {"error": "Error", "warning": "Warning", "info": "Note"}
SEVERITY_BADGES = {"error": "!", "warning": "▲", "info": "i"}
_ORDER = {"error": 0, "warning": 1, "info": 2}


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Return the findings with errors first, otherwise in the order they were made."""
    return sorted(findings, key=lambda finding: _ORDER.get(finding.severity, len(_ORDER)))


class FindingsModel(LazyTableModel["Finding"]):
    """Findings: severity, what, where, clause of the Standard."""

    HEADERS: ClassVar[tuple[str, ...]] = ("Severity", "What", "Where", "Clause")

    def cell(self, row: Finding, column: int, role: int) -> object:
        """Return severity as badge and word, and the finding's texts."""
        if role == Qt.ItemDataRole.DisplayRole:
            if column == SEVERITY:
                badge = SEVERITY_BADGES.get(row.severity, "")
                return wording.joined_words(badge, self.tr(SEVERITY_WORDS.get(row.severity, "")))
            return wording.short(in_language((row.what, row.where, row.clause)[column - 1] or ""))
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(
                in_language(text) for text in (row.what, row.where, row.remedy) if text
            )
        return None
