"""A directory that lies about its files is told of before and after they are written elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pydicom
import pytest
from pydicom.uid import UID, CTImageStorage

from dicomdir_studio.fileset import FileSet, Layout, Severity
from tests.bundled import sample
from tests.fileset.twins import quietly

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def opened(dicomdir: Path, *, salvage: bool = False) -> FileSet:
    """Open without the warning about the layout."""
    file_set: FileSet = quietly(lambda: FileSet(dicomdir, salvage=salvage))
    return file_set


@pytest.mark.parametrize("salvage", [False, True])
def test_swapped_files_are_found(swapped: Path, salvage: bool) -> None:
    """Two records that each name the other's file are two errors, by file and by patient."""
    findings = opened(swapped, salvage=salvage).check_files()
    assert [finding.severity for finding in findings] == [Severity.ERROR] * 2
    assert {finding.where.split(",")[0][-10:] for finding in findings} == {
        "MR700/4467", "MR700/4528",
    }  # fmt: skip
    assert all("names SOP Instance" in finding.what for finding in findings)
    assert all("patient 98890234" in finding.where for finding in findings)


def test_honest_sets_give_nothing(media: Path) -> None:
    """The sample File-sets of pydicom are what their records say."""
    for dicomdir in (media / "DICOMDIR", media / "TINY_ALPHA" / "DICOMDIR"):
        assert opened(dicomdir).check_files() == []


def test_a_copy_tells(swapped: Path, tmp_path: Path) -> None:
    """A copy is what it is copied from, and says what is wrong with that."""
    file_set = opened(swapped)
    plan = file_set.plan_copy(tmp_path / "plan", compare=True)
    assert len(plan.findings) == 2
    with pytest.warns(UserWarning, match="2 of the files .* not what their records say"):
        copied = file_set.copy(tmp_path / "copy")
    assert copied.findings == list(plan.findings)


def test_new_names_are_told(swapped: Path) -> None:
    """A write that renames files compares them first; one that leaves them does not read them."""
    file_set = opened(swapped)
    assert file_set.plan(layout=Layout.KEEP, compare=True).findings == ()
    with pytest.warns(UserWarning, match="not what their records say"):
        receipt = file_set.write()
    assert receipt is not None
    assert len(receipt.findings) == 2


def _other_patient(dataset: pydicom.Dataset) -> None:
    dataset.PatientID = "SOMEBODY ELSE"


def _other_series(dataset: pydicom.Dataset) -> None:
    dataset.SeriesInstanceUID = UID("1.2.3.4")


def _other_class(dataset: pydicom.Dataset) -> None:
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage


@pytest.mark.parametrize(
    ("change", "severity", "words"),
    [
        (_other_patient, Severity.ERROR, "Patient ID '98890234', the file has 'SOMEBODY ELSE'"),
        (_other_series, Severity.ERROR, "the file has '1.2.3.4'"),
        (_other_class, Severity.WARNING, "it names SOP Class"),
    ],
)
def test_a_file_replaced_by_another_hand(
    media: Path,
    change: Callable[[pydicom.Dataset], None],
    severity: Severity,
    words: str,
) -> None:
    """A file changed behind the directory's back is found by what it says now."""
    path = media / "98892003" / "MR700" / "4467"
    dataset = pydicom.dcmread(path)
    change(dataset)
    dataset.save_as(path)
    (finding,) = opened(media / "DICOMDIR").check_files()
    assert finding.severity is severity
    assert words in finding.what


def test_a_file_that_is_no_dicom(media: Path) -> None:
    """A file overwritten with something else is an error, not an exception."""
    (media / "98892003" / "MR700" / "4467").write_bytes(b"no DICOM at all" * 100)
    (finding,) = opened(media / "DICOMDIR").check_files()
    assert finding.severity is Severity.ERROR
    assert "cannot be read as DICOM" in finding.what


