"""The dialog that makes media: sticks are written, formatted and ejected."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog

from dicomdir_studio.gui.dialogs.error import ErrorDialog
from dicomdir_studio.media.volumes import Volume
from dicomdir_studio.session.making.proposal import Place
from dicomdir_studio.session.making.wish import Goal
from dicomdir_studio.standard.media import FileSystem
from tests.gui.dialogs import the_only
from tests.gui.making import make, ready, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.gui.medium.dialog import MediumDialog
    from dicomdir_studio.gui.medium.target_section import TargetSection
    from tests.judges import Judges


class OneStick:
    """A system with one stick, a folder; it notes what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.volume = Volume(
            "/dev/sdx1", str(folder), "STICK", FileSystem.FAT32, "vfat", 8 * 10**9, 4096
        )
        self.asked: list[str] = []

    def volumes(self) -> list[Volume]:
        """Return the stick."""
        return [self.volume]

    def at(self, path: str | os.PathLike[str]) -> Volume | None:
        """Return the stick by its root or device."""
        known = (self.volume.device, self.volume.mount_point)
        return self.volume if os.fspath(path) in known else None

    def flush(self, volume: Volume) -> None:
        """Note it."""
        self.asked.append("flush")

    def eject(self, volume: Volume) -> bool:
        """Note it; it is safe then."""
        self.asked.append("eject")
        return True

    def format(self, volume: Volume, label: str, system: FileSystem) -> None:
        """Note it and empty the folder."""
        self.asked.append(f"format {label} {system.value}")
        shutil.rmtree(self.folder)
        self.folder.mkdir()


@pytest.fixture
def stick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OneStick:
    """Plug in a stick with a letter on it."""
    folder = tmp_path / "stick"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    made = OneStick(folder)
    monkeypatch.setattr("dicomdir_studio.media.targets.stick.volumes_here", lambda: made)
    monkeypatch.setattr("dicomdir_studio.media.volumes.volumes_here", lambda: made)
    return made


def choose_stick(qtbot: QtBot, dialog: MediumDialog) -> TargetSection:
    """Choose to write to a stick, and wait for it."""
    target = dialog.page.choices.target
    target.goal = Goal.STICK
    qtbot.waitUntil(lambda: target.stick is not None)
    return target


def test_a_stick_is_written_and_ejected(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    stick: OneStick,
    judges: Judges,
) -> None:
    """What is on it stays, it is flushed, and the page says when it is safe to unplug."""
    dialog = open_dialog(staged, make_volumes=lambda: stick)
    choose_stick(qtbot, dialog)
    ready(qtbot, dialog)
    assert dialog.proposal is not None
    assert dialog.proposal.used % 4096 == 0
    assert dialog.page.choices.medium.kind.currentText().startswith("Free space of the stick")
    assert dialog.make_button.text().startswith("&Write to the stick, ")
    make(qtbot, dialog)
    judges.accept(stick.folder, instances=32)
    assert (stick.folder / "letter.txt").read_text() == "mine"
    assert stick.asked == ["flush"]
    page = dialog.result_page
    qtbot.mouseClick(page.eject_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "safe to unplug" in page.remark.text())
    assert stick.asked == ["flush", "eject"]


def test_a_stick_is_formatted_only_by_its_name(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    stick: OneStick,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another name erases nothing and says so; the right one gives it the File-set ID."""
    dialog = open_dialog(staged, make_volumes=lambda: stick)
    target = choose_stick(qtbot, dialog)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_a, **_k: ("stick", True))
    qtbot.mouseClick(target.format, Qt.MouseButton.LeftButton)
    error = the_only(qtbot, dialog, ErrorDialog)
    assert "Nothing was erased" in str(error.error)
    error.reject()
    assert (stick.folder / "letter.txt").exists()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_a, **_k: ("STICK", True))
    qtbot.waitUntil(lambda: not dialog.devices.trouble)
    qtbot.mouseClick(target.format, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: stick.asked == ["format SAMPLE FAT32"])
    qtbot.waitUntil(lambda: not dialog.devices.trouble and target.stick is not None)


def test_a_stick_with_a_file_system_that_the_profile_does_not_take(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], staged: FileSet, stick: OneStick
) -> None:
    """The file system and those allowed are told at the target; write-protected likewise."""
    stick.volume = replace(stick.volume, file_system=None, file_system_name="ntfs")
    dialog = open_dialog(staged, make_volumes=lambda: stick)
    target = choose_stick(qtbot, dialog)
    dialog.page.choices.profile.profile = "STD-GEN-USB-JPEG"
    ready(qtbot, dialog)
    assert "it has ntfs" in told(dialog, Place.TARGET)
    stick.volume = replace(stick.volume, is_read_only=True)
    qtbot.mouseClick(target.refresh, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "write-protected" in told(dialog, Place.TARGET))
    assert not dialog.make_button.isEnabled()
