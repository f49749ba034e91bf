"""The links between Directory Records (PS3.3 Table F.3-3), and the repair of shifted offsets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import np
from dicomdir_studio.fileset.changes import Severity
from dicomdir_studio.part10.table import compact
from dicomdir_studio.phrases import said
from dicomdir_studio.standard.records import RETIRED_RECORD_TYPES, ROOT, record_type_named

if TYPE_CHECKING:
    from array import array

    from dicomdir_studio.fileset.notices import Notices
    from dicomdir_studio.part10.directory_reader import DirectoryFile
    from dicomdir_studio.part10.table import DirectoryTable, Integers

ABSENT: Final = -1
NOWHERE: Final = -2
FIRST_OFFSET: Final = 0x00041200
LAST_OFFSET: Final = 0x00041202
LINKS_CLAUSE: Final = "PS3.3 Table F.3-3"
_SAMPLE: Final = 64
_CANDIDATES: Final = 16
_MOST_SHIFTS: Final = 8


@dataclass(slots=True)
class Links:
    """The links of all records as rows of the table.

    Attributes
    ----------
    following, lower : array of int
        Row of the next record and of the first lower one; -1 is none, -2 leads nowhere.
    first : int
        Row of the first record of the root Directory Entity.
    known_sound : bool
        Whether `is_sound` was found to hold.
    """

    following: array[int]
    lower: array[int]
    first: int
    known_sound: bool = False


@dataclass(slots=True)
class _Rows:
    """Links in a form for checking them as a whole."""

    following: Integers
    lower: Integers
    first: int

    def links(self, *, known_sound: bool = False) -> Links:
        """Return them to be followed."""
        return Links(compact(self.following), compact(self.lower), self.first, known_sound)

    def are_sound(self) -> bool:
        """Return whether the links lead once to every record, from the first one on."""
        count, first = len(self.following), self.first
        if first < 0 or (self.following == NOWHERE).any() or (self.lower == NOWHERE).any():
            return False
        if (incoming_counts(self.following, self.lower, first, count) != 1).any():
            return False
        before, ahead = np.arange(count), True
        for targets in (self.following, self.lower):
            sources = np.flatnonzero(targets >= 0)
            before[targets[sources]] = sources
            ahead = ahead and bool((targets[sources] > sources).all())
        if ahead:
            return True  # nothing leads back, so that all ways come from where none leads to
        before[first] = first
        for _ in range(max(count.bit_length(), 1)):
            before = before[before]
        return bool((before == first).all())


def resolve(directory: DirectoryFile) -> Links:
    """Return the links as the DICOMDIR states them."""
    return _rows(directory).links()


def _rows(directory: DirectoryFile, shift: int = 0) -> _Rows:
    """Return the rows that the offsets lead to, all offsets moved by `shift` bytes."""
    table = directory.table
    first = np.array([directory.number(FIRST_OFFSET)])
    return _Rows(
        table.rows_at(_moved(table.next, shift)),
        table.rows_at(_moved(table.lower, shift)),
        int(table.rows_at(_moved(first, shift))[0]),
    )


def _moved(offsets: Integers, shift: int) -> Integers:
    """Return offsets moved by some bytes, 0 (none) left as it is."""
    return np.where(offsets == 0, 0, offsets + shift) if shift else offsets


# What may follow and lie below what


@lru_cache(maxsize=4096)
def may_follow(kind: str, next_kind: str) -> bool:
    """Return whether records of two types can lie in one Directory Entity (PS3.3 F.4)."""
    first, second = record_type_named(kind), record_type_named(next_kind)
    if first is None or second is None or "PRIVATE" in (kind, next_kind):
        return True
    return bool((set(first.parents) & set(second.parents)) - {"PRIVATE"})


@lru_cache(maxsize=4096)
def may_lie_below(kind: str, upper: str) -> bool:
    """Return whether a record may lie below one of another type, `ROOT` included.

    Retired and unknown types are allowed anywhere.
    """
    record_type = record_type_named(kind)
    if record_type is None or kind == "PRIVATE" or upper in ("PRIVATE", "TOPIC"):
        return True
    if upper != ROOT and record_type_named(upper) is None:
        return True
    return upper in record_type.parents


def _oddities(table: DirectoryTable, rows: _Rows) -> int:
    """Return the number of faulty links: to nowhere, of unlikely types, or to one record."""
    kinds, codes = np.unique(np.array(table.types), return_inverse=True)
    names = kinds.tolist()
    follows = np.array([[may_follow(one, other) for other in names] for one in names])
    below = np.array([[may_lie_below(other, one) for other in names] for one in names])
    total = 0
    for targets, allowed in ((rows.following, follows), (rows.lower, below)):
        sources = np.flatnonzero(targets >= 0)
        total += int((targets == NOWHERE).sum())
        total += int((~allowed[codes[sources], codes[targets[sources]]]).sum())
    counts = incoming_counts(rows.following, rows.lower, rows.first, len(table))
    total += int(np.abs(counts - 1).sum())
    first_kind = table.types[rows.first] if rows.first >= 0 else ""
    return total + (rows.first < 0 or not may_lie_below(first_kind, ROOT))


def incoming_counts(following: Integers, lower: Integers, first: int, count: int) -> Integers:
    """Return how many links lead to each record."""
    targets = np.concatenate((following[following >= 0], lower[lower >= 0]))
    counts = np.bincount(targets, minlength=count)
    if first >= 0:
        counts[first] += 1
    return counts


def is_sound(links: Links) -> bool:
    """Return whether the links lead once to every record, from the first one on."""
    if links.known_sound:
        return True
    return _Rows(np.array(links.following), np.array(links.lower), links.first).are_sound()


# Offsets that are wrong by some amount


def unshifted(directory: DirectoryFile, notices: Notices) -> Links:
    """Return the links, those corrected that are all wrong by the same amount.

    All offsets are shifted if the header was changed without updating them; those after
    some position are if bytes were lost there.
    """
    table = directory.table
    rows = _rows(directory)
    if rows.are_sound():
        return rows.links(known_sound=True)
    oddities = _oddities(table, rows)
    best, shift = rows, 0
    for candidate in _shifts(directory):
        moved = _rows(directory, candidate)
        left = _oddities(table, moved)
        if left < oddities:
            best, shift, oddities = moved, candidate, left
    if shift:
        notices.note(
            Severity.ERROR,
            said("All offsets are wrong by {0} bytes", -shift),
            clause=LINKS_CLAUSE,
            remedy=said("They were corrected"),
        )
    _correct_parts(directory, best, shift, notices)
    return best.links()


def _shifts(directory: DirectoryFile) -> list[int]:
    """Return the amounts by which most offsets may be shifted."""
    table = directory.table
    stated = np.concatenate(
        (np.array([directory.number(FIRST_OFFSET)]), table.lower[:_SAMPLE], table.next[:_SAMPLE])
    )
    stated = stated[stated != 0]
    candidates = (table.offsets[:_SAMPLE, None] - stated[None, :]).ravel()
    shifts, votes = np.unique(candidates[candidates != 0], return_counts=True)
    likely = shifts[np.argsort(votes)[::-1][:_CANDIDATES]].tolist()
    # The first record of the file is nearly always the first of all.
    return [*likely, *candidates[: min(len(stated), 1)].tolist()]


def _correct_parts(directory: DirectoryFile, rows: _Rows, shift: int, notices: Notices) -> None:
    """Correct offsets that lead nowhere, if many are wrong by one amount."""
    table = directory.table
    columns = ((rows.following, table.next), (rows.lower, table.lower))
    for _ in range(_MOST_SHIFTS):
        astray = np.concatenate([stated[targets == NOWHERE] + shift for targets, stated in columns])
        amount, hits = _best_shift(table, astray)
        if hits < 2:
            return
        corrected = 0
        for targets, stated in columns:
            wrong = np.flatnonzero(targets == NOWHERE)
            found = table.rows_at(stated[wrong] + shift + amount)
            targets[wrong[found >= 0]] = found[found >= 0]
            corrected += int((found >= 0).sum())
        notices.note(
            Severity.ERROR,
            said("{0} offsets are wrong by {1} bytes", corrected, -amount),
            clause=LINKS_CLAUSE,
            remedy=said("They were corrected"),
        )


def _best_shift(table: DirectoryTable, astray: Integers) -> tuple[int, int]:
    """Return the shift that leads most stray offsets to a record, and how many."""
    if len(astray) < 2:
        return 0, 0
    sample = astray[:: max(len(astray) // _SAMPLE, 1)][:_SAMPLE]
    near = np.searchsorted(table.offsets, sample)
    around = np.clip(near[:, None] + np.arange(-4, 4)[None, :], 0, len(table) - 1)
    candidates = (table.offsets[around] - sample[:, None]).ravel()
    shifts, votes = np.unique(candidates, return_counts=True)
    best, most = 0, 0
    for amount in shifts[np.argsort(votes)[::-1][:_CANDIDATES]].tolist():
        found = table.rows_at(astray + amount)
        # Offsets that are all the same say nothing about where they should lead.
        hits = len(np.unique(found[found >= 0]))
        if hits > most and 2 * hits > int((found >= 0).sum()):
            best, most = amount, hits
    return best, most


__all__ = [
    "ABSENT", "FIRST_OFFSET", "LAST_OFFSET", "LINKS_CLAUSE", "NOWHERE", "RETIRED_RECORD_TYPES",
    "Links", "incoming_counts", "is_sound", "may_follow", "may_lie_below", "resolve", "unshifted",
]  # fmt: skip
