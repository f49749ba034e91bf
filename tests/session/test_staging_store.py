"""Staged work kept, offered to the next run, and staged again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.session.adding import add_sources
from dicomdir_studio.session.opening import open_file_set
from dicomdir_studio.session.private_records import add_private
from dicomdir_studio.session.staged_work import StagedAddition, StagedWork, restore
from dicomdir_studio.session.staging_store import StagingStore


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


def another_run(store: StagingStore) -> StagingStore:
    """End the run that a store belongs to and return the store of the next one."""
    store.close()
    return StagingStore(store._folder)


def test_staged_work_survives(store: StagingStore, staged: FileSet, sample_dir: Path) -> None:
    """What was staged is staged again in a File-set opened anew."""
    assert store.save(StagedWork.of(staged))
    fresh = open_file_set(sample_dir)
    work = another_run(store).of_root(sample_dir)
    assert work is not None
    done = restore(fresh, work)
    assert (len(fresh), fresh.ID, done.additions, done.removals) == (30, "CHANGED", 1, 2)
    assert not done.refused
    assert all(done.changes)
    again, first = StagedWork.of(fresh), StagedWork.of(staged)
    assert (again.additions, again.removals, again.properties) == (
        first.additions,
        first.removals,
        first.properties,
    )


def test_private_records_survive(store: StagingStore, sample_dir: Path, added: Path) -> None:
    """A PRIVATE record comes back below the record that it was below, with its UID."""
    file_set = open_file_set(sample_dir)
    series = next(iter(file_set)).node.parent
    add_private(file_set, added, series, "1.2.840.99")
    store.save(StagedWork.of(file_set))
    work = another_run(store).of_root(sample_dir)
    assert work is not None
    fresh = open_file_set(sample_dir)
    assert restore(fresh, work).additions == 1
    (instance,) = fresh.staged_additions
    assert instance.is_private
    assert instance.node.get("PrivateRecordUID") == "1.2.840.99"
    assert instance.node.parent.key == series.key


def test_what_was_written_since_is_not_offered(
    staged: FileSet, sample_dir: Path, store: StagingStore
) -> None:
    """A write that came to its end, whoever ended it, leaves nothing to do."""
    work = StagedWork.of(staged)
    assert work.left_to_do(open_file_set(sample_dir)) == work
    staged.write()
    assert work.left_to_do(open_file_set(sample_dir)).is_empty
    assert store.save(StagedWork.of(staged))
    assert another_run(store).pending() == []


def test_a_living_run_keeps_its_work(store: StagingStore, sample_dir: Path) -> None:
    """What a program that still runs has staged is not offered to another one, nor to itself."""
    store.save(StagedWork(str(sample_dir), "1.2", properties={"ID": "X"}))
    other = StagingStore(store._folder)
    assert store.pending() == []
    assert other.pending() == []
    assert other.of_root(sample_dir) is None
    store.close()
    assert other.of_root(sample_dir) is not None
    assert len(other.pending()) == 1


def test_two_works_become_one() -> None:
    """What is staged while an offer waits joins what is offered."""
    old = StagedWork("/disc", "1.2", [StagedAddition("/a", "1")], [("A", "2")], {"ID": "OLD"})
    new = StagedWork("/disc", "1.2", [StagedAddition("/b", "3")], [("A", "2")], {"ID": "NEW"})
    both = old.with_(new)
    assert [one.path for one in both.additions] == ["/a", "/b"]
    assert both.removals == [("A", "2")]
    assert both.properties == {"ID": "NEW"}


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
    following = another_run(store)
    assert following.of_root(sample_dir) is None
    assert following.pending() == []


def test_what_no_longer_applies_is_said(staged: FileSet, sample_dir: Path, added: Path) -> None:
    """A removed file that is recorded no more, and an addition that is gone, are named."""
    work = StagedWork.of(staged)
    added.unlink()
    other = open_file_set(sample_dir)
    other.stage_removal(other.search({"StudyDescription": "Carotids"})[:1])
    other.write(use_existing=True)
    done = restore(open_file_set(sample_dir), work)
    assert (done.removals, done.additions, len(done.refused)) == (1, 0, 2)
    assert "not in the File-set any more" in str(done.refused[0][1])
    assert Path(done.refused[1][0]).name == "ct.dcm"


def test_new_file_sets_are_told_apart(store: StagingStore, added: Path) -> None:
    """New File-sets have no folder yet and are kept by their UID."""
    for _ in range(2):
        file_set = FileSet()
        add_sources(file_set, [added])
        store.save(StagedWork.of(file_set))
    pending = another_run(store).pending()
    assert len(pending) == 2
    assert {work.root for work in pending} == {""}
    assert pending[0].saved >= pending[1].saved


def test_the_folder_of_a_new_file_set_survives(store: StagingStore, added: Path) -> None:
    """Where a new File-set is to be is kept; what was kept without that can still be read."""
    file_set = FileSet()
    add_sources(file_set, [added])
    store.save(replace(StagedWork.of(file_set), home="/media/Müller"))
    (work,) = another_run(store).pending()
    assert (work.root, work.home) == ("", "/media/Müller")
    assert StagedWork("", "1.2", home="/a").with_(StagedWork("", "1.2")).home == "/a"
    (kept,) = store._folder.glob("*.staged")
    head, *lines = kept.read_text("utf-8").splitlines()
    old = json.loads(head)
    del old["home"]
    kept.write_text("\n".join([json.dumps(old), *lines]), "utf-8")
    (work,) = another_run(store).pending()
    assert work.home == ""
    assert len(work.additions) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ["{"],
        [""],
        ["[]"],
        ['{"version": 9}'],
        ['{"version": 2}'],
        ['{"version": 2, "root": 1, "uid": "", "saved": 1, "run": "a"}'],
        ['{"version": 2, "root": "", "uid": "", "saved": 1, "run": "a"}', '["?"]'],
        ['{"version": 2, "root": "", "uid": "", "saved": 1, "run": "a"}', '["+", 1, "2", ""]'],
        ['{"version": 2, "root": "", "uid": "", "saved": 1, "run": "a"}', '["-", "A"]'],
    ],
)
def test_a_broken_file_is_set_aside(
    store: StagingStore, lines: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A file that cannot be used is kept under another name, and the rest is offered."""
    store.save(StagedWork("/disc", "1.2", [StagedAddition("/a", "1")]))
    (store._folder / "broken.staged").write_text("\n".join(lines))
    assert [work.root for work in another_run(store).pending()] == ["/disc"]
    assert len(list(store._folder.glob("broken.staged.broken-*"))) == 1
    assert "not usable" in caplog.text


