"""How large a window is at first: as it is best, and never larger than the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

# What the system puts around a window: its title, and a border.
_FRAME: Final = QSize(8, 40)


def take_room(window: QWidget, width: int, height: int) -> None:
    """Give a window its first size, less where the screen has not the room for it."""
    room = window.screen().availableGeometry().size() - _FRAME
    window.resize(QSize(width, height).boundedTo(room))
