"""ls, find and values."""

from __future__ import annotations

import csv
import json
import shlex
import shutil
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import file_names

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Terminal


def test_ls_shows_the_tree(terminal: Terminal, sample_dir: Path) -> None:
    """Patients, studies and series are named, instances are counted."""
    ended = terminal("ls", sample_dir)
    assert ended.code == 0
    assert "PYDICOM_TEST" in ended.out
    assert "31 instances" in ended.out
    assert "PATIENT  77654033  Doe^Archibald" in ended.out
    assert "  STUDY  20030505  Carotids" in ended.out
    assert "      IMAGE  7 instances" in ended.out
    assert not ended.err


def test_ls_lists_instances_on_demand(terminal: Terminal, sample_dir: Path) -> None:
    """With --instances each leaf has a line with its File ID."""
    ended = terminal("ls", sample_dir / "DICOMDIR", "--instances")
    assert ended.code == 0
    lines = [line for line in ended.out.splitlines() if line.strip().startswith("IMAGE")]
    assert len(lines) == 31
    assert any(line.endswith("98892003/MR700/4558") for line in lines)


def test_ls_looks_here_without_a_path(
    terminal: Terminal, sample_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The current folder is the default."""
    monkeypatch.chdir(sample_dir)
    assert "31 instances" in terminal("ls").out


def test_ls_gives_json(terminal: Terminal, sample_dir: Path) -> None:
    """--json gives an object for each instance."""
    rows = json.loads(terminal("ls", sample_dir, "--json").out)
    assert len(rows) == 31
    assert rows[0]["PatientID"] == "77654033"


def test_ls_tells_of_missing_files(terminal: Terminal, sample_dir: Path) -> None:
    """A file that is not there is a warning on standard error, and the rest is shown."""
    (sample_dir / "98892003" / "MR700" / "4558").unlink()
    ended = terminal("ls", sample_dir)
    assert ended.code == 0
    assert "30 instances" in ended.out
    assert "1 instance left out" in ended.err


def test_find_lists_matches(terminal: Terminal, sample_dir: Path) -> None:
    """Each match is a line; how many there are goes to standard error."""
    ended = terminal("find", sample_dir, "modality=MR", "StudyDescription=Carotids")
    assert ended.code == 0
    assert len(ended.out.splitlines()) == 2
    assert "2 instances found" in ended.err
    assert all("Doe^Peter" in line for line in ended.out.splitlines())


def test_find_gives_json_with_the_keys_asked_for(terminal: Terminal, sample_dir: Path) -> None:
    """The keywords of the query are columns of the result."""
    ended = terminal("find", sample_dir, "StudyTime=050743", "--json")
    rows = json.loads(ended.out)
    assert {row["StudyTime"] for row in rows} == {"050743"}


def test_find_reads_files_on_demand(terminal: Terminal, sample_dir: Path) -> None:
    """With --load values are found that no record holds."""
    assert terminal("find", sample_dir, "Manufacturer=GE MEDICAL SYSTEMS").code == 2
    assert terminal("find", sample_dir, "--load", "SOPClassUID=1.2.840.10008.5.1.4.1.1.4").code == 0


def test_find_saves_csv(terminal: Terminal, sample_dir: Path, tmp_path: Path) -> None:
    """--out saves the matches."""
    out = tmp_path / "found.csv"
    ended = terminal("find", sample_dir, "Modality=CT", "--out", out)
    assert ended.code == 0
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 11


def test_find_nothing_is_two(terminal: Terminal, sample_dir: Path) -> None:
    """No match is nothing done."""
    ended = terminal("find", sample_dir, "PatientID=nobody")
    assert ended.code == 2
    assert not ended.out
    assert "0 instances found" in ended.err


@pytest.mark.parametrize(
    ("terms", "reason"),
    [(["PatienID=1"], "Perhaps PatientID"), ([], "Nothing to search"), (["a", "b"], "KEY=VALUE")],
)
def test_find_refuses_what_is_no_search(
    terminal: Terminal, sample_dir: Path, terms: list[str], reason: str
) -> None:
    """An unknown keyword, no term and a term without a sign end with 2 and a hint."""
    ended = terminal("find", sample_dir, *terms)
    assert ended.code == 2
    assert reason in ended.err


def test_values_counts(terminal: Terminal, sample_dir: Path) -> None:
    """Each value of a keyword comes with the number of instances that have it."""
    ended = terminal("values", sample_dir, "Modality", "patientid")
    assert ended.code == 0
    lines = [line.split() for line in ended.out.splitlines()]
    assert ["17", "MR"] in lines
    assert ["11", "CT"] in lines
    assert ["PatientID"] in lines


def test_values_gives_json(terminal: Terminal, sample_dir: Path) -> None:
    """--json gives keyword, value and count."""
    rows = json.loads(terminal("values", sample_dir, "Modality", "--json").out)
    assert {"keyword": "Modality", "value": "CR", "count": 3} in rows


def test_values_takes_the_folder_from_here(
    terminal: Terminal, sample_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a path the current folder is meant, and a path may be a bare name."""
    monkeypatch.chdir(sample_dir)
    assert "MR" in terminal("values", "Modality").out
    monkeypatch.chdir(sample_dir.parent)
    assert "MR" in terminal("values", "dicomdirtests", "Modality").out


def test_values_of_nothing_is_two(terminal: Terminal, sample_dir: Path) -> None:
    """No keyword, and one that no record has, end with 2."""
    assert terminal("values", f"{sample_dir}/").code == 2
    assert terminal("values", sample_dir, "PatientComments").code == 2
    assert terminal("values", "NoSuchKeyword").code == 2


def test_check_finds_a_lying_record(terminal: Terminal, swapped: Path) -> None:
    """Each file that is not what its record says is a line, and the command ends with 1."""
    ended = terminal("check", swapped)
    assert ended.code == 1
    assert ended.out.count("names SOP Instance") == 2
    assert "31 files compared with the records: 2 not what the record says" in ended.out


def test_check_tells_what_is_cut_off(terminal: Terminal, swapped: Path) -> None:
    """A file whose end is missing is counted apart from those of another instance."""
    whole = max(swapped.parent.glob("77654033/CT2/*"))
    whole.write_bytes(whole.read_bytes()[:-100])
    ended = terminal("check", swapped)
    assert ended.code == 1
    assert "100 bytes are missing at the end" in ended.out
    assert "compared with the records: 2 not what the record says, 1 cut off" in ended.out


def test_names_that_only_resemble_their_file_ids_are_told_of(
    terminal: Terminal, sample_dir: Path
) -> None:
    """The check, and the plan of a write that leaves the files there, name the first and why."""
    (image, *_) = sorted((sample_dir / "77654033" / "CT2").iterdir())
    image.rename(image.with_name(f"{image.name}.dcm"))
    ended = terminal("check", sample_dir)
    assert ended.code == 1
    name = f"77654033/CT2/{image.name}"
    assert f"reference them: 1, the first is {name}.dcm instead of {name}" in ended.out
    assert "(PS3.10 8.2)" in ended.out
    assert "standard layout" in ended.out
    assert "all are what they say, not all named as the records say" in ended.out
    assert "PS3.10 8.2" in terminal("check", sample_dir, "--json").out
    words = ("remove", sample_dir, "Modality=MR", "--dry-run")
    assert f"File IDs: 1, the first is {name}.dcm instead of {name}" in terminal(*words).out
    assert "instead of" not in terminal(*words, "--standard-layout").out


def test_names_of_a_disc_in_lower_case_are_right(
    terminal: Terminal, sample_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux shows plain ISO 9660 so; in a copy on another file system they are wrong."""
    folders = sorted(path for path in sample_dir.rglob("*") if path.is_dir())
    for path in reversed(folders):
        path.rename(path.with_name(path.name.lower()))
    assert "not all named as the records say" in terminal("check", sample_dir).out
    monkeypatch.setattr(file_names, "is_optical", lambda _path: True)
    ended = terminal("check", sample_dir)
    assert (ended.code, "all are what they say" in ended.out) == (0, True)
    (image, *_) = sorted((sample_dir / "77654033" / "ct2").iterdir())
    image.rename(image.with_name(f"{image.name}.dcm"))
    assert f"reference them: 1, the first is 77654033/ct2/{image.name}" in (
        terminal("check", sample_dir).out
    )


def test_check_of_a_sound_set(terminal: Terminal, sample_dir: Path) -> None:
    """A sound File-set ends with 0."""
    ended = terminal("check", sample_dir, "--json")
    assert ended.code == 0
    assert ended.out.strip() == "[]"


@pytest.mark.parametrize("options", [[], ["--strict"]])
def test_an_empty_dicomdir_says_how_to_make_a_new_one(
    terminal: Terminal, sample_dir: Path, tmp_path: Path, options: list[str]
) -> None:
    """Nothing is listed as if it were all, and the command that is told makes the File-set."""
    disc = tmp_path / "a disc"
    for name in ("77654033", "98892001", "98892003"):
        shutil.copytree(sample_dir / name, disc / name)
    (disc / "DICOMDIR").write_bytes(b"")
    for command in (["ls"], ["check"], ["profiles"], ["values"]):
        keys = ["Modality"] if command == ["values"] else []
        ended = terminal(*command, disc, *keys, *options)
        assert ended.code == 2
        assert not ended.out
        assert "The DICOMDIR is empty" in ended.err
    told = ended.err.strip().splitlines()[-1]
    assert told.startswith("To do so: dicomdir-studio create ")
    made = terminal(*shlex.split(told.partition("dicomdir-studio ")[2]))
    assert "31 instances, 0 files copied" in made.out, made.err
    assert terminal("ls", disc, "--strict").code == 0


@pytest.mark.parametrize("content", [b"a text", b"\x93\x00" * 400])
def test_another_file_is_not_listed_as_empty(
    terminal: Terminal, tmp_path: Path, content: bytes
) -> None:
    """What is no DICOMDIR ends with 2, and nothing suggests to write over it."""
    (tmp_path / "DICOMDIR").write_bytes(content)
    ended = terminal("ls", tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "The file is not a DICOMDIR" in ended.err
    assert "To do so" not in ended.err
    assert terminal("create", tmp_path, tmp_path).code == 2
    assert (tmp_path / "DICOMDIR").read_bytes() == content
