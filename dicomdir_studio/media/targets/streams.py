"""The files of a plan as streams, hashed on the way; and a new file that appears whole or not."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import secrets
import shutil
from typing import TYPE_CHECKING, BinaryIO, Final

from dicomdir_studio.errors import SourceChangedError, StorageError, StudioError
from dicomdir_studio.media.medium_plan import DICOMDIR, MediumFile, TextFile
from dicomdir_studio.phrases import said
from dicomdir_studio.storage import (
    NameClashError,
    NoSpaceError,
    SourceReadError,
    from_os_error,
    sync_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.monitor import Monitor

BUFFER: Final = 1 << 20


class SourceStream(io.RawIOBase):
    """A file of the plan, opened when its first byte is asked for and closed after its last.

    Ten thousand of them can wait side by side. Read errors and changes since the plan are
    errors of the source, so that they are told from errors of the target.

    Parameters
    ----------
    file : MediumFile or TextFile
        What to read.
    digests : dict of str to str
        Gets the SHA-256, by the name on the medium, with the last byte.
    monitor : Monitor
        Receives progress in bytes; can cancel.
    """

    def __init__(
        self, file: MediumFile | TextFile, digests: dict[str, str], monitor: Monitor
    ) -> None:
        super().__init__()
        self._file = file
        self._digests = digests
        self._monitor = monitor
        self._opened: BinaryIO | None = None
        self._digest = hashlib.sha256()
        self._left = file.size
        if not file.size:
            self._digests[file.name] = self._digest.hexdigest()

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that it can go back to its beginning."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go back to the beginning; nothing else is ever asked of it."""
        if offset or whence != os.SEEK_SET:
            raise io.UnsupportedOperation
        self._shut()
        self._digest = hashlib.sha256()
        self._left = self._file.size
        return 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, as many as asked for unless the file ends.

        Raises
        ------
        SourceChangedError
            If the source is not what it was when it was planned.
        SourceReadError
            If it cannot be read.
        OperationCancelledError
            If the user cancelled.
        """
        wanted = self._left if size < 0 else min(size, self._left)
        if not wanted:
            return b""
        self._monitor.check()
        if self._opened is None:
            self._opened = self._open()
        try:
            data = _whole(self._opened, wanted)
        except OSError as error:
            raise _unreadable(error, self._file.name, self._source) from error
        if len(data) != wanted:
            raise self._changed("it has become shorter")
        self._digest.update(data)
        self._left -= wanted
        self._monitor.advance(wanted, self._file.name)
        if not self._left:
            self._finish()
        return data

    def close(self) -> None:
        """Close the source."""
        self._shut()
        super().close()

    @property
    def _source(self) -> str:
        """Where the bytes come from."""
        return self._file.source if isinstance(self._file, MediumFile) else self._file.name

    def _open(self) -> BinaryIO:
        """Open the source and see that it is what was planned."""
        if isinstance(self._file, TextFile):
            return io.BytesIO(self._file.data)
        try:
            opened = open(self._source, "rb", buffering=0)  # noqa: SIM115 - closed by _shut
        except FileNotFoundError as error:
            raise self._changed("it is gone") from error
        except OSError as error:
            raise _unreadable(error, self._file.name, self._source) from error
        self._opened = io.BufferedReader(opened, BUFFER) if self._left > BUFFER else opened
        self._compare(opened)
        return self._opened

    def _finish(self) -> None:
        """Note the sum of a source that was read to its end and did not change meanwhile."""
        if isinstance(self._file, MediumFile) and self._opened is not None:
            self._compare(self._opened)
        self._digests[self._file.name] = self._digest.hexdigest()
        self._shut()

    def _compare(self, opened: io.IOBase | BinaryIO) -> None:
        """Raise if length or time are not those of the plan."""
        status = os.fstat(opened.fileno())
        file = self._file
        if not isinstance(file, MediumFile):
            return
        if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
            raise self._changed("its length or time of change differ")
        if file.ctime_ns is not None and status.st_ctime_ns != file.ctime_ns:
            raise self._changed("it was replaced, or its time set back")

    def _changed(self, why: str) -> SourceChangedError:
        """Return the error for a source that is not what was planned."""
        return SourceChangedError(
            said("A source file changed since the medium was planned"),
            where=self._source,
            why=why,
            remedy=said("Add it again, or remove it from the staged changes"),
        )

    def _shut(self) -> None:
        """Close the source, if it is open."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None


