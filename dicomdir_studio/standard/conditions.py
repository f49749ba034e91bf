"""Conditions of Type 1C and 2C keys, as values that a table can hold and a recorder evaluate."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

TagPath: TypeAlias = tuple[int, ...]
"""Tags from the data set down through its sequences, the last one being the element meant."""


class Predicate(enum.Enum):
    """What a `Condition` looks at."""

    USES_EXTENDED_CHARACTERS = "a key uses an extended or replacement character set"
    DESCRIPTOR_USES_EXTENDED_CHARACTERS = "the File-set Descriptor File uses such a set"
    REFERENCES_INSTANCE = "the record references a SOP Instance"
    REFERENCES_NOTHING = "the record references no SOP Instance"
    RECORD_TYPE_IS = "the Directory Record Type is one of the values"
    ELEMENT_PRESENT = "the element is present with a value"
    ELEMENT_ABSENT = "the element is absent or empty"
    ELEMENT_EQUALS = "the element has one of the values in the data set or any item on its path"


class Evidence(Protocol):
    """What a `Condition` may ask about a record and the instance behind it."""

    @property
    def record_type(self) -> str:
        """Directory Record Type (0004,1430) of the record."""

    @property
    def references_instance(self) -> bool:
        """Whether the record references a SOP Instance."""

    @property
    def uses_extended_characters(self) -> bool:
        """Whether a text value of the record (or the descriptor) leaves the default repertoire."""

    def has(self, path: TagPath) -> bool:
        """Return whether the element is present with a value (or an item) in the instance."""

    def values(self, path: TagPath) -> Collection[str]:
        """Return the element's values as text, from every item on the path; empty if none."""


class Condition(NamedTuple):
    """When a conditional key (Type 1C or 2C) is required.

    Attributes
    ----------
    test : Predicate
        What is looked at.
    path : tuple of int
        The element of the instance that an ``ELEMENT_...`` test looks at.
    other_path : tuple of int
        Where ``ELEMENT_PRESENT`` looks as well; empty if nowhere else.
    values : tuple of str
        What it is compared with.
    text : str
        The condition in words.
    clause : str
        Where the Standard says so.
    """

    test: Predicate
    path: TagPath = ()
    other_path: TagPath = ()
    values: tuple[str, ...] = ()
    text: str = ""
    clause: str = ""

    def holds(self, evidence: Evidence) -> bool:
        """Return whether the condition holds.

        Parameters
        ----------
        evidence : Evidence
            What is known of the record and of the instance behind it; for the condition of
            a sequence's item, of that item.
        """
        return _TESTS[self.test](self, evidence)


def _present(condition: Condition, evidence: Evidence) -> bool:
    """Return whether the element is present in either place."""
    other = condition.other_path
    return evidence.has(condition.path) or (bool(other) and evidence.has(other))


def _equals(condition: Condition, evidence: Evidence) -> bool:
    """Return whether any value on the path is one of the condition's."""
    return any(value in condition.values for value in evidence.values(condition.path))


_TESTS: dict[Predicate, Callable[[Condition, Evidence], bool]] = {
    Predicate.USES_EXTENDED_CHARACTERS: lambda _, evidence: evidence.uses_extended_characters,
    Predicate.DESCRIPTOR_USES_EXTENDED_CHARACTERS: lambda _, evidence: (
        evidence.uses_extended_characters
    ),
    Predicate.REFERENCES_INSTANCE: lambda _, evidence: evidence.references_instance,
    Predicate.REFERENCES_NOTHING: lambda _, evidence: not evidence.references_instance,
    Predicate.RECORD_TYPE_IS: lambda condition, evidence: evidence.record_type in condition.values,
    Predicate.ELEMENT_PRESENT: _present,
    Predicate.ELEMENT_ABSENT: lambda condition, evidence: not evidence.has(condition.path),
    Predicate.ELEMENT_EQUALS: _equals,
}
