"""Comparing the files with the records from the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from dicomdir_studio.fileset import FileSet

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


def check(qtbot: QtBot, window: MainWindow, document: Document) -> None:
    """Use the action and wait until it has been said what was found."""
    document.notice.hide()
    window.table["check-files"].trigger()
    qtbot.waitUntil(lambda: document.can_edit and document.notice.isVisible())


def test_lying_records_are_told_and_listed(qtbot: QtBot, window: MainWindow, swapped: Path) -> None:
    """Two records that name each other's file: a bar, and two findings in the panel."""
    document = window.open_path(swapped)
    qtbot.waitUntil(lambda: document.can_edit)
    check(qtbot, window, document)
    assert document.notice.text.text() == "2 files are not what the record says."
    qtbot.mouseClick(document.notice.button, Qt.MouseButton.LeftButton)
    panel = window.panels.findings
    assert panel.isVisible()
    assert len(panel.model.rows) == 2
    check(qtbot, window, document)
    assert len(panel.model.rows) == 2


def test_an_honest_set(qtbot: QtBot, window: MainWindow, opened: Document) -> None:
    """A sound File-set is said to be so."""
    check(qtbot, window, opened)
    assert opened.notice.text.text() == "Every file matches its record."


def test_names_that_only_resemble_their_file_ids(
    qtbot: QtBot, window: MainWindow, disc: Path
) -> None:
    """The files are their records', but other programs may not find one: the bar says so."""
    path = Path(next(iter(FileSet(disc / "DICOMDIR"))).path)
    path.rename(path.with_name(f"{path.name}.dcm"))
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: document.can_edit)
    check(qtbot, window, document)
    assert "the first is" in document.notice.text.text()
    assert "not what the record says" not in document.notice.text.text()
    qtbot.mouseClick(document.notice.button, Qt.MouseButton.LeftButton)
    assert len(window.panels.findings.model.rows) == 1
