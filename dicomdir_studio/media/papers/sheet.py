"""A page to draw on in millimetres, with lines that shrink to fit, as PDF (fpdf2)."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicomdir_studio.media.papers.reading_order import LEFT_TO_RIGHT, in_line_order, turns
from dicomdir_studio.media.targets.streams import appearing

if TYPE_CHECKING:
    from dicomdir_studio.media.papers.fonts import Lettering

SIZES: Final = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}
"""Width and height of paper in millimetres."""

_POINT: Final = 25.4 / 72
_STEP: Final = 0.25
_UNUSED: Final = 3.3
_DOTS: Final = "..."
_CORE: Final = "Helvetica"


@dataclass(frozen=True, slots=True)
class PaperFields:
    """What the user puts on labels and receipts.

    Attributes
    ----------
    institution, address, contact : str
        Who hands it out, where, and whom to ask. An address may have several lines.
    recipient : str
        Who gets it.
    note : str
        A line of one's own.
    further : tuple of (str, str)
        Further fields of one's own, with their names.
    paper : str
        A key of `SIZES`.
    """

    institution: str = ""
    address: str = ""
    contact: str = ""
    recipient: str = ""
    note: str = ""
    further: tuple[tuple[str, str], ...] = ()
    paper: str = "A4"

    def texts(self) -> list[str]:
        """Return all that will be printed."""
        own = [text for pair in self.further for text in pair]
        return [self.institution, self.address, self.contact, self.recipient, self.note, *own]


@dataclass(frozen=True, slots=True)
class Paper:
    """A finished paper.

    Attributes
    ----------
    data : bytes
        The PDF.
    pages : int
        How many there are.
    missing : str
        Letters that no font of this system has; "?" stands for each on the paper, and the
        paper says so.
    """

    data: bytes
    pages: int
    missing: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the paper to a file that appears whole or not; never over one that exists.

        Raises
        ------
        NameClashError
            If the file exists.
        StorageError
            If it cannot be written.
        """
        with appearing(os.fspath(path), len(self.data)) as interim:
            Path(interim).write_bytes(self.data)


@dataclass(frozen=True, slots=True)
class Style:
    """How a line looks.

    Attributes
    ----------
    size : float
        Height of the letters in points.
    bold : bool
        Whether they are bold.
    align : str
        ``L``, ``C`` or ``R``.
    grey : int
        0 is black, 255 white.
    smallest : float
        Points down to which a line shrinks before it is cut.
    """

    size: float = 9
    bold: bool = False
    align: str = "L"
    grey: int = 0
    smallest: float = 6


