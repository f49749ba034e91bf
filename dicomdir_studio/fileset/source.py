"""The source of the bytes of an instance that is staged for addition."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.errors import StudioError
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.rereading import reread
from dicomdir_studio.storage.kernel import is_simulated

if TYPE_CHECKING:
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.part10.header import InstanceHeader

_SOP_INSTANCE: Final = 0x00080018
_EFFECTIVE: Final = os.access in os.supports_effective_ids


class Source(NamedTuple):
    """A file as it was when it was staged.

    Attributes
    ----------
    path : str
        Its absolute path.
    size, mtime_ns : int
        Size and modification time, which reveal later changes.
    snapshot : bool
        Whether the engine created it to hold a data set.
    origin : str
        The file that a snapshot was created from, "" if there was none.
    traits : tuple of int
        What reveals a change whose modification time was restored, see `traits_of`; empty
        for a snapshot.
    """

    path: str
    size: int
    mtime_ns: int
    snapshot: bool = False
    origin: str = ""
    traits: tuple[int, ...] = ()

    @property
    def given(self) -> str:
        """The path by which the user knows the file."""
        return self.origin or self.path

    @classmethod
    def of(cls, header: InstanceHeader) -> Source:
        """Return the source for a file whose header was read."""
        path = header.path
        if not path.startswith(os.sep) or "/." in path or "//" in path:
            path = os.path.abspath(path)
        known = header.status is not None and not is_simulated()
        traits = traits_of(header.status) if known and header.status else ()
        return cls(path, header.size, header.mtime_ns, traits=traits)

    def now(self, instance: FileInstance) -> os.stat_result | None:
        """Return the present status of the file, None if it is not what was staged.

        One that may not be read is left to the copying, which says so.

        Parameters
        ----------
        instance : FileInstance
            The instance that was staged.
        """
        try:
            status = os.stat(self.path)
        except OSError:
            return None
        if (status.st_size, status.st_mtime_ns) != (self.size, self.mtime_ns):
            return None
        if not self.traits:
            return status
        traits = traits_of(status)
        if traits == self.traits:
            return status
        if traits[0] == self.traits[0] and traits[2:] == self.traits[2:]:
            return None  # written to, since neither a link nor permissions explain it
        if instance._source is self:  # what was explained once needs not be again
            instance._source = self._replace(traits=traits)
        readable = os.access(self.path, os.R_OK, effective_ids=_EFFECTIVE)
        same = not readable or uid_of(self.path) == str(instance.SOPInstanceUID)
        return status if same else None

    def after_linking(self, instance: FileInstance) -> None:
        """Take note of what a write did that gave the file another name, and perhaps took it away.

        That alters the time of its last change of any kind, which nobody else is to be blamed for.

        Parameters
        ----------
        instance : FileInstance
            The instance that was staged.
        """
        try:
            status = os.stat(self.path)
        except OSError:
            return  # the next write says so
        traits = traits_of(status)
        same = (status.st_size, status.st_mtime_ns) == (self.size, self.mtime_ns)
        if (
            same
            and self.traits
            and traits != self.traits
            and traits[0] == self.traits[0]
            and uid_of(self.path) == str(instance.SOPInstanceUID)
        ):
            instance._source = self._replace(traits=traits)


def traits_of(status: os.stat_result) -> tuple[int, ...]:
    """Return the inode number, status change time, links and permissions of a file.

    No program can set that time back. On file systems without lasting numbers both may
    change with nothing done to the file.
    """
    return status.st_ino, status.st_ctime_ns, status.st_nlink, status.st_mode


def uid_of(path: str) -> str | None:
    """Return the SOP Instance UID that a file now holds, None if it has none."""
    try:
        return read_header(path, frozenset((_SOP_INSTANCE,))).text(_SOP_INSTANCE)
    except StudioError:
        return None


class SnapshotStore:
    """Holds data sets that were added from memory until they are written.

    The folder is created for the first one and removed with the File-set, which is
    never explicitly closed.
    """

    def __init__(self) -> None:
        self._folder: str | None = None
        self._remove: weakref.finalize[..., SnapshotStore] | None = None
        self._count = 0

    def keep(self, content: bytes) -> Source:
        """Write `content` to a file of its own and return it as a source."""
        if self._folder is None:
            import shutil
            import tempfile

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
        import shutil

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
    import filecmp

    try:
        return reread(lambda: filecmp.cmp(first, second, shallow=False))
    except OSError:
        return False
