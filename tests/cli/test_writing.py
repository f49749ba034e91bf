"""create, add, remove, copy and recover."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.session.opening import open_file_set
from dicomdir_studio.storage import pending
from tests.bundled import sample
from tests.folders import files_below
from tests.storage.without_room import leave_no_room

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Terminal
    from tests.judges import Judges


@pytest.mark.judges
def test_create_makes_a_file_set(
    terminal: Terminal, sample_dir: Path, tmp_path: Path, judges: Judges
) -> None:
    """A folder and a file become a File-set that every judge accepts, byte for byte."""
    out = tmp_path / "disc"
    ended = terminal(
        "create", out, sample_dir / "98892003", sample("CT_small.dcm"), "--id", "TEST_1"
    )
    assert ended.code == 0, ended.err
    assert "18 instances" in ended.out
    judges.accept(out, instances=18)
    assert open_file_set(out).ID == "TEST_1"
    written = set(files_below(out).values())
    assert set(files_below(sample_dir / "98892003").values()) <= written


def test_create_lists_what_was_refused(
    terminal: Terminal, tmp_path: Path, sample_dir: Path
) -> None:
    """Done in part is 1, and standard error names each file that did not go in."""
    (tmp_path / "notes.txt").write_text("no DICOM")
    ended = terminal("create", tmp_path / "disc", tmp_path / "notes.txt", sample_dir / "98892003")
    assert ended.code == 1
    assert "refused:" in ended.err
    assert "notes.txt" in ended.err
    assert "1 path refused" in ended.err
    assert len(open_file_set(tmp_path / "disc")) == 17


@pytest.mark.judges
def test_create_leaves_files_in_place_on_demand(
    terminal: Terminal, sample_dir: Path, judges: Judges
) -> None:
    """With --keep-layout a folder of files gets a DICOMDIR, and no file is touched."""
    root = sample_dir / "98892003"
    before = files_below(root)
    plan = terminal("create", root, root, "--keep-layout", "--dry-run")
    assert plan.out.count("keep    ") == 17
    ended = terminal("create", root, root, "--keep-layout")
    assert ended.code == 0, ended.err
    after = files_below(root)
    assert after.pop("DICOMDIR")
    assert after == before
    judges.accept(root, instances=17)


def test_create_of_nothing_is_two(terminal: Terminal, tmp_path: Path) -> None:
    """If no file can be added nothing is written."""
    (tmp_path / "notes.txt").write_text("no DICOM")
    ended = terminal("create", tmp_path / "disc", tmp_path / "notes.txt", tmp_path / "gone")
    assert ended.code == 2
    assert "2 paths refused" in ended.err
    assert not (tmp_path / "disc").exists()


def test_create_never_replaces_a_file_set(terminal: Terminal, sample_dir: Path) -> None:
    """A folder with a File-set is refused, and stays as it is."""
    before = files_below(sample_dir)
    ended = terminal("create", sample_dir, sample("CT_small.dcm"))
    assert ended.code == 2
    assert "Use add" in ended.err
    assert files_below(sample_dir) == before


def test_dry_runs_print_the_plan_and_change_nothing(
    terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """Every writing command tells what it would do, and does not do it."""
    before = files_below(sample_dir)
    source = sample("CT_small.dcm")
    ended = terminal("add", sample_dir, source, "--dry-run")
    assert ended.code == 0
    assert f"copy    {source} -> " in ended.out
    assert "free" in ended.out
    ended = terminal("remove", sample_dir, "StudyDescription=Carotids", "--dry-run")
    assert ended.code == 0
    assert ended.out.count("remove  ") == 2
    ended = terminal("copy", sample_dir, tmp_path / "copy", "--dry-run")
    assert ended.code == 0
    assert ended.out.count("copy    ") == 31
    ended = terminal("create", tmp_path / "new", source, "--dry-run")
    assert ended.code == 0
    assert files_below(sample_dir) == before
    assert not (tmp_path / "copy").exists()
    assert not (tmp_path / "new").exists()


@pytest.mark.judges
def test_add_keeps_the_layout_and_the_bytes(
    terminal: Terminal, sample_dir: Path, judges: Judges
) -> None:
    """Existing files stay where they are, new ones come to the letter, judges agree."""
    before = files_below(sample_dir)
    ended = terminal("add", sample_dir, sample("CT_small.dcm"), sample("MR_small.dcm"), "--verify")
    assert ended.code == 0, ended.err
    assert "33 instances" in ended.out
    assert "verified" in ended.out
    after = files_below(sample_dir)
    assert {name: after[name] for name in before if name != "DICOMDIR"} == {
        name: digest for name, digest in before.items() if name != "DICOMDIR"
    }
    assert len(after) == len(before) + 2
    judges.accept(sample_dir, instances=33)


def test_add_makes_the_standard_layout_on_demand(terminal: Terminal, sample_dir: Path) -> None:
    """With --standard-layout every file is named anew, and none is lost."""
    ended = terminal("add", sample_dir, sample("CT_small.dcm"), "--standard-layout")
    assert ended.code == 0, ended.err
    file_set = open_file_set(sample_dir)
    assert len(file_set) == 32
    assert not file_set.missing
    assert all("PT0" in str(instance.path) for instance in file_set)


def test_add_of_what_is_there_is_two(terminal: Terminal, sample_dir: Path) -> None:
    """An instance that is in the set already is refused, and nothing is written."""
    before = files_below(sample_dir)
    ended = terminal("add", sample_dir, sample_dir / "98892003" / "MR700" / "4558")
    assert ended.code == 2
    assert "4558" in ended.err
    assert files_below(sample_dir) == before


def test_missing_keys_are_filled_or_refused(
    terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """A file that lacks a key goes in with a filler, or is refused on demand."""
    from pydicom import dcmread

    dataset = dcmread(sample("CT_small.dcm"))
    dataset.PatientID = ""
    dataset.save_as(tmp_path / "nameless.dcm")
    refused = terminal("add", sample_dir, tmp_path / "nameless.dcm", "--missing-keys", "refuse")
    assert refused.code == 2
    assert "nameless.dcm" in refused.err
    filled = terminal("add", sample_dir, tmp_path / "nameless.dcm")
    assert filled.code == 0
    assert "nameless.dcm" in filled.err
    assert len(open_file_set(sample_dir)) == 32


@pytest.mark.judges
def test_remove_takes_instances_and_their_files(
    terminal: Terminal, sample_dir: Path, judges: Judges
) -> None:
    """The study's records and files go, everything else stays where it is."""
    before = files_below(sample_dir)
    ended = terminal("remove", sample_dir, "StudyDescription=Carotids")
    assert ended.code == 0, ended.err
    assert "2 files removed" in ended.out
    assert len(files_below(sample_dir)) == len(before) - 2
    judges.accept(sample_dir, instances=29)


