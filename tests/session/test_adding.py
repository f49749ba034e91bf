"""Adding what a person names: files, folders, DICOMDIRs, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dicomdir_studio.errors import OperationCancelledError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.session.adding import add_sources
from dicomdir_studio.session.opening import open_file_set
from tests.bundled import sample


def test_a_folder_goes_in_as_one_edit(sample_dir: Path) -> None:
    """A walked folder is one edit: one undo takes all of it back."""
    file_set = FileSet()
    addition = add_sources(file_set, [sample_dir / "98892003"])
    assert addition.staged == len(file_set) == 17
    assert not addition.refused
    file_set.undo()
    assert len(file_set) == 0


def test_what_is_no_dicom_is_refused_and_the_others_go_in(tmp_path: Path) -> None:
    """Each refused file is named with its reason."""
    (tmp_path / "notes.txt").write_text("not DICOM")
    shutil.copyfile(sample("CT_small.dcm"), tmp_path / "ct.txt")
    addition = add_sources(FileSet(), [tmp_path, tmp_path / "gone"])
    assert addition.staged == 1
    assert [Path(path).name for path, _error in addition.refused] == ["gone", "notes.txt"]


def test_a_named_dicomdir_stands_for_its_files(sample_dir: Path) -> None:
    """A DICOMDIR given itself adds what it references, and nothing else of its folder."""
    file_set = FileSet()
    addition = add_sources(file_set, [sample_dir / "DICOMDIR"])
    assert addition.staged == 31
    assert not addition.refused


def test_a_dicomdir_in_a_walked_folder_is_passed_over(sample_dir: Path) -> None:
    """A whole disc dropped gives its instances, without a word about its DICOMDIR."""
    shutil.rmtree(sample_dir / "TINY_ALPHA")
    for variant in sample_dir.glob("DICOMDIR-*"):
        variant.unlink()
    (sample_dir / "README.txt").unlink()
    addition = add_sources(FileSet(), [sample_dir])
    assert addition.staged == 31
    assert not addition.refused


def test_a_broken_dicomdir_is_refused(tmp_path: Path) -> None:
    """A DICOMDIR that cannot be read is refused, and other files go in."""
    (tmp_path / "DICOMDIR").write_bytes(b"broken")
    addition = add_sources(FileSet(), [tmp_path / "DICOMDIR", sample("CT_small.dcm")])
    assert addition.staged == 1
    assert [Path(path).name for path, _error in addition.refused] == ["DICOMDIR"]


def test_what_is_in_the_set_is_refused_and_what_was_removed_restored(sample_dir: Path) -> None:
    """Adding an instance again is refused; one staged for removal comes back."""
    file_set = open_file_set(sample_dir)
    instances = list(file_set)
    file_set.stage_removal(instances[:1])
    addition = add_sources(file_set, [str(one.path) for one in instances[:2]])
    assert len(addition.report.restored) == addition.staged == 1
    assert [path for path, _error in addition.refused] == [str(instances[1].path)]


def test_cancelling_stages_nothing(sample_dir: Path) -> None:
    """A cancel in the middle leaves the File-set as it was."""

    class Stopping(Monitor):
        """Stops after some headers."""

        advanced = 0

        def advance(self, amount: int = 1, detail: str = "") -> None:
            """Count."""
            self.advanced += amount

        def check(self) -> None:
            """Stop in the middle."""
            if self.advanced > 20:
                raise OperationCancelledError

    file_set = FileSet()
    with pytest.raises(OperationCancelledError):
        add_sources(file_set, [sample_dir], monitor=Stopping())
    assert len(file_set) == 0
    assert not file_set.has_edits
