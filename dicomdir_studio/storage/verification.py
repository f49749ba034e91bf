"""Files read back and compared with the sums taken while they were written; manifests."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import stat
from typing import TYPE_CHECKING, NamedTuple

from dicomdir_studio.errors import StorageError, StudioError
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage.cleaning import Guard
from dicomdir_studio.storage.copying import read_into
from dicomdir_studio.storage.errors import from_os_error
from dicomdir_studio.storage.plan import check_relative
from dicomdir_studio.storage.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Mapping

_BUFFER = 1 << 20
# Nothing waits to be written on a file system that says so.
_NO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF, errno.EROFS}
_LINE = re.compile(r"(\\?)([0-9a-fA-F]{64}) [ *](.+)")


class Mismatch(NamedTuple):
    """One file that is not what was written.

    Attributes
    ----------
    path : str
        Its name, relative to the root.
    expected : str
        SHA-256 that it should have.
    found : str or None
        SHA-256 that it has; None if it cannot be read.
    why : str
        What is wrong, in words.
    """

    path: str
    expected: str
    found: str | None
    why: str


def verify(
    root: str, digests: Mapping[str, str], *, monitor: Monitor | None = None
) -> tuple[Mismatch, ...]:
    """Read files back from the medium and compare their SHA-256.

    Where the system allows it, each file's cached pages are dropped first, so that
    the bytes come from the medium and not from memory.

    Parameters
    ----------
    root : str
        The folder.
    digests : mapping of str to str
        SHA-256 in hexadecimal by name relative to the root.
    monitor : Monitor, optional
        Receives progress in files; can cancel.

    Returns
    -------
    tuple of Mismatch
        Every file that is gone, unreadable or different; empty if all is well.

    Raises
    ------
    StorageError
        The folder itself cannot be read.
    UnsafePathError
        A name could lead out of the root.
    OperationCancelledError
        The monitor cancelled.
    """
    monitor = monitor or Monitor()
    found: list[Mismatch] = []
    try:
        with Volume(os.path.realpath(root)) as volume:
            monitor.start("Verifying files", len(digests))
            guard, buffer = Guard(volume), bytearray(_BUFFER)
            for path, expected in digests.items():
                monitor.check()
                mismatch = _compare(volume, guard, check_relative(path), expected.lower(), buffer)
                if mismatch is not None:
                    found.append(mismatch)
                monitor.advance(1, path)
    except OSError as error:
        if isinstance(error, StudioError):
            raise
        raise from_os_error(error, root) from error
    return tuple(found)


def _compare(
    volume: Volume, guard: Guard, path: str, expected: str, buffer: bytearray
) -> Mismatch | None:
    """Read one file back; None if it is what it should be."""
    if not guard.allows(path):
        return Mismatch(path, expected, None, "its folder is gone or leads out of the root")
    try:
        found = _read_back(volume, path, buffer)
    except OSError as error:
        return Mismatch(path, expected, None, error.strerror or str(error))
    if found != expected:
        return Mismatch(path, expected, found, "its content is another")
    return None


def _write_back(descriptor: int) -> None:
    """Write what is in memory only, which is not dropped otherwise, and whose writing may fail.

    The system tells once that it failed, and keeps in memory what never reached the medium.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _read_back(volume: Volume, path: str, buffer: bytearray) -> str:
    """Return the SHA-256 of a file as it is on the medium."""
    descriptor = volume.open(path)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        if hasattr(os, "posix_fadvise"):
            _write_back(descriptor)
            with contextlib.suppress(OSError):
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        digest = hashlib.sha256()
        view = memoryview(buffer)
        while count := read_into(descriptor, buffer):
            digest.update(view[:count])
        return digest.hexdigest()
    finally:
        os.close(descriptor)


def write_manifest(path: str, digests: Mapping[str, str]) -> None:
    """Write the sums as a ``SHA256SUMS`` file, which ``sha256sum --check`` understands.

    Parameters
    ----------
    path : str
        The file; replaced in one step if it exists.
    digests : mapping of str to str
        SHA-256 in hexadecimal by name, relative to where the check is to be run.

    Raises
    ------
    StorageError
        It cannot be written.
    """
    temporary = f"{path}.part-{os.getpid()}"
    try:
        with open(temporary, "x", encoding="utf-8", newline="\n") as file:
            file.write(manifest_text(digests))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise from_os_error(error, path) from error


def manifest_text(digests: Mapping[str, str]) -> str:
    """Return the sums as the text of a ``SHA256SUMS`` file, sorted by name.

    Parameters
    ----------
    digests : mapping of str to str
        SHA-256 in hexadecimal by name.
    """
    return "".join(_line(name, digests[name]) for name in sorted(digests))


def read_manifest(path: str) -> dict[str, str]:
    """Return the sums of a ``SHA256SUMS`` file, by name.

    Raises
    ------
    StorageError
        It cannot be read, or a line of it is no sum.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
    except UnicodeDecodeError as error:
        raise StorageError("The manifest is no text", where=path) from error
    except OSError as error:
        raise from_os_error(error, path) from error
    digests: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise StorageError("The manifest has a line that is no sum", where=f"{path}:{number}")
        escaped, digest, name = match.groups()
        digests[_unescape(name) if escaped else name] = digest.lower()
    return digests


def _line(name: str, digest: str) -> str:
    """Return one line of a manifest, escaped as sha256sum does."""
    if "\\" in name or "\n" in name:
        name = name.replace("\\", "\\\\").replace("\n", "\\n")
        return f"\\{digest}  {name}\n"
    return f"{digest}  {name}\n"


def _unescape(name: str) -> str:
    """Return the name that an escaped line means."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], name)
