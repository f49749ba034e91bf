"""The tree of directory records as a Qt model: what rows show, and how they follow edits.

Indices carry the number of a row, never a pointer to a Python object: a number
whose row has gone answers with nothing, where a stale pointer ends the process.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

from dicomdir_studio.gui.models import record_table
from dicomdir_studio.gui.models.columns import HEADINGS, Column, describe
from dicomdir_studio.gui.models.record_roles import (
    RecordRole,
    RowFacts,
    data_for,
    gap_data,
    gap_look,
    look_of,
)
from dicomdir_studio.gui.models.record_sorting import Sorting
from dicomdir_studio.gui.models.record_table import COLUMNS, ROOT, Index, RecordTable, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomdir_studio.fileset import Change, FileInstance, FileSet, RecordNode
    from dicomdir_studio.gui.models.record_roles import RowLook

_LEAF_FLAGS = (
    Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
)
_PARENT_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_GAP_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren


class RecordTreeModel(RecordTable):
    """The directory records of one File-set, lazily filled.

    Parameters
    ----------
    parent : QObject, optional
        The Qt parent.

    Attributes
    ----------
    sizes_wanted : Signal()
        Rows were shown whose size is not known; `take_wanted_sizes` names them.
    """

    sizes_wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._facts = RowFacts()
        self._sorting = Sorting(self)

    # What is shown --------------------------------------------------------------------

    @property
    def root(self) -> RecordNode | None:
        """The root of the tree that is shown, or None."""
        row = self._rows.get(ROOT)
        return None if row is None else row.record

    @property
    def sorting(self) -> Sorting:
        """How the children of each record are ordered."""
        return self._sorting

    def set_file_set(self, file_set: FileSet | None) -> None:
        """Show another File-set, or nothing."""
        self._show(None if file_set is None else file_set.tree, settled=True)

    def preview(self, tree: RecordNode) -> None:
        """Show records whose files are still looked for, until `settle` or `set_file_set`.

        They have no counts, sizes and states yet.
        """
        self._show(tree, settled=False)

    def settle(self) -> None:
        """Show the records of the preview as they are now that all is known of them."""
        for row in self._rows.values():
            if row.record is not None:
                row.record.relist()
        self._facts.settled = True
        self.refresh()

    def _show(self, tree: RecordNode | None, *, settled: bool) -> None:
        """Show the records below another root, or nothing."""
        self._telling = True
        self.beginResetModel()
        self._sorting.forget()
        self._rows.clear()
        self._number_of.clear()
        self._facts.clear()
        self._facts.settled = settled
        if tree is not None:
            self._rows[ROOT] = Row(tree, -1, 0)
        self.endResetModel()
        self._telling = False

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return that a row can be selected, and whether it can be opened."""
        row = self._rows.get(index.internalId()) if index.isValid() else None
        if row is None:
            return Qt.ItemFlag.NoItemFlags
        if row.record is None:
            return _GAP_FLAGS
        leaf = row.children is None and not row.record.children
        return _LEAF_FLAGS if leaf and row.record.instance is not None else _PARENT_FLAGS

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        row = self._rows.get(index.internalId()) if index.isValid() else None
        if row is None:
            return None
        column = Column(index.column())
        if row.record is None:
            return gap_data(len(row.hidden), column, role)
        if row.text is None:
            row.text = describe(row.record)
        value = data_for(row.record, row.text, column, role, self._facts)
        self._tell_wanted()
        return value

    def look_of(self, index: Index) -> RowLook | None:
        """Return what is painted in a row, without asking the engine again for each cell."""
        row = self._rows.get(index.internalId())
        if row is None or row.look is not None:
            return None if row is None else row.look
        if row.record is None:
            return gap_look(len(row.hidden))
        if row.text is None:
            row.text = describe(row.record)
        row.look = look_of(row.record, row.text, self._facts)
        self._tell_wanted()
        return row.look

    def _tell_wanted(self) -> None:
        """Say that a size is wanted that was not before."""
        if self._facts.newly_wanted:
            self._facts.newly_wanted = False
            self.sizes_wanted.emit()

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return the heading of a column."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < COLUMNS:
            return None
        column = Column(section)
        if role == Qt.ItemDataRole.DisplayRole:
            return QCoreApplication.translate("columns", HEADINGS[column])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = column in {Column.COUNT, Column.SIZE}
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the children of every record by a column; -1 is the order of the medium."""
        self._sorting.sort(None if column < 0 else Column(column), order)

    # Sizes, read elsewhere ------------------------------------------------------------

    def take_wanted_sizes(self) -> list[FileInstance]:
        """Return the instances shown whose size nobody has read yet, and forget the list."""
        return self._facts.take_wanted()

    def set_sizes(self, sizes: Iterable[tuple[FileInstance, int | None]]) -> None:
        """Take in sizes in bytes that a job read."""
        for instance, size in sizes:
            self._facts.set_size(instance, size)
            number = self._number_of.get(id(instance.node))
            if number is not None:
                self._rows[number].look = None
            cell = self.known_index(instance.node, Column.SIZE)
            if cell.isValid():
                self.dataChanged.emit(cell, cell)

    def known_size(self, record: RecordNode) -> int | None:
        """Return the size of a record's file in bytes if it is known without a look at it."""
        return None if record.instance is None else self._facts.size_of(record.instance)

    # Changes --------------------------------------------------------------------------

    def apply_change(self, change: Change) -> None:
        """Show what an edit of the engine changed.

        Parameters
        ----------
        change : Change
            What `FileSet.add_many`, `stage_removal`, `undo` and their like returned.
        """
        parents: dict[int, RecordNode] = {}
        for record in change.attached:
            if record.parent is not None:
                parents[id(record.parent)] = record.parent
        for parent, _child in change.detached:
            parents[id(parent)] = parent
        for parent in parents.values():
            number = ROOT if parent.is_root else self._number_of.get(id(parent))
            if number is not None and number in self._rows:
                self.synchronise(number)
        self._announce([*parents.values()], change.altered)
        self._show_rewritten(change.rewritten)
        self._sorting.run_soon()

    def refresh(self) -> None:
        """Bring every fetched row in line with the engine, where no `Change` says what changed."""
        for number in [n for n, row in self._rows.items() if row.children is not None]:
            if number in self._rows:
                self.synchronise(number)
        self._emit_all()
        self._sorting.run_soon()

    def synchronise(self, number: int, ordered: Sequence[RecordNode] | None = None) -> None:
        """Make the rows below one row those of the engine.

        Parameters
        ----------
        number : int
            The row; nothing happens if its children were never fetched.
        ordered : sequence of RecordNode, optional
            All children in a new order, of which the first are shown; by default the
            rows that are shown stay, and what is new comes where it belongs.
        """
        row = self._rows.get(number)
        if row is None or row.children is None:
            if row is not None and number != ROOT:
                self._emit_row(number)
            return
        order = self._ordered_children(number, row) if ordered is None else list(ordered)
        if order == list(self.all_children(row)):
            return
        shown = self._shown_ids(row)
        if ordered is None:
            hidden = {id(one) for holder in self._holders(row) for one in holder.hidden}
            parts = _parts_around(order, shown, hidden)
        else:
            amount = max(len(shown), record_table.BATCH) if _has_hidden(row, shown) else len(order)
            parts = [(order[:amount], order[amount:])]
        wanted = [record for some, _hidden in parts for record in some]
        row.hidden = []
        self._drop_others(number, row, {id(record) for record in wanted})
        self._reorder(number, row, wanted)
        self._insert_missing(number, row, wanted)
        self._hide(number, row, parts)

    def _ordered_children(self, number: int, row: Row) -> list[RecordNode]:
        """Return the children of a row in the order to show, sorted if that was asked for."""
        return self._sorting.order(number, row)

    def _shown_ids(self, row: Row) -> set[int]:
        """Return the identities of the records that have a row below this one."""
        rows = self._rows
        return {id(rows[n].record) for n in row.children or () if rows[n].record is not None}

    def _drop_others(self, number: int, row: Row, wanted: set[int]) -> None:
        """Remove gaps, and rows that are no longer children or no longer to be shown."""
        children, rows = row.children or [], self._rows
        last = len(children) - 1
        while last >= 0:
            if id(rows[children[last]].record) in wanted:
                last -= 1
                continue
            first = last
            while first > 0 and id(rows[children[first - 1]].record) not in wanted:
                first -= 1
            self._remove(number, first, last)
            last = first - 1

    def _reorder(self, number: int, row: Row, wanted: list[RecordNode]) -> None:
        """Bring the rows that are left into the wanted order."""
        children, rows = row.children or [], self._rows
        places = {id(record): place for place, record in enumerate(wanted)}
        if all(a < b for a, b in pairwise(places[id(rows[n].record)] for n in children)):
            return
        self._telling = True
        self.layoutAboutToBeChanged.emit()
        held = [index for index in self.persistentIndexList() if index.isValid()]
        children.sort(key=lambda child: places[id(rows[child].record)])
        self._renumber(children, 0)
        for old in held:
            moved = rows.get(old.internalId())
            if moved is not None and moved.parent == number and moved.place != old.row():
                new = self.createIndex(moved.place, old.column(), old.internalId())
                self.changePersistentIndex(old, new)
        self.layoutChanged.emit()
        self._telling = False

    def _insert_missing(self, number: int, row: Row, wanted: list[RecordNode]) -> None:
        """Insert the wanted records that have no row, a run at a time and in batches."""
        rows, start, batch = self._rows, 0, record_table.BATCH
        while start < len(wanted):
            children = row.children or []
            here = rows[children[start]].record if start < len(children) else None
            if here is wanted[start]:
                start += 1
                continue
            end = start
            while end < len(wanted) and wanted[end] is not here:
                end += 1
            for first in range(start, end, batch):
                self._insert(number, first, wanted[first : min(end, first + batch)])
            start = end

    def _hide(
        self, number: int, row: Row, parts: list[tuple[list[RecordNode], list[RecordNode]]]
    ) -> None:
        """Put gaps where records are hidden between others; the last ones wait to be fetched."""
        place = 0
        for shown, hidden in parts[:-1]:
            place += len(shown)
            self._insert(number, place, (), hidden)
            place += 1
        row.hidden = parts[-1][1] if parts else []

    # Telling the views ----------------------------------------------------------------

    def _announce(self, parents: Sequence[RecordNode], altered: Sequence[FileInstance]) -> None:
        """Say that cells changed: of the altered rows and of all that count them."""
        if len(altered) + len(parents) > record_table.BATCH:
            self._emit_all()
            return
        touched: dict[int, None] = {}
        for record in (*parents, *(instance.node for instance in altered)):
            above: RecordNode | None = record
            while above is not None and not above.is_root:
                number = self._number_of.get(id(above))
                if number in touched:
                    break
                if number is not None:
                    touched[number] = None
                above = above.parent
        for number in touched:
            self._emit_row(number)

    def _show_rewritten(self, records: Sequence[RecordNode]) -> None:
        """Say that records hold something else now, which the rows below them may show too."""
        if len(records) > record_table.BATCH:
            self._emit_all()
            return
        for record in records:
            number = self._number_of.get(id(record))
            if number is not None:
                self._emit_row(number)


def _has_hidden(row: Row, shown: set[int]) -> bool:
    """Return whether some children of a row are not shown: at the end, or in gaps."""
    return bool(row.hidden) or len(row.children or ()) > len(shown)


def _parts_around(
    order: list[RecordNode], shown: set[int], hidden: set[int]
) -> list[tuple[list[RecordNode], list[RecordNode]]]:
    """Part the children into runs to show, each followed by a run to leave hidden.

    What is shown stays so, what is hidden stays so, and what is new is shown where it
    follows something shown, a batch of it at most.
    """
    parts: list[tuple[list[RecordNode], list[RecordNode]]] = [([], [])]
    fresh = 0
    for record in order:
        known = id(record) in shown
        if known:
            fresh = 0
        elif id(record) not in hidden and not parts[-1][1] and fresh < record_table.BATCH:
            known, fresh = True, fresh + 1
        if not known:
            parts[-1][1].append(record)
            continue
        if parts[-1][1]:
            parts.append(([], []))
        parts[-1][0].append(record)
    return parts


__all__ = ["RecordRole", "RecordTreeModel"]
