"""The page while media are made: the queue, how far each is, and the disc that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.errors import StudioError
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.medium import words
from dicomdir_studio.gui.medium.queue import StepOutcome, StepState
from dicomdir_studio.gui.models.lazy import LazyTableModel
from dicomdir_studio.gui.models.states import State
from dicomdir_studio.gui.panels.job_bar import progress_text
from dicomdir_studio.gui.panels.notes import Note
from dicomdir_studio.gui.panels.tables import set_widths, table_view
from dicomdir_studio.gui.phrases import in_language
from dicomdir_studio.session.making.wish import Goal

if TYPE_CHECKING:
    from dicomdir_studio.gui.medium.queue import MediumQueue
    from dicomdir_studio.session.jobs import Job

MEDIUM, SIZE, STATE = range(3)
_STEPS = 1000
_BADGES = {
    StepState.WAITING: ("", State.UNCHANGED),
    StepState.ASKING: ("~", State.CHANGED),
    StepState.RUNNING: ("▸", State.CHANGED),
    StepState.DONE: ("✓", State.ADDED),
    StepState.FAILED: ("!", State.PROBLEM),
    StepState.CANCELLED: ("!", State.PROBLEM),
}


def state_word(outcome: StepOutcome) -> str:
    """Return where a medium stands, in words."""
    verified = outcome.made is not None and outcome.made.verified
    return {
        StepState.WAITING: words.tr("waits"),
        StepState.ASKING: words.tr("is asked for"),
        StepState.RUNNING: words.tr("is being made"),
        StepState.DONE: words.tr("made and verified")
        if verified
        else words.tr("made, not verified"),
        StepState.FAILED: words.tr("failed"),
        StepState.CANCELLED: words.tr("cancelled"),
    }[outcome.state]


class QueueModel(LazyTableModel[StepOutcome]):
    """Media in the order in which they are made."""

    HEADERS: ClassVar[tuple[str, ...]] = ("Medium", "Size", "State")
    NUMBERS: ClassVar[frozenset[int]] = frozenset({SIZE})
    goal = Goal.ISO

    def cell(self, row: StepOutcome, column: int, role: int) -> object:
        """Return a cell's text, the state also as a badge and a colour."""
        badge, state = _BADGES[row.state]
        if role == Qt.ItemDataRole.DisplayRole:
            if column == MEDIUM:
                copy = row.step.copy
                more = words.tr("copy {0}").format(copy) if copy > 1 else ""
                return wording.joined(words.disc_title(row.step.disc, self.goal), more)
            if column == SIZE:
                return wording.size(row.step.disc.used)
            return wording.joined_words(badge, state_word(row))
        if role == Qt.ItemDataRole.ForegroundRole and column == STATE:
            return state.brush()
        return None


