"""Names that cannot be read as declared: readings side by side, a choice, an undoable edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui.dialogs.charsets import CharsetDialog
from dicomdir_studio.gui.dialogs.properties import PropertiesDialog
from dicomdir_studio.gui.language import use_language
from dicomdir_studio.standard.character_sets import CHARACTER_SETS
from tests.fileset.names import CHINESE, CYRILLIC, disc_with
from tests.gui.watching import watch

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


@pytest.fixture
def garbled(tmp_path: Path) -> Path:
    """Return a disc with a Chinese name that declares nothing, and a Cyrillic one as Latin."""
    folder = tmp_path / "disc"
    folder.mkdir()
    patients = (None, CHINESE.encode("gb18030")), ("ISO_IR 192", CYRILLIC.encode("iso8859-5"))
    return disc_with(folder, *patients)


def opened(qtbot: QtBot, window: MainWindow, path: Path) -> Document:
    """Open a File-set and wait until its names were looked at."""
    document = window.open_path(path.parent)
    qtbot.waitUntil(lambda: document.can_edit)
    qtbot.waitUntil(document.names.isVisible)
    return document


def dialog_of(qtbot: QtBot, window: MainWindow) -> CharsetDialog:
    """Return the dialog that compares readings."""
    qtbot.waitUntil(lambda: any(one.isVisible() for one in window.findChildren(CharsetDialog)))
    (dialog,) = (one for one in window.findChildren(CharsetDialog) if one.isVisible())
    watch(dialog.model)
    return dialog


def shown(document: Document) -> list[str]:
    """Return the names of the patients as the tree shows them."""
    model = document.model
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def choose(dialog: CharsetDialog, term: str) -> None:
    """Put the keyboard on the row of a character set."""
    terms = [row.term for row in dialog.model.rows]
    dialog.view.setCurrentIndex(dialog.model.index(terms.index(term), 0))


def test_nothing_changes_before_the_choice(qtbot: QtBot, window: MainWindow, garbled: Path) -> None:
    """The bar leads to the readings; the first row is the present one and cannot be chosen."""
    document = opened(qtbot, window, garbled)
    before = shown(document)
    qtbot.mouseClick(document.names.button, Qt.MouseButton.LeftButton)
    dialog = dialog_of(qtbot, window)
    assert not dialog.correct_button.isEnabled()
    qtbot.keyClick(dialog.view, Qt.Key.Key_Return)
    assert len({len(row.samples) for row in dialog.model.rows}) == 1
    dialog.close_button.click()
    assert shown(document) == before
    assert not document.has_edits


def test_a_choice_is_shown_staged_and_undone(
    qtbot: QtBot, window: MainWindow, garbled: Path
) -> None:
    """The chosen reading is in the tree at once, in the list of changes, and Undo takes it back."""
    document = opened(qtbot, window, garbled)
    before = shown(document)
    window.table["charset"].trigger()
    dialog = dialog_of(qtbot, window)
    assert dialog.group_box.count() == 2
    place = next(
        n for n in range(2) if any("GB18030" in r.term for r in dialog._groups[n].readings)
    )
    dialog.group_box.setCurrentIndex(place)
    choose(dialog, "GB18030")
    qtbot.mouseClick(dialog.correct_button, Qt.MouseButton.LeftButton)
    assert document.has_edits
    assert dialog.isVisible()
    assert dialog.group_box.count() == 1
    choose(dialog, "ISO_IR 144")
    qtbot.keyClick(dialog.view, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    names = shown(document)
    assert "王" in names[0]
    assert "Иванов" in names[1]
    assert not document.names.isVisible()
    qtbot.waitUntil(lambda: "2 changed records" in window.panels.changes._summary.text())
    assert "~ 2 changed records" in window.status.staged.text()
    document.undo()
    document.undo()
    assert shown(document) == before
    assert not document.has_edits


def test_plain_names_offer_nothing(qtbot: QtBot, window: MainWindow, disc: Path) -> None:
    """Where all text is plain no bar comes, and the action says so."""
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: document.can_edit and not window._poller.is_busy)
    assert not document.names.isVisible()
    window.table["charset"].trigger()
    qtbot.waitUntil(lambda: "nothing to choose" in document.notice.text.text())


def test_names_of_character_sets_are_translated(
    qtbot: QtBot, qapp: QApplication, window: MainWindow, garbled: Path
) -> None:
    """In German they are German, in the list of readings and in the properties."""
    installed = use_language(qapp, "de")
    file_set = FileSet()
    properties = PropertiesDialog(file_set, window)
    offered = [
        properties.character_set.itemText(row) for row in range(properties.character_set.count())
    ]
    document = opened(qtbot, window, garbled)
    qtbot.mouseClick(document.names.button, Qt.MouseButton.LeftButton)
    dialog = dialog_of(qtbot, window)
    read = [row.label for row in dialog.model.rows]
    dialog.reject()
    for translator in installed:
        qapp.removeTranslator(translator)
    assert offered[:2] == ["Standard (ASCII)", "Latein 1 (Westeuropa) (ISO_IR 100)"]
    assert "Chinesisch (GB18030)" in offered
    assert "Kyrillisch (ISO_IR 144)" in offered
    english = {str(one.label) for one in CHARACTER_SETS.values() if one.label != "Unicode (UTF-8)"}
    assert not [text for text in offered if text.partition(" (ISO_IR")[0] in english]
    assert "Chinesisch (GBK)" in read
    assert "Traditionelles Chinesisch (Big5) (big5)" in read
    assert not [text for text in read if "Chinese" in text or " and " in text]
