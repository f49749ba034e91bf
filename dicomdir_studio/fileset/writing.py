"""Executes plans through the storage layer, then reads back what was written."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import (
    FileSetError,
    OperationCancelledError,
    SourceChangedError,
    StorageError,
    StudioError,
)
from dicomdir_studio.fileset.adopting import Adoption
from dicomdir_studio.fileset.contents import FileSetContents
from dicomdir_studio.fileset.cut_short import recover_for
from dicomdir_studio.fileset.opened import stamp_of
from dicomdir_studio.fileset.planning import Planner
from dicomdir_studio.fileset.properties import head_of
from dicomdir_studio.fileset.target_folder import DICOMDIR
from dicomdir_studio.fileset.verifying import verify_written
from dicomdir_studio.fileset.write_plan import Target, WriteOptions, WritePlan, WriteReceipt
from dicomdir_studio.garbage import paused_collection
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.phrases import said
from dicomdir_studio.rereading import medium_fails, reread
from dicomdir_studio.storage import (
    LinkTo,
    UnfinishedUndoError,
    UnfinishedWriteError,
    execute,
    from_os_error,
    recover,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.storage import RecoveryReport

    PathLike = str | os.PathLike[str]

_ALPHANUMERIC_FROM: Final = 10**6
_MOST_INSTANCES: Final = 35**6
_MANY: Final = 1_000


class TooManyInstancesError(FileSetError, NotImplementedError):
    """There are more instances than the layout has File IDs."""


class NotReadBackError(StorageError):
    """What was written, all of it, cannot be read back now."""


class PlanRefusedError(StudioError, OSError):
    """The plan cannot be executed, for the reasons that it lists."""


def carry_out(
    plan: WritePlan, monitor: Monitor, *, digests: bool, meanwhile: Callable[[], None] | None
) -> WriteReceipt:
    """Execute a plan, computing the SHA-256 of every copied file on request.

    `meanwhile` is called while written data is being flushed to the medium.

    Raises
    ------
    SourceChangedError
        If a source is missing or differs from when it was staged.
    PlanRefusedError
        If the plan has other problems.
    StudioError
        Whatever else storage raises; the previous state is kept unless it says otherwise.
    """
    if plan.changed_sources:
        raise SourceChangedError(
            said("A source file is gone or was changed since it was added"),
            where=plan.changed_sources[0],
            why=said("{0} such files in all", len(plan.changed_sources)),
            remedy=said("Add it again, or remove it from the staged changes"),
        )
    if plan.problems:
        raise PlanRefusedError(
            said("The File-set cannot be written"),
            where=plan.root,
            why="; ".join(plan.problems),
        )
    storage_plan = plan.storage_plan.with_checksum(digests)
    receipt = execute(storage_plan, monitor=monitor, meanwhile=meanwhile)
    return WriteReceipt(
        receipt.files, receipt.bytes, receipt.digests, False, receipt.seconds, plan.findings
    )


def _digest_of(path: PathLike) -> str:
    """Return the SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _index_of(plan: WritePlan) -> str:
    """Return the path of the DICOMDIR after executing a plan."""
    return os.path.join(plan.root, plan.storage_plan.stages[-1].replace.name)


