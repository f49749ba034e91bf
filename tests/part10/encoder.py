"""An encoder of the tests' own, as PS3.5 7 has it, so that readers are not judged by our writer."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from hypothesis import strategies as st

UNDEFINED = 0xFFFFFFFF
LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
WORDS = {b"US": 2, b"SS": 2, b"AT": 2, b"OW": 2, b"UL": 4, b"SL": 4, b"FL": 4, b"FD": 8}
SYNTAXES = {
    "1.2.840.10008.1.2.1": (False, "<"),
    "1.2.840.10008.1.2": (True, "<"),
    "1.2.840.10008.1.2.2": (False, ">"),
    "1.2.840.10008.1.2.1.99": (False, "<"),
}
DEFLATED = "1.2.840.10008.1.2.1.99"


@dataclass(frozen=True)
class Sample:
    """One element: its value in little endian, or its Items for a sequence."""

    tag: int
    vr: bytes
    value: bytes = b""
    items: tuple[tuple[Sample, ...], ...] = field(default=())
    unbounded: bool = False
    items_unbounded: bool = False


CHARSET = Sample(0x00080005, b"CS", b"ISO_IR 6")


def _tag(tag: int, order: str) -> bytes:
    """Lay a tag."""
    return struct.pack(order + "HH", tag >> 16, tag & 0xFFFF)


def _turned(value: bytes, vr: bytes, order: str) -> bytes:
    """Turn the words of a binary value round for big endian."""
    size = WORDS.get(vr, 1)
    if order == "<" or size == 1:
        return value
    return b"".join(value[at : at + size][::-1] for at in range(0, len(value), size))


def element(one: Sample, syntax: str) -> bytes:
    """Lay one element in a transfer syntax."""
    implicit, order = SYNTAXES[syntax]
    if one.vr == b"SQ":
        value = b"".join(_item(item, one, syntax) for item in one.items)
        if one.unbounded:
            value += _tag(0xFFFEE0DD, order) + struct.pack(order + "L", 0)
    else:
        value = _turned(one.value, one.vr, order)
    length = UNDEFINED if one.vr == b"SQ" and one.unbounded else len(value)
    head = _tag(one.tag, order)
    if implicit:
        return head + struct.pack(order + "L", length) + value
    if one.vr in LONG:
        return head + one.vr + b"\0\0" + struct.pack(order + "L", length) + value
    return head + one.vr + struct.pack(order + "H", length) + value


def _item(item: tuple[Sample, ...], sequence: Sample, syntax: str) -> bytes:
    """Lay an Item of a sequence."""
    order = SYNTAXES[syntax][1]
    body = b"".join(element(one, syntax) for one in item)
    if sequence.items_unbounded:
        end = _tag(0xFFFEE00D, order) + struct.pack(order + "L", 0)
        return _tag(0xFFFEE000, order) + struct.pack(order + "L", UNDEFINED) + body + end
    return _tag(0xFFFEE000, order) + struct.pack(order + "L", len(body)) + body


def meta(syntax: str, *, group_length: bool = True) -> bytes:
    """Lay the preamble and the File Meta Information."""
    explicit = "1.2.840.10008.1.2.1"
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    body = b"".join(
        element(one, explicit)
        for one in (
            Sample(0x00020001, b"OB", b"\0\1"),
            Sample(0x00020002, b"UI", b"1.2.840.10008.5.1.4.1.1.2\0"),
            Sample(0x00020003, b"UI", b"1.2.3.4\0"),
            Sample(0x00020010, b"UI", uid),
            Sample(0x00020012, b"UI", b"1.2.3\0"),
        )
    )
    if group_length:
        body = element(Sample(0x00020000, b"UL", struct.pack("<L", len(body))), explicit) + body
    return b"\0" * 128 + b"DICM" + body


def file(samples: list[Sample], syntax: str, *, group_length: bool = True) -> bytes:
    """Lay a whole file."""
    body = b"".join(element(one, syntax) for one in samples)
    if syntax == DEFLATED:
        squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        body = squeeze.compress(body) + squeeze.flush()
        body += b"\0" * (len(body) % 2)
    return meta(syntax, group_length=group_length) + body


TEXT_TAGS = {
    0x00080016: b"UI", 0x00080018: b"UI", 0x00080020: b"DA", 0x00080030: b"TM",
    0x00080060: b"CS", 0x00080070: b"LO", 0x0008103E: b"LO", 0x00100010: b"PN",
    0x00100020: b"LO", 0x00104000: b"LT", 0x0020000D: b"UI", 0x0020000E: b"UI",
    0x00200010: b"SH", 0x00200011: b"IS", 0x00200013: b"IS", 0x00204000: b"LT",
    0x00400275: b"SQ", 0x0040A032: b"DT", 0x0040A160: b"UT", 0x00700080: b"CS",
    0x00720002: b"SH", 0x00880140: b"UI", 0x00090010: b"LO", 0x00091001: b"LO",
    0x00111001: b"UN",
}  # fmt: skip
BINARY_TAGS = {
    0x00189219: b"SS", 0x00280010: b"US", 0x00280011: b"US", 0x00080001: b"UL",
    0x0018602C: b"FD", 0x00186018: b"UL", 0x00186020: b"SL", 0x00089459: b"FL",
    0x00091002: b"FD", 0x00280009: b"AT", 0x00091003: b"OB", 0x00282000: b"OB",
}  # fmt: skip
SEQUENCE_TAGS = (0x00081115, 0x00081140, 0x00400275, 0x0040A043, 0x0040A730, 0x00091010, 0x0072000C)

_PLAIN = {
    b"UI": st.from_regex(r"1(\.(0|[1-9][0-9]{0,5})){1,8}", fullmatch=True),
    b"DA": st.dates().map(lambda day: f"{day.year:04d}{day.month:02d}{day.day:02d}"),
    b"TM": st.times().map(lambda time: f"{time:%H%M%S}"),
    b"DT": st.dates().map(lambda day: f"{day.year:04d}{day.month:02d}{day.day:02d}120000"),
    b"IS": st.integers(-(2**31), 2**31 - 1).map(str),
    b"CS": st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ ", max_size=16),
}
_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


def _texts(tag: int, vr: bytes) -> st.SearchStrategy[Sample]:
    """Make elements of a text VR, padded to even length."""
    pad = b"\0" if vr in (b"UI", b"UN") else b" "
    texts = st.one_of(st.just(""), _PLAIN.get(vr, _TEXT))

    def make(text: str) -> Sample:
        value = text.encode("ascii")
        return Sample(tag, vr, value + pad * (len(value) % 2))

    return texts.map(make)


def _binaries(tag: int, vr: bytes) -> st.SearchStrategy[Sample]:
    """Make elements of a binary VR, of whole words."""
    size = 4 if vr == b"AT" else WORDS.get(vr, 2)
    words = st.integers(0, 3)
    if vr == b"FD":
        packed = st.floats(allow_nan=False, width=64).map(lambda number: struct.pack("<d", number))
        return packed.map(lambda value: Sample(tag, vr, value))
    if vr == b"FL":
        packed = st.floats(allow_nan=False, width=32).map(lambda number: struct.pack("<f", number))
        return packed.map(lambda value: Sample(tag, vr, value))
    return words.flatmap(
        lambda count: st.binary(min_size=size * count, max_size=size * count).map(
            lambda value: Sample(tag, vr, value)
        )
    )


def _simple() -> st.SearchStrategy[Sample]:
    """Make elements that are no sequence."""
    text = [_texts(tag, vr) for tag, vr in TEXT_TAGS.items() if vr != b"SQ"]
    return st.one_of(*text, *(_binaries(tag, vr) for tag, vr in BINARY_TAGS.items()))


def _ordered(samples: list[Sample]) -> list[Sample]:
    """Return elements in ascending order, each tag once."""
    return [one for _, one in sorted({one.tag: one for one in samples}.items())]


def data_sets(depth: int = 2, most: int = 12) -> st.SearchStrategy[list[Sample]]:
    """Make data sets: ascending tags, sequences nested up to `depth`."""
    one = _simple()
    if depth:
        inner = data_sets(depth - 1, 4).map(tuple)
        one = st.one_of(
            one,
            st.builds(
                Sample,
                tag=st.sampled_from(SEQUENCE_TAGS),
                vr=st.just(b"SQ"),
                items=st.lists(inner, max_size=3).map(tuple),
                unbounded=st.booleans(),
                items_unbounded=st.booleans(),
            ),
        )
    return st.lists(one, max_size=most).map(_ordered)
