"""The tree of directory records as a Qt model that owns its table of rows.

Indices carry the number of a row, never a pointer to a Python object: a number
whose row has gone answers with nothing, where a stale pointer ends the process.
Rows are fetched in batches as they are seen, and changed in paired events.
"""

from __future__ import annotations

from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from dicomdir_studio.gui.models.columns import HEADINGS, Column, RecordText, describe
from dicomdir_studio.gui.models.record_roles import RecordRole, RowFacts, data_for
from dicomdir_studio.gui.models.record_sorting import Sorting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomdir_studio.fileset import Change, FileInstance, FileSet, RecordNode

Index = QModelIndex | QPersistentModelIndex
ROOT = 0
BATCH = 256
_NO_INDEX = QModelIndex()
_LEAF_FLAGS = (
    Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
)
_PARENT_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class Row:
    """One row of the table: a record, and its children as far as they were fetched."""

    __slots__ = ("children", "parent", "pending", "place", "record", "text")

    def __init__(self, record: RecordNode, parent: int, place: int) -> None:
        self.record = record
        self.parent = parent
        self.place = place
        self.children: list[int] | None = None
        self.pending: list[RecordNode] = []
        self.text: RecordText | None = None


class RecordTreeModel(QAbstractItemModel):
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
        self._numbers = count(ROOT + 1)
        self._rows: dict[int, Row] = {}
        self._number_of: dict[int, int] = {}
        self._file_set: FileSet | None = None
        self._facts = RowFacts()
        self._telling = False
        self._sorting = Sorting(self)

    # What is shown ------------------------------------------------------------------

    @property
    def file_set(self) -> FileSet | None:
        """The File-set shown, or None."""
        return self._file_set

    @property
    def sorting(self) -> Sorting:
        """How the children of each record are ordered."""
        return self._sorting

    def set_file_set(self, file_set: FileSet | None) -> None:
        """Show another File-set, or nothing."""
        self._telling = True
        self.beginResetModel()
        self._sorting.forget()
        self._rows.clear()
        self._number_of.clear()
        self._facts.clear()
        self._file_set = file_set
        if file_set is not None:
            self._rows[ROOT] = Row(file_set.tree, -1, 0)
        self.endResetModel()
        self._telling = False

    def record_at(self, index: Index) -> RecordNode | None:
        """Return the record of a row, None for an index that is not, or no longer, one."""
        row = self._rows.get(index.internalId()) if index.isValid() else None
        return None if row is None else row.record

    def known_index(self, record: RecordNode, column: int = 0) -> QModelIndex:
        """Return the index of a record that was fetched already, else an invalid one."""
        number = self._number_of.get(id(record))
        if number is None:
            return QModelIndex()
        return self.createIndex(self._rows[number].place, column, number)

    def index_for_node(self, record: RecordNode) -> QModelIndex:
        """Return the index of a record, fetching the rows before it where needed.

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
        number = ROOT
        for link in reversed(chain):
            found = self._number_of.get(id(link))
            if found is None:
                found = self._fetch_up_to(number, link)
            if found is None:
                return QModelIndex()
            number = found
        return self.known_index(record)

    # The model's own interface --------------------------------------------------------

    def index(self, row: int, column: int, parent: Index = _NO_INDEX) -> QModelIndex:
        """Return the index of a row that was fetched."""
        number = ROOT
        if parent.isValid():
            if parent.column() != 0:
                return QModelIndex()
            number = parent.internalId()
        owner = self._rows.get(number)
        children = None if owner is None else owner.children
        if not children or not (0 <= row < len(children) and 0 <= column < len(Column)):
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

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Return how many rows below `parent` were fetched."""
        row = self._row_below(parent)
        return 0 if row is None or row.children is None else len(row.children)

    def columnCount(self, _parent: Index = _NO_INDEX) -> int:
        """Return the number of columns, the same everywhere."""
        return len(Column)

    def hasChildren(self, parent: Index = _NO_INDEX) -> bool:
        """Return whether a record has children, fetched or not."""
        row = self._row_below(parent)
        if row is None:
            return False
        if row.children is None:
            return bool(row.record.children)
        return bool(row.children) or bool(row.pending)

    def canFetchMore(self, parent: Index) -> bool:
        """Return whether there are children that were not fetched.

        Not while an event is being told: whoever fetched then would nest one event in
        another, which no view can follow. Views ask again when they lay out.
        """
        row = self._row_below(parent)
        if row is None or self._telling:
            return False
        return bool(row.record.children) if row.children is None else bool(row.pending)

    def fetchMore(self, parent: Index) -> None:
        """Fetch the next batch of children."""
        number = parent.internalId() if parent.isValid() else ROOT
        row = self._row_below(parent)
        if row is not None and not self._telling:
            self._open(number)
            self._fetch(number, BATCH)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return that a row can be selected, and whether it can be opened."""
        row = self._rows.get(index.internalId()) if index.isValid() else None
        if row is None:
            return Qt.ItemFlag.NoItemFlags
        leaf = row.children is None and not row.record.children
        return _LEAF_FLAGS if leaf and row.record.instance is not None else _PARENT_FLAGS

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        row = self._rows.get(index.internalId()) if index.isValid() else None
        if row is None:
            return None
        if role == RecordRole.RECORD:
            return row.record
        if row.text is None:
            row.text = describe(row.record)
        value = data_for(row.record, row.text, Column(index.column()), role, self._facts)
        if self._facts.newly_wanted:
            self._facts.newly_wanted = False
            self.sizes_wanted.emit()
        return value

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return the heading of a column."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(Column):
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

    # Sizes, read elsewhere --------------------------------------------------------------

    def take_wanted_sizes(self) -> list[FileInstance]:
        """Return the instances shown whose size nobody has read yet, and forget the list."""
        return self._facts.take_wanted()

    def set_sizes(self, sizes: Iterable[tuple[FileInstance, int | None]]) -> None:
        """Take in sizes in bytes that a job read."""
        for instance, size in sizes:
            self._facts.set_size(instance, size)
            self._emit_cell(instance.node, Column.SIZE)

    def known_size(self, record: RecordNode) -> int | None:
        """Return the size of a record's file in bytes if it is known without a look at it."""
        return None if record.instance is None else self._facts.size_of(record.instance)

    # Changes ----------------------------------------------------------------------------

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
        self._sorting.run_soon()

    def refresh(self) -> None:
        """Bring every fetched row in line with the engine, after a write for instance."""
        for number in [n for n, row in self._rows.items() if row.children is not None]:
            if number in self._rows:
                self.synchronise(number)
        self._emit_all()
        self._sorting.run_soon()

    def synchronise(self, number: int, wanted: Sequence[RecordNode] | None = None) -> None:
        """Make the fetched children of one row those of the engine.

        Parameters
        ----------
        number : int
            The row; nothing happens if its children were never fetched.
        wanted : sequence of RecordNode, optional
            All children in the order to show; by default the sorted or natural one.
        """
        row = self._rows.get(number)
        if row is None or row.children is None:
            if row is not None and number != ROOT:
                self._emit_row(number)
            return
        order = list(wanted) if wanted is not None else self._sorting.order(number, row)
        complete = not row.pending
        self._drop_missing(number, row, order, complete=complete)
        self._reorder(number, row, order)
        row.pending = []
        self._insert_missing(number, row, order, complete=complete)

    # Behind it ----------------------------------------------------------------------------

    def rows(self) -> dict[int, Row]:
        """Return the table itself, for `Sorting`."""
        return self._rows

    def index_of(self, number: int) -> QModelIndex:
        """Return the index of a row's first column; invalid for the root."""
        if number == ROOT:
            return QModelIndex()
        return self.createIndex(self._rows[number].place, 0, number)

    def _row_below(self, parent: Index) -> Row | None:
        """Return the row whose children `parent` stands for."""
        if not parent.isValid():
            return self._rows.get(ROOT)
        return self._rows.get(parent.internalId()) if parent.column() == 0 else None

    def _open(self, number: int) -> None:
        """Take the list of children on first use; a list of our own, not the engine's."""
        row = self._rows[number]
        if row.children is None:
            row.pending = self._sorting.order(number, row)
            row.children = []

    def _fetch(self, number: int, amount: int) -> None:
        """Insert the next `amount` children as rows."""
        row = self._rows[number]
        batch, row.pending = row.pending[:amount], row.pending[amount:]
        self._insert(number, len(row.children or ()), batch)

    def _fetch_up_to(self, number: int, record: RecordNode) -> int | None:
        """Fetch children up to and with `record` in one range and return its row."""
        if number not in self._rows:
            return None
        self._open(number)
        pending = self._rows[number].pending
        place = next((i for i, child in enumerate(pending) if child is record), None)
        if place is None:
            return None
        self._fetch(number, max(BATCH, place + 1))
        return self._number_of.get(id(record))

    def _insert(self, number: int, place: int, records: Sequence[RecordNode]) -> None:
        """Insert rows for `records` before `place`, as one event."""
        children = self._rows[number].children
        if not records or children is None:
            return
        self._telling = True
        self.beginInsertRows(self.index_of(number), place, place + len(records) - 1)
        fresh = []
        for offset, record in enumerate(records):
            child = next(self._numbers)
            self._rows[child] = Row(record, number, place + offset)
            self._number_of[id(record)] = child
            fresh.append(child)
        children[place:place] = fresh
        self._renumber(children, place + len(fresh))
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

    def _drop_missing(
        self, number: int, row: Row, order: list[RecordNode], *, complete: bool
    ) -> None:
        """Remove rows that are no longer children, or no longer among the first ones."""
        children = row.children or []
        kept = order if complete else order[: 2 * len(children) + BATCH]
        wanted = {id(record) for record in kept}
        rows = self._rows
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

    def _reorder(self, number: int, row: Row, order: list[RecordNode]) -> None:
        """Bring the rows that are left into the wanted order."""
        children = row.children or []
        places = {id(record): place for place, record in enumerate(order)}
        rows = self._rows
        keys = [places[id(rows[child].record)] for child in children]
        if all(a < b for a, b in pairwise(keys)):
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

    def _insert_missing(
        self, number: int, row: Row, order: list[RecordNode], *, complete: bool
    ) -> None:
        """Insert the wanted rows that are not there; what follows the last waits its turn."""
        rows, place, start = self._rows, 0, 0
        while row.children and place < len(row.children):
            record = rows[row.children[place]].record
            end = start
            while order[end] is not record:
                end += 1
            for first in range(start, end, BATCH):
                batch = order[first : min(end, first + BATCH)]
                self._insert(number, place, batch)
                place += len(batch)
            start, place = end + 1, place + 1
        tail = order[start:]
        now = BATCH if complete else max(0, BATCH - place)
        row.pending = tail[now:]
        self._insert(number, place, tail[:now])

    # Telling the views ----------------------------------------------------------------------

    def _announce(self, parents: Sequence[RecordNode], altered: Sequence[FileInstance]) -> None:
        """Say that cells changed: of the altered rows and of all that count them."""
        if len(altered) + len(parents) > BATCH:
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

    def _emit_row(self, number: int) -> None:
        """Say that all cells of a row changed."""
        row = self._rows.get(number)
        if row is not None and number != ROOT:
            row.text = None
            first = self.createIndex(row.place, 0, number)
            self.dataChanged.emit(first, self.createIndex(row.place, len(Column) - 1, number))

    def _emit_cell(self, record: RecordNode, column: Column) -> None:
        """Say that one cell changed."""
        index = self.known_index(record, column)
        if index.isValid():
            self.dataChanged.emit(index, index)

    def _emit_all(self) -> None:
        """Say that every fetched row changed, one range for the children of each record."""
        for row in list(self._rows.values()):
            if row.children:
                for child in row.children:
                    self._rows[child].text = None
                first, last = row.children[0], row.children[-1]
                self.dataChanged.emit(
                    self.createIndex(0, 0, first),
                    self.createIndex(len(row.children) - 1, len(Column) - 1, last),
                )
