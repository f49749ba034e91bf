"""Values of an instance's header for the keys that a profile adds to its records (PS3.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.part10.transcode import EXPLICIT_LITTLE, elements, items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.part10.header import InstanceHeader
    from dicomdir_studio.standard.conditions import TagPath
    from dicomdir_studio.standard.record_keys import RecordKey

_ITEM_HEAD: Final = b"\xfe\xff\x00\xe0"
_BINARY: Final = {b"US": False, b"UL": False, b"SS": True, b"SL": True}
_TEXT: Final = frozenset((b"LO", b"LT", b"PN", b"SH", b"ST", b"UC", b"UT"))


class HeaderValues:
    """What the conditions of keys may ask of an instance (`standard.conditions.Evidence`).

    Parameters
    ----------
    header : InstanceHeader
        What was read of it.
    """

    references_instance = True
    record_type = ""

    def __init__(self, header: InstanceHeader) -> None:
        self.header = header

    @property
    def uses_extended_characters(self) -> bool:
        """Whether a text value leaves the default repertoire."""
        return any(not value.isascii() for vr, value in self.header.values.values() if vr in _TEXT)

    def raw(self, path: TagPath) -> list[bytes]:
        """Return the values at the end of a path, from every Item on the way."""
        found = self.header.values.get(path[0]) if path else None
        return [] if found is None else list(_below(found[1], path[1:]))

    def has(self, path: TagPath) -> bool:
        """Return whether the element is present with a value."""
        return any(self.raw(path))

    def values(self, path: TagPath) -> list[str]:
        """Return the element's values as text, from every Item on the path."""
        return [
            part.strip(" \0")
            for raw in self.raw(path)
            for part in raw.decode("latin-1").split("\\")
        ]

    def text(self, tag: int) -> str | None:
        """Return an element as text, numbers too, "" for a sequence; None where it is absent."""
        found = self.header.values.get(tag)
        if found is None:
            return None
        vr, value = found
        if vr in _BINARY:
            return str(int.from_bytes(value, "little", signed=_BINARY[vr])) if value else ""
        return "" if vr == b"SQ" else value.decode("latin-1").strip(" \0")


def value_for(key: RecordKey, values: HeaderValues) -> bytes:
    """Return the value of a key for an instance's record, b"" if the instance has none."""
    for path in (key.source, key.other_source):
        found = values.raw(path) if path else []
        if any(found):
            value = next(filter(None, found))
            return _kept_items(value, {item.tag for item in key.items}) if key.items else value
    return b""


def _below(value: bytes, path: TagPath) -> Iterator[bytes]:
    """Yield the values at the end of a path below the value of a sequence."""
    if not path:
        yield value
        return
    for start, stop in items(value, 0, len(value)):
        for element in elements(value, start, stop, EXPLICIT_LITTLE):
            if element.tag == path[0]:
                yield from _below(value[element.start : element.stop], path[1:])


def _kept_items(sequence: bytes, kept: set[int]) -> bytes:
    """Return the Items of a sequence with the elements that a record keeps of them."""
    parts: list[bytes] = []
    for start, stop in items(sequence, 0, len(sequence)):
        body = b""
        begin = start
        for element in elements(sequence, start, stop, EXPLICIT_LITTLE):
            end = element.stop + (8 if element.undefined else 0)
            if element.tag in kept:
                body += sequence[begin:end]
            begin = end
        parts.append(_ITEM_HEAD + len(body).to_bytes(4, "little") + body)
    return b"".join(parts)
