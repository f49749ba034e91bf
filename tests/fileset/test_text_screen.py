"""The quick look for text beyond the default repertoire misses no byte of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomdir_studio.fileset.text_checks import _suspects
from dicomdir_studio.part10.directory_salvage import salvage_directory
from dicomdir_studio.part10.table import LINKS_LENGTH
from tests.benchmarks.generate import make_directory

if TYPE_CHECKING:
    from dicomdir_studio.part10.table import DirectoryTable


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a DICOMDIR of 60 instances in two series."""
    root = tmp_path_factory.mktemp("screen")
    make_directory(root, count=60)
    return (root / "DICOMDIR").read_bytes()


def _by_hand(table: DirectoryTable) -> list[int]:
    """Return the rows with such a byte behind their links, looked at one by one."""
    found = []
    for row in range(len(table)):
        start = int(table.starts[row]) + (LINKS_LENGTH if table.canonical[row] else 0)
        value = table.buffer[start : int(table.stops[row])]
        if any(octet > 0x7F or octet == 0x1B for octet in value):
            found.append(row)
    return found


def test_plain_records_are_not_suspected(index: bytes) -> None:
    """Offsets, flags and Item tags are no text."""
    table = salvage_directory(index, "DICOMDIR").table
    assert any(octet > 0x7F for octet in index)
    assert _suspects(table).tolist() == []


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_every_byte_of_a_record_is_seen(index: bytes, data: st.DataObject) -> None:
    """Wherever a byte is changed: the rows suspected are those that a slow look finds."""
    table = salvage_directory(index, "DICOMDIR").table
    first, last = int(table.starts[0]), int(table.stops[-1])
    changed = bytearray(index)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(first, last - 1))
        changed[place] = data.draw(st.sampled_from([0x1B, 0x80, 0xE4, 0xFF]))
    table = salvage_directory(bytes(changed), "DICOMDIR").table
    assert _suspects(table).tolist() == _by_hand(table)


def test_what_was_put_into_other_bytes_is_seen(index: bytes) -> None:
    """A record that was mended lies behind the file, without an Item tag before it."""
    table = salvage_directory(index, "DICOMDIR").table
    first, second = (table.buffer[int(table.starts[row]) : int(table.stops[row])] for row in (3, 4))
    table.amend({3: first[:-8] + b"\xfe\xff\x00\xe0\x00\x00\x00\x00", 4: second})
    assert _suspects(table).tolist() == _by_hand(table)
    assert 3 in _by_hand(table)
