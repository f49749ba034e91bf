"""Search and values where there is little room: what was found is in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollArea, QTreeView, QWidget

from dicomdir_studio.gui.language import use_language
from dicomdir_studio.gui.models.results import FILE_ID, STUDY
from tests.gui.making import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow
    from dicomdir_studio.gui.panels.search import SearchPanel


@pytest.fixture(params=["en", "de"])
def language(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    """Show the window in a language."""
    installed = use_language(qapp, request.param)
    yield request.param
    for translator in installed:
        qapp.removeTranslator(translator)


def _show_search(window: MainWindow, width: int, height: int) -> None:
    """Open the search in a window that has had this size from the first."""
    window.resize(width, height)
    QApplication.processEvents()
    window.panels.arrange_first()
    QApplication.processEvents()
    window.panels.show_search()


def _rows_in_sight(view: QTreeView) -> int:
    """Return how many whole rows of a view are seen by the user."""
    seen = view.viewport().visibleRegion().boundingRect()
    rects = (view.visualRect(view.model().index(row, 0)) for row in range(view.model().rowCount()))
    return sum(
        not rect.isEmpty() and rect.top() >= seen.top() and rect.bottom() <= seen.bottom()
        for rect in rects
    )


def _is_whole(widget: QWidget) -> bool:
    """Return whether nothing of a widget is beyond the edge of what is around it."""
    return widget.visibleRegion().boundingRect() == widget.rect()


def _scrolled_apart(panel: SearchPanel) -> int:
    """Return how far the panel is higher than its place."""
    area = next(one for one in panel.window().findChildren(QScrollArea) if one.widget() is panel)
    return area.verticalScrollBar().maximum()


def test_results_are_in_sight_in_a_small_window(
    qtbot: QtBot, language: str, window: MainWindow, opened: Document
) -> None:
    """At 1024 by 700 several results are read below their conditions, however many those are."""
    _show_search(window, 1024, 700)
    panel = window.panels.search
    panel.search_for("Modality", "MR")
    qtbot.waitUntil(lambda: _rows_in_sight(panel.view) >= 5)
    for keyword, value in (("PatientID", "9*"), ("StudyDate", "2*"), ("PatientName", "d*")):
        row = panel.editor.add_row(keyword, value)
    row.keyword.setFocus()
    panel.search()
    qtbot.waitUntil(lambda: panel._job is None, timeout=PATIENCE)
    assert len(panel.model.rows) > 5
    qtbot.waitUntil(lambda: _is_whole(row.keyword))
    assert _rows_in_sight(panel.view) >= 3
    assert all(map(_is_whole, (panel.search_button, panel.save_button, panel.load)))
    assert _scrolled_apart(panel) == 0


def test_values_are_in_sight_in_a_small_window(
    qtbot: QtBot, language: str, window: MainWindow, opened: Document
) -> None:
    """Of the values of two attributes most are read at 1024 by 700."""
    _show_search(window, 1024, 700)
    values = window.panels.search.values
    window.panels.search.tabs.setCurrentWidget(values)
    values.elements.setText("Modality, StudyDate")
    values.count()
    qtbot.waitUntil(lambda: values._job is None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: _rows_in_sight(values.view) >= 5)
    assert all(map(_is_whole, (values.count_button, values.save_button, values.load)))


def test_studies_have_the_room_that_there_is(
    qtbot: QtBot, window: MainWindow, opened: Document
) -> None:
    """On a wide screen no column of the results is out of sight, and no name of a study is cut."""
    _show_search(window, 1900, 1000)
    panel = window.panels.search
    panel.search_for("Modality", "MR")
    qtbot.waitUntil(lambda: len(panel.model.rows) > 0)
    header = panel.view.header()
    qtbot.waitUntil(lambda: header.length() == panel.view.viewport().width())
    for column in (STUDY, FILE_ID):
        assert header.sectionSize(column) > panel.view.sizeHintForColumn(column)


@pytest.mark.parametrize("width", [760, 1024, 1280, 1366])
def test_no_button_of_the_search_is_cut(
    qtbot: QtBot, language: str, window: MainWindow, opened: Document, width: int
) -> None:
    """At no width, and in neither language, the words of a button or box are cut."""
    _show_search(window, width, 720)
    panel = window.panels.search
    for tab in (panel.values, panel._find_tab):
        panel.tabs.setCurrentWidget(tab)
        QApplication.processEvents()
        buttons = [one for one in tab.findChildren(QAbstractButton) if one.isVisible()]
        assert len(buttons) >= 4
        for button in buttons:
            assert button.width() >= button.sizeHint().width(), button.text()


def test_conditions_of_another_file_set_are_said_to_be(
    qtbot: QtBot, window: MainWindow, opened: Document
) -> None:
    """Behind another tab an empty list of results does not look like nothing found."""
    window.panels.show_search()
    panel = window.panels.search
    panel.search_for("Modality", "MR")
    qtbot.waitUntil(lambda: len(panel.model.rows) > 0)
    window.new_document()
    assert panel.note.isVisible()
    assert "not searched" in panel.note.text()
    panel.clear()
    assert not panel.note.isVisible()


def test_a_tab_behind_takes_no_room(qtbot: QtBot, window: MainWindow, opened: Document) -> None:
    """Where question and answer stand side by side they fit, and nothing has to be scrolled."""
    _show_search(window, 1366, 768)
    panel = window.panels.search
    qtbot.waitUntil(lambda: _scrolled_apart(panel) == 0)
    assert _is_whole(panel.save_button)


def test_no_heading_of_results_is_cut(
    qtbot: QtBot, language: str, window: MainWindow, opened: Document
) -> None:
    """Each heading has its width, in either language."""
    window.panels.show_search()
    header = window.panels.search.view.header()
    for column in range(header.count()):
        assert header.sectionSize(column) >= header.sectionSizeHint(column), column
