"""One writer at a time below one root, across processes."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from dicomdir_studio.phrases import said
from dicomdir_studio.storage.errors import LockedError, from_os_error
from dicomdir_studio.storage.kernel import host_name, utc_now
from dicomdir_studio.storage.plan import RESERVED_PREFIX

if TYPE_CHECKING:
    from types import TracebackType

LOCK_NAME = RESERVED_PREFIX + "lock"
_FLAGS = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_UNSUPPORTED = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.ENOSYS, errno.EINVAL}
_TRIES = 50
_WRITTEN_WITHIN = 10.0
_START_FIELD = 19  # of those behind the name of the program


class LockOwner(NamedTuple):
    """Who holds a lock.

    Attributes
    ----------
    pid : int
        Process number.
    host : str
        Name of the machine.
    boot : str
        Which start of that machine, empty where unknown.
    since : str
        When the lock was taken, ISO 8601.
    start : str
        When the process began, as its system counts it; empty where unknown.
    """

    pid: int
    host: str
    boot: str
    since: str
    start: str = ""

    @classmethod
    def of_this_process(cls) -> LockOwner:
        """Return the owner that this process is."""
        return cls(os.getpid(), host_name(), _boot_id(), utc_now(), _start_of(os.getpid()))

    def encode(self) -> bytes:
        """Return the content of a lock file."""
        return json.dumps(self._asdict()).encode() + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> LockOwner | None:
        """Return the owner that a lock file names, None if it is unreadable."""
        try:
            values = json.loads(data)
            return cls(
                int(values["pid"]),
                str(values["host"]),
                str(values["boot"]),
                str(values["since"]),
                str(values.get("start", "")),
            )
        except (ValueError, KeyError, TypeError):
            return None

    def is_gone(self) -> bool:
        """Tell whether that process certainly runs no more."""
        if self.host != host_name():
            return False
        if self.boot and self.boot != _boot_id():
            return True
        if sys.platform == "win32":
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass
        # Another process may have been given the number since.
        start = _start_of(self.pid)
        return bool(self.start and start and start != self.start)


class RootLock:
    """The right to write below a root, as a context manager.

    A lock file in the root, locked with ``flock`` where the file system has it, so
    that the lock ends with its process whatever happens to it. Elsewhere the file's
    existence is the lock, and one left by a process that runs no more is taken over.

    Parameters
    ----------
    root : str
        An existing folder.

    Raises
    ------
    LockedError
        On entering, when another process or job holds the lock; it says who.
    StorageError
        On entering, when the lock file cannot be made.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._path = os.path.join(root, LOCK_NAME)
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock now."""
        return self._descriptor is not None

    def __enter__(self) -> Self:
        """Take the lock."""
        try:
            for _ in range(_TRIES):
                if self._attempt():
                    return self
                time.sleep(0.001)
        except OSError as error:
            raise from_os_error(error, self._path) from error
        raise self._refusal()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back and remove its file."""
        self.release()

    def release(self) -> None:
        """Give the lock back and remove its file; harmless when it is not held."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        if sys.platform == "win32":
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.unlink(self._path)
            return
        # Removed while still locked: who waits on the removed file sees that and begins anew.
        with contextlib.suppress(OSError):
            if _same_file(descriptor, self._path):
                os.unlink(self._path)
        os.close(descriptor)

    def _attempt(self) -> bool:
        """Try once; False if the lock file went away meanwhile and it must be tried again."""
        made = True
        try:
            descriptor = os.open(self._path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            made = False
            try:
                descriptor = os.open(self._path, _FLAGS)
            except FileNotFoundError:
                return False
        taken = False
        try:
            locked = _try_lock(descriptor)
            if locked is None:  # no flock here: the file itself is the lock
                taken = made or self._clear_stale()
            elif not locked:
                raise self._refusal()
            else:
                taken = _same_file(descriptor, self._path)
            if taken:
                os.ftruncate(descriptor, 0)
                os.write(descriptor, LockOwner.of_this_process().encode())
                self._descriptor = descriptor
        except LockedError:
            raise
        except OSError:
            if made or taken:  # but not locked or not written, on a full medium: leave nothing
                with contextlib.suppress(OSError):
                    os.unlink(self._path)
            raise
        finally:
            if self._descriptor is None:
                os.close(descriptor)
        return taken

    def _clear_stale(self) -> bool:
        """Move away the lock file of a process that runs no more; always False."""
        owner = read_owner(self.root)
        if not self._is_stale(owner):
            raise self._refusal()
        aside = f"{self._path}-{os.getpid()}"
        with contextlib.suppress(FileNotFoundError):
            # Of two that find the same stale lock, the second moves the first one's new lock:
            # it sees that and moves it back.
            os.rename(self._path, aside)
            if LockOwner.decode(Path(aside).read_bytes()) != owner:
                os.rename(aside, self._path)
            else:
                os.unlink(aside)
        return False

    def _is_stale(self, owner: LockOwner | None) -> bool:
        """Tell whether a lock file without flock belongs to nobody any more."""
        if owner is not None:
            return owner.is_gone()
        try:  # made, but its owner not written yet: a moment, or the end of its process
            age = time.time() - os.stat(self._path).st_mtime
        except FileNotFoundError:
            return True
        return age > _WRITTEN_WITHIN

    def _refusal(self) -> LockedError:
        """Return the error that says who holds the lock."""
        owner = read_owner(self.root)
        who = "another program"
        if owner is not None:
            who = f"process {owner.pid} on {owner.host}, since {owner.since}"
        return LockedError(
            said("Something else is writing to this folder"),
            where=self.root,
            why=who,
            remedy=said(
                "Wait until it has finished; if it is no longer running, delete {0} there",
                LOCK_NAME,
            ),
            pid=owner.pid if owner else None,
            host=owner.host if owner else None,
            since=owner.since if owner else None,
        )


def read_owner(root: str) -> LockOwner | None:
    """Return whom the lock file in `root` names; None if there is none or it is unreadable."""
    try:
        return LockOwner.decode(Path(root, LOCK_NAME).read_bytes())
    except OSError:
        return None


def _same_file(descriptor: int, path: str) -> bool:
    """Tell whether `path` still names the open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _try_lock(descriptor: int) -> bool | None:
    """Lock the open file; False if another has it, None if there is no such call here."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - only on Windows

        os.lseek(descriptor, 1 << 30, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True
    import fcntl  # noqa: PLC0415 - absent on Windows

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return None
        raise
    return True


def _start_of(pid: int) -> str:
    """Return when a process began, in the system's own count, empty where unknown."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    return status.rpartition(")")[2].split()[_START_FIELD]


def _boot_id() -> str:
    """Return what tells this start of the machine from others, empty where unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
