"""Writing and copying from the window: reviewed, carried out, cancelled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.gui.dialogs.copy_target import CopyTargetDialog
from dicomdir_studio.gui.dialogs.write_plan import WritePlanDialog
from tests.folders import digest
from tests.gui.editing import select_study, stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


@pytest.fixture
def accept_plan(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> list[WritePlanDialog]:
    """Let the plan be made and accepted as soon as it can be; collects the dialogs."""
    seen: list[WritePlanDialog] = []

    def accept(dialog: WritePlanDialog) -> int:
        seen.append(dialog)
        dialog.show()
        qtbot.waitUntil(dialog.accept_button.isEnabled)
        qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
        return dialog.result()

    monkeypatch.setattr(WritePlanDialog, "exec", accept)
    return seen


def test_write_keeps_open_rows_and_clears_the_star(
    qtbot: QtBot,
    window: MainWindow,
    opened: Document,
    accept_plan: list[WritePlanDialog],
) -> None:
    """Write reviews, writes, and shows the new records where the old ones were open."""
    stage(qtbot, opened, "CT_small.dcm", "MR_small.dcm")
    count = select_study(opened, "Carotids")
    window.table["remove"].trigger()
    open_before = len(opened.view.open_keys())
    window.table["write"].trigger()
    qtbot.waitUntil(lambda: opened.can_edit)
    assert len(accept_plan) == 1
    assert not opened.has_edits
    assert window.tabs.tabText(0) == "PYDICOM_TEST"
    assert "written" in opened.notice.text.text()
    assert opened.file_set is not None
    assert len(opened.file_set) == 33 - count
    assert len(opened.view.open_keys()) >= open_before - 3
    again = FileSet(Path(opened.file_set.path or "") / "DICOMDIR")
    assert len(again) == 33 - count


def test_cancelled_review_writes_nothing(
    qtbot: QtBot, window: MainWindow, opened: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing the plan leaves medium and staging as they were."""
    stage(qtbot, opened, "CT_small.dcm")
    before = digest(Path(opened.path or "") / "DICOMDIR")
    monkeypatch.setattr(WritePlanDialog, "exec", lambda dialog: dialog.reject() or 0)
    window.table["write"].trigger()
    assert not opened.is_busy
    assert opened.has_edits
    assert digest(Path(opened.path or "") / "DICOMDIR") == before


def test_cancelled_write_leaves_the_old_state(
    qtbot: QtBot, opened: Document, series_of: Callable[[int], list[Path]]
) -> None:
    """A write cancelled under way leaves the medium as it was and the edits staged."""
    opened.add([str(path) for path in series_of(300)])
    qtbot.waitUntil(lambda: opened.can_edit)
    assert opened.file_set is not None
    root = Path(opened.path or "")
    before = {path: digest(path) for path in root.rglob("*") if path.is_file()}
    opened.execute(opened.file_set.plan(layout=Layout.KEEP))
    assert opened.job is not None
    opened.job.cancel()
    qtbot.waitUntil(lambda: opened.can_edit)
    assert "Cancelled" in opened.notice.text.text()
    assert len(opened.file_set.staged_additions) == 300
    after = {path: digest(path) for path in root.rglob("*") if path.is_file()}
    assert after == before


def test_new_set_asks_for_its_folder(
    qtbot: QtBot,
    window: MainWindow,
    tmp_path: Path,
    accept_plan: list[WritePlanDialog],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A new File-set is written where the person says, in the standard layout."""
    target = tmp_path / "new"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: str(target))
    document = window.new_document()
    stage(qtbot, document, "CT_small.dcm")
    window.table["write"].trigger()
    qtbot.waitUntil(lambda: document.can_edit and not document.has_edits)
    assert (target / "DICOMDIR").is_file()
    assert (target / "PT000000" / "ST000000" / "SE000000" / "IM000000").is_file()
    assert document.path == target
    assert str(target) in window.memory.settings.recent


def test_copy_to_another_folder_and_open_it(
    qtbot: QtBot,
    window: MainWindow,
    opened: Document,
    tmp_path: Path,
    accept_plan: list[WritePlanDialog],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The main job: additions and a removal are in the copy, bytes are those of the sources."""
    stage(qtbot, opened, "CT_small.dcm", "MR_small.dcm")
    count = select_study(opened, "Carotids")
    window.table["remove"].trigger()
    target = tmp_path / "copy"

    def choose(dialog: CopyTargetDialog) -> int:
        dialog.folder.setText(str(target))
        qtbot.waitUntil(dialog.next_button.isEnabled)
        dialog.accept()
        return dialog.result()

    monkeypatch.setattr(CopyTargetDialog, "exec", choose)
    window.table["copy"].trigger()
    qtbot.waitUntil(lambda: opened.can_edit)
    assert opened.has_edits, "the original keeps what is staged"
    assert opened.notice.button.isVisible()
    qtbot.mouseClick(opened.notice.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.tabs.count() == 2 and window.documents()[1].can_edit)
    copied = window.documents()[1].file_set
    assert opened.file_set is not None
    assert copied is not None
    assert len(copied) == 33 - count
    sources = {one.SOPInstanceUID: Path(one.path) for one in opened.file_set}
    for instance in copied:
        assert digest(Path(instance.path)) == digest(sources[instance.SOPInstanceUID])
