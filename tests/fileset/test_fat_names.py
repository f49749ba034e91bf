"""A File-set on FAT that the system shows in another case, by a real FAT in user space.

fusefat does not distinguish upper and lower case, and neither is it known to be FAT: so one
file system serves for both what is known and what is only noticed.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import FileSet, Layout, file_names, gathering, naming
from tests.fileset.small_sets import UID, write_small_set
from tests.fileset.twins import quietly, referenced
from tests.folders import digest
from tests.plugging import plugged_in
from tests.storage.file_sets import make_instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.judges import Judges


@pytest.fixture
def fat(tmp_path: Path, judges: Judges) -> Iterator[Path]:
    """Mount a FAT file system; fsck has nothing to say against it afterwards."""
    image, folder = tmp_path / "fat.img", tmp_path / "FAT"
    with image.open("wb") as out:
        out.truncate(16 << 20)
    assert judges.ask("mkfs.vfat", "-F", "16", image).code == 0
    folder.mkdir()
    if not os.access("/dev/fuse", os.W_OK):
        pytest.skip("this machine lets nobody mount")
    with plugged_in(image, folder, judges):
        yield folder
    verdict = judges.ask("fsck.vfat", "-n", image)
    assert verdict.code == 0, verdict.words


def know_fat(patch: pytest.MonkeyPatch) -> None:
    """Let the system say that it is FAT, as the kernel's own file system does."""
    for module in (file_names, naming):
        patch.setattr(module, "is_fat", lambda _: True)


def do_not_know(_: pytest.MonkeyPatch) -> None:
    """Leave it at a file system that does not distinguish upper and lower case."""


KNOWLEDGE = pytest.mark.parametrize("tell", [know_fat, do_not_know], ids=["FAT", "other"])


def filled(fat: Path, tmp_path: Path, layout: Layout) -> dict[str, str]:
    """Write a File-set of six, all names but that of the DICOMDIR shown in another case."""
    made = tmp_path / "made"
    names = [f"DISC/IM{number}" for number in range(6)]
    write_small_set(made, names, layout)
    for uid, name in referenced(made / "DICOMDIR"):
        target = fat.joinpath(*(part.capitalize() for part in name.split("/")))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made / name, target)
        assert uid.startswith(UID)
    shutil.copyfile(made / "DICOMDIR", fat / "DICOMDIR")
    return contents(fat)


def contents(root: Path) -> dict[str, str]:
    """Return the SHA-256 of every record's file, by the File ID to the letter."""
    return {uid: digest(root / name) for uid, name in referenced(root / "DICOMDIR")}


def shown(root: Path) -> set[str]:
    """Return the names of all files as they are shown."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def add_one(file_set: FileSet, path: Path) -> str:
    """Add a new instance; return its UID."""
    make_instance(path, 50)
    file_set.add(path, missing_keys="fill")
    return f"{UID}.51"


@KNOWLEDGE
@pytest.mark.parametrize("kept", list(Layout))
@pytest.mark.parametrize("layout", list(Layout))
def test_added_to(
    fat: Path,
    tmp_path: Path,
    tell: Callable[[pytest.MonkeyPatch], None],
    kept: Layout,
    layout: Layout,
    monkeypatch: pytest.MonkeyPatch,
    judges: Judges,
) -> None:
    """Whatever the layout was and is to be: nothing is lost, every File ID leads to its file."""
    before = filled(fat, tmp_path, kept)
    tell(monkeypatch)
    file_set = FileSet(fat / "DICOMDIR")
    assert not file_set.missing
    new = add_one(file_set, tmp_path / "new.dcm")
    plan = file_set.plan(layout=layout)
    assert not plan.problems
    is_known = tell is know_fat
    assert bool(plan.notes) == (layout is Layout.KEEP and not is_known)
    in_place = layout is Layout.KEEP or (is_known and kept is Layout.STANDARD)
    assert len(plan.renames) == len(plan.removals) == (0 if in_place else 6)
    quietly(lambda: file_set.write(layout=layout, verify=True))
    after = contents(fat)
    assert after.pop(new) == digest(tmp_path / "new.dcm")
    assert after == before
    again = FileSet(fat / "DICOMDIR")
    assert (len(again), again.missing) == (7, [])
    assert bool(again.check_files()) == (layout is Layout.KEEP and not is_known)
    assert len(shown(fat)) == 8
    shutil.copytree(fat, tmp_path / "copy")
    if layout is Layout.STANDARD and not is_known:
        judges.accept(tmp_path / "copy", instances=7, despite=("Attribute",))


@KNOWLEDGE
@pytest.mark.parametrize("layout", list(Layout))
def test_checked_and_copied(
    fat: Path,
    tmp_path: Path,
    tell: Callable[[pytest.MonkeyPatch], None],
    layout: Layout,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On FAT no name is wrong, elsewhere it may be; a copy has the names of the File IDs."""
    before = filled(fat, tmp_path, Layout.KEEP)
    tell(monkeypatch)
    file_set = FileSet(fat / "DICOMDIR")
    assert bool(file_set.check_files()) == (tell is do_not_know)
    file_set.copy(tmp_path / "copy", layout=layout)
    assert contents(tmp_path / "copy") == before
    names = {name for _, name in referenced(tmp_path / "copy" / "DICOMDIR")}
    assert shown(tmp_path / "copy") == names | {"DICOMDIR"}


