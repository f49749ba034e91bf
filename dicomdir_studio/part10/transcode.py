"""Values of elements turned from any transfer syntax into another, byte for byte.

Records live in the engine as Explicit VR Little Endian. Values that come from
Implicit or Big Endian data are turned here, nested sequences included, and
records are turned to Implicit when a caller insists on it.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.part10.errors import EncodingError, NestingError
from dicomdir_studio.part10.vr import (
    ANY_FORM,
    ITEM,
    ITEM_DELIMITATION,
    LONG_FORM,
    SEQUENCE_DELIMITATION,
    UNDEFINED,
    WORD_SIZE,
    padded,
)
from dicomdir_studio.standard.elements import vr_named

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH: Final = 32
_SHORT_MAX: Final = 0xFFFF
_ITEM_HEAD: Final = b"\xfe\xff\x00\xe0"


class Encoding(NamedTuple):
    """The encoding of a data set: Implicit or Explicit VR, and the byte order."""

    implicit: bool
    little: bool

    @property
    def byte_order(self) -> Literal["little", "big"]:
        """The byte order, as `int.from_bytes` names it."""
        return "little" if self.little else "big"


EXPLICIT_LITTLE: Final = Encoding(implicit=False, little=True)
IMPLICIT_LITTLE: Final = Encoding(implicit=True, little=True)
EXPLICIT_BIG: Final = Encoding(implicit=False, little=False)

_TAG: Final = {True: Struct("<HH"), False: Struct(">HH")}
_U16: Final = {True: Struct("<H"), False: Struct(">H")}
_U32: Final = {True: Struct("<L"), False: Struct(">L")}


class Element(NamedTuple):
    """One element where it lies: tag, VR, and the span of its value in the buffer."""

    tag: int
    vr: bytes
    start: int
    stop: int
    undefined: bool


def vr_of(tag: int) -> bytes:
    """Return the VR of `tag` by the data dictionary (PS3.6), UN where it is not listed."""
    if tag & 0xFFFF == 0:
        return b"UL"
    known = vr_named(tag)
    if known is not None:
        return known
    try:
        return pydicom.datadict.dictionary_VR(tag)[:2].encode("ascii")
    except KeyError:
        return b"LO" if tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF else b"UN"


def element_header(buffer: bytes, pos: int, stop: int, encoding: Encoding) -> Element:
    """Read the element header at `pos`; an undefined length yields ``stop == -1``."""
    little = encoding.little
    if pos + 8 > stop:
        message = f"The element at byte {pos} is cut off"
        raise EncodingError(message)
    group, number = _TAG[little].unpack_from(buffer, pos)
    tag = group << 16 | number
    if group == 0xFFFE or encoding.implicit:
        vr = b"" if group == 0xFFFE else vr_of(tag)
        length, start = _U32[little].unpack_from(buffer, pos + 4)[0], pos + 8
    else:
        vr = bytes(buffer[pos + 4 : pos + 6])
        if vr in LONG_FORM:
            if pos + 12 > stop:
                message = f"The element at byte {pos} is cut off"
                raise EncodingError(message)
            length, start = _U32[little].unpack_from(buffer, pos + 8)[0], pos + 12
        elif vr in ANY_FORM:
            length, start = _U16[little].unpack_from(buffer, pos + 6)[0], pos + 8
        else:
            message = f"The element at byte {pos} has no known Value Representation"
            raise EncodingError(message)
    if length == UNDEFINED:
        return Element(tag, vr, start, -1, undefined=True)
    if start + length > stop:
        message = f"The value of the element at byte {pos} is cut off"
        raise EncodingError(message)
    return Element(tag, vr, start, start + length, undefined=False)


def elements(
    buffer: bytes, start: int, stop: int, encoding: Encoding = EXPLICIT_LITTLE
) -> Iterator[Element]:
    """Yield the elements between `start` and `stop`, values of undefined length bounded.

    Raises
    ------
    EncodingError
        If the bytes break the rules of PS3.5 7.1.
    """
    pos = start
    while pos < stop:
        element = element_header(buffer, pos, stop, encoding)
        if not element.undefined:
            yield element
            pos = element.stop
            continue
        # A UN of undefined length is a sequence in Implicit VR Little Endian (PS3.5 6.2.2).
        inner = IMPLICIT_LITTLE if element.vr == b"UN" else encoding
        end = sequence_end(buffer, element.start, stop, inner)
        yield element._replace(stop=end - 8)
        pos = end


def sequence_end(buffer: bytes, start: int, stop: int, encoding: Encoding, depth: int = 0) -> int:
    """Return where the sequence of undefined length that begins at `start` has ended."""
    if depth > MAX_DEPTH:
        message = f"Sequences are nested deeper than {MAX_DEPTH} at byte {start}"
        raise NestingError(message)
    pos = start
    while True:
        item = element_header(buffer, pos, stop, encoding)
        if item.tag == SEQUENCE_DELIMITATION:
            return item.start
        if item.tag != ITEM:
            message = f"An Item was expected at byte {pos}"
            raise EncodingError(message)
        pos = item_end(buffer, item.start, stop, encoding, depth) if item.undefined else item.stop


def item_end(buffer: bytes, start: int, stop: int, encoding: Encoding, depth: int = 0) -> int:
    """Return where the Item of undefined length that begins at `start` has ended."""
    pos = start
    while True:
        element = element_header(buffer, pos, stop, encoding)
        if element.tag == ITEM_DELIMITATION:
            return element.start
        if element.undefined:
            inner = IMPLICIT_LITTLE if element.vr == b"UN" else encoding
            pos = sequence_end(buffer, element.start, stop, inner, depth + 1)
        else:
            pos = element.stop


def items(
    buffer: bytes, start: int, stop: int, encoding: Encoding = EXPLICIT_LITTLE
) -> Iterator[tuple[int, int]]:
    """Yield the span of every Item of a sequence whose value lies between the bounds."""
    pos = start
    while pos < stop:
        item = element_header(buffer, pos, stop, encoding)
        if item.tag == SEQUENCE_DELIMITATION:
            return
        if item.tag != ITEM:
            message = f"An Item was expected at byte {pos}"
            raise EncodingError(message)
        if item.undefined:
            end = item_end(buffer, item.start, stop, encoding)
            yield item.start, end - 8
            pos = end
        else:
            yield item.start, item.stop
            pos = item.stop


def swapped(value: bytes, vr: bytes) -> bytes:
    """Return `value` with the bytes of each binary word turned round (PS3.5 7.3)."""
    size = WORD_SIZE.get(vr, 1)
    if size == 1:
        return value
    turned = bytearray(len(value))
    whole = len(value) - len(value) % size
    for place in range(size):
        turned[place:whole:size] = value[size - 1 - place : whole : size]
    turned[whole:] = value[whole:]
    return bytes(turned)


def encoded_element(tag: int, vr: bytes, value: bytes) -> bytes:
    """Lay one element in Explicit VR Little Endian, padded to even length.

    A short form value beyond 65,534 bytes is laid as UN (PS3.5 6.2.2 note 1).
    """
    value = padded(value, vr)
    head = _TAG[True].pack(tag >> 16, tag & 0xFFFF)
    if vr in LONG_FORM:
        return head + vr + b"\0\0" + _U32[True].pack(len(value)) + value
    if len(value) > _SHORT_MAX:
        return head + b"UN\0\0" + _U32[True].pack(len(value)) + value
    return head + vr + _U16[True].pack(len(value)) + value


def encoded_item(body: bytes) -> bytes:
    """Lay one Item of defined length around its elements (PS3.5 7.5)."""
    return _ITEM_HEAD + _U32[True].pack(len(body)) + body


def to_explicit_little(
    buffer: bytes, start: int, stop: int, encoding: Encoding, depth: int = 0
) -> bytes:
    """Return the elements between the bounds encoded in Explicit VR Little Endian.

    Group lengths, which would be wrong afterwards, are dropped (PS3.5 7.2).
    """
    out = []
    for element in elements(buffer, start, stop, encoding):
        if element.tag & 0xFFFF == 0 and element.tag >> 16 > 6:
            continue
        out.append(
            encoded_element(
                element.tag,
                _known_vr(element, encoding),
                explicit_value(buffer, element, encoding, depth),
            )
        )
    return b"".join(out)


def _known_vr(element: Element, encoding: Encoding) -> bytes:
    """Return SQ for what is a sequence though its VR is not known."""
    unknown_sequence = element.undefined and element.vr == b"UN"
    return b"SQ" if unknown_sequence and encoding.implicit else element.vr


def explicit_value(buffer: bytes, element: Element, encoding: Encoding, depth: int = 0) -> bytes:
    """Return the value of `element` as Explicit VR Little Endian has it."""
    if depth > MAX_DEPTH:
        message = f"Sequences are nested deeper than {MAX_DEPTH} at byte {element.start}"
        raise NestingError(message)
    value = bytes(buffer[element.start : element.stop])
    if _known_vr(element, encoding) == b"SQ":
        if encoding == EXPLICIT_LITTLE:
            return value
        parts = []
        for first, last in items(buffer, element.start, element.stop, encoding):
            body = to_explicit_little(buffer, first, last, encoding, depth + 1)
            parts.append(encoded_item(body))
        return b"".join(parts)
    return value if encoding.little else swapped(value, element.vr)


def to_implicit_little(buffer: bytes, start: int, stop: int, depth: int = 0) -> bytes:
    """Return Explicit VR Little Endian elements encoded in Implicit VR Little Endian."""
    if depth > MAX_DEPTH:
        message = f"Sequences are nested deeper than {MAX_DEPTH} at byte {start}"
        raise NestingError(message)
    out = []
    for element in elements(buffer, start, stop):
        value = bytes(buffer[element.start : element.stop])
        if element.vr == b"SQ":
            parts = []
            for first, last in items(buffer, element.start, element.stop):
                body = to_implicit_little(buffer, first, last, depth + 1)
                parts.append(encoded_item(body))
            value = b"".join(parts)
        head = _TAG[True].pack(element.tag >> 16, element.tag & 0xFFFF)
        out.append(head + _U32[True].pack(len(value)) + value)
    return b"".join(out)
