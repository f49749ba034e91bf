"""Directory Records made from what was read of an instance (PS3.3 F.5), by the tables.

The bytes of plain values go into the record as they are in the instance; no data
set is made of them.
"""

from __future__ import annotations

from functools import cache, lru_cache
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import (
    DirectoryInFileSetError,
    InstanceError,
    MissingKeyError,
    UnfiledSOPClassError,
)
from dicomdir_studio.fileset.evidence import HeaderEvidence, filtered_items, values_at
from dicomdir_studio.fileset.faulty_values import FaultyKey, despite_fault
from dicomdir_studio.fileset.record_bytes import NO_LINKS
from dicomdir_studio.part10 import table
from dicomdir_studio.part10.layout_memory import LayoutMemory
from dicomdir_studio.part10.transcode import encoded_element
from dicomdir_studio.part10.vr import LONG_FORM, padded
from dicomdir_studio.phrases import said
from dicomdir_studio.standard.conditions import Predicate
from dicomdir_studio.standard.records import RECORD_TYPES, record_type_named
from dicomdir_studio.standard.sop_classes import (
    SOP_CLASSES,
    UNFILED_SOP_CLASSES,
    record_type_for,
)
from dicomdir_studio.standard.value_rules import CHECKED_VRS, is_valid

if TYPE_CHECKING:
    from dicomdir_studio.fileset.faulty_values import Fill
    from dicomdir_studio.part10.header import InstanceHeader
    from dicomdir_studio.standard.records import RecordKey

SOP_CLASS_UID: Final = 0x00080016
SOP_INSTANCE_UID: Final = 0x00080018
RELATED_GENERAL_SOP_CLASS: Final = 0x0008001A
MEDIA_STORAGE_DIRECTORY: Final = "1.2.840.10008.1.3.10"
_ICON_IMAGE_SEQUENCE: Final = 0x00880200
_ROWS: Final = 0x00280010
_SHORT_LENGTH: Final = Struct("<H")
_SHORT_MAX: Final = 65534
_FIXED_LENGTHS: Final = {b"US": 2, b"SS": 2, b"UL": 4, b"SL": 4, b"FL": 4, b"FD": 8, b"UV": 8}


class MissingKey(NamedTuple):
    """A key that the record needs and the instance does not give."""

    key: RecordKey
    present: bool

    def __str__(self) -> str:
        """Return what is the matter, in the words of the reference API."""
        tag = self.key.tag
        name = (
            f"({tag >> 16:04X},{tag & 0xFFFF:04X}) '{pydicom.datadict.dictionary_description(tag)}'"
        )
        state = "cannot be empty" if self.present else "is missing"
        return f"The instance's {name} element {state}"


class RecordCreationError(MissingKeyError):
    """The instance lacks keys that its record needs."""

    def __init__(self, kind: str, reason: str, where: str | None = None) -> None:
        super().__init__(
            f"Unable to use the default '{kind}' record creator: {reason}",
            where=where or None,
            remedy=(
                "Either update the instance, define your own record creation function "
                "or use 'FileSet.add_custom()' instead"
            ),
        )

    def __str__(self) -> str:
        """Return the message in the order that the reference API has."""
        text = f"{self.what}. See DICOM PS3.3 Section F.5. {self.remedy}"
        return f"{text}. The file is {self.where}" if self.where else text


class KeyPlan(NamedTuple):
    """One key of a record type, made ready for laying."""

    key: RecordKey
    tag: int
    vr: bytes
    head: bytes
    plain: bool
    copied_always: bool
    optional: bool
    checked: bool
    fixed_length: int


@cache
def key_plans(kind: str) -> tuple[KeyPlan, ...]:
    """Return the keys of a record type in ascending order of their tags."""
    record_type = record_type_named(kind)
    if record_type is None:
        return ()
    keys = {key.tag: key for key in (*record_type.optional_keys, *record_type.keys)}
    # Icons are made on request, not copied: those in instances seldom keep PS3.3 F.7.
    keys.pop(_ICON_IMAGE_SEQUENCE, None)
    plans = []
    for tag, key in sorted(keys.items()):
        if tag >> 16 == 4:
            continue
        vr = key.vr.encode("ascii")
        head = _SHORT_LENGTH.pack(tag >> 16) + _SHORT_LENGTH.pack(tag & 0xFFFF) + vr
        # A Type 1C key whose condition does not hold is not to be there (PS3.5 7.4.2).
        guarded = key.condition is not None and key.condition.test is Predicate.ELEMENT_EQUALS
        special = bool(key.items or key.item_condition or len(key.source) > 1 or guarded)
        plain = not special and vr not in LONG_FORM
        optional = key.type == "3" and not special
        fixed = _FIXED_LENGTHS.get(vr, 0)
        checked = vr in CHECKED_VRS
        plans.append(KeyPlan(key, tag, vr, head, plain, not special, optional, checked, fixed))
    return tuple(plans)


