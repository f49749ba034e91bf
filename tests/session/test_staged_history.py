"""What was undoable before a crash is undoable after it, one edit at a time."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from dicomdir_studio.errors import OperationCancelledError
from dicomdir_studio.fileset import Answer, Conflict, ConflictKind, FileSet
from dicomdir_studio.session.adding import add_sources
from dicomdir_studio.session.deciding import decide
from dicomdir_studio.session.opening import open_file_set
from dicomdir_studio.session.private_records import add_private
from dicomdir_studio.session.staged_work import Restored, StagedWork, restore
from dicomdir_studio.session.staging_store import StagingStore
from tests.monitors import Cancelling

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    """Give some files outside the File-set, one of them under a name that is no UTF-8."""
    folder = tmp_path / "sources"
    folder.mkdir()
    names = ("CT_small.dcm", "MR_small.dcm", "rtplan.dcm", "ExplVR_BigEnd.dcm")
    found = [
        Path(shutil.copyfile(str(get_testdata_file(name)), folder / name)) for name in names[:3]
    ]
    odd = os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.dcm")
    found.append(Path(shutil.copyfile(str(get_testdata_file("JPEG2000.dcm")), odd)))
    return found


def edit(file_set: FileSet, sources: list[Path]) -> None:
    """Do what a person might do, and take the last two edits back."""
    instances = list(file_set)
    add_sources(file_set, sources[:2])
    file_set.stage_removal(instances[3:6])
    file_set.edit_properties(ID="FIRST")
    file_set.stage_removal([file_set.staged_additions[0], instances[8]])
    add_private(file_set, sources[2], instances[10].node.parent, "1.2.840.99")
    file_set.restore([instances[4], instances[3]])
    add_sources(file_set, [sources[0], sources[3]])
    file_set.edit_properties(ID="SECOND", descriptor_character_set="ISO_IR 100")
    file_set.revert([instances[5]], ["ID"])
    file_set.stage_removal(instances[20:24])
    file_set.undo()
    file_set.undo()


def in_another_run(folder: Path, staged: StagedWork) -> StagedWork:
    """Keep what is staged, end the run, and return what the next one finds."""
    store = StagingStore(folder)
    assert store.save(staged)
    store.close()
    (work,) = StagingStore(folder).pending()
    return work


@pytest.fixture
def before(sample_dir: Path, sources: list[Path]) -> FileSet:
    """Give a File-set that was edited in the run that crashed."""
    file_set = open_file_set(sample_dir)
    edit(file_set, sources)
    return file_set


@pytest.fixture
def work(before: FileSet, tmp_path: Path) -> StagedWork:
    """Give what the next run finds of it."""
    return in_another_run(tmp_path / "kept", StagedWork.of(before))


@pytest.fixture
def after(sample_dir: Path, work: StagedWork) -> FileSet:
    """Open the File-set in the next run, with nothing staged yet."""
    return open_file_set(sample_dir)


def seen(file_set: FileSet) -> tuple[Any, ...]:
    """Return what a person sees of what is staged."""
    return (
        file_set.undo_text,
        file_set.redo_text,
        [str(one.path) for one in file_set.staged_additions],
        [str(one.SOPInstanceUID) for one in file_set.staged_removals],
        file_set.staged_properties,
        sorted(str(one.SOPInstanceUID) for one in file_set),
        [(node.record_type, node.key) for node in file_set.tree if node.record_type != "PRIVATE"],
    )


def way(file_set: FileSet, step: Callable[[FileSet], object], text: str) -> list[Any]:
    """Return what is seen on the way to the first or the last edit."""
    states = [seen(file_set)]
    while getattr(file_set, text):
        step(file_set)
        states.append(seen(file_set))
    return states


def test_every_edit_can_be_undone_and_made_again(
    before: FileSet, work: StagedWork, after: FileSet
) -> None:
    """All the way to the last edit, back to the first and forth again, the two runs agree."""
    done = restore(after, work)
    assert not done.refused
    assert (done.additions, done.removals) == (4, 2)
    forth = way(before, FileSet.redo, "can_redo")
    assert len(forth) == 3
    assert way(after, FileSet.redo, "can_redo") == forth
    back = way(before, FileSet.undo, "can_undo")
    assert len(back) == 11
    assert way(after, FileSet.undo, "can_undo") == back
    assert not after.has_edits
    assert way(after, FileSet.redo, "can_redo") == way(before, FileSet.redo, "can_redo")


def test_it_can_be_kept_and_replayed_again(
    before: FileSet, work: StagedWork, after: FileSet, sample_dir: Path, tmp_path: Path
) -> None:
    """A second crash loses no more than the first."""
    restore(after, work)
    again = in_another_run(tmp_path / "again", StagedWork.of(after))
    third = open_file_set(sample_dir)
    restore(third, again)
    assert way(third, FileSet.undo, "can_undo") == way(before, FileSet.undo, "can_undo")


def test_rewritten_records_come_back_as_an_edit(sample_dir: Path, tmp_path: Path) -> None:
    """A character set that a person chose is undoable after the crash too."""
    before = open_file_set(sample_dir)
    node = next(iter(before.tree.children))
    record = node.record
    record.PatientName = "Gr\u00fcn"
    record.SpecificCharacterSet = "ISO_IR 100"
    before.write(use_existing=True)
    before = open_file_set(sample_dir)
    before.edit_properties(ID="ONE")
    if not before.apply_charset("ISO_IR 101"):
        pytest.fail("nothing was rewritten")
    work = in_another_run(tmp_path / "kept", StagedWork.of(before))
    after = open_file_set(sample_dir)
    assert not restore(after, work).refused
    assert (after.undo_text, after.edit_count) == (before.undo_text, before.edit_count)
    after.undo()
    assert after.undo_text == "Change File-set ID"
    assert not after.rewritten_as_data()


def test_what_does_not_fit_any_more_is_staged_as_far_as_it_goes(
    before: FileSet, work: StagedWork, after: FileSet, sources: list[Path]
) -> None:
    """A source is gone: the edits cannot be made again, their outcome can, and nothing twice."""
    sources[1].unlink()
    done = restore(after, work)
    assert [path for path, _ in done.refused] == [str(sources[1])]
    assert len(after.staged_additions) == 3
    assert [str(one.SOPInstanceUID) for one in after.staged_removals] == [
        str(one.SOPInstanceUID) for one in before.staged_removals
    ]
    while after.can_undo:
        after.undo()
    assert not after.has_edits


def test_a_cancelled_replay_leaves_nothing(work: StagedWork, after: FileSet) -> None:
    """Cancelled in the middle of making the edits again: nothing is staged, nothing to redo."""
    clean = seen(after)
    with pytest.raises(OperationCancelledError):
        restore(after, work, monitor=Cancelling(3))
    assert seen(after) == clean
    assert not after.can_undo
    assert not after.can_redo
    assert not restore(after, work).refused


def test_a_written_part_of_it_leaves_no_history(
    work: StagedWork, after: FileSet, sources: list[Path], sample_dir: Path
) -> None:
    """Edits that lead on from another state are not made again: only what is left to do."""
    add_sources(after, sources[:1])
    after.write(use_existing=False)
    left = work.left_to_do(open_file_set(sample_dir))
    assert left.history is None
    assert len(left.additions) == 3


def image(path: Path, **values: Any) -> Path:
    """Write a file with other values, a new UID where none is given."""
    ds = dcmread(str(get_testdata_file("CT_small.dcm")))
    for keyword, value in {"SOPInstanceUID": generate_uid(), **values}.items():
        setattr(ds, keyword, value)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.save_as(path)
    return path


@pytest.fixture
def contradicting(tmp_path: Path) -> list[Path]:
    """Give a patient's file, one with another name, and one with the UID of the first."""
    first = image(tmp_path / "one.dcm", PatientName="One^Person")
    uid = dcmread(first).SOPInstanceUID
    other = image(tmp_path / "two.dcm", PatientName="Another^Person")
    return [first, other, image(tmp_path / "three.dcm", SOPInstanceUID=uid)]


