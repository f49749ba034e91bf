"""The DICOMDIR of a medium as a tree of encoded records, and DICOMDIRs for parts of it.

Every disc of a spanned set has a complete File-set (PS3.10 8.1): the records that lead to
its files are written again, unchanged except for the links.
"""

from __future__ import annotations

import uuid
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.part10 import table
from dicomdir_studio.part10.directory_reader import read_directory
from dicomdir_studio.part10.directory_writer import DirectoryHead, RecordLinks, lay_directory
from dicomdir_studio.part10.table import value_span, value_spans

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pydicom.dataset import Dataset

_FILE_SET_ID: Final = 0x00041130
_FIRST_ROOT: Final = 0x00041200
_FILE_SET_UID: Final = 0x00020003
_ITEM_HEADER: Final = 8
_NONE: Final = -1
_UNCHANGED: Final[Mapping[int, bytes]] = MappingProxyType({})


class MediumDirectory:
    """The records of a DICOMDIR created by this program.

    Parameters
    ----------
    data : bytes
        The DICOMDIR.

    Attributes
    ----------
    order : list of int
        Rows of the records, depth first, as they are written.
    parents : dict of int to int
        Row of the record above, -1 for those of the root Directory Entity.
    leaves : dict of str to int
        Row of the record that references a file, by File ID with ``/``, in written order.
    lengths : list of int
        Bytes that each record takes in a DICOMDIR, its Item header included, by row.
    head_length : int
        The bytes of the DICOMDIR beside its records.
    """

    def __init__(self, data: bytes) -> None:
        self._file = read_directory(data, "DICOMDIR")
        self.order: list[int] = []
        self.parents: dict[int, int] = {}
        self._walk()
        self.leaves = self._leaves()
        records = self._file.table
        self.lengths: list[int] = (records.stops - records.starts + _ITEM_HEADER).tolist()
        self.head_length = len(data) - sum(self.lengths[row] for row in self.order)

    @property
    def file_set_id(self) -> str:
        """(0004,1130) File-set ID, "" if there is none."""
        return self._file.text(_FILE_SET_ID) or ""

    def record_type(self, row: int) -> str:
        """Return (0004,1430) Directory Record Type of a record."""
        return self._file.table.types[row]

    def record(self, row: int) -> Dataset:
        """Return a record as a data set."""
        return pydicom.filereader.read_dataset(
            BytesIO(self.encoded(row)), is_implicit_VR=False, is_little_endian=True
        )

    def chain(self, row: int) -> tuple[int, ...]:
        """Return the rows from the top of the tree down to `row`."""
        rows = [row]
        while (row := self.parents[row]) != _NONE:
            rows.append(row)
        return tuple(reversed(rows))

    def length_to(self, names: Iterable[str]) -> int:
        """Return the bytes of the records of some files and of all above them."""
        rows: set[int] = set()
        for name in names:
            row = self.leaves[name]
            while row != _NONE and row not in rows:
                rows.add(row)
                row = self.parents[row]
        return sum(map(self.lengths.__getitem__, rows))

    def part(self, names: Collection[str], *, number: int, of: int) -> bytes:
        """Return the DICOMDIR of one disc of several.

        Parameters
        ----------
        names : collection of str
            File IDs of the instances on the disc, with ``/``.
        number, of : int
            Which disc it is, from 1, and how many there are.

        Returns
        -------
        bytes
            A complete File-set: its File-set ID has the number (`numbered_id`), and its UID
            is derived from that of the whole and from the content of the disc, so that the
            result is reproducible and no two different discs have the same UID.
        """
        wanted = set(names)
        keep: set[int] = set()
        for name, row in self.leaves.items():
            if name in wanted:
                keep.update(self.chain(row))
        kept = [row for row in self.order if row in keep]
        identifier = numbered_id(self.file_set_id, number, of)
        general = dict(self._file.general)
        general[_FILE_SET_ID] = (b"CS", identifier.encode("ascii"))
        whole = self._file.text(_FILE_SET_UID) or ""
        uid = whole
        if of > 1 or len(kept) < len(self.order) or not whole:
            uid = _derived_uid(f"{whole} {number} of {of}", wanted)
        head = DirectoryHead(uid, dict(self._file.meta), general)
        return self._lay(head, kept)

    def relaid(self, changed: Mapping[int, bytes]) -> bytes:
        """Return the DICOMDIR with other elements in some of its records.

        Parameters
        ----------
        changed : mapping of int to bytes
            Elements of a record by its row, the three links leading.
        """
        head = DirectoryHead(
            self._file.text(_FILE_SET_UID) or "", dict(self._file.meta), dict(self._file.general)
        )
        return self._lay(head, self.order, changed)

    def _lay(
        self, head: DirectoryHead, kept: list[int], changed: Mapping[int, bytes] = _UNCHANGED
    ) -> bytes:
        """Lay the records of the given rows with new links."""
        following = [_NONE] * len(kept)
        lower = [_NONE] * len(kept)
        places: dict[int, int] = {}
        latest: dict[int, int] = {}
        for place, row in enumerate(kept):
            places[row] = place
            parent = self.parents[row]
            if parent in latest:
                following[latest[parent]] = place
            elif parent != _NONE:
                lower[places[parent]] = place
            latest[parent] = place
        records = [
            RecordLinks(changed.get(row) or self.encoded(row), following[place], lower[place])
            for place, row in enumerate(kept)
        ]
        return lay_directory(head, records, latest.get(_NONE, _NONE))

    def encoded(self, row: int) -> bytes:
        """Return the elements of a record, in Explicit VR Little Endian."""
        records = self._file.table
        return records.buffer[records.starts[row] : records.stops[row]]

    def _walk(self) -> None:
        """Follow the links from the root; a DICOMDIR of our own has no loops."""
        records = self._file.table
        following = records.rows_at(records.next).tolist()
        lower = records.rows_at(records.lower).tolist()
        rows = {offset: row for row, offset in enumerate(records.offsets.tolist())}
        stack = [(rows.get(self._file.number(_FIRST_ROOT), _NONE), _NONE)]
        while stack:
            row, parent = stack.pop()
            if row < 0:
                continue
            self.order.append(row)
            self.parents[row] = parent
            stack.append((following[row], parent))
            stack.append((lower[row], row))

    def _leaves(self) -> dict[str, int]:
        """Return the row of the record of every file."""
        return {
            "/".join(part.strip(" \0") for part in value.decode("latin-1").split("\\")): row
            for row, value in self._values(table.FILE_ID)
            if value.strip(b" \0")
        }

    def uids(self, tag: int) -> dict[int, str]:
        """Return the UID that records have in an element, by row; none where it is empty."""
        found = ((row, value.decode("latin-1").strip(" \0")) for row, value in self._values(tag))
        return {row: uid for row, uid in found if uid}

    def _values(self, tag: int) -> Iterator[tuple[int, bytes]]:
        """Yield the values of an element, those behind an undefined length too."""
        records = self._file.table
        order = self.order
        begins, ends = value_spans(records.buffer, records.starts[order], records.stops[order], tag)
        for row, begin, end in zip(order, begins.tolist(), ends.tolist(), strict=True):
            if begin >= 0:
                yield row, records.buffer[begin:end]
            elif begin == -2:  # noqa: PLR2004 - as value_spans says it
                span = value_span(
                    records.buffer, int(records.starts[row]), int(records.stops[row]), tag
                )
                if span is not None:
                    yield row, records.buffer[span[1] : span[2]]


def numbered_id(identifier: str, number: int, of: int) -> str:
    """Return the File-set ID of one disc of several, such as ``HEAD_CT_1OF3``.

    Parameters
    ----------
    identifier : str
        The File-set ID of the whole, shortened to make room for the number.
    number, of : int
        Which disc it is, from 1, and how many there are; one of one keeps its ID.

    Returns
    -------
    str
        At most 16 of A-Z, 0-9 and underscore (PS3.10 8.1, PS3.3 Table F.3-2).
    """
    plain = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign == "_") else "_"
        for sign in identifier.upper()
    )
    if of == 1:
        return plain[:16]
    suffix = f"{number}OF{of}"
    room = 16 - len(suffix) - 1
    return f"{plain[:room]}_{suffix}" if plain else suffix


def _derived_uid(origin: str, names: Collection[str]) -> str:
    """Return the UID of a File-set that is a part of another, the same every time (PS3.5 B.2)."""
    content = " ".join((origin, *sorted(names)))
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, content).int}"
