"""Conflicts that were not decided when the program ended are asked about again."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from pydicom import dcmread
from PySide6.QtCore import Qt

from dicomdir_studio.fileset import Answer, FileSet, Layout
from dicomdir_studio.gui.dialogs.outcome import OutcomeDialog
from dicomdir_studio.gui.dialogs.undecided import UndecidedDialog
from dicomdir_studio.gui.dialogs.write_plan import WritePlanDialog
from dicomdir_studio.session.staged_work import StagedWork
from dicomdir_studio.session.staging_store import StagingStore
from tests.gui.conflicts import asked, keep_both, put_off
from tests.gui.crashes import killed, offered, reopened, shown, staged_files
from tests.gui.dialogs import the_only

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


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
    document = reopened(qtbot, window, path)
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
    recovery = offered(qtbot, window)
    assert recovery.model.item(0, 1).text() == "1 conflict"
    recovery.close()
    document = reopened(qtbot, window, disc)
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
    document = reopened(qtbot, window, disc)
    document.offer.button.click()
    the_only(qtbot, window, OutcomeDialog)
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
    document = reopened(qtbot, window, disc)
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
