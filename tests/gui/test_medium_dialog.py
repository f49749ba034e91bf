"""The dialog that makes media, driven as a person does; what it made is judged by others."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydicom.data import get_testdata_file
from PySide6.QtCore import Qt
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QFileDialog, QInputDialog, QToolButton

from dicomdir_studio.errors import SourceChangedError
from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.dialogs.error import ErrorDialog
from dicomdir_studio.gui.medium import queue as queue_module
from dicomdir_studio.gui.medium.dialog import LAST_FOLDER, MediumDialog
from dicomdir_studio.gui.medium.queue import StepState
from dicomdir_studio.media.burning import Drive
from dicomdir_studio.media.capacity import usage
from dicomdir_studio.media.errors import BurningError
from dicomdir_studio.media.reading import open_medium
from dicomdir_studio.media.targets import iso_image, write_iso
from dicomdir_studio.media.targets.iso_reading import digests_of
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.media.volumes import Volume
from dicomdir_studio.media.xorriso import Xorriso
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.session.making.making import write_step
from dicomdir_studio.session.making.proposal import Place
from dicomdir_studio.session.making.wish import Goal
from dicomdir_studio.session.preset_store import PresetStore
from dicomdir_studio.session.presets import Preset, PresetTarget
from dicomdir_studio.session.settings import Settings
from dicomdir_studio.standard.media import FileSystem
from tests.media.samples import write_series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow
    from tests.judges import Judges

# Milliseconds; jobs share the processor with whatever else runs.
PATIENCE = 30_000
FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal


@pytest.fixture
def staged(disc: Path) -> FileSet:
    """Stage two additions and one removal on the sample File-set: 32 instances then."""
    fs = FileSet(disc / "DICOMDIR")
    fs.ID = "SAMPLE"
    fs.add_many([str(get_testdata_file(name)) for name in ("CT_small.dcm", "MR_small.dcm")])
    fs.stage_removal([next(iter(fs))])
    return fs


@pytest.fixture
def large(tmp_path: Path) -> FileSet:
    """Stage 3 studies of 2 series of 3 CT images, of some 20 KB each."""
    file_set = FileSet()
    file_set.ID = "LARGE"
    for study in range(3):
        for series in range(2):
            paths = write_series(tmp_path / "sources", study, series, count=3, side=100)
            assert not file_set.add_many(paths).refused
    return file_set


@pytest.fixture
def open_dialog(qtbot: QtBot) -> Iterator[Callable[..., MediumDialog]]:
    """Return a maker of shown dialogs with testers on all models; they end with the test."""
    made: list[MediumDialog] = []

    def make(file_set: FileSet, **more: object) -> MediumDialog:
        dialog = MediumDialog(file_set, Settings(), **more)  # type: ignore[arg-type]
        made.append(dialog)
        page = dialog.page
        for model in (
            page.discs.model,
            page.matrix,
            page.choices.content.model,
            dialog.progress_page.model,
            dialog.result_page.model,
        ):
            QAbstractItemModelTester(model, FATAL, dialog)
        dialog.show()
        qtbot.waitUntil(lambda: dialog.page.choices.content.model.rowCount() > 0, timeout=PATIENCE)
        return dialog

    yield make
    for dialog in made:
        scratch = Path(dialog._proposing.scratch)
        dialog.done(0)
        qtbot.waitUntil(lambda scratch=scratch: not scratch.exists())  # type: ignore[misc]
        dialog.deleteLater()


def ready(qtbot: QtBot, dialog: MediumDialog) -> None:
    """Wait for the proposal of what is chosen."""
    qtbot.waitUntil(
        lambda: dialog.proposal is not None and not dialog._proposing.is_busy, timeout=PATIENCE
    )


def choose(qtbot: QtBot, dialog: MediumDialog, goal: Goal, path: Path | None = None) -> None:
    """Choose a target and wait for the proposal."""
    dialog.page.choices.target.goal = goal
    if path is not None:
        dialog.page.choices.target.path.setText(str(path))
    ready(qtbot, dialog)


def make(qtbot: QtBot, dialog: MediumDialog) -> None:
    """Press the button and wait for the result."""
    assert dialog.make_button.isEnabled(), dialog.summary.text()
    qtbot.mouseClick(dialog.make_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.result_page, timeout=30_000)


def sums(root: Path) -> list[str]:
    """Return the SHA-256 of all files below a folder but the DICOMDIR, sorted."""
    return sorted(
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and path.name not in {"DICOMDIR", "README.TXT"}
    )


def sources_of(file_set: FileSet) -> list[str]:
    """Return the SHA-256 of the files of a File-set as it is staged, sorted."""
    kept = [one for one in file_set if not one.for_removal]
    return sorted(hashlib.sha256(Path(one.path).read_bytes()).hexdigest() for one in kept)


def told(dialog: MediumDialog, place: Place) -> str:
    """Return what is said to stand in the way at a place."""
    return dialog.page.choices.sections[place].problem.text()


# Each target ----------------------------------------------------------------------------------


def test_a_folder_is_made_of_what_is_staged(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    disc: Path,
    tmp_path: Path,
    judges: Judges,
) -> None:
    """The staged state is made, said so, and the File-set itself stays as it was."""
    before, edits = (disc / "DICOMDIR").read_bytes(), staged.edit_count
    dialog = open_dialog(staged)
    choose(qtbot, dialog, Goal.FOLDER, tmp_path / "out")
    assert "2 additions and 1 removal" in dialog.page.choices.content.note.text()
    assert dialog.make_button.text().startswith("&Write a folder, ")
    assert not (tmp_path / "out").exists()
    make(qtbot, dialog)
    assert sums(tmp_path / "out") == sources_of(staged)
    judges.accept(tmp_path / "out", instances=32)
    assert (disc / "DICOMDIR").read_bytes() == before
    assert staged.edit_count == edits
    assert "verified" in dialog.result_page.heading.text()


def test_return_in_a_field_writes_nothing(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], staged: FileSet, tmp_path: Path
) -> None:
    """Return ends what is typed; Ctrl and Return, or the button itself, begin to write."""
    dialog = open_dialog(staged)
    choose(qtbot, dialog, Goal.FOLDER, tmp_path / "out")
    field = dialog.page.choices.target.path
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not dialog.is_making
    assert not (tmp_path / "out").exists()
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.result_page, timeout=PATIENCE)
    assert (tmp_path / "out" / "DICOMDIR").exists()


def test_an_image_is_as_large_as_the_button_says(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    tmp_path: Path,
    judges: Judges,
) -> None:
    """The count of the page is the length of the image; isoinfo lists what is in it."""
    dialog = open_dialog(staged)
    out = tmp_path / "out.iso"
    choose(qtbot, dialog, Goal.ISO, out)
    assert dialog.proposal is not None
    counted = dialog.proposal.used
    assert dialog.make_button.text() == f"&Write an ISO image, {counted / 1000:.1f} kB"
    make(qtbot, dialog)
    assert out.stat().st_size == counted
    listed = judges.ask("isoinfo", "-i", out, "-f")
    assert listed.code == 0
    assert len([line for line in listed.words.splitlines() if "/IM0" in line]) == 32
    assert "Volume id: SAMPLE" in judges.ask("isoinfo", "-i", out, "-d").words
    with open_medium(out) as medium:
        assert sums(Path(medium.root)) == sources_of(staged)


def test_an_image_with_udf_alone(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    tmp_path: Path,
    judges: Judges,
) -> None:
    """Chosen by hand it is UDF 2.60, as long as the page says, and opens; Joliet is in its way."""
    dialog = open_dialog(staged)
    out = tmp_path / "out.iso"
    choose(qtbot, dialog, Goal.ISO, out)
    target = dialog.page.choices.target
    target.joliet.setChecked(True)
    target.udf_box.setCurrentIndex(target.udf_box.findData(Revision.UDF_2_60))
    qtbot.waitUntil(
        lambda: (
            dialog.proposal is not None
            and any("no Joliet" in one.what for one in dialog.proposal.hindrances)
        )
    )
    target.joliet.setChecked(False)
    qtbot.waitUntil(lambda: dialog.proposal is not None and not dialog.proposal.hindrances)
    assert dialog.proposal is not None
    counted = dialog.proposal.used
    make(qtbot, dialog)
    assert out.stat().st_size == counted
    assert "Version = 2.60" in judges.ask("7z", "l", "-tUdf", out).words
    with open_medium(out) as medium:
        assert sums(Path(medium.root)) == sources_of(staged)


def test_a_zip_file_with_a_password(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    tmp_path: Path,
    judges: Judges,
) -> None:
    """The password is asked for twice; only who has it can unpack the file."""
    dialog = open_dialog(staged)
    out = tmp_path / "out.zip"
    choose(qtbot, dialog, Goal.ZIP, out)
    target = dialog.page.choices.target
    target.encrypt.setChecked(True)
    ready(qtbot, dialog)
    assert "Type the password" in told(dialog, Place.TARGET)
    assert not dialog.make_button.isEnabled()
    target.password.setText("let me in")
    target.again.setText("let me out")
    ready(qtbot, dialog)
    assert "differ" in told(dialog, Place.TARGET)
    target.again.setText("let me in")
    ready(qtbot, dialog)
    make(qtbot, dialog)
    seven = judges.find("7z")
    right = subprocess.run(
        [seven, "x", "-plet me in", f"-o{tmp_path / 'in'}", str(out)],
        capture_output=True,
        check=False,
    )
    assert right.returncode == 0
    assert sums(tmp_path / "in") == sources_of(staged)
    wrong = subprocess.run([seven, "t", "-pno", str(out)], capture_output=True, check=False)
    assert wrong.returncode != 0
    assert "let me in" not in dialog.result_page.receipt


def test_a_compressed_zip_file(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    tmp_path: Path,
    judges: Judges,
) -> None:
    """The button says that it is at most so large; unzip finds no fault."""
    dialog = open_dialog(staged)
    dialog.page.choices.target.deflate.setChecked(True)
    choose(qtbot, dialog, Goal.ZIP, tmp_path / "out.zip")
    assert "at most" in dialog.make_button.text()
    make(qtbot, dialog)
    assert judges.ask("unzip", "-t", tmp_path / "out.zip").code == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        archive.extractall(tmp_path / "in")
    assert sums(tmp_path / "in") == sources_of(staged)


def test_a_set_is_divided_and_altered_by_hand(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    large: FileSet,
    tmp_path: Path,
    judges: Judges,
) -> None:
    """Over small discs; a study that is moved goes where it was put, and all is there once."""
    dialog = open_dialog(large)
    choices = dialog.page.choices
    choices.medium.choose("400 kB")
    choices.medium.span.setChecked(True)
    choices.extras.readme.setChecked(True)
    choose(qtbot, dialog, Goal.ISO, tmp_path / "out.iso")
    proposal = dialog.proposal
    assert proposal is not None
    assert sorted(len(disc.plan.files) for disc in proposal.discs) == [6, 12]
    discs = dialog.page.discs
    model = discs.model
    full = max(proposal.discs, key=lambda disc: disc.used).plan.number
    first = model.index(0, 0, model.index(0, 0, model.disc_index(full)))  # a study of two
    moved = model.names_at([first])
    discs.tree.setCurrentIndex(first)
    (text, number) = discs.targets()[-1]
    assert text == "A new medium"
    assert discs.move_button.isEnabled()
    discs.menu.aboutToShow.emit()
    discs.menu.actions()[-1].trigger()
    ready(qtbot, dialog)
    altered = dialog.proposal
    assert altered is not None
    assert altered.discs[-1].names == moved
    assert discs.again_button.isEnabled()
    for one in altered.discs:
        assert one.used == usage(one.plan.sizes(), altered.order.container).total
    make(qtbot, dialog)
    found: list[str] = []
    for disc in altered.discs:
        path = Path(disc.path)
        assert path.stat().st_size == disc.used <= 400_000
        with open_medium(path) as medium:
            found += sums(Path(medium.root))
            root = Path(medium.root)
            judges.accept(root, instances=len(disc.plan.files))
            assert f"Disc {disc.plan.number} of {disc.plan.of}" in (root / "README.TXT").read_text()
    assert sorted(found) == sources_of(large)
    assert number == len(proposal.discs) + 1


def test_dropping_on_a_full_disc_says_so_and_divides_anew(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], large: FileSet, tmp_path: Path
) -> None:
    """A drop moves; what is too full is told with both numbers, and one button mends it."""
    dialog = open_dialog(large)
    dialog.page.choices.medium.choose("200 kB")
    dialog.page.choices.medium.span.setChecked(True)
    choose(qtbot, dialog, Goal.ISO, tmp_path / "out.iso")
    discs = dialog.page.discs
    model = discs.model
    assert model.rowCount() == 3
    study = model.index(0, 0, model.index(0, 0, model.disc_index(2)))
    data = model.mimeData([study])
    move = Qt.DropAction.MoveAction
    assert model.canDropMimeData(data, move, -1, -1, model.disc_index(1))
    assert model.dropMimeData(data, move, -1, -1, model.disc_index(1))
    ready(qtbot, dialog)
    assert "more than the medium holds" in told(dialog, Place.MEDIUM)
    assert "ISO image 1 of 2" in str(model.disc_index(1).data())
    assert "too much" in str(model.disc_index(1, 3).data())
    assert not dialog.make_button.isEnabled()
    qtbot.mouseClick(discs.again_button, Qt.MouseButton.LeftButton)
    ready(qtbot, dialog)
    assert model.rowCount() == 3
    assert dialog.make_button.isEnabled()


def test_chosen_studies_only(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], large: FileSet, tmp_path: Path
) -> None:
    """What is selected in the window is checked; only that is made, a File-set of its own."""
    study = large.tree.children[0].children[0]
    dialog = open_dialog(large, selected=[study])
    content = dialog.page.choices.content
    content.some_button.click()
    choose(qtbot, dialog, Goal.FOLDER, tmp_path / "out")
    assert dialog.proposal is not None
    assert len(dialog.proposal.discs[0].plan.files) == 6
    model = content.model
    box = Qt.ItemDataRole.CheckStateRole
    assert model.index(0, 0).data(box) == Qt.CheckState.PartiallyChecked
    model.setData(model.index(0, 0), Qt.CheckState.Unchecked.value, box)
    ready(qtbot, dialog)
    assert "No patient or study is chosen" in told(dialog, Place.CONTENT)
    assert not dialog.make_button.isEnabled()
    model.setData(model.index(1, 0), Qt.CheckState.Checked.value, box)
    ready(qtbot, dialog)
    make(qtbot, dialog)
    made = FileSet(tmp_path / "out" / "DICOMDIR")
    assert {one.StudyInstanceUID for one in made} == {"1.2.3.3"}
    assert made.UID != large.UID


# Burning --------------------------------------------------------------------------------------


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


def test_discs_are_burned_one_after_the_other(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    large: FileSet,
    tmp_path: Path,
    burner: type[FileDrives],
) -> None:
    """Each disc after the first is asked for by name; what was burned is read back and whole."""
    dialog = open_dialog(large, make_burner=burner)
    target = dialog.page.choices.target
    target.goal = Goal.DISC
    qtbot.waitUntil(lambda: target.chosen_device is not None, timeout=20_000)
    dialog.page.choices.medium.choose("400 kB")
    dialog.page.choices.medium.span.setChecked(True)
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
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.result_page, timeout=60_000)
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
    target = dialog.page.choices.target
    target.goal = Goal.DISC
    qtbot.waitUntil(lambda: target.chosen_device is not None, timeout=20_000)
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
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.result_page, timeout=60_000)
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
    target = dialog.page.choices.target
    target.goal = Goal.DISC
    qtbot.waitUntil(lambda: target.chosen_device is not None, timeout=20_000)
    dialog.page.choices.medium.choose("CD-80")
    ready(qtbot, dialog)
    qtbot.mouseClick(dialog.make_button, Qt.MouseButton.LeftButton)
    page = dialog.progress_page
    qtbot.waitUntil(lambda: "Burning" in page.numbers.text(), timeout=30_000)
    assert "spoils that disc" in page.warning.text()
    qtbot.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.result_page, timeout=30_000)
    assert "do not use" in dialog.result_page.problem.text()
    assert {line.outcome for line in dialog.result_page.lines} == {"cancelled"}


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


# Sticks ---------------------------------------------------------------------------------------


class OneStick:
    """A system with one stick, a folder; it notes what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.volume = Volume(
            "/dev/sdx1", str(folder), "STICK", FileSystem.FAT32, "vfat", 8 * 10**9, 4096
        )
        self.asked: list[str] = []

    def volumes(self) -> list[Volume]:
        """Return the stick."""
        return [self.volume]

    def at(self, path: str | os.PathLike[str]) -> Volume | None:
        """Return the stick by its root or device."""
        known = (self.volume.device, self.volume.mount_point)
        return self.volume if os.fspath(path) in known else None

    def flush(self, volume: Volume) -> None:
        """Note it."""
        self.asked.append("flush")

    def eject(self, volume: Volume) -> bool:
        """Note it; it is safe then."""
        self.asked.append("eject")
        return True

    def format(self, volume: Volume, label: str, system: FileSystem) -> None:
        """Note it and empty the folder."""
        self.asked.append(f"format {label} {system.value}")
        shutil.rmtree(self.folder)
        self.folder.mkdir()


