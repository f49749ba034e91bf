"""Records that are not needed any more go without the garbage collector."""

from __future__ import annotations

import gc
import weakref
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import FileSetError
from dicomdir_studio.fileset import FileSet, Retired
from tests.benchmarks.generate import Shape, make_directory, make_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNT = 500


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Keep the garbage collector away."""
    gc.disable()
    yield
    gc.enable()


def weak(file_set: FileSet) -> list[weakref.ref[object]]:
    """Return weak references to every record and every instance."""
    found: list[weakref.ref[object]] = [weakref.ref(node) for node in file_set.tree]
    found += [weakref.ref(node.instance) for node in file_set.tree if node.instance is not None]
    return found


def living(references: list[weakref.ref[object]]) -> int:
    """Return how many of the referenced objects are still there."""
    return sum(one() is not None for one in references)


@pytest.mark.usefixtures("uncollected")
def test_a_closed_file_set_goes_in_steps(tmp_path: Path) -> None:
    """All of it goes, staged and undone edits too, and no step takes much of it."""
    file_set = FileSet(make_directory(tmp_path, COUNT, Shape(50, 2)))
    file_set.stage_removal(list(file_set)[:100])
    file_set.stage_removal(list(file_set)[:100])
    file_set.undo()
    file_set.search({"InstanceNumber": "1000001"})
    references = weak(file_set)
    retired = Retired(file_set)
    del file_set
    counts = [living(references)]
    counts += [living(references) for _ in retired.release()]
    assert counts[0] == 2 * COUNT + COUNT // 50 * 2
    assert len(counts) > 4
    assert living(references) == 0
    assert max(before - after for before, after in pairwise(counts)) < COUNT


@pytest.mark.usefixtures("uncollected")
def test_additions_and_what_was_taken_back_go_too(tmp_path: Path) -> None:
    """Instances that an undo took out of the tree are not forgotten."""
    files = make_files(tmp_path / "files", 20)
    file_set = FileSet()
    file_set.add_many([str(path) for path in files.rglob("I*")])
    references = weak(file_set)
    file_set.undo()
    retired = Retired(file_set)
    del file_set
    for _ in retired.release():
        pass
    assert living(references) == 0


@pytest.mark.usefixtures("uncollected")
def test_a_write_replaces_records_and_keeps_the_file_set(tmp_path: Path) -> None:
    """After a write the records of before go; the File-set is used on."""
    files = make_files(tmp_path / "files", 20)
    file_set = FileSet()
    file_set.add_many([str(path) for path in files.rglob("I*")])
    kept = file_set.tree.children[0].children[0].children[0].children[0].instance
    assert kept is not None
    uid = kept.SOPInstanceUID
    references = weak(file_set)
    retired = Retired(file_set)
    assert not retired.is_replaced()
    file_set.write(tmp_path / "out")
    assert retired.is_replaced()
    for _ in retired.release():
        pass
    assert living(references) == 2  # the instance that the test holds, and its record
    assert kept.SOPInstanceUID == uid
    assert len(file_set) == len(list(file_set)) == 20
    file_set.stage_removal(list(file_set)[:5])
    file_set.write()
    assert len(FileSet(tmp_path / "out" / "DICOMDIR")) == 15


def test_a_search_after_a_write_finds_what_was_written(tmp_path: Path) -> None:
    """What was looked up before the write is not taken for what is there after it."""
    make_files(tmp_path / "files", 20)
    made = FileSet()
    made.add_many([str(path) for path in (tmp_path / "files").rglob("I*")])
    made.write(tmp_path / "out")
    file_set = FileSet(tmp_path / "out" / "DICOMDIR")
    assert len(file_set.search({"Modality": "OT"})) == 20
    plan = file_set.plan()
    file_set.stage_removal(list(file_set)[:5])
    file_set.write()
    assert file_set.search({"Modality": "OT"}) == list(file_set) == file_set.find(Modality="OT")
    assert file_set.find_values("Modality") == ["OT"]
    with pytest.raises(FileSetError):
        file_set.execute(plan)  # of the state before
    file_set.clear()
    assert file_set.search({"Modality": "OT"}) == []
