"""The exception hierarchy of the project.

Every error says what happened, to which file or record, why, and what to do
about it. The layers below the front ends raise only these for problems caused by
input or by the system.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from dicomdir_studio.deferred import brought


class StudioError(Exception):
    """Base class of all errors that DICOMDIR Studio raises deliberately.

    Parameters
    ----------
    what : str
        What happened, as a sentence without a full stop.
    where : str or os.PathLike, optional
        The file, folder or record that it happened to.
    why : str, optional
        The reason, with the clause of the Standard where there is one.
    remedy : str, optional
        What the reader can do next.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | os.PathLike[str] | None = None,
        why: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = None if where is None else os.fspath(where)
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        """Return what, where, why and remedy as one readable line."""
        text = f"{self.what}: {self.where}" if self.where else self.what
        if self.why:
            text = f"{text} ({self.why})"
        return f"{text}. {self.remedy}" if self.remedy else text


class OperationCancelledError(StudioError):
    """The operation was cancelled; the previous state is kept."""

    def __init__(self, what: str = "The operation was cancelled") -> None:
        super().__init__(what)


class InstanceError(StudioError, ValueError):
    """A file or data set cannot be added to a File-set."""


if TYPE_CHECKING:
    from pydicom.errors import InvalidDicomError

    class NotDicomError(InstanceError, InvalidDicomError):
        """The file is not a DICOM file (PS3.10 7)."""


class MissingFileError(InstanceError, FileNotFoundError):
    """The file to be added does not exist."""


class FolderGivenError(InstanceError, IsADirectoryError):
    """A folder was given in place of a file."""


class TruncatedFileError(InstanceError):
    """The file ends inside an element."""


class MissingKeyError(InstanceError):
    """An attribute that the directory record needs is absent or empty (PS3.3 F.5)."""


class UnfiledSOPClassError(InstanceError):
    """The Standard defines no directory record for the SOP Class, so it is never filed."""


class DirectoryInFileSetError(InstanceError):
    """The file is a DICOMDIR, which a File-set never references (PS3.10 8.6)."""


class DuplicateInstanceError(InstanceError):
    """The SOP Instance is already in the File-set."""


class ContentConflictError(DuplicateInstanceError):
    """The File-set has another file with the same SOP Instance UID but different content."""


class SourceChangedError(InstanceError):
    """A source file changed or vanished between staging and writing."""


class FileSetError(StudioError, ValueError):
    """A File-set cannot be loaded, changed or written as requested."""


class FileIdError(StudioError, PermissionError):
    """A File ID leads outside the root of its File-set (PS3.10 8.2)."""


class StorageError(StudioError, OSError):
    """The file system refused an operation, failed, or is not in the expected state."""


@cache
def _not_dicom_error() -> type[InstanceError]:
    """Make `NotDicomError`, whose second base is pydicom's own error for such files."""
    invalid: type[Exception] = brought("pydicom.errors").InvalidDicomError

    class NotDicomError(InstanceError, invalid):  # type: ignore[misc, valid-type]
        """The file is not a DICOM file (PS3.10 7)."""

        __module__ = __name__

    return NotDicomError


def __getattr__(name: str) -> Any:
    """Provide `NotDicomError` when it is first used, and pydicom not before."""
    if name == "NotDicomError":
        return _not_dicom_error()
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