@pytest.fixture
def stick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OneStick:
    """Plug in a stick with a letter on it."""
    folder = tmp_path / "stick"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    made = OneStick(folder)
    monkeypatch.setattr("dicomdir_studio.media.targets.stick.volumes_here", lambda: made)
    monkeypatch.setattr("dicomdir_studio.media.volumes.volumes_here", lambda: made)
    return made


def test_a_stick_is_written_and_ejected(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    stick: OneStick,
    judges: Judges,
) -> None:
    """What is on it stays, it is flushed, and the page says when it is safe to unplug."""
    dialog = open_dialog(staged, make_volumes=lambda: stick)
    target = dialog.page.choices.target
    target.goal = Goal.STICK
    qtbot.waitUntil(lambda: target.stick is not None)
    ready(qtbot, dialog)
    assert dialog.proposal is not None
    assert dialog.proposal.used % 4096 == 0
    assert dialog.page.choices.medium.kind.currentText().startswith("Free space of the stick")
    assert dialog.make_button.text().startswith("&Write to the stick, ")
    make(qtbot, dialog)
    judges.accept(stick.folder, instances=32)
    assert (stick.folder / "letter.txt").read_text() == "mine"
    assert stick.asked == ["flush"]
    page = dialog.result_page
    qtbot.mouseClick(page.eject_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "safe to unplug" in page.remark.text())
    assert stick.asked == ["flush", "eject"]


