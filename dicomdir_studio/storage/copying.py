"""Bytes from a source into a new file of the tree, hashed on the way.

Per file the cost is that of its system calls: a small file is read and written whole.
A large one shares its blocks with its source where the file system can do that, else
goes through a buffer (hashed) or through the kernel (not).
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from typing import TYPE_CHECKING

from dicomdir_studio.errors import SourceChangedError
from dicomdir_studio.phrases import said
from dicomdir_studio.storage.errors import source_error
from dicomdir_studio.storage.kernel import is_simulated

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.storage.plan import Bytes, CopyFrom
    from dicomdir_studio.storage.volume import Volume

_BUFFER = 1 << 20
_WHOLE = 1 << 17
_PIECE = 1 << 26
_MEASURED_EVERY = 1 << 26
_SLOW = 100e6
_READ = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe must be refused, not waited for
)
_HAS_READV = hasattr(os, "readv")
_NO_COPY_RANGE = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}


class Copier:
    """Copies sources into a tree, through one buffer; for one thread.

    Parameters
    ----------
    volume : Volume
        The tree.
    checksum : bool
        Whether to compute the SHA-256 of the bytes copied.
    check : callable, optional
        Called between the pieces of a large file; may raise to end the copying.
    is_early : callable, optional
        Tells whether there is time for the medium to begin with large files at once.
    """

    def __init__(
        self,
        volume: Volume,
        *,
        checksum: bool,
        check: Callable[[], None] = lambda: None,
        is_early: Callable[[], bool] = lambda: False,
    ) -> None:
        self._volume = volume
        self._checksum = checksum
        self._check_on = check
        self._pace = Pace(volume, is_early)
        self._clones: dict[int, bool] = {}
        self._buffer = bytearray(_BUFFER)
        self._view = memoryview(self._buffer)

    def copy(self, put: CopyFrom) -> str | None:
        """Copy a source to its target, a new file.

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
        source = _open(put)
        try:
            if put.size < _WHOLE:
                return self._copy_whole(put, source)
            return self._copy_in_pieces(put, source)
        finally:
            os.close(source)

    def link(self, put: CopyFrom) -> tuple[bool, str | None]:
        """Link a source to its target instead of copying it.

        Returns
        -------
        bool
            Whether it could be linked.
        str or None
            The SHA-256 in hexadecimal.

        Raises
        ------
        SourceChangedError
            Size or time of the source differ from the plan.
        FileExistsError
            The target exists.
        """
        try:
            self._volume.link_from(put.source, put.target)
        except FileExistsError:
            raise
        except OSError:
            return False, None
        source = self._volume.open(put.target)
        try:
            digest = self._digest(put, source) if self._checksum else None
            _check(put, os.fstat(source))
            return True, digest
        finally:
            os.close(source)

    def _copy_whole(self, put: CopyFrom, source: int) -> str | None:
        """Read all of it, look whether it is what was planned, write all of it.

        One look is enough: what was changed before the reading is still changed after it.
        """
        volume, view, size = self._volume, self._view, put.size
        try:
            total = read_into(source, self._buffer)
            while 0 < total < size and (more := read_into(source, view[total:])):
                total += more
        except OSError as error:
            _check(put, os.fstat(source))
            raise source_error(error, put.source) from error
        status = os.fstat(source)
        if (
            total != size
            or status.st_size != size
            or status.st_mtime_ns != put.mtime_ns
            or status.st_ctime_ns != put.ctime_ns
        ):
            _check(put, status)
            if total != size:
                raise _changed(put, f"it held {size} bytes, now {total}")
        data = view[:size]
        descriptor = volume.create(put.target)
        try:
            volume.write(descriptor, data)
        finally:
            volume.finish(descriptor)
        return hashlib.sha256(data).hexdigest() if self._checksum else None

    def _copy_in_pieces(self, put: CopyFrom, source: int) -> str | None:
        """Copy a large file: its blocks shared, or hashed on the way, or by the kernel."""
        volume = self._volume
        status = os.fstat(source)
        _check(put, status)
        descriptor = volume.create(put.target)
        digest: str | None = None
        try:
            if self._clone(source, descriptor, status.st_dev):
                digest = self._digest(put, source) if self._checksum else None
            elif self._checksum:
                digest = self._digest(put, source, descriptor)
            else:
                self._copy_by_kernel(put, source, descriptor)
        finally:
            volume.finish(descriptor)
        _check(put, os.fstat(source))
        return digest

    def _clone(self, source: int, descriptor: int, device: int) -> bool:
        """Let the blocks be shared, unless files of that device could not be before."""
        if not self._clones.get(device, True):
            return False
        self._clones[device] = cloned = self._volume.clone(source, descriptor)
        return cloned

    def _digest(self, put: CopyFrom, source: int, descriptor: int | None = None) -> str:
        """Hash the source piece by piece, and write the pieces if there is whereto."""
        digest = hashlib.sha256()
        total = 0
        while count := _read_into(put, source, self._buffer):
            total += count
            if total > put.size:
                break
            data = self._view[:count]
            if descriptor is not None:
                self._volume.write(descriptor, data)
                self._pace.keep(descriptor, count)
            digest.update(data)
            self._check_on()
        if total != put.size:
            raise _changed(put, f"it held {put.size} bytes, now {total} or more")
        return digest.hexdigest()

    def _copy_by_kernel(self, put: CopyFrom, source: int, descriptor: int) -> None:
        """Copy without the bytes passing through this process, where the kernel can."""
        left = put.size
        piece = _BUFFER
        try:
            while left and (count := self._volume.copy_range(source, descriptor, min(left, piece))):
                left -= count
                piece = _PIECE
                self._pace.keep(descriptor, count)
                self._check_on()
        except AttributeError:
            self._digest(put, source, descriptor)
            return
        except OSError as error:
            if left != put.size or error.errno not in _NO_COPY_RANGE:
                raise
            self._digest(put, source, descriptor)
            return
        if left:
            raise _changed(put, f"it held {put.size} bytes, now {put.size - left}")


