"""The File-sets opened lately, on the welcome page and in their menu."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QMenu

    from dicomdir_studio.gui.memory import Memory
    from dicomdir_studio.gui.views.welcome import WelcomePage

_MENU_WIDTH = 72


class Recent(QObject):
    """Shows the recent File-sets wherever they are offered.

    Parameters
    ----------
    memory : Memory
        Remembers them.
    menu : QMenu
        Filled with them.
    page : WelcomePage
        Lists them.
    open_path : callable
        Opens the one that is chosen.
    """

    def __init__(
        self,
        memory: Memory,
        menu: QMenu,
        page: WelcomePage,
        open_path: Callable[[Path], object],
    ) -> None:
        super().__init__(menu)
        self._memory = memory
        self._menu = menu
        self._page = page
        self._open_path = open_path
        page.recent_chosen.connect(self._open)

    def remember(self, path: Path) -> None:
        """Put a File-set first."""
        self._memory.remember_file_set(path)
        self.show()

    def show(self) -> None:
        """Fill menu and page."""
        recent = self._memory.settings.recent
        self._page.set_recent(recent)
        self._menu.clear()
        self._menu.setEnabled(bool(recent))
        for number, path in enumerate(recent, 1):
            chosen = self._menu.addAction(f"&{number}  {_menu_text(path)}")
            chosen.setToolTip(path)
            chosen.triggered.connect(partial(self._open, path))
        if recent:
            self._menu.addSeparator()
            self._menu.addAction(self.tr("&Forget all"), self._forget)

    def _open(self, path: str, *_checked: bool) -> None:
        """Open a File-set of the list."""
        self._open_path(Path(path))

    def _forget(self) -> None:
        """Empty the list."""
        self._memory.forget_recent()
        self.show()


def _menu_text(path: str) -> str:
    """Return a path that fits a menu: the end says more than the middle."""
    text = path if len(path) <= _MENU_WIDTH else f"{path[:24]}…{path[24 - _MENU_WIDTH + 1 :]}"
    return text.replace("&", "&&")
