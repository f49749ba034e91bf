"""Records that no link leads to, joined to the tree where they belong (PS3.3 F.2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import FileIdError, FileSetError, StudioError
from dicomdir_studio.fileset.adding import Adder
from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.file_instance import MISSING, FileInstance
from dicomdir_studio.fileset.recording import wanted_tags
from dicomdir_studio.fileset.source import Source
from dicomdir_studio.fileset.warning import warn
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.part10.table import FILE_ID

if TYPE_CHECKING:
    from dicomdir_studio.fileset.loading import TreeBuilder
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.fileset.stage import Stage

_LEVELS: Final = {"PATIENT": 0, "STUDY": 1, "SERIES": 2}


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
    """Joins orphaned records to the tree.

    Where the file is there, it tells to whom it belongs; the order of the records
    is asked only about files that are missing.

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
        self._adder = Adder(stage, builder.tree, fill=builder.salvage)
        self.findings: list[Finding] = []

    def join(self, orphans: list[int]) -> None:
        """Join the records of the given rows."""
        without_file: list[int] = []
        for row in orphans:
            record = self._builder.node(row)
            value = record._raw_value(FILE_ID) or b""
            if not value.strip(b" \0"):
                continue
            try:
                path = self._builder.locator.find(value)
                if path is None:
                    without_file.append(row)
                    continue
                self._join_by_file(record, path, value)
            except FileIdError as error:
                if not self._builder.salvage:
                    raise
                self._say(record, error.what, Severity.ERROR)
            except StudioError as error:
                self._say(record, error.what, Severity.ERROR)
            else:
                self._say(record, "it was joined to the tree", Severity.WARNING)
        if self._builder.salvage:
            self._join_by_order(set(without_file))
        else:
            for row in without_file:
                self._say(self._builder.node(row), "its file is missing", Severity.ERROR)

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

    def _join_by_order(self, rows: set[int]) -> None:
        """Join records without a file below the records that stand before them."""
        builder = self._builder
        current: list[RecordNode | int | None] = [None, None, None]
        for row, kind in enumerate(builder.table.types if rows else ()):
            level = _LEVELS.get(kind)
            if level is not None:
                current[level] = builder.placed(row) or row
                current[level + 1 :] = [None] * (2 - level)
            elif row in rows:
                self._hang_missing(row, self._upper(current))
        if rows:
            self._stage.take_loaded(builder.instances + self._adder.attached)

    def _upper(self, current: list[RecordNode | int | None]) -> RecordNode:
        """Return the record to hang a leaf below, hung itself if it was not in the tree."""
        parent: RecordNode = self._builder.tree
        for level, known in enumerate(current):
            if isinstance(known, int):
                record = self._builder.node(known)
                twin = parent._ensure_family().find(record.key)
                if twin is None:
                    record._parent = parent
                    parent._ensure_family().append(record)
                known = current[level] = twin or record  # noqa: PLW2901 - kept for the next leaf
            if known is not None:
                parent = known
        return parent

    def _hang_missing(self, row: int, parent: RecordNode) -> None:
        """Hang a record whose file is missing."""
        record = self._builder.node(row)
        record._parent = parent
        parent._ensure_family().append(record)
        instance = FileInstance(record)
        instance._state = MISSING
        record.instance = instance
        self._builder.instances.append(instance)
        record._count(*instance._counts)
        self._say(
            record, "its file is missing; its place was inferred from the order", Severity.ERROR
        )

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
