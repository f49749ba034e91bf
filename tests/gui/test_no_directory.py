"""An empty DICOMDIR: the window says so, and leads to a new one of the folder's files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui.dialogs.error import ErrorDialog
from dicomdir_studio.gui.dialogs.write_plan import WritePlanDialog
from tests.gui.dialogs import the_only

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QPushButton
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.main_window import MainWindow


def failed(qtbot: QtBot, window: MainWindow, path: Path) -> ErrorDialog:
    """Open what cannot be opened and return the dialog that says why."""
    window.open_path(path)
    dialog = the_only(qtbot, window, ErrorDialog)
    assert not window.documents()
    return dialog


def offered(dialog: ErrorDialog) -> QPushButton | None:
    """Return the button that makes a File-set of the folder."""
    buttons = (one for one in dialog.findChildren(type(dialog.copy_button)))
    return next((one for one in buttons if "Create" in one.text()), None)


@pytest.mark.parametrize("by_folder", [True, False])
@pytest.mark.parametrize("content", [b"", bytes(900), None])
def test_a_new_dicomdir_of_the_folders_files(
    qtbot: QtBot,
    window: MainWindow,
    disc: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes | None,
    *,
    by_folder: bool,
) -> None:
    """The button stages all files; Write puts the DICOMDIR beside them and asks for no folder."""
    path = disc / "DICOMDIR"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    if content is None and not by_folder:
        return  # there is no file to name
    dialog = failed(qtbot, window, disc if by_folder else path)
    button = offered(dialog)
    assert button is not None
    assert button.isDefault()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    document = window.current
    assert document is not None
    qtbot.waitUntil(lambda: document.can_edit and document.has_edits)
    assert document.title == disc.name
    assert document.file_set is not None
    assert document.file_set.tree.tally.additions == 31

    def accept(review: WritePlanDialog) -> int:
        qtbot.waitUntil(lambda: review.plan is not None)
        assert review.plan is not None
        assert not review.plan.problems
        assert not review.plan.additions
        assert len(review.plan.in_place) == 31
        review.accept()
        return 1

    def not_asked(*_: object) -> str:
        raise AssertionError

    monkeypatch.setattr(WritePlanDialog, "exec", accept)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", not_asked)
    window.table["write"].trigger()
    qtbot.waitUntil(lambda: document.can_edit and not document.has_edits)
    assert len(FileSet(path)) == 31


@pytest.mark.parametrize("content", [b"any text", b"\x93\0" * 99])
def test_nothing_is_offered_that_would_write_over_a_file(
    qtbot: QtBot, window: MainWindow, disc: Path, content: bytes
) -> None:
    """A file with content is said to be no DICOMDIR, and stays."""
    (disc / "DICOMDIR").write_bytes(content)
    dialog = failed(qtbot, window, disc)
    assert offered(dialog) is None
    assert "not a DICOMDIR" in dialog.error.args[0]
