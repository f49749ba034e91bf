"""Sticks and cards: found, checked against a profile, formatted, written, ejected, taken out."""

from __future__ import annotations

import contextlib
import json
import os
import plistlib
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import StorageError
from dicomdir_studio.media.errors import MediumVerificationError, UnfitForMediumError
from dicomdir_studio.media.medium_plan import MediumFile, MediumPlan
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.producing import prepare, produce
from dicomdir_studio.media.programs import Answer, ask
from dicomdir_studio.media.targets import write_stick
from dicomdir_studio.media.volumes import (
    Volume,
    VolumeError,
    check_volume,
    format_volume,
    free_on,
    stick_at,
    volumes_here,
)
from dicomdir_studio.media.volumes.linux import LinuxVolumes
from dicomdir_studio.media.volumes.macos import MacVolumes
from dicomdir_studio.media.volumes.volume import fat_for, fat_of
from dicomdir_studio.media.volumes.windows import WindowsVolumes
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.standard.media import FileSystem
from dicomdir_studio.standard.profiles import PROFILES
from dicomdir_studio.storage import NameClashError, NoSpaceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dicomdir_studio.fileset import FileSet
    from tests.judges import Judges

STICK = Volume("/dev/sdb1", "/media/me/STICK", "STICK", FileSystem.FAT32, "vfat", 8_000_000_000)


class Programs:
    """Answers as programs did, and notes what they were asked."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, words: Sequence[str]) -> Answer:
        """Return the answer to the program of that name."""
        self.asked.append(tuple(words))
        return self.answers.get(words[0].rpartition("/")[2].partition(".")[0], Answer(0, ""))


# Linux: the kernel's tables laid out in a folder


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


# What is asked of a volume


@pytest.mark.parametrize(
    ("clusters", "system"),
    [
        (4_084, FileSystem.FAT12),
        (4_085, FileSystem.FAT16),
        (65_524, FileSystem.FAT16),
        (65_525, FileSystem.FAT32),
    ],
)
def test_the_number_of_clusters_says_which_fat(clusters: int, system: FileSystem) -> None:
    """Nothing else decides it."""
    assert fat_of(clusters) is system


@pytest.mark.parametrize("name", ["exfat", "ntfs", "ext4", "apfs", ""])
def test_other_file_systems_are_refused_for_a_profile(name: str) -> None:
    """The profile's file systems are named with the clause; without a profile it is a note."""
    other = replace(STICK, file_system=None, file_system_name=name)
    with pytest.raises(UnfitForMediumError, match=r"FAT16 or FAT32, PS3\.12 R"):
        check_volume(other, PROFILES["STD-GEN-USB-JPEG"])
    (note,) = check_volume(other)
    assert name in note


def test_the_file_system_of_the_profile_is_taken() -> None:
    """FAT32 for USB, not for SD cards, which have FAT16."""
    assert check_volume(STICK, PROFILES["STD-GEN-USB-JPEG"]) == []
    assert check_volume(STICK) == []
    with pytest.raises(UnfitForMediumError, match=r"requires FAT16, PS3\.12 U"):
        check_volume(STICK, PROFILES["STD-GEN-SD-JPEG"])
    assert "not a profile of sticks" in check_volume(STICK, PROFILES["STD-GEN-CD"])[0]
    fuse = replace(STICK, file_system=None, file_system_name="fuse.fusefat")
    assert "of an unknown FAT type" in check_volume(fuse, PROFILES["STD-GEN-USB-JPEG"])[0]


@pytest.mark.parametrize(
    ("capacity", "profile", "system"),
    [
        (8_000_000_000, None, FileSystem.FAT32),
        (8_000_000_000, "STD-GEN-USB-JPEG", FileSystem.FAT32),
        (1_000_000_000, "STD-GEN-SD-JPEG", FileSystem.FAT16),
        (10_000_000, None, FileSystem.FAT16),
        (100_000_000, None, FileSystem.FAT32),
    ],
)
def test_a_stick_gets_the_fat_that_fits(
    capacity: int, profile: str | None, system: FileSystem
) -> None:
    """By size and profile."""
    volume = replace(STICK, capacity=capacity)
    assert fat_for(volume, PROFILES[profile] if profile else None) is system


def test_a_card_too_large_for_its_profile_is_told() -> None:
    """FAT16 ends at 2 GiB."""
    with pytest.raises(UnfitForMediumError, match="too large for FAT16"):
        fat_for(STICK, PROFILES["STD-GEN-SD-JPEG"])


