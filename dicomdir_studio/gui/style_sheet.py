"""The rules that Qt's Fusion style lacks, for whatever colours the palette has."""

from __future__ import annotations

from dataclasses import asdict
from string import Template
from typing import TYPE_CHECKING, Final

from dicomdir_studio import resources

if TYPE_CHECKING:
    from dicomdir_studio.gui.style import Colours

_RULES: Final = Template("""
QMainWindow::separator { background: $line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QToolBar { background: $window; border: 0; border-bottom: 1px solid $line;
    padding: 6px 8px; spacing: 2px; }
QToolBar::separator { background: $line; width: 1px; margin: 6px 6px; }
QToolButton { border: 1px solid transparent; border-radius: ${radius}px; padding: 5px 9px; }
QToolBar QToolButton { padding: 5px 9px; }
QToolButton#qt_toolbar_ext_button, QTabBar QToolButton { padding: 0; border-radius: 0; }
QToolButton:hover:enabled { background: $hover; border-color: $line; }
QToolButton:pressed, QToolButton:checked { background: $selection; }
QToolButton:focus { border-color: $accent; }
QToolButton#toolbar-write:enabled { background: $selection; color: $accent;
    font-weight: 600; }
QToolButton#toolbar-write { padding-right: 20px; }
QToolButton#toolbar-write::menu-button { border: 0; width: 16px; }
QToolButton#toolbar-write:hover:enabled { border-color: $accent; }
QMenuBar { background: $window; padding: 2px 4px; }
QMenuBar::item { padding: 5px 9px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $selection; }
QMenu { background: $base; border: 1px solid $line; padding: 5px; }
QMenu::item { padding: 6px 26px 6px 10px; border-radius: 4px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $muted; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $line; margin: 5px 8px; }
QTabWidget::pane { border: 0; }
QTabWidget::tab-bar { left: 8px; }
QTabBar::tab { background: transparent; color: $muted; border: 0; padding: 8px 12px;
    border-bottom: 2px solid transparent; margin-right: 2px; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { color: $accent; background: $selection; }
#tabClose { padding: 2px; border-radius: 4px; }
* { dialogbuttonbox-buttons-have-icons: 0; }
QDockWidget { font-weight: 600; titlebar-close-icon: url("$close");
    titlebar-normal-icon: url("$float"); }
QDockWidget::title { background: $window; padding: 8px 10px 4px 10px; text-align: left;
    border-bottom: 1px solid $line; }
QTreeView, QTableView, QListView { border: 1px solid $base; background: $base; outline: 0; }
QTreeView:focus, QTableView:focus, QListView:focus, #framed:focus { border-color: $accent; }
QTreeView { alternate-background-color: $alternate; }
QHeaderView { background: $window; border: 0; }
QHeaderView::section { background: $window; color: $muted; border: 0;
    border-bottom: 1px solid $line; padding: 7px 8px; }
QHeaderView::section:hover { color: $text; }
QHeaderView::up-arrow, QHeaderView::down-arrow { subcontrol-origin: border;
    subcontrol-position: top center; width: 9px; height: 9px; }
QHeaderView::up-arrow { image: url("$up"); }
QHeaderView::down-arrow { image: url("$arrow"); }
QStatusBar { background: $window; border-top: 1px solid $line; }
QStatusBar::item { border: 0; }
QStatusBar QLabel { color: $muted; padding: 3px 8px; }
QToolTip { background: $base; color: $text; border: 1px solid $line; padding: 4px; }
QPushButton { background: $button; border: 1px solid $line; border-radius: ${radius}px;
    padding: 6px 14px; }
QPushButton:hover:enabled { background: $hover; }
QPushButton:pressed { background: $selection; }
QPushButton:focus { border-color: $accent; }
QPushButton:default:enabled { background: $accent; border-color: $accent;
    color: $on_accent; }
QPushButton:default:focus { border-color: $text; }
QPushButton:disabled { color: $muted; }
QPushButton:flat { background: transparent; border-color: transparent; }
QLineEdit, QComboBox, QPlainTextEdit, QTextEdit, QSpinBox { background: $base;
    border: 1px solid $line; border-radius: ${radius}px; padding: 5px 8px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus { border-color: $accent; }
QComboBox { padding-right: 22px; }
QComboBox::drop-down { border: 0; width: 24px; }
QComboBox::down-arrow { image: url("$arrow"); width: 12px; height: 12px; }
QSpinBox::up-button, QSpinBox::down-button { border: 0; width: 22px;
    subcontrol-origin: border; }
QSpinBox::up-button { subcontrol-position: top right; }
QSpinBox::down-button { subcontrol-position: bottom right; }
QSpinBox::up-arrow { image: url("$up"); width: 10px; height: 10px; }
QSpinBox::down-arrow { image: url("$arrow"); width: 10px; height: 10px; }
QProgressBar { background: $hover; border: 0; border-radius: 3px; height: 6px;
    text-align: center; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 4px; margin: 2px; min-height: 28px;
    min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QCheckBox, QRadioButton { spacing: 8px; }
QCheckBox::indicator, QRadioButton::indicator, QTreeView::indicator { width: 14px; height: 14px;
    border: 1px solid $muted; background: $base; }
QCheckBox::indicator, QTreeView::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:checked, QTreeView::indicator:checked { background: $accent;
    border-color: $accent;
    image: url("$check"); }
QRadioButton::indicator:checked { border-color: $accent;
    background: qradialgradient(cx:0.5, cy:0.5, radius:0.5, fx:0.5, fy:0.5,
        stop:0 $accent, stop:0.55 $accent, stop:0.65 $base, stop:1 $base); }
QTreeView::indicator:indeterminate { border-color: $accent;
    background: qradialgradient(cx:0.5, cy:0.5, radius:0.5, fx:0.5, fy:0.5,
        stop:0 $accent, stop:0.5 $accent, stop:0.55 $base, stop:1 $base); }
QCheckBox:focus, QRadioButton:focus { color: $accent; }
QAbstractScrollArea::corner { background: transparent; border: 0; }
QLabel[muted="true"] { color: $muted; }
#notice { background: $selection; border-bottom: 1px solid $line; }
#notice[tone="warning"] { background: $changed_ground; }
#notice[tone="success"] { background: $added_ground; }
#framed { border: 1px solid $line; border-radius: ${radius}px; }
#ask { background: $selection; border-radius: ${radius}px; }
#choices, #choices > QWidget > QWidget { background: transparent; }
#welcome { background: $base; }
#dropZone { background: $alternate; border: 2px dashed $line; border-radius: 12px; }
#dropZone[hot="true"] { background: $selection; border-color: $accent; }
""")


def style_sheet(shown: Colours, radius: int, *, dark: bool) -> str:
    """Return the rules beyond the palette, for the colours `shown`."""
    name = "dark" if dark else "light"
    with (
        resources.as_path(f"icons/check-{name}.svg") as tick,
        resources.as_path(f"icons/arrow-{name}.svg") as arrow,
        resources.as_path(f"icons/arrow-up-{name}.svg") as up,
        resources.as_path(f"icons/dock-close-{name}.svg") as close,
        resources.as_path(f"icons/dock-float-{name}.svg") as float_,
    ):
        return _RULES.substitute(
            asdict(shown),
            radius=radius,
            check=tick.as_posix(),
            arrow=arrow.as_posix(),
            up=up.as_posix(),
            close=close.as_posix(),
            float=float_.as_posix(),
        )
