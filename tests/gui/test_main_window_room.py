"""The window on small screens, with many tabs, and with discs that are called alike."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QLabel,
    QPushButton,
    QSplitter,
    QTabBar,
    QToolButton,
)

from dicomdir_studio.gui import room, style
from dicomdir_studio.gui.medium.dialog import MediumDialog
from dicomdir_studio.gui.medium.tree import ROOM
from dicomdir_studio.gui.models.columns import Column
from dicomdir_studio.gui.views.toolbar import ActionBar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


def _painted_columns(button: QToolButton) -> int:
    """Return how many columns of a button are not of one colour."""
    image = button.grab().toImage()
    columns = ({image.pixel(x, y) for y in range(image.height())} for x in range(image.width()))
    return sum(len(colours) > 1 for colours in columns)


def test_the_first_window_fits_the_screen(make_second: Callable[[], MainWindow]) -> None:
    """With its frame it is no larger than what the screen has room for."""
    window = make_second()
    room = window.screen().availableGeometry()
    assert window.height() < room.height()
    assert window.width() < room.width()
    window.close()


def test_the_window_fits_a_very_small_screen(
    make_second: Callable[[], MainWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where everything is drawn larger, 1024 by 700 are 683 by 467: nothing is beyond them."""
    missing = QApplication.primaryScreen().availableGeometry().size() - QSize(683, 467)
    monkeypatch.setattr(room, "_FRAME", room._FRAME + missing)
    window = make_second()
    assert window.width() <= 683
    assert window.height() <= 467
    window.close()


def test_a_long_path_takes_no_room_from_the_window(
    qtbot: QtBot, window: MainWindow, disc: Path
) -> None:
    """It leaves its middle out, says its end, and all of it where the mouse rests."""
    deep = disc.parent.joinpath(*[f"{'a folder of a share ' * 4}{number}" for number in range(3)])
    deep.mkdir(parents=True)
    disc = disc.rename(deep / "disc")
    before = window.minimumSizeHint().width()
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: document.can_edit)
    assert document.file_set is not None
    document.remove(document.file_set.tree.children[:1])
    window.resize(1024, 700)
    status = window.status
    qtbot.waitUntil(lambda: status.path.text().endswith("disc"))
    assert status.path.text() != str(disc)
    assert status.path.toolTip() == status.path.whole() == str(disc)
    assert window.minimumSizeHint().width() < max(1024, before)
    for label in (status.staged, status.count):
        assert label.width() >= label.sizeHint().width()


def test_dialogs_fit_the_screen(window: MainWindow, opened: Document) -> None:
    """A dialog whose buttons are beyond the screen cannot be used."""
    room = window.screen().availableGeometry()
    window.table["medium"].trigger()
    (dialog,) = window.findChildren(MediumDialog)
    assert dialog.width() < room.width()
    assert dialog.height() < room.height()
    dialog.reject()


def test_writing_stays_in_sight_where_there_is_little_room(
    qtbot: QtBot, window: MainWindow, opened: Document
) -> None:
    """A narrow toolbar drops words, no buttons, and takes them back with the room."""
    bar = window.findChild(ActionBar)
    assert bar is not None

    def shown() -> dict[str, bool]:
        """Return the visible buttons, and whether each has its words."""
        buttons = {action.objectName(): bar.widgetForAction(action) for action in bar.actions()}
        return {
            name: button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonTextBesideIcon
            for name, button in buttons.items()
            if isinstance(button, QToolButton) and button.isVisible()
        }

    window.resize(1400, 700)
    qtbot.waitUntil(lambda: all(shown().values()))
    every = set(shown())
    window.resize(window.minimumSize())
    qtbot.waitUntil(lambda: not shown()["undo"])
    qtbot.waitUntil(lambda: set(shown()) == every)
    assert shown()["write"]
    window.resize(1400, 700)
    qtbot.waitUntil(lambda: all(shown().values()))


def test_tabs_of_one_file_set_id_are_told_apart(
    qtbot: QtBot, window: MainWindow, opened: Document, disc: Path, tmp_path: Path
) -> None:
    """The folders tell the discs apart, as many of them as it takes, until one is closed."""
    others = [tmp_path / "a" / "other", tmp_path / "b" / "other"]
    documents = []
    for other in others:
        shutil.copytree(disc, other)
        documents.append(window.open_path(other))
    qtbot.waitUntil(lambda: all(one.can_edit for one in documents))
    names = [window.tabs.tabText(place) for place in range(3)]
    assert names == ["PYDICOM_TEST · disc", "PYDICOM_TEST · a/other", "PYDICOM_TEST · b/other"]
    for one in documents:
        window.close_document(one)
    assert window.tabs.tabText(0) == "PYDICOM_TEST"


def test_one_file_set_has_one_tab_by_whatever_path(
    qtbot: QtBot, window: MainWindow, opened: Document, disc: Path
) -> None:
    """Another way to the same folder leads to the tab that has it, with what is staged there."""
    assert opened.file_set is not None
    opened.remove([opened.file_set.tree.children[0]])
    staged = len(opened.file_set.staged_removals)
    window.open_path(disc / ".." / disc.name / "DICOMDIR")
    qtbot.waitUntil(lambda: window.documents() == [opened])
    assert window.current is opened
    assert len(opened.file_set.staged_removals) == staged
    qtbot.wait(50)
    assert not opened.offer.isVisible()


