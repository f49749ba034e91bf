"""A new File-set that was being written when the program was killed: written, or to be staged."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui.dialogs.recovery import RecoveryDialog
from dicomdir_studio.session import places
from tests.gui.crashes import killed, offered, staged_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.main_window import MainWindow

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


@pytest.mark.parametrize(
    ("phase", "after"),
    [("Verifying files", "1"), ("Following the records", "1")],
    ids=["verifying", "last"],
)
def test_what_was_written_is_not_offered_again(
    qtbot: QtBot,
    window: MainWindow,
    tmp_path: Path,
    series_of: Callable[[int], list[Path]],
    phase: str,
    after: str,
) -> None:
    """The DICOMDIR is in place: nothing is to be recovered, and the folder is among the recent."""
    target = tmp_path / "written"
    killed(f"-{target}", series_of(5)[0].parent, phase, after)
    assert staged_files()
    assert (target / "DICOMDIR").is_file()
    window.offer_pending()
    qtbot.waitUntil(lambda: str(target) in window.memory.settings.recent)
    qtbot.wait(100)
    assert not window.findChildren(RecoveryDialog)
    assert not list((places.data_dir() / "staged").glob("*.*d*"))
    assert len(FileSet(target / "DICOMDIR")) == 5


def test_what_was_not_written_is_offered(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, series_of: Callable[[int], list[Path]]
) -> None:
    """Killed before the DICOMDIR was in place, all is there to be staged again."""
    target = tmp_path / "written"
    killed(f"-{target}", series_of(12)[0].parent, "Copying files", "2000")
    assert not (target / "DICOMDIR").exists()
    dialog = offered(qtbot, window)
    assert dialog.model.item(0, 1).text() == "12 additions"
    assert str(target) not in window.memory.settings.recent
    dialog.discard_button.click()
    assert not staged_files()
    assert not list((places.data_dir() / "staged").glob("*.target"))
