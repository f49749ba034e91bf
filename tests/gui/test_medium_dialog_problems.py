"""The dialog that makes media: what stands in the way is told, before and while it writes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pydicom.data import get_testdata_file
from PySide6.QtCore import Qt

from dicomdir_studio.errors import SourceChangedError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui import wording
from dicomdir_studio.media.targets import iso_image
from dicomdir_studio.media.targets.iso_reading import digests_of
from dicomdir_studio.session.making.proposal import Place
from dicomdir_studio.session.making.wish import Goal
from tests.gui.making import PATIENCE, choose, finished, make, ready, told

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.medium.dialog import MediumDialog
    from dicomdir_studio.monitor import Monitor


def test_a_profile_that_is_not_met_is_told_with_its_instances(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], staged: FileSet, tmp_path: Path
) -> None:
    """At its place with the remedy, in the matrix by instance; another profile mends it."""
    dialog = open_dialog(staged)
    choose(qtbot, dialog, Goal.ISO, tmp_path / "out.iso")
    qtbot.waitUntil(lambda: dialog.page.matrix.rowCount() > 0)
    profile = dialog.page.choices.profile
    profile.profile = "STD-XABC-CD"
    ready(qtbot, dialog)
    assert "STD-XABC-CD does not allow" in told(dialog, Place.PROFILE)
    assert "Leave these instances out" in told(dialog, Place.PROFILE)
    assert not dialog.make_button.isEnabled()
    assert "see Application profile" in dialog.summary.text()
    qtbot.mouseClick(profile.details, Qt.MouseButton.LeftButton)
    view, matrix = dialog.page.matrix_view, dialog.page.matrix
    index = view.currentIndex()
    assert index.data() == "STD-XABC-CD"
    assert view.isExpanded(index)
    assert matrix.rowCount(matrix.index(0, 0, index)) > 0
    good = matrix.index_of("STD-GEN-CD")
    view.setCurrentIndex(good)
    qtbot.mouseClick(dialog.page.use_button, Qt.MouseButton.LeftButton)
    ready(qtbot, dialog)
    assert profile.profile == "STD-GEN-CD"
    assert dialog.make_button.isEnabled()


def test_a_target_that_is_taken_full_or_wrong_is_told(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    disc: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before anything is written: an existing file, another File-set, not a folder, no room."""
    dialog = open_dialog(staged)
    (tmp_path / "mine.iso").write_text("mine")
    for goal, path, text in (
        (Goal.ISO, tmp_path / "mine.iso", "already"),
        (Goal.ISO, tmp_path / "none" / "out.iso", "no folder"),
        (Goal.ISO, Path("out.iso"), "incomplete"),
        (Goal.FOLDER, disc, "another File-set"),
        (Goal.FOLDER, tmp_path / "mine.txt.zip", "cannot be called"),
    ):
        choose(qtbot, dialog, goal, path)
        assert text in told(dialog, Place.TARGET)
        assert not dialog.make_button.isEnabled()
    few = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: few)
    choose(qtbot, dialog, Goal.ISO, tmp_path / "out.iso")
    assert f"{wording.number(1000)} are free" in told(dialog, Place.TARGET)
    assert (tmp_path / "mine.iso").read_text() == "mine"


def test_files_of_somebody_else_wait_for_a_word(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], disc: Path, tmp_path: Path
) -> None:
    """A file that is not what its record says is named; only a tick takes it along."""
    one, other = (max((disc / name).rglob("*")) for name in ("77654033", "98892001"))
    shutil.copyfile(other, one)
    dialog = open_dialog(FileSet(disc / "DICOMDIR"))
    choose(qtbot, dialog, Goal.FOLDER, tmp_path / "out")
    assert "another instance than its record names" in told(dialog, Place.CONTENT)
    assert "1.3.6.1.4.1" not in told(dialog, Place.CONTENT)
    detail = dialog.page.choices.content.problem.toolTip()
    assert "The file is not what its record says" in detail
    assert "1.3.6.1.4.1" in detail
    assert one.name in told(dialog, Place.CONTENT)
    assert not dialog.make_button.isEnabled()
    content = dialog.page.choices.content
    qtbot.mouseClick(content.as_it_is, Qt.MouseButton.LeftButton)
    ready(qtbot, dialog)
    assert told(dialog, Place.CONTENT) == ""
    assert dialog.make_button.isEnabled()


