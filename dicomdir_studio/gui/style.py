"""How the window looks: two palettes, spacing, and the few rules that Qt's Fusion lacks.

Text on its ground has a contrast of at least 4.5 to 1, muted text included
(WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette

from dicomdir_studio import resources
from dicomdir_studio.gui.models.columns import Mark
from dicomdir_studio.gui.models.states import is_dark

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

SPACE = 8
ROW_HEIGHT = 30
ICON_SIZE = 18
RADIUS = 6


class Appearance(StrEnum):
    """What the person chose; the value is what the settings keep."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


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


def colours() -> Colours:
    """Return the colours of the palette in use."""
    return DARK if is_dark() else LIGHT


def mark_colours(mark: Mark) -> tuple[QColor, QColor]:
    """Return the text and the ground of a badge."""
    shown = colours()
    pairs = {
        Mark.ADDED: (shown.added, shown.added_ground),
        Mark.REMOVED: (shown.removed, shown.removed_ground),
        Mark.PROBLEM: (shown.removed, shown.removed_ground),
        Mark.CHANGED: (shown.changed, shown.changed_ground),
    }
    text, ground = pairs.get(mark, (shown.muted, shown.hover))
    return QColor(text), QColor(ground)


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
        Light, dark, or as the system has it.
    """
    dark = appearance is Appearance.DARK
    if appearance is Appearance.SYSTEM:
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    shown = DARK if dark else LIGHT
    app.setStyle("Fusion")
    app.setPalette(palette_of(shown))
    app.setStyleSheet(style_sheet(shown))


def _check_image(c: Colours) -> str:
    """Return the path of the tick that shows on the accent colour."""
    with resources.as_path(f"icons/check-{'light' if c is LIGHT else 'dark'}.svg") as path:
        return path.as_posix()


def style_sheet(c: Colours) -> str:
    """Return the rules beyond the palette, for the colours `c`."""
    return f"""
QMainWindow::separator {{ background: {c.line}; width: 1px; height: 1px; }}
QMainWindow::separator:hover {{ background: {c.accent}; }}
QToolBar {{ background: {c.window}; border: 0; border-bottom: 1px solid {c.line};
    padding: 6px 8px; spacing: 2px; }}
QToolBar::separator {{ background: {c.line}; width: 1px; margin: 6px 6px; }}
QToolButton {{ border: 1px solid transparent; border-radius: {RADIUS}px; padding: 5px 9px; }}
QToolBar QToolButton {{ padding: 5px 9px; }}
QToolButton:hover:enabled {{ background: {c.hover}; border-color: {c.line}; }}
QToolButton:pressed, QToolButton:checked {{ background: {c.selection}; }}
QToolButton:focus {{ border-color: {c.accent}; }}
QToolButton#toolbar-write:enabled {{ background: {c.selection}; color: {c.accent};
    font-weight: 600; }}
