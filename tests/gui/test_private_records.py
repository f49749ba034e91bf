"""PRIVATE records added from the window, undone, written and read back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui.dialogs.error import ErrorDialog
from dicomdir_studio.gui.dialogs.private_record import PrivateRecordDialog
from dicomdir_studio.gui.models.columns import Mark
from dicomdir_studio.gui.models.record_roles import RecordRole
from tests.bundled import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow

OWN_UID = "1.2.826.0.1.3680043.8.498.77"


@pytest.fixture
def answer(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, str], None]:
    """Return what fills the dialog in as a person would, and accepts it."""

    def prepare(path: Path, uid: str) -> None:
        def fill(dialog: PrivateRecordDialog) -> int:
            dialog.show()
            dialog.file_line.clear()
            qtbot.keyClicks(dialog.file_line, str(path))
            if uid:
                dialog.uid_line.clear()
                qtbot.keyClicks(dialog.uid_line, uid)
            qtbot.mouseClick(dialog.add_button, Qt.MouseButton.LeftButton)
            return dialog.result()

        monkeypatch.setattr(PrivateRecordDialog, "exec", fill)

    return prepare


def test_private_record_below_a_study(
    qtbot: QtBot, window: MainWindow, opened: Document, answer: Callable[[Path, str], None]
) -> None:
    """It appears below the selected record, can be undone and redone, and is written."""
    assert opened.file_set is not None
    study = opened.file_set.tree.children[0].children[0]
    opened.view.show_records([study])
    answer(sample("CT_small.dcm"), OWN_UID)
    window.table["add-private"].trigger()
    (instance,) = opened.file_set.staged_additions
    assert instance.is_private
    assert instance.node.parent is study
    index = opened.model.index_for_node(instance.node)
    assert index.data() == "Private"
    assert index.data(RecordRole.DETAIL) == OWN_UID
    assert index.data(RecordRole.MARK) == Mark.ADDED
    opened.undo()
    assert not opened.has_edits
    opened.redo()
    opened.execute(opened.file_set.plan())
    qtbot.waitUntil(lambda: opened.can_edit)
    again = FileSet(Path(opened.file_set.path or "") / "DICOMDIR")
    (private,) = [one for one in again if one.is_private]
    assert private.node.get("PrivateRecordUID") == OWN_UID
    assert private.node.parent.record_type == "STUDY"


def test_private_record_below_the_root(
    window: MainWindow, opened: Document, answer: Callable[[Path, str], None]
) -> None:
    """With nothing selected it has no patient above it, and a UID of its own."""
    opened.view.clearSelection()
    answer(sample("CT_small.dcm"), "")
    window.table["add-private"].trigger()
    assert opened.file_set is not None
    (instance,) = opened.file_set.staged_additions
    assert instance.node.parent is opened.file_set.tree
    assert str(instance.node.get("PrivateRecordUID")).startswith("1.2.826.0.1.3680043.8.498.")


def test_what_cannot_be_added_is_told(
    window: MainWindow, opened: Document, answer: Callable[[Path, str], None], tmp_path: Path
) -> None:
    """A file that is not DICOM and an instance that is there already leave nothing staged."""
    letter = tmp_path / "letter.txt"
    letter.write_text("not an image")
    assert opened.file_set is not None
    there = Path(next(iter(opened.file_set)).path)
    for path, words in ((letter, "DICOM"), (there, "already")):
        answer(path, "")
        window.table["add-private"].trigger()
        (dialog,) = window.findChildren(ErrorDialog)
        assert words in str(dialog.error)
        dialog.setParent(None)
        dialog.close()
    assert not opened.has_edits
    assert len(list(opened.file_set.tree.children)) == 2


def test_dialog_judges_what_is_typed(qtbot: QtBot, opened: Document) -> None:
    """No such file, a wrong UID and a record to be removed block the button, with the reason."""
    assert opened.file_set is not None
    leaf = next(iter(opened.file_set)).node
    dialog = PrivateRecordDialog(leaf)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.add_button.isEnabled()
    dialog.file_line.setText("/no/such/file")
    assert "no such file" in dialog.file_note.text()
    dialog.file_line.setText(str(sample("CT_small.dcm")))
    assert dialog.add_button.isEnabled()
    dialog.uid_line.setText("1.02")
    assert "PS3.5" in dialog.uid_note.text()
    assert not dialog.add_button.isEnabled()
    dialog.new_uid_button.click()
    assert dialog.add_button.isEnabled()
    opened.remove([leaf])
    blocked = PrivateRecordDialog(leaf)
    qtbot.addWidget(blocked)
    blocked.file_line.setText(str(sample("CT_small.dcm")))
    assert "removal" in blocked.place_note.text()
    assert not blocked.add_button.isEnabled()


def test_action_says_why_it_is_disabled(window: MainWindow, opened: Document) -> None:
    """Several records, a record to be removed, and no File-set are reasons."""
    action = window.table["add-private"]
    assert opened.file_set is not None
    assert action.isEnabled()
    opened.view.show_records(list(opened.file_set.tree.children))
    assert not action.isEnabled()
    assert "Select the record" in action.toolTip()
    leaf = next(iter(opened.file_set)).node
    opened.remove([leaf])
    opened.view.show_records([leaf])
    assert "removal" in action.toolTip()
    window.closing.discard(opened)
    window.close_current()
    assert not action.isEnabled()
    assert "No File-set" in action.toolTip()
