"""Portable Data for Imaging: what IHE asks of a disc or stick for another institution.

IHE RAD TF-2 4.47 (transaction RAD-47, Distribute Imaging Information on Media) and its
options.
"""

from __future__ import annotations

import enum
import re

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


class ContentKind(enum.Enum):
    """What the label of a disc calls its content."""

    DICOM_ONLY = "DICOM ONLY"
    DICOM_PLUS_WEB = "DICOM PLUS WEB"


_is_short_name = re.compile(r"[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?").fullmatch


def is_short_name(name: str) -> bool:
    """Return whether a file name has the 8.3 form of ISO 9660 Level 1.

    Other content of a medium (viewers, pages, texts) is named so; DICOM files have no
    extension besides (see `dicomdir_studio.standard.file_ids.is_component`).
    """
    return _is_short_name(name) is not None