def test_a_file_that_is_cut_off(media: Path, tmp_path: Path) -> None:
    """A file whose end is missing is told of; a copy takes it as it is."""
    path = media / "98892003" / "MR700" / "4467"
    path.write_bytes(path.read_bytes()[:-100])
    file_set = opened(media / "DICOMDIR")
    (finding,) = file_set.check_files()
    assert finding.severity is Severity.ERROR
    assert finding.what == "The file is cut off: 100 bytes are missing at the end"
    assert finding.brief == "it is cut off"
    assert file_set.plan_copy(tmp_path / "copy", compare=True).findings == (finding,)


def test_padding_and_character_set_do_not_matter(media: Path, tmp_path: Path) -> None:
    """Instances added from files agree with the records made of them, in every character set."""
    file_set = FileSet()
    for number, (terms, patient) in enumerate(
        [("ISO_IR 192", "Größe 7"), ("ISO_IR 100", "Größe 8"), ("", "7 ")]
    ):
        dataset = pydicom.dcmread(media / "98892003" / "MR700" / "4467")
        dataset.SpecificCharacterSet = terms
        dataset.PatientID = patient
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.{number}")
        dataset.save_as(tmp_path / str(number))
        file_set.add(tmp_path / str(number))
    file_set.write(tmp_path / "set")
    assert len(file_set) == 3
    assert file_set.check_files() == []


def cut(disc: Path) -> Path:
    """Take the end of a file."""
    path = max(disc.glob("77654033/CT2/*"))
    path.write_bytes(path.read_bytes()[:-100])
    return path


def test_a_copy_tells_what_is_cut_off(swapped: Path, tmp_path: Path) -> None:
    """Of a file whose end is missing too, a copy and its plan tell."""
    path = cut(swapped.parent)
    file_set = opened(swapped)
    found = file_set.plan_copy(tmp_path / "plan", compare=True).findings
    assert len(found) == 3
    (one,) = (finding for finding in found if finding.path == str(path))
    assert one.severity is Severity.ERROR
    assert "100 bytes are missing" in one.what
    with pytest.warns(UserWarning, match="3 of the files .* cut off or not what"):
        copied = file_set.copy(tmp_path / "copy")
    assert copied.findings == list(found)


def test_new_names_tell_what_is_cut_off(sample_dir: Path) -> None:
    """A write that renames a file which is cut off says so."""
    cut(sample_dir)
    with pytest.warns(UserWarning, match="1 of the files .* cut off"):
        receipt = opened(sample_dir / "DICOMDIR").write()
    assert receipt is not None
    assert len(receipt.findings) == 1


def test_a_file_of_another_that_is_cut_off_tells_both(swapped: Path) -> None:
    """That a file is cut off is not left out where it is of another instance, too."""
    path = swapped.parent / "98892003" / "MR700" / "4467"
    path.write_bytes(path.read_bytes()[:-100])
    findings = opened(swapped).check_files()
    assert len(findings) == 2
    assert ["100 bytes are missing" in finding.what for finding in findings].count(True) == 1
    assert all("names SOP Instance" in finding.what for finding in findings)


def test_the_key_of_a_record_that_references_a_file_itself_counts(tmp_path: Path) -> None:
    """Where a patient's record itself names a file, that must be of this patient, too."""
    file_set = FileSet()
    file_set.add(sample("CT_small.dcm"))
    file_set.write(tmp_path / "set")
    dicomdir = tmp_path / "set" / "DICOMDIR"
    directory = pydicom.dcmread(dicomdir)
    patient, *_, leaf = directory.DirectoryRecordSequence
    for keyword in (
        "ReferencedFileID",
        "ReferencedSOPClassUIDInFile",
        "ReferencedSOPInstanceUIDInFile",
        "ReferencedTransferSyntaxUIDInFile",
    ):
        setattr(patient, keyword, leaf[keyword].value)
    patient.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    patient.PatientID = "SOMEBODY ELSE"
    directory.DirectoryRecordSequence = [patient]
    directory.save_as(dicomdir)
    (finding,) = opened(dicomdir, salvage=True).check_files()
    assert "it is below Patient ID 'SOMEBODY ELSE', the file has '1CT1'" in finding.what
