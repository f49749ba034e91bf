"""The tree of records: drops, keys, context menu, and what it says when it is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QTreeView

from dicomdir_studio.gui import icons, style
from dicomdir_studio.gui.drops import carries_files, dropped
from dicomdir_studio.gui.models.columns import Column
from dicomdir_studio.gui.views.column_widths import fitting_widths, usual_widths
from dicomdir_studio.gui.views.delegates import RecordDelegate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PySide6.QtCore import QPersistentModelIndex
    from PySide6.QtGui import (
        QDragEnterEvent,
        QDragLeaveEvent,
        QDragMoveEvent,
        QDropEvent,
        QPaintEvent,
        QResizeEvent,
    )
    from PySide6.QtWidgets import QWidget

    from dicomdir_studio.fileset import RecordNode
    from dicomdir_studio.gui.models.records import RecordTreeModel

# So few new instances are shown down to the last one, more down to patient or study.
_FEW_INSTANCES = 50
_EXPAND_LIMIT = 2_000
# So many search hits are selected at once: more is a list, not a place.
_MOST_SHOWN = 200
# So many patients, and studies of each, are opened when a File-set comes.
_FEW_PATIENTS, _FEW_STUDIES = 24, 12


class RecordView(QTreeView):
    """Shows a `RecordTreeModel`.

    Parameters
    ----------
    model : RecordTreeModel
        What is shown.
    parent : QWidget, optional
        The Qt parent.

    Attributes
    ----------
    paths_dropped : Signal(object)
        What the user dropped, as `dropped` returns it.
    menu_wanted : Signal(QPoint)
        The context menu is asked for, at a place on the screen.
    selection_changed : Signal()
        Other records are selected.
    fits_name : bool
        The name column takes what room there is; False once the user set a width.
    """

    paths_dropped = Signal(object)
    menu_wanted = Signal(QPoint)
    selection_changed = Signal()

    def __init__(self, model: RecordTreeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._records = model
        self._hot = False
        self._fitting = False
        self.fits_name = True
        self.setModel(model)
        self.setItemDelegate(RecordDelegate(model, self))
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAcceptDrops(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DropOnly)
        self.setMouseTracking(True)
        self.setIndentation(20)
        self.setAccessibleName(self.tr("Directory records"))
        self._prepare_header()
        self.activated.connect(model.open_gap)
        self.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())

    def _prepare_header(self) -> None:
        """Set the widths and the sorting that the user meets at first."""
        header = self.header()
        header.setStretchLastSection(True)
        header.setSectionsMovable(True)
        header.setFirstSectionMovable(False)
        header.setSortIndicatorClearable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(56)
        for column, width in usual_widths(self).items():
            header.resizeSection(column, width)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        header.sectionResized.connect(self._section_resized)
        header.sectionMoved.connect(self._section_resized)

    def _section_resized(self, section: int, _old: int, _new: int) -> None:
        """Leave the columns alone from the moment that the user sets one."""
        if not self._fitting and section != Column.STATE:
            self.fits_name = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the names what room there is, until the user sets a width."""
        super().resizeEvent(event)
        if not self.fits_name or self._fitting:
            return
        self._fitting = True
        for column, width in fitting_widths(self).items():
            self.header().resizeSection(column, width)
        self._fitting = False

    # What is selected ---------------------------------------------------------------------

    def selected_records(self) -> list[RecordNode]:
        """Return the selected records, without those below another selected one."""
        rows = self.selectionModel().selectedRows(0)
        records = [record for index in rows if (record := self._records.record_at(index))]
        chosen = {id(record) for record in records}
        return [record for record in records if not _is_below(record, chosen)]

    def count_selected(self) -> int:
        """Return how many rows are selected, without a look at each."""
        selection = self.selectionModel().selection()
        spans = (selection.at(place) for place in range(selection.count()))
        return sum(span.height() for span in spans if span.left() == 0)

    def each_selected(self) -> Iterator[RecordNode]:
        """Yield the selected records one by one, also those below another selected one.

        To ask something of the first few does not take a look at all.
        """
        selection = self.selectionModel().selection()
        for span in (selection.at(place) for place in range(selection.count())):
            if span.left() == 0:
                for row in range(span.top(), span.bottom() + 1):
                    index = self._records.index(row, 0, span.parent())
                    record = self._records.record_at(index)
                    if record is not None:
                        yield record

    def current_record(self) -> RecordNode | None:
        """Return the record that has the keyboard."""
        return self._records.record_at(self.currentIndex())

    def show_records(self, records: Sequence[RecordNode]) -> None:
        """Select these records, open the ones above them and scroll to the first."""
        found = [self._records.index_for_node(record) for record in records[:_MOST_SHOWN]]
        found = [index for index in found if index.isValid()]
        flags = QItemSelectionModel.SelectionFlag
        chooser = self.selectionModel()
        if found:
            chooser.setCurrentIndex(found[0], flags.NoUpdate)
        chooser.clearSelection()
        for index in found:
            chooser.select(index, flags.Select | flags.Rows)
        if found:
            self.scrollTo(found[0], QAbstractItemView.ScrollHint.PositionAtCenter)

    def expand_below(self, records: Sequence[RecordNode]) -> None:
        """Open the records and those below, down to the series, and so many at most."""
        waiting = [self._records.index_for_node(record) for record in records]
        opened = 0
        while waiting and opened < _EXPAND_LIMIT:
            index = waiting.pop()
            if not self._records.hasChildren(index):
                continue
            count = self._open(index)
            opened += 1
            waiting.extend(self._records.index(row, 0, index) for row in range(count))

    def expand_first_levels(self) -> None:
        """Open patients and studies of a set that was just loaded, if they are few."""
        if self._fetched(QModelIndex()) > _FEW_PATIENTS:
            return
        for row in range(self._records.rowCount()):
            patient = self._records.index(row, 0)
            if self._open(patient) <= _FEW_STUDIES:
                for study in range(self._records.rowCount(patient)):
                    self.expand(self._records.index(study, 0, patient))

    def _open(self, index: QModelIndex) -> int:
        """Open a record and return how many children were fetched, some at least."""
        count = self._fetched(index)
        self.expand(index)
        return count

    def _fetched(self, index: QModelIndex) -> int:
        """Fetch the first children; a view with a layout still to come does not do it itself."""
        if not self._records.rowCount(index) and self._records.canFetchMore(index):
            self._records.fetchMore(index)
        return self._records.rowCount(index)

    def reveal(self, records: Sequence[RecordNode]) -> None:
        """Open the records above these, and those of these that are patients or studies."""
        last = QModelIndex()
        for record in records:
            above: RecordNode | None = record if record.instance is None else record.parent
            while above is not None and not above.is_root:
                index = self._records.index_for_node(above)
                self.expand(index)
                above = above.parent
            last = self._records.known_index(record)
            if record.instance is None and record.tally.instances <= _FEW_INSTANCES:
                self.expand_below([record])
        if last.isValid():
            self.scrollTo(last)

    def open_keys(self) -> list[tuple[str, ...]]:
        """Return which records are open, by their keys from the top, lowest last."""
        found: list[tuple[str, ...]] = []
        waiting: list[tuple[QModelIndex, tuple[str, ...]]] = [(QModelIndex(), ())]
        while waiting:
            parent, above = waiting.pop()
            for row in range(self._records.rowCount(parent)):
                index = self._records.index(row, 0, parent)
                record = self._records.record_at(index)
                if record is not None and self.isExpanded(index):
                    keys = (*above, record.key)
                    found.append(keys)
                    waiting.append((index, keys))
        return found

    def current_keys(self) -> tuple[str, ...]:
        """Return the keys that lead to the record with the keyboard, none if there is none."""
        record = self.current_record()
        return () if record is None else tuple(one.key for one in record.reverse())[::-1]

    def open_again(self, keys: Sequence[tuple[str, ...]], current: tuple[str, ...] = ()) -> None:
        """Open the records that `open_keys` named, and select one, as far as they are there."""
        for chain in keys:
            record = self._record_of(chain)
            if record is not None:
                self.expand(self._records.index_for_node(record))
        record = self._record_of(current) if current else None
        if record is not None:
            self.setCurrentIndex(self._records.index_for_node(record))

    def _record_of(self, chain: tuple[str, ...]) -> RecordNode | None:
        """Return the record that keys lead to from the top."""
        record = self._records.root
        if record is None:
            return None
        try:
            for key in chain:
                record = record[key]
        except KeyError:
            return None
        return record

    # One lock of the interpreter for each event, not one for each cell -----------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, or what to do where there are none."""
        super().paintEvent(event)
        if self._hot or not self._records.hasChildren(QModelIndex()):
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self._records.hasChildren(QModelIndex()):
                self._paint_empty(painter)
            if self._hot:
                self._paint_frame(painter)
            painter.end()

    def doItemsLayout(self) -> None:
        """Lay out the rows; overridden so that a busy worker cannot slip in between them."""
        super().doItemsLayout()

    def drawBranches(
        self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint the sign that opens a record, and carry the row's ground to the left edge."""
        inks = style.inks()
        if self.selectionModel().isSelected(index):
            painter.fillRect(rect, inks.selection)
        if not self._records.hasChildren(index):
            return
        size = 14
        name = "branch-open" if self.isExpanded(index) else "branch-closed"
        drawn = icons.pixmap(name, inks.muted_name, size, self.devicePixelRatioF())
        left = rect.right() - self.indentation() + (self.indentation() - size) // 2 + 1
        painter.drawPixmap(left, rect.top() + (rect.height() - size) // 2, drawn)

    def changeEvent(self, event: QEvent) -> None:
        """Paint anew in new colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.viewport().update()

    # Drops and the context menu ----------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files, nothing else."""
        self._consider(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Take files anywhere: what they are says where they go."""
        if self._hot:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Stop showing that a drop would be taken."""
        self._set_hot(hot=False)
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        """Say what was dropped."""
        self._set_hot(hot=False)
        paths = dropped(event.mimeData())
        if paths:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.paths_dropped.emit(paths)
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu, by mouse at the pointer and by key at the row."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            below = self.visualRect(self.currentIndex()).bottomLeft()
            self.menu_wanted.emit(self.viewport().mapToGlobal(below))
        else:
            self.menu_wanted.emit(event.globalPos())
        event.accept()

    def _consider(self, event: QDragMoveEvent) -> None:
        """Accept a drag that carries files, as a copy; looked at once, when it comes in."""
        if carries_files(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._set_hot(hot=True)
        else:
            event.ignore()

    def _set_hot(self, *, hot: bool) -> None:
        """Show or hide the frame that says "drop here"."""
        if hot != self._hot:
            self._hot = hot
            self.viewport().update()

    def _paint_frame(self, painter: QPainter) -> None:
        """Paint the frame of a drop that would be taken."""
        pen = QPen(QColor(style.colours().accent), 2)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        area = self.viewport().rect().adjusted(3, 3, -3, -3)
        painter.drawRoundedRect(area, style.RADIUS, style.RADIUS)

    def _paint_empty(self, painter: QPainter) -> None:
        """Say how records get here."""
        shown = style.colours()
        area = self.viewport().rect()
        middle = area.center()
        drawn = icons.pixmap("drop", shown.muted, 40, self.devicePixelRatioF())
        painter.drawPixmap(middle.x() - 20, middle.y() - 72, drawn)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        painter.setFont(font)
        painter.setPen(QColor(shown.text))
        line = area.adjusted(24, 0, -24, 0)
        line.setTop(middle.y() - 18)
        centred = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(line, centred, self.tr("This File-set holds no instances yet"))
        painter.setFont(self.font())
        painter.setPen(QColor(shown.muted))
        line.setTop(middle.y() + 14)
        painter.drawText(
            line,
            centred | Qt.TextFlag.TextWordWrap,
            self.tr("Drop DICOM files or folders here. Nothing is copied until you write."),
        )


def _is_below(record: RecordNode, chosen: set[int]) -> bool:
    """Return whether one of the records above is among the chosen ones."""
    above: RecordNode | None = record.parent
    while above is not None:
        if id(above) in chosen:
            return True
        above = above.parent
    return False
