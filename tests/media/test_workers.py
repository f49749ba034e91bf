"""Worker processes that die or do not come back."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from dicomdir_studio.errors import InstanceError, OperationCancelledError
from dicomdir_studio.media.workers import Task, Workers
from dicomdir_studio.monitor import Monitor
from tests.monitors import Cancelling


def fall(_: str) -> None:
    """End the process as a decoder with a double free does."""
    os.abort()


def linger(_: str) -> None:
    """Take for ever."""
    time.sleep(600)


def test_a_worker_that_dies_is_an_error_that_names_the_file() -> None:
    """The others go on, a new worker takes over, and the program lives."""
    with Workers() as workers:
        tasks = [Task(f"{n}.dcm", fall if n % 2 else str, (f"{n}.dcm",)) for n in range(6)]
        answers: dict[int, Any] = {}
    answers.update(workers.run(tasks, Monitor()))
    for number in range(6):
        answer = answers[number]
        if number % 2:
            assert isinstance(answer, InstanceError)
            assert answer.where == f"{number}.dcm"
            assert "SIGABRT" in (answer.why or "") or os.name == "nt"
        else:
            assert answer == f"{number}.dcm"


def test_cancelling_ends_what_is_running() -> None:
    """A decoder that does not come back does not keep the person waiting."""
    with pytest.raises(OperationCancelledError), Workers() as workers:
        list(workers.run([Task("a.dcm", linger, ("a.dcm",))], Cancelling(3)))
