"""Handles values of an instance that violate the rules of their VR (PS3.5 6.2).

Identifiers and names are never altered or dropped: they say whose images these are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.part10.transcode import encoded_element
from dicomdir_studio.phrases import said
from dicomdir_studio.standard.value_rules import mended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dicomdir_studio.part10.header import InstanceHeader
    from dicomdir_studio.standard.records import RecordKey

    Fill = Callable[[str, RecordKey, InstanceHeader], bytes | None]

_TELLING: Final = frozenset(("LO", "PN", "SH", "UI"))
_MOST_SHOWN: Final = 80


class FaultyKey(NamedTuple):
    """A value that violates the rules of its VR, and what was done about it."""

    kind: str
    key: RecordKey
    value: bytes
    done: str


def despite_fault(
    kind: str, key: RecordKey, value: bytes, header: InstanceHeader, fill: Fill | None
) -> tuple[FaultyKey, bytes]:
    """Return what is wrong with a value, and the element for the record in its place.

    Parameters
    ----------
    kind : str
        The record's type.
    key : RecordKey
        The key.
    value : bytes
        The instance's value.
    header : InstanceHeader
        What was read of the instance.
    fill : callable or None
        Provides a value for a missing key; if None, the value of a required key is used as
        it is, like in the reference API.
    """
    vr = key.vr.encode("ascii")
    as_it_is = encoded_element(key.tag, vr, value)
    better = mended(vr, value)
    if better is not None and (fill is not None or key.type == "3"):
        done = said("was written as '{0}'", better.decode("ascii"))
        return FaultyKey(kind, key, value, done), encoded_element(key.tag, vr, better)
    if key.type == "3":
        return FaultyKey(kind, key, value, said("was left out")), b""
    if fill is None or key.vr in _TELLING:
        return FaultyKey(kind, key, value, said("was taken as it is")), as_it_is
    if key.type in ("2", "2C"):
        return FaultyKey(kind, key, value, said("was left empty")), encoded_element(
            key.tag, vr, b""
        )
    filled = fill(kind, key, header)
    if not filled:
        return FaultyKey(kind, key, value, said("was taken as it is")), as_it_is
    return FaultyKey(kind, key, value, said("was not taken")), encoded_element(key.tag, vr, filled)


def findings_of(faults: Iterable[FaultyKey], header: InstanceHeader) -> Iterator[Finding]:
    """Yield the findings about faulty values."""
    for fault in faults:
        text = fault.value.decode("latin-1").strip(" \0")
        shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
        yield Finding(
            Severity.WARNING,
            said(
                "{0} of the instance, '{1}', is no valid {2} value; in the {3} record it {4}",
                fault.key.keyword,
                shown,
                fault.key.vr,
                fault.kind,
                fault.done,
            ),
            header.path,
            "PS3.5 6.2",
        )
