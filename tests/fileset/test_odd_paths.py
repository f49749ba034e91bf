"""Paths that lead to pipes, devices, folders or in a ring end in an error at once."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import FolderGivenError, InstanceError, StudioError
from dicomdir_studio.fileset import FileSet
from tests.fileset.salvage.disc import Shape, file_id, sound_disc, write_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such paths")

SHAPE = Shape(patients=1, studies=1, series=1, images=3)
_SECONDS = 20


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    """Give a pipe that nobody writes to; whoever waits for it is let go, and the test fails."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    waited: list[int] = []
    release = threading.Timer(
        _SECONDS, lambda: waited.append(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    )
    release.start()
    yield path
    release.cancel()
    release.join()
    for descriptor in waited:
        os.close(descriptor)
    assert not waited


@pytest.mark.parametrize(
    "give",
    [
        lambda path: FileSet().add(path),
        lambda path: FileSet().add(path, missing_keys="fill"),
        FileSet,
        lambda path: FileSet(path, salvage=True),
    ],
    ids=["add", "fill", "open", "salvage"],
)
@pytest.mark.parametrize("kind", ["pipe", "device", "link"])
def test_what_is_no_regular_file_is_refused(
    kind: str, give: Callable[[Path], Any], pipe: Path
) -> None:
    """A pipe or device is refused by name; nobody waits for what may never come."""
    path = {"pipe": pipe, "device": Path("/dev/zero"), "link": pipe.with_name("link")}[kind]
    if kind == "link":
        path.symlink_to(pipe)
    with pytest.raises(StudioError, match="device or pipe"):
        give(path)


def test_one_of_many_is_refused(pipe: Path, tmp_path: Path) -> None:
    """Among many files a pipe is refused, and the others are taken."""
    write_files(tmp_path, SHAPE)
    names = [tmp_path / file_id(0, 0, 0, place) for place in range(SHAPE.images)]
    report = FileSet().add_many([names[0], pipe, *names[1:]])
    assert len(report.added) == SHAPE.images
    (refusal,) = report.refused
    assert refusal.path == str(pipe)
    assert isinstance(refusal.error, InstanceError)


@pytest.mark.parametrize("salvage", [False, True])
@pytest.mark.filterwarnings("ignore:The referenced SOP Instance")
@pytest.mark.parametrize("linked", [False, True])
def test_a_pipe_in_the_place_of_a_file(pipe: Path, *, linked: bool, salvage: bool) -> None:
    """A pipe where a record names a file is taken for a missing file, and the others are there."""
    root = pipe.with_name("disc")
    write_files(root, SHAPE)
    (root / "DICOMDIR").write_bytes(sound_disc(SHAPE).lay())
    gone = root / file_id(0, 0, 0, 1)
    gone.unlink()
    inside = gone.with_name("PIPE")
    os.mkfifo(inside)
    if linked:
        gone.symlink_to(inside)
    else:
        inside.rename(gone)
    file_set = FileSet(root / "DICOMDIR", salvage=salvage)
    assert (len(file_set), len(file_set.missing)) == (SHAPE.images - 1, 1)
    file_set.copy(root.with_name("copy"))
    assert len(FileSet(root.with_name("copy") / "DICOMDIR")) == SHAPE.images - 1


@pytest.mark.parametrize("salvage", [False, True])
def test_links_in_a_ring(tmp_path: Path, *, salvage: bool) -> None:
    """A DICOMDIR that is a ring of links is an error of the file system."""
    (tmp_path / "DICOMDIR").symlink_to("OTHER")
    (tmp_path / "OTHER").symlink_to("DICOMDIR")
    with pytest.raises(OSError, match="links"):
        FileSet(tmp_path / "DICOMDIR", salvage=salvage)


def test_a_folder_is_named_as_one(tmp_path: Path) -> None:
    """A folder given in the place of a file is refused as what it is."""
    with pytest.raises(FolderGivenError, match="folder, not a file"):
        FileSet().add(tmp_path)
    (refusal,) = FileSet().add_many([tmp_path]).refused
    assert "folder, not a file" in str(refusal.error)