class Writer:
    """Plans and writes one File-set.

    Parameters
    ----------
    file_set : FileSetContents
        The File-set.
    """

    def __init__(self, file_set: FileSetContents) -> None:
        self._file_set = file_set

    def check(self, path: PathLike | None, *, use_existing: bool) -> None:
        """Raise for arguments of `write` that contradict the File-set."""
        root = self._file_set.path
        if not path and root is None:
            raise FileSetError("The path to the root directory is required for a new File-set")
        if path and root is not None:
            raise FileSetError(
                "The path for an existing File-set cannot be changed, use "
                "'FileSet.copy()' to write the File-set to a new location"
            )
        if use_existing and self._file_set.staged_additions:
            raise FileSetError(
                "'Fileset.write()' called with 'use_existing' but additions "
                "to the File-set's managed instances are staged",
                remedy="Use layout=Layout.KEEP, which takes additions too",
            )

    def has_edited_records(self) -> bool:
        """Return whether a record was modified by the caller."""
        return any(
            node._dataset is not None and node._encoded() != node._buffer[node._start : node._stop]
            for node in self._file_set.tree
        )

    def plan(
        self, path: PathLike | None, options: WriteOptions, monitor: Monitor | None = None
    ) -> WritePlan:
        """Plan the write of the File-set itself."""
        self.check(path, use_existing=False)
        root = self._file_set.path if path is None else os.path.realpath(path)
        opened, name = self._file_set._opened, self._index_name()
        return self._plan(
            Target(
                str(root),
                options,
                is_copy=False,
                alphanumeric=self._alphanumeric(),
                index_name=name,
                index_digest=opened.digest if opened and opened.path.name == name else "",
            ),
            monitor,
        )

    def plan_copy(
        self,
        path: PathLike,
        options: WriteOptions,
        monitor: Monitor | None = None,
        without: frozenset[FileInstance] = frozenset(),
    ) -> WritePlan:
        """Plan a copy of the File-set."""
        root = os.path.realpath(path)
        if self._file_set.path is not None and root == os.path.realpath(self._file_set.path):
            raise FileSetError("Cannot copy the File-set as the 'path' is unchanged")
        target = Target(
            root, options, is_copy=True, alphanumeric=self._alphanumeric(), without=without
        )
        return self._plan(target, monitor)

    def _plan(self, target: Target, monitor: Monitor | None) -> WritePlan:
        """Plan for a target."""
        file_set = self._file_set
        opened = file_set._opened
        head = head_of(file_set._stage.properties, opened.directory if opened else None)
        version = file_set._stage.version
        kept = "" if target.is_copy else file_set._kept_from_writing
        try:
            with paused_collection():
                plan = Planner(file_set.tree, file_set.path, head, target, version).plan()
        except StudioError as error:
            if kept:  # as files may have got other names since
                raise FileSetError(kept, where=target.root) from error
            raise
        if kept:
            plan = plan._replace(problems=(kept, *plan.problems))
        if target.options.compare and (plan.is_copy or plan.renames):
            touched = (one for one in self._touched(plan) if one not in target.without)
            from dicomdir_studio.fileset.identity import contradictions

            found = contradictions(touched, monitor or Monitor())
            plan = plan._replace(findings=tuple(found))
        return plan

    def _touched(self, plan: WritePlan) -> Iterator[FileInstance]:
        """Yield the instances on the medium whose files a plan copies or renames.

        Those staged for addition have records made of their files.
        """
        root = self._file_set.path or ""
        renamed = {os.path.join(root, *before.split("/")) for before, _ in plan.renames}
        for instance in self._file_set._stage.present:
            if not instance._is_new and (plan.is_copy or instance._located in renamed):
                yield instance

    def _index_name(self) -> str:
        """Return the name of the DICOMDIR as it is on the medium.

        Where it is written in another case, that very file has to be replaced.
        """
        opened = self._file_set._opened
        name = opened.path.name if opened is not None else DICOMDIR
        return name if name.casefold() == DICOMDIR.casefold() else DICOMDIR

    def _alphanumeric(self) -> bool:
        """Return whether File IDs count with letters too."""
        count = len(self._file_set)
        if count > _MOST_INSTANCES:
            raise TooManyInstancesError(
                "DICOMDIR Studio doesn't support writing File-sets with more than "
                f"{_MOST_INSTANCES} managed instances",
                remedy=said("Divide the instances over several File-sets"),
            )
        if count > _ALPHANUMERIC_FROM:
            self._file_set._use_alphanumeric = True
        return self._file_set._use_alphanumeric

    def execute(
        self, plan: WritePlan, monitor: Monitor, *, verified: bool, digests: bool
    ) -> WriteReceipt:
        """Execute a plan and load what was written; verify it on request."""
        if self.recover(plan.root) is not None:
            raise FileSetError(
                said("An interrupted write to this folder had to be finished or undone first"),
                where=plan.root,
                remedy=said("That is done; plan the write again"),
            )
        if not plan.problems:  # which are told of first
            self._check_current(plan)
        known = {str(one.SOPInstanceUID) for one in self._file_set.missing}
        adoption = Adoption(self._file_set, plan.laid, os.path.realpath(plan.root))
        # A small one is adopted sooner than a thread is started.
        adopted = not (verified or plan.is_copy)
        meanwhile = adoption.prepare if adopted and plan.instance_count >= _MANY else None
        try:
            receipt = carry_out(plan, monitor, digests=digests or verified, meanwhile=meanwhile)
        except BaseException as error:
            self._settle(plan, error)
            raise
        finally:
            self._note_links(plan)
        if not plan.is_copy and not (adopted and adoption.finish(_index_of(plan))):
            self.read_back(plan)
        if not verified:
            return receipt
        written: FileSetContents = self._file_set
        if plan.is_copy:
            written = FileSetContents()
            self.read_back(plan, written)
        try:
            return verify_written(plan, receipt, written, known, monitor)
        except OperationCancelledError:
            return receipt  # what is written is written, and the receipt says the rest

    def _note_links(self, plan: WritePlan) -> None:
        """Take note of what a plan did to sources that are staged still, if it links files."""
        puts = plan.storage_plan.stages[0].puts
        if not any(isinstance(put, LinkTo) or getattr(put, "link", False) for put in puts):
            return
        for instance in self._file_set.staged_additions:
            if instance._source is not None:
                instance._source.after_linking(instance)

    def recover(self, root: PathLike) -> RecoveryReport | None:
        """Finish or undo what was cut short in a folder that is to be written."""
        is_edited = self._file_set.has_edits or self.has_edited_records()
        return recover_for(
            self._file_set, root, lambda path: _load(self._file_set, path), is_edited=is_edited
        )

    def _settle(self, plan: WritePlan, error: BaseException) -> None:
        """Bring medium and memory together after a write that failed or was broken off."""
        if isinstance(error, UnfinishedWriteError | UnfinishedUndoError):
            with suppress(StudioError):  # what failed once may do now
                recover(os.path.realpath(plan.root))
                error.remedy = "That has been made up for since; nothing is left to do"
        if isinstance(error, UnfinishedWriteError) or not isinstance(error, Exception):
            # The new state may be committed: the old one in memory would contradict the disk.
            with suppress(OSError):
                if not plan.is_copy and self._is_on_medium(plan):
                    self.read_back(plan)

    def _is_on_medium(self, plan: WritePlan) -> bool:
        """Return whether the DICOMDIR in the target is one that the plan lays."""
        stages = plan.storage_plan.stages
        now = _digest_of(Path(plan.root) / stages[0].replace.name)
        laid = [hashlib.sha256(b"".join(stage.replace.parts)).hexdigest() for stage in stages]
        return now in laid

    def _check_current(self, plan: WritePlan) -> None:
        """Raise if the plan is not of the present state, in memory and on the disk."""
        if plan.version != self._file_set._stage.version:
            raise FileSetError(
                said("Something was staged since the write was planned"),
                remedy=said("Plan it again"),
            )
        opened = self._file_set._opened
        if plan.is_copy or opened is None:
            return
        try:
            stamp = stamp_of(opened.path)
        except OSError as error:
            raise from_os_error(error, opened.path) from error
        if stamp != opened.stamp:
            raise FileSetError(
                said("The DICOMDIR was changed by another program since it was opened"),
                where=opened.path,
                remedy=said("Open it again and stage the changes again"),
            )

    def read_back(self, plan: WritePlan, into: FileSetContents | None = None) -> None:
        """Load what was written, into this File-set unless it is another one.

        Raises
        ------
        NotReadBackError
            If it cannot be read; written it is.
        """
        loaded = self._file_set if into is None else into  # an empty one is falsy
        source = _index_of(plan)
        try:
            reread(lambda: _load(loaded, source))
        except (OSError, StudioError) as error:
            if into is None:  # what is staged in memory is written already
                self._file_set._kept_from_writing = (
                    "It was written, but could not be read back; open it again"
                )
            raise NotReadBackError(
                said("The File-set is written, but cannot be read back"),
                where=source,
                why=str(error),
                remedy=said("Nothing is left to write; check the medium, then open it again"),
            ) from error


def _load(loaded: FileSetContents, source: str) -> None:
    """Load what was written, with salvage if it cannot be done without."""
    from dicomdir_studio.fileset.loader import OrphanPolicy, load_into

    policy = OrphanPolicy(raising=True, quiet_about_missing=True)
    try:
        load_into(loaded, source, policy, Monitor(), salvage=False)
    except (StudioError, ValueError) as error:
        if medium_fails(error):
            raise
        policy = OrphanPolicy(quiet_about_missing=True)
        load_into(loaded, source, policy, Monitor(), salvage=True)
