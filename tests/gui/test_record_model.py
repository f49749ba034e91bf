"""The model of records on real File-sets: rows, texts, fetching, changes, order."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QTreeView

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui.models import record_sorting, record_table, slices
from dicomdir_studio.gui.models.columns import Column, Mark
from dicomdir_studio.gui.models.record_roles import RecordRole
from dicomdir_studio.session.opening import open_file_set
from tests.gui.record_rows import check_whole, fetch_all, gaps_below

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.fileset import RecordNode
    from dicomdir_studio.gui.models.records import RecordTreeModel


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a handful of rows stand for many: batches, chunks and limits of a few."""
    monkeypatch.setattr(record_table, "BATCH", 8)
    monkeypatch.setattr(record_sorting, "AT_ONCE", 6)
    monkeypatch.setattr(slices, "CHUNK", 5)


def show(model: RecordTreeModel, file_set: FileSet) -> None:
    """Show a File-set and fetch its first rows, as a view does."""
    model.set_file_set(file_set)
    model.fetchMore(QModelIndex())


def single_series(model: RecordTreeModel, paths: list[Path]) -> tuple[FileSet, RecordNode]:
    """Show a new File-set with one series of instances and return it with the series."""
    file_set = FileSet()
    report = file_set.add_many(paths)
    model.set_file_set(file_set)
    return file_set, report.added[0].node.parent


def test_shows_every_record_of_the_sample_set(model: RecordTreeModel, disc: Path) -> None:
    """The rows are the records of the DICOMDIR, level by level, in its order."""
    file_set = open_file_set(disc)
    model.set_file_set(file_set)
    assert check_whole(model, file_set) == sum(1 for _ in file_set.tree)


def test_texts_of_each_level(model: RecordTreeModel, disc: Path) -> None:
    """Names are written as on paper, dates as ISO 8601, counts where there are children."""
    show(model, open_file_set(disc))
    patient = model.index(1, 0)
    model.fetchMore(patient)
    study = model.index(1, 0, patient)
    assert patient.data() == "Doe, Peter"
    assert patient.data(RecordRole.DETAIL) == "98890234"
    assert patient.siblingAtColumn(Column.COUNT).data() == "24"
    assert study.data() == "Carotids"
    assert study.siblingAtColumn(Column.DATE).data() == "2003-05-05"
    assert study.siblingAtColumn(Column.MODALITY).data() == "MR"
    assert study.data(Qt.ItemDataRole.AccessibleTextRole).startswith("Study, Carotids")
    assert study.siblingAtColumn(Column.STATE).data() == ""


def test_headings(model: RecordTreeModel) -> None:
    """Every column has a heading, numbers stand at the right."""
    names = [model.headerData(column, Qt.Orientation.Horizontal) for column in Column]
    assert names == ["Name", "Date", "Modality", "Instances", "Size", "State"]
    side = model.headerData(
        Column.SIZE, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole
    )
    assert side & Qt.AlignmentFlag.AlignRight


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("amount", [1, 7, 8, 9, 16, 17])
def test_fetches_to_the_last_row(
    model: RecordTreeModel, series_of: Callable[[int], list[Path]], amount: int
) -> None:
    """No row is lost or invented at the edges of a batch."""
    file_set, series = single_series(model, series_of(amount))
    index = model.index_for_node(series)
    assert model.hasChildren(index)
    assert len(fetch_all(model, index)) == amount
    assert not model.canFetchMore(index)
    assert check_whole(model, file_set) == amount + 3


@pytest.mark.usefixtures("small_batches")
def test_far_record_is_shown_behind_a_gap(
    model: RecordTreeModel, series_of: Callable[[int], list[Path]]
) -> None:
    """A record far down comes with neighbours; what is left out is one row that says so."""
    _file_set, series = single_series(model, series_of(90))
    parent = model.index_for_node(series)
    model.fetchMore(parent)
    far = model.index_for_node(series.children[70])
    assert model.record_at(far) is series.children[70]
    gap = gaps_below(model, parent)[0]
    assert gap.data() == "58 more records between"
    assert model.flags(gap) & Qt.ItemFlag.ItemNeverHasChildren
    assert not model.flags(gap) & Qt.ItemFlag.ItemIsSelectable
    assert model.record_at(gap) is None
    shown = model.rowCount(parent)
    assert shown < 30
    middle = model.index_for_node(series.children[40])
    assert model.record_at(middle) is series.children[40]
    assert len(gaps_below(model, parent)) == 2
    model.open_gap(gaps_below(model, parent)[0])
    assert fetch_all(model, parent) == list(series.children)


