"""Dialogs that the window opens by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtWidgets import QDialog, QWidget

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

Found = TypeVar("Found", bound=QDialog)


def the_only(qtbot: QtBot, parent: QWidget, kind: type[Found]) -> Found:
    """Wait for a dialog of a kind and return it; there is no other of that kind."""
    qtbot.waitUntil(lambda: bool(parent.findChildren(kind)))
    (found,) = parent.findChildren(kind)
    return found