def test_remove_of_nothing_is_two(terminal: Terminal, sample_dir: Path) -> None:
    """If no instance matches nothing is written."""
    before = files_below(sample_dir)
    ended = terminal("remove", sample_dir, "PatientID=nobody")
    assert ended.code == 2
    assert "no instance matches" in ended.err
    assert files_below(sample_dir) == before


@pytest.mark.judges
def test_copy_holds_the_same(
    terminal: Terminal, sample_dir: Path, tmp_path: Path, judges: Judges
) -> None:
    """A copy has every file to the letter, where it was, and leaves the source alone."""
    shutil.rmtree(sample_dir / "TINY_ALPHA")
    before = files_below(sample_dir)
    ended = terminal("copy", sample_dir, tmp_path / "copy")
    assert ended.code == 0, ended.err
    judges.accept(tmp_path / "copy", instances=31)
    copied = files_below(tmp_path / "copy")
    assert len(copied) == 32
    assert all(before[name] == digest for name, digest in copied.items() if name != "DICOMDIR")
    assert files_below(sample_dir) == before


def test_copy_over_a_file_set_is_refused(
    terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """A folder with a File-set is not written over."""
    assert terminal("copy", sample_dir, tmp_path / "copy").code == 0
    before = files_below(tmp_path / "copy")
    ended = terminal("copy", sample_dir, tmp_path / "copy")
    assert ended.code == 2
    assert files_below(tmp_path / "copy") == before


def test_copy_without_missing_files_is_in_part(
    terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """What is missing is left out and said, and the code is 1."""
    (sample_dir / "98892003" / "MR700" / "4558").unlink()
    ended = terminal("copy", sample_dir, tmp_path / "copy")
    assert ended.code == 1
    assert "left out" in ended.err
    assert len(open_file_set(tmp_path / "copy")) == 30


def _cut_short(root: Path, syncs: int) -> None:
    """Remove a study in a process that dies at its n-th call for a sync."""
    code = f"""
import os, sys
left = {syncs}
def dying(real):
    def sync(handle):
        global left
        left -= 1
        if left == 0:
            os._exit(9)
        return real(handle)
    return sync
os.fsync = dying(os.fsync)
from dicomdir_studio.__main__ import main
sys.exit(main(["remove", {str(root)!r}, "StudyDescription=Carotids"]))
"""
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=60)


@pytest.mark.faults
def test_recover_finishes_or_undoes_what_was_cut_short(
    terminal: Terminal, sample_dir: Path
) -> None:
    """After a write that died half-way recover says what it did, and the set is whole."""
    syncs = 0
    while pending(str(sample_dir)) is None:
        syncs += 1
        assert syncs < 50, "no write left a journal"
        _cut_short(sample_dir, syncs)
    ended = terminal("recover", sample_dir)
    assert ended.code == 0, ended.err
    assert "cut short" in ended.out
    assert "is complete: 31 instances" in ended.out
    assert pending(str(sample_dir)) is None
    file_set = open_file_set(sample_dir)
    assert len(file_set) in {29, 31}
    assert not file_set.missing


def test_recover_says_that_a_set_is_whole(terminal: Terminal, sample_dir: Path) -> None:
    """A File-set without an unfinished write is whole."""
    ended = terminal("recover", sample_dir)
    assert ended.code == 0
    assert "is complete: 31 instances" in ended.out


def test_copy_stops_at_a_lying_record(terminal: Terminal, swapped: Path, tmp_path: Path) -> None:
    """Files under records of something else are listed and not taken along, unless asked for."""
    out = tmp_path / "out"
    ended = terminal("copy", swapped, out)
    assert ended.code == 2
    assert ended.err.count("names SOP Instance") == 2
    assert "--as-it-is" in ended.err
    assert not out.exists()
    assert terminal("copy", swapped, out, "--as-it-is").code == 0
    assert len(list(out.rglob("*"))) > 31


def test_copy_tells_what_is_cut_off(terminal: Terminal, sample_dir: Path, tmp_path: Path) -> None:
    """Of a damaged disc a copy is made, each file that is cut off is named, and it ends with 1."""
    cut = max(sample_dir.glob("77654033/CT2/*"))
    cut.write_bytes(cut.read_bytes()[:-100])
    for dry_run in (["--dry-run"], []):
        ended = terminal("copy", sample_dir, tmp_path / "out", *dry_run)
        assert ended.code == 1
        assert "100 bytes are missing at the end" in ended.err
        assert cut.name in ended.err
    assert "31 instances, 31 files copied" in ended.out
    assert (tmp_path / "out" / cut.relative_to(sample_dir)).read_bytes() == cut.read_bytes()
    ended = terminal("copy", sample_dir, tmp_path / "again", "--as-it-is")
    assert ended.code == 0
    assert "100 bytes are missing at the end" in ended.err


def test_a_dry_run_tells_of_files_renamed_in_place(
    terminal: Terminal, sample_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither links nor room on the medium: one line of the printed plan says what that means."""
    words = ("add", sample_dir, sample("CT_small.dcm"), "--standard-layout", "--dry-run")
    assert "note    " not in terminal(*words).out
    leave_no_room(monkeypatch)
    ended = terminal(*words)
    assert ended.code == 0, ended.err
    assert "note    There is no room for copies" in ended.out


def test_what_is_missing_is_not_whole(terminal: Terminal, sample_dir: Path, tmp_path: Path) -> None:
    """Recover and manifest say that a file is missing, once, and end with 1."""
    (sample_dir / "77654033" / "CT2" / "17106").unlink()
    ended = terminal("recover", sample_dir)
    assert ended.code == 1
    assert "is incomplete: 30 instances, 1 file missing" in ended.out
    ended = terminal("manifest", sample_dir, tmp_path / "sums")
    assert ended.code == 1
    assert "31 files" in ended.out
    assert len(ended.err.splitlines()) == 2, ended.err


def test_an_empty_folder_is_named(terminal: Terminal, tmp_path: Path) -> None:
    """Where there is nothing to add, the folder that has nothing is said."""
    (tmp_path / "empty").mkdir()
    ended = terminal("create", tmp_path / "out", tmp_path / "empty")
    assert ended.code == 2
    assert f"There are no files in {tmp_path / 'empty'}" in ended.err


def test_what_is_left_of_files_is_said(
    terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """An empty file and one cut off at its head are no matter of converting them."""
    given = tmp_path / "given"
    given.mkdir()
    whole = (sample_dir / "77654033" / "CT2" / "17106").read_bytes()
    (given / "empty.dcm").touch()
    (given / "head.dcm").write_bytes(whole[:140])
    (given / "paper.pdf").write_bytes(b"%PDF-1.4" + bytes(range(256)) * 9)
    ended = terminal("create", tmp_path / "out", given)
    assert ended.code == 2
    empty, head, paper = (line for line in ended.err.splitlines() if "given" in line)
    assert "The file is empty" in empty
    assert "cut off or damaged before its data set" in head
    assert "Convert it" in paper
    assert "Convert it" not in empty + head
