"""The panels of a record's elements, of findings, and of jobs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pydicom import Dataset
from pydicom.data import get_testdata_file
from PySide6.QtWidgets import QApplication

from dicomdir_studio.fileset import FileSet, Finding
from dicomdir_studio.fileset.changes import Severity
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.elements import NAME, TAG, VALUE, VR, ElementsModel
from dicomdir_studio.gui.models.findings import SEVERITY, FindingsModel, worst_first
from dicomdir_studio.gui.panels.details import DetailsPanel
from dicomdir_studio.gui.panels.findings import FindingsPanel
from dicomdir_studio.gui.panels.job_bar import JobBar, progress_text
from dicomdir_studio.session.jobs import Progress
from tests.gui.watching import watch

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.monitor import Monitor


def _rows(model: ElementsModel) -> dict[str, str]:
    return {
        str(model.index(row, NAME).data()): str(model.index(row, VALUE).data())
        for row in range(model.rowCount())
    }


def test_the_elements_of_a_record_are_shown(qtbot: QtBot, file_set: FileSet) -> None:
    """Tag, keyword, VR and value of every element, for each kind of record."""
    panel = DetailsPanel()
    qtbot.addWidget(panel)
    watch(panel.model, fetching=False)
    panel.show()
    for patient in file_set.tree.children:
        panel.show_record(patient)
        shown = _rows(panel.model)
        assert shown["DirectoryRecordType"] == "PATIENT"
        assert shown["PatientID"] == str(patient.record.PatientID)
        assert not panel.file_id.isVisible()
    instance = next(iter(file_set))
    panel.show_record(instance.node)
    shown = _rows(panel.model)
    assert shown["DirectoryRecordType"] == "IMAGE"
    assert panel.model.index(0, TAG).data() == "(0008,0008)"
    assert panel.model.index(0, VR).data() == "CS"
    assert panel.model.index(panel.model.rowCount() - 1, TAG).data() == "(0004,1512)"
    panel.path.copy_button.click()
    assert QApplication.clipboard().text() == instance.path


def test_an_addition_has_no_file_id_yet(qtbot: QtBot, file_set: FileSet) -> None:
    """What is staged says so, with badge and word; a File ID is given at the write."""
    instance = file_set.add(str(get_testdata_file("CT_small.dcm")))
    panel = DetailsPanel()
    qtbot.addWidget(panel)
    panel.resize(700, 400)
    panel.show()
    panel.show_record(instance.node)
    assert panel._state.text() == "+ added"
    assert "when the File-set is written" in panel.file_id.label.text()
    assert not panel.file_id.copy_button.isEnabled()
    panel.show_record(None)
    assert panel.model.rowCount() == 0


def test_values_of_all_kinds_are_told(qtbot: QtBot) -> None:
    """Bytes, sequences, many values and nothing at all each have their words."""
    dataset = Dataset()
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.PatientID = ""
    dataset.IconImageSequence = [Dataset()]
    dataset.add_new(0x00091001, "OB", bytes(range(40)))
    dataset.PatientComments = "x" * 5000
    model = ElementsModel()
    watch(model, fetching=False)
    model.show_dataset(dataset)
    shown = _rows(model)
    assert shown["ImageType"] == "ORIGINAL\\PRIMARY"
    assert shown["PatientID"] == ""
    assert shown["IconImageSequence"] == "1 item"
    assert shown["Private attribute"].startswith("00 01 02")
    assert shown["Private attribute"].endswith("(40 bytes)")
    assert len(shown["PatientComments"]) == 200
    model.show_dataset(None)
    assert model.rowCount() == 0


FINDINGS = [
    Finding(Severity.INFO, "A note"),
    Finding(Severity.WARNING, "A warning", "DICOMDIR", "PS3.10 8.5", "Change it"),
    Finding(Severity.ERROR, "An error", "PT000000/ST000000", "PS3.10 8.2", "Put it back"),
]


def test_findings_come_worst_first() -> None:
    """Errors stand before warnings, those before notes."""
    assert [finding.what for finding in worst_first(FINDINGS)] == [
        "An error",
        "A warning",
        "A note",
    ]


def test_findings_have_badge_and_word(qtbot: QtBot) -> None:
    """Severity is never colour alone."""
    model = FindingsModel()
    watch(model, fetching=False)
    model.set_rows(worst_first(FINDINGS))
    words = [model.index(row, SEVERITY).data() for row in range(3)]
    assert words == ["! Error", "▲ Warning", "i Note"]


def test_a_sound_file_set_has_no_findings(qtbot: QtBot, file_set: FileSet) -> None:
    """The panel says that nothing is wrong, or that no File-set is open."""
    panel = FindingsPanel()
    qtbot.addWidget(panel)
    assert "No File-set" in panel._empty.text()
    panel.set_file_set(file_set)
    assert panel.model.rowCount() == len(file_set.findings)


def test_a_missing_file_is_found_and_explained(qtbot: QtBot, sample_dir: Path) -> None:
    """The selected finding is told whole: what, where, what next."""
    next((sample_dir / "77654033" / "CR1").iterdir()).unlink()
    file_set = FileSet(sample_dir / "DICOMDIR", salvage=True)
    panel = FindingsPanel()
    qtbot.addWidget(panel)
    watch(panel.model, fetching=False)
    panel.set_file_set(file_set)
    panel.show()
    assert panel.model.rowCount() >= 1
    finding = panel.model.rows[0]
    assert finding.what in panel.text.text()
    assert str(finding.where) in panel.text.text()


def test_the_bar_follows_a_job_and_cancels_it(qtbot: QtBot, poller: JobPoller) -> None:
    """The bar appears, tells how far, and its button ends the work."""
    bar = JobBar()
    qtbot.addWidget(bar)
    bar.watch(poller)
    assert bar.isHidden()
    arrived, go = threading.Event(), threading.Event()

    def work(monitor: Monitor) -> None:
        monitor.start("Reading headers", 2000)
        monitor.advance(500, "IM000500")
        arrived.set()
        while not go.wait(0.01):
            monitor.check()

    with qtbot.waitSignal(poller.finished):
        poller.submit("Adding files", work)
        arrived.wait(5)
        qtbot.waitUntil(lambda: bar._bar.value() == 250)
        assert not bar.isHidden()
        assert bar._title.text() == "Adding files: Reading headers"
        assert bar._numbers.text().startswith(f"500 of {wording.number(2000)} files")
        bar.cancel_button.click()
        assert not bar.cancel_button.isEnabled()
    qtbot.waitUntil(bar.isHidden)


def test_a_moments_work_shows_no_bar(qtbot: QtBot, poller: JobPoller) -> None:
    """What ends at once does not make the window flash."""
    bar = JobBar()
    qtbot.addWidget(bar)
    bar.watch(poller)
    with qtbot.waitSignal(poller.finished):
        poller.submit("Searching", lambda _monitor: 1)
        assert bar.isHidden()
    qtbot.wait(300)
    assert bar.isHidden()


def test_progress_in_words() -> None:
    """Files and bytes, with speed and time left where they are known."""
    assert progress_text(Progress("p", 5, 10, "files", "", 2.0, 90)) == (
        "5 of 10 files · 2 files/s · 2 min left"
    )
    assert progress_text(Progress("p", 0, None)) == ""
    in_bytes = progress_text(Progress("p", 1_500_000, 3_000_000, "bytes", "", 1e6, 4000))
    assert in_bytes == "1.5 MB of 3.0 MB · 1.0 MB/s · 1 h 6 min left"
