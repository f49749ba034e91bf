"""A medium plan put into a folder, as one transaction of the storage layer."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dicomdir_studio.media.checks import refuse_problems
from dicomdir_studio.media.medium_plan import DICOMDIR, MediumFile
from dicomdir_studio.media.targets.proving import Proof
from dicomdir_studio.media.targets.receipt import MediumReceipt
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.phrases import said
from dicomdir_studio.rereading import medium_fails
from dicomdir_studio.storage import (
    CopyFrom,
    NameClashError,
    Plan,
    PutBytes,
    Replace,
    Stage,
    execute,
    from_os_error,
    pending,
    recover,
    verify,
)

if TYPE_CHECKING:
    from dicomdir_studio.media.medium_plan import Extra, MediumPlan
    from dicomdir_studio.standard.profiles import ApplicationProfile


def write_folder(
    plan: MediumPlan,
    path: str | os.PathLike[str],
    *,
    verified: bool = True,
    profile: ApplicationProfile | None = None,
    monitor: Monitor | None = None,
) -> MediumReceipt:
    """Put a medium plan into a folder: all of it or nothing.

    Parameters
    ----------
    plan : MediumPlan
        What goes there.
    path : path-like
        The folder, made if it is not there. What it holds stays; a write that was cut short
        there is finished or undone first.
    verified : bool, optional
        Read every byte back and compare it.
    profile : ApplicationProfile, optional
        What the medium must conform to, judged by what was read back.
    monitor : Monitor, optional
        Receives progress; can cancel.

    Raises
    ------
    NameClashError
        If there is a File-set already, or a file in the way.
    StudioError
        If it could not be written for another reason; the folder is as it was.
    """
    begun = time.monotonic()
    monitor = monitor or Monitor()
    refuse_problems(plan, os.fspath(path))
    root = os.path.realpath(path)
    # A stick that was pulled in the middle of a write comes back with what was left of it.
    if os.path.isdir(root) and pending(root) is not None:
        recover(root, monitor=monitor)
    _refuse_other(root)
    puts = tuple(_put(file) for file in (*plan.extras, *plan.files))
    receipt = execute(Plan(root, (Stage(puts, Replace(DICOMDIR, plan.dicomdir)),)), monitor=monitor)
    if verified:
        wrong = {bad.path: bad for bad in verify(root, receipt.digests, monitor=monitor)}
        good = {name: sum_ for name, sum_ in receipt.digests.items() if name not in wrong}
        differing = {name: bad.found for name, bad in wrong.items() if bad.found is not None}
        Proof(root, plan, profile).prove(
            receipt.digests, good | differing, _read_back(root), monitor, is_folder=True
        )
    return MediumReceipt(
        path=root,
        files=len(puts) + 1,
        bytes=plan.bytes,
        digests=dict(receipt.digests),
        verified=verified,
        seconds=time.monotonic() - begun,
    )


def _read_back(root: str) -> bytes:
    """Return the DICOMDIR that was written."""
    try:
        return (Path(root) / DICOMDIR).read_bytes()
    except OSError as error:
        raise from_os_error(error, root) from error


def _put(file: Extra) -> CopyFrom | PutBytes:
    """Return what puts a file of the plan."""
    if isinstance(file, MediumFile):
        return CopyFrom(file.source, file.name, file.size, file.mtime_ns, ctime_ns=file.ctime_ns)
    return PutBytes(file.data, file.name)


def _refuse_other(root: str) -> None:
    """Raise if there is a DICOMDIR, whatever case its name is in."""
    try:
        names = os.listdir(root)
    except OSError as error:
        if medium_fails(error) or isinstance(error, PermissionError):
            raise from_os_error(error, root) from error
        return  # not there yet; what else is wrong the transaction says
    if any(name.upper() == DICOMDIR for name in names):
        raise NameClashError(
            said("There is already a File-set in the folder"),
            where=root,
            remedy=said("Choose an empty folder, or open that File-set and add to it"),
        )
