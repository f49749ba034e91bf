"""Jobs: progress, cancelling, order and ends of every kind."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import OperationCancelledError, StudioError
from dicomdir_studio.session.jobs import Job, JobRunner, JobState, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicomdir_studio.monitor import Monitor


@pytest.fixture
def runner() -> Iterator[JobRunner]:
    """Give a runner that is shut down at the end."""
    with JobRunner() as runner:
        yield runner


def _until(told: Callable[[], bool]) -> None:
    """Wait until `told` says so, five seconds at most."""
    deadline = time.monotonic() + 5
    while not told():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.001)


def _endless(monitor: Monitor) -> None:
    """Work until cancelled."""
    monitor.start("Waiting")
    while True:
        monitor.check()
        monitor.advance()
        time.sleep(0.001)


def test_the_result_comes_back(runner: JobRunner) -> None:
    """What the work returns is the result, and the state says so."""
    job = runner.submit("Counting", lambda _monitor: 42)
    assert job.result(5) == 42
    assert job.state is JobState.DONE
    assert job.error is None
    assert job.is_finished


def test_the_error_comes_back(runner: JobRunner) -> None:
    """What the work raises is the error, raised again by result()."""

    def work(_monitor: Monitor) -> None:
        raise StudioError("No such disc", where="D:")

    job = runner.submit("Reading", work)
    with pytest.raises(StudioError, match="No such disc: D:"):
        job.result(5)
    assert job.state is JobState.FAILED
    assert isinstance(job.error, StudioError)


def test_an_unforeseen_error_is_logged(runner: JobRunner, caplog: pytest.LogCaptureFixture) -> None:
    """An error that is not ours leaves its trace in the log, for the report."""

    def work(_monitor: Monitor) -> None:
        raise RuntimeError("surprise")

    with caplog.at_level(logging.ERROR):
        job = runner.submit("Reading", work)
        job.wait(5)
    assert isinstance(job.error, RuntimeError)
    assert "surprise" in caplog.text


def test_progress_is_told_while_it_runs(runner: JobRunner) -> None:
    """Phase, done, total, unit and detail are those of the moment."""
    go = threading.Event()

    def work(monitor: Monitor) -> None:
        monitor.start("Copying", 10, "bytes")
        monitor.advance(4, "IM000001")
        monitor.advance(1)
        go.wait(5)
        monitor.start("Syncing")
        monitor.advance()

    job = runner.submit("Writing", work)
    _until(lambda: job.progress.done == 5)
    seen = job.progress
    assert (seen.phase, seen.total, seen.unit, seen.detail) == ("Copying", 10, "bytes", "IM000001")
    assert seen.fraction == 0.5
    go.set()
    job.result(5)
    assert job.progress.phase == "Syncing"
    assert job.progress.total is None
    assert job.progress.fraction is None


def test_speed_and_time_left_are_estimated(runner: JobRunner) -> None:
    """A steady pace gives its speed and a time left that fits it."""

    def work(monitor: Monitor) -> None:
        monitor.start("Reading", 1000)
        for _ in range(60):
            time.sleep(0.01)
            monitor.advance()

    job = runner.submit("Reading", work)
    job.result(10)
    progress = job.progress
    assert 20 < progress.speed < 101
    assert progress.seconds_left == pytest.approx(940 / progress.speed)


def test_progress_before_anything_is_empty() -> None:
    """Progress of nothing is empty, and an empty total counts as done."""
    assert Progress().fraction is None
    assert Progress(total=0).fraction == 1.0
    assert Progress(done=5, total=4).fraction == 1.0


def test_cancel_ends_the_work(runner: JobRunner) -> None:
    """A cancelled job ends at its next check with the error of its own type."""
    job = runner.submit("Waiting", _endless)
    _until(lambda: job.progress.done > 3)
    job.cancel()
    assert job.wait(5)
    assert job.state is JobState.CANCELLED
    assert isinstance(job.error, OperationCancelledError)
    assert not job.is_cancelling


def test_cancel_of_a_waiting_job_means_it_never_runs() -> None:
    """A job cancelled in the queue is never started."""
    ran = []
    with JobRunner(workers=1) as runner:
        first = runner.submit("First", _endless)
        second = runner.submit("Second", lambda _monitor: ran.append(1))
        second.cancel()
        assert second.is_cancelling
        first.cancel()
        assert second.wait(5)
    assert second.state is JobState.CANCELLED
    assert not ran


def test_work_past_its_last_check_is_done(runner: JobRunner) -> None:
    """A cancel that comes too late does not turn a finished work into a cancelled one."""
    go = threading.Event()
    job = runner.submit("Committing", lambda _monitor: go.wait(5))
    _until(lambda: job.state is JobState.RUNNING)
    job.cancel()
    go.set()
    assert job.result(5) is True
    assert job.state is JobState.DONE


def test_jobs_of_one_serial_run_one_after_the_other(runner: JobRunner) -> None:
    """Two jobs on one File-set never overlap, in the order asked for."""
    active: list[int] = []
    order: list[int] = []

    def work(number: int) -> Callable[[Monitor], None]:
        def run(_monitor: Monitor) -> None:
            active.append(number)
            order.append(number)
            time.sleep(0.01)
            assert active == [number]
            active.remove(number)

        return run

    jobs = [runner.submit(f"Job {n}", work(n), serial="one") for n in range(5)]
    for job in jobs:
        job.result(5)
    assert order == [0, 1, 2, 3, 4]


def test_other_serials_do_not_wait(runner: JobRunner) -> None:
    """A long job on one File-set does not hold up one on another."""
    long = runner.submit("Long", _endless, serial="a")
    assert runner.submit("Short", lambda _monitor: 1, serial="b").result(5) == 1
    assert long.state is JobState.RUNNING
    _until(lambda: runner.jobs == [long])


def test_no_more_jobs_at_once_than_workers() -> None:
    """The number of workers bounds the jobs that run at once."""
    lock = threading.Lock()
    now = most = 0

    def work(_monitor: Monitor) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.005)
        with lock:
            now -= 1

    with JobRunner(workers=2) as runner:
        for job in [runner.submit("Busy", work) for _ in range(10)]:
            job.result(5)
    assert most == 2


def test_shutdown_cancels_and_waits() -> None:
    """After shutdown all jobs have ended and no new one is taken."""
    runner = JobRunner(workers=1)
    jobs: list[Job[None]] = [runner.submit("Waiting", _endless) for _ in range(3)]
    runner.shutdown(wait=True)
    assert {job.state for job in jobs} == {JobState.CANCELLED}
    with pytest.raises(StudioError, match="closing"):
        runner.submit("Late", _endless)


def test_result_gives_up_after_its_timeout(runner: JobRunner) -> None:
    """Waiting for a result with a limit raises TimeoutError when it passes."""
    job = runner.submit("Waiting", _endless)
    with pytest.raises(TimeoutError, match="Waiting still runs"):
        job.result(0.01)


def test_a_preview_is_taken_once(runner: JobRunner) -> None:
    """What work can show before its end is handed out one time, the latest only."""
    shown, go_on = threading.Event(), threading.Event()

    def work(monitor: Monitor) -> str:
        monitor.preview("first")
        monitor.preview("second")
        shown.set()
        assert go_on.wait(5)
        return "whole"

    job = runner.submit("Showing", work)
    assert shown.wait(5)
    assert job.take_preview() == "second"
    assert job.take_preview() is None
    go_on.set()
    assert job.result(5) == "whole"
