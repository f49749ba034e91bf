"""Icons on request: staged by a job, told, listed, undone and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.fileset import FileSet, Layout

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow


def icons(file_set: FileSet | None) -> int:
    """Return how many records have an icon."""
    assert file_set is not None
    return sum(node.has_icon for node in file_set.tree if not node.is_root)


def test_icons_of_the_selected_study_are_staged_undone_and_written(
    qtbot: QtBot, window: MainWindow, opened: Document, disc: Path
) -> None:
    """Images and series below the selection get one; Undo takes them back; a write keeps them."""
    assert opened.file_set is not None
    study = opened.file_set.tree.children[0].children[0]
    opened.view.show_records([study])
    window.table["add-icons"].trigger()
    qtbot.waitUntil(lambda: opened.can_edit)
    made = icons(opened.file_set)
    wanted = study.tally.instances + len(study.children)
    assert 0 < made <= wanted
    assert opened.has_edits
    assert "staged" in opened.notice.text.text()
    qtbot.waitUntil(lambda: "changed record" in window.panels.changes._summary.text())
    opened.undo()
    assert icons(opened.file_set) == 0
    opened.redo()
    opened.execute(opened.file_set.plan(layout=Layout.KEEP))
    qtbot.waitUntil(lambda: opened.can_edit)
    assert icons(FileSet(disc / "DICOMDIR")) == made
