"""Sticks and cards of Linux: the kernel's own tables, udev's notes, udisks and mkfs.vfat."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicomdir_studio.media.programs import ask
from dicomdir_studio.media.volumes.volume import Volume, VolumeError, fat_of
from dicomdir_studio.standard.media import FileSystem
from dicomdir_studio.storage import from_os_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.media.programs import Ask

_SECTOR: Final = 512
_ESCAPE: Final = re.compile(r"\\([0-7]{3})")
_UDEV_ESCAPE: Final = re.compile(r"\\x([0-9a-f]{2})")
_FAT_NAMES: Final = ("vfat", "msdos")


@dataclass(frozen=True, slots=True)
class _Mount:
    """A line of mountinfo."""

    device_number: str
    place: str
    is_read_only: bool
    kind: str
    source: str


class LinuxVolumes:
    """Volumes of Linux (see `dicomdir_studio.media.volumes.VolumeSystem`).

    Parameters
    ----------
    root : str, optional
        What stands for ``/``; tests lay out trees of their own.
    run : callable, optional
        Runs programs.
    """

    def __init__(self, root: str = "/", run: Ask = ask) -> None:
        self._root = Path(root)
        self._run = run

    def volumes(self) -> list[Volume]:
        """Return the volumes that can be taken out, mounted or not."""
        mounts = {mount.device_number: mount for mount in self._mounts()}
        found = [
            self._volume(block, mounts)
            for block in self._blocks()
            if self._is_removable(block) and self._holds_files(block)
        ]
        return sorted(found, key=lambda volume: volume.device)

    def at(self, path: str | os.PathLike[str]) -> Volume | None:
        """Return the volume whose root or device is `path`; None if there is none."""
        name = os.path.realpath(path)
        mounts = list(self._mounts())
        for block in self._blocks():
            if name == f"/dev/{block.name}":
                self._refuse_partitioned(block)
                return self._volume(block, {mount.device_number: mount for mount in mounts})
        for mount in reversed(mounts):
            if mount.place == name and mount.place != "/":
                return self._mounted(mount)
        return None

    def flush(self, volume: Volume) -> None:
        """Have all that was written on the device.

        Raises
        ------
        StorageError
            If the device reports that it was not.
        """
        where = volume.mount_point or volume.device
        try:
            descriptor = os.open(where, os.O_RDONLY)
            try:
                library = ctypes.CDLL(None, use_errno=True)
                if library.syncfs(descriptor) != 0:
                    number = ctypes.get_errno()
                    raise OSError(number, os.strerror(number), where)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise from_os_error(error, where) from error

    def eject(self, volume: Volume) -> bool:
        """Flush and unmount it; return whether it is safe to unplug now."""
        self.flush(volume)
        if not self._unmounted(volume):
            return False
        if shutil.which("udisksctl"):
            self._run(("udisksctl", "power-off", "-b", volume.device))
        return True

    def format(self, volume: Volume, label: str, system: FileSystem) -> None:
        """Erase it all and make a FAT file system on it.

        Raises
        ------
        VolumeError
            If it is in use, or the system does not let the user do it.
        """
        program = shutil.which("mkfs.vfat") or shutil.which("mkfs.vfat", path="/usr/sbin:/sbin")
        if program is None:
            raise VolumeError(
                "The program mkfs.vfat is not installed",
                remedy="Install dosfstools, or format the stick with the system's own tool",
            )
        if volume.mount_point is not None and not self._unmounted(volume):
            raise VolumeError(
                "The volume is in use",
                where=volume.mount_point,
                remedy="Nothing was erased; close what has files open on it",
            )
        bits = {FileSystem.FAT12: "12", FileSystem.FAT16: "16"}.get(system, "32")
        # -I: many sticks have no partitions, and then mkfs.vfat wants to be told.
        words = (program, "-I", "-F", bits, "-n", label or "DICOM", volume.device)
        answer = self._run(words)
        if answer.code:
            denied = "ermission denied" in answer.err + answer.out
            raise VolumeError(
                "The volume cannot be formatted",
                where=volume.device,
                why=answer.reason,
                remedy="You may not write to the device itself: run it as root, have an "
                "administrator do it, or format it with the system's own tool"
                if denied
                else "Check the stick, or take another",
            )
        if shutil.which("udisksctl"):
            self._run(("udisksctl", "mount", "-b", volume.device))

    def _unmounted(self, volume: Volume) -> bool:
        """Unmount a volume; return whether it is unmounted."""
        if volume.mount_point is None:
            return True
        for words in (
            ("udisksctl", "unmount", "-b", volume.device),
            ("umount", volume.mount_point),
            ("fusermount", "-u", volume.mount_point),
        ):
            if shutil.which(words[0]):
                self._run(words)
            if not any(mount.place == volume.mount_point for mount in self._mounts()):
                return True
        return False

    def _blocks(self) -> Iterator[Path]:
        """Yield the folders of disks and their partitions in sysfs."""
        disks = self._root / "sys" / "block"
        for disk in sorted(disks.iterdir()) if disks.is_dir() else ():
            yield disk
            yield from sorted(part for part in disk.iterdir() if _is_partition(part))

    def _is_removable(self, block: Path) -> bool:
        """Return whether a block device can be taken out: it says so, or hangs on USB."""
        disk = block if (block / "removable").is_file() else block.parent
        is_usb = "/usb" in os.path.realpath(disk)
        return (_word(disk / "removable") == "1" or is_usb) and not disk.name.startswith(
            ("loop", "sr", "zram", "ram")
        )

    def _holds_files(self, block: Path) -> bool:
        """Return whether a block device is a volume: a partition, or a disk without any."""
        if _is_partition(block):
            return True
        has_parts = any(map(_is_partition, block.iterdir()))
        return not has_parts and int(_word(block / "size") or 0) > 0

    def _refuse_partitioned(self, block: Path) -> None:
        """Raise for a disk with partitions: the volumes are those."""
        parts = [f"/dev/{one.name}" for one in sorted(block.iterdir()) if _is_partition(one)]
        if parts:
            raise VolumeError(
                "The disk has partitions",
                where=f"/dev/{block.name}",
                remedy=f"Name one of them: {', '.join(parts)}",
            )

    def _volume(self, block: Path, mounts: dict[str, _Mount]) -> Volume:
        """Return the volume of a block device."""
        number = _word(block / "dev")
        notes = self._udev(number)
        mount = mounts.get(number)
        kind = mount.kind if mount else notes.get("ID_FS_TYPE", "")
        place = mount.place if mount else None
        known = {one.value: one for one in FileSystem}.get(notes.get("ID_FS_VERSION", ""))
        system = (known or _fat_at(place)) if kind in _FAT_NAMES else None
        return Volume(
            device=f"/dev/{block.name}",
            mount_point=place,
            label=_unescaped(notes.get("ID_FS_LABEL_ENC", notes.get("ID_FS_LABEL", ""))),
            file_system=system,
            file_system_name=kind,
            capacity=int(_word(block / "size") or 0) * _SECTOR,
            cluster=_cluster_at(place),
            is_removable=self._is_removable(block),
            is_read_only=_word(block / "ro") == "1" or (mount is not None and mount.is_read_only),
        )

    def _mounted(self, mount: _Mount) -> Volume:
        """Return the volume of a mount, be it of a block device or of a program (FUSE)."""
        for block in self._blocks():
            if _word(block / "dev") == mount.device_number:
                return self._volume(block, {mount.device_number: mount})
        total = shutil.disk_usage(mount.place).total
        return Volume(
            device=mount.source,
            mount_point=mount.place,
            label="",
            file_system=_fat_at(mount.place) if mount.kind in _FAT_NAMES else None,
            file_system_name=mount.kind,
            capacity=total,
            cluster=_cluster_at(mount.place),
            is_removable=False,
            is_read_only=mount.is_read_only,
        )

    def _mounts(self) -> Iterator[_Mount]:
        """Yield what is mounted (proc(5), mountinfo)."""
        try:
            lines = (self._root / "proc" / "self" / "mountinfo").read_text("utf-8", "replace")
        except OSError:
            return
        for line in lines.splitlines():
            ours, _, theirs = line.partition(" - ")
            own, their = ours.split(" "), theirs.split(" ")
            if len(own) > 5 and len(their) > 2:  # noqa: PLR2004 - the columns of the table
                options = {*own[5].split(","), *their[2].split(",")}
                place = _ESCAPE.sub(lambda found: chr(int(found[1], 8)), own[4])
                yield _Mount(own[2], place, "ro" in options, their[0], their[1])

    def _udev(self, number: str) -> dict[str, str]:
        """Return what udev noted of a device, which everyone may read."""
        try:
            path = self._root / "run" / "udev" / "data" / f"b{number}"
            lines = path.read_text("utf-8", "replace")
        except OSError:
            return {}
        pairs = (line[2:].partition("=") for line in lines.splitlines() if line.startswith("E:"))
        return {name: value for name, _, value in pairs}


def _is_partition(block: Path) -> bool:
    """Return whether a folder of sysfs is that of a partition."""
    return (block / "partition").is_file()


def _word(path: Path) -> str:
    """Return what a file of sysfs says; "" if it is not there."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _unescaped(label: str) -> str:
    """Return a label as udev wrote it down, with its spaces again."""
    data = _UDEV_ESCAPE.sub(lambda found: chr(int(found[1], 16)), label)
    try:
        return data.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return data


def _fat_at(place: str | None) -> FileSystem | None:
    """Return which FAT is mounted somewhere, by the number of its clusters."""
    if place is None:
        return None
    try:
        return fat_of(os.statvfs(place).f_blocks)
    except OSError:
        return None


def _cluster_at(place: str | None) -> int:
    """Return the bytes of a cluster of what is mounted somewhere."""
    try:
        return os.statvfs(place).f_frsize if place is not None else 32_768
    except OSError:
        return 32_768
