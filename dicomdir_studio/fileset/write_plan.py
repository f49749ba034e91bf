"""The plan of a write as data, which is executed exactly as it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

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
"""The note for writes during which the old File-set cannot remain readable."""

_UNREADABLE: Final = ("storage_plan", "laid")


class WritePlan(NamedTuple):
    """The plan of a write; nothing on the disk changes before it is executed.

    Attributes
    ----------
    root : str
        The folder that becomes or is the File-set.
    is_copy : bool
        Whether another File-set is created, leaving this one unchanged.
    layout : Layout
        How files are named.
    additions, copies : tuple of (str, str, int)
        Source path, File ID (with ``/``) and length in bytes of the files staged for
        addition, and of those of the File-set that are copied.
    in_place : tuple of str
        Files staged for addition that are already in their place.
    renames : tuple of (str, str)
        File ID before and after.
    removals : tuple of str
        Files to be removed.
    left_out : tuple of str
        Records whose file is missing, or which are left out of a copy.
    bytes_to_write, dicomdir_size : int
        Bytes of files and of the DICOMDIR.
    instance_count : int
        How many instances the File-set will reference.
    free_space : int or None
        Free bytes at the target, where known.
    problems : tuple of str
        Why the plan cannot be executed; empty if it can.
    changed_sources : tuple of str
        Sources that are missing or differ from when they were staged.
    version : int
        The version of the File-set that the plan was made for.
    storage_plan : Plan
        The corresponding plan of the storage layer.
    laid : LaidRecords
        The resulting DICOMDIR.
    findings : tuple of Finding
        Files to be copied or renamed that are cut off or do not match their records; only
        if the plan was made with `compare`.
    notes : tuple of str
        Remarks that do not prevent execution, to be read before the plan is accepted.
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
    storage_plan: Plan
    laid: LaidRecords
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return what a person reads, without the bytes of the DICOMDIR."""
        fields = self._asdict().items()
        told = [f"{name}={value!r}" for name, value in fields if name not in _UNREADABLE]
        return f"{type(self).__name__}({', '.join(told)})"


class WriteOptions(NamedTuple):
    """Options of a write.

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


class Target(NamedTuple):
    """The target and options of a write."""

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


class WriteReceipt(NamedTuple):
    """The result of a write.

    Attributes
    ----------
    files, bytes : int
        Numbers of files put in place and of bytes written.
    digests : dict of str to str
        SHA-256 in hexadecimal of each file copied, by File ID (with ``/``), if asked
        for, and of the DICOMDIR.
    verified : bool
        Whether every byte was read back and compared; False if that was cancelled.
    seconds : float
        Duration of the write, including verification.
    findings : tuple of Finding
        Those of the plan: files that do not match their records, or are cut off.
    """

    files: int
    bytes: int
    digests: dict[str, str]
    verified: bool
    seconds: float
    findings: tuple[Finding, ...] = ()
