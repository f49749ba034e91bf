"""Dialogs that show the plan of a write, ask where a copy goes, and ask before closing."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from pydicom.data import get_testdata_file
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox

from dicomdir_studio.errors import FileSetError
from dicomdir_studio.fileset import FileSet, Layout, WritePlan
from dicomdir_studio.gui.dialogs.close_changes import CloseDialog, ask_close
from dicomdir_studio.gui.dialogs.copy_target import LAST_FOLDER, CopyTargetDialog, look_at_folder
from dicomdir_studio.gui.dialogs.write_plan import WritePlanDialog, accept_text
from dicomdir_studio.gui.models.lazy import BATCH
from dicomdir_studio.gui.models.plan import ACT, FROM, Act, PlanModel, PlannedFile, summary_of
from dicomdir_studio.session.settings import Settings
from tests.gui.watching import watch
from tests.storage.without_room import leave_no_room

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.monitor import Monitor


@pytest.fixture
def file_set(sample_dir: Path) -> FileSet:
    """Stage two additions and one removal on the sample File-set."""
    fs = FileSet(sample_dir / "DICOMDIR")
    fs.add_many([str(get_testdata_file(name)) for name in ("CT_small.dcm", "MR_small.dcm")])
    fs.stage_removal([next(iter(fs))])
    return fs


@pytest.fixture
def dialog(qtbot: QtBot, poller: JobPoller, file_set: FileSet) -> WritePlanDialog:
    """Show the plan of a write to the sample File-set."""

    def factory(layout: Layout, monitor: Monitor) -> WritePlan:
        return file_set.plan(layout=layout)

    dialog = WritePlanDialog(factory, poller)
    qtbot.addWidget(dialog)
    watch(dialog.model, fetching=False)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.plan is not None)
    return dialog


def test_the_page_says_all_that_the_write_does(dialog: WritePlanDialog, file_set: FileSet) -> None:
    """Files in and out, renames, bytes, target, free space, and the effect on the button."""
    plan = dialog.plan
    assert plan is not None
    assert dialog.target.text() == file_set.path
    assert dialog.facts["in"].text().startswith("2 files (")
    assert dialog.facts["out"].text() == "1 file"
    assert dialog.facts["renames"].text() == "none"
    assert "of which DICOMDIR" in dialog.facts["bytes"].text()
    assert dialog.facts["free"].text()
    assert dialog.facts["result"].text() == "32 instances"
    assert dialog.accept_button.text() == "Write 2 additions, 1 removal"
    assert dialog.accept_button.isDefault()
    acts = [dialog.model.index(row, ACT).data() for row in range(dialog.model.rowCount())]
    assert acts == ["+ Add", "+ Add", "\N{MINUS SIGN} Remove"]
    assert str(dialog.model.index(0, FROM).data()).endswith(".dcm")


def test_the_standard_layout_is_planned_anew(dialog: WritePlanDialog, qtbot: QtBot) -> None:
    """Another layout makes another plan; the button waits for it."""
    dialog.standard.click()
    assert not dialog.accept_button.isEnabled()
    qtbot.waitUntil(lambda: dialog.plan is not None)
    plan = dialog.plan
    assert plan is not None
    assert plan.layout is Layout.STANDARD
    renames = f"{len(plan.renames)} renames"
    assert dialog.accept_button.text() == f"Write 2 additions, 1 removal, {renames}"
    assert dialog.facts["out"].text() == "1 file"
    dialog.keep.click()
    qtbot.waitUntil(lambda: dialog.plan is not None)
    assert dialog.keep.isChecked()
    assert dialog.accept_button.text() == "Write 2 additions, 1 removal"


def test_return_accepts_and_nothing_is_written(
    dialog: WritePlanDialog, file_set: FileSet, sample_dir: Path, qtbot: QtBot
) -> None:
    """The dialog decides only; the accepted plan is what was shown."""
    before = (sample_dir / "DICOMDIR").read_bytes()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.result() == WritePlanDialog.DialogCode.Accepted
    assert dialog.plan is not None
    assert dialog.verify
    assert (sample_dir / "DICOMDIR").read_bytes() == before
    assert file_set.edit_count


def test_problems_stop_the_write(
    qtbot: QtBot, poller: JobPoller, file_set: FileSet, tmp_path: Path
) -> None:
    """What stands in the way is told in words, with a badge, and cannot be accepted."""
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "DICOMDIR").write_text("x")
    dialog = WritePlanDialog(
        lambda layout, _monitor: file_set.plan_copy(taken, layout=layout), poller
    )
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog._job is None)
    assert dialog.plan is not None
    assert dialog.problems.text().splitlines() == [f"! {one}" for one in dialog.plan.problems]
    assert not dialog.accept_button.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.isVisible()


def test_a_copy_without_missing_files_warns(
    qtbot: QtBot, poller: JobPoller, sample_dir: Path, tmp_path: Path
) -> None:
    """Records whose file is missing are named; the rest can be copied."""
    lost = next((sample_dir / "77654033" / "CR1").iterdir())
    lost.unlink()
    fs = FileSet(sample_dir / "DICOMDIR", salvage=True)
    dialog = WritePlanDialog(
        lambda layout, _monitor: fs.plan_copy(tmp_path / "copy", layout=layout), poller
    )
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: dialog.plan is not None)
    assert lost.name in dialog.left_out.text()
    assert dialog.accept_button.isEnabled()


def test_files_that_are_not_what_they_should_be_need_a_word(
    qtbot: QtBot, poller: JobPoller, swapped: Path, tmp_path: Path
) -> None:
    """Files that are cut off or under records of something else need a tick to go along."""
    cut = max(swapped.parent.glob("77654033/CT2/*"))
    cut.write_bytes(cut.read_bytes()[:-100])
    fs = FileSet(swapped)
    dialog = WritePlanDialog(
        lambda layout, monitor: fs.plan_copy(
            tmp_path / "copy", layout=layout, compare=True, monitor=monitor
        ),
        poller,
    )
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.plan is not None)
    assert dialog.contradictions.text().count("another instance than its record") == 2
    assert f"{cut.name}: it is cut off" in dialog.contradictions.text()
    assert dialog.contradictions.toolTip().count("names SOP Instance") == 2
    assert not dialog.accept_button.isEnabled()
    dialog.as_it_is.click()
    assert dialog.accept_button.isEnabled()
    dialog.as_it_is.click()
    assert not dialog.accept_button.isEnabled()


def test_a_plan_that_cannot_be_made_says_why(qtbot: QtBot, poller: JobPoller) -> None:
    """An error of the planner stands on the page."""

    def factory(layout: Layout, monitor: Monitor) -> WritePlan:
        raise FileSetError("The File-set has no folder", remedy="Choose one")

    dialog = WritePlanDialog(factory, poller)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: dialog._job is None)
    assert "The File-set has no folder" in dialog.problems.text()
    assert not dialog.accept_button.isEnabled()


def test_closing_while_planning_gives_up(
    qtbot: QtBot, poller: JobPoller, file_set: FileSet
) -> None:
    """Escape closes at once; the late plan is dropped."""
    go = threading.Event()

    def factory(layout: Layout, monitor: Monitor) -> WritePlan:
        go.wait(5)
        return file_set.plan(layout=layout)

    dialog = WritePlanDialog(factory, poller)
    qtbot.addWidget(dialog)
    dialog.show()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.result() == WritePlanDialog.DialogCode.Rejected
    go.set()
    qtbot.wait(150)
    assert dialog.plan is None


def test_a_copy_says_what_it_copies(file_set: FileSet, tmp_path: Path) -> None:
    """The button of a copy names the instances."""
    plan = file_set.plan_copy(tmp_path / "copy")
    assert accept_text(plan, summary_of(plan)) == "Copy 32 instances"


def test_changed_properties_alone_are_a_write_of_the_dicomdir(sample_dir: Path) -> None:
    """Without files in or out the button says that only the DICOMDIR is written."""
    fs = FileSet(sample_dir / "DICOMDIR")
    fs.edit_properties(ID="DISC_1")
    plan = fs.plan(layout=Layout.KEEP)
    assert accept_text(plan, summary_of(plan)) == "Write the DICOMDIR only"


def test_the_plan_model_hands_out_batches(qtbot: QtBot) -> None:
    """100,000 files of a plan cost a batch."""
    model = PlanModel()
    watch(model, fetching=False)
    model.set_rows([PlannedFile(Act.ADD, f"IM{n:06}", f"/in/{n}", n) for n in range(100_000)])
    assert model.rowCount() == BATCH
    model.fetchMore(QModelIndex())
    assert model.rowCount() == 2 * BATCH
    model.set_rows(())


@pytest.fixture
def target(qtbot: QtBot, file_set: FileSet) -> CopyTargetDialog:
    """Show the dialog for the folder of a copy."""
    dialog = CopyTargetDialog(file_set, Settings())
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_a_new_folder_will_do(target: CopyTargetDialog, tmp_path: Path, qtbot: QtBot) -> None:
    """A folder that is yet to be made is told as new, with the free space."""
    assert not target.next_button.isEnabled()
    target.folder.setText(str(tmp_path / "new"))
    qtbot.waitUntil(target.next_button.isEnabled)
    assert "new folder" in target.note.text()
    assert "free" in target.note.text()
    assert not (tmp_path / "new").exists()
    target.accept()
    assert target.path == tmp_path / "new"
    assert target.file_layout is Layout.STANDARD


def test_a_folder_with_files_is_told(
    target: CopyTargetDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    """Foreign files are a warning, no obstacle."""
    folder = tmp_path / "used"
    folder.mkdir()
    target.folder.setText(str(folder))
    qtbot.waitUntil(target.next_button.isEnabled)
    assert "is empty" in target.note.text()
    (folder / "notes.txt").write_text("mine")
    target.folder.setText(str(folder) + "/.")
    qtbot.waitUntil(lambda: "not empty" in target.note.text())
    assert target.next_button.isEnabled()
    assert target.note.text().startswith("▲")


def _says(target: CopyTargetDialog, text: str) -> bool:
    return text in target.note.text()


def test_some_folders_will_not_do(
    target: CopyTargetDialog, sample_dir: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    """The File-set's own folder, another File-set, a file and a relative path are refused."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "dicomdir").write_text("x")
    for path, said in (
        (str(sample_dir), "File-set itself"),
        (str(other), "another File-set"),
        (str(other / "dicomdir"), "not a folder"),
        ("somewhere", "full path"),
        ("", "Choose"),
    ):
        target.folder.setText(path)
        qtbot.waitUntil(partial(_says, target, said))
        assert not target.next_button.isEnabled()


