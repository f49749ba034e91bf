"""Restoring the backup of the DICOMDIR that a write keeps on request."""

from __future__ import annotations

import os

from dicomdir_studio.errors import FileIdError, FileSetError, StorageError
from dicomdir_studio.fileset.locating import Locator
from dicomdir_studio.fileset.target_folder import BACKUP, DICOMDIR
from dicomdir_studio.part10.directory_reader import read_directory
from dicomdir_studio.part10.table import FILE_ID, value_spans
from dicomdir_studio.storage import Plan, Replace, Stage, execute, from_os_error


def restore_backup(root: str | os.PathLike[str]) -> list[str]:
    """Restore the DICOMDIR that a write kept as ``DICOMDIR.BAK``.

    Parameters
    ----------
    root : str or os.PathLike
        The root of the File-set.

    Returns
    -------
    list of str
        File IDs that it references and whose files no longer exist.

    Raises
    ------
    ValueError
        If there is no backup, or it is not a DICOMDIR.
    StudioError
        If it cannot be restored; the DICOMDIR is unchanged.
    """
    folder = os.path.realpath(root)
    path = os.path.join(folder, BACKUP)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError as error:
        raise FileSetError(
            "There is no kept DICOMDIR", where=path, remedy="Writes keep one if they are asked to"
        ) from error
    except OSError as error:
        raise from_os_error(error, path) from error
    table = read_directory(data, path).table
    execute(Plan(folder, (Stage((), Replace(DICOMDIR, data)),)))
    locator = Locator(folder)
    begins, ends = value_spans(table.buffer, table.starts, table.stops, FILE_ID)
    values = [
        table.buffer[begin:end]
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
        if begin >= 0 and begin < end
    ]
    return [
        value.decode("latin-1").rstrip(" \0").replace("\\", "/")
        for value in values
        if not _is_there(locator, value)
    ]


def _is_there(locator: Locator, file_id: bytes) -> bool:
    """Return whether a file is known to exist; errors are ignored, as the DICOMDIR is restored."""
    try:
        return locator.find(file_id) is not None
    except (FileIdError, StorageError):
        return False
