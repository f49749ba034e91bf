"""Attaches records that no link leads to where they belong in the tree (PS3.3 F.2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.errors import FileIdError, FileSetError, StorageError, StudioError
from dicomdir_studio.fileset.adding import Adder
from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.recording import wanted_tags
from dicomdir_studio.fileset.source import Source
from dicomdir_studio.fileset.warning import warn
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.part10.table import FILE_ID

if TYPE_CHECKING:
    from dicomdir_studio.fileset.loading import TreeBuilder
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.fileset.stage import Stage


def check_orphans(builder: TreeBuilder, *, include: bool, raising: bool) -> list[int]:
    """Return the rows of the orphaned records that are to be joined to the tree.

    Raises
    ------
    ValueError
        If there are any orphans at all and `raising` is on.
    """
    if builder.reached == len(builder.table):
        return []
    if raising:
        raise FileSetError(
            "The DICOMDIR contains orphaned directory records",
            remedy="Load it with the orphans included",
        )
    orphans = builder.unreached()
    if orphans and not include:
        warn(
            f"The DICOMDIR has {len(orphans)} orphaned directory records "
            "that reference an instance that will not be included in the File-set"
        )
        return []
    return orphans


class OrphanJoiner:
    """Attaches orphaned records to the tree.

    An existing file determines where its record belongs; the order of the records is used
    only for missing files.

    Parameters
    ----------
    builder : TreeBuilder
        What built the tree.
    stage : Stage
        Where the instances go.
    """

    def __init__(self, builder: TreeBuilder, stage: Stage) -> None:
        self._builder = builder
        self._stage = stage
        self._adder = Adder(stage, builder.tree)
        self.findings: list[Finding] = []

    def join(self, orphans: list[int]) -> None:
        """Join the records of the given rows."""
        without_file: list[RecordNode] = []
        for row in orphans:
            record = self._builder.node(row)
            value = record._raw_value(FILE_ID) or b""
            if not value.strip(b" \0"):
                continue
            try:
                path = self._builder.locator.find(value)
                if path is None:
                    without_file.append(record)
                    continue
                self._join_by_file(record, path, value)
            except (FileIdError, StorageError):
                raise
            except StudioError as error:
                self._say(record, error.what, Severity.ERROR)
            else:
                self._say(record, "it was joined to the tree", Severity.WARNING)
        for record in without_file:
            self._say(record, "its file is missing", Severity.ERROR)

    def _join_by_file(self, record: RecordNode, path: str, value: bytes) -> None:
        """Stage the instance of an orphaned record, its file where it is."""
        header = read_header(path, wanted_tags())
        if record.record_type == "PRIVATE":
            uid = str(record.get("ReferencedSOPInstanceUIDInFile"))
            if self._stage.with_uid(uid) is not None:
                return
            self._adder.tree.add(record)
            instance = self._adder.enter(record, uid, Source.of(header))
        else:
            staged = self._adder.add_header(header, Source.of(header))
            if staged is None:
                return
            instance = staged
        instance._located = path
        components = value.decode("latin-1").rstrip(" \0").split("\\")
        instance.node.record.ReferencedFileID = components

    def _say(self, record: RecordNode, what: str, severity: Severity) -> None:
        """Report on an orphaned record."""
        uid = record.get("ReferencedSOPInstanceUIDInFile", "")
        self.findings.append(
            Finding(
                severity,
                f"No link leads to the {record.record_type} record of instance {uid}; {what}",
                clause="PS3.3 F.2.2",
            )
        )
