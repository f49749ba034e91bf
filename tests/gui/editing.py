"""What a person does in the window to a File-set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bundled import sample

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document


def stage(qtbot: QtBot, document: Document, *names: str) -> None:
    """Add bundled files by name and wait until they are staged."""
    document.add([str(sample(name)) for name in names])
    qtbot.waitUntil(lambda: document.can_edit)


def select_study(document: Document, description: str) -> int:
    """Select a study in the tree and return how many instances it has."""
    assert document.file_set is not None
    instances = document.file_set.search({"StudyDescription": description})
    document.view.show_records([instances[0].node.parent.parent])
    return len(instances)
