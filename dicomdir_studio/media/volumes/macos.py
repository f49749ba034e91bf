"""Sticks and cards of macOS, by diskutil."""

from __future__ import annotations

import os
import plistlib
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.media.programs import ask
from dicomdir_studio.media.volumes.volume import Volume, VolumeError
from dicomdir_studio.standard.media import FileSystem

if TYPE_CHECKING:
    from dicomdir_studio.media.programs import Ask

_FAT: Final = {
    "MS-DOS FAT12": FileSystem.FAT12,
    "MS-DOS FAT16": FileSystem.FAT16,
    "MS-DOS FAT32": FileSystem.FAT32,
}
_NAMES: Final = {system: name for name, system in _FAT.items()}


class MacVolumes:
    """Volumes of macOS (see `dicomdir_studio.media.volumes.VolumeSystem`).

    Parameters
    ----------
    run : callable, optional
        Runs programs.
    """

    def __init__(self, run: Ask = ask) -> None:
        self._run = run

    def volumes(self) -> list[Volume]:
        """Return the volumes that can be taken out, mounted or not."""
        listed = self._plist("list", "-plist", "external", "physical") or {}
        names = []
        for disk in listed.get("AllDisksAndPartitions", []):
            parts = disk.get("Partitions") or [disk]
            names += [part["DeviceIdentifier"] for part in parts if "DeviceIdentifier" in part]
        found = [self.at(f"/dev/{name}") for name in names]
        return [volume for volume in found if volume is not None and volume.is_removable]

    def at(self, path: str | os.PathLike[str]) -> Volume | None:
        """Return the volume whose root or device is `path`; None if there is none."""
        name = os.path.realpath(path)
        told = self._plist("info", "-plist", name)
        if told is None or name not in (told.get("DeviceNode"), told.get("MountPoint")):
            return None
        # diskutil reports the volume of any folder, and of disks that hold partitions.
        if name == "/" or not told.get("FilesystemType"):
            return None
        kind = str(told.get("FilesystemName") or told.get("FilesystemType") or "")
        return Volume(
            device=str(told.get("DeviceNode", "")),
            mount_point=str(told.get("MountPoint") or "") or None,
            label=str(told.get("VolumeName") or ""),
            file_system=_FAT.get(kind),
            file_system_name=kind,
            capacity=int(told.get("TotalSize") or told.get("Size") or 0),
            cluster=int(told.get("VolumeAllocationBlockSize") or 32_768),
            is_removable=bool(told.get("RemovableMedia") or told.get("Ejectable"))
            and not told.get("Internal", False),
            is_read_only=not told.get("WritableVolume", True),
        )

    def flush(self, volume: Volume) -> None:
        """Have all that was written on the device."""
        self._done(("sync",), volume, "The volume cannot be flushed")

    def eject(self, volume: Volume) -> bool:
        """Flush and unmount it; return whether it is safe to unplug now."""
        self.flush(volume)
        return self._run(("diskutil", "eject", volume.device)).code == 0

    def format(self, volume: Volume, label: str, system: FileSystem) -> None:
        """Erase it all and make a FAT file system on it.

        Raises
        ------
        VolumeError
            If the system refuses.
        """
        words = ("diskutil", "eraseVolume", _NAMES[system], label or "DICOM", volume.device)
        self._done(words, volume, "The volume cannot be formatted")

    def _done(self, words: tuple[str, ...], volume: Volume, what: str) -> None:
        """Run a program that must end well."""
        answer = self._run(words)
        if answer.code:
            raise VolumeError(
                what,
                where=volume.device,
                why=answer.reason,
                remedy="Close what has files open on it, or use the system's Disk Utility",
            )

    def _plist(self, *words: str) -> dict[str, Any] | None:
        """Return what diskutil answers; None if it does not."""
        answer = self._run(("diskutil", *words))
        try:
            told = plistlib.loads(answer.out.encode("utf-8"))
        except (plistlib.InvalidFileException, ValueError):
            return None
        return told if isinstance(told, dict) and not answer.code else None
