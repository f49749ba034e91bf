"""Opening by any path a person has."""

from __future__ import annotations

import gc
import shutil
from pathlib import Path

import pytest

from dicomdir_studio.errors import FileSetError, OperationCancelledError, StorageError, StudioError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.media.targets import write_iso
from dicomdir_studio.session.opening import find_dicomdir, open_file_set, referenced_files
from tests.fileset.salvage.disc import Shape, sound_disc, write_files
from tests.monitors import Cancelling


def test_the_folder_and_the_file_open_the_same(sample_dir: Path) -> None:
    """A File-set opens by its DICOMDIR and by the folder that holds it."""
    by_folder, by_file = open_file_set(sample_dir), open_file_set(sample_dir / "DICOMDIR")
    assert len(by_folder) == len(by_file) == 31
    assert by_folder.path == by_file.path == str(sample_dir)


def test_opening_never_makes_it_look_changed(sample_dir: Path) -> None:
    """Opening stages nothing, whatever layout the File-set has."""
    assert not open_file_set(sample_dir).has_edits


def test_the_name_may_be_in_another_case(tmp_path: Path, sample_dir: Path) -> None:
    """A stick written by a system that lowers names opens too, and DICOMDIR goes first."""
    shutil.copyfile(sample_dir / "DICOMDIR", tmp_path / "dicomdir")
    assert find_dicomdir(tmp_path) == str(tmp_path / "dicomdir")
    shutil.copyfile(sample_dir / "DICOMDIR", tmp_path / "DICOMDIR")
    assert find_dicomdir(tmp_path) == str(tmp_path / "DICOMDIR")


def test_a_folder_without_one_says_what_to_do(tmp_path: Path) -> None:
    """The error names the folder, the clause and a way on."""
    assert find_dicomdir(tmp_path) is None
    with pytest.raises(FileSetError, match=r"no DICOMDIR.*PS3\.10.*create"):
        open_file_set(tmp_path)


def test_a_path_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    """Nothing there is said in our own words."""
    with pytest.raises(StorageError, match="No such file"):
        open_file_set(tmp_path / "gone")


def test_another_file_is_no_file_set(tmp_path: Path) -> None:
    """A file that is no DICOMDIR is refused by its content."""
    (tmp_path / "DICOMDIR").write_text("no DICOM at all")
    with pytest.raises(StudioError):
        open_file_set(tmp_path)


def test_referenced_files_are_those_of_the_records(sample_dir: Path) -> None:
    """A DICOMDIR stands for the files it references; those that are gone are named."""
    (sample_dir / "98892003" / "MR700" / "4558").unlink()
    files, missing = referenced_files(sample_dir / "DICOMDIR")
    assert len(files) == 30
    assert [one.path.endswith("4558") for one in missing] == [True]


def test_opening_can_be_cancelled(sample_dir: Path) -> None:
    """Loading asks its monitor."""
    with pytest.raises(OperationCancelledError):
        open_file_set(sample_dir, monitor=Cancelling())


@pytest.fixture
def archive(sample_dir: Path, tmp_path: Path) -> Path:
    """Return a ZIP archive of the sample File-set."""
    return Path(shutil.make_archive(str(tmp_path / "disc"), "zip", sample_dir))


def test_a_file_set_in_an_archive_is_opened_and_can_be_copied(
    archive: Path, tmp_path: Path
) -> None:
    """What comes out of an archive is whole, and goes to a folder as any other."""
    file_set = open_file_set(archive)
    assert len(file_set) == 31
    assert not file_set.missing
    assert len(file_set.copy(tmp_path / "out")) == 31


def test_a_file_set_from_an_archive_is_not_written_into_its_temporary_folder(
    archive: Path,
) -> None:
    """What would be gone with the program is refused, and the reason says what to do."""
    file_set = open_file_set(archive)
    file_set.remove(next(iter(file_set)))
    plan = file_set.plan()
    assert "copy it to a folder" in plan.problems[0]
    with pytest.raises(StudioError, match="copy it to a folder"):
        file_set.write()
    assert len(open_file_set(archive)) == 31


