"""The table of rows behind the tree of records: numbers in indices, rows in batches.

A record may have a hundred thousand children. They are fetched a batch at a time;
a search hit far down is shown with some neighbours, and what lies between is one
row, a gap, that can be opened. So no step ever hands a view more than it can lay
out between two frames.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex

from dicomdir_studio.gui.models.columns import Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicomdir_studio.fileset import RecordNode
    from dicomdir_studio.gui.models.columns import RecordText
    from dicomdir_studio.gui.models.record_roles import RowLook

Index = QModelIndex | QPersistentModelIndex
ROOT = 0
BATCH = 128
# Views ask for it with every index.
COLUMNS = len(Column)
NO_INDEX = QModelIndex()


class Row:
    """One row: a record and its children as far as they were fetched, or a gap.

    Attributes
    ----------
    record : RecordNode or None
        None for a gap.
    parent, place : int
        The row above, and the place among its children.
    children : list of int or None
        The rows fetched so far, None before the first.
    hidden : list of RecordNode
        Of a record, the children after the last row; of a gap, the records in it.
    text : RecordText or None
        What the row shows, made when it is first seen.
    look : RowLook or None
        What is painted, made when it is first seen.
    """

    __slots__ = ("children", "hidden", "look", "parent", "place", "record", "text")

    def __init__(self, record: RecordNode | None, parent: int, place: int) -> None:
        self.record = record
        self.parent = parent
        self.place = place
        self.children: list[int] | None = None
        self.hidden: list[RecordNode] = []
        self.text: RecordText | None = None
        self.look: RowLook | None = None

    @property
    def has_more(self) -> bool:
        """Return whether there are children that were not fetched."""
        if self.record is None:
            return False
        return bool(self.record.children) if self.children is None else bool(self.hidden)


class RecordTable(QAbstractItemModel):
    """Rows by number: where they are, how they are fetched, come and go."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = count(ROOT + 1)
        self._rows: dict[int, Row] = {}
        self._number_of: dict[int, int] = {}
        self._telling = False

    # Looking things up ----------------------------------------------------------------

    def rows(self) -> dict[int, Row]:
        """Return the table itself, by the number of the row."""
        return self._rows

    def record_at(self, index: Index) -> RecordNode | None:
        """Return the record of a row; None for a gap and for what is no row any longer."""
        row = self._rows.get(index.internalId()) if index.isValid() else None
        return None if row is None else row.record

    def known_index(self, record: RecordNode, column: int = 0) -> QModelIndex:
        """Return the index of a record that was fetched already, else an invalid one."""
        number = self._number_of.get(id(record))
        if number is None:
            return QModelIndex()
        return self.createIndex(self._rows[number].place, column, number)

    def index_of(self, number: int) -> QModelIndex:
        """Return the index of a row's first column; invalid for the root."""
        if number == ROOT:
            return QModelIndex()
        return self.createIndex(self._rows[number].place, 0, number)

    def index_for_node(self, record: RecordNode) -> QModelIndex:
        """Return the index of a record, fetching it and some neighbours where needed.

        Parameters
        ----------
        record : RecordNode
            A record of the File-set shown.

        Returns
        -------
        QModelIndex
            Invalid if the record is not in the tree.
        """
        chain: list[RecordNode] = []
        above: RecordNode | None = record
        while above is not None and not above.is_root:
            chain.append(above)
            above = above.parent
        number: int | None = ROOT
        for link in reversed(chain):
            found = self._number_of.get(id(link))
            if found is None and number is not None:
                found = self._fetch_around(number, link)
            if found is None:
                return QModelIndex()
            number = found
        return self.known_index(record)

    def all_children(self, row: Row) -> Iterator[RecordNode]:
        """Yield the children of a row in the order shown, fetched or not."""
        for number in row.children or ():
            child = self._rows[number]
            if child.record is None:
                yield from child.hidden
            else:
                yield child.record
        yield from row.hidden

    # The model's own interface --------------------------------------------------------

    def index(self, row: int, column: int, parent: Index = NO_INDEX) -> QModelIndex:
        """Return the index of a row that was fetched."""
        number = ROOT
        if parent.isValid():
            if parent.column() != 0:
                return QModelIndex()
            number = parent.internalId()
        owner = self._rows.get(number)
        children = None if owner is None else owner.children
        if not children or not (0 <= row < len(children) and 0 <= column < COLUMNS):
            return QModelIndex()
        return self.createIndex(row, column, children[row])

    def parent(self, child: Index | None = None) -> Any:
        """Return the index of the record above, or the Qt parent when asked without one."""
        if child is None:
            return super().parent()
        row = self._rows.get(child.internalId()) if child.isValid() else None
        if row is None or row.parent == ROOT:
            return QModelIndex()
        return self.createIndex(self._rows[row.parent].place, 0, row.parent)

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        """Return how many rows below `parent` were fetched."""
        row = self._row_below(parent)
        return 0 if row is None or row.children is None else len(row.children)

    def columnCount(self, _parent: Index = NO_INDEX) -> int:
        """Return the number of columns, the same everywhere."""
        return COLUMNS

    def hasChildren(self, parent: Index = NO_INDEX) -> bool:
        """Return whether a record has children, fetched or not."""
        row = self._row_below(parent)
        return row is not None and (bool(row.children) or row.has_more)

    def canFetchMore(self, parent: Index) -> bool:
        """Return whether there are children after the last row.

        Not while an event is being told: whoever fetched then would nest one event in
        another, which no view can follow. Views ask again when they lay out.
        """
        row = self._row_below(parent)
        return row is not None and not self._telling and row.has_more

    def fetchMore(self, parent: Index) -> None:
        """Fetch the next batch of children."""
        row = self._row_below(parent)
        if row is None or row.record is None or self._telling:
            return
        number = parent.internalId() if parent.isValid() else ROOT
        self._open(number, row)
        batch, row.hidden = row.hidden[:BATCH], row.hidden[BATCH:]
        self._insert(number, len(row.children or ()), batch)

    def open_gap(self, index: Index) -> None:
        """Show some of the records in a gap: the first ones and the last ones."""
        number = index.internalId() if index.isValid() else ROOT
        gap = self._rows.get(number)
        if gap is None or gap.record is not None:
            return
        before, rest = gap.hidden[:BATCH], gap.hidden[BATCH:]
        split = max(0, len(rest) - BATCH)
        gap.hidden, after = rest[:split], rest[split:]
        self._insert(gap.parent, gap.place + 1, after)
        self._insert(gap.parent, gap.place, before)
        gap.look = None
        if gap.hidden:
            cell = self.index_of(number)
            self.dataChanged.emit(cell, cell)
        else:
            self._remove(gap.parent, gap.place, gap.place)

    def _row_below(self, parent: Index) -> Row | None:
        """Return the row whose children `parent` stands for."""
        if not parent.isValid():
            return self._rows.get(ROOT)
        return self._rows.get(parent.internalId()) if parent.column() == 0 else None

    # Fetching -------------------------------------------------------------------------

    def _ordered_children(self, number: int, row: Row) -> list[RecordNode]:
        """Return the children of a row in the order to show; of our own, not the engine's."""
        del number
        return [] if row.record is None else list(row.record.children)

    def _open(self, number: int, row: Row) -> None:
        """Take the list of children on first use."""
        if row.children is None:
            row.hidden = self._ordered_children(number, row)
            row.children = []

    def _fetch_around(self, number: int, record: RecordNode) -> int | None:
        """Fetch a record that was not fetched, and some before and after it."""
        row = self._rows.get(number)
        if row is None:
            return None
        self._open(number, row)
        for holder in self._holders(row):
            if record in holder.hidden:
                self._show_part(number, holder, holder.hidden.index(record))
                return self._number_of.get(id(record))
        return None

    def _holders(self, row: Row) -> Iterator[Row]:
        """Yield what holds children that are not shown: the row itself, and its gaps."""
        yield row
        for child in row.children or ():
            if self._rows[child].record is None:
                yield self._rows[child]

    def _show_part(self, number: int, holder: Row, place: int) -> None:
        """Show the records around a place in what is hidden, behind a gap if it is far."""
        hidden, row = holder.hidden, self._rows[number]
        in_gap = holder is not row
        start = max(0, place - BATCH // 2)
        if not in_gap and start <= 2 * BATCH:
            start = 0
        end = min(len(hidden), place + BATCH // 2 + 1)
        shown = hidden[start:end]
        if in_gap:
            self._insert(number, holder.place + 1, shown, hidden[end:], gap_after=True)
            holder.hidden = hidden[:start]
            if not holder.hidden:
                self._remove(number, holder.place, holder.place)
            return
        holder.hidden = hidden[end:]
        self._insert(number, len(row.children or ()), shown, hidden[:start])

    # Rows come and go -----------------------------------------------------------------

    def _insert(
        self,
        number: int,
        place: int,
        records: Sequence[RecordNode],
        gap: Sequence[RecordNode] = (),
        *,
        gap_after: bool = False,
    ) -> None:
        """Insert rows for `records` before `place`, with a gap before or after, as one event."""
        children = self._rows[number].children
        if not (records or gap) or children is None:
            return
        wanted: list[RecordNode | None] = list(records)
        if gap:
            wanted.insert(len(wanted) if gap_after else 0, None)
        self._telling = True
        self.beginInsertRows(self.index_of(number), place, place + len(wanted) - 1)
        fresh = [next(self._numbers) for _ in wanted]
        for child, record in zip(fresh, wanted, strict=True):
            self._rows[child] = made = Row(record, number, 0)
            if record is None:
                made.hidden = list(gap)
            else:
                self._number_of[id(record)] = child
        children[place:place] = fresh
        self._renumber(children, place)
        self.endInsertRows()
        self._telling = False

    def _remove(self, number: int, first: int, last: int) -> None:
        """Remove the rows `first` to `last` and all below them, as one event."""
        children = self._rows[number].children
        if children is None:
            return
        self._telling = True
        self.beginRemoveRows(self.index_of(number), first, last)
        gone = children[first : last + 1]
        del children[first : last + 1]
        self._renumber(children, first)
        while gone:
            row = self._rows.pop(gone.pop())
            self._number_of.pop(id(row.record), None)
            gone.extend(row.children or ())
        self.endRemoveRows()
        self._telling = False

    def _renumber(self, children: list[int], start: int) -> None:
        """Tell the rows from `start` on where they are now."""
        rows = self._rows
        for place in range(start, len(children)):
            rows[children[place]].place = place

    # Telling the views ----------------------------------------------------------------

    def _emit_row(self, number: int) -> None:
        """Say that all cells of a row changed."""
        row = self._rows.get(number)
        if row is not None and number != ROOT:
            row.text = row.look = None
            first = self.createIndex(row.place, 0, number)
            self.dataChanged.emit(first, self.createIndex(row.place, COLUMNS - 1, number))

    def _emit_all(self) -> None:
        """Say that every fetched row changed, one range for the children of each record."""
        for row in list(self._rows.values()):
            row.text = row.look = None
            if row.children:
                first, last = row.children[0], row.children[-1]
                self.dataChanged.emit(
                    self.createIndex(0, 0, first),
                    self.createIndex(len(row.children) - 1, COLUMNS - 1, last),
                )
