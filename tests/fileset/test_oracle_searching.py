"""What `find` and `find_values` give, beside what pydicom gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydicom.tag import Tag

from dicomdir_studio.fileset import FileSet
from tests.bundled import sample
from tests.fileset.twins import bundled_instances, outcome, quietly

if TYPE_CHECKING:
    from pathlib import Path

KEYWORDS = (
    "PatientID", "PatientName", "StudyDate", "StudyTime", "StudyID", "StudyInstanceUID",
    "StudyDescription", "AccessionNumber", "Modality", "SeriesInstanceUID", "SeriesNumber",
    "InstanceNumber", "SOPInstanceUID", "SOPClassUID", "TransferSyntaxUID", "ReferencedFileID",
    "DirectoryRecordType", "ContentDate", "SpecificCharacterSet",
)  # fmt: skip
QUERIES: tuple[dict[str, Any], ...] = (
    {},
    {"PatientID": "77654033"},
    {"PatientID": "98890234"},
    {"PatientID": "absent"},
    {"PatientName": "Doe^Archibald"},
    {"PatientID": "98890234", "Modality": "CT"},
    {"Modality": "MR", "InstanceNumber": 1},
    {"InstanceNumber": 2},
    {"InstanceNumber": "2"},
    {"SeriesNumber": 1, "Modality": "CR"},
    {"StudyDescription": "XR C Spine Comp Min 4 Views"},
    {"DirectoryRecordType": "IMAGE"},
    {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"},
    {"TransferSyntaxUID": "1.2.840.10008.1.2.1"},
    {"ReferencedFileID": ["98892003", "MR1", "15820"]},
    {"PatientID": None},
    {"Rows": 256},
    {"Rows": 256, "PatientID": "98890234"},
    {"BitsAllocated": 16},
    {"PhotometricInterpretation": "MONOCHROME2"},
)


def uids(instances: list[Any]) -> list[str]:
    """Return the SOP Instance UIDs of instances."""
    return [str(one.SOPInstanceUID) for one in instances]


@pytest.fixture
def pair(oracle: Any, media: Path) -> tuple[Any, FileSet]:
    """Load the sample File-set with both engines."""
    path = media / "DICOMDIR"
    return quietly(lambda: oracle.FileSet(path)), FileSet(path)


@pytest.fixture
def full_pair(oracle: Any) -> tuple[Any, FileSet]:
    """Add all that both engines take of the bundled instances."""
    theirs, ours = oracle.FileSet(), FileSet()
    for path in bundled_instances():
        if outcome(lambda path=path: ours.add(path)).error is None:
            quietly(lambda path=path: theirs.add(path))
    return theirs, ours


@pytest.mark.parametrize("load", [False, True])
@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_find(pair: tuple[Any, FileSet], query: dict[str, Any], load: bool) -> None:
    """The same instances are found, in the same order, with the same warnings."""
    theirs, ours = (outcome(lambda fs=fs: fs.find(load=load, **query)) for fs in pair)
    assert theirs.error is None
    assert ours.error is None
    assert uids(ours.value) == uids(theirs.value)
    assert ours.warned == theirs.warned


@pytest.mark.parametrize("load", [False, True])
@pytest.mark.parametrize("keyword", [*KEYWORDS, "Rows", "ImageType", "PixelSpacing", "0x00100020"])
def test_find_values(pair: tuple[Any, FileSet], keyword: str, load: bool) -> None:
    """The same values are found in the same order, by keyword, with the same warnings."""
    element: str | int = int(keyword, 16) if keyword.startswith("0x") else keyword
    theirs, ours = (outcome(lambda fs=fs: fs.find_values(element, load=load)) for fs in pair)
    assert theirs.error is None
    assert ours.error is None
    assert ours.value == theirs.value
    assert ours.warned == theirs.warned


@pytest.mark.parametrize("load", [False, True])
def test_find_values_of_several(pair: tuple[Any, FileSet], load: bool) -> None:
    """Several elements give a dict by what was asked: keyword, number or tag."""
    wanted: list[str | int] = [
        "PatientID",
        0x00080060,
        Tag("StudyDate"),
        "PhotometricInterpretation",
    ]
    theirs, ours = (outcome(lambda fs=fs: fs.find_values(wanted, load=load)) for fs in pair)
    assert ours.value == theirs.value
    assert list(ours.value) == wanted
    assert ours.warned == theirs.warned


def test_find_values_in_some(pair: tuple[Any, FileSet]) -> None:
    """Values can be sought in chosen instances, those of a find."""
    found = []
    for file_set in pair:
        chosen = file_set.find(Modality="CT")
        found.append(file_set.find_values(["StudyInstanceUID", "SeriesNumber"], chosen))
    assert found[0] == found[1]


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_values_of_everything(full_pair: tuple[Any, FileSet], keyword: str) -> None:
    """Over all bundled instances the values are the same, and find each finds the same."""
    theirs, ours = full_pair
    wanted = outcome(lambda: theirs.find_values(keyword))
    given = outcome(lambda: ours.find_values(keyword))
    if keyword == "StudyDescription":
        # In memory pydicom tells an absent Type 2 value from an empty one; on the medium both
        # are empty, and ours are as on the medium.
        wanted.value.remove(None)
    assert [one or None for one in given.value] == [one or None for one in wanted.value]
    assert given.warned == wanted.warned
    for value in filter(None, wanted.value[:12]):
        assert uids(ours.find(**{keyword: value})) == uids(theirs.find(**{keyword: value}))


@pytest.mark.parametrize("edited", ["added", "removed"])
def test_find_sees_what_is_staged(pair: tuple[Any, FileSet], edited: str) -> None:
    """Additions are found and removals are not, with and without `load`."""
    for file_set in pair:
        if edited == "added":
            file_set.add(sample("CT_small.dcm"))
        else:
            file_set.remove(file_set.find(Modality="CR"))
    for load in (False, True):
        for query in ({"PatientID": "1CT1"}, {"Modality": "CR"}, {"Modality": "CT"}):
            theirs, ours = (quietly(fs.find, load=load, **query) for fs in pair)
            assert uids(ours) == uids(theirs)
        theirs, ours = (fs.find_values("Modality", load=load) for fs in pair)
        assert ours == theirs


def test_find_follows_edits_and_undo(loaded: FileSet) -> None:
    """What was found before an edit is not remembered beyond it."""
    assert len(loaded.find(Modality="CR")) == 3
    loaded.remove(loaded.find(Modality="CR")[0])
    assert len(loaded.find(Modality="CR")) == 2
    loaded.undo()
    assert len(loaded.find(Modality="CR")) == 3
    loaded.add(sample("CT_small.dcm"))
    assert "1CT1" in loaded.find_values("PatientID")
    loaded.undo()
    assert "1CT1" not in loaded.find_values("PatientID")


def test_find_sees_a_record_changed_by_hand(loaded: FileSet) -> None:
    """A value put into a record is found at once, for all instances below."""
    series = next(node for node in loaded.tree if node.record_type == "SERIES")
    assert quietly(lambda: loaded.find(SeriesDescription="Mine")) == []
    series.record.SeriesDescription = "Mine"
    assert len(loaded.find(SeriesDescription="Mine")) == series.tally.instances


def test_count_values(loaded: FileSet) -> None:
    """Counts add up to the instances that have the element."""
    counted = loaded.count_values("Modality")
    assert [value for value, _ in counted] == loaded.find_values("Modality")
    assert sum(count for _, count in counted) == len(loaded)
    for value, count in counted:
        assert len(loaded.find(Modality=value)) == count
    assert loaded.count_values("Modality", load=True) == counted


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ({"PatientName": "doe^archibald"}, 7),
        ({"PatientName": "doe*"}, 31),
        ({"Modality": "?R"}, 20),
        ({"InstanceNumber": "1"}, None),
        ({"PatientID": " 77654033 "}, 7),
        ({"Modality": "[CM]R"}, 0),
        ({"NoSuchKeyword": "1"}, 0),
    ],
    ids=str,
)
@pytest.mark.parametrize("load", [False, True])
def test_search_as_typed(
    loaded: FileSet, typed: dict[str, str], number: int | None, load: bool
) -> None:
    """Typed text finds without regard to case, with wild cards, and numbers as text."""
    found = loaded.search(typed, load=load)
    if number is None:
        assert uids(found) == uids(loaded.find(InstanceNumber=1))
    else:
        assert len(found) == number
