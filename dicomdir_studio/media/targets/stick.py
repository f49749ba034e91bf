"""A medium plan put on a stick or card: room looked at anew, flushed before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.media.capacity import Container, usage
from dicomdir_studio.media.checks import refuse_problems
from dicomdir_studio.media.targets.folder import write_folder
from dicomdir_studio.media.volumes import Volume, VolumeError, free_on, volumes_here
from dicomdir_studio.phrases import said
from dicomdir_studio.standard.media import FileSystem
from dicomdir_studio.storage import NoSpaceError

if TYPE_CHECKING:
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.targets.receipt import MediumReceipt
    from dicomdir_studio.media.volumes import VolumeSystem
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.standard.profiles import ApplicationProfile


def container_on(volume: Volume) -> Container:
    """Return how bytes are counted on a volume."""
    if volume.file_system in {FileSystem.FAT12, FileSystem.FAT16}:
        return Container.FAT16
    if volume.file_system is not None or volume.file_system_name.startswith("fuse"):
        return Container.FAT
    is_exfat = volume.file_system_name.lower() == "exfat"
    return Container.EXFAT if is_exfat else Container.FOLDER


def write_stick(
    plan: MediumPlan,
    volume: Volume,
    *,
    system: VolumeSystem | None = None,
    verified: bool = True,
    profile: ApplicationProfile | None = None,
    monitor: Monitor | None = None,
) -> MediumReceipt:
    """Put a medium plan into the root of a stick or card: all of it or nothing.

    What it holds already stays. It is flushed, not unmounted: that it is safe to unplug only
    `VolumeSystem.eject` says.

    Parameters
    ----------
    plan : MediumPlan
        What goes there.
    volume : Volume
        Where to, mounted.
    system : VolumeSystem, optional
        What knows volumes; that of this system by default.
    verified : bool, optional
        Read every byte back and compare it.
    profile : ApplicationProfile, optional
        What the medium must conform to, judged by what was read back.
    monitor : Monitor, optional
        Receives progress; can cancel.

    Raises
    ------
    VolumeError
        If it is no longer there, or another one is in its place.
    NoSpaceError
        If it does not fit into the room that is left; nothing was written.
    StudioError
        If it could not be written for another reason.
    """
    system = system or volumes_here()
    place = volume.mount_point
    now = system.at(place) if place is not None else None
    if place is None or now is None or now.device != volume.device:
        raise VolumeError(
            said("The stick was removed"),
            where=place or volume.device,
            remedy=said("Nothing was written; insert it again"),
        )
    container = container_on(volume)
    refuse_problems(plan, place, container)
    needed = usage(plan.sizes(), container, cluster=volume.cluster).total
    free = free_on(now)
    if needed > free:
        raise NoSpaceError(
            said("There is not enough space on the stick"),
            where=place,
            why=said("{0:,} bytes are needed, {1:,} are free", needed, free),
            remedy=said("Nothing was written; free some space or take a larger one"),
            needed=needed,
            free=free,
        )
    receipt = write_folder(plan, place, verified=verified, profile=profile, monitor=monitor)
    system.flush(volume)
    return receipt
