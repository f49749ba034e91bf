"""SOP Classes and the types of their directory records."""

from __future__ import annotations

import pytest
from pydicom._uid_dict import UID_dictionary

from dicomdir_studio.standard.records import RECORD_TYPES, RETIRED_RECORD_TYPES
from dicomdir_studio.standard.sop_classes import (
    SINGLE_LEVEL_RECORD_TYPES,
    SOP_CLASSES,
    UNFILED_SOP_CLASSES,
    record_type_for,
)
from tests.standard.expectations import CERTAIN, LEFT_OPEN

# What the UID dictionary of pydicom 3.0.2 does not know yet, or spells with a long dash.
NEWER = {
    "1.2.840.10008.5.1.4.1.1.9.100.1",
    "1.2.840.10008.5.1.4.1.1.9.100.2",
    "1.2.840.10008.5.1.4.1.1.66.7",
    "1.2.840.10008.5.1.4.1.1.66.8",
}


@pytest.mark.parametrize(("uid", "record_type"), CERTAIN)
def test_class_is_filed_under_its_record_type(uid: str, record_type: str | None) -> None:
    """Every class that the Standard settles has the record type of the second list."""
    assert record_type_for(uid) == record_type
    assert SOP_CLASSES[uid].record_type == record_type


def test_the_second_list_is_complete() -> None:
    """No class is in the table alone or in the second list alone."""
    assert {uid for uid, _ in CERTAIN} | LEFT_OPEN == set(SOP_CLASSES)
    assert len(SOP_CLASSES) == 200


@pytest.mark.parametrize("uid", sorted(LEFT_OPEN))
def test_a_choice_of_ours_says_why(uid: str) -> None:
    """A class that the Standard's text leaves open carries the reason for our choice."""
    assert SOP_CLASSES[uid].note


def test_every_record_type_exists() -> None:
    """No class names a record type that the record tables do not know."""
    known = {*RECORD_TYPES, *RETIRED_RECORD_TYPES, None}
    assert {row.record_type for row in SOP_CLASSES.values()} <= known


def test_only_retired_classes_have_retired_record_types() -> None:
    """A current class never gets a record type that the Standard has retired."""
    late = [row for row in SOP_CLASSES.values() if row.record_type in RETIRED_RECORD_TYPES]
    assert late
    assert all(row.retired for row in late)


def test_every_leaf_record_type_has_a_class() -> None:
    """Each type that references an instance is the type of some class, PRIVATE aside."""
    leaves = {name for name, row in RECORD_TYPES.items() if row.references_instance}
    assert leaves - {"PRIVATE"} == {
        row.record_type for row in SOP_CLASSES.values() if row.record_type in RECORD_TYPES
    }


@pytest.mark.parametrize("uid", sorted(set(SOP_CLASSES) - NEWER))
def test_names_are_those_of_the_uid_dictionary(uid: str) -> None:
    """UID, name and retirement agree with the registry of PS3.6 as pydicom ships it."""
    name, _, _, retired, _ = UID_dictionary[uid]
    row = SOP_CLASSES[uid]
    assert row.name == name
    assert row.retired == bool(retired)


def test_the_directory_and_protocols_are_never_filed() -> None:
    """The classes without a record type are told apart from unknown ones, and say why."""
    assert "1.2.840.10008.1.3.10" in UNFILED_SOP_CLASSES
    assert len(UNFILED_SOP_CLASSES) == 4
    assert all(row.note for row in UNFILED_SOP_CLASSES.values())


@pytest.mark.parametrize("uid", ["", "1.2.3", "1.2.840.10008.5.1.4.1.1.2.99", "CT"])
def test_an_unknown_class_has_no_record_type(uid: str) -> None:
    """An unknown or private class gives None and is not among those that are never filed."""
    assert record_type_for(uid) is None
    assert uid not in UNFILED_SOP_CLASSES


def test_single_level_types_lie_below_the_root_alone() -> None:
    """The types without a patient are those of Table F.4-1."""
    assert {
        "HANGING PROTOCOL",
        "PALETTE",
        "IMPLANT",
        "IMPLANT ASSY",
        "IMPLANT GROUP",
        "INVENTORY",
    } == SINGLE_LEVEL_RECORD_TYPES


def test_tables_cannot_be_changed() -> None:
    """The tables are facts: nobody can add a row by accident."""
    with pytest.raises(TypeError):
        SOP_CLASSES["1.2.3"] = SOP_CLASSES["1.2.840.10008.1.3.10"]  # type: ignore[index]
