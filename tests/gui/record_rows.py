"""The rows of a model of records, fetched to the end and compared with the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex

if TYPE_CHECKING:
    from dicomdir_studio.fileset import FileSet, RecordNode
    from dicomdir_studio.gui.models.records import RecordTreeModel


def fetch_all(model: RecordTreeModel, parent: QModelIndex) -> list[RecordNode]:
    """Fetch all children of an index, gaps too, and return their records."""
    while model.canFetchMore(parent):
        model.fetchMore(parent)
    while gaps := gaps_below(model, parent):
        model.open_gap(gaps[0])
    found = [model.record_at(model.index(row, 0, parent)) for row in range(model.rowCount(parent))]
    assert None not in found
    return [record for record in found if record is not None]


def check_whole(model: RecordTreeModel, file_set: FileSet) -> int:
    """Compare every row, fetched to the end, with the engine; return how many there are."""
    waiting: list[tuple[QModelIndex, RecordNode]] = [(QModelIndex(), file_set.tree)]
    seen = 0
    while waiting:
        parent, record = waiting.pop()
        shown = fetch_all(model, parent)
        assert shown == list(record.children)
        for row, child in enumerate(shown):
            index = model.index(row, 0, parent)
            assert model.parent(index) == parent
            assert model.index_for_node(child) == index
            waiting.append((index, child))
            seen += 1
    return seen


def gaps_below(model: RecordTreeModel, parent: QModelIndex) -> list[QModelIndex]:
    """Return the gaps among the rows below an index."""
    below = [model.index(row, 0, parent) for row in range(model.rowCount(parent))]
    return [index for index in below if model.record_at(index) is None]
