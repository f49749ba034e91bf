"""The edits of a File-set as plain data, and their repetition in a later run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dicomdir_studio.courtesy import giving_way
from dicomdir_studio.errors import FileSetError, OperationCancelledError, StudioError
from dicomdir_studio.fileset.adding import Adder
from dicomdir_studio.fileset.adding_many import stage_paths
from dicomdir_studio.fileset.changes import AddReport, Change
from dicomdir_studio.fileset.edit import Edit
from dicomdir_studio.fileset.record_bytes import record_bytes_of
from dicomdir_studio.fileset.rewriting import fingerprint, fingerprint_of
from dicomdir_studio.fileset.stage import top_most

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.fileset.rewriting import Rewriting
    from dicomdir_studio.monitor import Monitor

    AddPrivate = Callable[[str, RecordNode, str], Change]
    RewriteBy = Callable[[str, list[RecordNode]], Change]

_PRIVATE: Final = "PRIVATE"


class KnownInstance(NamedTuple):
    """An instance that edits refer to.

    Attributes
    ----------
    path : str
        The file that was added, "" for an instance that was on the medium.
    uid : str
        The SOP Instance UID.
    file_id : str
        Its File ID (with slashes) on the medium, "" for an addition.
    record : str
        The Private Record UID if a PRIVATE record references an addition (PS3.3 F.6.1).
    above : tuple of str
        The keys of the records above that one, from the highest.
    """

    path: str
    uid: str
    file_id: str = ""
    record: str = ""
    above: tuple[str, ...] = ()


class Step(NamedTuple):
    """One edit, with instances given by their indices in `History.instances`.

    Attributes
    ----------
    text : str
        What it was, in words.
    attached, detached, removed, restored : tuple of int
        As in the edit itself.
    found, lost : tuple of (int, str)
        Instances whose file was missing, with the file that was added for each.
    properties : dict of str to (object, object)
        Elements of the File-set, with the value before and after.
    rewritten : tuple of (str, str)
        Fingerprints of records before the edit, and how each was rewritten.
    """

    text: str
    attached: tuple[int, ...] = ()
    detached: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    restored: tuple[int, ...] = ()
    found: tuple[tuple[int, str], ...] = ()
    lost: tuple[tuple[int, str], ...] = ()
    properties: dict[str, tuple[Any, Any]] = {}  # noqa: RUF012 - never changed
    rewritten: tuple[tuple[str, str], ...] = ()


class History(NamedTuple):
    """Everything that can be undone and redone.

    Attributes
    ----------
    instances : list of KnownInstance
        The instances that the edits refer to.
    steps : list of Step
        The edits, oldest first; undone ones come last.
    undone : int
        How many of them were undone.
    """

    instances: list[KnownInstance]
    steps: list[Step]
    undone: int


class Replayed(NamedTuple):
    """The result of repeating edits.

    Attributes
    ----------
    change : Change
        What all of them together changed in the tree.
    additions : list of AddReport
        The results of edits whose files conflict with earlier content, including undone
        edits.
    """

    change: Change
    additions: list[AddReport]


class ReplayError(FileSetError):
    """The edits cannot be repeated as they were."""


def history_of(file_set: FileSetContents) -> History:
    """Return the edits of a File-set as plain data."""
    stage = file_set._stage
    done, undone = list(stage.done), list(stage.undone)
    places: dict[FileInstance, int] = {}

    def placed(instances: Iterable[FileInstance]) -> tuple[int, ...]:
        return tuple(places.setdefault(instance, len(places)) for instance in giving_way(instances))

    steps = [
        Step(
            edit.text,
            placed(edit.attached),
            placed(edit.detached),
            placed(edit.removed),
            placed(edit.restored),
            tuple((placed((one,))[0], source.given) for one, source in edit.found),
            tuple((placed((one,))[0], source.given) for one, source in edit.lost),
            dict(edit.properties),
            tuple(_as_data(rewriting) for rewriting in edit.rewritten),
        )
        for edit in (*done, *reversed(undone))
    ]
    known = [_known(instance) for instance in giving_way(places, 10)]
    return History(known, steps, len(undone))


def _known(instance: FileInstance) -> KnownInstance:
    """Return an instance as plain data."""
    uid, node = str(instance.SOPInstanceUID), instance.node
    if not instance._is_new:
        return KnownInstance("", uid, _file_id(instance))
    if node.record_type != _PRIVATE:
        return KnownInstance(str(instance.origin), uid)
    above = tuple(one.key for one in node.ancestors if not one.is_root)
    record = str(node.get("PrivateRecordUID"))
    return KnownInstance(str(instance.origin), uid, "", record, above[::-1])


def _file_id(instance: FileInstance) -> str:
    """Return the File ID of an instance on the medium, with slashes."""
    return "/".join(instance._file_id())


def _as_data(rewriting: Rewriting) -> tuple[str, str]:
    """Return a rewritten record as plain data."""
    before = rewriting.before
    raw = before.buffer[before.start : before.stop]
    if before.dataset is not None:
        raw = record_bytes_of(before.dataset, raw)
    return fingerprint(raw), rewriting.after.recipes[-1]


def replay(
    file_set: FileSetContents,
    history: History,
    *,
    add_private: AddPrivate,
    rewrite: RewriteBy,
    is_right: Callable[[], bool],
    monitor: Monitor,
) -> Replayed:
    """Repeat the edits of an earlier run, so that they can be undone one by one.

    Parameters
    ----------
    file_set : FileSetContents
        The File-set, as it is on the medium.
    history : History
        The edits.
    add_private : callable
        Stages a file below a PRIVATE record: path, record above, Private Record UID.
    rewrite : callable
        Rewrites records: how, as `RecordState.recipes` has it, and which.
    is_right : callable
        Checks at the end whether everything is as it was.
    monitor : Monitor
        Receives progress; can cancel.

    Returns
    -------
    Replayed
        The combined result, and the conflicts.

    Raises
    ------
    ReplayError
        If an edit cannot be repeated; nothing is staged then.
    OperationCancelledError
        If `monitor` cancelled; nothing is staged then.
    """
    stage = file_set._stage
    if stage.done or stage.undone:
        raise ReplayError("Something else is staged already")
    replaying = _Replaying(file_set, history, add_private, rewrite, monitor)
    findings = len(file_set._findings)
    try:
        for step in history.steps:
            replaying.make(step)
        for _ in range(history.undone):
            stage.undo()
        if not is_right():
            raise ReplayError("What is staged is not what was staged")
    except BaseException as error:
        while stage.done:
            stage.undo()
        stage.forget_undone()
        del file_set._findings[findings:]
        if isinstance(error, (KeyError, IndexError, ValueError, StudioError)) and not isinstance(
            error, OperationCancelledError
        ):
            raise ReplayError("The edits cannot be made again", why=str(error)) from error
        raise
    return Replayed(replaying.outcome(), replaying.disputed)


class _Replaying:
    """Repeats the edits of an earlier run."""

    def __init__(
        self,
        file_set: FileSetContents,
        history: History,
        add_private: AddPrivate,
        rewrite: RewriteBy,
        monitor: Monitor,
    ) -> None:
        self._file_set = file_set
        self._known = history.instances
        self._add_private = add_private
        self._rewrite_by = rewrite
        self._monitor = monitor
        self._made: dict[int, FileInstance] = {}
        self._loaded: dict[tuple[str, str], FileInstance] = {}
        self._came: dict[RecordNode, None] = {}
        self._altered: dict[FileInstance, None] = {}
        self._rewritten: dict[RecordNode, None] = {}
        self.disputed: list[AddReport] = []
        if any(not known.path for known in self._known):
            self._loaded = {
                (_file_id(one), str(one.SOPInstanceUID)): one for one in file_set._stage.known
            }

    def make(self, step: Step) -> None:
        """Repeat one edit."""
        stage = self._file_set._stage
        came = self._add(step)
        detached, removed = self._instances(step.detached), self._instances(step.removed)
        restored = self._instances(step.restored)
        lost = tuple((one, one._source) for one in self._instances(place for place, _ in step.lost))
        rest = Edit(
            "",
            detached=tuple(one for one in detached if one not in came.detached),
            removed=tuple(one for one in removed if one not in came.removed),
            restored=tuple(one for one in restored if one not in came.restored),
            properties=step.properties,
            lost=tuple((one, source) for one, source in lost if source is not None),
        )
        stage.apply(rest)
        edit = Edit(
            step.text,
            attached=came.attached,
            detached=detached,
            removed=removed,
            restored=restored,
            properties=step.properties,
            found=came.found,
            lost=rest.lost,
            rewritten=self._rewrite(step),
        )
        stage.record(edit)
        found = [one for one, _ in (*edit.found, *edit.lost)]
        self._altered.update(dict.fromkeys((*removed, *restored, *found)))

    def _instances(self, places: Iterable[int]) -> tuple[FileInstance, ...]:
        """Return the instances at places of the history."""
        return tuple(self._instance(place) for place in places)

    def _instance(self, place: int) -> FileInstance:
        """Return the instance at a place of the history."""
        known = self._known[place]
        return self._made[place] if known.path else self._loaded[known.file_id, known.uid]

    def _add(self, step: Step) -> Edit:
        """Stage the additions of an edit."""
        stage = self._file_set._stage
        added = [self._known[place] for place in step.attached]
        if any(known.record for known in added):
            instances = tuple(self._private(known) for known in added)
            self._made.update(zip(step.attached, instances, strict=True))
            return Edit("", attached=instances)
        if not added and not step.found:
            return Edit("")
        adder = Adder(
            stage,
            self._file_set._tree,
            snapshots=self._file_set._snapshots,
            fill=True,
            careful=True,
            replacing=bool(step.detached or step.removed),
        )
        paths = [known.path for known in added] + [path for _, path in step.found]
        report = stage_paths(adder, paths, self._monitor)
        came = adder.edit()
        uids = [str(one.SOPInstanceUID) for one in came.attached]
        if report.refused or uids != [known.uid for known in added]:
            adder.take_back()
            raise ReplayError("Files are not as they were", where=(*paths, "")[0])
        self._made.update(zip(step.attached, came.attached, strict=True))
        self._came.update(adder.came)
        self._file_set._findings += report.findings
        if report.conflicts:
            self.disputed.append(report)
        return came

    def _private(self, known: KnownInstance) -> FileInstance:
        """Stage a file below a PRIVATE record again."""
        above: RecordNode = self._file_set.tree
        for key in known.above:
            above = above[key]
        edits = len(self._file_set._stage.done)
        change = self._add_private(known.path, above, known.record)
        self._came.update(dict.fromkeys(change.attached))
        (instance,) = self._take_edit(edits).attached
        return instance

    def _rewrite(self, step: Step) -> tuple[Rewriting, ...]:
        """Rewrite the records of an edit again."""
        if not step.rewritten:
            return ()
        wanted = {before for before, _ in step.rewritten}
        (recipe,) = {recipe for _, recipe in step.rewritten}
        nodes = [node for node in self._file_set.tree if fingerprint_of(node) in wanted]
        if len(nodes) != len(step.rewritten):
            raise ReplayError("Records are not as they were")
        edits = len(self._file_set._stage.done)
        self._rewrite_by(recipe, nodes)
        edit = self._take_edit(edits)
        self._rewritten.update(dict.fromkeys(nodes))
        return edit.rewritten

    def _take_edit(self, before: int) -> Edit:
        """Return the one edit made since there were `before`; it becomes part of another."""
        done = self._file_set._stage.done
        if len(done) != before + 1:
            raise ReplayError("Nothing was changed where something had been")
        return done.pop()

    def outcome(self) -> Change:
        """Return what came of all edits together."""
        altered = tuple(one for one in self._altered if one.node._attached)
        rewritten = tuple(node for node in self._rewritten if node._attached)
        new = [node for node in self._came if node._attached]
        return Change(top_most(new), (), altered, True, rewritten)
