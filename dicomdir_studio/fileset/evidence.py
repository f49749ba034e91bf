"""Evaluates the conditions of record keys from the header of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.part10.sequences import elements_kept, values_below
from dicomdir_studio.part10.transcode import EXPLICIT_LITTLE, elements, encoded_item, items

if TYPE_CHECKING:
    from dicomdir_studio.part10.header import InstanceHeader
    from dicomdir_studio.standard.conditions import TagPath
    from dicomdir_studio.standard.records import RecordKey


def values_at(header: InstanceHeader, path: TagPath) -> list[bytes]:
    """Return the values of the element at the end of `path`, from every item on the way."""
    found = header.values.get(path[0])
    if found is None:
        return []
    return list(values_below(found[1], path[1:]))


def _texts(values: list[bytes]) -> list[str]:
    """Return each value of possibly multi-valued code strings as text."""
    return [part.strip(" \0") for value in values for part in value.decode("latin-1").split("\\")]


class HeaderEvidence:
    """The evidence about a record of an instance.

    Parameters
    ----------
    record_type : str
        Type of the record.
    header : InstanceHeader
        What was read of the instance.
    references_instance : bool
        Whether the record references it.
    """

    def __init__(
        self, record_type: str, header: InstanceHeader, *, references_instance: bool
    ) -> None:
        self.record_type = record_type
        self.header = header
        self.references_instance = references_instance

    @property
    def uses_extended_characters(self) -> bool:
        """Whether a text value leaves the default repertoire."""
        return any(
            not value.isascii() or b"\x1b" in value
            for vr, value in self.header.values.values()
            if vr in (b"LO", b"LT", b"PN", b"SH", b"ST", b"UC", b"UT")
        )

    def has(self, path: TagPath) -> bool:
        """Return whether the element is present with a value."""
        return any(values_at(self.header, path))

    def values(self, path: TagPath) -> list[str]:
        """Return the element's values as text, from every item on the path."""
        return _texts(values_at(self.header, path))


class _ItemEvidence:
    """The evidence about one Item of a sequence."""

    record_type = ""
    references_instance = False
    uses_extended_characters = False

    def __init__(self, value: bytes, start: int, stop: int) -> None:
        self._found = {
            element.tag: value[element.start : element.stop]
            for element in elements(value, start, stop, EXPLICIT_LITTLE)
        }

    def has(self, path: TagPath) -> bool:
        """Return whether the element is present with a value."""
        return any(self._values(path))

    def values(self, path: TagPath) -> list[str]:
        """Return the element's values as text."""
        return _texts(self._values(path))

    def _values(self, path: TagPath) -> list[bytes]:
        """Return the values at the end of the path within the Item."""
        value = self._found.get(path[0])
        return [] if value is None else list(values_below(value, path[1:]))


def filtered_items(key: RecordKey, header: InstanceHeader) -> bytes:
    """Return the Items of a sequence that go into the record, with the elements it keeps."""
    found = header.values.get(key.source[0] if key.source else key.tag)
    if found is None:
        return b""
    value = found[1]
    kept = {nested.tag for nested in key.items}
    parts = []
    for start, stop in items(value, 0, len(value)):
        if key.item_condition is not None and not key.item_condition.holds(
            _ItemEvidence(value, start, stop)
        ):
            continue
        body = value[start:stop]
        if kept:
            body = elements_kept(body, kept)
        parts.append(encoded_item(body))
    return b"".join(parts)
