"""One File-set for each way in which a DICOMDIR is known to be broken, and what must be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.fileset.salvage.disc import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    FILE_ID,
    IMPLICIT,
    PATIENT_ID,
    PRIVATE_UID,
    SECONDARY_CAPTURE,
    SERIES_UID,
    SOP_CLASS,
    SOP_INSTANCE,
    STUDY_UID,
    SYNTAX,
    TYPE,
    Disc,
    Record,
    uid,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NOWHERE: Final = 77_777_777


@dataclass(frozen=True)
class Fault:
    """A fault and what loading makes of it.

    Attributes
    ----------
    name : str
        What is wrong, as an identifier.
    make : callable
        Breaks a sound disc and returns its DICOMDIR.
    says : str
        What a finding must match (a regular expression).
    at : str
        What the place of that finding must match.
    strict : bool
        Whether loading without salvage refuses it.
    missing, gone : tuple of bytes
        SOP Instance UIDs shown as missing, and those that nothing can bring back.
    extra : int
        Instances that the fault adds.
    writable : bool
        Whether the judges know the record types that are left.
    """

    name: str
    make: Callable[[Disc], bytes]
    says: str
    at: str = ""
    strict: bool = True
    missing: tuple[bytes, ...] = ()
    gone: tuple[bytes, ...] = ()
    extra: int = 0
    writable: bool = True


def _images(disc: Disc) -> list[Record]:
    """Return the records of the images."""
    return [disc.records[row] for row in disc.rows("IMAGE")]


def _loop_in_next(disc: Disc) -> bytes:
    """Lay a disc: the last image of the first series leads back to the first one."""
    rows = disc.rows("IMAGE")
    disc.records[rows[2]].next = rows[0]
    return disc.lay()


def _loop_in_lower(disc: Disc) -> bytes:
    """Lay a disc: the second series has its own patient below it."""
    disc.records[disc.rows("SERIES")[1]].lower = disc.rows("PATIENT")[0]
    return disc.lay()


def _loop_to_itself(disc: Disc) -> bytes:
    """Lay a disc: an image is followed by itself."""
    row = disc.rows("IMAGE")[1]
    disc.records[row].next = row
    return disc.lay()


def _patients_in_a_ring(disc: Disc) -> bytes:
    """Lay a disc: the last patient leads back to the first one, which the first offset leads to."""
    rows = disc.rows("PATIENT")
    disc.records[rows[-1]].next = rows[0]
    return disc.lay()


def _next_nowhere(disc: Disc) -> bytes:
    """Lay a disc: an image's next offset points nowhere."""
    _images(disc)[0].stated["next"] = NOWHERE
    return disc.lay()


def _lower_nowhere(disc: Disc) -> bytes:
    """Lay a disc: a study's lower offset points nowhere."""
    disc.records[disc.rows("STUDY")[1]].stated["lower"] = NOWHERE
    return disc.lay()


def _lower_of_another(disc: Disc) -> bytes:
    """Lay a disc: the second patient leads to the first one's studies."""
    first, second = (disc.records[row] for row in disc.rows("PATIENT")[:2])
    second.lower = first.lower
    return disc.lay()


def _breadth_first_wrong_parent(disc: Disc) -> bytes:
    """Lay a disc: as above, but the records lie level by level, so that order tells nothing."""
    order = [row for kind in ("PATIENT", "STUDY", "SERIES", "IMAGE") for row in disc.rows(kind)]
    place = {row: new for new, row in enumerate(order)} | {-1: -1}
    for record in disc.records:
        record.next, record.lower = place[record.next], place[record.lower]
    disc.records = [disc.records[row] for row in order]
    disc.last = disc.rows("PATIENT")[-1]
    patients = [disc.records[row] for row in disc.rows("PATIENT")]
    patients[1].lower = patients[0].lower
    return disc.lay()


def _shifted(disc: Disc) -> bytes:
    """Lay a disc: all offsets are 132 bytes too small, as if the preamble did not count."""
    disc.shift = -132
    return disc.lay()


def _shifted_by_a_record(disc: Disc) -> bytes:
    """Lay a disc: all offsets are too large by one image record, so most lead to a record."""
    disc.lay()
    rows = disc.rows("IMAGE")
    disc.shift = disc.offsets[rows[1]] - disc.offsets[rows[0]]
    return disc.lay()


def _first_zero(disc: Disc) -> bytes:
    """Lay a disc: the first offset is 0 though there are records."""
    disc.stated_first = 0
    return disc.lay()


def _first_wrong(disc: Disc) -> bytes:
    """Lay a disc: the first offset leads to a series in the middle."""
    disc.first = disc.rows("SERIES")[1]
    return disc.lay()


def _first_second_patient(disc: Disc) -> bytes:
    """Lay a disc: the first offset leads to the second patient."""
    disc.first = disc.rows("PATIENT")[1]
    return disc.lay()


