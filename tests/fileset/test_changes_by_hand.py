"""Records changed by the code that uses the engine: what was learned before holds no longer."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.uid import generate_uid

from dicomdir_studio.fileset import FileSet
from tests.benchmarks.generate import Shape, make_files
from tests.benchmarks.work import files_below


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """Give the files of four series of two patients, ten of each series."""
    shape = Shape(per_series=10, series_per_study=2)
    return files_below(str(make_files(tmp_path / "files", 40, shape)))


def patient_of(path: str) -> str:
    """Return the Patient ID of a file."""
    return str(pydicom.dcmread(path).PatientID)


def whose(file_set: FileSet) -> dict[str, str]:
    """Return for each SOP Instance UID in the tree the Patient ID above it."""
    return {
        leaf.key: [*leaf.reverse()][-1].key for leaf in file_set.tree if leaf.instance is not None
    }


def added(file_set: FileSet, paths: list[str]) -> None:
    """Add files by one call each."""
    for path in paths:
        file_set.add(path)


def written(file_set: FileSet, root: Path) -> FileSet:
    """Write a File-set and return what is read of it."""
    file_set.write(root)
    return FileSet(root / "DICOMDIR")


def test_what_is_added_after_a_patient_was_taken_out_is_written(
    paths: list[str], tmp_path: Path
) -> None:
    """An image never ends below records that are in the tree no more, the very same one neither."""
    file_set = FileSet()
    added(file_set, paths[:3])
    del file_set.tree[patient_of(paths[0])]
    assert (len(file_set), list(file_set), file_set.edit_count) == (0, [], 0)
    added(file_set, [paths[3], paths[0]])
    assert len(file_set) == len(list(file_set)) == file_set.tree.tally.instances == 2
    assert len(whose(written(file_set, tmp_path / "set"))) == 2


def test_what_is_added_after_a_series_was_moved_goes_below_its_own_patient(
    paths: list[str],
) -> None:
    """A series that was moved to another patient takes no more images with it."""
    file_set = FileSet()
    added(file_set, [paths[20], *paths[:2]])
    other, own = file_set.tree.children
    series = own.children[0].children[0]
    series.parent = other.children[0]
    added(file_set, [paths[2]])
    uid = str(pydicom.dcmread(paths[2]).SOPInstanceUID)
    assert whose(file_set)[uid] == own.key == patient_of(paths[2])
    assert (own.tally.instances, other.tally.instances) == (1, 3)
    assert len(file_set) == 4


def test_a_record_taken_out_and_put_elsewhere_is_counted_once(paths: list[str]) -> None:
    """Its instances are those of the File-set again, staged as they were."""
    file_set = FileSet()
    added(file_set, [paths[20], *paths[:2]])
    other, own = file_set.tree.children
    series = own.children[0].children[0]
    del own.children[0][series.key]
    assert (len(file_set), file_set.tree.children) == (1, [other])
    series.parent = other.children[0]
    assert len(file_set) == len(list(file_set)) == len(file_set.staged_additions) == 3
    assert file_set.add(paths[0]) is series.children[0].instance
    assert not file_set.can_undo


@pytest.mark.parametrize("in_one_call", [False, True])
def test_a_record_that_was_handed_out_may_be_another_patients_later(
    paths: list[str], *, in_one_call: bool
) -> None:
    """A data set is asked for once and changed at any time; each addition looks at it as it is."""
    file_set = FileSet()
    file_set.add(paths[0])
    (patient,) = file_set.tree.children
    record = patient.record
    file_set.add(paths[1])
    record.PatientID = "OTHER"
    if in_one_call:
        file_set.add_many(paths[2:4])
    else:
        added(file_set, paths[2:4])
    found = whose(file_set)
    for path in paths[2:4]:
        assert found[str(pydicom.dcmread(path).SOPInstanceUID)] == patient_of(path)
    record.PatientID = patient_of(paths[20])
    file_set.add(paths[20])
    assert whose(file_set)[str(pydicom.dcmread(paths[20]).SOPInstanceUID)] == record.PatientID
    assert len(file_set.tree.children) == 2


def in_charset(path: str, charset: str, patient_id: bytes) -> str:
    """Write another instance of a series, with a Patient ID of these bytes."""
    dataset = pydicom.dcmread(path)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.SpecificCharacterSet, dataset.PatientID = charset, "P1"
    target = Path(f"{path}-{charset[-3:]}")
    dataset.save_as(target)
    data = target.read_bytes()
    assert data.count(b"LO\x02\x00P1") == 1
    target.write_bytes(data.replace(b"LO\x02\x00P1", b"LO\x02\x00" + patient_id))
    return str(target)


@pytest.mark.parametrize("in_one_call", [False, True])
def test_the_same_bytes_are_another_patient_in_another_character_set(
    paths: list[str], *, in_one_call: bool
) -> None:
    """A Patient ID is text: where its bytes say something else, it is somebody else's."""
    files = [in_charset(paths[0], charset, b"\xfc1") for charset in ("ISO_IR 100", "ISO_IR 144")]
    file_set = FileSet()
    if in_one_call:
        file_set.add_many(files)
    else:
        added(file_set, files)
    assert [patient.key for patient in file_set.tree.children] == ["ü1", "ќ1"]
    assert "is below two patients" in file_set.findings[0].what


def test_a_series_that_was_found_before_it_was_moved(paths: list[str]) -> None:
    """The study that it was moved from does not find it any more."""
    file_set = FileSet()
    added(file_set, [paths[20], paths[0], paths[10]])
    other, own = file_set.tree.children
    series = own.children[0].children[0]
    assert own.children[0][series.key] is series
    series.parent = other.children[0]
    added(file_set, [paths[1]])
    assert whose(file_set)[str(pydicom.dcmread(paths[1]).SOPInstanceUID)] == own.key
