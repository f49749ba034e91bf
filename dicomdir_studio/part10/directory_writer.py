"""Lays a DICOMDIR (PS3.3 F.3, PS3.10 8.6): bytes assembled once, offsets known as they are laid."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio import __version__
from dicomdir_studio.courtesy import giving_way, in_slices, let_go
from dicomdir_studio.part10.directory_reader import (
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    MEDIA_STORAGE_DIRECTORY,
)
from dicomdir_studio.part10.errors import DirectoryTooLargeError
from dicomdir_studio.part10.table import LINKS_LENGTH
from dicomdir_studio.part10.transcode import encoded_element, to_implicit_little

if TYPE_CHECKING:
    from collections.abc import Sequence

IMPLEMENTATION_CLASS_UID: Final = "2.25.198304073977964102817304632636873335202"
IMPLEMENTATION_VERSION_NAME: Final = f"DCMSTUDIO_{__version__}"[:16]

_LARGEST: Final = 0xFFFFFFFF
_PREAMBLE: Final = b"\0" * 128 + b"DICM"
_FIRST, _LAST, _CONSISTENCY = 0x00041200, 0x00041202, 0x00041212
_GENERATED: Final = frozenset((_FIRST, _LAST, _CONSISTENCY, 0x00041220))
_KEPT_META: Final = range(0x00020016, 0x00030000)
# Item tag and length, then the three link elements with their values.
_LINKS: Final = Struct("<4sL8sL10s8sL")
_ITEM: Final = b"\xfe\xff\x00\xe0"


class RecordLinks(NamedTuple):
    """A record to be laid and the places, in laying order, that it points to; -1 is none."""

    record: bytes
    next: int
    lower: int


class DirectoryHead(NamedTuple):
    """What a DICOMDIR holds beside its records.

    Attributes
    ----------
    uid : str
        File-set UID, the Media Storage SOP Instance UID (PS3.10 8.1).
    meta, general : dict of int to (bytes, bytes)
        VR and value of elements to be kept from the DICOMDIR before, and of those
        that describe the File-set, (0004,1130) to (0004,1142).
    """

    uid: str
    meta: dict[int, tuple[bytes, bytes]]
    general: dict[int, tuple[bytes, bytes]]


class LaidDirectory(NamedTuple):
    """A DICOMDIR, and where it has its records.

    Attributes
    ----------
    data : bytes
        The whole file.
    places : list of int
        Where each record's Item begins, in the order in which they were laid, and
        where the last one ends.
    """

    data: bytes
    places: list[int]


def lay_directory(
    head: DirectoryHead,
    records: Sequence[RecordLinks],
    last_root: int,
    *,
    implicit: bool = False,
) -> bytes:
    """Return the bytes of a DICOMDIR; see `lay_with_places`."""
    return lay_with_places(head, records, last_root, implicit=implicit).data


def lay_with_places(
    head: DirectoryHead,
    records: Sequence[RecordLinks],
    last_root: int,
    *,
    implicit: bool = False,
) -> LaidDirectory:
    """Return the bytes of a DICOMDIR, and where its records lie in it.

    Parameters
    ----------
    head : DirectoryHead
        What it holds beside the records.
    records : sequence of RecordLinks
        The records in the order in which they are laid, the first of the root
        Directory Entity leading; each begins with the three link elements.
    last_root : int
        Place of the last record of the root Directory Entity, -1 if there is none.
    implicit : bool
        Lay the data set in Implicit VR Little Endian, which does not conform.

    Raises
    ------
    DirectoryTooLargeError
        If it would pass 4 GiB, which offsets of 32 bit cannot address.
    """
    bodies = [record.record[LINKS_LENGTH:] for record in records]
    if implicit:
        bodies = [to_implicit_little(body, 0, len(body)) for body in bodies]
    opening = _PREAMBLE + _meta(head, implicit=implicit)
    before, after = _general(head, implicit=implicit)
    # First and last offset and the flag: their lengths are known, their values not yet.
    sequence_start = len(opening) + len(before) + (12 + 12 + 10) + (8 if implicit else 12)
    offsets = [0] * (len(bodies) + 1)
    offset = sequence_start
    for place, body in enumerate(bodies):
        offsets[place] = offset
        offset += 8 + LINKS_LENGTH + len(body)
    if offset + len(after) > _LARGEST:
        raise DirectoryTooLargeError(
            f"The DICOMDIR would have {offset + len(after):,} bytes",
            why="its 32 bit offsets reach 4,294,967,295 bytes, PS3.3 Table F.3-3",
            remedy="Divide the instances over several File-sets",
        )
    places = [*offsets[:-1], offset]
    offsets[-1] = 0  # place -1: none
    parts = [opening, before]
    parts.append(_number(_FIRST, b"UL", offsets[0] if bodies else 0, 4, implicit=implicit))
    parts.append(_number(_LAST, b"UL", offsets[last_root], 4, implicit=implicit))
    parts.append(_number(_CONSISTENCY, b"US", 0, 2, implicit=implicit))
    parts.append(_sequence_head(offset - sequence_start, implicit=implicit))
    _append_records(parts, records, bodies, offsets, implicit=implicit)
    parts.append(after)
    let_go(bodies)
    joined = [b"".join(some) for some in in_slices(parts)]
    let_go(parts)
    return LaidDirectory(b"".join(joined), places)


def _append_records(
    parts: list[bytes],
    records: Sequence[RecordLinks],
    bodies: list[bytes],
    offsets: list[int],
    *,
    implicit: bool,
) -> None:
    """Append every record as an Item, its links filled in."""
    if implicit:
        following = b"\x04\x00\x00\x14\x04\x00\x00\x00"
        in_use = b"\x04\x00\x10\x14\x02\x00\x00\x00\xff\xff"
        below = b"\x04\x00\x20\x14\x04\x00\x00\x00"
    else:
        following = b"\x04\x00\x00\x14UL\x04\x00"
        in_use = b"\x04\x00\x10\x14US\x02\x00\xff\xff"
        below = b"\x04\x00\x20\x14UL\x04\x00"
    pack = _LINKS.pack
    for record, body in giving_way(zip(records, bodies, strict=True), 128):
        parts.append(
            pack(
                _ITEM,
                LINKS_LENGTH + len(body),
                following,
                offsets[record.next],
                in_use,
                below,
                offsets[record.lower],
            )
        )
        parts.append(body)


def _meta(head: DirectoryHead, *, implicit: bool) -> bytes:
    """Lay the File Meta Information (PS3.10 7.1)."""
    syntax = IMPLICIT_VR_LITTLE_ENDIAN if implicit else EXPLICIT_VR_LITTLE_ENDIAN
    texts = {
        0x00020002: MEDIA_STORAGE_DIRECTORY,
        0x00020003: head.uid,
        0x00020010: syntax,
        0x00020012: IMPLEMENTATION_CLASS_UID,
    }
    laid = {tag: encoded_element(tag, b"UI", text.encode("ascii")) for tag, text in texts.items()}
    laid[0x00020001] = encoded_element(0x00020001, b"OB", b"\0\x01")
    laid[0x00020013] = encoded_element(
        0x00020013, b"SH", IMPLEMENTATION_VERSION_NAME.encode("ascii")
    )
    for tag, (vr, value) in head.meta.items():
        if tag in _KEPT_META:
            laid[tag] = encoded_element(tag, vr, value)
    body = b"".join(laid[tag] for tag in sorted(laid))
    return encoded_element(0x00020000, b"UL", len(body).to_bytes(4, "little")) + body


def _general(head: DirectoryHead, *, implicit: bool) -> tuple[bytes, bytes]:
    """Lay the elements before and after what this module generates."""
    before: list[bytes] = []
    after: list[bytes] = []
    for tag, (vr, value) in sorted(head.general.items()):
        if tag in _GENERATED or tag & 0xFFFF == 0:
            continue
        (before if tag < _FIRST else after).append(encoded_element(tag, vr, value))
    pair = b"".join(before), b"".join(after)
    if implicit:
        return to_implicit_little(pair[0], 0, len(pair[0])), to_implicit_little(
            pair[1], 0, len(pair[1])
        )
    return pair


def _number(tag: int, vr: bytes, value: int, size: int, *, implicit: bool) -> bytes:
    """Lay a binary element."""
    laid = encoded_element(tag, vr, value.to_bytes(size, "little"))
    return to_implicit_little(laid, 0, len(laid)) if implicit else laid


def _sequence_head(length: int, *, implicit: bool) -> bytes:
    """Lay tag and length of the Directory Record Sequence."""
    tag = b"\x04\x00\x20\x12"
    return tag + (b"" if implicit else b"SQ\0\0") + length.to_bytes(4, "little")
