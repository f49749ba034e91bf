"""Writing and copying a File-set: choose, review the plan, carry it out, say what was done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from dicomdir_studio.fileset import Layout
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.dialogs.copy_target import CopyTargetDialog
from dicomdir_studio.gui.dialogs.undecided import UndecidedDialog
from dicomdir_studio.gui.dialogs.write_plan import WritePlanDialog
from dicomdir_studio.gui.medium.dialog import MediumDialog
from dicomdir_studio.gui.telling import put_away_with_the_next_edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset import WritePlan, WriteReceipt
    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.settings import Settings


class Writing(QObject):
    """Leads from the wish to write to the written medium.

    Parameters
    ----------
    poller : JobPoller
        Makes the plans.
    settings : Settings
        Remembers the folder of the last copy.
    window : QWidget
        What the dialogs are shown over.
    """

    def __init__(self, poller: JobPoller, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._poller = poller
        self._settings = settings
        self._window = window

    def write(self, document: Document, done: Callable[[], None] | None = None) -> bool:
        """Review and write what is staged; a new File-set asks for its folder first.

        Parameters
        ----------
        document : Document
            Its File-set is written.
        done : callable, optional
            Called after the write has succeeded.

        Returns
        -------
        bool
            Whether the user accepted the plan and the write has begun.
        """
        file_set = document.file_set
        if file_set is None or document.is_busy or not self._is_decided(document):
            return False
        target: Path | None = None
        if not file_set.path:
            target = document.home or self._choose_folder()
            if target is None:
                return False

        def make_plan(layout: Layout, monitor: Monitor) -> WritePlan:
            return file_set.plan(target, layout=layout, compare=True, monitor=monitor)

        is_elsewhere = target is not None and target != document.home
        reviewed = self._review(make_plan, Layout.STANDARD if is_elsewhere else Layout.KEEP)
        if reviewed is None:
            return False

        def tell(receipt: WriteReceipt) -> None:
            self._tell_written(document, receipt)
            if done is not None:
                done()

        document.execute(reviewed[0], tell, verify=reviewed[1])
        return document.is_busy

    def copy(self, document: Document, open_copy: Callable[[Path], object]) -> bool:
        """Write the File-set with its staged changes to another folder.

        Parameters
        ----------
        document : Document
            Its File-set is copied.
        open_copy : callable
            Called with the folder when the user wants to see the copy.

        Returns
        -------
        bool
            Whether the user accepted the plan and the copy has begun.
        """
        file_set = document.file_set
        if file_set is None or document.is_busy or not self._is_decided(document):
            return False
        target = CopyTargetDialog(file_set, self._settings, self._window)
        if not target.exec():
            return False
        path = target.path

        def make_plan(layout: Layout, monitor: Monitor) -> WritePlan:
            return file_set.plan_copy(path, layout=layout, compare=True, monitor=monitor)

        reviewed = self._review(make_plan, target.file_layout)
        if reviewed is None:
            return False

        def tell(receipt: WriteReceipt) -> None:
            document.notice.say(
                self.tr("The copy is written to {0}: {1}.").format(path, _told(receipt)),
                tone="success",
                action=self.tr("Open the copy"),
                call=lambda: open_copy(path),
            )

        document.execute(reviewed[0], tell, verify=reviewed[1])
        return document.is_busy

    def make_medium(self, document: Document) -> MediumDialog | None:
        """Make media of the File-set as it is shown, staged changes included.

        Returns
        -------
        MediumDialog or None
            The open dialog, which deletes itself when it is closed.
        """
        file_set = document.file_set
        if file_set is None or document.is_busy or not self._is_decided(document):
            return None
        dialog = MediumDialog(
            file_set, self._settings, self._window, selected=document.view.selected_records()
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
        return dialog

    def _is_decided(self, document: Document) -> bool:
        """Return whether to go on: nothing is undecided, or the user wants it written so."""
        count = document.undecided.count(document.file_set)
        if not count:
            return True
        dialog = UndecidedDialog(count, self._window)
        dialog.exec()
        answer = dialog.answer
        dialog.deleteLater()
        if answer == "decide":
            document.decision_wanted.emit()
        return answer == "go on"

    def _review(
        self, make_plan: Callable[[Layout, Monitor], WritePlan], layout: Layout
    ) -> tuple[WritePlan, bool] | None:
        """Show the plan; return it, and whether to verify, if the user accepted it."""
        dialog = WritePlanDialog(make_plan, self._poller, self._window, layout=layout)
        accepted = bool(dialog.exec())
        plan, verify = dialog.plan, dialog.verify
        dialog.deleteLater()
        return (plan, verify) if accepted and plan is not None else None

    def _choose_folder(self) -> Path | None:
        """Ask where a new File-set is to be."""
        chosen = QFileDialog.getExistingDirectory(
            self._window, self.tr("Folder for the new File-set")
        )
        return Path(chosen) if chosen else None

    def _tell_written(self, document: Document, receipt: WriteReceipt) -> None:
        """Say what was written."""
        document.notice.say(
            self.tr("The File-set is written: {0}.").format(_told(receipt)), tone="success"
        )
        put_away_with_the_next_edit(document)


def _told(receipt: WriteReceipt) -> str:
    """Return what a receipt says, in words."""
    parts = [wording.tr("the DICOMDIR only"), wording.duration(receipt.seconds)]
    if receipt.files:
        files = wording.counted(receipt.files, wording.tr("file"), wording.tr("files"))
        parts = [files, wording.size(receipt.bytes), wording.duration(receipt.seconds)]
    if receipt.verified:
        parts.append(wording.tr("verified"))
    else:
        parts.append(wording.tr("not verified"))
    return ", ".join(parts)
