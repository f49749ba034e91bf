"""Portable Data for Imaging: what IHE asks of a disc or stick for another institution.

IHE RAD TF-2 4.47 (transaction RAD-47, Distribute Imaging Information on Media) and its
options. What the tables below say is of medium confidence: the structure and the DICOM rules
agree in independent summaries, details are marked.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

CLAUSE = "IHE RAD TF-2 4.47"
"""Where IHE defines the transaction."""

README = "README.TXT"
"""File in the root that tells people what the medium is."""

INDEX = "INDEX.HTM"
"""File in the root that opens the web content; there only with the Web Content Option."""

WEB_DIRECTORY = "IHE_PDI"
"""Directory in the root that holds the web content and nothing else."""

RESERVED_NAMES = frozenset({"DICOMDIR", README, INDEX, WEB_DIRECTORY})
"""Names in the root that have a meaning, so that other content must not take them."""

README_CONTENT = (
    "the institution that created the medium, with a contact",
    "the application that created it: vendor, product, version",
    "an overview of its layout and of what else is on it",
    "a disclaimer",
)
"""What README.TXT says (medium confidence)."""

LABEL_CONTENT = ("patient's name", "date of creation", "institution", "kind of content")
"""What the label on a disc says; the kind is a value of `ContentKind`."""


class ContentKind(enum.Enum):
    """What the label of a disc calls its content."""

    DICOM_ONLY = "DICOM ONLY"
    DICOM_PLUS_WEB = "DICOM PLUS WEB"


class MediaOption(enum.Enum):
    """Options of the profile."""

    CD = "CD-R, the base of the profile"
    DVD = "DVD Media Option"
    USB = "USB Media Option"
    PRIVACY = "Privacy Protection Option"
    WEB = "Web Content Option"


APPLICATION_PROFILES: dict[MediaOption, tuple[str, ...]] = {
    MediaOption.CD: ("STD-GEN-CD",),
    MediaOption.DVD: ("STD-GEN-DVD-JPEG", "STD-GEN-DVD-J2K"),
    MediaOption.USB: ("STD-GEN-USB-JPEG", "STD-GEN-USB-J2K"),
    MediaOption.PRIVACY: (
        "STD-GEN-SEC-CD",
        "STD-GEN-SEC-DVD-JPEG",
        "STD-GEN-SEC-DVD-J2K",
        "STD-GEN-SEC-USB-JPEG",
        "STD-GEN-SEC-USB-J2K",
    ),
}
"""Application profiles of PS3.11 that an option builds on; the Web Content Option adds none."""

WEB_SUFFIXES = frozenset({".HTM", ".JPG", ".GIF", ".PNG"})
"""Suffixes of web content: XHTML pages, JPEG, GIF and PNG images."""


@dataclass(frozen=True, slots=True)
class PdiRule:
    """One rule of the profile.

    Attributes
    ----------
    name : str
        A short name, for findings.
    text : str
        The rule.
    confidence : str
        How sure this project is of it: "high", "medium" or "low".
    """

    name: str
    text: str
    confidence: str = "high"


RULES: tuple[PdiRule, ...] = (
    PdiRule("dicom-names", "DICOM files have names of up to 8 of A-Z, 0-9 and _, no extension"),
    PdiRule("dicom-directory", "DICOM files lie in directories, not in the root", "low"),
    PdiRule("other-names", "all other files have names of 8.3 form (ISO 9660 Level 1)"),
    PdiRule("long-names", "names of Joliet or Rock Ridge are never needed to read the medium"),
    PdiRule("not-referenced", "the DICOMDIR references no other content"),
    PdiRule("all-referenced", "the DICOMDIR references every DICOM instance on the medium"),
    PdiRule("readme", "README.TXT lies in the root", "medium"),
    PdiRule("index", "INDEX.HTM lies in the root if there is web content"),
    PdiRule("web-only", "IHE_PDI holds web content derived from the DICOM content, nothing else"),
    PdiRule("web-matches", "the web content shows only what the medium holds as DICOM"),
    PdiRule("other-content", "other content lies outside of the directories of DICOM and IHE_PDI"),
    PdiRule("no-autorun", "a reader does not rely on programs that start by themselves"),
    PdiRule("finalised", "the disc is one finalised session, not packet-written", "low"),
    PdiRule("label", "a disc's label names patient, date, institution and kind of content"),
)
"""The rules of the profile for the medium and its content."""

_is_short_name = re.compile(r"[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?").fullmatch


def is_short_name(name: str) -> bool:
    """Return whether a file name has the 8.3 form of ISO 9660 Level 1.

    Other content of a medium (viewers, pages, texts) is named so; DICOM files have no
    extension besides (see `dicomdir_studio.standard.file_ids.is_component`).
    """
    return _is_short_name(name) is not None
