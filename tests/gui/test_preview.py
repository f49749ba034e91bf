"""Records seen, and walked through, while the files of the File-set are still looked for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QLabel

from dicomdir_studio.errors import StorageError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.fileset.gathering import Gatherer
from dicomdir_studio.gui.models.columns import Column
from tests.fileset.salvage.disc import Shape, sound_disc, write_files
from tests.fileset.salvage.zoo import ZOO, Fault
from tests.gui.dropping import drop
from tests.gui.record_rows import check_whole
from tests.gui.watching import watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow
    from dicomdir_studio.monitor import Monitor

_PATIENCE_SECONDS = 30.0


class Held:
    """Holds every load before it looks for the files.

    Attributes
    ----------
    go_on : threading.Event
        Lets it.
    error : Exception or None
        What it fails with then.
    """

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.error: Exception | None = None

    def wait(self, monitor: Monitor) -> None:
        """Wait until it may go on or was cancelled."""
        for _ in range(round(_PATIENCE_SECONDS * 100)):
            monitor.check()
            if self.go_on.wait(0.01):
                break
        if self.error is not None:
            raise self.error


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Hold loads where their records are there and their files are not."""
    made = Held()
    gather = Gatherer.gather

    def held_gather(gatherer: Gatherer, monitor: Monitor) -> None:
        made.wait(monitor)
        gather(gatherer, monitor)

    monkeypatch.setattr(Gatherer, "gather", held_gather)
    yield made
    made.go_on.set()


def previewed(qtbot: QtBot, window: MainWindow, path: Path) -> Document:
    """Return a document whose records are seen while its files are looked for."""
    document = window.open_path(path)
    watch(document.model)
    qtbot.waitUntil(lambda: document.model.rowCount() > 0)
    return document


def open_all(document: Document) -> None:
    """Open every record that is seen, as an impatient person does."""
    model, waiting = document.model, [QModelIndex()]
    while waiting:
        parent = waiting.pop()
        while model.canFetchMore(parent):
            model.fetchMore(parent)
        if model.hasChildren(parent):
            document.view.expand(parent)
        waiting += [model.index(row, 0, parent) for row in range(model.rowCount(parent))]


def texts(document: Document, column: Column) -> list[str]:
    """Return what the top rows show in a column."""
    model = document.model
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_rows_come_before_the_files_are_found(
    qtbot: QtBot, window: MainWindow, disc: Path, held: Held
) -> None:
    """Names are seen at once, counts when they are known; what was opened stays open."""
    document = previewed(qtbot, window, disc)
    assert document.view.isVisible()
    assert texts(document, Column.NAME) == ["Doe, Archibald", "Doe, Peter"]
    assert texts(document, Column.COUNT) == texts(document, Column.STATE) == ["", ""]
    assert document.is_busy
    open_all(document)
    shown = document.view.open_keys()
    held.go_on.set()
    qtbot.waitUntil(lambda: document.can_edit)
    assert document.file_set is not None
    assert texts(document, Column.COUNT) == ["7", "24"]
    assert document.view.open_keys() == shown
    assert check_whole(document.model, document.file_set) > 31


def test_the_panels_say_what_they_wait_for(
    qtbot: QtBot, window: MainWindow, disc: Path, held: Held
) -> None:
    """No panel says that no File-set is open, or offers elements, while the rows are seen."""
    document = previewed(qtbot, window, disc)
    document.view.setCurrentIndex(document.model.index(0, 0))
    panels = window.panels
    panels.show_findings()
    assert panels.details.record is None
    assert_waits(panels.details, panels.findings, panels.changes)
    panels.show_search()
    assert_waits(panels.search)
    window.new_document()
    for panel in (panels.details, panels.findings, panels.changes, panels.search):
        assert not [text for text in shown_in(panel) if "still being opened" in text]
    window.tabs.setCurrentWidget(document)
    assert_waits(panels.search, panels.changes, panels.details)
    held.go_on.set()
    qtbot.waitUntil(lambda: document.can_edit)
    panels.show_findings()
    assert "Nothing is staged.\nDrop files on the tree to add them." in shown_in(panels.changes)
    assert panels.details.record is document.view.current_record()
    panels.show_search()
    for panel in (panels.details, panels.changes, panels.search):
        assert not [text for text in shown_in(panel) if "still being opened" in text]


