"""Ctrl-C, a logout and ``kill`` in the middle of a command: what it began is put back."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.storage import pending
from tests.fileset.twins import assert_whole
from tests.folders import files_below
from tests.storage.file_sets import make_instance

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")

ROOT = Path(__file__).resolve().parents[2]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# The program itself, which sends itself a signal once some of a phase is done.
PROGRAM = """
import os, sys, time
from dicomdir_studio.__main__ import main
from dicomdir_studio.session import jobs

number, phase = int(sys.argv[1]), sys.argv[2]
advance = jobs._JobMonitor.advance
sent = []

def then_signal(monitor, amount=1, detail=""):
    advance(monitor, amount, detail)
    if monitor.phase.name == phase and not sent:
        sent.append(os.kill(os.getpid(), number))
        time.sleep(0.5)

jobs._JobMonitor.advance = then_signal
sys.argv[1:] = sys.argv[3:]
sys.exit(main())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make eight files to add."""
    for number in range(8):
        make_instance(tmp_path / "sources" / f"{number}.dcm", number)
    return tmp_path / "sources"


def run(number: int, phase: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command line that gets a signal in a phase."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(int(number)), phase, *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_before_the_commit(number: int, sample_dir: Path, tmp_path: Path, folder: Path) -> None:
    """The old state stands, the command says so and ends with 2; the next one succeeds."""
    before = files_below(sample_dir)
    done = run(number, "Copying files", "add", sample_dir, folder)
    assert done.returncode == 2, done.stderr
    assert "Cancelled; nothing was changed" in done.stderr
    assert files_below(sample_dir) == before
    new = run(number, "Copying files", "create", tmp_path / "new", folder)
    assert new.returncode == 2, new.stderr
    assert not (tmp_path / "new").exists()
    again = run(0, "", "add", sample_dir, folder)
    assert again.returncode == 0, again.stderr
    assert len(FileSet(sample_dir / "DICOMDIR")) == 39


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_behind_the_commit(number: int, sample_dir: Path) -> None:
    """It comes too late: the new state is there, whole, and the command says what it did."""
    done = run(number, "Removing files", "remove", sample_dir, "StudyDescription=Carotids")
    assert done.returncode == 0, done.stderr
    assert "2 files removed" in done.stdout
    assert pending(str(sample_dir)) is None
    assert len(FileSet(sample_dir / "DICOMDIR")) == 29


def test_while_it_is_read_back(sample_dir: Path, folder: Path) -> None:
    """What is written is not said to be unchanged: it is there, but was not verified."""
    done = run(signal.SIGINT, "Verifying files", "add", sample_dir, folder, "--verify")
    assert done.returncode == 1, done.stderr
    assert "not verified" in done.stderr
    assert "nothing was changed" not in done.stderr
    assert len(assert_whole(sample_dir)) == 39


def test_where_another_write_died(tmp_path: Path, folder: Path) -> None:
    """Killed outright in the middle, the same command undoes that first, says so, and succeeds."""
    dead = run(signal.SIGKILL, "Copying files", "create", tmp_path / "new", folder)
    assert dead.returncode == -signal.SIGKILL
    assert pending(str(tmp_path / "new"))
    done = run(0, "", "create", tmp_path / "new", folder)
    assert done.returncode == 0, done.stderr
    assert "was undone" in done.stderr
    assert len(assert_whole(tmp_path / "new")) == 8
