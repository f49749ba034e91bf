"""What a write that failed, was broken off or raced leaves: whole media and a usable object."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import OperationCancelledError, SourceChangedError, StudioError
from dicomdir_studio.fileset import FileSet, Layout, writing
from dicomdir_studio.fileset.verifying import VerificationError
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage import (
    CopyFrom,
    IndexChangedError,
    PermissionDeniedError,
    SourceReadError,
    UnfinishedUndoError,
    UnfinishedWriteError,
    execute,
    finishing,
    pending,
)
from dicomdir_studio.storage.volume import Volume
from tests.fileset.salvage.disc import Shape, sound_disc, write_files
from tests.fileset.twins import assert_whole, files_below, quietly, refusal, sample
from tests.storage.file_sets import make_instance
from tests.storage.trees import as_ordinary_person
from tests.storage.volumes import Fault, Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MONTH_AGO = (1_600_000_000, 1_600_000_000)
_ALL_BUT_THE_JOURNAL = 7


@pytest.fixture
def root(media: Path, tmp_path: Path) -> Path:
    """Write the sample File-set of 31 in the standard layout and return its root."""
    FileSet(media / "DICOMDIR").copy(tmp_path / "set")
    return tmp_path / "set"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder in which everybody may do everything."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def edited(root: Path) -> FileSet:
    """Open a File-set and stage a removal and an addition."""
    file_set = FileSet(root / "DICOMDIR")
    file_set.remove(list(file_set)[3:6])
    file_set.add(sample("CT_small.dcm"))
    return file_set


@contextmanager
def failing(fault: Fault, *, dead: bool = False) -> Iterator[None]:
    """Let the next writes meet a fault; the dead do nothing afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "execute", lambda plan, **more: execute(plan, volume=fault, **more))
        if dead:
            patch.setattr(writing.Writer, "_settle", lambda *_: None)
        yield


def killed(file_set: FileSet, number: int, path: Path | None = None) -> None:
    """Let the process of a write die at a call."""
    with failing(Fault(number), dead=True), pytest.raises(Killed):
        file_set.write(path)


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


class CancelAt(Monitor):
    """Cancels at the n-th question or word of progress."""

    def __init__(self, number: int) -> None:
        self.left = number

    def check(self) -> None:
        """Cancel when the time has come."""
        self.left -= 1
        if self.left == 0:
            raise OperationCancelledError

    def advance(self, amount: int = 1, detail: str = "") -> None:
        """Cancel here too."""
        self.check()

    def start(self, name: str, total: int | None = None, unit: str = "files") -> None:
        """And here."""
        self.check()


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


# Sources that change so that length and time are as they were


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Return two files of other instances with the same length and the same time."""
    data = sample("CT_small.dcm").read_bytes()
    uid = b"1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322"
    assert data.count(uid) == 2
    first, second = tmp_path / "first.dcm", tmp_path / "second.dcm"
    for path, content in ((first, data), (second, data.replace(uid, uid[:-1] + b"9"))):
        path.write_bytes(content)
        os.utime(path, MONTH_AGO)
    return first, second


def swap(first: Path, second: Path) -> None:
    """Put the second in the place of the first."""
    second.rename(first)


def overwrite(first: Path, second: Path) -> None:
    """Write the second's bytes into the first and set its time back."""
    first.write_bytes(second.read_bytes())
    os.utime(first, MONTH_AGO)


def touch_up(first: Path, second: Path) -> None:
    """Change a pixel and set the time back."""
    data = bytearray(first.read_bytes())
    data[-200] ^= 1
    first.write_bytes(data)
    os.utime(first, MONTH_AGO)


@pytest.mark.parametrize("planned", [False, True], ids=["before planning", "after planning"])
@pytest.mark.parametrize("change", [swap, overwrite, touch_up])
def test_a_source_replaced_behind_its_time(
    pair: tuple[Path, Path], tmp_path: Path, change: Callable[[Path, Path], None], planned: bool
) -> None:
    """Same length, same time, other bytes: the record would lead to another's image."""
    file_set = FileSet()
    file_set.add(pair[0])
    plan = file_set.plan(tmp_path / "set") if planned else None
    change(*pair)
    with pytest.raises(SourceChangedError, match=r"first\.dcm"):
        file_set.execute(plan or file_set.plan(tmp_path / "set"))
    assert not (tmp_path / "set").exists()