def test_tabs_beyond_the_window_are_reached(
    qtbot: QtBot, window: MainWindow, qapp: QApplication
) -> None:
    """The arrows that scroll the tabs are drawn, not squeezed away."""
    before = qapp.styleSheet()
    style.apply_style(qapp, style.Appearance.LIGHT)
    try:
        for _ in range(12):
            window.new_document()
        buttons = window.tabs.tabBar().findChildren(QToolButton, "ScrollLeftButton")
        qtbot.waitUntil(lambda: bool(buttons) and buttons[0].isVisible())
        assert _painted_columns(buttons[0]) > 2
    finally:
        qapp.setStyleSheet(before)


def test_tab_passes_over_a_bar_without_tabs(
    qtbot: QtBot, window: MainWindow, opened: Document
) -> None:
    """What Qt keeps out of sight for later panels in tabs does not take the focus."""
    only = Qt.FindChildOption.FindDirectChildrenOnly

    def focusable() -> list[int]:
        """Return how many tabs each bar has that takes the focus."""
        bars = window.findChildren(QTabBar, options=only)
        return [one.count() for one in bars if one.focusPolicy() & Qt.FocusPolicy.TabFocus]

    assert opened.can_edit
    window.panels.show_search()
    window.panels.show_findings()
    qtbot.waitUntil(lambda: focusable() == [2])
    for dock in window.findChildren(QDockWidget):
        dock.hide()
    qtbot.waitUntil(lambda: not focusable())


@pytest.mark.parametrize("width", [600, 660, 720, 900])
def test_the_state_of_records_is_in_sight(
    qtbot: QtBot, window: MainWindow, opened: Document, width: int
) -> None:
    """Where the tree is narrow, the columns between name and state give way; no date is cut."""
    window.resize(1400, 700)
    opened.view.resize(width, 400)
    header = opened.view.header()
    state = header.sectionViewportPosition(Column.STATE)
    assert opened.view.horizontalScrollBar().maximum() == 0
    assert opened.view.viewport().width() - state >= 115
    metrics = opened.view.fontMetrics()
    for column, text in ((Column.DATE, "2003-05-05"), (Column.SIZE, "999.9 MB")):
        assert header.sectionSize(column) > metrics.horizontalAdvance(text)
    assert opened.view.fits_name


def test_panels_below_the_records_open_with_room(
    qtbot: QtBot, window: MainWindow, opened: Document
) -> None:
    """Findings and search are as high when they are opened as is needed to read some of them."""
    window.resize(1024, 700)
    QApplication.processEvents()
    window.panels.show_findings()
    qtbot.waitUntil(lambda: window.panels.findings.height() >= 200)
    for dock in window.findChildren(QDockWidget):
        if dock.objectName() == "dock-findings":
            dock.hide()
    window.panels.show_search()
    qtbot.waitUntil(lambda: window.panels.search.view.viewport().height() >= 20)


def test_the_first_page_is_readable_in_the_smallest_window(
    qtbot: QtBot, window: MainWindow
) -> None:
    """With the longest list of recent File-sets no text or button of the page is cut."""
    window.welcome.set_recent([f"/media/disc {number}" for number in range(6)])
    window.resize(window.minimumSize())
    QApplication.processEvents()
    for part in window.welcome.findChildren(QPushButton) + window.welcome.findChildren(QLabel):
        if part.isVisible() and part.text():
            assert part.height() >= part.minimumSizeHint().height(), part.text()
    assert window.welcome.recent.height() >= 40


def test_of_several_findings_several_are_read(qtbot: QtBot, window: MainWindow, disc: Path) -> None:
    """The text of one finding leaves the list half of the room; a moved border stays put."""
    for path in sorted(disc.glob("77654033/*/*")):
        path.unlink()
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: document.can_edit)
    window.resize(1100, 760)
    window.panels.show_findings()
    panel = window.panels.findings
    last = panel.model.index(2, 0)
    qtbot.waitUntil(lambda: panel.view.viewport().rect().contains(panel.view.visualRect(last)))
    splitter = panel.findChild(QSplitter)
    assert splitter is not None
    splitter.moveSplitter(splitter.sizes()[0] - 20, 1)
    chosen = splitter.sizes()
    panel.view.setCurrentIndex(last)
    assert splitter.sizes() == chosen


def test_room_is_spoken_of_where_it_is_limited(
    qtbot: QtBot, window: MainWindow, opened: Document
) -> None:
    """What has no size gives the place of that column to the names."""
    window.table["medium"].trigger()
    (dialog,) = window.findChildren(MediumDialog)
    qtbot.waitUntil(lambda: dialog.proposal is not None)
    tree = dialog.page.discs.tree
    qtbot.waitUntil(lambda: tree.isColumnHidden(ROOM))
    names = tree.columnWidth(0)
    dialog.page.choices.medium.choose("CD-80")
    qtbot.waitUntil(lambda: not tree.isColumnHidden(ROOM))
    assert tree.columnWidth(0) < names
    dialog.reject()
