"""Directory record types, their keys and their hierarchy (PS3.3 Annex F)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from dicomdir_studio.standard._data import read_table
from dicomdir_studio.standard.record_keys import KeyReader, RecordKey

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "COMMON_KEYS",
    "EDITION",
    "FILE_SET_KEYS",
    "LEVEL_KEYS",
    "RECORD_TYPES",
    "RETIRED_RECORD_TYPES",
    "ROOT",
    "SINGLE_LEVEL_RECORD_TYPES",
    "RecordKey",
    "RecordType",
    "may_contain",
    "record_type_named",
]

ROOT = "ROOT"
"""Stands among the parents of a record type that may lie in the root directory entity."""


class RecordType(NamedTuple):
    """One directory record type (PS3.3 F.5).

    Attributes
    ----------
    name : str
        The value of Directory Record Type (0004,1430).
    section : str
        Clause of the Standard.
    parents, children : tuple of str
        The types it may lie below (`ROOT` for the root directory entity) and those that may
        lie below it (PS3.3 Table F.4-1).
    references_instance : bool
        Whether a record of the type references a SOP Instance; for PRIVATE and the retired
        types, whether it may.
    keys : tuple of RecordKey
        Its keys, Type 3 ones that its table names included.
    optional_keys : tuple of RecordKey
        Further Type 3 attributes of the instance that people look for in a directory.
    prefix : str
        How the generated File ID component of such a record begins.
    unique_tag : int
        The tag of the attribute of the record whose value tells it from its siblings.
    retired : str
        The edition that retired the type; empty for a current one.
    note : str
        What else is to know.
    """

    name: str
    section: str
    parents: tuple[str, ...]
    children: tuple[str, ...]
    references_instance: bool
    keys: tuple[RecordKey, ...]
    optional_keys: tuple[RecordKey, ...]
    prefix: str
    unique_tag: int
    retired: str = ""
    note: str = ""

    @property
    def is_single_level(self) -> bool:
        """Whether it references an instance directly below the root, without a patient."""
        return ROOT in self.parents and self.references_instance and self.name != "PRIVATE"


_UNIQUE_TAGS = {
    "PatientID": 0x00100020,
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": 0x0020000E,
    "PrivateRecordUID": 0x00041432,
    "ReferencedSOPInstanceUIDInFile": 0x00041511,
}


def _record_type(row: dict[str, Any], reader: KeyReader) -> RecordType:
    """Return one record type."""
    return RecordType(
        name=row["name"],
        section=row["section"],
        parents=tuple(row["parents"]),
        children=tuple(row["children"]),
        references_instance=row["references_instance"],
        keys=reader.keys(row["keys"]),
        optional_keys=reader.keys(row.get("optional_keys", ())),
        prefix=row["prefix"],
        unique_tag=_UNIQUE_TAGS[row["unique_key"]],
        retired=row.get("retired", ""),
        note=row.get("note", ""),
    )


def _record_types(rows: list[dict[str, Any]], reader: KeyReader) -> Mapping[str, RecordType]:
    """Return record types by name."""
    return MappingProxyType({row["name"]: _record_type(row, reader) for row in rows})


_TABLE = read_table("records")
_READER = KeyReader(_TABLE)

EDITION: str = _TABLE["edition"]
"""The edition of PS3.3 that the tables follow."""

FILE_SET_KEYS: tuple[RecordKey, ...] = _READER.keys(_TABLE["file_set_keys"]["keys"])
"""Attributes of the DICOMDIR itself (PS3.3 Tables F.3-2 and F.3-3)."""

COMMON_KEYS: tuple[RecordKey, ...] = _READER.keys(_TABLE["common_keys"]["keys"])
"""Attributes of every directory record, whatever its type (PS3.3 Table F.3-3)."""

RECORD_TYPES: Mapping[str, RecordType] = _record_types(_TABLE["record_types"], _READER)
"""The current record types by name, PRIVATE included (PS3.3 F.5 and F.6)."""

RETIRED_RECORD_TYPES: Mapping[str, RecordType] = _record_types(
    _TABLE["retired_record_types"],
    _READER,
)
"""Types that old media hold and no writer makes from anything but a retired SOP Class (F.4)."""

LEVEL_KEYS: Mapping[str, int] = MappingProxyType(
    {name: RECORD_TYPES[name].unique_tag for name in ("PATIENT", "STUDY", "SERIES")}
)
"""The types above the instances, and the tag whose value tells the records of each apart."""

SINGLE_LEVEL_RECORD_TYPES: frozenset[str] = frozenset(
    name for name, record_type in RECORD_TYPES.items() if record_type.is_single_level
)
"""Types that reference an instance directly below the root, without a patient (Table F.4-1)."""

del _TABLE, _READER


def record_type_named(name: str) -> RecordType | None:
    """Return the current or retired record type of that name, None if there is none."""
    return RECORD_TYPES.get(name) or RETIRED_RECORD_TYPES.get(name)


def may_contain(parent: str, child: str) -> bool:
    """Return whether a record of type `child` may lie below one of type `parent`.

    Parameters
    ----------
    parent : str
        Directory Record Type of the upper record, `ROOT` for the root directory entity.
    child : str
        Directory Record Type of the lower record.

    Returns
    -------
    bool
        What PS3.3 Table F.4-1 says; for retired types, what their last edition said. False
        for a type that the Standard does not know.
    """
    record_type = record_type_named(child)
    return record_type is not None and parent in record_type.parents
