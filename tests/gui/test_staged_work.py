"""Staged work survives the program: killed, started again, offered, staged again."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydicom import dcmread
from PySide6.QtCore import Qt

from dicomdir_studio.fileset import Answer, FileSet, Layout
from dicomdir_studio.gui.dialogs.outcome import OutcomeDialog
from dicomdir_studio.gui.dialogs.recovery import RecoveryDialog
from dicomdir_studio.gui.dialogs.undecided import UndecidedDialog
from dicomdir_studio.gui.dialogs.write_plan import WritePlanDialog
from dicomdir_studio.session import places
from dicomdir_studio.session.adding import add_sources
from dicomdir_studio.session.opening import open_file_set
from dicomdir_studio.session.staged_work import StagedWork
from dicomdir_studio.session.staging_store import StagingStore
from tests.gui.conftest import sample
from tests.gui.test_conflicts import asked, keep_both, put_off, two_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow

__all__ = ["two_names"]

ROOT = Path(__file__).resolve().parents[2]
# A kill; what a logout, a shutdown or another program sends; the terminal that was closed.
SIGNALS = ("SIGKILL", "SIGTERM", "SIGHUP")
# Phases of a write, with how much of each is let pass: bytes of copies, removed files.
BEFORE_COMMIT, AFTER_COMMIT = ("Copying files", "2000"), ("Removing files", "1")


def killed(
    root: Path | str, folder: Path, phase: str = "", after: str = "0", by: str = "SIGKILL"
) -> None:
    """Run the window in a process of its own and see it killed."""
    arguments = [sys.executable, "-m", "tests.gui.killed_window"]
    ended = subprocess.run(
        [*arguments, str(root), str(folder), phase, after, by], cwd=ROOT, timeout=120, check=False
    )
    assert ended.returncode == -signal.Signals[by]


def staged_files() -> list[Path]:
    """Return the files of all staged work that is kept."""
    return sorted((places.data_dir() / "staged").glob("*.staged"))


def left_behind(store: StagingStore, file_set: FileSet) -> None:
    """Keep what is staged as a run that has ended."""
    store.save(StagedWork.of(file_set))
    store.close()


def shown(widget: QWidget) -> bool:
    """Return whether a widget is seen."""
    return widget.isVisible()


@pytest.mark.parametrize("by", SIGNALS)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_killed_before_the_commit(
    qtbot: QtBot, window: MainWindow, disc: Path, series_of: Callable[[int], list[Path]], by: str
) -> None:
    """The write is undone at the next opening, which says so; the work is staged again."""
    folder = series_of(40)[0].parent
    killed(disc, folder, *BEFORE_COMMIT, by)
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: shown(document.offer))
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
    window.offer_pending()
    qtbot.waitUntil(lambda: bool(window.findChildren(RecoveryDialog)))
    (dialog,) = window.findChildren(RecoveryDialog)
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


def test_offer_at_the_start_opens_the_file_set(
    qtbot: QtBot, window: MainWindow, disc: Path
) -> None:
    """What was staged in a File-set with a folder is staged again without a further question."""
    earlier = FileSet(disc / "DICOMDIR")
    add_sources(earlier, [sample("CT_small.dcm")])
    earlier.edit_properties(ID="LATER")
    left_behind(StagingStore(), earlier)
    window.offer_pending()
    qtbot.waitUntil(lambda: bool(window.findChildren(RecoveryDialog)))
    window.findChildren(RecoveryDialog)[0].restore_button.click()
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
    window.offer_pending()
    qtbot.waitUntil(lambda: bool(window.findChildren(RecoveryDialog)))
    window.findChildren(RecoveryDialog)[0].discard_button.click()
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
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: shown(document.offer))
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
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: shown(document.offer))
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
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: shown(document.offer))
    document.offer.button.click()
    qtbot.waitUntil(lambda: bool(window.findChildren(OutcomeDialog)))
    assert [Path(one.path) for one in window.findChildren(OutcomeDialog)[0].outcomes] == [paths[1]]
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
    assert not staged_files()


def test_work_on_an_image_is_offered_with_the_image(
    qtbot: QtBot, window: MainWindow, disc: Path, tmp_path: Path
) -> None:
    """What was staged in an archive belongs to it, not to the folder where it lay unpacked."""
    image = Path(shutil.make_archive(str(tmp_path / "disc"), "zip", disc))
    earlier = open_file_set(image)
    earlier.stage_removal([next(iter(earlier))])
    left_behind(StagingStore(), earlier)
    window.offer_pending()
    qtbot.waitUntil(lambda: bool(window.findChildren(RecoveryDialog)))
    (dialog,) = window.findChildren(RecoveryDialog)
    assert dialog.model.item(0, 0).text() == str(image)
    qtbot.mouseClick(dialog.restore_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.current is not None and window.current.has_edits)
    restored = window.current
    assert restored is not None
    assert restored.path == image
    assert restored.file_set is not None
    assert len(restored.file_set.staged_removals) == 1
    qtbot.waitUntil(lambda: restored.can_edit and not window.keeping.is_saving)


def after_a_crash(qtbot: QtBot, window: MainWindow, opened: Document) -> Document:
    """Open in a tab what is staged in another, as a start after a crash does."""
    assert opened.path is not None
    path = opened.path
    qtbot.waitUntil(lambda: bool(staged_files()))
    qtbot.waitUntil(lambda: not window.keeping.is_saving)
    (kept,) = staged_files()
    text = kept.read_text(encoding="utf-8")
    window.closing.discard(opened)
    window.close_current()
    head, rest = text.split("\n", 1)
    kept.write_text("\n".join([json.dumps({**json.loads(head), "run": "ended"}), rest]), "utf-8")
    document = window.open_path(path)
    qtbot.waitUntil(lambda: shown(document.offer))
    document.offer.button.click()
    qtbot.waitUntil(lambda: document.can_edit and document.has_edits)
    return document


def test_undecided_contradictions_are_in_sight_after_a_crash(
    qtbot: QtBot,
    window: MainWindow,
    opened: Document,
    two_names: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The standing line is there again, and a write asks before it."""
    put_off(qtbot, window, opened, two_names)
    document = after_a_crash(qtbot, window, opened)
    assert shown(document.doubts)
    assert "1 conflict not decided" in document.doubts.text.text()
    reached: list[object] = []
    told: list[str] = []

    def back(dialog: UndecidedDialog) -> int:
        told.append(dialog.text())
        dialog.back_button.click()
        return 0

    monkeypatch.setattr(UndecidedDialog, "exec", back)
    monkeypatch.setattr(WritePlanDialog, "exec", reached.append)
    window.table["write"].trigger()
    assert told == ["1 conflict is not decided."]
    assert not reached
    document.undo()
    assert not shown(document.doubts)
    document.redo()
    assert shown(document.doubts)


