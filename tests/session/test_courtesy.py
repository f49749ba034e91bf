"""Workers wait while it is the window's turn, and nothing hangs on it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio import courtesy
from dicomdir_studio.courtesy import FIRST, give_way, giving_way, in_slices, let_go
from dicomdir_studio.session.jobs import JobRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicomdir_studio.monitor import Monitor

PATIENCE = 20.0


class Worker(threading.Thread):
    """Counts how often it came past `give_way`."""

    def __init__(self, pass_by: Callable[[], object] = give_way) -> None:
        super().__init__(daemon=True)
        self.rounds = 0
        self.ends = False
        self._pass_by = pass_by

    def run(self) -> None:
        """Count until told to end."""
        while not self.ends:
            self._pass_by()
            self.rounds += 1

    def goes_on(self) -> bool:
        """Return whether it comes further within a while."""
        before, end = self.rounds, time.monotonic() + PATIENCE
        while self.rounds < before + 100 and time.monotonic() < end:
            time.sleep(0.001)
        return self.rounds >= before + 100


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """Return a worker under way, which waits as long as a turn lasts."""
    monkeypatch.setattr(courtesy, "LONGEST_TURN", 10 * PATIENCE)
    monkeypatch.setattr(courtesy, "LONGEST_WAIT", 10 * PATIENCE)
    thread = Worker()
    thread.start()
    yield thread
    thread.ends = True
    FIRST.ends = 0.0
    thread.join(PATIENCE)


def _stands(worker: Worker) -> bool:
    """Return whether a worker comes to do nothing; one that does not wait never does."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        before = worker.rounds
        time.sleep(0.05)
        if worker.rounds == before:
            return True
    return False


def test_a_worker_waits_for_the_turn_to_end(worker: Worker) -> None:
    """It works before and after, and not while the window does."""
    assert worker.goes_on()
    with FIRST:
        assert _stands(worker)
    assert worker.goes_on()


def test_an_inner_turn_does_not_end_the_outer_one(worker: Worker) -> None:
    """A window that lays out while it handles the end of a job keeps its turn."""
    with FIRST:
        with FIRST:
            pass
        assert _stands(worker)
    assert worker.goes_on()


def test_a_turn_below_a_dialog_ends_with_itself() -> None:
    """An action that opened a dialog holds nobody up, what the dialog paints does."""
    with FIRST:
        FIRST.ends = 0.0  # the dialog has been open for a while
        with FIRST:
            inner = FIRST.ends
            assert inner > time.monotonic()
            with FIRST:
                pass
            assert FIRST.ends == inner
        assert FIRST.ends <= time.monotonic() + courtesy.LINGER
        assert FIRST.depth == 1
    assert FIRST.depth == 0


def test_an_error_ends_the_turn(worker: Worker) -> None:
    """Nobody waits for a window that failed to paint."""
    with pytest.raises(ValueError, match="painting"), FIRST:
        raise ValueError("painting failed")
    assert FIRST.depth == 0
    assert worker.goes_on()


def test_a_turn_that_lasts_long_counts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the system's file dialog is open the jobs go on."""
    monkeypatch.setattr(courtesy, "LONGEST_TURN", 0.01)
    thread = Worker()
    with FIRST:
        time.sleep(0.02)
        thread.start()
        assert thread.goes_on()
        thread.ends = True
        thread.join(PATIENCE)


def test_a_wait_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the window takes its turn, a job comes further."""
    monkeypatch.setattr(courtesy, "LONGEST_TURN", PATIENCE)
    monkeypatch.setattr(courtesy, "LONGEST_WAIT", 0.001)
    thread = Worker()
    with FIRST:
        thread.start()
        assert thread.goes_on()
        thread.ends = True
        thread.join(PATIENCE)


def test_the_window_never_waits_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small edit runs in the window's thread, in the window's turn."""
    monkeypatch.setattr(time, "sleep", pytest.fail)
    with FIRST:
        give_way()


def test_values_come_as_they_are() -> None:
    """Nothing is lost or changed on the way."""
    assert list(giving_way(range(100), 7)) == list(range(100))
    assert list(giving_way([])) == []
    with FIRST:
        pass
    assert list(giving_way(range(100), 7)) == list(range(100))
    assert [list(some) for some in in_slices(range(10), 4)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert list(in_slices([])) == []


def test_nothing_is_counted_where_there_is_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal's commands go through their values as fast as before."""
    monkeypatch.setattr(FIRST, "thread", 0)
    values = [1, 2, 3]
    assert giving_way(values) is values


def test_a_list_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it goes, so many at once, and the window is looked at in between."""
    looks: list[int] = []
    values = list(range(1001))
    monkeypatch.setattr(courtesy, "give_way", lambda: looks.append(len(values)))
    let_go(values, 500)
    assert looks == [501, 1, 0]


@pytest.mark.parametrize("call", ["check", "advance"])
def test_jobs_give_way(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job waits where it tells its progress and where it asks whether to stop."""
    monkeypatch.setattr(courtesy, "LONGEST_TURN", 10 * PATIENCE)
    monkeypatch.setattr(courtesy, "LONGEST_WAIT", 10 * PATIENCE)
    begun = threading.Event()
    passed = threading.Event()

    def work(monitor: Monitor) -> None:
        begun.set()
        while not FIRST.depth:
            time.sleep(0.001)
        getattr(monitor, call)()
        passed.set()

    with JobRunner() as runner:
        job = runner.submit("Working", work)
        assert begun.wait(PATIENCE)
        with FIRST:
            assert not passed.wait(0.1)
        job.result(PATIENCE)
    assert passed.is_set()