def test_the_folder_is_remembered(file_set: FileSet, tmp_path: Path, qtbot: QtBot) -> None:
    """The next copy starts beside the last one."""
    settings = Settings()
    dialog = CopyTargetDialog(file_set, settings)
    qtbot.addWidget(dialog)
    dialog.folder.setText(str(tmp_path / "one"))
    dialog.keep.setChecked(True)
    qtbot.waitUntil(dialog.next_button.isEnabled)
    dialog.next_button.click()
    assert settings.preferences[LAST_FOLDER] == str(tmp_path)
    assert dialog.file_layout is Layout.KEEP


def test_a_look_at_a_folder_below_a_file(tmp_path: Path) -> None:
    """A path below a file can never become a folder."""
    (tmp_path / "file").write_text("x")
    facts = look_at_folder(tmp_path / "file" / "below")
    assert facts.trouble or not facts.is_folder


def _press(dialog: CloseDialog, qtbot: QtBot, label: str) -> None:
    button = next(b for b in dialog.buttons() if b.text().replace("&", "") == label)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    ("label", "answer"), [("Write…", "write"), ("Discard", "discard"), ("Go back", "back")]
)
def test_closing_asks(file_set: FileSet, qtbot: QtBot, label: str, answer: str) -> None:
    """Three answers, and the question says what is staged."""
    dialog = CloseDialog(file_set)
    qtbot.addWidget(dialog)
    assert dialog.informativeText().startswith("2 additions, 1 removal")
    assert dialog.defaultButton() is dialog.write_button
    dialog.open()
    _press(dialog, qtbot, label)
    assert dialog.answer == answer


def test_escape_goes_back(file_set: FileSet, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Escape answers to go back, never to lose anything."""

    def press_escape(dialog: CloseDialog) -> int:
        dialog.open()
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        return 0

    monkeypatch.setattr(CloseDialog, "exec", press_escape)
    assert ask_close(file_set) == "back"


def test_the_standard_buttons_are_there(dialog: WritePlanDialog) -> None:
    """Cancel stands beside the button that writes."""
    assert dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel) is not None


def test_files_renamed_in_place_are_announced(
    dialog: WritePlanDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither links nor room on the medium: the page says it where files are to be renamed."""
    assert not dialog.notes.isVisible()
    leave_no_room(monkeypatch)
    dialog.standard.setChecked(True)
    qtbot.waitUntil(lambda: dialog.plan is not None)
    assert dialog.notes.text().startswith("\N{BLACK UP-POINTING TRIANGLE} There is no room for cop")
    assert dialog.notes.isVisible()
    assert dialog.accept_button.isEnabled()
    dialog.keep.setChecked(True)
    qtbot.waitUntil(lambda: dialog.plan is not None)
    assert not dialog.notes.isVisible()
