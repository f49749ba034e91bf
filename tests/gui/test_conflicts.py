"""Conflicts of an addition are asked about: one list, both sides, clear answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QToolButton

from dicomdir_studio.fileset import Answer, ConflictKind
from dicomdir_studio.gui.dialogs.conflicts import ConflictDialog
from dicomdir_studio.gui.dialogs.copy_target import CopyTargetDialog
from dicomdir_studio.gui.dialogs.outcome import OutcomeDialog
from dicomdir_studio.gui.dialogs.undecided import UndecidedDialog
from dicomdir_studio.gui.dialogs.write_plan import WritePlanDialog
from dicomdir_studio.gui.medium.dialog import MediumDialog
from tests.gui.conflicts import ask, asked, keep_both, put_off, write

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


def names(document: Document) -> list[str]:
    """Return the names in the headers of what is staged for addition."""
    assert document.file_set is not None
    return sorted(str(dcmread(one.path).PatientName) for one in document.file_set.staged_additions)


def test_both_sides_are_shown_and_nothing_is_decided_unasked(
    qtbot: QtBot, window: MainWindow, opened: Document, two_names: list[Path]
) -> None:
    """Two names of one Patient ID stand beside each other; the button waits for a decision."""
    dialog = ask(qtbot, window, opened, *two_names)
    (conflict,) = dialog.model.rows
    assert conflict.kind is ConflictKind.NAME
    assert {conflict.there, conflict.came} == {"One^Person", "Another^Person"}
    found = {row.label: row for row in dialog.sides.rows}
    name = found["Patient's name"]
    assert name.differs
    assert (name.there, name.came) == ("One^Person", "Another^Person")
    assert not found["Patient ID"].differs
    assert found["File"].there == str(two_names[0])
    assert str(two_names[1]) in found["File"].came
    assert "1 more" in found["File"].came
    assert not dialog.carry_out_button.isEnabled()
    assert not dialog.choices[Answer.REPLACE].isEnabled()
    assert not any(button.isChecked() for button in dialog.choices.values())


def test_new_files_are_left_out_and_undo_brings_them(
    qtbot: QtBot, window: MainWindow, opened: Document, two_names: list[Path]
) -> None:
    """Left out is what came with the other name; the rest stays, and all can be undone."""
    dialog = ask(qtbot, window, opened, *two_names)
    qtbot.keyClick(dialog.choices[Answer.LEAVE_OUT], Qt.Key.Key_Space)
    qtbot.mouseClick(dialog.carry_out_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.can_edit and not opened.is_busy)
    qtbot.waitUntil(lambda: names(opened) == ["One^Person"])
    assert "decided" in opened.notice.text.text()
    assert not [one for one in window.findChildren(OutcomeDialog) if one.isVisible()]
    opened.undo()
    assert names(opened) == ["Another^Person", "Another^Person", "One^Person"]
    opened.undo()
    assert not opened.has_edits


def test_both_are_kept(
    qtbot: QtBot, window: MainWindow, opened: Document, two_names: list[Path]
) -> None:
    """Who keeps both has both staged, and is not asked again."""
    keep_both(qtbot, window, opened, two_names)
    assert len(names(opened)) == 3
    assert not [one for one in window.findChildren(QDialog) if one.isVisible()]


@pytest.mark.parametrize("answer", [Answer.REPLACE, Answer.LEAVE_OUT])
def test_other_content_of_one_uid(
    qtbot: QtBot, window: MainWindow, opened: Document, tmp_path: Path, answer: Answer
) -> None:
    """A file with the UID of another is left out unless a person replaces the old with it."""
    first, second = write(tmp_path / "a.dcm"), write(tmp_path / "b.dcm", PatientComments="later")
    opened.add([str(first)])
    qtbot.waitUntil(lambda: opened.can_edit)
    dialog = ask(qtbot, window, opened, second)
    sizes = next(row for row in dialog.sides.rows if row.label == "Size")
    assert f"{first.stat().st_size:,}"[:2] in sizes.there.replace("\u202f", ",")
    assert sizes.differs
    assert not dialog.choices[Answer.KEEP].isEnabled()
    dialog.decide(answer)
    dialog.carry_out_button.click()
    qtbot.waitUntil(lambda: opened.can_edit)
    qtbot.wait(20)
    assert opened.file_set is not None
    (staged,) = opened.file_set.staged_additions
    assert staged.path == str(second if answer is Answer.REPLACE else first)
    assert not [one for one in window.findChildren(QDialog) if one.isVisible()]


def test_later_keeps_a_line_in_sight(
    qtbot: QtBot, window: MainWindow, opened: Document, two_names: list[Path]
) -> None:
    """Who closes the list finds a bar that leads back to it."""
    put_off(qtbot, window, opened, two_names)
    assert len(names(opened)) == 3
    qtbot.mouseClick(opened.doubts.button, Qt.MouseButton.LeftButton)
    again = asked(qtbot, window)
    again.undo_button.click()
    assert names(opened) == []
    assert not opened.doubts.isVisible()


def test_no_other_message_takes_the_place_of_what_is_undecided(
    qtbot: QtBot, window: MainWindow, opened: Document, two_names: list[Path], tmp_path: Path
) -> None:
    """The line stays beside what is said of the next addition, and cannot be put away."""
    put_off(qtbot, window, opened, two_names)
    other = write(
        tmp_path / "other.dcm",
        PatientID="OTHER",
        SOPInstanceUID=generate_uid(),
        StudyInstanceUID=generate_uid(),
        SeriesInstanceUID=generate_uid(),
    )
    opened.add([str(other)])
    qtbot.waitUntil(lambda: opened.can_edit and len(names(opened)) == 4)
    assert opened.doubts.isVisible()
    assert "not decided" in opened.doubts.text.text()
    assert [one for one in opened.doubts.findChildren(QToolButton) if one.isVisible()] == []


def test_taking_an_addition_back_later_leaves_other_edits_alone(
    qtbot: QtBot, window: MainWindow, opened: Document, two_names: list[Path]
) -> None:
    """The button takes back the addition that it is about, not what was done last."""
    put_off(qtbot, window, opened, two_names)
    file_set = opened.file_set
    assert file_set is not None
    opened.remove([file_set.tree.children[0]])
    removed = len(file_set.staged_removals)
    assert removed
    opened.doubts.button.click()
    asked(qtbot, window).undo_button.click()
    assert names(opened) == []
    assert len(file_set.staged_removals) == removed


def test_the_line_goes_with_the_addition_and_comes_back_with_it(
    qtbot: QtBot, window: MainWindow, opened: Document, two_names: list[Path]
) -> None:
    """Undo ends the question, redo brings it back; so it is with files that were left out."""
    put_off(qtbot, window, opened, two_names)
    opened.undo()
    assert not opened.doubts.isVisible()
    opened.redo()
    assert opened.doubts.isVisible()
    opened.doubts.button.click()
    dialog = asked(qtbot, window)
    dialog.decide(Answer.LEAVE_OUT)
    dialog.carry_out_button.click()
    qtbot.waitUntil(lambda: opened.can_edit and names(opened) == ["One^Person"])
    assert not opened.doubts.isVisible()
    opened.undo()
    assert opened.doubts.isVisible()


@pytest.mark.parametrize("way", ["write", "copy", "medium"])
@pytest.mark.parametrize(
    ("button", "goes_on"), [("go_on", True), ("back", False), ("decide", False)]
)
def test_nothing_is_written_undecided_without_a_word(
    qtbot: QtBot,
    window: MainWindow,
    opened: Document,
    two_names: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    button: str,
    goes_on: bool,
) -> None:
    """Writing, copying and making media say first that something is not decided."""
    put_off(qtbot, window, opened, two_names)
    told: list[str] = []

    def press(dialog: UndecidedDialog) -> int:
        told.append(dialog.text())
        getattr(dialog, f"{button}_button").click()
        return 0

    monkeypatch.setattr(UndecidedDialog, "exec", press)
    reached: list[object] = []

    def reach(dialog: object) -> int:
        reached.append(dialog)
        return 0

    for kind, shown in (
        (WritePlanDialog, "exec"),
        (CopyTargetDialog, "exec"),
        (MediumDialog, "open"),
    ):
        monkeypatch.setattr(kind, shown, reach)
    window.table[way].trigger()
    assert told == ["1 conflict is not decided."]
    assert bool(reached) is goes_on
    asking = [one for one in window.findChildren(ConflictDialog) if one.isVisible()]
    assert bool(asking) is (button == "decide")


def test_what_was_kept_is_written_without_a_question(
    qtbot: QtBot, window: MainWindow, opened: Document, two_names: list[Path]
) -> None:
    """Who decided is not asked again."""
    keep_both(qtbot, window, opened, two_names)
    assert opened.undecided.count(opened.file_set) == 0
    assert not opened.doubts.isVisible()


def test_a_write_ends_the_question(
    qtbot: QtBot, window: MainWindow, opened: Document, two_names: list[Path]
) -> None:
    """What is on the medium is staged no more: nothing is left to be decided."""
    put_off(qtbot, window, opened, two_names)
    assert opened.file_set is not None
    opened.execute(opened.file_set.plan())
    qtbot.waitUntil(lambda: opened.can_edit)
    assert opened.undecided.count(opened.file_set) == 0
    assert not opened.doubts.isVisible()


def test_many_contradictions_are_one_list(
    qtbot: QtBot, window: MainWindow, opened: Document, tmp_path: Path
) -> None:
    """Conflicts beyond a batch of rows are decided about with two keys."""
    files = []
    for number in range(150):
        for name in ("One^Person", "Another^Person"):
            uids = {
                key: generate_uid()
                for key in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
            }
            path = tmp_path / f"{number}-{name}.dcm"
            files.append(write(path, PatientID=f"ID{number}", PatientName=name, **uids))
    dialog = ask(qtbot, window, opened, *files)
    assert len(dialog.model.rows) == 150
    dialog.alike_button.click()
    assert len(dialog.selected()) == 150
    dialog.decide(Answer.LEAVE_OUT)
    assert dialog.carry_out_button.isEnabled()
    dialog.carry_out_button.click()
    qtbot.waitUntil(lambda: opened.can_edit and len(names(opened)) == 150)


def test_a_missing_side_does_not_hide_the_other(
    qtbot: QtBot, window: MainWindow, opened: Document, two_names: list[Path]
) -> None:
    """Where the old file is gone its record speaks for it, and the reason is shown."""
    opened.add([str(two_names[0])])
    qtbot.waitUntil(lambda: opened.can_edit)
    two_names[0].unlink()
    dialog = ask(qtbot, window, opened, two_names[1])
    found = {row.label: row for row in dialog.sides.rows}
    assert found["Patient's name"].there == "One^Person"
    assert "FileNotFound" in found["Cannot be read"].there
    dialog.undo_button.click()


def test_all_answers_fit_a_small_screen_with_large_letters(
    qtbot: QtBot, window: MainWindow, opened: Document, two_names: list[Path]
) -> None:
    """Letters of one and a half times the size leave the buttons within 1,024 pixels."""
    dialog = ask(qtbot, window, opened, *two_names)
    usual = dialog.minimumSizeHint().width()
    assert usual * 1.5 < 1024
    dialog.undo_button.click()


def test_undo_is_offered_as_long_as_it_means_the_decision(
    qtbot: QtBot, window: MainWindow, opened: Document, two_names: list[Path]
) -> None:
    """After another edit the button would take back that one."""
    dialog = ask(qtbot, window, opened, *two_names)
    dialog.decide(Answer.LEAVE_OUT)
    dialog.carry_out_button.click()
    qtbot.waitUntil(lambda: opened.can_edit and opened.notice.isVisible())
    assert opened.notice.button.text() == "Undo"
    assert opened.file_set is not None
    opened.remove([opened.file_set.tree.children[0]])
    assert not opened.notice.isVisible()
