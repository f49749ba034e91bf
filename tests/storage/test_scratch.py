"""What killed runs left unpacked goes, and nothing else ever."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.storage import scratch
from dicomdir_studio.storage.scratch import Scratch, clear_dead, hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
_UNPACK = """
import sys, time
from pathlib import Path
from dicomdir_studio.storage.scratch import Scratch
made = Scratch()
Path(made.folder, "A").mkdir()
Path(made.folder, "A", "B").write_bytes(b"image")
print(made.folder, flush=True)
time.sleep(600)
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights and links")


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the system's place for temporary folders, one of the test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("TEMP", str(folder))
    return folder


@pytest.fixture
def unpack(top: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], Path]]]:
    """Return what begins a run that has something unpacked; none of them outlives the test."""
    runs: list[subprocess.Popen[str]] = []

    def begin() -> tuple[subprocess.Popen[str], Path]:
        run = subprocess.Popen(
            [sys.executable, "-c", _UNPACK], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        runs.append(run)
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        assert folder.is_relative_to(top)
        return run, folder

    yield begin
    for run in runs:
        run.kill()
        run.wait()
        assert run.stdout is not None
        run.stdout.close()


@pytest.fixture
def left(unpack: Callable[[], tuple[subprocess.Popen[str], Path]]) -> Path:
    """Return the folder, within the temporary one, that a killed run left."""
    run, folder = unpack()
    run.kill()
    run.wait()
    return folder


def everything(top: Path) -> dict[str, object]:
    """Return all that lies below a folder, by its path, links not followed."""
    return {
        str(path.relative_to(top)): path.readlink()
        if path.is_symlink()
        else path.read_bytes()
        if path.is_file()
        else None
        for path in sorted(top.rglob("*"))
    }


def nothing_wanted(_name: str) -> bool:
    """Return that nothing refers to a folder."""
    return False


def test_what_a_killed_run_left_goes(
    top: Path, unpack: Callable[[], tuple[subprocess.Popen[str], Path]]
) -> None:
    """The dead run's folder goes, those of a living run and of this one stay whole."""
    dead, folder = unpack()
    living, other = unpack()
    mine = Scratch()
    assert clear_dead(nothing_wanted) == []
    dead.kill()
    dead.wait()
    assert clear_dead(nothing_wanted) == [str(folder.parent)]
    assert not folder.parent.exists()
    assert (other / "A" / "B").read_bytes() == b"image"
    assert living.poll() is None
    assert Path(mine.folder).is_dir()
    mine.close()
    living.send_signal(signal.SIGTERM)
    living.wait()
    assert clear_dead(nothing_wanted) == [str(other.parent)]
    assert list(top.iterdir()) == []


def test_a_run_clears_up_after_itself(top: Path) -> None:
    """Closed or forgotten, nothing is left, and closing twice does no harm."""
    made = Scratch()
    Path(made.folder, "file").write_bytes(b"x")
    made.close()
    made.close()
    assert list(top.iterdir()) == []
    forgotten = Scratch()
    assert Path(forgotten.folder).is_dir()
    del forgotten
    assert list(top.iterdir()) == []


def test_what_is_wanted_stays(top: Path, left: Path) -> None:
    """A folder that something refers to is left alone until nothing does."""
    before = everything(top)
    asked: list[str] = []

    def wanted(name: str) -> bool:
        asked.append(name)
        return True

    assert clear_dead(wanted) == []
    assert asked == [left.parent.name]
    assert everything(top) == before
    assert clear_dead(nothing_wanted) == [str(left.parent)]


def test_what_another_run_reads_stays(top: Path, left: Path) -> None:
    """Whoever opens what a dead run left keeps it until it is closed."""
    let_go = hold(left / "A" / "B")
    assert let_go is not None
    assert clear_dead(nothing_wanted) == []
    assert (left / "A" / "B").is_file()
    let_go()
    assert clear_dead(nothing_wanted) == [str(left.parent)]
    assert hold(top) is None
    assert hold(left) is None


def no_mark(left: Path) -> None:
    """Take the mark away."""
    (left.parent / "owner").unlink()


def empty_mark(left: Path) -> None:
    """Empty the mark, as where there were no locks."""
    (left.parent / "owner").write_bytes(b"")


def other_mark(left: Path) -> None:
    """Have the mark say something else."""
    (left.parent / "owner").write_bytes(b"mine\n")


def longer_mark(left: Path) -> None:
    """Have the mark say more."""
    with (left.parent / "owner").open("ab") as file:
        file.write(b"more\n")


def linked_mark(left: Path) -> None:
    """Put a link in the place of the mark."""
    mark = left.parent / "owner"
    mark.rename(left.parents[2] / "mark")
    mark.symlink_to(left.parents[2] / "mark")


def shared_mark(left: Path) -> None:
    """Have the mark under another name too."""
    os.link(left.parent / "owner", left.parents[2] / "mark")


def copied(left: Path) -> None:
    """Copy the folder, as a person does who saves it, and open the copy only."""
    place = left.parent
    shutil.copytree(place, place.with_name("dicomdir-studio-abcdefgh"))
    shutil.rmtree(place)


def renamed(left: Path) -> None:
    """Rename the folder, as a person does who keeps it."""
    left.parent.rename(left.parent.with_name("dicomdir-studio-keep this"))


def further_file(left: Path) -> None:
    """Put a file of one's own beside the content."""
    (left.parent / "notes.txt").write_text("mine", encoding="utf-8")


def open_to_others(left: Path) -> None:
    """Let others into the folder."""
    left.parent.chmod(0o755)


def linked_place(left: Path) -> None:
    """Put a link in the place of the folder."""
    elsewhere = left.parents[2] / "elsewhere"
    left.parent.rename(elsewhere)
    left.parent.symlink_to(elsewhere)


def linked_content(left: Path) -> None:
    """Put a link in the place of the content."""
    elsewhere = left.parents[2] / "elsewhere"
    left.rename(elsewhere)
    left.symlink_to(elsewhere)


def link_within(left: Path) -> None:
    """Put a link into the content."""
    (left / "A" / "link").symlink_to(left.parents[2])


def pipe_within(left: Path) -> None:
    """Put a pipe into the content."""
    os.mkfifo(left / "pipe")


def unguarded(left: Path) -> None:
    """Let all users rename what lies in the system's place."""
    left.parents[1].chmod(0o777)


@posix
@pytest.mark.parametrize(
    "change",
    [
        no_mark, empty_mark, other_mark, longer_mark, linked_mark, shared_mark, copied, renamed,
        further_file, open_to_others, linked_place, linked_content, link_within, pipe_within,
        unguarded,
    ],
    ids=lambda change: str(change.__name__),
)  # fmt: skip
def test_what_is_not_certain_stays(top: Path, left: Path, change: Callable[[Path], None]) -> None:
    """Whatever is not as a killed run of this user leaves it is not touched."""
    change(left)
    before = everything(top.parent)
    assert any(path.endswith("B") for path in before)
    assert clear_dead(nothing_wanted) == []
    assert everything(top.parent) == before


@posix
@pytest.mark.usefixtures("left")
def test_what_is_another_users_stays(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this user's own folders go."""
    before = everything(top)
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    monkeypatch.setattr(scratch, "_is_guarded", lambda _top: True)
    assert clear_dead(nothing_wanted) == []
    assert everything(top) == before


@posix
@pytest.mark.usefixtures("left")
def test_without_locks_nothing_goes(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can be said to hold a lock, nobody can be said to hold none."""
    before = everything(top)
    with monkeypatch.context() as patched:
        patched.setattr(scratch, "_lock", lambda _mark, **_how: False)
        assert clear_dead(nothing_wanted) == []
        unlocked = Scratch()
        place = Path(unlocked.folder).parent
        assert (place / "owner").read_bytes() == b""
        unlocked.close()
    assert everything(top) == before


@pytest.mark.usefixtures("top")
def test_a_folder_that_is_being_made_stays(top: Path) -> None:
    """Between its making and its mark a folder is no dead run's."""
    place = Path(tempfile.mkdtemp(prefix="dicomdir-studio-"))
    assert clear_dead(nothing_wanted) == []
    assert place.is_dir()
    assert place.parent == top
