"""The garbage collector while many objects are made, and after it."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio import garbage
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.garbage import paused_collection
from tests.benchmarks.generate import MANY_SERIES, make_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
BYTES_AT_MOST = 1_200


@pytest.fixture(autouse=True)
def _collecting() -> Iterator[None]:
    """Have nothing frozen by a window of another test."""
    gc.unfreeze()
    gc.collect()
    yield
    assert gc.isenabled()


def test_a_pause_ends_with_the_last_one() -> None:
    """Pauses within pauses are counted, and an error ends one too."""
    with paused_collection():
        with paused_collection():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="so"), paused_collection():
        raise ValueError("so")
    assert gc.isenabled()


def test_a_program_that_does_not_collect_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where collecting is off, it stays off, and nothing is collected."""
    monkeypatch.setattr(garbage, "_COLLECTED_FROM", -1)
    monkeypatch.setattr(garbage, "_collect", lambda: pytest.fail("it was collected"))
    gc.disable()
    try:
        with paused_collection(making=True):
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_stays_is_not_walked_young(tmp_path: Path) -> None:
    """A File-set just loaded counts as old."""
    make_directory(tmp_path, 4_000, MANY_SERIES)
    file_set = FileSet(tmp_path / "DICOMDIR")
    young = {id(one) for generation in (0, 1) for one in gc.get_objects(generation)}
    assert sum(id(one) in young for one in file_set) == 0


def test_one_disc_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of File-sets loaded in a loop only some are in memory, however many there were."""
    make_directory(tmp_path, 4_000, MANY_SERIES)
    monkeypatch.setattr(garbage, "_COLLECTED_FROM", 30_000)
    monkeypatch.setattr(garbage, "_survivors", 0)
    monkeypatch.setattr(garbage, "_collect", gc.collect)  # what other tests left is not counted
    loaded = []
    at_once = []
    for _ in range(40):
        loaded.append(weakref.ref(FileSet(tmp_path / "DICOMDIR")))
        at_once.append(sum(one() is not None for one in loaded))
    assert max(at_once) < 10


def test_little_garbage_is_left_to_the_collector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pass over all objects is made for a few File-sets."""
    make_directory(tmp_path, 4_000, MANY_SERIES)
    monkeypatch.setattr(garbage, "_aged", 0)
    monkeypatch.setattr(garbage, "_collect", lambda: pytest.fail("it was collected"))
    for _ in range(10):
        FileSet(tmp_path / "DICOMDIR")


def test_a_search_does_not_pay_for_what_was_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where a File-set is made, all is collected before."""
    make_directory(tmp_path, 4_000, MANY_SERIES)
    file_set = FileSet(tmp_path / "DICOMDIR")
    monkeypatch.setattr(garbage, "_COLLECTED_FROM", 0)
    monkeypatch.setattr(garbage, "_survivors", 0)
    monkeypatch.setattr(garbage, "_unwalked", lambda: 1)
    collected: list[None] = []  # our own passes; the interpreter makes some when it likes
    monkeypatch.setattr(garbage, "_collect", lambda: collected.append(None))
    assert file_set.find(Modality=file_set.find_values("Modality")[0])
    assert not collected
    FileSet(tmp_path / "DICOMDIR")
    assert len(collected) == 1


def test_who_collects_otherwise_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a pass over all objects that others asked for, none is made for the same objects."""
    make_directory(tmp_path, 4_000, MANY_SERIES)
    monkeypatch.setattr(garbage, "_COLLECTED_FROM", 5_000)
    monkeypatch.setattr(garbage, "_survivors", 0)
    kept = FileSet(tmp_path / "DICOMDIR")
    assert garbage._aged > 5_000
    gc.collect()
    monkeypatch.setattr(garbage, "_collect", lambda: pytest.fail("it was collected again"))
    kept = FileSet(tmp_path / "DICOMDIR")
    assert len(kept) == 4_000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc for the memory")
def test_little_memory_stays(tmp_path: Path) -> None:
    """Of 10,000 instances no more stays than the budget has, what they were made with included."""
    dicomdir = make_directory(tmp_path, 10_000)
    ended = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.work", "load", str(dicomdir)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=ROOT,
    )
    assert json.loads(ended.stdout)["bytes per instance"] < BYTES_AT_MOST