def test_a_stick_is_formatted_only_by_its_name(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    stick: OneStick,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another name erases nothing and says so; the right one gives it the File-set ID."""
    dialog = open_dialog(staged, make_volumes=lambda: stick)
    target = dialog.page.choices.target
    target.goal = Goal.STICK
    qtbot.waitUntil(lambda: target.stick is not None)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_a, **_k: ("stick", True))
    qtbot.mouseClick(target.format, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(dialog.findChildren(ErrorDialog)))
    (error,) = dialog.findChildren(ErrorDialog)
    assert "Nothing was erased" in str(error.error)
    error.reject()
    assert (stick.folder / "letter.txt").exists()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_a, **_k: ("STICK", True))
    qtbot.waitUntil(lambda: not dialog.devices.trouble)
    qtbot.mouseClick(target.format, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: stick.asked == ["format SAMPLE FAT32"])
    qtbot.waitUntil(lambda: not dialog.devices.trouble and target.stick is not None)


def test_a_stick_with_a_file_system_that_the_profile_does_not_take(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], staged: FileSet, stick: OneStick
) -> None:
    """The file system and those allowed are told at the target; write-protected likewise."""
    stick.volume = replace(stick.volume, file_system=None, file_system_name="ntfs")
    dialog = open_dialog(staged, make_volumes=lambda: stick)
    target = dialog.page.choices.target
    target.goal = Goal.STICK
    qtbot.waitUntil(lambda: target.stick is not None)
    dialog.page.choices.profile.profile = "STD-GEN-USB-JPEG"
    ready(qtbot, dialog)
    assert "it has ntfs" in told(dialog, Place.TARGET)
    stick.volume = replace(stick.volume, is_read_only=True)
    qtbot.mouseClick(target.refresh, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "write-protected" in told(dialog, Place.TARGET))
    assert not dialog.make_button.isEnabled()


# What stands in the way -----------------------------------------------------------------------


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
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.result_page, timeout=PATIENCE)
    assert out.exists()


def test_what_does_not_fit_is_told_and_divided_on_request(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], large: FileSet, tmp_path: Path
) -> None:
    """One medium that is too small says by how much; the tick divides it."""
    dialog = open_dialog(large)
    medium = dialog.page.choices.medium
    medium.choose("nonsense")
    choose(qtbot, dialog, Goal.ISO, tmp_path / "out.iso")
    assert "Give a size" in told(dialog, Place.MEDIUM)
    medium.choose("200 kB")
    ready(qtbot, dialog)
    assert "more than the medium holds" in told(dialog, Place.MEDIUM)
    assert "too much" in str(dialog.page.discs.model.disc_index(1, 3).data())
    medium.span.setChecked(True)
    ready(qtbot, dialog)
    assert dialog.make_button.isEnabled()
    medium.choose("30 kB")
    ready(qtbot, dialog)
    assert "A single instance is larger than the medium" in told(dialog, Place.MEDIUM)


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


# Cancelling, results, presets -----------------------------------------------------------------


def test_cancelling_keeps_what_is_made_and_leaves_nothing_else(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    large: FileSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Escape stops the second image; the first is whole and stays, the result says which."""
    dialog = open_dialog(large)
    dialog.page.choices.medium.choose("200 kB")
    dialog.page.choices.medium.span.setChecked(True)
    choose(qtbot, dialog, Goal.ISO, tmp_path / "out.iso")

    def slow(proposal: object, step: object, monitor: object) -> object:
        if step.place == 2:  # type: ignore[attr-defined]
            while True:
                monitor.check()  # type: ignore[attr-defined]
        return write_step(proposal, step, monitor)  # type: ignore[arg-type]

    monkeypatch.setattr(queue_module, "write_step", slow)
    qtbot.mouseClick(dialog.make_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(dialog.queue.made) == 1 if dialog.queue else False)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.result_page, timeout=PATIENCE)
    assert dialog.isVisible()
    assert dialog.result_page.heading.text() == "1 of 3 media made; the others were not"
    outcomes = [line.outcome for line in dialog.result_page.lines]
    assert outcomes == [
        *["made and verified"] * 2, *["cancelled"] * 2, *["not made"] * 2,
    ]  # fmt: skip
    assert [path.name for path in tmp_path.glob("*.iso*")] == ["out_1OF3.iso"]


