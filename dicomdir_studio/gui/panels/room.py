"""What lets a panel in a low place show more of its rows: less around them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSizePolicy, QWidget

from dicomdir_studio.gui.panels.tables import ROW_PADDING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QResizeEvent
    from PySide6.QtWidgets import QTreeView

LEAST_ROWS: Final = 3
"""How many rows of an answer are in sight in the smallest place."""
_SPACE: Final = 6
_CHANGES: Final = (QEvent.Type.LayoutRequest, QEvent.Type.Resize)


class ActsLine(QWidget):
    """Buttons and a box in one line; where that is too narrow, the box in a second one.

    Parameters
    ----------
    first, box : QWidget
        What stands at the left; the box is what goes below.
    last : sequence of QWidget
        What stands at the right.
    parent : QWidget
        The Qt parent.
    """

    def __init__(
        self, first: QWidget, box: QWidget, last: Sequence[QWidget], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._first, self._box, self._last = first, box, list(last)
        self._after: Sequence[QWidget] = ()
        self._is_one: bool | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_SPACE)
        self._grid.setColumnStretch(2, 1)
        self._arrange()

    @property
    def is_one(self) -> bool:
        """Whether all stands in one line."""
        return bool(self._is_one)

    def lead_to(self, *after: QWidget) -> None:
        """Let Tab go through all in the order in which it is read, and then to these."""
        self._after = after
        self._set_tab_order()

    def minimumSizeHint(self) -> QSize:
        """Ask for the width of either line, so that no word is cut."""
        width = max(self._width_of(self._first, *self._last), self._width_of(self._box))
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange anew for another width."""
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Arrange anew for other words."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        """Put the box where there is room for it."""
        is_one = self._width_of(self._first, self._box, *self._last) <= self.width()
        if is_one == self._is_one:
            return
        self._is_one = is_one
        grid = self._grid
        grid.addWidget(self._first, 0, 0)
        if is_one:
            grid.addWidget(self._box, 0, 1)
        else:
            grid.addWidget(self._box, 1, 0, 1, 3 + len(self._last))
        for column, widget in enumerate(self._last, 3):
            grid.addWidget(widget, 0, column)
        self._set_tab_order()

    def _set_tab_order(self) -> None:
        """Lead Tab from left to right and down."""
        here = [self._first, *self._last]
        here.insert(1 if self.is_one else len(here), self._box)
        for before, after in pairwise((*here, *self._after)):
            QWidget.setTabOrder(before, after)

    @staticmethod
    def _width_of(*widgets: QWidget) -> int:
        """Return how wide a line of these is, with the columns between that may be empty."""
        return sum(one.sizeHint().width() + _SPACE for one in widgets) + _SPACE


class RowsArea(QScrollArea):
    """Rows that are as high as they are, and scroll where there is less room than that.

    Parameters
    ----------
    rows : QWidget
        What scrolls.
    least : callable
        Returns the height below which it is never brought.
    parent : QWidget
        The Qt parent.
    """

    def __init__(self, rows: QWidget, least: Callable[[], int], parent: QWidget) -> None:
        super().__init__(parent)
        self._rows, self._least = rows, least
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setWidget(rows)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.timeout.connect(self._show_focused)

    def sizeHint(self) -> QSize:
        """Ask for the room of all rows."""
        return self._rows.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Ask for the width of the rows, and the height that they need at least."""
        hint = self._rows.minimumSizeHint()
        return QSize(hint.width(), min(hint.height(), self._least()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for other room when there are more rows or fewer."""
        if watched is self._rows and event.type() in _CHANGES:
            self.updateGeometry()
            self._settled.start(0)
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the row in sight that is typed into."""
        super().resizeEvent(event)
        self._settled.start(0)

    def _show_focused(self) -> None:
        """Bring the row in sight that is typed into."""
        focused = self._rows.focusWidget()
        if self._rows.isAncestorOf(focused):
            # Not `ensureWidgetVisible`: that is content with the cursor of a line.
            place = focused.geometry()
            self.ensureVisible(0, place.bottom() + 1, 0, 0)
            self.ensureVisible(0, place.top(), 0, 0)


def show_rows(view: QTreeView, least: int) -> None:
    """Let a view take all the room that is left, and always that of some rows."""
    view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
    row = view.fontMetrics().height() + ROW_PADDING
    view.setMinimumHeight(view.header().sizeHint().height() + least * row + 2)
