"""One writer below a root at a time."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dicomdir_studio.storage import (
    LOCK_NAME,
    LockedError,
    LockOwner,
    PermissionDeniedError,
    RootLock,
    execute,
    locking,
    read_owner,
)
from tests.storage.trees import as_ordinary_person, names, plan_of

HOLD = """
import sys
from dicomdir_studio.storage import RootLock
with RootLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""

both_ways = pytest.mark.parametrize("flock", [True, False], ids=["flock", "no flock"])


def _no_flock(flock: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take flock away, as some network file systems do."""
    if not flock:
        monkeypatch.setattr(locking, "_try_lock", lambda _: None)


@both_ways
def test_a_lock_leaves_nothing(
    flock: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be taken again, and its file goes with it."""
    _no_flock(flock, monkeypatch)
    for _ in range(2):
        lock = RootLock(str(tmp_path))
        with lock:
            assert _holds(lock)
            owner = read_owner(str(tmp_path))
            assert owner is not None
            assert owner.pid == os.getpid()
        assert not _holds(lock)
        assert names(tmp_path) == set()
        lock.release()


def _holds(lock: RootLock) -> bool:
    """Ask anew: a type checker takes the answer for settled."""
    return lock.held


@both_ways
def test_two_in_one_process(flock: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two jobs exclude each other too, and the second hears who was first."""
    _no_flock(flock, monkeypatch)
    with RootLock(str(tmp_path)):
        with pytest.raises(LockedError) as caught, RootLock(str(tmp_path)):
            pass
        assert caught.value.pid == os.getpid()
        assert caught.value.host
        assert caught.value.since
        assert str(os.getpid()) in str(caught.value)
        with pytest.raises(LockedError):
            execute(plan_of(tmp_path))
    assert names(tmp_path) == set()


def test_two_processes(tmp_path: Path) -> None:
    """A lock of another process is respected while it lives, and gone when it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LockedError) as caught, RootLock(str(tmp_path)):
            pass
        assert caught.value.pid == other.pid
        other.kill()
        other.wait()
    assert names(tmp_path) == {LOCK_NAME}
    with RootLock(str(tmp_path)):
        owner = read_owner(str(tmp_path))
        assert owner is not None
        assert owner.pid == os.getpid()
    assert names(tmp_path) == set()


def _stale_owner(kind: str) -> LockOwner:
    """Return the owner of a lock that means nothing any more, or still does."""
    mine = LockOwner.of_this_process()
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    return {
        "dead": LockOwner(gone.pid, mine.host, mine.boot, mine.since),
        "before the last boot": LockOwner(os.getpid(), mine.host, "another", mine.since),
        "alive": LockOwner(os.getppid(), mine.host, mine.boot, mine.since),
        "of another host": LockOwner(gone.pid, "elsewhere", "another", mine.since),
    }[kind]


@pytest.mark.parametrize("kind", ["dead", "before the last boot", "alive", "of another host"])
def test_stale_locks_without_flock(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock is taken over if its process certainly runs no more, and only then."""
    _no_flock(False, monkeypatch)
    (tmp_path / LOCK_NAME).write_bytes(_stale_owner(kind).encode())
    if kind in {"dead", "before the last boot"}:
        with RootLock(str(tmp_path)):
            pass
        assert names(tmp_path) == set()
    else:
        with pytest.raises(LockedError), RootLock(str(tmp_path)):
            pass
        assert names(tmp_path) == {LOCK_NAME}


def test_an_unreadable_lock_without_flock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file just made may not have its owner in it yet; an old one never will."""
    _no_flock(False, monkeypatch)
    path = tmp_path / LOCK_NAME
    path.write_bytes(b"{")
    with pytest.raises(LockedError) as caught, RootLock(str(tmp_path)):
        pass
    assert caught.value.pid is None
    old = time.time() - 60
    os.utime(path, (old, old))
    with RootLock(str(tmp_path)):
        pass
    assert names(tmp_path) == set()


def _count_up(folder: str, times: int) -> None:
    """Increase a number in a file, each time under the lock."""
    path = Path(folder, "number")
    done = 0
    while done < times:
        try:
            with RootLock(folder):
                number = int(path.read_text())
                time.sleep(0.0002)
                path.write_text(str(number + 1))
            done += 1
        except LockedError:
            time.sleep(0.0005)


def test_many_processes_count_right(tmp_path: Path) -> None:
    """No moment is open between the removal of a lock's file and the next one's making."""
    (tmp_path / "number").write_text("0")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_count_up, args=(str(tmp_path), 100)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert (tmp_path / "number").read_text() == "400"
    assert names(tmp_path) == {"number"}


def test_a_folder_that_cannot_be_locked(open_folder: Path) -> None:
    """It is the file system's error, in our words."""
    open_folder.chmod(0o555)
    with as_ordinary_person(), pytest.raises(PermissionDeniedError), RootLock(str(open_folder)):
        pass


def test_a_lock_file_that_is_a_link(tmp_path: Path) -> None:
    """A hostile medium cannot have its link followed and the file behind it emptied."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    root = tmp_path / "root"
    root.mkdir()
    (root / LOCK_NAME).symlink_to(victim)
    with pytest.raises(OSError, match=r".") as caught, RootLock(str(root)):
        pass
    assert caught.value.args
    assert victim.read_bytes() == b"precious"
