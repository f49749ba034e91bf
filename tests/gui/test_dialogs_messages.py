"""Dialogs that tell what happened, ask a short question or edit the File-set's properties."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLabel, QPushButton

import dicomdir_studio
from dicomdir_studio.errors import (
    NotDicomError,
    OperationCancelledError,
    StorageError,
    StudioError,
    TruncatedFileError,
)
from dicomdir_studio.fileset import FileSet, Finding, Severity
from dicomdir_studio.gui.dialogs.about import AboutDialog
from dicomdir_studio.gui.dialogs.drop_directory import DropDirectoryDialog
from dicomdir_studio.gui.dialogs.error import ErrorDialog, show_error
from dicomdir_studio.gui.dialogs.outcome import OutcomeDialog
from dicomdir_studio.gui.dialogs.properties import (
    PropertiesDialog,
    judge_file_id,
    judge_id,
    judge_uid,
)
from dicomdir_studio.gui.dialogs.report import error_report
from dicomdir_studio.gui.models.lazy import BATCH
from dicomdir_studio.gui.models.outcomes import (
    FILE,
    KIND,
    REASON,
    REMEDY,
    Kind,
    OutcomesModel,
    outcomes_of,
)
from tests.gui.watching import watch

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot


# -- errors ------------------------------------------------------------------------------------


def _texts(dialog: ErrorDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


def test_an_error_is_told_whole(qtbot: QtBot) -> None:
    """What, which file, why and what next, each in its line."""
    error = StorageError(
        "The file cannot be copied", where="/media/disc/IM1", why="No space", remedy="Make room"
    )
    dialog = ErrorDialog(error)
    qtbot.addWidget(dialog)
    for text in ("The file cannot be copied", "/media/disc/IM1", "No space", "Make room"):
        assert text in _texts(dialog)
        assert text in dialog.report


def _fail_with_a_name() -> None:
    records: dict[str, int] = {}
    records["Doe^John"]


def _fail_after_another() -> None:
    try:
        int("Roe^Jane")
    except ValueError:
        _fail_with_a_name()


def test_an_unforeseen_error_tells_no_patient_data(qtbot: QtBot) -> None:
    """The report holds versions, type and lines of the program, but not the message."""
    with pytest.raises(KeyError) as caught:
        _fail_after_another()
    dialog = ErrorDialog(caught.value)
    qtbot.addWidget(dialog)
    for text in (_texts(dialog), error_report(caught.value)):
        assert "KeyError" in text
        assert "Doe^John'" not in text.replace('records["Doe^John"]', "")
    assert dicomdir_studio.__version__ in dialog.report
    assert "Caused by: ValueError" in dialog.report
    assert "in _fail_with_a_name" in dialog.report


def test_the_report_is_copied_and_its_details_open(qtbot: QtBot) -> None:
    """Copy report fills the clipboard; details show the same text; Escape closes."""
    dialog = ErrorDialog(RuntimeError("x"))
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.copy_button.click()
    assert QApplication.clipboard().text() == dialog.report
    dialog.details_button.click()
    assert dialog.details.isVisible()
    assert dialog.details.toPlainText() == dialog.report
    dialog.details_button.click()
    assert not dialog.details.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_cancelling_is_no_error(qtbot: QtBot) -> None:
    """Nothing is shown for what the person asked for; anything else opens at once."""
    assert show_error(None, OperationCancelledError()) is None
    dialog = show_error(None, StorageError("It failed"))
    assert dialog is not None
    assert dialog.isVisible()
    dialog.reject()


# -- what came of adding -------------------------------------------------------------------------

REFUSED = [
    ("/in/b.txt", NotDicomError("The file is not DICOM", why="PS3.10 7.1", remedy="Skip")),
    ("/in/a.dcm", TruncatedFileError("The file ends inside an element")),
]
FINDINGS = [
    Finding(Severity.WARNING, "StudyID was filled in as '1'", "/in/d.dcm", "PS3.3 F.5"),
    Finding(Severity.ERROR, "Two names", "/in/c.dcm", "PS3.3 F.5.1", "Look"),
]
OUTCOMES = outcomes_of(REFUSED, FINDINGS)


def test_outcomes_are_listed_gravest_first(qtbot: QtBot) -> None:
    """Conflicts, refusals, remarks; sorted by name on request; one is told whole."""
    dialog = OutcomeDialog(OUTCOMES)
    qtbot.addWidget(dialog)
    watch(dialog.model, fetching=False)
    dialog.show()
    assert [one.kind for one in dialog.model.rows] == [
        Kind.CONFLICT, Kind.REFUSED, Kind.REFUSED, Kind.REMARK,
    ]  # fmt: skip
    assert "conflict" in dialog.model.index(0, KIND).data()
    row = [dialog.model.index(1, column).data() for column in (FILE, REASON, REMEDY)]
    assert row == ["b.txt", "The file is not DICOM (PS3.10 7.1)", "Skip"]
    assert "/in/c.dcm" in dialog.text.text()
    dialog.view.setCurrentIndex(dialog.model.index(1, 0))
    assert "/in/b.txt" in dialog.text.text()
    dialog.model.sort(FILE, Qt.SortOrder.DescendingOrder)
    assert dialog.model.index(0, FILE).data() == "d.dcm"


def test_contradictions_offer_to_undo(qtbot: QtBot) -> None:
    """The addition can be taken back where images may be mixed up, and only there."""
    calls: list[int] = []
    dialog = OutcomeDialog(OUTCOMES, undo=lambda: calls.append(1))
    qtbot.addWidget(dialog)
    dialog.show()
    assert "mixed up" in dialog.warning.text()
    qtbot.mouseClick(dialog.undo_button, Qt.MouseButton.LeftButton)
    assert calls == [1]
    assert not dialog.isVisible()
    plain = OutcomeDialog(outcomes_of(REFUSED, []), undo=lambda: calls.append(2))
    qtbot.addWidget(plain)
    plain.show()
    assert not plain.undo_button.isVisible()
    assert not plain.warning.isVisible()


def test_outcomes_are_copied_and_saved(qtbot: QtBot, tmp_path: Path) -> None:
    """Both as CSV with the whole paths."""
    dialog = OutcomeDialog(OUTCOMES)
    qtbot.addWidget(dialog)
    dialog.copy_all()
    copied = list(csv.reader(QApplication.clipboard().text().splitlines()))
    assert copied[0] == ["Outcome", "File", "Why", "What you can do"]
    target = tmp_path / "outcome.csv"
    dialog.save(target)
    qtbot.waitUntil(lambda: dialog.save_button.text() == "Saved")
    saved = list(csv.reader(target.read_text(encoding="utf-8-sig").splitlines()))
    assert saved == copied
    assert [row[:2] for row in saved[1:3]] == [
        ["conflict", "/in/c.dcm"],
        ["refused", "/in/b.txt"],
    ]


def test_a_list_that_cannot_be_saved_says_why(qtbot: QtBot, tmp_path: Path) -> None:
    """A failing save opens the error over the dialog."""
    dialog = OutcomeDialog(OUTCOMES)
    qtbot.addWidget(dialog)
    dialog.show()
    (tmp_path / "file").write_text("x")
    dialog.save(tmp_path / "file" / "outcome.csv")
    qtbot.waitUntil(lambda: bool(dialog.findChildren(ErrorDialog)))
    shown = dialog.findChild(ErrorDialog)
    assert isinstance(shown, ErrorDialog)
    assert isinstance(shown.error, StorageError)
    shown.reject()


def test_many_outcomes_are_fetched_in_batches(qtbot: QtBot) -> None:
    """A folder of 10,000 text files costs a batch of rows."""
    model = OutcomesModel()
    watch(model, fetching=False)
    model.set_rows(OUTCOMES * 2500)
    assert model.rowCount() == BATCH
    model.sort(REASON)
    model.fetchMore(QModelIndex())
    assert model.rowCount() == 2 * BATCH


# -- properties --------------------------------------------------------------------------------


@pytest.fixture
def properties(qtbot: QtBot, file_set: FileSet) -> PropertiesDialog:
    """Show the properties of the sample File-set."""
    dialog = PropertiesDialog(file_set)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def _ok(dialog: PropertiesDialog) -> Any:
    return dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)


def test_unchanged_properties_change_nothing(properties: PropertiesDialog) -> None:
    """What is shown is what the File-set has; there is nothing to stage."""
    assert properties.id_line.text() == "PYDICOM_TEST"
    assert properties.changes == {}
    assert not _ok(properties).isEnabled()


def test_changes_are_those_of_the_engine(
    properties: PropertiesDialog, file_set: FileSet, qtbot: QtBot
) -> None:
    """Typed letters become capital; the result is staged as one undoable edit."""
    properties.id_line.clear()
    QTest.keyClicks(properties.id_line, "disc_1")
    properties.new_uid_button.click()
    properties.descriptor_line.setText("DOCS/README")
    place = properties.character_set.findData("ISO_IR 192")
    properties.character_set.setCurrentIndex(place)
    assert _ok(properties).isEnabled()
    _ok(properties).click()
    changes = properties.changes
    assert set(changes) == {"ID", "UID", "descriptor_file_id", "descriptor_character_set"}
    before = file_set.ID
    assert file_set.edit_properties(**changes)
    assert file_set.ID == "DISC_1"
    assert file_set.descriptor_character_set == "ISO_IR 192"
    again = PropertiesDialog(file_set)
    qtbot.addWidget(again)
    assert again.descriptor_line.text() == "DOCS/README"
    assert again.changes == {}
    file_set.undo()
    assert before == file_set.ID


def test_an_emptied_property_is_none(properties: PropertiesDialog, file_set: FileSet) -> None:
    """ID and descriptor may be empty (Type 2 and 3)."""
    properties.id_line.clear()
    assert properties.changes == {"ID": None}
    file_set.edit_properties(**properties.changes)
    assert not file_set.ID


def test_wrong_values_cannot_be_staged(properties: PropertiesDialog) -> None:
    """Each wrong line says what is wrong and where the Standard says it."""
    properties.id_line.setText("Ä" * 3)
    properties.uid_line.setText("1.02.3")
    properties.descriptor_line.setText("TOO_LONG_A_NAME")
    notes = [field.note.text() for field in properties._fields]
    assert "PS3.10 8.1" in notes[0]
    assert "PS3.5 9.1" in notes[1]
    assert "PS3.10 8.2" in notes[2]
    assert all(note.startswith("!") for note in notes)
    assert not _ok(properties).isEnabled()


@pytest.mark.parametrize(
    ("text", "blocks"),
    [("", False), ("A" * 16, False), ("A" * 17, True), ("A B", False), ("a", True), ("A-B", True)],
)
def test_file_set_ids_are_judged(text: str, blocks: bool) -> None:
    """At most 16 of A-Z, 0-9 and _; a space is warned of (PS3.10 8.1, 8.5)."""
    assert judge_id(text).blocks is blocks
    assert bool(judge_id(text).text) is (blocks or " " in text)


@pytest.mark.parametrize(
    ("text", "blocks"),
    [("1.2.840", False), ("", True), ("1..2", True), ("1." + "2" * 63, True), ("1.2.x", True)],
)
def test_uids_are_judged(text: str, blocks: bool) -> None:
    """Components of digits without leading zeros, at most 64 characters (PS3.5 9.1)."""
    assert judge_uid(text).blocks is blocks


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("", False),
        ("README", False),
        ("A\\B/C", False),
        ("/".join("ABCDEFGH"), False),
        ("/".join("ABCDEFGHI"), True),
        ("A//B", True),
        ("../A", True),
        ("READ.ME", True),
        ("DICOMDIR", True),
        ("A/DICOMDIR", False),
    ],
)
def test_descriptor_file_ids_are_judged(text: str, blocks: bool) -> None:
    """1 to 8 components of 1 to 8 characters, and never DICOMDIR itself."""
    assert judge_file_id(text).blocks is blocks


def test_an_unknown_character_set_is_kept(sample_dir: Path, qtbot: QtBot) -> None:
    """A term that the Standard does not define is shown and not changed by looking at it."""
    fs = FileSet(sample_dir / "DICOMDIR")
    fs.edit_properties(descriptor_character_set="ISO_IR 999")
    dialog = PropertiesDialog(fs)
    qtbot.addWidget(dialog)
    assert dialog.character_set.currentData() == "ISO_IR 999"
    assert dialog.changes == {}


# -- the others --------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", ["open", "add", "cancel"])
def test_a_dropped_dicomdir_asks(qtbot: QtBot, choice: str) -> None:
    """Open, add or cancel, and the folder is named."""
    dialog = DropDirectoryDialog(None, ["/media/disc/DICOMDIR"])
    qtbot.addWidget(dialog)
    assert "/media/disc/DICOMDIR" in dialog.informativeText()
    assert dialog.choice == "cancel"
    dialog.open()
    button = getattr(dialog, f"{choice}_button")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert dialog.choice == choice


def test_many_dropped_dicomdirs_are_counted(qtbot: QtBot) -> None:
    """Five are named, the others counted; Escape cancels."""
    dialog = DropDirectoryDialog(None, [f"/media/{n}" for n in range(8)])
    qtbot.addWidget(dialog)
    assert "8 complete File-sets" in dialog.text()
    assert "and 3 more" in dialog.informativeText()
    dialog.open()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.choice == "cancel"


def test_about_names_versions(qtbot: QtBot) -> None:
    """The versions that run can be read and copied."""
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.copy_button.click()
    copied = QApplication.clipboard().text()
    for name in ("DICOMDIR Studio", "Python", "PySide6", "pydicom"):
        assert name in copied


@pytest.mark.parametrize("text", ["Go", "A button whose text is rather long, in some language"])
def test_no_button_of_an_error_is_cut(qtbot: QtBot, text: str) -> None:
    """The dialog is as wide as its buttons, with the one that it offers."""
    dialog = ErrorDialog(StudioError("It failed", why="it had to"))
    qtbot.addWidget(dialog)
    dialog.offer(text, lambda: None)
    dialog.show()
    for button in dialog.findChildren(QPushButton):
        if button.isVisible():
            assert button.width() >= button.sizeHint().width(), button.text()
    assert "It had to" in _texts(dialog)
