"""What a write will do, as data: shown before it happens, executed as it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dicomdir_studio.fileset.changes import Finding, Layout
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.laying import LaidRecords
    from dicomdir_studio.storage import Plan


RENAMED_IN_PLACE: Final = (
    "There is no room for copies, and the file system has no hard links as far as is known: files "
    "are renamed in place. Until the write ends, the DICOMDIR does not lead to all files; "
    "if it is interrupted, the next opening or the recover command finishes or undoes it"
)
"""What is to be known where the old File-set cannot stay readable until the commit."""


@dataclass(frozen=True, slots=True)
class WritePlan:
    """What a write will do; nothing on the disk changes before it is executed.

    Attributes
    ----------
    root : str
        The folder that becomes or is the File-set.
    is_copy : bool
        Whether another File-set is made, leaving this one as it is.
    layout : Layout
        How files are named.
    additions, copies : tuple of (str, str, int)
        Source path, File ID (with ``/``) and length in bytes of the files staged for
        addition, and of those of the File-set that are copied.
    in_place : tuple of str
        Files staged for addition that lie where they belong already.
    renames : tuple of (str, str)
        File ID before and after.
    removals : tuple of str
        Files that go.
    left_out : tuple of str
        Records whose file is missing, or which a copy is not to take along.
    bytes_to_write, dicomdir_size : int
        Bytes of files and of the DICOMDIR.
    instance_count : int
        How many instances the File-set will reference.
    free_space : int or None
        Free bytes at the target, where known.
    problems : tuple of str
        Why the plan cannot be executed; empty if it can.
    changed_sources : tuple of str
        Sources that are gone or differ from when they were staged.
    version : int
        The state of the File-set that was planned for.
    storage_plan : Plan
        The same for the storage layer.
    laid : LaidRecords
        The DICOMDIR that it ends with.
    findings : tuple of Finding
        Files to be copied or renamed that are cut off or not what their records say; only if
        the plan was asked to compare them.
    notes : tuple of str
        What is to be known of it before it is accepted, and hinders nothing.
    """

    root: str
    is_copy: bool
    layout: Layout
    additions: tuple[tuple[str, str, int], ...]
    copies: tuple[tuple[str, str, int], ...]
    in_place: tuple[str, ...]
    renames: tuple[tuple[str, str], ...]
    removals: tuple[str, ...]
    left_out: tuple[str, ...]
    bytes_to_write: int
    dicomdir_size: int
    instance_count: int
    free_space: int | None
    problems: tuple[str, ...]
    changed_sources: tuple[str, ...]
    version: int
    storage_plan: Plan = field(repr=False)
    laid: LaidRecords = field(repr=False)
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How a File-set is to be written.

    Attributes
    ----------
    layout : Layout
        How files are named.
    implicit : bool
        Encode the DICOMDIR in Implicit VR Little Endian, which does not conform.
    hard_links : bool
        Link sources instead of copying them, where the file system can.
    backup : bool
        Keep the DICOMDIR before the write as ``DICOMDIR.BAK``.
    compare : bool
        Compare files that are copied or renamed with their records.
    """

    layout: Layout
    implicit: bool = False
    hard_links: bool = False
    backup: bool = False
    compare: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how a File-set is to be written."""

    root: str
    options: WriteOptions
    is_copy: bool
    alphanumeric: bool = False
    index_name: str = "DICOMDIR"
    index_digest: str = ""
    without: frozenset[FileInstance] = frozenset()

    @property
    def layout(self) -> Layout:
        """How files are named."""
        return self.options.layout


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
        Whether every byte was read back and compared; not if that was cancelled.
    seconds : float
        How long the write took, verification included.
    findings : tuple of Finding
        Those of the plan: files that are not what their records say, or are cut off.
    """

    files: int
    bytes: int
    digests: dict[str, str]
    verified: bool
    seconds: float
    findings: tuple[Finding, ...] = ()