def _last_zero(disc: Disc) -> bytes:
    """Lay a disc: the last offset is 0 though there are records."""
    disc.stated_last = 0
    return disc.lay()


def _truncated(disc: Disc) -> bytes:
    """Lay a disc: the file ends in the middle of the last record."""
    return disc.lay()[:-60]


def _wrong_sequence_length(disc: Disc) -> bytes:
    """Lay a disc: the sequence says that it ends after its third record."""
    data = bytearray(disc.lay())
    start = disc.offsets[0]
    data[start - 4 : start] = (disc.offsets[3] - start).to_bytes(4, "little")
    return bytes(data)


def _orphan(disc: Disc) -> bytes:
    """Lay a disc: no link leads to the second image of the first series."""
    rows = disc.rows("IMAGE")
    disc.records[rows[0]].next = rows[2]
    disc.records[rows[1]].next = -1
    return disc.lay()


def _orphaned_study(disc: Disc) -> bytes:
    """Lay a disc: no link leads to the second study of the first patient."""
    disc.records[disc.rows("STUDY")[0]].next = -1
    return disc.lay()


def _referenced_twice(disc: Disc) -> bytes:
    """Lay a disc: two studies have the same series below them, which leaves others to nobody."""
    rows = disc.rows("STUDY")
    disc.records[rows[1]].lower = disc.records[rows[0]].lower
    return disc.lay()


def _no_type(disc: Disc) -> bytes:
    """Lay a disc: a study and an image have no type."""
    disc.records[disc.rows("STUDY")[0]].drop(TYPE)
    _images(disc)[-1].drop(TYPE)
    return disc.lay()


def _unknown_type(disc: Disc) -> bytes:
    """Lay a disc: an image is of a type that nobody knows."""
    _images(disc)[1].put(TYPE, b"CS", b"HOLOGRAM")
    return disc.lay()


def _unknown_level(disc: Disc) -> bytes:
    """Lay a disc: a patient is filed under a type that nobody knows."""
    disc.records[0].put(TYPE, b"CS", b"UNKNOWN")
    return disc.lay()


def _retired_type(disc: Disc) -> bytes:
    """Lay a disc: an image is filed as the retired OVERLAY."""
    _images(disc)[1].put(TYPE, b"CS", b"OVERLAY")
    return disc.lay()


def _retired_topic(disc: Disc) -> bytes:
    """Lay a disc: a TOPIC with nothing that identifies it holds the last study."""
    study = disc.rows("STUDY")[-1]
    disc.records[disc.rows("STUDY")[-2]].next = -1
    disc.records.append(Record([(TYPE, b"CS", b"TOPIC"), (0x00880904, b"LO", b"Teaching")]))
    disc.records[-1].lower = study
    disc.records[disc.last].next = len(disc.records) - 1
    disc.last = len(disc.records) - 1
    return disc.lay()


def _multi_referenced(disc: Disc) -> bytes:
    """Lay a disc: an image references its file through a retired MRDR record."""
    image = _images(disc)[0]
    held = [element for element in image.elements if element[0] in _OF_FILE]
    disc.records.append(Record([(TYPE, b"CS", b"MRDR"), *held, (0x00041600, b"UL", b"\1\0\0\0")]))
    for tag in _OF_FILE:
        image.drop(tag)
    image.put(0x00041504, b"UL", b"\0\0\0\0")
    disc.lay()
    image.put(0x00041504, b"UL", disc.offsets[-1].to_bytes(4, "little"))
    return disc.lay()


_OF_FILE: Final = (FILE_ID, SOP_CLASS, SOP_INSTANCE, SYNTAX)


def _no_keys(disc: Disc) -> bytes:
    """Lay a disc: a patient, a study, a series and an image lack what they are known by."""
    disc.records[disc.rows("PATIENT")[0]].drop(PATIENT_ID)
    disc.records[disc.rows("STUDY")[1]].drop(STUDY_UID)
    disc.records[disc.rows("SERIES")[1]].put(SERIES_UID, b"UI", b"")
    _images(disc)[4].drop(SOP_INSTANCE)
    return disc.lay()


def _inactive(disc: Disc) -> bytes:
    """Lay a disc: an image and a study are marked inactive."""
    _images(disc)[0].in_use = 0
    disc.records[disc.rows("STUDY")[1]].in_use = 0
    return disc.lay()


def _inconsistent(disc: Disc) -> bytes:
    """Lay a disc: the consistency flag says that the File-set is inconsistent."""
    disc.flag = 0xFFFF
    return disc.lay()


def _private_without_uid(disc: Disc) -> bytes:
    """Lay a disc: a PRIVATE record has no Private Record UID."""
    image = _images(disc)[1]
    image.put(TYPE, b"CS", b"PRIVATE")
    image.drop(PRIVATE_UID)
    return disc.lay()


