"""Which actions can be used, given the document in front and what is selected in it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from dicomdir_studio.session.private_records import why_not_below

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset import RecordNode, Tally
    from dicomdir_studio.gui.document import Document

_MOST_ASKED = 2_000


def document_states(document: Document | None) -> dict[str, bool]:
    """Return whether each action on a whole File-set can be used, by the action's name."""
    file_set = None if document is None else document.file_set
    free = document is None or not document.is_busy
    ready = document is not None and document.can_edit
    edits = document is not None and document.has_edits
    filled = file_set is not None and bool(file_set.tree.children)
    return {
        "add-files": free,
        "add-folder": free,
        "close": document is not None,
        "write": ready and (filled or edits),
        "copy": ready and filled,
        "medium": ready and filled,
        "check-files": free and filled,
        "file-set-properties": ready,
        "add-icons": ready and filled,
        "charset": ready and filled,
        "find": file_set is not None,
        "next-panel": document is not None,
        "previous-panel": document is not None,
        "medium-order": file_set is not None,
        "collapse": file_set is not None,
        "undo": ready and file_set is not None and file_set.can_undo,
        "redo": ready and file_set is not None and file_set.can_redo,
    }


def record_states(document: Document | None) -> dict[str, bool]:
    """Return whether each action on the selected records can be used, by its name.

    It is asked with every change of the selection: of thousands of records only the first
    are looked at, and an action is offered if these do not rule it out.
    """
    some = removable = restorable = False
    if document is not None and document.file_set is not None:
        some = next(document.view.each_selected(), None) is not None
    if document is not None and document.file_set is not None and document.can_edit:
        whole = document.file_set.tree.tally
        removable = whole.instances > whole.removals and _any(
            document, lambda tally: tally.instances > tally.removals
        )
        restorable = whole.removals > 0 and _any(document, lambda tally: tally.removals > 0)
    return {
        "remove": removable,
        "restore": restorable,
        "show-file": some,
        "open-file-folder": some,
        "copy-file-id": some,
        "copy-uid": some,
        "expand": some,
        "properties": some,
    }


def _any(document: Document, test: Callable[[Tally], bool]) -> bool:
    """Return whether a test holds for a selected record; True if they are too many to look at."""
    for number, record in enumerate(document.view.each_selected()):
        if number >= _MOST_ASKED or test(record.tally):
            return True
    return False


def place_for_private(document: Document | None) -> RecordNode | None:
    """Return the record that a PRIVATE one would be below: the selected one, else the root."""
    if document is None or document.file_set is None:
        return None
    records = list(islice(document.view.each_selected(), 2))
    if not records:
        return document.file_set.tree
    return records[0] if len(records) == 1 else None


def why_no_private(document: Document | None) -> str:
    """Return why no PRIVATE record can be added, empty if one can."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("enabling", text)

    if document is None or not document.can_edit:
        return tr("No File-set that can be edited is open.")
    above = place_for_private(document)
    return (
        tr("Select the record that the new one will be below.")
        if above is None
        else why_not_below(above)
    )
