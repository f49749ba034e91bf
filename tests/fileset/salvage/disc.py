"""A small File-set whose DICOMDIR is laid by hand, so that anything can be wrong with it."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dicomdir_studio.part10.transcode import swapped
from dicomdir_studio.part10.vr import LONG_FORM, padded

if TYPE_CHECKING:
    from pathlib import Path

SECONDARY_CAPTURE: Final = b"1.2.840.10008.5.1.4.1.1.7"
EXPLICIT: Final = b"1.2.840.10008.1.2.1"
IMPLICIT: Final = b"1.2.840.10008.1.2"
DEFLATED: Final = b"1.2.840.10008.1.2.1.99"
BIG_ENDIAN: Final = b"1.2.840.10008.1.2.2"
DIRECTORY_CLASS: Final = b"1.2.840.10008.1.3.10"
ROOT: Final = "1.2.826.0.1.3680043.10.1462.7"
FILE_SET_UID: Final = f"{ROOT}.9".encode("ascii")

Element = tuple[int, bytes, bytes]
"""Tag, VR and value in Little Endian."""

PATIENT_ID, PATIENT_NAME = 0x00100020, 0x00100010
STUDY_UID, SERIES_UID = 0x0020000D, 0x0020000E
TYPE, FILE_ID, PRIVATE_UID = 0x00041430, 0x00041500, 0x00041432
SOP_CLASS, SOP_INSTANCE, SYNTAX = 0x00041510, 0x00041511, 0x00041512


def encoded(elements: list[Element], syntax: bytes = EXPLICIT) -> bytes:
    """Lay elements in the order given."""
    little = syntax != BIG_ENDIAN
    order = "<" if little else ">"
    parts = []
    for tag, vr, value in elements:
        held = padded(value if little else swapped(value, vr), vr)
        head = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
        if syntax == IMPLICIT:
            head += struct.pack("<L", len(held))
        elif vr in LONG_FORM:
            head += vr + b"\0\0" + struct.pack(f"{order}L", len(held))
        else:
            head += vr + struct.pack(f"{order}H", len(held))
        parts.append(head + held)
    return b"".join(parts)


def number(value: int, size: int) -> bytes:
    """Return a number as Little Endian bytes."""
    return value.to_bytes(size, "little")


@dataclass
class Record:
    """A record: its elements but for the links, and the places that the links lead to.

    `stated` overrides what an offset says; `led` says whether the links lead the record.
    """

    elements: list[Element]
    next: int = -1
    lower: int = -1
    in_use: int = 0xFFFF
    stated: dict[str, int] = field(default_factory=dict)
    led: bool = True

    @property
    def kind(self) -> str:
        """Return the Directory Record Type."""
        return (self.value(TYPE) or b"").decode("ascii")

    def value(self, tag: int) -> bytes | None:
        """Return the value of an element."""
        return next((value for one, _, value in self.elements if one == tag), None)

    def put(self, tag: int, vr: bytes, value: bytes) -> None:
        """Put an element in at its place, or in the place of the one there."""
        rest = [element for element in self.elements if element[0] != tag]
        self.elements = sorted([*rest, (tag, vr, value)])

    def drop(self, tag: int) -> None:
        """Leave an element out."""
        self.elements = [element for element in self.elements if element[0] != tag]


@dataclass
class Disc:
    """A File-set: its records in the order of the file, and how its DICOMDIR is laid."""

    records: list[Record] = field(default_factory=list)
    syntax: bytes = EXPLICIT
    sop_class: bytes = DIRECTORY_CLASS
    preamble: bool = True
    meta: bool = True
    flag: int = 0
    first: int = 0
    last: int = -1
    shift: int = 0
    stated_first: int | None = None
    stated_last: int | None = None
    undefined: bool = False
    offsets: list[int] = field(default_factory=list)

    def rows(self, kind: str) -> list[int]:
        """Return the places of the records of a type."""
        return [place for place, record in enumerate(self.records) if record.kind == kind]

    def lay(self) -> bytes:
        """Return the DICOMDIR."""
        head = self._head()
        general = [(0x00041130, b"CS", b"ZOO")]
        bodies = [self._body(record, 0, 0) for record in self.records]
        before = len(head) + len(encoded([*general, *self._offsets(0, 0)], self.syntax))
        offset = before + (8 if self.syntax == IMPLICIT else 12)
        self.offsets = []
        for body in bodies:
            self.offsets.append(offset)
            offset += 8 + len(body) + (8 if self.undefined else 0)
        items = b"".join(self._item(record) for record in self.records)
        first = self._offset(self.first) if self.stated_first is None else self.stated_first
        last = self._offset(self.last) if self.stated_last is None else self.stated_last
        data = encoded([*general, *self._offsets(first, last)], self.syntax)
        data += self._sequence(items)
        if self.syntax == DEFLATED:
            packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            data = packer.compress(data) + packer.flush()
        return head + data

    def _head(self) -> bytes:
        """Lay preamble and File Meta Information."""
        elements = [
            (0x00020001, b"OB", b"\0\1"),
            (0x00020002, b"UI", self.sop_class),
            (0x00020003, b"UI", FILE_SET_UID),
            (0x00020010, b"UI", self.syntax),
            (0x00020012, b"UI", f"{ROOT}.1".encode("ascii")),
        ]
        laid = encoded(elements)
        length = encoded([(0x00020000, b"UL", number(len(laid), 4))])
        meta = length + laid if self.meta else b""
        return (b"\0" * 128 + b"DICM" if self.preamble else b"") + meta

    def _offsets(self, first: int, last: int) -> list[Element]:
        """Return the elements that lead the sequence."""
        return [
            (0x00041200, b"UL", number(first, 4)),
            (0x00041202, b"UL", number(last, 4)),
            (0x00041212, b"US", number(self.flag, 2)),
        ]

    def _offset(self, place: int) -> int:
        """Return the offset of a record as the DICOMDIR states it."""
        return 0 if place < 0 else self.offsets[place] + self.shift

    def _body(self, record: Record, following: int, lower: int) -> bytes:
        """Lay the elements of a record."""
        links: list[Element] = [
            (0x00041400, b"UL", number(record.stated.get("next", following), 4)),
            (0x00041410, b"US", number(record.in_use, 2)),
            (0x00041420, b"UL", number(record.stated.get("lower", lower), 4)),
        ]
        elements = [*links, *record.elements] if record.led else [*record.elements, *links]
        return encoded(elements, self.syntax)

    def _item(self, record: Record) -> bytes:
        """Lay a record as an Item."""
        body = self._body(record, self._offset(record.next), self._offset(record.lower))
        order = ">" if self.syntax == BIG_ENDIAN else "<"
        tag = struct.pack(f"{order}HH", 0xFFFE, 0xE000)
        if not self.undefined:
            return tag + struct.pack(f"{order}L", len(body)) + body
        end = struct.pack(f"{order}HHL", 0xFFFE, 0xE00D, 0)
        return tag + b"\xff" * 4 + body + end

    def _sequence(self, items: bytes) -> bytes:
        """Lay the Directory Record Sequence."""
        order = ">" if self.syntax == BIG_ENDIAN else "<"
        head = struct.pack(f"{order}HH", 0x0004, 0x1220)
        if self.syntax != IMPLICIT:
            head += b"SQ\0\0"
        if not self.undefined:
            return head + struct.pack(f"{order}L", len(items)) + items
        return head + b"\xff" * 4 + items + struct.pack(f"{order}HHL", 0xFFFE, 0xE0DD, 0)


@dataclass(frozen=True)
class Shape:
    """How many of each level are below the one above."""

    patients: int = 2
    studies: int = 2
    series: int = 2
    images: int = 3


def uid(*parts: int) -> bytes:
    """Return a UID made from the numbers of patient, study, series and image."""
    return f"{ROOT}.{len(parts)}.{'.'.join(str(part + 1) for part in parts)}".encode("ascii")


def patient_keys(patient: int) -> list[Element]:
    """Return the keys of a patient."""
    return [
        (PATIENT_NAME, b"PN", f"Zoo^Animal {patient:03d}".encode("ascii")),
        (PATIENT_ID, b"LO", f"ZOO{patient:05d}".encode("ascii")),
    ]


def study_keys(patient: int, study: int) -> list[Element]:
    """Return the keys of a study."""
    return [
        (0x00080020, b"DA", b"20240102"),
        (0x00080030, b"TM", b"101112"),
        (0x00080050, b"SH", b"A1"),
        (0x00081030, b"LO", b"Visit"),
        (STUDY_UID, b"UI", uid(patient, study)),
        (0x00200010, b"SH", f"S{study}".encode("ascii")),
    ]


def series_keys(patient: int, study: int, series: int) -> list[Element]:
    """Return the keys of a series."""
    return [
        (0x00080060, b"CS", b"OT"),
        (SERIES_UID, b"UI", uid(patient, study, series)),
        (0x00200011, b"IS", str(series + 1).encode("ascii")),
    ]


def file_id(*place: int) -> str:
    """Return the File ID of an image with slashes."""
    patient, study, series, image = place
    return f"P{patient:05d}/T{study:02d}/E{series:02d}/I{image:05d}"


def image_record(*place: int) -> Record:
    """Return the record of an image."""
    return Record(
        [
            (TYPE, b"CS", b"IMAGE"),
            (FILE_ID, b"CS", file_id(*place).replace("/", "\\").encode("ascii")),
            (SOP_CLASS, b"UI", SECONDARY_CAPTURE),
            (SOP_INSTANCE, b"UI", uid(*place)),
            (SYNTAX, b"UI", EXPLICIT),
            (0x00200013, b"IS", str(place[3] + 1).encode("ascii")),
        ]
    )


def image_file(*place: int, sop_uid: bytes | None = None) -> bytes:
    """Return the bytes of the file of an image."""
    own = sop_uid or uid(*place)
    meta = encoded(
        [
            (0x00020001, b"OB", b"\0\1"),
            (0x00020002, b"UI", SECONDARY_CAPTURE),
            (0x00020003, b"UI", own),
            (0x00020010, b"UI", EXPLICIT),
            (0x00020012, b"UI", f"{ROOT}.1".encode("ascii")),
        ]
    )
    elements = [
        (0x00080016, b"UI", SECONDARY_CAPTURE),
        (0x00080018, b"UI", own),
        (0x00080064, b"CS", b"WSD"),
        *patient_keys(place[0]),
        *study_keys(*place[:2]),
        *series_keys(*place[:3]),
        (0x00200013, b"IS", str(place[3] + 1).encode("ascii")),
        (0x00280002, b"US", number(1, 2)),
        (0x00280004, b"CS", b"MONOCHROME2"),
        (0x00280010, b"US", number(1, 2)),
        (0x00280011, b"US", number(2, 2)),
        (0x00280100, b"US", number(8, 2)),
        (0x00280101, b"US", number(8, 2)),
        (0x00280102, b"US", number(7, 2)),
        (0x00280103, b"US", number(0, 2)),
        (0x7FE00010, b"OW", b"\1\2"),
    ]
    length = encoded([(0x00020000, b"UL", number(len(meta), 4))])
    return b"\0" * 128 + b"DICM" + length + meta + encoded(sorted(elements))


def sound_disc(shape: Shape = Shape()) -> Disc:
    """Return a File-set without fault, its records depth first."""
    disc = Disc()
    records = disc.records

    def add(record: Record, before: int, above: int) -> int:
        records.append(record)
        place = len(records) - 1
        if before >= 0:
            records[before].next = place
        elif above >= 0:
            records[above].lower = place
        return place

    patient_row = -1
    for patient in range(shape.patients):
        keys = [(TYPE, b"CS", b"PATIENT"), *patient_keys(patient)]
        patient_row = disc.last = add(Record(keys), patient_row, -1)
        study_row = -1
        for study in range(shape.studies):
            keys = sorted([(TYPE, b"CS", b"STUDY"), *study_keys(patient, study)])
            study_row = add(Record(keys), study_row, patient_row)
            series_row = -1
            for series in range(shape.series):
                keys = sorted([(TYPE, b"CS", b"SERIES"), *series_keys(patient, study, series)])
                series_row = add(Record(keys), series_row, study_row)
                image_row = -1
                for image in range(shape.images):
                    record = image_record(patient, study, series, image)
                    image_row = add(record, image_row, series_row)
    return disc


def write_files(root: Path, shape: Shape = Shape()) -> None:
    """Write the files of the images."""
    for place in places(shape):
        path = root / file_id(*place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image_file(*place))


def places(shape: Shape) -> list[tuple[int, int, int, int]]:
    """Return the numbers of patient, study, series and image of every image."""
    return [
        (patient, study, series, image)
        for patient in range(shape.patients)
        for study in range(shape.studies)
        for series in range(shape.series)
        for image in range(shape.images)
    ]


def expected_homes(shape: Shape) -> dict[str, tuple[str, str, str]]:
    """Return patient, study and series of every image by its SOP Instance UID."""
    return {
        uid(*place).decode("ascii"): (
            f"ZOO{place[0]:05d}",
            uid(*place[:2]).decode("ascii"),
            uid(*place[:3]).decode("ascii"),
        )
        for place in places(shape)
    }


def images_of(disc: Disc) -> list[Record]:
    """Return the records of the images."""
    return [disc.records[row] for row in disc.rows("IMAGE")]
