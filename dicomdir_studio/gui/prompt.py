"""A window whose own events go before the work of other threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow

from dicomdir_studio.courtesy import FIRST

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent


class PromptWindow(QMainWindow):
    """Lays out and paints with the interpreter to itself.

    Both happen within one event of the window. Overridden here, that event takes the
    interpreter once, not anew for every cell and widget that is drawn in Python, and jobs
    wait until it is over.
    """

    def event(self, event: QEvent) -> bool:
        """Do what the window does, before all others."""
        with FIRST:
            return super().event(event)
