"""Checks whether each file holds the instance that its record names.

A directory that is wrong about that mixes patients up: whoever reads only the
records sees one person, whoever opens the files another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.notices import chain_above
from dicomdir_studio.fileset.values import SPECIFIC_CHARACTER_SET, decoded, encodings_of
from dicomdir_studio.part10 import table
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.part10.layout_memory import LayoutMemory
from dicomdir_studio.phrases import listed, said
from dicomdir_studio.standard.records import LEVEL_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.part10.header import InstanceHeader

    _Told: TypeAlias = tuple[str, str]
    """The kinds of mismatch, with and without values."""

    _Stated: TypeAlias = list[tuple[int, bytes]]
    """Tags and values of the keys that identify patient, study and series."""

_SOP_CLASS: Final = 0x00080016
_SOP_INSTANCE: Final = 0x00080018
_LEVELS: Final = {
    "PATIENT": (LEVEL_KEYS["PATIENT"], "Patient ID", said("it is of another patient")),
    "STUDY": (LEVEL_KEYS["STUDY"], "Study Instance UID", said("it is of another study")),
    "SERIES": (LEVEL_KEYS["SERIES"], "Series Instance UID", said("it is of another series")),
}
_WANTED: Final = frozenset(
    {_SOP_CLASS, _SOP_INSTANCE, SPECIFIC_CHARACTER_SET, *(tag for tag, _, _ in _LEVELS.values())}
)
CUT_OFF: Final = said("it is cut off")
"""The brief description of a file that is cut off."""

_ABSENT: Final = (b"", b"")
_CLAUSE: Final = "PS3.3 F.3.2.2"
_REMEDY: Final = said(
    "Find out which of the two is right; to go by the file, remove the record and add the file"
)

_REMEDY_CUT_OFF: Final = said("Obtain it again from its source, or remove the record")


def contradictions(instances: Iterable[FileInstance], monitor: Monitor) -> list[Finding]:
    """Compare files with their records, reading no more than their headers.

    Parameters
    ----------
    instances : iterable of FileInstance
        The instances to check, in the order in which the files are read.
    monitor : Monitor
        Receives progress in files; can cancel.

    Returns
    -------
    list of Finding
        One for each file that holds another instance than its record names, lies
        below another patient, study or series, is no DICOM file (PS3.3 F.3.2.2),
        or is cut off; `brief` is `CUT_OFF` if that alone is wrong.
    """
    wanted = list(instances)
    found: list[Finding] = []
    memory = LayoutMemory(_WANTED)
    above: dict[RecordNode, _Stated] = {}
    monitor.start("Comparing files with their records", len(wanted))
    for instance in wanted:
        monitor.check()
        path = instance.path
        try:
            header = read_header(path, _WANTED, memory)
        except StudioError as error:
            found.append(_unreadable(instance, path, error))
        else:
            if not _is_as_stated(instance.node, header, above):
                found += _findings(instance, path, header)
        monitor.advance(1, path)
    return found


def _is_as_stated(
    node: RecordNode, header: InstanceHeader, above: dict[RecordNode, _Stated]
) -> bool:
    """Return whether a file plainly is what its record says: the very bytes in all that is told.

    This is true for nearly all files, and what the records above one say is looked up once.
    """
    parent = node._parent
    if header.truncated or parent is None or node.record_type in _LEVELS:
        return False
    stated = above.get(parent)
    if stated is None:
        stated = above[parent] = _stated_above(parent)
    values = header.values
    return (
        _uid(node._raw_value(table.SOP_INSTANCE)) == header.text(_SOP_INSTANCE)
        and _uid(node._raw_value(table.SOP_CLASS)) == header.text(_SOP_CLASS)
        and _uid(node._raw_value(table.TRANSFER_SYNTAX)) == header.transfer_syntax
        and all(values.get(tag, _ABSENT)[1].strip(b" \0") == value for tag, value in stated)
    )


def _stated_above(node: RecordNode) -> _Stated:
    """Return the keys of a record and those above it, as far as they have a value."""
    stated = []
    for one in node.reverse():
        tag = _LEVELS.get(one.record_type, (0, "", ""))[0]
        value = one._raw_value(tag) if tag else None
        if value:
            stated.append((tag, value.strip(b" \0")))
    return stated


def _place(instance: FileInstance, path: str) -> str:
    """Return where a file is, in the folder and in the tree."""
    return listed((path, chain_above(instance.node)), "{0}{1}")


def _unreadable(instance: FileInstance, path: str, error: StudioError) -> Finding:
    """Return that a file cannot be read as DICOM."""
    what = said("The file that the record names cannot be read as DICOM: {0}", error.what)
    brief = said("it cannot be read as DICOM")
    return Finding(Severity.ERROR, what, _place(instance, path), _CLAUSE, _REMEDY, path, brief)


def _findings(instance: FileInstance, path: str, header: InstanceHeader) -> Iterator[Finding]:
    """Yield what contradicts of one instance: at most one finding."""
    node = instance.node
    place = _place(instance, path)
    what: str
    brief: str
    errors = [*_other_instance(node, header), *_other_place(node, header)]
    found = errors + list(_other_kind(node, header))
    if found:
        if header.truncated:
            found.append((said("it is cut off: {0}", header.truncated), CUT_OFF))
        what = said("The file is not what its record says: {0}", listed([one for one, _ in found]))
        brief = listed(list(dict.fromkeys(brief for _, brief in found)))
        severity = Severity.ERROR if errors else Severity.WARNING
        yield Finding(severity, what, place, _CLAUSE, _REMEDY, path, brief)
    elif header.truncated:
        what = said("The file is cut off: {0}", header.truncated)
        yield Finding(Severity.ERROR, what, place, "PS3.5 7.1", _REMEDY_CUT_OFF, path, CUT_OFF)


def _other_instance(node: RecordNode, header: InstanceHeader) -> Iterator[_Told]:
    """Yield that the file holds another SOP Instance."""
    named = _uid(node._raw_value(table.SOP_INSTANCE))
    held = header.text(_SOP_INSTANCE)
    if named != held:
        what = said(
            "it names SOP Instance {0}, the file holds {1}",
            named or said("nothing"),
            held or said("none"),
        )
        yield what, said("it holds another instance than its record names")


def _other_place(node: RecordNode, header: InstanceHeader) -> Iterator[_Told]:
    """Yield the levels above that are of another patient, study or series."""
    for above in node.reverse():
        tag, name, brief = _LEVELS.get(above.record_type, (0, "", ""))
        vr, held = header.values.get(tag, _ABSENT)
        named = above._raw_value(tag) if tag else None
        if not named or not held.strip(b" \0") or named.strip(b" \0") == held.strip(b" \0"):
            continue
        terms = header.values.get(SPECIFIC_CHARACTER_SET, _ABSENT)[1].rstrip(b" \0")
        text = str(decoded(tag, vr, held, encodings_of(terms))).strip(" \0")
        stated = str(above._value(tag)).strip(" \0")
        if text != stated:
            yield said("it is below {0} '{1}', the file has '{2}'", name, stated, text), brief


def _other_kind(node: RecordNode, header: InstanceHeader) -> Iterator[_Told]:
    """Yield that SOP Class or Transfer Syntax are stated otherwise."""
    for tag, name, held in (
        (table.SOP_CLASS, "SOP Class", header.text(_SOP_CLASS)),
        (table.TRANSFER_SYNTAX, "Transfer Syntax", header.transfer_syntax),
    ):
        named = _uid(node._raw_value(tag))
        if named and held and named != held:
            what = said("it names {0} {1}, the file has {2}", name, named, held)
            yield what, said("it has another {0}", name)


def _uid(raw: bytes | None) -> str:
    """Return an encoded UID as text."""
    return raw.decode("latin-1").strip(" \0") if raw else ""
