"""The real program, stopped or refused by the system at every call that changes a file.

Nothing in the program helps: strace kills the process, or lets a call fail, at the
n-th call of a kind. What is killed before its commit is read by other software first.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.storage import execute, pending, recover
from tests.storage.enumeration import Enumeration, enumerations
from tests.storage.file_sets import CASES, RECOVERIES
from tests.storage.scenarios import index_faults, plan_of, prepare, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.judges import Judges
    from tests.storage.scenarios import State

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

REPOSITORY = Path(__file__).parents[2]
ERRORS = ("ENOSPC", "EIO", "EACCES")


@pytest.fixture(scope="module", params=[*CASES, *RECOVERIES])
def enumeration(request: pytest.FixtureRequest, strace: None) -> Iterator[Enumeration]:
    """Return a case, and all of its system calls that change a file."""
    with closing(enumerations([request.param], Enumeration)) as found:
        yield next(found)


def test_killed_at_every_call(enumeration: Enumeration, judges: Judges) -> None:
    """SIGKILL before each call: pydicom reads old or new, we open it as exactly that.

    Before the commit it is the old DICOMDIR with all of its files (in every eighth state
    dcmdump reads it too), and there is one instant at which old becomes new.
    """
    assert judges.dcmdump
    enumeration.kill_everywhere()
    assert enumeration.tally.runs["KILL"] == len(enumeration.points)


def test_refused_at_every_call(enumeration: Enumeration) -> None:
    """An error at each call: the old state and what was staged, then the same object writes.

    The errors take turns, to keep this in minutes; every error at every call is tried in
    process, and from outside by ``python -m tests.storage.enumeration``.
    """
    before = enumeration.tally.runs.total()
    enumeration.refuse_everywhere(ERRORS, each=False)
    done = enumeration.tally.runs.total() - before
    assert done == len(enumeration.points)


def program(what: str, name: str, folder: Path) -> list[str]:
    """Return the command line of a scenario."""
    return [sys.executable, "-B", "-m", "tests.storage.scenarios", what, name, str(folder)]


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


def begun(running: subprocess.Popen[bytes], root: Path) -> float:
    """Wait for a write to begin, or to be over; returns when that was."""
    while running.poll() is None and not list(root.glob(".dicomdir-studio.*")):
        time.sleep(0.001)
    return time.monotonic()


def test_killed_at_any_time(place: Callable[[], Path]) -> None:
    """SIGKILL at moments spread over a write of 2,000 files: the old state or the new."""
    name = "many"
    old, new = old_and_new(name, place)
    folder = place()
    root = prepare(name, folder)
    with subprocess.Popen(program("write", name, folder), cwd=REPOSITORY) as running:
        started = begun(running, root)
        assert running.wait() == 0
    whole = time.monotonic() - started
    pendings = outcomes = 0
    for number in range(24):
        folder = place()
        root = prepare(name, folder)
        with subprocess.Popen(program("write", name, folder), cwd=REPOSITORY) as running:
            begun(running, root)
            time.sleep(whole * number / 24)
            running.kill()
        pendings += pending(str(root)) is not None
        outcomes += assert_recovered(root, old, new)
    assert pendings > 2
    assert outcomes < 24
