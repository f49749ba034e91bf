"""What came of making media, by patient and series; saved or printed as a receipt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QTextDocument
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.gui import file_manager, wording
from dicomdir_studio.gui.dialogs.error import show_error
from dicomdir_studio.gui.medium import words
from dicomdir_studio.gui.medium.progress_page import error_text, large_label, state_word
from dicomdir_studio.gui.medium.queue import StepState
from dicomdir_studio.gui.models.columns import date_text
from dicomdir_studio.gui.models.lazy import LazyTableModel
from dicomdir_studio.gui.models.states import State
from dicomdir_studio.gui.panels.notes import Note
from dicomdir_studio.gui.panels.tables import set_widths, table_view
from dicomdir_studio.media.papers.sheet import PaperFields
from dicomdir_studio.media.targets.proving import FaultyMediumError
from dicomdir_studio.session.export import as_csv
from dicomdir_studio.session.making.papers import label_paper, receipt_paper
from dicomdir_studio.session.making.report import (
    COLUMNS,
    Line,
    lines_of,
    receipt_html,
    receipt_text,
    write_new,
)
from dicomdir_studio.session.making.wish import Goal

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.gui.medium.queue import MediumQueue, StepOutcome
    from dicomdir_studio.media.volumes import VolumeSystem
    from dicomdir_studio.monitor import Monitor

MEDIUM, PATIENT, STUDY, SERIES, INSTANCES, SIZE, OUTCOME = range(7)


class ResultsModel(LazyTableModel[Line]):
    """Series on media, and what came of each."""

    HEADERS: ClassVar[tuple[str, ...]] = (
        "Medium", "Patient", "Study", "Series", "Instances", "Size", "Outcome",
    )  # fmt: skip
    NUMBERS: ClassVar[frozenset[int]] = frozenset({INSTANCES, SIZE})

    def cell(self, row: Line, column: int, role: int) -> object:
        """Return a cell's text; the outcome also as a colour."""
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            return self._text(row, column)
        if role == Qt.ItemDataRole.ForegroundRole and column == OUTCOME:
            return (State.ADDED if row.is_good else State.PROBLEM).brush()
        return None

    def _text(self, row: Line, column: int) -> str:
        badge = "✓" if row.is_good else "!"
        return {
            MEDIUM: row.medium,
            PATIENT: wording.joined(wording.person_name(row.patient), row.patient_id),
            STUDY: wording.joined(row.study, date_text(row.date)),
            SERIES: wording.joined(row.modality, row.series),
            INSTANCES: wording.number(row.instances),
            SIZE: wording.size(row.bytes),
            OUTCOME: wording.joined_words(badge, row.outcome),
        }[column]


