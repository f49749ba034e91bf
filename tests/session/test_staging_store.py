"""Staged work kept and restored."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.session.adding import add_sources
from dicomdir_studio.session.opening import open_file_set
from dicomdir_studio.session.staging_store import StagedWork, StagingStore, restore


@pytest.fixture
def store(tmp_path: Path) -> StagingStore:
    """Give a store in a folder that does not exist yet."""
    return StagingStore(tmp_path / "kept")


@pytest.fixture
def added(tmp_path: Path) -> Path:
    """Give a file outside the File-set."""
    return Path(shutil.copyfile(str(get_testdata_file("CT_small.dcm")), tmp_path / "ct.dcm"))


@pytest.fixture
def staged(sample_dir: Path, added: Path) -> FileSet:
    """Give the sample File-set with an addition, two removals and an ID staged."""
    file_set = open_file_set(sample_dir)
    add_sources(file_set, [added])
    file_set.stage_removal(file_set.search({"StudyDescription": "Carotids"}))
    file_set.edit_properties(ID="CHANGED")
    return file_set


def test_staged_work_survives(store: StagingStore, staged: FileSet, sample_dir: Path) -> None:
    """What was staged is staged again in a File-set opened anew."""
    assert store.save(StagedWork.of(staged))
    fresh = open_file_set(sample_dir)
    work = StagingStore(store._folder).of_root(sample_dir)
    assert work is not None
    done = restore(fresh, work)
    assert (len(fresh), fresh.ID, done.removals) == (30, "CHANGED", 2)
    assert done.addition is not None
    assert done.addition.staged == 1
    assert not done.lost
    assert not done.addition.refused
    again, first = StagedWork.of(fresh), StagedWork.of(staged)
    assert (again.additions, again.removals, again.properties) == (
        first.additions,
        first.removals,
        first.properties,
    )


def test_nothing_staged_is_nothing_kept(
    store: StagingStore, staged: FileSet, sample_dir: Path
) -> None:
    """Once all is undone or written nothing is offered any more."""
    store.save(StagedWork.of(staged))
    while staged.can_undo:
        staged.undo()
    work = StagedWork.of(staged)
    assert work.is_empty
    assert store.save(work)
    assert store.of_root(sample_dir) is None
    assert store.pending() == []


def test_what_no_longer_applies_is_said(
    store: StagingStore, staged: FileSet, sample_dir: Path, added: Path
) -> None:
    """A removed file that is recorded no more, and an addition that is gone, are named."""
    work = StagedWork.of(staged)
    store.save(work)
    added.unlink()
    other = open_file_set(sample_dir)
    other.stage_removal(other.search({"StudyDescription": "Carotids"})[:1])
    other.write(use_existing=True)
    done = restore(open_file_set(sample_dir), work)
    assert done.removals == 1
    assert len(done.lost) == 1
    assert "not in the File-set any more" in str(done.lost[0].error)
    assert done.addition is not None
    assert [Path(path).name for path, _error in done.addition.refused] == ["ct.dcm"]


def test_new_file_sets_are_told_apart(store: StagingStore, added: Path) -> None:
    """New File-sets have no folder yet and are kept by their UID."""
    for _ in range(2):
        file_set = FileSet()
        add_sources(file_set, [added])
        store.save(StagedWork.of(file_set))
    pending = store.pending()
    assert len(pending) == 2
    assert {work.root for work in pending} == {""}
    assert pending[0].saved >= pending[1].saved


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"version": 9}', '{"version": 1}', '{"version": 1, "root": 1, "uid": ""}'],
)
def test_a_broken_file_is_set_aside(
    store: StagingStore, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that cannot be used is kept under another name, and the rest is offered."""
    store.save(StagedWork("/disc", "1.2", ["/a"]))
    (store._folder / "broken.json").write_text(text)
    assert [work.root for work in store.pending()] == ["/disc"]
    assert len(list(store._folder.glob("broken.json.broken-*"))) == 1
    assert "not usable" in caplog.text


def test_a_place_that_cannot_be_written_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nothing can be kept the work goes on, and the log says so."""
    (tmp_path / "kept").write_text("a file where the folder should be")
    store = StagingStore(tmp_path / "kept")
    assert not store.save(StagedWork("/disc", "1.2", ["/a"]))
    assert store.pending() == []
    assert "not kept" in caplog.text
