"""What the tree of records shows in each column, as a table of words and keys.

Nothing here is Qt's: a `RecordNode` goes in, texts and sort keys come out.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from dicomdir_studio.gui import wording

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset import FileInstance, RecordNode, Tally

# What marks a text for the translators: lupdate -tr-function-alias QT_TRANSLATE_NOOP+=_T
_T = cast("Callable[[str, str], str]", QT_TRANSLATE_NOOP)
_log = logging.getLogger(__name__)
_DATE_LENGTH = 8
# The Modalities of a study are gathered from so many of its series.
_SERIES_LOOKED_AT = 100
_NO_NUMBER = float("inf")


class Column(IntEnum):
    """The columns, in the order in which they are shown at first."""

    NAME = 0
    DATE = 1
    MODALITY = 2
    COUNT = 3
    SIZE = 4
    STATE = 5


HEADINGS = {
    Column.NAME: _T("columns", "Name"),
    Column.DATE: _T("columns", "Date"),
    Column.MODALITY: _T("columns", "Modality"),
    Column.COUNT: _T("columns", "Instances"),
    Column.SIZE: _T("columns", "Size"),
    Column.STATE: _T("columns", "State"),
}


class Mark(StrEnum):
    """How a record differs from what is on the medium; the value names its icon."""

    NONE = ""
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    PROBLEM = "problem"


GLYPHS = {Mark.ADDED: "+", Mark.REMOVED: "\N{MINUS SIGN}", Mark.CHANGED: "~", Mark.PROBLEM: "!"}


@dataclass(frozen=True, slots=True)
class RecordWords:
    """The noun of a record type and the keys that tell its records apart.

    Attributes
    ----------
    noun : str
        The Standard's name of the record type, as a word (PS3.3 F.4).
    icon : str
        The name of its icon.
    title : tuple of str
        The first of these keywords with a value is the title.
    number : str
        The keyword of the number that follows the noun.
    detail : tuple of str
        The first of these with a value is shown beside the title, muted.
    date : tuple of str
        The first of these with a value is the date.
    """

    noun: str
    icon: str
    title: tuple[str, ...] = ()
    number: str = ""
    detail: tuple[str, ...] = ()
    date: tuple[str, ...] = ("ContentDate",)


def _leaf(
    noun: str,
    icon: str = "record",
    *,
    title: tuple[str, ...] = (),
    detail: tuple[str, ...] = (),
    date: tuple[str, ...] = ("ContentDate", "CreationDate"),
) -> RecordWords:
    """Return the words of a numbered leaf record."""
    return RecordWords(noun, icon, title, "InstanceNumber", detail, date)


def _labelled(noun: str, icon: str = "record") -> RecordWords:
    """Return the words of a leaf record with Content Label and Content Description."""
    return _leaf(noun, icon, title=("ContentLabel",), detail=("ContentDescription",))


WORDS: dict[str, RecordWords] = {
    "PATIENT": RecordWords("Patient", "patient", ("PatientName",), "", ("PatientID",), ()),
    "STUDY": RecordWords(
        "Study", "study", ("StudyDescription",), "StudyID", ("AccessionNumber",), ("StudyDate",)
    ),
    "SERIES": RecordWords(
        "Series",
        "series",
        ("SeriesDescription",),
        "SeriesNumber",
        ("BodyPartExamined",),
        ("SeriesDate", "PerformedProcedureStepStartDate"),
    ),
    "IMAGE": _leaf("Image", "image"),
    "WAVEFORM": _leaf("Waveform", "waveform"),
    "SR DOCUMENT": _leaf("SR Document", "document", detail=("CompletionFlag",)),
    "KEY OBJECT DOC": _leaf("Key Object Document", "document"),
    "ENCAP DOC": _leaf("Encapsulated Document", "document", title=("DocumentTitle",)),
    "HL7 STRUC DOC": RecordWords("HL7 Structured Document", "document"),
    "PRESENTATION": _labelled("Presentation", "presentation"),
    "STRUCT DISPLAY": _labelled("Structured Display", "presentation"),
    "RT DOSE": _leaf("RT Dose", "radiotherapy", detail=("DoseSummationType",)),
    "RT STRUCTURE SET": _leaf(
        "RT Structure Set", "radiotherapy", title=("StructureSetLabel",), date=("StructureSetDate",)
    ),
    "RT PLAN": _leaf("RT Plan", "radiotherapy", title=("RTPlanLabel",), date=("RTPlanDate",)),
    "RT TREAT RECORD": _leaf("RT Treatment Record", "radiotherapy", date=("TreatmentDate",)),
    "RADIOTHERAPY": _leaf("Radiotherapy", "radiotherapy", title=("UserContentLabel",)),
    "PLAN": _leaf("Plan", "radiotherapy"),
    "TRACT": _labelled("Tractography"),
    "ASSESSMENT": _leaf("Assessment", "document"),
    "SPECTROSCOPY": _leaf("Spectroscopy", "waveform"),
    "RAW DATA": _leaf("Raw Data"),
    "REGISTRATION": _labelled("Registration"),
    "FIDUCIAL": _labelled("Fiducials"),
    "VALUE MAP": _labelled("Value Map"),
    "STEREOMETRIC": RecordWords("Stereometric Relationship", "record"),
    "MEASUREMENT": _leaf("Measurement"),
    "SURFACE": _leaf("Surface"),
    "SURFACE SCAN": _leaf("Surface Scan"),
    "ANNOTATION": _leaf("Annotation"),
    "INVENTORY": RecordWords("Inventory", "record"),
    "HANGING PROTOCOL": RecordWords(
        "Hanging Protocol",
        "presentation",
        ("HangingProtocolName",),
        "",
        ("HangingProtocolDescription",),
        ("HangingProtocolCreationDateTime",),
    ),
    "PALETTE": RecordWords(
        "Palette", "presentation", ("ContentLabel",), "", ("ContentDescription",)
    ),
    "IMPLANT": RecordWords("Implant", "record", ("ImplantName",), "", ("ImplantPartNumber",)),
    "IMPLANT ASSY": RecordWords("Implant Assembly", "record", ("ImplantAssemblyTemplateName",)),
    "IMPLANT GROUP": RecordWords("Implant Group", "record", ("ImplantTemplateGroupName",)),
    "PRIVATE": RecordWords("Private", "record", (), "", ("PrivateRecordUID",), ()),
}

_ORDER = {record_type: place for place, record_type in enumerate(WORDS)}


@dataclass(frozen=True, slots=True)
class RecordText:
    """The texts of one record; they do not change while it is in the tree."""

    title: str
    detail: str
    date: str
    modality: str


def words_of(record: RecordNode) -> RecordWords:
    """Return the words for a record's type; unknown types keep their own name."""
    found = WORDS.get(record.record_type)
    return found or RecordWords(record.record_type.title() or "Record", "record")


