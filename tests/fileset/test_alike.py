"""Instances laid alike beside the same instances whose records are made one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
import pytest

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.fileset.adding import Adder
from tests.benchmarks.generate import Shape, make_files
from tests.benchmarks.work import files_below
from tests.bundled import sample
from tests.fileset.twins import described, quietly

SHAPE = Shape(per_series=12, series_per_study=2)


def added(paths: list[str], missing_keys: Any) -> tuple[Any, ...]:
    """Add files and return all that came of it."""
    file_set = FileSet()
    report = quietly(file_set.add_many, paths, missing_keys=missing_keys)
    refused = [(one.path, type(one.error), str(one.error)) for one in report.refused]
    findings = [(one.severity, one.what, one.where) for one in report.findings]
    return described(file_set), refused, findings, [one.path for one in report.added]


def assert_same(
    paths: list[str], monkeypatch: pytest.MonkeyPatch, missing_keys: str = "refuse"
) -> tuple[Any, ...]:
    """Assert that remembered layouts change nothing of the result; return it."""
    alike = added(paths, missing_keys)
    with monkeypatch.context() as patch:
        patch.setattr("dicomdir_studio.fileset.adding_many.layout_memory", lambda: None)
        assert added(paths, missing_keys) == alike
    return alike


def replace_in(path: str, old: bytes, new: bytes) -> None:
    """Change bytes of a file, as many as there were."""
    assert len(old) == len(new)
    content = Path(path).read_bytes()
    assert old in content, old
    Path(path).write_bytes(content.replace(old, new))


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """Give the files of four series."""
    return files_below(str(make_files(tmp_path / "files", 48, SHAPE)))


@pytest.mark.parametrize("missing_keys", ["refuse", "fill"])
def test_plain_series(paths: list[str], monkeypatch: pytest.MonkeyPatch, missing_keys: Any) -> None:
    """Series laid alike have the records that each file alone would have."""
    calls: list[str] = []
    ordinary = Adder._add_one

    def counted(adder: Adder, header: Any, *rest: Any) -> Any:
        calls.append(header.path)
        return ordinary(adder, header, *rest)

    monkeypatch.setattr(Adder, "_add_one", counted)
    file_set = FileSet()
    file_set.add_many(paths, missing_keys=missing_keys)
    assert len(file_set) == 48
    assert len(calls) < 12, "most instances are staged the short way"
    monkeypatch.undo()
    assert_same(paths, monkeypatch, missing_keys)


ODDITIES = {
    "blank number": (b"IS\x08\x001000020 ", b"IS\x08\x00        "),
    "number with NUL": (b"IS\x08\x001000020 ", b"IS\x08\x0020\0\0\0\0\0\0"),
    "number with a letter": (b"IS\x08\x001000020 ", b"IS\x08\x0010000x0 "),
    "number with a sign": (b"IS\x08\x001000020 ", b"IS\x08\x00+000020 "),
    "code in lower case": (b"DERIVED\\SECONDARY", b"derived\\SECONDARY"),
    "another person": (b"Bench^Patient", b"Other^Patient"),
    "another patient": (b"BENCH0000", b"WENCH0000"),
    "no patient": (b"BENCH0000", b"         "),
    "another birth date": (b"19700101", b"19710101"),
    "another study": (b"1462.2.1", b"1462.2.2"),
    "another series": (b"1462.3.1", b"1462.3.2"),
    "another image type": (b"DERIVED\\SECONDARY", b"DERIVED\\PRIMARYXX"),
    "no image type": (b"DERIVED\\SECONDARY", b" " * 17),
    "another character set": (b"ISO_IR 100", b"ISO_IR 101"),
    "unknown class": (b"5.1.4.1.1.7\0", b"5.1.4.1.9.7\0"),
    "a class without images": (b"5.1.4.1.1.7\0", b"5.1.4.1.1.2\0"),
    "a twin": (b".4.1000020\0", b".4.1000017\0"),
    "a UID with a space": (b".4.1000020\0", b".4.1000020 "),
    "a short UID": (b".4.1000020\0", b".4.10000\0\0\0"),
    "no UID": (b"1.2.826.0.1.3680043.10.1462.4.1000020\0", b"\0" * 38),
    "no rows": (b"\x28\0\x10\0US\2\0\x10\0", b"\x28\0\x10\0US\2\0\0\0"),
    "odd rows": (b"\x28\0\x10\0US\2\0\x10\0", b"\x28\0\x10\0US\2\0  "),
    "group length": (b"\x08\0\x05\0CS", b"\x08\0\x04\0CS"),
}


@pytest.mark.parametrize("name", ODDITIES)
@pytest.mark.parametrize("missing_keys", ["refuse", "fill"])
def test_one_odd_instance(
    paths: list[str], monkeypatch: pytest.MonkeyPatch, name: str, missing_keys: str
) -> None:
    """One file of a series that differs is seen to differ, and those after it are not."""
    old, new = ODDITIES[name]
    odd = next(path for path in paths if path.endswith("I0000020"))
    replace_in(odd, old, new.ljust(len(old), b"\0"))
    assert_same(paths, monkeypatch, missing_keys)
    assert_same(paths[:42] + paths[10:34], monkeypatch, missing_keys)


def test_series_by_turns(paths: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of several series by turns each join their own series."""
    turns = [paths[place + series * 12] for place in range(12) for series in range(4)]
    records, refused, _, _ = assert_same(turns, monkeypatch)
    assert not refused
    assert [one[3].instances for one in records if one[0] == "SERIES"] == [12, 12, 12, 12]


def test_a_file_cut_off(paths: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file cut off in its pixels is refused among others that are whole."""
    Path(paths[20]).write_bytes(Path(paths[20]).read_bytes()[:1300])
    assert [one[0] for one in assert_same(paths, monkeypatch)[1]] == [paths[20]]


def test_real_instances_among_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real images of two modalities by turns, as made by pydicom."""
    paths = []
    for name in ("CT_small.dcm", "MR_small.dcm"):
        dataset = pydicom.dcmread(sample(name))
        for number in range(1, 25):
            dataset.SOPInstanceUID = f"{dataset.SeriesInstanceUID}.{number}"
            dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
            dataset.InstanceNumber = number
            dataset.StudyID = "1"
            paths.append(str(tmp_path / f"{name}-{number:03d}"))
            dataset.save_as(paths[-1])
    paths.sort(key=lambda path: path.rpartition("-")[2])
    _, refused, _, came = assert_same(paths, monkeypatch)
    assert not refused
    assert len(came) == 48


def test_a_replaced_recorder_is_asked(paths: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A record function of one's own is asked for every instance, however alike they are."""
    from dicomdir_studio.fileset import DIRECTORY_RECORDERS

    asked = []

    def record(instance: Any) -> Any:
        asked.append(instance.SOPInstanceUID)
        made = pydicom.Dataset()
        made.InstanceNumber = instance.InstanceNumber
        return made

    monkeypatch.setitem(DIRECTORY_RECORDERS, "IMAGE", record)
    file_set = FileSet()
    file_set.add_many(paths)
    assert len(asked) == len(set(asked)) == len(file_set) == 48


def test_undo_and_add_again(paths: list[str]) -> None:
    """What was staged the short way is undone, redone, removed and added like anything else."""
    file_set = FileSet()
    file_set.add_many(paths)
    before = described(file_set)
    file_set.undo()
    assert not list(file_set.tree)
    file_set.redo()
    assert described(file_set) == before
    file_set.remove(file_set._instances[20])
    assert file_set.add(paths[20]).path == paths[20]
    assert sorted(one[2] for one in described(file_set)) == sorted(one[2] for one in before)
