"""What `add` makes of every bundled instance, beside what pydicom makes of it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import FileSet, RecordNode
from tests.bundled import sample
from tests.fileset.twins import (
    bundled_instances,
    instances_of,
    outcome,
    plain_record,
    quietly,
    records_of,
    short,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INSTANCES = bundled_instances()
TRUNCATED = ("MR_truncated.dcm", "rtplan_truncated.dcm")
WHOLE = [path for path in INSTANCES if path.name not in TRUNCATED]


def added(make: Callable[[], Any], path: Path) -> Any:
    """Add one file to a new File-set of a kind; return what happened."""

    def call() -> Any:
        file_set = make()
        file_set.add(path)
        return file_set

    return outcome(call)


@pytest.mark.parametrize("path", WHOLE, ids=short)
def test_alone(oracle: Any, path: Path) -> None:
    """An instance is taken or refused alike, under records of the same types and keys."""
    theirs, ours = added(oracle.FileSet, path), added(FileSet, path)
    if theirs.error is not None:
        assert ours.error is not None
        return
    assert ours.error is None, ours.error
    assert instances_of(ours.value, paths=False) == instances_of(theirs.value, paths=False)
    assert [row[:10] for row in records_of(ours.value.tree)] == [
        row[:10] for row in records_of(theirs.value._tree)
    ]
    assert text_of(ours.value) == text_of(theirs.value)


@pytest.mark.parametrize("path", WHOLE, ids=short)
def test_records_hold_at_least_theirs(oracle: Any, path: Path) -> None:
    """Each record has every element with a value that pydicom's record has."""
    theirs, ours = added(oracle.FileSet, path), added(FileSet, path)
    if theirs.error is not None:
        return
    for our_node, their_node in zip(ours.value.tree, theirs.value._tree, strict=True):
        our, their = plain_record(our_node.record), plain_record(their_node._record)
        if our_node.record_type in ("SR DOCUMENT", "KEY OBJECT DOC"):
            their.pop(0x0040A730, None)  # test_differences.py has the Content Sequence
        for tag, (vr, value) in their.items():
            if value not in (None, "", []):
                assert tag in our, f"({tag:08X}) of {our_node}"
                assert our[tag] == (vr, value), f"({tag:08X}) of {our_node}"


def test_all_together(oracle: Any) -> None:
    """All bundled instances in one File-set: the same ones, order, records and text."""
    theirs, ours = oracle.FileSet(), FileSet()
    for path in WHOLE:
        refused = outcome(lambda path=path: theirs.add(path)).error is not None
        assert (outcome(lambda path=path: ours.add(path)).error is not None) == refused
    assert len(ours) > 100
    assert instances_of(ours, paths=False) == instances_of(theirs, paths=False)
    assert text_of(ours) == text_of(theirs)
    assert [row[:10] for row in records_of(ours.tree)] == [
        row[:10] for row in records_of(theirs._tree)
    ]


def test_refusals_have_the_same_words(oracle: Any) -> None:
    """Where pydicom says which element is missing or empty, we say it in the same words."""
    compared = 0
    for path in WHOLE:
        theirs, ours = added(oracle.FileSet, path), added(FileSet, path)
        if theirs.error is not None and "record creator" in str(theirs.error):
            assert ours.kind == theirs.kind == "ValueError"
            assert str(ours.error).startswith(str(theirs.error)), path
            compared += 1
    assert compared > 10


def test_every_bundled_instance_is_told_apart_by_its_name(oracle: Any) -> None:
    """A file that has no SOP Instance UID or is cut off is refused with its path."""
    for path in INSTANCES:
        ours = added(FileSet, path)
        if ours.error is not None:
            assert str(path) in str(ours.error)


LOOSE = [path for path in WHOLE if path.suffix == ".dcm"]


@pytest.mark.parametrize("path", LOOSE, ids=short)
def test_a_dataset_is_filed_like_its_file(path: Path) -> None:
    """`add(Dataset)` makes the records that `add(path)` makes, or is refused as well."""
    by_path, by_dataset = FileSet(), FileSet()
    dataset = quietly(lambda: pydicom.dcmread(path, force=True))
    from_file = outcome(lambda: by_path.add(path, missing_keys="fill"))
    from_dataset = outcome(lambda: by_dataset.add(dataset, missing_keys="fill"))
    assert isinstance(from_file.error, StudioError | None)
    assert isinstance(from_dataset.error, StudioError | None)
    if from_file.error is None and from_dataset.error is None:
        ours, theirs = (
            quietly(lambda tree=tree: [plain_record(node.record) for node in tree])
            for tree in (by_dataset.tree, by_path.tree)
        )
        assert ours == theirs
    elif from_file.error is None:
        assert outcome(lambda: dataset.save_as(BytesIO(), enforce_file_format=True)).error