def asked_again(
    folder: Path,
    file_set: FileSet,
    decided: list[Conflict],
    undecided: list[Conflict],
    **change: Any,
) -> tuple[Restored, FileSet]:
    """Stage in another run what is staged, with what is and is not decided of it."""
    staged = replace(StagedWork.of(file_set).knowing(decided, undecided), **change)
    fresh = FileSet()
    return restore(fresh, in_another_run(folder, staged)), fresh


@pytest.mark.parametrize("change", [{}, {"history": None}])
def test_undecided_contradictions_come_back(
    tmp_path: Path, contradicting: list[Path], change: dict[str, Any]
) -> None:
    """What contradicts is known again with its instances, as are files that were refused."""
    file_set = FileSet()
    report = add_sources(file_set, contradicting).report
    assert len(report.conflicts) == 2
    done, fresh = asked_again(tmp_path / "kept", file_set, [], report.conflicts, **change)
    found = [one for addition in done.disputed for one in addition.report.conflicts]
    assert {one.kind: one.files for one in found} == {
        ConflictKind.NAME: [str(contradicting[1])],
        ConflictKind.CONTENT: [str(contradicting[2])],
    }
    assert not done.decided
    name = next(one for one in found if one.kind is ConflictKind.NAME)
    assert [one.path for one in name.instances] == [str(contradicting[1])]
    fresh.resolve([(one, Answer.LEAVE_OUT) for one in found])
    assert [one.path for one in fresh.staged_additions] == [str(contradicting[0])]