class ProgressPage(QWidget):
    """The queue of media and the one that is being made.

    Attributes
    ----------
    go_on_wanted : Signal()
        The disc is in; or what failed is to be tried again.
    stop_wanted : Signal()
        Nothing more is to be made.
    """

    go_on_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue: MediumQueue | None = None
        self.heading = large_label(self)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(10)
        self.numbers = QLabel(self)
        self.numbers.setProperty("muted", True)
        self.numbers.setTextFormat(Qt.TextFormat.PlainText)
        self.warning = Note(self)
        self.ask = QFrame(self)
        self.ask.setObjectName("ask")
        self.ask_text = large_label(self.ask)
        self.ask_text.setTextFormat(Qt.TextFormat.PlainText)
        self.problem = Note(self.ask)
        self.go_on = QPushButton(self.ask)
        self.stop = QPushButton(self.tr("&Stop here"), self.ask)
        self.model = QueueModel(self)
        self.view = table_view(self.model, self.tr("Media to be made"), self)
        self._build()
        self.go_on.clicked.connect(self.go_on_wanted)
        self.stop.clicked.connect(self.stop_wanted)

    def show_queue(self, queue: MediumQueue) -> None:
        """Follow the making of media."""
        self._queue = queue
        self.model.goal = queue.proposal.wish.goal
        self.model.set_rows(queue.outcomes)
        queue.changed.connect(self._update)
        if queue.proposal.wish.goal is Goal.DISC:
            self.warning.say(self.tr("Cancelling while a disc is being burned spoils that disc."))
        else:
            self.warning.say("")
        self._update()

    def show_progress(self, job: Job[object]) -> None:
        """Show how far the medium is that is being made."""
        progress = job.progress
        fraction = progress.fraction
        self.bar.setRange(0, 0 if fraction is None else _STEPS)
        self.bar.setValue(0 if fraction is None else round(fraction * _STEPS))
        numbers = progress_text(progress)
        text = wording.joined(progress.phase, numbers)
        self.numbers.setText(self.tr("Cancelling…") if job.is_cancelling else text)
        self.bar.setAccessibleName(text)

    def _build(self) -> None:
        for button in (self.go_on, self.stop):
            button.setAutoDefault(False)
        self.view.header().setStretchLastSection(True)
        self.view.header().setSectionResizeMode(MEDIUM, QHeaderView.ResizeMode.Interactive)
        set_widths(self.view, (40, 12, 40))
        buttons = QHBoxLayout()
        buttons.addWidget(self.go_on)
        buttons.addWidget(self.stop)
        buttons.addStretch()
        inside = QVBoxLayout(self.ask)
        inside.setContentsMargins(14, 12, 14, 12)
        inside.setSpacing(10)
        inside.addWidget(self.ask_text)
        inside.addWidget(self.problem)
        inside.addLayout(buttons)
        self.ask.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for widget in (self.heading, self.bar, self.numbers, self.ask, self.warning):
            layout.addWidget(widget)
        layout.addWidget(self.view, 1)

    def _update(self) -> None:
        """Show where the media stand."""
        queue = self._queue
        if queue is None:
            return
        self.model.repaint_rows()
        current = queue.current
        if current is None:
            return
        plan, goal = current.step.disc.plan, queue.proposal.wish.goal
        total = len(queue.outcomes)
        self.heading.setText(
            self.tr("Making medium {0} of {1}: {2}").format(
                current.step.place, total, words.disc_title(current.step.disc, goal)
            )
        )
        running = current.state is StepState.RUNNING
        self.bar.setVisible(running)
        self.numbers.setVisible(running)
        self.warning.setVisible(bool(self.warning.text()) and running)
        self.ask.setVisible(not running)
        if current.state is StepState.ASKING:
            self._ask_for(current, plan.number, plan.of)
        elif current.state is StepState.FAILED:
            self._tell_failure(current)
        if not running:
            self.go_on.setFocus()

    def _ask_for(self, current: StepOutcome, number: int, of: int) -> None:
        """Ask for the next disc by its name."""
        queue = self._queue
        if queue is None:
            return
        wish = queue.proposal.wish
        name = current.step.disc.plan.file_set_id.replace("_", " ") or self.tr("no name")
        if wish.goal is Goal.DISC:
            kind = words.kind_of_disc(wish.capacity)
            text = self.tr("Insert an empty {0} for disc {1} of {2}: “{3}”")
        else:
            kind = self.tr("stick or card")
            text = self.tr("Insert an empty {0} in the same place for part {1} of {2}: “{3}”")
        told = text.format(kind, number, of, name)
        if wish.copies > 1 and wish.goal is Goal.DISC:
            told = self.tr("{0}, copy {1} of {2}").format(told, current.step.copy, wish.copies)
        self.ask_text.setText(told)
        self.problem.say("")
        self.go_on.setText(self.tr("&Go on"))

    def _tell_failure(self, current: StepOutcome) -> None:
        """Say what failed, and offer to try it again."""
        self.ask_text.setText(
            self.tr("This medium was not made. The ones before it are complete and are kept.")
            if self._queue is not None and self._queue.made
            else self.tr("This medium was not made.")
        )
        self.problem.complain(error_text(current.error))
        self.go_on.setText(self.tr("&Try again"))


def error_text(error: BaseException | None) -> str:
    """Return what an error says, a line each: what and where, why, what to do."""
    if error is None:
        return ""
    if not isinstance(error, StudioError):
        return words.tr("An unexpected error occurred ({0})").format(type(error).__name__)
    what = in_language(error.what)
    head = f"{what}: {error.where}" if error.where else what
    return "\n".join(in_language(text) for text in (head, error.why, error.remedy) if text)


def large_label(parent: QWidget) -> QLabel:
    """Return a label for what matters most on a page."""
    made = QLabel(parent)
    font = QFont(made.font())
    font.setPointSizeF(font.pointSizeF() * 1.25)
    font.setBold(True)
    made.setFont(font)
    made.setWordWrap(True)
    return made
