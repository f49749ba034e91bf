"""The dialog that makes media of a File-set: chosen and seen, made, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.file_manager import documents_folder
from dicomdir_studio.gui.medium import words
from dicomdir_studio.gui.medium.choose_page import ChoosePage
from dicomdir_studio.gui.medium.device_choice import DeviceChoice
from dicomdir_studio.gui.medium.preset_choice import PresetChoice
from dicomdir_studio.gui.medium.progress_page import ProgressPage, error_text
from dicomdir_studio.gui.medium.proposing import Proposing
from dicomdir_studio.gui.medium.queue import MediumQueue
from dicomdir_studio.gui.medium.result_page import ResultPage
from dicomdir_studio.gui.room import take_room
from dicomdir_studio.media.burners import burner_here
from dicomdir_studio.media.volumes import volumes_here
from dicomdir_studio.session.making.proposal import Place
from dicomdir_studio.session.making.wish import Goal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QKeyEvent

    from dicomdir_studio.fileset import FileSet, RecordNode
    from dicomdir_studio.gui.medium.proposing import Judged, Looked, Proposed
    from dicomdir_studio.media.burning import Burner
    from dicomdir_studio.media.volumes import VolumeSystem
    from dicomdir_studio.session.jobs import Job
    from dicomdir_studio.session.making.proposal import Proposal
    from dicomdir_studio.session.making.wish import Wish
    from dicomdir_studio.session.settings import Settings

LAST_FOLDER = "medium.folder"
_WIDTH, _HEIGHT = 1080, 720


class MediumDialog(QDialog):
    """Makes folders, ZIP files, images, sticks and discs of a File-set.

    Parameters
    ----------
    file_set : FileSet
        What goes on media, with what is staged. It is looked at once and never changed.
    settings : Settings
        Remembers the folder of the last medium.
    parent : QWidget, optional
        The window that it is shown over.
    selected : sequence of RecordNode, optional
        What is selected in the window: checked when a part is chosen.
    make_burner, make_volumes : callable, optional
        Return the burning program, and what knows the sticks of this system.

    Attributes
    ----------
    proposal : Proposal or None
        What is shown; None while it is being counted.
    queue : MediumQueue or None
        What is being made, or was.
    """

    def __init__(
        self,
        file_set: FileSet,
        settings: Settings,
        parent: QWidget | None = None,
        *,
        selected: Sequence[RecordNode] = (),
        make_burner: Callable[[], Burner] = burner_here,
        make_volumes: Callable[[], VolumeSystem] = volumes_here,
    ) -> None:
        super().__init__(parent)
        self.proposal: Proposal | None = None
        self.queue: MediumQueue | None = None
        self._settings = settings
        self._make_burner = make_burner
        self._parts: tuple[frozenset[str], ...] | None = None
        self._basis: object = None
        self._proposing = Proposing(file_set, self)
        self.setWindowTitle(self.tr("Make a medium"))
        take_room(self, _WIDTH, _HEIGHT)
        self.page = ChoosePage(self)
        self.presets = PresetChoice(self.page, self._proposing.poller)
        self.progress_page = ProgressPage(self)
        self.result_page = ResultPage(self._proposing.poller, make_volumes, self)
        self.devices = DeviceChoice(
            self.page.choices, self._proposing, make_burner, make_volumes, file_set
        )
        self.pages = QStackedWidget(self)
        self.summary = QLabel(self)
        self.make_button = QPushButton(self)
        self.cancel_button = QPushButton(self.tr("Cancel"), self)
        self._build()
        self._connect()
        self.page.choices.target.path.setText(self._first_path(file_set))
        self.page.discs.say_empty(self.tr("Looking at the content…"))
        self._proposing.look(selected)
        self._update()

    # What it is doing -----------------------------------------------------------------------

    @property
    def is_making(self) -> bool:
        """Whether media are being made."""
        return self.pages.currentWidget() is self.progress_page

    def accept(self) -> None:
        """Make what is shown."""
        proposal = self.proposal
        if proposal is None or not self.make_button.isEnabled() or self.is_making:
            return
        if proposal.wish.goal in {Goal.FOLDER, Goal.ZIP, Goal.ISO}:
            self._settings.preferences[LAST_FOLDER] = str(Path(proposal.wish.out).parent)
        self.queue = MediumQueue(proposal, self._proposing.poller, self._make_burner, self)
        self.queue.finished.connect(self._show_result)
        self.progress_page.show_queue(self.queue)
        self.pages.setCurrentWidget(self.progress_page)
        self._update()
        self.queue.start()

    def reject(self) -> None:
        """Stop what is being made; else close."""
        if self.is_making and self.queue is not None:
            self.queue.cancel()
            return
        super().reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Return press the button that has the focus, and write only with Ctrl.

        What is typed into a field and ended with Return must not begin to burn.
        """
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            focused = self.focusWidget()
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self.accept()
            elif isinstance(focused, QPushButton):
                focused.click()
            return
        super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Close, give up what is being counted, and remove what was laid aside."""
        self._proposing.end()
        super().done(result)

    # Building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.make_button.setDefault(True)
        self.cancel_button.setAutoDefault(False)
        self.summary.setWordWrap(True)
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.summary.setProperty("muted", True)
        self.summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.buttons = QDialogButtonBox(self)
        self.buttons.addButton(self.make_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.addButton(self.cancel_button, QDialogButtonBox.ButtonRole.RejectRole)
        for widget in (self.page, self.progress_page, self.result_page):
            self.pages.addWidget(widget)
        bottom = QHBoxLayout()
        bottom.addWidget(self.summary, 1)
        bottom.addWidget(self.buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(self.pages, 1)
        layout.addLayout(bottom)

    def _connect(self) -> None:
        proposing, page = self._proposing, self.page
        proposing.looked.connect(self._show_looked)
        proposing.proposed.connect(self._show_proposed)
        proposing.judged.connect(self._show_judged)
        proposing.failed.connect(self._show_failure)
        proposing.progressed.connect(self._show_progress)
        proposing.busy_changed.connect(self._update)
        self.devices.changed.connect(self._update)
        page.choices.changed.connect(self._chosen)
        page.choices.content.layout_changed.connect(self._name_otherwise)
        page.discs.move_wanted.connect(self._move)
        page.discs.divide_wanted.connect(self._divide_anew)
        self.progress_page.go_on_wanted.connect(self._go_on)
        self.progress_page.stop_wanted.connect(self.reject)
        self.result_page.again_wanted.connect(self._choose_again)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _first_path(self, file_set: FileSet) -> str:
        """Return where an image goes unless somebody says otherwise."""
        last = str(self._settings.preferences.get(LAST_FOLDER, ""))
        folder = last if last and Path(last).is_dir() else documents_folder()
        root = Path(file_set.path or "").name
        if file_set.opened_from:
            root = Path(file_set.opened_from).stem
        name = file_set.ID or root or "medium"
        return str(Path(folder, f"{name}.iso"))

    # Choosing -----------------------------------------------------------------------------

    def _wish(self) -> Wish:
        return self.page.choices.wish(self._parts)

    def _chosen(self) -> None:
        """Count anew; what was moved by hand is void once other things are to be divided."""
        wish = self._wish()
        basis = (wish.names, wish.capacity, wish.is_spanned)
        if basis != self._basis:
            self._parts = None
            wish = replace(wish, parts=None)
        self._basis = basis
        self.proposal = None
        self._proposing.propose(wish)
        self._proposing.judge(wish)
        self._update()

    def _move(self, names: frozenset[str], number: int) -> None:
        """Put instances on another medium."""
        if self.proposal is None:
            return
        parts = [disc.names - names for disc in self.proposal.discs]
        parts += [frozenset()] if number > len(parts) else []
        parts[number - 1] |= names
        self._parts = tuple(part for part in parts if part)
        self._chosen()

    def _divide_anew(self) -> None:
        """Forget what was moved."""
        self._parts = None
        self._chosen()

    def _show_looked(self, looked: Looked) -> None:
        content = self.page.choices.content
        content.show_content(looked.content, looked.rows, looked.selected)
        if looked.layout is content.layout_of_files:
            self._chosen()
        else:
            self._name_otherwise()

    def _name_otherwise(self) -> None:
        """Have the files named in the other way; what was moved by hand is divided anew."""
        content = self.page.choices.content
        self._parts = None
        self.proposal = None
        self._proposing.look_again(content.layout_of_files, content.model.chosen)
        self._update()

    def _show_proposed(self, proposed: Proposed) -> None:
        proposal = proposed.proposal
        self.proposal = proposal
        can_move = proposal.wish.is_spanned and proposal.wish.capacity is not None
        discs = self.page.discs
        discs.show_discs(
            proposed.rows,
            proposal.wish.goal,
            can_move=can_move,
            by_hand=self._parts is not None,
        )
        if not any(disc.plan.files for disc in proposal.discs):
            discs.say_empty(self.tr("There is nothing to put on a medium."))
        self.page.show_proposal(proposal)
        self._update()

    def _show_judged(self, judged: Judged) -> None:
        self.page.choices.profile.show_fits(judged.fits, self._wish().target)
        self.page.show_matrix_rows(judged.rows)

    def _show_failure(self, error: BaseException) -> None:
        """Say why nothing can be proposed."""
        self.proposal = None
        self.page.discs.say_empty(error_text(error))
        self._update()

    def _show_progress(self, job: Job[object]) -> None:
        """Show how far the job is that somebody waits for."""
        if self.is_making:
            self.progress_page.show_progress(job)
        elif self._proposing.is_busy:
            self.page.show_busy(job.progress)

    def _update(self) -> None:
        """Say what the button does, and what stands in the way, each at its place."""
        making, result = self.is_making, self.pages.currentWidget() is self.result_page
        self.make_button.setVisible(not making and not result)
        self.cancel_button.setText(self.tr("Close") if result else self.tr("Cancel"))
        self.cancel_button.setDefault(result)
        proposal = self.proposal
        if making or result:
            self.summary.setText("")
            return
        self.page.show_busy(None, self.tr("Counting…") if self._proposing.is_busy else "")
        own = self.page.choices.own_hindrances()
        if self.devices.trouble:
            own.setdefault(Place.TARGET, []).append(self.devices.trouble)
        if proposal is None:
            self.make_button.setText(self.tr("Write"))
            self.make_button.setEnabled(False)
            self.summary.setText("")
            return
        hindrances = list(proposal.hindrances)
        self.page.choices.tell(hindrances, own)
        self.make_button.setText(words.effect_of(proposal))
        amount = len(hindrances) + sum(map(len, own.values()))
        self.make_button.setEnabled(not amount and not self._proposing.is_busy)
        self.summary.setText(self._summary(amount, [*own, *(one.place for one in hindrances)]))

    def _summary(self, amount: int, places: list[Place]) -> str:
        """Return how many things stand in the way, and where they are told."""
        if not amount:
            return self.tr("Nothing is written before you press the button.")
        titles = [self.page.choices.sections[place].title for place in dict.fromkeys(places)]
        count = wording.counted(amount, self.tr("problem"), self.tr("problems"))
        return self.tr("{0} to solve: see {1}").format(count, ", ".join(titles))

    # Making -------------------------------------------------------------------------------

    def _go_on(self) -> None:
        if self.queue is not None:
            self.queue.start()

    def _show_result(self) -> None:
        """Show what came of it, once nothing more is made."""
        if self.queue is not None:
            fields = self.presets.paper_fields(self.queue.proposal.wish)
            self.result_page.show_result(self.queue, fields, self.presets.papers_wanted)
            self.pages.setCurrentWidget(self.result_page)
            self._update()

    def _choose_again(self) -> None:
        """Go back to the choices; what was written is in the way now, and is told so."""
        self.pages.setCurrentWidget(self.page)
        self._chosen()