@pytest.mark.usefixtures("small_batches")
def test_edits_beside_a_gap_leave_it(
    model: RecordTreeModel, series_of: Callable[[int], list[Path]]
) -> None:
    """Rows removed and brought back do not open what was left out."""
    file_set, series = single_series(model, series_of(90))
    parent = model.index_for_node(series)
    model.fetchMore(parent)
    model.index_for_node(series.children[70])
    gone = [series.children[place].instance for place in (3, 40, 70)]
    model.apply_change(file_set.stage_removal([one for one in gone if one is not None]))
    assert len(gaps_below(model, parent)) == 1
    assert model.rowCount(parent) < 40
    model.apply_change(file_set.undo())
    assert model.rowCount(parent) < 40
    assert fetch_all(model, parent) == list(series.children)


def test_index_of_a_foreign_record_is_invalid(model: RecordTreeModel, disc: Path) -> None:
    """A record of another File-set is not found, and nothing breaks."""
    show(model, open_file_set(disc))
    other = open_file_set(disc)
    assert not model.index_for_node(other.tree.children[0].children[0]).isValid()


def test_stale_index_answers_with_nothing(model: RecordTreeModel, disc: Path) -> None:
    """An index kept over a change of File-set is harmless."""
    show(model, open_file_set(disc))
    stale = model.index(0, 0)
    model.set_file_set(None)
    assert model.data(stale) is None
    assert model.rowCount(stale) == 0
    assert model.flags(stale) == Qt.ItemFlag.NoItemFlags
    assert not model.parent(stale).isValid()


def test_removal_marks_rows_and_rolls_up(model: RecordTreeModel, disc: Path) -> None:
    """A staged removal shows on the leaf, on all above it, and goes when it is restored."""
    file_set = open_file_set(disc)
    model.set_file_set(file_set)
    check_whole(model, file_set)
    study = file_set.tree.children[1].children[1]
    instances = [record.instance for record in study if record.instance is not None]
    model.apply_change(file_set.stage_removal(instances))
    index = model.index_for_node(study)
    assert index.data(RecordRole.MARK) == Mark.REMOVED
    assert "2 removed" in index.siblingAtColumn(Column.STATE).data()
    assert index.parent().data(RecordRole.MARK) == Mark.CHANGED
    leaf = model.index_for_node(instances[0].node)
    assert leaf.siblingAtColumn(Column.STATE).data().endswith("removed")
    model.apply_change(file_set.restore(instances))
    assert index.data(RecordRole.MARK) == Mark.NONE
    assert index.siblingAtColumn(Column.STATE).data() == ""


def test_added_and_undone_rows(
    model: RecordTreeModel, disc: Path, series_of: Callable[[int], list[Path]]
) -> None:
    """Additions come as rows, go with undo, come back with redo, under the tester's eyes."""
    file_set = open_file_set(disc)
    model.set_file_set(file_set)
    before = check_whole(model, file_set)
    report = file_set.add_many(series_of(5))
    model.apply_change(report.change)
    assert check_whole(model, file_set) == before + 8
    patient = model.index_for_node(report.added[0].node.parent.parent.parent)
    assert patient.data(RecordRole.MARK) == Mark.ADDED
    model.apply_change(file_set.undo())
    assert check_whole(model, file_set) == before
    model.apply_change(file_set.redo())
    assert check_whole(model, file_set) == before + 8


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_edits_keeps_rows_and_engine_the_same(
    qtbot: QtBot, model: RecordTreeModel, series_of: Callable[[int], list[Path]], seed: int
) -> None:
    """Adding, removing, undoing, redoing, sorting and fetching in any order stays true."""
    dice = random.Random(seed)
    paths = series_of(30)
    file_set = FileSet()
    model.set_file_set(file_set)
    view = QTreeView()
    qtbot.addWidget(view)
    view.setUniformRowHeights(True)
    view.setModel(model)
    view.show()
    waiting = list(paths)
    for _step in range(25):
        act = dice.choice(["add", "add", "remove", "undo", "redo", "sort", "look"])
        if act == "add" and waiting:
            count = min(len(waiting), dice.randrange(1, 7))
            batch = [waiting.pop(dice.randrange(len(waiting))) for _ in range(count)]
            model.apply_change(file_set.add_many(batch).change)
        elif act == "remove" and len(file_set):
            chosen = dice.sample(list(file_set), min(len(file_set), 4))
            waiting.extend(type(paths[0])(one.path) for one in chosen)
            model.apply_change(file_set.stage_removal(chosen))
        elif act == "undo" and file_set.can_undo:
            model.apply_change(file_set.undo())
        elif act == "redo" and file_set.can_redo:
            model.apply_change(file_set.redo())
        elif act == "sort":
            order = dice.choice(list(Qt.SortOrder))
            model.sort(dice.choice([-1, Column.NAME, Column.STATE]), order)
        else:
            view.expandAll()
        held = {str(one.path) for one in file_set}
        waiting = [path for path in paths if str(path) not in held]
    model.sort(-1)
    model.sorting.finish()
    check_whole(model, file_set)