def test_a_source_that_only_looks_changed(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """A further link, other permissions or a true copy in its place are no change."""
    file_set = FileSet()
    file_set.add(pair[0])
    os.link(pair[0], tmp_path / "link")
    file_set.copy(tmp_path / "copy", hard_links=True)
    pair[0].chmod(0o600)
    shutil.copy2(pair[0], tmp_path / "twin")
    (tmp_path / "twin").rename(pair[0])
    file_set.write(tmp_path / "set")
    assert len(assert_whole(tmp_path / "set")) == 1


@pytest.mark.parametrize("end", ["cancelled", "failed", "copied and removed"])
def test_sources_that_were_linked_in_vain(
    pair: tuple[Path, Path], tmp_path: Path, end: str
) -> None:
    """Links that were made and taken away are no change of the sources: the object still writes."""
    file_set = FileSet()
    file_set.add_many(pair)
    if end == "cancelled":
        for number in range(1, 20):
            with suppress(OperationCancelledError):
                file_set.copy(tmp_path / str(number), monitor=CancelAt(number), hard_links=True)
    elif end == "failed":
        for number in range(8, 26):
            with failing(Fault(number, errno.EIO)), suppress(StudioError):
                file_set.copy(tmp_path / str(number), hard_links=True)
    else:
        file_set.copy(tmp_path / "copy", hard_links=True)
        shutil.rmtree(tmp_path / "copy")
    file_set.write(tmp_path / "set")
    assert len(assert_whole(tmp_path / "set")) == 2


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


def test_a_linked_source_replaced_behind_its_time(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """What is overwritten after links were made and taken away is noticed as ever."""
    file_set = FileSet()
    file_set.add(pair[0])
    file_set.copy(tmp_path / "copy", hard_links=True)
    shutil.rmtree(tmp_path / "copy")
    overwrite(*pair)
    with pytest.raises(SourceChangedError, match=r"first\.dcm"):
        file_set.write(tmp_path / "set")


@pytest.mark.skipif(os.name == "nt", reason="needs permissions of POSIX")
def test_a_source_that_may_not_be_read_for_a_while(open_folder: Path) -> None:
    """The error names it and says why; once it may be read again the same object writes."""
    sources = [open_folder / "sources" / f"{number}.dcm" for number in range(20)]
    for number, path in enumerate(sources):
        make_instance(path, number)
    file_set = FileSet()
    file_set.add_many(sources, missing_keys="fill")
    sources[13].chmod(0)
    with as_ordinary_person(), pytest.raises(SourceReadError, match=r"13\.dcm.*denied"):
        file_set.write(open_folder / "set")
    assert not (open_folder / "set").exists()
    sources[13].chmod(0o644)
    file_set.write(open_folder / "set")
    assert len(assert_whole(open_folder / "set")) == 20


def test_an_immutable_dicomdir(root: Path) -> None:
    """What even its owner may not replace is an error that names it; all is as it was."""
    file_set, before = edited(root), files_below(root)
    dicomdir = str(root / "DICOMDIR")
    chattr = shutil.which("chattr")
    if chattr is None or subprocess.run([chattr, "+i", dicomdir], check=False).returncode:
        pytest.skip("this file system, or this person, cannot make files immutable")
    try:
        with pytest.raises(PermissionDeniedError, match=r"set/DICOMDIR \("):
            file_set.write()
        assert files_below(root) == before
    finally:
        subprocess.run([chattr, "-i", dicomdir], check=True)
    file_set.write()
    assert len(assert_whole(root)) == 29


# Who may read what was written


@pytest.mark.parametrize("mode", [0o640, 0o444, 0o666])
def test_the_dicomdir_keeps_its_permissions(root: Path, mode: int) -> None:
    """Who could read the DICOMDIR can read the new one, whatever the umask; it stays read-only."""
    (root / "DICOMDIR").chmod(mode)
    before = os.umask(0o077)
    try:
        edited(root).write()
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / "DICOMDIR").stat().st_mode) == mode
    assert len(assert_whole(root)) == 29


def test_new_files_are_made_as_the_umask_says(tmp_path: Path) -> None:
    """A private source does not make a medium that others cannot read, nor a public one."""
    source = tmp_path / "source.dcm"
    shutil.copy(sample("CT_small.dcm"), source)
    source.chmod(0o600)
    before = os.umask(0o027)
    try:
        file_set = FileSet()
        file_set.add(source)
        file_set.write(tmp_path / "set")
    finally:
        os.umask(before)
    assert {stat.S_IMODE((tmp_path / "set" / name).stat().st_mode)
            for name in files_below(tmp_path / "set")} == {0o640}  # fmt: skip


# Verification


def test_verification_finds_a_flipped_bit(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was damaged on its way to the medium is named."""
    file_set = edited(root)
    real = Volume.write

    def damaged(self: Volume, descriptor: int, data: Any) -> None:
        content = bytearray(data)
        if content[128:132] == b"DICM" and len(content) > 20_000:
            content[-1] ^= 1
        real(self, descriptor, content)

    monkeypatch.setattr(Volume, "write", damaged)
    with pytest.raises(VerificationError, match="its content is another"):
        file_set.write(verify=True)


def test_verification_follows_every_record(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was there before and got lost on the way is found by the records."""
    file_set = edited(root)
    lost = Path(list(file_set)[20].path)
    real = writing.carry_out

    def losing(plan: Any, monitor: Monitor, **more: Any) -> Any:
        receipt = real(plan, monitor, **more)
        lost.unlink()
        return receipt

    monkeypatch.setattr(writing, "carry_out", losing)
    with pytest.raises(VerificationError, match=rf"{lost.name}: it is not there"):
        file_set.write(layout=Layout.KEEP, verify=True)


def test_verification_reads_whose_files_they_are(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that leads to another's file is found, though every byte is as it was copied."""
    file_set = FileSet()
    file_set.add(pair[0])
    plan = file_set.plan(tmp_path / "set")
    (stage,) = plan.storage_plan.stages
    (put,) = stage.puts
    assert isinstance(put, CopyFrom)
    wrong = replace(stage, puts=(put._replace(source=str(pair[1]), ctime_ns=None),))
    storage_plan = replace(plan.storage_plan, stages=(wrong,))
    with pytest.raises(VerificationError, match="that of another instance"):
        file_set.execute(replace(plan, storage_plan=storage_plan), verify=True)


@pytest.mark.parametrize("call", ["write", "copy"])
def test_verification_of_what_is_well(root: Path, tmp_path: Path, call: str) -> None:
    """Nothing is found where nothing is wrong, with a file missing all along too."""
    Path(list(FileSet(root / "DICOMDIR"))[8].path).unlink()
    with pytest.warns(UserWarning, match="does not exist"):
        file_set = edited(root)
    if call == "write":
        receipt = file_set.write(verify=True)
        assert receipt is not None
        assert receipt.verified
    else:
        staged = (file_set.path, len(file_set), file_set.edit_count, file_set.undo_text)
        assert len(file_set.copy(tmp_path / "copy", verify=True)) == 28
        assert (file_set.path, len(file_set), file_set.edit_count, file_set.undo_text) == staged
