"""Items found all at once, beside the walk from one to the next; spans found beside the check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomdir_studio.part10.directory_reader import (
    items_in_line,
    marks_in,
    read_directory,
    walk_items,
)
from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.regularity import odd_rows
from dicomdir_studio.part10.table import (
    FILE_ID,
    SOP_CLASS,
    SOP_INSTANCE,
    TRANSFER_SYNTAX,
    value_spans,
)
from dicomdir_studio.part10.transcode import EXPLICIT_LITTLE, elements
from tests.fileset.salvage.disc import Shape, sound_disc

if TYPE_CHECKING:
    from pathlib import Path

_LINKS = b"\x04\x00\x00\x14UL\x04\x00" + b"\0" * 4
_END = b"\xfe\xff\xdd\xe0" + b"\0" * 4


def walked(data: bytes, stop: int) -> tuple[list[int], list[int], list[int]] | None:
    """Return what the walk finds, None where it meets no Item."""
    columns: tuple[list[int], list[int], list[int]] = ([], [], [])
    try:
        walk_items(data, 0, stop, EXPLICIT_LITTLE, columns)
    except EncodingError:
        return None
    return columns


@st.composite
def sequences(draw: st.DrawFn) -> tuple[bytes, int]:
    """Draw the bytes of Items, some without the mark or with a wrong length, and where they end."""
    data = b""
    for _ in range(draw(st.integers(0, 5))):
        body = draw(st.sampled_from([b"", _LINKS, _LINKS, _LINKS + b"x" * 7]))
        if draw(st.integers(0, 9)) == 0:
            body += b"\xfe\xff\x00\xe0" + b"\x0c\0\0\0" + _LINKS
        off = draw(st.sampled_from([0, 0, 0, 0, 0, 8, -4, 1 << 31]))
        length = 0xFFFFFFFF if draw(st.integers(0, 19)) == 0 else max(len(body) + off, 0)
        data += b"\xfe\xff\x00\xe0" + length.to_bytes(4, "little") + body
    stop = len(data)
    data += draw(st.sampled_from([b"", b"", _END, b"\0\0", b"\0" * 20]))
    return data, draw(st.sampled_from([stop, len(data)]))


@given(sequences())
def test_it_finds_what_the_walk_finds(given_sequence: tuple[bytes, int]) -> None:
    """Or says that it cannot tell."""
    data, stop = given_sequence
    found = items_in_line(data, 0, stop, marks_in(data, 0))
    if found is not None:
        assert walked(data, stop) == tuple(column.tolist() for column in found)


def test_it_can_tell_of_an_orderly_sequence() -> None:
    """With a length and without one."""
    item = b"\xfe\xff\x00\xe0" + len(_LINKS).to_bytes(4, "little") + _LINKS
    for data, stop in ((item * 3, len(item) * 3), (item * 3 + _END, len(item) * 3 + 8)):
        found = items_in_line(data, 0, stop, marks_in(data, 0))
        assert found is not None
        assert found[0].tolist() == [0, len(item), 2 * len(item)]


@pytest.mark.parametrize(
    ("salvage", "sought"),
    [(False, {FILE_ID, SOP_INSTANCE}), (True, {FILE_ID, SOP_CLASS, SOP_INSTANCE, TRANSFER_SYNTAX})],
)
def test_the_check_finds_the_spans_on_its_way(salvage: bool, sought: set[int]) -> None:
    """They are those that are found one element after the other."""
    table = read_directory(sound_disc(Shape()).lay(), "DICOMDIR").table
    assert odd_rows(table, salvage=salvage) == []
    leaves = [row for row, begin in enumerate(table.found[FILE_ID][0].tolist()) if begin >= 0]
    assert table.referencing_tags == frozenset(
        element.tag
        for row in leaves
        for element in elements(table.buffer, int(table.starts[row]), int(table.stops[row]))
        if element.tag >= FILE_ID
    )
    assert set(table.found) == sought
    for tag, (begins, ends) in table.found.items():
        wanted = value_spans(table.buffer, table.starts, table.stops, tag)
        assert (begins == wanted[0]).all()
        assert (ends == wanted[1]).all()
        assert (begins >= 0).any()


def test_the_check_keeps_no_spans_of_what_is_odd(sample_dir: Path) -> None:
    """They are looked up when the records are in order."""
    table = read_directory((sample_dir / "DICOMDIR").read_bytes(), "DICOMDIR").table
    row = len(table) // 2
    table.stops[row] -= 3
    assert odd_rows(table) == [row]
    assert not table.found
    assert table.referencing_tags is None


def test_what_is_known_of_records_goes_when_they_are_amended() -> None:
    """Spans and tags are those of the records as they are."""
    table = read_directory(sound_disc(Shape()).lay(), "DICOMDIR").table
    assert odd_rows(table) == []
    table.amend({0: table.buffer[int(table.starts[0]) : int(table.stops[0])]})
    assert not table.found
    assert table.referencing_tags is None
