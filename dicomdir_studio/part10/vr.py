"""Value Representations as the byte level needs them (PS3.5 6.2, 7.1.2)."""

from __future__ import annotations

from typing import Final

LONG_FORM: Final = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)
"""VRs whose Explicit form has two reserved bytes and a 32 bit length (PS3.5 7.1.2)."""

SHORT_FORM: Final = frozenset(
    (
        b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT",
        b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
    )
)  # fmt: skip
"""VRs whose Explicit form has a 16 bit length (PS3.5 7.1.2)."""

ANY_FORM: Final = LONG_FORM | SHORT_FORM

HEAD_LENGTH: Final = {vr: 12 if vr in LONG_FORM else 8 for vr in ANY_FORM}
"""Bytes before the value in an Explicit element, by VR."""

WORD_SIZE: Final = {
    b"AT": 2, b"FD": 8, b"FL": 4, b"OD": 8, b"OF": 4, b"OL": 4, b"OV": 8, b"OW": 2,
    b"SL": 4, b"SS": 2, b"SV": 8, b"UL": 4, b"US": 2, b"UV": 8,
}  # fmt: skip
"""Bytes of one binary word, for the VRs that byte ordering concerns (PS3.5 7.3)."""

NUL_PADDED: Final = frozenset((b"UI", b"OB", b"UN"))
"""VRs padded to even length with NUL rather than a space (PS3.5 6.2)."""

UNDEFINED: Final = 0xFFFFFFFF
"""The Value Length that says: until the delimitation item (PS3.5 7.5)."""

ITEM: Final = 0xFFFEE000
ITEM_DELIMITATION: Final = 0xFFFEE00D
SEQUENCE_DELIMITATION: Final = 0xFFFEE0DD


def padded(value: bytes, vr: bytes) -> bytes:
    """Return `value` with the padding that an even length needs (PS3.5 6.2)."""
    if len(value) & 1:
        return value + (b"\0" if vr in NUL_PADDED else b" ")
    return value
