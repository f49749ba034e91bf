"""Recovery finishes or undoes what is the write's own, and leaves alone what is not."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.storage import (
    JOURNAL_NAME,
    LOCK_NAME,
    Action,
    LinkTo,
    LockedError,
    NameClashError,
    PutBytes,
    RecoveryError,
    Replace,
    RootLock,
    UnsafePathError,
    execute,
    pending,
    recover,
)
from dicomdir_studio.storage.journal import Journal, JournalStage, encode
from tests.storage.scenarios import plan_of as scenario_plan
from tests.storage.scenarios import prepare, snapshot
from tests.storage.trees import as_ordinary_person, names, plan_of, put_file, sha
from tests.storage.volumes import Failing, Killed

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.storage import Plan

PUTS = (PutBytes(b"1" * 100, "N/1"), PutBytes(b"2" * 100, "N/2"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a tree of two old files."""
    for name in ("INDEX", "O/1", "O/2"):
        path = put_file(tmp_path / "root" / name, b"old " + name.encode())
        os.utime(path, (1_600_000_000, 1_600_000_000))
    return tmp_path / "root"


def die_in(plan: Plan, name: str, occurrence: int = 1) -> None:
    """Let a write die before the n-th call of a name."""

    class Dying(Failing):
        """Dies there, and stays dead."""

        left = occurrence

        def before(self, call: str) -> None:
            if call == name:
                self.left -= 1
            if self.left <= 0:
                raise Killed

    with pytest.raises(Killed):
        execute(plan, volume=Dying)


def test_nothing_to_recover(root: Path, tmp_path: Path) -> None:
    """No journal, no change; no folder, no error."""
    assert pending(str(root)) is None
    assert recover(str(root)) is None
    assert pending(str(tmp_path / "nowhere")) is None
    assert recover(str(tmp_path / "nowhere")) is None


def test_an_undo(root: Path) -> None:
    """What is pending says what will be done, and the report says what was."""
    before = snapshot(root)
    die_in(plan_of(root, PUTS, removals=["O/1"]), "replace")
    seen = pending(str(root))
    assert seen is not None
    assert seen.action is Action.UNDO
    assert (seen.files, seen.removals) == (2, 1)
    assert seen.started.startswith("20")
    assert seen.host
    report = recover(str(root))
    assert report is not None
    assert report.action is Action.UNDO
    assert set(report.removed) == {"N/1", "N/2"}
    assert report.kept == ()
    assert report.started == seen.started
    assert snapshot(root) == before


def test_a_finish(root: Path) -> None:
    """Behind the commit recovery removes what is old."""
    die_in(plan_of(root, PUTS, removals=["O/1", "O/2"], backup="OLD"), "unlink")
    seen = pending(str(root))
    assert seen is not None
    assert seen.action is Action.FINISH
    report = recover(str(root))
    assert report is not None
    assert report.action is Action.FINISH
    assert set(report.removed) == {"O/1", "O/2"}
    assert names(root) == {"INDEX", "N/1", "N/2", "OLD"}


def test_a_torn_journal(root: Path) -> None:
    """Nothing had started: only the journal and what waits beside it go."""
    before = snapshot(root)
    (root / JOURNAL_NAME).write_bytes(b'0000 {"format"')
    (root / ".dicomdir-studio.index-0").write_bytes(b"waiting")
    seen = pending(str(root))
    assert seen is not None
    assert seen.action is Action.CLEAN
    report = recover(str(root))
    assert report is not None
    assert report.action is Action.CLEAN
    assert snapshot(root) == before


def test_strays_and_other_names(root: Path) -> None:
    """Only names that a write makes are cleared away, whatever they begin with."""
    (root / ".dicomdir-studio.index-12").write_bytes(b"")
    (root / ".dicomdir-studio.rewrite").write_bytes(b"")
    (root / ".dicomdir-studio.index-x").write_bytes(b"mine")
    (root / ".dicomdir-studio.notes").write_bytes(b"mine")
    recover(str(root))
    hidden = {name for name in names(root) if name.startswith(".")}
    assert hidden == {".dicomdir-studio.index-x", ".dicomdir-studio.notes"}


def test_a_dead_lock_goes(root: Path) -> None:
    """A process killed before its journal leaves a lock file only."""
    (root / LOCK_NAME).write_bytes(b'{"pid": 1, "host": "x", "boot": "y", "since": "z"}')
    assert recover(str(root)) is None
    assert names(root) == {"INDEX", "O/1", "O/2"}


