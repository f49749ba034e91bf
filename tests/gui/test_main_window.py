"""The window driven as a person does: actions, keys, menus, tabs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QFont, QKeySequence
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from dicomdir_studio.gui import actions, style
from dicomdir_studio.gui.dialogs.error import ErrorDialog
from dicomdir_studio.gui.models.columns import Column
from tests.bundled import sample
from tests.gui.dialogs import the_only
from tests.gui.editing import select_study, stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


# The table of actions ---------------------------------------------------------------------


def test_every_action_is_in_a_menu(window: MainWindow) -> None:
    """No action can be reached by toolbar or context menu alone."""
    for spec in actions.ACTIONS:
        if spec.name not in actions.SUBMENUS:
            assert window.table[spec.name] in window.table.menus[spec.menu].actions()


def test_no_shortcut_is_given_twice(window: MainWindow) -> None:
    """A key does one thing."""
    names = [spec.name for spec in actions.ACTIONS if spec.name not in actions.SUBMENUS]
    switches = window.table.menus["view"].actions()
    all_there = dict.fromkeys([*(window.table[name] for name in names), *switches])
    keys = [key.toString() for action in all_there for key in action.shortcuts()]
    assert {"Ctrl+N", "F6", "Alt+1"} < set(keys)
    assert len(keys) == len(set(keys))


def test_toolbar_holds_what_the_table_says(window: MainWindow) -> None:
    """The toolbar's actions are those whose place is the toolbar, each with an icon."""
    wanted = [s.name for s in actions.ACTIONS if actions.Place.TOOLBAR in s.places]
    assert sorted(name for name in actions.TOOLBAR_ORDER if name) == sorted(wanted)
    assert all(not window.table[name].icon().isNull() for name in wanted)


def test_every_action_says_what_it_does(window: MainWindow) -> None:
    """Tooltip and status tip are there for each action."""
    for spec in actions.ACTIONS:
        if spec.name not in actions.SUBMENUS:
            assert window.table[spec.name].toolTip()


def test_nothing_can_be_done_to_nothing(window: MainWindow) -> None:
    """Without a File-set only opening, adding and the program's own actions are enabled."""
    assert window.welcome.isVisible()
    for name in ("write", "copy", "remove", "undo", "redo", "close", "find"):
        assert not window.table[name].isEnabled()
    for name in ("new", "open", "add-files", "demo", "quit", "about"):
        assert window.table[name].isEnabled()


# Opening ----------------------------------------------------------------------------------


def test_opening_shows_the_set_and_never_looks_changed(
    window: MainWindow, opened: Document
) -> None:
    """The title is the File-set ID without a star, although the layout is a foreign one."""
    assert window.tabs.tabText(0) == "PYDICOM_TEST"
    assert not window.isWindowModified()
    assert window.status.count.text() == "31 instances"
    assert window.status.staged.text() == "Nothing staged"
    assert opened.view.model().rowCount() == 2


def test_opening_twice_goes_to_the_tab(window: MainWindow, opened: Document, disc: Path) -> None:
    """One File-set is open once."""
    assert window.open_path(disc / "DICOMDIR") is opened
    assert window.tabs.count() == 1


