"""Directory record types, their keys and their hierarchy (PS3.3 Annex F)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, cast

from dicomdir_studio.standard._data import read_table, tag_of
from dicomdir_studio.standard.conditions import Condition, TagPath, Predicate

KeyType = Literal["1", "1C", "2", "2C", "3"]

ROOT = "ROOT"
"""Stands among the parents of a record type that may lie in the root directory entity."""


@dataclass(frozen=True, slots=True)
class RecordKey:
    """One attribute of a directory record.

    Attributes
    ----------
    tag : int
        The attribute's tag, group in the upper 16 bits.
    keyword, vr : str
        Its keyword and value representation (PS3.6).
    type : {"1", "1C", "2", "2C", "3"}
        Its type in the record, which may be stricter than in the instance.
    condition : Condition or None
        When a Type 1C or 2C key is required; None for the other types.
    note : str
        What else the Standard says about it.
    source : tuple of int
        Where the instance holds the value. Mostly the tag itself; a longer path leads through
        the items of sequences, the latest (greatest) value of them being the one to take.
    items : tuple of RecordKey
        For a sequence, what is kept of each item; empty keeps the items whole.
    item_condition : Condition or None
        For a sequence, which items are kept; None keeps all. Its paths start in the item.
    substitutes : tuple of int
        Elements of the instance whose value may stand in when the value is missing and the
        person asked for missing keys to be filled. Practice, not the Standard.
    """

    tag: int
    keyword: str
    vr: str
    type: KeyType
    condition: Condition | None = None
    note: str = ""
    source: TagPath = ()
    items: tuple[RecordKey, ...] = ()
    item_condition: Condition | None = None
    substitutes: tuple[int, ...] = ()

    @property
    def is_required(self) -> bool:
        """Whether the key is always there with a value (Type 1)."""
        return self.type == "1"


@dataclass(frozen=True, slots=True)
class RecordType:
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
    unique_key : str
        Keyword of the attribute of the record whose value tells it from its siblings.
    unique_tag : int
        The tag of that attribute.
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
    unique_key: str
    unique_tag: int
    retired: str = ""
    note: str = ""

    @property
    def is_single_level(self) -> bool:
        """Whether it references an instance directly below the root, without a patient."""
        return ROOT in self.parents and self.references_instance and self.name != "PRIVATE"


@dataclass(frozen=True, slots=True)
class IconRules:
    """What an Icon Image Sequence item in a directory record must look like (PS3.3 F.7).

    Attributes
    ----------
    photometric_interpretations : tuple of str
        The allowed ones; Samples per Pixel is 1.
    bits : tuple of int
        Allowed Bits Allocated and Bits Stored; PALETTE COLOR has 8.
    reader_minimum : int
        Rows and columns that every reader with icons displays; larger ones may be ignored.
    record_types : tuple of str
        The record types that may hold one.
    clause : str
        Where the Standard says so.
    """

    photometric_interpretations: tuple[str, ...]
    bits: tuple[int, ...]
    reader_minimum: int
    record_types: tuple[str, ...]
    clause: str


_UNIQUE_TAGS = {
    "PatientID": 0x00100020,
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": 0x0020000E,
    "PrivateRecordUID": 0x00041432,
    "ReferencedSOPInstanceUIDInFile": 0x00041511,
}


class _Reader:
    """Builds the typed rows from the JSON table."""

    def __init__(self, table: dict[str, Any]) -> None:
        self._conditions: dict[str, dict[str, Any]] = table["conditions"]
        self._known: dict[tuple[str, TagPath], Condition] = {}
        self._macros = {
            name: tuple(self.key(row) for row in macro["keys"])
            for name, macro in table["macros"].items()
        }

    def condition(self, name: str | None, own: TagPath) -> Condition | None:
        """Return the named condition; a path that the table leaves open is the key's own."""
        if name is None:
            return None
        row = self._conditions[name]
        test = Predicate[row["test"]]
        path = tuple(tag_of(tag) for tag in row.get("path", ()))
        if test is Predicate.ELEMENT_PRESENT and not path:
            path = own
        found = self._known.get((name, path))
        if found is None:
            values = tuple(row.get("values", ()))
            found = Condition(test, path, values, row["text"], row["clause"])
            self._known[name, path] = found
        return found

    def key(self, row: dict[str, Any]) -> RecordKey:
        """Return one key."""
        tag = tag_of(row["tag"])
        source = tuple(tag_of(part) for part in row.get("source", ())) or (tag,)
        return RecordKey(
            tag=tag,
            keyword=row["keyword"],
            vr=row["vr"],
            type=cast("KeyType", row["type"]),
            condition=self.condition(row.get("condition"), source),
            note=row.get("note", ""),
            source=source,
            items=tuple(self.key(item) for item in row.get("items", ())),
            item_condition=self.condition(row.get("item_condition"), ()),
            substitutes=tuple(tag_of(part) for part in row.get("substitutes", ())),
        )

    def keys(self, rows: list[dict[str, Any] | str]) -> tuple[RecordKey, ...]:
        """Return the keys of a record in ascending order of tags, macros expanded."""
        found: list[RecordKey] = []
        for row in rows:
            if isinstance(row, str):
                found.extend(self._macros[row])
            else:
                found.append(self.key(row))
        return tuple(sorted(found, key=lambda key: key.tag))

    def record_type(self, row: dict[str, Any]) -> RecordType:
        """Return one record type."""
        return RecordType(
            name=row["name"],
            section=row["section"],
            parents=tuple(row["parents"]),
            children=tuple(row["children"]),
            references_instance=row["references_instance"],
            keys=self.keys(row["keys"]),
            optional_keys=self.keys(row.get("optional_keys", [])),
            prefix=row["prefix"],
            unique_key=row["unique_key"],
            unique_tag=_UNIQUE_TAGS[row["unique_key"]],
            retired=row.get("retired", ""),
            note=row.get("note", ""),
        )

    def record_types(self, rows: list[dict[str, Any]]) -> Mapping[str, RecordType]:
        """Return record types by name."""
        return MappingProxyType({row["name"]: self.record_type(row) for row in rows})


_TABLE = read_table("records")
_READER = _Reader(_TABLE)

EDITION: str = _TABLE["edition"]
"""The edition of PS3.3 that the tables follow."""

FILE_SET_KEYS: tuple[RecordKey, ...] = _READER.keys(_TABLE["file_set_keys"]["keys"])
"""Attributes of the DICOMDIR itself (PS3.3 Tables F.3-2 and F.3-3)."""

COMMON_KEYS: tuple[RecordKey, ...] = _READER.keys(_TABLE["common_keys"]["keys"])
"""Attributes of every directory record, whatever its type (PS3.3 Table F.3-3)."""

RECORD_TYPES: Mapping[str, RecordType] = _READER.record_types(_TABLE["record_types"])
"""The current record types by name, PRIVATE included (PS3.3 F.5 and F.6)."""

RETIRED_RECORD_TYPES: Mapping[str, RecordType] = _READER.record_types(
    _TABLE["retired_record_types"],
)
"""Types that old media hold and no writer makes from anything but a retired SOP Class (F.4)."""

ICON_RULES = IconRules(
    photometric_interpretations=tuple(_TABLE["icon_image"]["photometric_interpretations"]),
    bits=tuple(_TABLE["icon_image"]["bits"]),
    reader_minimum=_TABLE["icon_image"]["reader_minimum"],
    record_types=tuple(_TABLE["icon_image"]["record_types"]),
    clause=_TABLE["icon_image"]["clause"],
)
"""The rules of icons in directory records (PS3.3 F.7)."""

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
