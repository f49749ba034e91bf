"""The panel of what is staged."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from pydicom.data import get_testdata_file
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtTest import QTest

from dicomdir_studio.fileset import FileInstance, FileSet
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.changes import (
    ADDITIONS,
    CHANGE,
    PROPERTIES,
    REMOVALS,
    WHAT,
    WHERE,
    ChangesModel,
    staged_rows,
)
from dicomdir_studio.gui.models.lazy import BATCH
from dicomdir_studio.gui.panels.changes import ChangesPanel
from tests.gui.watching import watch

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot


@pytest.fixture
def file_set(sample_dir: Path) -> FileSet:
    """Stage two additions, three removals and a changed ID on the sample File-set."""
    fs = FileSet(sample_dir / "DICOMDIR")
    fs.add_many([str(get_testdata_file(name)) for name in ("CT_small.dcm", "MR_small.dcm")])
    fs.stage_removal(list(fs)[:3])
    fs.edit_properties(ID="DISC_1")
    return fs


@pytest.fixture
def panel(qtbot: QtBot, file_set: FileSet) -> ChangesPanel:
    """Show a panel with its model under test."""
    panel = ChangesPanel()
    qtbot.addWidget(panel)
    watch(panel.model, fetching=False)
    panel.resize(800, 400)
    panel.set_file_set(file_set)
    panel.show()
    return panel


def _texts(model: ChangesModel, kind_row: int, column: int) -> list[str]:
    group = model.index(kind_row, 0)
    rows = range(model.rowCount(group))
    return [str(model.index(row, column, group).data()) for row in rows]


def test_all_that_is_staged_is_listed_in_groups(panel: ChangesPanel) -> None:
    """Badge, word, what and where, under Additions, Removals and Properties."""
    model = panel.model
    groups = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert groups == ["Additions (2)", "Removals (3)", "Properties (1)"]
    assert set(_texts(model, 0, CHANGE)) == {"+ added"}
    assert set(_texts(model, 1, CHANGE)) == {"\N{MINUS SIGN} removed"}
    assert _texts(model, 2, CHANGE) == ["~ changed"]
    assert any(where.endswith("CT_small.dcm") for where in _texts(model, 0, WHERE))
    assert all("Image" in what for what in _texts(model, 0, WHAT))
    assert _texts(model, 2, WHERE) == ["PYDICOM_TEST → DISC_1"]


def test_a_group_without_changes_is_not_shown(panel: ChangesPanel, file_set: FileSet) -> None:
    """Groups come and go with what is staged, and the empty panel says what to do."""
    file_set.revert(properties=["ID"])
    panel.refresh()
    assert panel.model.rowCount() == 2
    while file_set.can_undo:
        file_set.undo()
        panel.refresh()
    assert panel.model.rowCount() == 0
    assert "Nothing is staged" in panel._empty.text()


def test_each_property_has_its_row(panel: ChangesPanel, file_set: FileSet) -> None:
    """One property taken back leaves the others, a File ID of components among them."""
    file_set.edit_properties(descriptor_file_id=["DOCS", "README"])
    panel.refresh()
    assert _texts(panel.model, 2, WHAT) == ["File-set ID", "Descriptor File ID"]
    assert _texts(panel.model, 2, WHERE)[1] == "(none) → DOCS/README"
    file_set.revert(properties=["ID"])
    panel.refresh()
    assert _texts(panel.model, 2, WHAT) == ["Descriptor File ID"]


def test_undo_and_redo_keep_the_model_whole(panel: ChangesPanel, file_set: FileSet) -> None:
    """Every step back and forth passes the model tester and counts right."""
    steps = 0
    while file_set.can_undo:
        file_set.undo()
        panel.refresh()
        steps += 1
    for _ in range(steps):
        file_set.redo()
        panel.refresh()
    assert panel.model.count(ADDITIONS) == len(file_set.staged_additions) == 2
    assert panel.model.count(REMOVALS) == len(file_set.staged_removals) == 3
    assert panel.model.count(PROPERTIES) == 1


def test_reverting_a_selected_row_asks_for_that_one(
    panel: ChangesPanel, file_set: FileSet, qtbot: QtBot
) -> None:
    """The Delete key on a row asks to take that change back; the rest keeps its rows."""
    removals = panel.model.index(1, 0)
    wanted = panel.model.change(panel.model.index(1, 0, removals))
    panel.view.setCurrentIndex(panel.model.index(1, 0, removals))
    panel.view.setFocus()
    with qtbot.waitSignal(panel.revert_requested) as asked:
        QTest.keyClick(panel.view, Qt.Key.Key_Delete)
    instances, names = asked.args
    assert instances == [wanted]
    assert names == []
    file_set.revert(instances)
    panel.refresh()
    assert panel.model.count(REMOVALS) == 2
    assert isinstance(wanted, FileInstance)
    assert not wanted.for_removal


def test_a_selected_group_stands_for_all_of_it(panel: ChangesPanel, qtbot: QtBot) -> None:
    """Reverting the heading reverts every change below it, fetched or not."""
    panel.view.setCurrentIndex(panel.model.index(0, 0))
    properties = panel.model.index(2, 0)
    panel.view.selectionModel().select(
        panel.model.index(0, 0, properties),
        QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
    )
    with qtbot.waitSignal(panel.revert_requested) as asked:
        panel.revert_button.click()
    instances, names = asked.args
    assert len(instances) == 2
    assert names == ["ID"]


def test_activating_a_row_hands_the_instance_on(panel: ChangesPanel, qtbot: QtBot) -> None:
    """Return on a removal shows it in the tree; a property has nowhere to go."""
    removals = panel.model.index(1, 0)
    with qtbot.waitSignal(panel.instance_activated) as shown:
        panel.view.activated.emit(panel.model.index(0, 0, removals))
    assert shown.args[0].for_removal
    with qtbot.assertNotEmitted(panel.instance_activated):
        panel.view.activated.emit(panel.model.index(0, 0, panel.model.index(2, 0)))


def test_nothing_selected_nothing_to_revert(panel: ChangesPanel) -> None:
    """The button waits for a selection."""
    assert not panel.revert_button.isEnabled()
    panel.view.selectAll()
    assert panel.revert_button.isEnabled()


def test_closing_the_file_set_empties_the_panel(panel: ChangesPanel) -> None:
    """Without a File-set the panel says so and keeps no row."""
    panel.set_file_set(None)
    assert panel.model.rowCount() == 0
    assert "No File-set" in panel._empty.text()


def _staged(count: int, file_set: FileSet) -> Any:
    """Return what the panel asks of a File-set, with very many removals made up."""
    several = list(file_set)
    copies = [_Twin(several[number % len(several)]) for number in range(count)]
    return SimpleNamespace(
        staged_additions=[], staged_removals=copies, staged_properties={}, rewritten_records=[]
    )


class _Twin:
    """One more row for an instance: rows are told apart by identity."""

    def __init__(self, instance: Any) -> None:
        self._instance = instance

    def __getattr__(self, name: str) -> Any:
        return getattr(self._instance, name)


def test_many_changes_are_fetched_in_batches(file_set: FileSet, qtbot: QtBot) -> None:
    """Of 100,000 changes only what is scrolled to becomes rows."""
    staged = _staged(100_000, file_set)
    panel = ChangesPanel()
    qtbot.addWidget(panel)
    watch(panel.model, fetching=False)
    panel.resize(600, 300)
    panel.set_file_set(staged)
    panel.show()
    group = panel.model.index(0, 0)
    assert group.data() == f"Removals ({wording.number(100_000)})"
    first = panel.model.rowCount(group)
    assert BATCH <= first <= 2 * BATCH
    bar = panel.view.verticalScrollBar()
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: panel.model.rowCount(group) > first)
    assert panel.model.rowCount(group) < 10 * BATCH


def test_rows_that_go_leave_the_others_in_place(file_set: FileSet, qtbot: QtBot) -> None:
    """Gaps are taken out one by one, and a hundred gaps at once, with the tester attached."""
    staged = _staged(600, file_set)
    model = ChangesModel()
    watch(model, fetching=False)
    model.show_rows(staged_rows(staged))
    everything = list(staged.staged_removals)
    kept = _RowWatch(model, 10)
    for rest in (everything[:3] + everything[8:], everything[5:], everything[5::2], everything):
        staged.staged_removals = rest
        model.show_rows(staged_rows(staged))
        group = model.index(0, 0)
        assert model.count(REMOVALS) == len(rest)
        shown = [model.change(model.index(row, 0, group)) for row in range(model.rowCount(group))]
        assert shown == rest[: len(shown)]
    assert kept.first_row_after == 5
    model.clear()
    assert model.rowCount() == 0


class _RowWatch:
    """Follows one row as others before it are taken out."""

    def __init__(self, model: ChangesModel, row: int) -> None:
        from PySide6.QtCore import QPersistentModelIndex

        self._index = QPersistentModelIndex(model.index(row, 0, model.index(0, 0)))
        self.first_row_after: int | None = None
        model.rowsRemoved.connect(self._note)

    def _note(self, _parent: QModelIndex, _first: int, _last: int) -> None:
        if self.first_row_after is None and self._index.isValid():
            self.first_row_after = self._index.row()
