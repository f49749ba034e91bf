"""Completes records that lack what they are known by, when salvaging (PS3.3 F.5)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.record_bytes import record_with
from dicomdir_studio.part10 import table as columns
from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.transcode import elements, encoded_element
from dicomdir_studio.standard.sop_classes import record_type_for

if TYPE_CHECKING:
    from dicomdir_studio.part10.table import DirectoryTable

KEY_TAGS: Final = {
    "PATIENT": 0x00100020,
    "STUDY": 0x0020000D,
    "SERIES": 0x0020000E,
    "PRIVATE": columns.PRIVATE_RECORD_UID,
}
_LEVELS: Final = (("PATIENT", 0x00100020), ("SERIES", 0x0020000E), ("STUDY", 0x0020000D))
_NAMES: Final = {
    0x00100020: "Patient ID",
    0x0020000D: "Study Instance UID",
    0x0020000E: "Series Instance UID",
    columns.PRIVATE_RECORD_UID: "Private Record UID",
    columns.SOP_INSTANCE: "Referenced SOP Instance UID in File",
}


def mended(table: DirectoryTable, row: int) -> tuple[str, bytes, list[Finding]]:
    """Return type and bytes of a record with what was missing put in, and what that was.

    Parameters
    ----------
    table : DirectoryTable
        The records.
    row : int
        A record without its type or the key of its type.
    """
    raw, found = _whole_elements(table, row)
    findings = []
    kind = table.types[row]
    place = f"record at offset {table.offsets[row]}"
    if not kind:
        kind = _likely_type(found)
        raw = record_with(raw, encoded_element(columns.RECORD_TYPE, b"CS", kind.encode("ascii")))
        findings.append(
            Finding(
                Severity.ERROR,
                "The Directory Record Type is missing",
                place,
                "PS3.3 Table F.3-3",
                f"The record was taken as {kind}",
            )
        )
    tag = KEY_TAGS.get(kind, columns.SOP_INSTANCE)
    if not found.get(tag, b"").strip(b" \0"):
        vr = b"LO" if tag == KEY_TAGS["PATIENT"] else b"UI"
        value = _made_up(raw, table.offsets[row], vr)
        raw = record_with(raw, encoded_element(tag, vr, value))
        findings.append(
            Finding(
                Severity.ERROR,
                f"The {_NAMES[tag]} of the {kind} record is missing",
                place,
                "PS3.3 F.5",
                f"It was given '{value.decode('ascii')}', which nothing else has",
            )
        )
    return kind, raw, findings


def _whole_elements(table: DirectoryTable, row: int) -> tuple[bytes, dict[int, bytes]]:
    """Return the part of a record that can be read, and its values."""
    buffer, start = table.buffer, int(table.starts[row])
    end = start
    found: dict[int, bytes] = {}
    try:
        for element in elements(buffer, start, int(table.stops[row])):
            found[element.tag] = bytes(buffer[element.start : element.stop])
            end = element.stop + (8 if element.undefined else 0)
    except EncodingError:
        pass  # what was read before the fault stands
    return bytes(buffer[start:end]), found


def _likely_type(found: dict[int, bytes]) -> str:
    """Return the type that a record without one must have had."""
    sop_class = found.get(columns.SOP_CLASS, b"").decode("latin-1").strip(" \0")
    if sop_class or columns.FILE_ID in found:
        return record_type_for(sop_class) or "IMAGE"
    if columns.PRIVATE_RECORD_UID in found:
        return "PRIVATE"
    return next((kind for kind, tag in _LEVELS if tag in found), "PRIVATE")


def _made_up(raw: bytes, offset: int, vr: bytes) -> bytes:
    """Return an identifier made from the record's own bytes and place."""
    digest = hashlib.sha256(raw + str(offset).encode("ascii")).digest()
    if vr == b"LO":
        return b"NOID-" + digest[:8].hex().upper().encode("ascii")
    # A UID made from a UUID, PS3.5 B.2, of the name-based kind.
    number = int.from_bytes(digest[:16], "big") & ~(0xF << 76) | 8 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return f"2.25.{number}".encode("ascii")
