"""The errors of changing a directory tree, one class for each remedy."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from dicomdir_studio.errors import FileIdError, StorageError
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    import os


class NoSpaceError(StorageError):
    """The medium has too little free space.

    Attributes
    ----------
    needed : int or None
        Bytes (or files, see the text) that the plan needs, where known.
    free : int or None
        Bytes (or files) that are free, where known.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | os.PathLike[str] | None = None,
        why: str | None = None,
        remedy: str | None = None,
        needed: int | None = None,
        free: int | None = None,
    ) -> None:
        super().__init__(what, where=where, why=why, remedy=remedy)
        self.needed = needed
        self.free = free


class PermissionDeniedError(StorageError, PermissionError):
    """The user has no permission to change a file or folder."""


class ReadOnlyError(StorageError):
    """The medium is mounted read-only or cannot be written at all."""


class NameClashError(StorageError, FileExistsError):
    """A new name is taken by a file that must not be replaced."""


class PathTooLongError(StorageError):
    """A name or path is longer than the file system allows."""


class UnusableNameError(StorageError):
    """The file system does not allow a character or a name."""


class FileTooLargeError(StorageError):
    """A file is larger than the file system allows (FAT: 4 GiB less one byte)."""


class MediumGoneError(StorageError):
    """The device failed or was removed."""


class SourceReadError(StorageError):
    """A source file cannot be read; nothing is wrong with the target."""


class UnsafePathError(FileIdError, StorageError):
    """A path leads, or could lead, outside the root."""


class PlanError(StorageError, ValueError):
    """The plan contradicts itself or removes what the File-set does not own."""


class LockedError(StorageError):
    """Another process (or another job of this one) is writing below the same root.

    Attributes
    ----------
    pid : int or None
        Process number of the writer, where known.
    host : str or None
        Name of its machine.
    since : str or None
        When it took the lock, ISO 8601.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | os.PathLike[str] | None = None,
        why: str | None = None,
        remedy: str | None = None,
        pid: int | None = None,
        host: str | None = None,
        since: str | None = None,
    ) -> None:
        super().__init__(what, where=where, why=why, remedy=remedy)
        self.pid = pid
        self.host = host
        self.since = since


class PendingJournalError(StorageError):
    """An earlier write below this root was interrupted and must be recovered first."""


class IndexChangedError(StorageError):
    """The index is not the one that the plan was made for: another program wrote to it."""


class UnfinishedWriteError(StorageError):
    """The new state is committed, but cleaning up failed; recovery will finish it."""


class UnfinishedUndoError(StorageError):
    """The previous state is kept, but new files could not all be removed; recovery will do it."""


class RecoveryError(StorageError):
    """An unfinished journal does not fit the files that are there."""


_KINDS: dict[int, tuple[type[StorageError], str, str]] = {
    errno.ENOSPC: (
        NoSpaceError,
        said("The medium is full"),
        said("Free some space or write to another one"),
    ),
    errno.EROFS: (
        ReadOnlyError,
        said("The medium is read-only"),
        said("Write to another folder, or mount the medium for writing"),
    ),
    errno.EACCES: (
        PermissionDeniedError,
        said("Permission denied"),
        said("Request permission to write there, or choose another folder"),
    ),
    errno.EEXIST: (
        NameClashError,
        said("A file of that name already exists"),
        said("Nothing was overwritten; move the file away and try again"),
    ),
    errno.ENAMETOOLONG: (
        PathTooLongError,
        said("The path is too long"),
        said("Write to a folder with a shorter path"),
    ),
    errno.EFBIG: (
        FileTooLargeError,
        said("The file is too large for this file system, or for a limit set for this user"),
        said(
            "Format the medium as exFAT or another file system for large files; or raise the limit "
            "(ulimit -f)"
        ),
    ),
    errno.EINVAL: (
        UnusableNameError,
        said("The file system does not allow this name"),
        said("Choose a layout with standard names, or another file system"),
    ),
    errno.EIO: (
        MediumGoneError,
        said("The device reported an error"),
        said("Check the medium and its connection; it may be failing"),
    ),
    errno.ENOENT: (
        MediumGoneError,
        said("The file or folder no longer exists"),
        said("Check that the medium is still connected and that nothing else changes it"),
    ),
}
_SAME_AS = {
    errno.EDQUOT: errno.ENOSPC,
    errno.EPERM: errno.EACCES,
    errno.ENOTEMPTY: errno.EEXIST,
    errno.ENODEV: errno.EIO,
    errno.ENXIO: errno.EIO,
    errno.ESTALE: errno.EIO,
    errno.ENOTCONN: errno.EIO,
    errno.ESHUTDOWN: errno.EIO,
    errno.ETIMEDOUT: errno.EIO,
}


def from_os_error(error: OSError, where: str | os.PathLike[str]) -> StorageError:
    """Return the error of this package that `error` means.

    Parameters
    ----------
    error : OSError
        What the operating system said about the target tree.
    where : str or os.PathLike
        The file or folder that it said it about.

    Returns
    -------
    StorageError
        `error` itself if it is one already.
    """
    if isinstance(error, StorageError):
        return error
    number = error.errno or 0
    kind, what, remedy = _KINDS.get(
        _SAME_AS.get(number, number),
        (StorageError, said("The file system refused"), said("Check the medium and try again")),
    )
    made = kind(what, where=where, why=error.strerror or str(error), remedy=remedy)
    made.errno = error.errno
    return made


def source_error(error: OSError, source: str) -> SourceReadError:
    """Return the error for a source file that cannot be read."""
    made = SourceReadError(
        said("A source file cannot be read"),
        where=source,
        why=error.strerror or str(error),
        remedy=said("Check the file and its medium, or remove it from the staged changes"),
    )
    made.errno = error.errno
    return made
