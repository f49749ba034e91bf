"""The window's own events go before the work of its jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from dicomdir_studio.courtesy import FIRST
from dicomdir_studio.gui.actions import Actions
from dicomdir_studio.gui.jobs import JobPoller
from dicomdir_studio.gui.prompt import PromptWindow
from dicomdir_studio.session.jobs import JobRunner

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.main_window import MainWindow


class Noting(QWidget):
    """Notes whether it is painted in the window's turn."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[int] = []

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Note it."""
        self.turns.append(FIRST.depth)


def test_painting_is_the_windows_turn(qtbot: QtBot) -> None:
    """All that is painted in the window is painted within one event of the window."""
    window, inner = PromptWindow(), Noting()
    qtbot.addWidget(window)
    window.setCentralWidget(inner)
    window.show()
    qtbot.waitUntil(lambda: bool(inner.turns))
    inner.turns.clear()
    inner.update()
    qtbot.waitUntil(lambda: bool(inner.turns))
    assert all(inner.turns)
    assert FIRST.depth == 0


def test_the_main_window_is_one_of_them(window: MainWindow, qtbot: QtBot) -> None:
    """A widget in the real one is painted so too."""
    inner = Noting()
    inner.setMinimumSize(20, 10)
    window.statusBar().addWidget(inner)
    qtbot.waitUntil(lambda: bool(inner.turns))
    assert all(inner.turns)


def test_what_a_job_brings_is_shown_in_the_windows_turn(qtbot: QtBot) -> None:
    """Another job waits while the rows of one are put into the tree."""
    seen: list[int] = []
    with JobRunner() as runner:
        poller = JobPoller(runner)
        poller.submit("Working", lambda _monitor: 1, on_done=lambda _one: seen.append(FIRST.depth))
        qtbot.waitUntil(lambda: bool(seen))
    assert seen == [1]
    assert FIRST.depth == 0


def test_an_action_is_the_windows_turn(window: MainWindow) -> None:
    """What a key or a menu asks for goes before what jobs do."""
    seen: list[int] = []
    names = list(vars(window.table)["_actions"])
    other = Actions(window)
    other.connect_all(dict.fromkeys(names, lambda: seen.append(FIRST.depth)))
    other["find"].trigger()
    assert seen == [1]
    assert FIRST.depth == 0
