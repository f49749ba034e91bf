"""An output that cannot be written to: a full disk, a terminal that is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dicomdir_studio.cli.main import COMMANDS
from dicomdir_studio.fileset import FileSet

ROOT = Path(__file__).resolve().parents[2]
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is full")

READERS = [
    ("ls", "{0}"),
    ("ls", "{0}", "--json"),
    ("ls", "{0}", "--instances"),
    ("find", "{0}", "Modality=CR"),
    ("find", "{0}", "Modality=CR", "--json"),
    ("values", "{0}", "Modality"),
    ("values", "{0}", "Modality", "--json"),
    ("check", "{0}"),
    ("check", "{0}", "--json"),
    ("profiles", "{0}", "--json"),
    ("profiles", "{0}"),
    ("presets", "list", "--json"),
    ("recover", "{0}"),
    ("--version",),
    ("--help",),
    *((name, "--help") for name in COMMANDS),
]


def ran(words: tuple[str, ...], sample_dir: Path, **outputs: Any) -> tuple[int, str]:
    """Run a command line in a process of its own; return its code and standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "dicomdir_studio", *(word.format(sample_dir) for word in words)],
        **{"stderr": subprocess.PIPE, **outputs},
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=60,
        check=False,
    )
    return done.returncode, (done.stderr or b"").decode()


@needs_full
@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_a_full_disk_is_said_in_one_line(words: tuple[str, ...], sample_dir: Path) -> None:
    """Every command whose results have no room says so, and ends with 1."""
    with FULL.open("w") as full:
        code, told = ran(words, sample_dir, stdout=full)
    assert code == 1, told
    assert "Traceback" not in told
    assert "unexpected" not in told
    last = told.splitlines()[-1]
    assert last.startswith("error: The results cannot be written to standard output (No space left")
    assert "elsewhere" in last


@needs_full
def test_what_was_written_stays_written(sample_dir: Path, tmp_path: Path) -> None:
    """A copy is whole though nobody could be told of it."""
    with FULL.open("w") as full:
        code, told = ran(("copy", "{0}", str(tmp_path / "out")), sample_dir, stdout=full)
    assert code == 1
    assert "what was done before stays done" in told
    assert ran(("check", str(tmp_path / "out")), sample_dir, stdout=subprocess.DEVNULL)[0] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals in Python")
def test_a_terminal_that_is_gone_is_said(sample_dir: Path) -> None:
    """A terminal that was closed gives an input/output error, which is told as such."""
    ours, theirs = os.openpty()
    os.close(ours)
    try:
        code, told = ran(("ls", "{0}"), sample_dir, stdout=theirs)
    finally:
        os.close(theirs)
    assert code == 1
    assert told.startswith("error: The results cannot be written to standard output (Input/output")


@needs_full
def test_messages_without_room_stop_nothing(sample_dir: Path, tmp_path: Path) -> None:
    """Where standard error takes nothing, the work is done and the exit code tells how it went."""
    with FULL.open("w") as full:
        options: dict[str, Any] = {"stderr": full, "stdout": subprocess.DEVNULL}
        assert ran(("ls", "{0}"), sample_dir, **options)[0] == 0
        assert ran(("copy", "{0}", str(tmp_path / "out")), sample_dir, **options)[0] == 0
        assert ran(("ls", str(tmp_path)), sample_dir, **options)[0] == 2
        assert ran(("no-command",), sample_dir, **options)[0] == 2
    assert ran(("check", str(tmp_path / "out")), sample_dir, stdout=subprocess.DEVNULL)[0] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_nothing_is_printed_into_files(closed: str, sample_dir: Path, tmp_path: Path) -> None:
    """Streams that are closed leave no number free that a file of the copy would get."""
    target = tmp_path / "copy"
    script = f'exec "$0" -m tests.cli.noisy copy "$1" "$2" {closed}'
    done = subprocess.run(
        ["/bin/sh", "-c", script, sys.executable, str(sample_dir), str(target)],
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.returncode == (1 if ">&- " in closed else 0)
    copied = FileSet(target / "DICOMDIR")
    original = FileSet(sample_dir / "DICOMDIR")
    content = {str(one.SOPInstanceUID): Path(one.path).read_bytes() for one in original}
    assert {str(one.SOPInstanceUID): Path(one.path).read_bytes() for one in copied} == content


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
def test_a_closed_standard_output_is_said(sample_dir: Path) -> None:
    """Results that go nowhere are no success."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m dicomdir_studio ls "{sample_dir}" >&-', sys.executable],
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 1
    assert b"cannot be written to standard output" in done.stderr
