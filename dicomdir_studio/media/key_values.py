"""Values of an instance's header for the keys that a profile adds to its records (PS3.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset.evidence import HeaderEvidence, values_at
from dicomdir_studio.part10.sequences import elements_kept
from dicomdir_studio.part10.transcode import encoded_item, items

if TYPE_CHECKING:
    from dicomdir_studio.part10.header import InstanceHeader
    from dicomdir_studio.standard.record_keys import RecordKey

_BINARY: Final = {b"US": False, b"UL": False, b"SS": True, b"SL": True}


class HeaderValues(HeaderEvidence):
    """Values of an instance's header, and what conditions of keys may ask of it.

    Parameters
    ----------
    header : InstanceHeader
        What was read of it.
    """

    def __init__(self, header: InstanceHeader) -> None:
        super().__init__("", header, references_instance=True)

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
        found = values_at(values.header, path) if path else []
        if any(found):
            value = next(filter(None, found))
            return _kept_items(value, {item.tag for item in key.items}) if key.items else value
    return b""


def _kept_items(sequence: bytes, kept: set[int]) -> bytes:
    """Return the Items of a sequence with the elements that a record keeps of them."""
    return b"".join(
        encoded_item(elements_kept(sequence[start:stop], kept))
        for start, stop in items(sequence, 0, len(sequence))
    )
