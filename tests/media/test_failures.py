"""What goes wrong while media are made: a clear message, and nothing of the user's lost.

A real file system that fills up, names that are taken, files over 4 GiB.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import StorageError, StudioError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media import volumes
from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.medium_plan import MediumFile, MediumPlan, plan_medium
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.producing import prepare, produce
from dicomdir_studio.media.targets import write_folder, write_iso, write_zip
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.session.making.maker import MediumMaker
from dicomdir_studio.session.making.proposal import Place
from dicomdir_studio.session.making.wish import Goal, Wish
from dicomdir_studio.standard.media import FileSystem
from dicomdir_studio.storage import Room, Volume
from dicomdir_studio.storage.errors import NameClashError, NoSpaceError
from tests.media.samples import ct_image
from tests.media.sticks import STICK, FakeSystem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

GIB = 1 << 30


def tree_of(root: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content."""
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 1 MiB, with files of the user's own."""
    folder = tmp_path / "small"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    try:
        done = subprocess.run(words, capture_output=True, check=False).returncode
    except OSError:
        done = 1
    if done:
        pytest.skip("this person or machine may not mount it")
    (folder / "LETTERS").mkdir()
    (folder / "LETTERS" / "ONE.TXT").write_bytes(b"mine" * 1000)
    (folder / "PT000000").mkdir()
    (folder / "PT000000" / "KEEP.TXT").write_bytes(b"keep")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.parametrize(
    ("write", "name"), [(write_folder, ""), (write_zip, "a.zip"), (write_iso, "a.iso")]
)
def test_a_target_that_fills_up_is_left_as_it_was(
    write: Callable[..., object],
    name: str,
    sample_plan: MediumPlan,
    small: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another program takes the room meanwhile, so that nobody knew: full, told, tidied up."""
    mine = tree_of(small)
    big = tmp_path / "big"
    big.write_bytes(bytes(2 << 20))
    status = big.stat()
    extra = MediumFile(str(big), "BIG", status.st_size, status.st_mtime_ns)
    with monkeypatch.context() as patch:
        plenty = shutil.disk_usage(tmp_path)._replace(free=1 << 40)
        patch.setattr("shutil.disk_usage", lambda _: plenty)
        patch.setattr(Volume, "room", lambda _: Room(1 << 40, 512, None))
        with pytest.raises(NoSpaceError, match="The medium is full") as caught:
            write(sample_plan.with_extras([extra]), small / name)
    assert str(small) in str(caught.value)
    assert caught.value.remedy
    assert tree_of(small) == mine
    # With less to write, the same target is made.
    write(sample_plan, small / name)
    now = tree_of(small)
    assert {path: now[path] for path in mine} == mine


def test_files_of_the_user_with_the_names_of_ours_stay(
    sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """A folder where a name is taken is refused as a whole; what is there stays."""
    out = tmp_path / "out"
    theirs = out / sample_plan.files[5].name
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"theirs")
    before = tree_of(out)
    with pytest.raises(NameClashError, match=theirs.name) as caught:
        write_folder(sample_plan, out)
    assert "another file has that name" in str(caught.value)
    assert "Move that file away" in str(caught.value)
    assert tree_of(out) == before
    in_the_way = tmp_path / "other"
    in_the_way.mkdir()
    (in_the_way / "PT000000").write_bytes(b"a file where a folder is to be")
    with pytest.raises(StorageError) as refused:
        write_folder(sample_plan, in_the_way)
    assert refused.value.remedy
    assert [path.name for path in in_the_way.iterdir()] == ["PT000000"]


@pytest.fixture
def huge(tmp_path: Path) -> FileSet:
    """Add two images of 2.5 GiB and one of 4.5 GiB, with holes for pixels."""
    file_set = FileSet()
    for number, size in enumerate((5 * GIB // 2, 5 * GIB // 2, 9 * GIB // 2)):
        path = tmp_path / f"huge{number}.dcm"
        ct_image(0, 0, number).save_as(path, enforce_file_format=True)
        with path.open("r+b") as out:
            out.truncate(size)
        file_set.add(path)
    return file_set


@pytest.mark.parametrize("name", ["out", "deep/er/out", "a.zip"])
def test_what_fat_has_no_place_for_is_refused_before(
    name: str, huge: FileSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file over 4 GiB, or an archive that gets so large, in any folder of a FAT."""
    place = tmp_path
    while not place.is_mount():
        place = place.parent
    fat = FakeSystem(replace(STICK, mount_point=str(place), file_system=FileSystem.FAT32))
    monkeypatch.setattr(volumes, "volumes_here", lambda: fat)
    out = tmp_path / "fat" / name
    (tmp_path / "fat").mkdir()
    with pytest.raises(UnfitForMediumError, match="the FAT there allows 4,294,967,295") as caught:
        produce(prepare(huge, Order(str(out)), tmp_path))
    assert "exFAT" in str(caught.value)
    assert list((tmp_path / "fat").iterdir()) == []
    maker = MediumMaker(huge, str(tmp_path))
    maker.look(Monitor())
    goal = Goal.ZIP if name.endswith("zip") else Goal.FOLDER
    found = maker.propose(Wish(goal, out=str(out)), Monitor()).hindrances
    assert any(one.place is Place.TARGET and "the FAT there" in one.what for one in found)
    fat.there = [replace(fat.there[0], file_system=None, file_system_name="exfat")]
    found = maker.propose(Wish(goal, out=str(out)), Monitor()).hindrances
    assert not any("the FAT there" in one.what for one in found)


def test_a_file_over_4_gib_has_no_place_on_level_1(huge: FileSet, tmp_path: Path) -> None:
    """Before a byte is written, with the file's name, its size and what to do."""
    with pytest.raises(StudioError) as caught:
        produce(prepare(huge, Order(str(tmp_path / "a.iso")), tmp_path))
    told = str(caught.value)
    assert "IM000002 has 4,831,838,208 bytes, the most is 4,294,965,248" in told
    assert caught.value.remedy
    assert not (tmp_path / "a.iso").exists()
    assert plan_medium(huge).bytes > 9 * GIB


@pytest.mark.parametrize(
    ("number", "told"), [(errno.EIO, True), (errno.EINVAL, False)], ids=["fails", "no such call"]
)
@pytest.mark.parametrize(("write", "name"), [(write_zip, "a.zip"), (write_iso, "a.iso")])
def test_a_name_that_the_device_does_not_keep_is_told(
    write: Callable[..., object],
    name: str,
    sample_plan: MediumPlan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    told: bool,
) -> None:
    """Where the sync of the folder fails, the file is there, and the error says what may happen."""
    target = tmp_path / name
    ordinary = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        ordinary(descriptor)

    monkeypatch.setattr("os.fsync", fsync)
    if told:
        with pytest.raises(StorageError, match="may lose its name") as caught:
            write(sample_plan, target)
        assert caught.value.where == str(target)
        assert caught.value.remedy
    else:
        write(sample_plan, target)
    assert target.stat().st_size > 1000
