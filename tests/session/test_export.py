"""Results and values as CSV and JSON."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from pydicom.multival import MultiValue
from pydicom.uid import UID
from pydicom.valuerep import IS, DSfloat, PersonName

from dicomdir_studio.errors import OperationCancelledError, StorageError, StudioError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.session.export import (
    DEFAULT_COLUMNS,
    as_csv,
    as_json,
    plain,
    result_rows,
    save_results,
    save_rows,
    save_values,
    value_of,
)
from tests.monitors import Cancelling

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("a", "a"),
        (IS("7"), 7),
        (DSfloat("1.5"), 1.5),
        (PersonName("Doe^Peter"), "Doe^Peter"),
        (UID("1.2.3"), "1.2.3"),
        (b"\x00\xff", "00ff"),
        (MultiValue(IS, ["1", "2"]), [1, 2]),
        (True, True),
    ],
)
def test_values_become_plain(value: object, expected: object) -> None:
    """Every kind of value has a form that JSON can hold."""
    assert plain(value) == expected
    assert json.loads(json.dumps(plain(value))) == expected


def test_rows_hold_values_of_every_level(sample_dir: Path) -> None:
    """A row has values of the patient, study, series and image record, and of the file."""
    file_set = FileSet(str(sample_dir / "DICOMDIR"))
    rows = result_rows(file_set)
    assert len(rows) == 31
    assert tuple(rows[0]) == DEFAULT_COLUMNS
    first = next(iter(file_set))
    assert rows[0]["PatientID"] == "77654033"
    assert rows[0]["PatientName"] == "Doe^Archibald"
    assert rows[0]["Modality"] == "CR"
    assert rows[0]["SOPInstanceUID"] == str(first.SOPInstanceUID)
    assert value_of(first, "RadiopharmaceuticalCode") is None
    assert value_of(first, "path") == str(first.path)
    assert str(first.path) == str(sample_dir / str(rows[0]["ReferencedFileID"]))


def test_results_are_saved_as_csv(sample_dir: Path, tmp_path: Path) -> None:
    """CSV has a mark for UTF-8, a line of keywords and a line for each instance."""
    file_set = FileSet(str(sample_dir / "DICOMDIR"))
    save_results(tmp_path / "out.CSV", file_set, ("PatientName", "ReferencedFileID"))
    assert (
        (tmp_path / "out.CSV")
        .read_bytes()
        .startswith(b"\xef\xbb\xbfPatientName,ReferencedFileID\r\n")
    )
    with (tmp_path / "out.CSV").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 31
    assert {row["PatientName"] for row in rows} == {"Doe^Archibald", "Doe^Peter"}


def test_values_are_saved_as_json(tmp_path: Path) -> None:
    """JSON is an array of objects with keyword, value and count, with letters as they are."""
    save_values(tmp_path / "out.json", {"PatientName": [("Müller^Jörg", 2)], "Rows": [(512, 3)]})
    text = (tmp_path / "out.json").read_text(encoding="utf-8")
    assert "Müller" in text
    assert json.loads(text) == [
        {"keyword": "PatientName", "value": "Müller^Jörg", "count": 2},
        {"keyword": "Rows", "value": 512, "count": 3},
    ]


def test_nothing_is_an_empty_array() -> None:
    """No rows give valid JSON and a CSV of its header alone."""
    assert json.loads(as_json([])) == []
    assert as_csv([], ["a", "b"]) == "a,b\r\n"


def test_cells_keep_commas_quotes_and_many_values() -> None:
    """What would break a line is quoted, and many values are joined as in DICOM."""
    rows: list[dict[str, Any]] = [{"a": 'x,"y"', "b": ["1", None, 3]}, {"a": None, "b": 0}]
    assert as_csv(rows, ["a", "b"]) == 'a,b\r\n"x,""y""",1\\\\3\r\n,0\r\n'


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    """Only .csv and .json are written."""
    with pytest.raises(StudioError, match=r"\.csv or \.json"):
        save_rows(tmp_path / "out.xls", [], [])
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    """Saving below a file says so."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="cannot be written"):
        save_rows(tmp_path / "file" / "out.csv", [], [])


def test_collecting_can_be_cancelled(sample_dir: Path) -> None:
    """Collecting rows asks its monitor."""
    with pytest.raises(OperationCancelledError):
        result_rows(FileSet(str(sample_dir / "DICOMDIR")), monitor=Cancelling())
