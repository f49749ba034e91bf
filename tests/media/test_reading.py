"""Archives, disc images and folders, opened as media."""

from __future__ import annotations

import gc
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import OperationCancelledError, StorageError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.reading import open_medium
from dicomdir_studio.media.recognizing import is_container
from dicomdir_studio.monitor import Monitor
from tests.media.packed import image, opened, zipped
from tests.monitors import Cancelling

if TYPE_CHECKING:
    from tests.judges import Judges


@pytest.mark.parametrize("prefix", ["", "STUDY/"], ids=["root", "folder"])
def test_a_zip_archive_is_read(disc: Path, tmp_path: Path, prefix: str) -> None:
    """A File-set in the root of an archive or in one folder opens with all its files."""
    archive = zipped(disc, tmp_path / "disc.zip", prefix)
    assert is_container(archive)
    with open_medium(archive) as medium:
        file_set = opened(medium)
        assert len(file_set) == 31
        assert not file_set.missing
        assert not medium.unread
        assert all(instance.load().SOPInstanceUID for instance in file_set)
        root = Path(medium.root)
    assert not root.exists()


def test_the_content_lives_as_long_as_the_medium(disc: Path, tmp_path: Path) -> None:
    """The temporary folder goes with the object that holds it."""
    medium = open_medium(zipped(disc, tmp_path / "disc.zip"))
    root = Path(medium.root)
    assert root.is_dir()
    del medium
    gc.collect()
    assert not root.exists()


@pytest.mark.parametrize(
    "options",
    [
        {"interchange_level": 1},
        {"interchange_level": 1, "joliet": 3},
        {"interchange_level": 1, "rock_ridge": "1.09"},
        {"interchange_level": 1, "udf": "2.60"},
        {"interchange_level": 1, "joliet": 3, "rock_ridge": "1.09"},
    ],
    ids=["plain", "joliet", "rock_ridge", "udf", "joliet_rock_ridge"],
)
def test_a_disc_image_is_read(disc: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    """ISO 9660, with and without its extensions, and UDF open with all their files."""
    made = image(disc, tmp_path / "disc.iso", **options)
    assert is_container(made)
    with open_medium(made) as medium:
        file_set = opened(medium)
        assert len(file_set) == 31
        assert not file_set.missing
        assert not medium.unread
        first = next(iter(file_set))
        assert first.load().SOPInstanceUID == first.SOPInstanceUID


def test_an_image_of_another_program_is_read(disc: Path, tmp_path: Path, judges: Judges) -> None:
    """What xorriso makes is read like what pycdlib makes."""
    made = tmp_path / "disc.iso"
    xorriso = judges.find("xorriso")
    subprocess.run(
        [xorriso, "-as", "mkisofs", "-quiet", "-J", "-r", "-o", str(made), str(disc)],
        check=True,
        capture_output=True,
    )
    with open_medium(made) as medium:
        assert len(opened(medium)) == 31


def test_files_are_read_in_disc_order(disc: Path, tmp_path: Path) -> None:
    """Files are laid out in the order in which they lie in the archive."""
    archive = tmp_path / "disc.zip"
    names = [path for path in sorted(disc.rglob("*"), reverse=True) if path.is_file()]
    with zipfile.ZipFile(archive, "w") as packed:
        for path in names:
            packed.write(path, path.relative_to(disc).as_posix())
    read: list[str] = []

    class Listening(Monitor):
        def advance(self, amount: int = 1, detail: str = "") -> None:
            read.append(detail)

    with open_medium(archive, monitor=Listening()):
        assert read == [path.relative_to(disc).as_posix() for path in names]


def test_cancelling_leaves_nothing(disc: Path, tmp_path: Path) -> None:
    """A cancelled reading removes what it had laid out."""
    archive = zipped(disc, tmp_path / "disc.zip")
    before = set(Path(tmp_path).parent.iterdir())
    with pytest.raises(OperationCancelledError):
        open_medium(archive, monitor=Cancelling())
    assert set(Path(tmp_path).parent.iterdir()) == before


@pytest.mark.parametrize("content", [b"", b"no container", bytes(70_000)])
def test_what_is_no_container_is_refused(tmp_path: Path, content: bytes) -> None:
    """Any other file is an error that says what can be opened."""
    path = tmp_path / "file"
    path.write_bytes(content)
    assert not is_container(path)
    with pytest.raises(StorageError, match="neither a disc image nor a ZIP archive"):
        open_medium(path)


def test_a_folder_with_several_file_sets_lets_choose(disc: Path, tmp_path: Path) -> None:
    """Every DICOMDIR of a tree is listed, the nearest first, in whatever case it is."""
    shutil.copytree(disc, tmp_path / "all" / "b" / "one")
    shutil.copytree(disc, tmp_path / "all" / "a")
    (tmp_path / "all" / "a" / "DICOMDIR").rename(tmp_path / "all" / "a" / "dicomdir.;1")
    medium = open_medium(tmp_path / "all")
    assert [Path(path).relative_to(tmp_path / "all").as_posix() for path in medium.dicomdirs] == [
        "a/dicomdir.;1",
        "b/one/DICOMDIR",
    ]
    assert medium.scratch is None
    medium.close()
    assert (tmp_path / "all").is_dir()
    assert len(FileSet(medium.dicomdirs[0], salvage=True)) == 31
