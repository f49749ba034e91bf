"""Makes what is measured: tiny valid DICOM files by the ten thousand, DICOMDIRs of any size."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dicomdir_studio.part10.directory_reader import EXPLICIT_VR_LITTLE_ENDIAN
from dicomdir_studio.part10.directory_writer import DirectoryHead, RecordLinks, lay_directory
from dicomdir_studio.part10.table import (
    FILE_ID,
    LINKS_LENGTH,
    RECORD_TYPE,
    SOP_CLASS,
    SOP_INSTANCE,
    TRANSFER_SYNTAX,
)
from dicomdir_studio.part10.transcode import encoded_element

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECONDARY_CAPTURE: Final = b"1.2.840.10008.5.1.4.1.1.7"
_SYNTAX: Final = EXPLICIT_VR_LITTLE_ENDIAN.encode("ascii")
_ROOT: Final = "1.2.826.0.1.3680043.10.1462"
_PIXEL_DATA: Final = 0x7FE00010
# Numbers of one length, so that every file of a series differs in three places only.
_FIRST_NUMBER: Final = 1_000_000
_FOLDER_OF_ONE_SERIES: Final = 1_000
_PREAMBLE: Final = b"\0" * 128 + b"DICM"
_NEW_FILE: Final = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Shape:
    """How instances are shared out.

    Attributes
    ----------
    per_series : int
        Instances in a series; 0 puts all of them into one.
    series_per_study : int
        Series in a study; every study has a patient of its own.
    first : int
        Number of the first instance, so that two shapes can make different ones; a
        multiple of the instances in a series.
    """

    per_series: int = 50
    series_per_study: int = 4
    first: int = 0

    def numbers(self, count: int) -> range:
        """Return the numbers of the instances."""
        return range(self.first, self.first + count)

    def series_of(self, number: int) -> int:
        """Return which series an instance belongs to."""
        return number // self.per_series if self.per_series else 0

    def study_of(self, number: int) -> int:
        """Return which study, and which patient, an instance belongs to."""
        return self.series_of(number) // self.series_per_study

    def file_id(self, number: int) -> tuple[str, str]:
        """Return folder and name of an instance's file, fit to be a File ID (PS3.10 8.2)."""
        folder = number // (self.per_series or _FOLDER_OF_ONE_SERIES)
        return f"D{folder:06d}", f"I{number:07d}"


MANY_SERIES: Final = Shape()
ONE_SERIES: Final = Shape(per_series=0)


def instance_uid(number: int) -> bytes:
    """Return the SOP Instance UID of an instance."""
    return f"{_ROOT}.4.{_FIRST_NUMBER + number}".encode("ascii")


def _series_uid(series: int) -> bytes:
    """Return a Series Instance UID."""
    return f"{_ROOT}.3.{_FIRST_NUMBER + series}".encode("ascii")


def _study_uid(study: int) -> bytes:
    """Return a Study Instance UID."""
    return f"{_ROOT}.2.{_FIRST_NUMBER + study}".encode("ascii")


def _patient_keys(study: int) -> dict[int, tuple[bytes, bytes]]:
    """Return VR and value of the elements of a patient."""
    return {
        0x00100010: (b"PN", f"Bench^Patient {study:06d}".encode("ascii")),
        0x00100020: (b"LO", f"BENCH{study:06d}".encode("ascii")),
    }


def _study_keys(study: int) -> dict[int, tuple[bytes, bytes]]:
    """Return VR and value of the elements of a study."""
    return {
        0x00080020: (b"DA", f"202401{study % 28 + 1:02d}".encode("ascii")),
        0x00080030: (b"TM", b"101112"),
        0x00080050: (b"SH", f"ACC{study:06d}".encode("ascii")),
        0x00081030: (b"LO", b"Bench study"),
        0x0020000D: (b"UI", _study_uid(study)),
        0x00200010: (b"SH", f"ST{study:06d}".encode("ascii")),
    }


def _series_keys(series: int) -> dict[int, tuple[bytes, bytes]]:
    """Return VR and value of the elements of a series."""
    return {
        0x00080060: (b"CS", b"OT"),
        0x0020000E: (b"UI", _series_uid(series)),
        0x00200011: (b"IS", f"{series + 1:06d}".encode("ascii")),
    }


