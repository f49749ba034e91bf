"""Conflicts and character sets from the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from dicomdir_studio.cli import staging
from dicomdir_studio.session.opening import open_file_set

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Terminal


def written(path: Path, **values: Any) -> Path:
    """Write CT_small with other values."""
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    dataset.SOPInstanceUID = generate_uid()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path)
    return path


@pytest.fixture
def disputed(tmp_path: Path) -> tuple[Path, Path]:
    """Give a File-set of one instance, and a folder with a duplicate and another person."""
    uid = generate_uid()
    first = written(tmp_path / "first", SOPInstanceUID=uid, PatientName="Doe^Jane")
    new = tmp_path / "new"
    new.mkdir()
    written(new / "duplicate", SOPInstanceUID=uid, PatientName="Doe^Jane", StudyID="other")
    written(new / "stranger", PatientName="Roe^Rita")
    return first, new


@pytest.mark.parametrize(
    ("policy", "code", "count", "study"),
    [("ask", 1, 2, "1CT1"), ("keep", 1, 2, "1CT1"), ("leave-out", 2, 1, "1CT1"),
     ("replace", 1, 2, "other")],
)  # fmt: skip
def test_each_policy(
    terminal: Terminal,
    tmp_path: Path,
    disputed: tuple[Path, Path],
    policy: str,
    code: int,
    count: int,
    study: str,
) -> None:
    """Off a terminal nothing is asked; each policy does what it says, and the code tells."""
    first, new = disputed
    assert terminal("create", tmp_path / "set", first).code == 0
    ended = terminal("add", tmp_path / "set", new, "--on-conflict", policy)
    assert ended.code == code, ended.err
    assert ("not resolved" in ended.err) == (policy == "ask")
    assert ("refused: " in ended.err) == (policy != "replace")
    assert (f"left out: {new / 'stranger'}" in ended.err) == (policy == "leave-out")
    assert "two names: 'Doe^Jane' and 'Roe^Rita'" in ended.err
    written_set = open_file_set(tmp_path / "set")
    assert len(written_set) == count
    assert pydicom.dcmread(next(iter(written_set)).path).StudyID in {"1CT1", "other"}
    uid = pydicom.dcmread(first).SOPInstanceUID
    (kept,) = [one for one in written_set if uid == one.SOPInstanceUID]
    assert pydicom.dcmread(kept.path).StudyID == study


def test_being_asked(
    terminal: Terminal,
    tmp_path: Path,
    disputed: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a terminal each conflict is put with its files; what was answered is done."""
    first, new = disputed
    assert terminal("create", tmp_path / "set", first).code == 0
    typed = iter(["x", "r", "l"])
    asked: list[str] = []

    def prompt(text: str, **_options: Any) -> str:
        asked.append(text)
        return next(typed)

    monkeypatch.setattr(click, "prompt", prompt)
    monkeypatch.setattr(staging, "_is_terminal", lambda: True)
    ended = terminal("add", tmp_path / "set", new)
    assert ended.code == 1
    assert len(asked) == 3
    assert "[r] put the new in place of the old" in asked[0]
    assert "[k] keep both" in asked[2]
    assert f"new:   {new / 'duplicate'}" in ended.err
    (only,) = open_file_set(tmp_path / "set")
    assert pydicom.dcmread(only.path).StudyID == "other"


def test_a_capital_answers_all_of_a_kind(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One answer in a capital letter is enough for all conflicts of the kind."""
    sources = [written(tmp_path / f"{number}", PatientName=f"P{number}") for number in range(4)]
    monkeypatch.setattr(click, "prompt", lambda *_words, **_options: "L")
    monkeypatch.setattr(staging, "_is_terminal", lambda: True)
    ended = terminal("create", tmp_path / "set", *sources)
    assert ended.code == 1
    assert ended.err.count("\nconflict: ") == 1
    assert len(open_file_set(tmp_path / "set")) == 1


def test_what_is_cut_off_ends_with_one(terminal: Terminal, tmp_path: Path) -> None:
    """A file that is cut off is taken, told of as an error, and the code says so."""
    ended = terminal("create", tmp_path / "set", str(get_testdata_file("MR_truncated.dcm")))
    assert ended.code == 1
    assert "error: The file is cut off (62 bytes are missing at the end)" in ended.err
    refused = terminal(
        "create", tmp_path / "no", str(get_testdata_file("MR_truncated.dcm")),
        "--missing-keys", "refuse",
    )  # fmt: skip
    assert refused.code == 2


def test_charset_lists_and_corrects(terminal: Terminal, sample_dir: Path) -> None:
    """Without a term the readings are listed side by side; with one the DICOMDIR is corrected."""
    path = sample_dir / "DICOMDIR"
    path.write_bytes(path.read_bytes().replace(b"Doe^Peter", b"D\xf6e^Peter"))
    listed = terminal("charset", sample_dir)
    assert listed.code == 0
    assert "ISO_IR 101" in listed.out
    assert "Döe^Peter" in listed.out
    before = path.read_bytes()
    assert terminal("charset", sample_dir, "ISO_IR 101", "--dry-run").code == 0
    assert path.read_bytes() == before
    ended = terminal("charset", sample_dir, "ISO_IR 101", "--group", "1")
    assert ended.code == 0, ended.err
    assert "1 record to declare ISO_IR 101" in ended.out
    record = open_file_set(sample_dir).search({"PatientName": "Döe^Peter"})[0].node.ancestors[-1]
    assert record.get("SpecificCharacterSet") == "ISO_IR 101"
    assert terminal("charset", sample_dir, "ISO_IR 101").code == 2
    assert terminal("charset", sample_dir, "ISO_IR 101", "--group", "7").code == 2
    assert terminal("charset", sample_dir, "nonsense").code == 2


def test_icons(terminal: Terminal, sample_dir: Path, tmp_path: Path) -> None:
    """Icons are made of what is added, or of all that has none, and the DICOMDIR alone changes."""
    made = terminal("create", tmp_path / "set", sample_dir / "98892003", "--icons")
    assert made.code == 0, made.err
    assert "icons made" in made.out
    assert any(node.has_icon for node in open_file_set(tmp_path / "set").tree)
    ended = terminal("icons", sample_dir, "--size", "32", "--grey", "--series-only")
    assert ended.code == 0, ended.err
    icons = [node for node in open_file_set(sample_dir).tree if node.has_icon]
    assert {node.record_type for node in icons} == {"SERIES"}
    assert icons[0].get("IconImageSequence")[0].Rows == 32
    assert terminal("icons", sample_dir, "--series-only").code == 2
    small = terminal("icons", sample_dir, "--budget", "0", "--dry-run")
    assert (small.code, "beyond the budget" in small.err) == (2, True)
