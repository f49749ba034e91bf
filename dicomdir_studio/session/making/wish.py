"""What the user asks for when a medium is to be made."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset import Layout
from dicomdir_studio.media.folders import ExtraFolder
from dicomdir_studio.media.orders import Order, Target
from dicomdir_studio.media.pdi import Publisher
from dicomdir_studio.standard.profiles import PROFILES

if TYPE_CHECKING:
    from dicomdir_studio.media.udf.revision import Revision
    from dicomdir_studio.media.volumes import Volume
    from dicomdir_studio.standard.profiles import ApplicationProfile

_IMAGE: Final = "disc.iso"


class Goal(enum.Enum):
    """What is made."""

    FOLDER = "folder"
    ZIP = "zip"
    ISO = "iso"
    STICK = "stick"
    DISC = "disc"


@dataclass(frozen=True, slots=True)
class Wish:
    """All choices of one page.

    Attributes
    ----------
    goal : Goal
        What is made.
    out : str
        The folder, the file, the root of the stick; of a disc the address of the drive.
    stick : Volume or None
        The stick that `out` is the root of; None if a folder stands for it.
    profile : str
        Identifier of an application profile, "" for none.
    medium : str
        A kind of disc such as ``CD-80`` or a size such as ``32GB``, "" for none.
    capacity : int or None
        Bytes of one medium, None if it does not matter.
    is_spanned : bool
        Whether what does not fit is divided over several media.
    layout : Layout
        How files are named; `names` and `parts` are names of that layout.
    names : frozenset of str or None
        File IDs of the instances that are wanted, None for all.
    as_it_is : bool
        Whether files that are not what their records say are taken along.
    parts : tuple of frozenset of str, or None
        What goes on which medium, as the user has it; None to have it divided.
    readme, pages : bool
        README.TXT, and pages for web browsers (IHE PDI).
    institution, contact : str
        Who hands it out.
    joliet, udf, deflate : bool
        Further file systems of an image; compression of a ZIP file.
    udf_only : Revision or None
        Makes an image of UDF alone, of this revision; None as the profile asks.
    password : str
        Encrypts a ZIP file; "" for none.
    folders : tuple of str
        Further folders beside the File-set, such as a viewer.
    has_autorun : bool
        Whether an AUTORUN.INF of such a folder goes into the root.
    verified : bool
        Whether every byte is read back.
    copies : int
        Of each optical disc.
    blanked : bool
        Whether a rewritable disc with something on it may be blanked.
    """

    goal: Goal = Goal.ISO
    out: str = ""
    stick: Volume | None = None
    profile: str = ""
    medium: str = ""
    capacity: int | None = None
    is_spanned: bool = False
    layout: Layout = Layout.STANDARD
    names: frozenset[str] | None = None
    as_it_is: bool = False
    parts: tuple[frozenset[str], ...] | None = None
    readme: bool = False
    pages: bool = False
    institution: str = ""
    contact: str = ""
    joliet: bool = False
    udf: bool = False
    udf_only: Revision | None = None
    deflate: bool = False
    password: str = field(default="", repr=False)
    folders: tuple[str, ...] = ()
    has_autorun: bool = False
    verified: bool = True
    copies: int = 1
    blanked: bool = False

    @property
    def application_profile(self) -> ApplicationProfile | None:
        """The profile asked for."""
        return PROFILES[self.profile] if self.profile else None

    @property
    def publisher(self) -> Publisher | None:
        """Who hands it out, if README.TXT or pages are wanted."""
        return Publisher(self.institution, self.contact) if self.readme or self.pages else None

    def order(self, scratch: str) -> Order:
        """Return the order to the layer below.

        Parameters
        ----------
        scratch : str
            The folder for the image of a disc that is to be burned.
        """
        out = str(Path(scratch, _IMAGE)) if self.goal is Goal.DISC else self.out
        return Order(
            out=out,
            profile=self.application_profile,
            capacity=self.capacity,
            is_spanned=self.is_spanned,
            publisher=self.publisher,
            has_pages=self.pages,
            joliet=self.joliet,
            udf=self.udf,
            udf_only=self.udf_only,
            deflate=self.deflate,
            layout=self.layout,
            verified=self.verified,
            folders=tuple(map(ExtraFolder, self.folders)),
            has_autorun=self.has_autorun,
            password=self.password or None,
            is_stick=self.goal is Goal.STICK,
            stick=self.stick if self.goal is Goal.STICK else None,
        )

    @property
    def target(self) -> Target:
        """What the layer below writes."""
        if self.goal in {Goal.ISO, Goal.DISC}:
            return Target.ISO
        return Target.ZIP if self.goal is Goal.ZIP else Target.FOLDER