def test_further_folders_with_dicom_files_are_refused(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], staged: FileSet, tmp_path: Path
) -> None:
    """What lies beside is told at its place; without it the medium can be made."""
    viewer = tmp_path / "VIEWER"
    viewer.mkdir()
    shutil.copyfile(str(get_testdata_file("CT_small.dcm")), viewer / "CT.DCM")
    dialog = open_dialog(staged)
    extras = dialog.page.choices.extras
    extras.set_paths((str(viewer),))
    choose(qtbot, dialog, Goal.FOLDER, tmp_path / "out")
    assert "it is a DICOM file" in told(dialog, Place.BESIDE)
    (viewer / "CT.DCM").rename(tmp_path / "CT.DCM")
    (viewer / "RUN.EXE").write_text("x")
    extras.autorun.setChecked(True)
    ready(qtbot, dialog)
    assert told(dialog, Place.BESIDE) == ""
    make(qtbot, dialog)
    assert (tmp_path / "out" / "VIEWER" / "RUN.EXE").exists()


def test_a_source_that_is_gone_is_named_and_tried_again(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], staged: FileSet, tmp_path: Path
) -> None:
    """The file is named, nothing is left; trying again with it back makes it whole."""
    dialog = open_dialog(staged)
    out = tmp_path / "out.iso"
    choose(qtbot, dialog, Goal.ISO, out)
    assert dialog.proposal is not None
    victim = Path(dialog.proposal.discs[0].plan.files[0].source)
    # Its folder is moved, not the file: a renamed one counts as changed, and rightly so.
    kept = tmp_path / "kept"
    victim.parent.rename(kept)
    qtbot.mouseClick(dialog.make_button, Qt.MouseButton.LeftButton)
    page = dialog.progress_page
    qtbot.waitUntil(page.ask.isVisible, timeout=PATIENCE)
    assert dialog.queue is not None
    assert isinstance(dialog.queue.outcomes[0].error, SourceChangedError)
    assert victim.name in page.problem.text()
    assert not list(tmp_path.glob("*.iso"))
    kept.rename(victim.parent)
    qtbot.mouseClick(page.go_on, Qt.MouseButton.LeftButton)
    finished(qtbot, dialog)
    assert out.exists()


def test_a_medium_that_reads_back_otherwise_names_the_series(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file is named with patient and series, its line says so, and what to do is told."""
    dialog = open_dialog(staged)
    choose(qtbot, dialog, Goal.ISO, tmp_path / "out.iso")

    def spoilt(path: str, monitor: Monitor) -> dict[str, str]:
        found = dict(digests_of(path, monitor))
        found["PT000001/ST000000/SE000000/IM000000"] = "0" * 64
        return found

    monkeypatch.setattr(iso_image, "digests_of", spoilt)
    qtbot.mouseClick(dialog.make_button, Qt.MouseButton.LeftButton)
    page = dialog.progress_page
    qtbot.waitUntil(page.ask.isVisible, timeout=PATIENCE)
    assert "PT000001/ST000000/SE000000/IM000000" in page.problem.text()
    assert "Do not hand it out" in page.problem.text()
    qtbot.mouseClick(page.stop, Qt.MouseButton.LeftButton)
    result = dialog.result_page
    wrong = [line for line in result.lines if "wrong" in line.outcome]
    assert len(wrong) == 1
    assert "IM000000" in wrong[0].outcome
    assert result.heading.text() == "Nothing was made"
    assert "Doe" in result.problem.text()
    assert not (tmp_path / "out.iso").exists()