def _laid(found: dict[int, tuple[bytes, bytes]]) -> bytes:
    """Return elements in ascending order of their tags."""
    return b"".join(encoded_element(tag, vr, value) for tag, (vr, value) in sorted(found.items()))


# Files ----------------------------------------------------------------------------------------


def make_files(root: Path, count: int, shape: Shape = MANY_SERIES, *, side: int = 16) -> Path:
    """Write valid Secondary Capture images below a folder and return it.

    Parameters
    ----------
    root : Path
        The folder, made if it is not there.
    count : int
        How many files; some ten thousand a second.
    shape : Shape
        How they are shared among series.
    side : int
        Rows and columns of the 16 bit image: 16 gives files of 1.3 KB, 512 of 0.5 MB.
    """
    root.mkdir(parents=True, exist_ok=True)
    base = f"{root}{os.sep}"
    image = _image(side)
    mold: tuple[bytes, bytes, bytes, bytes] | None = None
    for number in shape.numbers(count):
        folder, name = shape.file_id(number)
        if mold is None or not (shape.per_series and number % shape.per_series):
            mold = _mold(shape.study_of(number), shape.series_of(number), image)
        if not number % (shape.per_series or _FOLDER_OF_ONE_SERIES):
            os.mkdir(f"{base}{folder}")  # noqa: PTH102 - a path as text, for speed
        uid = instance_uid(number)
        uid += b"\0" * (len(uid) % 2)
        text = b"%d " % (_FIRST_NUMBER + number)
        parts = (mold[0], uid, mold[1], uid, mold[2], text, mold[3])
        file = os.open(f"{base}{folder}{os.sep}{name}", _NEW_FILE, 0o644)
        os.write(file, b"".join(parts))
        os.close(file)
    return root


