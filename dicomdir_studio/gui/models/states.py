"""The staged state of an instance: a badge, a word and a colour, never colour alone."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QPalette

if TYPE_CHECKING:
    from dicomdir_studio.fileset import FileInstance

_DARK_BELOW = 128


# The palette that was looked at last, by its key, and whether it is dark: rows ask as they paint.
_looked_at: list[tuple[int, bool]] = [(0, False)]


def is_dark() -> bool:
    """Return whether the window's palette is a dark one."""
    palette = QGuiApplication.palette()
    key = palette.cacheKey()
    if key != _looked_at[0][0]:
        dark = palette.color(QPalette.ColorRole.Base).lightness() < _DARK_BELOW
        _looked_at[0] = (key, dark)
    return _looked_at[0][1]


class State(Enum):
    """A state with its badge, word, and colour on a light and on a dark ground.

    Every colour has a contrast of at least 4.5 to 1 with its ground (WCAG 2.2, 1.4.3).
    """

    UNCHANGED = ("", "", "", "")
    ADDED = ("+", "added", "#12683a", "#6fd598")
    REMOVED = ("\N{MINUS SIGN}", "removed", "#a32222", "#ff9a94")
    CHANGED = ("~", "changed", "#7a4f00", "#f0c060")
    PROBLEM = ("!", "missing", "#a32222", "#ff9a94")

    @property
    def badge(self) -> str:
        """The sign that stands before the word."""
        return str(self.value[0])

    @property
    def word(self) -> str:
        """The word, translated."""
        return QCoreApplication.translate("State", self.value[1]) if self.value[1] else ""

    @property
    def label(self) -> str:
        """Badge and word, empty for what is unchanged."""
        return f"{self.badge} {self.word}".strip()

    def brush(self) -> QBrush | None:
        """Return the colour for text in the present palette, None for the usual one."""
        colour = self.value[3 if is_dark() else 2]
        return QBrush(QColor(colour)) if colour else None


def instance_state(instance: FileInstance) -> State:
    """Return the state of an instance; what is staged goes before what is missing."""
    if instance.for_addition:
        return State.ADDED
    if instance.for_removal:
        return State.REMOVED
    return State.PROBLEM if instance.is_missing else State.UNCHANGED
