"""Staged work survives the program: killed, started again, offered, staged again."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui.dialogs.outcome import OutcomeDialog
from dicomdir_studio.gui.dialogs.recovery import RecoveryDialog
from dicomdir_studio.gui.dialogs.write_plan import WritePlanDialog
from dicomdir_studio.session.adding import add_sources
from dicomdir_studio.session.opening import open_file_set
from dicomdir_studio.session.staging_store import StagingStore
from tests.bundled import sample
from tests.gui.crashes import killed, left_behind, offered, reopened, shown, staged_files
from tests.gui.dialogs import the_only

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow

# A kill; what a logout, a shutdown or another program sends; the terminal that was closed.
SIGNALS = ("SIGKILL", "SIGTERM", "SIGHUP")
# Phases of a write, with how much of each is let pass: bytes of copies, removed files.
BEFORE_COMMIT, AFTER_COMMIT = ("Copying files", "2000"), ("Removing files", "1")


@pytest.mark.parametrize("by", SIGNALS)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_killed_before_the_commit(
    qtbot: QtBot, window: MainWindow, disc: Path, series_of: Callable[[int], list[Path]], by: str
) -> None:
    """The write is undone at the next opening, which says so; the work is staged again."""
    folder = series_of(40)[0].parent
    killed(disc, folder, *BEFORE_COMMIT, by)
    document = reopened(qtbot, window, disc)
    assert "interrupted write was undone" in document.found.text.text()
    assert "40 additions, " in document.offer.text.text()
    assert document.file_set is not None
    assert len(document.file_set) == 31
    qtbot.mouseClick(document.offer.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: document.can_edit and document.has_edits)
    file_set = document.file_set
    qtbot.waitUntil(lambda: file_set.undo_text.startswith("Remove"))
    tally = document.file_set.tree.tally
    assert tally.additions == 40
    assert tally.removals > 0
    document.undo()  # the edits are those of before the crash
    assert document.file_set.undo_text == "Add 40 instances"
    assert not document.file_set.staged_removals
    document.undo()
    assert not document.file_set.can_undo
    document.redo()
    document.redo()
    assert document.file_set.tree.tally == tally
    document.execute(document.file_set.plan())
    qtbot.waitUntil(lambda: document.can_edit)
    assert len(FileSet(disc / "DICOMDIR")) == 71 - tally.removals
    qtbot.waitUntil(lambda: not staged_files())


@pytest.mark.parametrize("by", SIGNALS)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_killed_after_the_commit(
    qtbot: QtBot, window: MainWindow, disc: Path, series_of: Callable[[int], list[Path]], by: str
) -> None:
    """The write is finished at the next opening, which says so; nothing is left to offer."""
    folder = series_of(12)[0].parent
    killed(disc, folder, *AFTER_COMMIT, by)
    assert staged_files()
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: document.can_edit)
    assert "interrupted write was finished" in document.found.text.text()
    qtbot.waitUntil(lambda: not staged_files())
    assert not shown(document.offer)
    assert document.file_set is not None
    assert len(document.file_set.search({"SeriesInstanceUID": "*.77"})) == 12


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_new_file_set_is_offered_at_the_start(
    qtbot: QtBot, window: MainWindow, series_of: Callable[[int], list[Path]]
) -> None:
    """A File-set that has no folder yet is kept too, and comes back in a tab of its own."""
    killed("-", series_of(5)[0].parent)
    dialog = offered(qtbot, window)
    assert dialog.view.visualRect(dialog.model.index(0, 0)).height() > 0
    assert [dialog.model.item(0, column).text() for column in (0, 1)] == [
        "A new File-set",
        "5 additions",
    ]
    qtbot.mouseClick(dialog.restore_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.current is not None and window.current.has_edits)
    restored = window.current
    assert restored is not None
    # The job stages one instance after the other: the first makes it look edited already.
    qtbot.waitUntil(lambda: restored.file_set is not None and len(restored.file_set) == 5)
    qtbot.waitUntil(lambda: not window.keeping.is_saving)
    assert len(staged_files()) == 1, "kept anew under the UID of the new File-set"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_new_file_set_of_a_folder_keeps_its_folder(
    qtbot: QtBot,
    window: MainWindow,
    series_of: Callable[[int], list[Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that was begun for the folder of its files is written there, and nobody is asked."""
    files = [path.rename(path.with_name(path.stem.upper())) for path in series_of(5)]
    folder = files[0].parent
    killed("=", folder)
    dialog = offered(qtbot, window)
    assert dialog.model.item(0, 0).text() == f"A new File-set in {folder}"
    qtbot.mouseClick(dialog.restore_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.current is not None and window.current.has_edits)
    document = window.current
    assert document is not None
    qtbot.waitUntil(lambda: document.can_edit)
    assert document.title == folder.name

    def accept(review: WritePlanDialog) -> int:
        qtbot.waitUntil(lambda: review.plan is not None)
        assert review.plan is not None
        assert len(review.plan.in_place) == 5
        review.accept()
        return 1

    def not_asked(*_: object) -> str:
        raise AssertionError

    monkeypatch.setattr(WritePlanDialog, "exec", accept)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", not_asked)
    window.table["write"].trigger()
    qtbot.waitUntil(lambda: document.can_edit and not document.has_edits)
    assert len(FileSet(folder / "DICOMDIR")) == 5
    qtbot.waitUntil(lambda: not window.keeping.is_saving)
    assert staged_files() == []


