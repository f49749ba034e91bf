"""DICOMDIRs whose records lack what they must have, or hold what they must not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.fileset.salvage.disc import (
    FILE_ID,
    PATIENT_ID,
    PRIVATE_UID,
    SERIES_UID,
    SOP_CLASS,
    SOP_INSTANCE,
    STUDY_UID,
    SYNTAX,
    TYPE,
    Disc,
    Record,
    images_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def no_type(disc: Disc) -> bytes:
    """Lay a disc: a study and an image have no type."""
    disc.records[disc.rows("STUDY")[0]].drop(TYPE)
    images_of(disc)[-1].drop(TYPE)
    return disc.lay()


def unknown_type(disc: Disc) -> bytes:
    """Lay a disc: an image is of a type that nobody knows."""
    images_of(disc)[1].put(TYPE, b"CS", b"HOLOGRAM")
    return disc.lay()


def unknown_level(disc: Disc) -> bytes:
    """Lay a disc: a patient is filed under a type that nobody knows."""
    disc.records[0].put(TYPE, b"CS", b"UNKNOWN")
    return disc.lay()


def retired_type(disc: Disc) -> bytes:
    """Lay a disc: an image is filed as the retired OVERLAY."""
    images_of(disc)[1].put(TYPE, b"CS", b"OVERLAY")
    return disc.lay()


def retired_topic(disc: Disc) -> bytes:
    """Lay a disc: a TOPIC with nothing that identifies it holds the last study."""
    study = disc.rows("STUDY")[-1]
    disc.records[disc.rows("STUDY")[-2]].next = -1
    disc.records.append(Record([(TYPE, b"CS", b"TOPIC"), (0x00880904, b"LO", b"Teaching")]))
    disc.records[-1].lower = study
    disc.records[disc.last].next = len(disc.records) - 1
    disc.last = len(disc.records) - 1
    return disc.lay()


def multi_referenced(disc: Disc) -> bytes:
    """Lay a disc: an image references its file through a retired MRDR record."""
    image = images_of(disc)[0]
    held = [element for element in image.elements if element[0] in OF_FILE]
    disc.records.append(Record([(TYPE, b"CS", b"MRDR"), *held, (0x00041600, b"UL", b"\1\0\0\0")]))
    for tag in OF_FILE:
        image.drop(tag)
    image.put(0x00041504, b"UL", b"\0\0\0\0")
    disc.lay()
    image.put(0x00041504, b"UL", disc.offsets[-1].to_bytes(4, "little"))
    return disc.lay()


OF_FILE: Final = (FILE_ID, SOP_CLASS, SOP_INSTANCE, SYNTAX)


def no_keys(disc: Disc) -> bytes:
    """Lay a disc: a patient, a study, a series and an image lack what they are known by."""
    disc.records[disc.rows("PATIENT")[0]].drop(PATIENT_ID)
    disc.records[disc.rows("STUDY")[1]].drop(STUDY_UID)
    disc.records[disc.rows("SERIES")[1]].put(SERIES_UID, b"UI", b"")
    images_of(disc)[4].drop(SOP_INSTANCE)
    return disc.lay()


def inactive(disc: Disc) -> bytes:
    """Lay a disc: an image and a study are marked inactive."""
    images_of(disc)[0].in_use = 0
    disc.records[disc.rows("STUDY")[1]].in_use = 0
    return disc.lay()


def inconsistent(disc: Disc) -> bytes:
    """Lay a disc: the consistency flag says that the File-set is inconsistent."""
    disc.flag = 0xFFFF
    return disc.lay()


def private_without_uid(disc: Disc) -> bytes:
    """Lay a disc: a PRIVATE record has no Private Record UID."""
    image = images_of(disc)[1]
    image.put(TYPE, b"CS", b"PRIVATE")
    image.drop(PRIVATE_UID)
    return disc.lay()


def same_file_id(disc: Disc) -> bytes:
    """Lay a disc: an image's record references the file of the one before it."""
    images = images_of(disc)
    images[1].put(FILE_ID, b"CS", images[0].value(FILE_ID) or b"")
    disc.flag = 0xFFFF
    return disc.lay()


def same_record(disc: Disc) -> bytes:
    """Lay a disc: an image has two records."""
    rows = disc.rows("IMAGE")
    twin = Record(list(disc.records[rows[0]].elements))
    disc.records.append(twin)
    disc.records[rows[2]].next = len(disc.records) - 1
    disc.flag = 0xFFFF
    return disc.lay()


def same_uid(disc: Disc) -> bytes:
    """Lay a disc: two records with files of their own name one SOP Instance UID."""
    images = images_of(disc)
    images[1].put(SOP_INSTANCE, b"UI", images[0].value(SOP_INSTANCE) or b"")
    disc.flag = 0xFFFF
    return disc.lay()


def hostile(file_id: bytes) -> Callable[[Disc], bytes]:
    """Return what makes an image's File ID lead out of the File-set."""

    def make(disc: Disc) -> bytes:
        images_of(disc)[1].put(FILE_ID, b"CS", file_id)
        return disc.lay()

    return make


def slashes(disc: Disc) -> bytes:
    """Lay a disc: a File ID holds slashes in one value."""
    image = images_of(disc)[1]
    image.put(FILE_ID, b"CS", (image.value(FILE_ID) or b"").replace(b"\\", b"/"))
    disc.flag = 0xFFFF
    return disc.lay()


def no_patient(disc: Disc) -> bytes:
    """Lay a disc: the record of the first patient is not there at all."""
    gone = disc.records.pop(0)
    for record in disc.records:
        record.next -= record.next >= 0
        record.lower -= record.lower >= 0
    disc.first = gone.next - 1
    disc.last -= 1
    return disc.lay()


def empty_patient(disc: Disc) -> bytes:
    """Lay a disc: a patient has nothing below."""
    keys = [element for element in disc.records[0].elements if element[0] != PATIENT_ID]
    disc.records.append(Record(sorted([*keys, (PATIENT_ID, b"LO", b"NOBODY")])))
    disc.records[disc.last].next = disc.last = len(disc.records) - 1
    return disc.lay()
