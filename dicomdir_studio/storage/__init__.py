"""A directory tree changed as one transaction: all of a plan, or nothing of it.

It deals with files and folders, not with DICOM. A `Plan` lists the files to put, the
file to replace (the commit) and the files to remove; `execute` carries it out. After an
interruption, `pending` detects the unfinished write and `recover` finishes or undoes
it. `verify` reads the result back.
"""

from __future__ import annotations

from dicomdir_studio.storage.errors import (
    FileTooLargeError,
    IndexChangedError,
    LockedError,
    MediumGoneError,
    NameClashError,
    NoSpaceError,
    PathTooLongError,
    PendingJournalError,
    PermissionDeniedError,
    PlanError,
    ReadOnlyError,
    RecoveryError,
    SourceReadError,
    UnfinishedUndoError,
    UnfinishedWriteError,
    UnsafePathError,
    UnusableNameError,
    from_os_error,
)
from dicomdir_studio.storage.foresight import Outlook, Prospect, foresee, look_ahead, refusal
from dicomdir_studio.storage.journal import JOURNAL_NAME
from dicomdir_studio.storage.kernel import is_fat, is_optical, sync_names
from dicomdir_studio.storage.locking import LOCK_NAME, LockOwner, RootLock, read_owner
from dicomdir_studio.storage.plan import (
    RESERVED_PREFIX,
    CopyFrom,
    LinkTo,
    Plan,
    Put,
    PutBytes,
    Removal,
    Replace,
    Stage,
    check_plan,
    check_relative,
)
from dicomdir_studio.storage.preconditions import FAT_LARGEST
from dicomdir_studio.storage.recovery import (
    Action,
    PendingJournal,
    RecoveryReport,
    pending,
    recover,
)
from dicomdir_studio.storage.transaction import Receipt, execute
from dicomdir_studio.storage.verification import (
    Mismatch,
    manifest_text,
    read_manifest,
    verify,
    write_manifest,
)
from dicomdir_studio.storage.volume import Room, Volume

__all__ = [
    "FAT_LARGEST",
    "JOURNAL_NAME",
    "LOCK_NAME",
    "RESERVED_PREFIX",
    "Action",
    "CopyFrom",
    "FileTooLargeError",
    "IndexChangedError",
    "LinkTo",
    "LockOwner",
    "LockedError",
    "MediumGoneError",
    "Mismatch",
    "NameClashError",
    "NoSpaceError",
    "Outlook",
    "PathTooLongError",
    "PendingJournal",
    "PendingJournalError",
    "PermissionDeniedError",
    "Plan",
    "PlanError",
    "Prospect",
    "Put",
    "PutBytes",
    "ReadOnlyError",
    "Receipt",
    "RecoveryError",
    "RecoveryReport",
    "Removal",
    "Replace",
    "Room",
    "RootLock",
    "SourceReadError",
    "Stage",
    "UnfinishedUndoError",
    "UnfinishedWriteError",
    "UnsafePathError",
    "UnusableNameError",
    "Volume",
    "check_plan",
    "check_relative",
    "execute",
    "foresee",
    "from_os_error",
    "is_fat",
    "is_optical",
    "look_ahead",
    "manifest_text",
    "pending",
    "read_manifest",
    "read_owner",
    "recover",
    "refusal",
    "sync_names",
    "verify",
    "write_manifest",
]
