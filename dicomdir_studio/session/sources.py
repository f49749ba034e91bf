"""From what the user drops or names to the files that may go into a File-set."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.errors import StorageError, StudioError
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.monitor import Monitor

# Some systems show the names of ISO 9660 with a version or a bare dot.
_DICOMDIR_NAME: Final = re.compile(r"dicomdir(\.?(;1)?)\Z", re.IGNORECASE)
_DIGITS: Final = re.compile(r"(\d+)")
_ALL_DIGITS_ALIKE: Final = str.maketrans("123456789", "000000000")


class Skipped(NamedTuple):
    """A path that was not taken, with the error that says why."""

    path: str
    error: StudioError


@dataclass
class Sources:
    """What was found under the paths given.

    Attributes
    ----------
    files : list of str
        Absolute paths of candidates, in the order given, folders in natural order;
        none twice. Whether they are DICOM is for the engine to judge by content.
    dicomdirs : list of str
        Absolute paths of files named DICOMDIR (PS3.10 8.6), whatever their case.
    skipped : list of Skipped
        What is not there, cannot be read or is no regular file.
    """

    files: list[str] = field(default_factory=list)
    dicomdirs: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def is_dicomdir_name(name: str) -> bool:
    """Return True if `name` is DICOMDIR in any case, or as some systems show it on a disc."""
    return _DICOMDIR_NAME.match(name) is not None


def gather(paths: Iterable[str | os.PathLike[str]], *, monitor: Monitor | None = None) -> Sources:
    """Walk `paths` and return the files in them.

    Folders are walked to their end; links to folders inside them are not followed,
    so that no walk is endless or leaves what was given.

    Parameters
    ----------
    paths : iterable of path-like
        Files and folders.
    monitor : Monitor, optional
        Told each folder; asked whether to stop.

    Raises
    ------
    OperationCancelledError
        If the monitor says so.
    """
    found = Sources()
    seen: set[str] = set()
    if monitor is not None:
        monitor.start("Looking for files")
    for path in paths:
        given = os.path.abspath(path)  # a link is shown as the user named it
        try:
            mode = os.stat(given).st_mode
        except OSError as error:
            found.skipped.append(_not_there(given, error))
            continue
        if stat.S_ISDIR(mode):
            _walk(given, found, seen, monitor)
        else:
            _take(given, os.path.basename(given), mode, found, seen)
    return found


def _walk(top: str, found: Sources, seen: set[str], monitor: Monitor | None) -> None:
    """Take every file under the folder `top`, in natural order."""
    pending = [top]
    while pending:
        folder = pending.pop()
        if folder in seen:
            continue
        seen.add(folder)
        if monitor is not None:
            monitor.check()
        try:
            with os.scandir(folder) as listing:
                inside = _in_natural_order(list(listing))
        except OSError as error:
            found.skipped.append(_not_there(folder, error))
            continue
        folders = []
        for entry in inside:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif not _is_linked_folder(entry):
                _take_entry(entry, found, seen)
        pending.extend(reversed(folders))
        if monitor is not None:
            monitor.advance(len(inside), folder)


def _is_linked_folder(entry: os.DirEntry[str]) -> bool:
    """Return whether a name is a link to a folder, which is not followed; one to itself is not."""
    try:
        return entry.is_symlink() and entry.is_dir()
    except OSError:
        return False


def _take_entry(entry: os.DirEntry[str], found: Sources, seen: set[str]) -> None:
    """Take one name of a folder, without a further call to the system for a regular file."""
    if entry.is_file(follow_symlinks=False):
        _take(entry.path, entry.name, stat.S_IFREG, found, seen)
        return
    try:
        _take(entry.path, entry.name, entry.stat().st_mode, found, seen)
    except OSError as error:
        found.skipped.append(_not_there(entry.path, error))


def _take(path: str, name: str, mode: int, found: Sources, seen: set[str]) -> None:
    """Put one file where it belongs; a device or pipe is skipped, since reading it may hang."""
    if path in seen:
        return
    seen.add(path)
    if not stat.S_ISREG(mode):
        error = StorageError(
            said("Only regular files can be added"), where=path, why=said("it is a device or pipe")
        )
        found.skipped.append(Skipped(path, error))
    elif is_dicomdir_name(name):
        found.dicomdirs.append(path)
    else:
        found.files.append(path)


def _not_there(path: str, error: OSError) -> Skipped:
    """Return `path` as skipped for what the system says about it."""
    why = error.strerror or str(error)
    return Skipped(
        path,
        StorageError(
            said("The path cannot be read"), where=path, why=why, remedy=said("Check the path")
        ),
    )


def _in_natural_order(entries: list[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
    """Sort what is in a folder so that IM2 comes before IM10."""
    if len({entry.name.translate(_ALL_DIGITS_ALIKE) for entry in entries}) <= 1:
        # Numbers with as many digits at the same places: the order of letters is the same.
        return sorted(entries, key=lambda entry: entry.name)
    return sorted(entries, key=lambda entry: _natural(entry.name))


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Return a key that puts IM2 before IM10."""
    return [
        (0, int(part), part) if part.isdecimal() else (1, 0, part.lower())
        for part in _DIGITS.split(name)
        if part
    ]
