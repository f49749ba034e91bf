"""Finishes or undoes a write that was cut short, before another one begins in the same folder."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import FileSetError, StorageError
from dicomdir_studio.fileset.opened import stamp_of
from dicomdir_studio.phrases import listed, said
from dicomdir_studio.storage import Action, LockedError, RecoveryError, pending, recover

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.storage import RecoveryReport

_HOW: Final = said(
    "A write to this folder was interrupted and has to be finished or undone first; to try that "
    "again, write again, open the File-set again or use the recover command"
)
_CHANGED: Final = said(
    "An interrupted write to this File-set has been finished and changed it; open it again"
)


def recover_for(
    file_set: FileSetContents,
    root: str | os.PathLike[str],
    load: Callable[[str], None],
    *,
    is_edited: bool,
) -> RecoveryReport | None:
    """Finish or undo what was cut short in a folder that is to be written.

    Parameters
    ----------
    file_set : FileSetContents
        The File-set that is to be written there.
    root : str or os.PathLike
        The folder.
    load : callable
        Loads the File-set anew from the DICOMDIR at a path, where the recovery changed it.
    is_edited : bool
        Whether that would lose what is staged.

    Raises
    ------
    StorageError
        If it cannot be done, since the medium still fails or another program writes there, say.
    FileSetError
        If it changed the DICOMDIR, and the changes that are staged were made before that.
    """
    folder = os.path.realpath(root)
    if pending(folder) is None:
        return None
    try:
        report = recover(folder)
    except (LockedError, RecoveryError):
        raise
    except StorageError as error:
        error.remedy = listed([error.remedy, _HOW] if error.remedy else [_HOW], "{0}. {1}")
        raise
    opened = file_set._opened
    if opened is None or os.path.dirname(opened.path) != folder:
        return report
    try:
        digest = hashlib.sha256(opened.path.read_bytes()).hexdigest()
        stamp = stamp_of(opened.path)
    except OSError:
        return report  # the write says so
    if digest == opened.digest:
        opened.stamp = stamp
    elif report is None or report.action is not Action.FINISH:
        pass  # another program wrote meanwhile, and ended as it should
    elif is_edited:
        file_set._kept_from_writing = _CHANGED
        raise FileSetError(
            said("An interrupted write to this File-set has been finished, and changed it"),
            where=folder,
            why=said("the changes staged here are based on the state before"),
            remedy=said("Open the File-set again, and stage the changes that it does not contain"),
        )
    else:
        load(os.fspath(opened.path))
    return report
