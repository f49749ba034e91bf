"""The way of the Tab key through a window with panels, some of which lie behind others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QTabBar, QWidget

from dicomdir_studio.gui.prompt import PromptWindow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtWidgets import QMainWindow


class FocusWindow(PromptWindow):
    """Leads the Tab key past the panels that another one covers.

    Qt moves such a panel out of the window and leaves it visible, so that Tab goes through
    what nobody sees.
    """

    def focusNextPrevChild(self, forwards: bool) -> bool:
        """Give the focus to what comes next and can be seen."""
        behind = docks_behind(self)
        start = self.focusWidget()
        if not behind or start is None:
            return super().focusNextPrevChild(forwards)
        reason = Qt.FocusReason.TabFocusReason if forwards else Qt.FocusReason.BacktabFocusReason
        for widget in _chain_from(start, forwards=forwards):
            if _takes_focus(self, widget) and not _is_within(widget, behind):
                widget.setFocus(reason)
                return True
        return False


def docks_behind(window: QMainWindow) -> list[QDockWidget]:
    """Return the panels that are shown, but behind another one in the same place."""
    return [
        dock
        for dock in window.findChildren(QDockWidget)
        if dock.isVisible() and not dock.isFloating() and dock.visibleRegion().isEmpty()
    ]


def bring_in_sight(window: QMainWindow) -> None:
    """Take the focus out of a panel that came to lie behind, to the tabs that lead back to it."""
    focused = QApplication.focusWidget()
    if focused is None:
        return
    for dock in docks_behind(window):
        if dock.isAncestorOf(focused):
            for bar in dock_tab_bars(window):
                titles = [bar.tabText(place) for place in range(bar.count())]
                if dock.windowTitle() in titles:
                    bar.setFocus(Qt.FocusReason.OtherFocusReason)


def dock_tab_bars(window: QMainWindow) -> list[QTabBar]:
    """Return the bars of panels in tabs, those without tabs too, which Qt keeps for later."""
    only = Qt.FindChildOption.FindDirectChildrenOnly
    return window.findChildren(QTabBar, options=only)


def _chain_from(start: QWidget, *, forwards: bool) -> Iterator[QWidget]:
    """Yield what comes after a widget as Tab goes, or before it, until it comes round."""
    widget: QWidget | None = start
    while widget is not None:
        widget = widget.nextInFocusChain() if forwards else widget.previousInFocusChain()
        if widget is None or widget is start:
            return
        yield widget


def _takes_focus(window: QWidget, widget: QWidget) -> bool:
    """Return whether Tab leads to a widget of this window, by Qt's rules."""
    wanted = Qt.FocusPolicy.StrongFocus
    behaviour = QApplication.styleHints().tabFocusBehavior()
    if behaviour == Qt.TabFocusBehavior.TabFocusAllControls:
        wanted = Qt.FocusPolicy.TabFocus
    return (
        widget.focusPolicy() & wanted == wanted
        and widget.isEnabled()
        and widget.focusProxy() is None
        and widget.isVisible()
        and widget.window() is window
    )


def _is_within(widget: QWidget, docks: list[QDockWidget]) -> bool:
    """Return whether a widget is in one of the panels."""
    return any(dock.isAncestorOf(widget) for dock in docks)
