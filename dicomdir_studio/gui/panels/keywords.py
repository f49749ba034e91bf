"""Attributes of the DICOM dictionary as completions: by keyword, by name, by tag."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from pydicom.datadict import DicomDictionary  # type: ignore[attr-defined]  # public in its docs
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView

from dicomdir_studio.gui.models.lazy import ROOT, AnyIndex
from dicomdir_studio.session.query import known_keyword

MATCH_ROLE = Qt.ItemDataRole.UserRole + 1
# What the directory records of most File-sets carry (PS3.3 F.5): offered before the other 5,000.
RECORD_KEYS = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "StudyID",
    "StudyInstanceUID",
    "AccessionNumber",
    "Modality",
    "SeriesNumber",
    "SeriesDescription",
    "SeriesInstanceUID",
    "InstanceNumber",
    "SOPInstanceUID",
    "SOPClassUID",
    "ReferencedSOPInstanceUIDInFile",
    "ReferencedSOPClassUIDInFile",
    "ReferencedTransferSyntaxUIDInFile",
    "DirectoryRecordType",
    "ContentDate",
    "ImageType",
)
_POPUP_CHARACTERS = 64
_FIRST_DATA_SET_GROUP = 0x0004  # groups 0000 and 0002 are commands and File Meta Information


class Attribute(NamedTuple):
    """One attribute of PS3.6: keyword, name and tag."""

    keyword: str
    name: str
    tag: int

    @property
    def tag_text(self) -> str:
        """The tag as the Standard writes it, "(0010,0010)"."""
        return f"({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})"


@lru_cache(maxsize=1)
def attributes() -> tuple[Attribute, ...]:
    """Return the dictionary's attributes, the usual record keys first; read on first use."""
    known = {
        entry[4]: Attribute(entry[4], entry[2], tag)
        for tag, entry in DicomDictionary.items()
        if entry[4] and tag >> 16 >= _FIRST_DATA_SET_GROUP
    }
    usual = [known.pop(keyword) for keyword in RECORD_KEYS if keyword in known]
    return (*usual, *sorted(known.values()))


@lru_cache(maxsize=1)
def _keywords_by_name() -> dict[str, str]:
    return {attribute.name.casefold(): attribute.keyword for attribute in attributes()}


def keyword_of(text: str) -> str:
    """Return the keyword that a typed keyword, name or tag stands for.

    Parameters
    ----------
    text : str
        "PatientName", "patientname", "Patient's Name", "(0010,0010)" or "00100010".

    Raises
    ------
    QueryError
        If the dictionary (PS3.6) has no such attribute; similar keywords are named.
    """
    by_name = _keywords_by_name().get(text.strip().casefold())
    return by_name or known_keyword(text)


class AttributesModel(QAbstractListModel):
    """The dictionary as a list; shows keyword, name and tag, and matches in all three."""

    def rowCount(self, parent: AnyIndex = ROOT) -> int:
        """Return the number of attributes."""
        return 0 if parent.isValid() else len(attributes())

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Return what the list shows, what typing is matched with, or the keyword."""
        if not index.isValid():
            return None
        attribute = attributes()[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{attribute.keyword}   {attribute.tag_text}  {attribute.name}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return attribute.name
        if role == MATCH_ROLE:
            return f"{attribute.keyword} {attribute.name} {attribute.tag_text}"
        if role == Qt.ItemDataRole.EditRole:
            return attribute.keyword
        return None


class AttributeCompleter(QCompleter):
    """Completes to a keyword from any part of keyword, name or tag."""

    def __init__(self, model: AttributesModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setCompletionRole(MATCH_ROLE)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setMaxVisibleItems(12)
        popup = QListView()
        popup.setMinimumWidth(popup.fontMetrics().averageCharWidth() * _POPUP_CHARACTERS)
        popup.setTextElideMode(Qt.TextElideMode.ElideRight)
        popup.setUniformItemSizes(True)
        self.setPopup(popup)

    def pathFromIndex(self, index: AnyIndex) -> str:
        """Return what a chosen completion writes: the keyword alone."""
        return str(index.data(Qt.ItemDataRole.EditRole) or "")


class AttributeListCompleter(AttributeCompleter):
    """Completes the last keyword of several that are parted by commas."""

    def splitPath(self, path: str) -> list[str]:
        """Return what is being typed after the last comma."""
        return [path.rpartition(",")[2].strip()]

    def pathFromIndex(self, index: AnyIndex) -> str:
        """Return the keywords before the last comma and the chosen one."""
        keyword = super().pathFromIndex(index)
        line = self.widget()
        before = line.text().rpartition(",")[0] if isinstance(line, QLineEdit) else ""
        return f"{before}, {keyword}" if before else keyword
