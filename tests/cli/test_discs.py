"""The command image with a drive as its target, and targets and sources that cannot be."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from dicomdir_studio.cli import discs
from dicomdir_studio.media.burning import Drive
from dicomdir_studio.media.targets.iso_reading import digests_of
from dicomdir_studio.media.xorriso import Xorriso
from dicomdir_studio.monitor import Monitor

if TYPE_CHECKING:
    from tests.cli.conftest import Terminal
    from tests.judges import Judges


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have temporary files in a folder of the test's own."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_disc_is_made_in_one_step(
    terminal: Terminal,
    sample_dir: Path,
    tmp_path: Path,
    judges: Judges,
    scratch: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The image is made, burned to xorriso's file drive, read back, and let go; papers stay."""
    judges.find("xorriso")
    monkeypatch.chdir(tmp_path)
    disc = tmp_path / "disc"
    words = ("--profile", "STD-GEN-CD", "--medium", "CD-80", "--span", "--pdi", "--verify")
    ended = terminal("image", sample_dir, f"stdio:{disc}", *words, "--receipt", "r.pdf")
    assert ended.code == 0, ended.err
    assert "Disc 1 of 1: 31 instances" in ended.out
    assert "Burned PYDICOM_TEST, 1 of 1, verified byte by byte" in ended.out
    found = digests_of(str(disc), Monitor())
    assert {"DICOMDIR", "README.TXT", "INDEX.HTM"} <= set(found)
    assert sum(name.startswith("PT") for name in found) == 31
    assert (tmp_path / "r.pdf").is_file()
    assert not list(scratch.iterdir())
    again = terminal("image", sample_dir, f"stdio:{disc}", "--verify")
    assert again.code == 2
    assert "The disc is not blank" in again.err
    blanked = terminal("image", sample_dir, f"stdio:{disc}", "--blank", "--verify")
    assert blanked.code == 0, blanked.err


def test_discs_of_a_set_are_asked_for_by_name(
    terminal: Terminal,
    sample_dir: Path,
    tmp_path: Path,
    judges: Judges,
    scratch: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each further disc is asked for; one that is not put in leaves the first done and said so."""
    judges.find("xorriso")
    disc = tmp_path / "disc"
    asked: list[str] = []

    def put_in(text: str, **_: object) -> bool:
        asked.append(text)
        disc.rename(tmp_path / f"done{len(asked)}")
        return True

    monkeypatch.setattr("click.confirm", put_in)
    words = ("image", sample_dir, f"stdio:{disc}", "--medium", "180kB", "--span", "--verify")
    ended = terminal(*words, "--copies", "2")
    assert ended.code == 0, ended.err
    assert asked == [
        "Put in a blank disc for PYDICOM_TES_1OF2, 1 of 2, copy 2 of 2. Is it in?",
        "Put in a blank disc for PYDICOM_TES_2OF2, 2 of 2, copy 1 of 2. Is it in?",
        "Put in a blank disc for PYDICOM_TES_2OF2, 2 of 2, copy 2 of 2. Is it in?",
    ]
    one, other = (digests_of(str(tmp_path / name), Monitor()) for name in ("done1", "done2"))
    assert one == other
    assert one != digests_of(str(disc), Monitor())

    def refuse(*_: object, **__: object) -> bool:
        raise click.Abort

    disc.unlink()
    monkeypatch.setattr("click.confirm", refuse)
    ended = terminal(*words)
    assert ended.code == 1
    assert "1 of 2 media were written and are complete" in ended.err
    assert not list(scratch.iterdir())


def test_a_device_that_is_no_drive_never_becomes_a_folder(
    terminal: Terminal, sample_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a drive that is not plugged in nor another device is written to."""

    class OneDrive(Xorriso):
        def __init__(self) -> None:
            super().__init__("xorriso")

        def drives(self) -> list[Drive]:
            return [Drive("/dev/sr7", "A drive")]

    monkeypatch.setattr(discs, "burner_here", OneDrive)
    for device in ("/dev/nosuchdrive", "/dev/null"):
        ended = terminal("image", sample_dir, device)
        assert ended.code == 2
        assert f"There is no disc burner, and no stick: {device}" in (ended.err)
        assert "burn --list" in ended.err
    assert not Path("/dev/nosuchdrive").exists()
    dry = terminal("image", sample_dir, "/dev/sr7", "--dry-run")
    assert dry.code == 0, dry.err
    assert "Disc 1 of 1" in dry.out


def test_options_of_discs_need_a_drive(
    terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """Copies and blanking mean nothing for a file."""
    for option in (("--copies", "2"), ("--blank",)):
        ended = terminal("image", sample_dir, tmp_path / "a.iso", *option)
        assert ended.code == 2
        assert "OUT is no drive" in ended.err
    assert not list(tmp_path.glob("a*"))


def test_what_cannot_be_is_told_with_its_file_and_what_to_do(
    terminal: Terminal, sample_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sources and targets that are not there, or are something else."""
    monkeypatch.chdir(tmp_path)
    assert terminal("image", sample_dir, "disc.iso").code == 0
    assert terminal("image", sample_dir, "disc.zip").code == 0
    Path("junk.iso").write_text("junk")
    there = sorted(tmp_path.iterdir())
    for words, what, remedy in (
        (("create", "out", "none.iso"), "cannot be read: {0}/none.iso", "Check the path"),
        (("create", "out", "disc.iso"), "DICOM file format: {0}/disc.iso", "copy it to a folder"),
        (("create", "out", "disc.zip"), "DICOM file format: {0}/disc.zip", "copy it to a folder"),
        (("create", "out", "junk.iso"), "DICOM file format: {0}/junk.iso", "Obtain it again"),
        (("create", "junk.iso", sample_dir), "a file of that name: junk.iso", "Name a folder"),
        (("ls", "none.iso"), "cannot be opened: {0}/none.iso", "Check the path"),
        (("ls", "junk.iso"), "cut off or damaged: {0}/junk.iso", "Obtain it again"),
        (("copy", "none.iso", "out"), "cannot be opened: {0}/none.iso", "Check the path"),
        (("image", "none", "a.iso"), "cannot be opened: {0}/none", "Check the path"),
        (("image", sample_dir, "no/a.iso"), "There is no folder {0}/no", "Make it"),
        (("image", sample_dir, "junk.iso"), "already exists: junk.iso", "another name"),
        (("burn", "none.iso", "--drive", "stdio:d"), "cannot be read: none.iso", "Check the path"),
        (
            ("burn", "junk.iso", "--drive", "stdio:d"),
            "not a disc image: junk.iso",
            "made by the image command",
        ),
    ):
        ended = terminal(*words)
        assert ended.code == 2, words
        assert what.format(tmp_path) in ended.err, words
        assert remedy in ended.err, words
        assert "Traceback" not in ended.err
    assert sorted(tmp_path.iterdir()) == there