class FakeSystem:
    """A system with one stick that notes what was done."""

    def __init__(self, *volumes: Volume, is_safe: bool = True) -> None:
        self.there = list(volumes)
        self.done: list[tuple[Any, ...]] = []
        self._is_safe = is_safe

    def volumes(self) -> list[Volume]:
        """Return them."""
        return self.there

    def at(self, path: str | os.PathLike[str]) -> Volume | None:
        """Return the one."""
        return next((v for v in self.there if os.fspath(path) in (v.device, v.mount_point)), None)

    def flush(self, volume: Volume) -> None:
        """Note it."""
        self.done.append(("flush", volume.device))

    def eject(self, volume: Volume) -> bool:
        """Note it."""
        self.done.append(("eject", volume.device))
        return self._is_safe

    def format(self, volume: Volume, label: str, system: FileSystem) -> None:
        """Note it."""
        self.done.append(("format", volume.device, label, system))


@pytest.mark.parametrize("typed", ["", "stick", "STICK ", "/dev/sdb1", "sdb1", "yes"])
def test_nothing_is_erased_unless_the_name_is_typed(typed: str) -> None:
    """Only the very name of the volume erases it."""
    system = FakeSystem(STICK)
    with pytest.raises(VolumeError, match="Nothing was erased"):
        format_volume(system, STICK, typed=typed, label="X")
    assert system.done == []


def test_only_the_volume_that_was_shown_is_erased() -> None:
    """Another stick at the same place, none, or an inner disk is not touched."""
    for there in ((), (replace(STICK, label="OTHER"),), (replace(STICK, capacity=1),)):
        system = FakeSystem(*there)
        with pytest.raises(VolumeError, match="not the one that was shown"):
            format_volume(system, STICK, typed="STICK", label="X")
        assert system.done == []
    inner = replace(STICK, is_removable=False)
    system = FakeSystem(inner)
    with pytest.raises(VolumeError, match="not one that can be taken out"):
        format_volume(system, inner, typed="STICK", label="X")
    assert system.done == []


def test_a_stick_is_formatted_with_the_file_set_id() -> None:
    """Eleven letters of it fit on a FAT volume (PS3.12 A)."""
    system = FakeSystem(STICK)
    made = format_volume(system, STICK, typed="STICK", label="Ward_4_archive")
    assert made is FileSystem.FAT32
    assert system.done == [("format", "/dev/sdb1", "WARD_4_ARCH", FileSystem.FAT32)]


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


# Writing, on a real FAT file system in user space


@pytest.fixture
def stick(tmp_path: Path, judges: Judges) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """Mount a stick of 16 MiB with FAT16 by fusefat; killing that is pulling the stick."""
    image, folder = tmp_path / "stick.img", tmp_path / "STICK"
    with image.open("wb") as out:
        out.truncate(16 << 20)
    assert judges.ask("mkfs.vfat", "-F", "16", "-n", "STICK", image).code == 0
    folder.mkdir()
    if not os.access("/dev/fuse", os.W_OK):
        pytest.skip("this machine lets nobody mount")
    with plugged_in(image, folder, judges) as process:
        yield folder, process


