"""Many files in one go: each that cannot be taken is listed with its reason, the others go in."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from dicomdir_studio.errors import (
    DirectoryInFileSetError,
    DuplicateInstanceError,
    FolderGivenError,
    InstanceError,
    MissingFileError,
    MissingKeyError,
    NotDicomError,
    OperationCancelledError,
    TruncatedFileError,
    UnfiledSOPClassError,
)
from dicomdir_studio.fileset import DIRECTORY_RECORDERS, FileSet, RecordNode, Severity
from dicomdir_studio.monitor import Monitor
from tests.bundled import sample
from tests.fileset.twins import assert_whole, plain_record, quietly
from tests.folders import digest

if TYPE_CHECKING:
    from collections.abc import Callable


def altered(path: Path, change: Callable[[Dataset], Any]) -> Path:
    """Write CT_small with something changed."""
    dataset = pydicom.dcmread(sample("CT_small.dcm"))
    dataset.SOPInstanceUID = generate_uid()
    change(dataset)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", "1.2")
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "1.2")
    quietly(lambda: dataset.save_as(path, enforce_file_format=False))
    return path


def without(keyword: str) -> Callable[[Dataset], Any]:
    """Return a change that takes an element away."""
    return lambda dataset: delattr(dataset, keyword)


def emptied(keyword: str) -> Callable[[Dataset], Any]:
    """Return a change that empties an element."""
    return lambda dataset: setattr(dataset, keyword, None)


def test_each_refusal_has_its_reason(tmp_path: Path, media: Path) -> None:
    """Ten files that cannot be taken, each with an error of its own kind; two that can."""
    text = tmp_path / "notes.txt"
    text.write_text("no DICOM at all, but long enough to look at " * 10)
    empty = tmp_path / "empty"
    empty.touch()
    cut = tmp_path / "cut.dcm"
    cut.write_bytes(sample("MR_small.dcm").read_bytes()[:-100])
    expected: dict[Path, type[Exception]] = {
        text: NotDicomError,
        empty: NotDicomError,
        tmp_path: FolderGivenError,
        tmp_path / "absent": MissingFileError,
        media / "DICOMDIR": DirectoryInFileSetError,
        cut: TruncatedFileError,
        altered(tmp_path / "nopid.dcm", without("PatientID")): MissingKeyError,
        altered(tmp_path / "nostudy.dcm", without("StudyInstanceUID")): MissingKeyError,
        altered(tmp_path / "noseries.dcm", emptied("SeriesInstanceUID")): MissingKeyError,
        altered(tmp_path / "nouid.dcm", without("SOPInstanceUID")): InstanceError,
    }
    good = [sample("CT_small.dcm"), sample("MR_small.dcm")]
    file_set = FileSet()
    report = file_set.add_many([good[0], *expected, good[1], good[0]])
    assert [one.path for one in report.added] == [str(path) for path in good]
    kinds = {one.path: type(one.error) for one in report.refused}
    assert kinds.pop(str(good[0])) is DuplicateInstanceError
    for path, kind in expected.items():
        assert issubclass(kinds[str(path)], kind), path
    for refusal in report.refused:
        assert refusal.path in str(refusal.error)
        assert refusal.error.what
    assert len(file_set) == 2
    assert file_set.undo_text == "Add 2 instances"


def test_an_unknown_sop_class(tmp_path: Path) -> None:
    """Of a class that no table knows an image is filed as one, with a finding; others are not."""
    image = altered(tmp_path / "image.dcm", lambda ds: setattr(ds, "SOPClassUID", "1.2.3.4.5"))

    def bare(dataset: Dataset) -> None:
        dataset.SOPClassUID = "1.2.3.4.5"
        dataset.SOPInstanceUID = generate_uid()
        for keyword in ("PixelData", "Rows", "Columns"):
            delattr(dataset, keyword)

    other = altered(tmp_path / "other.dcm", bare)
    report = FileSet().add_many([image, other])
    assert [one.node.record_type for one in report.added] == ["IMAGE"]
    assert report.findings[0].severity is Severity.WARNING
    assert isinstance(report.refused[0].error, UnfiledSOPClassError)


def test_names_do_not_matter(tmp_path: Path) -> None:
    """Files are judged by their content: any name and extension will do."""
    for name in ("a.txt", "IMAGE", "ü ö.jpeg", ".hidden"):
        path = tmp_path / name
        shutil.copy(sample("CT_small.dcm"), path)
        assert len(FileSet().add_many([path]).added) == 1


class CancelAt(Monitor):
    """Cancels before a certain file, and keeps what it was told."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.total: int | None = None
        self.done = 0

    def start(self, phase: str, total: int | None = None, unit: str = "files") -> None:
        """Keep the total."""
        self.total = total

    def advance(self, amount: int = 1, detail: str = "") -> None:
        """Count."""
        self.done += amount

    def check(self) -> None:
        """Cancel in time."""
        if self.done >= self.place:
            raise OperationCancelledError


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_cancel_stages_nothing(loaded: FileSet, place: int) -> None:
    """Cancelled before any of the files: nothing is staged, and nothing is left behind."""
    before = (str(loaded), [node.key for node in loaded.tree], loaded.tree.tally)
    removed = next(iter(loaded))
    path = removed.path
    loaded.remove(removed)
    state = (str(loaded), [node.key for node in loaded.tree], loaded.tree.tally)
    monitor = CancelAt(place)
    with pytest.raises(OperationCancelledError):
        loaded.add_many(
            [sample("CT_small.dcm"), path, sample("MR_small.dcm"), sample("rtdose.dcm")],
            monitor=monitor,
        )
    assert monitor.total == 4
    assert (str(loaded), [node.key for node in loaded.tree], loaded.tree.tally) == state
    assert removed.for_removal
    assert not loaded.can_redo
    loaded.undo()
    assert (str(loaded), [node.key for node in loaded.tree], loaded.tree.tally) == before
    assert len(loaded.add_many([sample("CT_small.dcm")]).added) == 1


