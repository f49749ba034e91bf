"""A day's work from end to end: open, add, remove, copy, and everyone accepts the result."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.fileset import FileSet, Layout
from tests.bundled import sample
from tests.fileset.twins import assert_whole, bundled_instances, instances_of, outcome, quietly
from tests.folders import digest, files_below

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges import Judges


@pytest.mark.judges
def test_open_add_remove_copy(media: Path, tmp_path: Path, judges: Judges) -> None:
    """31 instances and 2 new ones, less those of a study, with the bytes of their sources."""
    file_set = FileSet(media / "DICOMDIR")
    before = files_below(media)
    assert len(file_set) == 31
    report = file_set.add_many([sample("CT_small.dcm"), sample("MR_small.dcm")])
    assert len(report.added) == 2
    assert not report.refused
    study = next(node for node in file_set.tree if node.record_type == "STUDY")
    lost = file_set.find(StudyInstanceUID=study.key)
    file_set.remove(lost)
    sources = {str(one.SOPInstanceUID): digest(one.path) for one in file_set}

    copied = file_set.copy(tmp_path / "copy")

    assert len(copied) == 31 + 2 - len(lost)
    reopened = FileSet(tmp_path / "copy" / "DICOMDIR")
    assert instances_of(reopened) == instances_of(copied)
    assert not reopened.is_staged
    assert assert_whole(tmp_path / "copy") == sources
    assert files_below(media) == before
    assert len(files_below(tmp_path / "copy")) == len(sources) + 1
    judges.accept(tmp_path / "copy", instances=len(sources))


@pytest.mark.judges
@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("name", ["DICOMDIR", "TINY_ALPHA/DICOMDIR"])
def test_every_judge_accepts_a_write_in_place(
    media: Path, judges: Judges, name: str, layout: Layout
) -> None:
    """Additions and removals written in place, in either layout, are accepted by every judge."""
    root = (media / name).parent
    file_set = FileSet(media / name)
    file_set.add_many([sample("CT_small.dcm"), sample("MR_small.dcm")])
    file_set.remove(list(file_set)[::4])
    sources = {str(one.SOPInstanceUID): digest(one.path) for one in file_set}
    file_set.ID = "JUDGED"
    file_set.write(layout=layout, verify=True)
    assert assert_whole(root) == sources
    judges.accept(root, instances=len(sources))


@pytest.mark.judges
def test_dcmmkdir_can_append(tmp_path: Path, judges: Judges) -> None:
    """DCMTK appends an instance to a DICOMDIR of ours, and we read the result."""
    file_set = FileSet()
    file_set.add(sample("CT_small.dcm"))
    file_set.write(tmp_path / "set")
    (tmp_path / "set" / "EXTRA").write_bytes(sample("MR_small.dcm").read_bytes())
    judges.append(tmp_path / "set", "EXTRA")
    again = quietly(lambda: FileSet(tmp_path / "set" / "DICOMDIR"))
    assert len(again) == 2
    assert_whole(tmp_path / "set")


@pytest.mark.judges
def test_offsets_by_dcmdump(tmp_path: Path, media: Path, judges: Judges) -> None:
    """Every offset in the DICOMDIR is, by dcmdump's own count, where an Item begins."""
    FileSet(media / "DICOMDIR").copy(tmp_path / "copy")
    dumped = judges.ask("dcmdump", tmp_path / "copy" / "DICOMDIR").words
    begins = {int(number) for number in re.findall(r"#  offset=\$(\d+)", dumped)}
    points = [int(number) for number in re.findall(r"\(0004,1[24]\d\d\) up (\d+)", dumped)]
    assert len(begins) > 40
    assert {point for point in points if point} <= begins
    assert len(points) == 2 + 2 * len(begins)


def test_a_file_set_of_nothing(tmp_path: Path, oracle: Any) -> None:
    """An empty File-set can be written, read by both engines and added to."""
    file_set = FileSet()
    file_set.write(tmp_path / "empty")
    for kind in (oracle.FileSet, FileSet):
        assert len(kind(tmp_path / "empty" / "DICOMDIR")) == 0
    file_set.add(sample("CT_small.dcm"))
    file_set.write()
    assert len(assert_whole(tmp_path / "empty")) == 1


def test_the_same_object_through_many_writes(tmp_path: Path) -> None:
    """One FileSet object is written over and over, each time whole and with nothing staged."""
    file_set = FileSet()
    paths = [path for path in bundled_instances() if "dicomdirtests" in str(path)][:24]
    for turn, path in enumerate(paths):
        file_set.add(path)
        if turn % 3 == 2:
            file_set.remove(list(file_set)[turn % len(file_set)])
        file_set.write(tmp_path / "set" if turn == 0 else None)
        assert not file_set.is_staged
        found = assert_whole(tmp_path / "set")
        assert len(found) == len(file_set)
        assert len(files_below(tmp_path / "set")) == len(found) + 1


def test_duplicates_within_one_drop() -> None:
    """The same instance under two names is taken once and reported once."""
    file_set = FileSet()
    report = file_set.add_many([sample("CT_small.dcm"), sample("CT_small.dcm")])
    assert len(report.added) == 1
    assert len(report.refused) == 1
    assert outcome(file_set.undo).error is None
    assert len(file_set) == 0