def refused_only(disc: Path, folder: Path) -> Path:
    """Make a folder with a file that has the UID of an instance of the disc, and other content."""
    folder.mkdir()
    ds = dcmread(next(one for one in sorted(disc.rglob("*/*/*")) if one.is_file()))
    ds.PatientComments = "later"
    ds.save_as(folder / "other.dcm")
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_with_nothing_but_a_question(
    qtbot: QtBot, window: MainWindow, disc: Path, tmp_path: Path
) -> None:
    """What is only to be decided is asked again after a crash, and forgotten when decided."""
    killed(disc, refused_only(disc, tmp_path / "more"))
    assert len(staged_files()) == 1
    window.offer_pending()
    qtbot.waitUntil(lambda: bool(window.findChildren(RecoveryDialog)))
    (recovery,) = window.findChildren(RecoveryDialog)
    assert recovery.model.item(0, 1).text() == "1 conflict"
    recovery.close()
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: shown(document.offer))
    assert "Not decided when the program ended" in document.offer.text.text()
    assert document.offer.button.text() == "Ask again"
    qtbot.mouseClick(document.offer.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown(document.doubts))
    assert not document.has_edits
    assert not shown(document.notice), document.notice.text.text()
    qtbot.waitUntil(lambda: not window.keeping.is_saving)
    assert len(staged_files()) == 1, "kept for the next crash"
    dialog = asked(qtbot, window)
    dialog.decide(Answer.LEAVE_OUT)
    dialog.carry_out_button.click()
    qtbot.waitUntil(lambda: document.can_edit and not shown(document.doubts))
    qtbot.waitUntil(lambda: not staged_files())


def test_a_question_whose_file_is_gone_is_told(
    qtbot: QtBot, window: MainWindow, disc: Path, tmp_path: Path
) -> None:
    """What nobody can ask about any more is listed, and not kept on."""
    folder = refused_only(disc, tmp_path / "more")
    store = StagingStore()
    root = str(disc)
    store.save(StagedWork(root, "1.2", disputed=[str(folder / "other.dcm")]))
    store.close()
    shutil.rmtree(folder)
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: shown(document.offer))
    document.offer.button.click()
    qtbot.waitUntil(lambda: bool(window.findChildren(OutcomeDialog)))
    assert not shown(document.doubts)
    qtbot.waitUntil(lambda: not staged_files())


def test_a_question_about_an_instance_that_is_gone_is_dropped(
    qtbot: QtBot, window: MainWindow, disc: Path, tmp_path: Path
) -> None:
    """Where the File-set no longer has the UID, nothing is left to be decided, and that is said."""
    folder = refused_only(disc, tmp_path / "more")
    uid = dcmread(folder / "other.dcm", specific_tags=["SOPInstanceUID"]).SOPInstanceUID
    file_set = FileSet(disc / "DICOMDIR")
    file_set.stage_removal(file_set.search({"SOPInstanceUID": str(uid)}))
    file_set.write(layout=Layout.KEEP)
    store = StagingStore()
    store.save(StagedWork(str(disc), "1.2", disputed=[str(folder / "other.dcm")]))
    store.close()
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: shown(document.offer))
    document.offer.button.click()
    qtbot.waitUntil(lambda: "Nothing is left" in document.notice.text.text())
    qtbot.waitUntil(lambda: not staged_files())


def test_decided_contradictions_stay_decided_after_crashes(
    qtbot: QtBot, window: MainWindow, opened: Document, two_names: list[Path]
) -> None:
    """Who kept both is not asked again after a crash, nor after the next one."""
    keep_both(qtbot, window, opened, two_names)
    document = opened
    for _ in range(2):
        document = after_a_crash(qtbot, window, document)
        assert document.undecided.count(document.file_set) == 0
        assert not shown(document.doubts)
