"""Children of a record are found by their keys, whatever was done to their data sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydicom.dataset import Dataset

from dicomdir_studio.fileset import RecordNode
from dicomdir_studio.fileset.encoded_record import EncodedRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset.family import Family


def patient(patient_id: str) -> RecordNode:
    """Make a PATIENT record from a data set."""
    record = Dataset()
    record.DirectoryRecordType = "PATIENT"
    record.PatientID = patient_id
    return RecordNode(record)


@pytest.fixture
def family() -> tuple[Family, list[RecordNode]]:
    """Give the family of three patients below a record, and these."""
    parent, children = patient("PARENT"), [patient(key) for key in "ABC"]
    for child in children:
        child.parent = parent
    found = parent._ensure_family()
    assert found.find("A") is children[0]
    return found, children


def test_a_key_that_was_changed(family: tuple[Family, list[RecordNode]]) -> None:
    """A data set obtained earlier can be given another key at any time."""
    found, (first, second, third) = family
    record = first.record
    assert found.find("A") is first
    record.PatientID = "D"
    assert found.find("A") is None
    assert found.find("D") is first
    record.PatientID = "B"
    second.record.PatientID = "A"
    assert [found.find(key) for key in "ABCD"] == [second, first, third, None]


def test_two_with_one_key(family: tuple[Family, list[RecordNode]]) -> None:
    """Where two have the key, the one that stays is found."""
    found, (first, second, third) = family
    third.record.PatientID = "A"
    assert found.find("A") is first
    found.detach(first)
    assert found.find("A") is third
    found.reattach(first)
    found.detach(third)
    assert found.find("A") is first
    assert [found.find(key) for key in "BC"] == [second, None]


def test_others_are_not_asked(
    family: tuple[Family, list[RecordNode]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that no child has is missed without a look at each, made of a data set or not."""
    found, _ = family
    asked: list[EncodedRecord] = []
    get: Callable[[EncodedRecord], str] = EncodedRecord.key.fget  # type: ignore[attr-defined]

    def key(node: EncodedRecord) -> str:
        asked.append(node)
        return get(node)

    monkeypatch.setattr(EncodedRecord, "key", property(key))
    assert found.find("D") is None
    assert not asked
