"""What `write` and `copy` make, beside what pydicom makes, and each reads the other's."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pydicom
import pytest

from dicomdir_studio.fileset import FileSet
from tests.bundled import sample
from tests.fileset.twins import (
    DICOMDIRS,
    assert_whole,
    bundled_instances,
    instances_of,
    outcome,
    plain_record,
    quietly,
    records_of,
    referenced,
    text_of,
)
from tests.folders import digest, files_below

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READABLE = tuple(name for name in DICOMDIRS if name != "DICOMDIR-nopatient")


def taken(oracle: Any, root: Path) -> tuple[Any, FileSet]:
    """Fill a File-set of each engine with all bundled instances that pydicom takes."""
    theirs, ours = oracle.FileSet(), FileSet()
    for path in bundled_instances():
        if path.stem.endswith("_truncated"):
            continue
        if outcome(lambda path=path: theirs.add(path)).error is None:
            quietly(lambda path=path: ours.add(path))
    return theirs, ours


def assert_same_medium(theirs: Path, ours: Path) -> None:
    """Assert that two roots hold the same File-set under the same names."""
    assert list(referenced(ours / "DICOMDIR")) == list(referenced(theirs / "DICOMDIR"))
    assert list(files_below(ours)) == list(files_below(theirs))


def test_a_new_file_set(oracle: Any, tmp_path: Path) -> None:
    """All bundled instances written: the same layout, and the same File-set on re-reading."""
    theirs, ours = taken(oracle, tmp_path)
    sources = {str(one.SOPInstanceUID): digest(one.path) for one in ours}
    quietly(lambda: theirs.write(tmp_path / "theirs"))
    ours.write(tmp_path / "ours")
    assert_same_medium(tmp_path / "theirs", tmp_path / "ours")
    assert assert_whole(tmp_path / "ours") == sources
    again = quietly(lambda: oracle.FileSet(tmp_path / "ours" / "DICOMDIR"))
    assert instances_of(again) == instances_of(ours)
    assert str(again) == str(ours)
    assert records_of(again._tree) == records_of(ours.tree)


def test_each_reads_what_the_other_wrote(oracle: Any, tmp_path: Path) -> None:
    """Records that pydicom reads from our DICOMDIR are ours, and the other way round."""
    theirs, ours = taken(oracle, tmp_path)
    quietly(lambda: theirs.write(tmp_path / "theirs"))
    ours.write(tmp_path / "ours")
    for root in (tmp_path / "theirs", tmp_path / "ours"):
        first = quietly(lambda root=root: oracle.FileSet(root / "DICOMDIR"))
        second = FileSet(root / "DICOMDIR")
        assert not second.is_staged
        assert str(second) == str(first)
        for our_node, their_node in zip(second.tree, first._tree, strict=True):
            assert plain_record(our_node.record) == plain_record(their_node._record)


def edit_nothing(file_set: Any, folder: Path) -> None:
    """Leave a File-set as it is."""


def edit_removal(file_set: Any, folder: Path) -> None:
    """Remove every third instance."""
    for instance in list(file_set)[::3]:
        file_set.remove(instance)


def edit_study(file_set: Any, folder: Path) -> None:
    """Remove the whole first study."""
    uid = next(iter(file_set)).StudyInstanceUID
    file_set.remove(file_set.find(StudyInstanceUID=uid))


def edit_addition(file_set: Any, folder: Path) -> None:
    """Add instances of patients of their own."""
    for name in ("MR_small.dcm", "CT_small.dcm", "examples_palette.dcm"):
        quietly(lambda name=name: file_set.add(sample(name)))


def edit_all(file_set: Any, folder: Path) -> None:
    """Remove, add, take some of it back, and set the File-set's own elements."""
    edit_removal(file_set, folder)
    edit_addition(file_set, folder)
    file_set.remove(file_set.find(PatientID="1CT1"))
    file_set.ID = "EDITED"
    file_set.descriptor_file_id = "README"
    file_set.descriptor_character_set = "ISO_IR 100"


EDITS = (edit_nothing, edit_removal, edit_study, edit_addition, edit_all)


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("name", ["DICOMDIR", "DICOMDIR-reordered", "TINY_ALPHA/DICOMDIR"])
def test_copy(
    oracle: Any, media: Path, tmp_path: Path, name: str, edit: Callable[[Any, Path], None]
) -> None:
    """A copy has the same layout, text and state; the original stays as it was staged."""
    if name.startswith("TINY") and edit is edit_study:
        return  # leaves nothing, which pydicom cannot copy; test_differences.py has it
    pair = quietly(lambda: (oracle.FileSet(media / name), FileSet(media / name)))
    before = files_below(media)
    roots = (tmp_path / "theirs", tmp_path / "ours")
    for file_set in pair:
        edit(file_set, media)
    staged = (str(pair[1]), instances_of(pair[1]), records_of(pair[1].tree))
    copies = [quietly(lambda fs=fs, to=to: fs.copy(to)) for fs, to in zip(pair, roots, strict=True)]
    assert (str(pair[1]), instances_of(pair[1]), records_of(pair[1].tree)) == staged
    assert files_below(media) == before
    assert_same_medium(*roots)
    assert_whole(roots[1])
    assert copies[1].is_staged == copies[0].is_staged is False
    assert text_of(copies[1]).replace("ours", "") == text_of(copies[0]).replace("theirs", "")
    read = quietly(lambda: oracle.FileSet(roots[1] / "DICOMDIR"))
    assert records_of(read._tree) == records_of(copies[1].tree)


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("name", ["DICOMDIR", "DICOMDIR-reordered", "TINY_ALPHA/DICOMDIR"])
def test_write_in_place(
    oracle: Any, media: Path, tmp_path: Path, name: str, edit: Callable[[Any, Path], None]
) -> None:
    """Writing in place moves, adds and removes the same files under the same names."""
    theirs = quietly(lambda: oracle.FileSet(media / name).copy(tmp_path / "theirs"))
    ours_root = tmp_path / "ours"
    quietly(lambda: FileSet(media / name).copy(ours_root))
    ours = FileSet(ours_root / "DICOMDIR")
    for file_set in (theirs, ours):
        edit(file_set, media)
        quietly(file_set.write)
    assert_same_medium(tmp_path / "theirs", ours_root)
    assert_whole(ours_root)
    assert text_of(ours).replace("ours", "") == text_of(theirs).replace("theirs", "")
    assert instances_of(ours, paths=False) == instances_of(theirs, paths=False)
    assert not ours.is_staged


