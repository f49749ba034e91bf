"""What stands in the way is said before anything changes."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import SourceChangedError, StorageError
from dicomdir_studio.storage import (
    FAT_LARGEST,
    CopyFrom,
    FileTooLargeError,
    LinkTo,
    NameClashError,
    NoSpaceError,
    PathTooLongError,
    PermissionDeniedError,
    Plan,
    PutBytes,
    Removal,
    Replace,
    Room,
    Stage,
    Volume,
    execute,
    look_ahead,
    pending,
    recover,
    refusal,
)
from tests.storage.scenarios import snapshot
from tests.storage.trees import Roomy, as_ordinary_person, copy_of, names, plan_of, put_file
from tests.storage.volumes import CHANGING, Fault, Killed, Weak

if TYPE_CHECKING:
    from pathlib import Path


class FoldingCase(Volume):
    """A file system that does not tell upper from lower case: old DOS, macOS, Windows."""

    def lstat(self, path: str) -> os.stat_result | None:
        """Find a name in any case."""
        parts: list[str] = []
        for part in path.split("/"):
            folder = os.path.join(self.root, *parts)  # noqa: PTH118
            if not os.path.isdir(folder):  # noqa: PTH112
                return None
            fitting = [n for n in os.listdir(folder) if n.casefold() == part.casefold()]  # noqa: PTH208
            if not fitting:
                return None
            parts.append(fitting[0])
        return super().lstat("/".join(parts))


def assert_refused(plan: Plan, kind: type[StorageError], root: Path) -> StorageError:
    """Execute a plan that must be refused with nothing changed; `refusal` says the same."""
    before = snapshot(root)
    told = refusal(plan)
    with pytest.raises(kind) as caught:
        execute(plan)
    assert snapshot(root) == before
    assert type(told) is type(caught.value)
    assert str(told) == str(caught.value)
    return caught.value


def test_too_little_room(tmp_path: Path) -> None:
    """The error has the numbers, and nothing was begun."""
    put_file(tmp_path / "root/INDEX", b"old")

    class Full(Roomy):
        said = Room(20_000, 4096, None)

    plan = plan_of(tmp_path / "root", [PutBytes(b"x" * 50_000, "N")])
    with pytest.raises(NoSpaceError) as caught:
        execute(plan, volume=Full)
    assert caught.value.free == 20_000
    assert caught.value.needed is not None
    assert 50_000 < caught.value.needed < 70_000
    assert "20,000" in str(caught.value)
    assert names(tmp_path / "root") == {"INDEX"}


def test_room_for_old_and_new_at_once(tmp_path: Path) -> None:
    """What is to be removed gives no room to what comes first."""
    put_file(tmp_path / "root/INDEX", b"old")
    put_file(tmp_path / "root/O", b"x" * 100_000)

    class Tight(Roomy):
        said = Room(90_000, 4096, None)

    plan = plan_of(tmp_path / "root", [PutBytes(b"x" * 100_000, "N")], removals=["O"])
    with pytest.raises(NoSpaceError):
        execute(plan, volume=Tight)


def test_links_need_no_room(tmp_path: Path) -> None:
    """A move of a large file on a full medium is possible where there are hard links."""
    put_file(tmp_path / "root/O", b"x" * 1_000_000)

    class Tight(Roomy):
        said = Room(90_000, 4096, None)

    plan = plan_of(tmp_path / "root", [LinkTo("O", "N", 1_000_000)], removals=["O"])
    execute(plan, volume=Tight)
    assert names(tmp_path / "root") == {"INDEX", "N"}


def test_too_few_inodes(tmp_path: Path) -> None:
    """A file system may have room for bytes but not for files."""

    class Crowded(Roomy):
        said = Room(1 << 40, 4096, 2)

    plan = plan_of(tmp_path / "root", [PutBytes(b"", f"N{number}") for number in range(3)])
    with pytest.raises(NoSpaceError) as caught:
        execute(plan, volume=Crowded)
    assert (caught.value.needed, caught.value.free) == (3, 2)


class TightWeak(Weak, Roomy):
    """No hard links, and no room for copies."""

    said = Room(30_000, 4096, None)


def _renaming(root: Path, *, allow: bool = True) -> Plan:
    """Return a plan that moves two large files and adds one that is a copy of the first."""
    for name in ("O/1", "O/2"):
        path = put_file(root / name, name.encode() * 50_000)
        os.utime(path, (1_600_000_000, 1_600_000_000))
    put_file(root / "INDEX", b"old")
    stage = Stage(
        (LinkTo("O/1", "N/1", 150_000), LinkTo("O/2", "N/2", 150_000), PutBytes(b"new", "N/3")),
        Replace("INDEX", b"new"),
        (Removal("O/1"), Removal("O/2")),
    )
    owned = frozenset({"O/1", "O/2"})
    return Plan(str(root), (stage,), owned, allow_rename=allow)


def test_moves_without_links_and_without_room(tmp_path: Path) -> None:
    """They are refused, or done by renaming if the plan allows that."""
    plan = _renaming(tmp_path / "root", allow=False)
    with pytest.raises(NoSpaceError):
        execute(plan, volume=TightWeak)
    execute(_renaming(tmp_path / "root"), volume=TightWeak)
    assert names(tmp_path / "root") == {"INDEX", "N/1", "N/2", "N/3"}
    assert (tmp_path / "root/N/2").read_bytes() == b"O/2" * 50_000


@pytest.mark.parametrize("error", [None, 5, 28])
def test_renaming_interrupted_at_every_call(
    error: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recovery gives the old names back, or ends the moves."""
    monkeypatch.setattr(Volume, "room", lambda _: Room(30_000, 4096, None))
    execute(_renaming(tmp_path / "done"), volume=(counted := Fault(weak=True)))
    new = snapshot(tmp_path / "done")
    for number in range(1, counted.calls + 1):
        root = tmp_path / f"root{number}"
        plan = _renaming(root)
        old = snapshot(root)
        try:
            execute(plan, volume=Fault(number, error, weak=True))
        except Killed:
            recover(str(root))
        except StorageError:
            assert snapshot(root) == old
        assert snapshot(root) in (old, new)
        assert pending(str(root)) is None


