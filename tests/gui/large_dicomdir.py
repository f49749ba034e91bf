"""DICOMDIRs of any size, encoded by hand so that a hundred thousand records take a moment."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LONG = {b"OB", b"SQ", b"UN"}
_ROOT_UID = "1.2.826.0.1.3680043.8.498"


def _element(tag: int, vr: bytes, value: bytes) -> bytes:
    """Return one element in Explicit VR Little Endian."""
    if len(value) % 2:
        value += b"\0" if vr == b"UI" else b" "
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr
    if vr in _LONG:
        return head + b"\0\0" + struct.pack("<I", len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def _record(kind: str, keys: bytes, following: int, lower: int) -> bytes:
    """Return one Directory Record as an item."""
    body = (
        _element(0x00041400, b"UL", struct.pack("<I", following))
        + _element(0x00041410, b"US", struct.pack("<H", 0xFFFF))
        + _element(0x00041420, b"UL", struct.pack("<I", lower))
        + _element(0x00041430, b"CS", kind.encode())
        + keys
    )
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(body)) + body


def _image_keys(number: int) -> bytes:
    """Return the keys of an IMAGE record."""
    file_id = f"IMAGES\\D{number // 1000:05d}\\I{number:07d}"
    return (
        _element(0x00041500, b"CS", file_id.encode())
        + _element(0x00041510, b"UI", b"1.2.840.10008.5.1.4.1.1.4")
        + _element(0x00041511, b"UI", f"{_ROOT_UID}.3.{number}".encode())
        + _element(0x00041512, b"UI", b"1.2.840.10008.1.2.1")
        + _element(0x00200013, b"IS", str(number).encode())
    )


def _upper_keys(kind: str, number: int) -> bytes:
    """Return the keys of a PATIENT, STUDY or SERIES record."""
    if kind == "PATIENT":
        return _element(0x00100010, b"PN", f"Doe^Patient {number}".encode()) + _element(
            0x00100020, b"LO", f"ID{number}".encode()
        )
    if kind == "STUDY":
        return (
            _element(0x00080020, b"DA", b"20240119")
            + _element(0x00080030, b"TM", b"101112")
            + _element(0x00081030, b"LO", f"Study {number}".encode())
            + _element(0x0020000D, b"UI", f"{_ROOT_UID}.1.{number}".encode())
            + _element(0x00200010, b"SH", str(number).encode())
        )
    return (
        _element(0x00080060, b"CS", b"MR")
        + _element(0x0020000E, b"UI", f"{_ROOT_UID}.2.{number}".encode())
        + _element(0x00200011, b"IS", str(number).encode())
    )


def write_dicomdir(root: Path, images: int, series: int = 1) -> Path:
    """Write a DICOMDIR of one patient and one study, and return its path.

    Parameters
    ----------
    root : Path
        The folder; the files that the records reference are not made.
    images : int
        How many IMAGE records there are in all.
    series : int
        How many SERIES records they are shared among.
    """
    prefix = b"\0" * 128 + b"DICM"
    meta_body = (
        _element(0x00020001, b"OB", b"\0\1")
        + _element(0x00020002, b"UI", b"1.2.840.10008.1.3.10")
        + _element(0x00020003, b"UI", f"{_ROOT_UID}.9".encode())
        + _element(0x00020010, b"UI", b"1.2.840.10008.1.2.1")
        + _element(0x00020012, b"UI", f"{_ROOT_UID}.8".encode())
    )
    meta = _element(0x00020000, b"UL", struct.pack("<I", len(meta_body))) + meta_body
    start = len(prefix) + len(meta) + len(_element(0x00041130, b"CS", b"LARGE"))
    start += 2 * 12 + 10 + 12  # first and last offset, consistency flag, head of the sequence
    first = start
    parts, place = [], start

    def put(kind: str, keys: bytes, following: bool, lower: bool) -> None:
        nonlocal place
        size = len(_record(kind, keys, 0, 0))
        after = place + size if following else 0
        parts.append(_record(kind, keys, after, place + size if lower else 0))
        place += size

    put("PATIENT", _upper_keys("PATIENT", 1), following=False, lower=True)
    put("STUDY", _upper_keys("STUDY", 1), following=False, lower=True)
    share = images // series
    number = 0
    for place_of in range(1, series + 1):
        head = _upper_keys("SERIES", place_of)
        mine = share if place_of < series else images - number
        below = [_image_keys(number + offset + 1) for offset in range(mine)]
        number += mine
        size = len(_record("SERIES", head, 0, 0))
        total = size + sum(len(_record("IMAGE", keys, 0, 0)) for keys in below)
        following = place + total if place_of < series else 0
        parts.append(_record("SERIES", head, following, place + size))
        place += size
        for keys in below[:-1]:
            put("IMAGE", keys, following=True, lower=False)
        put("IMAGE", below[-1], following=False, lower=False)
    items = b"".join(parts)
    head_bytes = (
        _element(0x00041130, b"CS", b"LARGE")
        + _element(0x00041200, b"UL", struct.pack("<I", first))
        + _element(0x00041202, b"UL", struct.pack("<I", first))
        + _element(0x00041212, b"US", b"\0\0")
        + struct.pack("<HH", 0x0004, 0x1220)
        + b"SQ\0\0"
        + struct.pack("<I", len(items))
    )
    path = root / "DICOMDIR"
    path.write_bytes(prefix + meta + head_bytes + items)
    return path
