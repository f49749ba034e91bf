"""File systems and systems that do less, or fail in other ways, than one would like."""

from __future__ import annotations

import errno
import json
import os
import platform
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import StorageError
from dicomdir_studio.storage import (
    LOCK_NAME,
    CopyFrom,
    LinkTo,
    LockedError,
    LockOwner,
    MediumGoneError,
    Plan,
    Removal,
    Replace,
    RootLock,
    Stage,
    Volume,
    execute,
    kernel,
    locking,
    pending,
    recover,
)
from tests.storage.trees import copy_of, names, plan_of, put_file
from tests.storage.volumes import Weak

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a tree with an index and two files."""
    for name in ("A/1", "A/2"):
        put_file(tmp_path / "root" / name, f"old {name}".encode())
    put_file(tmp_path / "root/INDEX", b"old index")
    return tmp_path / "root"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a source file."""
    return put_file(tmp_path / "sources/one", b"one" * 1000)


class EachFile(Volume):
    """Where only fsync() is to be trusted."""

    can_sync_all = False


def refusing(monkeypatch: pytest.MonkeyPatch, number: int, *, folders: bool) -> list[int]:
    """Let fsync() of all folders, or of all files, fail; returns how often it was asked."""
    real, asked = os.fsync, [0]

    def fsync(descriptor: int) -> None:
        is_folder = os.path.isdir(f"/proc/self/fd/{descriptor}")  # noqa: PTH112
        if is_folder is folders:
            asked[0] += 1
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return asked


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF])
def test_folders_that_cannot_be_synced(
    root: Path, source: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A file system that has no sync of folders can be written to all the same."""
    asked = refusing(monkeypatch, number, folders=True)
    execute(plan_of(root, [copy_of(source, "N/1")], removals=["A/1"]), volume=EachFile)
    assert names(root) == {"INDEX", "A/2", "N/1"}
    assert asked[0] > 2


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize("folders", [True, False], ids=["folders", "files"])
def test_a_sync_that_fails_is_no_success(
    root: Path, source: Path, monkeypatch: pytest.MonkeyPatch, number: int, folders: bool
) -> None:
    """What the medium did not take is not committed: an error, and the old state stands."""
    with monkeypatch.context() as patch:
        asked = refusing(patch, number, folders=folders)
        with pytest.raises(StorageError):
            execute(plan_of(root, [copy_of(source, "N/1")], removals=["A/1"]), volume=EachFile)
        assert asked[0]
    assert (root / "INDEX").read_bytes() == b"old index"
    assert {"A/1", "A/2"} <= names(root)


class OneFailure:
    """Lets one sync of the folder itself fail, and notes what the index was by then."""

    def __init__(self, tree: Path, number: int) -> None:
        self._tree, self._left, self._real = tree, number, os.fsync
        self.before: bytes | None = None

    def __call__(self, descriptor: int) -> None:
        """Sync, or fail."""
        if os.path.realpath(f"/proc/self/fd/{descriptor}") == str(self._tree):
            self._left -= 1
            if self._left == -1:
                self.before = (self._tree / "INDEX").read_bytes()
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._real(descriptor)


@pytest.mark.parametrize("volume", [Volume, EachFile], ids=["one-sync", "each-file"])
def test_each_sync_of_the_root_that_fails_alone(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, volume: type[Volume]
) -> None:
    """No other sync speaks for it: before the commit it is an error, and the old state stands."""
    early = late = 0
    for number in range(100):
        tree = tmp_path / f"tree{number}"
        for name in ("A/1", "INDEX"):
            put_file(tree / name, f"old {name}".encode())
        one = OneFailure(tree, number)
        failed = False
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", one)
            try:
                execute(plan_of(tree, [copy_of(source, "N/1")], removals=["A/1"]), volume=volume)
            except StorageError:
                failed = True
        if one.before is None:
            break
        recover(str(tree))
        if one.before == b"old INDEX":
            early += 1
            assert failed
            assert names(tree) == {"INDEX", "A/1"}
        else:
            late += 1
            assert names(tree) == {"INDEX", "N/1"}
    assert early >= 2  # for the waiting index, and for the journal
    assert late >= 1


@pytest.mark.parametrize("call", ["sync_file_system", "sync_file"])
def test_a_sync_that_fails_once(
    root: Path, source: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """The second sync lies that all is well: the first one's word counts."""
    real = getattr(kernel, call)
    failed: list[bool] = []

    def sync(descriptor: int) -> None:
        if not failed:
            failed.append(True)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)

    volume = Volume if call == "sync_file_system" else EachFile
    if call == "sync_file_system" and not kernel.can_sync_file_system(kernel.FAT):
        pytest.skip("there is no such call on this system")
    monkeypatch.setattr(kernel, call, sync)
    monkeypatch.setattr(Volume, "can_sync_all", volume is Volume)
    with pytest.raises(MediumGoneError):
        execute(plan_of(root, [copy_of(source, "N/1")], removals=["A/1"]), volume=volume)
    assert names(root) == {"INDEX", "A/1", "A/2"}
    assert pending(str(root)) is None


def short(real: Callable[..., int], most: int) -> Callable[..., int]:
    """Return a write() that takes few bytes at once."""

    def write(descriptor: int, data: Any) -> int:
        return real(descriptor, memoryview(data)[:most]) if most else 0

    return write


