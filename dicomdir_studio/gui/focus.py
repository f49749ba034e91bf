"""The way of the Tab key through a window with panels, some of which lie behind others."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QTabBar, QWidget

from dicomdir_studio.gui.prompt import PromptWindow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtWidgets import QMainWindow


class FocusWindow(PromptWindow):
    """Leads the Tab key past the panels that another one covers, and from panel to panel.

    Qt moves such a panel out of the window and leaves it visible, so that Tab goes through
    what nobody sees.
    """

    def go_to_next_panel(self, *, forwards: bool = True) -> None:
        """Give the focus to the next panel, or back to the middle of the window behind the last.

        What had it in that panel before has it again, else what comes first there.
        """
        panels = _panels_in_order(self)
        holding = [_holds(one, self.focusWidget()) for one in panels]
        here = holding.index(True) if True in holding else 0
        step = 1 if forwards else -1
        for distance in range(1, len(panels)):
            panel = panels[(here + step * distance) % len(panels)]
            widget = _first_in(self, panel)
            if widget is not None:
                widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

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


def _panels_in_order(window: QMainWindow) -> list[QWidget]:
    """Return the middle of a window and the panels around it that can be seen, as the eye goes."""
    behind = docks_behind(window)
    docks = [
        dock
        for dock in window.findChildren(QDockWidget)
        if dock.isVisible() and not dock.isFloating() and dock not in behind
    ]
    docks.sort(key=lambda dock: (window.dockWidgetArea(dock).value, dock.y(), dock.x()))
    middle = window.centralWidget()
    return [*docks] if middle is None else [middle, *docks]


def _holds(panel: QWidget, widget: QWidget | None) -> bool:
    """Return whether a widget is in a panel."""
    return widget is not None and (panel is widget or panel.isAncestorOf(widget))


def _first_in(window: QWidget, panel: QWidget) -> QWidget | None:
    """Return what had the focus in a panel last, else what Tab comes to first; None if nothing."""
    inside = (one for one in _chain_from(panel, forwards=True) if panel.isAncestorOf(one))
    wanted = chain([panel.focusWidget()], inside)
    return next((one for one in wanted if _takes_focus(window, one)), None)


def _chain_from(start: QWidget, *, forwards: bool) -> Iterator[QWidget]:
    """Yield what comes after a widget as Tab goes, or before it, until it comes round."""
    widget: QWidget | None = start
    while widget is not None:
        widget = widget.nextInFocusChain() if forwards else widget.previousInFocusChain()
        if widget is None or widget is start:
            return
        yield widget


def _takes_focus(window: QWidget, widget: QWidget | None) -> bool:
    """Return whether Tab leads to a widget of this window, by Qt's rules."""
    wanted = Qt.FocusPolicy.StrongFocus
    behaviour = QApplication.styleHints().tabFocusBehavior()
    if behaviour == Qt.TabFocusBehavior.TabFocusAllControls:
        wanted = Qt.FocusPolicy.TabFocus
    return (
        widget is not None
        and widget.focusPolicy() & wanted == wanted
        and widget.isEnabled()
        and widget.focusProxy() is None
        and widget.isVisible()
        and widget.window() is window
    )


def _is_within(widget: QWidget, docks: list[QDockWidget]) -> bool:
    """Return whether a widget is in one of the panels."""
    return any(dock.isAncestorOf(widget) for dock in docks)
