"""Files that are dragged over a widget and dropped there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def mime_of(paths: Sequence[Path]) -> QMimeData:
    """Return the data of a drag with files from a file manager."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drop(target: QWidget, paths: Sequence[Path]) -> bool:
    """Drag files over a widget and drop them there; return whether the drop was taken."""
    data = mime_of(paths)
    place = target.rect().center()
    actions, button, keys = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter = QDragEnterEvent(QPoint(place), actions, data, button, keys)
    QApplication.sendEvent(target, enter)
    event = QDropEvent(QPointF(place), actions, data, button, keys)
    QApplication.sendEvent(target, event)
    return enter.isAccepted() and event.isAccepted()
