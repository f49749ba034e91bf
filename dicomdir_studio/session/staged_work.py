"""What is staged in a File-set as plain data, and how it is staged again."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from dicomdir_studio.courtesy import giving_way, let_go
from dicomdir_studio.errors import FileSetError, OperationCancelledError, StudioError
from dicomdir_studio.fileset import ReplayError
from dicomdir_studio.session.adding import Addition, add_sources
from dicomdir_studio.session.decided import Decided, as_data, decided_among
from dicomdir_studio.session.export import file_id_of
from dicomdir_studio.session.private_records import add_private
from dicomdir_studio.session.rewriting import left_to_rewrite, rewrite_again, rewrite_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomdir_studio.fileset import Change, Conflict, FileInstance, FileSet, History, RecordNode
    from dicomdir_studio.fileset.rewriting import RewrittenRecord
    from dicomdir_studio.monitor import Monitor

_PRIVATE: Final = "PRIVATE"
_BETWEEN_PAUSES: Final = 100
_BETWEEN_LOOKS: Final = 10
_PAUSE_SECONDS: Final = 0.002
T = TypeVar("T")


class StagedAddition(NamedTuple):
    """A file staged for addition.

    Attributes
    ----------
    path : str
        The file.
    uid : str
        The SOP Instance UID, by which one sees that it was written since.
    record : str
        The Private Record UID if a PRIVATE record references it (PS3.3 F.6.1), else empty.
    above : tuple of str
        The keys of the records above that one, from the highest.
    """

    path: str
    uid: str
    record: str = ""
    above: tuple[str, ...] = ()


@dataclass(frozen=True)
class StagedWork:
    """What is staged in one File-set, as plain data.

    Attributes
    ----------
    root : str
        The File-set's folder, or the image or archive that it came out of; empty for a new
        one that has none yet.
    uid : str
        Its File-set UID, which tells new ones apart.
    additions : list of StagedAddition
        The files staged for addition.
    removals : list of (str, str)
        File ID (with slashes) and SOP Instance UID of each staged removal.
    properties : dict of str
        The staged properties by their names in `FileSet.edit_properties`.
    records : list of RewrittenRecord
        The records that are to be written otherwise.
    history : History or None
        How it came about: the edits that can be undone and made again. None where only
        the outcome is known.
    saved : float
        When, in seconds since the epoch.
    decided : list of Decided
        Conflicts of the additions that were decided about; all others are open.
    disputed : list of str
        Files that were refused since an instance with their UID is there, of which nobody
        has decided which of the two is to go in.
    home : str
        The folder that a new File-set is to be in; empty if nobody has said.
    """

    root: str
    uid: str
    additions: list[StagedAddition] = field(default_factory=list)
    removals: list[tuple[str, str]] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    saved: float = 0.0
    records: list[RewrittenRecord] = field(default_factory=list)
    history: History | None = None
    decided: list[Decided] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)
    home: str = ""

    @classmethod
    def of(cls, file_set: FileSet) -> StagedWork:
        """Return what is staged in `file_set` now; edits by other threads are waited for."""
        additions, removals, history = _snapshot(file_set)
        root = root_of(file_set)
        return cls(
            os.path.abspath(root) if root else "",
            str(file_set.UID),
            [_addition(one) for one in politely(additions) if one.path],
            [_identity(one) for one in politely(removals)],
            {name: new for name, (_old, new) in file_set.staged_properties.items()},
            time.time(),
            file_set.rewritten_as_data(),
            history,
        )

    @property
    def is_empty(self) -> bool:
        """Return True if nothing is staged and nothing is to be decided."""
        return not (self.stages or self.disputed)

    @property
    def stages(self) -> bool:
        """Return whether something is staged, and not only to be decided."""
        return bool(self.additions or self.removals or self.properties or self.records)

    @property
    def key(self) -> str:
        """Return what the File-set is known by: its folder, or its UID while it has none."""
        return os.path.normcase(self.root) if self.root else f"new {self.uid}"

    def knowing(self, decided: Iterable[Conflict], undecided: Iterable[Conflict]) -> StagedWork:
        """Return this work with what is, and what is not, decided of its conflicts."""
        settled, disputed = as_data(decided, undecided)
        return replace(self, decided=settled, disputed=disputed)

    def with_(self, later: StagedWork) -> StagedWork:
        """Return this work and a later one of the same File-set as one."""
        return replace(
            later,
            additions=list(dict.fromkeys((*self.additions, *later.additions))),
            removals=list(dict.fromkeys((*self.removals, *later.removals))),
            properties={**self.properties, **later.properties},
            records=list(dict.fromkeys((*self.records, *later.records))),
            history=None,
            decided=list(dict.fromkeys((*self.decided, *later.decided))),
            disputed=list(dict.fromkeys((*self.disputed, *later.disputed))),
            home=later.home or self.home,
        )

    def let_go(self) -> None:
        """Empty the lists, a little at a time: nobody needs this work any more."""
        let_go(self.additions)
        let_go(self.removals)
        if self.history is not None:
            let_go(self.history.instances)

    def is_same(self, other: StagedWork) -> bool:
        """Return whether the same is staged, in whatever order it was."""
        return (
            set(self.additions) == set(other.additions)
            and set(self.removals) == set(other.removals)
            and self.properties == other.properties
            and set(self.records) == set(other.records)
        )

    def left_to_do(self, file_set: FileSet) -> StagedWork:
        """Return what of it `file_set` does not have yet: a write may have come to its end."""
        present: set[str] = set()
        gone: set[tuple[str, str]] = set()
        if self.additions or self.removals:
            instances = list(file_set)
            present = {str(one.SOPInstanceUID) for one in instances} if self.additions else present
            gone = set(self.removals) - {_identity(one) for one in instances if self.removals}
        left = replace(
            self,
            additions=[one for one in self.additions if one.uid not in present],
            removals=[one for one in self.removals if one not in gone],
            properties={
                name: value
                for name, value in self.properties.items()
                if getattr(file_set, name) != value
            },
            records=left_to_rewrite(file_set, self.records),
        )
        return left if left.is_same(self) else replace(left, history=None)


@dataclass
class Restored:
    """What came of restoring staged work.

    Attributes
    ----------
    additions : int
        How many instances are staged for addition again.
    removals : int
        How many are staged for removal again.
    refused : list of (str, StudioError)
        Files, removals and properties that no longer apply, each with its reason.
    findings : list of Finding
        What is odd about the files.
    changes : list of Change
        What changed in the tree.
    disputed : list of Addition
        The additions whose files contradict what is there, decided or not.
    decided : list of Conflict
        Those of their conflicts that were decided about then.
    is_question : bool
        Whether nothing was staged, and only something to be decided.
    """

    additions: int = 0
    removals: int = 0
    refused: list[tuple[str, StudioError]] = field(default_factory=list)
    findings: list[Any] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    disputed: list[Addition] = field(default_factory=list)
    decided: list[Conflict] = field(default_factory=list)
    is_question: bool = False

    def sort_out(self, work: StagedWork) -> None:
        """Note which conflicts had been decided: they are not asked about again."""
        found = [one for addition in self.disputed for one in addition.report.conflicts]
        self.decided = decided_among(found, work.decided)
        told = {one.what for one in self.decided}
        self.findings = [one for one in self.findings if one.what not in told]


def root_of(file_set: FileSet) -> str | None:
    """Return what a File-set is opened by again: not where an image of it lies unpacked."""
    return file_set.opened_from or file_set.path


def restore(file_set: FileSet, work: StagedWork, *, monitor: Monitor | None = None) -> Restored:
    """Stage `work` in `file_set` again, as far as it still applies.

    Where all is as it was, the edits are those of then, to be undone one by one, and those
    that were undone can be made again. Else each of properties, removals, additions, PRIVATE
    records and ways in which records are rewritten is an undoable edit.

    Raises
    ------
    OperationCancelledError
        If the monitor says so; nothing of it is staged then.
    """
    if work.history is not None:
        with suppress(ReplayError):
            return _replayed(file_set, work, work.history, monitor)
    done = Restored()
    try:
        _restore_all(file_set, work, done, monitor)
        _restore_disputes(file_set, work, done, monitor)
    except OperationCancelledError:
        for _ in done.changes:
            file_set.undo()
        raise
    return done


def _restore_disputes(
    file_set: FileSet, work: StagedWork, done: Restored, monitor: Monitor | None
) -> None:
    """Ask again what was not decided."""
    if work.disputed:
        report = file_set.disputed(work.disputed, monitor=monitor)
        done.refused += [(one.path, one.error) for one in report.refused]
        if report.conflicts:
            done.disputed.append(Addition(report))
    done.is_question = not work.stages
    done.sort_out(work)


def _replayed(
    file_set: FileSet, work: StagedWork, history: History, monitor: Monitor | None
) -> Restored:
    """Make the very edits again; ReplayError if they do not lead where they led."""
    known = len(file_set.findings)
    change, disputed = file_set.replay(
        history,
        add_private=lambda path, above, record: add_private(file_set, path, above, record),
        rewrite=lambda recipe, nodes: rewrite_by(file_set, recipe, nodes, monitor),
        is_right=lambda: work.is_same(StagedWork.of(file_set)),
        monitor=monitor,
    )
    found = file_set.findings[known:]
    done = Restored(len(work.additions), len(work.removals), [], found, [change])
    done.disputed = [Addition(report) for report in disputed]
    _restore_disputes(file_set, work, done, None)  # all is staged: too late to cancel
    return done


def _restore_all(
    file_set: FileSet, work: StagedWork, done: Restored, monitor: Monitor | None
) -> None:
    """Stage work again and note in `done` what came of it."""
    if work.properties:
        try:
            done.changes.append(file_set.edit_properties(**work.properties))
        except StudioError as error:
            done.refused.append(("File-set properties", error))
    _restore_removals(file_set, work, done)
    _restore_additions(file_set, work, done, monitor)
    changes, gone = rewrite_again(file_set, work.records, monitor)
    done.changes += changes
    done.refused += gone


def _restore_additions(
    file_set: FileSet, work: StagedWork, done: Restored, monitor: Monitor | None
) -> None:
    """Stage additions again."""
    files = [one.path for one in work.additions if not one.record]
    if files:
        _note(done, add_sources(file_set, files, monitor=monitor))
    for addition in work.additions:
        if addition.record:
            _restore_private(file_set, addition, done)


def _restore_removals(file_set: FileSet, work: StagedWork, done: Restored) -> None:
    """Stage removals again."""
    by_identity = {_identity(one): one for one in file_set} if work.removals else {}
    removed = []
    for identity in work.removals:
        instance = by_identity.get(identity)
        if instance is None:
            gone = FileSetError("The instance is not in the File-set any more", where=identity[0])
            done.refused.append((identity[0], gone))
        else:
            removed.append(instance)
    if removed:
        done.changes.append(file_set.stage_removal(removed))
    done.removals = len(removed)


def _restore_private(file_set: FileSet, addition: StagedAddition, done: Restored) -> None:
    """Stage a PRIVATE record again, below the record that it was below."""
    above: RecordNode = file_set.tree
    try:
        for key in addition.above:
            above = above[key]
        done.changes.append(add_private(file_set, addition.path, above, addition.record))
    except StudioError as error:
        done.refused.append((addition.path, error))
    except KeyError:
        gone = FileSetError("The record above is not in the File-set any more")
        done.refused.append((addition.path, gone))
    else:
        done.additions += 1


def _note(done: Restored, addition: Addition) -> None:
    """Note what came of adding files."""
    done.additions += addition.staged
    done.refused += addition.refused
    done.findings += addition.report.findings
    if addition.report.conflicts:
        done.disputed.append(addition)
    if addition.report.change:
        done.changes.append(addition.report.change)


def _snapshot(file_set: FileSet) -> tuple[list[FileInstance], list[FileInstance], History | None]:
    """Return what is staged for addition and for removal, and how that came about."""
    while True:
        try:
            staged = list(file_set.staged_additions), list(file_set.staged_removals)
            return *staged, file_set.history()
        except RuntimeError:  # another thread has just staged something
            time.sleep(_PAUSE_SECONDS)


def politely(values: Iterable[T]) -> Iterator[T]:
    """Yield values with pauses between, in which other threads go on: nobody waits for this."""
    for number, value in enumerate(giving_way(values, _BETWEEN_LOOKS)):
        if number % _BETWEEN_PAUSES == 0:
            time.sleep(_PAUSE_SECONDS)
        yield value


def _addition(instance: FileInstance) -> StagedAddition:
    """Return an instance staged for addition as plain data."""
    path, uid, node = str(instance.origin), str(instance.SOPInstanceUID), instance.node
    if node.record_type != _PRIVATE:
        return StagedAddition(path, uid)
    above = tuple(one.key for one in node.ancestors if not one.is_root)
    return StagedAddition(path, uid, str(node.get("PrivateRecordUID")), above[::-1])


def _identity(instance: FileInstance) -> tuple[str, str]:
    """Return what tells one recorded instance from all others."""
    return file_id_of(instance) or "", str(instance.SOPInstanceUID)
