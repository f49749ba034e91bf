"""Real file systems: full, read-only, FAT, sharing blocks, where this machine mounts them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import StorageError
from dicomdir_studio.storage import (
    LinkTo,
    NameClashError,
    NoSpaceError,
    Plan,
    PutBytes,
    ReadOnlyError,
    Removal,
    Replace,
    Stage,
    Volume,
    execute,
    look_ahead,
    pending,
    recover,
    verify,
)
from tests.storage.scenarios import SCENARIOS, index_faults, prepare, snapshot
from tests.storage.scenarios import plan_of as scenario_plan
from tests.storage.trees import Roomy, copy_of, names, plan_of, put_file, sha
from tests.storage.volumes import CHANGING, Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def _run(*command: str | Path) -> bool:
    """Run a command; tells whether it is there and succeeded."""
    if shutil.which(str(command[0])) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _unmount(folder: Path) -> None:
    """Unmount, which a busy moment may put off."""
    for _ in range(50):
        if _run("umount", folder):
            return
        time.sleep(0.1)


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Return what mounts something and gives the folder; skips where that is not allowed."""
    folder = tmp_path / "mounted"
    folder.mkdir()

    def mount(*commands: tuple[str | Path, ...]) -> Path:
        if not any(_run(*command, folder) for command in commands):
            pytest.skip("this person or machine may not mount it")
        return folder

    yield mount
    _unmount(folder)


@pytest.fixture
def small(mounted: Callable[..., Path]) -> Path:
    """Return a file system of one megabyte."""
    return mounted(("mount", "-t", "tmpfs", "-o", "size=1m", "none"))


@pytest.fixture
def fat(tmp_path: Path, mounted: Callable[..., Path]) -> Path:
    """Return a FAT32 file system, by the kernel or by FUSE."""
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(64 << 20)
    if not _run("mkfs.vfat", "-F", "32", image):
        pytest.skip("mkfs.vfat is not there")
    folder = mounted(("mount", "-t", "vfat", "-o", "loop", image), ("fusefat", "-o", "rw+", image))
    for _ in range(50):
        if os.path.ismount(folder):
            break
        time.sleep(0.1)
    return folder


@pytest.fixture(params=["xfs", "btrfs"])
def sharing(tmp_path: Path, mounted: Callable[..., Path], request: pytest.FixtureRequest) -> Path:
    """Return a file system whose files can share blocks."""
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(320 << 20)
    if not _run(f"mkfs.{request.param}", "-q", image):
        pytest.skip(f"mkfs.{request.param} is not there")
    return mounted(("mount", "-t", request.param, "-o", "loop", image))


@pytest.mark.parametrize("checksum", [True, False], ids=["hashed", "plain"])
def test_copies_that_share_their_blocks(sharing: Path, checksum: bool) -> None:
    """Large files take no room a second time, and are themselves when the source goes."""
    contents = [os.urandom(3_000_000) for _ in range(20)]
    sources = [put_file(sharing / f"in/s{place}", data) for place, data in enumerate(contents)]
    os.sync()
    free = os.statvfs(sharing).f_bfree * os.statvfs(sharing).f_frsize
    puts = [copy_of(path, f"N/{path.name}") for path in sources]
    receipt = execute(plan_of(sharing / "root", puts, checksum=checksum))
    used = free - os.statvfs(sharing).f_bfree * os.statvfs(sharing).f_frsize
    assert used < sum(map(len, contents)) // 10
    for path, data in zip(sources, contents, strict=True):
        with path.open("r+b") as file:
            file.write(b"overwritten")
        path.unlink()
        assert (sharing / "root/N" / path.name).read_bytes() == data
        assert receipt.digests.get(f"N/{path.name}") == (sha(data) if checksum else None)


def test_a_medium_that_fills_up(small: Path, tmp_path: Path) -> None:
    """The room was there when it was counted, and then it was not: the old state stands."""
    root = small / "root"
    put_file(root / "INDEX", b"old")
    before = snapshot(root)
    free = os.statvfs(small).f_bavail
    sources = [put_file(tmp_path / f"s{number}", os.urandom(100_000)) for number in range(20)]
    plan = plan_of(root, [copy_of(path, f"N/{path.name}") for path in sources])
    with pytest.raises(NoSpaceError) as caught:
        execute(plan)
    assert caught.value.free is not None
    with pytest.raises(NoSpaceError) as caught:
        execute(plan, volume=Roomy)
    assert caught.value.where is not None
    assert caught.value.where.startswith(str(root / "N"))
    assert snapshot(root) == before
    assert os.statvfs(small).f_bavail == free
    assert pending(str(root)) is None


