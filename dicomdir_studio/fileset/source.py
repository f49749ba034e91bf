"""Where the bytes of an instance that is staged for addition come from."""

from __future__ import annotations

import filecmp
import os
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicomdir_studio.part10.header import InstanceHeader


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was when it was staged.

    Attributes
    ----------
    path : str
        Its absolute path.
    size, mtime_ns : int
        Length and modification time, by which a later change is noticed.
    snapshot : bool
        Whether the engine wrote it itself to hold a data set.
    origin : str
        The file that a snapshot was made of, "" where it was none.
    """

    path: str
    size: int
    mtime_ns: int
    snapshot: bool = False
    origin: str = ""

    @property
    def given(self) -> str:
        """The path that a person knows it by."""
        return self.origin or self.path

    @classmethod
    def of(cls, header: InstanceHeader) -> Source:
        """Return the source for a file whose header was read."""
        path = header.path
        if not path.startswith(os.sep) or "/." in path or "//" in path:
            path = os.path.abspath(path)
        return cls(path, header.size, header.mtime_ns)


class SnapshotStore:
    """Holds data sets that were added from memory until they are written.

    The folder is made when the first one comes, and goes with the File-set. A
    File-set has no end of its own to be closed at, so its folder goes silently.
    """

    def __init__(self) -> None:
        self._folder: str | None = None
        self._remove: weakref.finalize[..., SnapshotStore] | None = None
        self._count = 0

    def keep(self, content: bytes) -> Source:
        """Write `content` to a file of its own and return it as a source."""
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="dicomdir-studio-")
            self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        path = os.path.join(self._folder, f"{self._count:08d}")
        self._count += 1
        with open(path, "xb") as file:
            file.write(content)
        status = os.stat(path)
        return Source(path, status.st_size, status.st_mtime_ns, snapshot=True)

    def keep_framed(self, head: bytes, path: str, begin: int) -> Source:
        """Write `head` and what a file has from `begin` on to a file of its own."""
        source = self.keep(head)
        with open(path, "rb") as given, open(source.path, "ab") as file:
            given.seek(begin)
            shutil.copyfileobj(given, file, 1 << 20)
        status = os.stat(source.path)
        return Source(
            source.path,
            status.st_size,
            status.st_mtime_ns,
            snapshot=True,
            origin=os.path.abspath(path),
        )

    def close(self) -> None:
        """Remove the snapshots."""
        if self._remove is not None:
            self._remove()
        self._folder = self._remove = None


def same_content(first: str, second: str) -> bool:
    """Return whether two files have the same bytes."""
    try:
        return filecmp.cmp(first, second, shallow=False)
    except OSError:
        return False
