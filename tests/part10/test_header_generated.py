"""The header reader beside pydicom over generated files, whole, cut off and garbled."""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset.recording import wanted_tags
from dicomdir_studio.fileset.values import decoded
from dicomdir_studio.part10.header import read_header
from tests.bundled import sample
from tests.examples import relaxed
from tests.fileset.twins import quietly, refusal, tags_of
from tests.part10 import encoder
from tests.part10.encoder import CHARSET, SYNTAXES, Sample, data_sets

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.part10.header import InstanceHeader

PLAIN_SYNTAXES = sorted(set(SYNTAXES) - {encoder.DEFLATED})
SYNTAX = st.sampled_from(sorted(SYNTAXES))


def values_of(header: InstanceHeader) -> dict[int, Any]:
    """Decode what the reader found of the data set."""
    return {
        tag: quietly(lambda tag=tag, vr=vr, value=value: decoded(tag, vr, value))
        for tag, (vr, value) in header.values.items()
        if tag >> 16 != 2
    }


def assert_like_pydicom(path: Path, tags: set[int], *, whole: bool) -> InstanceHeader | None:
    """Assert that the reader finds what pydicom finds, or says why not; return its header."""
    try:
        header: InstanceHeader = quietly(read_header, path, frozenset(tags))
    except StudioError:
        assert not whole
        return None
    try:
        dataset = quietly(lambda: pydicom.dcmread(path))
        expected = {tag: dataset.get_item(tag) for tag in tags_of(dataset) if tag in tags}
    except Exception:  # noqa: BLE001 - whatever pydicom stumbles over in a broken file
        assert not whole
        return header
    ours = values_of(header)
    if not header.truncated:
        assert set(ours) == set(expected)
    assert set(ours) <= set(expected)
    for tag, value in ours.items():
        theirs = quietly(lambda tag=tag: dataset[tag].value)
        assert quietly(lambda value=value, theirs=theirs: value == theirs), f"({tag:08X})"
    return header


@relaxed
@given(samples=data_sets(), syntax=SYNTAX, group_length=st.booleans())
def test_whole_files(file: Path, samples: list[Sample], syntax: str, group_length: bool) -> None:
    """Whole files in four transfer syntaxes: the same elements with the same values."""
    file.write_bytes(encoder.file([CHARSET, *samples], syntax, group_length=group_length))
    header = assert_like_pydicom(file, {one.tag for one in samples}, whole=True)
    assert header is not None
    assert not header.truncated
    assert header.transfer_syntax == syntax


@relaxed
@given(samples=data_sets(), syntax=SYNTAX, data=st.data())
def test_files_cut_off_anywhere(
    file: Path, samples: list[Sample], syntax: str, data: st.DataObject
) -> None:
    """Cut off at any byte: what is found is right, or a StudioError says what is wrong."""
    content = encoder.file([CHARSET, *samples], syntax)
    cut = data.draw(st.integers(0, len(content) - 1))
    file.write_bytes(content[:cut])
    assert_like_pydicom(file, {one.tag for one in samples}, whole=False)


@relaxed
@given(samples=data_sets(), syntax=st.sampled_from(PLAIN_SYNTAXES))
def test_a_cut_value_is_never_taken_for_whole(
    file: Path, samples: list[Sample], syntax: str
) -> None:
    """A file that ends within the value of its last element is never called whole."""
    last = Sample(0x7FE00010, b"OW", b"\1\2" * 40)
    content = encoder.file([CHARSET, *samples, last], syntax)
    for cut in (1, 2, 40, 80):
        file.write_bytes(content[:-cut])
        try:
            header = quietly(lambda: read_header(file, wanted_tags()))
        except StudioError:
            continue
        assert header.truncated, cut


@relaxed
@given(samples=data_sets(), syntax=SYNTAX, data=st.data())
def test_garbled_files(file: Path, samples: list[Sample], syntax: str, data: st.DataObject) -> None:
    """With some bytes overwritten: values, or a StudioError, soon, and never another exception."""
    content = bytearray(encoder.file([CHARSET, *samples], syntax))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(132, len(content) - 1))] = data.draw(st.integers(0, 255))
    file.write_bytes(bytes(content))
    started = time.monotonic()
    error = refusal(read_header, file, wanted_tags())
    assert error is None or str(file) in str(error)
    assert time.monotonic() - started < 5


@relaxed
@given(content=st.binary(max_size=600), preamble=st.booleans())
def test_noise(file: Path, content: bytes, preamble: bool) -> None:
    """Noise, with and without a preamble before it, is refused or read, never anything else."""
    file.write_bytes((b"\0" * 128 + b"DICM" if preamble else b"") + content)
    error = refusal(read_header, file, wanted_tags())
    assert error is None or str(file) in str(error)


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small_bigendian.dcm", "image_dfl.dcm", "MR_small_implicit.dcm"]
)
def test_real_files_cut_off_at_every_byte(file: Path, name: str) -> None:
    """Real files cut within their header, at every byte: refused, or said to be truncated."""
    content = sample(name).read_bytes()
    for cut in [*range(min(2600, len(content))), len(content) - 1]:
        file.write_bytes(content[:cut])
        try:
            header = quietly(lambda: read_header(file, wanted_tags()))
        except StudioError:
            continue
        if not header.truncated:
            quietly(lambda: pydicom.dcmread(file))  # cut between elements, which nobody can see


