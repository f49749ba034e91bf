"""The keyboard in the search: results stay where it is, and attributes are listed for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from dicomdir_studio.gui.models.results import NUMBER

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.fileset import FileInstance
    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow
    from dicomdir_studio.gui.panels.search import SearchPanel


@pytest.fixture
def found(qtbot: QtBot, window: MainWindow, opened: Document) -> SearchPanel:
    """Return the search with the results of one."""
    window.resize(1366, 900)
    window.panels.show_search()
    panel = window.panels.search
    panel.search_for("Modality", "MR")
    qtbot.waitUntil(lambda: len(panel.model.rows) == 17)
    return panel


def selected(panel: SearchPanel) -> list[FileInstance | None]:
    """Return the results that are selected."""
    return [panel.model.row(index) for index in panel.view.selectionModel().selectedRows()]


def choose(qtbot: QtBot, panel: SearchPanel, document: Document, row: int) -> FileInstance:
    """Go to a result with the keyboard, and wait until the tree has followed."""
    panel.view.setFocus()
    panel.view.setCurrentIndex(panel.model.index(row - 1, 0))
    QTest.keyClick(panel.view, Qt.Key.Key_Down)
    instance: FileInstance = panel.model.rows[row]
    assert selected(panel) == [instance]
    qtbot.waitUntil(lambda: document.view.selected_records() == [instance.node])
    return instance


@pytest.mark.parametrize("row", [0, 4, 16])
def test_after_a_removal_the_keyboard_goes_on_there(
    qtbot: QtBot, window: MainWindow, opened: Document, found: SearchPanel, row: int
) -> None:
    """What is removed leaves the results; Down goes to what took its place, not to the first."""
    before = list(found.model.rows)
    gone = choose(qtbot, found, opened, row) if row else before[0]
    if not row:
        found.view.setCurrentIndex(found.model.index(0, 0))
        qtbot.waitUntil(lambda: opened.view.selected_records() == [gone.node])
    window.table["remove"].trigger()
    qtbot.waitUntil(lambda: len(found.model.rows) == 16)
    assert gone not in found.model.rows
    assert selected(found) == [], "a second Delete removes nothing that nobody has chosen"
    QTest.keyClick(found.view, Qt.Key.Key_Down)
    assert selected(found) == [before[row + 1 if row < 16 else 15]]


def test_what_is_staged_elsewhere_leaves_the_selection(
    qtbot: QtBot, opened: Document, found: SearchPanel
) -> None:
    """A result that is selected stays so when another goes and comes back."""
    chosen = choose(qtbot, found, opened, 6)
    opened.remove([found.model.rows[2].node])
    qtbot.waitUntil(lambda: len(found.model.rows) == 16)
    assert selected(found) == [chosen]
    assert found.view.currentIndex().row() == 5
    opened.undo()
    qtbot.waitUntil(lambda: len(found.model.rows) == 17)
    assert selected(found) == [chosen]


def test_what_is_sorted_leaves_the_selection(
    qtbot: QtBot, opened: Document, found: SearchPanel
) -> None:
    """In another order the same result is selected, and in sight."""
    chosen = choose(qtbot, found, opened, 1)
    before = list(found.model.rows)
    header = found.view.header()
    header.setSortIndicator(NUMBER, Qt.SortOrder.DescendingOrder)
    found._sort(NUMBER)
    qtbot.waitUntil(lambda: list(found.model.rows) != before)
    assert selected(found) == [chosen]
    assert found.view.viewport().rect().contains(found.view.visualRect(found.view.currentIndex()))


def test_down_lists_the_attributes(qtbot: QtBot, window: MainWindow, opened: Document) -> None:
    """Who does not know what to type is shown all attributes, those of records first."""
    window.panels.show_search()
    panel = window.panels.search
    line = panel.editor.rows[0].keyword
    line.setFocus()
    qtbot.waitUntil(lambda: line.completer() is not None)
    completer = line.completer()
    qtbot.waitUntil(lambda: completer.model().rowCount() > 0)
    QTest.keyClick(line, Qt.Key.Key_Down)
    popup = completer.popup()
    assert popup is not None
    assert popup.isVisible()
    assert str(popup.model().index(0, 0).data()).startswith("PatientName")
    assert popup.model().rowCount() > 4_000
    popup.hide()
    values = panel.values.elements
    panel.tabs.setCurrentWidget(panel.values)
    values.setFocus()
    qtbot.waitUntil(lambda: values.completer() is not None)
    values.setText("Modality, StudyDat")
    QTest.keyClick(values, Qt.Key.Key_Down)
    popup = values.completer().popup()
    assert popup is not None
    assert popup.isVisible()
    assert values.completer().currentCompletion() == "Modality, StudyDate"
    popup.hide()
