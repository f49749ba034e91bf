"""The tree of media with the bar of what each holds; series are moved by mouse or keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.gui import style
from dicomdir_studio.gui.medium.discs_model import FILL_ROLE, DiscsModel
from dicomdir_studio.gui.medium.tree import NAME, ROOM
from dicomdir_studio.gui.models.columns import Mark
from dicomdir_studio.gui.panels.notes import EmptyState
from dicomdir_studio.gui.panels.tables import RoomyDelegate, set_widths, table_view

if TYPE_CHECKING:
    from PySide6.QtCore import QPersistentModelIndex

    from dicomdir_studio.gui.medium.tree import Rows
    from dicomdir_studio.session.making.wish import Goal

_BAR_HEIGHT = 6
_MARGIN = 8
_FEW_ROWS = 40


class RoomDelegate(RoomyDelegate):
    """Paints how full a medium is as a bar below its text."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return a height with room for text and bar; all rows have that of the first."""
        usual = super().sizeHint(option, index)
        return QSize(usual.width(), usual.height() + _BAR_HEIGHT + 2)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint the cell, and the bar where there is one."""
        super().paint(painter, option, index)
        fill = index.data(FILL_ROLE) if index.column() == ROOM else None
        if fill is None:
            return
        whole = QRectF(option.rect)
        shown = style.colours()
        bar = QRectF(
            whole.left() + _MARGIN,
            whole.bottom() - _BAR_HEIGHT - 2,
            max(0.0, whole.width() - 2 * _MARGIN),
            _BAR_HEIGHT,
        )
        full, _ground = style.mark_colours(Mark.PROBLEM)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(shown.line))
        painter.drawRoundedRect(bar, _BAR_HEIGHT / 2, _BAR_HEIGHT / 2)
        painter.setBrush(full if fill > 1 else QColor(shown.accent))
        bar.setWidth(bar.width() * min(1.0, max(0.0, fill)))
        painter.drawRoundedRect(bar, _BAR_HEIGHT / 2, _BAR_HEIGHT / 2)
        painter.restore()


class DiscsView(QWidget):
    """The media of a proposal, and the buttons to move what is on them.

    Parameters
    ----------
    parent : QWidget, optional
        The Qt parent.

    Attributes
    ----------
    move_wanted : Signal(object, int)
        Instances, a set of File IDs, are to go on the medium of this number; one more than
        there are means a new one.
    divide_wanted : Signal()
        All is to be divided anew.
    """

    move_wanted = Signal(object, int)
    divide_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = DiscsModel(self)
        self.tree = table_view(self.model, self.tr("Media and what is on them"), self, tree=True)
        self.tree.setItemDelegate(RoomDelegate(self.tree))
        self.tree.setHeaderHidden(False)
        self.tree.setDragEnabled(True)
        self.tree.setAcceptDrops(True)
        self.tree.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.tree.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.tree.setDropIndicatorShown(True)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self.tree.header()
        header.setStretchLastSection(False)
        set_widths(self.tree, (40, 6, 8, 23))
        header.moveSection(ROOM, 1)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.move_button = QPushButton(self.tr("&Move to"), self)
        self.move_button.setAutoDefault(False)
        self.menu = QMenu(self.move_button)
        self.move_button.setMenu(self.menu)
        self.again_button = QPushButton(self.tr("Divide again"), self)
        self.again_button.setAutoDefault(False)
        self.hint = QLabel(self)
        self.hint.setProperty("muted", True)
        self.hint.setWordWrap(True)
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._empty = EmptyState(self)
        self._can_move = False
        self._opened: set[tuple[int, int] | None] = set()
        self._build()
        self.tree.expanded.connect(self._note_opened)
        self.tree.collapsed.connect(self._note_closed)
        self.model.move_wanted.connect(self.move_wanted)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.again_button.clicked.connect(self.divide_wanted)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.tree.selectionModel().selectionChanged.connect(self._update)

    def show_discs(self, table: Rows, goal: Goal, *, can_move: bool, by_hand: bool) -> None:
        """Show other media; what was open and current stays so.

        Parameters
        ----------
        table : Rows
            Out of `Rows.of_discs`.
        goal : Goal
            What they are.
        can_move : bool
            Whether what is on them can be moved between them.
        by_hand : bool
            Whether somebody has moved something.
        """
        fresh = not self.model.rowCount()
        current = self.model.key_of(self.tree.currentIndex())
        self._can_move = can_move
        opened, self._opened = self._opened, set()
        self.model.show_discs(table, goal, can_move=can_move)
        # Without a size there is nothing to be said of the room; the names take it.
        counts = any(disc.capacity for disc in self.model.discs)
        self.tree.setColumnHidden(ROOM, not counts)
        for number in range(self.model.rowCount()):
            self._open(self.model.index(number, NAME), few=fresh and len(table.rows) <= _FEW_ROWS)
        for key in opened:
            self.tree.setExpanded(self.model.index_of(key), True)
        found = self.model.index_of(current)
        if found.isValid():
            self.tree.setCurrentIndex(found)
        self.again_button.setVisible(can_move)
        self.again_button.setEnabled(by_hand)
        self.move_button.setVisible(can_move)
        self.hint.setVisible(can_move)
        self._stack.setCurrentIndex(0 if self.model.rowCount() else 1)
        self._update()

    def say_empty(self, text: str) -> None:
        """Show nothing but a text: why there is nothing, and what to do."""
        self._empty.setText(text)
        self._stack.setCurrentIndex(1)

    def targets(self) -> list[tuple[str, int]]:
        """Return where the selected rows can be moved to: text and number of the medium."""
        names = self._selected()
        discs = self.model.discs
        if not names or not self._can_move:
            return []
        found = [
            (str(self.model.disc_index(disc.plan.number).data()), disc.plan.number)
            for disc in discs
            if not names <= disc.names
        ]
        if not any(names == disc.names for disc in discs):
            found.append((self.tr("A new medium"), len(discs) + 1))
        return found

    # Building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.hint.setText(self.tr("Drag patients, studies or series to another medium."))
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.move_button)
        buttons.addWidget(self.again_button)
        shown = QWidget(self)
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(self.tree)
        self._stack.addWidget(self._empty)
        self._stack.setCurrentIndex(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(style.SPACE)
        layout.addWidget(shown, 1)
        layout.addWidget(self.hint)
        layout.addLayout(buttons)
        for widget in (self.move_button, self.again_button, self.hint):
            widget.hide()

    def _open(self, disc: QModelIndex, *, few: bool) -> None:
        """Open a medium, and where there are few rows the patients on it."""
        self.tree.setExpanded(disc, True)
        for row in range(self.model.rowCount(disc)) if few else ():
            self.tree.setExpanded(self.model.index(row, NAME, disc), True)

    def _note_opened(self, index: QModelIndex) -> None:
        """Remember that a row was opened."""
        self._opened.add(self.model.key_of(index))

    def _note_closed(self, index: QModelIndex) -> None:
        """Remember that a row was closed."""
        self._opened.discard(self.model.key_of(index))

    def _selected(self) -> frozenset[str]:
        """Return the instances of the selected rows."""
        return self.model.names_at(self.tree.selectionModel().selectedRows(NAME))

    def _update(self) -> None:
        self.move_button.setEnabled(bool(self.targets()))

    def _fill_menu(self) -> None:
        """Offer the media that the selected rows can be moved to."""
        self._fill(self.menu, "{0}")

    def _fill(self, menu: QMenu, form: str) -> None:
        menu.clear()
        names = self._selected()
        for text, number in self.targets():
            action = menu.addAction(form.format(text).replace("&", "&&"))
            action.triggered.connect(
                lambda _checked=False, to=number: self.move_wanted.emit(names, to)
            )

    def _show_menu(self, place: QPoint) -> None:
        """Offer the same at the pointer."""
        if self.targets():
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self._fill(menu, self.tr("Move to {0}"))
            menu.popup(self.tree.viewport().mapToGlobal(place))
