"""Attributes of the DICOM dictionary as completions: by keyword, by name, by tag."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, QStringListModel, Qt, QTimer
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.session.query import known_keyword

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.gui.models.lazy import AnyIndex

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
_AT_ONCE = 1_500
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
        for tag, entry in pydicom.datadict.DicomDictionary.items()  # type: ignore[attr-defined]  # public in its docs
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
    if pydicom.datadict.tag_for_keyword(text.strip()) is not None:
        return known_keyword(text)  # without a look at all the names
    by_name = _keywords_by_name().get(text.strip().casefold())
    return by_name or known_keyword(text)


class AttributesModel(QStringListModel):
    """The dictionary as lines of keyword, tag and name, filled when somebody asks.

    The strings are passed to Qt, which filters five thousand of them between two keystrokes.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._steps: Iterator[object] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._go_on)

    def fill(self) -> None:
        """Read the dictionary, if that has not been done, a little at a time between events."""
        if self._steps is None:
            self._steps = self._filled()
            self._timer.start()

    def _go_on(self) -> None:
        """Read a little more."""
        if self._steps is None or next(self._steps, self) is self:
            self._timer.stop()

    def _filled(self) -> Iterator[None]:
        """Read the dictionary, pausing after every few milliseconds."""
        known = attributes()
        yield
        lines: list[str] = []
        for start in range(0, len(known), _AT_ONCE):
            lines += [
                f"{one.keyword}   {one.tag_text}   {one.name}"
                for one in known[start : start + _AT_ONCE]
            ]
            yield
        self.setStringList(lines)


class AttributeCompleter(QCompleter):
    """Completes to a keyword from any part of keyword, name or tag."""

    def __init__(self, model: AttributesModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        model.fill()
        self.setModel(model)
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
        keyword, _gap, _rest = str(index.data() or "").partition(" ")
        return keyword


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