def test_files_too_large_for_fat(tmp_path: Path) -> None:
    """FAT takes files up to 4 GiB less one byte; the error comes before any copying."""

    class Fat(Roomy):
        is_fat = True

    source = put_file(tmp_path / "source", b"")
    plan = plan_of(tmp_path / "root", [CopyFrom(str(source), "N", FAT_LARGEST + 1)])
    with pytest.raises(FileTooLargeError) as caught:
        execute(plan, volume=Fat)
    assert caught.value.where == str(source)


def test_long_names(tmp_path: Path) -> None:
    """A name or a path that the file system does not take."""
    root = tmp_path / "root"
    put_file(root / "INDEX", b"old")
    assert_refused(plan_of(root, [PutBytes(b"", "x" * 300)]), PathTooLongError, root)
    assert_refused(plan_of(root, [PutBytes(b"", "ü" * 200)]), PathTooLongError, root)
    deep = "/".join(["x" * 200] * 25)
    assert_refused(plan_of(root, [PutBytes(b"", deep)]), PathTooLongError, root)
    assert names(root) == {"INDEX"}


def test_a_root_that_cannot_be_written(open_folder: Path) -> None:
    """The folder is named; so is a folder below it."""
    put_file(open_folder / "root/INDEX", b"old")
    put_file(open_folder / "root/A/1", b"1")
    (open_folder / "root").chmod(0o555)
    with as_ordinary_person():
        error = assert_refused(
            plan_of(open_folder / "root"), PermissionDeniedError, open_folder / "root"
        )
        assert isinstance(error, PermissionError)
        new = plan_of(open_folder / "root/below/new")
        told = refusal(new)
        assert isinstance(told, PermissionDeniedError)
        with pytest.raises(PermissionDeniedError):
            execute(new)
    (open_folder / "root").chmod(0o777)
    (open_folder / "root/A").chmod(0o555)
    with as_ordinary_person():
        plan = plan_of(open_folder / "root", removals=["A/1"])
        error = assert_refused(plan, PermissionDeniedError, open_folder / "root")
        assert error.where == str(open_folder / "root/A")


def test_names_that_differ_in_case_only(tmp_path: Path) -> None:
    """They collide where the file system does not tell them apart, and only there."""
    root = tmp_path / "root"
    put_file(root / "INDEX", b"old")
    put_file(root / "A/one", b"1")
    clashes = {
        "with a foreign file": plan_of(root, [PutBytes(b"", "A/ONE")]),
        "with each other": plan_of(root, [PutBytes(b"", "N/x"), PutBytes(b"", "N/X")]),
        "folders": plan_of(root, [PutBytes(b"", "n/x"), PutBytes(b"", "N/y")]),
        "folder and file": plan_of(root, [PutBytes(b"", "n/x"), PutBytes(b"", "N")]),
        "with what goes later": plan_of(root, [PutBytes(b"", "A/ONE")], removals=["A/one"]),
    }
    for plan in clashes.values():
        with pytest.raises(NameClashError):
            execute(plan, volume=FoldingCase)
    assert names(root) == {"INDEX", "A/one"}
    for number, plan in enumerate(clashes.values()):
        execute(plan_of(tmp_path / str(number), plan.stages[0].puts))


def test_a_link_to_what_is_not_there(tmp_path: Path) -> None:
    """A file to be moved must be the one that the plan means."""
    root = tmp_path / "root"
    put_file(root / "INDEX", b"old")
    put_file(root / "A", b"12345")
    (root / "D").mkdir()
    for link in (LinkTo("B", "N", 5), LinkTo("A", "N", 6), LinkTo("D", "N", 0)):
        with pytest.raises(SourceChangedError):
            execute(plan_of(root, [link]))
        assert isinstance(refusal(plan_of(root, [link])), SourceChangedError)
    assert names(root) == {"INDEX", "A"}


def test_preconditions_change_nothing(tmp_path: Path) -> None:
    """A look ahead makes no call that changes the tree."""
    root = tmp_path / "root"
    put_file(root / "INDEX", b"old")
    source = put_file(tmp_path / "source", b"1")
    with pytest.MonkeyPatch.context() as patch:
        for name in CHANGING:
            patch.setattr(Volume, name, partial(pytest.fail, name))
        assert refusal(plan_of(root, [copy_of(source, "N")])) is None
        assert refusal(plan_of(tmp_path / "new", [copy_of(source, "N")])) is None
        outlook = look_ahead(str(root))
    assert outlook.exists
    assert outlook.writable
    assert outlook.root == str(root)
    assert outlook.free
    far = look_ahead(str(tmp_path / "a/b"))
    assert not far.exists
    assert far.root == str(tmp_path / "a/b")
    assert not (tmp_path / "a").exists()


def test_refusals_of_a_new_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root that does not exist yet is judged by the folder that it would lie in."""
    monkeypatch.setattr(Volume, "room", lambda _: Room(100, 4096, None))
    told = refusal(plan_of(tmp_path / "new", [PutBytes(b"x" * 101, "N")]))
    assert isinstance(told, NoSpaceError)
    assert told.free == 100
    put_file(tmp_path / "file", b"")
    assert isinstance(refusal(plan_of(tmp_path / "file/new")), StorageError)
