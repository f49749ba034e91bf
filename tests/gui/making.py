"""What a person does in the dialog that makes media, and sums of what was made."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.gui.medium.dialog import MediumDialog
    from dicomdir_studio.session.making.proposal import Place
    from dicomdir_studio.session.making.wish import Goal


# Milliseconds; jobs share the processor with whatever else runs.
PATIENCE = 30_000


def ready(qtbot: QtBot, dialog: MediumDialog) -> None:
    """Wait for the proposal of what is chosen."""
    qtbot.waitUntil(
        lambda: dialog.proposal is not None and not dialog._proposing.is_busy, timeout=PATIENCE
    )


def choose(qtbot: QtBot, dialog: MediumDialog, goal: Goal, path: Path | None = None) -> None:
    """Choose a target and wait for the proposal."""
    dialog.page.choices.target.goal = goal
    if path is not None:
        dialog.page.choices.target.path.setText(str(path))
    ready(qtbot, dialog)


def divide(dialog: MediumDialog, capacity: str) -> None:
    """Choose media of a size, as many as are needed."""
    dialog.page.choices.medium.choose(capacity)
    dialog.page.choices.medium.span.setChecked(True)


def make(qtbot: QtBot, dialog: MediumDialog) -> None:
    """Press the button and wait for the result."""
    assert dialog.make_button.isEnabled(), dialog.summary.text()
    qtbot.mouseClick(dialog.make_button, Qt.MouseButton.LeftButton)
    finished(qtbot, dialog)


def finished(qtbot: QtBot, dialog: MediumDialog, timeout: int = PATIENCE) -> None:
    """Wait for the page with the result."""
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.result_page, timeout=timeout)


def told(dialog: MediumDialog, place: Place) -> str:
    """Return what is said to stand in the way at a place."""
    return dialog.page.choices.sections[place].problem.text()


def sums(root: Path) -> list[str]:
    """Return the SHA-256 of all files below a folder but the DICOMDIR, sorted."""
    return sorted(
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and path.name not in {"DICOMDIR", "README.TXT"}
    )


def sources_of(file_set: FileSet) -> list[str]:
    """Return the SHA-256 of the files of a File-set as it is staged, sorted."""
    kept = [one for one in file_set if not one.for_removal]
    return sorted(hashlib.sha256(Path(one.path).read_bytes()).hexdigest() for one in kept)
