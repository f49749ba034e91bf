"""Deflated files that stand for a thousand times what they hold: read or refused, soon."""

from __future__ import annotations

import struct
import time
import tracemalloc
import warnings
import zlib
from typing import TYPE_CHECKING, Final

import pytest

from dicomdir_studio.errors import InstanceError
from dicomdir_studio.fileset.recording import layout_memory, wanted_tags
from dicomdir_studio.part10.errors import EncodingError, ExcessError
from dicomdir_studio.part10.header import InstanceHeader, read_header
from dicomdir_studio.part10.inflating import inflate_whole
from tests.part10 import encoder
from tests.part10.encoder import DEFLATED

if TYPE_CHECKING:
    from pathlib import Path

SECONDS: Final = 2.0
"""Thrice what it takes, as other machines are slower; without a bound it took 40."""
MOST: Final = 120 << 20
MANY: Final = 800_000
SOP_INSTANCE: Final = 0x00080018
PIXELS: Final = struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, 200 << 20)
BASE: Final = struct.pack("<HH2sH", 0x0008, 0x0018, b"UI", 6) + b"1.2.3\0"
SEQUENCE: Final = struct.pack("<HH2sHL", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF)
ITEM: Final = struct.pack("<HHL", 0xFFFE, 0xE000, 0)
OPEN_ITEM: Final = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
ITEM_END: Final = struct.pack("<HHL", 0xFFFE, 0xE00D, 0)
SEQUENCE_END: Final = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
EMPTY: Final = struct.pack("<HH2sH", 0x0010, 0x0021, b"LO", 0)
ODD: Final = struct.pack("<HH2sH", 0x0010, 0x0021, b"ZZ", 2) + b"ab"


def packed_of(data: bytes) -> bytes:
    """Return bytes deflated."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def deflated(data: bytes) -> bytes:
    """Return a file with a data set, deflated."""
    return encoder.meta(DEFLATED) + packed_of(data)


def read(path: Path, *, remembering: bool = False) -> InstanceHeader:
    """Read a header as a user's program does: warnings end nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_header(path, wanted_tags(), layout_memory() if remembering else None)


@pytest.mark.parametrize(
    "data",
    [
        bytes(50 << 20),
        BASE + EMPTY * MANY,
        BASE + EMPTY * MANY + ODD,
        BASE + SEQUENCE + ITEM * MANY,
        BASE + SEQUENCE + ITEM * MANY + SEQUENCE_END,
        BASE + SEQUENCE + OPEN_ITEM + EMPTY * MANY + ITEM_END + SEQUENCE_END,
        BASE + ODD + SEQUENCE + ITEM * MANY + SEQUENCE_END,
        BASE + ODD + EMPTY * MANY,
        BASE + (SEQUENCE + OPEN_ITEM) * 100_000,
    ],
    ids=(
        "zeros", "elements", "elements_then_odd", "never_ended", "items", "in_one_item",
        "odd_then_items", "odd_then_elements", "deep",
    ),
)  # fmt: skip
def test_a_flood_is_refused_soon(tmp_path: Path, data: bytes) -> None:
    """Millions of elements in some thousand bytes end in an error that names the file."""
    path = tmp_path / "FLOOD"
    path.write_bytes(deflated(data))
    for remembering in (False, True):
        begun = time.process_time()
        with pytest.raises(InstanceError, match="FLOOD"):
            read(path, remembering=remembering)
        assert time.process_time() - begun < SECONDS


def test_a_flood_takes_little_memory(tmp_path: Path) -> None:
    """What pydicom would make an object each of is given up long before memory runs out."""
    path = tmp_path / "FLOOD"
    path.write_bytes(deflated(BASE + ODD + SEQUENCE + ITEM * 300_000 + SEQUENCE_END))
    tracemalloc.start()
    with pytest.raises(InstanceError):
        read(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MOST


def test_uniform_pixels_may_be_large(tmp_path: Path) -> None:
    """An image of one colour is read whatever its size, and its pixels are not kept."""
    path = tmp_path / "LARGE"
    path.write_bytes(deflated(BASE + PIXELS + bytes(200 << 20)))
    tracemalloc.start()
    header = read(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert header.text(SOP_INSTANCE) == "1.2.3"
    assert header.has_pixels
    assert header.transfer_syntax == DEFLATED
    assert most < MOST


def test_a_cut_off_one_is_refused(tmp_path: Path) -> None:
    """What is deflated must be whole, its pixels too."""
    path = tmp_path / "CUT"
    path.write_bytes(deflated(BASE + PIXELS + bytes(200 << 20))[:-100])
    with pytest.raises(InstanceError, match="cut off"):
        read(path)


@pytest.mark.parametrize("tail", [b"", b"\0" * 5, ODD])
def test_what_is_odd_is_read_as_before(tmp_path: Path, tail: bytes) -> None:
    """Where pydicom is asked, it finds the values, the transfer syntax and the Pixel Data."""
    path = tmp_path / "ODD"
    pixels = struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, 4) + b"\1\2\3\4"
    path.write_bytes(deflated(BASE + tail))
    header = read(path)
    assert header.text(SOP_INSTANCE) == "1.2.3"
    assert header.transfer_syntax == DEFLATED
    assert not header.has_pixels
    path.write_bytes(deflated(BASE + pixels + tail))
    assert read(path).has_pixels


def test_sequences_in_sequences_are_passed(tmp_path: Path) -> None:
    """Undefined lengths, nested and of unknown VR, are passed, and what follows is found."""
    unknown = SEQUENCE.replace(b"SQ", b"UN")
    implicit = struct.pack("<HHL", 0x0010, 0x0021, 2) + b"ab"
    inner = OPEN_ITEM + EMPTY + ITEM_END + SEQUENCE_END
    odd = unknown + OPEN_ITEM + implicit + ITEM_END + SEQUENCE_END
    nested = SEQUENCE + OPEN_ITEM + SEQUENCE + inner + odd + ITEM_END + ITEM + SEQUENCE_END
    last = struct.pack("<HH2sH", 0x0088, 0x0200, b"LO", 0)
    after = struct.pack("<HH2sH", 0x0020, 0x0013, b"IS", 2) + b"7 "
    path = tmp_path / "NESTED"
    path.write_bytes(deflated(BASE + nested + after + last))
    header = read(path)
    assert header.text(0x00200013) == "7"
    assert header.text(SOP_INSTANCE) == "1.2.3"


def test_all_of_it_is_inflated_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uniform Pixel Data comes whole; floods and what memory should not hold are refused."""
    pixels = BASE + PIXELS + bytes(200 << 20)
    packed = packed_of(pixels)
    assert inflate_whole(packed, len(packed)) == pixels
    monkeypatch.setattr("dicomdir_studio.part10.inflating._WHOLE", 100 << 20)
    with pytest.raises(ExcessError, match="too large to be held"):
        inflate_whole(packed, len(packed))
    for flood in (BASE + EMPTY * MANY, bytes(50 << 20), BASE + SEQUENCE + ITEM * MANY):
        packed = packed_of(flood)
        with pytest.raises(EncodingError):
            inflate_whole(packed, len(packed))
