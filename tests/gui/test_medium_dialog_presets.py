"""The dialog that makes media: presets set the choices and keep them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog

from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.session.making.wish import Goal
from dicomdir_studio.session.preset_store import PresetStore
from dicomdir_studio.session.presets import Preset, PresetTarget
from tests.gui.making import make, ready

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.medium.dialog import MediumDialog


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