def test_adding_twice_gives_the_first(oracle: Any) -> None:
    """An instance that is there already is returned, not added again."""
    for kind in (oracle.FileSet, FileSet):
        file_set = kind()
        first = file_set.add(sample("CT_small.dcm"))
        assert file_set.add(sample("CT_small.dcm")) is first
        assert len(file_set) == 1
    ours = FileSet()
    ours.add(sample("CT_small.dcm"))
    ours.add(sample("CT_small.dcm"))
    ours.undo()
    assert len(ours) == 0


def test_a_staged_removal_is_taken_back(oracle: Any, media: Path) -> None:
    """Adding what is staged for removal cancels the removal."""
    for kind in (oracle.FileSet, FileSet):
        file_set = kind(media / "TINY_ALPHA" / "DICOMDIR")
        instance = next(iter(file_set))
        file_set.remove(instance)
        assert instance.for_removal
        assert file_set.add(instance.path) is instance
        assert not instance.for_removal
        assert not instance.for_addition
        assert len(file_set) == 50


def test_an_addition_is_taken_back(oracle: Any) -> None:
    """Removing what is staged for addition cancels the addition, and empties its branch."""
    for kind in (oracle.FileSet, FileSet):
        file_set = kind()
        file_set.remove(file_set.add(sample("CT_small.dcm")))
        assert len(file_set) == 0
        assert list(file_set._tree) == []


def private_leaf(kind: Any, uid: str) -> Any:
    """Make a PATIENT record with a PRIVATE one below, of the node class of an engine."""
    patient = Dataset()
    patient.DirectoryRecordType = "PATIENT"
    patient.PatientID = "1CT1"
    patient.PatientName = "Of^Private"
    private = Dataset()
    private.DirectoryRecordType = "PRIVATE"
    private.PrivateRecordUID = uid
    leaf = kind(private)
    leaf.parent = kind(patient)
    return leaf


def test_add_custom(oracle: Any) -> None:
    """A PRIVATE record of one's own gives the same instance, records and text."""
    uid = generate_uid()
    theirs, ours = oracle.FileSet(), FileSet()
    theirs.add_custom(sample("CT_small.dcm"), private_leaf(oracle.RecordNode, uid))
    ours.add_custom(sample("CT_small.dcm"), private_leaf(RecordNode, uid))
    assert next(iter(ours)).is_private
    assert instances_of(ours, paths=False) == instances_of(theirs, paths=False)
    assert text_of(ours) == text_of(theirs)
    for our_node, their_node in zip(ours.tree, theirs._tree, strict=True):
        assert plain_record(our_node.record) == plain_record(their_node._record)


def test_add_custom_takes_a_removal_back(oracle: Any, media: Path) -> None:
    """`add_custom` of what is staged for removal cancels the removal."""
    for kind, node in ((oracle.FileSet, oracle.RecordNode), (FileSet, RecordNode)):
        file_set = kind(media / "TINY_ALPHA" / "DICOMDIR")
        instance = next(iter(file_set))
        file_set.remove(instance)
        given = file_set.add_custom(instance.path, private_leaf(node, generate_uid()))
        assert given is instance
        assert not instance.for_removal


def test_a_record_whose_key_was_changed_by_hand(oracle: Any) -> None:
    """Instances of the old key are no longer filed under it, those of the new one are."""
    texts = []
    for kind in (oracle.FileSet, FileSet):
        file_set = kind()
        first = file_set.add(sample("CT_small.dcm"))
        patient = first.node.ancestors[-1]
        assert patient._record.PatientID == "1CT1"
        file_set.add(sample("MR_small.dcm"))
        patient._record.PatientID = "CHANGED"
        for number, patient_id in enumerate(("1CT1", "CHANGED")):
            dataset = pydicom.dcmread(sample("CT_small.dcm"))
            dataset.PatientID = patient_id
            dataset.SOPInstanceUID = UID(f"1.2.{number}")
            file_set.add(dataset)
        texts.append(text_of(file_set))
    assert texts[1] == texts[0]
