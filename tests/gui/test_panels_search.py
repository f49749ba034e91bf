"""The panel that searches instances and counts values."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from dicomdir_studio.gui.models.lazy import BATCH
from dicomdir_studio.gui.models.results import FILE_ID, NAME, NUMBER, STATE, ResultsModel
from dicomdir_studio.gui.models.values import COUNT, ELEMENT, VALUE, ValueCount, ValuesModel
from dicomdir_studio.gui.panels.keywords import attributes, keyword_of
from dicomdir_studio.gui.panels.search import SearchPanel
from dicomdir_studio.session.query import QueryError
from tests.gui.watching import watch

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.gui.jobs import JobPoller


@pytest.fixture
def panel(qtbot: QtBot, file_set: FileSet, poller: JobPoller) -> SearchPanel:
    """Show a panel with its models under test."""
    panel = SearchPanel()
    qtbot.addWidget(panel)
    watch(panel.model, fetching=False)
    watch(panel.values.model, fetching=False)
    panel.resize(520, 640)
    panel.set_file_set(file_set, poller)
    panel.show()
    return panel


def _finish(panel: SearchPanel, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: panel._job is None and panel.values._job is None)


def _search(panel: SearchPanel, qtbot: QtBot, query: dict[str, str]) -> int:
    """Type the conditions, press Return, and count what was found."""
    panel.editor.set_query(query)
    QTest.keyClick(panel.editor.rows[-1].value, Qt.Key.Key_Return)
    _finish(panel, qtbot)
    return len(panel.model.rows)


def test_a_typed_search_finds_what_the_engine_finds(
    panel: SearchPanel, file_set: FileSet, qtbot: QtBot
) -> None:
    """Keys into the first row, Return, and the results are those of find."""
    row = panel.editor.rows[0]
    QTest.keyClicks(row.keyword, "PatientID")
    QTest.keyClicks(row.value, "77654033")
    QTest.keyClick(row.value, Qt.Key.Key_Return)
    _finish(panel, qtbot)
    assert list(panel.model.rows) == file_set.find(PatientID="77654033")
    assert panel.summary.text() == f"{len(panel.model.rows)} of 31 instances"


def test_all_conditions_must_hold(panel: SearchPanel, file_set: FileSet, qtbot: QtBot) -> None:
    """Two rows are joined by and; names and tags stand for their keywords."""
    found = _search(panel, qtbot, {"patient id": "77654033", "(0008,0060)": "CT"})
    assert found == len(file_set.find(PatientID="77654033", Modality="CT")) > 0
    assert [row.keyword.text() for row in panel.editor.rows] == ["PatientID", "Modality"]


def test_numbers_are_found_as_typed(panel: SearchPanel, file_set: FileSet, qtbot: QtBot) -> None:
    """A typed number finds an Integer String."""
    number = str(next(iter(file_set)).InstanceNumber)
    assert _search(panel, qtbot, {"InstanceNumber": number}) >= 1


@pytest.mark.parametrize(
    ("keyword", "value", "said"),
    [
        ("PatientNam", "X", "no keyword of the DICOM dictionary"),
        ("", "X", "lacks its attribute"),
        ("", "", "Enter an attribute"),
    ],
)
def test_what_cannot_be_searched_for_is_said(
    panel: SearchPanel, qtbot: QtBot, keyword: str, value: str, said: str
) -> None:
    """A wrong condition starts no job and says why in words and with a badge."""
    panel.editor.rows[0].keyword.setText(keyword)
    panel.editor.rows[0].value.setText(value)
    panel.search_button.click()
    assert panel._job is None
    assert said in panel.note.text()
    assert panel.note.text().startswith("!")


def test_the_same_attribute_twice_is_refused(panel: SearchPanel) -> None:
    """Two values of one attribute cannot both hold."""
    panel.editor.set_query({"Modality": "CT"})
    panel.editor.add_row("(0008,0060)", "MR")
    panel.search()
    assert "twice" in panel.note.text()


def test_nothing_found_says_what_else_to_try(panel: SearchPanel, qtbot: QtBot) -> None:
    """No match in the records suggests to look inside the files; inside them, nothing more."""
    assert _search(panel, qtbot, {"PatientID": "NOBODY"}) == 0
    assert "inside the files" in panel.note.text()
    panel.load.setChecked(True)
    assert _search(panel, qtbot, {"PatientID": "NOBODY"}) == 0
    assert "inside" not in panel.note.text()


def test_load_looks_inside_the_files(panel: SearchPanel, file_set: FileSet, qtbot: QtBot) -> None:
    """An attribute that no record carries is found in the files."""
    maker = str(next(iter(file_set)).load().Manufacturer)
    assert _search(panel, qtbot, {"Manufacturer": maker}) == 0
    panel.load.setChecked(True)
    assert _search(panel, qtbot, {"Manufacturer": maker}) > 0


def test_selected_results_are_handed_on(panel: SearchPanel, qtbot: QtBot) -> None:
    """Selecting rows emits their instances, once."""
    _search(panel, qtbot, {"PatientID": "77654033"})
    with qtbot.waitSignal(panel.instances_activated) as shown:
        panel.view.setCurrentIndex(panel.model.index(0, 0))
        panel.view.selectionModel().select(
            panel.model.index(2, 0),
            QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
        )
    assert shown.args == [[panel.model.rows[0], panel.model.rows[2]]]


def test_a_removed_instance_shows_its_state(
    panel: SearchPanel, file_set: FileSet, qtbot: QtBot
) -> None:
    """After a refresh the results say what has been staged meanwhile."""
    _search(panel, qtbot, {"PatientID": "77654033"})
    file_set.stage_removal([panel.model.rows[0]])
    with qtbot.waitSignal(panel.model.dataChanged):
        panel.refresh()
    assert panel.model.index(0, STATE).data() == "\N{MINUS SIGN} removed"
    assert panel.model.index(1, STATE).data() == ""


def test_results_sort_by_number_as_numbers(panel: SearchPanel, qtbot: QtBot) -> None:
    """A click on a heading sorts in a job, numbers as numbers."""
    _search(panel, qtbot, {"PatientID": "98890234"})
    panel.view.header().setSortIndicator(NUMBER, Qt.SortOrder.AscendingOrder)
    with qtbot.waitSignal(panel.model.modelReset):
        panel.view.header().sectionClicked.emit(NUMBER)
    numbers = [int(panel.model.index(r, NUMBER).data()) for r in range(panel.model.rowCount())]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) > 1


def test_results_of_another_file_set_are_dropped(
    panel: SearchPanel, poller: JobPoller, qtbot: QtBot
) -> None:
    """Another File-set clears the results, and a late answer for the old one is ignored."""
    panel.editor.set_query({"PatientID": "77654033"})
    panel.search()
    panel.set_file_set(None, poller)
    qtbot.waitUntil(lambda: not poller.running)
    assert panel.model.rowCount() == 0
    assert not panel.search_button.isEnabled()


def test_rows_are_added_and_taken_away(panel: SearchPanel, qtbot: QtBot) -> None:
    """Add condition adds a row with the cursor in it; the last row is only emptied."""
    panel.editor.add_button.click()
    assert len(panel.editor.rows) == 2
    panel.editor.rows[0].remove.click()
    assert len(panel.editor.rows) == 1
    panel.editor.rows[0].keyword.setText("Modality")
    panel.editor.rows[0].remove.click()
    assert len(panel.editor.rows) == 1
    assert panel.editor.rows[0].is_blank()
    assert panel.editor.rows[0].keyword.accessibleName() == "Attribute of condition 1"


def test_the_completer_knows_names_and_tags(panel: SearchPanel, qtbot: QtBot) -> None:
    """Typing part of a name offers keywords, those of directory records first."""
    line = panel.editor.rows[0].keyword
    line.setFocus()
    qtbot.waitUntil(lambda: line.completer() is not None)
    qtbot.waitUntil(lambda: line.completer().model().rowCount() > 0)
    completer = line.completer()
    completer.setCompletionPrefix("patient's na")
    assert completer.currentCompletion() == "PatientName"
    completer.setCompletionPrefix("0010,0020")
    assert completer.currentCompletion() == "PatientID"
    assert completer.completionCount() >= 1


def test_the_values_line_completes_its_last_keyword(panel: SearchPanel, qtbot: QtBot) -> None:
    """After a comma the next keyword is completed and the first one stays."""
    panel.tabs.setCurrentWidget(panel.values)
    line = panel.values.elements
    line.setFocus()
    qtbot.waitUntil(lambda: line.completer() is not None)
    qtbot.waitUntil(lambda: line.completer().model().rowCount() > 0)
    line.setText("Modality, patientna")
    completer = line.completer()
    completer.setWidget(line)
    completer.setCompletionPrefix(completer.splitPath(line.text())[0])
    assert completer.currentCompletion() == "Modality, PatientName"


def test_values_are_counted(panel: SearchPanel, file_set: FileSet, qtbot: QtBot) -> None:
    """The Values tab shows distinct values with counts, most frequent first."""
    panel.values.elements.setText("Modality")
    QTest.keyClick(panel.values.elements, Qt.Key.Key_Return)
    _finish(panel, qtbot)
    rows = panel.values.model.rows
    assert sorted(str(row.value) for row in rows) == sorted(file_set.find_values("Modality"))
    counts = [row.count for row in rows]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == 31
    assert panel.values.view.isColumnHidden(ELEMENT)


def test_a_value_becomes_a_search(panel: SearchPanel, qtbot: QtBot) -> None:
    """Activating a value searches for it and finds as many instances as were counted."""
    panel.tabs.setCurrentWidget(panel.values)
    panel.values.elements.setText("Modality, StudyDate")
    panel.values.count_button.click()
    _finish(panel, qtbot)
    assert not panel.values.view.isColumnHidden(ELEMENT)
    for row in range(panel.values.model.rowCount()):
        chosen = panel.values.model.rows[row]
        panel.values.view.activated.emit(panel.values.model.index(row, VALUE))
        _finish(panel, qtbot)
        assert len(panel.model.rows) == chosen.count
        assert panel.tabs.currentIndex() == 0


def test_values_of_the_found_instances_only(panel: SearchPanel, qtbot: QtBot) -> None:
    """After a search the counting can be kept to its results."""
    assert not panel.values.only_found.isEnabled()
    found = _search(panel, qtbot, {"Modality": "CT"})
    panel.values.only_found.setChecked(True)
    panel.values.elements.setText("Modality")
    panel.values.count()
    _finish(panel, qtbot)
    assert [(str(row.value), row.count) for row in panel.values.model.rows] == [("CT", found)]


def test_an_unknown_element_is_not_counted(panel: SearchPanel) -> None:
    """The Values tab says what it cannot count."""
    panel.values.elements.setText("Modality, Nonsense")
    panel.values.count()
    assert panel.values._job is None
    assert "Nonsense" in panel.values.note.text()


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_results_and_values_are_saved(
    panel: SearchPanel, qtbot: QtBot, tmp_path: Path, suffix: str
) -> None:
    """Both tables are saved as CSV and as JSON with as many rows as are shown."""
    found = _search(panel, qtbot, {"Modality": "CT"})
    panel.values.elements.setText("StudyDate")
    panel.values.count()
    _finish(panel, qtbot)
    for button, rows in (
        (panel.save_button, found),
        (panel.values.save_button, len(panel.values.model.rows)),
    ):
        target = tmp_path / f"{rows}.{suffix}"
        with qtbot.waitSignal(button.saved):
            button.save(target)
        text = target.read_text(encoding="utf-8-sig")
        saved = json.loads(text) if suffix == "json" else list(csv.DictReader(text.splitlines()))
        assert len(saved) == rows > 0


def test_tab_goes_through_the_search_in_reading_order(panel: SearchPanel, qtbot: QtBot) -> None:
    """From the attribute to the results, in the order in which they are read."""
    panel.resize(420, 640)
    row = panel.editor.add_row()
    row.keyword.setFocus()
    qtbot.waitUntil(row.keyword.hasFocus)
    visited = []
    for _ in range(7):
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, Qt.Key.Key_Tab)
        visited.append(QApplication.focusWidget())
    assert visited == [
        row.value,
        row.remove,
        panel.editor.add_button,
        panel.clear_button,
        panel.search_button,
        panel.load,
        panel.view,
    ]
    assert panel.view.accessibleName() == "Instances found"


def test_tab_goes_in_reading_order_where_all_is_in_one_line(
    panel: SearchPanel, qtbot: QtBot
) -> None:
    """With more width the box stands between the buttons, and so it does for Tab."""
    panel.resize(620, 640)
    panel.editor.add_button.setFocus()
    qtbot.waitUntil(panel.editor.add_button.hasFocus)
    for widget in (panel.load, panel.clear_button, panel.search_button, panel.view):
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is widget


def test_focus_goes_to_what_is_missing(panel: SearchPanel, qtbot: QtBot) -> None:
    """Ctrl+F goes to the attribute, or to the value where the attribute is named."""
    panel.tabs.setCurrentWidget(panel.values)
    panel.focus_search()
    assert panel.tabs.currentIndex() == 0
    qtbot.waitUntil(panel.editor.rows[0].keyword.hasFocus)
    panel.editor.rows[0].keyword.setText("Modality")
    panel.focus_search()
    qtbot.waitUntil(panel.editor.rows[0].value.hasFocus)


def test_the_results_model_hands_out_batches(file_set: FileSet, qtbot: QtBot) -> None:
    """Rows come in batches, and other rows replace them, with the tester attached."""
    model = ResultsModel()
    watch(model, fetching=False)
    many = list(file_set) * 40
    model.set_rows(many)
    assert model.rowCount() == BATCH
    assert model.canFetchMore(QModelIndex())
    while model.canFetchMore(QModelIndex()):
        model.fetchMore(QModelIndex())
    assert model.rowCount() == len(many)
    assert model.index(0, NAME).data() == "Doe, Archibald"
    assert model.index(0, FILE_ID).data().startswith("77654033/")
    model.set_rows(many[:5])
    assert model.rowCount() == 5
    model.set_rows([])
    assert not model.canFetchMore(QModelIndex())


def test_the_values_model_sorts_numbers_as_numbers(qtbot: QtBot) -> None:
    """9 comes before 10, and each element keeps to itself."""
    model = ValuesModel()
    watch(model, fetching=False)
    model.set_rows(
        [
            ValueCount("SeriesNumber", 10, 2),
            ValueCount("SeriesNumber", 9, 1),
            ValueCount("Modality", "MR", 3),
            ValueCount("Modality", None, 1),
        ]
    )
    model.sort(VALUE)
    shown = [model.index(row, VALUE).data() for row in range(4)]
    assert shown == ["9", "10", "(empty)", "MR"]
    model.sort(COUNT, Qt.SortOrder.DescendingOrder)
    assert [row.count for row in model.rows] == [2, 1, 3, 1]


def test_keywords_are_known_by_every_name() -> None:
    """Keyword in any case, name and tag lead to the keyword; others to similar ones."""
    for text in ("patientname", "Patient's Name", "(0010,0010)", "00100010", " PatientName "):
        assert keyword_of(text) == "PatientName"
    with pytest.raises(QueryError, match="PatientName"):
        keyword_of("PatientNames")


def test_the_dictionary_begins_with_the_keys_of_records() -> None:
    """Completions of directory records come before the other thousands; none comes twice."""
    known = [attribute.keyword for attribute in attributes()]
    assert known[:2] == ["PatientName", "PatientID"]
    assert len(known) == len(set(known)) > 4000
    assert attributes()[0].tag_text == "(0010,0010)"
