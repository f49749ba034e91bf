"""The panels around the tree, as docks that can be moved, floated and put away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QWidget

from dicomdir_studio.gui.focus import bring_in_sight, dock_tab_bars
from dicomdir_studio.gui.panels.beside import WIDE
from dicomdir_studio.gui.panels.changes import ChangesPanel
from dicomdir_studio.gui.panels.details import DetailsPanel
from dicomdir_studio.gui.panels.findings import FindingsPanel
from dicomdir_studio.gui.panels.search import SearchPanel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.jobs import JobPoller

_RIGHT_WIDTH, _DETAILS_HEIGHT, _CHANGES_HEIGHT, _LOWER_HEIGHT = 450, 360, 300, 250
_BELOW = ("search", "findings")
_SCROLLED_HEIGHT = 260


class Docks(QObject):
    """Details and Changes at the right, Search and Findings below.

    Parameters
    ----------
    window : QMainWindow
        Holds the docks.
    poller : JobPoller
        Runs the searches.

    Attributes
    ----------
    instances_activated : Signal(list)
        Instances to be shown in the tree.
    revert_requested : Signal(list, list)
        Instances and names of properties whose staged change is to be taken back.
    """

    instances_activated = Signal(list)
    revert_requested = Signal(list, list)

    def __init__(self, window: QMainWindow, poller: JobPoller) -> None:
        super().__init__(window)
        self._window = window
        self._poller = poller
        self._apart: list[QDockWidget] | None = None
        self.details = DetailsPanel(window)
        self.changes = ChangesPanel(window, poller)
        self.search = SearchPanel(window)
        self.findings = FindingsPanel(window)
        side = Qt.DockWidgetArea
        self._docks = {
            "details": self._dock(
                "details", self.tr("Details"), self.details, side.RightDockWidgetArea
            ),
            "changes": self._dock(
                "changes", self.tr("Changes"), self.changes, side.RightDockWidgetArea
            ),
            "search": self._dock(
                "search", self.tr("Search"), _Scrolled(self.search), side.BottomDockWidgetArea
            ),
            "findings": self._dock(
                "findings", self.tr("Findings"), self.findings, side.BottomDockWidgetArea
            ),
        }
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.timeout.connect(self._tend_tab_bars)
        for dock in self._docks.values():
            dock.visibilityChanged.connect(lambda _shown: self._settled.start(0))
        window.setCorner(Qt.Corner.BottomRightCorner, side.RightDockWidgetArea)
        window.tabifyDockWidget(self._docks["search"], self._docks["findings"])
        self.search.instances_activated.connect(self.instances_activated)
        self.changes.instance_activated.connect(
            lambda instance: self.instances_activated.emit([instance])
        )
        self.changes.revert_requested.connect(self.revert_requested)

    def _tend_tab_bars(self) -> None:
        """Let Tab pass over a bar that Qt keeps out of sight, and keep the focus in sight."""
        for bar in dock_tab_bars(self._window):
            is_seen = bar.count() > 1
            bar.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_seen else Qt.FocusPolicy.NoFocus)
            bar.setDrawBase(False)
        bring_in_sight(self._window)

    def arrange_first(self) -> None:
        """Give the docks the sizes and places that the user meets at first."""
        docks = self._docks
        docks["findings"].hide()
        docks["search"].hide()
        self._window.resizeDocks(
            [docks["details"], docks["changes"]],
            [_DETAILS_HEIGHT, _CHANGES_HEIGHT],
            Qt.Orientation.Vertical,
        )
        width = min(_RIGHT_WIDTH, self._window.width() * 7 // 20)
        self._window.resizeDocks([docks["details"]], [width], Qt.Orientation.Horizontal)

    def set_apart(self, *, apart: bool) -> None:
        """Put all panels away while no File-set is open, and bring them back after."""
        if apart and self._apart is None:
            self._apart = [dock for dock in self._docks.values() if not dock.isHidden()]
            for dock in self._apart:
                dock.hide()
        elif not apart and self._apart is not None:
            for dock in self._apart:
                dock.show()
            self._apart = None
        for dock in self._docks.values():
            dock.toggleViewAction().setEnabled(not apart)

    def fill_menu(self, menu: QMenu) -> None:
        """Put the switches of the panels at the top of a menu."""
        before = menu.actions()[0] if menu.actions() else None
        for number, dock in enumerate(self._docks.values(), 1):
            switch = dock.toggleViewAction()
            switch.setShortcut(f"Alt+{number}")
            if before is None:
                menu.addAction(switch)
            else:
                menu.insertAction(before, switch)
        if before is not None:
            menu.insertSeparator(before)

    def show_document(self, document: Document | None) -> None:
        """Let all panels show the File-set of a document."""
        file_set = None if document is None else document.file_set
        is_opening = document is not None and file_set is None
        self.search.set_file_set(file_set, self._poller, is_opening=is_opening)
        self.changes.set_file_set(file_set, is_opening=is_opening)
        self.findings.set_file_set(file_set, is_opening=is_opening)
        self.show_record(document)

    def show_record(self, document: Document | None) -> None:
        """Show the elements of the record that is selected in the tree of a document."""
        # While a File-set is loaded, its records are seen already and only the tree reads them.
        is_opening = document is not None and document.file_set is None
        record = None if document is None or is_opening else document.view.current_record()
        selected = 0 if document is None else document.view.count_selected()
        self.details.show_record(record, is_opening=is_opening, selected=selected)

    def refresh(self, document: Document | None) -> None:
        """Show the state of the document in front after an edit, in every panel."""
        self.changes.refresh()
        self.search.refresh()
        self.findings.refresh()
        record = None if document is None else document.view.current_record()
        if record is not None and record is self.details.record:
            self.details.refresh()
        else:
            self.show_record(document)

    def show_search(self) -> None:
        """Open the search and put the keyboard there."""
        self._open_below("search")
        self.search.focus_search()

    def show_details(self) -> None:
        """Open the details and put the keyboard there."""
        self._raise("details")
        self.details.view.setFocus()

    def show_findings(self) -> None:
        """Open what loading found to be wrong."""
        self._open_below("findings")
        self.findings.view.setFocus()

    def _open_below(self, name: str) -> None:
        """Show a dock below the records, with the room that it needs unless one is there."""
        hidden = all(self._docks[one].isHidden() for one in _BELOW)
        self._raise(name)
        if hidden:
            window = self._window
            middle = window.centralWidget()
            is_low = middle is not None and middle.width() < WIDE  # all in one column
            share = 5 if is_low else 4  # tenths of the window
            height = max(_LOWER_HEIGHT, window.height() * share // 10)
            window.resizeDocks([self._docks[name]], [height], Qt.Orientation.Vertical)

    def _raise(self, name: str) -> None:
        """Show a dock, in front of the ones that it shares its place with."""
        self._docks[name].show()
        self._docks[name].raise_()

    def _dock(self, name: str, title: str, panel: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        """Return a new dock around a panel."""
        dock = QDockWidget(title, self._window)
        dock.setObjectName(f"dock-{name}")
        dock.setWidget(panel)
        self._window.addDockWidget(area, dock)
        return dock


class _Scrolled(QScrollArea):
    """A panel in an area that may be lower than it: letters can be large, screens small."""

    def __init__(self, panel: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(panel)
        self._panel = panel

    def minimumSizeHint(self) -> QSize:
        """Ask for the room of the whole panel, unless that is more than a small screen has."""
        hint = super().minimumSizeHint()
        whole = self._panel.minimumSizeHint().height()
        return QSize(hint.width(), whole if whole <= _SCROLLED_HEIGHT else hint.height())
