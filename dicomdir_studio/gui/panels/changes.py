"""The list of all that is staged, with a way back for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.changes import (
    ADDITIONS,
    PROPERTIES,
    RECORDS,
    REMOVALS,
    WHAT,
    WHERE,
    ChangesModel,
    PropertyChange,
    StagedRows,
    staged_rows,
)
from dicomdir_studio.gui.panels.notes import EmptyState
from dicomdir_studio.gui.panels.tables import set_widths, table_view

if TYPE_CHECKING:
    from dicomdir_studio.fileset import FileInstance, FileSet
    from dicomdir_studio.gui.jobs import JobPoller

_NEAR_THE_END = 20
# So many changes are listed at once, more in a job.
_AT_ONCE = 2_000


class ChangesPanel(QWidget):
    """Additions, removals and changed properties of a File-set, before they are written.

    Parameters
    ----------
    parent : QWidget, optional
        The Qt parent.
    poller : JobPoller, optional
        Lists the changes where they are many.

    Attributes
    ----------
    revert_requested : Signal(list, list)
        The instances and the names of the properties whose staged change is to be taken back.
    instance_activated : Signal(object)
        An instance to show in the tree.
    """

    revert_requested = Signal(list, list)
    instance_activated = Signal(object)

    def __init__(self, parent: QWidget | None = None, poller: JobPoller | None = None) -> None:
        super().__init__(parent)
        self._poller = poller
        self._asked = 0
        self._file_set: FileSet | None = None
        self._is_opening = False
        self.model = ChangesModel(self)
        self.view = table_view(
            self.model, self.tr("Staged changes"), self, tree=True, paths=(WHERE,)
        )
        self.view.setIndentation(14)
        set_widths(self.view, (19, 22, 10), filling=(WHAT, WHERE))
        self._summary = QLabel(self)
        self._empty = EmptyState(self)
        self.revert_button = QPushButton(self.tr("Rever&t selected"), self)
        self.revert_button.setAutoDefault(False)
        self._revert = QAction(self.tr("&Revert"), self)
        self._revert.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        self._revert.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._show_in_tree = QAction(self.tr("&Show in the tree"), self)
        self.view.addAction(self._revert)
        self._build()
        self._connect()
        self.refresh()

    def _build(self) -> None:
        below = QHBoxLayout()
        below.setContentsMargins(8, 0, 8, 6)
        below.addWidget(self._summary, 1)
        below.addWidget(self.revert_button)
        listing = QWidget(self)
        inner = QVBoxLayout(listing)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.view, 1)
        inner.addLayout(below)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(listing)

    def _connect(self) -> None:
        self.view.activated.connect(self._activate)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.selectionModel().selectionChanged.connect(self._update_actions)
        self.view.verticalScrollBar().valueChanged.connect(self._fetch_if_near_end)
        self.revert_button.clicked.connect(self.revert_selected)
        self._revert.triggered.connect(self.revert_selected)
        self._show_in_tree.triggered.connect(lambda: self._activate(self.view.currentIndex()))

    def set_file_set(self, file_set: FileSet | None, *, is_opening: bool = False) -> None:
        """Show the staged changes of this File-set, or of none or one that is still opened."""
        if file_set is not self._file_set:
            self.model.clear()
        self._file_set = file_set
        self._is_opening = is_opening
        self.refresh()

    def refresh(self) -> None:
        """Look again at what is staged; call after every edit, undo and write."""
        file_set = self._file_set
        self._asked += 1
        asked = self._asked
        if file_set is None:
            self._show(([], [], [], []))
        elif self._poller is None or _amount(file_set) <= _AT_ONCE:
            self._show(staged_rows(file_set))
        else:
            self._poller.submit(
                self.tr("Listing changes"),
                lambda _monitor: staged_rows(file_set),
                on_done=lambda rows: self._show(rows) if asked == self._asked else None,
                owner=self,
                quiet=True,
            )

    def _show(self, rows: StagedRows) -> None:
        """Show what is staged."""
        before = self.model.kinds()
        self.model.show_rows(rows)
        self._open_new_groups(before)
        self._empty.setText(self._empty_text())
        self._stack.setCurrentIndex(1 if self.model.rowCount() else 0)
        self._summary.setText(self._summary_text())
        self._update_actions()

    def _empty_text(self) -> str:
        if self._file_set is not None:
            return self.tr("Nothing is staged.\nDrop files on the tree to add them.")
        if self._is_opening:
            return self.tr(
                "This File-set is still being opened.\n"
                "Changes can be staged once its files have been located."
            )
        return self.tr("No File-set is open.")

    def _summary_text(self) -> str:
        count = self.model.count
        counts = (
            (count(ADDITIONS), self.tr("addition"), self.tr("additions")),
            (count(REMOVALS), self.tr("removal"), self.tr("removals")),
            (count(PROPERTIES), self.tr("property"), self.tr("properties")),
            (count(RECORDS), self.tr("changed record"), self.tr("changed records")),
        )
        return ", ".join(wording.counted(*count) for count in counts if count[0])

    # -- acting on the selection ---------------------------------------------------------------

    def selected_changes(self) -> tuple[list[FileInstance], list[str]]:
        """Return the selected instances and property names; a selected group stands for all."""
        whole = set()
        instances: list[FileInstance] = []
        names: list[str] = []
        rows: list[QModelIndex] = self.view.selectionModel().selectedRows()
        for index in rows:
            kind = self.model.kind(index)
            if self.model.change(index) is None and kind is not None:
                whole.add(kind)
        for kind in sorted(whole):
            instances += self.model.instances(kind)
            names += self.model.property_names() if kind == PROPERTIES else []
        for index in rows:
            change = self.model.change(index)
            kind = self.model.kind(index)
            if change is None or kind in whole or kind == RECORDS:
                continue
            if isinstance(change, PropertyChange):
                names.append(change.name)
            else:
                instances.append(change)
        return instances, names

    def revert_selected(self) -> None:
        """Ask for the selected changes to be taken back."""
        instances, names = self.selected_changes()
        if instances or names:
            self.revert_requested.emit(instances, names)

    def _activate(self, index: QModelIndex) -> None:
        change = self.model.change(index)
        if change is not None and not isinstance(change, PropertyChange):
            self.instance_activated.emit(change)

    def _show_menu(self, place: QPoint) -> None:
        change = self.model.change(self.view.currentIndex())
        self._show_in_tree.setEnabled(change is not None and not isinstance(change, PropertyChange))
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self._show_in_tree)
        menu.addAction(self._revert)
        menu.popup(self.view.viewport().mapToGlobal(place))

    def _update_actions(self) -> None:
        rows = self.view.selectionModel().selectedRows()
        selected = any(self.model.kind(index) != RECORDS for index in rows)
        self.revert_button.setEnabled(selected)
        self._revert.setEnabled(selected)

    # -- filling lazily ------------------------------------------------------------------------

    def _open_new_groups(self, before: list[int]) -> None:
        for row, kind in enumerate(self.model.kinds()):
            if kind not in before:
                self.view.setExpanded(self.model.index(row, 0), True)
                self.view.setFirstColumnSpanned(row, QModelIndex(), True)

    def _fetch_if_near_end(self) -> None:
        """Fetch a group's next batch when its last rows come into sight."""
        height = self.view.viewport().height()
        for row in range(self.model.rowCount()):
            group = self.model.index(row, 0)
            if not self.view.isExpanded(group) or not self.model.canFetchMore(group):
                continue
            last = self.view.visualRect(self.model.index(self.model.rowCount(group) - 1, 0, group))
            ahead = _NEAR_THE_END * last.height()
            if last.isValid() and last.bottom() >= 0 and last.top() <= height + ahead:
                self.model.fetchMore(group)


def _amount(file_set: FileSet) -> int:
    """Return how many instances are staged."""
    return file_set.edit_count
