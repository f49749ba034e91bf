"""Files and folders dropped on the window, as a file manager drops them."""

from __future__ import annotations

import shutil
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from dicomdir_studio.gui.dialogs.drop_directory import DropDirectoryDialog
from dicomdir_studio.gui.dialogs.outcome import OutcomeDialog
from dicomdir_studio.gui.models.columns import Mark
from dicomdir_studio.gui.models.record_roles import RecordRole
from tests.bundled import sample
from tests.gui.dropping import drop

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[object]]:
    """Return a way to answer the question about a dropped DICOMDIR; it lists what was asked."""

    def prepare(choice: str) -> list[object]:
        asked: list[object] = []

        def click(dialog: DropDirectoryDialog) -> int:
            asked.append(dialog.text())
            buttons = {
                "open": dialog.open_button,
                "add": dialog.add_button,
                "cancel": dialog.cancel_button,
            }
            QTimer.singleShot(0, buttons[choice], buttons[choice].click)
            return QMessageBox.exec(dialog)

        monkeypatch.setattr(DropDirectoryDialog, "exec", click)
        return asked

    return prepare


def settled(document: Document, staged: int) -> bool:
    """Return whether a document has this many staged additions and no job."""
    file_set = document.file_set
    return document.can_edit and file_set is not None and len(file_set.staged_additions) == staged


def test_dropped_files_are_staged_and_seen(qtbot: QtBot, opened: Document) -> None:
    """Two files dropped on the tree are additions, with badges up to the patient."""
    taken = drop(opened.view.viewport(), [sample("CT_small.dcm"), sample("MR_small.dcm")])
    assert taken
    qtbot.waitUntil(lambda: settled(opened, 2))
    assert opened.file_set is not None
    for instance in opened.file_set.staged_additions:
        leaf = opened.model.known_index(instance.node)
        assert leaf.isValid(), "a few new records are shown by opening what is above them"
        assert leaf.data(RecordRole.MARK) == Mark.ADDED
        patient = opened.model.index_for_node(instance.node.parent.parent.parent)
        assert patient.data(RecordRole.MARK) == Mark.ADDED


def test_dropped_folder_is_walked(
    qtbot: QtBot, opened: Document, series_of: Callable[[int], list[Path]]
) -> None:
    """A folder stands for all files in it."""
    folder = series_of(12)[0].parent
    assert drop(opened.view.viewport(), [folder])
    qtbot.waitUntil(lambda: settled(opened, 12))


def test_refused_files_are_listed_with_the_reason(
    qtbot: QtBot, opened: Document, window: MainWindow, tmp_path: Path
) -> None:
    """What is not DICOM is refused and told, and the others go in."""
    bad = tmp_path / "letter.txt"
    bad.write_text("not an image")
    drop(opened.view.viewport(), [bad, sample("CT_small.dcm")])
    qtbot.waitUntil(lambda: settled(opened, 1))
    dialogs = window.findChildren(OutcomeDialog)
    assert [dialog.model.rowCount() for dialog in dialogs] == [1]
    assert "refused" in opened.notice.text.text()
    assert opened.notice.isVisible()
    dialogs[0].close()


def test_text_is_not_taken(opened: Document) -> None:
    """A drag without files is left alone."""
    assert not drop(opened.view.viewport(), [])


def test_nothing_is_taken_while_a_job_runs(
    qtbot: QtBot, opened: Document, series_of: Callable[[int], list[Path]]
) -> None:
    """A second drop during an addition changes nothing."""
    paths = series_of(3)
    drop(opened.view.viewport(), paths[:2])
    opened.add([str(paths[0])])
    drop(opened.view.viewport(), paths[2:])
    qtbot.waitUntil(lambda: settled(opened, 2) or settled(opened, 1))


def test_dropped_dicomdir_can_be_added(
    qtbot: QtBot,
    window: MainWindow,
    opened: Document,
    series_of: Callable[[int], list[Path]],
    tmp_path: Path,
    answer: Callable[[str], list[object]],
) -> None:
    """What another File-set references is staged on request."""
    other = tmp_path / "other"
    made = window.new_document()
    made.add([str(path) for path in series_of(4)])
    qtbot.waitUntil(lambda: settled(made, 4))
    assert made.file_set is not None
    made.file_set.write(other)
    window.tabs.setCurrentWidget(opened)
    asked = answer("add")
    drop(opened.view.viewport(), [other])
    qtbot.waitUntil(lambda: settled(opened, 4))
    assert len(asked) == 1
    assert window.tabs.count() == 2


