"""How bytes come into a tree: by the fastest call there is, and always the same bytes."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import OperationCancelledError, SourceChangedError
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage import Volume, copying, execute
from dicomdir_studio.storage.copying import Copier, Pace
from tests.storage.trees import copy_of, names, plan_of, put_file, sha

if TYPE_CHECKING:
    from pathlib import Path

SIZES = [
    *(0, 1, 4096),
    *(copying._WHOLE - 1, copying._WHOLE, copying._WHOLE + 1),
    *(copying._BUFFER - 1, copying._BUFFER, copying._BUFFER + 1, 3 * copying._BUFFER + 7),
]


class Remembering(Volume):
    """Remembers by which call the bytes came; can do without some of them."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.called: list[str] = []
        self.without: set[str] = set()

    def write(self, descriptor: int, data: Any) -> None:
        """Write, and remember it."""
        self.called.append("write")
        super().write(descriptor, data)

    def clone(self, source: int, descriptor: int) -> bool:
        """Try to share blocks, and remember it."""
        self.called.append("clone")
        return "clone" not in self.without and super().clone(source, descriptor)

    def copy_range(self, source: int, descriptor: int, size: int) -> int:
        """Copy inside the kernel, and remember it; or as a system that cannot."""
        self.called.append("copy_range")
        if "copy_range" in self.without:
            raise OSError(18, os.strerror(18))
        return super().copy_range(source, descriptor, size)


class Sharing(Remembering):
    """As if the file system shared blocks: a copy in one step, by other means."""

    def clone(self, source: int, descriptor: int) -> bool:
        """Copy all of it at once."""
        self.called.append("clone")
        os.write(descriptor, os.pread(source, 1 << 30, 0))
        return True


