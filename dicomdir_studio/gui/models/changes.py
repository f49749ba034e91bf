"""All that is staged for the next write, grouped: additions, removals, properties."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, Qt
from PySide6.QtGui import QFont

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.columns import describe
from dicomdir_studio.gui.models.instances import instance_file_id, instance_title
from dicomdir_studio.gui.models.lazy import BATCH, ROOT, AnyIndex
from dicomdir_studio.gui.models.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomdir_studio.fileset import FileInstance, FileSet, RecordNode

CHANGE, WHAT, WHERE = range(3)
ADDITIONS, REMOVALS, PROPERTIES, RECORDS = range(4)
_GROUP = 0  # the id of an index that stands for a group; rows carry their group's kind plus one
_MOST_RANGES = 64  # more gaps than this and showing the group anew is cheaper


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property of the File-set with its old and new value."""

    name: str
    old: object
    new: object


@dataclass(slots=True)
class _Group:
    """One kind of change: all its rows, and how many of them views know of."""

    kind: int
    rows: list[FileInstance] | list[PropertyChange] = field(default_factory=list)
    shown: int = 0


def _same(shown: Sequence[object], staged: Sequence[object]) -> bool:
    """Return whether the shown rows are the ones that are staged: the same, or equal properties."""
    return len(shown) == len(staged) and all(
        mine is new or (isinstance(mine, PropertyChange) and mine == new)
        for mine, new in zip(shown, staged, strict=True)
    )


StagedRows: TypeAlias = tuple[
    list["FileInstance"], list["FileInstance"], list[PropertyChange], list[PropertyChange]
]


def staged_rows(file_set: FileSet) -> StagedRows:
    """Return all that is staged in a File-set, by kind; for many a job's work."""
    properties = [
        PropertyChange(name, old, new) for name, (old, new) in file_set.staged_properties.items()
    ]
    records = [
        PropertyChange(describe(node).title or node.record_type, node.has_icon, _declared(node))
        for node in file_set.rewritten_records
    ]
    additions, removals = file_set.staged_additions, file_set.staged_removals
    return list(additions), list(removals), properties, records


def _declared(record: RecordNode) -> str:
    """Return the character set that a record declares now."""
    value = record.get("SpecificCharacterSet")
    return value if isinstance(value, str) else "\\".join(value or ())


_STATES = {
    ADDITIONS: State.ADDED,
    REMOVALS: State.REMOVED,
    PROPERTIES: State.CHANGED,
    RECORDS: State.CHANGED,
}


