"""What the user decided about the conflicts of an addition, carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dicomdir_studio.fileset import Answer
from dicomdir_studio.session.adding import Addition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.fileset import Conflict, FileSet
    from dicomdir_studio.monitor import Monitor


def decide(
    file_set: FileSet,
    addition: Addition,
    answers: Iterable[tuple[Conflict, Answer]],
    *,
    missing_keys: Literal["refuse", "fill"] = "fill",
    monitor: Monitor | None = None,
) -> Addition:
    """Carry answers out, as one undoable edit, and return what came of the addition after all.

    Parameters
    ----------
    file_set : FileSet
        Where it was added.
    addition : Addition
        What came of adding.
    answers : iterable of (Conflict, Answer)
        Conflicts of `addition.report`, each with one of its `Conflict.answers`.
    missing_keys : {"fill", "refuse"}, optional
        As for adding.
    monitor : Monitor, optional
        Receives progress; can cancel.

    Returns
    -------
    Addition
        The files that took the place of others are no longer refused; `Addition.left_out`
        has those that were taken out again.

    Raises
    ------
    OperationCancelledError
        If the monitor says so; nothing is changed then.
    """
    decided = list(answers)
    out = [
        instance
        for conflict, answer in decided
        if answer is Answer.LEAVE_OUT
        for instance in conflict.instances
    ]
    left_out = list(dict.fromkeys(instance.origin for instance in out))
    resolved = file_set.resolve(decided, missing_keys=missing_keys, monitor=monitor)
    report = addition.report
    tried = {
        path for conflict, answer in decided if answer is Answer.REPLACE for path in conflict.files
    }
    report.refused = [one for one in report.refused if one.path not in tried] + resolved.refused
    report.added = [one for one in report.added if one in file_set] + resolved.added
    report.restored += resolved.restored
    report.findings += resolved.findings
    report.conflicts += resolved.conflicts
    return Addition(report, addition.skipped, addition.left_out + left_out)
