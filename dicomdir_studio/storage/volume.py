"""Every call that changes the tree, in one thin object that a test can stand in for."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING, NamedTuple, Self

from dicomdir_studio.phrases import said
from dicomdir_studio.storage import kernel
from dicomdir_studio.storage.errors import NameClashError, UnsafePathError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.storage.plan import Bytes

_BINARY = getattr(os, "O_BINARY", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_CREATE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | _BINARY | _CLOEXEC | _NOFOLLOW
_READ = os.O_RDONLY | _BINARY | _CLOEXEC | _NOFOLLOW
_HAS_DIR_FD = os.open in os.supports_dir_fd


class Room(NamedTuple):
    """Room on a file system.

    Attributes
    ----------
    free : int or None
        Bytes that are free; None where the file system does not say.
    block : int
        In units of how many.
    files : int or None
        How many further files it takes, where that is limited.
    """

    free: int | None
    block: int
    files: int | None


class Volume:
    """The tree below one root, named by paths relative to it with ``/``.

    On POSIX the root is held open and every path is looked up from there, so that
    another medium mounted at the same place is never touched.

    Parameters
    ----------
    root : str
        An existing folder, already resolved.

    Attributes
    ----------
    root : str
        That folder.
    magic : int
        Type of the file system as ``statfs`` gives it, 0 where unknown.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._fd: int | None = None
        self.magic = 0
        if _HAS_DIR_FD and not kernel.is_simulated():
            self._fd = os.open(root, os.O_RDONLY | _DIRECTORY | _CLOEXEC)
            self.magic = kernel.file_system_type(self._fd)

    def close(self) -> None:
        """Let the root go."""
        if self._fd is not None:
            with contextlib.suppress(OSError):  # nothing was written through it
                os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        """Return the volume itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the root go."""
        self.close()

    # What changes the tree

    def mkdir(self, path: str) -> None:
        """Make the folder `path`; its parent exists."""
        os.mkdir(self._at(path), dir_fd=self._fd)

    def create(self, path: str) -> int:
        """Make the new file `path` and return a descriptor to write to it."""
        if self._fd is None:
            path = self._at(path)
        return os.open(path, _CREATE, 0o666, dir_fd=self._fd)

    def write(self, descriptor: int, data: Bytes) -> None:
        """Write all of `data`."""
        written = os.write(descriptor, data)
        if written == len(data):
            return
        view = memoryview(data).cast("B")
        while written < view.nbytes:
            count = os.write(descriptor, view[written:])
            if count == 0:  # no error, no progress: not for ever
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            written += count

    def clone(self, source: int, descriptor: int) -> bool:
        """Let `descriptor` share all of `source`'s blocks; False where that is impossible."""
        return kernel.clone(source, descriptor)

    def copy_range(self, source: int, descriptor: int, size: int) -> int:
        """Copy up to `size` bytes inside the kernel; returns how many, 0 at the end."""
        if kernel.is_simulated():
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        return os.copy_file_range(source, descriptor, size)

    def write_back(self, descriptor: int, *, wait: bool = False) -> None:
        """Let the medium begin with what was written to a file; promises nothing."""
        kernel.start_write_back(descriptor, wait=wait)

    def finish(self, descriptor: int) -> None:
        """Close a descriptor that `create` returned."""
        os.close(descriptor)

    def keep_access(self, descriptor: int, like: str) -> None:
        """Let those use a new file who may use the file `like`, as far as that can be done."""
        status = self.lstat(like)
        if status is None or not hasattr(os, "fchmod"):
            return
        made = os.fstat(descriptor)
        with contextlib.suppress(OSError):
            if (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
                os.fchown(descriptor, status.st_uid, status.st_gid)
        with contextlib.suppress(OSError):
            if stat.S_IMODE(made.st_mode) != stat.S_IMODE(status.st_mode):
                os.fchmod(descriptor, stat.S_IMODE(status.st_mode))

    def link(self, source: str, target: str) -> None:
        """Give the file `source` the second name `target`."""
        if self._fd is None:
            os.link(self._at(source), self._at(target))
            return
        os.link(source, target, src_dir_fd=self._fd, dst_dir_fd=self._fd, follow_symlinks=False)

    def link_from(self, source: str, target: str) -> None:
        """Give a file from anywhere on the same file system the second name `target`."""
        os.link(source, self._at(target), dst_dir_fd=self._fd)

    def replace(self, source: str, target: str) -> None:
        """Rename `source` to `target`, replacing what is there, in one step."""
        os.replace(self._at(source), self._at(target), src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def unlink(self, path: str) -> None:
        """Remove the file `path`."""
        os.unlink(self._at(path), dir_fd=self._fd)

    def rmdir(self, path: str) -> None:
        """Remove the empty folder `path`."""
        os.rmdir(self._at(path), dir_fd=self._fd)

    def fsync(self, descriptor: int) -> None:
        """Put what was written to an open file on the medium."""
        kernel.sync_file(descriptor)

    def sync_directory(self, path: str) -> None:
        """Put the names in the folder `path` (``""`` is the root) on the medium."""
        if self._fd is None:
            return  # Windows has no such call: names are on the medium when files are
        if not path:
            kernel.sync_names(self._fd)
            return
        descriptor = os.open(path, os.O_RDONLY | _DIRECTORY | _CLOEXEC, dir_fd=self._fd)
        try:
            kernel.sync_names(descriptor)
        finally:
            os.close(descriptor)

    def sync_file(self, path: str) -> None:
        """Put the content of the closed file `path` on the medium."""
        flags = _READ if self._fd is not None else os.O_RDWR | _BINARY
        descriptor = os.open(self._at(path), flags, dir_fd=self._fd)
        try:
            self.fsync(descriptor)
        finally:
            os.close(descriptor)

    def sync_all(self) -> None:
        """Put everything of this file system on the medium, by one call."""
        if self._fd is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        kernel.sync_file_system(self._fd)

    # What only looks

    @property
    def can_sync_all(self) -> bool:
        """Whether `sync_all` is as durable as fsync() on each file and folder."""
        return kernel.can_sync_file_system(self.magic)

    @property
    def is_fat(self) -> bool:
        """Whether the file system is known to be FAT."""
        return self.magic == kernel.FAT

    @property
    def knows_links(self) -> bool:
        """Whether the file system is known to have hard links."""
        return self.magic in kernel.WITH_LINKS

    def try_link(self, existing: str, probe: str) -> bool:
        """Try out whether the file system has hard links.

        Parameters
        ----------
        existing : str
            A file to try it with.
        probe : str
            A name that is free; it is free again afterwards.
        """
        try:
            self.link(existing, probe)
        except OSError:
            return False
        self.unlink(probe)
        return True

    def room(self) -> Room:
        """Return how much room there is for this user."""
        if self._fd is None:
            import shutil  # noqa: PLC0415 - for this alone, and only on Windows

            return Room(shutil.disk_usage(self.root).free, 4096, None)
        status = os.statvfs(self._fd)
        block = status.f_frsize or 4096
        return Room(
            status.f_bavail * block if status.f_blocks else None,
            block,
            status.f_favail if status.f_files else None,
        )

    @property
    def is_read_only(self) -> bool:
        """Whether the file system is mounted read-only."""
        return self._fd is not None and bool(os.statvfs(self._fd).f_flag & os.ST_RDONLY)

    def is_writable(self, folder: str) -> bool:
        """Whether this user may change the names in `folder`."""
        effective = os.access in os.supports_effective_ids
        return os.access(self.full(folder), os.W_OK | os.X_OK, effective_ids=effective)

    def lstat(self, path: str) -> os.stat_result | None:
        """Return what `path` is, without following a link; None if there is nothing."""
        try:
            return os.stat(self._at(path), dir_fd=self._fd, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def open(self, path: str) -> int:
        """Return a descriptor to read the file `path`."""
        return os.open(self._at(path), _READ, dir_fd=self._fd)

    def names(self, folder: str = "") -> list[str]:
        """Return the names in a folder, the root if none is given."""
        if self._fd is None:
            return os.listdir(self.full(folder))
        if not folder:
            return os.listdir(self._fd)
        descriptor = os.open(folder, os.O_RDONLY | _DIRECTORY | _CLOEXEC, dir_fd=self._fd)
        try:
            return os.listdir(descriptor)
        finally:
            os.close(descriptor)

    def full(self, path: str) -> str:
        """Return the absolute path, for messages and for calls that need one."""
        return os.path.join(self.root, path) if path else self.root

    def check_folder(self, path: str) -> bool:
        """Tell whether the folder `path` exists.

        Raises
        ------
        UnsafePathError
            It is a link that leads out of the root.
        NameClashError
            It is a file.
        """
        status = self.lstat(path)
        if status is None:
            return False
        if stat.S_ISLNK(status.st_mode):
            real = os.path.realpath(self.full(path))
            base = os.path.realpath(self.root)
            if os.path.commonpath([real, base]) != base or not os.path.isdir(real):
                raise UnsafePathError(
                    said("A folder is a link that leads outside"), where=self.full(path)
                )
        elif not stat.S_ISDIR(status.st_mode):
            raise NameClashError(
                said("There is a file where a folder is needed"),
                where=self.full(path),
                remedy=said("Move that file away, or choose another folder or layout"),
            )
        return True

    def _at(self, path: str) -> str:
        """Return `path` as the calls of this system want it."""
        return path if self._fd is not None else os.path.join(self.root, path)


def parents(path: str) -> list[str]:
    """Return the folders above `path`, the nearest first, without the root."""
    found = []
    cut = path.rfind("/")
    while cut > 0:
        path = path[:cut]
        found.append(path)
        cut = path.rfind("/")
    return found


def folders_above(paths: Iterable[str]) -> set[str]:
    """Return all folders above the paths, the root (``""``) with them."""
    found = {""}
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def sync_paths(volume: Volume, files: Iterable[str], folders: Iterable[str]) -> None:
    """Put files and the names in folders on the medium: one barrier.

    `files` and `folders` that are no longer there are passed over.
    """
    if volume.can_sync_all:
        volume.sync_all()
        return
    for path in files:
        volume.sync_file(path)
    for path in folders:
        try:
            volume.sync_directory(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
