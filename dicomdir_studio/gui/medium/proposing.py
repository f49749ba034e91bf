"""Jobs behind the page: the content, the profiles, the devices, and a proposal for each wish."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import Layout
from dicomdir_studio.gui.jobs import JobPoller
from dicomdir_studio.gui.medium.matrix import MatrixRows
from dicomdir_studio.gui.medium.tree import Rows
from dicomdir_studio.session.jobs import JobRunner
from dicomdir_studio.session.making.maker import MediumMaker
from dicomdir_studio.session.making.profiles import narrowed
from dicomdir_studio.storage.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dicomdir_studio.fileset import FileSet, RecordNode
    from dicomdir_studio.media.conformance import ProfileFit
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.jobs import Job
    from dicomdir_studio.session.making.content import Content
    from dicomdir_studio.session.making.devices import Device
    from dicomdir_studio.session.making.proposal import Proposal
    from dicomdir_studio.session.making.wish import Wish

_PAUSE_MS = 250
_MAKER = "maker"


class Looked(NamedTuple):
    """What a look at the File-set told: layout, content, its rows, and what is to be checked."""

    layout: Layout
    content: Content
    rows: Rows
    selected: frozenset[str] | None


class Proposed(NamedTuple):
    """A proposal and the rows of its media."""

    proposal: Proposal
    rows: Rows


class Judged(NamedTuple):
    """How what is chosen stands to the profiles, and the rows of the matrix."""

    fits: Mapping[str, ProfileFit]
    rows: MatrixRows


class Proposing(QObject):
    """Runs the jobs of the page; the latest wish counts, those before it are given up.

    Parameters
    ----------
    file_set : FileSet
        What goes on media; not touched any more once `looked` was told.
    parent : QObject, optional
        The Qt parent.

    Attributes
    ----------
    looked, proposed, judged : Signal(object)
        A `Looked`, `Proposed` or `Judged` has come.
    devices_found : Signal(object)
        A list of `Device`, or the `StudioError` why there is none.
    failed : Signal(object)
        Why something could not be found out.
    progressed : Signal(object)
        A job that is worth waiting for has come further.
    busy_changed : Signal()
        Whether a proposal is being made changed.
    """

    looked = Signal(object)
    proposed = Signal(object)
    judged = Signal(object)
    devices_found = Signal(object)
    failed = Signal(object)
    progressed = Signal(object)
    busy_changed = Signal()

    def __init__(self, file_set: FileSet, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._laid_aside = Scratch()
        self.scratch = self._laid_aside.folder
        self.poller = JobPoller(JobRunner(), self)
        self.poller.progressed.connect(self.progressed)
        self._maker = MediumMaker(file_set, self.scratch)
        self._fits: Mapping[str, ProfileFit] | None = None
        self._wish: Wish | None = None
        self._job: Job[Any] | None = None
        self._judging: Job[Any] | None = None
        self._has_looked = False
        self._content: Content | None = None
        self._turn = 0
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._propose)

    @property
    def is_busy(self) -> bool:
        """Whether a look or a proposal is on its way."""
        return self._job is not None or self._pause.isActive()

    def look(self, selected: Sequence[RecordNode]) -> None:
        """Look at the content; `looked` tells it.

        Parameters
        ----------
        selected : sequence of RecordNode
            What is selected in the window.
        """
        maker, records = self._maker, list(selected)

        def work(monitor: Monitor) -> Looked:
            content = maker.look(monitor)
            rows = Rows.of_content(content.branches)
            return Looked(Layout.STANDARD, content, rows, maker.names_of(records))

        self._look(work)

    def look_again(self, layout: Layout, chosen: frozenset[str]) -> None:
        """Look at the content with its files named in another way; `looked` tells it.

        Parameters
        ----------
        layout : Layout
            How files are named.
        chosen : frozenset of str
            Names so far of the instances that are checked; they stay so.
        """
        before, maker = self._content, self._maker
        if before is None:
            return

        def work(monitor: Monitor) -> Looked:
            content = maker.look(monitor, layout)
            rows = Rows.of_content(content.branches)
            return Looked(layout, content, rows, maker.renamed(chosen, before))

        self._look(work)

    def _look(self, work: Callable[[Monitor], Looked]) -> None:
        """Have the content looked at; nothing is proposed of what was there before."""
        if self._job is not None:
            self._job.cancel()
        if self._judging is not None:
            self._judging.cancel()
        self._has_looked = False
        self._fits = None
        self._turn += 1
        shown = partial(self._show_looked, self._turn)
        self._job = self._submit(self.tr("Looking at the content"), work, shown)
        self.busy_changed.emit()

    def judge(self, wish: Wish) -> None:
        """Judge what is chosen by the profiles, once their facts were read; `judged` tells it."""
        fits = self._fits
        if fits is None:
            return
        if self._judging is not None:
            self._judging.cancel()

        def work(_monitor: Monitor) -> Judged:
            found = narrowed(fits, wish.names)
            return Judged(found, MatrixRows.of(found, wish.target))

        self._judging = self._submit(
            self.tr("Comparing with the profiles"), work, self.judged.emit, quiet=True
        )

    def propose(self, wish: Wish) -> None:
        """Ask for a proposal; `proposed` tells it unless another wish comes before."""
        self._wish = wish
        if self._job is not None and self._has_looked:
            self._job.cancel()
        self._pause.start()
        self.busy_changed.emit()

    def find_devices(self, find: Callable[[], list[Device]]) -> None:
        """Look for drives or sticks; `devices_found` tells them."""
        self._submit(
            self.tr("Looking for drives"),
            lambda _monitor: find(),
            self.devices_found.emit,
            failed=self._no_devices,
            quiet=True,
        )

    def end(self) -> None:
        """Give up what runs and remove what was laid aside, when all has ended."""
        self._pause.stop()
        self.poller.cancel_all()
        laid_aside = self._laid_aside
        runner = JobRunner(workers=1)
        jobs = [watched for watched in (self._job, self._judging) if watched is not None]

        def clean(_monitor: Monitor) -> None:
            for job in jobs:
                job.wait()
            laid_aside.close()

        runner.submit("Tidying up", clean)

    # Ends of jobs ---------------------------------------------------------------------------

    def _submit(
        self,
        title: str,
        work: Callable[[Monitor], Any],
        done: Callable[[Any], object],
        *,
        failed: Callable[[BaseException], object] | None = None,
        quiet: bool = False,
    ) -> Job[Any]:
        """Run a job that is the maker's only one, unless it is a quiet one."""
        return self.poller.submit(
            title,
            work,
            on_done=done,
            on_failed=failed or self._fail,
            owner=self,
            serial=None if quiet else _MAKER,
            quiet=quiet,
        )

    def _show_looked(self, turn: int, looked: Looked) -> None:
        """Tell what was found, unless it is being looked at again."""
        if turn != self._turn:
            return
        self._job = None
        self._has_looked = True
        self._content = looked.content
        self.looked.emit(looked)
        self.busy_changed.emit()
        kept = partial(self._keep_fits, turn)
        self._submit(self.tr("Reading headers"), self._maker.fits, kept, quiet=True)

    def _keep_fits(self, turn: int, fits: Mapping[str, ProfileFit]) -> None:
        """Keep how the whole stands to the profiles, and judge what is chosen."""
        if turn != self._turn:
            return
        self._fits = fits
        if self._wish is not None:
            self.judge(self._wish)

    def _propose(self) -> None:
        """Make a proposal of the latest wish."""
        wish, maker = self._wish, self._maker
        if wish is None or not self._has_looked:
            return

        def work(monitor: Monitor) -> Proposed:
            proposal = maker.propose(wish, monitor)
            return Proposed(proposal, Rows.of_discs(proposal.discs))

        self._job = self._submit(self.tr("Counting"), work, partial(self._show_proposed, wish))
        self.busy_changed.emit()

    def _show_proposed(self, wish: Wish, proposed: Proposed) -> None:
        """Tell a proposal that nothing newer has overtaken."""
        if wish is not self._wish or self._pause.isActive():
            return
        self._job = None
        self.proposed.emit(proposed)
        self.busy_changed.emit()

    def _fail(self, error: BaseException) -> None:
        self._job = None
        self.failed.emit(error)
        self.busy_changed.emit()

    def _no_devices(self, error: BaseException) -> None:
        if isinstance(error, StudioError):
            self.devices_found.emit(error)
        else:
            self.failed.emit(error)
