"""Drives and sticks that media can be written to, as a face offers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomdir_studio.errors import StudioError
from dicomdir_studio.media.volumes import free_on, volumes_here

if TYPE_CHECKING:
    from dicomdir_studio.media.burning import Burner


@dataclass(frozen=True, slots=True)
class Device:
    """A drive or a stick.

    Attributes
    ----------
    address : str
        What the burning program calls it; of a stick its root.
    label : str
        What people call it.
    content : str
        What is in the drive, or the file system of the stick.
    free : int or None
        Bytes that can be written, None if that is not known.
    trouble : str
        What keeps it from being used as it is, empty if nothing does.
    """

    address: str
    label: str
    content: str = ""
    free: int | None = None
    trouble: str = ""


def drives_of(burner: Burner) -> list[Device]:
    """Return the drives, each with the disc in it; runs in a job.

    Raises
    ------
    BurningError
        If the burning program does not answer.
    """
    found = []
    for drive in burner.drives():
        try:
            disc = burner.disc(drive.address)
        except StudioError as error:
            found.append(Device(drive.address, drive.label, trouble=error.what))
            continue
        free = disc.writable if disc.kind and disc.is_blank else None
        found.append(Device(drive.address, drive.label, disc.kind, free))
    return found


def sticks() -> list[Device]:
    """Return the sticks and cards that are plugged in; runs in a job.

    Raises
    ------
    VolumeError
        If the system does not tell of them.
    """
    found = []
    for volume in volumes_here().volumes():
        place = volume.mount_point
        trouble = "It is not mounted" if place is None else ""
        if volume.is_read_only:
            trouble = "It is write-protected"
        try:
            free = free_on(volume) if place is not None else None
        except StudioError as error:
            free, trouble = None, error.what
        name = volume.file_system.value if volume.file_system else volume.file_system_name
        found.append(Device(place or volume.device, volume.name, name, free, trouble))
    return found
