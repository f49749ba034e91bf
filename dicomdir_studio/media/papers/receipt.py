"""The receipt for media that are handed over: what is on them, and a sum to know them again by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dicomdir_studio import __version__
from dicomdir_studio.media.papers.fonts import lettering_for
from dicomdir_studio.media.papers.label import LabelText, in_units
from dicomdir_studio.media.papers.sheet import PaperFields, Sheet, Style, apart, missing_note
from dicomdir_studio.storage import manifest_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.papers.sheet import Paper
    from dicomdir_studio.media.targets import MediumReceipt

_LEFT: Final = 18.0
_TOP: Final = 16.0
_BOTTOM: Final = 18.0
_COUNT: Final = 26.0
_SIZE: Final = 24.0
_SIGNING: Final = 32.0
_INDENT: Final = 5.0
_MOST_LINES: Final = 6
"""Of one entry: longer than anything that 64 characters a value allow."""


def manifest_sum(receipt: MediumReceipt) -> str:
    """Return the SHA-256 of the manifest of a medium, its files sorted by name.

    The manifest is what ``sha256sum`` prints for all files of the medium (`manifest_text`).
    """
    return hashlib.sha256(manifest_text(receipt.digests).encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class HandedOver:
    """One medium on the receipt.

    Attributes
    ----------
    label : LabelText
        What is on it.
    where : str
        What it is: the name of the file or folder, or of the drive.
    files, bytes : int
        All files on it and their length, or that of the image or archive.
    is_verified : bool
        Whether it was read back.
    manifest : str
        SHA-256 of its manifest.
    profile : str
        The application profile that it conforms to; "" if none was asked for.
    copies : int
        How many of it.
    """

    label: LabelText
    where: str
    files: int
    bytes: int
    is_verified: bool
    manifest: str
    profile: str = ""
    copies: int = 1

    @classmethod
    def of_medium(
        cls,
        plan: MediumPlan,
        receipt: MediumReceipt,
        day: str,
        profile: str = "",
        copies: int = 1,
    ) -> HandedOver:
        """Return a medium that was written."""
        return cls(
            LabelText.of_plan(plan, day),
            receipt.path.replace("\\", "/").rpartition("/")[2],
            receipt.files,
            receipt.bytes,
            receipt.verified,
            manifest_sum(receipt),
            profile,
            copies,
        )

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield what is known of the medium, with names."""
        yield "Medium", self.where
        yield "File-set ID", self.label.file_set_id or "-"
        yield "Content", self.label.kind.value
        if self.profile:
            yield "Profile", self.profile
        if self.copies > 1:
            yield "Copies", str(self.copies)
        yield "Size", f"{self.files:,} files, {self.bytes:,} bytes"
        yield (
            "Read back",
            "every byte compared" if self.is_verified else "not compared with the source",
        )
        yield "Manifest", self.manifest

    def rows(self) -> Iterator[tuple[int, str, int, int]]:
        """Yield depth, title, instances and bytes of each patient, study and series."""
        for patient in self.label.contents.patients:
            title = apart(patient.name or "Name not stated", patient.details)
            yield 0, title, patient.instances, patient.bytes
            for study in patient.studies:
                number = f"accession {study.accession}" if study.accession else ""
                yield 1, apart(study.title, number), study.instances, study.bytes
                for series in study.series:
                    yield 2, series.title, series.instances, series.bytes
        others = self.label.contents.others
        if others:
            yield 0, "Objects of no patient", others, self.label.contents.other_bytes


def receipt_pdf(media: Sequence[HandedOver], fields: PaperFields | None = None) -> Paper:
    """Return the receipt for media that were written.

    Parameters
    ----------
    media : sequence of HandedOver
        The media, in order.
    fields : PaperFields, optional
        What else stands there.
    """
    fields = fields or PaperFields()
    texts = [
        text
        for medium in media
        for text in (*(row[1] for row in medium.rows()), *map("".join, medium.facts()))
    ]
    lettering = lettering_for([*texts, *fields.texts()])
    drawn = _Receipt(Sheet(lettering, fields.paper, "Receipt for media"), fields)
    drawn.head(media)
    for medium in media:
        drawn.medium(medium)
    drawn.end(missing_note(lettering))
    return drawn.sheet.finished()


