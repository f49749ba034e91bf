"""A medium that fails while it is read: tried again, then told, and the rest goes on."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.rereading import TRIES
from dicomdir_studio.session.opening import open_file_set
from tests.fileset.salvage.disc import Shape, sound_disc, write_files

if TYPE_CHECKING:
    from collections.abc import Callable

    Fail = Callable[[Path, int], list[str]]

SHAPE = Shape(patients=1, studies=1, series=1, images=3)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Write a sound disc."""
    write_files(tmp_path, SHAPE)
    (tmp_path / "DICOMDIR").write_bytes(sound_disc(SHAPE).lay())
    return tmp_path


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Give what lets the reading of a file fail so many times; it returns the failures."""

    def arrange(path: Path, times: int) -> list[str]:
        failed: list[str] = []
        opened, read_bytes = os.open, Path.read_bytes

        def strike(name: object) -> None:
            if str(name) == str(path) and len(failed) < times:
                failed.append(str(name))
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(name))

        def failing_open(name: Any, *args: Any, **kwargs: Any) -> int:
            strike(name)
            return opened(name, *args, **kwargs)

        def failing_read(self: Path) -> bytes:
            strike(self)
            return read_bytes(self)

        monkeypatch.setattr(os, "open", failing_open)
        monkeypatch.setattr(Path, "read_bytes", failing_read)
        return failed

    return arrange


@pytest.mark.parametrize("missing_keys", ["refuse", "fill"])
def test_adding_goes_on(root: Path, fail: Fail, missing_keys: Any) -> None:
    """A file that fails every time is listed with the reason; the others go in."""
    paths = sorted(path for path in root.rglob("I*") if path.is_file())
    failed = fail(paths[1], 99)
    file_set = FileSet()
    report = file_set.add_many(paths, missing_keys=missing_keys)
    assert len(failed) == TRIES
    assert [one.path for one in report.added] == [str(paths[0]), str(paths[2])]
    (refusal,) = report.refused
    assert refusal.path == str(paths[1])
    assert os.strerror(errno.EIO) in str(refusal.error)
    assert "another drive" in str(refusal.error.remedy)


def test_adding_tries_again(root: Path, fail: Fail) -> None:
    """A file that can be read the last time goes in."""
    paths = sorted(path for path in root.rglob("I*") if path.is_file())
    failed = fail(paths[1], TRIES - 1)
    report = FileSet().add_many(paths)
    assert len(failed) == TRIES - 1
    assert len(report.added) == len(paths)
    assert not report.refused


def test_a_file_that_lacks_the_format_and_fails(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading a bare data set on may fail too: listed like any other."""
    paths = sorted(path for path in root.rglob("I*") if path.is_file())
    bare = root / "BARE"
    bare.write_bytes(paths[0].read_bytes()[300:])

    def fails(*_args: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("dicomdir_studio.fileset.adding.Adder.framed", fails)
    report = FileSet().add_many([bare, *paths], missing_keys="fill")
    assert [one.path for one in report.refused] == [str(bare)]
    assert os.strerror(errno.EIO) in str(report.refused[0].error)
    assert len(report.added) == len(paths)


@pytest.mark.parametrize("salvage", [False, True])
def test_a_dicomdir_that_fails(root: Path, fail: Fail, *, salvage: bool) -> None:
    """The error names the DICOMDIR, the reason and what helps; no bare OSError."""
    failed = fail(root / "DICOMDIR", 99)
    with pytest.raises(StudioError) as caught:
        FileSet(root / "DICOMDIR", salvage=salvage)
    assert len(failed) == TRIES
    assert caught.value.where == str(root / "DICOMDIR")
    assert os.strerror(errno.EIO) in str(caught.value.why)
    assert "another drive" in str(caught.value.remedy)
    with pytest.raises(StudioError):
        open_file_set(root, salvage=salvage)


def test_a_dicomdir_that_fails_at_first(root: Path, fail: Fail) -> None:
    """Read the last time, it is loaded as ever."""
    failed = fail(root / "DICOMDIR", TRIES - 1)
    assert len(FileSet(root / "DICOMDIR")) == 3
    assert len(failed) == TRIES - 1


@pytest.fixture
def unlisted(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], list[str]]:
    """Give what lets the listing of folders below the root fail so many times, with an error."""

    def arrange(number: int, times: int) -> list[str]:
        failed: list[str] = []
        listed = os.scandir

        def failing(path: Any = ".") -> Any:
            below = str(path).startswith(f"{root}{os.sep}") and str(path) != f"{root}{os.sep}"
            if below and len(failed) < times:
                failed.append(str(path))
                raise OSError(number, os.strerror(number), str(path))
            return listed(path)

        monkeypatch.setattr(os, "scandir", failing)
        return failed

    return arrange


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.ESTALE, errno.ENOMEM])
def test_a_folder_that_cannot_be_listed(
    root: Path, unlisted: Callable[[int, int], list[str]], number: int
) -> None:
    """Its files are not taken for missing: the error names the folder, why, and what helps."""
    failed = unlisted(number, 99)
    with pytest.raises(StudioError, match="cannot be read") as caught:
        FileSet(root / "DICOMDIR")
    assert caught.value.where == failed[0].rstrip(os.sep)
    assert os.strerror(number) in str(caught.value.why)
    assert "open with salvage" in str(caught.value.remedy)


def test_a_folder_that_cannot_be_listed_is_salvaged(
    root: Path, unlisted: Callable[[int, int], list[str]]
) -> None:
    """Opened with salvage it is one finding that says why its instances are missing."""
    failed = unlisted(errno.EIO, 99)
    file_set = FileSet(root / "DICOMDIR", salvage=True)
    assert len(file_set.missing) == 3
    told = [one for one in file_set.findings if "cannot be read" in one.what]
    assert len(told) == 1
    assert failed[0].rstrip(os.sep) in told[0].what
    assert len(failed) == TRIES


def test_a_folder_that_is_listed_at_last(
    root: Path, unlisted: Callable[[int, int], list[str]]
) -> None:
    """Listed the last time, its files are there as ever."""
    failed = unlisted(errno.EIO, TRIES - 1)
    file_set = FileSet(root / "DICOMDIR")
    assert (len(file_set), len(file_set.missing)) == (3, 0)
    assert len(failed) == TRIES - 1


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs symbolic links")
def test_a_link_that_cannot_be_followed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file behind a link that the system fails to follow is not taken for missing."""
    path = Path(next(iter(FileSet(root / "DICOMDIR"))).path)
    behind = path.rename(path.with_name("BEHIND"))
    path.symlink_to(behind.name)
    assert not FileSet(root / "DICOMDIR").missing
    real = os.stat

    def failing(name: Any, *args: Any, **more: Any) -> os.stat_result:
        if str(name) == str(path) and more.get("follow_symlinks", True):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(name))
        return real(name, *args, **more)

    monkeypatch.setattr(os, "stat", failing)
    with pytest.raises(StudioError, match="cannot be read"):
        FileSet(root / "DICOMDIR")


def test_a_target_that_cannot_be_listed(
    root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that cannot be listed is not taken for one without a File-set."""
    other = tmp_path_factory.mktemp("other")
    FileSet(root / "DICOMDIR").copy(other)
    before = (other / "DICOMDIR").read_bytes()
    added = FileSet()
    added.add(next(iter(FileSet(root / "DICOMDIR"))).path)

    real = os.listdir

    def failing(path: Any = ".") -> list[str]:
        if str(path) != str(other):
            return real(path)
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", failing)
        with pytest.raises(StudioError):
            added.write(other)
    assert (other / "DICOMDIR").read_bytes() == before
