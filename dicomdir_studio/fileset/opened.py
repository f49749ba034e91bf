"""An opened DICOMDIR, and the File-set that is built from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.fileset.changes import Finding
    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.record_node import RootNode
    from dicomdir_studio.fileset.stage import Stage
    from dicomdir_studio.part10.directory_reader import GeneralElements


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
        The findings of opening it.
    stamp : tuple of int
        Size and modification time of the file, which reveal most later changes.
    digest : str
        SHA-256 of the file, which reveals all of them.
    repaired : bool
        Whether it was repaired while it was read.
    """

    __slots__ = ("digest", "directory", "findings", "path", "repaired", "stamp", "uid")

    def __init__(
        self,
        path: Path,
        directory: GeneralElements,
        uid: str,
        findings: list[Finding],
        stamp: tuple[int, int],
        digest: str,
        repaired: bool = False,
    ) -> None:
        self.path = path
        self.directory = directory
        self.uid = uid
        self.findings = findings
        self.stamp = stamp
        self.digest = digest
        self.repaired = repaired


def stamp_of(path: Path) -> tuple[int, int]:
    """Return size and modification time of a file."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def settle(
    file_set: FileSetContents,
    opened: OpenedDirectory,
    tree: RootNode,
    stage: Stage,
    findings: list[Finding],
) -> None:
    """Replace the content of a File-set with what was loaded."""
    file_set._snapshots.close()
    file_set._root_path = opened.path.parent
    file_set._opened = opened
    file_set._tree = tree
    file_set._stage = stage
    file_set._findings = findings
    file_set._checked = []
    file_set._moving = None
    file_set._is_new = False
    file_set._repaired = opened.repaired
    file_set._kept_from_writing = ""
    file_set._opened_from = None
