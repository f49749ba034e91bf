"""What each action of the table does, in one window."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from dicomdir_studio.gui import file_manager
from dicomdir_studio.gui.dialogs.about import AboutDialog
from dicomdir_studio.gui.dialogs.private_record import PrivateRecordDialog
from dicomdir_studio.gui.dialogs.properties import PropertiesDialog
from dicomdir_studio.gui.enabling import place_for_private
from dicomdir_studio.session.demo import make_demo

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset import FileInstance, Finding, RecordNode
    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.gui.main_window import MainWindow
    from dicomdir_studio.gui.writing import Writing
    from dicomdir_studio.session.demo import DemoSet

_MOST_COPIED = 1_000
_UID_KEYS = ("StudyInstanceUID", "SeriesInstanceUID", "PatientID", "PrivateRecordUID")


class Commands(QObject):
    """The handlers of the actions.

    Parameters
    ----------
    window : MainWindow
        Its current document is what most actions work on.
    writing : Writing
        Writes and copies.
    poller : JobPoller
        Runs what takes long.
    """

    def __init__(self, window: MainWindow, writing: Writing, poller: JobPoller) -> None:
        super().__init__(window)
        self._window = window
        self._writing = writing
        self._poller = poller

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return the handler of each action by its name."""
        window = self._window
        return {
            "new": window.new_document,
            "open": self.open_dicomdir,
            "open-folder": self.open_folder,
            "demo": self.open_demo,
            "charset": lambda: self._with(window.asking.read_names),
            "write": self.write,
            "copy": self.copy,
            "check-files": self.check_files,
            "medium": self.make_medium,
            "file-set-properties": self.edit_properties,
            "close": window.close_current,
            "quit": window.close,
            "add-files": self.add_files,
            "add-folder": self.add_folder,
            "remove": lambda: self._with(lambda doc: doc.remove(doc.view.selected_records())),
            "restore": lambda: self._with(lambda doc: doc.restore(doc.view.selected_records())),
            "undo": lambda: self._with(lambda doc: doc.undo()),
            "redo": lambda: self._with(lambda doc: doc.redo()),
            "find": window.panels.show_search,
            "show-file": lambda: self._with_file(file_manager.show_file),
            "open-file-folder": lambda: self._with_file(file_manager.open_folder),
            "copy-file-id": self.copy_file_ids,
            "copy-uid": self.copy_uids,
            "add-private": self.add_private,
            "add-icons": lambda: self._with(
                lambda doc: doc.add_icons(doc.view.selected_records(), window.telling.icons)
            ),
            "expand": self.expand,
            "collapse": lambda: self._with(lambda doc: doc.view.collapseAll()),
            "properties": window.panels.show_details,
            "next-panel": window.go_to_next_panel,
            "previous-panel": lambda: window.go_to_next_panel(forwards=False),
            "medium-order": lambda: self._with(
                lambda doc: doc.view.header().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            ),
            "about": lambda: AboutDialog(window).exec(),
        }

    # Opening ----------------------------------------------------------------------------

    def open_dicomdir(self) -> None:
        """Ask for a DICOMDIR and open it."""
        names, _kind = QFileDialog.getOpenFileNames(
            self._window,
            self.tr("Open DICOMDIR"),
            self._opened_last_in(),
            self.tr("DICOMDIR (DICOMDIR* dicomdir* *DICOMDIR);;All files (*)"),
        )
        for name in names:
            self._window.open_path(Path(name))

    def open_folder(self) -> None:
        """Ask for a folder or disc and open the File-set in it."""
        name = QFileDialog.getExistingDirectory(
            self._window, self.tr("Open a File-set's folder"), self._opened_last_in()
        )
        if name:
            self._window.open_path(Path(name))

    def _opened_last_in(self) -> str:
        """Return the folder of the File-set opened last; Qt passes one by that is gone."""
        recent = self._window.memory.settings.recent
        return str(Path(recent[0]).parent) if recent else ""

    def open_demo(self) -> None:
        """Lay out the demo in a job and open it."""
        self._poller.submit(
            self.tr("Making the demo"),
            lambda _monitor: make_demo(),
            on_done=self._open_made_demo,
            on_failed=self._window.show_failure,
            owner=self,
        )

    def _open_made_demo(self, demo: DemoSet) -> None:
        """Open the demo that was laid out."""
        self._window.open_path(demo.root)

    # Editing ----------------------------------------------------------------------------

    def add_files(self) -> None:
        """Ask for files and stage them for addition."""
        names, _kind = QFileDialog.getOpenFileNames(self._window, self.tr("Add DICOM files"))
        if names:
            self._target().add(names)

    def add_folder(self) -> None:
        """Ask for a folder and stage all in it for addition."""
        name = QFileDialog.getExistingDirectory(
            self._window, self.tr("Add all DICOM files below a folder")
        )
        if name:
            self._target().add([name])

    def add_private(self) -> None:
        """Ask for a file and stage it below the selected record, with a PRIVATE record."""
        document = self._window.current
        above = place_for_private(document)
        if document is None or above is None:
            return
        dialog = PrivateRecordDialog(above, self._window)
        if dialog.exec():
            document.add_private(dialog.path, above, dialog.record_uid)
        dialog.deleteLater()

    def edit_properties(self) -> None:
        """Edit ID, UID and descriptor of the File-set."""
        document = self._window.current
        if document is None or document.file_set is None:
            return
        dialog = PropertiesDialog(document.file_set, self._window)
        if dialog.exec():
            document.edit_properties(dialog.changes)
        dialog.deleteLater()

    # Writing ----------------------------------------------------------------------------

    def write(self) -> None:
        """Review and write what is staged."""
        self._with(self._write)

    def _write(self, document: Document) -> None:
        def remember() -> None:
            if document.path is not None:
                self._window.recent.remember(document.path)

        self._writing.write(document, remember)

    def copy(self) -> None:
        """Write the File-set with its staged changes to another folder."""
        self._with(lambda document: self._writing.copy(document, self._window.open_path))

    # Checking ---------------------------------------------------------------------------

    def check_files(self) -> None:
        """Compare the files with the records, and say what was found."""
        self._with(lambda document: document.check_files(partial(self._tell_checked, document)))

    def _tell_checked(self, document: Document, findings: list[Finding]) -> None:
        """Show what a check of the files found."""
        self._window.panels.findings.refresh()
        self._window.telling.checked(document, findings)

    def make_medium(self) -> None:
        """Make a disc, image, stick, ZIP file or folder of the current File-set."""
        self._with(self._writing.make_medium)

    def make_directory(self, folder: Path) -> None:
        """Stage the files of a folder for a File-set that is to be in it, in a tab of its own."""
        document = self._window.new_document()
        document.home = folder
        document.add([str(folder)])

    # Records ----------------------------------------------------------------------------

    def copy_file_ids(self) -> None:
        """Copy the File IDs of the selected instances, one a line."""
        ids = [_file_id(instance) for instance in self._selected_instances()]
        self._copy_lines(ids)

    def copy_uids(self) -> None:
        """Copy the UIDs of the selected records, one a line; of a patient the Patient ID."""
        document = self._window.current
        records = [] if document is None else document.view.selected_records()
        self._copy_lines([_uid(record) for record in records])

    def expand(self) -> None:
        """Open the selected records and all below them."""
        self._with(lambda doc: doc.view.expand_below(doc.view.selected_records()))

    def _selected_instances(self) -> list[FileInstance]:
        """Return instances at and below the selected records, so many at most."""
        document = self._window.current
        found: list[FileInstance] = []
        for record in [] if document is None else document.view.selected_records():
            for below in record:
                if below.instance is not None:
                    found.append(below.instance)
                if len(found) >= _MOST_COPIED:
                    return found
        return found

    def _copy_lines(self, lines: list[str]) -> None:
        """Put lines on the clipboard."""
        text = "\n".join(line for line in lines if line)
        if text:
            QApplication.clipboard().setText(text)
            self._window.statusBar().showMessage(self.tr("Copied"), 2_000)

    def _with(self, call: Callable[[Document], object]) -> None:
        """Do something with the current document, if there is one."""
        document = self._window.current
        if document is not None:
            call(document)

    def _with_file(self, call: Callable[[str], None]) -> None:
        """Do something with the file of the first selected instance."""
        instances = self._selected_instances()
        if instances:
            call(instances[0].path)

    def _target(self) -> Document:
        """Return the current document, a new one if none is open."""
        return self._window.current or self._window.new_document()


def _file_id(instance: FileInstance) -> str:
    r"""Return the File ID with the Standard's separator, as in ``PT000000\ST000000\IM000000``."""
    value = instance.FileID if instance.for_addition else instance.ReferencedFileID
    parts = [value] if isinstance(value, str) else list(value)
    return "\\".join(parts).replace("/", "\\")


def _uid(record: RecordNode) -> str:
    """Return the UID that a record is known by; a patient's is the Patient ID."""
    if record.instance is not None:
        return str(record.instance.SOPInstanceUID)
    return next((str(value) for key in _UID_KEYS if (value := record.get(key))), "")
