"""Adding a file that a PRIVATE record references (PS3.3 F.6.1)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.dialogs.properties import judge_uid
from dicomdir_studio.gui.models.columns import describe, words_of
from dicomdir_studio.gui.panels.notes import Note
from dicomdir_studio.gui.room import on_line
from dicomdir_studio.session.private_records import why_not_below

if TYPE_CHECKING:
    from dicomdir_studio.fileset import RecordNode

_WIDTH = 640


class PrivateRecordDialog(QDialog):
    """Asks for the file and for the UID that says what the record is for.

    Parameters
    ----------
    above : RecordNode
        The record, or the root, that the new one is to be below.
    parent : QWidget, optional
        The window that it is shown over.
    """

    def __init__(self, above: RecordNode, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Add as private record"))
        self.setMinimumWidth(_WIDTH)
        self.file_line = QLineEdit(self)
        self.file_line.setPlaceholderText(self.tr("a DICOM file of any kind"))
        self.browse_button = QPushButton(self.tr("&Browse…"), self)
        self.uid_line = QLineEdit(str(pydicom.uid.generate_uid()), self)
        self.uid_line.setCursorPosition(0)
        self.new_uid_button = QPushButton(self.tr("&New UID"), self)
        self.file_note, self.uid_note, self.place_note = (Note(self) for _ in range(3))
        self.place = QLabel(place_text(above), self)
        self.place.setWordWrap(True)
        self._blocked = why_not_below(above)
        self.place_note.complain(self._blocked)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.add_button = QPushButton(self.tr("&Stage the addition"), self)
        self.buttons.addButton(self.add_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self._build()
        self._connect()
        self._check()

    @property
    def path(self) -> str:
        """The file that was chosen."""
        return str(Path(self.file_line.text().strip()).expanduser())

    @property
    def record_uid(self) -> str:
        """The Private Record UID."""
        return self.uid_line.text().strip()

    def _build(self) -> None:
        for button in (self.browse_button, self.new_uid_button):
            button.setAutoDefault(False)
        self.add_button.setDefault(True)
        told = Note(self)
        told.say(
            self.tr(
                "A private record references a file by private agreement; other readers may ignore "
                "it. Its UID identifies the agreement: enter the one of yours, or keep the new one."
            )
        )
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(10)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for text, widgets, note in (
            (self.tr("The &file"), (self.file_line, self.browse_button), self.file_note),
            (self.tr("Private record &UID"), (self.uid_line, self.new_uid_button), self.uid_note),
            (self.tr("Below"), (self.place,), self.place_note),
        ):
            line, column = QHBoxLayout(), QVBoxLayout()
            for widget in widgets:
                line.addWidget(widget, 0 if isinstance(widget, QPushButton) else 1)
            column.setSpacing(4)
            column.addLayout(line)
            column.addWidget(note)
            label = QLabel(text, self)
            label.setBuddy(widgets[0])
            widgets[0].setAccessibleName(text.replace("&", ""))
            form.addRow(on_line(label, widgets[0]), column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(told)
        layout.addLayout(form)
        layout.addStretch()
        layout.addWidget(self.buttons)

    def _connect(self) -> None:
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.browse_button.clicked.connect(self._browse)
        self.new_uid_button.clicked.connect(
            lambda: self.uid_line.setText(str(pydicom.uid.generate_uid()))
        )
        self.file_line.textChanged.connect(self._check)
        self.uid_line.textChanged.connect(self._check)

    def _browse(self) -> None:
        """Ask for the file."""
        name, _kind = QFileDialog.getOpenFileName(self, self.tr("Choose a DICOM file"))
        if name:
            self.file_line.setText(name)

    def _check(self) -> None:
        """Judge what is typed; whether the file is DICOM is seen when it is staged."""
        verdict = judge_uid(self.record_uid)
        self.uid_note.complain(verdict.text if verdict.blocks else "")
        named = bool(self.file_line.text().strip())
        there = named and Path(self.path).is_file()
        self.file_note.complain(self.tr("There is no such file.") if named and not there else "")
        self.add_button.setEnabled(there and not verdict.blocks and not self._blocked)


def place_text(above: RecordNode) -> str:
    """Return in words below which record the new one will be."""
    if above.is_root:
        return wording.tr("the root of the File-set, without a patient")
    text = describe(above)
    return wording.joined(words_of(above).noun, text.title, text.detail)
