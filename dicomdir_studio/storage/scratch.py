"""Temporary folders that a run of the program owns, and that later runs can tell from others.

A run that is killed leaves what it had unpacked. Each such folder has beside its content a
mark that the run keeps locked: the system gives the lock back when the process is gone,
whichever end it takes. So a later run knows for certain which folders nobody uses.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
import weakref
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PREFIX: Final = "dicomdir-studio-"
_NAME: Final = re.compile(r"dicomdir-studio-[a-z0-9_]{8}").fullmatch
_MARK: Final = "owner"
_CONTENT: Final = "content"
_SAYS: Final = "A temporary folder of DICOMDIR Studio, which clears it away: {0}\n"
_ONLY_OURS: Final = 0o077
_OPEN: Final = (
    os.O_RDWR
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


class Scratch:
    """A temporary folder that is gone once this object is closed or forgotten.

    Attributes
    ----------
    folder : str
        Where to put what is temporary; empty at first.

    Raises
    ------
    OSError
        If it cannot be made.
    """

    def __init__(self) -> None:
        place = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self.folder = str(place / _CONTENT)
        try:
            mark = _made_mark(place)
            self._remove = weakref.finalize(self, _remove, place, mark)
            (place / _CONTENT).mkdir()
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        self._remove()


def _made_mark(place: Path) -> int:
    """Return the locked mark of a new folder; what it says comes after the lock."""
    mark = os.open(place / _MARK, _OPEN | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        # Without locks it says nothing, and nobody ever takes the folder for a dead run's.
        if _lock(mark, shared=True):
            os.write(mark, _said_in(place))
    except BaseException:
        os.close(mark)
        raise
    return mark


def _said_in(place: Path) -> bytes:
    """Return what the mark of a folder says, which no copy of it under another name does."""
    return _SAYS.format(place.name).encode()


def _remove(place: Path, mark: int) -> None:
    """Remove a folder of this run; the mark goes last, so that a later run finds the rest."""
    shutil.rmtree(place / _CONTENT, ignore_errors=True)
    with suppress(OSError):
        os.close(mark)
    if not os.path.lexists(place / _CONTENT):
        _remove_mark(place)


def _remove_mark(place: Path) -> None:
    """Remove a folder that has only its mark left."""
    with suppress(OSError):
        (place / _MARK).unlink()
        place.rmdir()


# What others left ---------------------------------------------------------------------------


def hold(path: str | os.PathLike[str]) -> Callable[[], None] | None:
    """Keep the temporary folder that `path` is in from being cleared away.

    For a run that reads what another one left, after a crash.

    Parameters
    ----------
    path : path-like
        Anything.

    Returns
    -------
    callable or None
        What lets go of it, to be called once; None if it is in no such folder.
    """
    below = Path(os.path.realpath(path))
    place = next((one for one in (below, *below.parents) if _NAME(one.name)), None)
    if place is None:
        return None
    try:
        mark = os.open(place / _MARK, _OPEN)
    except OSError:
        return None
    _lock(mark, shared=True)
    return partial(os.close, mark)


def clear_dead(is_wanted: Callable[[str], bool]) -> list[str]:
    """Remove the temporary folders of this user's runs that ended without removing them.

    Only what is certain goes: a folder in the system's place for them, by its name and its
    mark one of ours, this user's and closed to others, with nothing in it but files and
    folders of this user, whose lock nobody holds. All else stays as it is.

    Parameters
    ----------
    is_wanted : callable
        Given the name of a folder, returns whether something may still refer to it.

    Returns
    -------
    list of str
        The folders removed.
    """
    top = Path(os.path.realpath(tempfile.gettempdir()))
    try:
        places = sorted(one for one in top.iterdir() if _NAME(one.name)) if _is_guarded(top) else []
    except OSError:
        return []
    return [str(one) for one in places if not is_wanted(one.name) and _is_cleared(one)]


def _is_cleared(place: Path) -> bool:
    """Remove a folder if a dead run of this user left it; return whether it is gone."""
    try:
        if not _is_ours(place.lstat(), stat.S_ISDIR) or not _has_shape(place):
            return False
        mark = os.open(place / _MARK, _OPEN)
    except OSError:
        return False
    try:
        said = _said_in(place)
        dead = os.read(mark, len(said) + 1) == said and _lock(mark, shared=False)
        if not dead or not _is_plain(place):
            return False
        shutil.rmtree(place / _CONTENT, ignore_errors=True)
    except OSError:
        return False
    finally:
        os.close(mark)
    if not os.path.lexists(place / _CONTENT):
        _remove_mark(place)
    return not os.path.lexists(place)


def _is_guarded(top: Path) -> bool:
    """Return whether no other user can put something in the place of what lies in a folder."""
    if sys.platform == "win32":  # where it is the user's own by default
        return True
    status = top.stat()
    if status.st_uid not in {0, os.geteuid()}:
        return False
    return not status.st_mode & 0o022 or bool(status.st_mode & stat.S_ISVTX)


def _is_ours(status: os.stat_result, kind: Callable[[int], bool]) -> bool:
    """Return whether something is of a kind, no link, and this user's alone."""
    if not kind(status.st_mode) or _is_junction(status):
        return False
    if sys.platform == "win32":
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & _ONLY_OURS


def _is_junction(status: os.stat_result) -> bool:
    """Return whether Windows leads elsewhere from here."""
    return bool(getattr(status, "st_reparse_tag", 0))


def _has_shape(place: Path) -> bool:
    """Return whether a folder holds a mark, perhaps a content, and nothing else."""
    mark = (place / _MARK).lstat()
    names = {one.name for one in place.iterdir()}
    return _is_ours(mark, stat.S_ISREG) and mark.st_nlink == 1 and names <= {_MARK, _CONTENT}


def _is_plain(place: Path) -> bool:
    """Return whether there are only files and folders of this user, on one file system."""
    device = place.lstat().st_dev
    return all(
        status.st_dev == device
        and (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode))
        and not _is_junction(status)
        and (sys.platform == "win32" or status.st_uid == os.geteuid())
        for status in _all_below(place)
    )


def _all_below(folder: Path) -> Iterator[os.stat_result]:
    """Yield the status of all that lies below a folder; OSError if it cannot be seen."""
    waiting = [folder]
    while waiting:
        for found in waiting.pop().iterdir():
            status = found.lstat()
            yield status
            if stat.S_ISDIR(status.st_mode):
                waiting.append(found)


if sys.platform == "win32":
    import msvcrt

    def _lock(mark: int, *, shared: bool) -> bool:
        """Lock an open file; an open one is not removed here, so that sharing needs no more."""
        os.lseek(mark, 1 << 30, os.SEEK_SET)
        try:
            msvcrt.locking(mark, msvcrt.LK_NBLCK, 1)
        except OSError:
            return shared
        finally:
            os.lseek(mark, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(mark: int, *, shared: bool) -> bool:
        """Lock an open file; False if others have it locked, or there are no locks here."""
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(mark, kind | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