@cache
def wanted_tags() -> frozenset[int]:
    """Return every element of an instance that some record may need."""
    wanted = {0x00080005, SOP_CLASS_UID, SOP_INSTANCE_UID, RELATED_GENERAL_SOP_CLASS, _ROWS}
    for kind in RECORD_TYPES:
        for plan in key_plans(kind):
            key = plan.key
            wanted.add(key.tag)
            wanted.update(key.source[:1])
            wanted.update(key.substitutes)
            if key.condition is not None:
                wanted.update(key.condition.path[:1])
    wanted.discard(_ICON_IMAGE_SEQUENCE)
    return frozenset(tag for tag in wanted if tag >> 16 != 4)


@cache
def layout_memory() -> LayoutMemory:
    """Return how headers read for `wanted_tags` were laid; it serves every File-set."""
    return LayoutMemory(wanted_tags())


def record_type_of(header: InstanceHeader) -> str:
    """Return the type of the record that references the instance.

    Raises
    ------
    DirectoryInFileSetError
        For a DICOMDIR.
    UnfiledSOPClassError
        For a SOP Class that is never filed, or is not known and is no image.
    InstanceError
        If the instance has no SOP Class UID.
    """
    uid = header.text(SOP_CLASS_UID) or header.text(0x00020002)
    kind = record_type_for(uid)
    if kind is not None:
        return kind
    if uid == MEDIA_STORAGE_DIRECTORY:
        raise DirectoryInFileSetError(
            said("The file is a DICOMDIR"),
            where=header.path or None,
            why=said("a File-set has one of its own and never references one, PS3.10 8.6"),
            remedy=said("Open it, or add the files that it references"),
        )
    if not uid:
        raise _lacks(header, SOP_CLASS_UID)
    if uid in UNFILED_SOP_CLASSES:
        raise UnfiledSOPClassError(
            said("Instances of {0} are never filed", UNFILED_SOP_CLASSES[uid].name),
            where=header.path or None,
            why="PS3.3 Annex F defines no directory record for them",
        )
    if header.has_pixels or _ROWS in header.values:
        return "IMAGE"
    raise UnfiledSOPClassError(
        said("The SOP Class {0} is not known", uid),
        where=header.path or None,
        why=said("it is not a Standard Storage SOP Class, and the instance is not an image"),
        remedy=said("Add it with a PRIVATE record"),
    )


def is_known_sop_class(header: InstanceHeader) -> bool:
    """Return whether the SOP Class of the instance is in the table."""
    return header.text(SOP_CLASS_UID) in SOP_CLASSES


def sop_instance_uid(header: InstanceHeader) -> str:
    """Return the SOP Instance UID.

    Raises
    ------
    InstanceError
        If the instance has none, or one that its File Meta Information contradicts.
    """
    uid = header.text(SOP_INSTANCE_UID)
    if not uid:
        raise _lacks(header, SOP_INSTANCE_UID)
    return uid


def _lacks(header: InstanceHeader, tag: int) -> InstanceError:
    """Return the error for an instance without one of its own identifiers."""
    name = pydicom.datadict.dictionary_description(tag)
    return InstanceError(
        said("The instance has no ({0:04X},{1:04X}) '{2}'", tag >> 16, tag & 0xFFFF, name),
        where=header.path or None,
        why=said("no directory record can reference it, PS3.3 Table F.3-3"),
    )


def chain_of(kind: str) -> tuple[str, ...]:
    """Return the record types from the root down to the leaf of type `kind`."""
    record_type = record_type_named(kind)
    if record_type is not None and record_type.is_single_level:
        return (kind,)
    return ("PATIENT", "STUDY", "SERIES", kind)


def keys_of_record(
    kind: str,
    header: InstanceHeader,
    *,
    references: bool,
    fill: Fill | None = None,
    faults: list[FaultyKey] | None = None,
) -> tuple[bytes, list[MissingKey]]:
    """Lay the keys of one record.

    Parameters
    ----------
    kind : str
        Its record type.
    header : InstanceHeader
        What was read of the instance.
    references : bool
        Whether the record references the instance.
    fill : callable, optional
        Gives a value for a missing Type 1 key, or None.
    faults : list of FaultyKey, optional
        Gets the values of the instance that break the rules of their VR.

    Returns
    -------
    keys : bytes
        The keys in Explicit VR Little Endian, ascending.
    missing : list of MissingKey
        The Type 1 keys that have no value.
    """
    values = header.values
    parts: list[bytes] = []
    missing: list[MissingKey] = []
    evidence: HeaderEvidence | None = None
    for plan in key_plans(kind):
        found = values.get(plan.tag) if plan.copied_always else None
        part = None if found is None else _copied(plan, found[0], found[1])
        if part is not None and found is not None:
            if plan.checked and not is_valid(plan.vr, found[1]):
                fault, part = despite_fault(kind, plan.key, found[1], header, fill)
                if faults is not None:
                    faults.append(fault)
            parts.append(part)
            continue
        if plan.optional:
            continue
        if evidence is None:
            evidence = HeaderEvidence(kind, header, references_instance=references)
        part = _laid_otherwise(plan, evidence, kind, fill)
        if part is not None:
            parts.append(part)
        elif plan.key.type == "1" or plan.tag == 0x0020000D:
            missing.append(MissingKey(plan.key, found is not None))
    return b"".join(parts), missing


