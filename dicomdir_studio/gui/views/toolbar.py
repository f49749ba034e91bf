"""A toolbar that keeps all its buttons in sight where there is little room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QToolBar, QToolButton

from dicomdir_studio.gui import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent
    from PySide6.QtWidgets import QWidget

_BOTH, _ICON = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly


class ActionBar(QToolBar):
    """Drops the words beside its icons, step by step, before it hides a button.

    Parameters
    ----------
    title : str
        What menus and screen readers call it.
    parent : QWidget
        The window.
    wordless : sequence of (sequence of str)
        Names of actions, the ones that lose their words first in front.
    """

    def __init__(self, title: str, parent: QWidget, wordless: Sequence[Sequence[str]]) -> None:
        super().__init__(title, parent)
        self._wordless = wordless
        self._fitting = False
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setIconSize(QSize(style.ICON_SIZE, style.ICON_SIZE))
        self.setToolButtonStyle(_BOTH)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many words as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Fit again for another font or style."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        """Drop words until all buttons have room."""
        if self._fitting or not hasattr(self, "_wordless"):
            return
        self._fitting = True
        for steps in range(len(self._wordless) + 1):
            names = {name for step in self._wordless[:steps] for name in step}
            if self._width_with(names) <= self.width():
                break
        self._show(names)
        self._fitting = False

    def _width_with(self, wordless: set[str]) -> int:
        """Return the width that all would take if some buttons had no words."""
        self._show(wordless)
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
        return self.sizeHint().width()

    def _show(self, wordless: set[str]) -> None:
        """Let some buttons have no words."""
        for action in self.actions():
            button = self.widgetForAction(action)
            if isinstance(button, QToolButton):
                wanted = _ICON if action.objectName() in wordless else _BOTH
                if button.toolButtonStyle() != wanted:
                    button.setToolButtonStyle(wanted)
