"""Finishing or undoing a write that was cut short, whether or not its File-set opens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from dicomdir_studio.storage import Action, recover

if TYPE_CHECKING:
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.storage import RecoveryReport

_DONE: Final = {
    Action.FINISH: "A write that was cut short after its commit was finished",
    Action.UNDO: "A write that was cut short before its commit was undone",
    Action.CLEAN: "What a write that was cut short had left lying was removed",
}


def recover_root(
    path: str | os.PathLike[str], *, monitor: Monitor | None = None
) -> RecoveryReport | None:
    """Finish or undo the unfinished write in the folder `path`, or in that of the file `path`.

    Returns
    -------
    RecoveryReport or None
        None if there is nothing to recover.

    Raises
    ------
    StudioError
        If the write still runs, the journal does not fit, or the file system refuses.
    """
    given = os.path.abspath(path)  # a link is shown as the user named it
    root = os.path.dirname(given) if os.path.isfile(given) else given
    return recover(root, monitor=monitor)


def told(report: RecoveryReport) -> list[str]:
    """Return what a recovery did, as lines for the user."""
    lines = [_DONE.get(report.action, report.action.value)]
    lines += [f"removed {name}" for name in report.removed]
    lines += [f"left, since it may not be ours: {name}" for name in report.kept]
    return lines
