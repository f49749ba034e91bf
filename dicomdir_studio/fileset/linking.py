"""Where the offsets of Directory Records lead (PS3.3 Table F.3-3), and their repair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dicomdir_studio.fileset.changes import Finding, Severity

if TYPE_CHECKING:
    from dicomdir_studio.part10.directory_reader import DirectoryFile
    from dicomdir_studio.part10.table import DirectoryTable, Integers

ABSENT: Final = -1
NOWHERE: Final = -2
FIRST_OFFSET: Final = 0x00041200
_CONSISTENCY_FLAG: Final = 0x00041212
_SAMPLE: Final = 64
_CLAUSE: Final = "PS3.3 Table F.3-3"


@dataclass(slots=True)
class Links:
    """The links of all records as rows of the table.

    Attributes
    ----------
    following, lower : list of int
        Row of the next record and of the first lower one; -1 is none, -2 leads nowhere.
    first : int
        Row of the first record of the root Directory Entity.
    """

    following: list[int]
    lower: list[int]
    first: int


def resolve(directory: DirectoryFile, shift: int = 0) -> Links:
    """Return the links as the DICOMDIR states them, all offsets moved by `shift` bytes."""
    table = directory.table
    first = np.array([directory.number(FIRST_OFFSET)])
    return Links(
        table.rows_at(_moved(table.next, shift)).tolist(),
        table.rows_at(_moved(table.lower, shift)).tolist(),
        int(table.rows_at(_moved(first, shift))[0]),
    )


def _moved(offsets: Integers, shift: int) -> Integers:
    """Return offsets moved by some bytes, 0 (none) left as it is."""
    return np.where(offsets == 0, 0, offsets + shift) if shift else offsets


def repair(directory: DirectoryFile) -> tuple[Links, list[Finding]]:
    """Return links that lead as far as they can be made to, and what was repaired.

    All offsets may be wrong by the same amount, as after a header was changed
    without them; the offset of the first record may be missing or wrong.
    """
    findings: list[Finding] = []
    links = resolve(directory)
    table = directory.table
    if directory.number(_CONSISTENCY_FLAG):
        findings.append(
            Finding(
                Severity.WARNING,
                "The File-set Consistency Flag says that the File-set may be inconsistent",
                clause="PS3.3 F.3.2.1",
                remedy="It was read as it is; writing it clears the flag",
            )
        )
    if _astray(links):
        shift = _common_shift(directory)
        moved = resolve(directory, shift) if shift else links
        if _astray(moved) < _astray(links):
            findings.append(
                Finding(
                    Severity.ERROR,
                    f"All offsets are wrong by {-shift} bytes",
                    clause=_CLAUSE,
                    remedy="They were corrected",
                )
            )
            links = moved
    if links.first < 0 and len(table):
        links.first = _likely_first(table, links)
        findings.append(
            Finding(
                Severity.ERROR,
                "The offset of the first directory record is missing or points nowhere",
                clause="PS3.3 F.3.2.1",
                remedy=f"The record at offset {table.offsets[links.first]} was taken as the first",
            )
        )
    return links, findings


def _astray(links: Links) -> int:
    """Return how many links lead nowhere."""
    astray = links.following.count(NOWHERE) + links.lower.count(NOWHERE)
    return astray + (links.first == NOWHERE)


def _common_shift(directory: DirectoryFile) -> int:
    """Return by how much most offsets are wrong, 0 if they agree on nothing."""
    table = directory.table
    stated = np.concatenate(
        (np.array([directory.number(FIRST_OFFSET)]), table.lower[:_SAMPLE], table.next[:_SAMPLE])
    )
    stated = stated[stated != 0]
    if not len(stated) or not len(table):
        return 0
    candidates = (table.offsets[:_SAMPLE, None] - stated[None, :]).ravel()
    shifts, votes = np.unique(candidates[candidates != 0], return_counts=True)
    best, most = 0, 0
    for shift in shifts[np.argsort(votes)[::-1][:8]].tolist():
        hits = int((table.rows_at(stated + shift) >= 0).sum())
        if hits > most:
            best, most = shift, hits
    return int(best)


def _likely_first(table: DirectoryTable, links: Links) -> int:
    """Return the first record that no other one leads to."""
    led_to = {row for row in (*links.following, *links.lower) if row >= 0}
    return next((row for row in range(len(table)) if row not in led_to), 0)
