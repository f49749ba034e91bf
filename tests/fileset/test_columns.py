"""Columns of values against asking every instance for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from dicomdir_studio.fileset import FileInstance, FileSet, RecordNode
from tests.bundled import TEST_FILES
from tests.fileset.salvage.disc import Shape, sound_disc, write_files
from tests.fileset.twins import quietly

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEYWORDS = (
    *("PatientID", "PatientName", "StudyInstanceUID", "StudyDate", "SeriesInstanceUID"),
    *("Modality", "InstanceNumber", "SpecificCharacterSet", "DirectoryRecordType"),
    *("ReferencedSOPInstanceUIDInFile", "SOPClassUID", "ImageType", "PrivateRecordUID"),
)
_ABSENT = object()


def asked_one_by_one(instances: list[FileInstance], keyword: str) -> list[Any]:
    """Return the different values in the order in which instances have them."""
    values: list[Any] = []
    for instance in instances:
        value = getattr(instance, keyword, _ABSENT)
        if value is not _ABSENT and value not in values:
            values.append(value)
    return values


def as_loaded(file_set: FileSet) -> FileSet:
    """Leave it as it was loaded."""
    return file_set


def with_removals(file_set: FileSet) -> FileSet:
    """Stage removals, so that places in what was loaded mean nothing any more."""
    file_set.remove(list(file_set)[1:20:3])
    return file_set


def with_additions(file_set: FileSet) -> FileSet:
    """Add a file: its records lie in buffers of their own."""
    file_set.add(TEST_FILES / "CT_small.dcm")
    return file_set


def with_a_private_leaf_at_the_top(file_set: FileSet) -> FileSet:
    """Add an instance whose record has nothing above it, in the midst of deeper ones."""
    record = Dataset()
    record.DirectoryRecordType = "PRIVATE"
    record.PrivateRecordUID = generate_uid()
    record.Modality = "OT"
    file_set.add_custom(TEST_FILES / "MR_small.dcm", RecordNode(record))
    file_set.add(TEST_FILES / "CT_small.dcm")
    return file_set


def with_leaves_of_their_own_mind(file_set: FileSet) -> FileSet:
    """Let some leaves have what others have from above, by hand."""
    for place, instance in enumerate(list(file_set)[3:30:4]):
        instance.node.record.Modality = f"OWN{place % 2}"
    return file_set


def with_a_series_changed_by_hand(file_set: FileSet) -> FileSet:
    """Let records above be held as data sets."""
    for instance in list(file_set)[::10]:
        instance.node.parent.record.StudyDate = "20200101"
    return file_set


EDITS = [
    as_loaded,
    with_removals,
    with_additions,
    with_a_private_leaf_at_the_top,
    with_leaves_of_their_own_mind,
    with_a_series_changed_by_hand,
]


@pytest.fixture(params=EDITS, ids=lambda edit: edit.__name__)
def edited(loaded: FileSet, request: pytest.FixtureRequest) -> FileSet:
    """Return the sample File-set after one of the edits."""
    edit: Callable[[FileSet], FileSet] = request.param
    return edit(loaded)


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_values_and_their_order(edited: FileSet, keyword: str) -> None:
    """Values are those of the instances, in the order in which these have them."""
    wanted = asked_one_by_one(list(edited), keyword)
    found = quietly(lambda: edited.find_values(keyword))
    assert found == wanted
    assert list(map(type, found)) == list(map(type, wanted))
    assert list(map(str, found)) == list(map(str, wanted))


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_instances_and_counts(edited: FileSet, keyword: str) -> None:
    """Each value is found at its instances, and counted as often."""
    for value, count in edited.count_values(keyword):
        wanted = [one for one in edited if getattr(one, keyword, _ABSENT) == value]
        assert edited.find(**{keyword: value}) == wanted
        assert len(wanted) == count


def test_instances_in_another_order(edited: FileSet) -> None:
    """Values of given instances come in the order of these."""
    instances = list(edited)[::-1][3:17]
    for keyword in KEYWORDS:
        wanted = asked_one_by_one(instances, keyword)
        assert quietly(lambda name=keyword: edited.find_values(name, instances)) == wanted


def test_numbers_that_are_written_in_two_ways(small: FileSet, tmp_path: Path) -> None:
    """They are one value, the way that is met first, and both their instances are found."""
    first, second = small
    first.node.record.InstanceNumber, second.node.record.InstanceNumber = "7", "07"
    small.write()
    again = FileSet(tmp_path / "small" / "DICOMDIR")
    assert [str(value) for value in again.find_values("InstanceNumber")] == ["7"]
    assert again.count_values("InstanceNumber") == [(7, 2)]
    assert len(again.find(InstanceNumber=7)) == 2
    assert len(again.find(InstanceNumber="07")) == 1


@pytest.mark.parametrize("salvage", [False, True])
@pytest.mark.parametrize("amount", [0, 1, 2])
def test_a_leaf_may_overrule_what_is_above(tmp_path: Path, amount: int, *, salvage: bool) -> None:
    """One leaf among many that has an element of a level above is found by it, none is missed."""
    disc = sound_disc(Shape())
    images = disc.rows("IMAGE")
    for place in images[3 : 3 + amount]:
        disc.records[place].put(0x00080060, b"CS", b"XX")
        disc.records[place].put(0x00100021, b"LO", b"elsewhere")
    write_files(tmp_path, Shape())
    (tmp_path / "DICOMDIR").write_bytes(disc.lay())
    file_set = FileSet(tmp_path / "DICOMDIR", salvage=salvage)
    instances = list(file_set)
    for keyword in ("Modality", "IssuerOfPatientID", "PatientID", "StudyInstanceUID"):
        wanted = asked_one_by_one(instances, keyword)
        found = quietly(lambda keyword=keyword: file_set.find_values(keyword))
        assert found == wanted
        for value in wanted:
            assert file_set.find(**{keyword: value}) == [
                one for one in instances if getattr(one, keyword, _ABSENT) == value
            ]
    assert len(quietly(lambda: file_set.find(Modality="XX"))) == amount