def test_the_receipt_is_saved_and_printed(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As text with the sum of the sums, as CSV with a row for each series, and on paper."""
    dialog = open_dialog(staged)
    choose(qtbot, dialog, Goal.FOLDER, tmp_path / "out")
    make(qtbot, dialog)
    page = dialog.result_page
    page.recipient.setText("Dr. Who")
    for name in ("receipt.pdf", "receipt.txt", "receipt.csv"):
        target = str(tmp_path / name)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, to=target, **_k: (to, ""))
        qtbot.mouseClick(page.save_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil((tmp_path / name).exists)
    text = (tmp_path / "receipt.txt").read_text()
    assert "SHA-256 of the manifest" in text
    assert "Doe^Peter" in text
    rows = (tmp_path / "receipt.csv").read_text().splitlines()
    assert len(rows) == 1 + len(page.lines)
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    page.print_to(printer)
    assert (tmp_path / "printed.pdf").read_bytes().startswith(b"%PDF")
    qtbot.mouseClick(page.again_button, Qt.MouseButton.LeftButton)
    ready(qtbot, dialog)
    assert "another File-set" in told(dialog, Place.TARGET)


def test_presets_are_chosen_and_kept(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A preset sets the choices; what is chosen is kept under a name and offered next time."""
    dialog = open_dialog(staged)
    page = dialog.page
    qtbot.waitUntil(lambda: page.preset_box.count() > 1)
    page.preset_box.setCurrentIndex(page.preset_box.findText("Research"))
    page.preset_box.activated.emit(page.preset_box.currentIndex())
    ready(qtbot, dialog)
    assert page.choices.target.goal is Goal.ZIP
    assert page.choices.target.deflate.isChecked()
    page.choices.extras.institution.setText("St. Elsewhere")
    page.choices.extras.pages.setChecked(True)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_a, **_k: ("Mine", True))
    qtbot.mouseClick(page.save_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.preset_box.currentText() == "Mine")
    other = open_dialog(staged)
    qtbot.waitUntil(lambda: other.page.preset_box.findText("Mine") > 0)
    place = other.page.preset_box.findText("Mine")
    other.page.preset_box.activated.emit(place)
    assert other.page.choices.extras.pages.isChecked()
    assert other.page.choices.extras.institution.text() == "St. Elsewhere"
    assert other.page.choices.target.goal is Goal.ZIP