def _undefined_lengths(disc: Disc) -> bytes:
    """Lay a disc: sequence and Items have undefined length, which is allowed."""
    disc.undefined = True
    disc.flag = 0xFFFF
    return disc.lay()


def _syntax(syntax: bytes) -> Callable[[Disc], bytes]:
    """Return what lays a DICOMDIR in another transfer syntax."""

    def make(disc: Disc) -> bytes:
        disc.syntax = syntax
        return disc.lay()

    return make


def _misnamed_syntax(disc: Disc) -> bytes:
    """Lay a disc: the data set is Explicit though its transfer syntax says Implicit."""
    return disc.lay().replace(EXPLICIT + b"\0", IMPLICIT + b"\0\0\0", 1)


def _no_preamble(disc: Disc) -> bytes:
    """Lay a disc: the preamble is missing, and the offsets do not count it."""
    disc.preamble = False
    return disc.lay()


def _no_meta(disc: Disc) -> bytes:
    """Lay a disc: there is nothing before the data set."""
    disc.preamble = disc.meta = False
    return disc.lay()


def _wrong_class(disc: Disc) -> bytes:
    """Lay a disc: the SOP Class is that of an image."""
    disc.sop_class = SECONDARY_CAPTURE
    return disc.lay()


def _cut_in_the_middle(disc: Disc) -> bytes:
    """Lay a disc: forty bytes are lost inside a series, and all that follows lies nearer."""
    data = disc.lay()
    lost = disc.offsets[disc.rows("IMAGE")[1]] + 90
    return data[:lost] + data[lost + 40 :]


def _overwritten(disc: Disc) -> bytes:
    """Lay a disc: the Item tags of an image record are overwritten."""
    data = bytearray(disc.lay())
    place = disc.offsets[disc.rows("IMAGE")[1]]
    data[place : place + 8] = b"\xee" * 8
    return bytes(data)


def _out_of_order(disc: Disc) -> bytes:
    """Lay a disc: elements of a patient and of an image are not in ascending order."""
    patient = disc.records[disc.rows("PATIENT")[0]]
    patient.elements = patient.elements[::-1]
    image = _images(disc)[2]
    image.elements = image.elements[::-1]
    image.led = False
    disc.flag = 0xFFFF
    return disc.lay()


def _same_file_id(disc: Disc) -> bytes:
    """Lay a disc: an image's record references the file of the one before it."""
    images = _images(disc)
    images[1].put(FILE_ID, b"CS", images[0].value(FILE_ID) or b"")
    disc.flag = 0xFFFF
    return disc.lay()


def _same_record(disc: Disc) -> bytes:
    """Lay a disc: an image has two records."""
    rows = disc.rows("IMAGE")
    twin = Record(list(disc.records[rows[0]].elements))
    disc.records.append(twin)
    disc.records[rows[2]].next = len(disc.records) - 1
    disc.flag = 0xFFFF
    return disc.lay()


def _same_uid(disc: Disc) -> bytes:
    """Lay a disc: two records with files of their own name one SOP Instance UID."""
    images = _images(disc)
    images[1].put(SOP_INSTANCE, b"UI", images[0].value(SOP_INSTANCE) or b"")
    disc.flag = 0xFFFF
    return disc.lay()


def _hostile(file_id: bytes) -> Callable[[Disc], bytes]:
    """Return what makes an image's File ID lead out of the File-set."""

    def make(disc: Disc) -> bytes:
        _images(disc)[1].put(FILE_ID, b"CS", file_id)
        return disc.lay()

    return make


def _slashes(disc: Disc) -> bytes:
    """Lay a disc: a File ID holds slashes in one value."""
    image = _images(disc)[1]
    image.put(FILE_ID, b"CS", (image.value(FILE_ID) or b"").replace(b"\\", b"/"))
    disc.flag = 0xFFFF
    return disc.lay()


def _no_patient(disc: Disc) -> bytes:
    """Lay a disc: the record of the first patient is not there at all."""
    gone = disc.records.pop(0)
    for record in disc.records:
        record.next -= record.next >= 0
        record.lower -= record.lower >= 0
    disc.first = gone.next - 1
    disc.last -= 1
    return disc.lay()


def _empty_patient(disc: Disc) -> bytes:
    """Lay a disc: a patient has nothing below."""
    keys = [element for element in disc.records[0].elements if element[0] != PATIENT_ID]
    disc.records.append(Record(sorted([*keys, (PATIENT_ID, b"LO", b"NOBODY")])))
    disc.records[disc.last].next = disc.last = len(disc.records) - 1
    return disc.lay()


_SECOND: Final = uid(0, 0, 0, 1)

