"""Files that contradict each other, and what a person decides about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydicom import dcmread
from PySide6.QtCore import Qt

from dicomdir_studio.fileset import Answer
from dicomdir_studio.gui.dialogs.conflicts import ConflictDialog
from tests.bundled import sample
from tests.gui.watching import watch

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


def write(path: Path, **values: Any) -> Path:
    """Write CT_small.dcm with other values."""
    ds = dcmread(sample("CT_small.dcm"))
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.save_as(path)
    return path


def ask(
    qtbot: QtBot, window: MainWindow, document: Document, *paths: Path, seen: bool = True
) -> ConflictDialog:
    """Add files and return the dialog that asks about them, both sides read."""
    document.add([str(path) for path in paths])
    qtbot.waitUntil(lambda: document.can_edit)
    return asked(qtbot, window, seen=seen)


def asked(qtbot: QtBot, window: MainWindow, *, seen: bool = True) -> ConflictDialog:
    """Return the one dialog that asks."""
    (dialog,) = (one for one in window.findChildren(ConflictDialog) if one.isVisible())
    for model in (dialog.model, dialog.sides):
        watch(model)
    if seen:
        qtbot.waitUntil(lambda: len(dialog.sides.rows) > 0)
    return dialog


def keep_both(qtbot: QtBot, window: MainWindow, document: Document, paths: list[Path]) -> None:
    """Add files that contradict each other and decide to keep both."""
    dialog = ask(qtbot, window, document, *paths)
    dialog.decide(Answer.KEEP)
    dialog.carry_out_button.click()
    qtbot.waitUntil(lambda: document.can_edit)


def put_off(qtbot: QtBot, window: MainWindow, document: Document, two_names: list[Path]) -> None:
    """Add what contradicts, and decide later."""
    dialog = ask(qtbot, window, document, *two_names)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.wait(10)
    assert "not decided" in document.doubts.text.text()
