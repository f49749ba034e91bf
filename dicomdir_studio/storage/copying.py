"""Bytes from a source into a new file of the tree, hashed on the way.

Per file the cost is that of its system calls: a small file is read and written
whole, a large one goes through a buffer (hashed) or through the kernel (not).
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from typing import TYPE_CHECKING

from dicomdir_studio.errors import SourceChangedError
from dicomdir_studio.storage.errors import source_error

if TYPE_CHECKING:
    from dicomdir_studio.storage.plan import Bytes, CopyFrom
    from dicomdir_studio.storage.volume import Volume

_SMALL = 1 << 20
_BUFFER = 1 << 20
_READ = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe must be refused, not waited for
)


def copy(volume: Volume, put: CopyFrom, *, checksum: bool) -> str | None:
    """Copy a source to its target, a new file.

    Parameters
    ----------
    volume : Volume
        The tree.
    put : CopyFrom
        What to copy whither.
    checksum : bool
        Whether to compute the SHA-256 of the bytes copied.

    Returns
    -------
    str or None
        The SHA-256 in hexadecimal.

    Raises
    ------
    SourceChangedError
        Size or time of the source differ from the plan, before or after.
    SourceReadError
        The source cannot be read.
    OSError
        The target cannot be written.
    """
    try:
        source = os.open(put.source, _READ)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _changed(put, "it is gone") from error
    except OSError as error:
        raise source_error(error, put.source) from error
    try:
        _check(put, os.fstat(source))
        if put.size <= _SMALL:
            return _copy_small(volume, put, source, checksum=checksum)
        return _copy_large(volume, put, source, checksum=checksum)
    finally:
        os.close(source)


def link(volume: Volume, put: CopyFrom, *, checksum: bool) -> tuple[bool, str | None]:
    """Link a source to its target instead of copying it.

    Returns
    -------
    bool
        Whether it could be linked.
    str or None
        The SHA-256 in hexadecimal, if asked for.

    Raises
    ------
    SourceChangedError
        Size or time of the source differ from the plan.
    """
    try:
        volume.link_from(put.source, put.target)
    except FileExistsError:
        raise
    except OSError:
        return False, None
    source = volume.open(put.target)
    try:
        _check(put, os.fstat(source))
        return True, _digest_of_clone(put, source) if checksum else None
    finally:
        os.close(source)


def put_bytes(volume: Volume, target: str, parts: tuple[Bytes, ...]) -> int:
    """Write a new file; returns its descriptor, still open, for the caller to sync."""
    descriptor = volume.create(target)
    try:
        for part in parts:
            volume.write(descriptor, part)
    except BaseException:
        volume.finish(descriptor)
        raise
    return descriptor


def digest_of(volume: Volume, path: str) -> str:
    """Return the SHA-256 of a file of the tree."""
    with os.fdopen(volume.open(path), "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_inside(volume: Volume, source: str, target: str) -> None:
    """Copy a file of the tree to a new name in it, where links are not to be had."""
    reading = volume.open(source)
    try:
        writing = volume.create(target)
        try:
            if not volume.clone(reading, writing):
                buffer = bytearray(_BUFFER)
                view = memoryview(buffer)
                while count := os.readv(reading, [buffer]):
                    volume.write(writing, view[:count])
        finally:
            volume.finish(writing)
    finally:
        os.close(reading)


def _copy_small(volume: Volume, put: CopyFrom, source: int, *, checksum: bool) -> str | None:
    """Read whole, look again, write whole."""
    data = _read(put, source, put.size + 1)
    while len(data) < put.size and (more := _read(put, source, put.size + 1 - len(data))):
        data += more
    if len(data) != put.size:
        raise _changed(put, f"it held {put.size} bytes, now {len(data)}")
    _check(put, os.fstat(source))
    descriptor = volume.create(put.target)
    try:
        volume.write(descriptor, data)
    finally:
        volume.finish(descriptor)
    return hashlib.sha256(data).hexdigest() if checksum else None


def _copy_large(volume: Volume, put: CopyFrom, source: int, *, checksum: bool) -> str | None:
    """Copy in pieces, through the kernel where nothing is to be hashed."""
    descriptor = volume.create(put.target)
    try:
        if volume.clone(source, descriptor):
            digest = _digest_of_clone(put, source) if checksum else None
        elif checksum:
            digest = _pump(volume, put, source, descriptor)
        else:
            digest = None
            _copy_in_kernel(volume, put, source, descriptor)
    finally:
        volume.finish(descriptor)
    _check(put, os.fstat(source))
    return digest


def _pump(volume: Volume, put: CopyFrom, source: int, descriptor: int) -> str:
    """Read, hash and write piece by piece; returns the SHA-256."""
    digest = hashlib.sha256()
    total = 0
    while data := _read(put, source, _BUFFER):
        total += len(data)
        if total > put.size:
            break
        digest.update(data)
        volume.write(descriptor, data)
    if total != put.size:
        raise _changed(put, f"it held {put.size} bytes, now {total} or more")
    return digest.hexdigest()


def _copy_in_kernel(volume: Volume, put: CopyFrom, source: int, descriptor: int) -> None:
    """Copy without the bytes passing through this process, where the kernel can."""
    left = put.size
    try:
        while left and (count := volume.copy_range(source, descriptor, left)):
            left -= count
    except (OSError, AttributeError) as error:
        number = getattr(error, "errno", None)
        unsupported = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, None}
        if left != put.size or number not in unsupported:
            raise
        _pump(volume, put, source, descriptor)
        return
    if left:
        raise _changed(put, f"it held {put.size} bytes, now {put.size - left}")


def _digest_of_clone(put: CopyFrom, source: int) -> str:
    """Return the SHA-256 of a source whose blocks the target now shares."""
    digest = hashlib.sha256()
    while data := _read(put, source, _BUFFER):
        digest.update(data)
    return digest.hexdigest()


def _read(put: CopyFrom, source: int, size: int) -> bytes:
    """Read from the source; an error names it."""
    try:
        return os.read(source, size)
    except OSError as error:
        raise source_error(error, put.source) from error


def _check(put: CopyFrom, status: os.stat_result) -> None:
    """Raise if the source is not what was planned."""
    if not stat.S_ISREG(status.st_mode):
        raise _changed(put, "it is no regular file")
    if status.st_size != put.size:
        raise _changed(put, f"it held {put.size} bytes, now {status.st_size}")
    if put.mtime_ns is not None and status.st_mtime_ns != put.mtime_ns:
        raise _changed(put, "it was modified")


def _changed(put: CopyFrom, why: str) -> SourceChangedError:
    """Return the error for a source that is not what was planned."""
    return SourceChangedError(
        "A source file changed since it was added",
        where=put.source,
        why=why,
        remedy="Take it out of the staged changes and add it again",
    )
