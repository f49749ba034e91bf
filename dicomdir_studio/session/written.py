"""Whether a new File-set, whose write was cut short, is written after all."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from dicomdir_studio.errors import OperationCancelledError, StudioError
from dicomdir_studio.fileset import Severity
from dicomdir_studio.session.opening import find_dicomdir, open_file_set
from dicomdir_studio.session.staged_work import StagedWork

if TYPE_CHECKING:
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.staging_store import StagingStore

_log = logging.getLogger(__name__)


def forget_written(store: StagingStore, *, monitor: Monitor | None = None) -> list[str]:
    """Forget the work of new File-sets that runs had written before they ended.

    Parameters
    ----------
    store : StagingStore
        What keeps the work.
    monitor : Monitor, optional
        Asked whether to stop.

    Returns
    -------
    list of str
        The folders of those File-sets.

    Raises
    ------
    OperationCancelledError
        If the monitor says so.
    """
    found = []
    for work in store.pending():
        target = "" if work.root else store.target_of(work.key)
        if target and is_written(work, target, monitor=monitor):
            store.forget(work.key)
            if work.disputed:  # still to be decided, of the File-set that lies there now
                root = os.path.abspath(target)  # as it is known when it is opened
                question = StagedWork(root, work.uid, saved=work.saved, disputed=work.disputed)
                store.save(question, is_left=True)
            found.append(target)
    return found


def is_written(work: StagedWork, root: str, *, monitor: Monitor | None = None) -> bool:
    """Return whether all that was staged in a new File-set lies in the folder `root` now.

    Only where nothing is in doubt: the DICOMDIR there is of that very File-set by its UID
    (PS3.10 7.1, Media Storage SOP Instance UID), which nothing else has, and it says all that
    was staged; and each of its files is there. A write that was cut short after the DICOMDIR
    was in place is finished, as by any opening.

    Parameters
    ----------
    work : StagedWork
        What was staged.
    root : str
        Where it was being written.
    monitor : Monitor, optional
        Receives progress; can cancel.

    Raises
    ------
    OperationCancelledError
        If the monitor says so.
    """
    try:
        if not os.path.isdir(root) or find_dicomdir(root) is None:
            return False
        file_set = open_file_set(root, monitor=monitor)
    except OperationCancelledError:
        raise
    except (StudioError, OSError) as error:
        _log.info("Whether it was written cannot be seen: %s", error)
        return False
    broken = any(one.severity is Severity.ERROR for one in file_set.findings)
    if str(file_set.UID) != work.uid or file_set.missing or broken:
        return False
    return not work.left_to_do(file_set).stages