def describe(record: RecordNode) -> RecordText:
    """Return the texts of a record, decoded from the few keys that are shown.

    Nothing may be raised while Qt lays out and paints: the process would end there.
    """
    words = words_of(record)
    noun = QCoreApplication.translate("records", words.noun)
    try:
        return _described(record, words, noun)
    except Exception:  # noqa: BLE001 - whatever it is, the row says so
        _log.exception("The text of a record cannot be shown")
        told = QCoreApplication.translate("records", "{0}, whose text cannot be shown")
        return RecordText(told.format(noun), "", "", "")


def _described(record: RecordNode, words: RecordWords, noun: str) -> RecordText:
    """Return the texts of a record; errors are the caller's."""
    numbered = noun
    if words.number:
        number = wording.first_value(record, words.number)
        numbered = f"{noun} {number}" if number else noun
    title = wording.first_value(record, *words.title)
    if record.record_type == "PATIENT":
        title = wording.person_name(title)
    detail = wording.first_value(record, *words.detail)
    if words.number and detail == wording.first_value(record, words.number):
        detail = ""
    if title:
        detail = detail if record.record_type == "PATIENT" else wording.joined(numbered, detail)
    else:
        title = numbered
    return RecordText(
        title, detail, date_text(wording.first_value(record, *words.date)), _modality(record)
    )


def _modality(record: RecordNode) -> str:
    """Return the Modality of a series, and of a study those of its series."""
    if record.record_type == "SERIES":
        return wording.first_value(record, "Modality")
    if record.record_type != "STUDY":
        return ""
    series = list(record.children)
    found = {wording.first_value(one, "Modality") for one in series[:_SERIES_LOOKED_AT]}
    more = ["…"] if len(series) > _SERIES_LOOKED_AT else []
    return ", ".join(sorted(found - {""}) + more)


