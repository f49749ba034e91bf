"""What the window shows while no File-set is open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.gui import icons, style
from dicomdir_studio.gui.drops import carries_files, dropped
from dicomdir_studio.gui.views.delegates import PLACE_ROLE, RECENT_HEIGHT, RecentDelegate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import (
        QDragEnterEvent,
        QDragLeaveEvent,
        QDropEvent,
        QHideEvent,
        QResizeEvent,
        QShowEvent,
    )

    from dicomdir_studio.gui.actions import Actions

_WIDTH = 560
_RECENT_SHOWN = 6
_ROOMY = 480  # so high that nothing need be left out


class WelcomePage(QWidget):
    """A drop zone, the ways to begin, and the File-sets opened lately.

    Parameters
    ----------
    actions : Actions
        The buttons are its actions.
    parent : QWidget, optional
        The Qt parent.

    Attributes
    ----------
    paths_dropped : Signal(object)
        What the user dropped, as `dropped` returns it.
    recent_chosen : Signal(str)
        The path of a recent File-set to open.
    """

    paths_dropped = Signal(object)
    recent_chosen = Signal(str)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        self._logo = QLabel(self)
        self._arrow = QLabel(self)
        self._zone = self._make_zone(actions)
        self._recent_title = QLabel(self.tr("Recent File-sets"), self)
        self._recent_title.setProperty("muted", True)
        self.recent = QListWidget(self)
        self.recent.setObjectName("recent")
        self.recent.setAccessibleName(self.tr("Recent File-sets"))
        self.recent.setSizeAdjustPolicy(QListWidget.SizeAdjustPolicy.AdjustToContents)
        self.recent.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.recent.setItemDelegate(RecentDelegate(self.recent))
        self.recent.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.recent.itemActivated.connect(self._choose)
        self.recent.itemClicked.connect(self._choose)
        self._lay_out()
        self.retint()

    def set_recent(self, paths: Sequence[str]) -> None:
        """Show the File-sets opened lately, latest first."""
        self.recent.clear()
        for path in paths[:_RECENT_SHOWN]:
            place = Path(path)
            line = QListWidgetItem(place.name or path, self.recent)
            line.setData(PLACE_ROLE, str(place.parent))
            line.setData(Qt.ItemDataRole.UserRole, path)
            line.setData(Qt.ItemDataRole.AccessibleTextRole, path)
            line.setToolTip(path)
        shown = bool(paths)
        self._recent_title.setVisible(shown)
        self.recent.setVisible(shown)
        # A low window shows fewer of them, and the rest on scrolling.
        self.recent.setMinimumHeight(RECENT_HEIGHT + 4)
        self.recent.setMaximumHeight(min(len(paths), _RECENT_SHOWN) * RECENT_HEIGHT + 4)

    def retint(self) -> None:
        """Draw the pictures in the colours of the palette."""
        shown = style.colours()
        scale = self.devicePixelRatioF()
        self._logo.setPixmap(icons.pixmap("dicomdir-studio", "#000000", 64, scale))
        self._arrow.setPixmap(icons.pixmap("drop", shown.accent, 40, scale))
        self.recent.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the picture out where the words need its room."""
        super().resizeEvent(event)
        self._arrow.setVisible(event.size().height() >= _ROOMY)

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for the room that all of it needs."""
        super().showEvent(event)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask for none, out of sight: panels below the records may need it."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files, nothing else."""
        if carries_files(event.mimeData()):
            event.acceptProposedAction()
            self._set_hot(hot=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Stop showing that a drop would be taken."""
        self._set_hot(hot=False)
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        """Say what was dropped."""
        self._set_hot(hot=False)
        event.acceptProposedAction()
        self.paths_dropped.emit(dropped(event.mimeData()))

    def _set_hot(self, *, hot: bool) -> None:
        """Show whether a drop would be taken."""
        self._zone.setProperty("hot", hot)
        self._zone.style().unpolish(self._zone)
        self._zone.style().polish(self._zone)

    def _choose(self, line: QListWidgetItem) -> None:
        """Open a recent File-set."""
        self.recent_chosen.emit(line.data(Qt.ItemDataRole.UserRole))

    def _make_zone(self, actions: Actions) -> QFrame:
        """Return the drop zone with the buttons in it."""
        zone = QFrame(self)
        zone.setObjectName("dropZone")
        text = QLabel(self.tr("Drop a disc, a folder or DICOM files here"), zone)
        font = text.font()
        font.setPointSizeF(font.pointSizeF() * 1.2)
        text.setFont(font)
        hint = QLabel(
            self.tr("A folder with a DICOMDIR opens; other files start a new File-set."), zone
        )
        hint.setProperty("muted", True)
        buttons = QHBoxLayout()
        buttons.setSpacing(style.SPACE)
        buttons.addStretch()
        for name, label in (
            ("open", self.tr("Open DICOMDIR…")),
            ("open-folder", self.tr("Open folder…")),
            ("new", self.tr("New File-set")),
            ("demo", self.tr("Open the demo")),
        ):
            buttons.addWidget(self._button(label, name, actions[name].trigger, zone))
        buttons.addStretch()
        layout = QVBoxLayout(zone)
        layout.setContentsMargins(28, 28, 28, 26)
        layout.setSpacing(style.SPACE)
        for widget in (self._arrow, text, hint):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(style.SPACE * 2)
        layout.addLayout(buttons)
        return zone

    def _button(
        self, label: str, name: str, call: Callable[[], object], parent: QWidget
    ) -> QPushButton:
        """Return one of the buttons to begin with."""
        button = QPushButton(label, parent)
        button.setObjectName(f"welcome-{name}")
        button.setDefault(name == "open")
        button.clicked.connect(lambda _checked=False: call())
        return button

    def _lay_out(self) -> None:
        """Put everything in one column in the middle."""
        title = QLabel("DICOMDIR Studio", self)
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.9)
        font.setWeight(font.Weight.DemiBold)
        title.setFont(font)
        claim = QLabel(self.tr("Open, check and author DICOM media."), self)
        claim.setProperty("muted", True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        words.addWidget(claim)
        head = QHBoxLayout()
        head.setSpacing(style.SPACE * 2)
        head.addWidget(self._logo)
        head.addLayout(words)
        head.addStretch()
        column = QWidget(self)
        column.setMaximumWidth(_WIDTH + 160)
        column.setMinimumWidth(_WIDTH)
        inner = QVBoxLayout(column)
        inner.setSpacing(style.SPACE)
        inner.addLayout(head)
        inner.addSpacing(style.SPACE * 2)
        inner.addWidget(self._zone)
        inner.addSpacing(style.SPACE * 2)
        inner.addWidget(self._recent_title)
        inner.addWidget(self.recent)
        outer = QHBoxLayout()
        outer.addStretch(1)
        outer.addWidget(column, 4)
        outer.addStretch(1)
        page = QVBoxLayout(self)
        page.addStretch(2)
        page.addLayout(outer)
        page.addStretch(3)