def test_a_place_that_cannot_be_written_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nothing can be kept the work goes on, and the log says so."""
    (tmp_path / "kept").write_text("a file where the folder should be")
    store = StagingStore(tmp_path / "kept")
    assert not store.save(StagedWork("/disc", "1.2", [StagedAddition("/a", "1")]))
    assert store.pending() == []
    assert "not kept" in caplog.text


def test_a_corrected_character_set_survives(store: StagingStore, sample_dir: Path) -> None:
    """Records rewritten as a person chose are rewritten again, and written by the next run."""
    path = sample_dir / "DICOMDIR"
    path.write_bytes(path.read_bytes().replace(b"Doe^Peter", b"D\xf6e^Peter"))
    first = open_file_set(sample_dir)
    first.apply_charset("ISO_IR 101")
    assert [str(node.get("PatientName")) for node in first.rewritten_records] == ["Döe^Peter"]
    work = StagedWork.of(first)
    assert not work.is_empty
    assert store.save(work)
    kept = another_run(store).of_root(sample_dir)
    assert kept == work
    fresh = open_file_set(sample_dir)
    done = restore(fresh, kept.left_to_do(fresh))
    assert not done.refused
    (record,) = fresh.rewritten_records
    assert (str(record.get("PatientName")), record.get("SpecificCharacterSet")) == (
        "Döe^Peter", "ISO_IR 101",
    )  # fmt: skip
    assert StagedWork.of(fresh).records == work.records
    fresh.write()
    assert kept.left_to_do(open_file_set(sample_dir)).is_empty
    again = restore(open_file_set(sample_dir), kept)
    assert [name for name, _ in again.refused] == ["Rewritten records"]