def test_a_medium_that_is_full_already(small: Path) -> None:
    """Not even the journal has room: still the old state, and nothing left."""
    root = small / "root"
    put_file(root / "INDEX", b"old")
    with contextlib.suppress(OSError), (small / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    before = snapshot(root)
    with pytest.raises(NoSpaceError):
        execute(plan_of(root, [PutBytes(b"x" * 5000, "N")], index=b"y" * 5000), volume=Roomy)
    assert snapshot(root) == before


def test_a_read_only_medium(tmp_path: Path, mounted: Callable[..., Path]) -> None:
    """It is said before anything else, and a journal on it is looked at."""
    put_file(tmp_path / "root/INDEX", b"old")
    folder = mounted(("mount", "--bind", tmp_path / "root"))
    if not _run("mount", "-o", "remount,ro,bind", folder):
        pytest.skip("cannot be made read-only here")
    with pytest.raises(ReadOnlyError) as caught:
        execute(plan_of(folder, [PutBytes(b"", "N")]))
    assert caught.value.where == str(folder)
    with pytest.raises(ReadOnlyError):
        execute(plan_of(folder / "new"))
    assert not look_ahead(str(folder)).writable
    assert pending(str(folder)) is None
    assert recover(str(folder)) is None
    assert names(folder) == {"INDEX"}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_on_fat(name: str, fat: Path, tmp_path: Path) -> None:
    """Everything that works elsewhere works there, by copies."""
    root = prepare(name, fat / "case")
    receipt = execute(scenario_plan(name, fat / "case"))
    assert index_faults(root) == []
    assert verify(str(root), receipt.digests) == ()
    other = prepare(name, tmp_path / "case")
    execute(scenario_plan(name, tmp_path / "case"))
    assert snapshot(root) == snapshot(other)


class _Dying(Volume):
    """Dies at the n-th change; the rest is the real thing, syncs included."""

    left = 0

    def __init__(self, root: str) -> None:
        super().__init__(root)
        for name in CHANGING:
            setattr(self, name, self._counted(getattr(self, name)))

    def _counted(self, call: Callable[..., object]) -> Callable[..., object]:
        """Return `call`, counted."""

        def counted(*arguments: object) -> object:
            self.left -= 1
            if self.left > 0:
                return call(*arguments)
            if call.__name__ == "finish":
                call(*arguments)
            raise Killed

        return counted


@pytest.mark.faults
@pytest.mark.parametrize("name", ["change", "collision"])
def test_death_on_fat(name: str, fat: Path, tmp_path: Path) -> None:
    """A write that dies there at every third call is recovered there."""
    other = prepare(name, tmp_path / "case")
    old = snapshot(other)
    execute(scenario_plan(name, tmp_path / "case"))
    new = snapshot(other)
    for number in range(1, 1000, 3):
        folder = fat / f"case{number}"
        root = prepare(name, folder)
        dying = type("Dying", (_Dying,), {"left": number})
        try:
            execute(scenario_plan(name, folder), volume=dying)
        except Killed:
            assert index_faults(root) == []
            recover(str(root))
            assert snapshot(root) in (old, new)
            shutil.rmtree(folder)
        else:
            assert snapshot(root) == new
            break
    assert number > 60


def test_names_on_fat(fat: Path) -> None:
    """It does not tell upper from lower case, has no hard links and shows it."""
    root = fat / "root"
    put_file(root / "INDEX", b"old")
    put_file(root / "A/one", b"1")
    outlook = look_ahead(str(root))
    assert outlook.folds_case
    assert not outlook.links
    for clash in ([PutBytes(b"", "A/ONE")], [PutBytes(b"", "N/x"), PutBytes(b"", "n/X")]):
        with pytest.raises(NameClashError):
            execute(plan_of(root, clash))
    with pytest.raises(StorageError):
        execute(plan_of(root, [PutBytes(b"", 'N/a*"?')]))
    assert names(root) == {"INDEX", "A/one"}
    receipt = execute(plan_of(root, [LinkTo("A/one", "B/two", 1)], removals=["A/one"]))
    assert receipt.bytes == 1
    assert names(root) == {"INDEX", "B/two"}


def _by_another_case(root: Path) -> Plan:
    """Prepare a file whose folders and itself get their names in upper case."""
    shutil.rmtree(root, ignore_errors=True)
    put_file(root / "INDEX", b"old")
    put_file(root / "Pt/Se/Im1", b"1")
    return Plan(
        str(root),
        (
            Stage(
                (LinkTo("Pt/Se/Im1", "INTERIM0/0", 1),),
                Replace("INDEX", b"between"),
                (Removal("Pt/Se/Im1"),),
            ),
            Stage(
                (LinkTo("INTERIM0/0", "PT/SE/IM1", 1),),
                Replace("INDEX", b"new"),
                (Removal("INTERIM0/0"),),
            ),
        ),
        frozenset({"Pt/Se/Im1"}),
    )


def test_names_in_another_case_on_fat(fat: Path) -> None:
    """Folders that were emptied under their old names are made again under the new ones."""
    root = fat / "root"
    execute(_by_another_case(root))
    assert names(root) == {"INDEX", "PT/SE/IM1"}
    assert (root / "INDEX").read_bytes() == b"new"


@pytest.mark.faults
def test_death_while_the_case_changes_on_fat(fat: Path) -> None:
    """A write that dies at any call is recovered, and never stands still in between."""
    root = fat / "root"
    for number in range(1, 1000):
        plan = _by_another_case(root)
        dying = type("Dying", (_Dying,), {"left": number})
        try:
            execute(plan, volume=dying)
        except Killed:
            recover(str(root))
        else:
            break
        found = "Pt/Se/Im1" if (root / "INDEX").read_bytes() == b"old" else "PT/SE/IM1"
        assert names(root) == {"INDEX", found}
        assert (root / found).read_bytes() == b"1"
    assert number > 30
