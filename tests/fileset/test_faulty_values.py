"""Values of instances that break the rules of their VR, and files that are cut off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom import config
from pydicom.uid import generate_uid

from dicomdir_studio.errors import NotDicomError, TruncatedFileError
from dicomdir_studio.fileset import FileSet, Finding, Severity
from tests.bundled import TEST_FILES, sample
from tests.fileset.twins import assert_whole, quietly
from tests.folders import digest

if TYPE_CHECKING:
    from tests.judges import Judges


def instance(path: Path, monkeypatch: pytest.MonkeyPatch, **values: Any) -> Path:
    """Write CT_small with values that pydicom would not let one set."""
    with monkeypatch.context() as lenient:
        lenient.setattr(config.settings, "_writing_validation_mode", config.IGNORE)
        lenient.setattr(config.settings, "reading_validation_mode", config.IGNORE)
        dataset = pydicom.dcmread(sample("CT_small.dcm"))
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        for keyword, value in values.items():
            element = pydicom.DataElement(keyword, pydicom.datadict.dictionary_VR(keyword), None)
            element._value = value
            dataset.add(element)
        raw = dataset
        raw.save_as(path)
    return path


def filled(path: Path) -> tuple[FileSet, list[Finding]]:
    """Add one file under fill."""
    file_set = FileSet()
    report = quietly(file_set.add_many, [path], missing_keys="fill")
    assert not report.refused
    return file_set, report.findings


@pytest.mark.parametrize(
    ("keyword", "value", "recorded"),
    [
        ("StudyDate", "1997.04.24", "19970424"),
        ("StudyTime", "14:04:38", "140438"),
        ("Modality", "ct", "CT"),
        ("Modality", "not-a-code", "OT"),
        ("SeriesNumber", "1A", "1"),
        ("InstanceNumber", "3.0", "3"),
        ("PatientID", "y" * 70, "y" * 70),
        ("NumberOfFrames", "1A", None),
        ("PatientBirthDate", "unknown", None),
        ("PatientBirthDate", "1960.01.02", "19600102"),
        ("SeriesDescription", "z" * 70, None),
    ],
)
def test_each_fault(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    judges: Judges,
    keyword: str,
    value: str,
    recorded: str | None,
) -> None:
    """What means one thing is mended, what must be is filled, what may is left out; all is told."""
    path = instance(tmp_path / "one.dcm", monkeypatch, **{keyword: value})
    file_set, findings = filled(path)
    told = [finding for finding in findings if f"{keyword} of the instance" in finding.what]
    assert len(told) == 1
    assert value[:60] in told[0].what
    assert told[0].where == str(path)
    (only,) = file_set
    assert (str(getattr(only, keyword)) if recorded else hasattr(only, keyword)) == (
        recorded or False
    )
    quietly(file_set.write, tmp_path / "set")
    assert set(assert_whole(tmp_path / "set").values()) == {digest(path)}
    if len(value) < 65:
        judges.accept(tmp_path / "set", instances=1)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("StudyDate", "1997.04.24"), ("Modality", "ct"), ("SeriesNumber", "1A")],
)
def test_the_reference_takes_them_and_so_do_we(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keyword: str, value: str
) -> None:
    """Without fill a faulty value of a key that has to be there is taken as it is, and told of."""
    path = instance(tmp_path / "one.dcm", monkeypatch, **{keyword: value})
    file_set = FileSet()
    quietly(file_set.add, path)
    (node,) = [node for node in file_set.tree if node._has(pydicom.tag.Tag(keyword))]
    assert (node._raw_value(pydicom.tag.Tag(keyword)) or b"").strip() == value.encode()
    assert [finding.severity for finding in file_set.findings] == [Severity.WARNING]


def test_a_faulty_date_is_no_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing Study Date is filled from a sound date, mended if need be."""
    path = instance(
        tmp_path / "one.dcm",
        monkeypatch,
        StudyDate="",
        SeriesDate="unknown",
        AcquisitionDate="1997.04.24",
        ContentDate="19980101",
    )
    file_set, _ = filled(path)
    assert next(iter(file_set)).StudyDate == "19970424"


