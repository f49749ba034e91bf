"""File IDs: what conforms and how new ones are named."""

from __future__ import annotations

import itertools
from pathlib import Path, PurePosixPath

import pydicom.fileset as oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomdir_studio.standard.file_ids import (
    COMPONENT_LENGTH,
    MAX_COMPONENTS,
    RESERVED,
    capacity,
    file_name_for,
    generate_filename,
    is_component,
    is_conformant_file_id,
)

ALLOWED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
NUMBERED = "0123456789ABCDEFGHIKLMNOPQRSTUVWXYZ"

components = st.text(ALLOWED, min_size=1, max_size=COMPONENT_LENGTH)
hostile = st.text(
    st.characters(exclude_characters="\0\n", exclude_categories=["Cs"]) | st.sampled_from("./\\ A"),
    max_size=40,
)
prefixes = st.text(ALLOWED, max_size=COMPONENT_LENGTH - 1)

PATHS = [
    "",
    ".",
    "..",
    "/",
    "/A",
    "A/..",
    "./A",
    "A",
    "A/B",
    "A//B",
    "A/B/",
    "DICOMDIR",
    "PT000000/ST000000/SE000000/IM000000",
    "A/B/C/D/E/F/G/H",
    "A/B/C/D/E/F/G/H/I",
    "ABCDEFGH",
    "ABCDEFGHI",
    "A/ABCDEFGHI",
    "a",
    "A.B",
    "A B",
    "A-B",
    "A\\B",
    "C:",
    "Ä",
    "\N{FULLWIDTH LATIN CAPITAL LETTER A}",
    "\N{ARABIC-INDIC DIGIT ONE}",
    "CON",
]


@pytest.mark.parametrize("text", PATHS)
def test_conformance_is_judged_as_the_reference_does(text: str) -> None:
    """Corner cases, the root itself among them, are judged as by pydicom."""
    path = Path(text)
    assert is_conformant_file_id(path) == oracle.is_conformant_file_id(path)


@given(hostile)
def test_any_text_is_judged_as_the_reference_does(text: str) -> None:
    """Whatever the path holds, pydicom says the same."""
    path = Path(text)
    assert is_conformant_file_id(path) == oracle.is_conformant_file_id(path)


@pytest.mark.parametrize("text", ["A\n", "A/B\n"])
def test_a_line_feed_at_the_end_does_not_conform(text: str) -> None:
    """The reference lets a final line feed pass, which PS3.10 8.5 does not allow."""
    assert oracle.is_conformant_file_id(Path(text))
    assert not is_conformant_file_id(Path(text))


@given(st.lists(components, min_size=1, max_size=MAX_COMPONENTS))
def test_conformant_components_make_a_conformant_file_id(parts: list[str]) -> None:
    """Up to eight good components conform, on any kind of path."""
    assert all(is_component(part) for part in parts)
    assert is_conformant_file_id(PurePosixPath(*parts))


@given(st.lists(components, min_size=MAX_COMPONENTS + 1, max_size=12))
def test_too_many_components_do_not_conform(parts: list[str]) -> None:
    """A ninth component is one too many."""
    assert not is_conformant_file_id(PurePosixPath(*parts))


@given(st.text(max_size=12))
def test_a_component_is_one_to_eight_of_the_allowed_characters(text: str) -> None:
    """Nothing but the definition counts."""
    expected = 1 <= len(text) <= 8 and set(text) <= set(ALLOWED)
    assert is_component(text) == expected


def test_the_reserved_name_is_a_component() -> None:
    """DICOMDIR is a File ID like others, which makes the reservation needed."""
    assert is_component(RESERVED)
    assert is_conformant_file_id(Path(RESERVED))


@pytest.mark.parametrize("alphanumeric", [False, True])
@pytest.mark.parametrize("start", [0, 9, 10, 34, 35, 999, 123456])
@pytest.mark.parametrize("prefix", ["", "A", "IM", "PREFIX"])
def test_names_are_those_of_the_reference(prefix: str, start: int, alphanumeric: bool) -> None:
    """Names, order and number are those of pydicom."""
    ours = generate_filename(prefix, start, alphanumeric)
    theirs = oracle.generate_filename(prefix, start, alphanumeric)
    assert list(itertools.islice(ours, 50)) == list(itertools.islice(theirs, 50))


@pytest.mark.parametrize(("alphanumeric", "count"), [(False, 10), (True, 35)])
def test_names_end_where_those_of_the_reference_do(alphanumeric: bool, count: int) -> None:
    """A prefix of seven characters leaves one to count with."""
    ours = list(generate_filename("PREFIX7", alphanumeric=alphanumeric))
    assert ours == list(oracle.generate_filename("PREFIX7", alphanumeric=alphanumeric))
    assert len(ours) == count
    assert list(generate_filename("PREFIX7", count, alphanumeric)) == []


def test_a_prefix_without_room_is_refused() -> None:
    """The error is that of the reference, raised at the first name."""
    names = generate_filename("A" * 8)
    with pytest.raises(ValueError, match="The 'prefix' must be less than 8 characters long"):
        next(names)
    with pytest.raises(ValueError, match="The 'prefix' must be less than 8 characters long"):
        file_name_for("A" * 8, 0)
    with pytest.raises(ValueError, match="The 'prefix' must be less than 8 characters long"):
        capacity("A" * 8)


def test_a_negative_number_is_refused() -> None:
    """A negative number has no name; the reference never ends on one."""
    with pytest.raises(ValueError, match="must not be negative"):
        file_name_for("IM", -1, alphanumeric=True)


@given(prefixes, st.integers(min_value=0), st.booleans())
def test_the_nth_name_is_found_without_counting(
    prefix: str, number: int, alphanumeric: bool
) -> None:
    """The name of a number is the one that the generator gives at that place."""
    number %= capacity(prefix, alphanumeric=alphanumeric)
    name = file_name_for(prefix, number, alphanumeric=alphanumeric)
    assert name == next(generate_filename(prefix, number, alphanumeric))
    assert len(name) == 8
    assert is_component(name)
    digits = name[len(prefix) :]
    base = 35 if alphanumeric else 10
    assert sum(NUMBERED.index(c) * base**i for i, c in enumerate(reversed(digits))) == number


@pytest.mark.parametrize(
    ("prefix", "alphanumeric", "expected"),
    [("", False, 10**8), ("IM", False, 10**6), ("IM", True, 35**6), ("P0", True, 35**6)],
)
def test_capacity(prefix: str, alphanumeric: bool, expected: int) -> None:
    """The room that a prefix leaves is known without counting."""
    assert capacity(prefix, alphanumeric=alphanumeric) == expected
