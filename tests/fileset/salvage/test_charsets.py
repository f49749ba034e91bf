# ruff: noqa: RUF001 - names in Cyrillic letters look like Latin ones
"""Character sets of records: declared wrongly, not at all, or chosen by a person."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest
from pydicom.charset import decode_bytes
from pydicom.valuerep import PN_DELIMS

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import FileSet, Layout, candidate_readings
from dicomdir_studio.fileset.charsets import codecs_of, decode_text, terms_of
from dicomdir_studio.standard.character_sets import CHARACTER_SETS
from tests.fileset.salvage.disc import PATIENT_NAME, Shape, sound_disc, write_files

if TYPE_CHECKING:
    from pathlib import Path

SMALL = Shape(patients=2, studies=1, series=1, images=1)
CHARSET = 0x00080005

# Declared terms, encoded name, the name: PS3.5 Annexes H, I, J and K.
ANNEXES = [
    (
        "\\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    (
        "ISO 2022 IR 13\\ISO 2022 IR 87",
        (
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J"
            b"=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J"
        ),
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ),
    (
        "\\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    (
        "ISO_IR 192",
        "Wang^XiaoDong=王^小東=".encode(),
        "Wang^XiaoDong=王^小東=",
    ),
    (
        "GB18030",
        b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=",
        "Wang^XiaoDong=王^小东=",
    ),
    (
        "GBK",
        b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=",
        "Wang^XiaoDong=王^小东=",
    ),
    (
        "\\ISO 2022 IR 58",
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
        "Zhang^XiaoDong=张^小东=",
    ),
    ("ISO_IR 100", b"Buc^J\xe9r\xf4me", "Buc^Jérôme"),
    ("ISO_IR 101", b"W\xb3a\xb6ciwy^Imi\xea", "Właściwy^Imię"),
    ("ISO_IR 144", b"\xbb\xee\xda\x63\x65\xdc\xd1\x79\x70\xd3", "Люкceмбypг"),
    ("ISO_IR 126", b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"),
    ("ISO_IR 127", b"\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1", "قباني^لنزار"),
    ("ISO_IR 138", b"\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", "שרון^דבורה"),
    ("ISO_IR 148", b"\xc7avu\xfeo\xf0lu", "Çavuşoğlu"),
    ("ISO_IR 166", b"\xca\xd2\xc2", "สาย"),
    ("ISO_IR 203", b"\xa4uro", "€uro"),
    ("ISO 2022 IR 100\\ISO 2022 IR 144", b"J\xe9^\x1b-L\xbb\xee\xda", "Jé^Люк"),
]


@pytest.mark.parametrize(("terms", "value", "name"), ANNEXES, ids=lambda value: repr(value)[:24])
def test_the_examples_of_the_standard(terms: str, value: bytes, name: str) -> None:
    """The examples of PS3.5 decode to their names, and soundly so."""
    assert decode_text(value, codecs_of(terms_of(terms)), is_name=True) == (name, True)


@pytest.mark.parametrize(("terms", "value", "name"), ANNEXES, ids=lambda value: repr(value)[:24])
def test_pydicom_decodes_them_alike(terms: str, value: bytes, name: str) -> None:
    """Where pydicom knows the character set, it comes to the same."""
    if "203" in terms or "IR 58" in terms:
        return  # pydicom knows no Latin 9, and leaves the escape sequences of GB 2312 in
    assert decode_bytes(value, codecs_of(terms_of(terms)), PN_DELIMS) == name


def named(root: Path, terms: str | None, value: bytes) -> Path:
    """Write a disc whose first patient has a name in some character set."""
    write_files(root, SMALL)
    disc = sound_disc(SMALL)
    patient = disc.records[disc.rows("PATIENT")[0]]
    patient.put(PATIENT_NAME, b"PN", value)
    if terms is not None:
        patient.put(CHARSET, b"CS", terms.encode("ascii"))
    path = root / "DICOMDIR"
    path.write_bytes(disc.lay())
    return path


@pytest.mark.parametrize(("terms", "value", "name"), ANNEXES, ids=lambda value: repr(value)[:24])
def test_each_record_is_read_in_its_own_set(
    tmp_path: Path, terms: str, value: bytes, name: str
) -> None:
    """A record's declared set reads its name; other records have theirs; nothing warns."""
    path = named(tmp_path, terms, value)
    file_set = FileSet(path, salvage=True)
    assert file_set.findings == []
    first, second = file_set.tree.children
    assert str(first.get("PatientName")) == name.rstrip("=")
    assert str(second.get("PatientName")) == "Zoo^Animal 001"
    assert len(file_set.find(PatientName=first.get("PatientName"))) == 1