def test_a_write_that_still_runs(root: Path) -> None:
    """Its journal is not touched."""
    (root / JOURNAL_NAME).write_bytes(b"")
    with RootLock(str(root)):
        seen = pending(str(root))
        assert seen is not None
        assert seen.owner is not None
        assert seen.owner.pid == os.getpid()
        with pytest.raises(LockedError):
            recover(str(root))
    assert (root / JOURNAL_NAME).exists()


def test_read_only_media_are_only_looked_at(open_folder: Path) -> None:
    """A disc with a journal opens; the journal is reported."""
    put_file(open_folder / "root/INDEX", b"old")
    die_in(plan_of(open_folder / "root", PUTS), "replace")
    (open_folder / "root").chmod(0o555)
    before = snapshot(open_folder / "root")
    with as_ordinary_person():
        seen = pending(str(open_folder / "root"))
        assert seen is not None
        assert seen.action is Action.UNDO
        with pytest.raises(PermissionError):
            recover(str(open_folder / "root"))
    assert snapshot(open_folder / "root") == before


@pytest.mark.parametrize("kind", ["larger", "older", "folder", "link"])
def test_an_undo_keeps_what_is_not_its_own(root: Path, kind: str) -> None:
    """A file that came to a name of the journal meanwhile stays, and the report names it."""
    die_in(plan_of(root, PUTS), "create", 3)  # the index, the journal, then the first file
    assert not (root / "N/1").exists()
    path = root / "N/1"
    if kind == "larger":
        path.write_bytes(b"x" * 101)
    elif kind == "older":
        path.write_bytes(b"x")
        os.utime(path, (time.time() - 3600,) * 2)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(root / "O/1")
    report = recover(str(root))
    assert report is not None
    assert report.kept == ("N/1",)
    assert os.path.lexists(path)
    assert pending(str(root)) is None


def test_a_finish_keeps_what_came_to_an_old_name(root: Path) -> None:
    """The file to be removed was removed, then another took its name."""
    die_in(plan_of(root, removals=["O/1", "O/2"]), "unlink", 2)
    assert not (root / "O/1").exists()
    (root / "O/1").write_bytes(b"another")
    later = time.time() + 10
    os.utime(root / "O/1", (later, later))
    report = recover(str(root))
    assert report is not None
    assert report.kept == ("O/1",)
    assert (root / "O/1").read_bytes() == b"another"
    assert not (root / "O/2").exists()


def test_folders_that_became_links_out(root: Path, tmp_path: Path) -> None:
    """Recovery removes nothing behind a folder that now leads out of the root."""
    outside = tmp_path / "outside"
    for name in ("1", "2"):
        put_file(outside / name, b"outside")
    die_in(plan_of(root, PUTS, removals=["O/1", "O/2"]), "unlink")
    for folder in ("O", "N"):
        for path in (root / folder).iterdir():
            path.unlink()
        (root / folder).rmdir()
        (root / folder).symlink_to(outside)
    recover(str(root))
    assert names(outside) == {"1", "2"}


def test_an_index_of_other_hands(root: Path) -> None:
    """Neither finish nor undo would be right; after a look the journal can be discarded."""
    die_in(plan_of(root, PUTS, removals=["O/1"]), "replace")
    (root / "INDEX").write_bytes(b"by other software")
    seen = pending(str(root))
    assert seen is not None
    assert seen.action is Action.REFUSE
    before = names(root)
    with pytest.raises(RecoveryError) as caught:
        recover(str(root))
    assert caught.value.where == str(root / "INDEX")
    assert names(root) == before
    report = recover(str(root), discard=True)
    assert report is not None
    assert report.action is Action.CLEAN
    assert names(root) == {"INDEX", "N/1", "N/2", "O/1", "O/2"}


def test_a_name_that_a_later_stage_needs_is_taken(tmp_path: Path) -> None:
    """The write cannot be finished over another's file; when that is gone, it can."""
    root = prepare("collision", tmp_path)
    execute(scenario_plan("collision", tmp_path))
    new = snapshot(root)
    again = tmp_path / "again"
    root = prepare("collision", again)
    die_in(scenario_plan("collision", again), "link", 7)
    (root / "OLD/S1/F4").write_bytes(b"another, and larger than what is to come" * 200)
    later = time.time() + 10
    os.utime(root / "OLD/S1/F4", (later, later))
    with pytest.raises(NameClashError) as caught:
        recover(str(root))
    assert caught.value.where == str(root / "OLD/S1/F4")
    assert (root / "OLD/S1/F4").read_bytes().startswith(b"another")
    (root / "OLD/S1/F4").unlink()
    recover(str(root))
    assert snapshot(root) == new


