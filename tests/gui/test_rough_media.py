"""Broken, vanished and odd media: the window says what, why and what next, and goes on."""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtWidgets import QApplication

from dicomdir_studio.gui.drops import carries_files, dropped, dropped_paths, paths_in
from dicomdir_studio.gui.main_window import MainWindow
from dicomdir_studio.storage.errors import MediumGoneError
from tests.bundled import sample
from tests.gui.dropping import drop

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document


@pytest.fixture
def failures(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Collect the errors that the window shows."""
    shown: list[BaseException] = []
    monkeypatch.setattr(
        MainWindow, "show_failure", lambda _self, error: shown.append(error) if error else None
    )
    return shown


def settle(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until nothing is under way."""
    qtbot.waitUntil(lambda: not window._poller.is_busy)
    qtbot.wait(10)


@pytest.mark.parametrize(
    "content", [b"", b"no DICOM at all", b"\0" * 128 + b"DICM", b"\0" * 200_000]
)
def test_a_hopeless_dicomdir_says_why_and_leaves_no_tab(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, failures: list[BaseException], content: bytes
) -> None:
    """Zero bytes, text, and a head without a body are told, and the window can be used on."""
    path = tmp_path / "DICOMDIR"
    path.write_bytes(content)
    window.open_path(path)
    settle(qtbot, window)
    if window.documents():  # it was salvaged: then it says that nothing is left of it
        assert window.documents()[0].found.isVisible()
        return
    assert len(failures) == 1
    assert "DICOMDIR" in str(failures[0])


def test_a_path_that_cannot_be_read_says_why(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, failures: list[BaseException]
) -> None:
    """A folder that is not there, a loop of links and a file below a file."""
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    (tmp_path / "file").write_text("text")
    for path in (tmp_path / "gone", loop, tmp_path / "file" / "below"):
        window.open_path(path)
        settle(qtbot, window)
    assert len(failures) == 3
    assert not window.documents()


def test_a_medium_that_vanishes_is_survived(
    qtbot: QtBot, window: MainWindow, opened: Document, disc: Path, failures: list[BaseException]
) -> None:
    """With the stick pulled out one can look, search, stage and undo; a write says why not."""
    shutil.rmtree(disc)
    opened.view.expandAll()
    settle(qtbot, window)
    assert opened.file_set is not None
    window.panels.show_search()
    window.panels.search.search_for("Modality", "CT")
    settle(qtbot, window)
    window.panels.search.load.setChecked(True)
    window.panels.search.search()
    settle(qtbot, window)
    opened.remove(opened.file_set.tree.children[:1])
    assert opened.has_edits
    with pytest.raises(MediumGoneError):
        opened.file_set.plan()
    assert opened.has_edits
    assert not failures
    opened.undo()
    assert not opened.has_edits


def test_loops_of_links_texts_and_archives_in_a_dropped_folder(
    qtbot: QtBot, window: MainWindow, opened: Document, tmp_path: Path
) -> None:
    """A folder with all of these is walked to its end; what is DICOM goes in."""
    folder = tmp_path / "mixed"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "up").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")
    (folder / "note.txt").write_text("hello")
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.writestr("x", "y")
    shutil.copyfile(sample("CT_small.dcm"), folder / "deep" / "ct")
    assert drop(opened.view.viewport(), [folder])
    settle(qtbot, window)
    assert opened.file_set is not None
    assert len(opened.file_set.staged_additions) == 1
    assert "3 files were refused" in opened.notice.text.text()


def test_a_dropped_text_file_is_refused_with_the_reason(
    qtbot: QtBot, window: MainWindow, opened: Document, tmp_path: Path
) -> None:
    """Nothing is staged, and the bar says that it was not taken."""
    path = tmp_path / "note.txt"
    path.write_text("hello")
    assert drop(opened.view.viewport(), [path])
    settle(qtbot, window)
    assert not opened.has_edits
    assert "refused" in opened.notice.text.text()


def test_addresses_on_the_web_are_not_taken(opened: Document) -> None:
    """A link dragged from a browser shows no sign that it could be dropped."""
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/image.dcm")])
    keys, button = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    event = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, button, keys)
    QApplication.sendEvent(opened.view.viewport(), event)
    assert not event.isAccepted()
    assert not carries_files(data)
    assert dropped(data) == []


def test_very_many_paths_are_told_apart_by_a_job() -> None:
    """A long list stays bytes until a job reads it, and holds the same paths then."""
    names = [f"/media/disc 1/Größe/{number:05d} #%.dcm" for number in range(5_000)]
    data = QMimeData()
    data.setUrls([*map(QUrl.fromLocalFile, names), QUrl("https://example.org/x")])
    given = dropped(data)
    assert isinstance(given, bytes)
    assert paths_in(given) == dropped_paths(data) == names
    assert paths_in(b"file:///a%FFb\r\n# note\r\nFILE://localhost/c\r\n") == ["/a\udcffb", "/c"]


def test_thousands_of_files_dropped_at_once(
    qtbot: QtBot, window: MainWindow, opened: Document, tmp_path: Path
) -> None:
    """More than fit into a short list are all looked at; what is missing is told."""
    paths = [tmp_path / f"gone{number:05d}" for number in range(3_000)]
    assert drop(opened.view.viewport(), [*paths, sample("CT_small.dcm")])
    settle(qtbot, window)
    assert opened.file_set is not None
    assert len(opened.file_set.staged_additions) == 1
    assert "3000 files were refused" in opened.notice.text.text()


def test_two_windows_on_one_file_set(
    qtbot: QtBot, window: MainWindow, opened: Document, disc: Path, failures: list[BaseException]
) -> None:
    """Who writes second is told that the other one did, and loses nothing."""
    other = window.new_document()
    other.open(disc)
    qtbot.waitUntil(lambda: other.can_edit and other.path is not None)
    assert opened.file_set is not None
    assert other.file_set is not None
    other.remove(other.file_set.tree.children[:1])
    opened.remove(opened.file_set.tree.children[1:])
    mine = opened.file_set.plan()
    other.execute(other.file_set.plan())
    settle(qtbot, window)
    left = len(other.file_set)
    opened.execute(mine)
    settle(qtbot, window)
    (error,) = failures
    assert "changed by another program" in str(error)
    assert opened.has_edits
    again = window.new_document()
    again.open(disc)
    qtbot.waitUntil(lambda: again.can_edit and again.path is not None)
    assert again.file_set is not None
    assert len(again.file_set) == left
