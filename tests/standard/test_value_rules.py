"""What values may look like, and which faulty ones say something without doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydicom.valuerep import VALIDATORS

from dicomdir_studio.standard.value_rules import CHECKED_VRS, is_valid, mended

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = {
    b"DA": [b"20240229", b"19000101", b"", b"  "],
    b"TM": [b"12", b"1230", b"123000", b"235960", b"123000.5", b"123000.123456 "],
    b"DT": [b"2024", b"20240101", b"20240101123000.123456+0100", b"202401011230-0500"],
    b"IS": [b"1", b"-12", b"+3 ", b" 7", b"1\\2\\3", b"999999999999"],
    b"DS": [b"1", b"-1.5", b"+.5", b"1e5", b"1.25E-03", b" 1 \\ 2 "],
    b"CS": [b"CT", b"ORIGINAL\\PRIMARY\\AXIAL", b"A_1 B", b""],
    b"UI": [b"1.2.840.10008.1.2\0", b"2.25.0", b"1.2.3\\1.2.4"],
    b"AS": [b"012Y", b"003M"],
    b"LO": [b"x" * 64, "ä".encode() * 64, b"\x1b$B;3ED\x1b(B"],
    b"SH": [b"x" * 16],
    b"PN": [b"Doe^Jane^^^=x", b"x" * 64 + b"=" + b"y" * 64],
}
BAD = {
    b"DA": [b"1997.04.24", b"20240230", b"2024", b"unknown", b"20241301"],
    b"TM": [b"12:30:00", b"2500", b"1260", b"123061", b"123000.1234567", b"noon"],
    b"DT": [b"20", b"20241301", b"2024010112300a"],
    b"IS": [b"1A", b"1.0", b"1234567890123", b"--1"],
    b"DS": [b"1,5", b"12345678901234567", b"abc"],
    b"CS": [b"ct", b"A" * 17, b"A-B", "Ä".encode()],
    b"UI": [b"1.02.3", b"1..2", b"abc", b"1." + b"2" * 64],
    b"AS": [b"12Y", b"0012"],
    b"LO": [b"x" * 65, b"a\nb"],
    b"SH": [b"x" * 17],
    b"PN": [b"x" * 65, b"a\tb"],
}


@pytest.mark.parametrize("vr", sorted(CHECKED_VRS), ids=lambda vr: vr.decode())
def test_good_and_bad(vr: bytes) -> None:
    """Values by the rules of PS3.5 Table 6.2-1 pass, others do not."""
    assert [value for value in GOOD[vr] if not is_valid(vr, value)] == []
    assert [value for value in BAD[vr] if is_valid(vr, value)] == []


@pytest.mark.parametrize("vr", sorted(CHECKED_VRS - {b"DA", b"TM", b"DT"}), ids=bytes.decode)
def test_pydicom_says_the_same(vr: bytes) -> None:
    """Where pydicom knows a value of the default repertoire for faulty or sound, so do we."""
    check: Callable[[str, str], tuple[bool, str]] = VALIDATORS[vr.decode()]
    for value in GOOD[vr] + BAD[vr]:
        text = value.rstrip(b"\0 ")
        if not text.isascii() or b"\\" in text or b"\n" in text or b"\t" in text:
            continue
        assert check(vr.decode(), text.strip().decode())[0] == is_valid(vr, value), value


def test_other_vrs_pass() -> None:
    """What has no rules here is no business of this module."""
    assert is_valid(b"OB", b"\0\1\2")


@pytest.mark.parametrize(
    ("vr", "value", "better"),
    [
        (b"DA", b"1997.04.24", b"19970424"),
        (b"DA", b"1997-04-24", b"19970424"),
        (b"DA", b"1997.04.31", None),
        (b"DA", b"24.04.1997", None),
        (b"DA", b"1997.04-24", None),
        (b"TM", b"14:04:38", b"140438"),
        (b"TM", b"14:04", b"1404"),
        (b"TM", b"14:04:38.5 ", b"140438.5"),
        (b"TM", b"25:04:38", None),
        (b"CS", b"ct ", b"CT"),
        (b"CS", b"a-b", None),
        (b"IS", b"3.00", b"3"),
        (b"IS", b"3.5", None),
        (b"IS", b"1A", None),
        (b"UI", b"1.02", None),
        (b"PN", b"x" * 65, None),
    ],
)
def test_what_is_mended(vr: bytes, value: bytes, better: bytes | None) -> None:
    """Only what can mean one thing alone is written otherwise."""
    assert mended(vr, value) == better
