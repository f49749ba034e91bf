"""Closing and writing give memory back beside the window."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent

from dicomdir_studio.fileset import Layout
from dicomdir_studio.gui import sweeping

if TYPE_CHECKING:
    import pytest
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


def leaves(document: Document) -> list[weakref.ref[object]]:
    """Return weak references to the records of a document's instances."""
    assert document.file_set is not None
    return [weakref.ref(one.node) for one in document.file_set]


def living(references: list[weakref.ref[object]]) -> int:
    """Return how many of the records are still there."""
    return sum(one() is not None for one in references)


def test_a_closed_tab_is_given_up(qtbot: QtBot, window: MainWindow, opened: Document) -> None:
    """Its records go although the collector never runs, and the panels let go of them."""
    references = leaves(opened)
    opened.view.selectAll()
    window.panels.show_search()
    window.panels.search.search_for("Modality", "CT")
    qtbot.waitUntil(lambda: window.job_bar.job is None)
    gc.disable()
    try:
        window.close_document(opened)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qtbot.waitUntil(lambda: not window.sweeping.is_wanted)
        assert living(references) <= 1
    finally:
        gc.enable()


def test_a_written_tree_is_given_up(qtbot: QtBot, window: MainWindow, opened: Document) -> None:
    """After a write the old records go, and the new ones are shown and can be edited."""
    assert opened.file_set is not None
    window.panels.show_search()
    window.panels.search.search_for("Modality", "CT")
    qtbot.waitUntil(lambda: window.job_bar.job is None)
    references = leaves(opened)
    opened.remove(opened.file_set.tree.children[:1])
    gc.disable()
    try:
        opened.execute(opened.file_set.plan(layout=Layout.KEEP))
        qtbot.waitUntil(lambda: opened.can_edit and window.sweeping.is_wanted)
        qtbot.waitUntil(lambda: not window.sweeping.is_wanted)
        assert living(references) <= 1
    finally:
        gc.enable()
    assert opened.model.rowCount() == 1
    opened.remove(opened.file_set.tree.children)
    assert opened.has_edits
    opened.undo()


def test_the_rest_is_collected_while_another_program_is_in_front(
    qtbot: QtBot, window: MainWindow, opened: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole pass of the collector waits until the person looks elsewhere."""
    done: list[bool] = []
    in_front = [True]
    monkeypatch.setattr(sweeping, "is_in_front", lambda: in_front[0])
    monkeypatch.setattr(sweeping, "collect", lambda: done.append(True))
    window.close_document(opened)
    qtbot.waitUntil(lambda: not window.sweeping.is_wanted)
    qtbot.wait(20)
    window.sweeping.look()
    assert not done
    in_front[0] = False
    window.sweeping.look()
    assert done == [True]


def test_nothing_is_given_up_under_a_job(
    qtbot: QtBot, window: MainWindow, opened: Document
) -> None:
    """While a job runs that may look at old records, they stay."""
    references = leaves(opened)
    ended = threading.Event()
    job = window._poller.submit("Looking", lambda _monitor: ended.wait(5), quiet=True)
    window.close_document(opened)
    window.sweeping.look()
    assert living(references) == len(references)
    assert window.sweeping.is_wanted
    ended.set()
    qtbot.waitUntil(lambda: job.is_finished and not window.sweeping.is_wanted)