def _whole(opened: BinaryIO, size: int) -> bytes:
    """Read so many bytes, fewer only where the file ends; the system may give them in parts."""
    data = opened.read(size) or b""
    while len(data) < size and (more := opened.read(size - len(data))):
        data += more
    return data


def streams_of(
    plan: MediumPlan, digests: dict[str, str], monitor: Monitor
) -> Iterator[tuple[str, int, SourceStream]]:
    """Yield name, length and stream of everything on the medium, the DICOMDIR first."""
    for file in (TextFile(DICOMDIR, plan.dicomdir), *plan.extras, *plan.files):
        yield file.name, file.size, SourceStream(file, digests, monitor)


@contextlib.contextmanager
def appearing(path: str, needed: int) -> Iterator[str]:
    """Give a temporary name beside `path`; it becomes `path` if all goes well, else it goes.

    Parameters
    ----------
    path : str
        The file to be; never one that exists.
    needed : int
        Bytes that it will have.

    Raises
    ------
    NameClashError
        If `path` exists, at the beginning or at the end.
    NoSpaceError
        If there is not enough room.
    StorageError
        If the folder cannot be written, or the device fails or fills.
    """
    folder = os.path.dirname(os.path.abspath(path))
    interim = os.path.join(folder, f".{os.path.basename(path)[:40]}.{secrets.token_hex(4)}.part")
    try:
        if os.path.lexists(path):
            raise _taken(path)
        check_room(folder, needed)
        yield interim
        _sync(interim)
        _give_name(interim, path)
        _sync_folder(folder, path)
    except StudioError:
        raise
    except OSError as error:
        raise from_os_error(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(interim)


def check_room(folder: str | os.PathLike[str], needed: int) -> None:
    """Raise if there is not enough room in a folder.

    Parameters
    ----------
    folder : path-like
        The folder.
    needed : int
        Bytes.

    Raises
    ------
    NoSpaceError
        It has both numbers.
    StorageError
        If the folder is not there or cannot be looked at.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise from_os_error(error, folder) from error
    if needed > free:
        raise NoSpaceError(
            said("There is not enough space for the medium's file"),
            where=folder,
            why=said("{0:,} bytes are needed, {1:,} are free", needed, free),
            remedy=said("Free some space or write to another disk"),
            needed=needed,
            free=free,
        )


def _give_name(interim: str, path: str) -> None:
    """Give the finished file its name, never over another."""
    try:
        os.link(interim, path)
    except FileExistsError as error:
        raise _taken(path) from error
    except OSError:
        # No hard links here (FAT, some network file systems).
        if os.path.lexists(path):
            raise _taken(path) from None
        os.rename(interim, path)


def _taken(path: str) -> NameClashError:
    """Return the error for a name that is taken."""
    return NameClashError(
        said("A file of that name already exists"),
        where=path,
        remedy=said("Nothing was overwritten; choose another name, or move the file away"),
    )


def _sync(path: str) -> None:
    """Have the bytes of a file on the device."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: str, path: str) -> None:
    """Have the name that a file was given on the device, where the system has a call for it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # Windows opens no folders: names are on the device when files are
    try:
        sync_names(descriptor)
    except OSError as error:
        raise StorageError(
            said("The file is written and in its place, but the device may lose its name"),
            where=path,
            why=error.strerror or str(error),
            remedy=said("Check the device, and write the file to another one as well"),
        ) from error
    finally:
        os.close(descriptor)


def forget_cached(path: str) -> None:
    """Sync a file and have it read from the device next time, where the system can."""
    _sync(path)
    if hasattr(os, "posix_fadvise"):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _unreadable(error: OSError, name: str, source: str) -> SourceReadError:
    """Return the error for a source that cannot be read."""
    made = SourceReadError(
        "A source file cannot be read",
        where=source,
        why=f"{error.strerror or error}; it was to become {name}",
        remedy="Check the file and its medium, or take it out of the File-set",
    )
    made.errno = error.errno or errno.EIO
    return made
