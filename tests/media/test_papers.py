"""Labels and receipts: what stands on them, judged by reading the PDF with another program."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.contents import contents_of, person
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.papers.fonts import font_folders, lettering_for, letters_of
from dicomdir_studio.media.papers.label import LabelText, in_units, label_pdf
from dicomdir_studio.media.papers.reading_order import LEFT_TO_RIGHT, in_line_order
from dicomdir_studio.media.papers.receipt import HandedOver, manifest_sum, receipt_pdf
from dicomdir_studio.media.papers.sheet import Paper, PaperFields, Sheet, Style
from dicomdir_studio.media.pdi import Publisher
from dicomdir_studio.media.producing import prepare, produce
from dicomdir_studio.storage import NameClashError, write_manifest
from tests.media.samples import write_series

if TYPE_CHECKING:
    from dicomdir_studio.media.targets import MediumReceipt
    from tests.judges import Judges

DAY = "2026-11-22"
FIELDS = PaperFields(
    "Universit\u00e4tsklinikum Musterstadt",
    "Musterstra\u00dfe 12\n12345 Musterstadt",
    "+49 123 4567",
    "Praxis Dr. Beispiel",
    "Please return",
    (("Ward", "Station 4"),),
)
JAPANESE = "Yamada^Tarou=\u5c71\u7530^\u592a\u90ce=\u3084\u307e\u3060^\u305f\u308d\u3046"
KOREAN = "Hong^Gildong=\u6d2a^\u5409\u6d1e=\ud64d^\uae38\ub3d9"
CHINESE = "Wang^XiaoDong=\u738b^\u5c0f\u4e1c"
ARABIC = "\u0642\u0628\u0627\u0646\u064a^\u0644\u0646\u0632\u0627\u0631"
ARABIC_WORD = "\u0644\u0644\u0631\u0623\u0633"
RUSSIAN = "\u041b\u044e\u043ace\u043c\u0431yp\u0433"
GREEK = "\u0394\u03b9\u03bf\u03bd\u03c5\u03c3\u03b9\u03bf\u03c2"


def read(paper: Paper, tmp_path: Path, judges: Judges) -> str:
    """Return the text of a PDF, without the marks of its direction, as poppler reads it."""
    path = tmp_path / f"{hashlib.sha256(paper.data).hexdigest()[:8]}.pdf"
    paper.save(path)
    words = judges.ask("pdftotext", "-layout", path, "-").words
    assert "Error" not in words
    return "".join(sign for sign in words if sign not in "\u200e\u200f\u202a\u202b\u202c")


def of_patient(tmp_path: Path, *names: str) -> FileSet:
    """Return a File-set of a study of two series for each name."""
    file_set = FileSet()
    file_set.ID = "WARD_4"
    for number, name in enumerate(names):
        paths = [
            path
            for series in range(2)
            for path in write_series(
                tmp_path / f"p{number}",
                2 * number,
                series,
                count=3,
                PatientName=name,
                SpecificCharacterSet="ISO_IR 192",
            )
        ]
        assert not file_set.add_many(paths).refused
    return file_set


def produced(file_set: FileSet, out: Path) -> tuple[list[HandedOver], list[MediumReceipt]]:
    """Write media and return what a receipt tells of them."""
    scratch = out.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    production = prepare(file_set, Order(str(out)), scratch)
    receipts = produce(production)
    pairs = zip(production.span.plans, receipts, strict=True)
    return [HandedOver.of_medium(*pair, DAY, "STD-GEN-CD") for pair in pairs], receipts


def test_a_label_names_what_ihe_asks_for(tmp_path: Path, judges: Judges) -> None:
    """Patient, day, institution and kind of content stand on it, on disc and cover."""
    plan = plan_medium(of_patient(tmp_path, "Buc^J\u00e9r\u00f4me"))
    text = read(label_pdf([LabelText.of_plan(plan, DAY)], FIELDS), tmp_path, judges)
    for words in ("Buc, J\u00e9r\u00f4me", DAY, "DICOM ONLY", "Head & neck <a>", "6 objects"):
        assert text.count(words) == 2, words
    # On disc and cover the institution may take two lines.
    assert text.count("Musterstadt") == 2
    assert "ID P0, born 1970-01-01, sex F" in text


def test_a_label_tells_of_pages(tmp_path: Path, judges: Judges) -> None:
    """With web pages the kind is DICOM PLUS WEB, and the cover says what to open."""
    order = Order(str(tmp_path / "a.iso"), publisher=Publisher(), has_pages=True)
    (plan,) = prepare(of_patient(tmp_path, "A"), order, tmp_path).span.plans
    text = read(label_pdf([LabelText.of_plan(plan, DAY)]), tmp_path, judges)
    assert text.count("DICOM PLUS WEB") == 2
    assert "Open INDEX.HTM in a web browser" in text


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        (JAPANESE, "Yamada, Tarou (\u5c71\u7530 \u592a\u90ce)"),
        (KOREAN, "Hong, Gildong (\u6d2a \u5409\u6d1e)"),
        (CHINESE, "Wang, XiaoDong (\u738b \u5c0f\u4e1c)"),
        (RUSSIAN, RUSSIAN),
        (GREEK, GREEK),
    ],
)
def test_names_of_any_script_are_printed(
    name: str, printed: str, tmp_path: Path, judges: Judges
) -> None:
    """A name is printed with the system's fonts and reads back as it is written."""
    needs_fonts(printed)
    plan = plan_medium(of_patient(tmp_path, name))
    paper = label_pdf([LabelText.of_plan(plan, DAY)])
    assert paper.missing == ""
    assert printed in read(paper, tmp_path, judges)