class ChangesModel(QAbstractItemModel):
    """Groups that hold something, and under each its changes in batches.

    An index of a group has the id 0, one of a change the kind of its group plus one: no pointer
    to a Python object leaves the model.
    """

    HEADERS: ClassVar[tuple[str, ...]] = ("Change", "What", "Where")

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups: list[_Group] = []

    # -- content -------------------------------------------------------------------------------

    def show_rows(self, rows: StagedRows) -> None:
        """Show what `staged_rows` returned; what stays keeps its rows and selection."""
        additions, removals, properties, records = rows
        self._update_group(ADDITIONS, additions)
        self._update_group(REMOVALS, removals)
        self._update_group(PROPERTIES, properties)
        self._update_group(RECORDS, records)

    def clear(self) -> None:
        """Show nothing, for a File-set that was closed."""
        self.beginResetModel()
        self._groups.clear()
        self.endResetModel()

    def kinds(self) -> list[int]:
        """Return the kinds that have a group, in the order shown."""
        return [group.kind for group in self._groups]

    def count(self, kind: int) -> int:
        """Return how many changes of a kind are staged, shown or not."""
        group = self._group_of(kind)
        return len(group.rows) if group else 0

    def instances(self, kind: int) -> list[FileInstance]:
        """Return all staged instances of a kind, shown or not."""
        group = self._group_of(kind)
        rows = group.rows if group else []
        return [row for row in rows if not isinstance(row, PropertyChange)]

    def property_names(self) -> list[str]:
        """Return the names of the staged properties."""
        group = self._group_of(PROPERTIES)
        rows = group.rows if group else []
        return [row.name for row in rows if isinstance(row, PropertyChange)]

    def change(self, index: AnyIndex) -> FileInstance | PropertyChange | None:
        """Return the change at an index, None for a group or an invalid index."""
        if not index.isValid() or index.internalId() == _GROUP:
            return None
        group = self._group_of(index.internalId() - 1)
        return group.rows[index.row()] if group and index.row() < group.shown else None

    def kind(self, index: AnyIndex) -> int | None:
        """Return the kind of the group that an index is or lies in."""
        if not index.isValid():
            return None
        if index.internalId() == _GROUP:
            return self._groups[index.row()].kind
        return int(index.internalId()) - 1

    def _group_of(self, kind: int) -> _Group | None:
        return next((group for group in self._groups if group.kind == kind), None)

    def _group_index(self, group: _Group) -> QModelIndex:
        return self.createIndex(self._groups.index(group), 0, _GROUP)

    # -- changing in paired events -------------------------------------------------------------

    def _update_group(self, kind: int, rows: list[FileInstance] | list[PropertyChange]) -> None:
        group = self._group_of(kind)
        if group is None:
            if rows:
                self._insert_group(kind, rows)
            return
        if not rows:
            row = self._groups.index(group)
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._groups[row]
            self.endRemoveRows()
            return
        if not _same(group.rows[: group.shown], rows[: group.shown]):
            self._drop_vanished(group, rows)
        if not _same(group.rows[: group.shown], rows[: group.shown]):
            self._drop_range(group, 0, group.shown - 1)
        group.rows = rows
        parent = self._group_index(group)
        self.dataChanged.emit(parent, parent.siblingAtColumn(WHERE))
        if group.shown < min(BATCH, len(rows)):
            self.fetchMore(parent)

    def _insert_group(self, kind: int, rows: list[FileInstance] | list[PropertyChange]) -> None:
        place = sum(group.kind < kind for group in self._groups)
        self.beginInsertRows(QModelIndex(), place, place)
        self._groups.insert(place, _Group(kind, rows, min(BATCH, len(rows))))
        self.endInsertRows()

    def _drop_vanished(
        self, group: _Group, rows: list[FileInstance] | list[PropertyChange]
    ) -> None:
        """Take out the shown rows that are no longer staged, range by range from the end."""
        properties = group.kind == PROPERTIES  # few, and a value may be a list: not hashable
        staying = set(map(id, rows))
        gaps: list[tuple[int, int]] = []
        for place, row in enumerate(group.rows[: group.shown]):
            if row in rows if properties else id(row) in staying:
                continue
            if gaps and gaps[-1][1] == place - 1:
                gaps[-1] = (gaps[-1][0], place)
            else:
                gaps.append((place, place))
        if len(gaps) > _MOST_RANGES:
            gaps = [(0, group.shown - 1)]
        for first, last in reversed(gaps):
            self._drop_range(group, first, last)

    def _drop_range(self, group: _Group, first: int, last: int) -> None:
        if last < first:
            return
        self.beginRemoveRows(self._group_index(group), first, last)
        del group.rows[first : last + 1]
        group.shown -= last - first + 1
        self.endRemoveRows()

    # -- Qt's model interface ------------------------------------------------------------------

    def index(self, row: int, column: int, parent: AnyIndex = ROOT) -> QModelIndex:
        """Return the index of a group or of a change."""
        if row < 0 or not 0 <= column < len(self.HEADERS) or row >= self.rowCount(parent):
            return QModelIndex()
        if not parent.isValid():
            return self.createIndex(row, column, _GROUP)
        return self.createIndex(row, column, self._groups[parent.row()].kind + 1)

    def hasChildren(self, parent: AnyIndex = ROOT) -> bool:
        """Return whether there are groups, or whether a row is one: none is empty."""
        return bool(self._groups) and (not parent.isValid() or parent.internalId() == _GROUP)

    def parent(self, index: AnyIndex = ROOT) -> QModelIndex:  # type: ignore[override]
        """Return the group of a change."""
        if not index.isValid() or index.internalId() == _GROUP:
            return QModelIndex()
        group = self._group_of(index.internalId() - 1)
        return QModelIndex() if group is None else self._group_index(group)

    def rowCount(self, parent: AnyIndex = ROOT) -> int:
        """Return the number of groups, or of a group's rows that views know of."""
        if not parent.isValid():
            return len(self._groups)
        if parent.internalId() == _GROUP and parent.column() == 0:
            return self._groups[parent.row()].shown
        return 0

    def columnCount(self, parent: AnyIndex = ROOT) -> int:
        """Return the number of columns."""
        del parent
        return len(self.HEADERS)

    def canFetchMore(self, parent: AnyIndex) -> bool:
        """Return whether a group holds rows that no view has asked for."""
        if not parent.isValid() or parent.internalId() != _GROUP:
            return False
        group = self._groups[parent.row()]
        return group.shown < len(group.rows)

    def fetchMore(self, parent: AnyIndex) -> None:
        """Hand out a group's next batch."""
        if not self.canFetchMore(parent):
            return
        group = self._groups[parent.row()]
        until = min(group.shown + BATCH, len(group.rows))
        self.beginInsertRows(self._group_index(group), group.shown, until - 1)
        group.shown = until
        self.endInsertRows()

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Return the name of a column."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.tr(self.HEADERS[section])
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a group's or a change's cell shows."""
        kind = self.kind(index)
        if kind is None:
            return None
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == CHANGE:
            return _STATES[kind].brush()
        change = self.change(index)
        if change is None:
            return self._group_data(kind, index.column(), role)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts(kind, change)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(text for text in self._texts(kind, change) if text)
        return None

    def _group_data(self, kind: int, column: int, role: int) -> object:
        group = self._group_of(kind)
        if group is None or column != CHANGE:
            return None
        if role == Qt.ItemDataRole.FontRole:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.DisplayRole:
            names = (
                self.tr("Additions"),
                self.tr("Removals"),
                self.tr("Properties"),
                self.tr("Records"),
            )
            return f"{names[kind]} ({wording.number(len(group.rows))})"
        return None

    def _texts(self, kind: int, change: FileInstance | PropertyChange) -> tuple[str, str, str]:
        """Return badge and word, what, and where, of one change."""
        label = _STATES[kind].label
        if isinstance(change, PropertyChange) and kind == RECORDS:
            icon = self.tr("Icon") if change.old else ""
            declared = self.tr("Character set {0}").format(change.new) if change.new else ""
            return label, change.name, wording.joined(icon, declared)
        if isinstance(change, PropertyChange):
            return label, self.property_title(change.name), self._from_to(change)
        where = change.path if kind == ADDITIONS else instance_file_id(change)
        return label, instance_title(change), str(where or "")

    def _from_to(self, change: PropertyChange) -> str:
        nothing = self.tr("(none)")
        old = wording.file_id_text(change.old) or nothing
        return f"{old} → {wording.file_id_text(change.new) or nothing}"

    def property_title(self, name: str) -> str:
        """Return the Standard's name of a property of the File-set (PS3.3 F.3.2.1)."""
        titles = {
            "ID": self.tr("File-set ID"),
            "UID": self.tr("File-set UID"),
            "descriptor_file_id": self.tr("Descriptor File ID"),
            "descriptor_character_set": self.tr("Descriptor character set"),
        }
        return titles.get(name, name)
