"""A DICOMDIR in a folder of the disc, whose File IDs count from the disc's root."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.session.opening import open_file_set

if TYPE_CHECKING:
    from dicomdir_studio.fileset import Finding


def made(sample_dir: Path, disc: Path, folder: str, place: str) -> Path:
    """Make a disc with files below `folder`, File IDs from the root on, DICOMDIR elsewhere."""
    for name in ("77654033", "98892003"):
        shutil.copytree(sample_dir / name, disc / folder / name)
    file_set = FileSet()
    file_set.add_many([path for path in disc.rglob("*") if path.is_file()])
    file_set.write(disc, layout=Layout.KEEP)
    (disc / place).mkdir(exist_ok=True)
    shutil.move(disc / "DICOMDIR", disc / place)
    return disc


@pytest.fixture
def disc(sample_dir: Path, tmp_path: Path) -> Path:
    """Return a disc with DICOM/DICOMDIR, whose File IDs begin with DICOM."""
    return made(sample_dir, tmp_path / "disc", "DICOM", "DICOM")


def told(file_set: FileSet) -> list[Finding]:
    """Return the findings that speak of the folder above."""
    return [one for one in file_set.findings if "folder above" in one.what]


@pytest.mark.filterwarnings("ignore:The referenced SOP Instance")
@pytest.mark.parametrize("salvage", [True, False])
def test_the_folder_above_is_told(disc: Path, *, salvage: bool) -> None:
    """The first finding says where the files are and what to do, and nothing is followed."""
    file_set = open_file_set(disc / "DICOM", salvage=salvage)
    assert len(file_set.missing) == 24
    (finding,) = told(file_set)
    assert finding is file_set.findings[0]
    assert f"starting from {disc} they lead to the files" in finding.what
    assert "move the DICOMDIR up" in finding.remedy
    shutil.move(disc / "DICOM" / "DICOMDIR", disc / "DICOMDIR")  # as it says
    moved = open_file_set(disc)
    assert len(moved) == 24
    assert not moved.missing
    assert not told(moved)
    assert not moved.check_files()


def test_within_an_archive_too(disc: Path, tmp_path: Path) -> None:
    """Of an archive, the path within it is named."""
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", disc)
    (finding,) = told(open_file_set(archive))
    assert f"from {archive} they lead" in finding.what
    assert finding.where == str(Path(archive, "DICOM"))


def test_other_folders_above_are_compared_by_name_alone(sample_dir: Path, tmp_path: Path) -> None:
    """Where the files are beside the folder, the names are told, and no more is claimed."""
    disc = made(sample_dir, tmp_path / "disc", "IMAGES", "META")
    file_set = open_file_set(disc / "META")
    assert len(file_set.missing) == 24
    (finding,) = told(file_set)
    assert "The File IDs may be relative to the folder above" in finding.what
    assert f"DICOMDIR: {disc} contains" in finding.what


def test_other_files_of_those_names_are_no_proof(disc: Path) -> None:
    """Files of other instances under the same names do not make it so."""
    for path in (disc / "DICOM").rglob("*"):
        if path.is_file() and path.name != "DICOMDIR":
            path.write_bytes(b"something else")
    assert not any("lead to the files" in one.what for one in told(open_file_set(disc / "DICOM")))


@pytest.mark.parametrize("kept", [0, 2, 20])
def test_nothing_is_said_of_files_that_are_gone(sample_dir: Path, kept: int) -> None:
    """Files that are missing, and not above either, are just missing."""
    files = [path for path in sample_dir.rglob("*") if path.is_file() and path.name != "DICOMDIR"]
    for path in files[kept:]:
        path.unlink()
    file_set = open_file_set(sample_dir)
    assert file_set.missing
    assert not told(file_set)


def test_nothing_above_is_read(
    sample_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file is opened that a File ID leads to above the folder of the DICOMDIR."""
    disc = made(sample_dir, tmp_path / "disc", "IMAGES", "META")
    opened: list[str] = []
    real = os.open

    def noting(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        opened.append(os.fspath(path))
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", noting)
    assert told(open_file_set(disc / "META"))
    assert not [path for path in opened if str(disc / "IMAGES") in path]
