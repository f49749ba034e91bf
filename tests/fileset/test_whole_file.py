"""A large DICOMDIR is read into memory of the system's large pages, to the same bytes."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.fileset import FileSet, whole_file
from dicomdir_studio.fileset.whole_file import read_whole
from tests.benchmarks.generate import Shape, make_directory

if TYPE_CHECKING:
    from collections.abc import Callable

needs_large_pages = pytest.mark.skipif(
    whole_file._memory() is None, reason="this system cannot be asked for large pages"
)


@pytest.fixture
def all_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file count as large."""
    monkeypatch.setattr(whole_file, "_LARGE", 1)


def stated(monkeypatch: pytest.MonkeyPatch, path: Path, difference: int) -> None:
    """Let a file have had another length when it was looked at than when it is read."""
    ordinary = Path.stat
    size = path.stat().st_size + difference

    class Status:
        st_size = size

    def stat(self: Path, **options: Any) -> Any:
        return Status() if self == path else ordinary(self, **options)

    monkeypatch.setattr(Path, "stat", stat)


@needs_large_pages
@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 3_000_000])
def test_the_bytes_are_those_of_the_file(all_large: None, tmp_path: Path, size: int) -> None:
    """Of any length, one read after the other, and the one does not change with the other."""
    contents = [os.urandom(size) for _ in range(3)]
    for number, content in enumerate(contents):
        (tmp_path / str(number)).write_bytes(content)
    assert [read_whole(tmp_path / str(number)) for number in range(3)] == contents


@needs_large_pages
@pytest.mark.parametrize("difference", [-5000, -1, 1, 5000])
def test_a_file_that_changes_its_length(
    all_large: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, difference: int
) -> None:
    """What another program appends or cuts off meanwhile is read as it is then."""
    path = tmp_path / "file"
    content = os.urandom(20_000)
    path.write_bytes(content)
    stated(monkeypatch, path, difference)
    assert read_whole(path) == content


@needs_large_pages
def test_a_system_that_reads_little_at_once(
    all_large: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux reads 2 GB at most with one call; what is left is read with the next ones."""
    path = tmp_path / "file"
    content = os.urandom(20_000)
    path.write_bytes(content)

    class Slow(io.FileIO):
        def readinto(self, room: Any) -> int:
            return super().readinto(memoryview(room)[:7000])

    monkeypatch.setattr(Path, "open", lambda self, _mode, **_options: Slow(self))
    assert read_whole(path) == content


@needs_large_pages
def test_a_failure_is_told(
    all_large: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A medium that fails half-way gives no bytes but its error."""
    path = tmp_path / "file"
    path.write_bytes(bytes(20_000))

    class Failing(io.FileIO):
        def readinto(self, room: Any) -> int:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "open", lambda self, _mode, **_options: Failing(self))
    with pytest.raises(OSError, match="Input/output error"):
        read_whole(path)


@pytest.mark.parametrize("instead", [lambda: None, None])
def test_a_file_set_read_so(
    all_large: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    instead: Callable[[], None] | None,
) -> None:
    """It is the same File-set, with large pages and on a system without."""
    dicomdir = make_directory(tmp_path / "set", 300, Shape(20, 3))
    with monkeypatch.context() as small:
        small.setattr(whole_file, "_LARGE", 1 << 25)
        usual = FileSet(dicomdir)
    if instead is not None:
        monkeypatch.setattr(whole_file, "_memory", instead)
    file_set = FileSet(dicomdir)
    assert [one._encoded() for one in file_set.tree] == [one._encoded() for one in usual.tree]
    assert file_set.find_values("InstanceNumber") == usual.find_values("InstanceNumber")
