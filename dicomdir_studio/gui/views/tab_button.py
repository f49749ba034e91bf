"""The sign on a tab that closes it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QToolButton, QWidget

from dicomdir_studio.gui import icons, style

_SIZE = 20


class TabCloseButton(QToolButton):
    """A quiet cross in the colours of the palette."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("tabClose")
        self.setAutoRaise(True)
        self.setFixedSize(_SIZE, _SIZE)
        self.setIconSize(QSize(12, 12))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setToolTip(self.tr("Close this File-set"))
        self.setAccessibleName(self.toolTip())
        self._retint()

    def changeEvent(self, event: QEvent) -> None:
        """Draw the cross anew for another palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._retint()

    def _retint(self) -> None:
        """Draw the cross in the colour of muted text."""
        self.setIcon(icons.icon("close", style.colours().muted))
