"""Reads a whole DICOMDIR, a very large one into memory that the system hands out in large pieces.

What is read stays in memory as long as the File-set. In pages of 4 KB, the 208 MB of a million
instances are 50,000 requests to the system, one when each page is first touched: on a virtual
machine they take a sixth of the time of loading. Python cannot ask for large pages for an
object, so that a new one is made, asked for, and filled before anybody sees it.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dicomdir_studio.storage.kernel import is_simulated

if TYPE_CHECKING:
    import io
    from pathlib import Path

# From here on glibc gives an object pages of its own (DEFAULT_MMAP_THRESHOLD_MAX).
_LARGE: Final = 1 << 25


class _Memory(NamedTuple):
    """What makes bytes to be filled, tells where they are, and advises on pages."""

    new: Any
    address_of: Any
    advise: Any


def read_whole(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    size = path.stat().st_size
    memory = _memory() if size >= _LARGE and not is_simulated() else None
    if memory is None:
        return path.read_bytes()
    with path.open("rb", buffering=0) as file:
        data: bytes = memory.new(None, size)
        address = memory.address_of(data)
        # Refused where the system has no large pages: then others do.
        memory.advise(address - address % mmap.PAGESIZE, size, mmap.MADV_HUGEPAGE)
        length = _fill(file, memoryview((ctypes.c_char * size).from_address(address)).cast("B"))
        rest = file.read()
    return data if length == size and not rest else data[:length] + rest


def _fill(file: io.FileIO, room: memoryview) -> int:
    """Read until there is no more room or nothing more to read; return how much was read."""
    length = 0
    while length < len(room):
        count = file.readinto(room[length:])
        if not count:
            break
        length += count
    return length


@cache
def _memory() -> _Memory | None:
    """Return the functions of CPython and of Linux for it, None elsewhere."""
    if sys.implementation.name != "cpython" or not hasattr(mmap, "MADV_HUGEPAGE"):
        return None
    # Without a string it makes bytes "uninitialized", which the caller is to fill.
    new = ctypes.pythonapi.PyBytes_FromStringAndSize
    new.argtypes, new.restype = [ctypes.c_void_p, ctypes.c_ssize_t], ctypes.py_object
    address_of = ctypes.pythonapi.PyBytes_AsString
    address_of.argtypes, address_of.restype = [ctypes.py_object], ctypes.c_void_p
    try:
        advise = ctypes.CDLL(None).madvise
    except (OSError, AttributeError):
        return None
    advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return _Memory(new, address_of, advise)
