"""Short messages inside a panel: a plain note, or a problem with badge, word and colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from dicomdir_studio.gui.models.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_EXPLAINED = 20


class Note(QLabel):
    """A line or two of text that wraps; hidden while it has nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.hide()

    def say(self, text: str) -> None:
        """Show a plain note; an empty one hides the line."""
        self._show(text, None)

    def say_saved(self, path: str) -> None:
        """Say where something was saved."""
        self.say(self.tr("Saved as {0}.").format(path))

    def warn(self, *texts: str) -> None:
        """Show what is not as it should be, but stops nothing; none hides the note."""
        self._show("\n".join(f"▲ {text}" for text in texts), State.CHANGED)

    def complain(self, *problems: str) -> None:
        """Show problems that must be mended first, one a line; none hides the note."""
        self._show("\n".join(f"! {problem}" for problem in problems if problem), State.PROBLEM)

    def explain(self, details: Sequence[str]) -> None:
        """Have more to say on demand, a line each: as a tip, and to a screen reader."""
        told = list(details[:_MOST_EXPLAINED])
        if len(details) > len(told):
            told.append("…")
        self.setToolTip("\n".join(told))
        self.setAccessibleDescription("\n".join(told))

    def _show(self, text: str, state: State | None) -> None:
        palette = QPalette()
        brush = state.brush() if state else None
        if brush is not None:
            palette.setBrush(QPalette.ColorRole.WindowText, brush)
        self.setPalette(palette)
        self.setText(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))


class EmptyState(QLabel):
    """What stands in a panel's middle while there is nothing to show: why, and what to do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setMargin(24)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setForegroundRole(QPalette.ColorRole.PlaceholderText)
