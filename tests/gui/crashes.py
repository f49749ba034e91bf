"""Ends the program as crashes do, and finds the staged work that is kept."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dicomdir_studio.gui.dialogs.recovery import RecoveryDialog
from dicomdir_studio.session import places
from dicomdir_studio.session.staged_work import StagedWork
from tests.gui.dialogs import the_only

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow
    from dicomdir_studio.session.staging_store import StagingStore

ROOT = Path(__file__).resolve().parents[2]


def killed(
    root: Path | str, folder: Path, phase: str = "", after: str = "0", by: str = "SIGKILL"
) -> None:
    """Run the window in a process of its own and see it killed."""
    arguments = [sys.executable, "-m", "tests.gui.killed_window"]
    ended = subprocess.run(
        [*arguments, str(root), str(folder), phase, after, by], cwd=ROOT, timeout=120, check=False
    )
    assert ended.returncode == -signal.Signals[by]


def staged_files() -> list[Path]:
    """Return the files of all staged work that is kept."""
    return sorted((places.data_dir() / "staged").glob("*.staged"))


def left_behind(store: StagingStore, file_set: FileSet) -> None:
    """Keep what is staged as a run that has ended."""
    store.save(StagedWork.of(file_set))
    store.close()


def shown(widget: QWidget) -> bool:
    """Return whether a widget is seen."""
    return widget.isVisible()


def offered(qtbot: QtBot, window: MainWindow) -> RecoveryDialog:
    """Start the program, which offers what an earlier run left."""
    window.offer_pending()
    return the_only(qtbot, window, RecoveryDialog)


def reopened(qtbot: QtBot, window: MainWindow, path: Path) -> Document:
    """Open a File-set, of which what an earlier run left is offered."""
    document = window.open_path(path)
    qtbot.waitUntil(lambda: shown(document.offer))
    return document
