"""The label of a disc and the cover sheet of its case, a page for each medium (IHE RAD TF-2 4.47).

A page has a circle of 117 mm, as printable discs and round labels have it, and below it a sheet
of 120 mm by 120 mm for a case. Both name the patient, the day, the institution and the kind of
content.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from dicomdir_studio.media.contents import MediumContents, contents_of
from dicomdir_studio.media.papers.fonts import lettering_for
from dicomdir_studio.media.papers.sheet import PaperFields, Sheet, Style, apart, missing_note
from dicomdir_studio.standard.pdi import INDEX, ContentKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomdir_studio.media.contents import StudyContent
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.papers.sheet import Paper

_RADIUS: Final = 58.5
_PRINTED: Final = 55.0
_HUB: Final = 23.0
_HOLE: Final = 7.5
_COVER: Final = 120.0
_MARGIN: Final = 6.0
_MOST_LINES: Final = 3
_DAY: Final = 22.0
_PRIVATE: Final = "Confidential: medical data of the persons named"


@dataclass(frozen=True, slots=True)
class LabelText:
    """What stands on the label of one medium.

    Attributes
    ----------
    contents : MediumContents
        What is on it.
    kind : ContentKind
        DICOM ONLY or DICOM PLUS WEB.
    file_set_id : str
        Its name.
    day : str
        When it was made.
    number, of : int
        Which of several it is.
    """

    contents: MediumContents
    kind: ContentKind
    file_set_id: str
    day: str
    number: int = 1
    of: int = 1

    @classmethod
    def of_plan(cls, plan: MediumPlan, day: str) -> LabelText:
        """Return the text for a plan; the kind follows from whether it has web pages."""
        has_pages = any(extra.name == INDEX for extra in plan.extras)
        kind = ContentKind.DICOM_PLUS_WEB if has_pages else ContentKind.DICOM_ONLY
        return cls(contents_of(plan), kind, plan.file_set_id, day, plan.number, plan.of)

    @property
    def patient(self) -> str:
        """Whom it is of, or that there are several."""
        patients = self.contents.patients
        if len(patients) == 1:
            return patients[0].name or "Name not stated"
        return f"{len(patients)} patients"

    @property
    def details(self) -> str:
        """ID and day of birth of the one patient."""
        patients = self.contents.patients
        return patients[0].details if len(patients) == 1 else ""

    @property
    def disc(self) -> str:
        """Which of several it is."""
        return f"{self.number} of {self.of}" if self.of > 1 else ""

    def lines(self) -> list[str]:
        """Return a line for each study, or for each patient where there are several."""
        patients = self.contents.patients
        if len(patients) == 1:
            return [study.title for study in patients[0].studies]
        return [
            apart(patient.name or "Name not stated", patient.details, _counted(patient.studies))
            for patient in patients
        ]

    def texts(self) -> list[str]:
        """Return all that is printed of the content."""
        return [self.patient, self.details, *self.lines(), self.file_set_id]


def label_pdf(labels: Sequence[LabelText], fields: PaperFields | None = None) -> Paper:
    """Return labels and cover sheets, a page for each medium.

    Parameters
    ----------
    labels : sequence of LabelText
        The media, in order.
    fields : PaperFields, optional
        What else stands there.
    """
    fields = fields or PaperFields()
    texts = [text for label in labels for text in label.texts()]
    lettering = lettering_for([*texts, *fields.texts(), _PRIVATE])
    sheet = Sheet(lettering, fields.paper, "Labels of media")
    note = missing_note(lettering)
    for label in labels:
        sheet.new_page()
        _disc(sheet, label, fields)
        _cover(sheet, label, fields)
        sheet.line(12, sheet.height - 10, sheet.width - 24, note, Style(7, align="C"))
    return sheet.finished()


def _disc(sheet: Sheet, label: LabelText, fields: PaperFields) -> None:
    """Draw the round label."""
    x, y = sheet.width / 2, 12 + _RADIUS
    sheet.circle(x, y, _RADIUS)
    sheet.circle(x, y, _HOLE)
    _round_lines(
        sheet,
        (x, y),
        -46,
        [
            (fields.institution, Style(8.5, align="C")),
            (label.patient, Style(15, bold=True, align="C", smallest=7)),
            (label.details, Style(9, align="C")),
        ],
    )
    side = _PRINTED - _HUB - 2
    left, right = x - _PRINTED + 1, x + _HUB + 1
    sheet.line(left, y - 6, side, label.kind.value, Style(9, bold=True, align="C"))
    sheet.line(left, y, side, label.file_set_id, Style(8, align="C"))
    sheet.line(right, y - 6, side, label.disc or label.day, Style(11, bold=True, align="C"))
    sheet.line(right, y, side, label.day if label.disc else "", Style(8, align="C"))
    found = label.lines()
    more = len(found) - _MOST_LINES
    lines = found if more <= 0 else [*found[: _MOST_LINES - 1], f"and {more + 1} more"]
    _round_lines(
        sheet,
        (x, y),
        _HUB + 1,
        [
            *((line, Style(8.5, align="C")) for line in lines),
            (_amount(label), Style(8, align="C")),
            (fields.contact, Style(7, align="C")),
            ("Confidential", Style(7, align="C", grey=90)),
        ],
    )


def _round_lines(
    sheet: Sheet, centre: tuple[float, float], below: float, lines: Sequence[tuple[str, Style]]
) -> None:
    """Draw lines one below the other, each as wide as the disc is there, as far as it goes."""
    x, top = centre[0], centre[1] + below
    for text, style in lines:
        if text:
            height = style.size * 0.46
            edge = max(abs(top - centre[1]), abs(top + height - centre[1]))
            if edge > _PRINTED - 2:
                return
            half = math.sqrt(_PRINTED**2 - edge**2)
            # Above the hub there is room for more lines, and names are to be read.
            most = (3 if style.bold else 2) if below < 0 else 1
            draw = sheet.line if most == 1 else partial(sheet.lines, most=most)
            top = draw(x - half, top, 2 * half, text, style) + 0.6


def _cover(sheet: Sheet, label: LabelText, fields: PaperFields) -> None:
    """Draw the sheet for the case."""
    x, y = (sheet.width - _COVER) / 2, 12 + 2 * _RADIUS + 10
    sheet.frame(x, y, _COVER, _COVER)
    left, width, below = x + _MARGIN, _COVER - 2 * _MARGIN, y + _COVER - _MARGIN
    half = width / 2
    y += _MARGIN
    sheet.line(left + width - _DAY, y, _DAY, label.day, Style(9, align="R"))
    y = sheet.lines(left, y, width - _DAY - 2, fields.institution, Style(9))
    y = sheet.lines(left, y + 3, width, label.patient, Style(15, bold=True, smallest=8), most=3)
    y = sheet.lines(left, y + 0.5, width, label.details, Style(9))
    sheet.rule(left, y + 2, width)
    y += 4
    footer = [line for line in (fields.contact, fields.note) if line]
    end = below - 4 * (3 + len(footer))
    lines = label.lines()
    _listed(sheet, (left, y, width, end), lines)
    sheet.rule(left, end - 1, width)
    kind = label.kind.value + (f", disc {label.disc}" if label.disc else "")
    sheet.line(left, end, half, kind, Style(9, bold=True))
    y = sheet.line(left + half, end, half, _amount(label), Style(8, align="R"))
    hint = (
        f"Open {INDEX} in a web browser to see pictures; "
        if label.kind.name.endswith("WEB")
        else ""
    )
    y = sheet.line(left, y, width, f"{hint}DICOM programs open DICOMDIR.", Style(7.5))
    for line in (*footer, _PRIVATE):
        y = sheet.line(left, y, width, line, Style(7.5, grey=60))


def _listed(sheet: Sheet, room: tuple[float, float, float, float], lines: Sequence[str]) -> None:
    """Draw lines as far as there is room, and how many more there are."""
    left, y, width, end = room
    style = Style(9, smallest=7)
    last = style.size * 0.46
    for done, line in enumerate(lines):
        parts, size = sheet.broken(width, line, style, 2)
        is_last = done == len(lines) - 1
        if y + len(parts) * size * 0.46 > end - 1 - (0 if is_last else last):
            sheet.line(left, y, width, f"and {len(lines) - done} more", style)
            return
        y = sheet.lines(left, y, width, line, style)


def _counted(studies: Sequence[StudyContent]) -> str:
    """Return how many studies there are."""
    return "1 study" if len(studies) == 1 else f"{len(studies)} studies"


def _amount(label: LabelText) -> str:
    """Return how much is on it."""
    count, size = label.contents.instances, label.contents.bytes
    return f"{count:,} {'object' if count == 1 else 'objects'}, {in_units(size)}"


def in_units(amount: int) -> str:
    """Return an amount of bytes in decimal units, as media are labelled."""
    value = float(amount)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004 - decimal units
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
