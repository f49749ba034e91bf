"""What the user decided about conflicts, as plain data that outlives the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicomdir_studio.fileset import ConflictKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.fileset import Conflict


class Decided(NamedTuple):
    """A conflict that the user decided about, other than by leaving files out.

    Attributes
    ----------
    kind, key, there, came : str
        As in `Conflict`.
    files : frozenset of str
        The files that it was about.
    """

    kind: str
    key: str
    there: str
    came: str
    files: frozenset[str]

    @classmethod
    def of(cls, conflict: Conflict) -> Decided:
        """Return a conflict as plain data."""
        there = conflict.there if conflict.kind is not ConflictKind.CONTENT else ""
        files = frozenset(conflict.files)
        return cls(str(conflict.kind), conflict.key, there, conflict.came, files)

    def covers(self, other: Decided) -> bool:
        """Return whether another is the same conflict, about no further file."""
        return self[:4] == other[:4] and self.files >= other.files


def as_data(
    decided: Iterable[Conflict], undecided: Iterable[Conflict]
) -> tuple[list[Decided], list[str]]:
    """Return what is decided, and the files that were refused and wait for a decision.

    Where the very same came again and waits, the question counts and not the answer.
    """
    waiting = [(one, Decided.of(one)) for one in undecided]
    settled = [
        one
        for one in map(Decided.of, decided)
        if not any(one[:4] == asked[:4] and one.files & asked.files for _, asked in waiting)
    ]
    refused = (one.files for one, _ in waiting if one.kind is ConflictKind.CONTENT)
    return settled, list(dict.fromkeys(path for files in refused for path in files))


def decided_among(found: Iterable[Conflict], decided: Iterable[Decided]) -> list[Conflict]:
    """Return those of the conflicts found that the user had decided about."""
    known = list(decided)
    asked = ((conflict, Decided.of(conflict)) for conflict in found)
    return [conflict for conflict, one in asked if any(had.covers(one) for had in known)]
