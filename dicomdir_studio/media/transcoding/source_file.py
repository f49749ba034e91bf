"""A DICOM file laid open: where its elements lie, for a copy that changes few of them."""

from __future__ import annotations

import mmap
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from dicomdir_studio.errors import InstanceError
from dicomdir_studio.media.transcoding.routes import DEFLATED, EXPLICIT_BIG, IMPLICIT_LITTLE
from dicomdir_studio.part10.errors import EncodingError, ExcessError
from dicomdir_studio.part10.inflating import inflate_whole
from dicomdir_studio.part10.transcode import (
    EXPLICIT_BIG as BIG,
)
from dicomdir_studio.part10.transcode import (
    EXPLICIT_LITTLE as LITTLE,
)
from dicomdir_studio.part10.transcode import (
    IMPLICIT_LITTLE as IMPLICIT,
)
from dicomdir_studio.part10.transcode import Element, element_header, elements, swapped
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from types import TracebackType

    from dicomdir_studio.part10.transcode import Encoding

_PREAMBLE: Final = 132
_MOST_ELEMENTS: Final = 250_000
"""Far more than any information object has; a deflated megabyte can stand for millions."""
PIXEL_DATA: Final = 0x7FE00010
_ENCODINGS: Final = {IMPLICIT_LITTLE: IMPLICIT, EXPLICIT_BIG: BIG}


class Placed(NamedTuple):
    """An element, where its first byte lies and where the next begins."""

    begin: int
    end: int
    element: Element


class SourceFile:
    """A DICOM file, mapped into memory rather than read.

    Parameters
    ----------
    path : str
        The file.

    Attributes
    ----------
    path : str
        The file.
    buffer, buffer_of_meta : bytes
        What the data set and the File Meta Information lie in.
    meta, data : list of Placed
        The File Meta Information and the top level of the data set.
    encoding : Encoding
        How the data set is laid.
    syntax : str
        Its Transfer Syntax UID.

    Raises
    ------
    InstanceError
        If it cannot be read, or breaks the rules of encoding.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            with Path(path).open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise InstanceError(
                said("The file cannot be read"), where=path, why=str(error) or said("it is empty")
            ) from error
        try:
            self._walk()
        except (EncodingError, zlib.error, IndexError) as error:
            self._map.close()
            raise InstanceError(
                said(
                    "The file cannot be converted to another transfer syntax, since it is damaged"
                ),
                where=path,
                why=str(error),
                remedy=said("Leave it out, or have it sent again"),
            ) from error

    def __enter__(self) -> Self:
        """Return the file, to be closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._map.close()

    def _walk(self) -> None:
        """Find the elements."""
        # A map has the interface of bytes as far as reading and slicing go.
        whole: bytes = self._map  # type: ignore[assignment]
        if whole[128:_PREAMBLE] != b"DICM":
            message = "it has no DICM prefix, PS3.10 7.1"
            raise EncodingError(message)
        size = len(whole)
        self.buffer = self.buffer_of_meta = whole
        self.meta: list[Placed] = []
        self.syntax = ""
        begin = _PREAMBLE
        while whole[begin : begin + 2] == b"\x02\x00":
            element = element_header(whole, begin, size, LITTLE)
            self.meta.append(Placed(begin, element.stop, element))
            begin = element.stop
            if element.tag == 0x00020010:
                self.syntax = whole[element.start : element.stop].decode("latin-1").strip(" \0")
        if not self.syntax:
            message = "it has no Transfer Syntax UID, PS3.10 7.1"
            raise EncodingError(message)
        self.encoding: Encoding = _ENCODINGS.get(self.syntax, LITTLE)
        if self.syntax == DEFLATED:
            self.buffer = inflate_whole(whole[begin:], size)
            begin, size = 0, len(self.buffer)
        self.data: list[Placed] = []
        for element in elements(self.buffer, begin, size, self.encoding):
            end = element.stop + (8 if element.undefined else 0)
            self.data.append(Placed(begin, end, element))
            if len(self.data) > _MOST_ELEMENTS:
                message = f"it has more than {_MOST_ELEMENTS:,} elements at its top level"
                raise ExcessError(message)
            begin = end

    def found(self, tag: int) -> Placed | None:
        """Return an element of the top level, None if there is none."""
        return next((placed for placed in self.data if placed.element.tag == tag), None)

    def number(self, tag: int, default: int = 0) -> int:
        """Return a US or IS element of the top level as a number."""
        placed = self.found(tag)
        if placed is None or placed.element.start == placed.element.stop:
            return default
        value = bytes(self.buffer[placed.element.start : placed.element.stop])
        if tag == 0x00280008:
            text = value.decode("latin-1").strip(" \0")
            return int(text) if text.isdigit() else default
        return int.from_bytes(value[:2], self.encoding.byte_order)

    def text(self, tag: int) -> str:
        """Return an element of the default repertoire as text, "" if there is none."""
        placed = self.found(tag)
        if placed is None:
            return ""
        value = bytes(self.buffer[placed.element.start : placed.element.stop])
        return value.decode("latin-1").strip(" \0")

    def native(self, start: int, stop: int) -> bytes:
        """Return bytes of native Pixel Data, by their place in it, as Little Endian has them."""
        placed = self.found(PIXEL_DATA)
        if placed is None:
            return b""
        element = placed.element
        if self.encoding.little or element.vr == b"OB":
            return bytes(self.buffer[element.start + start : element.start + stop])
        # Words are turned whole; a frame of odd length begins in the middle of one.
        first, last = start & ~1, min(stop + (stop & 1), element.stop - element.start)
        words = bytes(self.buffer[element.start + first : element.start + last])
        return swapped(words, b"OW")[start - first : stop - first]