def shown_in(panel: QWidget) -> list[str]:
    """Return the texts that are seen in a panel."""
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


def assert_waits(*panels: QWidget) -> None:
    """Fail where a panel does not say that the File-set is still being opened."""
    for panel in panels:
        assert [text for text in shown_in(panel) if "still being opened" in text], panel


def test_nothing_can_be_done_to_a_preview(
    qtbot: QtBot, window: MainWindow, disc: Path, held: Held
) -> None:
    """A record can be selected before its files are found, and is shown and acted on after."""
    document = previewed(qtbot, window, disc)
    document.view.setCurrentIndex(document.model.index(0, 0))
    for name in ("remove", "properties", "show-file", "write", "copy", "undo", "find"):
        assert not window.table[name].isEnabled()
    assert window.panels.details.record is None
    assert drop(document.view.viewport(), [disc / "77654033" / "CR1" / "6154"])
    assert document.notice.isVisible()
    assert "drop the files again" in document.notice.text.text()
    held.go_on.set()
    qtbot.waitUntil(lambda: document.can_edit)
    assert window.table["remove"].isEnabled()
    assert window.panels.details.record is document.view.current_record()
    assert document.view.current_record() is not None


@pytest.mark.parametrize("fault", ZOO, ids=lambda fault: fault.name)
def test_the_rows_end_as_the_engine_has_them(
    fault: Fault, qtbot: QtBot, window: MainWindow, tmp_path: Path, held: Held
) -> None:
    """Records that are left out after all go, whatever was opened before that."""
    root = tmp_path / "zoo"
    root.mkdir()
    write_files(root, Shape())
    (root / "DICOMDIR").write_bytes(fault.make(sound_disc(Shape())))
    document = previewed(qtbot, window, root)
    open_all(document)
    held.go_on.set()
    qtbot.waitUntil(lambda: document.can_edit)
    assert document.file_set is not None
    assert document.model.root is document.file_set.tree
    assert check_whole(document.model, document.file_set) > 0
    alone = FileSet(root / "DICOMDIR", salvage=True)
    assert [str(one.SOPInstanceUID) for one in document.file_set] == [
        str(one.SOPInstanceUID) for one in alone
    ]
    assert document.file_set.tree.tally == alone.tree.tally


def test_missing_files_are_told_in_the_rows(
    qtbot: QtBot, window: MainWindow, disc: Path, held: Held
) -> None:
    """A file that turns out to be missing is marked in rows that were seen before."""
    (disc / "77654033" / "CR1" / "6154").unlink()
    document = previewed(qtbot, window, disc)
    open_all(document)
    held.go_on.set()
    qtbot.waitUntil(lambda: document.can_edit)
    assert texts(document, Column.STATE) == ["! 1 missing", ""]


def test_cancelling_leaves_no_tab(qtbot: QtBot, window: MainWindow, disc: Path, held: Held) -> None:
    """A load that is cancelled while its rows are seen takes them away."""
    assert not held.go_on.is_set()
    document = previewed(qtbot, window, disc)
    assert document.job is not None
    document.job.cancel()
    qtbot.waitUntil(lambda: not window.documents())
    assert window.welcome.isVisible()


def test_a_failure_leaves_no_rows(
    qtbot: QtBot,
    window: MainWindow,
    disc: Path,
    held: Held,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A load that fails while its rows are seen says why, and takes them away."""
    told: list[BaseException | None] = []
    monkeypatch.setattr(window, "show_failure", told.append)
    held.error = StorageError("The medium was taken out", where=disc)
    previewed(qtbot, window, disc)
    held.go_on.set()
    qtbot.waitUntil(lambda: not window.documents())
    assert [str(error) for error in told] == [str(held.error)]


def test_a_second_tree_takes_the_place_of_the_first(
    qtbot: QtBot, window: MainWindow, disc: Path, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another program writes while it is loaded, it is loaded anew, and shown so."""
    from dicomdir_studio.fileset import loader

    (disc / "77654033" / "CR1" / "6154").unlink()
    answers = iter([True, False])
    monkeypatch.setattr(loader, "_was_replaced", lambda _opened: next(answers))
    document = previewed(qtbot, window, disc)
    open_all(document)
    held.go_on.set()
    qtbot.waitUntil(lambda: document.can_edit)
    assert document.file_set is not None
    assert document.model.root is document.file_set.tree
    assert check_whole(document.model, document.file_set) > 31
