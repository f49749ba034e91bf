"""Two widgets beside each other where there is width, one above the other where there is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QBoxLayout, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

WIDE = 720
_FLAT = 460
_FIRST_SHARE, _SECOND_SHARE = 1, 2
_SPACE = 8


class Beside(QWidget):
    """Arranges a question and its answer by the shape of the place that a dock gives them.

    Parameters
    ----------
    first, second : QWidget
        The second one takes what room is left.
    parent : QWidget, optional
        The Qt parent.

    Attributes
    ----------
    flattened : Signal(bool)
        Whether the first is to be low: it is above the second and has width instead.
    resized : Signal(QSize)
        The place has another size.
    """

    flattened = Signal(bool)
    resized = Signal(QSize)

    def __init__(self, first: QWidget, second: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._arranged = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._arranged.setContentsMargins(_SPACE, _SPACE, _SPACE, _SPACE)
        self._arranged.setSpacing(_SPACE)
        self._arranged.addWidget(first)
        self._arranged.addWidget(second, 1)

    @property
    def is_wide(self) -> bool:
        """Whether the two stand beside each other."""
        return self._arranged.direction() == QBoxLayout.Direction.LeftToRight

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange anew when the shape has changed enough."""
        super().resizeEvent(event)
        self.shape(event.size())
        self.resized.emit(event.size())

    def shape(self, size: QSize) -> None:
        """Arrange the two for a size; what lies behind a tab has none of its own yet."""
        wide = size.width() >= WIDE and size.width() > size.height()
        if wide != self.is_wide:
            ways = QBoxLayout.Direction
            self._arranged.setDirection(ways.LeftToRight if wide else ways.TopToBottom)
            self._arranged.setSpacing(2 * _SPACE if wide else _SPACE)
            self._arranged.setStretch(0, _FIRST_SHARE if wide else 0)
            self._arranged.setStretch(1, _SECOND_SHARE if wide else 1)
            self.updateGeometry()  # a layout that is out of sight does not tell the one around it
        self.flattened.emit(not wide and size.width() >= _FLAT)
