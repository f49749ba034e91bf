"""A signal at the very moment a job is handed over: cancelled like any other."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.errors import OperationCancelledError
from dicomdir_studio.session.jobs import JobRunner

if TYPE_CHECKING:
    from dicomdir_studio.monitor import Monitor


@pytest.mark.parametrize("when", ["before", "behind"])
def test_a_signal_while_the_job_is_handed_over(
    when: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C before the job is known, and just behind: it ends cancelled, what it did undone."""
    known = signal.getsignal(signal.SIGINT)
    submit = JobRunner.submit
    undone: list[str] = []
    patience = threading.Event()

    def then_signal(self: JobRunner, *args: Any, **kwargs: Any) -> Any:
        if when == "before":
            signal.raise_signal(signal.SIGINT)
        job = submit(self, *args, **kwargs)
        if when == "behind":
            started.wait(10)
            signal.raise_signal(signal.SIGINT)
        return job

    started = threading.Event()

    def work(monitor: Monitor) -> None:
        started.set()
        try:
            for _ in range(1000):
                monitor.check()
                patience.wait(0.01)
        except OperationCancelledError:
            undone.append("all")
            raise

    monkeypatch.setattr(JobRunner, "submit", then_signal)
    with pytest.raises(OperationCancelledError):
        run_job("Waiting", work)
    assert undone == ["all"] or (when == "before" and not started.is_set())
    assert "Cancelling" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is known
