"""Files added one call after the other beside the same calls that remember nothing."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.uid import generate_uid

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import DIRECTORY_RECORDERS, FileSet
from dicomdir_studio.fileset.adding import Adder
from dicomdir_studio.fileset.conflicts import ConflictWatch
from dicomdir_studio.fileset.recorders import DefaultRecorder
from tests.benchmarks.generate import Shape, make_files
from tests.benchmarks.work import files_below
from tests.fileset.twins import described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydicom.dataset import Dataset

SHAPE = Shape(per_series=10, series_per_study=2)
STEPS = 60


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """Give the files of four series of two patients."""
    return files_below(str(make_files(tmp_path / "files", 40, SHAPE)))


@pytest.fixture
def recorders() -> Iterator[dict[str, Any]]:
    """Put the default recorders back after the test."""
    kept = dict(DIRECTORY_RECORDERS)
    yield DIRECTORY_RECORDERS
    DIRECTORY_RECORDERS.update(kept)


def varied(path: str, **values: Any) -> str:
    """Write another instance of the series of a file, with other values."""
    dataset = pydicom.dcmread(path)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    target = Path(path).with_name(f"{Path(path).name}-{len(values)}-{generate_uid()[-8:]}")
    dataset.save_as(target)
    return str(target)


@pytest.fixture
def odd(paths: list[str]) -> list[str]:
    """Give files of these series that contradict their neighbours or lack what records need."""
    return [
        varied(paths[0], PatientName="Somebody^Else"),
        varied(paths[10], PatientBirthDate="19010101"),
        varied(paths[20], PatientID="OTHER"),
        varied(paths[5], PatientID=""),
        varied(paths[15], InstanceNumber=None),
        varied(paths[25], SpecificCharacterSet="ISO_IR 192", PatientName="Müller^Jörg"),
        varied(paths[35], Modality=""),
    ]


def of_mine(dataset: Dataset) -> Dataset:
    """Return the record of a series; instances with an odd number are filed apart."""
    record = pydicom.Dataset()
    record.Modality = dataset.Modality
    record.SeriesNumber = dataset.SeriesNumber
    odd = int(dataset.InstanceNumber or 0) % 2
    record.SeriesInstanceUID = f"{dataset.SeriesInstanceUID}.{odd + 1}"
    return record


def told(work: Callable[[], Any]) -> str:
    """Return the error that something ends with, "" if it ends well."""
    try:
        work()
    except StudioError as error:
        return str(error)
    return ""


def steps_of(file_set: FileSet, random: Random, paths: list[str], odd: list[str]) -> list[Any]:
    """Return what a user may do next; the same numbers choose the same."""
    path = random.choice(odd) if random.random() < 0.15 else random.choice(paths)
    some = random.sample(paths, 3)
    dataset = pydicom.dcmread(path)
    staged = [one for one in file_set if not one.for_removal]
    chosen = random.sample(staged, min(len(staged), 2))
    default: Callable[[Dataset], Dataset] = DefaultRecorder("SERIES")
    recorder = default if random.random() < 0.6 else of_mine
    common = [
        lambda: file_set.add(path),
        lambda: file_set.add(path),
        lambda: file_set.add(path, missing_keys="fill"),
        lambda: file_set.add_many(some),
    ]
    rare = [
        lambda: file_set.add(dataset),
        lambda: file_set.add_many([*odd[:2], *some], missing_keys="fill"),
        lambda: file_set.stage_removal(chosen),
        file_set.undo,
        file_set.redo,
        lambda: file_set.edit_properties(ID="X"),
        lambda: DIRECTORY_RECORDERS.update(SERIES=recorder),
    ]
    return common if random.random() < 0.8 else rare


@pytest.mark.parametrize("seed", range(25))
def test_what_is_remembered_changes_nothing(
    paths: list[str], odd: list[str], recorders: dict[str, Any], seed: int
) -> None:
    """Any order of additions, removals and undoing gives the same records, errors and findings."""
    kept = dict(recorders)
    results = []
    for remembers in (True, False):
        recorders.update(kept)
        random, file_set, errors = Random(seed), FileSet(), []
        for _ in range(STEPS):
            step = random.choice(steps_of(file_set, random, paths, odd))
            if not remembers:
                file_set._stage.learned = None
            errors.append(told(step))
        findings = [(one.severity, one.what, one.where) for one in file_set.findings]
        tree = [row[:4] for row in described(file_set)]
        results.append((errors, findings, tree, [str(one) for one in file_set.staged_removals]))
    assert results[0] == results[1]
    assert len(results[0][2]) > 20


def test_neighbours_are_staged_the_short_way(
    paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call for each file costs little more than one for all: a series is looked up once."""
    looks: list[str] = []
    long_way: list[str] = []
    look, add_one = ConflictWatch.look, Adder._add_one

    def looked(watch: ConflictWatch, parent: Any, new: Any, header: Any) -> Any:
        looks.append(header.path)
        return look(watch, parent, new, header)

    def added(adder: Adder, header: Any, *rest: Any) -> Any:
        long_way.append(header.path)
        return add_one(adder, header, *rest)

    monkeypatch.setattr(ConflictWatch, "look", looked)
    monkeypatch.setattr(Adder, "_add_one", added)
    file_set = FileSet()
    for path in paths:
        file_set.add(path)
    assert len(file_set) == len(paths)
    assert len(looks) == len(file_set.find_values("SeriesInstanceUID"))
    assert len(long_way) < 12


def test_a_recorder_files_the_instances_of_one_call_apart(
    paths: list[str], recorders: dict[str, Any]
) -> None:
    """Where a function makes the series' records, each instance goes below the one made for it."""
    recorders["SERIES"] = of_mine
    one, each = FileSet(), FileSet()
    one.add_many(paths)
    for path in paths:
        each.add(path)
    for file_set in (one, each):
        series = [node for node in file_set.tree if node.record_type == "SERIES"]
        assert len(series) == 8
        for node in series:
            numbers = {int(child.get("InstanceNumber")) % 2 for child in node.children}
            assert numbers == {int(node.key[-1]) - 1}


def test_a_series_that_was_undone_is_forgotten(paths: list[str]) -> None:
    """A series is below two patients whatever was staged and taken back before."""
    other = [varied(paths[0], PatientID="OTHER") for _ in range(2)]
    file_set = FileSet()
    file_set.add(paths[20])
    file_set.add(other[0])
    file_set.undo()
    file_set.add(paths[0])
    assert not file_set.findings
    file_set.add(other[1])
    study, series = file_set.findings
    assert "is below two patients" in study.what
    assert "is below two studies" in series.what
    assert series.where == other[1]


def test_what_was_filled_in_for_one_is_asked_of_the_next(paths: list[str]) -> None:
    """A file without a Patient ID is refused though a neighbour was taken with one filled in."""
    first, second = (varied(paths[0], PatientID="") for _ in range(2))
    file_set = FileSet()
    file_set.add(first, missing_keys="fill")
    with pytest.raises(StudioError, match="Patient ID"):
        file_set.add(second)
    file_set.add(second, missing_keys="fill")
    assert len(file_set) == 2


def test_a_report_is_not_added_to_later(paths: list[str]) -> None:
    """The conflict of a later call is none of those that an earlier one reported."""
    file_set = FileSet()
    report = file_set.add_many(paths[:3])
    file_set.add(varied(paths[10], PatientID="OTHER", SeriesInstanceUID="1.2.3"))
    file_set.add(varied(paths[0], PatientID="OTHER", StudyInstanceUID="1.2.4"))
    assert any("is below two" in finding.what for finding in file_set.findings)
    assert report.conflicts == []
