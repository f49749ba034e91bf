"""Files fetched ahead of being read where reading waits, and not where it does not."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.fileset import FileSet, prefetching
from dicomdir_studio.fileset.prefetching import Prefetcher
from tests.benchmarks.generate import Shape, make_files
from tests.benchmarks.work import files_below

if TYPE_CHECKING:
    from collections.abc import Generator

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(
    not hasattr(os, "posix_fadvise"), reason="this system cannot be asked to fetch files"
)


class Clocks:
    """The prefetcher's clocks, set by hand: the time that passes, and what of it is computing.

    The processor is given up for each millisecond of the rest, or never.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, gives_up: bool = True) -> None:
        self.passed = self.computed = 0.0
        self._gives_up = gives_up
        monkeypatch.setattr(prefetching, "time", self)  # the clocks of all others go on
        monkeypatch.setattr(prefetching, "_given_up", self.given_up)

    def perf_counter(self) -> float:
        """Return the time that has passed."""
        return self.passed

    def thread_time(self) -> float:
        """Return the time spent computing."""
        return self.computed

    def given_up(self) -> int:
        """Return how often the processor was given up."""
        return round((self.passed - self.computed) * 1000) if self._gives_up else 0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the path of every file that is asked for ahead."""
    seen: list[str] = []
    opened: dict[int, str] = {}
    ordinary = os.open

    # Whoever clears a temporary folder away meanwhile opens it relative to another.
    def open_(path: str, flags: int, *rest: int, **more: Any) -> int:
        descriptor = ordinary(path, flags, *rest, **more)
        opened[descriptor] = path
        return descriptor

    def advise(descriptor: int, _begin: int, _length: int, _advice: int) -> None:
        seen.append(opened[descriptor])

    monkeypatch.setattr("os.open", open_)
    monkeypatch.setattr("os.posix_fadvise", advise)
    return seen


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """Give small files."""
    for number in range(3000):
        (tmp_path / f"{number:05d}").touch()
    return sorted(str(path) for path in tmp_path.iterdir())


def fetched_before(paths: list[str]) -> Generator[int]:
    """Yield each place when the prefetcher did what is to be done before it is read."""
    with Prefetcher(paths) as prefetcher:
        for place in range(len(paths)):
            opened = prefetcher.before(place)
            if opened is not None:
                os.close(opened)
            yield place


def still_open(folder: Path) -> list[str]:
    """Return the files of a folder that this process has open."""
    found = []
    for descriptor in descriptors():
        with contextlib.suppress(FileNotFoundError):  # the listing itself has one, closed by now
            found.append(os.readlink(f"/proc/self/fd/{descriptor}"))  # noqa: PTH115
    return [path for path in found if path.startswith(f"{folder}{os.sep}")]


def descriptors() -> list[int]:
    """Return the numbers of the files that this process has open, in order."""
    return sorted(int(name) for name in os.listdir("/proc/self/fd"))  # noqa: PTH208


def limit_that_leaves(count: int) -> int:
    """Return the limit of descriptors below which so many numbers are free."""
    taken = set(descriptors())
    free = (number for number in itertools.count() if number not in taken)
    return next(itertools.islice(free, count, None))


def test_nothing_is_asked_where_nothing_waits(
    paths: list[str], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all the time is computing, no file is asked for."""
    clocks = Clocks(monkeypatch)
    for _ in fetched_before(paths):
        clocks.passed += 0.01
        clocks.computed += 0.01
    assert not asked