def test_the_report_says_what_came_back(loaded: FileSet) -> None:
    """A file staged for removal is restored by adding it, in the same single edit."""
    removed = list(loaded)[:2]
    paths = [one.path for one in removed]
    loaded.remove(removed)
    report = loaded.add_many([*paths, sample("CT_small.dcm")])
    assert report.restored == removed
    assert len(report.added) == 1
    assert set(report.change.altered) == set(removed)
    assert len(report.change.attached) == 1
    loaded.undo()
    assert all(one.for_removal for one in removed)
    assert not loaded.staged_additions


def test_other_content_is_not_taken_for_a_removed_instance(loaded: FileSet, tmp_path: Path) -> None:
    """A file with the UID of a removed instance but other bytes is refused, naming both."""
    removed = next(iter(loaded))
    other = tmp_path / "other.dcm"
    other.write_bytes(b"\1" + Path(removed.path).read_bytes()[1:])
    loaded.remove(removed)
    report = loaded.add_many([other])
    assert isinstance(report.refused[0].error, DuplicateInstanceError)
    assert removed.for_removal


@pytest.mark.parametrize(
    "keyword",
    ["PatientID", "StudyDate", "StudyTime", "StudyID", "StudyInstanceUID", "SeriesInstanceUID",
     "SeriesNumber", "Modality", "InstanceNumber"],
)  # fmt: skip
@pytest.mark.parametrize("change", [without, emptied])
def test_missing_keys(tmp_path: Path, keyword: str, change: Any) -> None:
    """Refused with the key's name; filled in on request, reported, and the file left as it was."""
    path = altered(tmp_path / "lacking.dcm", change(keyword))
    wanted = digest(path)
    with pytest.raises(MissingKeyError, match=pydicom.datadict.dictionary_description(keyword)):
        FileSet().add(path)
    file_set = FileSet()
    report = file_set.add_many([path], missing_keys="fill")
    assert len(report.added) == 1, report.refused
    assert report.added[0][keyword].value not in ("", None)
    assert any(keyword in finding.what for finding in report.findings)
    assert report.findings == file_set.findings
    file_set.write(tmp_path / "set")
    assert list(assert_whole(tmp_path / "set").values()) == [wanted]