def _copied(plan: KeyPlan, vr: bytes, value: bytes) -> bytes | None:
    """Lay a value as the instance has it, None where it cannot be taken so."""
    if not plan.plain:
        return encoded_element(plan.tag, plan.vr, value) if value and vr == plan.vr else None
    length = len(value)
    as_it_is = vr == plan.vr and not plan.fixed_length and length <= _SHORT_MAX
    if not (as_it_is and value.strip(b" \0")) and not (value and _fits(plan, vr, value)):
        return None
    if length & 1:
        value = padded(value, plan.vr)
        length += 1
    return plan.head + _SHORT_LENGTH.pack(length) + value


def is_cut_out(plan: KeyPlan, vr: bytes, length: int) -> bool:
    """Return whether a value that is not blank is copied to the record byte for byte."""
    if not (plan.plain and plan.copied_always and vr == plan.vr and 0 < length <= _SHORT_MAX):
        return False
    return length == plan.fixed_length if plan.fixed_length else not length & 1


def _fits(plan: KeyPlan, vr: bytes, value: bytes) -> bool:
    """Return whether a value can be copied as it is under the key's own VR."""
    if len(value) > _SHORT_MAX:
        return False
    length = plan.fixed_length
    if length:
        return len(value) == length and vr in (plan.vr, b"UN", b"US", b"UL", b"SS", b"SL")
    return value.strip(b" \0") != b"" and (vr == plan.vr or vr not in _FIXED_LENGTHS)


def _laid_otherwise(
    plan: KeyPlan, evidence: HeaderEvidence, kind: str, fill: Fill | None
) -> bytes | None:
    """Lay a key that is not simply copied: derived, conditional, empty or filled in."""
    key, header = plan.key, evidence.header
    required = key.type in ("1", "2") or (key.condition is None or key.condition.holds(evidence))
    if not plan.copied_always and required:
        value = _derived(key, header)
        if value:
            return encoded_element(key.tag, plan.vr, value)
    if key.type in ("1C", "2C", "3") and not (required and key.type != "3"):
        return None
    if key.type in ("2", "2C"):
        return encoded_element(key.tag, plan.vr, b"")
    if key.tag == 0x00080005:
        return None
    filled = fill(kind, key, header) if fill is not None else None
    return encoded_element(key.tag, plan.vr, filled) if filled else None


def _derived(key: RecordKey, header: InstanceHeader) -> bytes:
    """Return a value that comes from deeper in the instance, or only in part."""
    if key.items or key.item_condition is not None:
        return filtered_items(key, header)
    found = values_at(header, key.source)
    return max(found, default=b"")


def reference_of(kind: str, header: InstanceHeader, sop_instance: str) -> bytes:
    """Lay type and reference of a leaf record, the File ID empty until it is written."""
    sop_class = header.text(SOP_CLASS_UID) or header.text(0x00020002)
    before, after = around_instance_uid(kind, sop_class, header.transfer_syntax)
    laid = (
        before + encoded_element(table.SOP_INSTANCE, b"UI", sop_instance.encode("latin-1")) + after
    )
    general = header.values.get(RELATED_GENERAL_SOP_CLASS)
    if general is not None and general[1]:
        laid += encoded_element(0x0004151A, b"UI", general[1])
    return laid


@lru_cache(maxsize=1024)
def around_instance_uid(kind: str, sop_class: str, transfer_syntax: str) -> tuple[bytes, bytes]:
    """Lay what comes before and after the SOP Instance UID in a leaf record's reference."""
    return (
        type_of(kind)
        + encoded_element(table.FILE_ID, b"CS", b"")
        + encoded_element(table.SOP_CLASS, b"UI", sop_class.encode("latin-1")),
        encoded_element(table.TRANSFER_SYNTAX, b"UI", transfer_syntax.encode("latin-1")),
    )


@cache
def type_of(kind: str) -> bytes:
    """Lay the three links and the Directory Record Type of a record."""
    return NO_LINKS + encoded_element(table.RECORD_TYPE, b"CS", kind.encode("ascii"))