def test_what_cannot_be_opened_says_why_and_leaves_no_tab(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    """A folder without a DICOMDIR is an error with words."""
    window.open_path(tmp_path)
    dialog = the_only(qtbot, window, ErrorDialog)
    assert "DICOMDIR" in dialog.report
    assert window.tabs.count() == 0
    assert window.welcome.isVisible()
    dialog.close()


def test_opened_sets_are_remembered(window: MainWindow, opened: Document) -> None:
    """The menu and the welcome page name what was opened."""
    recent = window.table.menus["recent"].actions()
    assert str(opened.path) == recent[0].toolTip()
    assert recent[0].text().endswith(str(opened.path)[-20:])
    window.close_current()
    assert window.welcome.recent.count() == 1


def test_recent_set_opens_from_the_welcome_page(
    qtbot: QtBot, window: MainWindow, opened: Document
) -> None:
    """Activating a recent File-set opens it."""
    window.close_current()
    line = window.welcome.recent.item(0)
    window.welcome.recent.itemActivated.emit(line)
    qtbot.waitUntil(lambda: window.current is not None and window.current.can_edit)


def test_demo_opens_from_the_menu(qtbot: QtBot, window: MainWindow) -> None:
    """The demo is a File-set of 31 instances."""
    window.table["demo"].trigger()
    qtbot.waitUntil(lambda: window.current is not None and window.current.can_edit)
    assert window.current is not None
    assert window.current.file_set is not None
    assert len(window.current.file_set) == 31


# Editing ----------------------------------------------------------------------------------


def test_delete_key_stages_a_removal_and_undo_takes_it_back(
    qtbot: QtBot, window: MainWindow, opened: Document
) -> None:
    """Delete removes the study, Undo names it, and takes it back."""
    count = select_study(opened, "Carotids")
    qtbot.keyClick(opened.view, Qt.Key.Key_Delete)
    assert opened.file_set is not None
    assert len(opened.file_set.staged_removals) == count
    assert window.tabs.tabText(0) == "PYDICOM_TEST *"
    assert window.isWindowModified()
    assert f"{count} removals" in window.status.staged.text()
    assert "Remove" in window.table["undo"].text()
    undo = QKeySequence(QKeySequence.StandardKey.Undo)
    qtbot.keySequence(window, undo)
    assert not opened.file_set.staged_removals
    assert window.tabs.tabText(0) == "PYDICOM_TEST"
    qtbot.keySequence(window, QKeySequence(QKeySequence.StandardKey.Redo))
    assert len(opened.file_set.staged_removals) == count


def test_context_menu_removes_and_restores(
    qtbot: QtBot, window: MainWindow, opened: Document
) -> None:
    """The menu key shows the actions of the table, and they work."""
    count = select_study(opened, "Carotids")
    place = opened.view.visualRect(opened.view.currentIndex()).center()
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, place, opened.view.viewport().mapToGlobal(place)
    )
    QApplication.sendEvent(opened.view.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    shown = [action.objectName() for action in menu.actions() if not action.isSeparator()]
    assert shown == [s.name for s in actions.ACTIONS if actions.Place.CONTEXT in s.places]
    assert window.table["remove"].isEnabled()
    assert not window.table["restore"].isEnabled()
    menu.setActiveAction(window.table["remove"])
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert opened.file_set is not None
    assert len(opened.file_set.staged_removals) == count
    assert window.table["restore"].isEnabled()
    window.table["restore"].trigger()
    assert not opened.has_edits


def test_removing_a_patient_removes_all_its_instances(window: MainWindow, opened: Document) -> None:
    """A record stands for everything below it, once."""
    assert opened.file_set is not None
    patient = opened.file_set.tree.children[1]
    opened.view.show_records([patient, patient.children[0]])
    window.table["remove"].trigger()
    assert len(opened.file_set.staged_removals) == 24


def test_large_edits_are_jobs(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, opened: Document
) -> None:
    """What touches many instances is staged beside the window, with the same outcome."""
    monkeypatch.setattr("dicomdir_studio.gui.document.AT_ONCE", 5)
    assert opened.file_set is not None
    opened.remove(list(opened.file_set.tree.children))
    assert opened.is_busy
    qtbot.waitUntil(lambda: opened.can_edit)
    assert len(opened.file_set.staged_removals) == 31
    opened.undo()
    qtbot.waitUntil(lambda: opened.can_edit)
    assert not opened.has_edits


def test_copying_ids(window: MainWindow, opened: Document) -> None:
    """UIDs and File IDs go to the clipboard, one a line, with the Standard's separator."""
    select_study(opened, "Carotids")
    window.table["copy-uid"].trigger()
    assert QApplication.clipboard().text().startswith("1.3.6.1.4.1.5962")
    window.table["copy-file-id"].trigger()
    lines = QApplication.clipboard().text().splitlines()
    assert len(lines) == 2
    assert all(line.startswith("98892003\\") for line in lines)


def test_showing_the_file(
    window: MainWindow, opened: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of the selected instance is shown, and its folder opened."""
    shown: list[str] = []
    monkeypatch.setattr("dicomdir_studio.gui.file_manager.show_file", shown.append)
    monkeypatch.setattr("dicomdir_studio.gui.file_manager.open_folder", shown.append)
    select_study(opened, "Carotids")
    window.table["show-file"].trigger()
    window.table["open-file-folder"].trigger()
    assert len(shown) == 2
    assert all(Path(path).is_file() for path in shown)


def test_search_hits_are_selected(window: MainWindow, opened: Document) -> None:
    """Activating instances selects their rows and opens what is above them."""
    assert opened.file_set is not None
    found = opened.file_set.search({"Modality": "MR"})
    window.panels.instances_activated.emit(found)
    assert opened.view.selected_records() == [one.node for one in found]
    assert opened.view.current_record() is found[0].node
    rect = opened.view.visualRect(opened.view.currentIndex())
    assert opened.view.viewport().rect().intersects(rect)


def test_revert_from_the_changes_list(qtbot: QtBot, window: MainWindow, opened: Document) -> None:
    """One staged change is taken back and the others stay."""
    stage(qtbot, opened, "CT_small.dcm", "MR_small.dcm")
    assert opened.file_set is not None
    first = opened.file_set.staged_additions[0]
    window.panels.revert_requested.emit([first], [])
    assert len(opened.file_set.staged_additions) == 1
    assert window.status.count.text() == "32 instances after the write"


def test_properties_are_staged_and_undone(window: MainWindow, opened: Document) -> None:
    """A new File-set ID shows in the tab at once and goes with undo."""
    opened.edit_properties({"ID": "NEW_NAME"})
    assert window.tabs.tabText(0) == "NEW_NAME *"
    assert "1 property" in window.status.staged.text()
    window.table["undo"].trigger()
    assert window.tabs.tabText(0) == "PYDICOM_TEST"


def test_wrong_property_is_told(qtbot: QtBot, window: MainWindow, opened: Document) -> None:
    """An error of the engine comes as a dialog and changes nothing."""
    opened.edit_properties({"ID": "x" * 40})
    assert window.findChildren(ErrorDialog)
    assert not opened.has_edits
    window.findChildren(ErrorDialog)[0].close()


def test_adding_by_dialog(
    qtbot: QtBot, window: MainWindow, opened: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Add files takes the same way as a drop."""
    names = ([str(sample("CT_small.dcm"))], "")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_a, **_k: names)
    window.table["add-files"].trigger()
    assert not window.table["remove"].isEnabled()
    qtbot.waitUntil(lambda: opened.can_edit)
    assert opened.has_edits


def test_adding_a_folder_by_dialog(
    qtbot: QtBot,
    window: MainWindow,
    series_of: Callable[[int], list[Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With nothing open, Add folder starts a new File-set."""
    folder = str(series_of(3)[0].parent)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: folder)
    window.table["add-folder"].trigger()
    qtbot.waitUntil(
        lambda: window.current is not None and window.current.can_edit and window.current.has_edits
    )
    assert window.tabs.tabText(0) == "New File-set *"
    assert window.status.path.whole() == "Not written yet"


@pytest.mark.parametrize(
    ("action", "asks"), [("open", "getOpenFileNames"), ("open-folder", "getExistingDirectory")]
)
def test_opening_begins_where_it_was_opened_last(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str, asks: str
) -> None:
    """Discs that lie side by side are opened one after the other; at first Qt decides."""
    asked: list[str] = []

    def ask(*words: object) -> object:
        asked.append(str(words[2]))
        return ([], "") if asks == "getOpenFileNames" else ""

    monkeypatch.setattr(QFileDialog, asks, ask)
    window.table[action].trigger()
    window.memory.remember_file_set(tmp_path / "discs" / "DISC1")
    window.table[action].trigger()
    assert asked == ["", str(tmp_path / "discs")]


# Looks and memory ---------------------------------------------------------------------------


def test_window_remembers_columns_and_panels(
    window: MainWindow, opened: Document, store: object
) -> None:
    """Widths of columns come back in the next tab, and in the settings at the end."""
    opened.view.header().resizeSection(Column.NAME, 333)
    window.close_current()
    assert window.new_document().view.header().sectionSize(Column.NAME) == 333
    assert "columns" in window.memory.settings.window


def test_dark_and_light_redraw_icons(window: MainWindow, opened: Document) -> None:
    """Changing the look changes palette and icons, and is remembered."""
    before = window.table["open"].icon().cacheKey()
    window.set_appearance(style.Appearance.DARK)
    assert style.colours() is style.DARK
    assert window.table["open"].icon().cacheKey() != before
    assert window.memory.appearance is style.Appearance.DARK
    window.set_appearance(style.Appearance.LIGHT)
    assert style.colours() is style.LIGHT


def test_sorting_by_header(qtbot: QtBot, opened: Document) -> None:
    """A click on a heading sorts, and the order of the medium can be had back."""
    header = opened.view.header()
    x = header.sectionViewportPosition(Column.NAME) + 20
    for _ in range(2):
        qtbot.mouseClick(
            header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, header.height() // 2)
        )
    first = opened.model.index(0, 0)
    assert first.data() == "Doe, Peter"
    opened.view.header().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    assert opened.model.index(0, 0).data() == "Doe, Archibald"


@pytest.mark.parametrize("dark", [False, True])
def test_window_can_be_painted(
    window: MainWindow, opened: Document, tmp_path: Path, dark: bool
) -> None:
    """The whole window paints in both looks without a complaint from Qt."""
    window.set_appearance(style.Appearance.DARK if dark else style.Appearance.LIGHT)
    select_study(opened, "Carotids")
    window.table["remove"].trigger()
    picture = window.grab()
    assert picture.save(str(tmp_path / "window.png"))
    assert picture.width() >= 1000
    window.set_appearance(style.Appearance.LIGHT)


def test_no_key_of_a_menu_is_given_twice(window: MainWindow) -> None:
    """Each letter under a line leads to one action of its menu."""
    for menu in (action.menu() for action in window.menuBar().actions()):
        texts = [action.text() for action in menu.actions()]  # type: ignore[attr-defined]
        keys = [text[text.index("&") + 1].casefold() for text in texts if "&" in text]
        assert len(keys) == len(set(keys)), texts


def test_large_letters_fit_on_a_small_screen(window: MainWindow, qtbot: QtBot) -> None:
    """At twice the size of the letters, with the search open, 1024 by 700 is enough."""
    font = QApplication.font()
    twice = QFont(font)
    twice.setPointSizeF(2 * font.pointSizeF())
    QApplication.setFont(twice)
    try:
        window.resize(1024, 700)
        window.new_document()
        window.table["find"].trigger()
        qtbot.waitUntil(window.panels.search.isVisible)
        qtbot.waitUntil(lambda: window.minimumSizeHint().height() <= 700)
        assert window.minimumSizeHint().width() <= 1024
        assert (window.width(), window.height()) == (1024, 700)
    finally:
        QApplication.setFont(font)
