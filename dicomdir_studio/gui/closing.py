"""Closing tabs and the window without losing what is staged or stopping work unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from dicomdir_studio.gui.dialogs.close_changes import ask_close

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.writing import Writing


def ask_stop(title: str, parent: QWidget) -> bool:
    """Ask whether to stop the running job `title` in order to close."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(box.tr("Work is in progress"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(box.tr("{0} has not finished.").format(title))
    box.setInformativeText(box.tr("Stopping leaves the File-set as it was before this work began."))
    stop = box.addButton(box.tr("&Stop and close"), QMessageBox.ButtonRole.DestructiveRole)
    back = box.addButton(box.tr("&Go back"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(back)
    box.setEscapeButton(back)
    box.exec()
    return box.clickedButton() is stop


class Closing(QObject):
    """Asks what has to be asked before a File-set is closed.

    Parameters
    ----------
    writing : Writing
        Writes what the user does not want to lose.
    window : QWidget
        What the questions are shown over.
    """

    def __init__(self, writing: Writing, window: QWidget) -> None:
        super().__init__(window)
        self._writing = writing
        self._window = window
        self._discarded: set[int] = set()

    def settle(self, document: Document, again: Callable[[], None]) -> bool:
        """Return whether a document can be closed now.

        Parameters
        ----------
        document : Document
            The one to close.
        again : callable
            Called when it can be tried again: a job was stopped, or the write is done.

        Returns
        -------
        bool
            False if the user goes back, or something must end first.
        """
        if document.is_busy:
            self._stop(document, again)
            return False
        if not document.has_edits or id(document) in self._discarded:
            return True
        assert document.file_set is not None  # noqa: S101 - it has edits
        answer = ask_close(document.file_set, self._window)
        if answer == "write":
            self._writing.write(document, again)
            return False
        if answer == "discard":
            self.discard(document)
            return True
        self.forget()
        return False

    def discard(self, document: Document) -> None:
        """Let a document be closed without asking about what is staged."""
        self._discarded.add(id(document))

    def forget(self) -> None:
        """Forget what was to be discarded: the user went back."""
        self._discarded.clear()

    def _stop(self, document: Document, again: Callable[[], None]) -> None:
        """Stop the job if the user agrees, and try again when it has ended."""
        job = document.job
        if job is None or not ask_stop(job.title, self._window):
            self.forget()
            return
        if document.job is None:
            again()
            return
        job.cancel()

        def ended() -> None:
            if not document.is_busy:
                document.changed.disconnect(ended)
                again()

        document.changed.connect(ended)
