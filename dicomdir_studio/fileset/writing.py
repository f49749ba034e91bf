"""Carries plans out: storage executes, then what was written is read back."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import FileSetError, SourceChangedError, StudioError
from dicomdir_studio.fileset.identity import contradictions
from dicomdir_studio.fileset.loader import OrphanPolicy, load_into
from dicomdir_studio.fileset.opening import stamp_of
from dicomdir_studio.fileset.planning import Planner
from dicomdir_studio.fileset.properties import head_of
from dicomdir_studio.fileset.target_folder import DICOMDIR
from dicomdir_studio.fileset.write_plan import Target, WriteOptions, WritePlan
from dicomdir_studio.garbage import paused_collection
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage import UnfinishedWriteError, execute, from_os_error, verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.fileset.changes import Finding
    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.file_instance import FileInstance

    PathLike = str | os.PathLike[str]

_MOST_NAMED: Final = 5
_ALPHANUMERIC_FROM: Final = 10**6
_MOST_INSTANCES: Final = 35**6


class TooManyInstancesError(FileSetError, NotImplementedError):
    """There are more instances than File IDs of the layout."""


class VerificationError(StudioError, OSError):
    """What was read back is not what was written."""


class PlanRefusedError(StudioError, OSError):
    """The plan cannot be executed, for reasons that it names itself."""


@dataclass(frozen=True, slots=True)
class WriteReceipt:
    """What a write did.

    Attributes
    ----------
    files, bytes : int
        Files put in place and bytes written.
    digests : dict of str to str
        SHA-256 in hexadecimal of each file copied, by File ID (with ``/``), if asked
        for, and of the DICOMDIR.
    verified : bool
        Whether every byte was read back and compared.
    seconds : float
        How long the write took, verification included.
    findings : tuple of Finding
        Those of the plan: files that are not what their records say.
    """

    files: int
    bytes: int
    digests: dict[str, str]
    verified: bool
    seconds: float
    findings: tuple[Finding, ...] = ()


def carry_out(plan: WritePlan, monitor: Monitor, *, digests: bool) -> WriteReceipt:
    """Execute a plan, with the SHA-256 of every file copied if asked for.

    Raises
    ------
    SourceChangedError
        If a source is gone or differs from when it was staged.
    PlanRefusedError
        If the plan has other problems.
    StudioError
        Whatever else storage raises; the old state stands unless it says otherwise.
    """
    if plan.changed_sources:
        raise SourceChangedError(
            "A source file is gone or was changed since it was added",
            where=plan.changed_sources[0],
            why=f"{len(plan.changed_sources)} such files in all",
            remedy="Add it again, or take it out of what is staged",
        )
    if plan.problems:
        raise PlanRefusedError(
            "The File-set cannot be written",
            where=plan.root,
            why="; ".join(plan.problems),
        )
    receipt = execute(replace(plan.storage_plan, checksum=digests), monitor=monitor)
    return WriteReceipt(
        receipt.files, receipt.bytes, receipt.digests, False, receipt.seconds, plan.findings
    )


def verify_written(root: str, receipt: WriteReceipt, monitor: Monitor) -> WriteReceipt:
    """Read back what was written and compare it with what was copied.

    Raises
    ------
    VerificationError
        If a file differs; the new state stands.
    """
    begun = time.perf_counter()
    wrong = verify(os.path.realpath(root), receipt.digests, monitor=monitor)
    if wrong:
        names = ", ".join(str(mismatch) for mismatch in wrong[:_MOST_NAMED])
        more = f" and {len(wrong) - _MOST_NAMED} more" if len(wrong) > _MOST_NAMED else ""
        raise VerificationError(
            f"{len(wrong)} files on the medium differ from what was written",
            where=root,
            why=names + more,
            remedy="Do not hand the medium out; write to another one",
        )
    seconds = receipt.seconds + time.perf_counter() - begun
    return replace(receipt, verified=True, seconds=seconds)


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
        """Return whether a record was changed by hand."""
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
        return self._plan(
            Target(
                str(root),
                options,
                is_copy=False,
                alphanumeric=self._alphanumeric(),
                index_name=self._index_name(),
            ),
            monitor,
        )

    def plan_copy(
        self, path: PathLike, options: WriteOptions, monitor: Monitor | None = None
    ) -> WritePlan:
        """Plan a copy of the File-set."""
        root = os.path.realpath(path)
        if self._file_set.path is not None and root == os.path.realpath(self._file_set.path):
            raise FileSetError("Cannot copy the File-set as the 'path' is unchanged")
        target = Target(root, options, is_copy=True, alphanumeric=self._alphanumeric())
        return self._plan(target, monitor)

    def _plan(self, target: Target, monitor: Monitor | None) -> WritePlan:
        """Plan for a target."""
        file_set = self._file_set
        opened = file_set._opened
        head = head_of(file_set._stage.properties, opened.directory if opened else None)
        version = file_set._stage.version
        with paused_collection():
            plan = Planner(file_set.tree, file_set.path, head, target, version).plan()
        if file_set._kept_from_writing and not target.is_copy:
            plan = replace(plan, problems=(file_set._kept_from_writing, *plan.problems))
        if target.options.compare:
            found = contradictions(self._touched(plan), monitor or Monitor())
            plan = replace(plan, findings=tuple(found))
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
                remedy="Divide the instances over several File-sets",
            )
        if count > _ALPHANUMERIC_FROM:
            self._file_set._use_alphanumeric = True
        return self._file_set._use_alphanumeric

    def execute(
        self, plan: WritePlan, monitor: Monitor, *, verified: bool, digests: bool
    ) -> WriteReceipt:
        """Carry a plan out and load what was written; then verify it, if asked."""
        self._check_current(plan)
        try:
            receipt = carry_out(plan, monitor, digests=digests or verified)
        except UnfinishedWriteError:
            # The new state is committed: the old one in memory would contradict the disk.
            self._reload(plan)
            raise
        self._reload(plan)
        return verify_written(plan.root, receipt, monitor) if verified else receipt

    def _check_current(self, plan: WritePlan) -> None:
        """Raise if the plan is not of the present state, in memory and on the disk."""
        if plan.version != self._file_set._stage.version:
            raise FileSetError(
                "Something was staged since the write was planned", remedy="Plan it again"
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
                "The DICOMDIR was changed by another program since it was opened",
                where=opened.path,
                remedy="Open it again and stage the changes anew",
            )

    def _reload(self, plan: WritePlan) -> None:
        """Load what was written, unless it is another File-set."""
        if plan.is_copy:
            return
        source = os.path.join(plan.root, plan.storage_plan.stages[-1].replace.name)
        policy = OrphanPolicy(raising=True, quiet_about_missing=True)
        try:
            load_into(self._file_set, source, policy, Monitor(), salvage=False)
        except StudioError:
            policy = OrphanPolicy(quiet_about_missing=True)
            load_into(self._file_set, source, policy, Monitor(), salvage=True)