def test_files_keep_their_names_if_a_preset_says_so(
    qtbot: QtBot, open_dialog: Callable[..., MediumDialog], disc: Path, tmp_path: Path
) -> None:
    """Keep layout is honoured, chosen at any moment; what was checked stays checked."""
    file_set = FileSet(disc / "DICOMDIR")
    kept = {"/".join(Path(one.path).relative_to(disc).parts) for one in file_set}
    PresetStore().save(Preset("As it lies", target=PresetTarget.FOLDER, layout=Layout.KEEP))
    dialog = open_dialog(file_set)
    page, content = dialog.page, dialog.page.choices.content
    qtbot.waitUntil(lambda: page.preset_box.findText("As it lies") > 0)
    # At once, while the content is looked at for the first time perhaps.
    place = page.preset_box.findText("As it lies")
    page.preset_box.activated.emit(place)
    ready(qtbot, dialog)
    assert content.keep.isChecked()
    assert dialog.proposal is not None
    assert {file.name for file in dialog.proposal.discs[0].plan.files} == kept
    content.some_button.setChecked(True)
    content.model.setData(
        content.model.index(0, 0), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole
    )
    ready(qtbot, dialog)
    left = {file.source for file in dialog.proposal.discs[0].plan.files}
    assert 0 < len(left) < len(kept)
    content.keep.setChecked(False)
    content.keep.setChecked(True)
    content.keep.setChecked(False)
    ready(qtbot, dialog)
    anew = dialog.proposal.discs[0].plan.files
    assert {file.source for file in anew} == left
    assert all(file.name.startswith("PT0000") for file in anew)
    content.keep.setChecked(True)
    ready(qtbot, dialog)
    out = tmp_path / "out"
    page.choices.target.path.setText(str(out))
    ready(qtbot, dialog)
    make(qtbot, dialog)
    written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert written == {file.name for file in dialog.proposal.discs[0].plan.files} | {"DICOMDIR"}
    assert written - {"DICOMDIR"} < kept
    assert {str(one.path) for one in FileSet(out / "DICOMDIR")} == {
        str(out / name) for name in written - {"DICOMDIR"}
    }


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


def test_the_window_opens_it_from_the_write_menu(
    qtbot: QtBot, window: MainWindow, opened: Document, tmp_path: Path
) -> None:
    """The action is in the button's menu; the last folder is remembered."""
    button = window.findChild(QToolButton, "toolbar-write")
    assert button is not None
    assert window.table["medium"] in button.menu().actions()
    window.table["medium"].trigger()
    (dialog,) = window.findChildren(MediumDialog)
    choose(qtbot, dialog, Goal.FOLDER, tmp_path / "out")
    make(qtbot, dialog)
    qtbot.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.findChildren(MediumDialog))
    assert window.memory.settings.preferences[LAST_FOLDER] == str(tmp_path)
    assert not opened.has_edits
