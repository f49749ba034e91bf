"""The bar that shows running work: what, how far, how fast, how long still, and Cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QWidget

from dicomdir_studio.gui import wording

if TYPE_CHECKING:
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.session.jobs import Job, Progress

_STEPS = 1000
_MOMENT_MS = 200


class JobBar(QWidget):
    """Progress of the oldest running job, with a count of the others; hidden when all is done.

    Work that ends in a moment is not shown: a bar that flashes tells nothing, and costs the
    window a layout.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._poller: JobPoller | None = None
        self._title = QLabel(self)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(10)
        self._bar.setMinimumWidth(120)
        self._numbers = QLabel(self)
        self._numbers.setTextFormat(Qt.TextFormat.PlainText)
        self._numbers.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.cancel_button = QPushButton(self.tr("&Cancel"), self)
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.clicked.connect(self._cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(10)
        layout.addWidget(self._title)
        layout.addWidget(self._bar, 2)
        layout.addWidget(self._numbers, 3)
        layout.addWidget(self.cancel_button)
        self._moment = QTimer(self)
        self._moment.setSingleShot(True)
        self._moment.setInterval(_MOMENT_MS)
        self._moment.timeout.connect(self._show)
        self.setAccessibleName(self.tr("Running work"))
        self.hide()

    def watch(self, poller: JobPoller) -> None:
        """Show the work of this poller."""
        self._poller = poller
        for signal in (poller.started, poller.progressed, poller.finished):
            signal.connect(self._update)
        self._update()

    @property
    def job(self) -> Job[Any] | None:
        """The job that is shown: the oldest that runs."""
        running = self._poller.running if self._poller else []
        return running[0] if running else None

    def _update(self, _job: object = None) -> None:
        if self.job is None:
            self._moment.stop()
            self.hide()
        elif self.isHidden():
            if not self._moment.isActive():
                self._moment.start()
        else:
            self._fill()

    def _show(self) -> None:
        """Show the work that has not ended after a moment."""
        if self.job is not None:
            self._fill()
            self.show()

    def _fill(self) -> None:
        """Show how far the work has come."""
        job = self.job
        if job is None or self._poller is None:
            return
        progress = job.progress
        self._title.setText(self._title_of(job, progress, len(self._poller.running) - 1))
        fraction = progress.fraction
        self._bar.setRange(0, 0 if fraction is None else _STEPS)
        self._bar.setValue(0 if fraction is None else round(fraction * _STEPS))
        numbers = progress_text(progress)
        self._numbers.setText(numbers)
        self._numbers.setToolTip(progress.detail)
        self._bar.setAccessibleName(f"{job.title}: {numbers}")
        self.cancel_button.setEnabled(not job.is_cancelling)
        self.cancel_button.setText(
            self.tr("Cancelling…") if job.is_cancelling else self.tr("&Cancel")
        )
        self.cancel_button.setAccessibleName(self.tr("Cancel: {0}").format(job.title))

    def _title_of(self, job: Job[Any], progress: Progress, others: int) -> str:
        title = job.title
        if progress.phase and progress.phase != job.title:
            title = self.tr("{0}: {1}").format(job.title, progress.phase)
        return self.tr("{0} (and {1} more)").format(title, others) if others else title

    def _cancel(self) -> None:
        if self.job is not None:
            self.job.cancel()
            self._update()


def progress_text(progress: Progress) -> str:
    """Return how far, how fast and how long still: "120 of 2,000 files · 812 files/s · 3 s left".

    Parameters
    ----------
    progress : Progress
        The counters of the present phase; unknown ones are left out.
    """
    in_bytes = progress.unit == "bytes"

    def amount(value: int) -> str:
        return wording.size(value) if in_bytes else wording.number(value)

    unit = "" if in_bytes else f" {progress.unit}"
    parts = []
    if progress.total is not None:
        of = wording.tr("{0} of {1}{2}")
        parts.append(of.format(amount(progress.done), amount(progress.total), unit))
    elif progress.done:
        parts.append(f"{amount(progress.done)}{unit}")
    if progress.speed > 0:
        parts.append(wording.tr("{0}{1}/s").format(amount(round(progress.speed)), unit))
    if progress.seconds_left is not None:
        parts.append(wording.tr("{0} left").format(wording.duration(progress.seconds_left)))
    return wording.joined(*parts)