def test_filled_numbers_are_free_ones(tmp_path: Path) -> None:
    """Instance Numbers filled in are the lowest that no sibling has."""
    paths = []
    for place, number in enumerate([2, 1, None, 5, None, None]):

        def change(dataset: Dataset, number: int | None = number) -> None:
            dataset.InstanceNumber = number

        paths.append(altered(tmp_path / f"{place}.dcm", change))
    file_set = FileSet()
    file_set.add_many(paths, missing_keys="fill")
    numbers = sorted(int(one.InstanceNumber) for one in file_set)
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_unidentified_instances_are_not_mixed(tmp_path: Path) -> None:
    """Instances without patient, study or series are filed apart, those of one study together."""

    def nameless(dataset: Dataset) -> None:
        dataset.SOPInstanceUID = generate_uid()
        for keyword in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID"):
            delattr(dataset, keyword)

    def no_patient(dataset: Dataset) -> None:
        dataset.SOPInstanceUID = generate_uid()
        del dataset.PatientID

    paths = [altered(tmp_path / f"{place}.dcm", nameless) for place in range(3)]
    same = [altered(tmp_path / f"same{place}.dcm", no_patient) for place in range(3)]
    file_set = FileSet()
    assert len(file_set.add_many(paths + same, missing_keys="fill").added) == 6
    assert len(file_set.find_values("PatientID")) == 4
    assert len(file_set.find_values("SeriesInstanceUID")) == 4


@pytest.fixture
def recorders() -> Any:
    """Put the default recorders back after the test."""
    kept = dict(DIRECTORY_RECORDERS)
    yield DIRECTORY_RECORDERS
    DIRECTORY_RECORDERS.clear()
    DIRECTORY_RECORDERS.update(kept)


@pytest.mark.parametrize("kind", ["path", "dataset"])
def test_a_recorder_of_ones_own(recorders: Any, tmp_path: Path, kind: str) -> None:
    """A function in DIRECTORY_RECORDERS makes the records of its type, and they are written."""
    default = recorders["SERIES"]

    def recorder(dataset: Dataset) -> Dataset:
        record: Dataset = default(dataset)
        record.SeriesDescription = "MINE"
        return record

    recorders["SERIES"] = recorder
    file_set = FileSet()
    path = sample("CT_small.dcm")
    instance = file_set.add(path if kind == "path" else pydicom.dcmread(path))
    assert instance.SeriesDescription == "MINE"
    file_set.write(tmp_path / "set")
    assert next(iter(FileSet(tmp_path / "set" / "DICOMDIR"))).SeriesDescription == "MINE"


def test_a_recorder_that_refuses(recorders: Any) -> None:
    """A ValueError of such a function refuses the file with its words."""

    def recorder(dataset: Dataset) -> Dataset:
        raise ValueError("not this one")

    recorders["IMAGE"] = recorder
    report = FileSet().add_many([sample("CT_small.dcm")])
    assert "not this one" in str(report.refused[0].error)


def test_a_default_recorder_can_be_called(oracle: Any) -> None:
    """The defaults take a data set and give at least the keys with a value that pydicom's give."""
    dataset = pydicom.dcmread(sample("CT_small.dcm"))
    for kind in ("PATIENT", "STUDY", "SERIES", "IMAGE"):
        theirs = plain_record(oracle.DIRECTORY_RECORDERS[kind](dataset))
        ours = plain_record(DIRECTORY_RECORDERS[kind](dataset))
        for tag, (vr, value) in theirs.items():
            if value not in (None, ""):
                assert ours[tag] == (vr, value)
    assert set(oracle.DIRECTORY_RECORDERS) <= set(DIRECTORY_RECORDERS)
    with pytest.raises(ValueError, match="Patient ID"):
        DIRECTORY_RECORDERS["PATIENT"](Dataset())


