"""Mutated DICOMDIRs and headers: errors of ours, soon, and in little memory."""

from __future__ import annotations

import random
import struct
import time
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import FileSet
from tests.examples import relaxed
from tests.fileset.salvage.disc import DEFLATED, EXPLICIT, Disc, Record, sound_disc
from tests.fuzz import targets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DIRECTORIES = targets.directory_seeds()
HEADERS = targets.header_seeds()
_SECONDS = 1.0
_SLACK = 3.0
_TIMES_THE_INPUT = 50
_AT_LEAST = 6 << 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the files that DICOMDIRs may reference."""
    made = tmp_path_factory.mktemp("fuzz")
    targets.prepare(made)
    return made


def mutated(data: bytes, seed: int) -> bytes:
    """Return bytes changed in some places, some lost, doubled or moved."""
    chance = random.Random(seed)
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        if not out:
            break
        place = chance.randrange(len(out))
        stop = min(place + chance.choice((1, 2, 4, 8, 60, 200)), len(out))
        what = chance.randrange(6)
        if what == 0:
            out[place] = chance.randrange(256)
        elif what == 1:
            del out[place:stop]
        elif what == 2:
            out[place:place] = out[place:stop]
        elif what == 3:
            out[place:stop] = b"\xff" * (stop - place)
        elif what == 4:
            del out[place:]
        else:
            out[place : place + 4] = struct.pack("<L", chance.choice((0, 1, len(out), 0xFFFFFFFF)))
    return bytes(out)


def within_bounds(call: Callable[[bytes, Path], None], data: bytes, folder: Path) -> None:
    """Call a target and fail if it takes long or much memory."""
    begun = time.process_time()
    call(data, folder)
    taken = time.process_time() - begun
    assert taken < _SECONDS * _SLACK, f"{len(data)} bytes took {taken:.1f} s"


@given(st.sampled_from(DIRECTORIES), st.integers(0, 2**32))
@relaxed
def test_a_damaged_dicomdir_ends_in_nothing_unforeseen(
    folder: Path, data: bytes, seed: int
) -> None:
    """Whatever is done to a DICOMDIR, it is read or refused, soon."""
    within_bounds(targets.directory, mutated(data, seed), folder)


@given(st.sampled_from(HEADERS), st.integers(0, 2**32))
@relaxed
def test_a_damaged_file_ends_in_nothing_unforeseen(folder: Path, data: bytes, seed: int) -> None:
    """Whatever is done to a file, its header is read or refused, soon."""
    within_bounds(targets.header, mutated(data, seed), folder)


@given(st.binary(max_size=2000))
@relaxed
def test_any_bytes_end_in_nothing_unforeseen(folder: Path, data: bytes) -> None:
    """Bytes that never were a DICOM file do no harm either."""
    within_bounds(targets.directory, data, folder)
    within_bounds(targets.header, data, folder)


@pytest.mark.parametrize("seed", range(24))
def test_memory_stays_in_proportion(folder: Path, seed: int) -> None:
    """No input takes more than fifty times its length."""
    data = mutated(DIRECTORIES[seed % len(DIRECTORIES)], seed)
    targets.directory(data, folder)  # what is imported and cached once is not counted
    tracemalloc.start()
    targets.directory(data, folder)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < max(len(data) * _TIMES_THE_INPUT, _AT_LEAST)


def test_a_dicomdir_cut_anywhere_is_read_as_far_as_it_goes(folder: Path) -> None:
    """At every hundredth byte: salvage gives what lies before the cut, in order."""
    data = sound_disc(targets.SHAPE).lay()
    counts = []
    for stop in range(400, len(data), 37):
        (folder / "DICOMDIR").write_bytes(data[:stop])
        try:
            counts.append(len(FileSet(folder / "DICOMDIR", salvage=True)))
        except StudioError:
            counts.append(0)
    assert counts == sorted(counts)
    assert counts[-1] == 4


def bomb() -> bytes:
    """Return a deflated DICOMDIR that inflates a thousandfold."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return Disc(syntax=DEFLATED)._head() + packer.compress(bytes(50 << 20)) + packer.flush()


def nested(depth: int) -> bytes:
    """Return a DICOMDIR with sequences in sequences, of defined length."""
    inner = b""
    for _ in range(depth):
        item = struct.pack("<HHL", 0xFFFE, 0xE000, len(inner)) + inner
        inner = struct.pack("<HH2sHL", 0x0040, 0xA730, b"SQ", 0, len(item)) + item
    disc = sound_disc(targets.SHAPE)
    disc.records[0].elements.append((0x00880200, b"UN", inner))
    return disc.lay()


def nested_undefined(depth: int) -> bytes:
    """Return a DICOMDIR with sequences in sequences, of undefined length and never ended."""
    opening = struct.pack("<HH2sHL", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF)
    opening += struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    disc = sound_disc(targets.SHAPE)
    disc.records[0].elements.append((0x00880200, b"OB", opening * depth))
    return disc.lay().replace(struct.pack("<HH2sH", 0x0088, 0x0200, b"OB", 0), b"", 1)


def many_items(count: int) -> bytes:
    """Return a DICOMDIR with very many records that are empty."""
    disc = sound_disc(targets.SHAPE)
    disc.records += [Record([]) for _ in range(count)]
    return disc.lay()


def file_set_uid(value: bytes) -> bytes:
    """Return a DICOMDIR whose File-set UID is none."""
    return sound_disc(targets.SHAPE).lay().replace(b".7.9", value, 1)


def patient_with_file(file_id: bytes) -> bytes:
    """Return a DICOMDIR whose PATIENT record names a file and no instance."""
    disc = sound_disc(targets.SHAPE)
    disc.records[0].put(0x00041500, b"CS", file_id)
    return disc.lay()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 132,
        b"\0" * 128 + b"DICM",
        b"\x04\0",
        b"\0\x04",
        bomb(),
        nested(40),
        nested(3000),
        nested_undefined(40),
        nested_undefined(2000),
        many_items(2000),
        file_set_uid(b".7\xe09"),
        file_set_uid(b".7 9"),
        patient_with_file(b"P00000\\T00\\E00\\I00000"),
        patient_with_file(b"NOWHERE"),
        sound_disc(targets.SHAPE).lay().replace(EXPLICIT + b"\0", b"\xff" * 20, 1),
        sound_disc(targets.SHAPE).lay().replace(b"CS", b"\0\0"),
        sound_disc(targets.SHAPE).lay().replace(b"UI", b"SQ"),
        sound_disc(targets.SHAPE).lay().replace(b"PN", b"UN"),
        sound_disc(targets.SHAPE).lay().replace(b"IS", b"FD"),
        sound_disc(targets.SHAPE).lay().replace(b"DA", b"AT"),
    ],
    ids=lambda data: f"{len(data)}_bytes",
)
def test_kept_cases(folder: Path, data: bytes) -> None:
    """Inputs that once did harm, or could, do none: no hang, no flood, no stray error."""
    within_bounds(targets.directory, data, folder)
    within_bounds(targets.header, data, folder)
    tracemalloc.start()
    targets.directory(data, folder)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < max(len(data) * _TIMES_THE_INPUT, _AT_LEAST)