@pytest.mark.parametrize("name", READABLE[:5])
def test_a_foreign_layout_becomes_the_standard_one(
    oracle: Any, media: Path, tmp_path: Path, name: str
) -> None:
    """A File-set laid by others is moved to the standard layout by a plain write."""
    theirs_root = media
    ours_root = tmp_path / "ours"
    shutil.copytree(media, ours_root)
    theirs = quietly(lambda: oracle.FileSet(theirs_root / name))
    ours = quietly(lambda: FileSet(ours_root / name))
    digests = {str(one.SOPInstanceUID): digest(one.path) for one in ours}
    quietly(theirs.write)
    quietly(ours.write)
    assert_same_medium(theirs_root, ours_root)
    assert assert_whole(ours_root) == digests
    assert not ours.is_staged


@pytest.mark.parametrize("edit", [edit_nothing, edit_removal, edit_study])
def test_use_existing(
    oracle: Any, media: Path, tmp_path: Path, edit: Callable[[Any, Path], None]
) -> None:
    """`use_existing` leaves files where they are and removes what is staged."""
    ours_root = tmp_path / "ours"
    shutil.copytree(media, ours_root)
    theirs, ours = quietly(
        lambda: (oracle.FileSet(media / "DICOMDIR"), FileSet(ours_root / "DICOMDIR"))
    )
    for file_set in (theirs, ours):
        edit(file_set, media)
        quietly(lambda fs=file_set: fs.write(use_existing=True))
    assert_same_medium(media, ours_root)
    assert instances_of(ours, paths=False) == instances_of(theirs, paths=False)
    assert_whole(ours_root)


@pytest.mark.parametrize("name", ["DICOMDIR", "TINY_ALPHA/DICOMDIR"])
def test_force_implicit(oracle: Any, media: Path, tmp_path: Path, name: str) -> None:
    """`force_implicit` gives what pydicom gives but for offsets, which depend on our name."""
    their_copy, our_copy = tmp_path / "theirs", tmp_path / "ours"
    pair = quietly(lambda: (oracle.FileSet(media / name), FileSet(media / name)))
    theirs = outcome(lambda: pair[0].copy(their_copy, force_implicit=True))
    ours = outcome(lambda: pair[1].copy(our_copy, force_implicit=True))
    assert ours.warned == theirs.warned
    first, second = pydicom.dcmread(their_copy / "DICOMDIR"), pydicom.dcmread(our_copy / "DICOMDIR")
    assert second.file_meta.TransferSyntaxUID == first.file_meta.TransferSyntaxUID
    assert second.original_encoding == first.original_encoding == (True, True)
    for our, their in zip(
        second.DirectoryRecordSequence, first.DirectoryRecordSequence, strict=True
    ):
        assert plain_record(our) == plain_record(their)
    again = quietly(lambda: FileSet(our_copy / "DICOMDIR"))
    assert instances_of(again, paths=False) == instances_of(ours.value, paths=False)


def test_nothing_staged_writes_nothing(oracle: Any, small: FileSet) -> None:
    """A File-set without anything staged is left as it is, to the time of its DICOMDIR."""
    root = small.root_path
    before = (root / "DICOMDIR").stat().st_mtime_ns
    assert small.write() is None
    assert (root / "DICOMDIR").stat().st_mtime_ns == before


def test_alphanumeric_names(
    oracle: Any, tiny: FileSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a million instances names count with letters, as TINY_ALPHA's do."""
    monkeypatch.setattr("dicomdir_studio.fileset.writing._ALPHANUMERIC_FROM", 49)
    copied = tiny.copy(tmp_path / "copy")
    names = [file_id.rsplit("/", 1)[1] for _, file_id in referenced(tmp_path / "copy/DICOMDIR")]
    assert (
        names[-1] == oracle.generate_filename(prefix="IM", start=49, alphanumeric=True).__next__()
    )
    assert len(copied) == 50


@pytest.mark.parametrize("call", ["write", "copy"])
def test_too_many_instances(
    tiny: FileSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """More instances than names are refused as the reference refuses them, changing nothing."""
    monkeypatch.setattr("dicomdir_studio.fileset.writing._MOST_INSTANCES", 49)
    before = files_below(tiny.root_path)
    tiny.ID = "X"
    done = outcome(tiny.write if call == "write" else lambda: tiny.copy(tmp_path / "copy"))
    assert isinstance(done.error, NotImplementedError)
    assert "49" in str(done.error)
    assert files_below(tiny.root_path) == before
    assert not (tmp_path / "copy").exists()