def test_a_file_that_a_later_stage_needs_is_gone(tmp_path: Path) -> None:
    """Recovery says which; it does not commit an index that names nothing."""
    root = prepare("collision", tmp_path)
    die_in(scenario_plan("collision", tmp_path), "link", 7)
    interim = (root / "INDEX").read_bytes()
    (root / "TMP/T0").unlink()
    with pytest.raises(OSError, match=r".") as caught:
        recover(str(root))
    assert "TMP/T0" in str(caught.value) or "OLD/S0/F1" in str(caught.value)
    assert (root / "INDEX").read_bytes() == interim


def test_a_root_made_by_the_write_goes(tmp_path: Path) -> None:
    """An undone new tree leaves no empty folder."""
    die_in(plan_of(tmp_path / "root", PUTS), "replace")
    assert (tmp_path / "root/N/1").exists()
    recover(str(tmp_path / "root"))
    assert not (tmp_path / "root").exists()


def test_a_moved_tree_is_recovered(root: Path, tmp_path: Path) -> None:
    """The journal names no absolute path: the medium may be mounted elsewhere."""
    before = snapshot(root)
    die_in(plan_of(root, PUTS), "replace")
    root.rename(tmp_path / "elsewhere")
    recover(str(tmp_path / "elsewhere"))
    assert snapshot(tmp_path / "elsewhere") == before


def test_a_crafted_journal_cannot_take_foreign_files(root: Path) -> None:
    """An undo takes new files only, whatever a journal says about old ones."""
    journal = Journal(
        "INDEX", sha(b"old INDEX"), (JournalStage("0" * 64, (("O/1", 1 << 20), ("O/2", 1 << 20))),)
    )
    (root / JOURNAL_NAME).write_bytes(encode(journal))
    report = recover(str(root))
    assert report is not None
    assert set(report.kept) == {"O/1", "O/2"}
    assert names(root) == {"INDEX", "O/1", "O/2"}


def test_a_linked_source_is_only_unlinked(root: Path, tmp_path: Path) -> None:
    """Undoing a link never harms the file that it was a link to."""
    die_in(plan_of(root, [LinkTo("O/1", "N/1", 7)]), "replace")
    assert (root / "N/1").stat().st_nlink == 2
    recover(str(root))
    assert names(root) == {"INDEX", "O/1", "O/2"}
    assert (root / "O/1").read_bytes() == b"old O/1"
    assert Replace("INDEX", b"").parts == (b"",)


def test_crafted_journals_and_folders_that_lead_out(root: Path, tmp_path: Path) -> None:
    """A hostile medium gains nothing: no folder is made or removed behind its links."""
    outside = tmp_path / "outside"
    (outside / "empty").mkdir(parents=True)
    put_file(outside / "secret", b"secret")
    (root / "L").symlink_to(outside)
    undone = Journal(
        "INDEX",
        sha(b"old INDEX"),
        (
            JournalStage(
                "0" * 64,
                links=(("O/9", "L/secret", 6), ("L/stolen", "O/1", 7)),
                folders=("L/empty",),
            ),
        ),
        rename=True,
    )
    (root / JOURNAL_NAME).write_bytes(encode(undone))
    recover(str(root))
    assert names(outside) == {"secret"}
    assert (outside / "empty").is_dir()
    for folder, link in (("L/made", ("O/1", "O/8", 7)), ("O", ("L/secret", "stolen", 6))):
        finished = Journal(
            "INDEX",
            None,
            (
                JournalStage(sha(b"old INDEX")),
                JournalStage("1" * 64, links=(link,), folders=(folder,)),
            ),
        )
        (root / JOURNAL_NAME).write_bytes(encode(finished))
        (root / ".dicomdir-studio.index-1").write_bytes(b"next")
        with pytest.raises(UnsafePathError):
            recover(str(root))
        assert not (outside / "made").exists()
        assert not (root / "stolen").exists()
        assert (root / "INDEX").read_bytes() == b"old INDEX"