@pytest.mark.usefixtures("small_batches")
def test_sorting_moves_rows_and_keeps_hold_of_them(
    model: RecordTreeModel, series_of: Callable[[int], list[Path]]
) -> None:
    """Descending order turns the rows round; an index held before points at its record after."""
    _file_set, series = single_series(model, series_of(20))
    parent = model.index_for_node(series)
    fetch_all(model, parent)
    held = QPersistentModelIndex(model.index(3, 0, parent))
    record = model.record_at(held)
    model.sort(Column.NAME, Qt.SortOrder.DescendingOrder)
    model.sorting.finish()
    shown = fetch_all(model, parent)
    assert [one.get("InstanceNumber") for one in shown] == list(range(20, 0, -1))
    assert held.isValid()
    assert model.record_at(held) is record
    assert held.row() == 16
    model.sort(-1)
    model.sorting.finish()
    assert fetch_all(model, parent) == list(series.children)


@pytest.mark.usefixtures("small_batches")
def test_sorting_a_part_of_many_shows_the_first_of_all(
    model: RecordTreeModel, series_of: Callable[[int], list[Path]]
) -> None:
    """With some rows fetched, the order is that of all records, not of the fetched ones."""
    _file_set, series = single_series(model, series_of(60))
    parent = model.index_for_node(series)
    model.fetchMore(parent)
    model.sort(Column.NAME, Qt.SortOrder.DescendingOrder)
    model.sorting.finish()
    numbers = [one.get("InstanceNumber") for one in fetch_all(model, parent)]
    assert numbers == list(range(60, 0, -1))


@pytest.mark.usefixtures("small_batches")
def test_rows_fetched_while_sorted_come_into_order(
    qtbot: QtBot, model: RecordTreeModel, series_of: Callable[[int], list[Path]]
) -> None:
    """A long list fetched after the sorting was chosen is put in order between events."""
    _file_set, series = single_series(model, series_of(60))
    model.sort(Column.NAME, Qt.SortOrder.DescendingOrder)
    parent = model.index_for_node(series)
    model.fetchMore(parent)
    qtbot.waitUntil(lambda: not model.sorting.is_running)
    assert fetch_all(model, parent)[0].get("InstanceNumber") == 60


def test_names_sort_by_number_and_kind(model: RecordTreeModel, disc: Path) -> None:
    """Series 10 comes after Series 9, and patients go by name."""
    file_set = open_file_set(disc)
    show(model, file_set)
    model.sort(Column.NAME, Qt.SortOrder.DescendingOrder)
    assert [model.index(row, 0).data() for row in range(2)] == ["Doe, Peter", "Doe, Archibald"]
    patient = model.index(0, 0)
    for record in fetch_all(model, patient):
        shown = fetch_all(model, model.index_for_node(record))
        numbers = [one.get("SeriesNumber") for one in shown]
        assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize("order", list(Qt.SortOrder))
def test_sizes_nobody_has_read_come_last(
    model: RecordTreeModel, disc: Path, order: Qt.SortOrder
) -> None:
    """Smallest or largest first: what is known stands before what is not."""
    file_set = open_file_set(disc)
    show(model, file_set)
    series = max(
        (record for record in file_set.tree if record.record_type == "SERIES"),
        key=lambda record: len(record.children),
    )
    instances = [child.instance for child in series.children if child.instance is not None]
    assert len(instances) > 3
    sizes = {instances[-1]: 30, instances[-2]: 10, instances[-3]: 20}
    model.set_sizes(sizes.items())
    model.sort(Column.SIZE, order)
    shown = fetch_all(model, model.index_for_node(series))
    known = sorted(sizes.values(), reverse=order == Qt.SortOrder.DescendingOrder)
    found = [sizes.get(one.instance) for one in shown if one.instance is not None]
    assert found[:4] == [*known, None]


def test_sizes_are_asked_for_and_shown(model: RecordTreeModel, disc: Path) -> None:
    """A leaf that is looked at wants its size once; what a job read is shown."""
    file_set = open_file_set(disc)
    model.set_file_set(file_set)
    leaf = next(record for record in file_set.tree if record.instance is not None)
    cell = model.index_for_node(leaf).siblingAtColumn(Column.SIZE)
    assert cell.data() == ""
    wanted = model.take_wanted_sizes()
    assert leaf.instance in wanted
    model.set_sizes([(instance, instance.size) for instance in wanted])
    assert cell.data() == "2.3 kB"
    assert model.take_wanted_sizes() == []


def test_an_unforeseen_error_is_shown_in_its_row(
    model: RecordTreeModel,
    disc: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is raised while rows are laid out does not reach Qt, which would end the process."""

    def fail(*_given: object) -> str:
        raise AttributeError("half imported")

    monkeypatch.setattr("dicomdir_studio.gui.models.columns.wording.first_value", fail)
    model.set_file_set(open_file_set(disc))
    model.fetchMore(QModelIndex())
    shown = model.index(0, 0).data()
    assert shown == "Patient, whose text cannot be shown"
    assert "half imported" in caplog.text
