"""The room of windows: never larger than the screen; and of forms: what belongs together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt

if TYPE_CHECKING:
    from PySide6.QtWidgets import QLabel, QWidget

# What the system puts around a window: its title, and a border.
_FRAME: Final = QSize(8, 40)


def take_room(window: QWidget, width: int, height: int) -> None:
    """Give a window its first size, less where the screen has not the room for it."""
    window.resize(room_for(window, width, height))


def room_for(window: QWidget, width: int, height: int) -> QSize:
    """Return a size, or as much of it as the window's screen has room for."""
    room = window.screen().availableGeometry().size() - _FRAME
    return QSize(width, height).boundedTo(room)


def on_line(label: QLabel, field: QWidget) -> QLabel:
    """Return a label of a form at the height of the text in its field, whatever is below that."""
    label.setFixedHeight(field.sizeHint().height())
    label.setAlignment(Qt.AlignmentFlag.AlignVCenter)
    return label
