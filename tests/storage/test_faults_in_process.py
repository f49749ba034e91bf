"""A write, or its recovery, that fails or dies at every call in turn: the old state or the new."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import OperationCancelledError, StorageError, StudioError
from dicomdir_studio.storage import (
    RecoveryReport,
    UnfinishedUndoError,
    UnfinishedWriteError,
    Volume,
    execute,
    pending,
    recover,
)
from tests.monitors import CancelAt
from tests.storage.scenarios import SCENARIOS, index_faults, plan_of, prepare, snapshot
from tests.storage.volumes import Fault, Killed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.storage.scenarios import State

ERRORS = {"no space": errno.ENOSPC, "input/output": errno.EIO, "access": errno.EACCES}

every_scenario = pytest.mark.parametrize("name", SCENARIOS)
with_and_without_links = pytest.mark.parametrize("weak", [False, True], ids=["links", "no links"])


def old_and_new(name: str, fresh: Callable[[], Path], *, weak: bool) -> tuple[State, State, int]:
    """Return the tree before and after a scenario, and how many calls it takes."""
    folder = fresh()
    root = prepare(name, folder)
    old = snapshot(root)
    fault = Fault(weak=weak)
    execute(plan_of(name, folder), volume=fault)
    assert pending(str(root)) is None
    return old, snapshot(root), fault.calls


def run(name: str, folder: Path, fault: Fault) -> BaseException | None:
    """Write with a fault; returns what was raised."""
    try:
        execute(plan_of(name, folder), volume=fault)
    except (StudioError, Killed) as error:
        return error
    return None


def assert_recovered(root: Path, old: State, new: State) -> RecoveryReport | None:
    """Recover a tree; it must be the old one or the new one then, and stay so."""
    assert index_faults(root) == []
    report = recover(str(root))
    state = snapshot(root)
    assert state in (old, new) or (not old and state == {"": None})
    assert pending(str(root)) is None
    assert recover(str(root)) is None
    return report


@every_scenario
@with_and_without_links
def test_death_at_every_call(name: str, weak: bool, fresh_folder: Callable[[], Path]) -> None:
    """Whatever call is the last one, recovery finds the old state, or, later on, the new."""
    old, new, calls = old_and_new(name, fresh_folder, weak=weak)
    seen = []
    for number in range(1, calls + 1):
        folder = fresh_folder()
        root = prepare(name, folder)
        assert isinstance(run(name, folder, Fault(number, weak=weak)), Killed)
        assert_recovered(root, old, new)
        seen.append(snapshot(root) == new)
    assert seen == sorted(seen)
    assert calls > 10


@every_scenario
@with_and_without_links
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_one_error_at_every_call(
    name: str, weak: bool, late: bool, error: int, fresh_folder: Callable[[], Path]
) -> None:
    """An error leaves the old state at once, or is overcome; nothing is left for recovery."""
    old, new, calls = old_and_new(name, fresh_folder, weak=weak)
    for number in range(1, calls + 1):
        folder = fresh_folder()
        root = prepare(name, folder)
        raised = run(name, folder, Fault(number, error, late=late, weak=weak))
        assert raised is None or isinstance(raised, StorageError)
        if isinstance(raised, UnfinishedWriteError | UnfinishedUndoError):
            assert_recovered(root, old, new)
        assert snapshot(root) == (new if raised is None else old)
        assert pending(str(root)) is None


@every_scenario
@with_and_without_links
def test_a_medium_that_goes_away(name: str, weak: bool, fresh_folder: Callable[[], Path]) -> None:
    """From some call on everything fails; when the medium is back, recovery finds its way."""
    old, new, calls = old_and_new(name, fresh_folder, weak=weak)
    for number in range(1, calls + 1):
        folder = fresh_folder()
        root = prepare(name, folder)
        raised = run(name, folder, Fault(number, errno.EIO, lasting=True, weak=weak))
        assert isinstance(raised, StorageError)
        assert raised.where is not None
        assert_recovered(root, old, new)


@pytest.mark.faults
@every_scenario
@with_and_without_links
def test_death_in_the_recovery_of_every_death(
    name: str, weak: bool, fresh_folder: Callable[[], Path]
) -> None:
    """A recovery that dies at any call can be repeated, whatever it recovers from."""
    old, new, calls = old_and_new(name, fresh_folder, weak=weak)
    for number in range(1, calls + 1):
        second = 1
        while True:
            folder = fresh_folder()
            root = prepare(name, folder)
            run(name, folder, Fault(number, weak=weak))
            try:
                recover(str(root), volume=Fault(second, weak=weak))
            except Killed:
                assert_recovered(root, old, new)
            else:
                break
            second += 1


@every_scenario
@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_error_in_the_recovery(name: str, error: int, fresh_folder: Callable[[], Path]) -> None:
    """A recovery that fails says so, and the next one ends it."""
    old, new, calls = old_and_new(name, fresh_folder, weak=False)
    for number in (calls // 3, calls // 2, calls - 3):
        second = 1
        while True:
            folder = fresh_folder()
            root = prepare(name, folder)
            run(name, folder, Fault(number))
            fault = Fault(second, error)
            with contextlib.suppress(StorageError):
                recover(str(root), volume=fault)
            assert_recovered(root, old, new)
            if fault.calls < second:
                break
            second += 1


@every_scenario
def test_cancel_at_every_question(name: str, fresh_folder: Callable[[], Path]) -> None:
    """A cancel leaves the old state; behind the commit it comes too late and is no error."""
    old, new, _ = old_and_new(name, fresh_folder, weak=False)
    outcomes = []
    for number in range(1, 1000):
        folder = fresh_folder()
        root = prepare(name, folder)
        monitor = CancelAt(number)
        try:
            execute(plan_of(name, folder), monitor=monitor, volume=Volume)
            outcomes.append(True)
        except OperationCancelledError:
            outcomes.append(False)
        assert snapshot(root) == (new if outcomes[-1] else old)
        assert pending(str(root)) is None
        if monitor.left > 0:
            break
    assert outcomes == sorted(outcomes)
    assert not outcomes[0]


@every_scenario
def test_retry_after_every_death(name: str, fresh_folder: Callable[[], Path]) -> None:
    """After a recovery that undid the write, the same plan can be executed."""
    _, new, calls = old_and_new(name, fresh_folder, weak=False)
    for number in range(1, calls + 1, 3):
        folder = fresh_folder()
        root = prepare(name, folder)
        plan = plan_of(name, folder)
        run(name, folder, Fault(number))
        recover(str(root))
        if snapshot(root) != new:
            execute(plan)
        assert snapshot(root) == new
