"""The line at the bottom: how many instances, what is staged, where the File-set lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QLabel, QStatusBar

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.columns import GLYPHS, Mark

if TYPE_CHECKING:
    from dicomdir_studio.gui.document import Document


def _tr(text: str) -> str:
    """Translate a text of this line."""
    return QCoreApplication.translate("StatusLine", text)


class StatusLine:
    """Fills a status bar.

    Parameters
    ----------
    bar : QStatusBar
        The window's.
    """

    def __init__(self, bar: QStatusBar) -> None:
        self.path = QLabel(bar)
        self.staged = QLabel(bar)
        self.count = QLabel(bar)
        bar.setSizeGripEnabled(False)
        for label in (self.path, self.staged, self.count):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        bar.addWidget(self.path, 1)
        bar.addPermanentWidget(self.staged)
        bar.addPermanentWidget(self.count)

    def show_document(self, document: Document | None) -> None:
        """Show the facts of a document, nothing for none."""
        file_set = None if document is None else document.file_set
        if document is None or file_set is None:
            for label in (self.path, self.staged, self.count):
                label.clear()
            return
        path = document.path
        shown = _tr("Not written yet") if path is None else str(path)
        read_only = _tr("read-only, use Copy to") if document.is_read_only else ""
        self.path.setText(wording.joined(shown, read_only))
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