def test_private_records_round_trip(tmp_path: Path, oracle: Any) -> None:
    """PRIVATE records added by hand are written, read back and removed like others."""
    file_set = FileSet()
    file_set.add(sample("CT_small.dcm"))
    patient, private = Dataset(), Dataset()
    patient.DirectoryRecordType, patient.PatientID, patient.PatientName = "PATIENT", "1CT1", "A"
    private.DirectoryRecordType, private.PrivateRecordUID = "PRIVATE", generate_uid()
    leaf = RecordNode(private)
    leaf.parent = RecordNode(patient)
    instance = file_set.add_custom(sample("MR_small.dcm"), leaf)
    assert instance.is_private
    assert instance.for_addition
    assert len(file_set.tree.children) == 1, "the PATIENT that was there is used"
    file_set.write(tmp_path / "set")
    for kind in (oracle.FileSet, FileSet):
        again = kind(tmp_path / "set" / "DICOMDIR")
        assert [one.is_private for one in again].count(True) == 1
    assert len(assert_whole(tmp_path / "set")) == 2
    file_set.remove([one for one in file_set if one.is_private])
    file_set.write()
    assert len(assert_whole(tmp_path / "set")) == 1


CHARSETS = {
    "ISO_IR 100": "Müller^Jürgen",
    "ISO_IR 144": "Люкceмбypг",  # noqa: RUF001 - as PS3.5 H has it
    "ISO_IR 192": "王^小東",
    "GB18030": "王^小东",
    "ISO_IR 126": "Διονυσιος",
    "\\ISO 2022 IR 87": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "\\ISO 2022 IR 149": "Hong^Gildong=洪^吉洞=홍^길동",
}


@pytest.mark.parametrize("terms", CHARSETS)
def test_character_sets_per_record(tmp_path: Path, oracle: Any, terms: str) -> None:
    """Each record says the character set of its own values, through writing and reading."""

    def change(dataset: Dataset) -> None:
        dataset.SpecificCharacterSet = terms.split("\\") if "\\" in terms else terms
        dataset.PatientName = CHARSETS[terms]
        dataset.PatientID = "P" + str(len(terms))

    path = altered(tmp_path / "named.dcm", change)
    file_set = FileSet()
    file_set.add_many([sample("MR_small.dcm"), path])
    file_set.write(tmp_path / "set")
    expected = pydicom.dcmread(path).PatientName
    for kind in (oracle.FileSet, FileSet):
        again = kind(tmp_path / "set" / "DICOMDIR")
        assert expected in again.find_values("PatientName")
        assert len(again.find(PatientName=expected)) == 1
        assert CHARSETS[terms].split("=")[0] in str(again)


def test_a_charset_is_only_said_where_it_matters(tmp_path: Path) -> None:
    """Two character sets in one File-set do not mix: each patient's name reads as it was."""
    names = {}
    file_set = FileSet()
    for place, (terms, name) in enumerate(CHARSETS.items()):

        def change(dataset: Dataset, terms: str = terms, name: str = name, n: int = place) -> None:
            dataset.SpecificCharacterSet = terms.split("\\") if "\\" in terms else terms
            dataset.PatientName = name
            dataset.PatientID = f"P{n}"
            dataset.SOPInstanceUID = generate_uid()
            dataset.StudyInstanceUID = generate_uid()
            dataset.SeriesInstanceUID = generate_uid()

        path = altered(tmp_path / f"{place}.dcm", change)
        names[f"P{place}"] = pydicom.dcmread(path).PatientName
        file_set.add(path)
    file_set.write(tmp_path / "set")
    again = FileSet(tmp_path / "set" / "DICOMDIR")
    assert {str(one.PatientID): one.PatientName for one in again} == names


def test_a_report_is_printed_in_numbers() -> None:
    """And a conflict as what it says."""
    file_set = FileSet()
    report = file_set.add_many([sample("CT_small.dcm"), "missing"])
    assert repr(report).startswith("<AddReport: 1 added, 0 restored, 1 refused, ")
