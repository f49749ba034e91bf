"""The Values tab: which values elements have in a File-set, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.values import COUNT, ELEMENT, ValueCount, ValuesModel, value_text
from dicomdir_studio.gui.panels.beside import Beside
from dicomdir_studio.gui.panels.keywords import AttributesModel, keyword_of
from dicomdir_studio.gui.panels.notes import Note
from dicomdir_studio.gui.panels.query import KeywordEdit
from dicomdir_studio.gui.panels.room import LEAST_ROWS, ActsLine, show_rows
from dicomdir_studio.gui.panels.saving import SaveButton
from dicomdir_studio.gui.panels.tables import set_widths, table_view
from dicomdir_studio.gui.phrases import in_one_line
from dicomdir_studio.session.export import save_values
from dicomdir_studio.session.query import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dicomdir_studio.fileset import FileInstance, FileSet
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.jobs import Job


class ValuesTab(QWidget):
    """Distinct values of one or more elements with the number of instances that have each.

    Attributes
    ----------
    value_chosen : Signal(str, str)
        Keyword and value to search for.
    """

    value_chosen = Signal(str, str)

    def __init__(self, attributes: AttributesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._file_set: FileSet | None = None
        self._poller: JobPoller | None = None
        self._job: Job[list[ValueCount]] | None = None
        self._found: list[FileInstance] | None = None
        self._is_counted = False
        self.model = ValuesModel(self)
        self.view = table_view(self.model, self.tr("Values and their counts"), self)
        self.view.setSortingEnabled(True)
        self.view.header().setSortIndicator(COUNT, Qt.SortOrder.DescendingOrder)
        set_widths(self.view, (20, 34, 9))
        self.elements = KeywordEdit(attributes, self, several=True)
        self.elements.setPlaceholderText(self.tr("Modality, StudyDate"))
        self.count_button = QPushButton(self.tr("Cou&nt"), self)
        self.count_button.setAutoDefault(False)
        self.only_found = QCheckBox(self.tr("Onl&y in the instances found"), self)
        self.load = QCheckBox(self.tr("Loo&k inside the files too (slower)"), self)
        self.note = Note(self)
        self._label = QLabel(self.tr("Attri&butes"), self)
        self._line = QGridLayout()
        self.save_button = SaveButton(self._saving, "values", self)
        self._summary = QLabel(self)
        self._build()
        self.count_button.clicked.connect(self.count)
        self.elements.returnPressed.connect(self.count)
        self.view.activated.connect(self._choose)
        self.save_button.saved.connect(self.note.say_saved)
        self._update_enabled()

    def _build(self) -> None:
        self._label.setBuddy(self.elements)
        self._line.setSpacing(6)
        self._line.addWidget(self.elements, 1, 1)
        self._line.addWidget(self.count_button, 1, 2)
        self._place_label(flat=False)
        boxes = ActsLine(self.only_found, self.load, (), self)
        below = QHBoxLayout()
        below.addWidget(self._summary, 1)
        below.addWidget(self.save_button)
        question = QWidget(self)
        asked = QVBoxLayout(question)
        asked.setContentsMargins(0, 0, 0, 0)
        asked.setSpacing(6)
        asked.addLayout(self._line)
        asked.addWidget(boxes)
        asked.addWidget(self.note)
        asked.addStretch()
        answer = QWidget(self)
        counted = QVBoxLayout(answer)
        counted.setContentsMargins(0, 0, 0, 0)
        counted.setSpacing(6)
        show_rows(self.view, LEAST_ROWS)
        counted.addWidget(self.view, 1)
        counted.addLayout(below)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.beside = Beside(question, answer, self)
        self.beside.flattened.connect(lambda flat: self._place_label(flat=flat))
        layout.addWidget(self.beside)
        self.setTabOrder(self.elements, self.count_button)
        self.setTabOrder(self.count_button, self.only_found)
        boxes.lead_to(self.view, self.save_button)

    def _place_label(self, *, flat: bool) -> None:
        """Put the heading beside its line where height is scarce, else above it."""
        self._line.addWidget(self._label, *((1, 0) if flat else (0, 1)))

    def set_file_set(self, file_set: FileSet | None, poller: JobPoller) -> None:
        """Count in this File-set, or in none."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._file_set = file_set
        self._poller = poller
        self._found = None
        self.save_button.set_poller(poller)
        self._show([])
        self.note.say("")

    def set_found(self, instances: list[FileInstance] | None) -> None:
        """Say which instances the last search found, None for no search."""
        self._found = instances
        if instances is None:
            self.only_found.setChecked(False)
        self._update_enabled()

    def refresh(self) -> None:
        """Say that what is shown was counted before an edit."""
        if self._is_counted and self._job is None:
            self.note.warn(self.tr("The File-set has changed since these were counted."))

    def count(self) -> None:
        """Count the values of the named elements; while it counts, stop."""
        if self._job is not None:
            self._job.cancel()
            return
        file_set, poller = self._file_set, self._poller
        keywords = self._keywords()
        if file_set is None or poller is None or not keywords:
            return
        instances = self._found if self.only_found.isChecked() else None
        load = self.load.isChecked()

        def work(monitor: Monitor) -> list[ValueCount]:
            return counted_values(file_set, keywords, instances, load=load, monitor=monitor)

        self._job = poller.submit(
            self.tr("Counting values"),
            work,
            on_done=lambda rows: self._done(file_set, rows),
            on_failed=lambda error: self._ended(file_set, in_one_line(error)),
            on_cancelled=lambda: self._ended(file_set, ""),
            owner=self,
        )
        self._update_enabled()

    def _keywords(self) -> list[str]:
        """Return the keywords that were typed; complains of one that is unknown."""
        typed = [part for part in self.elements.text().split(",") if part.strip()]
        try:
            keywords = list(dict.fromkeys(keyword_of(part) for part in typed))
        except QueryError as error:
            self.note.complain(in_one_line(error))
            return []
        if not keywords:
            self.note.complain(self.tr("Enter an attribute whose values are to be counted."))
            self.elements.setFocus()
        return keywords

    def _done(self, file_set: FileSet, rows: list[ValueCount]) -> None:
        nothing = self.tr(
            "No instance has a value for this in its directory record. "
            "Looking inside the files may find more."
        )
        self._ended(file_set, "")
        if file_set is self._file_set:
            self._show(rows)
            self.note.say("" if rows else nothing)

    def _ended(self, file_set: FileSet, complaint: str) -> None:
        if file_set is self._file_set:
            self._job = None
            self.note.complain(complaint)
            self._update_enabled()

    def _show(self, rows: list[ValueCount]) -> None:
        self._is_counted = bool(rows)
        self.model.set_rows(rows)
        header = self.view.header()
        self.model.sort(header.sortIndicatorSection(), header.sortIndicatorOrder())
        self.view.setColumnHidden(ELEMENT, len({row.keyword for row in rows}) < 2)  # noqa: PLR2004
        text = wording.counted(len(rows), self.tr("distinct value"), self.tr("distinct values"))
        self._summary.setText(text if rows else "")
        self._update_enabled()

    def _choose(self, index: QModelIndex) -> None:
        row = self.model.row(index)
        if row is not None:
            self.value_chosen.emit(row.keyword, value_text(row.value))

    def _saving(self) -> Callable[[Path, Monitor], None]:
        """Return the work of saving the values that are shown now."""
        values: dict[str, list[tuple[Any, int]]] = {}
        for row in self.model.rows:
            values.setdefault(row.keyword, []).append((row.value, row.count))
        return lambda path, _monitor: save_values(path, values)

    def _update_enabled(self) -> None:
        self.count_button.setEnabled(self._file_set is not None)
        counting = self._job is not None
        self.count_button.setText(self.tr("Stop") if counting else self.tr("Cou&nt"))
        self.only_found.setEnabled(self._found is not None)
        self.save_button.setEnabled(bool(self.model.rows))


def counted_values(
    file_set: FileSet,
    keywords: list[str],
    instances: list[FileInstance] | None,
    *,
    load: bool,
    monitor: Monitor,
) -> list[ValueCount]:
    """Return the values of all the elements with their counts; runs in a job."""
    rows: list[ValueCount] = []
    for keyword in keywords:
        monitor.check()
        counts = file_set.count_values(keyword, instances, load=load, monitor=monitor)
        rows += [ValueCount(keyword, value, count) for value, count in counts]
    return rows
