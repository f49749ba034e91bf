"""Names for the files of a File-set: the standard layout, and free names (PS3.10 8.2)."""

from __future__ import annotations

from dicomdir_studio.standard.records import record_type_named

_UNKNOWN_PREFIX = "XX"


def prefix_of(record_type: str) -> str:
    """Return how a File ID component made for a record type begins."""
    known = record_type_named(record_type)
    return known.prefix if known is not None else _UNKNOWN_PREFIX
