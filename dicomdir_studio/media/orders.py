"""Orders for media: the target, profile, kind of medium and additional content."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dicomdir_studio.fileset import Layout
from dicomdir_studio.media.capacity import CLUSTER, Container
from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.targets import container_on
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.media.volumes import free_on
from dicomdir_studio.phrases import either, listed, said
from dicomdir_studio.standard.media import MEDIA, FileSystem

if TYPE_CHECKING:
    import os

    from dicomdir_studio.media.folders import ExtraFolder
    from dicomdir_studio.media.pdi import Publisher
    from dicomdir_studio.media.transcoding.lossy import LossyChoice
    from dicomdir_studio.media.volumes import Volume
    from dicomdir_studio.standard.profiles import ApplicationProfile


class Target(enum.Enum):
    """The target of a medium."""

    FOLDER = said("a folder")
    ZIP = said("a ZIP file")
    ISO = said("an image of a disc")

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> Target:
        """Return the target that the suffix of a path stands for."""
        suffix = Path(path).suffix.lower()
        return {".iso": cls.ISO, ".zip": cls.ZIP}.get(suffix, cls.FOLDER)


@dataclass(frozen=True, slots=True)
class Order:
    """An order for media.

    Attributes
    ----------
    out : str
        The folder, or the file with the suffix ``.iso`` or ``.zip``. The media of a spanned
        set get their number in the name.
    profile : ApplicationProfile or None
        The application profile that the media must conform to.
    capacity : int or None
        Capacity of one medium in bytes; None if it is not limited.
    is_spanned : bool
        Whether content that does not fit is divided over several media.
    publisher : Publisher or None
        The publisher, for README.TXT and pages (IHE PDI); None leaves them out.
    has_pages : bool
        Whether there are web pages beside README.TXT.
    joliet, udf, deflate : bool
        Further file systems of an image; compression of a ZIP file.
    layout : Layout
        How files are named.
    verified : bool
        Whether every byte is read back.
    folders : tuple of ExtraFolder
        Additional folders, such as a viewer or reports.
    has_autorun : bool
        Whether an AUTORUN.INF at the top of such a folder goes into the root of the medium;
        left out otherwise, since readers must not rely on it (IHE RAD TF-2 4.47).
    password : str or None
        Encrypts a ZIP file with AES-256. This is not a secure profile of the Standard.
    is_stick : bool
        Whether a folder is on a stick or card, where content fills whole clusters.
    stick : Volume or None
        The stick or card whose root `out` is; None for a plain folder. See `on_stick`.
    udf_only : Revision or None
        Makes an image with UDF alone, of this revision, without ISO 9660. None follows the
        profile: BD has 2.50 (2.60 on request, for BD-R), DVD-RAM 1.50.
    lossy : LossyChoice or None
        Compresses all images lossily, as new instances derived from the originals; only on
        the user's explicit request.
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
    udf_only: Revision | None = None
    lossy: LossyChoice | None = None

    def on_stick(self, volume: Volume) -> Order:
        """Return the order for a mounted stick, limited to its present free space.

        Raises
        ------
        StorageError
            If it was removed.
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
        """The kind of target."""
        return Target.of(self.out)

    @property
    def plain_udf(self) -> Revision | None:
        """The revision of an image with UDF alone; None if it has ISO 9660 (PS3.12 J, P, X)."""
        if self.udf_only is not None or self.profile is None:
            return self.udf_only
        medium = MEDIA[self.profile.medium]
        if FileSystem.UDF not in medium.file_systems or FileSystem.ISO9660 in medium.file_systems:
            return None
        return next(one for one in Revision if one.number in medium.udf_versions)

    @property
    def has_udf(self) -> bool:
        """Whether an image is a UDF bridge: on request, and for DVD profiles (PS3.12 P)."""
        return self.udf or (self.profile is not None and self.profile.medium == "DVD")

    @property
    def container(self) -> Container:
        """The container that holds the content."""
        if self.target is Target.ZIP:
            return Container.ZIP if self.password is None else Container.ZIP_AES
        if self.target is Target.ISO and self.plain_udf is not None:
            return Container.of_udf(self.plain_udf)
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
    """Raise if media of a profile cannot be written to a target.

    Raises
    ------
    UnfitForMediumError
        It says which targets are possible.
    """
    medium = MEDIA[profile.medium]
    systems = set(medium.file_systems)
    if profile.is_secure or FileSystem.MIME in systems:
        allowed: set[Target] = set()
    elif FileSystem.ZIP in systems:
        allowed = {Target.ZIP}
    elif FileSystem.ISO9660 in systems or FileSystem.UDF in systems:
        allowed = {Target.ISO, Target.FOLDER}
    else:
        allowed = {Target.FOLDER}  # sticks and cards
    if target not in allowed:
        names = either(sorted(other.value for other in allowed))
        raise UnfitForMediumError(
            said("{0} is not written to {1}", profile.identifier, target.value),
            why=said("{0}, {1}", medium.label, medium.clause),
            remedy=said("Write it to {0}", names)
            if names
            else said("Choose a profile that is offered"),
        )


def check_file_systems(order: Order) -> None:
    """Raise if an image cannot have the requested file systems, or not in combination.

    Raises
    ------
    UnfitForMediumError
        It says which ones the medium of the profile allows.
    """
    revision = order.plain_udf
    if order.target is not Target.ISO or revision is None:
        return
    if order.profile is not None:
        medium = MEDIA[order.profile.medium]
        if revision.number not in medium.udf_versions:
            takes = either(medium.udf_versions)
            raise UnfitForMediumError(
                said(
                    "{0} is not written with UDF {1} alone",
                    order.profile.identifier,
                    revision.value,
                ),
                why=listed(
                    (
                        said("{0}, {1}", medium.label, medium.clause),
                        said("it has UDF {0}", takes) if takes else said("it has no UDF"),
                    ),
                    "{0}: {1}",
                ),
                remedy=said("Let the profile determine the file system"),
            )
    if order.joliet:
        raise UnfitForMediumError(
            said("An image with UDF alone has no Joliet"),
            why=said("Joliet is an extension of ISO 9660"),
            remedy=said("Leave Joliet out; UDF has long names itself"),
        )