class Pace:
    """Lets a medium begin with what was written, so that the barrier waits less.

    A fast one gathers it better by itself if nothing else is left to do: being told file by
    file made the copying of half-megabyte files take twice the time. Which it is, is
    measured now and then. While another thread still makes small files, which takes the
    processor and not the medium, a fast one gains too.

    Parameters
    ----------
    volume : Volume
        The tree on the medium.
    is_early : callable
        Tells whether that is so.
    """

    def __init__(self, volume: Volume, is_early: Callable[[], bool]) -> None:
        self._volume = volume
        self._is_early = is_early
        self._slow = False
        self._unmeasured = 0

    def keep(self, descriptor: int, count: int) -> None:
        """Take note of `count` bytes that were written to an open file just now."""
        self._unmeasured += count
        if self._slow or self._is_early():
            self._volume.write_back(descriptor)
        elif self._unmeasured >= _MEASURED_EVERY and count <= _BUFFER:
            self._unmeasured = 0
            begin = time.perf_counter()
            self._volume.write_back(descriptor, wait=True)
            self._slow = count < _SLOW * (time.perf_counter() - begin)


def put_bytes(volume: Volume, target: str, parts: tuple[Bytes, ...]) -> int:
    """Write a new file; returns its descriptor, still open, for the caller to sync."""
    descriptor = volume.create(target)
    try:
        for part in parts:
            volume.write(descriptor, memoryview(part).cast("B"))
    except BaseException:
        volume.finish(descriptor)
        raise
    return descriptor


def digest_of(volume: Volume, path: str) -> str:
    """Return the SHA-256 of a file of the tree."""
    with os.fdopen(volume.open(path), "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_inside(volume: Volume, source: str, target: str, *, checksum: bool = False) -> str:
    """Copy a file of the tree to a new name in it, where links are not to be had.

    Returns the SHA-256 of what was copied, "" if that is not wanted.
    """
    digest = hashlib.sha256()
    reading = volume.open(source)
    try:
        writing = volume.create(target)
        try:
            volume.keep_access(writing, source)
            cloned = volume.clone(reading, writing)
            buffer = bytearray(_BUFFER)
            view = memoryview(buffer)
            while (checksum or not cloned) and (count := read_into(reading, buffer)):
                if checksum:
                    digest.update(view[:count])
                if not cloned:
                    volume.write(writing, view[:count])
        finally:
            volume.finish(writing)
    finally:
        os.close(reading)
    return digest.hexdigest() if checksum else ""


def read_into(descriptor: int, buffer: bytearray | memoryview) -> int:
    """Read into `buffer`; returns how many bytes, 0 at the end."""
    if _HAS_READV and not is_simulated():
        return os.readv(descriptor, (buffer,))
    data = os.read(descriptor, len(buffer))
    buffer[: len(data)] = data
    return len(data)


def _open(put: CopyFrom) -> int:
    """Open the source; an error names it."""
    try:
        return os.open(put.source, _READ)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _changed(put, "it is gone") from error
    except OSError as error:
        raise source_error(error, put.source) from error


def _read_into(put: CopyFrom, source: int, buffer: bytearray | memoryview) -> int:
    """Read from the source; an error names it."""
    try:
        return read_into(source, buffer)
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
    of_file = put.ctime_ns is not None and not put.link and not is_simulated()
    if of_file and status.st_ctime_ns != put.ctime_ns:
        raise _changed(put, "it was modified, its time set back, or it was replaced")


def _changed(put: CopyFrom, why: str) -> SourceChangedError:
    """Return the error for a source that is not what was planned."""
    return SourceChangedError(
        said("A source file changed since it was added"),
        where=put.source,
        why=why,
        remedy=said("Remove it from the staged changes and add it again"),
    )
