"""All that a write will do, on one page, before anything happens."""

from __future__ import annotations

from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGroupBox,
    QLabel,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.fileset import Layout, Severity
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.plan import FILE_ID, FROM, PlanModel, PlanSummary, summary_of
from dicomdir_studio.gui.panels.notes import Note
from dicomdir_studio.gui.panels.tables import fill_with, set_widths, table_view
from dicomdir_studio.gui.phrases import in_language, in_one_line
from dicomdir_studio.gui.room import take_room

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dicomdir_studio.fileset import Finding, WritePlan
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.jobs import Job

_MOST_NAMED = 5
_LEAST_FROM = 20
_WIDTH, _HEIGHT = 860, 660


class WritePlanDialog(QDialog):
    """The plan of a write or copy, with the choice of the layout and of verifying.

    Parameters
    ----------
    plan_factory : callable
        Called in a job with the layout and a monitor; returns the plan.
    poller : JobPoller
        Runs the planning.
    parent : QWidget, optional
        The window that it is shown over.
    layout : Layout, optional
        The layout chosen at first.

    Attributes
    ----------
    plan : WritePlan or None
        The plan that was shown and accepted.
    """

    def __init__(
        self,
        plan_factory: Callable[[Layout, Monitor], WritePlan],
        poller: JobPoller,
        parent: QWidget | None = None,
        *,
        layout: Layout = Layout.KEEP,
    ) -> None:
        super().__init__(parent)
        self.plan: WritePlan | None = None
        self._factory = plan_factory
        self._poller = poller
        self._job: Job[tuple[WritePlan, PlanSummary]] | None = None
        self.setWindowTitle(self.tr("Review before writing"))
        take_room(self, _WIDTH, _HEIGHT)
        self.keep = QRadioButton(self.tr("&Keep the existing layout"), self)
        self.standard = QRadioButton(self.tr("Make the &standard layout"), self)
        self.verify_box = QCheckBox(self.tr("&Verify: read every written file back"), self)
        self.verify_box.setChecked(True)
        self.target = QLabel(self)
        self.facts: dict[str, QLabel] = {}
        self.problems = Note(self)
        self.notes = Note(self)
        self.left_out = Note(self)
        self.contradictions = Note(self)
        self.as_it_is = QCheckBox(self.tr("Include &these files as they are"), self)
        self.as_it_is.hide()
        self.model = PlanModel(self)
        self.view = table_view(
            self.model, self.tr("Files that change"), self, paths=(FILE_ID, FROM)
        )
        set_widths(self.view, (15, 42, 38, 9))
        self.busy = QProgressBar(self)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.accept_button = QPushButton(self.tr("Write"), self)
        self.buttons.addButton(self.accept_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self._build()
        (self.keep if layout is Layout.KEEP else self.standard).setChecked(True)
        self._connect()
        self._make_plan()

    @property
    def verify(self) -> bool:
        """Whether the written files are read back and compared."""
        return self.verify_box.isChecked()

    @property
    def file_layout(self) -> Layout:
        """The layout that was chosen."""
        return Layout.STANDARD if self.standard.isChecked() else Layout.KEEP

    def done(self, result: int) -> None:
        """Close; a plan that is still being made is given up."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        super().done(result)

    # -- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.accept_button.setDefault(True)
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setFixedHeight(4)
        policy = self.busy.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.busy.setSizePolicy(policy)
        self.busy.setAccessibleName(self.tr("Making the plan"))
        fill_with(self.view, {FROM: self.view.fontMetrics().averageCharWidth() * _LEAST_FROM})
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(12)
        layout.addLayout(self._fact_lines())
        layout.addWidget(self.problems)
        layout.addWidget(self.notes)
        layout.addWidget(self.left_out)
        layout.addWidget(self.contradictions)
        layout.addWidget(self.as_it_is)
        layout.addWidget(self._layout_choice())
        layout.addWidget(self.view, 1)
        layout.addWidget(self.busy)
        layout.addWidget(self.verify_box)
        layout.addWidget(self.buttons)
        for before, after in pairwise((self.standard, self.view, self.verify_box, self.buttons)):
            self.setTabOrder(before, after)

    def _fact_lines(self) -> QFormLayout:
        self.target.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.target.setTextFormat(Qt.TextFormat.PlainText)
        self.target.setWordWrap(True)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(4)
        form.addRow(self.tr("Target"), self.target)
        names = {
            "in": self.tr("Files in"),
            "out": self.tr("Files out"),
            "renames": self.tr("Renames"),
            "bytes": self.tr("To be written"),
            "free": self.tr("Free space"),
            "result": self.tr("Afterwards"),
        }
        for key, name in names.items():
            label = QLabel(self)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAccessibleName(name)
            self.facts[key] = label
            form.addRow(name, label)
        return form

    def _layout_choice(self) -> QGroupBox:
        box = QGroupBox(self.tr("Layout of the files"), self)
        inside = QVBoxLayout(box)
        inside.setSpacing(2)
        explained = (
            (self.keep, self.tr("Existing files keep their File IDs; new ones are added.")),
            (
                self.standard,
                self.tr("Every file is renamed PTxxxxxx/STxxxxxx/SExxxxxx/IMxxxxxx by its place."),
            ),
        )
        for choice, text in explained:
            note = QLabel(text, box)
            note.setIndent(24)
            note.setForegroundRole(note.palette().ColorRole.PlaceholderText)
            choice.setAccessibleDescription(text)
            inside.addWidget(choice)
            inside.addWidget(note)
        return box

    def _connect(self) -> None:
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.standard.toggled.connect(self._make_plan)
        self.as_it_is.toggled.connect(self._allow)

    # -- planning ------------------------------------------------------------------------------

    def _make_plan(self) -> None:
        if self._job is not None:
            self._job.cancel()
        factory, layout = self._factory, self.file_layout

        def work(monitor: Monitor) -> tuple[WritePlan, PlanSummary]:
            plan = factory(layout, monitor)
            return plan, summary_of(plan)

        self.plan = None
        self.busy.show()
        self.accept_button.setEnabled(False)
        job = self._poller.submit(
            self.tr("Making the plan"),
            work,
            on_done=lambda made: self._show_if(job, *made),
            on_failed=lambda error: self._fail_if(job, error),
            owner=self,
            quiet=True,
        )
        self._job = job

    def _fail_if(self, job: object, error: BaseException) -> None:
        if job is not self._job:
            return
        self._job = None
        self.busy.hide()
        self.model.set_rows(())
        self.notes.say("")
        self.left_out.say("")
        self._show_contradictions(())
        for label in self.facts.values():
            label.clear()
        self.problems.complain(in_one_line(error))

    def _show_if(self, job: object, plan: WritePlan, summary: PlanSummary) -> None:
        """Show a plan unless another choice has overtaken it."""
        if job is not self._job:
            return
        self._job = None
        self.busy.hide()
        self.plan = plan
        self.model.set_rows(summary.rows)
        self.target.setText(str(plan.root))
        self._show_facts(plan, summary)
        self.problems.complain(*map(in_language, plan.problems))
        self.notes.warn(*map(in_language, plan.notes))
        self._warn_of_left_out(plan)
        self._show_contradictions(plan.findings)
        self.accept_button.setText(accept_text(plan, summary))
        self._allow()

    def _allow(self) -> None:
        """Let the plan be accepted if nothing stands in its way that was not agreed to."""
        settled = self.as_it_is.isHidden() or self.as_it_is.isChecked()
        self.accept_button.setEnabled(self.plan is not None and not self.plan.problems and settled)

    def _show_contradictions(self, findings: Sequence[Finding]) -> None:
        """Name the files that are not what their records say; only the user may go on."""
        wrong = [one for one in findings if one.severity is Severity.ERROR] or list(findings)
        lines = [
            f"{'/'.join(PurePath(one.path).parts[-2:])}: {in_language(one.brief)}"
            for one in wrong[:_MOST_NAMED]
        ]
        if len(wrong) > _MOST_NAMED:
            more = wording.number(len(wrong) - _MOST_NAMED)
            lines.append(self.tr("and {0} more such files").format(more))
        self.contradictions.complain(*lines)
        self.contradictions.explain([f"{one.where}: {in_language(one.what)}" for one in wrong])
        self.as_it_is.setChecked(False)
        self.as_it_is.setVisible(any(one.severity is Severity.ERROR for one in findings))

    def _warn_of_left_out(self, plan: WritePlan) -> None:
        """Say which records a copy cannot take along, since their files are missing."""
        if not plan.left_out:
            self.left_out.say("")
            return
        count = wording.counted(
            len(plan.left_out), self.tr("record is left out"), self.tr("records are left out")
        )
        named = ", ".join(wording.file_id_text(name) for name in plan.left_out[:_MOST_NAMED])
        more = ", …" if len(plan.left_out) > _MOST_NAMED else ""
        self.left_out.warn(
            self.tr("{0}, since the file is missing: {1}{2}").format(count, named, more)
        )

    def _show_facts(self, plan: WritePlan, summary: PlanSummary) -> None:
        tr = self.tr
        files, none = (tr("file"), tr("files")), tr("none")
        incoming = summary.added + summary.copied
        texts = {
            "in": f"{wording.counted(incoming, *files)} ({wording.size(summary.bytes_in)})"
            if incoming
            else none,
            "out": wording.counted(summary.removed, *files) if summary.removed else none,
            "renames": wording.counted(summary.renamed, *files) if summary.renamed else none,
            "bytes": tr("{0}, of which DICOMDIR {1}").format(
                wording.size(plan.bytes_to_write), wording.size(plan.dicomdir_size)
            ),
            "free": tr("not known") if plan.free_space is None else wording.size(plan.free_space),
            "result": wording.counted(plan.instance_count, tr("instance"), tr("instances")),
        }
        for key, text in texts.items():
            self.facts[key].setText(text)


def accept_text(plan: WritePlan, summary: PlanSummary) -> str:
    """Return what the accept button says: the effect ("Write 3 additions, 1 removal")."""
    tr = wording.tr
    if plan.is_copy:
        copied = wording.counted(plan.instance_count, tr("instance"), tr("instances"))
        return tr("Copy {0}").format(copied)
    counts = (
        (summary.added, tr("addition"), tr("additions")),
        (summary.removed, tr("removal"), tr("removals")),
        (summary.renamed, tr("rename"), tr("renames")),
    )
    effect = ", ".join(wording.counted(*count) for count in counts if count[0])
    return tr("Write {0}").format(effect or tr("the DICOMDIR only"))
