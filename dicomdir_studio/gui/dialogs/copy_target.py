"""Where a copy of the File-set goes, and in which layout."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.fileset import Layout
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.jobs import JobPoller
from dicomdir_studio.gui.panels.notes import Note
from dicomdir_studio.gui.room import on_line
from dicomdir_studio.session.jobs import JobRunner

if TYPE_CHECKING:
    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.session.settings import Settings

LAST_FOLDER = "copy.folder"
_TYPING_PAUSE_MS = 200
_WIDTH = 560


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """What a look at a folder told.

    Attributes
    ----------
    path : Path
        The folder.
    exists, is_folder : bool
        Whether something is there, and whether that is a folder.
    is_empty : bool
        True also for a folder that is yet to be made.
    has_dicomdir : bool
        Whether a File-set is in it already.
    free_space : int or None
        Bytes free on its medium, None if they cannot be told.
    trouble : str
        Why the folder cannot be looked into, empty if it can.
    """

    path: Path
    exists: bool = False
    is_folder: bool = True
    is_empty: bool = True
    has_dicomdir: bool = False
    free_space: int | None = None
    trouble: str = ""


def look_at_folder(path: Path) -> FolderFacts:
    """Look at a folder and at the medium that it is or will be on; runs in a job."""
    try:
        standing = path
        while not standing.exists() and standing != standing.parent:
            standing = standing.parent
        free = shutil.disk_usage(standing).free
        if not path.exists():
            return FolderFacts(path, is_folder=standing.is_dir(), free_space=free)
        if not path.is_dir():
            return FolderFacts(path, exists=True, is_folder=False, free_space=free)
        names = [entry.name.upper() for entry in path.iterdir()]
    except OSError as error:
        return FolderFacts(path, trouble=error.strerror or str(error))
    return FolderFacts(
        path,
        exists=True,
        is_empty=not names,
        has_dicomdir="DICOMDIR" in names,
        free_space=free,
    )


class CopyTargetDialog(QDialog):
    """Asks for the folder of a copy; says whether it is empty and what room there is.

    Parameters
    ----------
    file_set : FileSet
        What is to be copied.
    settings : Settings
        Remembers the folder of the last copy.
    parent : QWidget, optional
        The window that it is shown over.
    """

    def __init__(
        self, file_set: FileSet, settings: Settings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._root = Path(file_set.path) if file_set.path else None
        self._poller = JobPoller(JobRunner(workers=1), self)
        self._asked: Path | None = None
        self.facts: FolderFacts | None = None
        self.setWindowTitle(self.tr("Copy the File-set"))
        self.setMinimumWidth(_WIDTH)
        self.folder = QLineEdit(self)
        self.browse = QPushButton(self.tr("&Browse…"), self)
        self.note = Note(self)
        self.standard = QRadioButton(self.tr("Make the &standard layout"), self)
        self.keep = QRadioButton(self.tr("&Keep the existing layout"), self)
        self.standard.setChecked(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.next_button = QPushButton(self.tr("&Review the copy…"), self)
        self.buttons.addButton(self.next_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_TYPING_PAUSE_MS)
        self._build(file_set)
        self._connect()
        last = str(settings.preferences.get(LAST_FOLDER, ""))
        self.folder.setText(last)
        self._look()

    @property
    def path(self) -> Path:
        """The folder that was chosen."""
        return Path(self.folder.text().strip()).expanduser()

    @property
    def file_layout(self) -> Layout:
        """The layout that was chosen."""
        return Layout.KEEP if self.keep.isChecked() else Layout.STANDARD

    def accept(self) -> None:
        """Remember the folder that holds the copy's, and close."""
        self._settings.preferences[LAST_FOLDER] = str(self.path.parent)
        super().accept()

    def _build(self, file_set: FileSet) -> None:
        self.next_button.setDefault(True)
        self.folder.setClearButtonEnabled(True)
        self.folder.setPlaceholderText(self.tr("An empty folder on the disc, stick or disk"))
        name = file_set.ID or self.tr("The File-set")
        count = wording.counted(len(file_set), self.tr("instance"), self.tr("instances"))
        told = self.tr("{0}, with its staged changes: {1}. The original stays as it is.")
        purpose = QLabel(told.format(name, count), self)
        purpose.setWordWrap(True)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self.folder, 1)
        line.addWidget(self.browse)
        chosen = QVBoxLayout()
        chosen.setSpacing(4)
        chosen.addLayout(line)
        chosen.addWidget(self.note)
        layouts = QVBoxLayout()
        layouts.setSpacing(2)
        layouts.addWidget(self.standard)
        layouts.addWidget(self.keep)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        label = QLabel(self.tr("&Folder"), self)
        label.setBuddy(self.folder)
        form.addRow(on_line(label, self.folder), chosen)
        form.addRow(on_line(QLabel(self.tr("Layout"), self), self.standard), layouts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(16)
        layout.addWidget(purpose)
        layout.addLayout(form)
        layout.addStretch()
        layout.addWidget(self.buttons)

    def _connect(self) -> None:
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.browse.clicked.connect(self._browse)
        self.folder.textChanged.connect(self._changed)
        self._pause.timeout.connect(self._look)

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, self.tr("Folder for the copy"), self.folder.text()
        )
        if chosen:
            self.folder.setText(chosen)

    def _changed(self) -> None:
        self.next_button.setEnabled(False)
        self._pause.start()

    def _look(self) -> None:
        """Look at the folder in a job: a medium that spins up must not stop the window."""
        self.next_button.setEnabled(False)
        self.facts = None
        if not self.folder.text().strip():
            self._asked = None
            self.note.say(self.tr("Choose the folder that the copy is written to."))
            return
        path = self._asked = self.path
        if not path.is_absolute():
            self.note.complain(self.tr("Enter the full path of the folder."))
            return
        self._poller.submit(
            self.tr("Looking at the folder"),
            lambda _monitor: look_at_folder(path),
            on_done=self._show,
            owner=self,
            quiet=True,
        )

    def _show(self, facts: FolderFacts) -> None:
        if facts.path != self._asked:
            return
        self.facts = facts
        complaint = self._complaint(facts)
        free = (
            self.tr("{0} free.").format(wording.size(facts.free_space))
            if facts.free_space is not None
            else ""
        )
        if complaint:
            self.note.complain(complaint)
        elif not facts.is_empty:
            other = self.tr("The folder is not empty; the files in it stay as they are.")
            self.note.warn(wording.joined_words(other, free))
        else:
            state = self.tr("The folder is empty.") if facts.exists else self.tr("A new folder.")
            self.note.say(wording.joined_words(state, free))
        self.next_button.setEnabled(not complaint)

    def _complaint(self, facts: FolderFacts) -> str:
        """Return why the folder will not do, empty if it will."""
        if facts.trouble:
            return self.tr("The folder cannot be used: {0}.").format(facts.trouble)
        if not facts.is_folder:
            return self.tr("This is a file, not a folder.")
        if facts.path == self._root:
            return self.tr("This is the folder of the File-set itself.")
        if facts.has_dicomdir:
            return self.tr("The folder already holds another File-set.")
        return ""