def date_text(value: str) -> str:
    """Return a DA or DT value as "2004-01-19", and anything else as it is (PS3.5 6.2)."""
    digits = value.replace(".", "").replace("-", "").replace(":", "")
    if len(digits) < _DATE_LENGTH or not digits[:_DATE_LENGTH].isdigit():
        return value
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"


def mark_of(record: RecordNode) -> Mark:
    """Return how a record as a whole differs from the medium."""
    if record.instance is not None and not record.children:
        return _mark_of_instance(record.instance)
    tally = record.tally
    mark = Mark.PROBLEM if tally.missing else Mark.NONE
    if tally.additions or tally.removals or record.is_rewritten:
        mark = Mark.CHANGED
    if tally.instances and tally.removals == tally.instances:
        mark = Mark.REMOVED
    elif tally.instances and tally.additions == tally.instances:
        mark = Mark.ADDED
    return mark


def _mark_of_instance(instance: FileInstance) -> Mark:
    """Return how one instance differs; what is staged goes before what is missing."""
    if instance.for_addition:
        return Mark.ADDED
    if instance.for_removal:
        return Mark.REMOVED
    if instance.is_missing:
        return Mark.PROBLEM
    return Mark.CHANGED if instance.node.is_rewritten else Mark.NONE


def state_parts(record: RecordNode) -> list[tuple[Mark, str]]:
    """Return the badges of a record as pairs of mark and word, empty if nothing is staged."""
    mark = mark_of(record)
    if record.instance is not None and not record.children:
        return [(mark, _word(mark))] if mark else []
    tally = record.tally
    counts = (
        (Mark.ADDED, tally.additions),
        (Mark.REMOVED, tally.removals),
        (Mark.PROBLEM, tally.missing),
    )
    parts = [(part, _counted(part, n)) for part, n in counts if n]
    return [*parts, (Mark.CHANGED, _word(Mark.CHANGED))] if record.is_rewritten else parts


def _counted(mark: Mark, number: int) -> str:
    """Return how many a badge stands for, and its word."""
    if mark is Mark.PROBLEM and number > 1:  # in other languages it is another word then
        return QCoreApplication.translate("records", "{0} missing").format(wording.number(number))
    return f"{wording.number(number)} {_word(mark)}"


def _word(mark: Mark) -> str:
    """Return the word of a badge, so that colour never speaks alone."""
    names = {
        Mark.ADDED: QCoreApplication.translate("records", "added"),
        Mark.REMOVED: QCoreApplication.translate("records", "removed"),
        Mark.CHANGED: QCoreApplication.translate("records", "changed"),
        Mark.PROBLEM: QCoreApplication.translate("records", "missing"),
    }
    return names.get(mark, "")


def state_text(record: RecordNode) -> str:
    """Return the state as plain text, every part with sign, number and word."""
    return ", ".join(f"{GLYPHS[mark]} {word}" for mark, word in state_parts(record))


def total(tally: Tally) -> int:
    """Return the instances below a record as they are shown in the count column."""
    return tally.instances


def sort_key(
    record: RecordNode, column: Column, size: int | None, *, descending: bool = False
) -> tuple[object, ...]:
    """Return what a record is sorted by; only keys of one column are compared.

    Parameters
    ----------
    record : RecordNode
        One of the children being sorted.
    column : Column
        The column that the user chose.
    size : int or None
        The size in bytes where it is known.
    descending : bool, default False
        Largest first. A size that nobody has read yet comes last either way.
    """
    if column is Column.COUNT:
        return (total(record.tally),)
    if column is Column.SIZE:
        unread = -1 if descending else math.inf
        return (unread if size is None else size,)
    if column is Column.STATE:
        return (state_text(record) or "~",)
    if column is Column.NAME:
        return _name_key(record)
    words = words_of(record)
    if column is Column.DATE:
        return (wording.first_value(record, *words.date), *_name_key(record))
    return (_modality(record), *_name_key(record))


def _name_key(record: RecordNode) -> tuple[object, ...]:
    """Return type, number and name, so that Image 10 comes after Image 9."""
    words = words_of(record)
    number = _NO_NUMBER
    if words.number:
        try:
            number = float(wording.first_value(record, words.number))
        except ValueError:
            number = _NO_NUMBER
    named = record.record_type in {"PATIENT", "STUDY"}
    name = wording.first_value(record, *words.title).casefold() if words.title else ""
    place = _ORDER.get(record.record_type, len(_ORDER))
    return (place, name, number) if named else (place, number, name)
