"""Sticks and cards as Linux tells of them: found, formatted, taken out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.media.programs import Answer
from dicomdir_studio.media.volumes import Volume, VolumeError, stick_at, volumes_here
from dicomdir_studio.media.volumes.linux import LinuxVolumes
from dicomdir_studio.standard.media import FileSystem
from tests.media.sticks import STICK, Programs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges import Judges


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Lay out a machine with a system disk, a stick, a card without partitions and a loop."""
    root = tmp_path / "machine"
    usb = root / "sys/devices/pci0000:00/usb1/1-1/block"

    def disk(name: str, number: str, size: int, folder: Path, removable: str = "0") -> Path:
        block = folder / name
        block.mkdir(parents=True)
        for word, value in (("dev", number), ("size", size), ("removable", removable), ("ro", 0)):
            (block / word).write_text(f"{value}\n")
        (root / "sys/block").mkdir(parents=True, exist_ok=True)
        if folder != root / "sys/block":
            (root / "sys/block" / name).symlink_to(block)
        return block

    def part(block: Path, name: str, number: str, size: int) -> None:
        folder = block / name
        folder.mkdir()
        for word, value in (("dev", number), ("size", size), ("partition", 1), ("ro", 0)):
            (folder / word).write_text(f"{value}\n")

    part(disk("sda", "8:0", 10**9, root / "sys/block"), "sda1", "8:1", 10**9 - 2048)
    part(disk("sdb", "8:16", 15_626_240, usb), "sdb1", "8:17", 15_624_192)
    disk("mmcblk0", "179:0", 3_842_048, root / "sys/block", "1")
    disk("loop0", "7:0", 1000, root / "sys/block", "1")
    disk("sdc", "8:32", 0, root / "sys/block", "1")
    notes = root / "run/udev/data"
    notes.mkdir(parents=True)
    (notes / "b8:17").write_text(
        "S:disk/by-label/MY\\x20STICK\nE:ID_FS_TYPE=vfat\nE:ID_FS_VERSION=FAT32\n"
        "E:ID_FS_LABEL=MY_STICK\nE:ID_FS_LABEL_ENC=MY\\x20STICK\n"
    )
    (notes / "b179:0").write_text("E:ID_FS_TYPE=exfat\nE:ID_FS_VERSION=1.0\n")
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/mountinfo").write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "90 22 8:17 / /media/me/MY\\040STICK rw,nosuid shared:9 - vfat /dev/sdb1 rw,uid=1000\n"
    )
    return root


def test_sticks_are_found_with_what_they_are(machine: Path) -> None:
    """What hangs on USB or says that it is removable is listed, with label and file system."""
    card, stick = LinuxVolumes(str(machine)).volumes()
    assert (stick.device, stick.label, stick.mount_point) == (
        "/dev/sdb1",
        "MY STICK",
        "/media/me/MY STICK",
    )
    assert stick.file_system is FileSystem.FAT32
    assert stick.capacity == 15_624_192 * 512
    assert stick.is_removable
    assert (card.device, card.mount_point, card.name) == ("/dev/mmcblk0", None, "mmcblk0")
    assert card.file_system is None
    assert "exfat, 2.0 GB, not mounted" in card.title


def test_a_stick_is_known_by_its_root_and_device(machine: Path) -> None:
    """Both mean the volume; a folder on it, or the system's own root, does not."""
    system = LinuxVolumes(str(machine))
    by_root, by_device = system.at("/media/me/MY STICK"), system.at("/dev/sdb1")
    assert by_root == by_device
    assert by_root is not None
    assert by_root.label == "MY STICK"
    for path in ("/media/me/MY STICK/folder", "/", "/tmp"):  # noqa: S108 - a name alone
        assert system.at(path) is None
    inner = system.at("/dev/sda1")
    assert inner is not None
    assert not inner.is_removable
    with pytest.raises(VolumeError, match="Name one of them: /dev/sdb1"):
        system.at("/dev/sdb")
    assert stick_at("/dev/sda1", system) is None


def test_a_stick_that_cannot_be_written_is_told(machine: Path) -> None:
    """One that is not mounted, or write-protected, is an error that says what to do."""
    system = LinuxVolumes(str(machine))
    with pytest.raises(VolumeError, match="not mounted"):
        stick_at("/dev/mmcblk0", system)
    table = machine / "proc/self/mountinfo"
    table.write_text(table.read_text().replace("rw,nosuid", "ro,nosuid"))
    with pytest.raises(VolumeError, match="write-protected"):
        stick_at("/dev/sdb1", system)


def test_a_machine_without_tables_has_no_sticks(tmp_path: Path) -> None:
    """Where the kernel tells nothing, nothing is found."""
    assert LinuxVolumes(str(tmp_path)).volumes() == []
    assert LinuxVolumes(str(tmp_path)).at("/") is None
    assert isinstance(volumes_here().volumes(), list)


@pytest.mark.parametrize("system", [FileSystem.FAT16, FileSystem.FAT32])
def test_mkfs_makes_what_was_asked_for(system: FileSystem, tmp_path: Path, judges: Judges) -> None:
    """The file system and label are what fsck.vfat finds on it."""
    judges.find("mkfs.vfat")
    image = tmp_path / "stick.img"
    with image.open("wb") as out:
        out.truncate(64 << 20)
    volume = Volume(str(image), None, "", None, "", 64 << 20)
    LinuxVolumes().format(volume, "WARD_4", system)
    verdict = judges.ask("fsck.vfat", "-n", "-v", image)
    assert verdict.code == 0, verdict.words
    head = image.read_bytes()[:512]
    name, label = (54, 43) if system is FileSystem.FAT16 else (82, 71)
    assert head[name : name + 5].decode() == system.value
    assert head[label : label + 11] == b"WARD_4     "


def test_formatting_without_rights_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's own words, and what to do about it."""
    monkeypatch.setattr("shutil.which", lambda name, **_: f"/sbin/{name}")
    volume = replace(STICK, mount_point=None)
    refused = Programs(
        mkfs=Answer(1, "mkfs.fat 4.2\n", "mkfs.vfat: unable to open: Permission denied")
    )
    with pytest.raises(VolumeError, match="run it as root") as caught:
        LinuxVolumes(run=refused).format(volume, "X", FileSystem.FAT32)
    assert "Permission denied" in str(caught.value)
    broken = Programs(mkfs=Answer(1, "", "mkfs.vfat: failed whilst writing FAT"))
    with pytest.raises(VolumeError, match="take another"):
        LinuxVolumes(run=broken).format(volume, "X", FileSystem.FAT32)
    monkeypatch.setattr("shutil.which", lambda _name, **_: None)
    with pytest.raises(VolumeError, match="dosfstools"):
        LinuxVolumes().format(volume, "X", FileSystem.FAT32)


def test_a_stick_in_use_is_neither_formatted_nor_safe(machine: Path, tmp_path: Path) -> None:
    """What could not be unmounted is not erased and not called safe to unplug."""
    run = Programs(umount=Answer(32, "", "umount: target is busy."))
    system = LinuxVolumes(str(machine), run)
    table = machine / "proc/self/mountinfo"
    table.write_text(table.read_text().replace("/media/me/MY\\040STICK", str(tmp_path)))
    volume = system.at(tmp_path)
    assert volume is not None
    with pytest.raises(VolumeError, match="in use"):
        system.format(volume, "X", FileSystem.FAT32)
    assert not system.eject(volume)
    assert not any("mkfs" in words[0] for words in run.asked)
    table.write_text("")
    assert system.eject(volume)
