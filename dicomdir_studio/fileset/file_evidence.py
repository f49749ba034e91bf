"""Evidence from referenced files, consulted only where records contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset.recording import SOP_INSTANCE_UID, wanted_tags
from dicomdir_studio.part10 import table as columns
from dicomdir_studio.part10.errors import EncodingError
from dicomdir_studio.part10.header import InstanceHeader, read_header
from dicomdir_studio.standard.records import LEVEL_KEYS

if TYPE_CHECKING:
    from dicomdir_studio.fileset.linking import Links
    from dicomdir_studio.fileset.locating import Locator
    from dicomdir_studio.part10.table import DirectoryTable

_MOST_LEAVES: Final = 8
_MOST_STEPS: Final = 64


class FileEvidence:
    """Reads headers of referenced files.

    Parameters
    ----------
    table : DirectoryTable
        The records.
    links : Links
        Their links, as far as known.
    locator : Locator
        Finds the files.
    """

    def __init__(self, table: DirectoryTable, links: Links, locator: Locator) -> None:
        self._table = table
        self._links = links
        self._locator = locator
        self._own: dict[int, InstanceHeader | None] = {}
        self._below: dict[int, InstanceHeader | None] = {}

    def value(self, row: int, tag: int) -> bytes:
        """Return an element of a record without its padding, b"" if it has none."""
        table = self._table
        try:
            span = columns.value_span(
                table.buffer, int(table.starts[row]), int(table.stops[row]), tag
            )
        except EncodingError:
            return b""
        return b"" if span is None else bytes(table.buffer[span[1] : span[2]]).strip(b" \0")

    def header_of(self, row: int) -> InstanceHeader | None:
        """Return the header of the file that a record references.

        None if there is none, or if it holds another instance than the record says.
        """
        if row not in self._own:
            self._own[row] = self._read(row)
        return self._own[row]

    def _read(self, row: int) -> InstanceHeader | None:
        """Read the header of the file that a record references."""
        file_id = self.value(row, columns.FILE_ID)
        if not file_id:
            return None
        try:
            path = self._locator.find(file_id)
            header = None if path is None else read_header(path, wanted_tags())
        except StudioError:
            return None
        uid = self.value(row, columns.SOP_INSTANCE)
        if header is None or (uid and header.text(SOP_INSTANCE_UID).encode("latin-1") != uid):
            return None
        return header

    def header_below(self, row: int) -> InstanceHeader | None:
        """Return the header of some file that a record, or one below it, references."""
        if row not in self._below:
            self._below[row] = self._search(row)
        return self._below[row]

    def _search(self, row: int) -> InstanceHeader | None:
        """Look for a file at and below a record."""
        header = self.header_of(row)
        stack = [self._links.lower[row]]
        leaves = steps = 0
        while header is None and stack and leaves < _MOST_LEAVES and steps < _MOST_STEPS:
            below = stack.pop()
            steps += 1
            if below < 0 or below == row:
                continue
            stack += (self._links.following[below], self._links.lower[below])
            leaves += bool(self.value(below, columns.FILE_ID))
            header = self.header_of(below)
        return header

    def agrees(self, owner: int, row: int) -> bool | None:
        """Return whether the files below a record belong to another record.

        None if there is no file, or if the type of the owner has no key in files.
        """
        tag = LEVEL_KEYS.get(self._table.types[owner])
        header = None if tag is None else self.header_below(row)
        if tag is None or header is None:
            return None
        return header.values.get(tag, (b"", b""))[1].strip(b" \0") == self.value(owner, tag)
