"""What `load` makes of the bundled DICOMDIRs, beside what pydicom makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pydicom
import pytest

from dicomdir_studio.fileset import FileSet
from tests.fileset.twins import (
    DICOMDIRS,
    instances_of,
    outcome,
    plain_record,
    quietly,
    records_of,
    text_of,
)

if TYPE_CHECKING:
    from pathlib import Path

READABLE = tuple(name for name in DICOMDIRS if name != "DICOMDIR-nopatient")


def both(oracle: Any, path: Path) -> tuple[Any, FileSet]:
    """Load a DICOMDIR with the oracle and with our engine."""
    return quietly(lambda: oracle.FileSet(path)), quietly(lambda: FileSet(path))


@pytest.mark.parametrize("name", DICOMDIRS)
def test_the_same_outcome(oracle: Any, media: Path, name: str) -> None:
    """Loading succeeds or fails alike, with the same warnings."""
    path = media / name
    theirs, ours = outcome(lambda: oracle.FileSet(path)), outcome(lambda: FileSet(path))
    assert ours.kind == theirs.kind
    assert ours.warned == theirs.warned


@pytest.mark.parametrize("name", READABLE)
def test_the_same_instances(oracle: Any, media: Path, name: str) -> None:
    """The same instances are there in the same order, with the same File IDs and states."""
    theirs, ours = both(oracle, media / name)
    assert instances_of(ours) == instances_of(theirs)
    assert len(ours) == len(theirs)


@pytest.mark.parametrize("name", READABLE)
def test_the_same_file_set(oracle: Any, media: Path, name: str) -> None:
    """The File-set's own elements, its staged state and its text are the same."""
    theirs, ours = both(oracle, media / name)
    for attribute in (
        "ID",
        "UID",
        "descriptor_file_id",
        "descriptor_character_set",
        "path",
        "is_staged",
    ):
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute
    assert str(ours) == str(theirs)


@pytest.mark.parametrize("name", READABLE)
def test_the_same_records(oracle: Any, media: Path, name: str) -> None:
    """Every record has the same place, neighbours, key, component and text."""
    theirs, ours = both(oracle, media / name)
    assert records_of(ours.tree) == records_of(theirs._tree)
    assert ours.tree.prettify() == theirs._tree.prettify()


@pytest.mark.parametrize("name", READABLE)
def test_the_same_elements(oracle: Any, media: Path, name: str) -> None:
    """Each record as a data set has the same elements with the same values."""
    theirs, ours = both(oracle, media / name)
    for our_node, their_node in zip(ours.tree, theirs._tree, strict=True):
        assert plain_record(our_node.record) == plain_record(their_node._record)


@pytest.mark.parametrize("name", READABLE)
def test_elements_through_the_instance(oracle: Any, media: Path, name: str) -> None:
    """Elements by keyword, by tag and by attribute come from the lowest record that has them."""
    theirs, ours = both(oracle, media / name)
    keywords = (
        "PatientID", "PatientName", "StudyDate", "StudyInstanceUID", "SeriesNumber", "Modality",
        "InstanceNumber", "SOPInstanceUID", "SOPClassUID", "TransferSyntaxUID", "Rows",
        "ReferencedFileID", "DirectoryRecordType", "SpecificCharacterSet",
    )  # fmt: skip
    for our, their in zip(ours, theirs, strict=True):
        for keyword in keywords:
            tag = pydicom.tag.Tag(keyword)
            assert (keyword in our) == (keyword in their), keyword
            assert (tag in our) == (tag in their), keyword
            if keyword in their:
                assert our[keyword].value == their[keyword].value
                assert our[tag].value == their[tag].value
                assert getattr(our, keyword) == getattr(their, keyword)


@pytest.mark.parametrize("name", ["DICOMDIR", "DICOMDIR-implicit", "TINY_ALPHA/DICOMDIR"])
def test_a_dataset_in_place_of_a_path(oracle: Any, media: Path, name: str) -> None:
    """A DICOMDIR given as a data set loads like one given as a path, a text or a Path."""
    dataset = pydicom.dcmread(media / name)
    theirs = quietly(lambda: oracle.FileSet(dataset))
    from_path = quietly(lambda: FileSet(media / name))
    from_text = quietly(lambda: FileSet(str(media / name)))
    from_dataset = quietly(lambda: FileSet(pydicom.dcmread(media / name)))
    for ours in (from_path, from_text, from_dataset):
        assert instances_of(ours) == instances_of(theirs)
        assert str(ours) == str(theirs)


