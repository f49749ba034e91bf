"""Sources: from dropped files and folders to candidates."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from dicomdir_studio.errors import OperationCancelledError
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.session.sources import gather, is_dicomdir_name


def _make(root: Path, *names: str) -> None:
    """Make empty files of these names under `root`."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def _names(root: Path, paths: list[str]) -> list[str]:
    """Return `paths` as names below `root`."""
    return [Path(path).relative_to(root).as_posix() for path in paths]


def test_names_of_one_shape_are_in_natural_order(tmp_path: Path) -> None:
    """Names that differ in digits alone, as most writers number them, are in order too."""
    names = [f"IM{number:04}_{part}" for number in (2, 10, 100, 1000) for part in (1, 2)]
    _make(tmp_path, *reversed(names))
    assert _names(tmp_path, gather([tmp_path]).files) == names


def test_folders_are_walked_in_natural_order(tmp_path: Path) -> None:
    """IM2 comes before IM10, files of a folder before those of its folders."""
    _make(tmp_path, "IM10", "IM2", "im1", "b/IM1", "a10/x", "a9/x")
    found = gather([tmp_path])
    assert _names(tmp_path, found.files) == ["im1", "IM2", "IM10", "a9/x", "a10/x", "b/IM1"]
    assert not found.skipped


def test_nothing_is_taken_twice(tmp_path: Path) -> None:
    """A file given beside its folder counts once, in the place where it was given first."""
    _make(tmp_path, "one", "two")
    found = gather([tmp_path / "two", tmp_path, tmp_path])
    assert _names(tmp_path, found.files) == ["two", "one"]


@pytest.mark.parametrize("name", ["DICOMDIR", "dicomdir", "DicomDir", "DICOMDIR.", "dicomdir.;1"])
def test_dicomdirs_are_told_apart_in_any_case(tmp_path: Path, name: str) -> None:
    """A DICOMDIR is no candidate but is reported, however the system spells it."""
    _make(tmp_path, f"disc/{name}", "disc/IM1")
    found = gather([tmp_path])
    assert _names(tmp_path, found.dicomdirs) == [f"disc/{name}"]
    assert _names(tmp_path, found.files) == ["disc/IM1"]


@pytest.mark.parametrize("name", ["DICOMDIR1", "MYDICOMDIR", "DICOMDIR.bak", "DICOMDIR;2", ""])
def test_other_names_are_no_dicomdir(name: str) -> None:
    """Only the one name is a DICOMDIR's."""
    assert not is_dicomdir_name(name)


def test_what_is_not_there_is_skipped_with_the_reason(tmp_path: Path) -> None:
    """A path that does not exist is named, and the others go in."""
    _make(tmp_path, "here")
    found = gather([tmp_path / "gone", tmp_path / "here"])
    assert _names(tmp_path, found.files) == ["here"]
    (skipped,) = found.skipped
    assert skipped.path == str(tmp_path / "gone")
    assert "No such file" in str(skipped.error)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_pipes_are_never_opened(tmp_path: Path) -> None:
    """A pipe among the files is skipped at once instead of waiting for its other end."""
    os.mkfifo(tmp_path / "pipe")
    found = gather([tmp_path, tmp_path / "pipe"])
    assert [Path(skipped.path).name for skipped in found.skipped] == ["pipe"]
    assert "regular files" in str(found.skipped[0].error)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_to_folders_are_not_followed_inside(tmp_path: Path) -> None:
    """A loop of links ends, a link to a file counts, a broken one is reported."""
    _make(tmp_path, "set/IM1", "outside/IM9")
    (tmp_path / "set" / "loop").symlink_to(tmp_path / "set")
    (tmp_path / "set" / "out").symlink_to(tmp_path / "outside")
    (tmp_path / "set" / "linked").symlink_to(tmp_path / "outside" / "IM9")
    (tmp_path / "set" / "broken").symlink_to(tmp_path / "nowhere")
    found = gather([tmp_path / "set"])
    assert _names(tmp_path, found.files) == ["set/IM1", "set/linked"]
    assert [Path(skipped.path).name for skipped in found.skipped] == ["broken"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_given_by_name_is_followed(tmp_path: Path) -> None:
    """What the person names is walked, link or not."""
    _make(tmp_path, "set/IM1")
    (tmp_path / "link").symlink_to(tmp_path / "set")
    assert _names(tmp_path, gather([tmp_path / "link"]).files) == ["link/IM1"]


def test_a_folder_that_cannot_be_listed_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One locked folder does not cost the others."""
    _make(tmp_path, "locked/IM1", "open/IM2")
    real = os.scandir

    def guarded(folder: str | int) -> object:
        if str(folder).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(os, "scandir", guarded)
    found = gather([tmp_path])
    assert _names(tmp_path, found.files) == ["open/IM2"]
    assert "Permission denied" in str(found.skipped[0].error)


def test_walking_is_told_and_can_be_cancelled(tmp_path: Path) -> None:
    """The monitor learns each folder and may stop the walk."""
    _make(tmp_path, "a/1", "b/2", "c/3")

    class Watching(Monitor):
        """Counts, and stops at the third folder."""

        seen = 0

        def advance(self, amount: int = 1, detail: str = "") -> None:
            """Count one folder."""
            self.seen += 1

        def check(self) -> None:
            """Stop after two."""
            if self.seen == 2:
                raise OperationCancelledError

    with pytest.raises(OperationCancelledError):
        gather([tmp_path], monitor=Watching())