def test_dropped_dicomdir_can_be_opened(
    qtbot: QtBot,
    window: MainWindow,
    opened: Document,
    tmp_path: Path,
    answer: Callable[[str], list[object]],
) -> None:
    """A DICOMDIR dropped on a File-set opens in a tab of its own on request."""
    other = tmp_path / "second"
    shutil.copytree(opened.path or "", other)
    answer("open")
    drop(opened.view.viewport(), [other / "DICOMDIR"])
    qtbot.waitUntil(lambda: window.tabs.count() == 2 and window.documents()[1].can_edit)
    assert window.documents()[1].path == other
    assert not opened.has_edits


def test_going_back_from_the_question_changes_nothing(
    qtbot: QtBot, window: MainWindow, opened: Document, answer: Callable[[str], list[object]]
) -> None:
    """Cancel means that nothing was dropped."""
    asked = answer("cancel")
    drop(opened.view.viewport(), [opened.path or Path()])
    qtbot.waitUntil(lambda: len(asked) == 1)
    assert window.tabs.count() == 1
    assert not opened.has_edits


def test_welcome_page_opens_a_dropped_folder(qtbot: QtBot, window: MainWindow, disc: Path) -> None:
    """With nothing open a disc opens without a question."""
    assert drop(window.welcome, [disc])
    qtbot.waitUntil(lambda: window.current is not None and window.current.can_edit)
    assert window.current is not None
    assert window.current.title == "PYDICOM_TEST"


def test_welcome_page_starts_a_set_from_dropped_files(qtbot: QtBot, window: MainWindow) -> None:
    """With nothing open, files start a new File-set."""
    assert drop(window.welcome, [sample("CT_small.dcm")])
    qtbot.waitUntil(lambda: window.current is not None and settled(window.current, 1))


def test_addition_can_be_cancelled(
    qtbot: QtBot, opened: Document, series_of: Callable[[int], list[Path]]
) -> None:
    """Cancel leaves the File-set as it was, says so, and undo has nothing to undo."""
    paths = [str(path) for path in series_of(400)]
    opened.add(paths)
    assert opened.job is not None
    opened.job.cancel()
    qtbot.waitUntil(lambda: opened.can_edit)
    assert opened.file_set is not None
    assert not opened.file_set.can_undo
    assert not opened.has_edits
    assert "Cancelled" in opened.notice.text.text()


def test_two_thousand_files_in_one_go(
    qtbot: QtBot, window: MainWindow, disc: Path, series_of: Callable[[int], list[Path]]
) -> None:
    """2,000 files of one series are staged in under 2 s while the window answers."""
    folder = series_of(2_000)[0].parent
    opened = window.open_path(disc)
    qtbot.waitUntil(lambda: opened.can_edit)
    ticks: list[float] = []
    ticker = QTimer()
    ticker.setInterval(1)
    # The time of this thread alone: what else runs on the machine is not the window's fault.
    ticker.timeout.connect(lambda: ticks.append(time.thread_time()))
    ticker.start()
    begin = time.perf_counter()
    drop(opened.view.viewport(), [folder])
    qtbot.waitUntil(lambda: settled(opened, 2_000), timeout=10_000)
    QApplication.processEvents()
    seconds = time.perf_counter() - begin
    ticker.stop()
    longest = max(later - earlier for earlier, later in pairwise(ticks))
    assert seconds < 2.0
    assert longest < 0.05


def test_what_is_not_dicom_is_not_called_staged(
    qtbot: QtBot, window: MainWindow, opened: Document, tmp_path: Path
) -> None:
    """Where no file was taken the line says so, not how many are staged."""
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(b"%PDF-1.7")
    opened.add([str(letter)])
    qtbot.waitUntil(opened.notice.isVisible)
    assert opened.notice.text.text() == "Nothing was added, 1 file was refused."
