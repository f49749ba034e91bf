"""Conditions are evaluated from their table row alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.standard.conditions import Condition, Predicate
from dicomdir_studio.standard.records import COMMON_KEYS, RECORD_TYPES

if TYPE_CHECKING:
    from collections.abc import Collection

    from dicomdir_studio.standard.conditions import TagPath

VERIFICATION_FLAG = (0x0040A493,)
RELATIONSHIPS = (0x0040A730, 0x0040A010)
PIXEL_SPACING = (0x00280030,)
SHARED_PIXEL_SPACING = (0x52009229, 0x00289110, 0x00280030)


@dataclass
class Record:
    """A record and its instance, as far as conditions ask."""

    record_type: str = "IMAGE"
    references_instance: bool = True
    uses_extended_characters: bool = False
    elements: dict[TagPath, tuple[str, ...]] = field(default_factory=dict)

    def has(self, path: TagPath) -> bool:
        """Return whether the element has a value."""
        return bool(self.elements.get(path))

    def values(self, path: TagPath) -> Collection[str]:
        """Return the element's values."""
        return self.elements.get(path, ())


def _condition(record_type: str, keyword: str) -> Condition:
    """Return the condition of a key."""
    keys = (*RECORD_TYPES[record_type].keys, *COMMON_KEYS)
    found = next(key.condition for key in keys if key.keyword == keyword)
    assert found is not None
    return found


@pytest.mark.parametrize("extended", [False, True])
def test_character_set(extended: bool) -> None:
    """Specific Character Set is there when a key needs it."""
    condition = _condition("PATIENT", "SpecificCharacterSet")
    assert condition.holds(Record(uses_extended_characters=extended)) is extended


@pytest.mark.parametrize("references", [False, True])
def test_references(references: bool) -> None:
    """The file's identification is there exactly when the record references one."""
    record = Record(references_instance=references)
    assert _condition("IMAGE", "ReferencedFileID").holds(record) is references
    assert _condition("STUDY", "StudyInstanceUID").holds(record) is not references


@pytest.mark.parametrize(("record_type", "expected"), [("PRIVATE", True), ("IMAGE", False)])
def test_private_record(record_type: str, expected: bool) -> None:
    """A Private Record UID belongs to PRIVATE records alone."""
    condition = _condition("PRIVATE", "PrivateRecordUID")
    assert condition.holds(Record(record_type)) is expected


@pytest.mark.parametrize(
    ("flag", "expected"),
    [(("VERIFIED",), True), (("UNVERIFIED",), False), ((), False)],
)
def test_verified(flag: tuple[str, ...], expected: bool) -> None:
    """A Verification DateTime belongs to verified documents."""
    condition = _condition("SR DOCUMENT", "VerificationDateTime")
    assert condition.holds(Record(elements={VERIFICATION_FLAG: flag})) is expected


def test_concept_modifiers() -> None:
    """One HAS CONCEPT MOD among the relationships of the root is enough."""
    condition = _condition("KEY OBJECT DOC", "ContentSequence")
    assert condition.holds(Record(elements={RELATIONSHIPS: ("CONTAINS", "HAS CONCEPT MOD")}))
    assert not condition.holds(Record(elements={RELATIONSHIPS: ("CONTAINS",)}))
    assert not condition.holds(Record())


def test_cda_is_told_by_its_sop_class() -> None:
    """An HL7 Instance Identifier belongs to encapsulated CDA documents."""
    condition = _condition("ENCAP DOC", "HL7InstanceIdentifier")
    cda, pdf = "1.2.840.10008.5.1.4.1.1.104.2", "1.2.840.10008.5.1.4.1.1.104.1"
    assert condition.holds(Record(elements={(0x00080016,): (cda,)}))
    assert not condition.holds(Record(elements={(0x00080016,): (pdf,)}))


def test_presence_is_that_of_the_key_itself() -> None:
    """Where the table leaves the path open, the attribute of the key is meant."""
    condition = _condition("IMPLANT", "ImplantSize")
    assert condition.path == (0x00686210,)
    assert condition.holds(Record(elements={(0x00686210,): ("large",)}))
    assert not condition.holds(Record(elements={(0x00686210,): ()}))


def test_presence_in_either_place() -> None:
    """A functional group counts where the condition names it."""
    condition = Condition(Predicate.ELEMENT_PRESENT, PIXEL_SPACING, SHARED_PIXEL_SPACING)
    assert condition.holds(Record(elements={SHARED_PIXEL_SPACING: ("1",)}))
    assert condition.holds(Record(elements={PIXEL_SPACING: ("1",)}))
    assert not condition.holds(Record())


def test_absence() -> None:
    """An absent and an empty element are the same to a condition."""
    condition = Condition(Predicate.ELEMENT_ABSENT, PIXEL_SPACING)
    assert condition.holds(Record())
    assert not condition.holds(Record(elements={PIXEL_SPACING: ("1",)}))


@pytest.mark.parametrize("predicate", Predicate)
def test_every_predicate_can_be_evaluated(predicate: Predicate) -> None:
    """No predicate is a name alone."""
    condition = Condition(predicate, PIXEL_SPACING, values=("IMAGE",))
    assert condition.holds(Record()) in {True, False}
