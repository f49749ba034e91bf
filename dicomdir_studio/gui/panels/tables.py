"""Tables that look and answer alike: rows of a model in a flat tree view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from dicomdir_studio.gui.models.lazy import AnyIndex

_MOST_COPIED = 10_000
ROW_PADDING = 10


class RoomyDelegate(QStyledItemDelegate):
    """Gives rows room to be read and hit, and shortens paths where they tell least.

    Parameters
    ----------
    parent : QWidget
        The view.
    paths : tuple of int
        Columns of paths, UIDs and File IDs: their ends say more than their middles.
    """

    def __init__(self, parent: QWidget, paths: tuple[int, ...] = ()) -> None:
        super().__init__(parent)
        self._paths = paths

    def initStyleOption(self, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Choose which part of a long text is left out."""
        super().initStyleOption(option, index)
        if index.column() in self._paths:
            option.textElideMode = Qt.TextElideMode.ElideMiddle

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Return the usual size with the height of a line and its padding."""
        usual = super().sizeHint(option, index)
        metrics = option.fontMetrics
        return QSize(usual.width(), metrics.height() + ROW_PADDING)


class TableView(QTreeView):
    """A tree view that has the interpreter for a whole event, not anew for each cell.

    A busy worker would slip in between two cells, some milliseconds at a time.
    """

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows."""
        super().paintEvent(event)

    def doItemsLayout(self) -> None:
        """Lay out the rows."""
        super().doItemsLayout()


def table_view(
    model: QAbstractItemModel,
    name: str,
    parent: QWidget,
    *,
    tree: bool = False,
    paths: tuple[int, ...] = (),
) -> QTreeView:
    """Return a view of whole rows for a lazily filled model.

    Parameters
    ----------
    model : QAbstractItemModel
        What to show.
    name : str
        The accessible name, translated.
    parent : QWidget
        The Qt parent.
    tree : bool, default False
        Whether rows have children that open and close.
    paths : tuple of int
        Columns whose long texts are shortened in the middle.
    """
    view = TableView(parent)
    view.setModel(model)
    view.setItemDelegate(RoomyDelegate(view, paths))
    view.setAccessibleName(name)
    view.setStyleSheet("QTreeView::item { padding: 0 5px; }")
    view.setUniformRowHeights(True)
    view.setRootIsDecorated(tree)
    view.setItemsExpandable(tree)
    view.setAlternatingRowColors(not tree)
    view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setTextElideMode(Qt.TextElideMode.ElideRight)
    view.setTabKeyNavigation(False)
    view.header().setStretchLastSection(True)
    view.header().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), view)
    copy.setContext(Qt.ShortcutContext.WidgetShortcut)
    copy.activated.connect(lambda: copy_rows(view))
    return view


def copy_rows(view: QTreeView) -> None:
    """Put the selected rows on the clipboard, cells parted by tabs."""
    rows = view.selectionModel().selectedRows()[:_MOST_COPIED]
    columns = range(view.model().columnCount())
    lines = [
        "\t".join(str(row.siblingAtColumn(column).data() or "") for column in columns)
        for row in rows
    ]
    if lines:
        QApplication.clipboard().setText("\n".join(lines))


def set_widths(
    view: QTreeView, characters: tuple[int, ...], *, filling: tuple[int, ...] = ()
) -> None:
    """Set the columns' first widths, in characters of the view's font; no heading is cut.

    The columns `filling` have the width that the others leave, and their first one at least.
    """
    view.header().ensurePolished()  # else the padding of headings is not known yet
    step = view.fontMetrics().averageCharWidth()
    for column, count in enumerate(characters):
        heading = view.header().sectionSizeHint(column) if view.header().isVisibleTo(view) else 0
        view.setColumnWidth(column, max(step * count + 24, heading))
    if filling:
        fill_with(view, {column: view.columnWidth(column) for column in filling})


def fill_with(view: QTreeView, leasts: dict[int, int]) -> None:
    """Give columns the width that the others leave.

    Parameters
    ----------
    view : QTreeView
        The view, with its first widths set.
    leasts : dict of int
        The columns that tell most, each with its least width in pixels.
    """
    view.viewport().installEventFilter(_Filling(view, leasts))


class _Filling(QObject):
    """Lets some columns take what room the others leave."""

    def __init__(self, view: QTreeView, leasts: dict[int, int]) -> None:
        super().__init__(view)
        self._view, self._leasts = view, leasts
        self._is_filled = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Divide the room anew."""
        if event.type() == QEvent.Type.Resize:
            header = self._view.header()
            header.setStretchLastSection(False)  # it has its own width again, to be measured
            others = header.length() - sum(map(header.sectionSize, self._leasts))
            room = self._view.viewport().width() - others
            has_room = room >= len(self._leasts) * max(self._leasts.values())
            if has_room != self._is_filled:
                self._fill(filled=has_room)
            header.setStretchLastSection(not has_room)
        return super().eventFilter(watched, event)

    def _fill(self, *, filled: bool) -> None:
        """Let the columns take the room, or have their least widths."""
        self._is_filled = filled
        header, modes = self._view.header(), QHeaderView.ResizeMode
        for column, least in self._leasts.items():
            header.setSectionResizeMode(column, modes.Stretch if filled else modes.Interactive)
            if not filled:
                header.resizeSection(column, least)
