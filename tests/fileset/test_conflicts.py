"""Files that may be of mixed-up patients are told of, whatever series they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.uid import generate_uid

from dicomdir_studio.fileset import FileSet, Finding, Severity
from tests.bundled import sample

if TYPE_CHECKING:
    from pathlib import Path


def files_with(folder: Path, *changes: dict[str, Any]) -> list[Path]:
    """Write instances of one series of CT_small, each with its own values."""
    paths = []
    for number, values in enumerate(changes):
        dataset = pydicom.dcmread(sample("CT_small.dcm"))
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        path = folder / f"{number}.dcm"
        dataset.save_as(path)
        paths.append(path)
    return paths


def contradictions(paths: list[Path]) -> list[Finding]:
    """Return the errors that come with adding files to an empty File-set."""
    report = FileSet().add_many(paths)
    assert len(report.added) == len(paths)
    return [finding for finding in report.findings if finding.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("keyword", "one", "other", "word"),
    [
        ("PatientName", "Doe^Jane", "Roe^Richard", "two names"),
        ("PatientBirthDate", "19700101", "19810203", "two birth dates"),
    ],
)
def test_another_person_in_a_known_series(
    tmp_path: Path, keyword: str, one: str, other: str, word: str
) -> None:
    """A file deep in a series that names somebody else is found, and named, once."""
    values = [one, one, one, other, other]
    paths = files_with(tmp_path, *({keyword: value} for value in values))
    (finding,) = contradictions(paths)
    assert word in finding.what
    assert one in finding.what
    assert other in finding.what
    assert finding.where == str(paths[3])


def test_another_person_in_a_loaded_series(tmp_path: Path) -> None:
    """What is in the written File-set counts as well as what came in the same go."""
    first, same, other = files_with(
        tmp_path,
        {"PatientName": "Doe^Jane"},
        {"PatientName": "Doe^Jane"},
        {"PatientName": "Roe^Richard"},
    )
    file_set = FileSet()
    file_set.add(first)
    file_set.write(tmp_path / "set")
    report = FileSet(tmp_path / "set" / "DICOMDIR").add_many([same, other])
    assert [finding.where for finding in report.findings] == [str(other)]


def test_spelling_is_no_contradiction(tmp_path: Path) -> None:
    """Case, empty components, padding and the character set do not make another person."""
    paths = files_with(
        tmp_path,
        {"SpecificCharacterSet": "ISO_IR 100", "PatientName": "Müller^Jörg"},
        {"SpecificCharacterSet": "ISO_IR 192", "PatientName": "Müller^Jörg"},
        {"SpecificCharacterSet": "ISO_IR 192", "PatientName": "MÜLLER^JÖRG^^"},
        {"PatientName": ""},
        {"SpecificCharacterSet": "ISO_IR 100", "PatientName": "Müller^Jörg "},
    )
    assert contradictions(paths) == []
