"""Folders for tests that write the same few files thousands of times."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.storage.trees import put_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MEMORY = Path("/dev/shm")  # noqa: S108 - on Linux a file system in memory


@pytest.fixture
def fresh_folder(tmp_path: Path) -> Iterator[Callable[[], Path]]:
    """Return what makes a new folder, in memory where that is possible; the last one goes."""
    if _MEMORY.is_dir():
        base = Path(tempfile.mkdtemp(dir=_MEMORY))
    else:
        base = tmp_path / "fresh"
        base.mkdir()
    numbers = itertools.count()

    def make() -> Path:
        for old in base.iterdir():
            shutil.rmtree(old)
        return base / str(next(numbers))

    yield make
    shutil.rmtree(base)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a tree with an index, three files and one that is not of the set."""
    for name in ("A/1", "A/2", "B/3"):
        put_file(tmp_path / "root" / name, f"old {name}".encode())
    put_file(tmp_path / "root/A/FOREIGN", b"foreign")
    put_file(tmp_path / "root/INDEX", b"old index")
    return tmp_path / "root"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a source file."""
    return put_file(tmp_path / "sources/one", b"one")


@pytest.fixture(scope="session")
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
