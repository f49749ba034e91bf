"""Carries plans out: storage executes, then what was written is read back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import FileSetError, SourceChangedError, StudioError
from dicomdir_studio.fileset.loader import OrphanPolicy, load_into
from dicomdir_studio.fileset.planning import Planner
from dicomdir_studio.fileset.properties import head_of
from dicomdir_studio.fileset.target_folder import DICOMDIR
from dicomdir_studio.fileset.write_plan import Target, WritePlan
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage import UnfinishedWriteError, execute, verify

if TYPE_CHECKING:
    from dicomdir_studio.fileset.changes import Layout
    from dicomdir_studio.fileset.contents import FileSetContents

    PathLike = str | os.PathLike[str]

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
        SHA-256 in hexadecimal of each file copied, by File ID (with ``/``), and of
        the DICOMDIR.
    verified : bool
        Whether every byte was read back and compared.
    seconds : float
        How long the write took, verification included.
    """

    files: int
    bytes: int
    digests: dict[str, str]
    verified: bool
    seconds: float


def carry_out(plan: WritePlan, monitor: Monitor, *, verified: bool) -> WriteReceipt:
    """Execute a plan and, if asked, read every byte back.

    Raises
    ------
    PlanRefusedError
        If the plan has problems.
    VerificationError
        If a file that was read back differs; the new state stands.
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
    receipt = execute(plan.storage_plan, monitor=monitor)
    if verified:
        _verify(plan.root, receipt.digests, monitor)
    return WriteReceipt(receipt.files, receipt.bytes, receipt.digests, verified, receipt.seconds)


def _verify(root: str, digests: dict[str, str], monitor: Monitor) -> None:
    """Compare every file with what was copied."""
    wrong = verify(os.path.realpath(root), digests, monitor=monitor)
    if wrong:
        names = ", ".join(str(mismatch) for mismatch in wrong[:5])
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise VerificationError(
            f"{len(wrong)} files on the medium differ from what was written",
            where=root,
            why=names + more,
            remedy="Do not hand the medium out; write to another one",
        )


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
        self, path: PathLike | None, layout: Layout, *, implicit: bool, hard_links: bool
    ) -> WritePlan:
        """Plan the write of the File-set itself."""
        self.check(path, use_existing=False)
        root = self._file_set.path if path is None else os.path.realpath(path)
        return self._plan(
            Target(
                str(root),
                layout,
                is_copy=False,
                implicit=implicit,
                alphanumeric=self._alphanumeric(),
                hard_links=hard_links,
            )
        )

    def plan_copy(
        self, path: PathLike, layout: Layout, *, implicit: bool, hard_links: bool
    ) -> WritePlan:
        """Plan a copy of the File-set."""
        root = os.path.realpath(path)
        if self._file_set.path is not None and root == os.path.realpath(self._file_set.path):
            raise FileSetError("Cannot copy the File-set as the 'path' is unchanged")
        return self._plan(
            Target(
                root,
                layout,
                is_copy=True,
                implicit=implicit,
                alphanumeric=self._alphanumeric(),
                hard_links=hard_links,
            )
        )

    def _plan(self, target: Target) -> WritePlan:
        """Plan for a target."""
        file_set = self._file_set
        opened = file_set._opened
        head = head_of(file_set._stage.properties, opened.directory if opened else None)
        return Planner(file_set.tree, file_set.path, head, target).plan()

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

    def execute(self, plan: WritePlan, monitor: Monitor, *, verify: bool) -> WriteReceipt:
        """Carry a plan out and load what was written."""
        try:
            receipt = carry_out(plan, monitor, verified=verify)
        except (UnfinishedWriteError, VerificationError):
            # The new state is committed: the old one in memory would contradict the disk.
            self._reload(plan)
            raise
        self._reload(plan)
        return receipt

    def _reload(self, plan: WritePlan) -> None:
        """Load what was written, unless it is another File-set."""
        if plan.is_copy:
            return
        policy = OrphanPolicy(raising=True, quiet_about_missing=True)
        source = os.path.join(plan.root, DICOMDIR)
        load_into(self._file_set, source, policy, Monitor(), salvage=False)