@pytest.mark.parametrize("checksum", [True, False], ids=["hashed", "plain"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("without", [set(), {"clone"}, {"clone", "copy_range"}], ids=len)
def test_every_way_gives_the_same_bytes(
    tmp_path: Path, size: int, without: set[str], checksum: bool
) -> None:
    """Whole, by pieces, by the kernel or not: to the letter, and hashed if asked only."""
    data = os.urandom(size)
    source = put_file(tmp_path / "source", data)
    (tmp_path / "root").mkdir()
    with Remembering(str(tmp_path / "root")) as volume:
        volume.without = without
        digest = Copier(volume, checksum=checksum).copy(copy_of(source, "F"))
    assert (tmp_path / "root/F").read_bytes() == data
    assert digest == (sha(data) if checksum else None)


@pytest.mark.parametrize("checksum", [True, False], ids=["hashed", "plain"])
def test_blocks_are_shared_where_they_can_be(tmp_path: Path, checksum: bool) -> None:
    """Then no byte is written, and the hash is still that of the bytes."""
    data = os.urandom(copying._WHOLE * 3)
    source = put_file(tmp_path / "source", data)
    (tmp_path / "root").mkdir()
    with Sharing(str(tmp_path / "root")) as volume:
        digest = Copier(volume, checksum=checksum).copy(copy_of(source, "F"))
        assert volume.called == ["clone"]
    assert (tmp_path / "root/F").read_bytes() == data
    assert digest == (sha(data) if checksum else None)


def test_a_refusal_to_share_is_asked_for_once(tmp_path: Path) -> None:
    """The next files of the same device are copied by the kernel at once."""
    (tmp_path / "root").mkdir()
    data = os.urandom(copying._WHOLE)
    with Remembering(str(tmp_path / "root")) as volume:
        volume.without = {"clone"}
        copier = Copier(volume, checksum=False)
        for number in range(3):
            copier.copy(copy_of(put_file(tmp_path / f"s{number}", data), f"F{number}"))
        assert volume.called == ["clone", *["copy_range"] * 3]


def test_a_small_file_is_read_and_written_at_once(tmp_path: Path) -> None:
    """One write, and no attempt at anything cleverer."""
    (tmp_path / "root").mkdir()
    source = put_file(tmp_path / "source", bytes(copying._WHOLE - 1))
    with Remembering(str(tmp_path / "root")) as volume:
        Copier(volume, checksum=False).copy(copy_of(source, "F"))
        assert volume.called == ["write"]


def test_a_source_that_changes_while_it_is_copied(tmp_path: Path) -> None:
    """Whatever the kernel copied by then, it is noticed."""
    source = put_file(tmp_path / "source", os.urandom(copying._BUFFER * 2))
    (tmp_path / "root").mkdir()

    class Changing(Volume):
        def copy_range(self, source_: int, descriptor: int, size: int) -> int:
            count = super().copy_range(source_, descriptor, size)
            with source.open("r+b") as file:
                file.write(b"changed!")
            os.utime(source, ns=(1, 1))
            return count

    with Changing(str(tmp_path / "root")) as volume, pytest.raises(SourceChangedError):
        Copier(volume, checksum=False).copy(copy_of(source, "F"))


class _Between(Monitor):
    """Cancels in the middle of a file: while one is there in part."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.seen = 0

    def check(self) -> None:
        """Cancel when the large file has begun."""
        if any(path.stat().st_size for path in self.root.glob("N/*")):
            raise OperationCancelledError


@pytest.mark.parametrize("others", [0, 80], ids=["alone", "two threads"])
def test_a_cancel_in_the_middle_of_a_large_file(tmp_path: Path, others: int) -> None:
    """It is heard there already, and what was copied of it goes again."""
    root = tmp_path / "root"
    put_file(root / "INDEX", b"old")
    large = put_file(tmp_path / "large", os.urandom(4 * copying._BUFFER))
    puts = [copy_of(large, "N/LARGE")]
    puts += [copy_of(put_file(tmp_path / f"s{one}", b"x"), f"N/{one}") for one in range(others)]
    with pytest.raises(OperationCancelledError):
        execute(plan_of(root, puts), monitor=_Between(root))
    assert names(root) == {"INDEX"}


class _Medium(Volume):
    """Takes what it is given at a certain speed."""

    seconds = 0.0

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.told: list[bool] = []

    def write_back(self, descriptor: int, *, wait: bool = False) -> None:
        """Wait as a medium would."""
        self.told.append(wait)
        if wait:
            time.sleep(self.seconds)


@pytest.mark.parametrize(("seconds", "slow"), [(0.0, False), (0.2, True)])
def test_only_a_slow_medium_is_told_to_begin(tmp_path: Path, seconds: float, slow: bool) -> None:
    """It is measured now and then; a fast one gathers better by itself."""
    with _Medium(str(tmp_path)) as volume:
        volume.seconds = seconds
        pace = Pace(volume, lambda: False)
        pieces = copying._MEASURED_EVERY // copying._BUFFER
        for _ in range(pieces - 1):
            pace.keep(0, copying._BUFFER)
        assert volume.told == []
        pace.keep(0, copying._BUFFER)
        assert volume.told == [True]
        for _ in range(5):
            pace.keep(0, copying._BUFFER)
        assert volume.told == [True] + [False] * 5 * slow


def test_a_medium_begins_early_while_small_files_are_made(tmp_path: Path) -> None:
    """A fast one too is told at once, and no more when that is over."""
    busy = [True]
    with _Medium(str(tmp_path)) as volume:
        pace = Pace(volume, lambda: bool(busy))
        for _ in range(3):
            pace.keep(0, copying._BUFFER)
        busy.clear()
        pace.keep(0, copying._BUFFER)
        assert volume.told == [False] * 3


@pytest.mark.parametrize(("small", "early"), [(80, True), (0, False)])
def test_large_files_begin_early_beside_small_ones_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int, early: bool
) -> None:
    """The thread of the large files tells the medium while the other has work."""
    told = threading.Event()
    create = Volume.create

    def create_slowly(self: Volume, target: str) -> int:
        if target != "N/LARGE" and "/" in target:
            told.wait(10)
        return create(self, target)

    monkeypatch.setattr(Volume, "clone", lambda *_: False)
    monkeypatch.setattr(Volume, "create", create_slowly)
    monkeypatch.setattr(Volume, "write_back", lambda *_, **__: told.set())
    root = tmp_path / "root"
    large = put_file(tmp_path / "large", b"y" * (5 << 20))
    puts = [copy_of(large, "N/LARGE")]
    puts += [copy_of(put_file(tmp_path / f"s{one}", b"x"), f"N/{one}") for one in range(small)]
    execute(plan_of(root, puts))
    assert told.is_set() is early