def nested(depth: int, syntax: str, *, unbounded: bool) -> bytes:
    """Nest sequences in one another, each the only element of its only Item."""
    implicit, order = SYNTAXES[syntax]
    tag, item = struct.pack(order + "HH", 0x0008, 0x1140), struct.pack(order + "HH", 0xFFFE, 0xE000)
    item_end = struct.pack(order + "HHL", 0xFFFE, 0xE00D, 0)
    sequence_end = struct.pack(order + "HHL", 0xFFFE, 0xE0DD, 0)
    head = tag + (b"" if implicit else b"SQ\0\0")
    if unbounded:
        opening = head + struct.pack(order + "L", 0xFFFFFFFF) + item + b"\xff" * 4
        return opening * depth + (item_end + sequence_end) * depth
    body = b""
    for _ in range(depth):
        body = item + struct.pack(order + "L", len(body)) + body
        body = head + struct.pack(order + "L", len(body)) + body
    return body


@pytest.mark.parametrize("unbounded", [False, True])
@pytest.mark.parametrize("depth", [30, 200, 3000, 100_000])
def test_deep_nesting(file: Path, depth: int, unbounded: bool) -> None:
    """Sequences in sequences without end are no RecursionError, and take no long time."""
    if depth > 10_000 and not unbounded:
        depth = 10_000  # length in length takes long to lay
    for syntax in PLAIN_SYNTAXES:
        file.write_bytes(encoder.meta(syntax) + nested(depth, syntax, unbounded=unbounded))
        started = time.monotonic()
        error = refusal(read_header, file, wanted_tags() | {0x00081140})
        assert error is None or str(file) in str(error)
        assert time.monotonic() - started < 5


@pytest.mark.parametrize("vr", [b"SQ", b"UN", b"OB", b"UT"])
@pytest.mark.parametrize("length", [0xFFFFFFFF, 0xFFFFFFFE, 0x7FFFFFFF, 0x20000000])
def test_lengths_beyond_the_file(file: Path, vr: bytes, length: int) -> None:
    """A length far beyond the file is neither read nor believed."""
    head = struct.pack("<HH", 0x0008, 0x1140) + vr + b"\0\0" + struct.pack("<L", length)
    file.write_bytes(encoder.meta("1.2.840.10008.1.2.1") + head + b"\xfe\xff\0\xe0\xff\xff\xff\xff")
    started = time.monotonic()
    try:
        header = quietly(lambda: read_header(file, wanted_tags() | {0x00081140}))
    except StudioError:
        pass
    else:
        # Pydicom takes an unbounded value of these to end with the file, though PS3.5 has none.
        assert header.truncated or (length == 0xFFFFFFFF and vr in (b"OB", b"UT"))
    assert time.monotonic() - started < 2


def test_a_header_longer_than_the_window(file: Path) -> None:
    """Wanted elements far into the file, beyond values larger than the first read, are found."""
    big = Sample(0x00091003, b"OB", b"x" * 100_000)
    small = Sample(0x00100020, b"LO", b"far away")
    long = Sample(0x00104000, b"LT", b"text" * 5000)
    samples = [CHARSET, big, small, long, Sample(0x00200013, b"IS", b"7 ")]
    for syntax in SYNTAXES:
        file.write_bytes(encoder.file(samples, syntax))
        header = read_header(file, {0x00100020, 0x00104000, 0x00200013})
        assert header.values[0x00100020][1] == b"far away"
        assert header.values[0x00200013][1] == b"7 "
        assert len(header.values[0x00104000][1]) == 20_000


def test_odd_files_are_known_to_be_cut_off(file: Path) -> None:
    """A file that only pydicom can read is told to be cut off within its Pixel Data as well."""
    odd = struct.pack("<HH", 0x0009, 0x1001) + b"ZZ" + struct.pack("<H", 2) + b"ab"
    pixels = encoder.element(Sample(0x7FE00010, b"OW", b"\1\2" * 40), "1.2.840.10008.1.2.1")
    start = encoder.file([CHARSET, Sample(0x00080060, b"CS", b"CT")], "1.2.840.10008.1.2.1")
    file.write_bytes(start + odd + pixels)
    whole = quietly(lambda: read_header(file, {0x00080060}))
    assert (whole.truncated, whole.has_pixels) == ("", True)
    for cut in (1, 79, 80, 84):
        file.write_bytes((start + odd + pixels)[:-cut])
        try:
            assert quietly(lambda: read_header(file, {0x00080060})).truncated, cut
        except StudioError:
            continue


def test_elements_out_of_order(file: Path) -> None:
    """Elements in descending order, as some writers lay them, are found all the same."""
    samples = [Sample(0x00200013, b"IS", b"7 "), Sample(0x00100020, b"LO", b"ID"), CHARSET]
    for syntax in SYNTAXES:
        file.write_bytes(encoder.file(samples, syntax))
        header = read_header(file, {0x00100020, 0x00200013})
        assert set(header.values) >= {0x00100020, 0x00200013}


@pytest.mark.parametrize("wrong", [-30, -2, 2, 10, 1000, 2**31])
def test_a_wrong_group_length(file: Path, wrong: int) -> None:
    """File Meta Information whose Group Length lies is read by what is there."""
    samples = [CHARSET, Sample(0x00100020, b"LO", b"ID"), Sample(0x00200013, b"IS", b"7 ")]
    for syntax in PLAIN_SYNTAXES:
        content = bytearray(encoder.file(samples, syntax))
        true = struct.unpack_from("<L", content, 140)[0]
        struct.pack_into("<L", content, 140, (true + wrong) % 2**32)
        file.write_bytes(bytes(content))
        assert_like_pydicom(file, {0x00100020, 0x00200013}, whole=True)
