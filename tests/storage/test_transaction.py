"""Writes that succeed, and those that are refused or fail half-way: the tree is as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dicomdir_studio.errors import SourceChangedError, StorageError
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage import (
    JOURNAL_NAME,
    LinkTo,
    NameClashError,
    PendingJournalError,
    Plan,
    PutBytes,
    Removal,
    Replace,
    RootLock,
    Stage,
    UnsafePathError,
    Volume,
    execute,
    pending,
)
from tests.storage.trees import LARGE, copy_of, everything, folders, names, plan_of, put_file, sha


def test_a_new_tree(tmp_path: Path) -> None:
    """Files of every size are copied to the letter, into folders made with their parents."""
    contents = {"A/empty": b"", "A/B/small": b"small", "C": b"x" * 300_000, "D/large": LARGE}
    puts = [
        copy_of(put_file(tmp_path / "sources" / name, data), name)
        for name, data in contents.items()
    ]
    root = tmp_path / "not/there/yet"
    receipt = execute(plan_of(root, [*puts, PutBytes(b"made", "E/made")]))
    wanted = contents | {"E/made": b"made", "INDEX": b"new index"}
    assert everything(root) == wanted
    assert receipt.digests == {name: sha(data) for name, data in wanted.items()}
    assert receipt.files == 5
    assert receipt.bytes == sum(len(data) for data in contents.values()) + 4
    assert receipt.seconds > 0


@pytest.mark.parametrize("size", [0, 5, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
@pytest.mark.parametrize("checksum", [True, False])
def test_copies_of_every_size(size: int, checksum: bool, tmp_path: Path) -> None:
    """Around the size of the buffer too, with and without a sum."""
    data = os.urandom(size)
    put = copy_of(put_file(tmp_path / "source", data), "F")
    receipt = execute(plan_of(tmp_path / "root", [put], checksum=checksum))
    assert (tmp_path / "root/F").read_bytes() == data
    assert receipt.digests.get("F") == (sha(data) if checksum else None)


def test_additions_and_removals(root: Path, source: Path) -> None:
    """New files come, old ones and folders left empty go, what is not ours stays."""
    inside = copy_of(root / "A/1", "N/moved")
    execute(plan_of(root, [copy_of(source, "N/new"), inside], removals=["A/1", "A/2", "B/3"]))
    assert everything(root) == {
        "INDEX": b"new index",
        "N/new": b"one",
        "N/moved": b"old A/1",
        "A/FOREIGN": b"foreign",
    }
    assert folders(root) == {"A", "N"}


def test_a_removal_of_what_is_gone(root: Path) -> None:
    """A file that something else removed already is no error."""
    (root / "B/3").unlink()
    execute(plan_of(root, removals=["B/3", "Z/9"]))
    assert names(root) == {"INDEX", "A/1", "A/2", "A/FOREIGN"}


def test_folders_that_were_empty_before_stay(root: Path) -> None:
    """Only folders that the removals empty go."""
    (root / "EMPTY").mkdir()
    (root / "B/EMPTY").mkdir()
    execute(plan_of(root, removals=["B/3"]))
    assert folders(root) == {"A", "B", "B/EMPTY", "EMPTY"}


def test_links_share_the_file(root: Path) -> None:
    """A move inside the set costs no bytes where there are hard links."""
    number = (root / "A/1").stat().st_ino
    plan = plan_of(root, [LinkTo("A/1", "M/1", 7)], removals=["A/1"])
    assert execute(plan).bytes == 0
    assert (root / "M/1").stat().st_ino == number


def test_a_source_can_be_linked_on_request(tmp_path: Path, source: Path) -> None:
    """A copy that is a link has its sum too; a source on another file system is copied."""
    receipt = execute(plan_of(tmp_path / "root", [copy_of(source, "L", link=True)]))
    assert (tmp_path / "root/L").samefile(source)
    assert receipt.digests["L"] == sha(b"one")
    memory = Path("/dev/shm")  # noqa: S108
    if memory.is_dir() and memory.stat().st_dev != tmp_path.stat().st_dev:
        other = memory / f"source-{os.getpid()}"
        try:
            other.write_bytes(b"two")
            execute(plan_of(tmp_path / "root2", [copy_of(other, "L", link=True)]))
        finally:
            other.unlink()
        assert (tmp_path / "root2/L").read_bytes() == b"two"


def test_a_swap_in_two_stages(root: Path) -> None:
    """Names that change hands go over interim names; nothing of these is left."""
    first = Stage(
        (LinkTo("A/1", "T/a", 7), LinkTo("A/2", "T/b", 7), PutBytes(b"new", "T/c")),
        Replace("INDEX", b"interim"),
        (Removal("A/1"), Removal("A/2")),
    )
    second = Stage(
        (LinkTo("T/a", "A/2", 7), LinkTo("T/b", "A/1", 7), LinkTo("T/c", "B/4", 3)),
        Replace("INDEX", b"final"),
        (Removal("T/a"), Removal("T/b"), Removal("T/c")),
    )
    receipt = execute(Plan(str(root), (first, second), frozenset({"A/1", "A/2"})))
    assert (root / "A/1").read_bytes() == b"old A/2"
    assert (root / "A/2").read_bytes() == b"old A/1"
    assert (root / "INDEX").read_bytes() == b"final"
    assert "T" not in folders(root)
    assert receipt.files == 6
    assert receipt.digests == {"INDEX": sha(b"final"), "B/4": sha(b"new")}


def test_a_folder_where_a_file_was(root: Path) -> None:
    """A second stage may make a folder of the name of a file that the first removes."""
    first = Stage(
        (LinkTo("A/1", "T/a", 7), LinkTo("B/3", "T/b", 7)),
        Replace("INDEX", b"interim"),
        (Removal("A/1"), Removal("B/3")),
    )
    second = Stage(
        (LinkTo("T/a", "A/1/x/1", 7), LinkTo("T/b", "B", 7)),
        Replace("INDEX", b"final"),
        (Removal("T/a"), Removal("T/b")),
    )
    plan = Plan(str(root), (first, second), frozenset({"A/1", "B/3"}))
    with pytest.raises(NameClashError):  # a folder does not make way for a file
        execute(plan)
    puts = (second.puts[0], LinkTo("T/b", "C", 7))
    stages = (first, second._replace(puts=puts))
    execute(Plan(plan.root, stages, plan.owned))
    assert (root / "A/1/x/1").read_bytes() == b"old A/1"
    assert (root / "C").read_bytes() == b"old B/3"
    assert folders(root) == {"A", "A/1", "A/1/x"}


def test_backup(root: Path) -> None:
    """The previous index is kept under the name asked for; an older backup makes way if owned."""
    execute(plan_of(root, backup="INDEX.OLD"))
    assert (root / "INDEX.OLD").read_bytes() == b"old index"
    with pytest.raises(NameClashError):
        execute(plan_of(root, index=b"newer", backup="INDEX.OLD"))
    execute(plan_of(root, index=b"newer", backup="INDEX.OLD", owned=["INDEX.OLD"]))
    assert (root / "INDEX.OLD").read_bytes() == b"new index"
    assert (root / "INDEX").read_bytes() == b"newer"


def test_a_backup_of_nothing(tmp_path: Path) -> None:
    """A new tree has no previous index."""
    execute(plan_of(tmp_path / "root", backup="INDEX.OLD"))
    assert names(tmp_path / "root") == {"INDEX"}


def test_a_root_that_is_a_link(root: Path, tmp_path: Path, source: Path) -> None:
    """It is resolved once; the link stays a link."""
    link = tmp_path / "link"
    link.symlink_to(root)
    execute(plan_of(link, [copy_of(source, "N")]))
    assert link.is_symlink()
    assert (root / "N").read_bytes() == b"one"


@pytest.mark.parametrize("links", ["A/X/new", "OUT/new"])
def test_folders_that_are_links_out(root: Path, tmp_path: Path, source: Path, links: str) -> None:
    """Nothing is written or removed outside the root through a folder that is a link."""
    outside = tmp_path / "outside"
    put_file(outside / "victim", b"victim")
    (root / links).parent.symlink_to(outside)
    before = everything(root)
    with pytest.raises(UnsafePathError):
        execute(plan_of(root, [copy_of(source, links)]))
    victim = links.replace("new", "victim")
    with pytest.raises(UnsafePathError):
        execute(plan_of(root, removals=[victim]))
    with pytest.raises(UnsafePathError):
        execute(plan_of(root, [LinkTo(victim, "stolen", 6)]))
    assert everything(root) == before
    assert names(outside) == {"victim"}


def test_a_folder_that_is_a_link_inside(root: Path, source: Path) -> None:
    """A link that stays inside the root is an ordinary folder."""
    (root / "L").symlink_to("A", target_is_directory=True)
    execute(plan_of(root, [copy_of(source, "L/new")]))
    assert (root / "A/new").read_bytes() == b"one"


def test_a_link_at_the_target(root: Path, source: Path, tmp_path: Path) -> None:
    """A link, dangling or not, is a name that is taken: it is not followed."""
    (root / "N").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NameClashError):
        execute(plan_of(root, [copy_of(source, "N")]))
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("taken", ["A/FOREIGN", "A", "A/1/below", "INDEX/below"])
def test_names_that_are_taken(root: Path, source: Path, taken: str) -> None:
    """Files that are there are never overwritten, nor folders replaced."""
    before = everything(root)
    with pytest.raises(NameClashError):
        execute(plan_of(root, [copy_of(source, taken)], owned=["A/1"]))
    assert everything(root) == before


def test_a_name_as_file_and_folder(tmp_path: Path, source: Path) -> None:
    """A new file cannot be the folder of another."""
    puts = [copy_of(source, "N"), copy_of(source, "N/below")]
    with pytest.raises(NameClashError):
        execute(plan_of(tmp_path / "root", puts))
    assert not (tmp_path / "root").exists()


def test_a_folder_is_never_removed_as_a_file(root: Path) -> None:
    """Neither is an index that is a folder replaced."""
    with pytest.raises(StorageError):
        execute(plan_of(root, removals=["A"]))
    (root / "INDEX").unlink()
    (root / "INDEX").mkdir()
    with pytest.raises(NameClashError):
        execute(plan_of(root))
    assert names(root) == {"A/1", "A/2", "A/FOREIGN", "B/3"}


def test_a_target_that_is_a_file(tmp_path: Path, source: Path) -> None:
    """The root must be a folder."""
    with pytest.raises(StorageError):
        execute(plan_of(source, [copy_of(source, "N")]))
    assert source.read_bytes() == b"one"


def test_a_foreign_file_that_comes_in_the_last_moment(root: Path, source: Path) -> None:
    """It is neither overwritten nor removed with what the write takes back."""

    class Rival(Volume):
        def create(self, path: str) -> int:
            if path == "N/2":
                (root / "N/2").write_bytes(b"rival")
            return super().create(path)

    plan = plan_of(root, [copy_of(source, "N/1"), copy_of(source, "N/2")])
    with pytest.raises(NameClashError) as caught:
        execute(plan, volume=Rival)
    assert caught.value.where == str(root / "N/2")
    assert names(root) == {"INDEX", "A/1", "A/2", "A/FOREIGN", "B/3", "N/2"}
    assert (root / "N/2").read_bytes() == b"rival"
    assert pending(str(root)) is None


def test_a_pending_journal_is_recovered_first(root: Path) -> None:
    """A write over the traces of another would mix the two up."""
    (root / JOURNAL_NAME).write_bytes(b"")
    with pytest.raises(PendingJournalError):
        execute(plan_of(root))


def test_a_lock_of_the_caller_is_kept(root: Path) -> None:
    """Who holds the lock over several writes gives it back later."""
    with RootLock(str(root)) as lock:
        execute(plan_of(root), lock=lock)
        execute(plan_of(root, index=b"newer"), lock=lock)
        assert lock.held
        assert len(names(root) & {".dicomdir-studio.lock"}) == 1
    assert names(root) == {"INDEX", "A/1", "A/2", "A/FOREIGN", "B/3"}


def test_a_failed_new_tree_leaves_no_folder(tmp_path: Path, source: Path) -> None:
    """The root and the parents made for it go again."""
    plan = plan_of(tmp_path / "a/b/root", [copy_of(source, "N")])
    source.unlink()
    with pytest.raises(SourceChangedError):
        execute(plan)
    assert not (tmp_path / "a").exists()


def test_a_faulty_monitor_after_the_commit(root: Path) -> None:
    """A mistake of a face is raised, but the write is ended first."""

    class Faulty(Monitor):
        def start(self, phase: str, total: int | None = None, unit: str = "files") -> None:
            if phase == "Removing files":
                message = "a mistake of a face"
                raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="a mistake"):
        execute(plan_of(root, removals=["A/1"]), monitor=Faulty())
    assert pending(str(root)) is None
    assert names(root) == {"INDEX", "A/2", "A/FOREIGN", "B/3"}
    assert (root / "INDEX").read_bytes() == b"new index"


def test_what_is_done_meanwhile_ends_before_the_commit(root: Path, source: Path) -> None:
    """Work of the caller's is done once, and its failure leaves the old state."""
    before = everything(root)
    plan = plan_of(root, [copy_of(source, "NEW")])
    with pytest.raises(ZeroDivisionError):
        execute(plan, meanwhile=lambda: 1 // 0)  # type: ignore[arg-type]
    assert everything(root) == before
    seen: list[bool] = []
    execute(plan, meanwhile=lambda: seen.append(everything(root)["INDEX"] == before["INDEX"]))
    assert seen == [True]
    assert "NEW" in everything(root)


def test_an_empty_plan_replaces_the_index(root: Path) -> None:
    """The index alone may be what changes."""
    receipt = execute(plan_of(root))
    assert receipt.files == 0
    assert (root / "INDEX").read_bytes() == b"new index"


def test_a_set_without_an_index_yet(tmp_path: Path, source: Path) -> None:
    """Files left in place get an index; nothing else is touched."""
    put_file(tmp_path / "root/IM1", b"image")
    execute(plan_of(tmp_path / "root"))
    assert everything(tmp_path / "root") == {"IM1": b"image", "INDEX": b"new index"}
