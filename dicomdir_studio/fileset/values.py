"""Encoded values turned into what pydicom would give for them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.part10.table import value_span

SPECIFIC_CHARACTER_SET: Final = 0x00080005

_PLAIN_TEXT: Final = frozenset((b"AS", b"CS", b"DA", b"DT", b"LO", b"SH", b"TM", b"UC"))
_WHOLE_TEXT: Final = frozenset((b"LT", b"ST", b"UT"))

_MOST_DIGITS: Final = 9

Encodings = tuple[str, ...]
DEFAULT_ENCODINGS: Final[Encodings] = ("iso8859",)


@lru_cache(maxsize=256)
def encodings_of(terms: bytes) -> Encodings:
    """Return the Python codecs that a Specific Character Set stands for (PS3.3 C.12.1.1.2)."""
    names = [term.strip(" \0") for term in terms.decode("ascii", "replace").split("\\")]
    return tuple(pydicom.charset.convert_encodings(names if len(names) > 1 else names[0]))


def record_encodings(buffer: bytes, start: int, stop: int) -> Encodings:
    """Return the codecs of the record that lies between the bounds."""
    span = value_span(buffer, start, stop, SPECIFIC_CHARACTER_SET)
    if span is None or span[1] == span[2]:
        return DEFAULT_ENCODINGS
    return encodings_of(bytes(buffer[span[1] : span[2]]))


def is_plain(value: bytes) -> bool:
    """Return whether a value reads the same in every character set (PS3.5 6.1.2.5.3)."""
    return value.isascii() and b"\x1b" not in value


def decoded(tag: int, vr: bytes, value: bytes, encodings: Encodings = DEFAULT_ENCODINGS) -> Any:
    """Return an encoded value as `pydicom.DataElement.value` has it.

    Parameters
    ----------
    tag : int
        The element, for messages and for the few whose VR depends on it.
    vr, value : bytes
        VR and value in Explicit VR Little Endian.
    encodings : tuple of str
        The codecs of the data set that holds the element.
    """
    if value and value.isascii():
        if vr == b"IS":
            return _integer_string(value) or _by_pydicom(tag, vr, value, encodings)
        if vr in _PLAIN_TEXT:
            if b"\\" not in value and b"\x1b" not in value:
                return value.decode("ascii").rstrip(" \0")
        elif vr == b"UI":
            if b"\\" not in value:
                return pydicom.uid.UID(value.decode("ascii").rstrip(" \0"))
        elif vr in _WHOLE_TEXT and b"\x1b" not in value:
            return value.decode("ascii").rstrip(" \0")
    return _by_pydicom(tag, vr, value, encodings)


@lru_cache(maxsize=4096)
def _integer_string(value: bytes) -> Any:
    """Return a plain single integer string, None for anything that is not plain."""
    text = value.decode("ascii").strip(" \0")
    if not text.isdigit() or len(text) > _MOST_DIGITS:
        return None
    return pydicom.valuerep.IS(text, validation_mode=0)


def _by_pydicom(tag: int, vr: bytes, value: bytes, encodings: Encodings) -> Any:
    """Decode whatever is not plain with pydicom's own converters."""
    raw = pydicom.dataelem.RawDataElement(
        pydicom.tag.Tag(tag), vr.decode("ascii"), len(value), value, 0, False, True
    )
    return pydicom.dataelem.convert_raw_data_element(raw, encoding=list(encodings)).value
