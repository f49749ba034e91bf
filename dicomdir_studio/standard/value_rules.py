"""What a value of each Value Representation may look like (PS3.5 6.2)."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_TIME: Final = re.compile(rb"([01]\d|2[0-3])([0-5]\d(([0-5]\d|60)(\.\d{1,6})?)?)?\Z")
# Compiled when one comes along: that takes as long as importing this module, and few do.
_DATE_TIME: Final = (
    rb"\d{4}((0[1-9]|1[0-2])((0[1-9]|[12]\d|3[01])(([01]\d|2[0-3])([0-5]\d([0-5]\d|60"
    rb")?(\.\d{1,6})?)?)?)?)?([+-](0\d|1[0-4])[0-5]\d)?\Z"
)
_INTEGER: Final = re.compile(rb"[+-]?\d{1,12}\Z")
_DECIMAL: Final = re.compile(rb"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_CODE: Final = re.compile(rb"[A-Z0-9 _]{0,16}\Z")
_UID: Final = re.compile(rb"(0|[1-9]\d*)(\.(0|[1-9]\d*))*\Z")
_AGE: Final = re.compile(rb"\d{3}[DWMY]\Z")
_CONTROLS: Final = re.compile(rb"[\x00-\x1a\x1c-\x1f\x7f]").search
_DOTTED_DATE: Final = re.compile(rb"(\d{4})([.\-/])(\d\d)\2(\d\d)\Z")
_CLOCK: Final = re.compile(rb"(\d\d):(\d\d)(?::(\d\d(?:\.\d{1,6})?))?\Z")
_WHOLE_DECIMAL: Final = re.compile(rb"([+-]?\d{1,12})\.0*\Z")
_LONGEST: Final = {b"LO": 64, b"SH": 16}
_LONGEST_GROUP: Final = 64
_MOST_GROUPS: Final = 3
_DECIMAL_LENGTH, _UID_LENGTH, _INTEGER_LENGTH = 16, 64, 12


def _is_date(part: bytes) -> bool:
    """Return whether there is such a day."""
    try:
        dt.date(int(part[:4]), int(part[4:6]), int(part[6:]))
    except ValueError:
        return False
    return len(part) == len("YYYYMMDD") and part.isdigit()


def _is_text(longest: int) -> Callable[[bytes], bool]:
    """Return the test of a text; one beyond ASCII may have fewer characters than bytes."""
    return lambda part: not _CONTROLS(part) and (len(part) <= longest or not part.isascii())


def _is_name(part: bytes) -> bool:
    """Return whether a text can be a person name."""
    groups = part.split(b"=")
    return not _CONTROLS(part) and all(
        len(group) <= _LONGEST_GROUP or not group.isascii() for group in groups
    )


_TESTS: Final[dict[bytes, Callable[[bytes], object]]] = {
    b"DA": _is_date,
    b"TM": _TIME.match,
    b"DT": lambda part: re.match(_DATE_TIME, part),
    b"IS": lambda part: len(part) <= _INTEGER_LENGTH and _INTEGER.match(part),
    b"DS": lambda part: len(part) <= _DECIMAL_LENGTH and _DECIMAL.match(part),
    b"CS": _CODE.match,
    b"UI": lambda part: len(part) <= _UID_LENGTH and _UID.match(part),
    b"AS": _AGE.match,
    b"PN": _is_name,
    **{vr: _is_text(longest) for vr, longest in _LONGEST.items()},
}

CHECKED_VRS: Final = frozenset(_TESTS)
"""The Value Representations that `is_valid` knows rules for."""


@lru_cache(maxsize=1 << 14)
def is_valid(vr: bytes, value: bytes) -> bool:
    """Return whether an encoded value keeps the rules of its Value Representation.

    Parameters
    ----------
    vr : bytes
        Two letters; a VR without rules here passes everything.
    value : bytes
        All values, separated by backslashes, with the padding.
    """
    test = _TESTS.get(vr)
    if test is None:
        return True
    bare = value.rstrip(b" \0")
    if b"\\" not in bare or not bare.isascii():  # a backslash may be half a character
        part = bare.strip(b" ")
        return not part or bool(test(part))
    parts = [part.strip(b" ") for part in bare.split(b"\\")]
    return all(not part or test(part) for part in parts)


def mended(vr: bytes, value: bytes) -> bytes | None:
    """Return a value that says the same and keeps the rules, None if there is no doubtless one.

    Dates and times as ACR-NEMA had them (``1997.04.24``, ``12:30:00``), code strings in
    lower case, whole numbers with a decimal point.
    """
    bare = value.strip(b" \0")
    found: bytes | None = None
    if vr == b"DA" and (match := _DOTTED_DATE.match(bare)):
        found = match[1] + match[3] + match[4]
    elif vr == b"TM" and (match := _CLOCK.match(bare)):
        found = match[1] + match[2] + (match[3] or b"")
    elif vr == b"CS":
        found = bare.upper()
    elif vr == b"IS" and (match := _WHOLE_DECIMAL.match(bare)):
        found = match[1]
    return found if found is not None and is_valid(vr, found) else None
