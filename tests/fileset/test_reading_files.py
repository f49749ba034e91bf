"""Finding in the files: the same answers whether one file is read at a time or many."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import InstanceError, OperationCancelledError
from dicomdir_studio.fileset import read_ahead
from dicomdir_studio.fileset.read_ahead import read_in_order
from dicomdir_studio.monitor import Monitor

if TYPE_CHECKING:
    from dicomdir_studio.fileset import FileInstance, FileSet


class _Told(Monitor):
    """Counts what it is told; cancels at a number."""

    def __init__(self, cancel_at: int | None = None) -> None:
        self.total: int | None = None
        self.done = 0
        self._cancel_at = cancel_at

    def start(self, phase: str, total: int | None = None, unit: str = "files") -> None:
        self.total = total

    def advance(self, amount: int = 1, detail: str = "") -> None:
        self.done += amount

    def check(self) -> None:
        if self.done == self._cancel_at:
            raise OperationCancelledError


@pytest.fixture(params=["one by one", "ahead"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have files read in one of both ways, whatever the machine's disk is like."""
    monkeypatch.setattr(read_ahead, "_SAMPLE", 2)
    monkeypatch.setattr(read_ahead, "_BATCH", 3)
    # More than all of the time spent computing is never; less than none of it is always.
    monkeypatch.setattr(read_ahead, "_WAITING", 2.0 if request.param == "one by one" else -1e9)
    return str(request.param)


def test_values_in_files(loaded: FileSet, way: str) -> None:
    """Every value of the files is found, in the order in which instances meet them."""
    wanted: dict[str, list[Any]] = {"Modality": [], "Rows": [], "InstanceNumber": []}
    for instance in loaded:
        dataset = instance.load()
        for keyword, values in wanted.items():
            value = dataset.get(keyword)
            if value is not None and value not in values:
                values.append(value)
    monitor = _Told()
    assert loaded.find_values(list(wanted), load=True, monitor=monitor) == wanted
    assert monitor.done == monitor.total == len(loaded)


def test_instances_by_their_files(loaded: FileSet, way: str) -> None:
    """The instances found are those whose files say so, in their order."""
    modality = loaded.find_values("Modality", load=True)[0]
    wanted = [one for one in loaded if one.load().get("Modality") == modality]
    monitor = _Told()
    assert loaded.find(load=True, monitor=monitor, Modality=modality) == wanted
    assert monitor.done == monitor.total == len(loaded)


def test_a_cancel_among_files(loaded: FileSet, way: str) -> None:
    """It is heard between two files, and no thread is left."""
    before = set(threading.enumerate())
    with pytest.raises(OperationCancelledError):
        loaded.find_values("Rows", load=True, monitor=_Told(cancel_at=5))
    assert not set(threading.enumerate()) - before


def test_a_file_that_is_gone(loaded: FileSet, way: str) -> None:
    """The first of those that cannot be read is the one that is told of."""
    instances = list(loaded)
    paths = [instance.path for instance in instances]
    for path in (paths[-1], paths[7], paths[11]):
        Path(path).unlink()
    with pytest.raises(InstanceError) as caught:
        loaded.find_values("Rows", load=True)
    assert caught.value.where == paths[7]


def test_waiting_is_noticed(loaded: FileSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where files come slowly, several are waited for at once; the order stays."""
    monkeypatch.setattr(read_ahead, "_SAMPLE", 4)
    monkeypatch.setattr(read_ahead, "_BATCH", 2)
    threads: set[str] = set()

    def slowly(instance: FileInstance) -> str:
        time.sleep(0.01)
        threads.add(threading.current_thread().name)
        return instance.path

    instances = list(loaded)
    found = list(read_in_order(instances, slowly, Monitor()))
    assert found == [instance.path for instance in instances]
    assert len(threads) > 2


def test_discs_are_read_in_order(loaded: FileSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """One head reads a disc, so nothing is asked for out of turn."""
    monkeypatch.setattr(read_ahead, "_SAMPLE", 4)
    monkeypatch.setattr(read_ahead, "is_optical", lambda _: True)
    asked: list[FileInstance] = []

    def slowly(instance: FileInstance) -> None:
        time.sleep(0.002)
        asked.append(instance)

    assert len(list(read_in_order(list(loaded), slowly, Monitor()))) == len(asked)
    assert asked == list(loaded)
