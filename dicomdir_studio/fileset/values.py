"""Decoding of element values, with the results that pydicom would give."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.fileset.charsets import FOREIGN_CODECS, TEXT_VRS, codecs_of, decode_text
from dicomdir_studio.part10.table import value_span

SPECIFIC_CHARACTER_SET: Final = 0x00080005

_PLAIN_TEXT: Final = frozenset((b"AS", b"CS", b"DA", b"DT", b"LO", b"SH", b"TM", b"UC"))
_WHOLE_TEXT: Final = frozenset((b"LT", b"ST", b"UT"))

_MOST_DIGITS: Final = 9

Encodings = tuple[str, ...]
DEFAULT_ENCODINGS: Final[Encodings] = ("iso8859",)
_UTF_8: Final[Encodings] = ("UTF8",)


@lru_cache(maxsize=256)
def encodings_of(terms: bytes) -> Encodings:
    """Return the Python codecs for a Specific Character Set (PS3.3 C.12.1.1.2)."""
    return codecs_of(tuple(terms.decode("ascii", "replace").split("\\")))


def record_encodings(buffer: bytes, start: int, stop: int) -> Encodings:
    """Return the codecs of the record between the bounds."""
    span = value_span(buffer, start, stop, SPECIFIC_CHARACTER_SET)
    if span is None or span[1] == span[2]:
        return DEFAULT_ENCODINGS
    return encodings_of(bytes(buffer[span[1] : span[2]]))


def is_plain(value: bytes) -> bool:
    """Return whether a value is the same in every character set (PS3.5 6.1.2.5.3)."""
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
                return str.__new__(pydicom.uid.UID, value.decode("ascii").rstrip(" \0"))
        elif vr in _WHOLE_TEXT and b"\x1b" not in value:
            return value.decode("ascii").rstrip(" \0")
    if vr in TEXT_VRS and not is_plain(value):
        read = decode_text(value, encodings, is_name=vr == b"PN")
        # In Chinese sets the second byte of a character may look like a backslash.
        split_wrongly = b"\\" in value and encodings[0].upper().startswith("GB")
        foreign = encodings[0] in FOREIGN_CODECS
        if not read.sound or b"\x1b" in value or split_wrongly or foreign:
            return _by_pydicom(tag, vr, read.text.encode("utf-8", "replace"), _UTF_8)
    return _by_pydicom(tag, vr, value, encodings)


def _integer_string(value: bytes) -> Any:
    """Return the value of a simple integer string, None for anything else."""
    text = value.decode("ascii").strip(" \0")
    if not text.isdigit() or len(text) > _MOST_DIGITS:
        return None
    # What its constructor makes of digits, without the five checks of its way there.
    number = int.__new__(pydicom.valuerep.IS, text)
    number.original_string = text
    return number


def _by_pydicom(tag: int, vr: bytes, value: bytes, encodings: Encodings) -> Any:
    """Decode other values with pydicom's own converters."""
    if not value and (vr in _PLAIN_TEXT or vr in _WHOLE_TEXT):
        return ""  # as they do, which an import is not needed for
    raw = pydicom.dataelem.RawDataElement(
        pydicom.tag.Tag(tag), vr.decode("ascii"), len(value), value, 0, False, True
    )
    try:
        return pydicom.dataelem.convert_raw_data_element(raw, encoding=list(encodings)).value
    except Exception:  # noqa: BLE001 - whatever its converters stumble over
        return value.decode("latin-1").strip(" \0")
