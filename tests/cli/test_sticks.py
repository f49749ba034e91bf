"""Sticks on the command line: listed, written, formatted once their name is typed, ejected."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.media.volumes import Volume
from dicomdir_studio.session.opening import open_file_set
from dicomdir_studio.standard.media import FileSystem

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from tests.cli.conftest import Terminal


class OneStick:
    """A system with one stick, whose files lie in a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.volume = Volume(
            "/dev/sdz1", str(folder), "STICK", FileSystem.FAT32, "vfat", 8_000_000_000
        )
        self.done: list[str] = []
        self.is_safe = True

    def volumes(self) -> list[Volume]:
        """Return the stick."""
        return [self.volume]

    def at(self, path: str | os.PathLike[str]) -> Volume | None:
        """Return the stick for its root and device."""
        return self.volume if str(path) in (self.volume.device, str(self.folder)) else None

    def flush(self, volume: Volume) -> None:
        """Note it."""
        self.done.append("flush")

    def eject(self, volume: Volume) -> bool:
        """Note it."""
        self.done.append("eject")
        return self.is_safe

    def format(self, volume: Volume, label: str, system: FileSystem) -> None:
        """Note it."""
        self.done.append(f"format {label} {system.value}")


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OneStick:
    """Give a system with one stick."""
    system = OneStick(tmp_path / "STICK")
    for place in ("media.volumes", "media.targets.stick", "cli.sticks"):
        monkeypatch.setattr(f"dicomdir_studio.{place}.volumes_here", lambda: system)
    return system


def test_sticks_are_listed(terminal: Terminal, one: OneStick) -> None:
    """With file system, size and what is free; another file system has a note."""
    ended = terminal("sticks")
    assert ended.code == 0
    assert f"STICK (/dev/sdz1, FAT32, 8.0 GB, {one.folder})" in ended.out
    one.volume = replace(one.volume, file_system=None, file_system_name="exfat")
    assert "may read FAT16 and FAT32 alone" in terminal("sticks").out


def test_a_stick_is_written_flushed_and_ejected(
    terminal: Terminal, one: OneStick, sample_dir: Path
) -> None:
    """Only after it was flushed and unmounted it is called safe to unplug."""
    words = ("image", sample_dir, one.folder, "--profile", "STD-GEN-USB-JPEG", "--verify")
    ended = terminal(*words, "--eject")
    assert ended.code == 0, ended.err
    assert one.done == ["flush", "eject"]
    assert "STICK is safe to unplug" in ended.out
    assert len(open_file_set(one.folder)) == 31


def test_a_stick_in_use_is_not_called_safe(
    terminal: Terminal, one: OneStick, sample_dir: Path
) -> None:
    """What could not be unmounted is told so."""
    one.is_safe = False
    ended = terminal("image", sample_dir, one.folder, "--eject")
    assert "could not be unmounted" in ended.err
    assert "safe to unplug" not in ended.out


def test_another_file_system_is_refused_for_a_profile(
    terminal: Terminal, one: OneStick, sample_dir: Path
) -> None:
    """Nothing is written to it."""
    one.volume = replace(one.volume, file_system=None, file_system_name="exfat")
    words = ("image", sample_dir, one.folder, "--profile", "STD-GEN-USB-JPEG")
    ended = terminal(*words)
    assert ended.code == 2
    assert "the profile requires FAT16 or FAT32" in ended.err
    assert list(one.folder.iterdir()) == []


def test_a_stick_is_formatted_only_when_its_name_is_typed(
    terminal: Terminal, one: OneStick, sample_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal, or with another word, nothing is erased."""
    words = ("image", sample_dir, one.folder, "--format")
    assert "there is no terminal" in terminal(*words).err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.prompt", lambda *_, **__: "yes")
    ended = terminal(*words)
    assert ended.code == 2
    assert "Nothing was erased" in ended.err
    assert terminal(*words, "--dry-run").code == 0
    assert one.done == []
    monkeypatch.setattr("click.prompt", lambda *_, **__: "STICK")
    ended = terminal(*words)
    assert ended.code == 0, ended.err
    assert one.done == ["format PYDICOM_TES FAT32", "flush"]
    assert "Formatted /dev/sdz1 with FAT32" in ended.out


@pytest.mark.parametrize("trouble", ["profile", "room", "lies"])
def test_nothing_is_erased_for_what_cannot_be_written(
    terminal: Terminal,
    one: OneStick,
    swapped: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    """A profile that is not met, too little room or a lying record is found before erasing."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.prompt", lambda *_, **__: "STICK")
    words: tuple[str | Path, ...] = ("image", swapped, one.folder, "--format")
    if trouble == "profile":
        words = (*words, "--as-it-is", "--profile", "STD-WVFM-ECG-FD")
    if trouble == "room":
        words = (*words, "--as-it-is", "--medium", "50000")
    ended = terminal(*words)
    assert ended.code == 2
    assert one.done == []


def test_a_stick_is_not_erased_under_its_own_files(
    terminal: Terminal, one: OneStick, sample_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A File-set cannot be put on the stick that it lies on by erasing that first."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.prompt", lambda *_, **__: "STICK")
    inner = one.folder / "study"
    sample_dir.rename(inner)
    ended = terminal("image", inner, one.folder, "--format")
    assert ended.code == 2
    assert "The volume holds what is to be put on it" in ended.err
    assert one.done == []


def test_a_set_asks_for_each_stick(
    terminal: Terminal, one: OneStick, sample_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each stick is ejected and the next asked for; without one the first stays done."""
    asked: list[str] = []

    def confirm(text: str, **_: object) -> bool:
        asked.append(text)
        one.folder.rename(one.folder.with_name("FIRST"))
        one.folder.mkdir()
        return True

    monkeypatch.setattr("click.confirm", confirm)
    ended = terminal("image", sample_dir, one.folder, "--medium", "1.2MB", "--span")
    assert ended.code == 0, ended.err
    assert asked == [f"Stick 2 of 2: is it in at {one.folder}?"]
    assert one.done == ["flush", "eject", "flush", "eject"]
    assert "2 of 2" not in ended.err


def test_a_folder_is_no_stick(terminal: Terminal, sample_dir: Path, tmp_path: Path) -> None:
    """--format and --eject are for sticks alone."""
    for option in ("--format", "--eject"):
        ended = terminal("image", sample_dir, tmp_path / "folder", option)
        assert ended.code == 2
        assert "not the root of a stick" in ended.err