@KNOWLEDGE
@pytest.mark.parametrize("layout", list(Layout))
def test_a_source_on_it(
    fat: Path,
    tmp_path: Path,
    tell: Callable[[pytest.MonkeyPatch], None],
    layout: Layout,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is added from a file on it stays there if its name on FAT is a File ID."""
    before = filled(fat, tmp_path, Layout.KEEP)
    tell(monkeypatch)
    file_set = FileSet(fat / "DICOMDIR")
    new = add_one(file_set, fat / "Disc" / "Im50")
    plan = file_set.plan(layout=layout)
    is_there = tell is know_fat and layout is Layout.KEEP
    assert plan.in_place == (("DISC/IM50",) if is_there else ())
    quietly(lambda: file_set.write(layout=layout))
    after = contents(fat)
    assert after.pop(new) == digest(fat / "Disc" / "Im50")
    assert after == before


@KNOWLEDGE
def test_one_file_by_two_names(
    fat: Path,
    tmp_path: Path,
    tell: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file of a record that is removed stays if it is added itself by another case."""
    before = filled(fat, tmp_path, Layout.KEEP)
    (fat / "Disc" / "Im1").unlink()
    make_instance(fat / "Disc" / "Im1", 50)
    before[f"{UID}.51"] = digest(fat / "Disc" / "Im1")
    tell(monkeypatch)
    monkeypatch.setattr(gathering, "_FEW", 0)  # as on a large medium, where few are looked into
    file_set: FileSet = quietly(lambda: FileSet(fat / "DICOMDIR"))
    file_set.remove(next(one for one in file_set if one.SOPInstanceUID == f"{UID}.2"))
    file_set.add(fat / "DISC" / "IM1", missing_keys="fill")
    plan = file_set.plan(layout=Layout.KEEP)
    assert plan.in_place == ("DISC/IM1",)
    assert plan.removals == ()
    file_set.write(layout=Layout.KEEP)
    del before[f"{UID}.2"]
    assert contents(fat) == before


@KNOWLEDGE
def test_a_like_name_beside_it(
    fat: Path,
    tmp_path: Path,
    tell: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that differs in case alone is the file's, whatever lies beside it."""
    before = filled(fat, tmp_path, Layout.KEEP)
    (fat / "Disc" / "Im1.dcm").write_bytes(b"of somebody else")
    tell(monkeypatch)
    file_set = FileSet(fat / "DICOMDIR")
    assert not file_set.missing
    assert {str(one.SOPInstanceUID): digest(one.path) for one in file_set} == before


@KNOWLEDGE
@pytest.mark.parametrize("layout", list(Layout))
def test_removed_from(
    fat: Path,
    tmp_path: Path,
    tell: Callable[[pytest.MonkeyPatch], None],
    layout: Layout,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One file goes, the others stay, those that are numbered anew too."""
    before = filled(fat, tmp_path, Layout.STANDARD)
    tell(monkeypatch)
    file_set = FileSet(fat / "DICOMDIR")
    file_set.remove(next(iter(file_set)))
    quietly(lambda: file_set.write(layout=layout, verify=True))
    del before[f"{UID}.1"]
    assert contents(fat) == before
    assert len(shown(fat)) == 6
