"""Elements as one file had them, by which others are proven to have the same."""

from __future__ import annotations

from bisect import bisect_right
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.transcode import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    Encoding,
    element_header,
    vr_of,
)
from dicomdir_studio.part10.vr import (
    HEAD_LENGTH,
    ITEM,
    ITEM_DELIMITATION,
    LONG_FORM,
    SEQUENCE_DELIMITATION,
    UNDEFINED,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    Found = dict[int, tuple[bytes, bytes]]

PREFIX: Final = 128
PREAMBLE: Final = 132
_LONGEST: Final = 4096
_LONGEST_VALUE: Final = 512
_DEEPEST: Final = 8
_META: Final = 2
_PIXEL_GROUP: Final = 0x7FE0
_PIXEL_DATA: Final = b"\xe0\x7f\x10\x00"
_PIXEL_HEAD: Final = 12
_GROUP_LENGTH: Final = 0x00020000
_TRANSFER_SYNTAX: Final = 0x00020010
_TRANSFER_SYNTAX_HEAD: Final = b"\x02\x00\x10\x00UI"
# What decides how the rest is read is to be the same too, not its place alone.
_TELLING: Final = frozenset((_GROUP_LENGTH, _TRANSFER_SYNTAX, 0x00080016))
_HEAD: Final = b"\xff" * 8
# The two reserved bytes of the long form say nothing (PS3.5 7.1.2).
_LONG_HEAD: Final = b"\xff\xff\xff\xff\xff\xff\0\0\xff\xff\xff\xff"
_EXPLICIT: Final = Struct("<HH2sH")
_IMPLICIT: Final = Struct("<HHL")
_U32: Final = Struct("<L")

Span = tuple[int, bytes]
"""Where the header of a nested element lies, and which of its bytes tell."""


class Place(NamedTuple):
    """An element: VR, and where it, its value, that value's end and its own end lie."""

    tag: int
    vr: bytes
    begin: int
    start: int
    stop: int
    end: int
    nested: tuple[Span, ...] = ()

    def moved(self, by: int) -> Place:
        """Return the same with positions counted from further in front."""
        nested = tuple((at + by, told) for at, told in self.nested)
        begin, start, stop, end = self.begin + by, self.start + by, self.stop + by, self.end + by
        return Place(self.tag, self.vr, begin, start, stop, end, nested)


class Run:
    """A stretch of elements as an earlier file had it.

    Parameters
    ----------
    window : bytes
        Holds the elements.
    places : list of Place
        The elements, their positions counted from `origin`.
    origin : int
        Where the run begins in the window.
    wanted : collection of int
        Which of them are to be taken.
    telling : collection of int, optional
        Which of them are to have the same value too.

    Attributes
    ----------
    length : int
        How many bytes the run has; 0 for one that is not worth a comparison.
    missed : int
        Where the last file that was not laid like it began to differ, -1 for none.
    """

    __slots__ = (
        "_begins", "_ends", "_expected", "_mask", "_tags", "_unpack", "_vrs", "length",
        "missed", "places",
    )  # fmt: skip

    def __init__(
        self,
        window: bytes,
        places: list[Place],
        origin: int,
        wanted: Collection[int],
        telling: Collection[int] = (),
    ) -> None:
        self.places = places
        self.length = places[-1].end if places else 0
        self.missed = -1
        seen = window[origin : origin + self.length]
        mask = _mask_of(places, self.length, telling)
        self._mask = int.from_bytes(mask, "little")
        self._expected = int.from_bytes(seen, "little") & self._mask
        taken = [place for place in places if place.tag in wanted]
        self._begins = [place.begin for place in places]
        self._tags = [place.tag for place in taken]
        self._vrs = [place.vr for place in taken]
        self._ends = [place.end for place in taken]
        self._unpack = _unpacker(taken)

    def difference(self, window: bytes, position: int) -> int:
        """Return where a stretch from a position on begins to differ, -1 if it does not."""
        octets = int.from_bytes(window[position : position + self.length], "little")
        odd = octets & self._mask ^ self._expected
        return (odd & -odd).bit_length() - 1 >> 3 if odd else -1

    def take(self, window: bytes, position: int, found: Found) -> int:
        """Take the wanted elements as far as the file is proven to be laid like the run.

        Parameters
        ----------
        window : bytes
            Holds `length` bytes from `position` on at least.
        position : int
            Where the run would begin.
        found : dict of int to (bytes, bytes)
            Gets VR and value of the wanted elements.

        Returns
        -------
        int
            The bytes of those elements; less than `length` if the one that begins
            there has another tag, VR or length.
        """
        odd = self.difference(window, position)
        values = self._unpack(window, position)
        if odd < 0:
            found.update(zip(self._tags, zip(self._vrs, values, strict=True), strict=True))
            return self.length
        reached = self._begins[bisect_right(self._begins, odd) - 1]
        count = bisect_right(self._ends, reached)
        pairs = zip(self._vrs[:count], values[:count], strict=True)
        found.update(zip(self._tags[:count], pairs, strict=True))
        return reached

    def _values(self, window: bytes, position: int) -> Found:
        """Return the wanted elements of a stretch that is proven to be laid like the run."""
        values = self._unpack(window, position)
        return dict(zip(self._tags, zip(self._vrs, values, strict=True), strict=True))


class WholeLayout(Run):
    """How a native image in Explicit VR Little Endian is laid, from its prefix to its end.

    Attributes
    ----------
    syntax : str
        Its transfer syntax.
    spans : dict of int to Place
        Its elements, positions counted from `PREFIX`.
    """

    __slots__ = ("_meta_end", "_syntax_at", "spans", "syntax")

    def __init__(self, window: bytes, places: list[Place], wanted: Collection[int]) -> None:
        super().__init__(window, places, PREFIX, frozenset((*wanted, _TRANSFER_SYNTAX)), _TELLING)
        self._mask |= 0xFFFFFFFF  # the prefix
        self._expected |= int.from_bytes(b"DICM", "little")
        self.spans = {place.tag: place for place in places}
        syntax = self.spans[_TRANSFER_SYNTAX]
        self._syntax_at = PREFIX + syntax.begin
        meta_end = max(place.end for place in places if place.tag >> 16 == _META)
        self._meta_end = PREFIX + meta_end
        value = window[PREFIX + syntax.start : PREFIX + syntax.stop]
        self.syntax = value.decode("latin-1").strip(" \0")

    @classmethod
    def of(cls, window: bytes, size: int, wanted: Collection[int]) -> WholeLayout | None:
        """Return the layout of a file, None where it is not that of a plain whole image.

        Parameters
        ----------
        window : bytes
            How the file begins.
        size : int
            Its length in bytes.
        wanted : collection of int
            The elements that are to be taken of such files.
        """
        places = [
            place.moved(PREAMBLE - PREFIX)
            for place in places_from(window, PREAMBLE, wanted, longest_value=_LONGEST)
        ]
        if not places or not _is_meta_plain(window, places):
            return None
        begin = places[-1].end
        at = PREFIX + begin
        head = window[at : at + _PIXEL_HEAD]
        if head[:4] != _PIXEL_DATA or head[4:6] not in LONG_FORM or len(head) < _PIXEL_HEAD:
            return None
        end = begin + _PIXEL_HEAD
        if at + _PIXEL_HEAD + int.from_bytes(head[8:], "little") != size:
            return None
        places.append(Place(0x7FE00010, head[4:6], begin, end, end, end))
        return cls(window, places, wanted)

    def is_of(self, window: bytes) -> int:
        """Return whether a file of the same size that begins so is proven to be laid so.

        The answer is 0 if it is not, otherwise the bytes from `PREFIX` on as a number.
        """
        if len(window) < PREFIX + self.length:
            return 0
        octets = int.from_bytes(window[PREFIX : PREFIX + self.length], "little")
        if octets & self._mask != self._expected:
            return 0
        # The walk takes the first place that looks like the Transfer Syntax UID.
        first = window.find(_TRANSFER_SYNTAX_HEAD, PREAMBLE, self._meta_end)
        return octets if first == self._syntax_at else 0

    def values_in(self, window: bytes) -> Found:
        """Return VR and value of the wanted elements of a file that is laid so."""
        return self._values(window, PREFIX)


def _is_meta_plain(window: bytes, places: list[Place]) -> bool:
    """Return whether Group Length says rightly where the File Meta Information ends."""
    meta = [place for place in places if place.tag >> 16 == _META]
    if not meta or meta != places[: len(meta)] or len(meta) == len(places):
        return False
    first = meta[0]
    stated = int.from_bytes(window[PREFIX + first.start : PREFIX + first.stop], "little")
    right = first.tag == _GROUP_LENGTH and first.stop - first.start == 4
    return (
        right
        and first.end + stated == meta[-1].end
        and any(place.tag == _TRANSFER_SYNTAX for place in meta)
    )


def _mask_of(places: list[Place], length: int, telling: Collection[int]) -> bytearray:
    """Return a mask of the bytes in which files laid alike have to agree."""
    mask = bytearray(length)
    for place in places:
        size = place.start - place.begin
        mask[place.begin : place.start] = _HEAD if size == len(_HEAD) else _LONG_HEAD
        if place.tag in telling:
            mask[place.start : place.stop] = b"\xff" * (place.stop - place.start)
        for at, head in place.nested:
            mask[at : at + len(head)] = head
    return mask


def _unpacker(taken: list[Place]) -> Callable[[bytes, int], tuple[bytes, ...]]:
    """Return a function that extracts the values of elements from a window in one call."""
    shape, reached = "<", 0
    for place in taken:
        shape += f"{place.start - reached}x{place.stop - place.start}s"
        reached = place.stop
    return Struct(shape).unpack_from


def places_from(
    window: bytes,
    begin: int,
    wanted: Collection[int],
    *,
    implicit: bool = False,
    longest_value: int = _LONGEST_VALUE,
) -> Iterator[Place]:
    """Yield the elements from a position on that are worth being remembered.

    It ends before Pixel Data, a long value, and whatever is cut off or odd.

    Parameters
    ----------
    window : bytes
        Holds the elements, in Little Endian.
    begin : int
        Where the first one begins; positions are counted from there.
    wanted : collection of int
        The elements whose VR is to be known, where it is not written out.
    implicit : bool, optional
        Whether it is not.
    longest_value : int, optional
        Bytes of the longest value to go on after.
    """
    position = begin
    while position + _PIXEL_HEAD <= len(window) and position - begin < _LONGEST:
        head = 8
        if implicit:
            group, number, length = _IMPLICIT.unpack_from(window, position)
            tag = group << 16 | number
            vr = vr_of(tag) if tag in wanted or length == UNDEFINED else b""
        else:
            group, number, vr, length = _EXPLICIT.unpack_from(window, position)
            tag, head = group << 16 | number, HEAD_LENGTH.get(vr, 0)
            if head > len(_HEAD):
                length = _U32.unpack_from(window, position + 8)[0]
        start = position + head
        stop = end = start + length
        nested: list[Span] = []
        if not head or group >= _PIXEL_GROUP:
            return
        if length == UNDEFINED:
            inner = IMPLICIT_LITTLE if implicit or vr == b"UN" else EXPLICIT_LITTLE
            try:
                end = _sequence_end(window, start, inner, nested)
            except EncodingError:
                return
            stop, vr = end - 8, b"SQ" if vr == b"UN" else vr
        if end - start > longest_value or end > len(window):
            return
        yield Place(tag, vr, position, start, stop, end, tuple(nested)).moved(-begin)
        position = end


def _sequence_end(
    window: bytes, start: int, encoding: Encoding, spans: list[Span], depth: int = 0
) -> int:
    """Return where a sequence of undefined length has ended; note the headers that say so."""
    if depth > _DEEPEST:
        message = "The sequences are nested too deeply to be remembered"
        raise EncodingError(message)
    position = start
    while True:
        item = element_header(window, position, len(window), encoding)
        spans.append((position, _HEAD))
        if item.tag == SEQUENCE_DELIMITATION:
            return item.start
        if item.tag != ITEM:
            message = "An Item was expected"
            raise EncodingError(message)
        position = item.stop
        if item.undefined:
            position = _item_end(window, item.start, encoding, spans, depth)


def _item_end(window: bytes, start: int, encoding: Encoding, spans: list[Span], depth: int) -> int:
    """Return where an Item of undefined length has ended; note the headers that say so."""
    position = start
    while True:
        element = element_header(window, position, len(window), encoding)
        spans.append((position, _HEAD if element.start - position == 8 else _LONG_HEAD))
        if element.tag == ITEM_DELIMITATION:
            return element.start
        position = element.stop
        if element.undefined:
            inner = IMPLICIT_LITTLE if element.vr == b"UN" else encoding
            position = _sequence_end(window, element.start, inner, spans, depth + 1)
