"""What loading a File-set, or checking its files, found to be wrong, and what can be done."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QLabel, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from dicomdir_studio.fileset import Severity
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.findings import WHAT, WHERE, FindingsModel, worst_first
from dicomdir_studio.gui.panels.notes import EmptyState
from dicomdir_studio.gui.panels.tables import set_widths, table_view
from dicomdir_studio.gui.phrases import in_language
from dicomdir_studio.phrases import with_reason

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from dicomdir_studio.fileset import FileSet, Finding


class FindingsPanel(QWidget):
    """Findings, worst first; below them the whole text of the one that is selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = FindingsModel(self)
        self.view = table_view(self.model, self.tr("Findings"), self, paths=(WHERE,))
        set_widths(self.view, (12, 46, 30, 14), filling=(WHAT,))
        self._summary = QLabel(self)
        self._summary.setContentsMargins(8, 6, 8, 2)
        self.text = QLabel(self)
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.text.setContentsMargins(8, 6, 8, 8)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setAccessibleName(self.tr("The selected finding"))
        self._empty = EmptyState(self)
        self._file_set: FileSet | None = None
        self._is_opening = False
        self._shown: list[Finding] = []
        self._parts = splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(self.view)
        splitter.addWidget(self.text)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 0)
        splitter.setChildrenCollapsible(False)
        self._is_parted = False
        splitter.splitterMoved.connect(self._leave_parts)
        shown = QWidget(self)
        layout = QVBoxLayout(shown)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._summary)
        layout.addWidget(splitter, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(shown)
        self.view.selectionModel().currentRowChanged.connect(self._show_text)
        self.set_file_set(None)

    def set_file_set(self, file_set: FileSet | None, *, is_opening: bool = False) -> None:
        """Show the findings of this File-set, or of none or one that is still opened."""
        self._file_set = file_set
        self._is_opening = is_opening
        self._show()

    def refresh(self) -> None:
        """Show what has been found since, by adding or by reading what was written."""
        if self._file_set is not None and self._file_set.findings != self._shown:
            self._show()

    def _show(self) -> None:
        file_set = self._file_set
        self._shown = [] if file_set is None else file_set.findings
        findings = worst_first(list(self._shown))
        self.model.set_rows(findings)
        self._empty.setText(self._empty_text())
        counts = Counter(finding.severity for finding in findings)
        words = (
            (counts[Severity.ERROR], self.tr("error"), self.tr("errors")),
            (counts[Severity.WARNING], self.tr("warning"), self.tr("warnings")),
            (counts[Severity.INFO], self.tr("note"), self.tr("notes")),
        )
        self._summary.setText(", ".join(wording.counted(*word) for word in words if word[0]))
        self._stack.setCurrentIndex(1 if findings else 0)
        if findings:
            self.view.setCurrentIndex(self.model.index(0, 0))

    def _empty_text(self) -> str:
        if self._file_set is not None:
            return self.tr("No problems were found when this File-set was loaded.")
        if self._is_opening:
            return self.tr(
                "This File-set is still being opened.\n"
                "Problems are listed once its files have been located."
            )
        return self.tr("No File-set is open.")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divide the room anew."""
        super().resizeEvent(event)
        self._part()

    def _leave_parts(self) -> None:
        """Leave the parts as the user has made them."""
        self._is_parted = True

    def _part(self) -> None:
        """Give the text what it needs, half of the room at most, and the list the rest."""
        if not self._is_parted:
            whole = self._parts.height()
            needed = min(self.text.heightForWidth(self._parts.width()), whole // 2)
            self._parts.setSizes([whole - needed, needed])

    def _show_text(self, index: QModelIndex) -> None:
        finding = self.model.row(index)
        if finding is None:
            self.text.clear()
            return
        where = in_language(finding.where or "")
        clause = finding.clause or ""
        head = in_language(with_reason(finding.what, clause))
        remedy = in_language(finding.remedy)
        self.text.setText("\n".join(part for part in (head, where, remedy) if part))
        self._part()
