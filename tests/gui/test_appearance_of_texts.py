"""How texts stand in the window: labels beside their fields."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydicom import dcmread
from PySide6.QtCore import QPoint, QStandardPaths
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QTreeView, QWidget

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui.dialogs.copy_target import CopyTargetDialog
from dicomdir_studio.gui.dialogs.properties import PropertiesDialog
from dicomdir_studio.gui.language import use_language
from dicomdir_studio.gui.medium.dialog import MediumDialog
from dicomdir_studio.gui.models.findings import WHAT
from dicomdir_studio.gui.phrases import in_language
from dicomdir_studio.session.settings import Settings
from tests.gui.making import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


def _says(note: QLabel, text: str) -> bool:
    """Return whether a note says just this."""
    return note.text() == text


def _reaches(view: QTreeView) -> bool:
    """Return whether the columns of a view are as wide as it, or wider."""
    return view.header().length() >= view.viewport().width() > 0


def _middle(widget: QWidget, dialog: QWidget) -> int:
    """Return how far down the middle of a widget is."""
    return widget.mapTo(dialog, QPoint(0, 0)).y() + widget.height() // 2


def test_labels_stand_beside_their_fields(qtbot: QtBot, window: MainWindow, disc: Path) -> None:
    """The text of a label is as high as that of its line, whatever is told below the line."""
    file_set = FileSet(disc / "DICOMDIR")
    for dialog in (
        PropertiesDialog(file_set, window),
        CopyTargetDialog(file_set, Settings(), window),
    ):
        dialog.show()
        QApplication.processEvents()
        labels = [one for one in dialog.findChildren(QLabel) if isinstance(one.buddy(), QLineEdit)]
        assert labels
        for label in labels:
            assert abs(_middle(label, dialog) - _middle(label.buddy(), dialog)) <= 2, label.text()
        dialog.reject()
    assert isinstance(dialog, CopyTargetDialog)
    assert dialog.browse.x() - dialog.folder.geometry().right() > 4


def test_an_image_goes_where_there_is_a_folder(
    qtbot: QtBot,
    window: MainWindow,
    opened: Document,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a folder of documents it is the home folder, and no complaint comes first."""
    monkeypatch.setattr(
        QStandardPaths,
        "writableLocation",
        lambda kind: str(
            tmp_path / "no"
            if kind == QStandardPaths.StandardLocation.DocumentsLocation
            else tmp_path
        ),
    )
    window.memory.settings.preferences["medium.folder"] = str(tmp_path / "unplugged")
    window.table["medium"].trigger()
    (dialog,) = window.findChildren(MediumDialog)
    qtbot.waitUntil(lambda: dialog.proposal is not None, timeout=PATIENCE)
    assert Path(dialog.page.choices.target.path.text()).parent == tmp_path
    assert dialog.page.choices.target.problem.isHidden()
    dialog.reject()


@pytest.mark.parametrize(("width", "is_wide"), [(1600, True), (760, False)])
def test_findings_have_the_room_that_there_is(
    qtbot: QtBot, window: MainWindow, disc: Path, width: int, *, is_wide: bool
) -> None:
    """What was found takes the width that the other columns leave, and never less than before."""
    for path in sorted(disc.glob("77654033/CR*/*")):
        path.unlink()
    document = window.open_path(disc)
    qtbot.waitUntil(lambda: document.can_edit)
    window.resize(width, 760)
    window.panels.show_findings()
    view = window.panels.findings.view
    least = view.fontMetrics().averageCharWidth() * 46
    if is_wide:
        qtbot.waitUntil(lambda: view.header().length() == view.viewport().width())
        assert view.columnWidth(WHAT) > least * 3 // 2
    else:
        qtbot.waitUntil(lambda: view.viewport().width() < view.header().length())
        assert view.columnWidth(WHAT) >= least


@pytest.mark.parametrize("width", [1024, 1366, 1900])
def test_tables_reach_to_the_edge(
    qtbot: QtBot, window: MainWindow, opened: Document, width: int
) -> None:
    """No strip without heading is left beside the last column, with much room or little."""
    window.resize(width, 760)
    window.panels.arrange_first()
    window.panels.show_search()
    assert opened.file_set is not None
    opened.remove(opened.file_set.tree.children[:1])
    for view in (window.panels.changes.view, window.panels.search.view):
        qtbot.waitUntil(partial(_reaches, view))
    window.resize(1366, 800)
    window.resize(width, 760)
    for view in (window.panels.changes.view, window.panels.search.view):
        qtbot.waitUntil(partial(_reaches, view))


def test_what_is_saved_is_told(
    qtbot: QtBot,
    window: MainWindow,
    opened: Document,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The panel says where results and values were saved, and offers that folder the next time."""
    folder = tmp_path / "for the study"
    folder.mkdir()
    offered: list[str] = []

    def choose(_parent: QWidget, _title: str, name: str, _kinds: str) -> tuple[str, str]:
        offered.append(name)
        return str(folder / f"list{len(offered)}"), "CSV (*.csv)"

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    window.panels.show_search()
    panel = window.panels.search
    panel.search_for("Modality", "MR")
    qtbot.waitUntil(panel.save_button.isEnabled)
    for number in (1, 2):
        panel.save_button.click()
        saved = folder / f"list{number}.csv"
        told = f"Saved as {saved}."
        qtbot.waitUntil(partial(_says, panel.note, told))
        assert saved.exists()
    assert Path(offered[1]).parent == folder
    panel.search()
    qtbot.waitUntil(panel.note.isHidden)


def test_what_is_wrong_with_a_value_is_said_in_german(
    qtbot: QtBot, qapp: QApplication, window: MainWindow, series_of: Callable[[int], list[Path]]
) -> None:
    """The finding of a faulty value is translated, with what became of it."""
    (path,) = series_of(1)
    ds = dcmread(path)
    with warnings.catch_warnings():  # pydicom sees it too
        warnings.simplefilter("ignore")
        ds.StudyDescription = "x" * 70
        ds.save_as(path)
    document = window.new_document()
    document.add([str(path)])
    qtbot.waitUntil(lambda: document.can_edit and document.has_edits)
    assert document.file_set is not None
    (finding,) = (one for one in document.file_set.findings if "StudyDescription" in one.what)
    installed = use_language(qapp, "de")
    told = in_language(finding.what)
    for translator in installed:
        qapp.removeTranslator(translator)
    assert "ist kein gültiger Wert der VR LO" in told
    assert told.endswith("unverändert übernommen")
