"""Sticks as macOS tells of them, by what diskutil prints."""

from __future__ import annotations

import plistlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.media.programs import Answer
from dicomdir_studio.media.volumes import Volume, VolumeError
from dicomdir_studio.media.volumes.macos import MacVolumes
from dicomdir_studio.standard.media import FileSystem
from tests.media.sticks import STICK, Programs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def mac_volume(**changes: Any) -> bytes:
    """Return what ``diskutil info -plist`` prints of a stick."""
    return plistlib.dumps(
        {
            "DeviceIdentifier": "disk4s1",
            "DeviceNode": "/dev/disk4s1",
            "MountPoint": "/Volumes/STICK",
            "VolumeName": "STICK",
            "FilesystemName": "MS-DOS FAT32",
            "FilesystemType": "msdos",
            "FilesystemUserVisibleName": "MS-DOS (FAT32)",
            "TotalSize": 8_000_000_000,
            "VolumeAllocationBlockSize": 4096,
            "RemovableMedia": True,
            "Ejectable": True,
            "Internal": False,
            "WritableVolume": True,
            **changes,
        }
    )


def mac(**changes: Any) -> Callable[[Sequence[str]], Answer]:
    """Return diskutil with one stick."""
    listed = plistlib.dumps(
        {
            "AllDisksAndPartitions": [
                {
                    "DeviceIdentifier": "disk4",
                    "Content": "FDisk_partition_scheme",
                    "Partitions": [{"DeviceIdentifier": "disk4s1", "VolumeName": "STICK"}],
                }
            ]
        }
    )

    def run(words: Sequence[str]) -> Answer:
        told = listed if words[1] == "list" else mac_volume(**changes)
        return Answer(0, told.decode())

    return run


def test_sticks_of_macos_are_read() -> None:
    """Label, FAT, cluster and mount point come from diskutil."""
    (stick,) = MacVolumes(mac()).volumes()
    assert stick == Volume(
        "/dev/disk4s1",
        "/Volumes/STICK",
        "STICK",
        FileSystem.FAT32,
        "MS-DOS FAT32",
        8_000_000_000,
        4096,
    )
    assert MacVolumes(mac()).at("/Volumes/STICK/folder") is None
    assert MacVolumes(mac(Internal=True)).volumes() == []
    (other,) = MacVolumes(mac(FilesystemName="ExFAT", FilesystemType="exfat")).volumes()
    assert other.file_system is None
    assert MacVolumes(Programs(diskutil=Answer(1, ""))).volumes() == []


def test_macos_formats_and_ejects() -> None:
    """Diskutil is asked for the personality of the FAT and for the device."""
    programs = Programs()
    system = MacVolumes(programs)
    volume = replace(STICK, device="/dev/disk4s1")
    system.format(volume, "WARD_4", FileSystem.FAT32)
    assert system.eject(volume)
    assert programs.asked == [
        ("diskutil", "eraseVolume", "MS-DOS FAT32", "WARD_4", "/dev/disk4s1"),
        ("sync",),
        ("diskutil", "eject", "/dev/disk4s1"),
    ]
    busy = MacVolumes(Programs(diskutil=Answer(1, "", "Unmount failed for /dev/disk4s1")))
    assert not busy.eject(volume)
    with pytest.raises(VolumeError, match="Unmount failed"):
        busy.format(volume, "X", FileSystem.FAT16)
