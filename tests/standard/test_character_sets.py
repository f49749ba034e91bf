"""Character sets of Specific Character Set."""

from __future__ import annotations

import codecs

import pytest
from pydicom.charset import CODES_TO_ENCODINGS, python_encoding

from dicomdir_studio.standard.character_sets import (
    CHARACTER_SETS,
    DEFAULT,
    CharacterSet,
    CharacterSetKind,
)

# Latin 9 is younger than pydicom's table; ASCII is what the Standard says where pydicom is lenient.
DIFFERENT = {"", "ISO 2022 IR 6", "ISO_IR 203", "ISO 2022 IR 203"}


@pytest.mark.parametrize("term", CHARACTER_SETS)
def test_codec_exists_and_agrees_with_pydicom(term: str) -> None:
    """Each term's codec is Python's own and the one that decodes data sets."""
    row = CHARACTER_SETS[term]
    codec = codecs.lookup(row.codec)
    assert row.term == term
    if term not in DIFFERENT:
        assert codec.name == codecs.lookup(python_encoding[term]).name


@pytest.mark.parametrize("escape", CODES_TO_ENCODINGS)
def test_escape_sequences_agree_with_pydicom(escape: bytes) -> None:
    """Each escape sequence that pydicom knows belongs to a term with the same codec."""
    rows = [row for row in CHARACTER_SETS.values() if escape in row.escapes]
    assert len(rows) == 1
    if rows[0].term not in DIFFERENT:
        expected = codecs.lookup(CODES_TO_ENCODINGS[escape]).name
        assert codecs.lookup(rows[0].codec).name == expected


@pytest.mark.parametrize("row", CHARACTER_SETS.values(), ids=lambda row: row.term or "none")
def test_row_is_sound(row: CharacterSet) -> None:
    """Code extensions and escape sequences go together, and every row has a label and clause."""
    extensible = row.kind in {
        CharacterSetKind.SINGLE_BYTE_ISO_2022,
        CharacterSetKind.MULTI_BYTE_ISO_2022,
    }
    assert bool(row.escapes) == extensible == row.term.startswith("ISO 2022")
    assert row.label
    assert row.clause.startswith("PS3.3 C.12.1.1.2 Table C.12-")


def test_the_number_of_terms() -> None:
    """All tables of C.12.1.1.2 are there: 1 default, 12 + 13 single-byte, 4 + 3 multi-byte."""
    kinds = [row.kind for row in CHARACTER_SETS.values()]
    assert [kinds.count(kind) for kind in CharacterSetKind] == [1, 12, 13, 4, 3]
    assert CHARACTER_SETS[""] is DEFAULT
