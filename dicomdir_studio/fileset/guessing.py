"""Infers the type or key of a record that lacks it (PS3.3 F.5)."""

from __future__ import annotations

import hashlib
from typing import Final

from dicomdir_studio.part10 import table as columns
from dicomdir_studio.part10.transcode import elements
from dicomdir_studio.standard.records import LEVEL_KEYS
from dicomdir_studio.standard.sop_classes import record_type_for

# A series may repeat the key of its study.
_LEVELS: Final = ("PATIENT", "SERIES", "STUDY")


def likely_type(record: bytes) -> str:
    """Return the likely type of a record without one."""
    found = {
        element.tag: record[element.start : element.stop]
        for element in elements(record, 0, len(record))
    }
    sop_class = found.get(columns.SOP_CLASS, b"").decode("latin-1").strip(" \0")
    if sop_class or columns.FILE_ID in found:
        return record_type_for(sop_class) or "IMAGE"
    if columns.PRIVATE_RECORD_UID in found:
        return "PRIVATE"
    return next((kind for kind in _LEVELS if LEVEL_KEYS[kind] in found), "PRIVATE")


def made_up_key(record: bytes, offset: int, tag: int) -> bytes:
    """Return an identifier made from a record's own bytes and place.

    A Patient ID, or for other tags a UID made from a UUID (PS3.5 B.2).
    """
    digest = hashlib.sha256(record + str(offset).encode("ascii")).digest()
    if tag == LEVEL_KEYS["PATIENT"]:
        return b"NOID-" + digest[:8].hex().upper().encode("ascii")
    number = int.from_bytes(digest[:16], "big") & ~(0xF << 76) | 8 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return f"2.25.{number}".encode("ascii")
