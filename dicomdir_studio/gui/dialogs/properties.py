"""The File-set's own identification: ID, UID, descriptor file and its character set."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
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
from dicomdir_studio.gui.panels.notes import Note
from dicomdir_studio.gui.phrases import charset_text
from dicomdir_studio.gui.room import on_line
from dicomdir_studio.standard.character_sets import CHARACTER_SETS, CharacterSetKind
from dicomdir_studio.standard.file_ids import (
    COMPONENT_LENGTH,
    MAX_COMPONENTS,
    RESERVED,
    is_component,
)

if TYPE_CHECKING:
    from dicomdir_studio.fileset import FileSet

MAX_ID_LENGTH = 16
_MAX_UID_LENGTH = 64
_is_uid = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+").fullmatch
_WIDTH = 640
_NAMED_ALONE = (
    CharacterSetKind.DEFAULT,
    CharacterSetKind.SINGLE_BYTE,
    CharacterSetKind.MULTI_BYTE,
)


class Verdict(NamedTuple):
    """What is wrong with a typed value; `blocks` if it must be mended first."""

    text: str = ""
    blocks: bool = False


def judge_id(text: str) -> Verdict:
    """Judge a File-set ID (PS3.10 8.1, 8.5; PS3.3 F.3.2.1: may be empty)."""
    tr = wording.tr
    if len(text) > MAX_ID_LENGTH:
        too_long = tr("{0} characters; at most 16 are allowed (PS3.10 8.1).")
        return Verdict(too_long.format(len(text)), blocks=True)
    wrong = sorted(set(re.sub(r"[A-Z0-9_ ]", "", text)))
    if wrong:
        only = tr("Only A-Z, 0-9 and _ are allowed, not {0} (PS3.10 8.1).")
        return Verdict(only.format(", ".join(wrong)), blocks=True)
    if " " in text:
        return Verdict(tr("A space is outside PS3.10 8.5; some readers refuse it."))
    return Verdict()


def judge_uid(text: str) -> Verdict:
    """Judge a File-set UID (PS3.5 9.1)."""
    tr = wording.tr
    if not text:
        return Verdict(tr("A File-set has a UID (PS3.10 8.1)."), blocks=True)
    if len(text) > _MAX_UID_LENGTH:
        return Verdict(tr("A UID has at most 64 characters (PS3.5 9.1)."), blocks=True)
    if not _is_uid(text):
        rule = tr("Numbers separated by dots, without leading zeros (PS3.5 9.1).")
        return Verdict(rule, blocks=True)
    return Verdict()


def file_id_components(text: str) -> list[str]:
    r"""Return the components of a typed File ID, parted by slashes or backslashes."""
    return re.split(r"[/\\]", text) if text else []


def judge_file_id(text: str) -> Verdict:
    """Judge the File ID of the descriptor file (PS3.10 8.2, 8.5; PS3.3 F.3.2.1: may be empty)."""
    tr = wording.tr
    components = file_id_components(text)
    if len(components) > MAX_COMPONENTS:
        return Verdict(tr("A File ID has at most 8 components (PS3.10 8.2)."), blocks=True)
    for component in components:
        if not component:
            return Verdict(tr("A component of a File ID is empty (PS3.10 8.2)."), blocks=True)
        if not is_component(component):
            rule = tr("“{0}” is not 1 to {1} characters of A-Z, 0-9 and _ (PS3.10 8.2, 8.5).")
            return Verdict(rule.format(component, COMPONENT_LENGTH), blocks=True)
    if components == [RESERVED]:
        return Verdict(tr("DICOMDIR is the directory's own File ID (PS3.10 8.6)."), blocks=True)
    return Verdict()


class _Field:
    """A line with its judge and the note that shows the verdict."""

    def __init__(self, line: QLineEdit, note: Note, judge: Any) -> None:
        self.line = line
        self.note = note
        self._judge = judge

    def check(self) -> bool:
        """Show the verdict; return whether the value may be taken."""
        verdict: Verdict = self._judge(self.line.text().strip())
        if verdict.blocks:
            self.note.complain(verdict.text)
        elif verdict.text:
            self.note.warn(verdict.text)
        else:
            self.note.say("")
        return not verdict.blocks


def _raise_letters(line: QLineEdit, text: str) -> None:
    """Make typed letters capital, the only ones that File IDs have (PS3.10 8.5)."""
    if text != text.upper() and len(text) == len(text.upper()):
        place = line.cursorPosition()
        line.setText(text.upper())
        line.setCursorPosition(place)


class PropertiesDialog(QDialog):
    """Edits the File-set's identification (PS3.3 F.3.2.1); nothing is staged by the dialog itself.

    Parameters
    ----------
    file_set : FileSet
        Whose properties are shown.
    parent : QWidget, optional
        The window that it is shown over.

    Attributes
    ----------
    changes : dict
        The keywords of `FileSet.edit_properties` with what was changed, none other.
    """

    def __init__(self, file_set: FileSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before: dict[str, Any] = {
            "ID": file_set.ID or "",
            "UID": str(file_set.UID),
            "descriptor_file_id": wording.file_id_text(file_set.descriptor_file_id),
            "descriptor_character_set": file_set.descriptor_character_set or "",
        }
        self.setWindowTitle(self.tr("Properties of the File-set"))
        self.setMinimumWidth(_WIDTH)
        self.id_line = QLineEdit(self._before["ID"], self)
        self.uid_line = QLineEdit(self._before["UID"], self)
        self.uid_line.setCursorPosition(0)
        self.new_uid_button = QPushButton(self.tr("&New UID"), self)
        self.descriptor_line = QLineEdit(self._before["descriptor_file_id"], self)
        self.character_set = QComboBox(self)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._fields = [
            _Field(self.id_line, Note(self), judge_id),
            _Field(self.uid_line, Note(self), judge_uid),
            _Field(self.descriptor_line, Note(self), judge_file_id),
        ]
        self._fill_character_sets(self._before["descriptor_character_set"])
        self._build()
        self._connect()
        self._check()

    @property
    def changes(self) -> dict[str, Any]:
        """What differs from the File-set, as keywords of `FileSet.edit_properties`."""
        now = self._typed()
        changed: dict[str, Any] = {
            name: value for name, value in now.items() if value != self._before[name]
        }
        if "descriptor_file_id" in changed:
            components = file_id_components(changed["descriptor_file_id"])
            changed["descriptor_file_id"] = components or None
        for name in ("ID", "descriptor_character_set"):
            if changed.get(name) == "":
                changed[name] = None
        return changed

    def _typed(self) -> dict[str, str]:
        return {
            "ID": self.id_line.text().strip(),
            "UID": self.uid_line.text().strip(),
            "descriptor_file_id": self.descriptor_line.text().strip(),
            "descriptor_character_set": str(self.character_set.currentData() or ""),
        }

    def _fill_character_sets(self, present: str) -> None:
        for term, known in CHARACTER_SETS.items():
            if known.kind in _NAMED_ALONE:
                self.character_set.addItem(charset_text(known.label, term), term)
        place = self.character_set.findData(present)
        if place < 0:
            self.character_set.addItem(present, present)
            place = self.character_set.count() - 1
        self.character_set.setCurrentIndex(place)

    def _build(self) -> None:
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(self.tr("Stage changes"))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setDefault(True)
        self.new_uid_button.setAutoDefault(False)
        self.id_line.setPlaceholderText(self.tr("none"))
        self.descriptor_line.setPlaceholderText(self.tr("none, or for example README"))
        told = QLabel(
            self.tr(
                "The descriptor file is a plain text file on the medium that describes the "
                "File-set (PS3.3 F.3.2.1)."
            ),
            self,
        )
        told.setWordWrap(True)
        told.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(12)
        layout.addLayout(self._form())
        layout.addWidget(told)
        layout.addStretch()
        layout.addWidget(self.buttons)

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(10)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows = (
            (self.tr("File-set &ID"), self.id_line, self._fields[0].note),
            (self.tr("File-set &UID"), self.uid_line, self._fields[1].note),
            (self.tr("&Descriptor File ID"), self.descriptor_line, self._fields[2].note),
            (self.tr("&Character set of it"), self.character_set, None),
        )
        for text, field, note in rows:
            label = QLabel(text, self)
            label.setBuddy(field)
            field.setAccessibleName(text.replace("&", ""))
            line = QHBoxLayout()
            line.addWidget(field, 1)
            if field is self.uid_line:
                line.addWidget(self.new_uid_button)
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addLayout(line)
            if note is not None:
                column.addWidget(note)
            form.addRow(on_line(label, field), column)
        return form

    def _connect(self) -> None:
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.new_uid_button.clicked.connect(
            lambda: self.uid_line.setText(pydicom.uid.generate_uid())
        )
        for field in self._fields:
            field.line.textChanged.connect(self._check)
        for line in (self.id_line, self.descriptor_line):
            line.textEdited.connect(partial(_raise_letters, line))
        self.character_set.currentIndexChanged.connect(self._check)

    def _check(self) -> None:
        """Judge all that is typed; only what is right and differs can be staged."""
        right = [field.check() for field in self._fields]
        button = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        button.setEnabled(all(right) and self._typed() != self._before)
