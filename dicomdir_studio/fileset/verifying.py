"""Verification of a write by reading back every byte, and every record by its file."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import StorageError, StudioError
from dicomdir_studio.fileset.source import uid_of
from dicomdir_studio.phrases import said
from dicomdir_studio.storage import verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.write_plan import WritePlan, WriteReceipt
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.storage import Mismatch

_MOST_NAMED: Final = 5


class VerificationError(StudioError, OSError):
    """What was read back differs from what was written."""


def verify_written(
    plan: WritePlan,
    receipt: WriteReceipt,
    written: FileSetContents,
    known: AbstractSet[str],
    monitor: Monitor,
) -> WriteReceipt:
    """Read back what was written and compare it with what was copied.

    Parameters
    ----------
    plan : WritePlan
        What was carried out.
    receipt : WriteReceipt
        What was done.
    written : FileSetContents
        The new DICOMDIR, read again.
    known : set of str
        SOP Instance UIDs of records whose file was missing before.
    monitor : Monitor
        Receives progress; can cancel.

    Raises
    ------
    VerificationError
        If a file differs, or a record does not lead to its instance; the new state stands.
    """
    begun = time.perf_counter()
    root = os.path.realpath(plan.root)
    found = _read_back(root, receipt, monitor)
    wrong = [f"{mismatch.path}: {mismatch.why}" for mismatch in found]
    wrong += _lost(written, known)
    wrong += _led_elsewhere(plan, written, monitor)
    if wrong:
        more = f" and {len(wrong) - _MOST_NAMED} more" if len(wrong) > _MOST_NAMED else ""
        raise VerificationError(
            said("{0} files on the medium differ from what was written", len(wrong)),
            where=plan.root,
            why="; ".join(wrong[:_MOST_NAMED]) + more,
            remedy=said("Do not hand the medium out; write to another one"),
        )
    seconds = receipt.seconds + time.perf_counter() - begun
    return receipt._replace(verified=True, seconds=seconds)


def _read_back(root: str, receipt: WriteReceipt, monitor: Monitor) -> Sequence[Mismatch]:
    """Compare every file with what was copied."""
    try:
        return verify(root, receipt.digests, monitor=monitor)
    except StorageError as error:
        raise VerificationError(
            said("The File-set is written, but cannot be read back to be verified"),
            where=error.where or root,
            why=f"{error.what}, {error.why}" if error.why else error.what,
            remedy=said("Open it and have its files checked before it is handed out"),
        ) from error


def _lost(written: FileSetContents, known: AbstractSet[str]) -> Iterator[str]:
    """Yield the instances whose file cannot be found where the new DICOMDIR says."""
    for instance in written.missing:
        if str(instance.SOPInstanceUID) not in known:
            yield f"{'/'.join(instance._file_id())}: it is not there"


def _led_elsewhere(plan: WritePlan, written: FileSetContents, monitor: Monitor) -> Iterator[str]:
    """Yield the additions whose record leads to the file of another instance."""
    added = {name for _, name, _ in plan.additions}
    monitor.start("Following the records", len(added))
    for instance in written._stage.present if added else ():
        name = "/".join(instance._file_id())
        if name in added:
            monitor.check()
            if uid_of(instance.path) != str(instance.SOPInstanceUID):
                yield f"{name}: its record is that of another instance"
            monitor.advance(1, name)
