"""Jobs as the window hears of them: callbacks, signals, and what is left out."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QObject

from dicomdir_studio.errors import StudioError

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.jobs import Job


def test_result_comes_in_the_gui_thread(qtbot: QtBot, poller: JobPoller) -> None:
    """The work runs elsewhere, its result is handed over here, then `finished` is said."""
    heard: list[object] = []
    here = threading.get_ident()
    poller.started.connect(lambda job: heard.append(("started", job.title)))
    poller.finished.connect(lambda _job: heard.append("finished"))
    poller.submit(
        "Counting",
        lambda _monitor: threading.get_ident(),
        on_done=lambda worker: heard.append(worker != here and threading.get_ident() == here),
    )
    qtbot.waitUntil(lambda: "finished" in heard)
    assert heard == [("started", "Counting"), True, "finished"]
    assert poller.running == []


def test_failure_without_a_callback_is_said(qtbot: QtBot, poller: JobPoller) -> None:
    """The window hears of a failure that nobody else takes."""

    def fail(_monitor: Monitor) -> None:
        raise StudioError("It went wrong")

    with qtbot.waitSignal(poller.failed) as told:
        poller.submit("Failing", fail)
    assert told.args is not None
    job: Job[None] = told.args[0]
    assert "It went wrong" in str(job.error)


def test_failure_with_a_callback_is_not_said_twice(qtbot: QtBot, poller: JobPoller) -> None:
    """Who takes a failure shows it."""
    heard: list[object] = []
    poller.failed.connect(heard.append)

    def fail(_monitor: Monitor) -> None:
        raise StudioError("It went wrong")

    errors: list[BaseException] = []
    poller.submit("Failing", fail, on_failed=errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert not heard


def test_cancelling_calls_its_own_callback(qtbot: QtBot, poller: JobPoller) -> None:
    """A cancelled job is neither done nor failed."""
    heard: list[str] = []

    def wait(monitor: Monitor) -> None:
        while True:
            monitor.check()

    poller.submit(
        "Waiting",
        wait,
        on_done=lambda _none: heard.append("done"),
        on_failed=lambda _error: heard.append("failed"),
        on_cancelled=lambda: heard.append("cancelled"),
    )
    poller.cancel_all()
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == ["cancelled"]


def test_progress_is_said_while_it_runs(qtbot: QtBot, poller: JobPoller) -> None:
    """A long job is heard of again and again."""
    go_on = threading.Event()
    heard: list[int] = []

    def work(monitor: Monitor) -> None:
        monitor.start("Working", 10)
        monitor.advance(4)
        go_on.wait(5)

    poller.progressed.connect(lambda job: heard.append(job.progress.done))
    poller.submit("Working", work)
    qtbot.waitUntil(lambda: 4 in heard)
    go_on.set()
    qtbot.waitUntil(lambda: not poller.running)


def test_quiet_jobs_are_not_shown(qtbot: QtBot, poller: JobPoller) -> None:
    """Small look-ups come with a result and without signals."""
    heard: list[object] = []
    poller.started.connect(heard.append)
    poller.finished.connect(heard.append)
    results: list[int] = []
    poller.submit("Looking", lambda _monitor: 3, on_done=results.append, quiet=True)
    assert poller.running == []
    qtbot.waitUntil(lambda: results == [3])
    assert not heard


def test_callback_is_dropped_with_its_owner(qtbot: QtBot, poller: JobPoller) -> None:
    """A widget that is gone is not called."""
    heard: list[int] = []
    owner = QObject()
    go_on = threading.Event()
    poller.submit("Late", lambda _monitor: go_on.wait(5), on_done=heard.append, owner=owner)
    shiboken6.delete(owner)
    go_on.set()
    with qtbot.waitSignal(poller.finished):
        pass
    assert not heard
