"""Completes records that lack their keys, when salvaging (PS3.3 F.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import np
from dicomdir_studio.fileset.changes import Severity
from dicomdir_studio.fileset.filling import Filler
from dicomdir_studio.fileset.guessing import likely_type, made_up_key
from dicomdir_studio.fileset.record_bytes import record_with
from dicomdir_studio.fileset.recording import keys_of_record
from dicomdir_studio.part10 import table as columns
from dicomdir_studio.part10.regularity import odd_rows, regular
from dicomdir_studio.part10.table import value_spans
from dicomdir_studio.part10.transcode import elements, encoded_element
from dicomdir_studio.phrases import said
from dicomdir_studio.standard.records import LEVEL_KEYS, RECORD_TYPES, RETIRED_RECORD_TYPES

if TYPE_CHECKING:
    import numpy.typing as npt

    from dicomdir_studio.fileset.file_evidence import FileEvidence
    from dicomdir_studio.fileset.notices import Notices
    from dicomdir_studio.part10.header import InstanceHeader
    from dicomdir_studio.part10.table import DirectoryTable, Integers

KEY_TAGS: Final = {kind: RECORD_TYPES[kind].unique_tag for kind in (*LEVEL_KEYS, "PRIVATE")}
MRDR_OFFSET: Final = 0x00041504
_NAMES: Final = {
    KEY_TAGS["PATIENT"]: said("Patient ID"),
    KEY_TAGS["STUDY"]: said("Study Instance UID"),
    KEY_TAGS["SERIES"]: said("Series Instance UID"),
    KEY_TAGS["PRIVATE"]: said("Private Record UID"),
    columns.SOP_INSTANCE: said("Referenced SOP Instance UID in File"),
}
_REFERENCES: Final = {
    columns.SOP_CLASS: 0x00080016,
    columns.SOP_INSTANCE: 0x00080018,
    columns.TRANSFER_SYNTAX: 0x00020010,
}
_OF_MRDR: Final = (columns.FILE_ID, *_REFERENCES)
_TYPE_CLAUSE: Final = "PS3.3 Table F.3-3"


def spans_of(
    table: DirectoryTable, tag: int, rows: Integers | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the spans of one element in some or all records, -1 where it is absent.

    Those of all records are looked up once, and not to be changed.
    """
    if rows is None and tag in table.found:
        return table.found[tag]
    chosen = np.arange(len(table)) if rows is None else rows
    starts, stops = table.starts[chosen], table.stops[chosen]
    begins, ends = value_spans(table.buffer, starts, stops, tag)
    for place in np.flatnonzero(begins == -2).tolist():
        span = columns.value_span(table.buffer, int(starts[place]), int(stops[place]), tag)
        begins[place], ends[place] = (-1, -1) if span is None else span[1:]
    if rows is None:
        begins.flags.writeable = ends.flags.writeable = False
        table.found[tag] = begins, ends
    return begins, ends


