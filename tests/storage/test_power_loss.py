"""The power goes at any instant, with anything unsynced lost or reordered: old or new."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.storage import execute, pending, recover
from tests.storage.power_loss import (
    Disk,
    Log,
    Recording,
    RecordingEachFile,
    RecordingWeak,
    disks_after_power_loss,
    split_replacements,
)
from tests.storage.scenarios import SCENARIOS, index_faults, plan_of, prepare, snapshot
from tests.storage.volumes import Killed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.storage.scenarios import State

VOLUMES = {"links": Recording, "each file synced": RecordingEachFile, "no links": RecordingWeak}

every_scenario = pytest.mark.parametrize("name", SCENARIOS)
every_volume = pytest.mark.parametrize("volume", VOLUMES.values(), ids=VOLUMES)


class _Trial:
    """A scenario recorded, and its outcomes."""

    def __init__(self, name: str, fresh: Callable[[], Path], volume: type[Recording]) -> None:
        self._name = name
        self._fresh = fresh
        self._volume = volume
        self.old, self.new = self._states()

    def record(self, death: int | None = None) -> tuple[Disk, Log]:
        """Return the disk before and the calls of a write; if it dies, of its recovery too."""
        folder = self._fresh()
        root = prepare(self._name, folder)
        root.mkdir(exist_ok=True)
        disk, log = Disk.of(root), Log(death)
        volume = partial(self._volume, log=log)
        if death is None:
            execute(plan_of(self._name, folder), volume=volume)
        else:
            with pytest.raises(Killed):
                execute(plan_of(self._name, folder), volume=volume)
            log.death = None
            recover(str(root), volume=volume)
        return disk, log

    def becomes_new(self, disk: Disk) -> bool:
        """Make a disk real, look at it and recover it; tells whether it became the new tree."""
        root = self._fresh() / "root"
        disk.make(root)
        assert index_faults(root) == []
        recover(str(root))
        state = snapshot(root) or {"": None}
        assert state in (self.old, self.new)
        assert index_faults(root) == []
        assert pending(str(root)) is None
        return state == self.new

    def _states(self) -> tuple[State, State]:
        """Return the tree before and after the write."""
        folder = self._fresh()
        root = prepare(self._name, folder)
        old = snapshot(root) or {"": None}
        execute(plan_of(self._name, folder))
        return old, snapshot(root)


@every_scenario
@every_volume
def test_power_loss_in_a_write(
    name: str, volume: type[Recording], fresh_folder: Callable[[], Path]
) -> None:
    """Whatever reached the medium, recovery makes it the old tree or the new one."""
    trial = _Trial(name, fresh_folder, volume)
    before, log = trial.record()
    outcomes: dict[int, set[bool]] = {}
    for end, disk in disks_after_power_loss(before, log.calls, rounds=25):
        outcomes.setdefault(end, set()).add(trial.becomes_new(disk))
    assert outcomes[min(outcomes)] == {False}
    assert outcomes[len(log.calls)] == {True}


@every_scenario
def test_power_loss_where_replacing_is_not_atomic(
    name: str, fresh_folder: Callable[[], Path]
) -> None:
    """On FAT the index may be gone for a moment; recovery brings it back."""
    trial = _Trial(name, fresh_folder, RecordingWeak)
    before, log = trial.record()
    split = split_replacements(log.calls)
    ends = [trial.becomes_new(disk) for _, disk in disks_after_power_loss(before, split, 25)]
    assert set(ends) == {False, True}


@pytest.mark.faults
@every_scenario
@pytest.mark.parametrize(
    ("volume", "atomic"),
    [(Recording, True), (RecordingEachFile, True), (RecordingWeak, True), (RecordingWeak, False)],
    ids=[*VOLUMES, "not atomic"],
)
def test_power_loss_in_the_recovery_of_a_death(
    name: str, volume: type[Recording], atomic: bool, fresh_folder: Callable[[], Path]
) -> None:
    """A process dies, and while its write is recovered the power goes.

    What the dead process had not synced is then in memory only: recovery sees it and
    must not trust it.
    """
    trial = _Trial(name, fresh_folder, volume)
    _, whole = trial.record()
    thin = max(1, len(whole.calls) // 15)
    for death in range(1, len(whole.calls), thin):
        before, log = trial.record(death)
        calls = log.calls if atomic else split_replacements(log.calls)
        for _, disk in disks_after_power_loss(before, calls, rounds=3, start=death):
            trial.becomes_new(disk)
