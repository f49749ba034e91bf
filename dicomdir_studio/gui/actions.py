"""The one table of actions; menus, toolbar and context menu are all built from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto
from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QToolButton

from dicomdir_studio.courtesy import FIRST
from dicomdir_studio.gui import icons, style

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QMenuBar, QToolBar, QWidget

_STANDARD = QKeySequence.StandardKey
_SOURCE = "actions"


class Place(Flag):
    """Where an action appears; every one of them is in a menu."""

    MENU = auto()
    TOOLBAR = auto()
    CONTEXT = auto()


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One thing that the user can do.

    Attributes
    ----------
    name : str
        By which the code knows it.
    menu : str
        The menu that holds it.
    text : str
        What menus call it; ``&`` marks the key.
    tip : str
        What it does, as a sentence for tooltip and status bar.
    icon : str
        The name of its icon, or empty.
    keys : tuple
        Standard keys or key sequences as text; the first is shown.
    places : Place
        Where it appears.
    short : str
        What the toolbar calls it, if not the text.
    group : int
        Neighbours of different groups are parted by a line.
    """

    name: str
    menu: str
    text: str
    tip: str = ""
    icon: str = ""
    keys: tuple[QKeySequence.StandardKey | str, ...] = ()
    places: Place = Place.MENU
    short: str = ""
    group: int = 0


_BAR = Place.MENU | Place.TOOLBAR
_ROW = Place.MENU | Place.CONTEXT
_ALL = Place.MENU | Place.TOOLBAR | Place.CONTEXT
# What marks a text for the translators: lupdate -tr-function-alias QT_TRANSLATE_NOOP+=_T
_T = cast("Callable[[str, str], str]", QT_TRANSLATE_NOOP)

