"""Attributes of a directory record, and how they are read from a table of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

from dicomdir_studio.standard._data import tag_of
from dicomdir_studio.standard.conditions import Condition, Predicate, TagPath

if TYPE_CHECKING:
    from collections.abc import Iterable

KeyType: TypeAlias = Literal["1", "1C", "2", "2C", "3"]


class RecordKey(NamedTuple):
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
    other_source : tuple of int
        Where the instance may hold it instead (a functional group); empty if nowhere else.
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
    other_source: TagPath = ()
    items: tuple[RecordKey, ...] = ()
    item_condition: Condition | None = None
    substitutes: tuple[int, ...] = ()

    @property
    def is_required(self) -> bool:
        """Whether the key is always there with a value (Type 1)."""
        return self.type == "1"


def path_of(tags: Iterable[str]) -> TagPath:
    """Return a path of tags written as hexadecimal digits."""
    return tuple(tag_of(tag) for tag in tags)


class KeyReader:
    """Builds keys from the rows of one JSON table.

    Parameters
    ----------
    table : dict
        Holds ``conditions`` by name and, if its keys use them, ``macros``.
    """

    def __init__(self, table: dict[str, Any]) -> None:
        self._conditions: dict[str, dict[str, Any]] = table["conditions"]
        self._known: dict[tuple[str, TagPath, TagPath], Condition] = {}
        self._macros = {
            name: tuple(self.key(row) for row in macro["keys"])
            for name, macro in table.get("macros", {}).items()
        }

    def keys(self, rows: Iterable[dict[str, Any] | str]) -> tuple[RecordKey, ...]:
        """Return the keys of one record in ascending order of tags, macros expanded."""
        found: list[RecordKey] = []
        for row in rows:
            if isinstance(row, str):
                found.extend(self._macros[row])
            else:
                found.append(self.key(row))
        return tuple(sorted(found, key=lambda key: key.tag))

    def key(self, row: dict[str, Any]) -> RecordKey:
        """Return one key."""
        tag = tag_of(row["tag"])
        source = path_of(row.get("source", ())) or (tag,)
        other = path_of(row.get("other_source", ()))
        return RecordKey(
            tag=tag,
            keyword=row["keyword"],
            vr=row["vr"],
            type=cast("KeyType", row["type"]),
            condition=self._condition(row.get("condition"), source, other),
            note=row.get("note", ""),
            source=source,
            other_source=other,
            items=tuple(self.key(item) for item in row.get("items", ())),
            item_condition=self._condition(row.get("item_condition")),
            substitutes=path_of(row.get("substitutes", ())),
        )

    def _condition(
        self,
        name: str | None,
        source: TagPath = (),
        other: TagPath = (),
    ) -> Condition | None:
        """Return the named condition; where the table leaves its path open, it is the key's."""
        if name is None:
            return None
        row = self._conditions[name]
        test = Predicate[row["test"]]
        path = path_of(row.get("path", ()))
        if test is not Predicate.ELEMENT_PRESENT:
            other = ()
        elif not path:
            path = source
        known = self._known.get((name, path, other))
        if known is None:
            values = tuple(row.get("values", ()))
            known = Condition(test, path, other, values, row["text"], row["clause"])
            self._known[name, path, other] = known
        return known
