"""What others do to the medium between loading and writing, and what is missing on it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import FileSet, Layout, RecordNode
from tests.bundled import sample
from tests.fileset.twins import assert_whole, bundled_instances, outcome, quietly, referenced
from tests.folders import files_below


def lose(root: Path, place: int = 3) -> tuple[FileSet, Path]:
    """Take a file of the File-set away; return the File-set loaded then, and the file."""
    path = Path(list(FileSet(root / "DICOMDIR"))[place].path)
    aside = root.parent / "aside.dcm"
    shutil.move(path, aside)
    file_set: FileSet = quietly(FileSet, root / "DICOMDIR")
    return file_set, aside


@pytest.mark.parametrize("layout", list(Layout))
def test_a_missing_instance_can_be_removed(root: Path, layout: Layout) -> None:
    """The record of a missing file goes when it is removed, and comes back by undo before."""
    file_set, _ = lose(root)
    (lost,) = file_set.missing
    assert lost not in list(file_set)
    file_set.remove(lost)
    file_set.undo()
    assert file_set.missing == [lost]
    file_set.redo()
    file_set.write(layout=layout)
    assert len(file_set) == 30
    assert not file_set.missing
    assert len(list(referenced(root / "DICOMDIR"))) == len(assert_whole(root)) == 30


def test_a_missing_instance_is_found_by_adding_it(root: Path) -> None:
    """A file added for a record whose own is missing takes its place."""
    file_set, aside = lose(root)
    order = [uid for uid, _ in referenced(root / "DICOMDIR")]
    instance = file_set.add(aside)
    assert not instance.is_missing
    assert len(file_set) == 31
    assert not file_set.missing
    file_set.write()
    assert len(assert_whole(root)) == 31
    assert [uid for uid, _ in referenced(root / "DICOMDIR")] == order


@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.parametrize("how", ["path", "many", "dataset", "custom", "custom dataset"])
def test_a_missing_instance_comes_back_with_its_file(
    root: Path, how: str, *, removed: bool
) -> None:
    """What is added for a missing instance is written, were its record staged for removal even."""
    file_set, aside = lose(root)
    (lost,) = file_set.missing
    if removed:
        file_set.remove(lost)
    states = [(len(file_set), len(file_set.missing), tuple(file_set.tree.tally))]
    if how == "many":
        report = file_set.add_many([aside])
        assert (report.restored, report.refused) == ([lost], [])
    else:
        given = pydicom.dcmread(aside) if how.endswith("dataset") else aside
        if how.startswith("custom"):
            record = Dataset()
            record.DirectoryRecordType, record.PrivateRecordUID = "PRIVATE", "1.2.3"
            leaf = RecordNode(record)
            leaf.parent = lost.node.parent
            assert file_set.add_custom(given, leaf) is lost
        else:
            assert file_set.add(given) is lost
    states.append((31, 0, (31, 1, 0, 0)))
    for step in (lambda: None, file_set.undo, file_set.redo):
        step()
        there = (len(file_set), len(file_set.missing), tuple(file_set.tree.tally))
        assert there == states[step != file_set.undo]
    file_set.write()
    assert len(assert_whole(root)) == 31


def test_finding_a_missing_instance_can_be_undone(root: Path) -> None:
    """Undo makes it missing again."""
    file_set, aside = lose(root)
    before = str(file_set)
    file_set.add(aside)
    file_set.undo()
    assert len(file_set.missing) == 1
    assert str(file_set) == before


def test_a_copy_leaves_missing_instances_out_and_says_so(root: Path, tmp_path: Path) -> None:
    """A copy cannot take along what is not there: the plan names it, the copy is whole."""
    file_set, _ = lose(root)
    plan = file_set.plan_copy(tmp_path / "copy")
    assert len(plan.left_out) == 1
    file_set.copy(tmp_path / "copy")
    assert len(assert_whole(tmp_path / "copy")) == 30


def test_a_plan_that_is_out_of_date_is_refused(root: Path) -> None:
    """What was staged after planning would be lost: the plan is refused, nothing changes."""
    file_set = FileSet(root / "DICOMDIR")
    file_set.remove(next(iter(file_set)))
    plan = file_set.plan()
    file_set.undo()
    before = files_below(root)
    with pytest.raises(StudioError, match="Plan it again"):
        file_set.execute(plan)
    assert files_below(root) == before


def test_a_dicomdir_changed_by_others_is_not_overwritten(root: Path) -> None:
    """The second of two writers that opened the same state is told; the first one's work stays."""
    first, second = FileSet(root / "DICOMDIR"), FileSet(root / "DICOMDIR")
    first.remove(list(first)[:5])
    first.write()
    after = files_below(root)
    second.remove(list(second)[6])
    with pytest.raises(StudioError, match="changed by another program"):
        second.write()
    assert files_below(root) == after
    assert len(second.staged_removals) == 1