class _Receipt:
    """Draws a receipt over as many pages as it takes."""

    def __init__(self, sheet: Sheet, fields: PaperFields) -> None:
        self.sheet = sheet
        self._fields = fields
        self._width = sheet.width - 2 * _LEFT
        self._y = _TOP
        sheet.new_page()

    def head(self, media: Sequence[HandedOver]) -> None:
        """Draw who hands over what to whom."""
        fields = self._fields
        self._row(fields.institution, Style(13, bold=True))
        for line in (*fields.address.splitlines(), fields.contact):
            self._row(line, Style(9))
        self._y += 5
        self._row("Receipt for medical images", Style(16, bold=True))
        total = sum(medium.label.contents.instances for medium in media)
        size = sum(medium.label.contents.bytes for medium in media)
        count = f"{len(media)} medium" if len(media) == 1 else f"{len(media)} media"
        self._row(f"{count} with {total:,} objects, {in_units(size)} together", Style(10))
        self._y += 2
        facts = [("Date", media[0].label.day if media else ""), ("Handed to", fields.recipient)]
        for name, value in (*facts, *fields.further, ("Note", fields.note)):
            self._fact(name, value)

    def medium(self, medium: HandedOver) -> None:
        """Draw one medium."""
        facts = list(medium.facts())
        self._y += 5
        # The facts and the first rows of the list stay together.
        self._need(7 + 4.6 * len(facts) + 14)
        self.sheet.rule(_LEFT, self._y, self._width, grey=0)
        self._y += 2
        disc = f"Medium {medium.label.disc}: " if medium.label.disc else ""
        self._row(f"{disc}{medium.label.patient}", Style(12, bold=True, smallest=8))
        for name, value in facts:
            self._fact(name, value)
        self._y += 2
        self._columns()
        for depth, title, count, size in medium.rows():
            self._listed(depth, title, count, size)

    def end(self, note: str) -> None:
        """Draw where people sign, and the feet of all pages."""
        self._need(_SIGNING)
        self._y += 16
        half = self._width / 2 - 5
        for x, words in (
            (_LEFT, "Handed over (date, name)"),
            (_LEFT + half + 10, "Received (date, name)"),
        ):
            self.sheet.rule(x, self._y, half, grey=0)
            self.sheet.line(x, self._y + 0.8, half, words, Style(8, grey=60))
        self._y += 6
        self._row(
            "Manifest is the SHA-256 of the list that sha256sum prints for all files of the "
            "medium, sorted by name.",
            Style(7, grey=60, smallest=5),
        )
        self._row(note, Style(7, smallest=5))
        self._feet()

    def _feet(self) -> None:
        """Draw program and number on every page."""
        pages = self.sheet.pages
        for page in range(1, pages + 1):
            self.sheet.turn_to(page)
            y = self.sheet.height - 12
            words = f"DICOMDIR Studio {__version__}. Confidential medical data."
            self.sheet.line(_LEFT, y, self._width * 0.8, words, Style(7, grey=90))
            self.sheet.line(
                _LEFT, y, self._width, f"Page {page} of {pages}", Style(7, align="R", grey=90)
            )

    def _row(self, text: str, style: Style) -> None:
        """Draw a line if there is something in it."""
        if text:
            parts, size = self.sheet.broken(self._width, text, style, _MOST_LINES)
            self._need(max(6, len(parts) * size * 0.46))
            self._y = self.sheet.lines(_LEFT, self._y, self._width, text, style, most=_MOST_LINES)

    def _fact(self, name: str, value: str) -> None:
        """Draw a value with its name."""
        if value:
            style, width = Style(9, smallest=6.5), self._width - 32
            parts, size = self.sheet.broken(width, value, style, _MOST_LINES)
            self._need(max(5, len(parts) * size * 0.46))
            self.sheet.line(_LEFT, self._y, 30, name, Style(9, grey=80))
            below = self.sheet.lines(_LEFT + 32, self._y, width, value, style, most=_MOST_LINES)
            self._y = max(self._y + 4.6, below + 0.4)

    def _columns(self) -> None:
        """Draw the heads of the columns."""
        style = Style(8, align="R", grey=80)
        right = _LEFT + self._width
        self.sheet.line(_LEFT, self._y, 60, "Patient, study, series", Style(8, grey=80))
        self.sheet.line(right - _SIZE - _COUNT, self._y, _COUNT, "Objects", style)
        self.sheet.line(right - _SIZE, self._y, _SIZE, "Size", style)
        self._y += 4.4
        self.sheet.rule(_LEFT, self._y, self._width)
        self._y += 0.8

    def _listed(self, depth: int, title: str, count: int, bytes_: int) -> None:
        """Draw a patient, a study or a series."""
        # Nobody's name and number may be cut: a row has as many lines as it needs.
        style = Style(9, bold=depth == 0, grey=0 if depth < 2 else 50, smallest=9)  # noqa: PLR2004
        right, x = _LEFT + self._width, _LEFT + _INDENT * depth
        width = right - _SIZE - _COUNT - x
        parts, size = self.sheet.broken(width, title, style, _MOST_LINES)
        if self._need(max(5.4, len(parts) * size * 0.46)):
            self._columns()
        below = self.sheet.lines(x, self._y, width, title, style, most=_MOST_LINES)
        numbers = Style(9, bold=depth == 0, align="R", grey=style.grey)
        self.sheet.line(right - _SIZE - _COUNT, self._y, _COUNT, f"{count:,}", numbers)
        self.sheet.line(right - _SIZE, self._y, _SIZE, in_units(bytes_), numbers)
        self._y = max(self._y + 4.9, below + 0.7)

    def _need(self, height: float) -> bool:
        """Begin a page if there is not so much room left; return whether it did."""
        if self._y + height <= self.sheet.height - _BOTTOM:
            return False
        self.sheet.new_page()
        self._y = _TOP
        return True
