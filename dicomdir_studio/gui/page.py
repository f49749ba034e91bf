"""One File-set in one tab: engine, model, view, and the one job that runs on it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QInputDialog,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.fileset import FileSet, Retired
from dicomdir_studio.gui.file_sizes import FileSizes
from dicomdir_studio.gui.models.records import RecordTreeModel
from dicomdir_studio.gui.undecided import Undecided
from dicomdir_studio.gui.views.notice import NoticeBar
from dicomdir_studio.gui.views.record_view import RecordView
from dicomdir_studio.media.errors import PasswordNeededError
from dicomdir_studio.session.opening import open_file_set

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset import RecordNode
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.jobs import Job


class FileSetPage(QWidget):
    """Shows a File-set.

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
    retired : Signal(object)
        Records that the page does not need any more, as `Retired`.
    home : Path or None
        Where a new File-set is to be, if that is known.
    is_read_only : bool
        Whether the medium cannot be written, as it was when it was opened.
    notice, found, names, offer, doubts : NoticeBar
        What happened last, what is wrong with the File-set, what names cannot be read, what an
        earlier run of the program left, and what is to be decided before a write.
    about_to_write : callable
        Called by the job that writes, with the folder, before it begins.
    undecided : Undecided
        The conflicts that are to be decided.
    """

    changed = Signal()
    loaded = Signal()
    edited = Signal()
    selection_changed = Signal()
    failed = Signal(object)
    retired = Signal(object)

    def __init__(self, poller: JobPoller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._poller = poller
        self.file_set: FileSet | None = None
        self.job: Job[Any] | None = None
        self._opening: Path | None = None
        self.home: Path | None = None
        self.is_read_only = False
        self.about_to_write: Callable[[str], object] = lambda _root: None
        self.model = RecordTreeModel(self)
        # Before the view, since Tab goes in the order in which they are made.
        bars = [NoticeBar(self) for _ in range(5)]
        self.offer, self.found, self.names, self.doubts, self.notice = bars
        self.view = RecordView(self.model, self)
        self.undecided = Undecided()
        self._waiting = QLabel(self)
        self._waiting.setObjectName("waiting")
        self._waiting.setMargin(48)
        self._waiting.setWordWrap(True)
        self._waiting.setTextFormat(Qt.TextFormat.PlainText)
        # Else a long path would widen the window, for good.
        self._waiting.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._waiting.setProperty("muted", True)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._waiting)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for bar in bars:
            layout.addWidget(bar)
        layout.addWidget(self._stack, 1)
        self._sizes = FileSizes(self.model, poller)
        self.view.selection_changed.connect(self.selection_changed)
        poller.previewed.connect(self._preview)

    # What it is ---------------------------------------------------------------------------

    @property
    def path(self) -> Path | None:
        """The root of the File-set, also while it is being opened; None for a new one.

        Of one that came out of an image or archive, that, and the path within.
        """
        if self.file_set is not None and self.file_set.path:
            return Path(self.file_set.opened_from or self.file_set.path)
        return self._opening

    @property
    def title(self) -> str:
        """The name of the File-set, without the sign of edits."""
        path = self.path
        if self.file_set is not None and self.file_set.ID:
            return self.file_set.ID
        if path is None:
            path = self.home
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

    def open(
        self, path: Path, done: Callable[[], None] | None = None, password: str | None = None
    ) -> None:
        """Load the File-set at `path` in a job; `done` is called when it is shown.

        The password of an encrypted archive is asked for, and again where it is wrong.
        """
        self._opening = path
        self._waiting.setText(self.tr("Opening {0}…").format(path))
        self._stack.setCurrentWidget(self._waiting)

        def load(monitor: Monitor) -> tuple[FileSet, bool] | PasswordNeededError:
            try:
                file_set = open_file_set(path, password=password, monitor=monitor)
            except PasswordNeededError as error:
                return error
            is_fixed = file_set.opened_from is not None
            return file_set, is_fixed or not os.access(file_set.path or path, os.W_OK)

        def show(loaded: tuple[FileSet, bool] | PasswordNeededError) -> None:
            if isinstance(loaded, PasswordNeededError):
                self._ask_password(path, loaded, done)
                return
            file_set, self.is_read_only = loaded
            self._show(file_set)
            if done is not None:
                done()

        self._run(
            self.tr("Opening {0}").format(path.name or path),
            load,
            show,
        )

    def _ask_password(
        self, path: Path, error: PasswordNeededError, done: Callable[[], None] | None
    ) -> None:
        """Ask for the password of an archive and open it anew; without one the tab goes."""
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(self.tr("Password"))
        asked = self.tr("Password of {0}:").format(path.name)
        wrong = self.tr("That is not the password.") + "\n" if error.was_wrong else ""
        dialog.setLabelText(f"{wrong}{asked}")
        dialog.setTextEchoMode(QLineEdit.EchoMode.Password)
        dialog.textValueSelected.connect(lambda text: self.open(path, done, text))
        dialog.rejected.connect(self._tell_cancelled)
        dialog.open()

    def _preview(self, job: Job[Any], tree: RecordNode) -> None:
        """Show the records of a File-set whose files are still looked for."""
        if job is not self.job or self.file_set is not None:
            return
        # Shown while it has no rows yet: each change of its size lays them all out.
        self._stack.setCurrentWidget(self.view)
        self.model.preview(tree)
        self.view.expand_first_levels()

    def _show(self, file_set: FileSet) -> None:
        """Put a File-set into the tree, where the user may have begun to look at it."""
        self.file_set = file_set
        if self.model.root is file_set.tree:
            self.model.settle()
        else:
            self._stack.setCurrentWidget(self.view)
            self.model.set_file_set(file_set)
            self.view.expand_first_levels()
        self.loaded.emit()
        self.changed.emit()

    def _reload(self) -> None:
        """Show the records of a File-set that was written, opened where they were open."""
        self.found.hide()  # it told of the state before
        opened, current = self.view.open_keys(), self.view.current_keys()
        self.model.set_file_set(self.file_set)
        self.view.open_again(opened, current)

    # Jobs -----------------------------------------------------------------------------------

    def _run(
        self,
        title: str,
        work: Callable[[Monitor], Any],
        done: Callable[[Any], None],
        undone: Callable[[], object] | None = None,
        cancelled: Callable[[], object] | None = None,
    ) -> None:
        """Run the one job of this File-set.

        `undone` is called before a failure is told, `cancelled` after a cancelling was.
        """

        def fail(error: BaseException) -> None:
            if undone is not None:
                undone()
            self.failed.emit(error)

        def stop() -> None:
            self._tell_cancelled()
            if cancelled is not None:
                cancelled()

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
            on_cancelled=lambda: ended(stop),
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

    def empty(self) -> None:
        """Release the File-set: the tab is closed."""
        self.retire()
        file_set, self.file_set = self.file_set, None
        self.model.set_file_set(None)
        if file_set is not None:
            self.retired.emit(Retired(file_set))
