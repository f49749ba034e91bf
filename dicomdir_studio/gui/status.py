"""The line at the bottom: how many instances, what is staged, where the File-set lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy, QStatusBar, QWidget

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.columns import GLYPHS, Mark

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from dicomdir_studio.gui.document import Document

_PAD = 10  # beside the text


def _tr(text: str) -> str:
    """Translate a text of this line."""
    return QCoreApplication.translate("StatusLine", text)


class PathLabel(QLabel):
    """A path that leaves its middle out where there is no room, and never asks for any."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        copy = QAction(_tr("Copy"), self)
        copy.triggered.connect(lambda: QApplication.clipboard().setText(self._whole))
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def whole(self) -> str:
        """Return all of the text, shown or not."""
        return self._whole

    def show_text(self, text: str) -> None:
        """Show a text, or the ends of it; all of it is the tool tip."""
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._shorten()

    def minimumSizeHint(self) -> QSize:
        """Ask for height only."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show more or less of the text."""
        super().resizeEvent(event)
        self._shorten()

    def _shorten(self) -> None:
        """Show what there is room for."""
        room = self.width() - 2 * _PAD
        middle = Qt.TextElideMode.ElideMiddle
        self.setText(self.fontMetrics().elidedText(self._whole, middle, max(0, room)))


class StatusLine:
    """Fills a status bar.

    Parameters
    ----------
    bar : QStatusBar
        The window's.
    """

    def __init__(self, bar: QStatusBar) -> None:
        self.path = PathLabel(bar)
        self.staged = QLabel(bar)
        self.count = QLabel(bar)
        bar.setSizeGripEnabled(False)
        for label in (self.staged, self.count):
            label.setTextFormat(Qt.TextFormat.PlainText)
        bar.addWidget(self.path, 1)
        bar.addPermanentWidget(self.staged)
        bar.addPermanentWidget(self.count)

    def show_document(self, document: Document | None) -> None:
        """Show the facts of a document, nothing for none."""
        file_set = None if document is None else document.file_set
        if document is None or file_set is None:
            self.path.show_text("")
            for label in (self.staged, self.count):
                label.clear()
            return
        path = document.path
        shown = _tr("Not written yet") if path is None else str(path)
        read_only = _tr("read-only, use Copy to") if document.is_read_only else ""
        home = document.home if path is None else None
        self.path.show_text(wording.joined(shown, str(home or ""), read_only))
        tally = file_set.tree.tally
        count = wording.counted(tally.remaining, _tr("instance"), _tr("instances"))
        self.count.setText(
            _tr("{0} after the write").format(count) if file_set.has_edits else count
        )
        parts = []
        if tally.additions:
            parts.append(
                f"{GLYPHS[Mark.ADDED]} "
                + wording.counted(tally.additions, _tr("addition"), _tr("additions"))
            )
        if tally.removals:
            parts.append(
                f"{GLYPHS[Mark.REMOVED]} "
                + wording.counted(tally.removals, _tr("removal"), _tr("removals"))
            )
        properties = len(file_set.staged_properties)
        if properties:
            parts.append("~ " + wording.counted(properties, _tr("property"), _tr("properties")))
        records = len(file_set.rewritten_records)
        if records:
            changed = wording.counted(records, _tr("changed record"), _tr("changed records"))
            parts.append(f"~ {changed}")
        if tally.missing:
            parts.append(
                "! " + wording.counted(tally.missing, _tr("file missing"), _tr("files missing"))
            )
        self.staged.setText("    ".join(parts) if parts else _tr("Nothing staged"))
