"""What lies in the Items of a sequence in Explicit VR Little Endian."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.part10.transcode import elements, items

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from dicomdir_studio.standard.conditions import TagPath


def values_below(value: bytes, path: TagPath) -> Iterator[bytes]:
    """Yield the values at the end of `path`, from every Item of a sequence's value.

    Raises
    ------
    EncodingError
        If the bytes break the rules of PS3.5 7.1.
    """
    if not path:
        yield value
        return
    for start, stop in items(value, 0, len(value)):
        for element in elements(value, start, stop):
            if element.tag == path[0]:
                yield from values_below(value[element.start : element.stop], path[1:])


def elements_kept(body: bytes, kept: AbstractSet[int]) -> bytes:
    """Return the elements of an Item whose tags are among `kept`, encoded as they were.

    Raises
    ------
    EncodingError
        If the bytes break the rules of PS3.5 7.1.
    """
    parts = []
    start = 0
    for element in elements(body, 0, len(body)):
        stop = element.stop + 8 if element.undefined else element.stop
        if element.tag in kept:
            parts.append(body[start:stop])
        start = stop
    return b"".join(parts)
