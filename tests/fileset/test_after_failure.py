"""What a write that failed, was broken off or raced leaves: whole media and a usable object."""

from __future__ import annotations

import errno
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import OperationCancelledError, StudioError
from dicomdir_studio.fileset import FileSet, Layout, writing
from dicomdir_studio.storage import (
    IndexChangedError,
    UnfinishedUndoError,
    UnfinishedWriteError,
    execute,
    finishing,
    pending,
)
from dicomdir_studio.storage.volume import Volume
from tests.bundled import sample
from tests.fileset.failed_writes import edited, failing, killed
from tests.fileset.salvage.disc import Shape, sound_disc, write_files
from tests.fileset.twins import assert_whole, quietly, refusal
from tests.folders import files_below
from tests.monitors import CancelAt
from tests.storage.volumes import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.monitor import Monitor

_ALL_BUT_THE_JOURNAL = 7


def test_opening_what_was_never_finished(tmp_path: Path) -> None:
    """A new File-set that died before its commit has no DICOMDIR: opening it still tidies up."""
    file_set = FileSet()
    file_set.add(sample("CT_small.dcm"))
    killed(file_set, 8, tmp_path / "set")
    assert pending(str(tmp_path / "set"))
    with pytest.raises(FileNotFoundError):
        FileSet(tmp_path / "set" / "DICOMDIR")
    assert pending(str(tmp_path / "set")) is None
    assert not files_below(tmp_path)


@pytest.mark.parametrize("call", ["write", "copy"])
def test_writing_where_another_write_died(root: Path, tmp_path: Path, call: str) -> None:
    """What died there is undone first; its files do not stand in the way of the new names."""
    other = FileSet()
    other.add(sample("CT_small.dcm"))
    killed(other, 9, tmp_path / "new")
    assert pending(str(tmp_path / "new"))
    if call == "copy":
        FileSet(root / "DICOMDIR").copy(tmp_path / "new")
        assert len(assert_whole(tmp_path / "new")) == 31
    else:
        other.write(tmp_path / "new")
        assert set(files_below(tmp_path / "new")) == {
            "DICOMDIR", "PT000000/ST000000/SE000000/IM000000"
        }  # fmt: skip


def test_a_plan_that_is_executed_where_a_write_died(root: Path) -> None:
    """The plan was made of another state: the dead write is undone, and the plan refused."""
    killed(edited(root), 9)
    file_set = FileSet()
    file_set.add(sample("CT_small.dcm"))
    dead = FileSet(root / "DICOMDIR")
    killed(edited(root), 9)
    dead.remove(next(iter(dead)))
    plan = dead.plan(layout=Layout.KEEP)
    with pytest.raises(StudioError, match="plan the write again"):
        dead.execute(plan)
    assert pending(str(root)) is None
    dead.write(layout=Layout.KEEP)
    assert len(assert_whole(root)) == 30


def test_an_undo_that_fails_is_made_up_for(root: Path) -> None:
    """The write fails and so does its undo, once: what is left goes at once, the object writes."""
    file_set = edited(root)
    before = files_below(root)

    class Sick(Volume):
        """Fails the sync before the commit, and then a removal."""

        sick = 0

        def sync_all(self) -> None:
            if not Sick.sick:
                Sick.sick = 1
                raise OSError(errno.EIO, "sick")
            super().sync_all()

        def unlink(self, path: str) -> None:
            if Sick.sick == 1:
                Sick.sick = 2
                raise OSError(errno.EIO, "sick")
            super().unlink(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "execute", lambda plan, **more: execute(plan, volume=Sick, **more))
        with pytest.raises(UnfinishedUndoError, match="made up for"):
            file_set.write()
    assert pending(str(root)) is None
    assert files_below(root) == before
    file_set.write()
    assert len(assert_whole(root)) == 29


@pytest.mark.parametrize("late", [False, True])
def test_ctrl_c(root: Path, monkeypatch: pytest.MonkeyPatch, late: bool) -> None:
    """Broken off before the commit it is the old state, behind it the new, in memory too."""
    file_set = edited(root)
    before = files_below(root)
    real = finishing.commit

    def commit(volume: Volume, journal: Any, stage: int) -> None:
        if late:
            real(volume, journal, stage)
        raise KeyboardInterrupt

    monkeypatch.setattr(f"{execute.__module__}.commit", commit)
    with pytest.raises(KeyboardInterrupt):
        file_set.write()
    monkeypatch.setattr(f"{execute.__module__}.commit", real)
    assert pending(str(root)) is None
    assert file_set.has_edits is not late
    assert (files_below(root) == before) is not late
    file_set.remove(next(iter(file_set)))
    file_set.write()
    assert len(assert_whole(root)) == 28


