"""A DICOMDIR as it was opened, and the File-set that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.fileset.changes import Finding
    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.record_node import RootNode
    from dicomdir_studio.fileset.stage import Stage
    from dicomdir_studio.part10.directory_reader import GeneralElements


@dataclass(slots=True)
class OpenedDirectory:
    """A DICOMDIR as opened, before its tree is built.

    Attributes
    ----------
    path : pathlib.Path
        The DICOMDIR, links resolved.
    directory : GeneralElements
        What it says of the File-set; a `DirectoryFile` as long as its records are needed.
    uid : str
        The File-set UID, a new one where it states none.
    findings : list of Finding
        What was odd.
    stamp : tuple of int
        Length and modification time of the file, by which a later change is noticed.
    digest : str
        SHA-256 of the file, by which one is noticed for certain.
    repaired : bool
        Whether it was not read as it stands.
    """

    path: Path
    directory: GeneralElements
    uid: str
    findings: list[Finding]
    stamp: tuple[int, int]
    digest: str
    repaired: bool = False


def stamp_of(path: Path) -> tuple[int, int]:
    """Return length and modification time of a file."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def settle(
    file_set: FileSetContents,
    opened: OpenedDirectory,
    tree: RootNode,
    stage: Stage,
    findings: list[Finding],
) -> None:
    """Let a File-set hold what was loaded, in place of what it held."""
    file_set._snapshots.close()
    file_set._root_path = opened.path.parent
    file_set._opened = opened
    file_set._tree = tree
    file_set._stage = stage
    file_set._findings = findings
    file_set._checked = []
    file_set._checked = []
    file_set._moving = None
    file_set._is_new = False
    file_set._repaired = opened.repaired
    file_set._kept_from_writing = ""
    file_set._opened_from = None
