"""Opening archives in the window: the password, asked, asked again, given up; where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QInputDialog, QLineEdit

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.media.targets import write_zip

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.main_window import MainWindow


@pytest.fixture
def archive(disc: Path, tmp_path: Path) -> Path:
    """Write an encrypted archive of the sample File-set."""
    path = tmp_path / "secret.zip"
    write_zip(plan_medium(FileSet(disc / "DICOMDIR")), path, password="secret")
    return path


def question(qtbot: QtBot, window: MainWindow, text: str) -> QInputDialog:
    """Wait for the question that says `text`."""

    def there() -> bool:
        return any(text in one.labelText() for one in window.findChildren(QInputDialog))

    qtbot.waitUntil(there, timeout=10_000)
    return next(one for one in window.findChildren(QInputDialog) if text in one.labelText())


def test_the_password_is_asked_for_until_it_is_right(
    qtbot: QtBot, window: MainWindow, archive: Path
) -> None:
    """Unseen letters; a wrong one is told, the right one shows the File-set."""
    document = window.open_path(archive)
    first = question(qtbot, window, "Password of secret.zip")
    assert first.textEchoMode() is QLineEdit.EchoMode.Password
    first.setTextValue("wrong")
    first.accept()
    again = question(qtbot, window, "That is not the password")
    again.setTextValue("secret")
    again.accept()
    qtbot.waitUntil(lambda: document.file_set is not None, timeout=10_000)
    assert document.file_set is not None
    assert len(document.file_set) == 31


def test_giving_up_leaves_no_tab(qtbot: QtBot, window: MainWindow, archive: Path) -> None:
    """Without a password the tab goes, and nothing is said to be wrong."""
    window.open_path(archive)
    question(qtbot, window, "Password of").reject()
    qtbot.waitUntil(lambda: not list(window.documents()), timeout=10_000)


def test_the_image_is_shown_not_a_temporary_folder(
    qtbot: QtBot, window: MainWindow, disc: Path, tmp_path: Path
) -> None:
    """Status line, tab and list of recent ones name the archive, which opens no second tab."""
    path = tmp_path / "disc.zip"
    write_zip(plan_medium(FileSet(disc / "DICOMDIR")), path)
    document = window.open_path(path)
    qtbot.waitUntil(lambda: document.file_set is not None, timeout=10_000)
    assert window.status.path.whole().startswith(str(path))
    assert "read-only" in window.status.path.whole()
    assert window.tabs.tabToolTip(window.tabs.indexOf(document)) == str(path)
    assert window.memory.settings.recent[0] == str(path)
    assert window.open_path(path) is document
