"""The way of the keyboard through the window: in the order of the eye, and always seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget

from dicomdir_studio.gui import style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QImage
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow

_MOST_STOPS = 60
_FEWEST_PIXELS = 12


@pytest.fixture
def busy(qtbot: QtBot, window: MainWindow, opened: Document) -> Document:
    """Return a document with an edit, a message and a selected record."""
    file_set = opened.file_set
    assert file_set is not None
    opened.remove([file_set.tree.children[0]])
    opened.view.show_records([list(file_set)[-1].node])
    opened.notice.say("Something happened.", action="Do it", other="Or this")
    window.activateWindow()
    qtbot.waitUntil(lambda: window.panels.changes.model.rowCount() > 0)
    return opened


def stops(qtbot: QtBot, start: QWidget, key: Qt.Key = Qt.Key.Key_Tab) -> list[QWidget]:
    """Return what has the focus one after the other until it comes round."""
    start.setFocus(Qt.FocusReason.TabFocusReason)
    seen: list[QWidget] = []
    for _ in range(_MOST_STOPS):
        widget = QApplication.focusWidget()
        assert widget is not None
        assert not widget.visibleRegion().isEmpty(), widget
        if widget in seen:
            assert widget is start
            return seen
        seen.append(widget)
        qtbot.keyClick(widget, key)
    pytest.fail("Tab does not come round")


def show(qtbot: QtBot, window: MainWindow, *names: str) -> dict[str, QDockWidget]:
    """Show panels, the last in front, and return all of them."""
    for name in names:
        getattr(window.panels, f"show_{name}")()
    qtbot.wait(20)
    return {one.objectName(): one for one in window.findChildren(QDockWidget)}


def has_focus(dock: QDockWidget) -> bool:
    """Return whether the focus is in a panel."""
    focused = QApplication.focusWidget()
    return focused is not None and dock.isAncestorOf(focused)


@pytest.mark.parametrize("key", [Qt.Key.Key_Tab, Qt.Key.Key_Backtab])
@pytest.mark.parametrize(("behind", "front"), [("search", "findings"), ("findings", "search")])
def test_what_lies_behind_is_passed_over(
    qtbot: QtBot, window: MainWindow, busy: Document, behind: str, front: str, key: Qt.Key
) -> None:
    """Tab never leads into a panel that another one covers, in either direction."""
    docks = show(qtbot, window, behind, front)
    seen = stops(qtbot, busy.view, key)
    assert not [one for one in seen if docks[f"dock-{behind}"].isAncestorOf(one)]
    assert len(seen) > 10


def test_the_panel_in_front_is_gone_through(
    qtbot: QtBot, window: MainWindow, busy: Document
) -> None:
    """What is passed over behind is reached in front."""
    docks = show(qtbot, window, "findings", "search")
    seen = stops(qtbot, busy.view)
    assert len([one for one in seen if docks["dock-search"].isAncestorOf(one)]) > 5


def test_the_focus_does_not_stay_behind(qtbot: QtBot, window: MainWindow, busy: Document) -> None:
    """Whoever types while another panel comes in front does not type out of sight."""
    docks = show(qtbot, window, "search")
    assert has_focus(docks["dock-search"])
    assert busy.can_edit
    docks["dock-findings"].show()
    docks["dock-findings"].raise_()
    qtbot.waitUntil(lambda: docks["dock-search"].visibleRegion().isEmpty())
    qtbot.waitUntil(lambda: not has_focus(docks["dock-search"]))
    focused = QApplication.focusWidget()
    assert focused is not None
    assert not focused.visibleRegion().isEmpty()


def test_the_order_is_that_of_the_eye(qtbot: QtBot, window: MainWindow, busy: Document) -> None:
    """Message, tree, details, changes, panel below; within each from the top down."""
    docks = show(qtbot, window, "search")
    seen = stops(qtbot, busy.view)
    places = [busy.notice, busy.view, *(docks[f"dock-{one}"] for one in _PANELS)]
    where = [_place(one, places) for one in seen]
    order = [one for one in where if one is not None]
    begin = order.index(0)
    turned = order[begin:] + order[:begin]
    assert turned == sorted(turned)
    assert set(turned) == set(range(len(places)))
    details = [one for one in seen if docks["dock-details"].isAncestorOf(one)]
    tops = [one.mapTo(window, QPoint()).y() for one in details]
    assert len(tops) == 3
    assert tops == sorted(tops)


def test_values_are_gone_through_from_question_to_answer(
    qtbot: QtBot, window: MainWindow, busy: Document
) -> None:
    """The line for the attributes comes before the table that they fill."""
    show(qtbot, window, "search")
    search = window.panels.search
    search.tabs.setCurrentWidget(search.values)
    seen = [one for one in stops(qtbot, busy.view) if search.values.isAncestorOf(one)]
    values = search.values
    assert seen == [values.elements, values.count_button, values.load, values.view]


def test_a_key_leads_from_panel_to_panel(qtbot: QtBot, window: MainWindow, busy: Document) -> None:
    """F6 goes round the tree and all panels in sight, Shift and F6 the other way."""
    docks = show(qtbot, window, "findings", "search")
    busy.view.setFocus()
    middle = window.centralWidget()
    assert middle is not None
    places = [middle, *(docks[f"dock-{one}"] for one in _PANELS)]
    for keys, order in ((Qt.KeyboardModifier.NoModifier, (1, 2, 3, 0)), (_SHIFT, (3, 2, 1, 0))):
        for place in order:
            qtbot.keyClick(window, Qt.Key.Key_F6, keys)
            focused = QApplication.focusWidget()
            assert focused is not None
            assert places[place].isAncestorOf(focused), (keys, place)
            assert not focused.visibleRegion().isEmpty()
    assert QApplication.focusWidget() is busy.view


def test_a_panel_gives_the_focus_back_to_what_had_it(
    qtbot: QtBot, window: MainWindow, busy: Document
) -> None:
    """Whoever goes to the tree for a look and comes back types on where he was."""
    show(qtbot, window, "search")
    search = window.panels.search
    search.tabs.setCurrentWidget(search.values)
    search.values.view.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert QApplication.focusWidget() is not search.values.view
    qtbot.keyClick(window, Qt.Key.Key_F6, _SHIFT)
    assert QApplication.focusWidget() is search.values.view


_SHIFT = Qt.KeyboardModifier.ShiftModifier
_PANELS = ("details", "changes", "search")


def _place(widget: QWidget, places: list[QWidget]) -> int | None:
    """Return which of the places a widget is in."""
    for number, place in enumerate(places):
        if widget is place or place.isAncestorOf(widget):
            return number
    return None


@pytest.fixture(params=[style.Appearance.LIGHT, style.Appearance.DARK], ids=["light", "dark"])
def look(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[style.Appearance]:
    """Draw the window in each of the two looks."""
    style.apply_style(qapp, request.param)
    yield request.param
    style.apply_style(qapp, style.Appearance.LIGHT)


@pytest.mark.usefixtures("look")
@pytest.mark.parametrize("front", ["search", "findings"])
def test_the_focus_is_seen_wherever_it_is(
    qtbot: QtBot, window: MainWindow, busy: Document, front: str
) -> None:
    """Each stop is drawn otherwise with the focus than without it."""
    show(qtbot, window, front)
    faint = []
    for widget in stops(qtbot, busy.view):
        assert QApplication.focusWidget() is widget
        focused = _drawn(window, widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
        changed = _changed(focused, _drawn(window, widget))
        if changed < _FEWEST_PIXELS:
            said = widget.accessibleName() or widget.objectName()
            faint.append((type(widget).__name__, said, changed))
    assert not faint


def _drawn(window: MainWindow, widget: QWidget) -> QImage:
    """Return what is seen of a widget and just around it."""
    QApplication.processEvents()
    area = QRect(widget.mapTo(window, QPoint()), widget.size()).adjusted(-2, -2, 2, 2)
    return window.grab(area).toImage()


def _changed(before: QImage, after: QImage) -> int:
    """Return how many pixels differ clearly."""
    assert before.size() == after.size()
    return sum(
        _distance(before, after, x, y) > 60
        for y in range(before.height())
        for x in range(before.width())
    )


def _distance(before: QImage, after: QImage, x: int, y: int) -> int:
    """Return how far two pixels are apart, over the three colours."""
    one, other = before.pixelColor(x, y), after.pixelColor(x, y)
    return (
        abs(one.red() - other.red())
        + abs(one.green() - other.green())
        + abs(one.blue() - other.blue())
    )