def test_load_replaces_what_was_loaded(oracle: Any, media: Path) -> None:
    """A second load leaves nothing of the first, nor of what was staged."""
    first, second = media / "DICOMDIR", media / "TINY_ALPHA" / "DICOMDIR"
    theirs, ours = both(oracle, first)
    for file_set in (theirs, ours):
        file_set.remove(next(iter(file_set)))
        file_set.ID = "OTHER"
        file_set.load(second)
    assert instances_of(ours) == instances_of(theirs)
    assert str(ours) == str(theirs)
    assert not ours.has_edits
    assert not ours.can_undo


def test_clear(oracle: Any, media: Path) -> None:
    """A cleared File-set is new and empty, and can be added to."""
    theirs, ours = both(oracle, media / "DICOMDIR")
    before = ours.UID
    for file_set in (theirs, ours):
        file_set.clear()
        assert len(file_set) == 0
        assert file_set.path is None
        assert file_set.ID is None
        assert before != file_set.UID
        file_set.add(media / "98892003" / "MR1" / "15820")
    assert text_of(ours) == text_of(theirs)


@pytest.mark.parametrize("name", READABLE)
def test_instances_load_their_files(media: Path, name: str) -> None:
    """`FileInstance.load` returns the instance that the record names."""
    for instance in quietly(lambda: FileSet(media / name)):
        assert instance.load().SOPInstanceUID == instance.SOPInstanceUID
        assert instance.file_set.path == str((media / name).parent)


@pytest.mark.parametrize("name", ["CT_small.dcm", "JPEG2000.dcm", "rtplan.dcm"])
def test_what_is_no_dicomdir_is_refused(oracle: Any, name: str) -> None:
    """An instance of another SOP Class is refused with the words of the reference API."""
    path = pydicom.data.get_testdata_file(name)
    theirs, ours = outcome(lambda: oracle.FileSet(path)), outcome(lambda: FileSet(path))
    assert ours.kind == theirs.kind == "ValueError"
    assert str(theirs.error) in str(ours.error).replace(f": {path}", "")


def test_a_dataset_without_a_file(oracle: Any, media: Path) -> None:
    """A data set that names no file, or one that is not there, is refused alike."""
    for filename in (None, "/nowhere/DICOMDIR"):
        dataset = pydicom.dcmread(media / "DICOMDIR")
        dataset.filename = filename
        theirs = outcome(lambda ds=dataset: oracle.FileSet(ds))
        ours = outcome(lambda ds=dataset: FileSet(ds))
        assert ours.kind == theirs.kind
        assert str(ours.error) == str(theirs.error)


@pytest.mark.parametrize("given", [3, b"DICOMDIR"])
def test_neither_a_path_nor_a_dataset(oracle: Any, given: Any) -> None:
    """Anything else than a path or a data set is a TypeError in both."""
    assert outcome(FileSet, given).kind == outcome(oracle.FileSet, given).kind == "TypeError"


def test_a_file_that_is_not_there(oracle: Any, tmp_path: Path) -> None:
    """A path that leads nowhere is a FileNotFoundError in both."""
    path = tmp_path / "DICOMDIR"
    assert outcome(lambda: FileSet(path)).kind == outcome(lambda: oracle.FileSet(path)).kind


def test_a_dicomdir_without_uid(oracle: Any, media: Path) -> None:
    """A DICOMDIR without SOP Instance UID gets one, in the data set too."""
    for kind in (oracle.FileSet, FileSet):
        dataset = pydicom.dcmread(media / "DICOMDIR")
        dataset.file_meta[0x00020003].value = None
        file_set = kind(dataset)
        assert file_set.UID
        assert dataset.file_meta.MediaStorageSOPInstanceUID == file_set.UID
