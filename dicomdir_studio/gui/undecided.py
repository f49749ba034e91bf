"""The conflicts that the user put off, which are to be decided before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.fileset import Answer, ConflictKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.fileset import Conflict, FileSet
    from dicomdir_studio.session.adding import Addition


class Undecided:
    """What is not decided in one File-set.

    Whether a conflict is still there is asked of the File-set each time: undo, a reverted
    addition and a write end it, redo brings it back.
    """

    def __init__(self) -> None:
        self._additions: list[Addition] = []
        self._settled: list[Conflict] = []

    def ask(self, addition: Addition) -> None:
        """Remember an addition that there is something to decide about."""
        if not any(one is addition for one in self._additions):
            self._additions.append(addition)

    def settle(self, answers: Iterable[tuple[Conflict, Answer]]) -> None:
        """Note what was decided.

        What is left out comes back by undo, and with it the question; the other answers stand.
        """
        self._settled += [
            conflict
            for conflict, answer in answers
            if answer is not Answer.LEAVE_OUT or conflict.kind is ConflictKind.CONTENT
        ]

    def restore(self, additions: Iterable[Addition], decided: Iterable[Conflict]) -> None:
        """Remember what an earlier run had asked, and what had been decided then."""
        self._additions += additions
        self._settled += decided

    def known(self, file_set: FileSet | None) -> tuple[list[Conflict], list[Conflict]]:
        """Return what is decided and what is not, undone additions included.

        A file that was refused is undecided only as long as its addition is there.
        """
        settled = {id(one) for one in self._settled}
        there = {id(one) for _addition, some in self.all(file_set) for one in some}
        return list(self._settled), [
            one
            for addition in self._additions
            for one in addition.report.conflicts
            if id(one) not in settled and (one.kind is not ConflictKind.CONTENT or id(one) in there)
        ]

    def of(self, addition: Addition, file_set: FileSet | None) -> list[Conflict]:
        """Return what is not decided of an addition, and still there."""
        if file_set is None or not is_staged(addition, file_set):
            return []
        settled = {id(one) for one in self._settled}
        return [
            one
            for one in addition.report.conflicts
            if id(one) not in settled and _is_there(one, file_set)
        ]

    def all(self, file_set: FileSet | None) -> list[tuple[Addition, list[Conflict]]]:
        """Return the additions of which something is not decided, each with what it is."""
        asked = ((one, self.of(one, file_set)) for one in self._additions)
        return [(addition, conflicts) for addition, conflicts in asked if conflicts]

    def files(self, file_set: FileSet | None) -> set[str]:
        """Return the files of all conflicts that are not decided."""
        return {
            path for _addition, some in self.all(file_set) for one in some for path in one.files
        }

    def count(self, file_set: FileSet | None) -> int:
        """Return how many conflicts are not decided."""
        return sum(len(conflicts) for _addition, conflicts in self.all(file_set))


def is_staged(addition: Addition, file_set: FileSet) -> bool:
    """Return whether something of an addition is staged still; True if nothing ever was."""
    added, restored = addition.report.added, addition.report.restored
    return (
        not (added or restored)
        or any(one.for_addition and one in file_set for one in added)
        or any(one in file_set for one in restored)
    )


def _is_there(conflict: Conflict, file_set: FileSet) -> bool:
    """Return whether both sides of a conflict are still there."""
    if conflict.kind is ConflictKind.CONTENT:
        return conflict.known.instance in file_set
    return bool(conflict.instances)
