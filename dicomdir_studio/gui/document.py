"""The File-set of one tab and all that can be done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal

from dicomdir_studio.fileset import FileSet, Retired
from dicomdir_studio.gui.page import FileSetPage
from dicomdir_studio.session.adding import Addition, add_sources
from dicomdir_studio.session.deciding import decide
from dicomdir_studio.session.icons import IconReport, add_icons
from dicomdir_studio.session.private_records import add_private
from dicomdir_studio.session.staged_work import Restored, StagedWork, restore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dicomdir_studio.fileset import (
        Answer,
        Change,
        Conflict,
        FileInstance,
        Finding,
        RecordNode,
        WritePlan,
        WriteReceipt,
    )
    from dicomdir_studio.monitor import Monitor

# An edit that touches more instances than this is staged by a job.
AT_ONCE = 2_000
# So few new records are shown by opening the ones above them.
_SHOWN_NEW = 50


class Document(FileSetPage):
    """Edits and writes the File-set that its page shows.

    Attributes
    ----------
    added : Signal(object)
        An `Addition` was staged.
    restored : Signal(object)
        Work that an earlier run of the program left was staged again: what came of it, as
        `Restored`.
    decision_wanted : Signal()
        The user wants to decide about conflicts before the write.
    """

    decision_wanted = Signal()
    added = Signal(object)
    restored = Signal(object)

    # Editing --------------------------------------------------------------------------------

    def add(self, paths: Sequence[str]) -> None:
        """Stage every instance in files and folders for addition, in a job."""
        file_set = self.file_set
        if file_set is None or self.is_busy or not paths:
            return

        def show(addition: Addition) -> None:
            self._apply(addition.report.change)
            self.added.emit(addition)

        self._run(
            self.tr("Adding files"),
            lambda monitor: add_sources(file_set, paths, monitor=monitor),
            show,
        )

    def decide(
        self,
        addition: Addition,
        answers: Sequence[tuple[Conflict, Answer]],
        done: Callable[[Addition], None],
    ) -> None:
        """Do what the user decided about conflicts, in a job.

        Parameters
        ----------
        addition : Addition
            What they came with.
        answers : sequence of (Conflict, Answer)
            The decisions.
        done : callable
            Called with what came of the addition after all.
        """
        file_set = self.file_set
        if file_set is None or self.is_busy:
            return

        def show(after: Addition) -> None:
            self.model.refresh()
            self._apply(None)
            done(after)

        self._run(
            self.tr("Applying the decisions"),
            lambda monitor: decide(file_set, addition, answers, monitor=monitor),
            show,
        )

    def add_private(self, path: str, above: RecordNode, record_uid: str) -> None:
        """Stage a file for addition, referenced by a PRIVATE record below `above`."""
        self._edit(
            self.tr("Adding a private record"),
            lambda file_set: add_private(file_set, path, above, record_uid),
            1,
        )

    def restore_work(self, work: StagedWork, undone: Callable[[], object]) -> None:
        """Stage again what an earlier run of the program left, in a job.

        Parameters
        ----------
        work : StagedWork
            What was staged.
        undone : callable
            Called if it failed or was cancelled.
        """
        file_set = self.file_set
        if file_set is None or self.is_busy:
            return

        def show(done: Restored) -> None:
            for change in done.changes:
                self._apply(change)
            if not done.changes:
                self._apply(None)  # what is only to be decided is kept anew
            self.restored.emit(done)

        def back() -> None:
            self.model.refresh()
            undone()

        self._run(
            self.tr("Staging again"),
            lambda monitor: restore(file_set, work, monitor=monitor),
            show,
            back,
            back,
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

    def add_icons(
        self, records: Sequence[RecordNode], done: Callable[[Document, IconReport], None]
    ) -> None:
        """Stage icons for what is at and below some records, for all if there are none; a job."""
        file_set = self.file_set
        if file_set is None or self.is_busy:
            return
        chosen = list(records)

        def make(monitor: Monitor) -> IconReport:
            among = instances_below(chosen, removed=False) if chosen else None
            return add_icons(file_set, among, monitor=monitor)

        def show(report: IconReport) -> None:
            self._apply(report.change)
            done(self, report)

        self._run(self.tr("Making icons"), make, show)

    def correct_charset(self, charset: str, records: Sequence[RecordNode]) -> None:
        """Have records declare the character set that the user chose."""
        self._edit(
            self.tr("Correcting the character set"),
            lambda file_set: file_set.apply_charset(charset, records),
            len(records),
        )

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
        except Exception as error:  # noqa: BLE001 - whatever it is, the user must learn of it
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

    # Checking ---------------------------------------------------------------------------------

    def check_files(self, done: Callable[[list[Finding]], None]) -> None:
        """Compare every file with the record that references it, in a job.

        Parameters
        ----------
        done : callable
            Called with what was found; `FileSet.findings` has it too.
        """
        file_set = self.file_set
        if file_set is None or self.is_busy:
            return

        self._run(
            self.tr("Checking files"),
            lambda monitor: file_set.check_files(monitor=monitor),
            done,
        )

    # Writing -----------------------------------------------------------------------------------

    def execute(
        self,
        plan: WritePlan,
        done: Callable[[WriteReceipt], None] | None = None,
        *,
        verify: bool = True,
    ) -> None:
        """Carry out a plan that the user accepted, in a job.

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

        before = Retired(file_set)

        def work(monitor: Monitor) -> WriteReceipt:
            if not plan.is_copy:
                self.about_to_write(plan.root)
            return file_set.execute(plan, monitor=monitor, verify=verify)

        def reload() -> None:
            self._reload()
            if before.is_replaced():
                self.retired.emit(before)

        def show(receipt: WriteReceipt) -> None:
            if not plan.is_copy:
                reload()
            self.edited.emit()
            self.changed.emit()
            if done is not None:
                done(receipt)

        self._run(
            self.tr("Writing the copy") if plan.is_copy else self.tr("Writing"),
            work,
            show,
            # A write that failed after its commit has changed the medium, and so the records.
            None if plan.is_copy else reload,
        )


def instances_below(records: Sequence[RecordNode], *, removed: bool) -> list[FileInstance]:
    """Return the instances at and below `records` that are, or are not, staged for removal."""
    found: dict[int, FileInstance] = {}
    for record in records:
        for below in record:
            instance = below.instance
            if instance is not None and instance.for_removal == removed:
                found[id(instance)] = instance
    return list(found.values())
