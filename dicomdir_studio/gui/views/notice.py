"""A strip above the tree that says what happened and offers what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from dicomdir_studio.gui import icons, style

if TYPE_CHECKING:
    from collections.abc import Callable

Tone = Literal["plain", "success", "warning"]
_ICONS: dict[str, str] = {"plain": "about", "success": "success", "warning": "findings"}


class NoticeBar(QFrame):
    """One message at a time, put away by the user or by the next one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._icon = QLabel(self)
        self.text = QLabel(self)
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.other_button = QPushButton(self)
        self.other_button.setFlat(True)
        self.other_button.clicked.connect(lambda: self._act(self._other))
        self.button = QPushButton(self)
        self.button.clicked.connect(lambda: self._act(self._action))
        self._close = QToolButton(self)
        self._close.setAutoRaise(True)
        self._close.setToolTip(self.tr("Dismiss this message"))
        self._close.setAccessibleName(self._close.toolTip())
        self._close.clicked.connect(self.hide)
        self._action: Callable[[], object] | None = None
        self._other: Callable[[], object] | None = None
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 6, 6)
        line.setSpacing(10)
        line.addWidget(self._icon)
        line.addWidget(self.text, 1)
        line.addWidget(self.other_button)
        line.addWidget(self.button)
        line.addWidget(self._close)
        self.hide()

    def say(
        self,
        text: str,
        *,
        tone: Tone = "plain",
        action: str = "",
        call: Callable[[], object] | None = None,
        other: str = "",
        call_other: Callable[[], object] | None = None,
        lasting: bool = False,
    ) -> None:
        """Show a message.

        Parameters
        ----------
        text : str
            What happened.
        tone : {"plain", "success", "warning"}
            How it is meant.
        action : str
            What the button says; no button if empty.
        call : callable, optional
            What the button does.
        other, call_other : str and callable
            The same of a second, quieter button.
        lasting : bool, default False
            Whether the user cannot put the message away: what it reports must be done.
        """
        self.text.setText(text)
        self.setAccessibleName(text)
        self.button.setText(action)
        self.button.setVisible(bool(action))
        self.other_button.setText(other)
        self.other_button.setVisible(bool(other))
        self._close.setVisible(not lasting)
        self._action, self._other = call, call_other
        self.setProperty("tone", tone)
        self.style().unpolish(self)
        self.style().polish(self)
        shown = style.colours()
        ink = {"success": shown.added, "warning": shown.changed}.get(tone, shown.accent)
        scale = self.devicePixelRatioF()
        self._icon.setPixmap(icons.pixmap(_ICONS[tone], ink, 18, scale))
        self._close.setIcon(icons.icon("close", shown.muted))
        self._close.setIconSize(QSize(14, 14))
        self.show()

    def _act(self, call: Callable[[], object] | None) -> None:
        """Do what a button says and go away."""
        self.hide()
        if call is not None:
            call()