class ResultPage(QWidget):
    """The result of all media.

    Parameters
    ----------
    poller : JobPoller
        Saves what is to be saved.
    make_volumes : callable
        Returns what knows the sticks of this system.
    parent : QWidget, optional
        The Qt parent.

    Attributes
    ----------
    again_wanted : Signal()
        Another medium is to be made.
    """

    again_wanted = Signal()

    def __init__(
        self,
        poller: JobPoller,
        make_volumes: Callable[[], VolumeSystem],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._poller = poller
        self._make_volumes = make_volumes
        self._queue: MediumQueue | None = None
        self._fields = PaperFields()
        self.lines: list[Line] = []
        self.heading = large_label(self)
        self.where = QLabel(self)
        self.where.setWordWrap(True)
        self.where.setTextFormat(Qt.TextFormat.PlainText)
        self.where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem = Note(self)
        self.model = ResultsModel(self)
        self.view = table_view(self.model, self.tr("Result by series"), self, paths=(MEDIUM,))
        self.remark = Note(self)
        self.recipient = QLineEdit(self)
        self.save_button = QPushButton(self.tr("&Save the receipt…"), self)
        self.label_button = QPushButton(self.tr("Save the &labels…"), self)
        self.print_button = QPushButton(self.tr("&Print…"), self)
        self.show_button = QPushButton(self.tr("Show in file &manager"), self)
        self.eject_button = QPushButton(self.tr("&Eject the stick"), self)
        self.again_button = QPushButton(self.tr("Make &another…"), self)
        self._build()
        self.save_button.clicked.connect(self._ask_and_save)
        self.label_button.clicked.connect(self._ask_and_save_labels)
        self.print_button.clicked.connect(self._ask_and_print)
        self.eject_button.clicked.connect(self.eject)
        self.show_button.clicked.connect(self._show_file)
        self.again_button.clicked.connect(self.again_wanted)

    def show_result(self, queue: MediumQueue, fields: PaperFields, remark: str) -> None:
        """Show what came of all media.

        Parameters
        ----------
        queue : MediumQueue
            What was made.
        fields : PaperFields
            What stands on papers beside the content.
        remark : str
            What a preset asks for besides; empty for nothing.
        """
        self._queue, self._fields = queue, fields
        self.remark.say(remark if queue.made else "")
        for button, text in (
            (self.save_button, self.tr("&Save the receipt…")),
            (self.label_button, self.tr("Save the &labels…")),
        ):
            button.setText(text)
        good = {one.step.place for one in queue.outcomes if one.state is StepState.DONE}
        told = {one.step.place: self._outcome(one) for one in queue.outcomes}
        lines = lines_of([one.step for one in queue.outcomes], told, good)
        faults = {one.step.place: faults_of(one.error) for one in queue.outcomes}
        self.lines = [with_faults(line, faults[line.place]) for line in lines]
        self.model.set_rows(self.lines)
        self.heading.setText(self.title)
        self.where.setText("\n".join(dict.fromkeys(one.where for one in queue.made)))
        self.where.setVisible(bool(queue.made))
        failed = [one for one in queue.outcomes if one.error is not None]
        self.problem.complain(*(error_text(one.error) for one in failed))
        goal = queue.proposal.wish.goal
        self.show_button.setVisible(bool(queue.made) and goal is not Goal.DISC)
        self.eject_button.setVisible(bool(queue.made) and queue.proposal.wish.stick is not None)
        self.eject_button.setEnabled(True)
        self.label_button.setVisible(bool(queue.made) and goal in {Goal.DISC, Goal.ISO})
        self.view.setFocus()

    @property
    def title(self) -> str:
        """What came of it, in a sentence."""
        queue = self._queue
        if queue is None:
            return ""
        made, total = len(queue.made), len(queue.outcomes)
        media = wording.counted(made, words.tr("medium"), words.tr("media"))
        if made == total:
            verified = all(one.verified for one in queue.made)
            return (
                self.tr("{0} made and verified byte by byte").format(media)
                if verified
                else self.tr("{0} made, not verified").format(media)
            )
        if made:
            return self.tr("{0} of {1} media made; the others were not").format(made, total)
        cancelled = [one for one in queue.outcomes if one.state is StepState.CANCELLED]
        if any(one.error is not None for one in cancelled):  # a disc is changed nevertheless
            return self.tr("Cancelled: no disc was finished")
        return self.tr("Cancelled: nothing was made") if cancelled else self.tr("Nothing was made")

    @property
    def receipt(self) -> str:
        """The receipt as plain text."""
        made = [] if self._queue is None else self._queue.made
        return receipt_text(self.lines, made, self.title)

    @property
    def fields(self) -> PaperFields:
        """What stands on papers beside the content."""
        return replace(self._fields, recipient=self.recipient.text().strip())

    def save(self, path: Path) -> None:
        """Save the receipt in a job: as PDF, CSV or plain text, by its ending."""
        queue, fields, lines, text = self._queue, self.fields, list(self.lines), self.receipt
        if queue is None:
            return

        def work(_monitor: Monitor) -> None:
            kind = path.suffix.lower()
            if kind == ".pdf":
                receipt_paper(queue.proposal, queue.made, fields).save(path)
            elif kind == ".csv":
                write_new(path, as_csv([line.as_row() for line in lines], COLUMNS))
            else:
                write_new(path, text)

        self._save(work, self.save_button)

    def save_labels(self, path: Path) -> None:
        """Save labels and cover sheets as PDF, in a job."""
        queue, fields = self._queue, self.fields
        if queue is not None:
            self._save(
                lambda _monitor: label_paper(queue.proposal, fields).save(path), self.label_button
            )

    def eject(self) -> None:
        """Flush and unmount the stick in a job, and say whether it is safe to unplug."""
        stick = None if self._queue is None else self._queue.proposal.wish.stick
        if stick is None:
            return
        self.eject_button.setEnabled(False)
        make_volumes = self._make_volumes
        self._poller.submit(
            self.tr("Ejecting"),
            lambda _monitor: make_volumes().eject(stick),
            on_done=self._tell_ejected,
            on_failed=lambda error: self._tell_ejected(is_safe=False, error=error),
            owner=self,
            quiet=True,
        )

    def _tell_ejected(self, is_safe: bool, error: BaseException | None = None) -> None:
        """Say whether the stick can be unplugged."""
        if is_safe:
            self.remark.say(self.tr("The stick is safe to unplug."))
            return
        self.eject_button.setEnabled(True)
        told = self.tr(
            "The stick is complete, but could not be unmounted. Eject it in the file manager "
            "before you unplug it."
        )
        self.remark.warn(wording.joined_words(told, "" if error is None else str(error)))

    def _save(self, work: Callable[[Monitor], None], button: QPushButton) -> None:
        """Save a paper in a job, and say on its button that it is saved."""
        self._poller.submit(
            self.tr("Saving"),
            work,
            on_done=lambda _none: button.setText(self.tr("Saved")),
            on_failed=lambda error: show_error(self, error),
            owner=self,
            quiet=True,
        )

    def print_to(self, printer: QPrinter) -> None:
        """Print the receipt."""
        made = [] if self._queue is None else self._queue.made
        fields = self.fields
        recipient = self.tr("For: {0}").format(fields.recipient) if fields.recipient else ""
        about = (fields.institution, fields.address, fields.contact, recipient, fields.note)
        document = QTextDocument()
        document.setDefaultFont(QFont(self.font().family(), 9))
        document.setHtml(receipt_html(self.lines, made, self.title, about))
        document.print_(printer)

    # Inside -------------------------------------------------------------------------------

    def _build(self) -> None:
        self.view.header().setStretchLastSection(True)
        self.view.header().setSectionResizeMode(SERIES, QHeaderView.ResizeMode.Interactive)
        set_widths(self.view, (18, 26, 28, 22, 9, 10, 34))
        buttons = QHBoxLayout()
        label = QLabel(self.tr("&For"), self)
        label.setBuddy(self.recipient)
        label.setToolTip(self.tr("Who gets the media: printed on the receipt"))
        self.recipient.setAccessibleName(self.tr("Recipient"))
        self.recipient.setPlaceholderText(self.tr("Recipient, for the receipt"))
        buttons.addWidget(label)
        buttons.addWidget(self.recipient, 1)
        further = QHBoxLayout()
        for button in (self.eject_button, self.show_button, self.again_button):
            button.setAutoDefault(False)
            further.addWidget(button)
        further.addStretch()
        for button in (self.save_button, self.label_button, self.print_button):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for widget in (self.heading, self.where, self.problem, self.remark):
            layout.addWidget(widget)
        layout.addWidget(self.view, 1)
        layout.addLayout(buttons)
        layout.addLayout(further)

    @staticmethod
    def _outcome(outcome: StepOutcome) -> str:
        """Return what came of a medium, in words."""
        if outcome.state is StepState.WAITING or outcome.state is StepState.ASKING:
            return words.tr("not made")
        return state_word(outcome)

    def _ask_and_save(self) -> None:
        name, _kind = QFileDialog.getSaveFileName(
            self,
            self.tr("Save the receipt"),
            "receipt.pdf",
            self.tr("PDF (*.pdf);;Text (*.txt);;CSV (*.csv)"),
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if name:
            self.save(Path(name))

    def _ask_and_save_labels(self) -> None:
        name, _kind = QFileDialog.getSaveFileName(
            self,
            self.tr("Save the labels"),
            "labels.pdf",
            "PDF (*.pdf)",
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if name:
            self.save_labels(Path(name))

    def _ask_and_print(self) -> None:
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.print_to(printer)
        dialog.deleteLater()

    def _show_file(self) -> None:
        if self._queue is not None and self._queue.made:
            file_manager.show_file(self._queue.made[0].where)


def faults_of(error: BaseException | None) -> dict[str, str]:
    """Return what is wrong with single files of a medium, by their names on it."""
    faults = error.faults if isinstance(error, FaultyMediumError) else ()
    return {fault.name: fault.what for fault in faults}


def with_faults(line: Line, faults: dict[str, str]) -> Line:
    """Return a line that says which files of the series are wrong, if some are."""
    wrong = [name for name in line.names if name in faults]
    if not wrong:
        return line
    told = words.tr("{0} of {1} wrong: {2} {3}").format(
        wording.number(len(wrong)), words.instances(line.instances), wrong[0], faults[wrong[0]]
    )
    return line._replace(outcome=told, is_good=False)
