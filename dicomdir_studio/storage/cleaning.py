"""What the way on and the way back share: safe folders, empty folders, the end of a journal."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

from dicomdir_studio.storage.errors import NameClashError, UnsafePathError
from dicomdir_studio.storage.journal import JOURNAL_NAME, remove_strays
from dicomdir_studio.storage.volume import parents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dicomdir_studio.storage.journal import Journal, JournalStage
    from dicomdir_studio.storage.volume import Volume

_CLOCK_STEP_NS = 10_000_000
_CLOCK_STEP_OF_FAT_NS = 2_000_000_000

_NOT_EMPTY = {errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY, errno.ENOTDIR}


class Traces:
    """What `finish` and `undo` did, for a report.

    Attributes
    ----------
    removed : list of str
        Files that went.
    kept : list of str
        Files of the journal's names that stay, since they are not the write's own.
    """

    __slots__ = ("kept", "removed")

    def __init__(self) -> None:
        self.removed: list[str] = []
        self.kept: list[str] = []


class Guard:
    """Tells, folder by folder and each only once, whether names in it stay inside the root."""

    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        self._known: dict[str, bool] = {"": True}

    def allows(self, path: str) -> bool:
        """Tell whether the folders above `path` exist and none leads out of the root."""
        folder = path.rpartition("/")[0]
        known = self._known.get(folder)
        if known is None:
            try:
                known = self.allows(folder) and self._volume.check_folder(folder)
            except (UnsafePathError, NameClashError):
                known = False
            self._known[folder] = known
        return known

    def nearest(self, path: str) -> str:
        """Return the nearest folder above `path` that is there, inside the root."""
        folder = path.rpartition("/")[0]
        while folder and not self.allows(folder + "/"):
            folder = folder.rpartition("/")[0]
        return folder

    def require(self, path: str) -> None:
        """Raise if names beside `path` are outside the root, or nowhere.

        Raises
        ------
        UnsafePathError
            A folder above it is gone or leads out of the root.
        """
        if not self.allows(path):
            raise UnsafePathError(
                "A folder is gone or leads out of the root", where=self._volume.full(path)
            )


def close(volume: Volume, release: Callable[[], None] | None) -> None:
    """Remove the journal, then what lay beside it."""
    with contextlib.suppress(FileNotFoundError):
        volume.unlink(JOURNAL_NAME)
    # Without its journal an index that waits is a stray; with it, its absence would mean
    # that it was committed. So the journal goes first, for good.
    volume.sync_directory("")
    remove_strays(volume)
    if release is not None:
        release()
    volume.sync_directory("")


def targets(stage: JournalStage) -> list[tuple[str, int, str | None]]:
    """Return name, size and, for links, source of everything that a stage puts."""
    return [
        *((target, size, None) for target, size in stage.copies),
        *((target, size, source) for source, target, size in stage.links),
    ]


def remove_folder(volume: Volume, folder: str) -> bool:
    """Remove a folder if it is empty; True if it is gone."""
    try:
        volume.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError as error:
        # Some file systems refuse a folder with something in it by another number.
        if error.errno in _NOT_EMPTY or volume.names(folder):
            return False
        raise
    return True


def remove_folders(volume: Volume, emptied: Iterable[str], kept: set[str]) -> None:
    """Remove folders that are empty now, and those above that are empty with them."""
    for folder in sorted(emptied, key=len, reverse=True):
        for name in (folder, *parents(folder)):
            if name in kept or not remove_folder(volume, name):
                break


def journal_times(volume: Volume, journal: Journal) -> tuple[int, int]:
    """Return the earliest and the latest time that a file system may give the journal, in ns.

    By its own clock, and its steps: what is older than the first was there before the
    write, what is newer than the second came after it began.
    """
    status = volume.lstat(JOURNAL_NAME)
    time = 0 if status is None else status.st_mtime_ns
    step = _CLOCK_STEP_OF_FAT_NS if journal.weak else _CLOCK_STEP_NS
    return time - step, time + step
