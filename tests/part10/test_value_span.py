"""One element of a record is found where stepping through all of them finds it."""

from __future__ import annotations

from struct import pack

from hypothesis import given, settings
from hypothesis import strategies as st

from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.table import value_span
from dicomdir_studio.part10.transcode import elements
from dicomdir_studio.part10.vr import LONG_FORM, SHORT_FORM

SHORT, LONG = sorted(SHORT_FORM), sorted(LONG_FORM)
TAGS = (0x00041400, 0x00041430, 0x00041500, 0x00041511, 0x00100010, 0x00880200)

tags = st.sampled_from((*TAGS, 0xFFFEE000, 0xFFFEE00D))
values = st.binary(max_size=6)


def _short(tag: int, vr: bytes, value: bytes) -> bytes:
    """Return an element whose length has 16 bits."""
    return pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def _long(tag: int, vr: bytes, value: bytes) -> bytes:
    """Return an element whose length has 32 bits."""
    return pack("<HH2sHL", tag >> 16, tag & 0xFFFF, vr, 0, len(value)) + value


def _endless(tag: int, inside: bytes) -> bytes:
    """Return a sequence of undefined length with one Item."""
    item = pack("<HHL", 0xFFFE, 0xE000, len(inside)) + inside
    head = pack("<HH2sHL", tag >> 16, tag & 0xFFFF, b"SQ", 0, 0xFFFFFFFF)
    return head + item + pack("<HHL", 0xFFFE, 0xE0DD, 0)


pieces = st.one_of(
    st.builds(_short, tags, st.sampled_from(SHORT), values),
    st.builds(_long, tags, st.sampled_from(LONG), values),
    st.builds(_short, tags, st.sampled_from([b"XX", b"\0\0", *LONG]), values),
    st.builds(_endless, tags, values),
    st.binary(max_size=11),
)


def _stepped(buffer: bytes, start: int, stop: int, tag: int) -> tuple[bytes, int, int] | None:
    """Return what stepping through the elements one by one finds."""
    for element in elements(buffer, start, stop):
        if element.tag == tag:
            return element.vr, element.start, element.stop
        if element.tag > tag:
            return None
    return None


def _outcome(find: object, *given_: object) -> object:
    """Return what is found, or that the record is broken."""
    try:
        return find(*given_)  # type: ignore[operator]
    except EncodingError:
        return EncodingError


@settings(max_examples=400, deadline=None)
@given(st.lists(pieces, max_size=6), st.sampled_from(TAGS), st.data())
def test_the_short_way_finds_the_same(parts: list[bytes], tag: int, data: st.DataObject) -> None:
    """In order or not, whole, cut off or damaged: the same span, or the same refusal."""
    record = b"".join(parts)
    before = data.draw(st.binary(max_size=3))
    stop = len(before) + data.draw(st.integers(0, len(record)))
    buffer = before + record
    expected = _outcome(_stepped, buffer, len(before), stop, tag)
    assert _outcome(value_span, buffer, len(before), stop, tag) == expected
