"""The dialog that makes media: discs are burned, one after the other."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from dicomdir_studio.gui.medium.queue import StepState
from dicomdir_studio.media.burning import Drive
from dicomdir_studio.media.errors import BurningError
from dicomdir_studio.media.reading import open_medium
from dicomdir_studio.media.targets import write_iso
from dicomdir_studio.media.xorriso import Xorriso
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.session.making.proposal import Place
from dicomdir_studio.session.making.wish import Goal
from tests.gui.making import divide, finished, ready, sources_of, sums, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.gui.medium.dialog import MediumDialog
    from tests.judges import Judges


class FileDrives(Xorriso):
    """xorriso with a drive that is a plain file; a new disc is put in by naming another file."""

    folder: Path
    number = 1

    def drives(self) -> list[Drive]:
        """Return the one drive."""
        return [Drive(f"stdio:{self.folder / 'blank'}", "File drive")]

    def eject(self, drive: str) -> None:
        """Lay the burned disc aside, so that the drive has a blank one."""
        (self.folder / "blank").rename(self.folder / f"burned{FileDrives.number}")
        FileDrives.number += 1


@pytest.fixture
def burner(tmp_path: Path, judges: Judges, monkeypatch: pytest.MonkeyPatch) -> type[FileDrives]:
    """Return xorriso with a file drive."""
    judges.find("xorriso")
    monkeypatch.setattr(FileDrives, "folder", tmp_path, raising=False)
    monkeypatch.setattr(FileDrives, "number", 1)
    return FileDrives


def choose_drive(qtbot: QtBot, dialog: MediumDialog) -> None:
    """Choose to burn, and wait for the drive."""
    target = dialog.page.choices.target
    target.goal = Goal.DISC
    qtbot.waitUntil(lambda: target.chosen_device is not None, timeout=20_000)


def test_discs_are_burned_one_after_the_other(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    large: FileSet,
    tmp_path: Path,
    burner: type[FileDrives],
) -> None:
    """Each disc after the first is asked for by name; what was burned is read back and whole."""
    dialog = open_dialog(large, make_burner=burner)
    choose_drive(qtbot, dialog)
    divide(dialog, "400 kB")
    ready(qtbot, dialog)
    assert dialog.make_button.text().startswith("&Burn 2 CDs, "), told(dialog, Place.TARGET)
    qtbot.mouseClick(dialog.make_button, Qt.MouseButton.LeftButton)
    page = dialog.progress_page
    qtbot.waitUntil(page.ask.isVisible, timeout=60_000)
    assert dialog.queue is not None
    assert page.problem.text() == ""
    assert page.ask_text.text() == "Insert an empty CD for disc 2 of 2: “LARGE 2OF2”"
    assert [one.state for one in dialog.queue.outcomes] == [StepState.DONE, StepState.ASKING]
    qtbot.mouseClick(page.go_on, Qt.MouseButton.LeftButton)
    finished(qtbot, dialog, 60_000)
    assert dialog.result_page.heading.text().startswith("2 media made and verified byte by byte")
    found: list[str] = []
    for number in (1, 2):
        image = tmp_path / f"burned{number}.iso"
        shutil.copyfile(tmp_path / f"burned{number}", image)
        with open_medium(image) as medium:
            found += sums(Path(medium.root))
    assert sorted(found) == sources_of(large)
    assert not list(Path(dialog._proposing.scratch).glob("*.iso"))


def test_a_disc_that_is_not_blank_is_asked_for_again(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    tmp_path: Path,
    burner: type[FileDrives],
) -> None:
    """The reason stands on the page, and trying again goes on where it was."""
    dialog = open_dialog(staged, make_burner=burner)
    choose_drive(qtbot, dialog)
    dialog.page.choices.medium.choose("CD-80")
    ready(qtbot, dialog)
    assert dialog.proposal is not None
    assert dialog.make_button.text().startswith("&Burn a CD, ")
    spoil = Xorriso().write
    first = tmp_path / "first.iso"
    write_iso(dialog.proposal.discs[0].plan, first)
    spoil(f"stdio:{tmp_path / 'blank'}", str(first), Monitor(), simulated=False)
    qtbot.mouseClick(dialog.make_button, Qt.MouseButton.LeftButton)
    page = dialog.progress_page
    qtbot.waitUntil(page.ask.isVisible, timeout=60_000)
    assert "The disc is not blank" in page.problem.text()
    assert page.go_on.text() == "&Try again"
    (tmp_path / "blank").unlink()
    qtbot.mouseClick(page.go_on, Qt.MouseButton.LeftButton)
    finished(qtbot, dialog, 60_000)
    assert dialog.result_page.heading.text().startswith("1 medium made")


def test_without_a_burning_program_it_says_so(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], staged: FileSet
) -> None:
    """The error of the program stands at the target, and nothing can be burned."""

    def none() -> Xorriso:
        raise BurningError("The burning program xorriso is not installed", remedy="Install it")

    dialog = open_dialog(staged, make_burner=none)
    dialog.page.choices.target.goal = Goal.DISC
    qtbot.waitUntil(lambda: "not installed" in told(dialog, Place.TARGET))
    ready(qtbot, dialog)
    assert not dialog.make_button.isEnabled()


def test_a_burn_that_is_cancelled_spoils_the_disc_and_says_so(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    tmp_path: Path,
    burner: type[FileDrives],
) -> None:
    """Cancel ends the burning program; the result says that the disc is not to be used."""
    slow = tmp_path / "xorriso"
    slow.write_text(
        "#!/bin/sh\n"
        'case "$*" in *cdrecord*) while true; do echo working; sleep 0.05; done;; '
        f'*) exec {shutil.which("xorriso")} "$@";; esac\n'
    )
    slow.chmod(0o755)
    dialog = open_dialog(staged, make_burner=lambda: burner(str(slow)))
    choose_drive(qtbot, dialog)
    dialog.page.choices.medium.choose("CD-80")
    ready(qtbot, dialog)
    qtbot.mouseClick(dialog.make_button, Qt.MouseButton.LeftButton)
    page = dialog.progress_page
    qtbot.waitUntil(lambda: "Burning" in page.numbers.text(), timeout=30_000)
    assert "spoils that disc" in page.warning.text()
    qtbot.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)
    finished(qtbot, dialog)
    assert "do not use" in dialog.result_page.problem.text()
    assert dialog.result_page.heading.text() == "Cancelled: no disc was finished"
    assert {line.outcome for line in dialog.result_page.lines} == {"cancelled"}