class Mender:
    """Repairs records before their links are followed, and completes them afterwards.

    Parameters
    ----------
    table : DirectoryTable
        The records, changed in place.
    notices : Notices
        Receives the repairs.
    """

    def __init__(self, table: DirectoryTable, notices: Notices) -> None:
        self._table = table
        self._notices = notices
        self._cut: list[int] = []

    def prepare(self) -> None:
        """Put elements in order, separate File IDs, name types, take in MRDR records."""
        self._make_regular()
        self._separate_file_ids()
        self._name_types()
        self._take_in_multi_referenced()
        self._report_types()
        self._report_inactive()

    def _record(self, row: int) -> bytes:
        """Return the bytes of a record."""
        table = self._table
        return bytes(table.buffer[int(table.starts[row]) : int(table.stops[row])])

    def _make_regular(self) -> None:
        """Sort the elements of records by tag and remove what is not an element."""
        table = self._table
        amended: dict[int, bytes] = {}
        for row in odd_rows(table, salvage=True):
            mended = regular(table.buffer, int(table.starts[row]), int(table.stops[row]))
            if mended is None:
                continue
            amended[row] = mended.record
            if mended.cut:
                self._cut.append(row)
            what = said("is cut off") if mended.cut else said("has its elements out of order")
            self._notices.note(
                Severity.ERROR,
                said("The directory record {0}", what),
                row,
                clause="PS3.5 7.1",
                remedy=said("Its complete elements were kept")
                if mended.cut
                else said("They were put in order"),
            )
        table.amend(amended)

    def _separate_file_ids(self) -> None:
        """Separate File IDs that hold their components in one value."""
        table = self._table
        begins, ends = spans_of(table, columns.FILE_ID)
        amended: dict[int, bytes] = {}
        for row in _holding(table.buffer, begins, ends, b"/"):
            value = table.buffer[int(begins[row]) : int(ends[row])]
            if value.startswith(b"/"):
                continue
            parted = value.strip(b" \0").replace(b"/", b"\\")
            amended[row] = record_with(
                self._record(row), encoded_element(columns.FILE_ID, b"CS", parted)
            )
            self._notices.note(
                Severity.WARNING,
                said("The Referenced File ID holds slashes instead of separate values"),
                row,
                clause="PS3.10 8.2",
                remedy=said("Its components were separated"),
            )
        table.amend(amended)

    def _name_types(self) -> None:
        """Assign a type to records without one, or whose keys indicate another."""
        table = self._table
        amended: dict[int, bytes] = {}
        named: dict[int, tuple[str, str]] = {}
        known = RECORD_TYPES.keys() | RETIRED_RECORD_TYPES.keys()
        if known.issuperset(table.types):
            return
        for row, stated in enumerate(table.types):
            if stated in known:
                continue
            record = self._record(row)
            kind = likely_type(record)
            if stated and kind not in LEVEL_KEYS:
                continue
            named[row] = stated, kind
            laid = encoded_element(columns.RECORD_TYPE, b"CS", kind.encode("ascii"))
            amended[row] = record_with(record, laid)
        table.amend(amended)
        for row, (stated, kind) in named.items():
            self._notices.note(
                Severity.ERROR,
                said("The Directory Record Type {0} is not known", stated)
                if stated
                else said("The Directory Record Type is missing"),
                row,
                clause=_TYPE_CLAUSE,
                remedy=said("The record was treated as {0}, judging by its keys", kind),
            )

    def _take_in_multi_referenced(self) -> None:
        """Give records the File ID of the retired MRDR record that they refer to."""
        table = self._table
        if "MRDR" not in table.types:
            return
        begins, _ = spans_of(table, MRDR_OFFSET)
        rows = np.flatnonzero(begins >= 0)
        offsets = [
            int.from_bytes(table.buffer[begin : begin + 4], "little")
            for begin in begins[rows].tolist()
        ]
        amended: dict[int, bytes] = {}
        targets = table.rows_at(np.array(offsets, dtype=np.int64)).tolist()
        for row, target in zip(rows.tolist(), targets, strict=True):
            if target < 0 or table.types[target] != "MRDR":
                continue
            record = self._record(row)
            for element in elements(self._record(target), 0, len(self._record(target))):
                if element.tag in _OF_MRDR:
                    value = self._record(target)[element.start : element.stop]
                    record = record_with(record, encoded_element(element.tag, element.vr, value))
            amended[row] = _without(record, MRDR_OFFSET)
            self._notices.note(
                Severity.INFO,
                said("The record references its file through a retired MRDR record"),
                row,
                clause="PS3.3 F.4",
                remedy=said("It was made to reference the file itself"),
            )
        table.amend(amended)

    def _report_types(self) -> None:
        """Report retired and unknown types, once each."""
        if RECORD_TYPES.keys() >= set(self._table.types):
            return
        first: dict[str, int] = {}
        count: dict[str, int] = {}
        for row, kind in enumerate(self._table.types):
            if kind not in RECORD_TYPES:
                first.setdefault(kind, row)
                count[kind] = count.get(kind, 0) + 1
        for kind, row in first.items():
            retired = RETIRED_RECORD_TYPES.get(kind)
            what = said("was retired in {0}", retired.retired) if retired else said("is not known")
            self._notices.note(
                Severity.WARNING,
                said(
                    "The Directory Record Type {0} {1}; {2} records have it",
                    kind,
                    what,
                    count[kind],
                ),
                row,
                clause="PS3.3 F.4" if retired else "PS3.3 F.5",
                remedy=said("The records were kept as they are"),
                repaired=False,
            )

    def _report_inactive(self) -> None:
        """Report records marked inactive, which readers treat like any other."""
        for row in np.flatnonzero(self._table.in_use != 0xFFFF).tolist():
            self._notices.note(
                Severity.WARNING,
                said(
                    "The Record In-use Flag is {0:04X}H, which is retired",
                    int(self._table.in_use[row]),
                ),
                row,
                clause=_TYPE_CLAUSE,
                remedy=said("The record was read as one that is in use"),
            )

    # What records are known by

    def complete(self, evidence: FileEvidence) -> None:
        """Add missing keys to records, from their files if these exist."""
        table = self._table
        amended: dict[int, bytes] = {}
        for row in self._keyless():
            kind = table.types[row]
            tag = KEY_TAGS.get(kind, columns.SOP_INSTANCE)
            value, source = self._key_value(row, tag, evidence)
            record = amended.get(row) or self._record(row)
            vr = b"LO" if tag == KEY_TAGS["PATIENT"] else b"UI"
            amended[row] = record_with(record, encoded_element(tag, vr, value))
            self._notices.note(
                Severity.ERROR,
                said("The {0} of the {1} record is missing", _NAMES[tag], kind),
                row,
                clause="PS3.3 F.5",
                remedy=said("It was given '{0}', {1}", value.decode("latin-1"), source),
            )
        self._complete_references(evidence, amended)
        self._complete_cut(evidence, amended)
        table.amend(amended)

    def _complete_cut(self, evidence: FileEvidence, amended: dict[int, bytes]) -> None:
        """Add keys from their files to truncated records."""
        for row in self._cut:
            kind = self._table.types[row]
            record = amended.get(row) or self._record(row)
            header = evidence.header_below(row)
            if header is None:
                continue
            found = {element.tag for element in elements(record, 0, len(record))}
            references = columns.FILE_ID in found
            keys, _ = keys_of_record(kind, header, references=references, fill=Filler())
            for element in elements(keys, 0, len(keys)):
                if element.tag not in found:
                    value = keys[element.start : element.stop]
                    record = record_with(record, encoded_element(element.tag, element.vr, value))
            amended[row] = record

    def _keyless(self) -> list[int]:
        """Return the rows of records without the key of their type."""
        table = self._table
        by_type: dict[str, list[int]] = {}
        for row in [row for row, kind in enumerate(table.types) if kind in KEY_TAGS]:
            by_type.setdefault(table.types[row], []).append(row)
        begins, ends = spans_of(table, columns.SOP_INSTANCE)
        keyed = ends > begins
        for kind, tag in KEY_TAGS.items():
            rows = np.array(by_type.get(kind, ()), dtype=np.int64)
            if len(rows):
                begins, ends = spans_of(table, tag, rows)
                keyed[rows] = ends > begins
        return np.flatnonzero(~keyed).tolist()

    def _key_value(self, row: int, tag: int, evidence: FileEvidence) -> tuple[bytes, str]:
        """Return a value for the key of a record, and its origin."""
        wanted = _REFERENCES.get(tag, tag)
        header = evidence.header_of(row) if tag in _REFERENCES else evidence.header_below(row)
        if header is not None:
            found = header.values.get(wanted, (b"", b""))[1].strip(b" \0")
            if found:
                return found, said("as its file has it")
        offset = int(self._table.offsets[row])
        return made_up_key(self._record(row), offset, tag), said("which nothing else has")

    def _complete_references(self, evidence: FileEvidence, amended: dict[int, bytes]) -> None:
        """Add missing elements of the reference to records that name a file."""
        table = self._table
        begins, ends = spans_of(table, columns.FILE_ID)
        filed = ends > begins
        for tag in _REFERENCES:
            begins, ends = spans_of(table, tag)
            for row in np.flatnonzero(filed & (ends <= begins)).tolist():
                record = amended.get(row) or self._record(row)
                if columns.value_span(record, 0, len(record), tag) and row in amended:
                    continue  # given already, as the key of the record
                header = evidence.header_of(row)
                value = b"" if header is None else _reference_of(header, tag)
                if value:
                    amended[row] = record_with(record, encoded_element(tag, b"UI", value))
                    self._note_reference(row, tag, said("It was taken from the file"))
                elif tag == columns.SOP_INSTANCE and table.types[row] in LEVEL_KEYS:
                    amended[row] = _without(record, columns.FILE_ID)
                    self._note_reference(
                        row, tag, said("The File ID that leads nowhere was dropped")
                    )
                elif tag == columns.SOP_INSTANCE:
                    made_up = made_up_key(record, int(table.offsets[row]), tag)
                    amended[row] = record_with(record, encoded_element(tag, b"UI", made_up))
                    self._note_reference(
                        row, tag, said("It was given '{0}'", made_up.decode("ascii"))
                    )

    def _note_reference(self, row: int, tag: int, remedy: str) -> None:
        """Note that a record lacked something of its reference."""
        self._notices.note(
            Severity.WARNING,
            said("The record names a file and lacks ({0:04X},{1:04X})", tag >> 16, tag & 0xFFFF),
            row,
            clause=_TYPE_CLAUSE,
            remedy=remedy,
        )


def _holding(buffer: bytes, begins: Integers, ends: Integers, octet: bytes) -> list[int]:
    """Return the rows of the spans that hold an octet."""
    places = columns.places_of(buffer, octet)
    order = np.argsort(begins, kind="stable")
    slots = np.searchsorted(begins[order], places, side="right") - 1
    rows = order[np.maximum(slots, 0)]
    inside = (begins[rows] >= 0) & (places >= begins[rows]) & (places < ends[rows])
    found: list[int] = np.unique(rows[inside]).tolist()
    return found


def _reference_of(header: InstanceHeader, tag: int) -> bytes:
    """Return the elements with which a record references a file."""
    if tag == columns.TRANSFER_SYNTAX:
        return header.transfer_syntax.encode("latin-1")
    return header.text(_REFERENCES[tag]).encode("latin-1")


def _without(record: bytes, tag: int) -> bytes:
    """Return a record without one of its elements."""
    start = 0
    for element in elements(record, 0, len(record)):
        stop = element.stop + (8 if element.undefined else 0)
        if element.tag == tag:
            return record[:start] + record[stop:]
        start = stop
    return record
