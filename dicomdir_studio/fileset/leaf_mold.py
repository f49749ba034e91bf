"""Leaf records of instances with the same layout as one whose record exists already.

A record's keys are elements of the instance, in the same order and, in Explicit
VR Little Endian, the same bytes. Where two files are proven to be laid alike, the
second record is cut out of the file at the places that served the first.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset.recording import (
    RELATED_GENERAL_SOP_CLASS,
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
    around_instance_uid,
    is_cut_out,
    key_plans,
)
from dicomdir_studio.part10.layout_run import PREFIX
from dicomdir_studio.standard.sop_classes import SOP_CLASSES
from dicomdir_studio.standard.value_rules import is_valid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.part10.header import InstanceHeader
    from dicomdir_studio.part10.layout_run import Place

_INSTANCE_UID_HEAD: Final = b"\x04\x00\x11\x15UI"
_LENGTH: Final = Struct("<H")
_LONGEST_UID: Final = 64
_CHARACTER_SET: Final = 0x00080005
_INSTANCE_NUMBER: Final = 0x00200013
_BLANK: Final = b" \0"
_MOST_DIGITS: Final = 12
_NOWHERE: Final = slice(0)


class LeafMold:
    """Where in files of one layout the parts of a leaf record lie.

    The files of a series mostly agree in everything that a record needs but the SOP
    Instance UID and the Instance Number, so these two are cut out of each, and the
    rest is laid once for the series.

    Parameters
    ----------
    kind : str
        Type of the record.
    header : InstanceHeader
        An instance of the layout.
    keys : list of Place
        The elements that are keys of the record, in ascending order.
    series : sequence of int
        The elements that tell which series an instance belongs to.
    """

    __slots__ = (
        "_expected", "_header", "_keys", "_lead", "_mask", "_middle", "_number", "_series",
        "_tail", "_telling", "_uid", "kind",
    )  # fmt: skip

    def __init__(
        self, kind: str, header: InstanceHeader, keys: list[Place], series: Sequence[int]
    ) -> None:
        spans = {} if header.layout is None else header.layout.spans
        telling = [spans[tag] for tag in series if tag in spans]
        same = [key for key in keys if key.tag != _INSTANCE_NUMBER]
        number = [key for key in keys if key.tag == _INSTANCE_NUMBER]
        self.kind = kind
        self._telling = [_value_of(spans[tag]) if tag in spans else _NOWHERE for tag in series]
        self._keys = keys
        self._uid = _value_of(spans[SOP_INSTANCE_UID])
        self._number = _value_of(number[0]) if number else _NOWHERE
        self._mask = _mask_of([*telling, *same])
        self._expected = -1
        self._series: RecordNode | None = None
        self._header = around_instance_uid(kind, header.text(SOP_CLASS_UID), header.transfer_syntax)
        self._lead = self._middle = self._tail = b""

    @classmethod
    def of(cls, kind: str, header: InstanceHeader, series: Sequence[int]) -> LeafMold | None:
        """Return the mold of an instance's layout, None where its record is not cut out plainly.

        Parameters
        ----------
        kind : str
            Type of the record that references the instance.
        header : InstanceHeader
            What was read of it.
        series : sequence of int
            The elements that tell which series it belongs to.
        """
        if header.layout is None or header.text(SOP_CLASS_UID) not in SOP_CLASSES:
            return None
        spans = header.layout.spans
        uid = spans.get(SOP_INSTANCE_UID)
        if uid is None or (uid.stop - uid.start) % 2 or uid.stop - uid.start > _LONGEST_UID:
            return None
        if RELATED_GENERAL_SOP_CLASS in spans:
            return None
        keys = []
        for plan in key_plans(kind):
            place = spans.get(plan.tag)
            if place is not None:
                if not is_cut_out(plan, place.vr, place.stop - place.start):
                    return None
                keys.append(place)
            elif not plan.optional and plan.tag != _CHARACTER_SET:
                return None
        return cls(kind, header, keys, series)

    def same_series(self, header: InstanceHeader) -> RecordNode | None:
        """Return the series of the instance before if it is this one's, and the keys are too."""
        return self._series if header.octets & self._mask == self._expected else None

    def series_in(self, window: bytes) -> tuple[bytes, ...]:
        """Return what tells the series of a file that begins so."""
        return tuple(map(window.__getitem__, self._telling))

    def stay_with(self, series: RecordNode, header: InstanceHeader) -> bool:
        """Lay what the records of a series have in common; False if a key has no value."""
        window = header.window
        if not all(_is_taken(key.vr, window[_value_of(key)]) for key in self._keys):
            self._series = None
            return False
        before, after = self._header
        self._lead = before + _INSTANCE_UID_HEAD + _LENGTH.pack(self._uid.stop - self._uid.start)
        first = [key for key in self._keys if key.tag <= _INSTANCE_NUMBER]
        self._middle = after + b"".join(window[_whole(key)] for key in first)
        if first and first[-1].tag == _INSTANCE_NUMBER:
            self._middle = self._middle[: self._number.start - self._number.stop]
        self._tail = b"".join(window[_whole(key)] for key in self._keys[len(first) :])
        self._series = series
        self._expected = header.octets & self._mask
        return True

    def uid_in(self, window: bytes) -> bytes:
        """Return the SOP Instance UID of a file that begins so, without padding."""
        return window[self._uid].strip(_BLANK)

    def record(self, window: bytes, uid: bytes) -> bytes | None:
        """Return the record of a file that begins so, None where it is not cut out plainly.

        Parameters
        ----------
        window : bytes
            How the file begins.
        uid : bytes
            Its SOP Instance UID.
        """
        number = window[self._number]
        padded = uid + b"\0" if len(uid) & 1 else uid
        odd = number and not _is_taken(b"IS", number)
        if odd or len(padded) != self._uid.stop - self._uid.start:
            return None
        return b"".join((self._lead, padded, self._middle, number, self._tail))


def _is_taken(vr: bytes, value: bytes) -> bool:
    """Return whether a value is copied as it is: neither blank nor against the rules of its VR."""
    bare = value.strip(_BLANK)
    if vr == b"IS" and bare.isdigit() and len(bare) < _MOST_DIGITS:
        return True
    return bare != b"" and is_valid(vr, value)


def _value_of(place: Place) -> slice:
    """Return where the value of an element lies in a file."""
    return slice(PREFIX + place.start, PREFIX + place.stop)


def _whole(place: Place) -> slice:
    """Return where an element lies in a file."""
    return slice(PREFIX + place.begin, PREFIX + place.stop)


def _mask_of(places: list[Place]) -> int:
    """Return a mask of the values of elements, for `InstanceHeader.octets`."""
    mask = bytearray(max((place.stop for place in places), default=0))
    for place in places:
        mask[place.start : place.stop] = b"\xff" * (place.stop - place.start)
    return int.from_bytes(mask, "little")
