"""What the panels and bars say after opening, adding, editing and writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom import dcmread
from PySide6.QtCore import Qt

from dicomdir_studio.gui.dialogs.outcome import OutcomeDialog
from dicomdir_studio.gui.models.outcomes import Kind
from tests.bundled import sample

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


def add(qtbot: QtBot, document: Document, *paths: Path) -> None:
    """Add files and wait until they are staged and the panels show it."""
    document.add([str(path) for path in paths])
    qtbot.waitUntil(lambda: document.can_edit)
    qtbot.wait(20)


def search_for(qtbot: QtBot, window: MainWindow, keyword: str, value: str) -> None:
    """Search in the panel and wait for the result."""
    window.panels.show_search()
    window.panels.search.search_for(keyword, value)
    qtbot.waitUntil(lambda: window.job_bar.job is None)


def test_filled_keys_are_told_without_a_dialog(
    qtbot: QtBot, window: MainWindow, opened: Document, tmp_path: Path
) -> None:
    """What was filled in is said in the bar, and listed on request."""
    ds = dcmread(sample("CT_small.dcm"))
    ds.StudyID = ""
    ds.StudyInstanceUID = f"{ds.StudyInstanceUID}.5"
    ds.SeriesInstanceUID = f"{ds.SeriesInstanceUID}.5"
    path = tmp_path / "no-study-id.dcm"
    ds.save_as(path)
    add(qtbot, opened, path)
    assert "filled in" in opened.notice.text.text()
    assert not window.findChildren(OutcomeDialog)
    qtbot.mouseClick(opened.notice.button, Qt.MouseButton.LeftButton)
    (dialog,) = window.findChildren(OutcomeDialog)
    assert dialog.outcomes[0].kind is Kind.REMARK
    assert not dialog.undo_button.isVisible()
    dialog.close()


def test_a_broken_directory_is_salvaged_and_says_so(
    qtbot: QtBot, window: MainWindow, disc: Path
) -> None:
    """A DICOMDIR cut off at its end opens with what can be read, and one bar tells of it."""
    dicomdir = disc / "DICOMDIR"
    dicomdir.write_bytes(dicomdir.read_bytes()[:-700])
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: document.can_edit)
    assert document.file_set is not None
    assert 20 < len(document.file_set) <= 31
    assert document.found.isVisible()
    assert "finding" in document.found.text.text()
    qtbot.mouseClick(document.found.button, Qt.MouseButton.LeftButton)
    assert window.panels.findings.isVisible()
    assert window.panels.findings.model.rowCount() == len(document.file_set.findings)


def test_a_sound_file_set_says_nothing(opened: Document) -> None:
    """No bar without a finding."""
    assert not opened.found.isVisible()
    assert not opened.offer.isVisible()


def test_results_follow_edits(qtbot: QtBot, window: MainWindow, opened: Document) -> None:
    """Results come and go with what is staged, undone and written, and counts agree."""
    search_for(qtbot, window, "Modality", "mr")
    panel = window.panels.search
    before = len(panel.model.rows)
    add(qtbot, opened, sample("MR_small.dcm"))
    qtbot.waitUntil(lambda: len(panel.model.rows) == before + 1)
    assert panel.summary.text() == f"{before + 1} of 32 instances after the write"
    assert window.status.count.text() == "32 instances after the write"
    opened.remove([panel.model.rows[0].node])
    qtbot.waitUntil(lambda: len(panel.model.rows) == before)
    assert panel.summary.text() == f"{before} of 31 instances after the write"
    assert opened.file_set is not None
    opened.execute(opened.file_set.plan())
    qtbot.waitUntil(lambda: opened.can_edit and len(panel.model.rows) == before)
    qtbot.waitUntil(lambda: all(one in list(opened.file_set or ()) for one in panel.model.rows))
    assert panel.summary.text() == f"{before} of 31 instances"
    assert window.status.count.text() == "31 instances"


def test_hidden_results_wait(qtbot: QtBot, window: MainWindow, opened: Document) -> None:
    """A panel that nobody sees catches up when it is opened."""
    search_for(qtbot, window, "Modality", "MR")
    panel = window.panels.search
    before = len(panel.model.rows)
    window.panels._docks["search"].hide()
    add(qtbot, opened, sample("MR_small.dcm"))
    assert len(panel.model.rows) == before
    window.panels.show_search()
    qtbot.waitUntil(lambda: len(panel.model.rows) == before + 1)


def test_details_follow_edits(qtbot: QtBot, window: MainWindow, opened: Document) -> None:
    """The state and the File ID of the selected record are those of now, after a write too."""
    add(qtbot, opened, sample("CT_small.dcm"))
    assert opened.file_set is not None
    (instance,) = opened.file_set.staged_additions
    uid = instance.SOPInstanceUID
    opened.view.show_records([instance.node])
    details = window.panels.details
    assert details._state.text() == "+ added"
    opened.execute(opened.file_set.plan())
    qtbot.waitUntil(lambda: opened.can_edit)
    qtbot.waitUntil(lambda: details._state.text() == "")
    assert details.record is not None
    assert details.record.instance is not None
    assert details.record.instance.SOPInstanceUID == uid
    assert details.record is not instance.node
    opened.remove([details.record])
    qtbot.waitUntil(lambda: "removed" in details._state.text())
    opened.undo()
    qtbot.waitUntil(lambda: details._state.text() == "")


def test_counted_values_say_that_they_are_old(
    qtbot: QtBot, window: MainWindow, opened: Document
) -> None:
    """Counts are not made anew unasked, but say what they are."""
    window.panels.show_search()
    values = window.panels.search.values
    window.panels.search.tabs.setCurrentWidget(values)
    values.elements.setText("Modality")
    values.count()
    qtbot.waitUntil(lambda: bool(values.model.rows))
    add(qtbot, opened, sample("MR_small.dcm"))
    qtbot.waitUntil(lambda: "changed" in values.note.text())
