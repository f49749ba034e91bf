"""The dialog that makes media, driven as a person does: a folder, an image, a ZIP file."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from dicomdir_studio.gui.medium.dialog import LAST_FOLDER, MediumDialog
from dicomdir_studio.media.reading import open_medium
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.session.making.proposal import Place
from dicomdir_studio.session.making.wish import Goal
from tests.gui.making import choose, finished, make, ready, sources_of, sums, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow
    from tests.judges import Judges


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
    finished(qtbot, dialog)
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
