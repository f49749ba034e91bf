"""Calls of the operating system that Python does not have, each with what it needs to be of use."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import time
from types import BuiltinFunctionType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FAT = 0x4D44
_EXFAT = 0x2011BAB0
_OF_DISCS = {0x9660, 0x15013346}  # ISO 9660, UDF
WITH_LINKS = {
    0xEF53,  # ext2, ext3, ext4
    0x58465342,  # XFS
    0x9123683E,  # Btrfs
    0xF2F52010,  # F2FS
    0x01021994,  # tmpfs
}
"""Types of local file systems with hard links and atomic replacement."""

# Local file systems whose syncfs() writes data and metadata and flushes the device. On the
# others (FUSE, network) only fsync() reaches the far end.
_SYNCFS_IS_ENOUGH = WITH_LINKS | {FAT, _EXFAT}
_SYNCFS_TELLS_ERRORS = (5, 8)
# A file system that cannot sync a folder at all says so; everything else is a failure.
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF}
_SYNC_FILE_RANGE_WRITE = 2
_SYNC_FILE_RANGE_ALL = 1 | 2 | 4
_FICLONE = 0x40049409


def host_name() -> str:
    """Return the name of this machine."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import platform  # noqa: PLC0415 - where it is needed: its import takes a millisecond

    return platform.node()


def utc_now() -> str:
    """Return the time of day in UTC, in ISO 8601 to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


def _load_libc() -> ctypes.CDLL | None:
    """Return the C library if it has Linux's calls for syncing."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syncfs.argtypes = [ctypes.c_int]
        libc.fstatfs.argtypes = [ctypes.c_int, ctypes.c_void_p]
        libc.sync_file_range.argtypes = [
            *(ctypes.c_int, ctypes.c_int64),
            *(ctypes.c_int64, ctypes.c_uint),
        ]
    except (OSError, AttributeError, TypeError):
        return None
    return libc


def _load_full_fsync() -> Callable[[int], object] | None:
    """Return macOS's call that flushes the device too, which its fsync() does not."""
    try:
        import fcntl  # noqa: PLC0415 - absent on Windows

        command = fcntl.F_FULLFSYNC  # type: ignore[attr-defined,unused-ignore]
    except (ImportError, AttributeError):
        return None
    return lambda descriptor: fcntl.fcntl(descriptor, command)


def _kernel_version() -> tuple[int, ...]:
    """Return the first two numbers of Linux's version, empty elsewhere."""
    try:
        system = os.uname()
        if system.sysname == "Linux":
            return tuple(int(part) for part in system.release.split(".")[:2])
    except (AttributeError, ValueError):
        pass
    return ()


def is_simulated() -> bool:
    """Return whether something stands in for the system's files, as some test suites use.

    Its descriptors are none of the kernel's, or worse, those of other files there.
    """
    return not isinstance(os.open, BuiltinFunctionType)


_LIBC = _load_libc()
_FULL_FSYNC = _load_full_fsync()
_VERSION = _kernel_version()


def file_system_type(descriptor: int) -> int:
    """Return the type of the file system of an open file, as ``statfs`` has it; 0 if unknown."""
    if _LIBC is None or not _VERSION:
        return 0
    buffer = (ctypes.c_long * 64)()
    return int(buffer[0]) if _LIBC.fstatfs(descriptor, ctypes.byref(buffer)) == 0 else 0


def is_optical(path: str) -> bool:
    """Return whether a file is known to lie on a file system of optical discs."""
    return _type_of(path) in _OF_DISCS


def is_fat(path: str) -> bool:
    """Return whether a file is known to lie on FAT, exFAT excepted."""
    return _type_of(path) == FAT


def _type_of(path: str) -> int:
    """Return the type of the file system that a file lies on, 0 if unknown."""
    if is_simulated():
        return 0
    found = 0
    # It is not there, or no name of a file, or the medium fails, as whatever comes next will say.
    with contextlib.suppress(OSError, ValueError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            found = file_system_type(descriptor)
        finally:
            os.close(descriptor)
    return found


def can_sync_file_system(type_: int) -> bool:
    """Tell whether `sync_file_system` is as durable as fsync() on each file, and tells errors."""
    return _LIBC is not None and type_ in _SYNCFS_IS_ENOUGH and _VERSION >= _SYNCFS_TELLS_ERRORS


def sync_file_system(descriptor: int) -> None:
    """Put all of an open file's file system on the medium.

    Errors of writes since the file was opened are raised.
    """
    if _LIBC is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    while _LIBC.syncfs(descriptor) != 0:
        number = ctypes.get_errno()
        if number != errno.EINTR:
            raise OSError(number, os.strerror(number))


def start_write_back(descriptor: int, *, wait: bool = False) -> None:
    """Let the medium begin with what was written to an open file; promises nothing.

    Parameters
    ----------
    descriptor : int
        The file.
    wait : bool
        Return when the medium has taken it, which does not say that it is durable.
    """
    if _LIBC is not None and not is_simulated():
        flags = _SYNC_FILE_RANGE_ALL if wait else _SYNC_FILE_RANGE_WRITE
        _LIBC.sync_file_range(descriptor, 0, 0, flags)


def sync_file(descriptor: int) -> None:
    """Put an open file on the medium, through the cache of the device too."""
    if _FULL_FSYNC is not None:
        with contextlib.suppress(OSError):  # not every file system of macOS has it
            _FULL_FSYNC(descriptor)
            return
    os.fsync(descriptor)


def sync_names(descriptor: int) -> None:
    """Put the names in an open folder on the medium, where the file system can be told to."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise


def clone(source: int, descriptor: int) -> bool:
    """Let an open file share all blocks of another; False where that is impossible."""
    if is_simulated():
        return False
    try:
        import fcntl  # noqa: PLC0415 - absent on Windows

        fcntl.ioctl(descriptor, _FICLONE, source)
    except (ImportError, OSError):
        return False
    return True