@pytest.mark.parametrize("name", ["MR_truncated.dcm", "rtplan_truncated.dcm"])
def test_what_is_cut_off_goes_in_on_request_only(tmp_path: Path, name: str) -> None:
    """Refused by default; under fill taken as it is, with an error that is told and shown."""
    path = TEST_FILES / name
    with pytest.raises(TruncatedFileError, match="cut off"):
        FileSet().add(path)
    (refusal,) = FileSet().add_many([path]).refused
    assert isinstance(refusal.error, TruncatedFileError)
    file_set, findings = filled(path)
    (told,) = [finding for finding in findings if "cut off" in finding.what]
    assert (told.severity, told.where) == (Severity.ERROR, str(path))
    quietly(file_set.write, tmp_path / "set")
    assert set(quietly(assert_whole, tmp_path / "set").values()) == {digest(path)}


def test_what_is_refused_is_told_of_once(tmp_path: Path) -> None:
    """Findings about a file that does not go in after all are not among the findings."""
    file_set = FileSet()
    paths = [TEST_FILES / "MR_truncated.dcm"]
    quietly(file_set.add_many, paths, missing_keys="fill")
    report = quietly(file_set.add_many, paths, missing_keys="fill")
    assert (len(report.refused), report.findings) == (1, [])


@pytest.mark.parametrize("name", ["rtstruct.dcm", "ExplVR_LitEndNoMeta.dcm"])
def test_bare_data_sets_are_refused_without_fill(name: str) -> None:
    """A File-set references files in the DICOM file format; nothing is made without asking."""
    with pytest.raises(NotDicomError, match="not in the DICOM file format"):
        FileSet().add(TEST_FILES / name)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x08\x00\x05\x00" + b"\xff" * 60,
        b"\x08\0\x16\0UI\x1a\x001.2.840.10008.5.1.4.1.1.2\0",
        b"\x02\0\0\0UL\x04\0\xff\xff\xff\x7f" + b"\0" * 200,
        b"\x08\x00" * 5000,
    ],
    ids=["empty", "overrun", "no instance UID", "meta only", "nonsense"],
)
def test_what_no_dicom_file_can_be_made_of(tmp_path: Path, content: bytes) -> None:
    """Under fill, too, what holds no identified data set is refused with a reason."""
    path = tmp_path / "odd"
    path.write_bytes(content)
    (refusal,) = quietly(FileSet().add_many, [path], missing_keys="fill").refused
    assert isinstance(refusal.error, NotDicomError | TruncatedFileError)


def test_compressed_pixels_without_a_transfer_syntax(tmp_path: Path) -> None:
    """How bare pixels are compressed cannot be told: refused, not guessed."""
    dataset = pydicom.dcmread(TEST_FILES / "JPEG2000.dcm")
    whole = tmp_path / "whole"
    dataset.save_as(whole)
    with whole.open("rb") as file:
        file.seek(132)
        pydicom.filereader._read_file_meta_info(file)
        bare = file.read()
    path = tmp_path / "bare"
    path.write_bytes(bare)
    (refusal,) = quietly(FileSet().add_many, [path], missing_keys="fill").refused
    assert "compressed" in (refusal.error.why or "")


@pytest.mark.parametrize("lacking", ["preamble", "transfer syntax"])
def test_other_lacks_of_the_file_format(tmp_path: Path, lacking: str) -> None:
    """File Meta Information without a preamble is kept; without a transfer syntax made anew."""
    raw = sample("CT_small.dcm").read_bytes()
    path = tmp_path / "odd.dcm"
    if lacking == "preamble":
        path.write_bytes(raw[132:])
    else:
        dataset = pydicom.dcmread(sample("CT_small.dcm"))
        del dataset.file_meta.TransferSyntaxUID
        dataset.save_as(path, enforce_file_format=False, implicit_vr=False, little_endian=True)
    file_set, findings = filled(path)
    assert any("copy in the File-set gets it" in finding.what for finding in findings)
    file_set.write(tmp_path / "set")
    (only,) = file_set
    written = pydicom.dcmread(only.path)
    assert written == pydicom.dcmread(sample("CT_small.dcm"))
    assert written.file_meta.TransferSyntaxUID == only.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    if lacking == "preamble":
        assert Path(only.path).read_bytes()[132:] == raw[132:]
