"""Drives and sticks that media can be written to, as a front end offers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomdir_studio.errors import StudioError
from dicomdir_studio.media.volumes import free_on
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from dicomdir_studio.media.burning import Burner
    from dicomdir_studio.media.volumes import Volume, VolumeSystem


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
    volume : Volume or None
        The stick itself.
    """

    address: str
    label: str
    content: str = ""
    free: int | None = None
    trouble: str = ""
    volume: Volume | None = None


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


def sticks_of(system: VolumeSystem) -> list[Device]:
    """Return the sticks and cards that are plugged in; runs in a job.

    Raises
    ------
    VolumeError
        If this system does not report them.
    """
    return [_stick(volume) for volume in system.volumes()]


def _stick(volume: Volume) -> Device:
    """Return a stick as a front end offers it."""
    kind = volume.file_system.value if volume.file_system else volume.file_system_name
    if volume.mount_point is None:
        trouble: str = said("It is not mounted; open it in the file manager, then look again")
        return Device(volume.device, volume.name, kind, None, trouble, volume)
    trouble = (
        said("It is write-protected; check the switch on the card") if volume.is_read_only else ""
    )
    try:
        free: int | None = free_on(volume)
    except StudioError as error:
        free, trouble = None, error.what
    return Device(volume.mount_point, volume.name, kind, free, trouble, volume)