class Sheet:
    """Pages to draw on.

    Parameters
    ----------
    lettering : Lettering
        The fonts.
    paper : str
        A key of `SIZES`.
    title : str
        What the document calls itself; no patient's name, since viewers list it.
    """

    def __init__(self, lettering: Lettering, paper: str, title: str) -> None:
        from fpdf import FPDF  # noqa: PLC0415 - costs a second, and few runs print

        self.width, self.height = SIZES[paper]
        self._lettering = lettering
        self._pdf = FPDF(unit="mm", format=(self.width, self.height))
        self._pdf.set_auto_page_break(auto=False)
        self._pdf.set_margin(0)
        self._pdf.c_margin = 0
        self._pdf.set_title(title)
        self._pdf.set_creator("DICOMDIR Studio")
        self._family = _CORE
        if lettering.regular is not None and lettering.bold is not None:
            self._family = "main"
            self._pdf.add_font(self._family, fname=lettering.regular)
            self._pdf.add_font(self._family, "B", fname=lettering.bold)
        for number, path in enumerate(lettering.further):
            self._pdf.add_font(f"further{number}", fname=path)
        if lettering.further:
            names = [f"further{number}" for number in range(len(lettering.further))]
            self._pdf.set_fallback_fonts(names, exact_match=False)
        # Without shaping Arabic letters stand apart and the wrong way round.
        self._pdf.set_text_shaping(self._family != _CORE)

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return int(self._pdf.page)

    def new_page(self) -> None:
        """Begin a page."""
        self._pdf.add_page()

    def line(
        self, x: float, y: float, width: float, text: str, style: Style | None = None
    ) -> float:
        """Draw one line of text, smaller if it is too wide, cut with dots if that is not enough.

        Parameters
        ----------
        x, y, width : float
            Its upper left corner and the room for it in millimetres.
        text : str
            What to draw.
        style : Style, optional
            How.

        Returns
        -------
        float
            The y below it.
        """
        style = style or Style()
        fitting, size = self._fitted(self._printable(text), width, style)
        height = style.size * _POINT * 1.3
        if fitting:
            self._pdf.set_text_color(style.grey)
            self._pdf.set_font(self._family, "B" if style.bold else "", size)
            self._pdf.set_xy(x, y)
            self._pdf.cell(width, height, fitting, align=style.align)
        return y + height

    def circle(self, x: float, y: float, radius: float) -> None:
        """Draw a thin circle around a point."""
        self._pdf.set_draw_color(170)
        self._pdf.set_line_width(0.2)
        self._pdf.circle(x, y, radius)

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """Draw a thin rectangle."""
        self._pdf.set_draw_color(170)
        self._pdf.set_line_width(0.2)
        self._pdf.rect(x, y, width, height)

    def rule(self, x: float, y: float, width: float, grey: int = 120) -> None:
        """Draw a thin line from left to right."""
        self._pdf.set_draw_color(grey)
        self._pdf.set_line_width(0.2)
        self._pdf.line(x, y, x + width, y)

    def turn_to(self, page: int) -> None:
        """Go on drawing on a page, from 1."""
        self._pdf.page = page
        # It takes the font of the page before for that of this one and would not set it again.
        self._pdf.set_font(self._family, "", _UNUSED)

    def finished(self) -> Paper:
        """Return the paper."""
        with warnings.catch_warnings():
            # Its own library of fonts warns of tables that it leaves out.
            warnings.simplefilter("ignore")
            data = bytes(self._pdf.output())
        return Paper(data, self.pages, self._lettering.missing)

    def lines(
        self,
        x: float,
        y: float,
        width: float,
        text: str,
        style: Style | None = None,
        *,
        most: int = 2,
    ) -> float:
        """Draw a text on one line or, where that is too narrow, on several.

        Where even these do not do, its letters are smaller, and what is left then of its last
        line is cut with dots.

        Parameters
        ----------
        x, y, width, text, style
            As for `line`.
        most : int, optional
            How many lines.

        Returns
        -------
        float
            The y below it.
        """
        style = style or Style()
        parts, size = self.broken(width, text, style, most)
        for part in parts:
            y = self.line(x, y, width, part, replace(style, size=size))
        return y

    def broken(self, width: float, text: str, style: Style, most: int) -> tuple[list[str], float]:
        """Return the lines that `lines` draws, and the size of their letters in points."""
        line = self._lettering.printable(text)
        size = style.size
        while True:
            parts = self._parts(line, width, size, style)
            is_fitting = len(parts) <= most and self._longest(line, size, style) <= width
            if is_fitting or size <= style.smallest:
                break
            size = max(size - _STEP, style.smallest)
        if len(parts) > most:
            parts = [*parts[: most - 1], " ".join(parts[most - 1 :])]
        return parts, size

    def _longest(self, text: str, size: float, style: Style) -> float:
        """Return the width of the longest part of a text that is better not broken."""
        words = text.replace("-", "- ").split()
        return max((self._width(in_line_order(word), size, style) for word in words), default=0)

    def _parts(self, text: str, width: float, size: float, style: Style) -> list[str]:
        """Return a text in lines that are not too wide, broken at spaces, else behind hyphens."""
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self._width(in_line_order(longer), size, style) <= width:
                lines[-1] = longer
                continue
            rest = word
            while (head := self._head(rest, width, size, style)) != rest:
                lines.append(head)
                rest = rest[len(head) :]
            lines.append(rest)
        return lines

    def _head(self, word: str, width: float, size: float, style: Style) -> str:
        """Return as much of a word as a line takes: up to a hyphen, or up to its end."""
        if self._width(in_line_order(word), size, style) <= width:
            return word
        fitting = next(
            end for end in range(len(word), 0, -1)
            if end == 1 or self._width(in_line_order(word[:end]), size, style) <= width
        )  # fmt: skip
        hyphen = word.rfind("-", 0, fitting) + 1
        return word[: hyphen or fitting]

    def _printable(self, text: str) -> str:
        """Return a text as it can be printed, read from left to right as a whole."""
        line = self._lettering.printable(text)
        return line if self._family == _CORE else in_line_order(line)

    def _fitted(self, text: str, width: float, style: Style) -> tuple[str, float]:
        """Return a line and its size so that it fits."""
        size = style.size
        while size > style.smallest and self._width(text, size, style) > width:
            size -= _STEP
        if self._width(text, size, style) <= width:
            return text, size
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self._width(text[:middle].rstrip() + _DOTS, size, style) <= width:
                low = middle
            else:
                high = middle - 1
        return (text[:low].rstrip() + _DOTS, size) if low else ("", size)

    def _width(self, text: str, size: float, style: Style) -> float:
        """Return the width of a text at a size."""
        self._pdf.set_font(self._family, "B" if style.bold else "", size)
        return float(self._pdf.get_string_width(text))


def apart(*parts: str, by: str = ", ") -> str:
    """Return parts in one line, each read by itself.

    Without a mark between them the digits of a date that follows an Arabic or Hebrew name
    would stand in another order (Unicode Standard Annex 9, rule W2).
    """
    return by.join(f"{part}{LEFT_TO_RIGHT}" if turns(part) else part for part in parts if part)


def missing_note(lettering: Lettering) -> str:
    """Return the notice of characters that cannot be printed; "" if there are none."""
    if not lettering.missing:
        return ""
    codes = ", ".join(f"U+{ord(sign):04X}" for sign in lettering.missing[:5])
    more = f" and {len(lettering.missing) - 5} more" if len(lettering.missing) > 5 else ""  # noqa: PLR2004
    return f"'?' stands for letters that no font of this system has ({codes}{more})"
