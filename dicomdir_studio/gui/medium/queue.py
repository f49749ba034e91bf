"""Media made one after the other: what waits, what runs, what came of each."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from dicomdir_studio.media.errors import BurningCancelledError
from dicomdir_studio.session.making.making import DiscMaker, steps_of, write_step
from dicomdir_studio.session.making.wish import Goal

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.media.burning import Burner
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.jobs import Job
    from dicomdir_studio.session.making.making import MadeMedium, Step
    from dicomdir_studio.session.making.proposal import Proposal


class StepState(enum.Enum):
    """Where a medium stands."""

    WAITING = "waiting"
    ASKING = "asking"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class StepOutcome:
    """One medium and what came of it.

    Attributes
    ----------
    step : Step
        Which one.
    state : StepState
        Where it stands.
    made : MadeMedium or None
        What was made.
    error : BaseException or None
        Why it was not.
    """

    step: Step
    state: StepState = StepState.WAITING
    made: MadeMedium | None = None
    error: BaseException | None = None


class MediumQueue(QObject):
    """Makes the media of a proposal in order, and asks for each disc or stick after the first.

    Parameters
    ----------
    proposal : Proposal
        What was shown and accepted.
    poller : JobPoller
        Runs the work.
    make_burner : callable
        Returns the burning program, for optical discs.
    parent : QObject, optional
        The Qt parent.

    Attributes
    ----------
    changed : Signal()
        Something stands elsewhere.
    finished : Signal()
        Nothing is left to be done, or it was stopped.
    """

    changed = Signal()
    finished = Signal()

    def __init__(
        self,
        proposal: Proposal,
        poller: JobPoller,
        make_burner: Callable[[], Burner],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.proposal = proposal
        self.outcomes = [StepOutcome(step) for step in steps_of(proposal)]
        self.job: Job[Any] | None = None
        self._poller = poller
        self._make_burner = make_burner
        self._discs: DiscMaker | None = None
        self._stopped = False

    @property
    def current(self) -> StepOutcome | None:
        """The medium that is asked for, is being made or failed; None at the end."""
        done = (StepState.DONE, StepState.CANCELLED)
        return next((one for one in self.outcomes if one.state not in done), None)

    @property
    def made(self) -> list[MadeMedium]:
        """The media that were made."""
        return [one.made for one in self.outcomes if one.made is not None]

    def start(self) -> None:
        """Make the next medium, without asking for it."""
        current = self.current
        if current is None or self._stopped:
            self._end()
            return
        current.state, current.error = StepState.RUNNING, None
        self.job = self._poller.submit(
            current.step.disc.plan.file_set_id or "medium",
            self._work(current.step),
            on_done=lambda made: self._done(current, made),
            on_failed=lambda error: self._failed(current, error),
            on_cancelled=lambda: self._cancelled(current, self.job),
            owner=self,
        )
        self.changed.emit()

    def cancel(self) -> None:
        """Stop: what is being made is given up, what waits is not begun, what is made stays."""
        self._stopped = True
        if self.job is not None:
            self.job.cancel()
            self.changed.emit()
            return
        current = self.current
        if current is not None and current.state is not StepState.FAILED:
            current.state = StepState.CANCELLED
        self._end()

    def _work(self, step: Step) -> Callable[[Monitor], MadeMedium]:
        """Return the work of a step."""
        proposal = self.proposal
        if proposal.wish.goal is not Goal.DISC:
            return lambda monitor: write_step(proposal, step, monitor)

        def burn(monitor: Monitor) -> MadeMedium:
            if self._discs is None:
                self._discs = DiscMaker(proposal, self._make_burner())
            return self._discs.burn_step(step, monitor)

        return burn

    def _done(self, outcome: StepOutcome, made: MadeMedium) -> None:
        """Go on with the next; a disc or stick is asked for."""
        self.job = None
        outcome.state, outcome.made = StepState.DONE, made
        following = self.current
        if following is None or self._stopped:
            self._end()
        elif self.proposal.wish.goal in {Goal.DISC, Goal.STICK}:
            following.state = StepState.ASKING
            self.changed.emit()
        else:
            self.start()

    def _failed(self, outcome: StepOutcome, error: BaseException) -> None:
        """Let the user try again or stop."""
        self.job = None
        outcome.state, outcome.error = StepState.FAILED, error
        if self._stopped:
            self._end()
        else:
            self.changed.emit()

    def _cancelled(self, outcome: StepOutcome, job: Job[Any] | None) -> None:
        """Stop; an error says what became of a disc that was being burned."""
        self.job = None
        outcome.state = StepState.CANCELLED
        error = None if job is None else job.error
        if isinstance(error, BurningCancelledError):
            outcome.error = error
        self._end()

    def _end(self) -> None:
        """Nothing more is made."""
        self._stopped = True
        self.changed.emit()
        self.finished.emit()