MENUS = (
    ("file", _T("actions", "&File")),
    ("edit", _T("actions", "&Edit")),
    ("record", _T("actions", "&Record")),
    ("view", _T("actions", "&View")),
    ("help", _T("actions", "&Help")),
)

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "new", "file", _T("actions", "&New File-set"),
        _T("actions", "Start an empty File-set"), "new", (_STANDARD.New,), _BAR,
        _T("actions", "New"),
    ),
    ActionSpec(
        "open", "file", _T("actions", "&Open DICOMDIR…"),
        _T("actions", "Open a File-set by its DICOMDIR"), "open", (_STANDARD.Open,), _BAR,
        _T("actions", "Open"),
    ),
    ActionSpec(
        "open-folder", "file", _T("actions", "Open &folder…"),
        _T("actions", "Open the File-set in a folder or on a disc"), "folder", ("Ctrl+Shift+O",),
    ),
    ActionSpec("recent", "file", _T("actions", "Open &recent")),
    ActionSpec(
        "demo", "file", _T("actions", "Open the &demo"),
        _T("actions", "Open a File-set of sample instances to experiment with"), "demo",
    ),
    ActionSpec(
        "write", "file", _T("actions", "&Write…"),
        _T("actions", "Review what is staged, then write it to the medium"), "write",
        (_STANDARD.Save,), _BAR, _T("actions", "Write"), 2,
    ),
    ActionSpec(
        "copy", "file", _T("actions", "&Copy to…"),
        _T("actions", "Write the File-set with its staged changes to another folder"), "copy",
        (_STANDARD.SaveAs, "Ctrl+Shift+S"), _BAR, _T("actions", "Copy to"), 2,
    ),
    ActionSpec(
        "medium", "file", _T("actions", "&Make a medium…"),
        _T("actions", "Make a disc, image, stick, ZIP file or folder to hand out"), "disc",
        ("Ctrl+Shift+M",), group=2,
    ),
    ActionSpec(
        "check-files", "file", _T("actions", "C&heck files…"),
        _T("actions", "Compare every file with the record that references it"), "findings",
        ("Ctrl+Shift+K",), group=3,
    ),
    ActionSpec(
        "charset", "edit", _T("actions", "C&haracter set…"),
        _T("actions", "Compare the ways in which names can be read, and choose one"), "",
        ("Ctrl+Shift+E",), group=3,
    ),
    ActionSpec(
        "file-set-properties", "file", _T("actions", "File-set &properties…"),
        _T("actions", "Edit File-set ID, UID and descriptor file"), "properties",
        ("Ctrl+I",), group=3,
    ),
    ActionSpec(
        "close", "file", _T("actions", "C&lose File-set"),
        _T("actions", "Close the File-set in this tab"), "close", (_STANDARD.Close, "Ctrl+W"),
        group=4,
    ),
    ActionSpec(
        "quit", "file", _T("actions", "&Quit"), _T("actions", "Quit the program"), "quit",
        (_STANDARD.Quit, "Ctrl+Q"), group=4,
    ),
    ActionSpec(
        "add-files", "edit", _T("actions", "Add &files…"),
        _T("actions", "Stage DICOM files for addition"), "add-files", ("Ctrl+Shift+A",), _BAR,
        _T("actions", "Add files"), 1,
    ),
    ActionSpec(
        "add-folder", "edit", _T("actions", "Add f&older…"),
        _T("actions", "Stage every DICOM file below a folder for addition"), "add-folder",
        ("Ctrl+Shift+D",), _BAR, _T("actions", "Add folder"), 1,
    ),
    ActionSpec(
        "remove", "edit", _T("actions", "&Remove"),
        _T("actions", "Stage the selected records and all below them for removal"), "remove",
        (_STANDARD.Delete,), _ALL, "", 2,
    ),
    ActionSpec(
        "restore", "edit", _T("actions", "Re&store"),
        _T("actions", "Revert the staged removal of the selected records"), "restore",
        ("Shift+Del",), _ROW, "", 2,
    ),
    ActionSpec(
        "undo", "edit", _T("actions", "&Undo"), _T("actions", "Undo the last change"), "undo",
        (_STANDARD.Undo,), _BAR, _T("actions", "Undo"), 3,
    ),
    ActionSpec(
        "redo", "edit", _T("actions", "R&edo"), _T("actions", "Redo the last undone change"),
        "redo", (_STANDARD.Redo, "Ctrl+Y"), _BAR, _T("actions", "Redo"), 3,
    ),
    ActionSpec(
        "find", "edit", _T("actions", "Find &instances…"),
        _T("actions", "Search the records by keyword and value"), "search", (_STANDARD.Find,),
        group=4,
    ),
    ActionSpec(
        "show-file", "record", _T("actions", "Show file in file &manager"),
        _T("actions", "Show the instance's file in its folder"), "show-in-folder",
        ("Ctrl+Shift+R",), _ROW, group=1,
    ),
    ActionSpec(
        "open-file-folder", "record", _T("actions", "Open file's &folder"),
        _T("actions", "Open the folder that holds the file"), "folder", (), _ROW, group=1,
    ),
    ActionSpec(
        "copy-file-id", "record", _T("actions", "Copy F&ile ID"),
        _T("actions", "Copy the File IDs of the selected instances"), "id", ("Ctrl+Shift+C",),
        _ROW, group=2,
    ),
    ActionSpec(
        "copy-uid", "record", _T("actions", "Copy &UID"),
        _T("actions", "Copy the UIDs of the selected records"), "copy", (_STANDARD.Copy,), _ROW,
        group=2,
    ),
    ActionSpec(
        "add-icons", "record", _T("actions", "Make ico&ns"),
        _T("actions", "Stage icons for the selected images and series, or for all"),
        "image", places=_ROW, group=4,
    ),
    ActionSpec(
        "add-private", "record", _T("actions", "Add as pri&vate record…"),
        _T("actions", "Stage a file that a PRIVATE record below the selected one references"),
        "private", ("Ctrl+Shift+V",), _ROW, group=3,
    ),
    ActionSpec(
        "expand", "record", _T("actions", "&Expand all below"),
        _T("actions", "Expand the selected records and all below them"), "expand",
        ("Ctrl+Right",), _ROW, group=4,
    ),
    ActionSpec(
        "collapse", "record", _T("actions", "&Collapse all"),
        _T("actions", "Collapse all records"), "collapse", ("Ctrl+Left",), group=4,
    ),
    ActionSpec(
        "properties", "record", _T("actions", "&Properties"),
        _T("actions", "Show the elements of the selected record"), "about", ("Alt+Return",),
        _ROW, group=5,
    ),
    ActionSpec("next-panel", "view", _T("actions", "Next &panel"), keys=("F6",), group=1),
    ActionSpec(
        "previous-panel", "view", _T("actions", "Pre&vious panel"), keys=("Shift+F6",), group=1
    ),
    ActionSpec(
        "medium-order", "view", _T("actions", "Order of the &medium"),
        _T("actions", "Show the records in the order of the DICOMDIR"), group=2,
    ),
    ActionSpec("appearance", "view", _T("actions", "&Appearance"), group=3),
    ActionSpec("language", "view", _T("actions", "Lan&guage"), group=3),
    ActionSpec(
        "about", "help", _T("actions", "&About DICOMDIR Studio"),
        _T("actions", "Version and licences of the program and its components"), "about",
    ),
)  # fmt: skip

PRIMARY = "write"
# What is a menu of its own, filled by the window.
SUBMENUS = ("recent", "appearance", "language")
# What the arrow of a toolbar button offers.
BUTTON_MENUS = {"write": ("write", "copy", "medium")}
TOOLBAR_ORDER = (
    "new", "open", "", "add-files", "add-folder", "remove", "", "undo", "redo", "",
    "write", "copy",
)  # fmt: skip
# What the toolbar shows without words where it lacks the room, the first of it first.
WORDLESS = (("undo", "redo"), ("new", "open", "copy"), ("add-files", "add-folder", "remove"))


