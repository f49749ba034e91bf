"""Finds records whose text cannot be in the character set that they declare (PS3.5 6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import np
from dicomdir_studio.fileset.changes import Severity
from dicomdir_studio.fileset.charsets import TEXT_VRS, codecs_of, decode_text
from dicomdir_studio.fileset.values import SPECIFIC_CHARACTER_SET, is_plain
from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.table import LINKS_LENGTH, value_spans
from dicomdir_studio.part10.transcode import elements
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from dicomdir_studio.fileset.notices import Notices
    from dicomdir_studio.part10.table import DirectoryTable, Integers

_ICONS: Final = 0x00880200
# Where the bytes of the three links' values lie in a record that they lead.
_LINK_NUMBERS: Final = (*range(8, 12), *range(20, 22), *range(30, 34))
# The tag FFFE,E000 as four bytes read at once.
_ITEM: Final = 0xE000FFFE
_REMEDY: Final = said("Compare the readings and choose one; nothing is changed until then")


def check_texts(table: DirectoryTable, notices: Notices) -> None:
    """Note the records with text that does not decode as declared.

    Parameters
    ----------
    table : DirectoryTable
        The records.
    notices : Notices
        Gets one notice for each such record.
    """
    known: dict[tuple[bytes, bytes, bytes], bool] = {}
    for row in _suspects(table).tolist():
        terms, texts = _texts(table, row)
        bad = []
        for vr, value in texts:
            place = terms, vr, value
            if place not in known:
                known[place] = _is_sound(terms, vr, value)
            if not known[place]:
                bad.append(value)
        if bad:
            declared = terms.decode("ascii", "replace").strip(" \0")
            notices.note(
                Severity.WARNING,
                said("The text of the record cannot be in its character set '{0}'", declared)
                if declared
                else said("The record declares no character set, and its text needs one"),
                row,
                clause="PS3.3 C.12.1.1.2",
                remedy=_REMEDY,
                repaired=False,
            )


def _suspects(table: DirectoryTable) -> Integers:
    """Return the rows in which some byte is not of the default repertoire."""
    if _is_all_plain(table):
        return np.zeros(0, dtype=np.int64)
    octets = np.frombuffer(table.buffer, dtype=np.uint8)
    places = np.flatnonzero((octets > 0x7F) | (octets == 0x1B))
    if not len(places) or not len(table):
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(table.starts, kind="stable")
    slots = np.searchsorted(table.starts[order], places, side="right") - 1
    rows = order[np.maximum(slots, 0)]
    links = np.where(table.canonical[rows], LINKS_LENGTH, 0)
    inside = (places >= table.starts[rows] + links) & (places < table.stops[rows])
    found = np.unique(rows[inside])
    # What is not of the default repertoire in records with icons is nearly always their pixels.
    begins, _ = value_spans(table.buffer, table.starts[found], table.stops[found], _ICONS)
    suspects: Integers = found[begins == -1].astype(np.int64)
    return suspects


def _is_all_plain(table: DirectoryTable) -> bool:
    """Return whether, links aside, all bytes of all records are of the default repertoire.

    That is so for most media. False may also mean that something lies between the records.
    """
    if not len(table):
        return True
    first, last = int(table.starts.min()), int(table.stops.max())
    held = bytearray(memoryview(table.buffer)[first:last])
    octets = np.frombuffer(held, dtype=np.uint8)
    led = table.starts[table.canonical] - first
    for place in _LINK_NUMBERS:
        octets[led + place] = 0
    # An Item's tag and length before its record, where records lie as they do in the file.
    items = (table.starts - 8 == table.offsets) & (table.starts > first)
    before = table.starts[items] - 8 - first
    before = before[octets[before[:, None] + np.arange(4)].view("<u4").ravel() == _ITEM]
    for place in range(8):
        octets[before + place] = 0
    return held.find(0x1B) < 0 and held.isascii()


def _texts(table: DirectoryTable, row: int) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Return the declared character set of a record, and its texts that are not plain."""
    terms = b""
    texts: list[tuple[bytes, bytes]] = []
    buffer = table.buffer
    try:
        for element in elements(buffer, int(table.starts[row]), int(table.stops[row])):
            value = buffer[element.start : element.stop]
            if element.tag == SPECIFIC_CHARACTER_SET:
                terms = value
            elif element.vr in TEXT_VRS and not is_plain(value):
                texts.append((element.vr, value))
    except EncodingError:
        pass  # what could be read is judged
    return terms, texts


def _is_sound(terms: bytes, vr: bytes, value: bytes) -> bool:
    """Return whether a text can be in the declared character set."""
    if not terms.strip(b" \0"):
        return False
    encodings = codecs_of(tuple(terms.decode("ascii", "replace").split("\\")))
    return decode_text(value, encodings, is_name=vr == b"PN").sound
