"""Sticks and cards: which are there, what file system they have, formatted and ejected."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import StudioError
from dicomdir_studio.media.volumes.volume import (
    Volume,
    VolumeError,
    VolumeSystem,
    check_volume,
    format_volume,
    free_on,
)
from dicomdir_studio.standard.media import FileSystem

if TYPE_CHECKING:
    import os

__all__ = [
    "Volume",
    "VolumeError",
    "VolumeSystem",
    "check_volume",
    "format_volume",
    "free_on",
    "is_on_fat",
    "stick_at",
    "volumes_here",
]

_FAT: Final = frozenset((FileSystem.FAT12, FileSystem.FAT16, FileSystem.FAT32))


def volumes_here() -> VolumeSystem:
    """Return what knows the sticks and cards of this system."""
    if sys.platform == "win32":
        from dicomdir_studio.media.volumes.windows import WindowsVolumes  # noqa: PLC0415

        return WindowsVolumes()
    if sys.platform == "darwin":
        from dicomdir_studio.media.volumes.macos import MacVolumes  # noqa: PLC0415

        return MacVolumes()
    from dicomdir_studio.media.volumes.linux import LinuxVolumes  # noqa: PLC0415

    return LinuxVolumes()


def is_on_fat(path: str | os.PathLike[str], system: VolumeSystem | None = None) -> bool:
    """Return whether a path, there or to be made, lies on a FAT, as far as that can be told."""
    place = Path(path).absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    while not place.is_mount() and place != place.parent:
        place = place.parent
    try:
        volume = (system or volumes_here()).at(place)
    except (StudioError, OSError):
        return False
    return volume is not None and volume.file_system in _FAT


def stick_at(path: str | os.PathLike[str], system: VolumeSystem | None = None) -> Volume | None:
    """Return the stick whose root or device is `path`, None for a plain folder or file.

    Raises
    ------
    VolumeError
        If it is a volume that is not mounted or not one to write to.
    """
    volume = (system or volumes_here()).at(path)
    if volume is None or not volume.is_stick:
        return None
    if volume.mount_point is None:
        raise VolumeError(
            "The volume is not mounted",
            where=volume.device,
            remedy="Open it in the file manager, or mount it, and try again",
        )
    if volume.is_read_only:
        raise VolumeError(
            "The volume is write-protected",
            where=volume.mount_point,
            remedy="Check the switch on the card, or how it is mounted",
        )
    return volume