def _image(side: int) -> dict[int, tuple[bytes, bytes]]:
    """Return VR and value of the elements of an image."""
    numbers = {0x00280002: 1, 0x00280010: side, 0x00280011: side, 0x00280100: 16}
    numbers |= {0x00280101: 12, 0x00280102: 11, 0x00280103: 0}
    found = {tag: (b"US", value.to_bytes(2, "little")) for tag, value in numbers.items()}
    found[0x00280004] = (b"CS", b"MONOCHROME2")
    found[_PIXEL_DATA] = (b"OW", bytes(range(256)) * (side * side * 2 // 256 + 1))
    found[_PIXEL_DATA] = (b"OW", found[_PIXEL_DATA][1][: side * side * 2])
    return found


def _mold(
    study: int, series: int, image: dict[int, tuple[bytes, bytes]]
) -> tuple[bytes, bytes, bytes, bytes]:
    """Return the bytes of a series' files before, between and after what differs."""
    uid_mark = instance_uid(0)
    uid_mark += b"\0" * (len(uid_mark) % 2)
    number_mark = b"%d " % _FIRST_NUMBER
    meta = {
        0x00020001: (b"OB", b"\0\x01"),
        0x00020002: (b"UI", _SECONDARY_CAPTURE),
        0x00020003: (b"UI", uid_mark),
        0x00020010: (b"UI", _SYNTAX),
        0x00020012: (b"UI", f"{_ROOT}.1".encode("ascii")),
    }
    dataset = {
        0x00080005: (b"CS", b"ISO_IR 100"),
        0x00080008: (b"CS", b"DERIVED\\SECONDARY"),
        0x00080016: (b"UI", _SECONDARY_CAPTURE),
        0x00080018: (b"UI", uid_mark),
        0x00080064: (b"CS", b"WSD"),
        0x00080070: (b"LO", b"Bench"),
        0x00080090: (b"PN", b""),
        0x00100030: (b"DA", b"19700101"),
        0x00100040: (b"CS", b"O"),
        0x00181020: (b"LO", b"1.0"),
        0x00200013: (b"IS", number_mark),
        0x00200020: (b"CS", b"L\\P"),
        0x00200060: (b"CS", b""),
        **_patient_keys(study),
        **_study_keys(study),
        **_series_keys(series),
        **image,
    }
    laid_meta = _laid(meta)
    length = encoded_element(0x00020000, b"UL", len(laid_meta).to_bytes(4, "little"))
    whole = _PREAMBLE + length + laid_meta + _laid(dataset)
    before, rest = whole.split(uid_mark, 1)
    between, rest = rest.split(uid_mark, 1)
    marked = encoded_element(0x00200013, b"IS", number_mark)
    place = rest.index(marked) + len(marked) - len(number_mark)
    return before, between, rest[:place], rest[place + len(number_mark) :]


# DICOMDIRs ------------------------------------------------------------------------------------


def make_directory(
    root: Path, count: int, shape: Shape = MANY_SERIES, *, stand_ins: bool = True
) -> Path:
    """Write a DICOMDIR and return its path; no instance is made for it.

    Parameters
    ----------
    root : Path
        The folder, made if it is not there.
    count : int
        How many instances it references; a million is possible.
    shape : Shape
        How they are shared among series.
    stand_ins : bool
        Make an empty file under every File ID, which is all that loading looks for.
    """
    root.mkdir(parents=True, exist_ok=True)
    records = list(_records(count, shape))
    patients = [place for place, (kind, _) in enumerate(records) if kind == 0]
    data = lay_directory(
        DirectoryHead(f"{_ROOT}.9", {}, {0x00041130: (b"CS", b"BENCH")}),
        _linked(records),
        patients[-1],
    )
    path = root / "DICOMDIR"
    path.write_bytes(data)
    if stand_ins:
        _make_stand_ins(root, count, shape)
    return path


def _records(count: int, shape: Shape) -> Iterator[tuple[int, bytes]]:
    """Yield level (0 is PATIENT) and bytes of every record in the order of the tree."""
    study = series = -1
    for number in shape.numbers(count):
        if shape.study_of(number) != study:
            study = shape.study_of(number)
            yield 0, _record(b"PATIENT", _patient_keys(study))
            yield 1, _record(b"STUDY", _study_keys(study))
        if shape.series_of(number) != series:
            series = shape.series_of(number)
            yield 2, _record(b"SERIES", _series_keys(series))
        folder, name = shape.file_id(number)
        keys = {
            FILE_ID: (b"CS", f"{folder}\\{name}".encode("ascii")),
            SOP_CLASS: (b"UI", _SECONDARY_CAPTURE),
            SOP_INSTANCE: (b"UI", instance_uid(number)),
            TRANSFER_SYNTAX: (b"UI", _SYNTAX),
            0x00200013: (b"IS", b"%d" % (_FIRST_NUMBER + number)),
        }
        yield 3, _record(b"IMAGE", keys)


def _record(kind: bytes, keys: dict[int, tuple[bytes, bytes]]) -> bytes:
    """Return a record; the writer fills in the links that lead it."""
    return bytes(LINKS_LENGTH) + encoded_element(RECORD_TYPE, b"CS", kind) + _laid(keys)


def _linked(records: list[tuple[int, bytes]]) -> list[RecordLinks]:
    """Return the records with the places of their next and lower ones."""
    following = [-1] * len(records)
    lower = [-1] * len(records)
    latest = [-1] * 5
    for place in range(len(records) - 1, -1, -1):
        level = records[place][0]
        following[place], lower[place] = latest[level], latest[level + 1]
        latest[level] = place
        latest[level + 1 :] = [-1] * (len(latest) - level - 1)
    return [
        RecordLinks(record, after, below)
        for (_, record), after, below in zip(records, following, lower, strict=True)
    ]


def _make_stand_ins(root: Path, count: int, shape: Shape) -> None:
    """Make an empty file under every File ID."""
    base = f"{root}{os.sep}"
    last = ""
    for number in shape.numbers(count):
        folder, name = shape.file_id(number)
        if folder != last:
            os.mkdir(f"{base}{folder}")  # noqa: PTH102 - a path as text, for speed
            last = folder
        os.close(os.open(f"{base}{folder}{os.sep}{name}", _NEW_FILE, 0o644))


def link_tree(source: Path, target: Path) -> Path:
    """Make a File-set like another whose files are hard links; its DICOMDIR is a copy."""
    target.mkdir(parents=True)
    for folder in source.iterdir():
        if not folder.is_dir():
            (target / folder.name).write_bytes(folder.read_bytes())
            continue
        (target / folder.name).mkdir()
        for file in os.scandir(folder):
            os.link(file.path, target / folder.name / file.name)
    return target