ZOO: Final = (
    Fault("loop_in_next", _loop_in_next, "referenced twice or in a loop", "offset .*ZOO00000"),
    Fault("loop_in_lower", _loop_in_lower, "referenced twice or in a loop", "SERIES .*study"),
    Fault("loop_to_itself", _loop_to_itself, "leads to the record itself", "IMAGE .*series"),
    Fault("patients_in_a_ring", _patients_in_a_ring, "in a loop", "PATIENT"),
    Fault("next_nowhere", _next_nowhere, "next record leads nowhere", "instance"),
    Fault("lower_nowhere", _lower_nowhere, "lower-level .* leads nowhere", "STUDY"),
    Fault("lower_of_another", _lower_of_another, "referenced twice", "PATIENT .*ZOO00001"),
    Fault("breadth_first", _breadth_first_wrong_parent, "referenced twice", "ZOO00001"),
    Fault("shifted", _shifted, "All offsets are wrong by -132 bytes"),
    Fault("shifted_by_a_record", _shifted_by_a_record, "All offsets are wrong by"),
    Fault("first_zero", _first_zero, "first directory record is missing", "PATIENT", strict=False),
    Fault("first_wrong", _first_wrong, "first .* wrong", "PATIENT", strict=False),
    Fault("first_second_patient", _first_second_patient, "first .* wrong", strict=False),
    Fault("last_zero", _last_zero, "last directory record", "PATIENT", strict=False),
    Fault("truncated", _truncated, "cut off", "", gone=()),
    Fault("wrong_sequence_length", _wrong_sequence_length, "ends at byte"),
    Fault("orphan", _orphan, "No link leads", "IMAGE .*ZOO00000.*instance", strict=False),
    Fault("orphaned_study", _orphaned_study, "No link leads", "STUDY", strict=False),
    Fault("referenced_twice", _referenced_twice, "referenced twice", "STUDY"),
    Fault("no_type", _no_type, "Type is missing", "STUDY record"),
    Fault("unknown_type", _unknown_type, "HOLOGRAM is not known", strict=False, writable=False),
    Fault("unknown_level", _unknown_level, "Type UNKNOWN is not known", "PATIENT"),
    Fault("retired_type", _retired_type, "OVERLAY was retired", strict=False, writable=False),
    Fault("retired_topic", _retired_topic, "TOPIC was retired", writable=False),
    Fault("multi_referenced", _multi_referenced, "retired MRDR", "IMAGE"),
    Fault("no_keys", _no_keys, "Patient ID of the PATIENT record is missing", "ZOO00000"),
    Fault("inactive", _inactive, "In-use Flag is 0000H", "instance", strict=False),
    Fault("inconsistent", _inconsistent, "Consistency Flag", strict=False),
    Fault("private_without_uid", _private_without_uid, "Private Record UID .* missing"),
    Fault("undefined_lengths", _undefined_lengths, "Consistency Flag", strict=False),
    Fault("implicit", _syntax(IMPLICIT), "Implicit VR Little Endian", strict=False),
    Fault("big_endian", _syntax(BIG_ENDIAN), "Explicit VR Big Endian", strict=False),
    Fault("deflated", _syntax(DEFLATED), "Deflated Explicit", strict=False),
    Fault("misnamed_syntax", _misnamed_syntax, "not encoded as its transfer syntax says"),
    Fault("no_preamble", _no_preamble, "preamble"),
    Fault("no_meta", _no_meta, "File Meta Information is missing"),
    Fault("wrong_class", _wrong_class, "SOP Class of the DICOMDIR"),
    Fault("cut_in_the_middle", _cut_in_the_middle, "offsets are wrong by 40", ""),
    Fault("overwritten", _overwritten, "its length is wrong"),
    Fault("out_of_order", _out_of_order, "elements out of order", "PATIENT", strict=False),
    Fault(
        "same_file_id", _same_file_id, "file of another instance", "instance",
        strict=False, missing=(_SECOND,),
    ),
    Fault("same_record", _same_record, "referenced by two records", strict=False),
    Fault(
        "same_uid", _same_uid, "Two records name", "instance", strict=False, gone=(_SECOND,)
    ),
    Fault("hostile_up", _hostile(b"..\\..\\OUT"), "must be inside", missing=(_SECOND,)),
    Fault("hostile_absolute", _hostile(b"/etc/passwd"), "must be inside", missing=(_SECOND,)),
    Fault("hostile_drive", _hostile(b"C:\\OUT"), "must be inside", missing=(_SECOND,)),
    Fault("hostile_nul", _hostile(b"P00000\\A\0B"), "must be inside", missing=(_SECOND,)),
    Fault("slashes", _slashes, "slashes", strict=False),
    Fault("no_patient_record", _no_patient, "no PATIENT record", strict=False),
    Fault("empty_patient", _empty_patient, "no instance below", strict=False),
)  # fmt: skip
"""Every fault whose instances can be had."""
