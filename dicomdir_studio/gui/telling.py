"""What the window says of itself: after opening, after adding, after staging again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from dicomdir_studio.fileset import Severity
from dicomdir_studio.fileset.file_names import NAMED_OTHERWISE
from dicomdir_studio.fileset.identity import CUT_OFF
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.dialogs.outcome import OutcomeDialog
from dicomdir_studio.gui.models.findings import worst_first
from dicomdir_studio.gui.models.outcomes import Kind, Outcome, outcomes_of
from dicomdir_studio.gui.phrases import in_language
from dicomdir_studio.session.icons import BUDGET

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from dicomdir_studio.fileset import Finding
    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.session.adding import Addition
    from dicomdir_studio.session.icons import IconReport
    from dicomdir_studio.session.staged_work import Restored


class Telling(QObject):
    """Puts into words what happened to a File-set.

    Parameters
    ----------
    window : QWidget
        What dialogs are shown over.
    show_findings : callable
        Opens the panel of findings.
    """

    def __init__(self, window: QWidget, show_findings: Callable[[], object]) -> None:
        super().__init__(window)
        self._window = window
        self._show_findings = show_findings

    def opened(self, document: Document) -> None:
        """Say in one line what was found wrong with a File-set."""
        file_set = document.file_set
        findings = [] if file_set is None else worst_first(list(file_set.findings))
        if not findings:
            document.found.hide()
            return
        worst = findings[0]
        what = in_language(worst.what).rstrip(".")
        count = wording.counted(len(findings), self.tr("finding"), self.tr("findings"))
        document.found.say(
            self.tr("{0}. {1}.").format(count, what) if len(findings) > 1 else f"{what}.",
            tone="plain" if worst.severity == Severity.INFO else "warning",
            action=self.tr("Show findings"),
            call=self._show_findings,
        )

    def checked(self, document: Document, findings: Sequence[Finding]) -> None:
        """Say how many files are not what their records say, or else that names differ."""
        faulty = [finding for finding in findings if finding.brief != NAMED_OTHERWISE]
        if faulty:
            files = wording.counted(len(faulty), self.tr("file is"), self.tr("files are"))
            if any(finding.brief == CUT_OFF for finding in findings):
                told = self.tr("{0} cut off, or not what the record says.")
            else:
                told = self.tr("{0} not what the record says.")
            document.notice.say(
                told.format(files),
                tone="warning",
                action=self.tr("Show findings"),
                call=self._show_findings,
            )
        elif findings:
            document.notice.say(
                f"{in_language(findings[0].what)}.",
                tone="warning",
                action=self.tr("Show findings"),
                call=self._show_findings,
            )
        else:
            document.notice.say(self.tr("Every file matches its record."), tone="success")
            put_away_with_the_next_edit(document)

    def added(self, document: Document, addition: Addition) -> None:
        """Say what was staged; what was refused or contradicts comes as a list."""
        outcomes = outcomes_of(addition.refused, addition.report.findings)
        undo = document.undo if addition.report.change else None
        self._tell(document, addition.staged, outcomes, undo)

    def icons(self, document: Document, report: IconReport) -> None:
        """Say how many icons are staged, and list the files that none could be made of."""
        outcomes = outcomes_of(report.refused, ())
        made = wording.counted(
            len(report.records), self.tr("icon is staged"), self.tr("icons are staged")
        )
        beyond = (
            self.tr("{0} have none, since icons are limited to {1} of the DICOMDIR").format(
                wording.counted(report.beyond, self.tr("record"), self.tr("records")),
                wording.size(BUDGET),
            )
            if report.beyond
            else ""
        )
        document.notice.say(
            ". ".join(part for part in (made, beyond) if part) + ".",
            tone="warning" if outcomes or report.beyond else "success",
            action=self.tr("Show which and why…") if outcomes else "",
            call=lambda: self.show(outcomes),
        )
        if not outcomes:
            put_away_with_the_next_edit(document)

    def decided(self, document: Document, addition: Addition, count: int) -> None:
        """Say what was done about conflicts, and list what else there is to be said."""
        outcomes = outcomes_of(addition.refused, addition.report.findings)
        if outcomes:
            self._tell(document, addition.staged, outcomes, None)
            return
        decided = wording.counted(count, self.tr("conflict decided"), self.tr("conflicts decided"))
        document.notice.say(
            self.tr("{0}. {1}.").format(
                decided,
                wording.counted(
                    addition.staged,
                    self.tr("instance is staged"),
                    self.tr("instances are staged"),
                ),
            ),
            tone="success",
            action=self.tr("Undo"),
            call=document.undo,
        )
        put_away_with_the_next_edit(document)

    def restored(self, document: Document, done: Restored) -> None:
        """Say what was staged again, and what no longer applies and why."""
        waiting = document.undecided.files(document.file_set)  # of which another line tells
        refused = [one for one in done.refused if one[0] not in waiting]
        outcomes = outcomes_of(refused, done.findings)
        if outcomes:
            self._tell(document, done.additions + done.removals, outcomes, None)
        elif done.is_question:
            if not waiting:
                document.notice.say(self.tr("Nothing is left to decide."))
        else:
            document.notice.say(self.tr("Everything is staged again as it was."), tone="success")
            put_away_with_the_next_edit(document)

    def _tell(
        self,
        document: Document,
        staged: int,
        outcomes: Sequence[Outcome],
        undo: Callable[[], object] | None,
    ) -> None:
        """Say how many instances were staged, and list what is to be said of single files."""
        if not outcomes:
            if staged:
                document.notice.hide()
            else:
                document.notice.say(self.tr("No files were found there."), tone="warning")
            return
        counts = Counter(one.kind for one in outcomes)
        grave = bool(counts[Kind.CONFLICT] or counts[Kind.REFUSED])
        document.notice.say(
            self._summary(staged, counts),
            tone="warning" if grave else "plain",
            action=self.tr("Show which and why…"),
            call=lambda: self.show(outcomes),
        )
        if staged:
            put_away_once_undone(document, staged)
        if grave:
            self.show(outcomes, undo)

    def show(
        self, outcomes: Sequence[Outcome], undo: Callable[[], object] | None = None
    ) -> OutcomeDialog:
        """Show the list and return its dialog."""
        dialog = OutcomeDialog(outcomes, self._window, undo)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
        return dialog

    def _summary(self, staged: int, counts: Counter[Kind]) -> str:
        """Return in one sentence what was staged and what was not."""
        tr = self.tr
        parts = [tr("Nothing was added")]
        if staged:
            parts = [wording.counted(staged, tr("instance is staged"), tr("instances are staged"))]
        words = (
            (Kind.REFUSED, tr("file was refused"), tr("files were refused")),
            (Kind.CONFLICT, tr("conflict"), tr("conflicts")),
            (Kind.REMARK, tr("value was filled in"), tr("values were filled in")),
        )
        parts += [
            wording.counted(counts[kind], one, more) for kind, one, more in words if counts[kind]
        ]
        return ", ".join(parts) + "."


def put_away_with_the_next_edit(document: Document) -> None:
    """Take a message away when an edit makes it untrue, or Undo mean another edit."""
    text = document.notice.text.text()

    def put_away() -> None:
        if document.notice.text.text() == text:
            document.notice.hide()

    document.edited.connect(put_away, Qt.ConnectionType.SingleShotConnection)


def put_away_once_undone(document: Document, staged: int) -> None:
    """Take a message that instances are staged away when fewer are.

    Other edits leave it: the list of refused files can be shown from it only.
    """
    text = document.notice.text.text()

    def look() -> None:
        file_set = document.file_set
        is_shown = document.notice.text.text() == text and not document.notice.isHidden()
        if is_shown and file_set is not None and file_set.tree.tally.additions >= staged:
            return
        document.edited.disconnect(look)
        if is_shown:
            document.notice.hide()

    document.edited.connect(look)
