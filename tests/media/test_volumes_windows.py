"""Sticks as Windows tells of them, by what PowerShell prints."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dicomdir_studio.media.programs import Answer
from dicomdir_studio.media.volumes import VolumeError
from dicomdir_studio.media.volumes.windows import WindowsVolumes
from dicomdir_studio.standard.media import FileSystem
from tests.media.sticks import STICK, Programs


def windows(**changes: Any) -> Programs:
    """Return PowerShell with a system disk and a stick."""
    stick = {
        "Letter": "E",
        "FileSystemLabel": "STICK",
        "FileSystem": "FAT32",
        "Size": 8_000_000_000,
        "AllocationUnitSize": 4096,
        "Kind": "Removable",
        **changes,
    }
    inner = {**stick, "Letter": "C", "FileSystem": "NTFS", "Kind": "Fixed"}
    return Programs(powershell=Answer(0, json.dumps([inner, stick])))


@pytest.mark.parametrize(
    ("changes", "system"),
    [
        ({}, FileSystem.FAT32),
        ({"FileSystem": "FAT", "Size": 1 << 30, "AllocationUnitSize": 32_768}, FileSystem.FAT16),
        ({"FileSystem": "FAT", "Size": 8 << 20, "AllocationUnitSize": 4096}, FileSystem.FAT12),
        ({"FileSystem": "exFAT"}, None),
    ],
)
def test_sticks_of_windows_are_read(changes: dict[str, Any], system: FileSystem | None) -> None:
    """Letter, label and FAT come from Get-Volume; inner disks are left out."""
    (stick,) = WindowsVolumes(windows(**changes)).volumes()
    assert (stick.device, stick.mount_point, stick.label) == ("E:", "E:\\", "STICK")
    assert stick.file_system is system
    for path in ("E:", "e:\\", "E:/"):
        assert WindowsVolumes(windows(**changes)).at(path) == stick
    assert WindowsVolumes(windows()).at("E:\\folder") is None


def test_windows_formats_and_ejects() -> None:
    """Scripts hold the letter and a plain label; what Windows refuses is told."""
    programs = windows()
    system = WindowsVolumes(programs)
    volume = replace(STICK, device="E:")
    system.format(volume, "WARD'4", FileSystem.FAT16)
    assert "Format-Volume -DriveLetter E -FileSystem FAT " in programs.asked[-1][-1]
    assert "'WARD_4'" in programs.asked[-1][-1]
    assert not system.eject(volume)
    gone = WindowsVolumes(Programs(powershell=Answer(0, "[]")))
    assert gone.eject(volume)
    assert gone.volumes() == []
    denied = Programs(powershell=Answer(1, "", "Format-Volume : Access denied"))
    with pytest.raises(VolumeError, match="as administrator"):
        WindowsVolumes(denied).format(volume, "X", FileSystem.FAT32)
    with pytest.raises(VolumeError, match="cannot be listed"):
        WindowsVolumes(denied).volumes()
