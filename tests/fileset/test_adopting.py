"""A File-set as it is after a write beside the same one loaded from what was written."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pydicom
import pytest

from dicomdir_studio.fileset import FileSet, Layout, RecordNode
from tests.benchmarks.generate import Shape, make_files
from tests.benchmarks.work import files_below
from tests.bundled import sample
from tests.fileset.twins import quietly

SHAPE = Shape(per_series=5, series_per_study=2)


def state(file_set: FileSet) -> dict[str, Any]:
    """Return all that can be asked of a File-set that was opened."""
    opened = file_set._opened
    assert opened is not None
    return {
        "records": [
            (
                node.record_type,
                node.depth,
                node.index,
                node.key,
                node._buffer[node._start : node._stop],
                node.tally,
                node.instance and (node.instance.path, node.instance._located),
            )
            for node in file_set.tree
        ],
        "instances": [one.SOPInstanceUID for one in file_set],
        "missing": [one.SOPInstanceUID for one in file_set.missing],
        "findings": [(one.severity, one.what, one.where) for one in file_set.findings],
        "properties": (
            file_set.ID,
            file_set.UID,
            file_set.descriptor_file_id,
            file_set.descriptor_character_set,
        ),
        "general": (opened.directory.general, opened.directory.meta),
        "stamp": (opened.stamp, opened.path, opened.uid),
        "staged": (file_set.is_staged, file_set.has_edits, file_set.can_undo, file_set.can_redo),
        "root": (file_set.path, file_set._repaired, file_set._is_new),
        "values": file_set.find_values("InstanceNumber"),
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a folder with the files of four series."""
    return make_files(tmp_path / "root", 20, SHAPE)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every load of a DICOMDIR that a write does."""
    from dicomdir_studio.fileset import loader

    seen: list[str] = []
    ordinary = loader.load_into

    def load_into(file_set: Any, source: Any, *rest: Any, **options: Any) -> None:
        seen.append(source)
        ordinary(file_set, source, *rest, **options)

    monkeypatch.setattr(loader, "load_into", load_into)
    return seen


def assert_like_loaded(file_set: FileSet, loads: list[str], *, adopted: bool) -> None:
    """Assert that a File-set just written is what loading it makes it."""
    assert bool(loads) is not adopted
    assert file_set.path is not None
    assert state(file_set) == state(quietly(FileSet, f"{file_set.path}/DICOMDIR"))
    loads.clear()


def test_index_in_place(root: Path, loads: list[str]) -> None:
    """A new index of files that stay."""
    file_set = FileSet()
    file_set.ID = "INDEX"
    file_set.add_many(files_below(str(root)))
    file_set.write(root, layout=Layout.KEEP)
    assert_like_loaded(file_set, loads, adopted=True)
    assert len(file_set) == 20


def test_new_file_set(root: Path, tmp_path: Path, loads: list[str]) -> None:
    """A new File-set of copies in the standard layout."""
    file_set = FileSet()
    file_set.add_many(files_below(str(root)))
    file_set.write(tmp_path / "new")
    assert_like_loaded(file_set, loads, adopted=True)


def test_a_large_one(tmp_path: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is adopted while the medium takes it: on the way, in a thread of its own."""
    from dicomdir_studio.fileset.adopting import Adoption

    threads: list[str] = []
    ordinary = Adoption.prepare

    def prepare(adoption: Adoption) -> None:
        threads.append(threading.current_thread().name)
        ordinary(adoption)

    monkeypatch.setattr(Adoption, "prepare", prepare)
    files = make_files(tmp_path / "many", 1_000, Shape(per_series=100, series_per_study=2))
    file_set = FileSet()
    file_set.add_many(files_below(str(files)))
    file_set.write(tmp_path / "new")
    assert len(threads) == 1
    assert threads[0].startswith("meanwhile")
    assert_like_loaded(file_set, loads, adopted=True)


