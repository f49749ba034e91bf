"""The real program, stopped or refused by the system at every call that changes a file.

Nothing in the program helps: strace kills the process, or lets a call fail, at the
n-th call of a kind. Every call after the marked one is taken in turn.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from dicomdir_studio.storage import LOCK_NAME, execute, pending, recover
from tests.storage.scenarios import (
    MARKER,
    REFUSED,
    SCENARIOS,
    index_faults,
    plan_of,
    prepare,
    snapshot,
)
from tests.storage.volumes import Fault, Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.storage.scenarios import State

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

CHANGES = (
    *("mkdir", "mkdirat", "rmdir", "open", "openat", "creat", "write", "writev", "pwrite64"),
    *("link", "linkat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "ftruncate"),
    *("fsync", "fdatasync", "syncfs", "sync_file_range", "copy_file_range"),
)
LOOKS = ("stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink")
ERRORS = ("ENOSPC", "EIO", "EACCES")
REPOSITORY = Path(__file__).parents[2]
_CALL = re.compile(r"\d+ +(\w+)\((.*)")
_RECOVERIES = {"undo": 0.7, "finish": 0.93, "second stage": 0.75}


class Point(NamedTuple):
    """One call of the program: the n-th of its kind."""

    call: str
    number: int


@pytest.fixture(scope="module")
def strace() -> None:
    """Skip where strace cannot be used; a test server has it."""
    program = shutil.which("strace")
    works = program and (
        subprocess.run([program, "-f", "true"], capture_output=True, check=False).returncode == 0
    )
    if not works:
        message = "strace is not there or may not trace"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


def program(what: str, name: str, folder: Path) -> list[str]:
    """Return the command line of a scenario or its recovery."""
    return [sys.executable, "-B", "-m", "tests.storage.scenarios", what, name, str(folder)]


def traced(options: list[str], command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command under strace."""
    return subprocess.run(
        ["strace", "-f", *options, *command],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def points(what: str, name: str, folder: Path, log: Path) -> list[Point]:
    """Run once undisturbed; returns every changing call after the mark."""
    options = ["-o", str(log), "-e", f"trace=?{',?'.join([*CHANGES, *LOOKS])}"]
    done = traced(options, program(what, name, folder))
    assert done.returncode == 0, done.stderr
    found = []
    counts: dict[str, int] = {}
    begun = False
    for line in log.read_text().splitlines():
        match = _CALL.match(line)
        if match is None:
            continue
        call, arguments = match.groups()
        counts[call] = counts.get(call, 0) + 1
        begun = begun or MARKER in arguments
        reads = call in {"open", "openat"} and "O_CREAT" not in arguments
        if begun and call in CHANGES and not reads:
            found.append(Point(call, counts[call]))
    assert len(found) > 10
    return found


def stopped_at(
    point: Point, effect: str, command: list[str], log: Path
) -> subprocess.CompletedProcess[str]:
    """Run with an effect at one point."""
    options = ["-o", str(log), "-e", f"trace={point.call}"]
    options += ["-e", f"inject={point.call}:{effect}:when={point.number}"]
    if "error" in effect:
        options.append("--seccomp-bpf")  # faster; but signals cannot be injected so
    done = traced(options, command)
    trace = log.read_text()
    assert "INJECTED" in trace or "killed by SIGKILL" in trace
    return done


def old_and_new(name: str, fresh: Callable[[], Path]) -> tuple[State, State]:
    """Return the tree before and after a scenario."""
    folder = fresh()
    root = prepare(name, folder)
    old = snapshot(root)
    execute(plan_of(name, folder))
    return old, snapshot(root)


def assert_recovered(root: Path, old: State, new: State) -> bool:
    """Recover a tree; it must be the old or the new one; tells whether it is the new one."""
    assert index_faults(root) == []
    recover(str(root))
    state = snapshot(root)
    assert state in (old, new) or (not old and state == {"": None})
    assert pending(str(root)) is None
    return state == new


@pytest.fixture
def place(fresh_folder: Callable[[], Path]) -> Iterator[Callable[[], Path]]:
    """Return what empties and gives the same folder: the calls of every run are alike."""
    base = fresh_folder()

    def make() -> Path:
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir()
        return base / "case"

    yield make
    shutil.rmtree(base, ignore_errors=True)


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_at_every_call(
    strace: None, name: str, place: Callable[[], Path], tmp_path: Path
) -> None:
    """SIGKILL before each call: recovery finds the old state, or, later on, the new."""
    old, new = old_and_new(name, place)
    log = tmp_path / "log"
    folder = place()
    prepare(name, folder)
    found = points("write", name, folder, log)
    outcomes = []
    for point in found:
        folder = place()
        root = prepare(name, folder)
        done = stopped_at(point, "signal=KILL", program("write", name, folder), log)
        assert done.returncode == -9
        outcomes.append(assert_recovered(root, old, new))
    assert outcomes == sorted(outcomes)
    assert outcomes[-1]


@pytest.mark.parametrize("name", SCENARIOS)
def test_refused_at_every_call(
    strace: None, name: str, place: Callable[[], Path], tmp_path: Path
) -> None:
    """An error at each call: the old state and a clear message, or the new state."""
    old, new = old_and_new(name, place)
    log = tmp_path / "log"
    folder = place()
    prepare(name, folder)
    found = points("write", name, folder, log)
    for number, point in enumerate(found):
        folder = place()
        root = prepare(name, folder)
        error = ERRORS[number % len(ERRORS)]
        done = stopped_at(point, f"error={error}", program("write", name, folder), log)
        if done.returncode:
            assert done.stderr.startswith(REFUSED), done.stderr
        state = snapshot(root)
        if LOCK_NAME in state:  # its removal was the call refused: nothing more can be done
            recover(str(root))
            state = snapshot(root)
        if done.returncode == 0:
            assert state == new
        elif "Unfinished" in done.stderr:
            assert_recovered(root, old, new)
        else:
            assert state == old


@pytest.mark.parametrize("moment", _RECOVERIES)
def test_recovery_killed_at_every_call(
    strace: None, moment: str, place: Callable[[], Path], tmp_path: Path
) -> None:
    """SIGKILL before each call of a recovery: the next one ends it."""
    name = "collision" if moment == "second stage" else "change"
    old, new = old_and_new(name, place)
    folder = place()
    prepare(name, folder)
    counted = Fault()
    execute(plan_of(name, folder), volume=counted)
    death = int(counted.calls * _RECOVERIES[moment])
    log = tmp_path / "log"

    def interrupted() -> Path:
        folder = place()
        prepare(name, folder)
        with pytest.raises(Killed):
            execute(plan_of(name, folder), volume=Fault(death))
        return folder

    seen = pending(str(interrupted() / "root"))
    assert seen is not None
    assert seen.action.value == ("undo" if moment == "undo" else "finish")
    for point in points("recover", name, interrupted(), log):
        folder = interrupted()
        done = stopped_at(point, "signal=KILL", program("recover", name, folder), log)
        assert done.returncode == -9
        assert_recovered(folder / "root", old, new)


def test_killed_at_any_time(place: Callable[[], Path]) -> None:
    """SIGKILL at moments spread over a write of 2,000 files: the old state or the new."""
    name = "many"
    old, new = old_and_new(name, place)
    folder = place()
    prepare(name, folder)
    started = time.monotonic()
    subprocess.run(program("write", name, folder), cwd=REPOSITORY, check=True)
    whole = time.monotonic() - started
    pendings = outcomes = 0
    for number in range(24):
        folder = place()
        root = prepare(name, folder)
        with subprocess.Popen(program("write", name, folder), cwd=REPOSITORY) as running:
            time.sleep(whole * (0.3 + 0.7 * number / 24))
            running.kill()
        pendings += pending(str(root)) is not None
        outcomes += assert_recovered(root, old, new)
    assert pendings > 2
    assert outcomes < 24
