"""Deflated data sets, which may hold a thousand times what the file does (PS3.5 A.5).

A few thousand bytes can stand for millions of elements. What lies before the Pixel
Data is therefore kept and walked up to a bound in bytes and elements, both far
beyond any information object; uniform Pixel Data may be as large as they like.
"""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Final

from dicomdir_studio.part10.errors import EncodingError, ExcessError, NestingError
from dicomdir_studio.part10.header_walk import PIXEL_TAGS
from dicomdir_studio.part10.transcode import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    MAX_DEPTH,
    Element,
    element_header,
)
from dicomdir_studio.part10.vr import ITEM, ITEM_DELIMITATION, SEQUENCE_DELIMITATION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from dicomdir_studio.part10.header import InstanceHeader

_KEPT: Final = 32 << 20
_TIMES_KEPT: Final = 50
_PASSED_OVER: Final = 1 << 20
_ELEMENTS: Final = 250_000
_ELEMENTS_PER_BYTE: Final = 4
_READS: Final = 50_000
_WHOLE: Final = 1 << 30
_TOO_MANY: Final = "The deflated data set has more elements than a file of its length can hold"
_TOO_LONG: Final = "The deflated data set is out of all proportion before its Pixel Data"

_TOO_MUCH: Final = "The deflated data set is too large to be held in memory"


class Inflated:
    """How a deflated data set begins.

    Attributes
    ----------
    head : bytes
        Its first bytes; all of them unless they are very many.
    length : int
        How many bytes it has.
    """

    __slots__ = ("_left", "head", "length")

    def __init__(self, head: bytes, length: int, size: int) -> None:
        self.head = head
        self.length = length
        self._left = max(_ELEMENTS, size * _ELEMENTS_PER_BYTE)

    @property
    def clipped(self) -> bool:
        """Whether `head` is not all."""
        return len(self.head) < self.length

    def collect(self, header: InstanceHeader, wanted: Collection[int]) -> None:
        """Take the wanted elements.

        Raises
        ------
        EncodingError
            If the bytes break the rules of PS3.5 7.1.
        ExcessError
            If there are too many elements, or too many bytes before the Pixel Data.
        """
        for element in self.elements():
            if element.tag in wanted:
                if element.stop > len(self.head):
                    raise ExcessError(_TOO_LONG)
                value = self.head[element.start : element.stop]
                header.values[element.tag] = (element.vr, value)
            elif element.tag in PIXEL_TAGS:
                header.has_pixels = True

    def elements(self) -> Iterator[Element]:
        """Yield the elements of the top level, up to the Pixel Data where not all was kept.

        Raises
        ------
        EncodingError
            If the bytes break the rules of PS3.5 7.1.
        ExcessError
            If there are too many elements, or too many bytes before the Pixel Data.
        """
        pos = 0
        has_pixels = False
        while pos < self.length:
            if self.clipped and pos + 12 > len(self.head):
                if has_pixels:
                    return
                raise ExcessError(_TOO_LONG)
            element = self._header(pos, implicit=False)
            pos = element.stop
            if element.undefined:
                pos = self._undefined_end(element)
                element = element._replace(stop=pos - 8)
            has_pixels = has_pixels or element.tag in PIXEL_TAGS
            yield element

    def _header(self, pos: int, *, implicit: bool) -> Element:
        """Read an element's header, of which there may be only so many."""
        self._left -= 1
        if self._left < 0:
            raise ExcessError(_TOO_MANY)
        encoding = IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE
        if self.clipped and pos + 12 > len(self.head):
            raise ExcessError(_TOO_LONG)
        return element_header(self.head, pos, self.length, encoding)

    def _undefined_end(self, element: Element) -> int:
        """Return where an element of undefined length has ended."""
        pos = element.start
        open_ones = [(ITEM, element.vr == b"UN")]  # what is expected, and the encoding
        while open_ones:
            if len(open_ones) > 2 * MAX_DEPTH + 2:
                message = f"Sequences are nested deeper than {MAX_DEPTH} at byte {pos}"
                raise NestingError(message)
            expected, implicit = open_ones[-1]
            inner = self._header(pos, implicit=implicit)
            pos = inner.start if inner.undefined else inner.stop
            if inner.tag == (SEQUENCE_DELIMITATION if expected else ITEM_DELIMITATION):
                open_ones.pop()
                pos = inner.start
            elif expected and inner.tag != ITEM:
                message = f"An Item was expected at byte {pos}"
                raise EncodingError(message)
            elif inner.undefined:
                open_ones.append((0 if expected else ITEM, implicit or inner.vr == b"UN"))
        return pos

    def stream(self) -> CountedBytes:
        """Return the data set to be read by pydicom."""
        return CountedBytes(self.head)


class CountedBytes(BytesIO):
    """Bytes that may be read only so many times: pydicom reads once or twice an element."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = _READS

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, or raise `ExcessError`."""
        self._left -= 1
        if self._left < 0:
            raise ExcessError(_TOO_MANY)
        return super().read(size)


def inflate(body: bytes, size: int) -> Inflated:
    """Inflate a data set, all of it, and keep how it begins.

    Parameters
    ----------
    body : bytes
        The deflated bytes.
    size : int
        The length of the file that has them.

    Raises
    ------
    zlib.error
        If they are not deflated data, or not whole.
    """
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    head = inflating.decompress(body, max(_KEPT, size * _TIMES_KEPT))
    length = len(head)
    while not inflating.eof:
        more = inflating.decompress(inflating.unconsumed_tail, _PASSED_OVER)
        if not more and not inflating.eof:
            message = "the deflated data set is cut off"
            raise zlib.error(message)
        length += len(more)
    return Inflated(head, length, size)


def inflate_whole(body: bytes, size: int) -> bytes:
    """Inflate a data set and keep all of it, Pixel Data too.

    Parameters
    ----------
    body : bytes
        The deflated bytes.
    size : int
        The length of the file that has them.

    Raises
    ------
    zlib.error
        If they are not deflated data, or not whole.
    EncodingError
        If what they stand for breaks the rules of PS3.5 7.1.
    ExcessError
        If it has too many elements, too many bytes before the Pixel Data, or in all.
    """
    inflated = inflate(body, size)
    for _ in inflated.elements():
        pass
    if inflated.length > _WHOLE:
        message = f"{_TOO_MUCH}: {inflated.length:,} bytes, {_WHOLE:,} are taken"
        raise ExcessError(message)
    if not inflated.clipped:
        return inflated.head
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, inflated.length)