def test_removal_and_addition_afterwards(root: Path, loads: list[str]) -> None:
    """What was adopted can be changed and written again, and is adopted again."""
    paths = files_below(str(root))
    file_set = FileSet()
    file_set.add_many(paths[:15])
    file_set.write(root, layout=Layout.KEEP)
    file_set.remove(list(file_set)[::2])
    file_set.add_many(paths[15:])
    file_set.write(layout=Layout.KEEP)
    assert_like_loaded(file_set, loads, adopted=True)
    assert len(file_set) == 12
    file_set.write(layout=Layout.STANDARD)
    assert_like_loaded(file_set, loads, adopted=True)


def test_a_loaded_file_set(tmp_path: Path, loads: list[str]) -> None:
    """A foreign File-set that lost an instance."""
    target = tmp_path / "foreign"
    shutil.copytree(sample("DICOMDIR").parent / "dicomdirtests", target)
    file_set = quietly(FileSet, target / "DICOMDIR")
    loads.clear()
    file_set.remove(next(iter(file_set)))
    quietly(file_set.write, layout=Layout.KEEP)
    assert_like_loaded(file_set, loads, adopted=True)


def test_a_record_changed_by_hand(root: Path, loads: list[str]) -> None:
    """With a data set for a record, what was written is loaded."""
    file_set = FileSet()
    file_set.add_many(files_below(str(root)))
    file_set.tree.children[0].record.PatientName = "Changed^Name"
    file_set.write(root, layout=Layout.KEEP)
    assert_like_loaded(file_set, loads, adopted=False)


def test_implicit(root: Path, loads: list[str]) -> None:
    """A DICOMDIR in Implicit VR Little Endian is loaded, and warned of, as any other."""
    file_set = FileSet()
    file_set.add_many(files_below(str(root)))
    quietly(file_set.write, root, layout=Layout.KEEP, force_implicit=True)
    assert_like_loaded(file_set, loads, adopted=False)


def test_private_records(root: Path, loads: list[str]) -> None:
    """PRIVATE records are loaded."""
    file_set = FileSet()
    paths = files_below(str(root))
    file_set.add_many(paths[1:])
    record = pydicom.Dataset()
    record.DirectoryRecordType = "PRIVATE"
    record.PrivateRecordUID = "1.2.3"
    file_set.add_custom(paths[0], RecordNode(record))
    file_set.write(root, layout=Layout.KEEP)
    assert_like_loaded(file_set, loads, adopted=False)


def test_a_missing_file(root: Path, loads: list[str]) -> None:
    """With a file gone in the meantime, the write ends as before: its instance is missing."""
    file_set = FileSet()
    paths = files_below(str(root))
    file_set.add_many(paths)
    plan = file_set.plan(root, layout=Layout.KEEP)
    Path(paths[7]).unlink()
    file_set.execute(plan)
    assert [one.path for one in file_set.missing] == [paths[7]]
    assert loads


def test_a_directory_changed_behind_the_write(
    root: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read back is believed, not what was laid."""
    from dicomdir_studio.fileset import writing
    from dicomdir_studio.storage import execute as ordinary

    def execute(plan: Any, **options: Any) -> Any:
        receipt = ordinary(plan, **options)
        path = root / "DICOMDIR"
        path.write_bytes(path.read_bytes().replace(b"Bench^Patient", b"Wrong^Patient"))
        return receipt

    monkeypatch.setattr(writing, "execute", execute)
    file_set = FileSet()
    file_set.add_many(files_below(str(root)))
    file_set.write(root, layout=Layout.KEEP)
    assert_like_loaded(file_set, loads, adopted=False)
    assert str(file_set.tree.children[0].get("PatientName")).startswith("Wrong")


def test_old_instances_are_let_go(root: Path, loads: list[str]) -> None:
    """As after a load, instances held from before the write are not of the File-set any more."""
    file_set = FileSet()
    file_set.add_many(files_below(str(root)))
    old = next(iter(file_set))
    file_set.write(root, layout=Layout.KEEP)
    assert old not in list(file_set)
    with pytest.raises(ValueError, match="No such instance"):
        file_set.remove(old)
