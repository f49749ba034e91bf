"""The elements of directory records by keyword and by tag (PS3.6), without the whole dictionary.

The data dictionary of pydicom comes with the import of all of it, which takes longer than
a search among a hundred thousand instances for one of these elements.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from dicomdir_studio.standard.records import (
    COMMON_KEYS,
    FILE_SET_KEYS,
    RECORD_TYPES,
    RETIRED_RECORD_TYPES,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What people ask of instances by these names, and records hold in elements of their own.
_OF_INSTANCES: Final = (
    ("TransferSyntaxUID", 0x00020010, "UI"),
    ("SOPClassUID", 0x00080016, "UI"),
    ("SOPInstanceUID", 0x00080018, "UI"),
)


def _elements() -> Iterator[tuple[str, int, str]]:
    """Yield keyword, tag and VR of every element that the record types name."""
    yield from _OF_INSTANCES
    for key in (*FILE_SET_KEYS, *COMMON_KEYS):
        yield key.keyword, key.tag, key.vr
    for kind in (*RECORD_TYPES.values(), *RETIRED_RECORD_TYPES.values()):
        for key in (*kind.keys, *kind.optional_keys):
            yield key.keyword, key.tag, key.vr


@cache
def _by_keyword() -> Mapping[str, int]:
    """Return the tags by their keywords."""
    return {keyword: tag for keyword, tag, _vr in _elements()}


@cache
def _by_tag() -> Mapping[int, bytes]:
    """Return the VRs by their tags."""
    return {tag: vr.encode("ascii") for _keyword, tag, vr in _elements()}


def tag_named(keyword: str) -> int | None:
    """Return the tag of an element of directory records, None where it is none of theirs.

    Parameters
    ----------
    keyword : str
        Its keyword in the data dictionary (PS3.6).
    """
    return _by_keyword().get(keyword)


def vr_named(tag: int) -> bytes | None:
    """Return the VR of an element of directory records, None where it is none of theirs."""
    return _by_tag().get(tag)
