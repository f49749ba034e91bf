"""What is to be made of a File-set: where to, for which profile and medium, with what beside."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset import Layout
from dicomdir_studio.media.capacity import CLUSTER, Container
from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.targets import container_on
from dicomdir_studio.media.volumes import free_on
from dicomdir_studio.standard.media import MEDIA, FileSystem

if TYPE_CHECKING:
    import os

    from dicomdir_studio.media.folders import ExtraFolder
    from dicomdir_studio.media.pdi import Publisher
    from dicomdir_studio.media.transcoding.lossy import LossyChoice
    from dicomdir_studio.media.volumes import Volume
    from dicomdir_studio.standard.media import Medium
    from dicomdir_studio.standard.profiles import ApplicationProfile

UDF_REVISION: Final = "1.02"
"""The revision of UDF in images; the library that lays them has no other."""


class Target(enum.Enum):
    """What a medium is written to."""

    FOLDER = "a folder"
    ZIP = "a ZIP file"
    ISO = "an image of a disc"

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> Target:
        """Return the target that a path means by its suffix."""
        suffix = Path(path).suffix.lower()
        return {".iso": cls.ISO, ".zip": cls.ZIP}.get(suffix, cls.FOLDER)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made.

    Attributes
    ----------
    out : str
        The folder, or the file with the suffix ``.iso`` or ``.zip``. The media of a spanned
        set get their number in the name.
    profile : ApplicationProfile or None
        The application profile that the media are to conform to.
    capacity : int or None
        Bytes of one medium; None if it does not matter.
    is_spanned : bool
        Whether what does not fit is divided over several media.
    publisher : Publisher or None
        Who hands it out, for README.TXT and pages (IHE PDI); None leaves them out.
    has_pages : bool
        Whether there are web pages beside README.TXT.
    joliet, udf, deflate : bool
        Further file systems of an image; compression of a ZIP file.
    layout : Layout
        How files are named.
    verified : bool
        Whether every byte is read back.
    folders : tuple of ExtraFolder
        Further folders beside, such as a viewer or reports.
    has_autorun : bool
        Whether an AUTORUN.INF at the top of such a folder goes into the root of the medium;
        left out otherwise, since readers must not rely on it (IHE RAD TF-2 4.47).
    password : str or None
        Encrypts a ZIP file with AES-256. That is no secure profile of the Standard.
    is_stick : bool
        Whether a folder is on a stick or card, where content fills whole clusters.
    stick : Volume or None
        The stick or card whose root `out` is; None for a plain folder. See `on_stick`.
    lossy : LossyChoice or None
        Compresses all images with loss, as new instances derived from the old; never unless
        a person asks for it.
    """

    out: str
    profile: ApplicationProfile | None = None
    capacity: int | None = None
    is_spanned: bool = False
    publisher: Publisher | None = None
    has_pages: bool = False
    joliet: bool = False
    udf: bool = False
    deflate: bool = False
    layout: Layout = Layout.STANDARD
    verified: bool = True
    folders: tuple[ExtraFolder, ...] = ()
    has_autorun: bool = False
    password: str | None = field(default=None, repr=False)
    is_stick: bool = False
    stick: Volume | None = None
    lossy: LossyChoice | None = None

    def on_stick(self, volume: Volume) -> Order:
        """Return the order for a mounted stick, with no more room than is free on it now.

        Raises
        ------
        StorageError
            If it is gone.
        """
        free = free_on(volume)
        capacity = free if self.capacity is None else min(self.capacity, free)
        out = volume.mount_point or self.out
        return replace(self, out=out, stick=volume, is_stick=True, capacity=capacity)

    @property
    def cluster(self) -> int:
        """Bytes of a cluster, where a FAT file system holds the content."""
        return CLUSTER if self.stick is None else self.stick.cluster

    @property
    def target(self) -> Target:
        """What it is written to."""
        return Target.of(self.out)

    @property
    def has_udf(self) -> bool:
        """Whether an image is a UDF bridge: on request, and for DVD profiles (PS3.12 P)."""
        return self.udf or (self.profile is not None and self.profile.medium == "DVD")

    @property
    def container(self) -> Container:
        """What holds the content."""
        if self.target is Target.ZIP:
            return Container.ZIP if self.password is None else Container.ZIP_AES
        if self.target is Target.ISO:
            bridge = Container.ISO_JOLIET_UDF if self.joliet else Container.ISO_UDF
            plain = Container.ISO_JOLIET if self.joliet else Container.ISO
            return bridge if self.has_udf else plain
        if self.stick is not None:
            return container_on(self.stick)
        systems = MEDIA[self.profile.medium].file_systems if self.profile is not None else ()
        is_stick = FileSystem.FAT16 in systems or FileSystem.FAT32 in systems
        return Container.FAT if is_stick or self.is_stick else Container.FOLDER


def check_target(profile: ApplicationProfile, target: Target) -> None:
    """Raise if media of a profile are not made on a target.

    Raises
    ------
    UnfitForMediumError
        It says where they are.
    """
    medium = MEDIA[profile.medium]
    systems = set(medium.file_systems)
    if profile.is_secure or FileSystem.MIME in systems:
        allowed: set[Target] = set()
    elif FileSystem.ZIP in systems:
        allowed = {Target.ZIP}
    elif FileSystem.ISO9660 in systems:
        allowed = {Target.ISO, Target.FOLDER}
    else:
        # Sticks and cards are folders here. BD and DVD-RAM ask for UDF 1.5 and later, which
        # the images do not have; the folder can be burned by another program.
        allowed = {Target.FOLDER}
    if target not in allowed:
        names = " or ".join(sorted(other.value for other in allowed))
        raise UnfitForMediumError(
            f"{profile.identifier} is not written to {target.value}",
            why=f"{medium.label}, {medium.clause}{_newer_udf(medium, target)}",
            remedy=f"Write it to {names}" if names else "Choose a profile that is offered",
        )


def _newer_udf(medium: Medium, target: Target) -> str:
    """Return that an image would need a revision of UDF that is not made here, if it would."""
    if target is not Target.ISO or not medium.udf_versions or UDF_REVISION in medium.udf_versions:
        return ""
    return f"; it needs UDF {' or '.join(medium.udf_versions)}, images here have {UDF_REVISION}"
