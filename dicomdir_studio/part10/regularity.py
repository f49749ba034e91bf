"""Tells which Directory Records are whole elements in ascending order, and mends the others.

Everything that looks values up in records counts on both (PS3.5 7.1). All records
are walked at once, one element each per round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.deferred import np
from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.table import (
    FILE_ID,
    SOP_CLASS,
    SOP_INSTANCE,
    TRANSFER_SYNTAX,
    overlapping_words,
    vr_flags,
)
from dicomdir_studio.part10.transcode import elements
from dicomdir_studio.part10.vr import ANY_FORM, LONG_FORM

if TYPE_CHECKING:
    import numpy.typing as npt

    from dicomdir_studio.part10.table import DirectoryTable, Integers

_CHUNK: Final = 4096  # for the processor's cache, and the heap's
# What loading looks up in every record, and salvage beside it; found on the same way.
_SOUGHT: Final = (FILE_ID, SOP_INSTANCE)
_SOUGHT_BY_SALVAGE: Final = (SOP_CLASS, TRANSFER_SYNTAX)


class RegularRecord(NamedTuple):
    """A record made regular.

    Attributes
    ----------
    record : bytes
        Its whole elements in ascending order of their tags, each once.
    reordered, cut : bool
        What was wrong: the order of the elements, or the last of them being cut off.
    """

    record: bytes
    reordered: bool
    cut: bool


def odd_rows(table: DirectoryTable, *, salvage: bool = False) -> list[int]:
    """Return the rows whose records may not be whole elements in ascending order.

    Where there are none, `DirectoryTable.found` has the elements that reference files, for
    salvage all of them, and `DirectoryTable.referencing_tags` is known.
    """
    found: list[int] = []
    absent = np.full(len(table), -1, dtype=np.int64)
    sought = _SOUGHT + _SOUGHT_BY_SALVAGE * salvage
    spans = {tag: (absent.copy(), absent.copy()) for tag in sought}
    tags: set[int] = set()
    for first in range(0, len(table), _CHUNK):
        rows = slice(first, first + _CHUNK)
        parts = {tag: (begins[rows], ends[rows]) for tag, (begins, ends) in spans.items()}
        odd = _odd(table.buffer, table.starts[rows], table.stops[rows], parts, tags)
        found += (np.flatnonzero(odd) + first).tolist()
    if not found:
        for begins, ends in spans.values():
            begins.flags.writeable = ends.flags.writeable = False
        table.found.update(spans)
        table.referencing_tags = frozenset(tags)
    return found


def _odd(
    buffer: bytes,
    starts: Integers,
    stops: Integers,
    spans: dict[int, tuple[Integers, Integers]],
    tags: set[int],
) -> npt.NDArray[np.bool_]:
    """Walk a chunk of records; return which are not plainly regular.

    Takes down the spans of elements, and the tags of those that reference a file.
    """
    words = overlapping_words(buffer)
    position = starts.astype(np.int64)
    last = np.full(len(position), -1, dtype=np.int64)
    odd = np.zeros(len(position), dtype=bool)
    active = np.flatnonzero(position < stops)
    while active.size:
        at, limit = position[active], stops[active]
        fits = at + 8 <= limit
        head = words[np.where(fits, at, 0)] if len(words) else np.zeros(len(at), dtype=np.uint64)
        tag = ((head & 0xFFFF) << 16 | (head >> 16) & 0xFFFF).astype(np.int64)
        vr = ((head >> 32) & 0xFFFF).astype(np.int64)
        length = (head >> 48).astype(np.int64)
        long_form = vr_flags(LONG_FORM)[vr]
        fits &= vr_flags(ANY_FORM)[vr] & (tag > last[active]) & (~long_form | (at + 12 <= limit))
        if long_form.any():
            places = np.where(long_form & fits, np.minimum(at + 8, len(words) - 1), 0)
            length = np.where(long_form, (words[places] & 0xFFFFFFFF).astype(np.int64), length)
        value = at + np.where(long_form, 12, 8)
        end = value + length
        fits &= end <= limit
        odd[active[~fits]] = True
        for sought, (begins, ends) in spans.items():
            hit = tag == sought
            if hit.any():
                begins[active[hit]], ends[active[hit]] = value[hit], end[hit]
        referencing = tag[spans[FILE_ID][0][active] >= 0]
        # Neighbours mostly have the same element at the same place.
        tags.update(referencing[:1].tolist())
        tags.update(referencing[1:][referencing[1:] != referencing[:-1]].tolist())
        last[active], position[active] = tag, end
        active = active[fits & (end < limit)]
    return odd


def regular(buffer: bytes, start: int, stop: int) -> RegularRecord | None:
    """Return a record made regular, None if it is regular as it is."""
    parts: dict[int, bytes] = {}
    last, pos = -1, start
    reordered = cut = False
    try:
        for element in elements(buffer, start, stop):
            end = element.stop + (8 if element.undefined else 0)
            reordered = reordered or element.tag <= last
            last = element.tag
            parts[element.tag] = bytes(buffer[pos:end])
            pos = end
    except EncodingError:
        cut = True
    if not (reordered or cut):
        return None
    return RegularRecord(b"".join(parts[tag] for tag in sorted(parts)), reordered, cut)
