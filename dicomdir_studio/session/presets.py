"""Presets for recipients: how a medium is made for a PACS, a doctor, a patient, a study."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import Layout
from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.orders import Order, Target, check_file_systems, check_target
from dicomdir_studio.media.papers.sheet import PaperFields
from dicomdir_studio.media.pdi import Publisher
from dicomdir_studio.media.sizes import capacity_of
from dicomdir_studio.standard.media import DISCS, MEDIA
from dicomdir_studio.standard.profiles import PROFILES

if TYPE_CHECKING:
    from dicomdir_studio.media.folders import ExtraFolder
    from dicomdir_studio.media.udf.revision import Revision


class PresetError(StudioError, ValueError):
    """A preset or a file of presets cannot be used."""


class PresetTarget(enum.Enum):
    """What a preset writes to; the value is its name in files and on the command line."""

    FOLDER = "folder"
    ZIP = "zip"
    ISO = "iso"
    DISC = "disc"
    STICK = "stick"

    @property
    def label(self) -> str:
        """What it is, for people."""
        return _LABELS[self]

    @property
    def suffix(self) -> str:
        """The suffix of the file that it makes; "" for a folder or stick."""
        return {PresetTarget.ZIP: ".zip", PresetTarget.ISO: ".iso", PresetTarget.DISC: ".iso"}.get(
            self, ""
        )

    def takes(self, target: Target) -> bool:
        """Return whether a path that means `target` is one that this writes to."""
        return target in _TAKEN[self]


_LABELS: Final = {
    PresetTarget.FOLDER: "a folder",
    PresetTarget.ZIP: "a ZIP file",
    PresetTarget.ISO: "an image of a disc",
    PresetTarget.DISC: "a disc, by way of an image",
    PresetTarget.STICK: "a stick or card",
}
_TAKEN: Final = {
    PresetTarget.FOLDER: (Target.FOLDER,),
    PresetTarget.ZIP: (Target.ZIP,),
    PresetTarget.ISO: (Target.ISO,),
    PresetTarget.DISC: (Target.ISO,),
    PresetTarget.STICK: (Target.FOLDER,),
}


@dataclass(frozen=True, slots=True)
class Preset:
    """How media are made for a recipient.

    Attributes
    ----------
    name : str
        What people call it; unique in any case.
    description : str
        For whom it is, in a sentence.
    target : PresetTarget
        What it is written to.
    profile : str or None
        Identifier of an application profile of PS3.11.
    medium : str or None
        A kind of disc (``CD-80``) or a size (``32GB``); None if it does not matter.
    layout : Layout
        How files are named.
    has_readme, has_pages : bool
        README.TXT; and web pages beside it (IHE PDI).
    institution, contact : str
        Who hands it out, for README.TXT, label and receipt.
    joliet, udf : bool
        Further file systems of an image.
    udf_only : Revision or None
        Makes an image of UDF alone, of this revision; None as the profile asks.
    deflate, is_encrypted : bool
        Of a ZIP file: compressed; with a password, which is asked for and never kept here.
    is_spanned, verified : bool
        Divided over several media if need be; read back.
    folders : tuple of ExtraFolder
        Further folders beside, such as a viewer.
    has_autorun : bool
        Whether an AUTORUN.INF of such a folder goes into the root.
    has_label, has_receipt : bool
        Whether a label and a receipt are made as PDF.
    note : str
        A line for label and receipt.
    address : str
        Where the institution is, for the receipt; may have several lines.
    fields : tuple of (str, str)
        Further fields of the receipt, with their names.
    paper : str
        What label and receipt are printed on, a key of `SIZES`.
    """

    name: str
    description: str = ""
    target: PresetTarget = PresetTarget.ISO
    profile: str | None = None
    medium: str | None = None
    layout: Layout = Layout.STANDARD
    has_readme: bool = False
    has_pages: bool = False
    institution: str = ""
    contact: str = ""
    joliet: bool = False
    udf: bool = False
    udf_only: Revision | None = None
    deflate: bool = False
    is_encrypted: bool = False
    is_spanned: bool = False
    verified: bool = True
    folders: tuple[ExtraFolder, ...] = ()
    has_autorun: bool = False
    has_label: bool = False
    has_receipt: bool = False
    note: str = ""
    address: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    paper: str = "A4"

    @property
    def key(self) -> str:
        """What tells it from others."""
        return self.name.casefold()

    def order(self, out: str, *, password: str | None = None) -> Order:
        """Return the order for this preset.

        Parameters
        ----------
        out : str
            Where to. A path without the suffix that the target needs gets it.
        password : str, optional
            For an encrypted ZIP file.

        Raises
        ------
        PresetError
            If `out` means another target, or the password is missing.
        """
        suffix = self.target.suffix
        if suffix and Target.of(out) is Target.FOLDER:
            out = f"{out}{suffix}"
        if not self.target.takes(Target.of(out)):
            raise PresetError(
                f"The preset {self.name} writes to {self.target.label}",
                where=out,
                remedy=f"Name a file that ends in {suffix}" if suffix else "Name a folder",
            )
        if self.is_encrypted and not password:
            raise PresetError(
                f"The preset {self.name} makes an encrypted ZIP file",
                where=out,
                remedy="Give a password",
            )
        return Order(
            out=out,
            profile=PROFILES[self.profile] if self.profile else None,
            capacity=capacity_of(self.medium) if self.medium else None,
            is_spanned=self.is_spanned,
            publisher=Publisher(self.institution, self.contact) if self.has_readme else None,
            has_pages=self.has_pages,
            joliet=self.joliet,
            udf=self.udf,
            udf_only=self.udf_only,
            deflate=self.deflate,
            layout=self.layout,
            verified=self.verified,
            folders=self.folders,
            has_autorun=self.has_autorun,
            password=password if self.is_encrypted else None,
        )

    def paper_fields(self, recipient: str = "") -> PaperFields:
        """Return what stands on label and receipt beside the content."""
        return PaperFields(
            self.institution,
            self.address,
            self.contact,
            recipient,
            self.note,
            self.fields,
            self.paper,
        )

    def summary(self) -> str:
        """Return what it makes, in a line."""
        parts = [self.target.label, self.profile or "no profile", self.medium or "any size"]
        if self.has_readme:
            parts.append("README and pages" if self.has_pages else "README")
        parts += [
            word
            for word, is_so in (
                ("encrypted", self.is_encrypted),
                ("divided if need be", self.is_spanned),
                ("verified", self.verified),
                ("label", self.has_label),
                ("receipt", self.has_receipt),
            )
            if is_so
        ]
        parts += [f"folder {folder.title}" for folder in self.folders]
        return ", ".join(parts)


BUILT_IN: Final = (
    Preset(
        "PACS import",
        "For another institution's archive: DICOM only, as every importer reads it",
        PresetTarget.DISC,
        "STD-GEN-CD",
        "CD-80",
        has_readme=True,
        is_spanned=True,
        has_label=True,
    ),
    Preset(
        "Referring doctor",
        "A disc with pages that any browser shows, a label and a receipt (IHE PDI)",
        PresetTarget.DISC,
        "STD-GEN-CD",
        "CD-80",
        has_readme=True,
        has_pages=True,
        is_spanned=True,
        has_label=True,
        has_receipt=True,
    ),
    Preset(
        "Patient",
        "A stick with pages that any browser shows, and a receipt (IHE PDI)",
        PresetTarget.STICK,
        "STD-GEN-USB-JPEG",
        has_readme=True,
        has_pages=True,
        has_receipt=True,
    ),
    Preset(
        "Research",
        "One compressed ZIP file, with a receipt that lists what is in it",
        PresetTarget.ZIP,
        deflate=True,
        has_receipt=True,
    ),
)
"""The presets that are always there; the user's own of the same name goes before."""


