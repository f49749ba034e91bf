"""A long series in the tree: no step holds the window up, wherever a person goes in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from dicomdir_studio.gui.models.columns import Column
from dicomdir_studio.gui.models.records import RecordTreeModel
from dicomdir_studio.gui.views.record_view import RecordView
from dicomdir_studio.session.opening import open_file_set
from tests.gui.large_dicomdir import write_dicomdir

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.fileset import FileSet

AMOUNT = 30_000
# The design's 50 ms, with as much again for a busy machine.
LONGEST_SECONDS = 0.1


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> FileSet:
    """Return a loaded File-set of one long series; its files are there, and empty."""
    root: Path = tmp_path_factory.mktemp("large")
    for number in range(AMOUNT // 1000 + 1):
        (root / "IMAGES" / f"D{number:05d}").mkdir(parents=True)
    for number in range(1, AMOUNT + 1):
        (root / "IMAGES" / f"D{number // 1000:05d}" / f"I{number:07d}").touch()
    write_dicomdir(root, AMOUNT)
    return open_file_set(root)


def seconds(step: Callable[[], object]) -> float:
    """Return the time of this thread that a step and what it causes take."""
    begin = time.thread_time()
    step()
    QApplication.processEvents()
    return time.thread_time() - begin


def test_no_step_is_long(qtbot: QtBot, large: FileSet) -> None:
    """Showing, going far down, editing there and scrolling stay within a few frames."""
    model = RecordTreeModel()
    view = RecordView(model)
    qtbot.addWidget(view)
    view.resize(900, 700)
    with qtbot.waitExposed(view):
        view.show()
    series = large.tree.children[0].children[0].children[0]
    far = series.children[AMOUNT - 100]
    assert far.instance is not None
    instance = far.instance
    steps: dict[str, Callable[[], object]] = {
        "show": lambda: model.set_file_set(large),
        "first": lambda: view.show_records([series.children[0]]),
        "far": lambda: view.show_records([far]),
        "remove": lambda: model.apply_change(large.stage_removal([instance])),
        "undo": lambda: model.apply_change(large.undo()),
        "scroll": lambda: view.verticalScrollBar().setValue(view.verticalScrollBar().maximum()),
    }
    took = {name: seconds(step) for name, step in steps.items()}
    assert max(took.values()) < LONGEST_SECONDS, took
    assert view.selected_records() == [far]
    assert model.rowCount(model.index_for_node(series)) < 1_500


def test_sorting_goes_on_between_events(qtbot: QtBot, large: FileSet) -> None:
    """A long series is put in order in slices, and its first row is the last number then."""
    model = RecordTreeModel()
    view = RecordView(model)
    qtbot.addWidget(view)
    model.set_file_set(large)
    series = large.tree.children[0].children[0].children[0]
    view.show_records([series.children[0]])
    longest = seconds(lambda: model.sort(Column.NAME, Qt.SortOrder.DescendingOrder))
    slices = 0
    while model.sorting.is_running:
        slices += 1
        longest = max(longest, seconds(lambda: None))
    assert slices > 1
    parent = model.index_for_node(series)
    first = model.record_at(model.index(0, 0, parent))
    assert first is not None
    assert first.get("InstanceNumber") == AMOUNT
    assert longest < LONGEST_SECONDS
