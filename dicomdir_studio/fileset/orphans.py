"""Records that no link leads to, joined to the tree where they belong (PS3.3 F.2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.errors import FileIdError, FileSetError, StudioError
from dicomdir_studio.fileset.adding import Adder
from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.loading import warn
from dicomdir_studio.fileset.recording import wanted_tags
from dicomdir_studio.fileset.source import Source
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.part10.table import FILE_ID

if TYPE_CHECKING:
    from dicomdir_studio.fileset.loading import TreeBuilder
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.fileset.stage import Stage


def check_orphans(builder: TreeBuilder, *, include: bool, raising: bool) -> list[RecordNode]:
    """Return the orphaned records that are to be joined to the tree.

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


def join_orphans(orphans: list[RecordNode], builder: TreeBuilder, stage: Stage) -> list[Finding]:
    """Stage the instances of orphaned records; return what there is to say of each."""
    adder = Adder(stage, builder.tree, fill=builder.salvage)
    findings = []
    for record in orphans:
        value = record._raw_value(FILE_ID) or b""
        if not value.strip(b" \0"):
            continue
        try:
            path = builder.locator.find(value)
            if path is None:
                findings.append(_finding(record, "its file is missing", Severity.ERROR))
                continue
            _join(record, path, value, adder, stage)
        except FileIdError as error:
            if not builder.salvage:
                raise
            findings.append(_finding(record, error.what, Severity.ERROR))
        except StudioError as error:
            findings.append(_finding(record, error.what, Severity.ERROR))
        else:
            findings.append(_finding(record, "it was joined to the tree", Severity.WARNING))
    return findings


def _join(record: RecordNode, path: str, value: bytes, adder: Adder, stage: Stage) -> None:
    """Stage the instance of one orphaned record, its file where it is."""
    header = read_header(path, wanted_tags())
    if record.record_type == "PRIVATE":
        uid = str(record.get("ReferencedSOPInstanceUIDInFile"))
        if stage.with_uid(uid) is not None:
            return
        adder.tree.add(record)
        instance = adder.enter(record, uid, Source.of(header))
    else:
        staged = adder.add_header(header, Source.of(header))
        if staged is None:
            return
        instance = staged
    instance._located = path
    components = value.decode("latin-1").rstrip(" \0").split("\\")
    instance.node.record.ReferencedFileID = components


def _finding(record: RecordNode, what: str, severity: Severity) -> Finding:
    """Return a finding about an orphaned record."""
    uid = record.get("ReferencedSOPInstanceUIDInFile", "")
    return Finding(
        severity,
        f"No link leads to the {record.record_type} record of instance {uid}; {what}",
        clause="PS3.3 F.2.2",
    )
