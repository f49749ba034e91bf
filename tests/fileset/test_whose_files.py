"""Files that are missing, get new names or lie in the way: all instances keep their own bytes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from dicomdir_studio.fileset import FileSet, Layout
from tests.bundled import sample
from tests.fileset.twins import assert_whole, quietly
from tests.folders import digest, files_below


@pytest.mark.parametrize("place", ["LOOSE", "PT000000/ST000000/SE000000/IM000077", "new.dcm"])
@pytest.mark.parametrize("layout", list(Layout))
def test_a_source_inside_the_target(small: FileSet, place: str, layout: Layout) -> None:
    """A file that lies in the root already is taken in; what was there stays readable."""
    root = small.root_path
    source = root / place
    source.write_bytes(sample("examples_ybr_color.dcm").read_bytes())
    wanted = digest(source)
    small.add(source, missing_keys="fill")
    small.write(layout=layout)
    assert wanted in assert_whole(root).values()
    assert source.exists() or layout is Layout.STANDARD
    assert len(assert_whole(root)) == 3


@pytest.mark.parametrize("removed", [0, 1, 5, 48])
@pytest.mark.parametrize("lost", [0, 7, 49])
@pytest.mark.parametrize("layout", list(Layout))
def test_a_missing_file_never_leads_to_another(
    media: Path, tmp_path: Path, lost: int, removed: int, layout: Layout
) -> None:
    """Missing file, removal, write: no record names another instance's file, in any layout."""
    quietly(lambda: FileSet(media / "TINY_ALPHA" / "DICOMDIR").copy(tmp_path / "set"))
    root = tmp_path / "set"
    whole = FileSet(root / "DICOMDIR")
    instance = list(whole)[lost]
    uid = str(instance.SOPInstanceUID)
    Path(instance.path).unlink()
    file_set = quietly(lambda: FileSet(root / "DICOMDIR"))
    assert [str(one.SOPInstanceUID) for one in file_set.missing] == [uid]
    file_set.remove(list(file_set)[removed])
    file_set.add(sample("CT_small.dcm"))
    quietly(lambda: file_set.write(layout=layout))
    assert len(assert_whole(root, missing=[uid])) == 49
    again = quietly(lambda: FileSet(root / "DICOMDIR"))
    assert [str(one.SOPInstanceUID) for one in again.missing] == [uid]


def test_a_missing_file_that_comes_back(media: Path, tmp_path: Path) -> None:
    """When the file is put back, the record finds it again."""
    quietly(lambda: FileSet(media / "TINY_ALPHA" / "DICOMDIR").copy(tmp_path / "set"))
    root = tmp_path / "set"
    path = list(FileSet(root / "DICOMDIR"))[5].path
    shutil.move(path, tmp_path / "aside")
    file_set = quietly(lambda: FileSet(root / "DICOMDIR"))
    file_set.remove(next(iter(file_set)))
    quietly(file_set.write)
    shutil.move(tmp_path / "aside", path)
    assert len(FileSet(root / "DICOMDIR")) == 49
    assert len(assert_whole(root)) == 49


@pytest.mark.parametrize("first", [0, 1, 10, 48])
def test_new_names_that_were_old_names(media: Path, tmp_path: Path, first: int) -> None:
    """Removals shift all later names onto names still in use: everyone keeps their own bytes."""
    quietly(lambda: FileSet(media / "TINY_ALPHA" / "DICOMDIR").copy(tmp_path / "set"))
    root = tmp_path / "set"
    file_set = FileSet(root / "DICOMDIR")
    file_set.remove(list(file_set)[first])
    wanted = {str(one.SOPInstanceUID): digest(one.path) for one in file_set}
    plan = file_set.plan()
    assert len(plan.storage_plan.stages) == 2 or first == 48 or not plan.renames
    file_set.write()
    assert assert_whole(root) == wanted
    assert len(files_below(root)) == 50


def test_files_of_others_are_never_touched(media: Path, tmp_path: Path) -> None:
    """Files in the root that no record names survive every kind of write, under their names."""
    quietly(lambda: FileSet(media / "DICOMDIR").copy(tmp_path / "set"))
    root = tmp_path / "set"
    others = {
        "README.TXT": b"read me",
        "PT000002": b"in the way of a patient",
        "PT000000/ST000000/NOTES": b"notes",
        "PT000000/ST000000/SE000000/IM000001": b"in the way of an image",
    }
    for name, content in others.items():
        (root / name).write_bytes(content)
    file_set = FileSet(root / "DICOMDIR")
    file_set.add_many([sample("CT_small.dcm"), sample("MR_small.dcm")])
    file_set.remove(next(iter(file_set)))
    file_set.write()
    for name, content in others.items():
        assert (root / name).read_bytes() == content
    assert len(assert_whole(root)) == 32
    file_set.remove(list(file_set))
    file_set.write()
    assert set(files_below(root)) == {*others, "DICOMDIR"}


def test_keep_with_additions_moves_nothing(media: Path) -> None:
    """The existing layout is kept with additions too: no file changes its name."""
    before = files_below(media)
    file_set = FileSet(media / "DICOMDIR")
    file_set.add_many([sample("CT_small.dcm"), sample("MR_small.dcm")])
    lost = next(iter(file_set))
    file_set.remove(lost)
    plan = file_set.plan(layout=Layout.KEEP)
    assert plan.renames == ()
    assert len(plan.additions) == 2
    assert len(plan.removals) == 1
    file_set.write(layout=Layout.KEEP)
    after = files_below(media)
    gone_files = set(before) - set(after)
    assert gone_files == {os.path.relpath(lost.path, media)}
    assert {name for name in before if after.get(name) != before[name]} == {
        "DICOMDIR", *gone_files
    }  # fmt: skip
    assert len(set(after) - set(before)) == 2
    assert len(assert_whole(media)) == 32
