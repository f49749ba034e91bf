"""Closing without losing anything: staged edits and running jobs are asked about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QMessageBox

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui import closing
from dicomdir_studio.gui.dialogs.close_changes import CloseDialog
from dicomdir_studio.gui.dialogs.write_plan import WritePlanDialog
from dicomdir_studio.gui.models.columns import Column
from dicomdir_studio.session.settings import SettingsStore
from tests.bundled import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow
    from dicomdir_studio.monitor import Monitor


@pytest.fixture
def staged(qtbot: QtBot, opened: Document) -> Document:
    """Return the sample set with one addition staged."""
    opened.add([str(sample("CT_small.dcm"))])
    qtbot.waitUntil(lambda: opened.can_edit and opened.has_edits)
    return opened


def press(monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """Let a button of the question about staged changes be pressed; lists what was asked."""
    asked: list[str] = []

    def answer(dialog: CloseDialog) -> int:
        asked.append(dialog.informativeText())
        button = getattr(dialog, f"{name}_button")
        QTimer.singleShot(0, button, button.click)
        return QMessageBox.exec(dialog)

    monkeypatch.setattr(CloseDialog, "exec", answer)
    return asked


def test_unchanged_set_closes_without_a_question(window: MainWindow, opened: Document) -> None:
    """There is nothing to ask about."""
    window.table["close"].trigger()
    assert window.tabs.count() == 0
    assert window.welcome.isVisible()


def test_going_back_keeps_the_tab(
    window: MainWindow, staged: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Go back leaves everything as it is."""
    asked = press(monkeypatch, "back")
    window.close_current()
    assert asked == [
        "1 addition. Discarding them leaves the medium and the source files as they are."
    ]
    assert window.tabs.count() == 1
    assert staged.has_edits


def test_discarding_closes_and_writes_nothing(
    window: MainWindow, staged: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discard closes; the medium still has 31 instances."""
    root = Path(staged.path or "")
    press(monkeypatch, "discard")
    window.close_current()
    assert window.tabs.count() == 0
    assert len(FileSet(root / "DICOMDIR")) == 31


def test_writing_closes_after_the_write(
    qtbot: QtBot, window: MainWindow, staged: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write reviews, writes and then closes the tab."""
    root = Path(staged.path or "")
    press(monkeypatch, "write")

    def accept(dialog: WritePlanDialog) -> int:
        dialog.show()
        qtbot.waitUntil(dialog.accept_button.isEnabled)
        qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
        return dialog.result()

    monkeypatch.setattr(WritePlanDialog, "exec", accept)
    window.close_current()
    qtbot.waitUntil(lambda: window.tabs.count() == 0)
    assert len(FileSet(root / "DICOMDIR")) == 32


def test_giving_up_the_review_keeps_the_tab(
    window: MainWindow, staged: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write, then cancel in the plan, is a way back."""
    press(monkeypatch, "write")
    monkeypatch.setattr(WritePlanDialog, "exec", lambda dialog: dialog.reject() or 0)
    window.close_current()
    assert window.tabs.count() == 1
    assert staged.has_edits


def test_quitting_asks_for_each_set(
    qtbot: QtBot, window: MainWindow, staged: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window stays while one person goes back, and closes when all is discarded."""
    other = window.new_document()
    other.add([str(sample("MR_small.dcm"))])
    qtbot.waitUntil(lambda: other.can_edit and other.has_edits)
    press(monkeypatch, "back")
    assert not window.close()
    assert window.isVisible()
    asked = press(monkeypatch, "discard")
    assert window.close()
    assert len(asked) == 2


def test_running_job_is_asked_about(
    qtbot: QtBot,
    window: MainWindow,
    opened: Document,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A tab with a running job closes after the job was stopped, if the person agrees."""
    asked: list[str] = []
    answers = [False, True]

    def ask(title: str, _parent: object) -> bool:
        asked.append(title)
        return answers[len(asked) - 1]

    monkeypatch.setattr(closing, "ask_stop", ask)
    started: list[bool] = []

    def wait(_file_set: object, _paths: object, *, monitor: Monitor) -> None:
        started.append(True)
        while True:
            monitor.check()

    monkeypatch.setattr("dicomdir_studio.gui.document.add_sources", wait)
    opened.add([str(sample("CT_small.dcm"))])
    qtbot.waitUntil(lambda: bool(started))
    qtbot.waitUntil(window.job_bar.isVisible)
    window.close_current()
    assert opened.is_busy
    window.close_current()
    qtbot.waitUntil(lambda: window.tabs.count() == 0)
    assert asked == ["Adding files", "Adding files"]


@pytest.mark.parametrize("stop", [True, False])
def test_question_about_a_job(qtbot: QtBot, window: MainWindow, stop: bool) -> None:
    """The question names the job; Escape goes back."""

    def answer() -> None:
        box = window.findChild(QMessageBox)
        assert box is not None
        assert "Adding files" in box.text()
        if stop:
            next(one for one in box.buttons() if "Stop" in one.text()).click()
        else:
            qtbot.keyClick(box, Qt.Key.Key_Escape)

    QTimer.singleShot(50, window, answer)
    assert closing.ask_stop("Adding files", window) is stop


def test_settings_are_saved_on_closing(
    qtbot: QtBot, window: MainWindow, opened: Document, store: SettingsStore
) -> None:
    """Geometry, panels, columns and recent File-sets are in the file afterwards."""
    root = str(opened.path)
    opened.view.header().resizeSection(Column.DATE, 130)
    assert window.close()
    kept = SettingsStore(store.path).settings
    assert kept.recent == [root]
    assert {"geometry", "panels", "columns"} <= set(kept.window)


def test_second_start_has_the_panels_of_the_first(
    qtbot: QtBot,
    window: MainWindow,
    opened: Document,
    store: SettingsStore,
    monkeypatch: pytest.MonkeyPatch,
    make_second: Callable[[], MainWindow],
) -> None:
    """A panel that was put away stays away."""
    window.panels.show_search()
    window.close()
    second = make_second()
    document = second.new_document()
    assert second.panels.search.isVisible()
    document.retire()
    second.closing.discard(document)
    second.close()
