"""A data set encoded in Explicit VR Little Endian, unchanged elements byte for byte."""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.part10.directory_writer import (
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION_NAME,
)
from dicomdir_studio.part10.errors import NestingError
from dicomdir_studio.part10.transcode import (
    EXPLICIT_LITTLE,
    MAX_DEPTH,
    elements,
    encoded_element,
    encoded_item,
    explicit_value,
    items,
)
from dicomdir_studio.part10.vr import padded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from dicomdir_studio.media.transcoding.source_file import SourceFile
    from dicomdir_studio.part10.transcode import Element, Encoding

_PIXEL_REPRESENTATION: Final = 0x00280103
_WAVEFORM_BITS: Final = 0x54001004
_LENGTH_TO_END: Final = 0x00080001
_META_GIVEN: Final = frozenset((0x00020000, 0x00020010, 0x00020012, 0x00020013))
_ONE_WORD: Final = 2


def meta_information(source: SourceFile, syntax: str, instance_uid: str = "") -> bytes:
    """Return the preamble and the File Meta Information of a copy (PS3.10 7.1).

    It names this program as the one that wrote the file; the rest is the source's.

    Parameters
    ----------
    source : SourceFile
        What is copied.
    syntax : str
        Transfer Syntax UID of the copy.
    instance_uid : str, optional
        SOP Instance UID of the copy, if it is not the same instance.
    """
    kept = {
        placed.element.tag: source.buffer_of_meta[placed.begin : placed.end]
        for placed in source.meta
        if placed.element.tag not in _META_GIVEN
    }
    given = {0x00020010: syntax, 0x00020012: IMPLEMENTATION_CLASS_UID}
    if instance_uid:
        given[0x00020003] = instance_uid
    for tag, uid in given.items():
        kept[tag] = encoded_element(tag, b"UI", padded(uid.encode("ascii"), b"UI"))
    name = IMPLEMENTATION_VERSION_NAME.encode("ascii")
    kept[0x00020013] = encoded_element(0x00020013, b"SH", name)
    body = b"".join(kept[tag] for tag in sorted(kept))
    length = encoded_element(0x00020000, b"UL", struct.pack("<L", len(body)))
    return bytes(128) + b"DICM" + length + body


def elements_of(
    source: SourceFile, changed: Mapping[int, bytes], dropped: Collection[int], first: int, end: int
) -> Iterator[bytes]:
    """Yield the top level elements of a copy whose tags lie between two, in order.

    Parameters
    ----------
    source : SourceFile
        What is copied.
    changed : mapping of int to bytes
        Elements of the copy, encoded, that take the place of the source's or are new.
    dropped : collection of int
        Tags that the copy does not have.
    first, end : int
        The first tag, and the one behind the last.
    """
    whole = _Level(source.buffer, source.encoding)
    signed, bits = whole.context(source.data[0].begin if source.data else 0, len(source.buffer))
    fresh = sorted(tag for tag in changed if first <= tag < end)
    for placed in source.data:
        tag = placed.element.tag
        if not first <= tag < end:
            continue
        while fresh and fresh[0] <= tag:
            yield changed[fresh.pop(0)]
        if tag in changed or tag in dropped or _is_obsolete(tag):
            continue
        if source.encoding == EXPLICIT_LITTLE:
            yield source.buffer[placed.begin : placed.end]
        else:
            yield whole.laid(placed.element, 0, signed=signed, bits=bits)
    for tag in fresh:
        yield changed[tag]


def _is_obsolete(tag: int) -> bool:
    """Return whether an element tells a length that the copy does not have (PS3.5 7.2)."""
    return (tag & 0xFFFF == 0 and tag >> 16 > 2) or tag == _LENGTH_TO_END


class _Level:
    """Lays elements of other encodings in Explicit VR Little Endian, nested ones too."""

    def __init__(self, buffer: bytes, encoding: Encoding) -> None:
        self._buffer = buffer
        self._encoding = encoding

    def context(
        self, start: int, stop: int, *, signed: bool = False, bits: int = 16
    ) -> tuple[bool, int]:
        """Return what decides the VR of ambiguous elements, the outer level's where not said."""
        for element in elements(self._buffer, start, stop, self._encoding):
            if element.tag in {_PIXEL_REPRESENTATION, _WAVEFORM_BITS}:
                value = bytes(self._buffer[element.start : element.stop])
                number = int.from_bytes(value[:2], self._encoding.byte_order)
                if element.tag == _WAVEFORM_BITS:
                    return signed, number
                signed = number == 1
        return signed, bits

    def laid(self, element: Element, depth: int, *, signed: bool, bits: int) -> bytes:
        """Return one element."""
        if depth > MAX_DEPTH:
            message = f"Sequences are nested deeper than {MAX_DEPTH} at byte {element.start}"
            raise NestingError(message)
        vr = element.vr
        if self._encoding.implicit:
            vr = b"SQ" if element.undefined else _resolved(element, signed=signed, bits=bits)
        if vr != b"SQ":
            value = explicit_value(self._buffer, element._replace(vr=vr), self._encoding, depth)
            return encoded_element(element.tag, vr, value)
        parts = []
        for start, stop in items(self._buffer, element.start, element.stop, self._encoding):
            inner = self.context(start, stop, signed=signed, bits=bits)
            body = b"".join(
                self.laid(below, depth + 1, signed=inner[0], bits=inner[1])
                for below in elements(self._buffer, start, stop, self._encoding)
                if not _is_obsolete(below.tag)
            )
            parts.append(encoded_item(body))
        return encoded_element(element.tag, b"SQ", b"".join(parts))


@cache
def _listed(tag: int) -> str:
    """Return the VR or VRs of an element by the data dictionary, "" if it is not there."""
    try:
        return str(pydicom.datadict.dictionary_VR(tag))
    except KeyError:
        return ""


def _resolved(element: Element, *, signed: bool, bits: int) -> bytes:
    """Return the VR of an element that Implicit VR does not name (PS3.5 A.1, A.2)."""
    choices = _listed(element.tag)
    if " or " not in choices:
        return element.vr
    if choices == "US or SS":
        return b"SS" if signed else b"US"
    is_waveform = element.tag >> 24 == 0x54
    if choices == "OB or OW" and is_waveform and bits == 8:
        return b"OB"
    if choices.startswith("US") and element.stop - element.start == _ONE_WORD:
        return b"US"
    return b"OW"
