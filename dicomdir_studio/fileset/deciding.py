"""Resolves the conflicts of an addition as the user decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.errors import ContentConflictError, FileSetError, StudioError
from dicomdir_studio.fileset.adding import Adder
from dicomdir_studio.fileset.adding_many import duplicate_of, header_and_source, stage_paths
from dicomdir_studio.fileset.changes import AddReport, Answer, Change, Refusal
from dicomdir_studio.fileset.edit import Edit
from dicomdir_studio.fileset.recording import sop_instance_uid, wanted_tags
from dicomdir_studio.part10.header import unreadable

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from dicomdir_studio.fileset.changes import Conflict
    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.monitor import Monitor


def resolve(
    file_set: FileSetContents,
    answers: Iterable[tuple[Conflict, Answer]],
    monitor: Monitor,
    *,
    fill: bool,
) -> AddReport:
    """Leave out and replace files according to the answers, as one edit."""
    left_out: dict[FileInstance, None] = {}
    replacing: dict[str, None] = {}
    for conflict, answer in answers:
        if answer not in conflict.answers:
            raise FileSetError(
                f"'{answer}' is no answer to this conflict",
                why=conflict.what,
                remedy=f"Choose one of {', '.join(conflict.answers)}",
            )
        if answer is Answer.LEAVE_OUT:
            left_out.update(dict.fromkeys(conflict.instances))
        elif answer is Answer.REPLACE:
            replacing.update(dict.fromkeys(conflict.files))
    adder = Adder(
        file_set._stage,
        file_set._tree,
        snapshots=file_set._snapshots,
        fill=fill,
        careful=True,
        replacing=True,
    )
    report = stage_paths(adder, replacing, monitor)
    return _as_one_edit(file_set, adder, report, tuple(left_out))


def _as_one_edit(
    file_set: FileSetContents, adder: Adder, report: AddReport, left_out: tuple[FileInstance, ...]
) -> AddReport:
    """Combine replacements and removals into one edit; return what changed."""
    stage = file_set._stage
    came = adder.edit()
    out = tuple(one for one in left_out if one.node._attached)
    gone = stage.apply(Edit("", detached=out))
    parts = [came.text] if came else []
    parts += [f"Leave out {len(out):,} instance{'' if len(out) == 1 else 's'}"] if out else []
    stage.record(
        Edit(
            " and ".join(parts),
            attached=came.attached,
            detached=came.detached + out,
            removed=came.removed,
            restored=came.restored,
            found=came.found,
        )
    )
    file_set._findings += report.findings
    report.change = Change(
        tuple(node for node in adder.top_records() if node._attached),
        tuple(adder.gone) + gone.detached,
        came.removed + tuple(report.restored),
    )
    return report


def disputed(
    file_set: FileSetContents, paths: Iterable[str | os.PathLike[str]], monitor: Monitor
) -> AddReport:
    """Report files with the UID of an existing instance but different content."""
    stage, report = file_set._stage, AddReport()
    adder = Adder(stage, file_set._tree, snapshots=file_set._snapshots, fill=True, careful=True)
    for path in map(str, paths):
        monitor.check()
        try:
            header, source = header_and_source(adder, path, wanted_tags(), None)
            known = stage.with_uid(sop_instance_uid(header))
            error = None if known is None else duplicate_of(known, source.path, path)
            if known is not None and isinstance(error, ContentConflictError):
                report.refused.append(Refusal(path, error))
                adder.conflicts.duplicate(known, path)
        except (StudioError, OSError) as caught:
            fault = caught if isinstance(caught, StudioError) else unreadable(path, caught)
            report.refused.append(Refusal(path, fault))
    report.conflicts = list(adder.conflicts.found)
    return report
