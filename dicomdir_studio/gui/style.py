"""How the window looks: three palettes, spacing, and the few rules that Qt's Fusion lacks.

Text on its ground has a contrast of at least 4.5 to 1, muted text included
(WCAG 2.2, 1.4.3); in the palette of high contrast at least 7 to 1 (1.4.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette

from dicomdir_studio.gui.models.columns import Mark
from dicomdir_studio.gui.models.states import is_dark
from dicomdir_studio.gui.style_sheet import style_sheet

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

SPACE = 8
ROW_HEIGHT = 30
ICON_SIZE = 18
RADIUS = 6


class Appearance(StrEnum):
    """What the user chose; the value is what the settings keep."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of one palette, as ``#rrggbb``."""

    window: str
    base: str
    alternate: str
    text: str
    muted: str
    line: str
    accent: str
    on_accent: str
    selection: str
    hover: str
    button: str
    added: str
    added_ground: str
    removed: str
    removed_ground: str
    changed: str
    changed_ground: str


LIGHT = Colours(
    window="#f3f5f7", base="#ffffff", alternate="#f8f9fb", text="#17212b", muted="#5b6875",
    line="#dbe1e7", accent="#0e6585", on_accent="#ffffff", selection="#d9ebf2", hover="#eef3f6",
    button="#ffffff", added="#12683a", added_ground="#def3e6", removed="#a32222",
    removed_ground="#fbe4e3", changed="#7a4f00", changed_ground="#faeecf",
)  # fmt: skip
DARK = Colours(
    window="#1c2127", base="#15191e", alternate="#1a1f25", text="#e3e8ed", muted="#9aa7b4",
    line="#313943", accent="#62b6d4", on_accent="#0c1a21", selection="#1c3c49", hover="#222932",
    button="#262d35", added="#6fd598", added_ground="#173626", removed="#ff9a94",
    removed_ground="#43211f", changed="#f0c060", changed_ground="#3a2f14",
)  # fmt: skip
CONTRAST = Colours(
    window="#000000", base="#000000", alternate="#000000", text="#ffffff", muted="#b8b8b8",
    line="#ffffff", accent="#ffe600", on_accent="#000000", selection="#002a45", hover="#262626",
    button="#000000", added="#7dffb0", added_ground="#00290f", removed="#ffb3ae",
    removed_ground="#3a0000", changed="#ffd166", changed_ground="#2e2200",
)  # fmt: skip


# The palette that was looked at last, by its key, and its colours: rows ask as they paint.
_looked_at: list[tuple[int, Colours]] = [(0, LIGHT)]


def colours() -> Colours:
    """Return the colours of the palette in use."""
    palette = QGuiApplication.palette()
    key = palette.cacheKey()
    if key != _looked_at[0][0]:
        window = palette.color(QPalette.ColorRole.Window).name()
        usual = DARK if is_dark() else LIGHT
        _looked_at[0] = (key, CONTRAST if window == CONTRAST.window else usual)
    return _looked_at[0][1]


@dataclass(frozen=True, slots=True)
class Inks:
    """The colours that rows are painted with, ready for a painter."""

    text: QColor
    muted: QColor
    muted_name: str
    accent: QColor
    selection: QColor
    hover: QColor
    marks: dict[Mark, tuple[QColor, QColor]]


@cache
def _inks_of(shown: Colours) -> Inks:
    """Return the inks of one palette."""
    return Inks(
        QColor(shown.text),
        QColor(shown.muted),
        shown.muted,
        QColor(shown.accent),
        QColor(shown.selection),
        QColor(shown.hover),
        {
            Mark.NONE: (QColor(shown.muted), QColor(shown.hover)),
            Mark.ADDED: (QColor(shown.added), QColor(shown.added_ground)),
            Mark.REMOVED: (QColor(shown.removed), QColor(shown.removed_ground)),
            Mark.PROBLEM: (QColor(shown.removed), QColor(shown.removed_ground)),
            Mark.CHANGED: (QColor(shown.changed), QColor(shown.changed_ground)),
        },
    )


def inks() -> Inks:
    """Return the inks of the palette in use."""
    return _inks_of(colours())


def mark_colours(mark: Mark) -> tuple[QColor, QColor]:
    """Return the text and the ground of a badge."""
    return inks().marks[mark]


def palette_of(shown: Colours) -> QPalette:
    """Return the Qt palette made of `shown`."""
    role = QPalette.ColorRole
    palette = QPalette()
    for name, value in (
        (role.Window, shown.window), (role.WindowText, shown.text), (role.Base, shown.base),
        (role.AlternateBase, shown.alternate), (role.Text, shown.text),
        (role.PlaceholderText, shown.muted), (role.Button, shown.button),
        (role.ButtonText, shown.text), (role.BrightText, shown.removed),
        (role.Highlight, shown.selection), (role.HighlightedText, shown.text),
        (role.ToolTipBase, shown.base), (role.ToolTipText, shown.text), (role.Link, shown.accent),
        (role.LinkVisited, shown.accent), (role.Light, shown.base), (role.Midlight, shown.hover),
        (role.Mid, shown.line), (role.Dark, shown.line), (role.Shadow, shown.line),
        (role.Accent, shown.accent),
    ):  # fmt: skip
        palette.setColor(name, QColor(value))
    faint = QColor(shown.muted)
    faint.setAlphaF(0.65)
    for name in (role.Text, role.WindowText, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, faint)
    return palette


def apply_style(app: QApplication, appearance: Appearance) -> None:
    """Give the whole application one look.

    Parameters
    ----------
    app : QApplication
        The application.
    appearance : Appearance
        Light, dark, of high contrast, or as the system has it.
    """
    shown = _of_system() if appearance is Appearance.SYSTEM else _LOOKS[appearance]
    app.setStyle("Fusion")
    app.setPalette(palette_of(shown))
    app.setStyleSheet(style_sheet(shown, RADIUS, dark=shown is not LIGHT))


_LOOKS = {Appearance.LIGHT: LIGHT, Appearance.DARK: DARK, Appearance.CONTRAST: CONTRAST}


def _of_system() -> Colours:
    """Return the colours that the system asks for."""
    hints = QGuiApplication.styleHints()
    # Qt reports contrast from 6.10 on.
    access = getattr(hints, "accessibility", lambda: None)()
    if access is not None and access.contrastPreference() == Qt.ContrastPreference.HighContrast:
        return CONTRAST
    return DARK if hints.colorScheme() == Qt.ColorScheme.Dark else LIGHT
