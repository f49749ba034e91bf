"""The search panel: find instances by what their records or files say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelection, QModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.results import FILE_ID, STUDY, ResultsModel, sorted_results
from dicomdir_studio.gui.panels.beside import Beside
from dicomdir_studio.gui.panels.keywords import AttributesModel
from dicomdir_studio.gui.panels.notes import Note
from dicomdir_studio.gui.panels.query import QueryEditor
from dicomdir_studio.gui.panels.room import LEAST_ROWS, ActsLine, RowsArea, show_rows
from dicomdir_studio.gui.panels.saving import SaveButton
from dicomdir_studio.gui.panels.staying import show_and_stay
from dicomdir_studio.gui.panels.tables import set_widths, table_view
from dicomdir_studio.gui.panels.values import ValuesTab
from dicomdir_studio.gui.phrases import in_one_line
from dicomdir_studio.session.export import save_results
from dicomdir_studio.session.query import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtGui import QShowEvent

    from dicomdir_studio.fileset import FileInstance, FileSet
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.jobs import Job

_SELECTION_DELAY_MS = 120
_MOST_SELECTED = 10_000


class SearchPanel(QWidget):
    """Conditions, the results that satisfy all of them, and a tab of values.

    Attributes
    ----------
    instances_activated : Signal(list)
        Instances to select in the tree: those that are selected among the results.
    """

    instances_activated = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._file_set: FileSet | None = None
        self._poller: JobPoller | None = None
        self._job: Job[list[FileInstance]] | None = None
        self._asked: tuple[dict[str, str], bool] | None = None
        self._is_stale = False
        attributes = AttributesModel(self)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self._find_tab = QWidget(self)
        self.editor = QueryEditor(attributes, self._find_tab)
        self.load = QCheckBox(self.tr("Search &inside the files too (slower)"), self._find_tab)
        self.search_button = QPushButton(self.tr("&Search"), self._find_tab)
        self.clear_button = QPushButton(self.tr("Clear"), self._find_tab)
        self.note = Note(self._find_tab)
        self.model = ResultsModel(self)
        self.view = table_view(
            self.model, self.tr("Instances found"), self._find_tab, paths=(FILE_ID,)
        )
        self.summary = QLabel(self._find_tab)
        self.save_button = SaveButton(self._saving, "instances", self._find_tab)
        self.values = ValuesTab(attributes, self)
        self._selection_timer = QTimer(self)
        self._build()
        self._connect()
        self._update_enabled()

    def _build(self) -> None:
        set_widths(self.view, (14, 17, 9, 7, 20, 8), filling=(STUDY, FILE_ID))
        self.view.header().setSectionsClickable(True)
        self.clear_button.setAutoDefault(False)
        self.search_button.setDefault(True)
        acts = ActsLine(
            self.editor.add_button,
            self.load,
            (self.clear_button, self.search_button),
            self._find_tab,
        )
        below = QHBoxLayout()
        below.addWidget(self.summary, 1)
        below.addWidget(self.save_button)
        question = QWidget(self._find_tab)
        asked = _column(question)
        asked.addWidget(RowsArea(self.editor, self.editor.least_height, question))
        asked.addWidget(acts)
        asked.addWidget(self.note)
        asked.addStretch()
        answer = QWidget(self._find_tab)
        found = _column(answer)
        show_rows(self.view, LEAST_ROWS)
        found.addWidget(self.view, 1)
        found.addLayout(below)
        find = QVBoxLayout(self._find_tab)
        find.setContentsMargins(0, 0, 0, 0)
        beside = Beside(question, answer, self._find_tab)
        beside.flattened.connect(self.editor.set_flat)
        beside.resized.connect(self.values.beside.shape)
        self.values.beside.resized.connect(beside.shape)
        find.addWidget(beside)
        self.tabs.addTab(self._find_tab, self.tr("Fin&d"))
        self.tabs.addTab(self.values, self.tr("Val&ues"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        acts.lead_to(self.view, self.save_button)

    def _connect(self) -> None:
        self.search_button.clicked.connect(self.search)
        self.clear_button.clicked.connect(self.clear)
        self.editor.submitted.connect(self.search)
        self.view.activated.connect(self._emit_selected)
        self.view.header().sectionClicked.connect(self._sort)
        self.values.value_chosen.connect(self.search_for)
        self.save_button.saved.connect(self.note.say_saved)
        self._selection_timer.setSingleShot(True)
        self._selection_timer.setInterval(_SELECTION_DELAY_MS)
        self._selection_timer.timeout.connect(self._emit_selected)
        self.view.selectionModel().selectionChanged.connect(self._selection_changed)

    # -- what the window calls -----------------------------------------------------------------

    def set_file_set(
        self, file_set: FileSet | None, poller: JobPoller, *, is_opening: bool = False
    ) -> None:
        """Search in this File-set from now on; results of another are dropped."""
        self._poller = poller
        self.save_button.set_poller(poller)
        if file_set is not self._file_set:
            self._take(file_set, poller)
        if file_set is None:
            wait = self.tr(
                "This File-set is still being opened. It can be searched once its files have been "
                "located."
            )
            self.note.say(wait if is_opening else "")

    def _take(self, file_set: FileSet | None, poller: JobPoller) -> None:
        """Release one File-set and begin with another."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._file_set, self._asked = file_set, None
        self.values.set_file_set(file_set, poller)
        self._show(None)
        if file_set is not None and not all(row.is_blank() for row in self.editor.rows):
            self.note.say(self.tr("These conditions were not searched for in this File-set yet."))

    def focus_search(self) -> None:
        """Put the cursor where the next condition is typed."""
        self.tabs.setCurrentWidget(self._find_tab)
        row = self.editor.rows[0]
        line = row.value if row.keyword.text() else row.keyword
        line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        line.selectAll()

    def refresh(self) -> None:
        """Search again after an edit, beside the window; while nobody sees it, wait until then."""
        self._is_stale = not self.isVisible()
        if self._is_stale:
            return
        self._show_count()
        self.model.repaint_rows()
        self.values.refresh()
        file_set, poller = self._file_set, self._poller
        if file_set is None or poller is None or self._asked is None or self._job is not None:
            return
        (query, load), shown = self._asked, list(self.model.rows)
        poller.submit(
            self.tr("Searching"),
            lambda _monitor: found_again(file_set, query, shown, load=load),
            on_done=lambda found: self._catch_up(file_set, shown, found),
            on_failed=lambda _error: None,
            owner=self,
            quiet=True,
        )

    def _catch_up(
        self, file_set: FileSet, before: list[FileInstance], found: list[FileInstance] | None
    ) -> None:
        """Show what a search after an edit found, unless the user has asked for more since."""
        same = file_set is self._file_set and before == list(self.model.rows)
        if found is not None and same and self._job is None:
            self._show(found)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with the edits that were made while the panel was hidden."""
        super().showEvent(event)
        if self._is_stale:
            self.refresh()

    def search_for(self, keyword: str, value: str) -> None:
        """Search for one value of one element."""
        self.editor.set_query({keyword: value})
        self.load.setChecked(self.values.load.isChecked())
        self.tabs.setCurrentWidget(self._find_tab)
        self.search()

    def clear(self) -> None:
        """Empty the conditions and the results."""
        self.editor.set_query({})
        self._asked = None
        self._show(None)
        self.focus_search()

    # -- searching -----------------------------------------------------------------------------

    def search(self) -> None:
        """Look for the instances that satisfy all conditions; while it looks, stop."""
        if self._job is not None:
            self._job.cancel()
            return
        try:
            query = self.editor.query()
        except QueryError as error:
            self.note.complain(in_one_line(error))
            return
        if not query:
            self.note.complain(self.tr("Enter an attribute and the value to search for."))
            self.editor.rows[0].keyword.setFocus()
            return
        self._submit(query, load=self.load.isChecked())

    def _submit(self, query: dict[str, str], *, load: bool) -> None:
        file_set, poller = self._file_set, self._poller
        if file_set is None or poller is None:
            return

        def work(monitor: Monitor) -> list[FileInstance]:
            found: list[FileInstance] = file_set.search(query, load=load, monitor=monitor)
            return found

        self._asked = query, load
        self._job = poller.submit(
            self.tr("Searching"),
            work,
            on_done=lambda found: self._done(file_set, found),
            on_failed=lambda error: self._ended(file_set, in_one_line(error)),
            on_cancelled=lambda: self._ended(file_set, ""),
            owner=self,
        )
        self._update_enabled()

    def _done(self, file_set: FileSet, found: list[FileInstance]) -> None:
        self._ended(file_set, "")
        if file_set is self._file_set:
            self._show(found)

    def _ended(self, file_set: FileSet, complaint: str) -> None:
        if file_set is not self._file_set:
            return
        self._job = None
        self.note.complain(complaint)
        self._update_enabled()

    def _show(self, found: list[FileInstance] | None) -> None:
        """Show what a search found; None for no search yet."""
        self.view.header().setSortIndicatorShown(False)
        self._set_rows(found or [])
        self.values.set_found(found)
        nothing = self.tr("No instance satisfies all conditions.")
        if not self.load.isChecked():
            nothing = self.tr(
                "No directory record satisfies all conditions. "
                "Searching inside the files may find more."
            )
        self.note.say(nothing if found is not None and not found else "")
        self._show_count()
        self._update_enabled()

    def _set_rows(self, rows: list[FileInstance]) -> None:
        """Show other rows; the tree does not follow what is selected only again."""
        show_and_stay(self.view, self.model, rows)
        self._selection_timer.stop()

    def _show_count(self) -> None:
        """Say how many were found of how many: what is staged for removal is not counted."""
        found = len(self.model.rows)
        if not found or self._file_set is None:
            self.summary.clear()
            return
        total = wording.number(self._file_set.tree.tally.remaining)
        of = self.tr("{0} of {1} instances")
        if self._file_set.has_edits:
            of = self.tr("{0} of {1} instances after the write")
        self.summary.setText(of.format(wording.number(found), total))

    def _sort(self, column: int) -> None:
        """Sort the results in a job: a loop over all of them has no place in this thread."""
        file_set, poller = self._file_set, self._poller
        if file_set is None or poller is None or not self.model.rows:
            return
        header = self.view.header()
        order = header.sortIndicatorOrder()
        shown: list[FileInstance] = list(self.model.rows)
        descending = order == Qt.SortOrder.DescendingOrder

        def done(in_order: list[FileInstance]) -> None:
            if len(in_order) == len(self.model.rows) and file_set is self._file_set:
                header.setSortIndicatorShown(True)
                self._set_rows(in_order)

        poller.submit(
            self.tr("Sorting"),
            lambda _monitor: sorted_results(shown, column, descending=descending),
            on_done=done,
            owner=self,
            quiet=True,
        )

    def _saving(self) -> Callable[[Path, Monitor], None]:
        """Return the work of saving the results that are shown now."""
        found: list[FileInstance] = list(self.model.rows)

        def work(path: Path, monitor: Monitor) -> None:
            save_results(path, found, monitor=monitor)

        return work

    # -- handing on the selection --------------------------------------------------------------

    def _selection_changed(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        if not selected.isEmpty():
            self._selection_timer.start()

    def _emit_selected(self, _index: QModelIndex | None = None) -> None:
        self._selection_timer.stop()
        rows: list[Any] = self.view.selectionModel().selectedRows()[:_MOST_SELECTED]
        found = [self.model.row(index) for index in rows]
        instances = [instance for instance in found if instance is not None]
        if instances:
            self.instances_activated.emit(instances)

    def _update_enabled(self) -> None:
        self.search_button.setEnabled(self._file_set is not None)
        searching = self._job is not None
        self.search_button.setText(self.tr("Stop") if searching else self.tr("&Search"))
        self.save_button.setEnabled(bool(self.model.rows))


def _column(parent: QWidget) -> QVBoxLayout:
    """Return a column of parts that stand close to each other."""
    column = QVBoxLayout(parent)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    return column


def found_again(
    file_set: FileSet, query: dict[str, str], shown: list[FileInstance], *, load: bool
) -> list[FileInstance] | None:
    """Return what a search finds after an edit, in the order shown; None if that is the same.

    Files are not read again: of a search inside them what is no longer there goes.
    """
    found: list[FileInstance] = list(file_set) if load else file_set.search(query)
    there, known = set(found), set(shown)
    rows = [one for one in shown if one in there]
    if not load:
        rows += [one for one in found if one not in known]
    return None if rows == shown else rows