def test_nothing_is_asked_where_others_compute(
    paths: list[str], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where other programs had the processor for a while, no disk was waited for."""
    clocks = Clocks(monkeypatch, gives_up=False)
    for _ in fetched_before(paths):
        clocks.passed += 0.001
    assert not asked


@pytest.mark.skipif(not hasattr(resource, "RUSAGE_THREAD"), reason="threads are not counted here")
def test_the_system_counts_waits(paths: list[str]) -> None:
    """Waiting gives the processor up, reading what is in memory does not."""
    before = prefetching._given_up()
    for path in paths[:200]:
        Path(path).read_bytes()
    reading = prefetching._given_up() - before
    for _ in range(20):
        time.sleep(0.001)
    assert reading < 20 <= prefetching._given_up() - before - reading


def test_files_are_asked_for_once_and_before_they_are_read(
    paths: list[str], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where reading waits, nearly all files are asked for, each once, in order, some ahead."""
    clocks = Clocks(monkeypatch)
    for place in fetched_before(paths):
        assert not asked or int(asked[-1][-5:]) - place <= 64
        clocks.passed += 0.001
    assert len(set(asked)) == len(asked) > 2900
    assert asked == sorted(asked)


def test_one_that_cannot_be_opened_is_passed_over(
    paths: list[str], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is gone, and a pipe that nobody writes to, stop nothing."""
    clocks = Clocks(monkeypatch)
    os.unlink(paths[40])  # noqa: PTH108
    os.unlink(paths[50])  # noqa: PTH108
    os.mkfifo(paths[50])
    for _ in fetched_before(paths):
        clocks.passed += 0.001
    assert paths[40] not in asked
    assert paths[51] in asked


def test_optical_media_are_read_in_order(
    paths: list[str], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disc, whose head would have to jump, nothing is asked for."""
    clocks = Clocks(monkeypatch)
    monkeypatch.setattr(prefetching, "is_optical", lambda _path: True)
    for _ in fetched_before(paths):
        clocks.passed += 0.001
    assert not asked


def test_what_is_added_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files fetched ahead are added as any others."""
    paths = files_below(str(make_files(tmp_path / "files", 300, Shape(30, 2))))
    plain = FileSet()
    plain.add_many(paths)
    monkeypatch.setattr(prefetching, "_WAIT", -1.0)
    monkeypatch.setattr(prefetching, "_WAITS", 0)
    fetched = FileSet()
    fetched.add_many(paths)
    assert [node._encoded() for node in fetched.tree] == [node._encoded() for node in plain.tree]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_what_nobody_read_is_closed(
    paths: list[str], asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reading that is cancelled leaves nothing open."""
    clocks = Clocks(monkeypatch)
    reading = fetched_before(paths)
    while next(reading) < 100:
        clocks.passed += 0.001
    assert still_open(tmp_path)
    reading.close()
    assert asked
    assert not still_open(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_readers_find_descriptors(
    paths: list[str], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the process may open only some more files, fetching takes none from the readers."""
    clocks = Clocks(monkeypatch)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit_that_leaves(20), limits[1]))
    try:
        with Prefetcher(paths) as prefetcher:
            for place, path in enumerate(paths):
                opened = prefetcher.before(place)
                clocks.passed += 0.001
                os.close(os.open(path, os.O_RDONLY) if opened is None else opened)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert len(asked) < 30


def test_a_medium_that_fails_is_read_again_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file fetched ahead whose first reading fails is opened anew."""
    paths = files_below(str(make_files(tmp_path / "files", 300, Shape(30, 2))))
    monkeypatch.setattr(prefetching, "_WAIT", -1.0)
    monkeypatch.setattr(prefetching, "_WAITS", 0)
    ordinary, failed = os.read, set[int]()

    def read(descriptor: int, length: int) -> bytes:
        inode = os.fstat(descriptor).st_ino
        if inode not in failed:
            failed.add(inode)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return ordinary(descriptor, length)

    monkeypatch.setattr("os.read", read)
    file_set = FileSet()
    report = file_set.add_many(paths)
    assert not report.refused
    assert len(failed) == len(file_set) == 300


@pytest.mark.parametrize("wait", [-1.0, 1e9])
def test_a_name_that_no_file_can_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait: float
) -> None:
    """It is refused like any file that is not there; the others go in."""
    paths = files_below(str(make_files(tmp_path / "files", 100, Shape(10, 2))))
    monkeypatch.setattr(prefetching, "_WAIT", wait)
    monkeypatch.setattr(prefetching, "_WAITS", 0)
    paths[16:16] = ["a\0b"]
    paths[60:60] = ["a\0c"]
    report = FileSet().add_many(paths)
    assert [str(one.path) for one in report.refused] == ["a\0b", "a\0c"]
    assert len(report.added) == 100
