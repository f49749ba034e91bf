"""A stick or card, and what must hold before anything is written to it or erased from it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from dicomdir_studio.media.errors import MediaError, UnfitForMediumError
from dicomdir_studio.phrases import either, said
from dicomdir_studio.standard.media import MEDIA, FileSystem
from dicomdir_studio.storage import from_os_error

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from dicomdir_studio.standard.profiles import ApplicationProfile

MAX_LABEL: Final = 11
"""Characters of a FAT volume label (PS3.12 A)."""

_FAT: Final = (FileSystem.FAT12, FileSystem.FAT16, FileSystem.FAT32)
_MOST_FAT16: Final = 1 << 31
_LEAST_FAT32: Final = 34 << 20
_FAT12_CLUSTERS: Final = 4_085
_FAT16_CLUSTERS: Final = 65_525


class VolumeError(MediaError):
    """A stick or card cannot be listed, written, formatted or ejected."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume of a stick or card.

    Attributes
    ----------
    device : str
        What the system calls it: ``/dev/sdb1``, ``/dev/disk4s1``, ``E:``.
    mount_point : str or None
        Where its files are, None if it is not mounted.
    label : str
        Its name; "" if it has none.
    file_system : FileSystem or None
        FAT12, FAT16 or FAT32; None for anything else.
    file_system_name : str
        What the system calls its file system, such as ``exfat``.
    capacity : int
        Its bytes; 0 if not known.
    cluster : int
        Bytes of a cluster.
    is_removable : bool
        Whether the system says that it can be taken out.
    is_read_only : bool
        Whether it cannot be written.
    """

    device: str
    mount_point: str | None
    label: str
    file_system: FileSystem | None
    file_system_name: str
    capacity: int
    cluster: int = 32_768
    is_removable: bool = True
    is_read_only: bool = False

    @property
    def name(self) -> str:
        """What the user types before it is formatted: its label, or its device without one."""
        return self.label or self.device.rpartition("/")[2]

    @property
    def is_stick(self) -> bool:
        """Whether it is treated as a stick: it can be taken out, or has a stick's file system."""
        is_fat = self.file_system is not None or self.file_system_name.startswith("fuse")
        return self.is_removable or is_fat

    @property
    def title(self) -> str:
        """What it is, in a line."""
        system = self.file_system.value if self.file_system else self.file_system_name
        where = self.mount_point or "not mounted"
        size = f"{self.capacity / 1e9:.1f} GB" if self.capacity else "size not known"
        return f"{self.name} ({self.device}, {system or 'no file system'}, {size}, {where})"


class VolumeSystem(Protocol):
    """What an operating system can do with volumes."""

    def volumes(self) -> list[Volume]:
        """Return the volumes that can be taken out, mounted or not."""

    def at(self, path: str | os.PathLike[str]) -> Volume | None:
        """Return the volume whose root or device is `path`; None if there is none."""

    def flush(self, volume: Volume) -> None:
        """Have all that was written on the device."""

    def eject(self, volume: Volume) -> bool:
        """Flush and unmount it; return whether it is safe to unplug now."""

    def format(self, volume: Volume, label: str, system: FileSystem) -> None:
        """Erase it all and make a FAT file system on it."""


def fat_of(clusters: int) -> FileSystem:
    """Return which FAT a file system of so many clusters is; nothing else decides it."""
    if clusters < _FAT12_CLUSTERS:
        return FileSystem.FAT12
    return FileSystem.FAT16 if clusters < _FAT16_CLUSTERS else FileSystem.FAT32


def free_on(volume: Volume) -> int:
    """Return the bytes that are free on a mounted volume now.

    Raises
    ------
    StorageError
        If it is gone.
    """
    path = volume.mount_point or volume.device
    try:
        return shutil.disk_usage(path).free
    except OSError as error:
        raise from_os_error(error, path) from error


