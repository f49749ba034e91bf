"""What the tabs are called: no two alike, since discs often have one File-set ID."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QTabWidget

    from dicomdir_studio.gui.document import Document


def titles_of(documents: Sequence[Document]) -> list[str]:
    """Return a title for each document; alike ones get the end of their paths, as far as needed."""
    titles = [one.title for one in documents]
    paths = [one.path.parts if one.path is not None else () for one in documents]
    for depth in range(1, max(map(len, paths), default=0) + 1):
        counts = Counter(titles)
        if max(counts.values()) == 1:
            break
        titles = [
            f"{one.title} · {'/'.join(path[-depth:])}" if counts[title] > 1 and path else title
            for one, path, title in zip(documents, paths, titles, strict=True)
        ]
    return titles


def twin_of(document: Document, among: Sequence[Document]) -> Document | None:
    """Return the document that shows the same File-set, opened by whatever path."""
    others = (one for one in among if one is not document and one.file_set is not None)
    return next((one for one in others if one.path == document.path), None)


def name_tabs(tabs: QTabWidget, documents: Sequence[Document]) -> None:
    """Show the titles, with a star where something is staged, and the paths as tips."""
    for document, title in zip(documents, titles_of(documents), strict=True):
        place = tabs.indexOf(document)
        star = " *" if document.has_edits else ""
        text = title.replace("&", "&&") + star
        if tabs.tabText(place) != text:
            tabs.setTabText(place, text)
        tabs.setTabToolTip(place, str(document.path or ""))
