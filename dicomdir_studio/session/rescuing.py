"""Copying a medium with unreadable places: what can be read is copied, the rest listed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import StudioError
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.rereading import TRIES, medium_fails
from dicomdir_studio.storage import SourceReadError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.fileset import FileInstance, FileSet, Layout, WritePlan, WriteReceipt

_WANTED: Final = frozenset((0x00080018,))

Unread = dict["FileInstance", StudioError]


@dataclass
class Rescue:
    """What came of copying what can be read.

    Attributes
    ----------
    plan : WritePlan
        What was carried out.
    receipt : WriteReceipt
        What was written.
    unread : dict of FileInstance to StudioError
        What could not be read, after several tries, and is not in the copy.
    """

    plan: WritePlan
    receipt: WriteReceipt
    unread: Unread = field(default_factory=dict)


def unreadable(instances: Iterable[FileInstance], *, monitor: Monitor | None = None) -> Unread:
    """Return the instances at whose beginning the medium fails, each tried several times.

    Raises
    ------
    OperationCancelledError
        If the monitor says so.
    """
    wanted = list(instances)
    monitor = monitor or Monitor()
    monitor.start("Reading the beginning of each file", len(wanted))
    found: Unread = {}
    for instance in wanted:
        path = instance.path
        for left in reversed(range(TRIES)):
            monitor.check()
            error = _failure(path)
            if error is None:
                break
            if not left:
                found[instance] = error
        monitor.advance(1, path)
    return found


def _failure(path: str) -> StudioError | None:
    """Return the error if the medium fails at the beginning of a file; others matter later."""
    try:
        read_header(path, _WANTED)
    except StudioError as error:
        return error if medium_fails(error) else None
    return None


def copy_readable(
    file_set: FileSet,
    plan: WritePlan,
    unread: Unread,
    *,
    layout: Layout,
    verify: bool = False,
    monitor: Monitor | None = None,
) -> Rescue:
    """Carry out the plan of a copy; leave out what the medium does not give, and go on.

    Parameters
    ----------
    file_set : FileSet
        The File-set.
    plan : WritePlan
        What ``plan_copy`` returned, `unread` left out.
    unread : dict of FileInstance to StudioError
        What `unreadable` found.
    layout : Layout
        As the plan has it.
    verify : bool, optional
        Read everything back and compare.
    monitor : Monitor, optional
        Receives progress; can cancel.

    Raises
    ------
    StudioError
        If it could not be written for another reason; nothing is left at the target then.
    """
    left_out = dict(unread)
    tries: dict[str, int] = {}
    by_path = {instance.path: instance for instance in file_set}
    while True:
        try:
            receipt = file_set.execute(plan, monitor=monitor, verify=verify)
        except SourceReadError as error:
            path = error.where or ""
            tries[path] = tries.get(path, 0) + 1
            if path not in by_path or not medium_fails(error) or tries[path] > TRIES:
                raise
            if tries[path] >= TRIES:
                left_out[by_path[path]] = error
        else:
            return Rescue(plan, receipt, left_out)
        plan = file_set.plan_copy(plan.root, layout=layout, without=left_out)