def check_volume(volume: Volume, profile: ApplicationProfile | None = None) -> list[str]:
    """Raise if a volume's file system is not one that the profile takes.

    Parameters
    ----------
    volume : Volume
        Where the File-set is to go.
    profile : ApplicationProfile, optional
        Without one nothing is refused, only told.

    Returns
    -------
    list of str
        What the user should know.

    Raises
    ------
    UnfitForMediumError
        It says which file systems there may be, and the clause.
    """
    system = volume.file_system
    named = (
        system.value if system is not None else volume.file_system_name or said("no file system")
    )
    if profile is None:
        if system is None:
            return [
                said(
                    "{0} has {1}; devices in clinics may read FAT16 and FAT32 alone",
                    volume.name,
                    named,
                )
            ]
        return []
    medium = MEDIA[profile.medium]
    allowed = [one for one in medium.file_systems if one in _FAT]
    if not allowed:
        return [said("{0} is not a profile of sticks: {1}", profile.identifier, medium.label)]
    if system in allowed:
        return []
    if volume.file_system_name.startswith("fuse"):
        return [said("{0} has {1}, of an unknown FAT type", volume.name, named)]
    names = either([one.value for one in allowed])
    raise UnfitForMediumError(
        said("{0} has another file system than {1} allows", volume.name, profile.identifier),
        where=volume.mount_point or volume.device,
        why=said("it has {0}, and the profile requires {1}, {2}", named, names, medium.clause),
        remedy=said("Have the stick formatted, which erases it, or choose another one"),
    )


def fat_for(volume: Volume, profile: ApplicationProfile | None = None) -> FileSystem:
    """Return the FAT that a volume is best formatted with.

    Raises
    ------
    UnfitForMediumError
        If the profile takes FAT16 alone and the volume is too large for it.
    """
    allowed = [one for one in MEDIA[profile.medium].file_systems if one in _FAT] if profile else []
    if volume.capacity > _MOST_FAT16:
        if allowed and FileSystem.FAT32 not in allowed:
            raise UnfitForMediumError(
                said(
                    "{0} is too large for FAT16, which {1} has",
                    volume.name,
                    MEDIA[profile.medium].label,
                )
                if profile
                else said("The volume is too large for FAT16"),
                where=volume.device,
                why=said("{0:,} bytes, the limit of FAT16 is {1:,}", volume.capacity, _MOST_FAT16),
                remedy=said("Use a smaller card, or a profile that allows FAT32"),
            )
        return FileSystem.FAT32
    if FileSystem.FAT16 in allowed or volume.capacity < _LEAST_FAT32:
        return FileSystem.FAT16
    return FileSystem.FAT32


def first_on(volume: Volume, paths: Iterable[str]) -> str | None:
    """Return the first of some files that lies on a volume, None if none does."""
    place = volume.mount_point
    if place is None:
        return None
    root = Path(place).resolve()
    # By device too: another mount point may lead to the same volume.
    device = root.stat().st_dev if root.is_mount() else None
    for path in paths:
        file = Path(path).resolve()
        if file.is_relative_to(root):
            return path
        if device is not None and file.exists() and file.stat().st_dev == device:
            return path
    return None


def format_volume(
    system: VolumeSystem,
    volume: Volume,
    *,
    typed: str,
    label: str,
    profile: ApplicationProfile | None = None,
    needed: Iterable[str] = (),
) -> FileSystem:
    """Erase a stick or card and make the FAT file system on it that a profile takes.

    Parameters
    ----------
    system : VolumeSystem
        What does it.
    volume : Volume
        Which. It is looked up again, so that it is the one that was shown.
    typed : str
        The name of the volume as the user typed it; anything else erases nothing.
    label : str
        Its new name, of which 11 letters fit; the File-set ID by custom (PS3.12 A).
    profile : ApplicationProfile, optional
        Decides between FAT16 and FAT32.
    needed : iterable of str
        Files that are to be put on it: none of them may lie on it now.

    Returns
    -------
    FileSystem
        What it has now.

    Raises
    ------
    VolumeError
        If the name is another, the volume is not one that can be taken out, is not there
        any more, or the system refuses.
    """
    if typed != volume.name:
        raise VolumeError(
            "The name is not that of the volume",
            where=volume.device,
            why=f"{typed!r} was typed, it is {volume.name!r}",
            remedy="Nothing was erased; type the name as it is shown",
        )
    if not volume.is_removable:
        raise VolumeError(
            "The volume is not one that can be taken out",
            where=volume.device,
            remedy="Nothing was erased; choose a stick or card",
        )
    lost = first_on(volume, needed)
    if lost is not None:
        raise VolumeError(
            "The volume holds what is to be put on it",
            where=lost,
            remedy="Nothing was erased; copy the File-set to another place first",
        )
    now = system.at(volume.device)
    if now is None or (now.label, now.capacity) != (volume.label, volume.capacity):
        raise VolumeError(
            "The volume is not the one that was shown",
            where=volume.device,
            why="it was taken out or changed meanwhile",
            remedy="Nothing was erased; look at the list of volumes anew",
        )
    chosen = fat_for(volume, profile)
    system.format(now, label[:MAX_LABEL].upper(), chosen)
    return chosen