@contextlib.contextmanager
def plugged_in(image: Path, folder: Path, judges: Judges) -> Iterator[subprocess.Popen[bytes]]:
    """Mount an image at a folder."""
    words = [judges.find("fusefat"), "-f", "-o", "rw+", str(image), str(folder)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 5
        while not os.path.ismount(folder) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert os.path.ismount(folder)
        yield process
        unmounted(folder)
        process.terminate()


@pytest.fixture
def fat(stick: tuple[Path, subprocess.Popen[bytes]]) -> Path:
    """Give the root of a mounted stick."""
    return stick[0]


def unmounted(folder: Path) -> None:
    """Unmount what fusefat mounted."""
    for _ in range(50):
        subprocess.run(["fusermount", "-u", "-z", folder], capture_output=True, check=False)
        if not os.path.ismount(folder):
            return
        time.sleep(0.05)


def test_a_stick_is_written_and_nothing_of_others_erased(
    sample_set: FileSet, fat: Path, tmp_path: Path, judges: Judges
) -> None:
    """The File-set lies beside what was there, verified, and the FAT is whole afterwards."""
    (fat / "LETTER.TXT").write_bytes(b"theirs")
    volume = stick_at(fat)
    assert volume is not None
    order = Order(str(fat), PROFILES["STD-GEN-USB-JPEG"]).on_stick(volume)
    assert order.capacity == free_on(volume)
    (receipt,) = produce(prepare(sample_set, order, tmp_path))
    assert receipt.verified
    assert (fat / "LETTER.TXT").read_bytes() == b"theirs"
    shutil.copytree(fat, tmp_path / "copy")
    judges.accept(tmp_path / "copy", instances=31)
    with pytest.raises(NameClashError, match="already a File-set in the folder"):
        produce(prepare(sample_set, order, tmp_path))
    assert volumes_here().eject(volume)
    assert not os.path.ismount(fat)
    verdict = judges.ask("fsck.vfat", "-n", tmp_path / "stick.img")
    assert verdict.code == 0, verdict.words


def test_what_does_not_fit_is_refused_before(
    sample_plan: MediumPlan, fat: Path, tmp_path: Path
) -> None:
    """The room that is left now counts, not the size of the stick."""
    volume = stick_at(fat)
    assert volume is not None
    big = tmp_path / "big"
    with big.open("wb") as out:
        out.truncate(20 << 20)
    status = big.stat()
    extra = MediumFile(str(big), "BIG", status.st_size, status.st_mtime_ns)
    plan = sample_plan.with_extras([extra])
    before = sorted(fat.iterdir())
    with pytest.raises(NoSpaceError, match="Nothing was written"):
        write_stick(plan, volume)
    assert sorted(fat.iterdir()) == before


@pytest.mark.parametrize("moment", [1, 3, 20, 33])
def test_a_stick_that_is_pulled_is_told(
    moment: int,
    sample_plan: MediumPlan,
    stick: tuple[Path, subprocess.Popen[bytes]],
    tmp_path: Path,
    judges: Judges,
) -> None:
    """Taken out at any moment: a clear error, and no DICOMDIR that names what is not there."""
    folder, process = stick
    volume = stick_at(folder)
    assert volume is not None

    class Pulling(Monitor):
        files = 0

        def advance(self, amount: int = 1, detail: str = "") -> None:
            self.files += 1
            if self.files == moment:
                process.kill()
                process.wait()

    with pytest.raises((StorageError, MediumVerificationError)) as caught:
        write_stick(sample_plan, volume, monitor=Pulling())
    assert str(folder) in str(caught.value)
    assert caught.value.remedy
    unmounted(folder)
    assert list(folder.iterdir()) == []
    with pytest.raises(VolumeError, match="was removed"):
        write_stick(sample_plan, volume)
    found = tmp_path / "found"
    assert judges.ask("7z", "x", f"-o{found}", tmp_path / "stick.img").code == 0
    if (found / "DICOMDIR").exists():
        for file in sample_plan.files:
            assert (found / file.name).read_bytes() == Path(file.source).read_bytes()
        return
    # Put in again, it is tidied up and written.
    with plugged_in(tmp_path / "stick.img", folder, judges):
        again = stick_at(folder)
        assert again is not None
        assert write_stick(sample_plan, again).verified


def test_another_stick_in_its_place_is_not_written(sample_plan: MediumPlan) -> None:
    """A stick that was changed since it was chosen is an error."""
    system = FakeSystem(replace(STICK, device="/dev/sdc1"))
    with pytest.raises(VolumeError, match="was removed"):
        write_stick(sample_plan, STICK, system=system)
    assert system.done == []


def test_bytes_are_counted_in_the_clusters_of_the_stick() -> None:
    """The order takes cluster and free space from the stick."""
    small = replace(STICK, cluster=4096, mount_point="/")
    order = Order("/", capacity=10).on_stick(small)
    assert (order.cluster, order.capacity) == (4096, 10)
    assert Order("/").cluster == 32_768


# macOS and Windows, by what their tools print


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


def test_programs_are_run_to_their_end(tmp_path: Path) -> None:
    """Code, output and complaint come back; a program that is not there is an answer too."""
    script = tmp_path / "x"
    script.write_text("#!/bin/sh\necho out\necho bad >&2\nexit 3\n")
    script.chmod(0o755)
    assert ask([str(script)]) == Answer(3, "out\n", "bad\n")
    gone = ask([str(tmp_path / "none")])
    assert gone.code == 127
    assert "No such file" in gone.reason
    assert "said nothing" in Answer(1, "").reason
