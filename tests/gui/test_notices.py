"""Messages above the records: they go when what they say is not true any more."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from dicomdir_studio.gui.dialogs.write_plan import WritePlanDialog
from tests.bundled import sample

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


def remove_first(document: Document) -> None:
    """Stage the removal of the first patient."""
    assert document.file_set is not None
    document.remove(document.file_set.tree.children[:1])


def test_what_is_staged_no_more_is_not_said_to_be(
    qtbot: QtBot, window: MainWindow, opened: Document, tmp_path: Path
) -> None:
    """Undo takes the message of an addition away; another edit leaves it, and its list."""
    folder = tmp_path / "new"
    folder.mkdir()
    shutil.copyfile(sample("rtplan.dcm"), folder / "plan.dcm")
    opened.add([str(folder)])
    qtbot.waitUntil(lambda: opened.can_edit and opened.notice.isVisible())
    assert "1 instance is staged" in opened.notice.text.text()
    remove_first(opened)
    assert opened.notice.isVisible()
    opened.undo()
    assert opened.notice.isVisible()
    opened.undo()
    assert not opened.has_edits
    assert not opened.notice.isVisible()


def test_what_was_written_is_not_all_after_the_next_edit(
    qtbot: QtBot, window: MainWindow, opened: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stages more after a write is not told any longer that the File-set is written."""

    def accept(review: WritePlanDialog) -> int:
        qtbot.waitUntil(lambda: review.plan is not None)
        review.accept()
        return 1

    monkeypatch.setattr(WritePlanDialog, "exec", accept)
    remove_first(opened)
    window.table["write"].trigger()
    qtbot.waitUntil(lambda: opened.can_edit and opened.notice.isVisible())
    assert "is written" in opened.notice.text.text()
    remove_first(opened)
    assert opened.has_edits
    assert not opened.notice.isVisible()


def test_details_say_that_several_are_selected(window: MainWindow, opened: Document) -> None:
    """The record shown is one of several; where the keyboard is at none, their number is said."""
    details = window.panels.details
    opened.view.setFocus()
    opened.view.setCurrentIndex(opened.model.index(0, 0))
    assert "selected" not in details._title.text()
    QTest.keyClick(opened.view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert details._title.text().endswith("(one of 2 selected)")
    opened.view.selectionModel().clear()
    opened.view.selectAll()
    assert opened.view.count_selected() > 2
    assert details._empty.text() == f"{opened.view.count_selected()} records are selected."


def test_what_matched_is_not_said_of_what_came_since(
    qtbot: QtBot, window: MainWindow, opened: Document
) -> None:
    """That every file matches its record is said of the files that were compared."""
    window.table["check-files"].trigger()
    qtbot.waitUntil(lambda: opened.can_edit and opened.notice.isVisible())
    assert "matches its record" in opened.notice.text.text()
    remove_first(opened)
    assert not opened.notice.isVisible()
