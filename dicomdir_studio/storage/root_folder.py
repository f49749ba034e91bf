"""The folder that a tree is in, made where it does not exist."""

from __future__ import annotations

import contextlib
import os
import stat

from dicomdir_studio.errors import StorageError
from dicomdir_studio.storage.errors import from_os_error


def make_root(root: str) -> list[str]:
    """Make the root and its parents where they do not exist; returns those, deepest first."""
    made: list[str] = []
    path = root
    missing = []
    try:
        while not _is_there(path):
            missing.append(path)
            path = os.path.dirname(path)
        for path in reversed(missing):
            os.mkdir(path)
            made.insert(0, path)
        path = root
        is_folder = _is_folder(root)
    except OSError as error:
        remove_root(made)
        raise from_os_error(error, path) from error
    if not is_folder:
        raise StorageError("The target is not a folder", where=root, remedy="Choose a folder")
    return made


def _is_there(path: str) -> bool:
    """Return whether there is anything of that name."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _is_folder(path: str) -> bool:
    """Return whether a name that is there is a folder's, and no link to nothing."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except FileNotFoundError:
        return False


def remove_root(made: list[str]) -> None:
    """Remove the folders that were made for a root, while they are empty."""
    with contextlib.suppress(OSError):
        for path in made:
            os.rmdir(path)