def needs_fonts(text: str) -> None:
    """Skip where no font has the letters; where CI is set they have to be there."""
    missing = lettering_for([text]).missing
    if missing and os.environ.get("CI"):
        pytest.fail(f"no font for {missing!r} (Debian has fonts-wqy-microhei)")
    if missing:
        pytest.skip(f"no font for {missing!r}")


def test_dates_beside_a_name_from_right_to_left_stay_in_order(
    tmp_path: Path, judges: Judges
) -> None:
    """The day of birth is not turned round by the direction of an Arabic name."""
    needs_fonts(ARABIC)
    file_set = of_patient(tmp_path, ARABIC, GREEK)
    media, _ = produced(file_set, tmp_path / "a.iso")
    label = LabelText.of_plan(plan_medium(file_set), DAY)
    for paper in (receipt_pdf(media), label_pdf([label])):
        text = read(paper, tmp_path, judges)
        assert "born 1970-01-01" in text
        assert "01-01-1970" not in text
        shown = next(line for line in text.splitlines() if "ID P0" in line)
        # Poppler gives the letters in the order in which they are read.
        assert "\u0646\u064a" in shown


LONG = "Wolfeschlegelsteinhausenbergerdorff-Maximilian^Hubert^B. A.^Dr."
"""As long as a component group may be: 64 characters (PS3.5 6.2)."""


def test_no_name_is_cut(tmp_path: Path, judges: Judges) -> None:
    """The longest names take more lines; name, number and day of birth are there to the end."""
    file_set = of_patient(tmp_path, LONG)
    media, _ = produced(file_set, tmp_path / "a.iso")
    label = LabelText.of_plan(plan_medium(file_set), DAY)
    words = LONG.replace("-", "- ").replace("^", " ").split()
    for paper, times in ((receipt_pdf(media), 2), (label_pdf([label]), 2)):
        text = read(paper, tmp_path, judges)
        for word in words:
            assert text.count(word) >= times, word
        assert "ID P0" in " ".join(text.split())
        assert "born 1970-01-01" in " ".join(text.split())
        assert "..." not in text


def test_lines_break_where_they_may() -> None:
    """At spaces, behind hyphens, and within what is too long for a line; nothing is lost."""
    sheet = Sheet(lettering_for(["a"]), "A4", "Test")
    sheet.new_page()
    style = Style(10, smallest=10)
    for text in ("one", "one two " * 20, "x" * 300, "aaaaaaaaaa-" * 20, f"{'y' * 50} z"):
        parts, size = sheet.broken(40, text, style, 99)
        assert size == 10
        assert "".join(parts).replace(" ", "") == text.replace(" ", "")
        assert all(parts)
    parts, size = sheet.broken(40, "one two " * 20, Style(10, smallest=4), 3)
    assert (len(parts), size < 10) == (3, True)
    assert sheet.broken(40, "", style, 2)[0] == []
    assert sheet.lines(0, 0, 40, "one", style) < sheet.lines(0, 0, 40, "one two " * 5, style)
    assert sheet.finished().pages == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 12", "plain 12"),
        (f"CT {ARABIC_WORD} 2024", f"CT 2024 {ARABIC_WORD}"),
        (f"{ARABIC_WORD} 2024 7", f"7 2024 {ARABIC_WORD}"),
        (f"{ARABIC_WORD} CT 5", f"{ARABIC_WORD} CT 5"),
    ],
)
def test_numbers_within_arabic_stand_on_their_side(text: str, shown: str) -> None:
    """They follow the words before them, which is to their left (Annex 9, rule L2)."""
    assert in_line_order(text).replace(LEFT_TO_RIGHT, "") == shown