QToolButton#toolbar-write:hover:enabled {{ border-color: {c.accent}; }}
QMenuBar {{ background: {c.window}; padding: 2px 4px; }}
QMenuBar::item {{ padding: 5px 9px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: {c.selection}; }}
QMenu {{ background: {c.base}; border: 1px solid {c.line}; padding: 5px; }}
QMenu::item {{ padding: 6px 26px 6px 10px; border-radius: 4px; }}
QMenu::item:selected {{ background: {c.selection}; color: {c.text}; }}
QMenu::item:disabled {{ color: {c.muted}; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::separator {{ height: 1px; background: {c.line}; margin: 5px 8px; }}
QTabWidget::pane {{ border: 0; }}
QTabWidget::tab-bar {{ left: 8px; }}
QTabBar::tab {{ background: transparent; color: {c.muted}; border: 0; padding: 8px 12px;
    border-bottom: 2px solid transparent; margin-right: 2px; }}
QTabBar::tab:hover {{ color: {c.text}; }}
QTabBar::tab:selected {{ color: {c.text}; border-bottom: 2px solid {c.accent}; }}
QTabBar::tab:focus {{ color: {c.accent}; }}
#tabClose {{ padding: 2px; border-radius: 4px; }}
QDockWidget {{ font-weight: 600; }}
QDockWidget::title {{ background: {c.window}; padding: 8px 10px; text-align: left;
    border-bottom: 1px solid {c.line}; }}
QTreeView, QTableView, QListView {{ border: 0; background: {c.base}; outline: 0; }}
QTreeView {{ alternate-background-color: {c.alternate}; }}
QHeaderView {{ background: {c.window}; border: 0; }}
QHeaderView::section {{ background: {c.window}; color: {c.muted}; border: 0;
    border-bottom: 1px solid {c.line}; padding: 7px 8px; }}
QHeaderView::section:hover {{ color: {c.text}; }}
QStatusBar {{ background: {c.window}; border-top: 1px solid {c.line}; }}
QStatusBar::item {{ border: 0; }}
QStatusBar QLabel {{ color: {c.muted}; padding: 3px 8px; }}
QToolTip {{ background: {c.base}; color: {c.text}; border: 1px solid {c.line}; padding: 4px; }}
QPushButton {{ background: {c.button}; border: 1px solid {c.line}; border-radius: {RADIUS}px;
    padding: 6px 14px; }}
QPushButton:hover:enabled {{ background: {c.hover}; }}
QPushButton:pressed {{ background: {c.selection}; }}
QPushButton:focus {{ border-color: {c.accent}; }}
QPushButton:default:enabled {{ background: {c.accent}; border-color: {c.accent};
    color: {c.on_accent}; }}
QPushButton:disabled {{ color: {c.muted}; }}
QPushButton:flat {{ background: transparent; border-color: transparent; }}
QLineEdit, QComboBox, QPlainTextEdit, QTextEdit, QSpinBox {{ background: {c.base};
    border: 1px solid {c.line}; border-radius: {RADIUS}px; padding: 5px 8px;
    selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}
QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus {{ border-color: {c.accent}; }}
QProgressBar {{ background: {c.hover}; border: 0; border-radius: 3px; height: 6px;
    text-align: center; }}
QProgressBar::chunk {{ background: {c.accent}; border-radius: 3px; }}
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {c.line}; border-radius: 4px; margin: 2px; min-height: 28px;
    min-width: 28px; }}
QScrollBar::handle:hover {{ background: {c.muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QCheckBox, QRadioButton {{ spacing: 8px; }}
QCheckBox::indicator, QRadioButton::indicator {{ width: 14px; height: 14px;
    border: 1px solid {c.muted}; background: {c.base}; }}
QCheckBox::indicator {{ border-radius: 4px; }}
QRadioButton::indicator {{ border-radius: 8px; }}
QCheckBox::indicator:checked {{ background: {c.accent}; border-color: {c.accent};
    image: url("{_check_image(c)}"); }}
QRadioButton::indicator:checked {{ border-color: {c.accent};
    background: qradialgradient(cx:0.5, cy:0.5, radius:0.5, fx:0.5, fy:0.5,
        stop:0 {c.accent}, stop:0.55 {c.accent}, stop:0.65 {c.base}, stop:1 {c.base}); }}
QCheckBox:focus, QRadioButton:focus {{ color: {c.accent}; }}
QAbstractScrollArea::corner {{ background: transparent; border: 0; }}
QLabel[muted="true"] {{ color: {c.muted}; }}
#notice {{ background: {c.selection}; border-bottom: 1px solid {c.line}; }}
#notice[tone="warning"] {{ background: {c.changed_ground}; }}
#notice[tone="success"] {{ background: {c.added_ground}; }}
#welcome {{ background: {c.base}; }}
#dropZone {{ background: {c.alternate}; border: 2px dashed {c.line}; border-radius: 12px; }}
#dropZone[hot="true"] {{ background: {c.selection}; border-color: {c.accent}; }}
"""
