"""Values for Type 1 keys that an instance leaves empty (PS3.3 F.5), on request only.

The instance's own bytes are never changed by it; the record alone carries them,
and each filling is reported.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.phrases import said
from dicomdir_studio.standard.value_rules import is_valid, mended

if TYPE_CHECKING:
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.part10.header import InstanceHeader
    from dicomdir_studio.standard.records import RecordKey

_PATIENT_ID: Final = 0x00100020
_STUDY_INSTANCE_UID: Final = 0x0020000D
_SERIES_INSTANCE_UID: Final = 0x0020000E
_SOP_INSTANCE_UID: Final = 0x00080018
_NUMBERS: Final = {
    0x00200010: "StudyID",
    0x00200011: "SeriesNumber",
    0x00200013: "InstanceNumber",
}
_DEFAULTS: Final = {
    0x00080060: b"OT",
    0x00700080: b"UNNAMED",
    0x0040A491: b"PARTIAL",
    0x0040A493: b"UNVERIFIED",
}
_UNNAMED: Final = b"UNNAMED"
_DATES: Final = (0x00080023, 0x00080022, 0x00080021, 0x00080020, 0x00080012)
_TIMES: Final = (0x00080033, 0x00080032, 0x00080031, 0x00080030, 0x00080013)
_ALTERNATIVES: Final = dict.fromkeys(_DATES, _DATES) | dict.fromkeys(_TIMES, _TIMES)
_UNKNOWN_DATE: Final = b"19000101"
_MIDNIGHT: Final = b"000000"


class Filler:
    """Fills in what records need, for the files of one operation.

    Attributes
    ----------
    findings : list of Finding
        What was filled in.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._parent: RecordNode | None = None
        self._numbers: dict[tuple[RecordNode, int], set[int]] = {}
        self._lowest: dict[tuple[RecordNode, int], int] = {}
        self._seen: Counter[tuple[RecordNode, int]] = Counter()

    def below(self, parent: RecordNode | None) -> None:
        """Say below which record the next one will be; None for one that is new itself."""
        self._parent = parent

    def __call__(self, kind: str, key: RecordKey, header: InstanceHeader) -> bytes | None:
        """Return a value for a missing key, None where nothing sensible can be said."""
        value = self._value(key, header)
        if value:
            text = value.decode("ascii", "replace").strip(" \0")
            own = header.text(key.tag)
            self.findings.append(
                Finding(
                    Severity.WARNING,
                    said(
                        "{0} of the {1} record was filled in as '{2}', since the instance has {3}",
                        key.keyword,
                        kind,
                        text,
                        repr(own) if own else said("none"),
                    ),
                    header.path,
                    "PS3.3 F.5",
                )
            )
        return value

    def _value(self, key: RecordKey, header: InstanceHeader) -> bytes | None:
        """Choose the value."""
        vr = key.vr.encode("ascii")
        for tag in (*key.substitutes, *_ALTERNATIVES.get(key.tag, ())):
            found = header.values.get(tag)
            if found is not None and found[1].strip(b" \0"):
                value = found[1] if is_valid(vr, found[1]) else mended(vr, found[1])
                if value is not None:
                    return value
        if key.tag in _NUMBERS:
            return str(self._free_number(key.tag)).encode("ascii")
        if key.tag == _PATIENT_ID:
            return _patient_id(header)
        if key.tag in (_STUDY_INSTANCE_UID, _SERIES_INSTANCE_UID):
            return _uid_of(header, key.tag)
        if key.vr in ("DA", "TM"):
            return _UNKNOWN_DATE if key.vr == "DA" else _MIDNIGHT
        # Labels and names; never what has a clinical meaning, such as Dose Summation Type.
        return _DEFAULTS.get(key.tag) or (_UNNAMED if key.vr in ("LO", "SH") else None)

    def _free_number(self, tag: int) -> int:
        """Return the lowest number that no record beside the new one has."""
        if self._parent is None:
            return 1
        place = (self._parent, tag)
        siblings = self._parent.children
        taken = self._numbers.setdefault(place, set())
        values = (_number(child.get(_NUMBERS[tag])) for child in siblings[self._seen[place] :])
        taken.update(number for number in values if number is not None)
        self._seen[place] = len(siblings)
        number = self._lowest.get(place, 1)
        while number in taken:
            number += 1
        self._lowest[place] = number + 1
        return number


def _number(value: object) -> int | None:
    """Return a value as a number, None where it is none."""
    try:
        return int(str(value))
    except ValueError:
        return None


def _patient_id(header: InstanceHeader) -> bytes | None:
    """Return an identifier that no other patient can have.

    It is made from the Study Instance UID: instances of one study are of one
    patient, and nothing else is certain without a Patient ID. Without that too, the
    instance is all that is certain.
    """
    known = header.text(_STUDY_INSTANCE_UID) or header.text(_SOP_INSTANCE_UID)
    if not known:
        return None
    return b"NOID-" + hashlib.sha256(known.encode("latin-1")).hexdigest()[:16].upper().encode()


def _uid_of(header: InstanceHeader, tag: int) -> bytes:
    """Return a UID for the study or series of an instance that names none (PS3.5 B.2)."""
    known = f"{header.text(_SOP_INSTANCE_UID)} {tag:08X}"
    number = int.from_bytes(hashlib.sha256(known.encode("latin-1")).digest()[:16], "big")
    return f"2.25.{number}".encode("ascii")