@pytest.mark.parametrize("change", [{}, {"history": None}])
def test_what_was_decided_is_not_asked_again(
    tmp_path: Path, contradicting: list[Path], change: dict[str, Any]
) -> None:
    """An answer outlives the run, the next one too; another file of that name is a new question."""
    file_set = FileSet()
    first = add_sources(file_set, contradicting).report
    file_set.resolve([(one, one.answers[0]) for one in first.conflicts])
    done, fresh = asked_again(tmp_path / "kept", file_set, first.conflicts, [], **change)
    assert [one.kind for one in done.decided] == [ConflictKind.NAME]
    assert [one.report.conflicts for one in done.disputed] == [done.decided]
    assert "two names" not in str(done.findings)
    again, _ = asked_again(tmp_path / "kept twice", fresh, done.decided, [])
    assert [one.kind for one in again.decided] == [ConflictKind.NAME]
    later = image(tmp_path / "four.dcm", PatientName="Another^Person")
    second = add_sources(file_set, [later]).report
    done, _ = asked_again(tmp_path / "later", file_set, first.conflicts, second.conflicts)
    open_ones = [
        one
        for addition in done.disputed
        for one in addition.report.conflicts
        if one not in done.decided
    ]
    assert [one.files for one in open_ones] == [[str(later)]]


def test_what_was_asked_again_is_undecided(tmp_path: Path, contradicting: list[Path]) -> None:
    """The answer about an addition that was undone does not count for the same one made anew."""
    file_set = FileSet()
    first = add_sources(file_set, contradicting[:2]).report
    file_set.undo()
    second = add_sources(file_set, contradicting[:2]).report
    done, _ = asked_again(tmp_path / "kept", file_set, first.conflicts, second.conflicts)
    assert done.disputed
    assert not done.decided


def test_undone_contradictions_wait_for_redo(tmp_path: Path, contradicting: list[Path]) -> None:
    """Of an addition that was undone the conflict comes with its redo."""
    file_set = FileSet()
    add_sources(file_set, contradicting[:1])
    report = add_sources(file_set, contradicting[1:2]).report
    file_set.undo()
    done, fresh = asked_again(tmp_path / "kept", file_set, [], report.conflicts)
    (conflict,) = done.disputed[0].report.conflicts
    assert not conflict.instances
    fresh.redo()
    assert len(conflict.instances) == 1


def test_a_disputed_file_that_is_gone_is_told(tmp_path: Path, contradicting: list[Path]) -> None:
    """Nothing can be decided about it any more; nothing is staged for it either."""
    file_set = FileSet()
    report = add_sources(file_set, contradicting).report
    store = StagedWork.of(file_set).knowing([], report.conflicts)
    contradicting[2].unlink()
    fresh = FileSet()
    done = restore(fresh, store)
    assert [path for path, _ in done.refused] == [str(contradicting[2])]
    assert len(fresh.staged_additions) == 2


def test_what_comes_with_a_replacement_is_asked(tmp_path: Path, contradicting: list[Path]) -> None:
    """A file that takes the place of another and has another name is a question of its own."""
    uid = dcmread(contradicting[0]).SOPInstanceUID
    image(contradicting[2], SOPInstanceUID=uid, PatientName="Third^Person")
    file_set = FileSet()
    addition = add_sources(file_set, contradicting)
    (content,) = (one for one in addition.report.conflicts if one.kind is ConflictKind.CONTENT)
    after = decide(file_set, addition, [(content, Answer.REPLACE)])
    assert "Third^Person" in [one.came for one in after.report.conflicts]