def test_numbers_within_arabic_are_drawn_on_their_side(tmp_path: Path, judges: Judges) -> None:
    """Where the words are on the page, as poppler finds them."""
    needs_fonts(ARABIC_WORD)
    sheet = Sheet(lettering_for([ARABIC_WORD, "CT 2024"]), "A4", "Test")
    sheet.new_page()
    sheet.line(20, 20, 150, f"CT {ARABIC_WORD} 2024", Style(12))
    (tmp_path / "a.pdf").write_bytes(sheet.finished().data)
    told = judges.ask("pdftotext", "-bbox", tmp_path / "a.pdf", "-").words
    places = {
        word.strip(LEFT_TO_RIGHT): float(x)
        for x, word in re.findall(r'<word xMin="([\d.]+)"[^>]*>([^<]+)<', told)
    }
    arabic = min(x for word, x in places.items() if word not in {"CT", "2024"})
    assert places["CT"] < places["2024"] < arabic


def test_letters_without_a_font_are_told(tmp_path: Path, judges: Judges) -> None:
    """Where no font has a letter, '?' stands for it, and paper and caller are told."""
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    lettering = lettering_for([GREEK, "\u00e9"], [str(fonts)])
    assert lettering.missing == "".join(sorted(set(GREEK)))
    assert lettering.printable(f"a{GREEK[0]}b\nc") == "a?b c"
    unknown = "\U00012000"
    plan = plan_medium(of_patient(tmp_path, unknown))
    paper = label_pdf([LabelText.of_plan(plan, DAY)])
    assert paper.missing == unknown
    assert "letters that no font of this system has (U+12000)" in read(paper, tmp_path, judges)


