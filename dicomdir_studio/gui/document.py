"""One File-set in one tab: engine, model, view, the job that runs on it, and its state."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.file_sizes import FileSizes
from dicomdir_studio.gui.models.records import RecordTreeModel
from dicomdir_studio.gui.views.notice import NoticeBar
from dicomdir_studio.gui.views.record_view import RecordView
from dicomdir_studio.session.adding import Addition, add_sources
from dicomdir_studio.session.opening import open_file_set

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dicomdir_studio.fileset import (
        Change,
        FileInstance,
        RecordNode,
        WritePlan,
        WriteReceipt,
    )
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.jobs import Job

# An edit that touches more instances than this is staged by a job.
AT_ONCE = 2_000
# So few new records are shown by opening the ones above them.
_SHOWN_NEW = 50


class Document(QWidget):
    """The File-set of one tab.

    The engine is used by one job at a time; while one runs, edits wait and the
    window only reads.

    Parameters
    ----------
    poller : JobPoller
        Runs whatever takes long.
    parent : QWidget, optional
        The Qt parent.

    Attributes
    ----------
    changed : Signal()
        Title, edits or the running job changed.
    loaded : Signal()
        Another File-set is shown.
    edited : Signal()
        Something was staged, reverted, undone or written.
    selection_changed : Signal()
        Other records are selected.
    failed : Signal(object)
        An operation ended with this exception.
    refused : Signal(list)
        Pairs of path and error that an addition did not take.
    """

    changed = Signal()
    loaded = Signal()
    edited = Signal()
    selection_changed = Signal()
    failed = Signal(object)
    refused = Signal(list)

    def __init__(self, poller: JobPoller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._poller = poller
        self.file_set: FileSet | None = None
        self.job: Job[Any] | None = None
        self._opening: Path | None = None
        self.model = RecordTreeModel(self)
        self.view = RecordView(self.model, self)
        self.notice = NoticeBar(self)
        self._waiting = QLabel(self)
        self._waiting.setObjectName("waiting")
        self._waiting.setMargin(48)
        self._waiting.setProperty("muted", True)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._waiting)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.notice)
        layout.addWidget(self._stack, 1)
        self._sizes = FileSizes(self.model, poller)
        self.view.selection_changed.connect(self.selection_changed)

    # What it is ---------------------------------------------------------------------------

    @property
    def path(self) -> Path | None:
        """The root of the File-set, also while it is being opened; None for a new one."""
        if self.file_set is not None and self.file_set.path:
            return Path(self.file_set.path)
        return self._opening

    @property
    def title(self) -> str:
        """The name of the File-set, without the sign of edits."""
        path = self.path
        if self.file_set is not None and self.file_set.ID:
            return self.file_set.ID
        if path is not None:
            return path.name or str(path)
        return self.tr("New File-set")

    @property
    def is_busy(self) -> bool:
        """Whether a job runs on the File-set."""
        return self.job is not None

    @property
    def has_edits(self) -> bool:
        """Whether something is staged."""
        return self.file_set is not None and self.file_set.has_edits

    @property
    def can_edit(self) -> bool:
        """Whether a File-set is there and no job runs on it."""
        return self.file_set is not None and self.job is None

    # Opening --------------------------------------------------------------------------------

    def start_new(self) -> None:
        """Show an empty File-set."""
        self._show(FileSet())

    def open(self, path: Path, done: Callable[[], None] | None = None) -> None:
        """Load the File-set at `path` in a job; `done` is called when it is shown."""
        self._opening = path
        self._waiting.setText(self.tr("Opening {0} …").format(path))
        self._stack.setCurrentWidget(self._waiting)

        def show(file_set: FileSet) -> None:
            self._show(file_set)
            if done is not None:
                done()

        self._run(
            self.tr("Opening {0}").format(path.name or path),
            lambda monitor: open_file_set(path, monitor=monitor),
            show,
        )

    def adopt(self, file_set: FileSet) -> None:
        """Show a File-set that is loaded already."""
        self._show(file_set)

    def _show(self, file_set: FileSet) -> None:
        """Put a File-set into the tree."""
        self.file_set = file_set
        # A File-set stays: the collector need not walk its records again and again, which
        # takes it a tenth of a second for a hundred thousand of them.
        gc.freeze()
        self.model.set_file_set(file_set)
        self._stack.setCurrentWidget(self.view)
        self.view.expand_first_levels()
        self.loaded.emit()
        self.changed.emit()

    # Editing --------------------------------------------------------------------------------

    def add(self, paths: Sequence[str]) -> None:
        """Stage every instance in files and folders for addition, in a job."""
        file_set = self.file_set
        if file_set is None or self.is_busy or not paths:
            return

        def show(addition: Addition) -> None:
            self._apply(addition.report.change)
            self._tell_added(addition)

        self._run(
            self.tr("Adding files"),
            lambda monitor: add_sources(file_set, paths, monitor=monitor),
            show,
        )

    def remove(self, records: Sequence[RecordNode]) -> None:
        """Stage the instances of these records, and of all below them, for removal."""
        self._edit_instances(
            self.tr("Staging the removal"), records, FileSet.stage_removal, restoring=False
        )

    def restore(self, records: Sequence[RecordNode]) -> None:
        """Take back the staged removals of these records and of all below them."""
        self._edit_instances(self.tr("Restoring"), records, FileSet.restore, restoring=True)

    def revert(self, instances: Sequence[FileInstance], properties: Sequence[str]) -> None:
        """Take back single staged changes."""
        chosen, names = list(instances), list(properties)
        self._edit(
            self.tr("Reverting"),
            lambda file_set: file_set.revert(chosen, names),
            len(chosen),
        )

    def undo(self) -> None:
        """Take back the last edit."""
        if self.file_set is not None and self.file_set.can_undo:
            self._edit(self.tr("Undoing"), FileSet.undo, self._extent())

    def redo(self) -> None:
        """Make the edit again that was undone last."""
        if self.file_set is not None and self.file_set.can_redo:
            self._edit(self.tr("Redoing"), FileSet.redo, self._extent())

    def edit_properties(self, changes: dict[str, Any]) -> None:
        """Stage changes of the File-set's own elements."""
        if changes:
            self._edit(self.tr("Changing"), lambda fs: fs.edit_properties(**changes), 1)

    def _extent(self) -> int:
        """Return how many instances an undo may touch at most."""
        return self.file_set.tree.tally.instances if self.file_set is not None else 0

    def _edit_instances(
        self,
        title: str,
        records: Sequence[RecordNode],
        edit: Callable[[FileSet, list[FileInstance]], Change],
        *,
        restoring: bool,
    ) -> None:
        """Edit those instances below `records` that the edit concerns."""
        chosen = list(records)
        self._edit(
            title,
            lambda file_set: edit(file_set, instances_below(chosen, removed=restoring)),
            sum(record.tally.instances for record in chosen),
        )

    def _edit(self, title: str, edit: Callable[[FileSet], Change], extent: int) -> None:
        """Make an edit: at once if it is small, else in a job."""
        file_set = self.file_set
        if file_set is None or self.is_busy:
            return
        if extent > AT_ONCE:
            self._run(title, lambda _monitor: edit(file_set), self._apply)
            return
        try:
            change = edit(file_set)
        except Exception as error:  # noqa: BLE001 - whatever it is, the person must learn of it
            self.failed.emit(error)
            return
        self._apply(change)

    def _apply(self, change: Change | None) -> None:
        """Show what an edit changed."""
        if change:
            self.model.apply_change(change)
            if change.attached:
                self._open_above(change.attached)
        self.view.viewport().update()
        self.edited.emit()
        self.changed.emit()

    def _open_above(self, attached: Sequence[RecordNode]) -> None:
        """Open new patients and studies, so that what was added is seen."""
        if len(attached) <= _SHOWN_NEW and len(self.model.rows()) < AT_ONCE:
            self.view.reveal(attached)

    def _tell_added(self, addition: Addition) -> None:
        """Say what was staged, and what was refused and why."""
        refused = addition.refused
        staged = wording.counted(
            addition.staged, self.tr("instance is staged"), self.tr("instances are staged")
        )
        if refused:
            missed = wording.counted(len(refused), self.tr("file was"), self.tr("files were"))
            self.notice.say(
                self.tr("{0}, {1} not taken.").format(staged, missed),
                tone="warning",
                action=self.tr("Show which and why…"),
                call=lambda: self.refused.emit(refused),
            )
            self.refused.emit(refused)
        elif not addition.staged:
            self.notice.say(self.tr("No files were found there."), tone="warning")
        else:
            self.notice.hide()

    # Writing -----------------------------------------------------------------------------------

    def execute(
        self,
        plan: WritePlan,
        done: Callable[[WriteReceipt], None] | None = None,
        *,
        verify: bool = True,
    ) -> None:
        """Carry out a plan that the person accepted, in a job.

        Parameters
        ----------
        plan : WritePlan
            What `FileSet.plan` or `FileSet.plan_copy` returned.
        done : callable, optional
            Called with the receipt after it has succeeded.
        verify : bool, default True
            Read every byte back and compare it.
        """
        file_set = self.file_set
        if file_set is None or self.is_busy:
            return

        def show(receipt: WriteReceipt) -> None:
            if not plan.is_copy:
                self._reload()
            self.edited.emit()
            self.changed.emit()
            if done is not None:
                done(receipt)

        self._run(
            self.tr("Writing the copy") if plan.is_copy else self.tr("Writing"),
            lambda monitor: file_set.execute(plan, monitor=monitor, verify=verify),
            show,
            # A write that failed after its commit has changed the medium, and so the records.
            None if plan.is_copy else self._reload,
        )

    def _reload(self) -> None:
        """Show the records of a File-set that was written, opened where they were open."""
        state = self.view.open_keys()
        self.model.set_file_set(self.file_set)
        self.view.open_again(state)

    # Jobs -----------------------------------------------------------------------------------

    def _run(
        self,
        title: str,
        work: Callable[[Monitor], Any],
        done: Callable[[Any], None],
        undone: Callable[[], None] | None = None,
    ) -> None:
        """Run the one job of this File-set; `undone` is called before a failure is told."""

        def fail(error: BaseException) -> None:
            if undone is not None:
                undone()
            self.failed.emit(error)

        def ended(call: Callable[[], object]) -> None:
            self.job = None
            try:
                call()
            finally:
                self.changed.emit()

        self.job = self._poller.submit(
            title,
            work,
            on_done=lambda result: ended(lambda: done(result)),
            on_failed=lambda error: ended(lambda: fail(error)),
            on_cancelled=lambda: ended(self._tell_cancelled),
            owner=self,
        )
        self.changed.emit()

    def _tell_cancelled(self) -> None:
        """Say that all is as it was."""
        if self.file_set is None:
            self.failed.emit(None)
            return
        self.model.refresh()
        self.notice.say(self.tr("Cancelled. The File-set is as it was before."))

    def retire(self) -> None:
        """Ask for nothing more: the window is closed."""
        self._sizes.stop()


def instances_below(records: Sequence[RecordNode], *, removed: bool) -> list[FileInstance]:
    """Return the instances at and below `records` that are, or are not, staged for removal."""
    found: dict[int, FileInstance] = {}
    for record in records:
        for below in record:
            instance = below.instance
            if instance is not None and instance.for_removal == removed:
                found[id(instance)] = instance
    return list(found.values())