def test_offer_at_the_start_opens_the_file_set(
    qtbot: QtBot, window: MainWindow, disc: Path
) -> None:
    """What was staged in a File-set with a folder is staged again without a further question."""
    earlier = FileSet(disc / "DICOMDIR")
    add_sources(earlier, [sample("CT_small.dcm")])
    earlier.edit_properties(ID="LATER")
    left_behind(StagingStore(), earlier)
    offered(qtbot, window).restore_button.click()
    qtbot.waitUntil(lambda: window.current is not None and window.current.has_edits)
    assert window.current is not None
    notice = window.current.notice
    qtbot.waitUntil(lambda: "staged again" in notice.text.text())
    assert window.tabs.tabText(0) == "LATER *"
    assert not shown(window.current.offer)


def test_discarding_at_the_start(qtbot: QtBot, window: MainWindow, disc: Path) -> None:
    """What is not wanted any more is forgotten, and the dialog goes with the last of it."""
    earlier = FileSet(disc / "DICOMDIR")
    earlier.edit_properties(ID="LATER")
    left_behind(StagingStore(), earlier)
    offered(qtbot, window).discard_button.click()
    assert not staged_files()
    assert not window.documents()


def test_nothing_left_is_no_dialog(qtbot: QtBot, window: MainWindow) -> None:
    """A start after a quiet end asks nothing."""
    window.offer_pending()
    qtbot.wait(150)
    assert not window.findChildren(RecoveryDialog)


def test_work_waits_while_the_offer_does(qtbot: QtBot, window: MainWindow, disc: Path) -> None:
    """What is staged before the offer is answered is kept with it, and survives a discard."""
    earlier = FileSet(disc / "DICOMDIR")
    add_sources(earlier, [sample("CT_small.dcm")])
    left_behind(StagingStore(), earlier)
    document = reopened(qtbot, window, disc)
    document.edit_properties({"ID": "NOW"})
    qtbot.waitUntil(lambda: not window.keeping.is_saving)
    text = staged_files()[0].read_text()
    assert "CT_small.dcm" in text
    assert "NOW" in text
    window.closing.discard(document)
    window.close_current()
    text = staged_files()[0].read_text()
    assert "CT_small.dcm" in text
    assert "NOW" not in text


def test_declined_offer_is_forgotten(qtbot: QtBot, window: MainWindow, disc: Path) -> None:
    """The second button drops what an earlier run left."""
    earlier = FileSet(disc / "DICOMDIR")
    add_sources(earlier, [sample("CT_small.dcm")])
    left_behind(StagingStore(), earlier)
    document = reopened(qtbot, window, disc)
    qtbot.mouseClick(document.offer.other_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not staged_files())
    assert not document.has_edits


def test_what_is_gone_is_told(
    qtbot: QtBot, window: MainWindow, disc: Path, series_of: Callable[[int], list[Path]]
) -> None:
    """Files that are no more where they were staged from are listed, the rest goes in."""
    paths = series_of(3)
    earlier = FileSet(disc / "DICOMDIR")
    add_sources(earlier, paths)
    left_behind(StagingStore(), earlier)
    paths[1].unlink()
    document = reopened(qtbot, window, disc)
    document.offer.button.click()
    outcomes = the_only(qtbot, window, OutcomeDialog).outcomes
    assert [Path(one.path) for one in outcomes] == [paths[1]]
    assert document.file_set is not None
    assert len(document.file_set.staged_additions) == 2


def test_kept_as_it_happens_and_forgotten_when_written(
    qtbot: QtBot, window: MainWindow, opened: Document
) -> None:
    """Every edit and undo is followed; a write and a discard leave nothing behind."""
    opened.edit_properties({"ID": "ONE"})
    qtbot.waitUntil(lambda: len(staged_files()) == 1 and "ONE" in staged_files()[0].read_text())
    opened.undo()
    qtbot.waitUntil(lambda: not staged_files())
    opened.redo()
    qtbot.waitUntil(lambda: len(staged_files()) == 1)
    assert opened.file_set is not None
    opened.execute(opened.file_set.plan())
    qtbot.waitUntil(lambda: opened.can_edit and not staged_files())
    opened.edit_properties({"ID": "TWO"})
    qtbot.waitUntil(lambda: len(staged_files()) == 1)
    window.closing.discard(opened)
    window.close_current()
    qtbot.waitUntil(lambda: not staged_files())  # at once, or by a saving still under way


def test_work_on_an_image_is_offered_with_the_image(
    qtbot: QtBot, window: MainWindow, disc: Path, tmp_path: Path
) -> None:
    """What was staged in an archive belongs to it, not to the folder where it lay unpacked."""
    image = Path(shutil.make_archive(str(tmp_path / "disc"), "zip", disc))
    earlier = open_file_set(image)
    earlier.stage_removal([next(iter(earlier))])
    left_behind(StagingStore(), earlier)
    dialog = offered(qtbot, window)
    assert dialog.model.item(0, 0).text() == str(image)
    qtbot.mouseClick(dialog.restore_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.current is not None and window.current.has_edits)
    restored = window.current
    assert restored is not None
    assert restored.path == image
    assert restored.file_set is not None
    assert len(restored.file_set.staged_removals) == 1
    qtbot.waitUntil(lambda: restored.can_edit and not window.keeping.is_saving)
