"""Sticks and cards of Windows, by the cmdlets of its storage module."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.media.programs import ask
from dicomdir_studio.media.volumes.volume import Volume, VolumeError, fat_of
from dicomdir_studio.standard.media import FileSystem

if TYPE_CHECKING:
    from dicomdir_studio.media.programs import Ask

POWERSHELL: Final = ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command")
"""How Windows' own scripting program is called."""

_LETTER: Final = re.compile(r"([A-Za-z]):[\\/]?\Z")
_REMOVABLE: Final = ("Removable", 2)
_LIST: Final = (
    "ConvertTo-Json -Compress -InputObject @(Get-Volume | Where-Object DriveLetter | "
    "Select-Object @{n='Letter';e={[string]$_.DriveLetter}}, FileSystemLabel, FileSystem, Size, "
    "AllocationUnitSize, @{n='Kind';e={[string]$_.DriveType}})"
)


class WindowsVolumes:
    """Volumes of Windows (see `dicomdir_studio.media.volumes.VolumeSystem`).

    Parameters
    ----------
    run : callable, optional
        Runs programs.
    """

    def __init__(self, run: Ask = ask) -> None:
        self._run = run

    def volumes(self) -> list[Volume]:
        """Return the volumes that can be taken out."""
        return [volume for volume in self._all() if volume.is_removable]

    def at(self, path: str | os.PathLike[str]) -> Volume | None:
        """Return the volume whose root or drive letter is `path`; None if there is none."""
        letter = _LETTER.match(os.fspath(path))
        if letter is None:
            return None
        wanted = f"{letter[1].upper()}:"
        return next((volume for volume in self._all() if volume.device == wanted), None)

    def flush(self, volume: Volume) -> None:
        """Have all that was written on the device.

        Raises
        ------
        VolumeError
            If the system does not say that it is.
        """
        self._done(f"Write-VolumeCache -DriveLetter {volume.device[0]}", volume, "flushed")

    def eject(self, volume: Volume) -> bool:
        """Flush and take it out; return whether it is safe to unplug now."""
        self.flush(volume)
        # The Explorer's own "Eject"; 17 is its folder "This PC".
        script = (
            "(New-Object -ComObject Shell.Application).Namespace(17)"
            f".ParseName('{volume.device}').InvokeVerb('Eject'); Start-Sleep 3"
        )
        if self._run((*POWERSHELL, script)).code:
            return False
        return self.at(volume.device) is None

    def format(self, volume: Volume, label: str, system: FileSystem) -> None:
        """Erase it all and make a FAT file system on it.

        Raises
        ------
        VolumeError
            If the system refuses.
        """
        name = "FAT32" if system is FileSystem.FAT32 else "FAT"
        plain = re.sub(r"[^A-Z0-9_]", "_", label.upper()) or "DICOM"
        script = (
            f"Format-Volume -DriveLetter {volume.device[0]} -FileSystem {name} "
            f"-NewFileSystemLabel '{plain}' -Force -ErrorAction Stop"
        )
        self._done(script, volume, "formatted")

    def _done(self, script: str, volume: Volume, done: str) -> None:
        """Run a script that must end well."""
        answer = self._run((*POWERSHELL, script))
        if answer.code:
            denied = "denied" in answer.err or "40001" in answer.err
            raise VolumeError(
                f"The volume cannot be {done}",
                where=volume.device,
                why=answer.reason,
                remedy="Run the program as administrator, or use the Explorer"
                if denied
                else "Close what has files open on it, or use the Explorer",
            )

    def _all(self) -> list[Volume]:
        """Return all volumes that have a letter."""
        answer = self._run((*POWERSHELL, _LIST))
        try:
            told = json.loads(answer.out) if answer.out.strip() else []
        except ValueError:
            told = None
        if answer.code or not isinstance(told, list):
            raise VolumeError("The volumes cannot be listed", why=answer.reason)
        return [_volume(one) for one in told if isinstance(one, dict) and one.get("Letter")]


def _volume(told: dict[str, Any]) -> Volume:
    """Return a volume as PowerShell reports it."""
    name = str(told.get("FileSystem") or "")
    size, cluster = int(told.get("Size") or 0), int(told.get("AllocationUnitSize") or 0)
    system = None
    if name == "FAT32":
        system = FileSystem.FAT32
    elif name == "FAT" and cluster:
        # Windows calls FAT12 and FAT16 the same; the number of clusters tells them apart.
        system = fat_of(min(size // cluster, 65_524))
    return Volume(
        device=f"{str(told['Letter']).upper()}:",
        mount_point=f"{str(told['Letter']).upper()}:\\",
        label=str(told.get("FileSystemLabel") or ""),
        file_system=system,
        file_system_name=name,
        capacity=size,
        cluster=cluster or 32_768,
        is_removable=told.get("Kind") in _REMOVABLE,
    )
