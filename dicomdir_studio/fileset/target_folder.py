"""The existing content of a folder that is to be written to."""

from __future__ import annotations

import errno
import os
from typing import Final

from dicomdir_studio.errors import StudioError
from dicomdir_studio.part10.blank import is_blank_file
from dicomdir_studio.part10.directory_reader import MEDIA_STORAGE_DIRECTORY, read_directory
from dicomdir_studio.storage import from_os_error

DICOMDIR: Final = "DICOMDIR"
BACKUP: Final = "DICOMDIR.BAK"
"""What the previous DICOMDIR is kept as; no File ID can be that, so no record can name it."""

_EMPTY_SIZE: Final = 65536
_SOP_CLASS: Final = 0x00020002
_NOT_THERE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL)


def holds_instances(folder: str) -> bool:
    """Return whether a folder has a DICOMDIR that references anything, or may be another file."""
    if "dicomdir" not in folded_names(folder):
        return False
    try:
        with open(os.path.join(folder, DICOMDIR), "rb") as file:
            directory = read_directory(file.read(_EMPTY_SIZE + 1), folder)
    except (OSError, StudioError):
        # One that holds nothing names nothing: it may be replaced.
        return not is_blank_file(os.path.join(folder, DICOMDIR))
    if directory.text(_SOP_CLASS) != MEDIA_STORAGE_DIRECTORY:
        return True  # an image of that name, say: nothing of it may be lost
    return bool(len(directory.table))


def folded_names(folder: str) -> set[str]:
    """Return the names in a folder without regard to case; none if it is not there.

    Raises
    ------
    StorageError
        If it cannot be read, so that it may hold anything.
    """
    try:
        return {name.casefold() for name in os.listdir(folder)}
    except OSError as error:
        if error.errno in _NOT_THERE:
            return set()
        raise from_os_error(error, folder) from error
