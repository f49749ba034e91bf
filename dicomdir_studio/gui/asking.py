"""Asks what only the user can decide: conflicts, and how names are to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from dicomdir_studio.fileset import Answer, ConflictKind
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.dialogs.charsets import CharsetDialog
from dicomdir_studio.gui.dialogs.conflicts import ConflictDialog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from dicomdir_studio.fileset import Conflict, FileSet, TextGroup
    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.gui.telling import Telling
    from dicomdir_studio.session.adding import Addition
    from dicomdir_studio.session.staged_work import Restored


class Asking(QObject):
    """Leads from an addition with conflicts to what the user decides about them.

    Parameters
    ----------
    window : QWidget
        What dialogs are shown over.
    poller : JobPoller
        Reads both sides of conflicts.
    telling : Telling
        Says what came of it.
    """

    def __init__(self, window: QWidget, poller: JobPoller, telling: Telling) -> None:
        super().__init__(window)
        self._window = window
        self._poller = poller
        self._telling = telling

    def added(self, document: Document, addition: Addition) -> None:
        """Ask about the conflicts of an addition, else say what came of it."""
        conflicts = addition.report.conflicts
        if conflicts:
            undo = document.undo if addition.report.change else None
            self._ask(document, addition, conflicts, undo)
        else:
            self._telling.added(document, addition)

    # How names are read -----------------------------------------------------------------------

    def opened(self, document: Document) -> None:
        """Look beside the window whether names of a File-set that was opened can be read."""
        file_set = document.file_set
        if file_set is None:
            return

        def told(groups: list[TextGroup]) -> None:
            unsound = [one for one in groups if not one.sound and one.readings]
            if unsound and document.file_set is file_set:
                self._offer(document, unsound)

        self._poller.submit(
            "Reading names",
            lambda _monitor: file_set.readings(),
            on_done=told,
            on_failed=lambda _error: None,
            owner=document,
            quiet=True,
        )

    def _offer(self, document: Document, groups: Sequence[TextGroup]) -> None:
        """Say that names may be shown wrongly, and lead to the readings."""
        records = sum(len(one.records) for one in groups)
        count = wording.counted(records, self.tr("record"), self.tr("records"))
        document.names.say(
            self.tr(
                "The text of {0} is not valid in the declared character set: names may be shown "
                "incorrectly."
            ).format(count),
            tone="warning",
            action=self.tr("Compare the readings…"),
            call=lambda: self.read_names(document),
        )

    def read_names(self, document: Document) -> None:
        """Show the readings of all text that is not plain, for the user to choose."""
        file_set = document.file_set
        if file_set is None:
            return
        self._poller.submit(
            self.tr("Comparing readings"),
            lambda _monitor: file_set.readings(),
            on_done=lambda groups: self._show_readings(document, groups),
            owner=document,
        )

    def _show_readings(self, document: Document, groups: list[TextGroup]) -> None:
        """Show the dialog, or say that there is nothing to choose."""
        groups = [one for one in groups if one.readings or not one.sound]
        if not groups:
            document.notice.say(
                self.tr("All text is the same in every character set; there is nothing to choose.")
            )
            return
        dialog = CharsetDialog(groups, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(document.correct_charset)
        dialog.chosen.connect(lambda *_: document.names.hide())
        dialog.open()

    # Conflicts ---------------------------------------------------------------------------

    def watch(self, document: Document) -> None:
        """Keep a line above the records as long as something is to be decided."""
        document.edited.connect(lambda: self._show_doubts(document))
        document.decision_wanted.connect(lambda: self.ask_again(document))

    def restored(self, document: Document, done: Restored) -> None:
        """Take up again what was not decided when an earlier run ended."""
        document.undecided.restore(done.disputed, done.decided)
        self._show_doubts(document)
        if done.is_question:
            self.ask_again(document)

    def ask_again(self, document: Document) -> None:
        """Ask about the first addition of which something is not decided."""
        file_set = document.file_set
        waiting = document.undecided.all(file_set)
        if file_set is not None and document.can_edit and waiting:
            addition, conflicts = waiting[0]
            self._ask(document, addition, conflicts, _taking_out(document, addition, file_set))
        else:
            self._show_doubts(document)

    def _ask(
        self,
        document: Document,
        addition: Addition,
        conflicts: list[Conflict],
        undo: Callable[[], object] | None,
    ) -> None:
        """Show a list of conflicts, and both sides of each."""
        document.undecided.ask(addition)
        dialog = ConflictDialog(conflicts, self._poller, self._window, undo)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._carry_out(document, addition, dialog.model.answers))
        dialog.rejected.connect(lambda: self._show_doubts(document))
        dialog.open()

    def _carry_out(
        self,
        document: Document,
        addition: Addition,
        answers: Sequence[tuple[Conflict, Answer]],
    ) -> None:
        """Do what was decided, and say what came of the rest."""
        decided = {conflict.what for conflict, _answer in answers}
        out = {
            path
            for conflict, answer in answers
            if answer is Answer.LEAVE_OUT and conflict.kind is ConflictKind.CONTENT
            for path in conflict.files
        }

        def told(after: Addition) -> None:
            report = after.report
            report.findings = [one for one in report.findings if one.what not in decided]
            report.refused = [one for one in report.refused if one.path not in out]
            document.undecided.settle(answers)
            self._show_doubts(document)
            self._telling.decided(document, after, len(decided))

        document.decide(addition, answers, told)

    def _show_doubts(self, document: Document) -> None:
        """Say how much is not decided; no line if all is."""
        count = document.undecided.count(document.file_set)
        if not count:
            document.doubts.hide()
            return
        document.doubts.say(
            self.tr(
                "{0} not decided: images of different people may be mixed up. New files that "
                "conflict are staged, except those whose UID is already in the File-set."
            ).format(wording.counted(count, self.tr("conflict"), self.tr("conflicts"))),
            tone="warning",
            action=self.tr("Decide…"),
            call=lambda: self.ask_again(document),
            lasting=True,
        )


def _taking_out(
    document: Document, addition: Addition, file_set: FileSet
) -> Callable[[], object] | None:
    """Return what takes an addition back, whatever was done after it; None if nothing can.

    Undo would take back the last edit, which may be another one by now.
    """
    report = addition.report
    staged = [one for one in report.added if one.for_addition and one in file_set]
    return None if report.restored or not staged else lambda: document.revert(staged, ())