def test_a_file_that_vanished_since_loading(root: Path) -> None:
    """A file of the File-set gone before the write is an error that names it; nothing changes."""
    file_set = FileSet(root / "DICOMDIR")
    path = Path(list(file_set)[2].path)
    path.unlink()
    file_set.remove(next(iter(file_set)))
    before = files_below(root)
    with pytest.raises(StudioError, match=path.name):
        file_set.write()
    assert files_below(root) == before


def test_a_dicomdir_in_lower_case_is_written_where_it_is(root: Path) -> None:
    """A disc copied in lower case keeps its one DICOMDIR; there are never two."""
    (root / "DICOMDIR").rename(root / "dicomdir")
    file_set = FileSet(root / "dicomdir")
    file_set.remove(next(iter(file_set)))
    file_set.write()
    names = [path.name for path in root.iterdir() if path.name.upper() == "DICOMDIR"]
    assert len(names) == 1
    assert len(FileSet(root / names[0])) == 30


def test_a_write_of_others_while_it_is_loaded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another program removes between DICOMDIR and files is not shown as missing."""
    other = FileSet(root / "DICOMDIR")
    other.remove(next(iter(other)))
    listed = os.scandir
    written: list[bool] = []

    def meanwhile(path: Any = ".") -> Any:
        if not written and str(path).startswith(str(root)):
            written.append(True)
            with monkeypatch.context() as patch:
                patch.setattr(os, "scandir", listed)
                other.write(use_existing=True)
        return listed(path)

    monkeypatch.setattr(os, "scandir", meanwhile)
    file_set = FileSet(root / "DICOMDIR")
    assert written
    assert not file_set.missing
    assert [one.path for one in file_set] == [one.path for one in other]


def test_a_write_of_others_in_the_same_tick(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A DICOMDIR of the same length and time is another one all the same."""
    other = FileSet(root / "DICOMDIR")
    other.ID = "BEFORE"
    other.write()
    kept = (root / "DICOMDIR").stat()
    images = sorted((root / "PT000000").rglob("IM*"))
    listed = os.scandir

    def meanwhile(path: Any = ".") -> Any:
        if images and str(path).startswith(str(root)):
            image = images.pop()
            images.clear()
            data = (root / "DICOMDIR").read_bytes()
            name = image.relative_to(root).as_posix().replace("/", "\\").encode()
            assert data.count(name) == 1
            image.rename(image.with_name("ELSE0000"))
            laid = name[:-8] + b"ELSE0000"
            (root / "DICOMDIR").write_bytes(data.replace(name, laid))
            os.utime(root / "DICOMDIR", ns=(kept.st_atime_ns, kept.st_mtime_ns))
        return listed(path)

    monkeypatch.setattr(os, "scandir", meanwhile)
    file_set = FileSet(root / "DICOMDIR")
    assert (root / "DICOMDIR").stat().st_mtime_ns == kept.st_mtime_ns
    assert not file_set.missing
    assert len(file_set) == 31


@pytest.mark.parametrize("salvage", [False, True])
def test_others_that_write_all_the_time(
    root: Path, monkeypatch: pytest.MonkeyPatch, *, salvage: bool
) -> None:
    """What is there of a File-set that changes with every look cannot be told, and is not."""
    other = FileSet(root / "DICOMDIR")
    listed = os.scandir

    def meanwhile(path: Any = ".") -> Any:
        if Path(path) == root:
            with monkeypatch.context() as patch:
                patch.setattr(os, "scandir", listed)
                other.remove(next(iter(other)))
                other.write(use_existing=True)
        return listed(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", meanwhile)
        with pytest.raises(StudioError, match="another program is writing"):
            FileSet(root / "DICOMDIR", salvage=salvage)
    assert len(FileSet(root / "DICOMDIR", salvage=salvage)) == len(other)


@pytest.mark.parametrize("thing", [None, 1, "instance", ()])
def test_removing_what_is_no_instance(oracle: Any, media: Path, thing: Any) -> None:
    """Anything else than an instance of the File-set is a ValueError, as in the reference."""
    for kind in (oracle.FileSet, FileSet):
        file_set = kind(media / "TINY_ALPHA" / "DICOMDIR")
        assert outcome(file_set.remove, thing).kind == "ValueError"
        assert len(file_set) == 50


def test_values_that_no_decoder_likes(tmp_path: Path) -> None:
    """Instances with odd values can be listed, searched, written and shown without an error."""
    file_set = FileSet()
    quietly(file_set.add_many, bundled_instances(), missing_keys="fill")
    quietly(file_set.write, tmp_path / "set")
    again = quietly(FileSet, tmp_path / "set" / "DICOMDIR")
    for node in again.tree:
        quietly(str, node.record)
        quietly(str, node)
    for keyword in ("NumberOfFrames", "StudyDate", "PatientName", "ContentSequence", "Rows"):
        quietly(again.find_values, keyword)
    assert quietly(again.find, PatientID=next(iter(again)).PatientID)
    assert sample("CT_small.dcm").exists()
