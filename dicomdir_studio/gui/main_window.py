"""The window: tabs with File-sets, panels around them, actions, and what binds them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QStackedWidget,
    QTabBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.gui import style
from dicomdir_studio.gui.actions import WORDLESS, Actions
from dicomdir_studio.gui.appearance import fill_appearance_menu
from dicomdir_studio.gui.asking import Asking
from dicomdir_studio.gui.closing import Closing
from dicomdir_studio.gui.commands import Commands
from dicomdir_studio.gui.dialogs.error import show_error
from dicomdir_studio.gui.dialogs.recovery import RecoveryDialog
from dicomdir_studio.gui.docks import Docks
from dicomdir_studio.gui.document import Document
from dicomdir_studio.gui.dropping import Dropping
from dicomdir_studio.gui.enabling import document_states, record_states, why_no_private
from dicomdir_studio.gui.focus import FocusWindow
from dicomdir_studio.gui.keeping import Keeping
from dicomdir_studio.gui.language import fill_language_menu
from dicomdir_studio.gui.panels.job_bar import JobBar
from dicomdir_studio.gui.recent import Recent
from dicomdir_studio.gui.room import room_for, take_room
from dicomdir_studio.gui.status import StatusLine
from dicomdir_studio.gui.sweeping import Sweeping
from dicomdir_studio.gui.tab_titles import name_tabs, twin_of
from dicomdir_studio.gui.telling import Telling
from dicomdir_studio.gui.views.tab_button import TabCloseButton
from dicomdir_studio.gui.views.toolbar import ActionBar
from dicomdir_studio.gui.views.welcome import WelcomePage
from dicomdir_studio.gui.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QCloseEvent

    from dicomdir_studio.fileset import FileInstance
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.gui.memory import Memory
    from dicomdir_studio.session.staged_work import StagedWork
    from dicomdir_studio.session.staging_store import StagingStore

_SIZE = (1320, 820)
_LEAST = (760, 480)


class MainWindow(FocusWindow):
    """The one window of the program.

    Parameters
    ----------
    poller : JobPoller
        Runs whatever takes long.
    memory : Memory
        What is remembered between two starts.
    store : StagingStore
        Keeps what is staged until it is written.
    """

    def __init__(self, poller: JobPoller, memory: Memory, store: StagingStore) -> None:
        super().__init__()
        self._poller = poller
        self.memory = memory
        self.table = Actions(self)
        self.writing = Writing(poller, memory.settings, self)
        self.closing = Closing(self.writing, self)
        self.keeping = Keeping(poller, store, self)
        self.sweeping = Sweeping(poller, self)
        self.dropping = Dropping(poller, self)
        self.panels = Docks(self, poller)
        self.telling = Telling(self, self.panels.show_findings)
        self.asking = Asking(self, poller, self.telling)
        self.commands = Commands(self, self.writing, poller)
        self.tabs = QTabWidget(self)
        self.welcome = WelcomePage(self.table, self)
        self.job_bar = JobBar(self)
        self.status = StatusLine(self.statusBar())
        self._pages = QStackedWidget(self)
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(0)
        self._refresh.timeout.connect(lambda: self.panels.refresh(self.current))
        self._build()
        self.recent = Recent(memory, self.table.menus["recent"], self.welcome, self.open_path)
        self.keeping.written_found.connect(lambda root: self.recent.remember(Path(root)))
        self._connect()
        if not memory.restore_window(self):
            take_room(self, *_SIZE)
            self.panels.arrange_first()
        self.recent.show()
        self._tab_changed()

    # What is open -------------------------------------------------------------------------

    @property
    def current(self) -> Document | None:
        """The document of the tab in front."""
        shown = self.tabs.currentWidget()
        return shown if isinstance(shown, Document) else None

    def documents(self) -> list[Document]:
        """Return the open documents in the order of their tabs."""
        widgets = [self.tabs.widget(place) for place in range(self.tabs.count())]
        return [widget for widget in widgets if isinstance(widget, Document)]

    def new_document(self) -> Document:
        """Open a tab with an empty File-set."""
        document = self._add_tab()
        document.start_new()
        return document

    def open_path(self, path: Path) -> Document:
        """Open a File-set in a tab of its own, or go to the tab that has it.

        Parameters
        ----------
        path : Path
            A DICOMDIR or the folder that holds it.

        Returns
        -------
        Document
            It loads in a job.
        """
        root = path.parent if path.name.upper().startswith("DICOMDIR") else path
        for document in self.documents():
            if document.path in {path, root}:
                self.tabs.setCurrentWidget(document)
                return document
        document = self._add_tab()
        document.open(path, lambda: self._opened(document))
        return document

    def _opened(self, document: Document) -> None:
        """Remember a File-set that was opened, and say what is wrong with it."""
        twin = twin_of(document, self.documents())
        if twin is not None:  # two tabs would stage against each other
            self._drop_tab(document)
            self.tabs.setCurrentWidget(twin)
            return
        if document.path is not None:
            self.recent.remember(document.path)
        self.telling.opened(document)
        self.asking.opened(document)

    def offer_pending(self) -> None:
        """Offer what earlier runs of the program left staged and nobody has opened yet."""
        self.keeping.pending(self._show_pending)

    def _show_pending(self, works: list[StagedWork]) -> None:
        """List what earlier runs left."""
        open_now = {str(one.path) for one in self.documents()}
        works = [work for work in works if work.root not in open_now]
        if not works:
            return
        dialog = RecoveryDialog(works, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.restore_wanted.connect(self._restore_pending)
        dialog.discard_wanted.connect(lambda chosen: [*map(self.keeping.drop, chosen)])
        dialog.open()

    def _restore_pending(self, works: list[StagedWork]) -> None:
        """Stage again what earlier runs left, each in a tab of its own."""
        for work in works:
            if work.root:
                self.keeping.agree(work)
                self.open_path(Path(work.root))
            else:
                self.keeping.accept(self.new_document(), work)

    def close_current(self) -> None:
        """Close the tab in front, after asking what has to be asked."""
        if self.current is not None:
            self.close_document(self.current)

    def close_document(self, document: Document) -> None:
        """Close a tab, after asking what has to be asked."""
        if self.closing.settle(document, lambda: self.close_document(document)):
            self._drop_tab(document)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close the window once every File-set is settled."""
        for document in self.documents():
            self.tabs.setCurrentWidget(document)
            if not self.closing.settle(document, self._close_again):
                event.ignore()
                return
        if self.current is not None:
            self.memory.keep_columns(self.current.view)
        self.panels.set_apart(apart=False)
        self.memory.keep_window(self)
        for document in self.documents():
            self.keeping.close(document)
            document.retire()
        self.keeping.end()
        self.sweeping.end()
        self._poller.cancel_all()
        self.memory.save_now()
        event.accept()

    def _close_again(self) -> None:
        """Try again to close the window."""
        self.close()

    def show_failure(self, error: BaseException | None) -> None:
        """Show an error; None and a cancelling are no errors."""
        if error is not None:
            show_error(self, error, self.commands.make_directory)

    # Building -----------------------------------------------------------------------------

    def _build(self) -> None:
        """Put the parts together."""
        self.setMinimumSize(room_for(self, *_LEAST))
        self.setAcceptDrops(False)
        self.setDockNestingEnabled(True)
        self.tabs.setMovable(True)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabBar().setExpanding(False)
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self.tabs)
        middle = QWidget(self)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._pages, 1)
        column.addWidget(self.job_bar)
        self.setCentralWidget(middle)
        self.job_bar.watch(self._poller)
        self.table.fill_menu_bar(self.menuBar())
        self.panels.fill_menu(self.table.menus["view"])
        fill_appearance_menu(
            self.table.menus["appearance"], self.memory.appearance, self.set_appearance
        )
        fill_language_menu(self.table.menus["language"], self.memory.language, self.set_language)
        bar = ActionBar(self.tr("Toolbar"), self, WORDLESS)
        self.table.fill_toolbar(bar)
        self.addToolBar(bar)

    def set_appearance(self, appearance: style.Appearance) -> None:
        """Change to light, dark or the system's look."""
        self.memory.appearance = appearance
        app = QApplication.instance()
        if isinstance(app, QApplication):
            style.apply_style(app, appearance)

    def set_language(self, code: str) -> None:
        """Remember the language for the next start."""
        self.memory.language = code
        self.statusBar().showMessage(self.tr("The language will change at the next start."), 6_000)

    def _connect(self) -> None:
        """Bind signals to what they cause."""
        self.table.connect_all(self.commands.handlers())
        self.tabs.currentChanged.connect(lambda _place: self._tab_changed())
        self.welcome.paths_dropped.connect(lambda paths: self.dropping.drop(paths, None))
        self.panels.instances_activated.connect(self._show_instances)
        self.panels.revert_requested.connect(self._revert)
        self._poller.failed.connect(lambda job: self.show_failure(job.error))

    def changeEvent(self, event: QEvent) -> None:
        """Draw the icons anew for another palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "welcome"):
            self.table.retint()
            self.welcome.retint()

    # Tabs ---------------------------------------------------------------------------------

    def _add_tab(self) -> Document:
        """Return a new document in front."""
        document = Document(self._poller, self.tabs)
        self.memory.restore_columns(document.view)
        document.changed.connect(lambda: self._document_changed(document))
        document.loaded.connect(lambda: self._loaded(document))
        document.edited.connect(lambda: self._edited(document))
        document.selection_changed.connect(self._selection_changed)
        document.failed.connect(lambda error: self._failed(document, error))
        document.added.connect(lambda addition: self.asking.added(document, addition))
        document.restored.connect(lambda done: self.asking.restored(document, done))
        document.restored.connect(lambda done: self.telling.restored(document, done))
        document.retired.connect(self.sweeping.want)
        self.asking.watch(document)
        self.keeping.watch(document)
        document.view.paths_dropped.connect(lambda paths: self.dropping.drop(paths, document))
        document.view.menu_wanted.connect(self._show_menu)
        sorting, line = document.model.sorting, self.statusBar()
        sorting.delayed.connect(lambda: line.showMessage(self.tr("Sorting…")))
        sorting.finished.connect(line.clearMessage)
        place = self.tabs.addTab(document, document.title)
        close = TabCloseButton(self.tabs)
        close.clicked.connect(lambda: self.close_document(document))
        self.tabs.tabBar().setTabButton(place, QTabBar.ButtonPosition.RightSide, close)
        self.tabs.setCurrentIndex(place)
        self._pages.setCurrentWidget(self.tabs)
        document.view.setFocus()
        return document

    def _drop_tab(self, document: Document) -> None:
        """Take a tab away."""
        self.memory.keep_columns(document.view)
        self.keeping.close(document)
        self.tabs.removeTab(self.tabs.indexOf(document))
        document.empty()
        document.deleteLater()
        name_tabs(self.tabs, self.documents())
        self._tab_changed()

    def _tab_changed(self) -> None:
        """Show another document, or the welcome page when none is left."""
        document = self.current
        self._pages.setCurrentWidget(self.welcome if document is None else self.tabs)
        if document is None:
            self.recent.show()
        self.panels.set_apart(apart=document is None)
        self.panels.show_document(document)
        self._update()

    def _loaded(self, document: Document) -> None:
        """Let the panels show a File-set that has come."""
        if document is self.current:
            self.panels.show_document(document)

    def _edited(self, document: Document) -> None:
        """Let the panels show what is staged now, after the tree has been painted."""
        if document is self.current:
            self._refresh.start()

    def _failed(self, document: Document, error: BaseException | None) -> None:
        """Show an error; a tab that never came to show a File-set goes."""
        if document.file_set is None:
            self._drop_tab(document)
        self.show_failure(error)

    def _document_changed(self, document: Document) -> None:
        """Show title and edits of a document."""
        name_tabs(self.tabs, self.documents())
        if document is self.current:
            self._update()

    def _selection_changed(self) -> None:
        """Show the record that is selected."""
        if self.current is not None and self.current.file_set is not None:
            self.panels.show_record(self.current)
        self._update_record_actions()

    # Keeping the frame in step ---------------------------------------------------------------

    def _update(self) -> None:
        """Show title, status and which actions can be used."""
        document = self.current
        self.setWindowModified(document is not None and document.has_edits)
        name = "DICOMDIR Studio"
        self.setWindowTitle(name if document is None else f"{document.title}[*] — {name}")
        self.status.show_document(document)
        self.table.enable(document_states(document))
        self._name_history(None if document is None else document.file_set)
        self._update_record_actions()

    def _name_history(self, file_set: Any) -> None:
        """Let undo and redo say what they would undo and redo."""
        undo = file_set.undo_text if file_set is not None and file_set.can_undo else ""
        redo = file_set.redo_text if file_set is not None and file_set.can_redo else ""
        self.table.rename("undo", self.tr("&Undo {0}").format(undo) if undo else "")
        self.table.rename("redo", self.tr("R&edo {0}").format(redo) if redo else "")

    def _update_record_actions(self) -> None:
        """Enable what can be done with the records selected."""
        self.table.enable(record_states(self.current))
        self.table.explain("add-private", why_no_private(self.current))

    def _show_menu(self, place: QPoint) -> None:
        """Show the context menu of the records."""
        menu = self.table.context_menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def _show_instances(self, instances: Sequence[FileInstance]) -> None:
        """Select instances in the tree."""
        if self.current is not None:
            self.current.view.show_records([instance.node for instance in instances])

    def _revert(self, instances: list[Any], properties: list[str]) -> None:
        """Take back single staged changes."""
        if self.current is not None:
            self.current.revert(instances, properties)