def test_writes_that_take_little_at_once(
    root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short write is gone on with."""
    monkeypatch.setattr(os, "write", short(os.write, 7))
    execute(plan_of(root, [copy_of(source, "N/1")]))
    assert (root / "N/1").read_bytes() == source.read_bytes()
    assert (root / "INDEX").read_bytes() == b"new index"


@pytest.mark.timeout(20)
def test_writes_that_take_nothing(
    root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that neither fails nor goes on is an error, not a wait without an end."""
    plan = plan_of(root, [copy_of(source, "N/1")])
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short(os.write, 0))
        with pytest.raises(StorageError):
            execute(plan)
    assert (root / "INDEX").read_bytes() == b"old index"
    assert pending(str(root)) is None


def test_copies_in_place_of_links_have_their_sums(root: Path, tmp_path: Path) -> None:
    """Where files must be copied to move, they can be read back and compared too."""
    from dicomdir_studio.storage import LinkTo, verify

    size = (root / "A/1").stat().st_size
    plan = plan_of(root, [LinkTo("A/1", "B/1", size)], removals=["A/1"])
    receipt = execute(plan, volume=Weak)
    assert set(receipt.digests) == {"B/1", "INDEX"}
    assert verify(str(root), receipt.digests) == ()
    (root / "B/1").write_bytes(b"x" * size)
    assert [wrong.path for wrong in verify(str(root), receipt.digests)] == ["B/1"]


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="no /proc")  # noqa: PTH110
def test_the_number_of_a_dead_process_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without flock: the lock of a process whose number another one has now is stale."""
    monkeypatch.setattr(locking, "_try_lock", lambda _descriptor: None)
    owner = LockOwner.of_this_process()
    assert not owner.is_gone()
    reused = LockOwner(owner.pid, owner.host, owner.boot, owner.since, start="1")
    assert reused.is_gone()
    (tmp_path / LOCK_NAME).write_bytes(reused.encode())
    with RootLock(tmp_path.as_posix()):
        assert json.loads((tmp_path / LOCK_NAME).read_bytes())["start"] == owner.start
    assert not (tmp_path / LOCK_NAME).exists()


def test_a_lock_of_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without flock nobody knows whether it is stale: it says whose it is and what to do."""
    monkeypatch.setattr(locking, "_try_lock", lambda _descriptor: None)
    owner = LockOwner(1, f"not-{platform.node()}", "", "2020-01-01T00:00:00+00:00")
    (tmp_path / LOCK_NAME).write_bytes(owner.encode())
    with pytest.raises(LockedError, match=rf"not-.*2020.*delete {LOCK_NAME}"):
        RootLock(tmp_path.as_posix()).__enter__()
    assert (tmp_path / LOCK_NAME).exists()


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
def test_a_lock_that_cannot_be_taken_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The file of a lock that was never had goes again."""
    fcntl = pytest.importorskip("fcntl")

    def flock(_descriptor: int, _how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(StorageError):
        RootLock(tmp_path.as_posix()).__enter__()
    assert not names(tmp_path)


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """Paths in another encoding are written, recovered and told of like any others."""
    base = os.fsencode(tmp_path) + b"/\xff\xe4"
    os.mkdir(base)  # noqa: PTH102
    folder = os.fsdecode(base)
    source = os.path.join(folder, os.fsdecode(b"\xfe.dcm"))  # noqa: PTH118
    with open(source, "wb") as file:  # noqa: PTH123
        file.write(b"one")
    status = os.stat(source)  # noqa: PTH116
    from pathlib import Path as PathOf

    root = PathOf(folder, "root")
    put = CopyFrom(source, os.fsdecode(b"N/\xfd"), status.st_size, status.st_mtime_ns)
    execute(plan_of(root, [put]))
    assert (root / os.fsdecode(b"N/\xfd")).read_bytes() == b"one"


class Remembering(Volume):
    """Where a name is seen for a while after the file was removed by its other case."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.seen: dict[str, os.stat_result] = {}
        self.looks = 0

    def unlink(self, path: str) -> None:
        """Remove a file, which remains known in upper case."""
        status = super().lstat(path)
        super().unlink(path)
        if status is not None and path.startswith("A/im"):
            self.seen[path.upper()] = status

    def lstat(self, path: str) -> os.stat_result | None:
        """Look at a name; after the third look nothing is remembered."""
        if path in self.seen:
            self.looks += 1
            if self.looks > 3:
                self.seen.clear()
        return self.seen.get(path) or super().lstat(path)


def test_a_name_that_is_remembered_in_another_case(tmp_path: Path) -> None:
    """A later stage waits for the name of a file that an earlier one removed."""
    root = tmp_path / "root"
    for number in (1, 2):
        put_file(root / f"A/im{number}", b"content" * number)
    put_file(root / "INDEX", b"old index")
    owned = ("A/im1", "A/im2")
    first = Stage(
        tuple(LinkTo(f"A/im{n}", f"T/{n}", 7 * n) for n in (1, 2)),
        Replace("INDEX", b"interim"),
        tuple(Removal(name) for name in owned),
    )
    last = Stage(
        (LinkTo("T/1", "A/IM2", 7), LinkTo("T/2", "A/IM1", 14)),
        Replace("INDEX", b"new index"),
        (Removal("T/1"), Removal("T/2")),
    )
    made: list[Remembering] = []

    def volume(path: str) -> Remembering:
        made.append(Remembering(path))
        return made[-1]

    execute(Plan(str(root), (first, last), frozenset(owned)), volume=volume)
    assert made[-1].looks > 3
    assert names(root) == {"INDEX", "A/IM1", "A/IM2"}
    assert (root / "A/IM2").read_bytes() == b"content"
