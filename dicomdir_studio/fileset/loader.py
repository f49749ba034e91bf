"""Loads a DICOMDIR into a File-set, which is unchanged if that fails."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import FileSetError
from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.file_instance import MISSING
from dicomdir_studio.fileset.notices import key_of
from dicomdir_studio.fileset.opened import settle
from dicomdir_studio.fileset.opening import build_tree, open_directory
from dicomdir_studio.fileset.orphans import OrphanJoiner, check_orphans
from dicomdir_studio.fileset.properties import properties_of
from dicomdir_studio.fileset.record_node import RootNode
from dicomdir_studio.fileset.stage import Stage
from dicomdir_studio.fileset.warning import warn
from dicomdir_studio.garbage import give_back, paused_collection
from dicomdir_studio.part10.directory_reader import GeneralElements
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.editing import DatasetOrPath
    from dicomdir_studio.fileset.loading import TreeBuilder
    from dicomdir_studio.fileset.opened import OpenedDirectory
    from dicomdir_studio.monitor import Monitor


_MOST_NAMED: Final = 1000
_TRIES: Final = 5
# So many instances leave some megabytes behind that nobody needs.
_MANY: Final = 2_000


@dataclass(frozen=True, slots=True)
class OrphanPolicy:
    """How to handle records that no link leads to."""

    include: bool = True
    raising: bool = False
    quiet_about_missing: bool = False


def load_into(
    file_set: FileSetContents,
    source: DatasetOrPath,
    orphan_policy: OrphanPolicy,
    monitor: Monitor,
    *,
    salvage: bool,
) -> None:
    """Load a DICOMDIR, replacing the content of the File-set."""
    with paused_collection(making=True):
        opened, tree, builder = _at_rest(file_set, source, orphan_policy, monitor, salvage=salvage)
        orphans = check_orphans(
            builder, include=orphan_policy.include, raising=orphan_policy.raising
        )
        stage = Stage(tree, properties_of(opened.directory, opened.uid))
        joins = bool(orphans) and not salvage
        stage.take_loaded(builder.instances, None if joins else builder.leaf_spans())
        findings = opened.findings + builder.findings
        findings += [builder.places.finding(notice) for notice in builder.notices.noted]
        if joins:
            joiner = OrphanJoiner(builder, stage)
            joiner.join(orphans)
            findings += joiner.findings
        findings += _missing(builder, quiet=salvage or orphan_policy.quiet_about_missing)
    opened.repaired = opened.repaired or builder.notices.repaired
    # The nodes have all of the records that is still asked for.
    opened.directory = GeneralElements(opened.directory.meta, opened.directory.general)
    settle(file_set, opened, tree, stage, findings)
    del builder
    if tree.tally.instances > _MANY:
        give_back()


def _at_rest(
    file_set: FileSetContents,
    source: DatasetOrPath,
    orphan_policy: OrphanPolicy,
    monitor: Monitor,
    *,
    salvage: bool,
) -> tuple[OpenedDirectory, RootNode, TreeBuilder]:
    """Return a DICOMDIR, and the tree of its records and files, of one and the same state."""
    for _ in range(_TRIES):
        opened = open_directory(source, salvage=salvage)
        tree = RootNode(file_set)
        builder = build_tree(
            opened, tree, salvage=salvage, rejoin=orphan_policy.include, monitor=monitor
        )
        if not (tree.tally.missing and _was_replaced(opened)):
            return opened, tree, builder
    raise FileSetError(
        said("What is in the File-set cannot be told, since another program is writing it"),
        where=os.fspath(opened.path),
        remedy=said("Open it again when that program has finished"),
    )


def _was_replaced(opened: OpenedDirectory) -> bool:
    """Return whether another program wrote meanwhile: the files are those of its DICOMDIR."""
    try:
        # Not by its time, which ticks more slowly than programs write.
        return hashlib.sha256(opened.path.read_bytes()).hexdigest() != opened.digest
    except OSError:
        return False


def _missing(builder: TreeBuilder, *, quiet: bool) -> list[Finding]:
    """Report the instances whose file is not there, the first of them one by one."""
    if not builder.tree.tally.missing:
        return []
    findings = []
    missing = [instance for instance in builder.instances if instance._state & MISSING]
    for instance in missing[:_MOST_NAMED]:
        path = "/".join(instance._file_id())
        row = builder.row_of(instance.node)
        if not quiet:
            warn(
                "The referenced SOP Instance for the directory record at "
                f"offset {builder.table.offsets[row]} does not exist: "
                f"{builder.locator.root}/{path}"
            )
        findings.append(
            Finding(
                Severity.ERROR,
                said("The file {0} of instance {1} is missing", path, key_of(instance.node)),
                builder.places.of_row(row),
                "PS3.10 8.6",
                said("The record is kept; add the file again, or remove the record"),
            )
        )
    if len(missing) > _MOST_NAMED:
        what = said("{0:,} more files are missing", len(missing) - _MOST_NAMED)
        if not quiet:
            warn(f"{what} below {builder.locator.root}")
        remedy = said("Their records are kept; FileSet.missing lists all")
        findings.append(Finding(Severity.ERROR, what, builder.locator.root, "PS3.10 8.6", remedy))
    return findings