def contradictions(preset: Preset) -> list[str]:
    """Return what of a preset cannot be together; empty if all can."""
    found = []
    if preset.target is not PresetTarget.ZIP and (preset.is_encrypted or preset.deflate):
        found.append("only a ZIP file is compressed or encrypted")
    if preset.target.suffix != ".iso" and (preset.joliet or preset.udf or preset.udf_only):
        found.append("only an image has Joliet and UDF")
    if preset.has_pages and not preset.has_readme:
        found.append("pages go with README.TXT (IHE PDI)")
    if preset.is_spanned and preset.medium is None and preset.target is not PresetTarget.STICK:
        found.append("what is divided needs a medium or a size")
    if preset.has_autorun and not preset.folders:
        found.append("AUTORUN.INF comes out of a further folder, and there is none")
    profile = PROFILES[preset.profile] if preset.profile is not None else None
    target = _TAKEN[preset.target][0]
    try:
        if profile is not None:
            check_target(profile, target)
        if target is Target.ISO:
            check_file_systems(
                Order("disc.iso", profile, joliet=preset.joliet, udf_only=preset.udf_only)
            )
    except UnfitForMediumError as error:
        found.append(f"{error.what} ({error.why})")
    return found


def other_disc(preset: Preset) -> str:
    """Return what is to be told where the disc is none that the profile is for, else nothing."""
    if preset.profile is None or preset.medium not in DISCS:
        return ""
    medium = MEDIA[PROFILES[preset.profile].medium]
    if preset.medium in medium.discs:
        return ""
    return (
        f"{preset.profile} is a profile for {medium.label}, and a medium on {preset.medium} does "
        "not conform to it. Choose another profile or medium"
    )