def test_what_does_not_decode_is_told(tmp_path: Path) -> None:
    """Bytes that cannot be in the declared set give a finding with patient and clause."""
    path = named(tmp_path, "ISO_IR 192", b"Buc^J\xe9r\xf4me")
    (finding,) = FileSet(path, salvage=True).findings
    assert "cannot be in its character set 'ISO_IR 192'" in finding.what
    assert "patient ZOO00000" in finding.where
    assert finding.clause == "PS3.3 C.12.1.1.2"


def test_an_undeclared_set_is_told(tmp_path: Path) -> None:
    """Text beyond the default repertoire needs a declared set."""
    path = named(tmp_path, None, b"Buc^J\xe9r\xf4me")
    (finding,) = FileSet(path, salvage=True).findings
    assert "declares no character set" in finding.what


def test_showing_it_all_the_same_warns_of_nothing(tmp_path: Path) -> None:
    """A name that does not decode is shown with replacements, without a Python warning."""
    path = named(tmp_path, "ISO_IR 192", b"Buc^J\xe9r\xf4me")
    file_set = FileSet(path, salvage=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "\ufffd" in str(file_set.tree.children[0].get("PatientName"))
        assert "\ufffd" in str(file_set)


def test_a_chosen_set_reads_the_names_and_changes_nothing(tmp_path: Path) -> None:
    """The chosen character set is for showing alone: records are written as they are."""
    path = named(tmp_path, "ISO_IR 192", b"\xbb\xee\xda")
    before = path.read_bytes()
    file_set = FileSet(path, salvage=True, charset="ISO_IR 144")
    assert str(file_set.tree.children[0].get("PatientName")) == "Люк"
    assert [str(value) for value in file_set.find_values("PatientName")] == [
        "Люк",
        "Zoo^Animal 001",
    ]
    file_set.copy(tmp_path / "copy", layout=Layout.KEEP)
    written = (tmp_path / "copy" / "DICOMDIR").read_bytes()
    assert b"ISO_IR 192" in written
    assert b"\xbb\xee\xda" in written
    assert path.read_bytes() == before


def test_a_set_that_the_standard_does_not_have_is_refused(tmp_path: Path) -> None:
    """An unknown term is an error that names the known ones."""
    path = named(tmp_path, None, b"A")
    with pytest.raises(ValueError, match="no character set of the Standard") as caught:
        FileSet(path, charset="KLINGON")
    assert isinstance(caught.value, StudioError)


@pytest.mark.parametrize(
    ("value", "term", "name"),
    [
        (b"Buc^J\xe9r\xf4me", "ISO_IR 100", "Buc^Jérôme"),
        ("王^小東".encode(), "ISO_IR 192", "王^小東"),
        (b"\xcd\xf5^\xd0\xa1\xb6\xab", "GB18030", "王^小东"),
        (b"\xbb\xee\xda", "ISO_IR 144", "Люк"),
        (b"=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce", "\\ISO 2022 IR 149", "=洪^吉"),
        (b"=\x1b$B;3ED\x1b(B", "\\ISO 2022 IR 87", "=山田"),
    ],
)
def test_the_right_reading_is_among_those_offered(
    tmp_path: Path, value: bytes, term: str, name: str
) -> None:
    """Among the candidates is the set that the name is in, with the name as it reads then."""
    file_set = FileSet(named(tmp_path, None, value), salvage=True)
    readings = {reading.term: reading for reading in candidate_readings(file_set)}
    assert readings[term].samples == (name,)
    assert readings[term].label


def test_plain_text_leaves_nothing_to_choose(tmp_path: Path) -> None:
    """A File-set in the default repertoire has no candidates."""
    assert candidate_readings(FileSet(named(tmp_path, None, b"A^B"), salvage=True)) == []


@pytest.mark.parametrize("term", [term for term in CHARACTER_SETS if term])
def test_every_term_has_a_codec(term: str) -> None:
    """Each defined term is accepted and decodes plain text."""
    assert decode_text(b"A^B", codecs_of(terms_of(term)), is_name=True) == ("A^B", True)


@pytest.mark.parametrize("spelled", ["ISO-IR 100", "ISO IR 100", "iso_ir_100", "ISO_IR_100"])
def test_common_misspellings_are_understood(spelled: str) -> None:
    """What writers get wrong about the spelling does not hide the set."""
    assert terms_of(spelled) == ("ISO_IR 100",)
