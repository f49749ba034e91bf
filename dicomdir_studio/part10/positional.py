"""Reading from a place in an open file on every system: Windows has no ``pread``."""

from __future__ import annotations

import os


def read_at(fd: int, length: int, position: int, size: int) -> bytes:
    """Return `length` bytes from `position` on, fewer only where the file ends.

    The descriptor's own place moves, so it must not be shared between threads.

    Parameters
    ----------
    fd : int
        The open file.
    length, position : int
        How many bytes, and where they begin.
    size : int
        Length of the file in bytes when it was opened.

    Raises
    ------
    OSError
        If the file ends before its `size` now.
    """
    os.lseek(fd, position, os.SEEK_SET)
    data = os.read(fd, length)
    while len(data) < length and (more := os.read(fd, length - len(data))):
        data += more
    if len(data) < min(length, size - position):
        message = "it was cut off while it was read"
        raise OSError(message)
    return data