class Actions(QObject):
    """The actions of one window, made from `ACTIONS`.

    Parameters
    ----------
    window : QWidget
        Owns the actions, so that their shortcuts work in all of it.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}
        self.menus: dict[str, QMenu] = {}
        for spec in ACTIONS:
            if spec.name not in SUBMENUS:
                self._actions[spec.name] = self._make(spec)
                window.addAction(self._actions[spec.name])
        self.retint()

    def __getitem__(self, name: str) -> QAction:
        """Return the action called `name`."""
        return self._actions[name]

    def connect_all(self, handlers: dict[str, Callable[[], object]]) -> None:
        """Let each action call its handler; an action without one is a mistake.

        Raises
        ------
        KeyError
            If an action has no handler.
        """
        for name, action in self._actions.items():
            handler = handlers[name]
            action.triggered.connect(partial(_call_first, handler))

    def enable(self, states: dict[str, bool]) -> None:
        """Enable and disable actions by name."""
        for name, enabled in states.items():
            self._actions[name].setEnabled(enabled)

    def explain(self, name: str, reason: str) -> None:
        """Disable an action and say why in its tip; enable it if there is no reason."""
        action = self._actions[name]
        action.setEnabled(not reason)
        action.setToolTip(reason or _tip_of(action))

    def rename(self, name: str, text: str) -> None:
        """Give an action another text for now; empty gives it its own again."""
        spec = next(spec for spec in ACTIONS if spec.name == name)
        self._actions[name].setText(text or QCoreApplication.translate(_SOURCE, spec.text))

    def retint(self) -> None:
        """Draw the icons in the colours of the palette."""
        for spec in ACTIONS:
            if spec.icon and spec.name in self._actions:
                colour = style.colours().accent if spec.name == PRIMARY else None
                self._actions[spec.name].setIcon(icons.icon(spec.icon, colour))

    def fill_menu_bar(self, bar: QMenuBar) -> None:
        """Add the menus with all actions."""
        for name, text in MENUS:
            menu = bar.addMenu(QCoreApplication.translate(_SOURCE, text))
            menu.setToolTipsVisible(name == "record")  # where a tip can be a reason
            self.menus[name] = menu
            self._fill(menu, [spec for spec in ACTIONS if spec.menu == name])

    def fill_toolbar(self, bar: QToolBar) -> None:
        """Add the actions of the toolbar."""
        rest = bar.findChild(QToolButton, "qt_toolbar_ext_button")
        if rest is not None:  # what a narrow window has no room for; Qt gives it no name
            rest.setAccessibleName(
                QCoreApplication.translate("actions", "More actions of the toolbar")
            )
        for name in TOOLBAR_ORDER:
            if not name:
                bar.addSeparator()
                continue
            bar.addAction(self._actions[name])
            button = bar.widgetForAction(self._actions[name])
            if isinstance(button, QToolButton):
                button.setObjectName(f"toolbar-{name}")
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                button.setAccessibleName(self._actions[name].text().replace("&", ""))
                if name in BUTTON_MENUS:
                    menu = QMenu(button)
                    menu.addActions([self._actions[one] for one in BUTTON_MENUS[name]])
                    button.setMenu(menu)
                    button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)

    def context_menu(self, parent: QWidget) -> QMenu:
        """Return a new menu with the actions that concern records."""
        menu = QMenu(parent)
        menu.setToolTipsVisible(True)
        chosen = [spec for spec in ACTIONS if Place.CONTEXT in spec.places]
        previous = ("", 0)
        for spec in chosen:
            if previous not in {("", 0), (spec.menu, spec.group)}:
                menu.addSeparator()
            menu.addAction(self._actions[spec.name])
            previous = (spec.menu, spec.group)
        return menu

    def _make(self, spec: ActionSpec) -> QAction:
        """Return the action for one line of the table."""
        action = QAction(QCoreApplication.translate(_SOURCE, spec.text), self._window)
        action.setObjectName(spec.name)
        if spec.short:
            action.setIconText(QCoreApplication.translate(_SOURCE, spec.short))
        action.setShortcuts(_key_sequences(spec.keys))
        tip = QCoreApplication.translate(_SOURCE, spec.tip) if spec.tip else ""
        action.setStatusTip(tip)
        action.setToolTip(_tip_of(action))
        return action

    def _fill(self, menu: QMenu, specs: list[ActionSpec]) -> None:
        """Add actions and submenus, parted by group."""
        group = specs[0].group if specs else 0
        for spec in specs:
            if spec.group != group:
                menu.addSeparator()
            group = spec.group
            if spec.name in SUBMENUS:
                submenu = menu.addMenu(QCoreApplication.translate(_SOURCE, spec.text))
                self.menus[spec.name] = submenu
            else:
                menu.addAction(self._actions[spec.name])


def _tip_of(action: QAction) -> str:
    """Return what an action does, with its key."""
    shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{action.statusTip()} ({shown})" if shown else action.statusTip()


def _key_sequences(keys: tuple[QKeySequence.StandardKey | str, ...]) -> list[QKeySequence]:
    """Return the platform's sequences for standard keys, and others as they are; none twice."""
    found: list[QKeySequence] = []
    for key in keys:
        sequences = [QKeySequence(key)] if isinstance(key, str) else QKeySequence.keyBindings(key)
        found.extend(sequence for sequence in sequences if sequence not in found)
    return found


def _call_first(handler: Callable[[], object], _checked: bool = False) -> None:
    """Do what an action is for before what jobs do."""
    with FIRST:
        handler()
