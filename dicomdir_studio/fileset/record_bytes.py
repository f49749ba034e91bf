"""Records between their two forms: encoded bytes and pydicom data sets."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.fileset.values import SPECIFIC_CHARACTER_SET, is_plain
from dicomdir_studio.part10.table import (
    FILE_ID,
    LINKS_LENGTH,
    PRIVATE_RECORD_UID,
    RECORD_TYPE,
)
from dicomdir_studio.part10.transcode import EXPLICIT_LITTLE, elements, encoded_element
from dicomdir_studio.part10.vr import SHORT_FORM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydicom.dataelem import RawDataElement
    from pydicom.dataset import Dataset
    from pydicom.tag import BaseTag

NO_LINKS: Final = (
    b"\x04\x00\x00\x14UL\x04\x00\x00\x00\x00\x00"
    b"\x04\x00\x10\x14US\x02\x00\xff\xff"
    b"\x04\x00\x20\x14UL\x04\x00\x00\x00\x00\x00"
)
"""The three link elements that lead every record, pointing nowhere (PS3.3 Table F.3-3)."""

_FILE_ID_HEAD: Final = b"\x04\x00\x00\x15CS"
_NO_FILE_ID: Final = _FILE_ID_HEAD + b"\0\0"
_FILE_ID_TAG: Final = frozenset((FILE_ID,))
# Group lengths of these are no retired ones (PS3.5 7.2).
_LAST_OWN_GROUP: Final = 6
_LINK_TAGS: Final = frozenset((0x00041400, 0x00041410, 0x00041420))


def dataset_of(buffer: bytes, start: int, stop: int) -> Dataset:
    """Return the record between the bounds as a data set."""
    return pydicom.filereader.read_dataset(
        BytesIO(buffer[start:stop]), is_implicit_VR=False, is_little_endian=True
    )


def record_bytes_of(record: Dataset, raw: bytes = b"") -> bytes:
    """Return a record that is held as a data set in Explicit VR Little Endian.

    Parameters
    ----------
    record : pydicom.dataset.Dataset
        The record.
    raw : bytes
        Where it was decoded from; if it still says the same, these very bytes
        are the record.
    """
    if raw and _is_same(record, dataset_of(raw, 0, len(raw))):
        return raw
    present = record.keys()
    tags = sorted(tag for tag in present if tag.element or tag.group <= _LAST_OWN_GROUP)
    laid = [laid_as_read(record, tag) for tag in tags]
    if None not in laid:
        return b"".join(part for part in laid if part is not None)
    kept = pydicom.dataset.Dataset()
    for tag in tags:
        kept[tag] = record[tag]
    out = pydicom.filebase.DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, False
    charset = record.get("SpecificCharacterSet", "iso8859") or "iso8859"
    pydicom.filewriter.write_dataset(out, kept, parent_encoding=charset)
    return out.getvalue()


def _is_same(record: Dataset, read: Dataset) -> bool:
    """Return whether a record still says what was read; what nobody asked for is not decoded."""
    tags = record.keys()
    if tags != read.keys():
        return False
    for tag in tags:
        one: Any = record.get_item(tag)
        other: Any = read.get_item(tag)
        if not (isinstance(one, _raw_element()) and isinstance(other, _raw_element())):
            one, other = record[tag], read[tag]
        if (one.VR, one.value) != (other.VR, other.value):
            return False
    return True


def laid_as_read(record: Dataset, tag: BaseTag) -> bytes | None:
    """Return an element that was read and not decoded since, None if it has to be encoded.

    Only elements with a header of 8 bytes are returned so (PS3.5 7.1.2).
    """
    raw: Any = record.get_item(tag)
    if not isinstance(raw, _raw_element()) or raw.is_implicit_VR or not raw.is_little_endian:
        return None
    vr = (raw.VR or "").encode("ascii")
    if vr not in SHORT_FORM or raw.value is None:
        return None
    # Text stays as it is only in the character set in which it was read.
    if not is_plain(raw.value) and not _has_charset_as_read(record):
        return None
    return encoded_element(tag, vr, raw.value)


def _has_charset_as_read(record: Dataset) -> bool:
    """Return whether Specific Character Set is there, and was not decoded since it was read."""
    if SPECIFIC_CHARACTER_SET not in record:
        return False
    return isinstance(record.get_item(SPECIFIC_CHARACTER_SET), _raw_element())


@cache
def _raw_element() -> type[RawDataElement]:
    """Return pydicom's class of elements that are not decoded yet."""
    return pydicom.dataelem.RawDataElement


def with_links_leading(record: bytes) -> bytes:
    """Return the record led by the three link elements in their proper form, the rest in order.

    Retired group lengths, which would be wrong afterwards, are dropped (PS3.5 7.2).
    """
    return NO_LINKS + _in_order(record, _LINK_TAGS)


def _in_order(record: bytes, without: frozenset[int]) -> bytes:
    """Return a record's elements by ascending tag, less some and less group lengths."""
    kept = sorted(
        (
            element
            for element in elements(record, 0, len(record), EXPLICIT_LITTLE)
            if element.tag not in without and element.tag & 0xFFFF
        ),
        key=lambda element: element.tag,
    )
    return b"".join(
        encoded_element(element.tag, element.vr, record[element.start : element.stop])
        for element in kept
    )


def has_links_leading(record: bytes) -> bool:
    """Return whether the three link elements lead the record in their proper form."""
    return record.startswith(NO_LINKS) or (
        record[:8] == NO_LINKS[:8]
        and record[12:20] == NO_LINKS[12:20]
        and record[22:30] == NO_LINKS[22:30]
    )


def with_file_id(record: bytes, components: Iterable[str]) -> bytes:
    """Return the record with another Referenced File ID (0004,1500), the rest as it was."""
    text = "\\".join(components).encode("ascii")
    text += b" " * (len(text) & 1)
    value = _FILE_ID_HEAD + len(text).to_bytes(2, "little") + text
    place = LINKS_LENGTH + 8 + record[LINKS_LENGTH + 6]
    if record[place : place + 8] == _NO_FILE_ID:
        return record[:place] + value + record[place + 8 :]
    place = LINKS_LENGTH
    for element in elements(record, LINKS_LENGTH, len(record), EXPLICIT_LITTLE):
        if element.tag == FILE_ID:
            if record[place : element.stop] == value:
                return record
            return record[:place] + value + record[element.stop :]
        if element.tag not in (RECORD_TYPE, PRIVATE_RECORD_UID):
            break
        place = element.stop
    # What is in no order may have a File ID further on, which must not stay beside the new one.
    links, rest = record[:LINKS_LENGTH], record[LINKS_LENGTH:]
    return record_with(links + _in_order(rest, _FILE_ID_TAG), value)


def record_with(record: bytes, laid: bytes) -> bytes:
    """Return the record with an element put in at its place, or instead of the one there."""
    tag = int.from_bytes(laid[:2], "little") << 16 | int.from_bytes(laid[2:4], "little")
    start = 0
    place = -1
    for element in elements(record, 0, len(record), EXPLICIT_LITTLE):
        stop = element.stop + (8 if element.undefined else 0)
        if element.tag == tag:
            return record[:start] + laid + record[stop:]
        if element.tag > tag and place < 0:
            place = start  # and on, for a record in no order may have it further on
        start = stop
    place = start if place < 0 else place
    return record[:place] + laid + record[place:]