def test_two_writers_between_look_and_lock(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other writes after we looked and before we have the lock: its work stays."""
    first, second = edited(root), FileSet(root / "DICOMDIR")
    second.remove(list(second)[10])
    real = writing.carry_out

    def overtaken(plan: Any, monitor: Monitor, **more: Any) -> Any:
        monkeypatch.setattr(writing, "carry_out", real)
        first.write(layout=Layout.KEEP)
        return real(plan, monitor, **more)

    monkeypatch.setattr(writing, "carry_out", overtaken)
    with pytest.raises(IndexChangedError, match="another program"):
        second.write(layout=Layout.KEEP)
    assert len(assert_whole(root)) == 29
    assert len(second.staged_removals) == 1


def test_two_new_file_sets_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two that find a folder empty, the second does not replace the first."""
    first, second = FileSet(), FileSet()
    first.add(sample("CT_small.dcm"))
    second.add(sample("MR_small.dcm"))
    real = writing.carry_out

    def overtaken(plan: Any, monitor: Monitor, **more: Any) -> Any:
        monkeypatch.setattr(writing, "carry_out", real)
        first.write(tmp_path / "set")
        return real(plan, monitor, **more)

    monkeypatch.setattr(writing, "carry_out", overtaken)
    with pytest.raises(IndexChangedError):
        second.write(tmp_path / "set")
    assert len(assert_whole(tmp_path / "set")) == 1
    second.write(tmp_path / "other")
    assert len(assert_whole(tmp_path / "other")) == 1


@pytest.mark.parametrize("layout", list(Layout))
def test_a_cancel_at_every_question(root: Path, layout: Layout) -> None:
    """Old state and all that is staged, or new; and then the same object writes."""
    template = root.with_name("template")
    shutil.copytree(root, template)
    outcomes = []
    receipts = set()
    for number in range(1, 500):
        shutil.rmtree(root)
        shutil.copytree(template, root)
        file_set = edited(root)
        before = files_below(root)
        monitor = CancelAt(number)
        receipt = None
        with suppress(OperationCancelledError):
            receipt = file_set.write(layout=layout, monitor=monitor, verify=True)
        written = receipt is not None
        receipts.add(receipt and receipt.verified)
        assert written is not file_set.has_edits
        outcomes.append(written)
        assert (files_below(root) == before) is not written
        assert len(file_set.staged_removals) == (0 if written else 3)
        if not written:
            file_set.write(layout=layout)
        assert pending(str(root)) is None
        assert len(assert_whole(root)) == 29
        if monitor.left > 0:
            break
    assert receipts == {None, False, True}
    assert outcomes == sorted(outcomes)
    assert not outcomes[0]
    assert monitor.left > 0


@pytest.mark.parametrize("removals", range(_ALL_BUT_THE_JOURNAL + 1))
@pytest.mark.parametrize("edited_since", [False, True])
def test_a_medium_that_fails_in_the_recovery_too(
    root: Path, monkeypatch: pytest.MonkeyPatch, removals: int, *, edited_since: bool
) -> None:
    """What stands in the way is the unfinished write, and how to finish it; nobody else."""
    FileSet(root / "DICOMDIR").write()
    file_set = FileSet(root / "DICOMDIR")
    file_set.remove(list(file_set)[:5])
    left = [None] * removals
    unlink = Volume.unlink

    def failing_after(volume: Volume, path: str) -> None:
        if not left:
            raise OSError(errno.EIO, "gone", path)
        left.pop()
        unlink(volume, path)

    with monkeypatch.context() as patch:
        patch.setattr(Volume, "unlink", failing_after)
        with pytest.raises(UnfinishedWriteError):
            file_set.write()
        if edited_since:
            file_set.ID = "LATER"
        with pytest.raises(StudioError, match=r"interrupted .* undone first") as second:
            file_set.write()
        assert "recover command" in str(second.value)
    refused = [refusal(file_set.write), refusal(file_set.write)]
    # Where all was done but for the journal, what was staged since is of the present state.
    assert all(refused) is (edited_since and removals < _ALL_BUT_THE_JOURNAL)
    assert {"interrupted write" in str(error) for error in refused if error} <= {True}
    assert pending(str(root)) is None
    assert len(assert_whole(root)) == 26
    again = FileSet(root / "DICOMDIR")
    assert len(again) == 26
    if not edited_since:
        assert len(file_set) == 26
        file_set.remove(next(iter(file_set)))
        file_set.write()
        assert len(assert_whole(root)) == 25


def test_orphans_can_be_copied_after_a_failed_write(tmp_path: Path) -> None:
    """The write fails behind the renames; the same object copies what it holds."""
    write_files(tmp_path / "disc", Shape())
    disc = sound_disc(Shape())
    disc.records[disc.rows("STUDY")[0]].next = -1
    (tmp_path / "disc" / "DICOMDIR").write_bytes(disc.lay())
    file_set = quietly(lambda: FileSet(tmp_path / "disc" / "DICOMDIR"))
    copies = 0
    for number in range(20, 70, 3):
        with failing(Fault(number, errno.EIO)):
            if refusal(file_set.write) is None:
                break
        file_set.copy(tmp_path / str(number))
        assert len(assert_whole(tmp_path / str(number))) == len(file_set) == 24
        copies += 1
    assert copies > 3