def test_where_a_file_set_of_an_archive_lies_can_be_opened_again(
    archive: Path, sample_dir: Path, tmp_path: Path
) -> None:
    """What it was opened from is the archive and the path within, not a temporary folder."""
    assert open_file_set(archive).opened_from == str(archive)
    assert open_file_set(sample_dir).opened_from is None
    (tmp_path / "two" / "A").mkdir(parents=True)
    shutil.copytree(sample_dir, tmp_path / "two" / "B")
    shutil.copyfile(sample_dir / "DICOMDIR", tmp_path / "two" / "A" / "DICOMDIR")
    two = Path(shutil.make_archive(str(tmp_path / "two"), "zip", tmp_path / "two"))
    opened_from = open_file_set(two / "B").opened_from
    assert opened_from == str(two / "B")
    again = open_file_set(opened_from)
    assert not again.missing
    copied = again.copy(tmp_path / "out")
    assert copied.opened_from is None


def test_the_files_of_an_archive_go_with_its_file_set(archive: Path) -> None:
    """Nothing of a patient is left behind in the folder for temporary files."""
    file_set = open_file_set(archive)
    root = Path(file_set.path or "")
    assert root.is_dir()
    del file_set
    gc.collect()
    assert not root.exists()


def test_a_folder_above_several_file_sets_names_them(sample_dir: Path, tmp_path: Path) -> None:
    """A person chooses; nothing is opened by guess."""
    above = tmp_path / "above"
    shutil.copytree(sample_dir, above / "one")
    shutil.copytree(sample_dir, above / "two")
    with pytest.raises(FileSetError) as caught:
        open_file_set(above)
    assert "one" in str(caught.value)
    assert "two" in str(caught.value)


def test_a_path_goes_on_within_an_archive(tmp_path: Path) -> None:
    """Where an archive holds several File-sets, the error says how each is named; so it opens."""
    shape = Shape(patients=1, studies=1, series=1, images=2)
    for name in ("A", "B"):
        write_files(tmp_path / "several" / name, shape)
        (tmp_path / "several" / name / "DICOMDIR").write_bytes(sound_disc(shape).lay())
    archive = Path(shutil.make_archive(str(tmp_path / "several"), "zip", tmp_path / "several"))
    with pytest.raises(FileSetError) as caught:
        open_file_set(archive)
    assert str(archive / "A" / "DICOMDIR") in str(caught.value.remedy)
    for inside in ("A", "B/DICOMDIR"):
        file_set = open_file_set(archive / inside)
        assert len(file_set) == 2
        assert not file_set.missing
    for inside in ("C", "A/DICOMDIR/X", ".."):
        with pytest.raises(StudioError):
            open_file_set(archive / inside)


def test_an_archive_without_one_says_what_to_do(tmp_path: Path) -> None:
    """Files cannot be added out of an archive: it is to be unpacked first."""
    write_files(tmp_path / "none", Shape(patients=1, studies=1, series=1, images=1))
    archive = Path(shutil.make_archive(str(tmp_path / "none"), "zip", tmp_path / "none"))
    with pytest.raises(FileSetError, match=r"no DICOMDIR.*Unpack"):
        open_file_set(archive)


def test_why_files_of_an_image_are_missing_is_told_first(sample_dir: Path, tmp_path: Path) -> None:
    """Of an image that is cut off the reason leads, and the missing instances follow."""
    image = tmp_path / "disc.iso"
    write_iso(plan_medium(FileSet(sample_dir / "DICOMDIR")), image)
    with image.open("r+b") as file:
        file.truncate(image.stat().st_size - 2_049)
    file_set = open_file_set(image)
    assert len(file_set.missing) == 1
    first, second = file_set.findings
    assert "cut off" in first.what
    assert first.where == str(image)
    assert first.remedy
    assert "is missing" in second.what