def test_a_system_without_fonts_prints_western_letters(
    tmp_path: Path, judges: Judges, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fonts of every PDF reader do for what they have."""
    monkeypatch.setattr("dicomdir_studio.media.papers.fonts.font_folders", list)
    plan = plan_medium(of_patient(tmp_path, f"J\u00e9r\u00f4me {GREEK}"))
    text = read(label_pdf([LabelText.of_plan(plan, DAY)]), tmp_path, judges)
    assert f"J\u00e9r\u00f4me {'?' * len(GREEK)}" in text


def test_broken_fonts_are_passed_over(tmp_path: Path) -> None:
    """A file that is no font, or one that cannot be opened, keeps no label from being made."""
    (tmp_path / "DejaVuSansX.ttf").write_bytes(b"no font")
    assert letters_of(str(tmp_path / "DejaVuSansX.ttf")) == frozenset()
    assert lettering_for(["\u03b1"], [str(tmp_path)]).missing == "\u03b1"
    assert all(Path(folder).is_absolute() for folder in font_folders())


def test_every_medium_of_a_set_has_its_label(tmp_path: Path, judges: Judges) -> None:
    """A page for each, with its number; long lists are cut and say so."""
    file_set = of_patient(tmp_path, *(f"Patient^Number {number}" for number in range(30)))
    production = prepare(
        file_set, Order(str(tmp_path / "a.iso"), capacity=150_000, is_spanned=True), tmp_path
    )
    count = len(production.span.plans)
    assert count > 1
    paper = label_pdf([LabelText.of_plan(plan, DAY) for plan in production.span.plans], FIELDS)
    assert paper.pages == count
    text = read(paper, tmp_path, judges)
    for number in range(1, count + 1):
        assert f"disc {number} of {count}" in text
    assert "more" in text


def test_a_receipt_tells_all_that_was_handed_over(tmp_path: Path, judges: Judges) -> None:
    """Patients, studies and series with counts, and the manifest's sum as sha256sum has it."""
    file_set = of_patient(tmp_path, "Doe^Jane", "Roe^Richard")
    media, (receipt,) = produced(file_set, tmp_path / "a.iso")
    text = read(receipt_pdf(media, FIELDS), tmp_path, judges)
    for words in (
        "Doe, Jane, ID P0",
        "Roe, Richard, ID P1",
        "2020-01-01 CT Head & neck <a>, accession A1",
        "CT series 1: Series 0",
        "a.iso",
        "WARD_4",
        "STD-GEN-CD",
        "every byte compared",
        f"{receipt.files} files, {receipt.bytes:,} bytes",
        "Praxis Dr. Beispiel",
        "Musterstra\u00dfe 12",
        "Station 4",
        "Page 1 of 1",
        manifest_sum(receipt),
    ):
        assert words in text, words
    write_manifest(str(tmp_path / "SUMS"), receipt.digests)
    summed = judges.ask("sha256sum", tmp_path / "SUMS").words.split()[0]
    assert summed == manifest_sum(receipt)


def test_a_long_receipt_takes_more_pages(tmp_path: Path, judges: Judges) -> None:
    """Every page has its number and every series is there."""
    file_set = of_patient(tmp_path, *(f"Patient^Number {number}" for number in range(30)))
    media, _ = produced(file_set, tmp_path / "a.iso")
    paper = receipt_pdf(media, PaperFields(paper="Letter"))
    text = read(paper, tmp_path, judges)
    assert paper.pages > 2
    for page in range(1, paper.pages + 1):
        assert f"Page {page} of {paper.pages}" in text
    for number in range(30):
        assert f"Patient, Number {number}, ID" in text
    assert text.count("CT series 2") == 30
    assert "Handed over" in text


def test_the_pages_can_be_drawn(tmp_path: Path, judges: Judges) -> None:
    """Poppler draws a page and finds nothing to complain about."""
    paper = label_pdf([LabelText.of_plan(plan_medium(of_patient(tmp_path, "A")), DAY)], FIELDS)
    paper.save(tmp_path / "a.pdf")
    verdict = judges.ask("pdftoppm", "-r", "30", "-png", tmp_path / "a.pdf", tmp_path / "a")
    assert verdict.code == 0
    assert verdict.words == ""
    assert next(tmp_path.glob("a-*.png")).read_bytes().startswith(b"\x89PNG")


def test_a_paper_is_never_written_over_a_file(tmp_path: Path) -> None:
    """What is there stays."""
    (tmp_path / "a.pdf").write_bytes(b"theirs")
    with pytest.raises(NameClashError):
        Paper(b"%PDF", 1, "").save(tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == b"theirs"


def test_contents_count_every_instance(sample_set: FileSet) -> None:
    """Patients, studies and series add up to what is on the medium."""
    plan = plan_medium(sample_set)
    contents = contents_of(plan)
    assert contents.instances == len(plan.files) == 31
    assert contents.bytes == sum(file.size for file in plan.files)
    assert {patient.patient_id for patient in contents.patients} == {"77654033", "98890234"}
    series = [one for p in contents.patients for s in p.studies for one in s.series]
    assert len({one.uid for one in series}) == len(series)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Doe^Jane", "Doe, Jane"),
        ("Doe^Jane^M^Dr^PhD", "Doe, Jane M Dr PhD"),
        ("^Jane", "Jane"),
        ("Doe", "Doe"),
        ("", ""),
        (JAPANESE, "Yamada, Tarou (\u5c71\u7530 \u592a\u90ce)"),
        ("=\u5c71\u7530", "\u5c71\u7530"),
    ],
)
def test_names_are_written_for_people(value: str, shown: str) -> None:
    """Components and groups of PN become a name as people write it."""
    assert person(value) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0, "0 B"), (1500, "1.5 kB"), (4_700_000_000, "4.7 GB"), (10**15, "1000.0 TB")],
)
def test_amounts_are_decimal(amount: int, shown: str) -> None:
    """As media are labelled."""
    assert in_units(amount) == shown


def test_the_fonts_of_a_copy_are_found_by_name(tmp_path: Path) -> None:
    """A folder of one's own with a known font gives plain and bold letters."""
    found = lettering_for(["a"])
    if found.regular is None:
        pytest.skip("this system has none of the known fonts")
    shutil.copy(found.regular, tmp_path)
    own = lettering_for(["a"], [str(tmp_path)])
    assert own.regular == own.bold == str(tmp_path / Path(found.regular).name)
