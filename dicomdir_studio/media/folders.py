"""Further folders on a medium, beside the File-set: a viewer, reports (IHE RAD TF-2 4.47).

They never lie in the directories of the DICOM files or of the web content, their names are of
the 8.3 form, and no DICOM file hides in them: all of those belong into the File-set (PS3.11).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.medium_plan import DICOMDIR, MediumFile
from dicomdir_studio.phrases import listed, said
from dicomdir_studio.standard.media import MAX_DIRECTORY_LEVELS
from dicomdir_studio.standard.pdi import CLAUSE, RESERVED_NAMES, is_short_name
from dicomdir_studio.storage import from_os_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomdir_studio.monitor import Monitor

AUTORUN: Final = "AUTORUN.INF"
"""The file in the root by which old systems start a program when a medium is put in."""

_LITTER: Final = frozenset(("THUMBS.DB", "DESKTOP.INI"))
_PREAMBLE: Final = 128
_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class ExtraFolder:
    """A folder that is copied to the medium.

    Attributes
    ----------
    source : str
        The folder.
    name : str
        Its name in the root of the medium, in capitals; by default its own.
    """

    source: str
    name: str = ""

    @property
    def title(self) -> str:
        """Its name on the medium."""
        return (self.name or os.path.basename(os.path.abspath(self.source))).upper()


def folder_files(
    folders: Iterable[ExtraFolder], monitor: Monitor, *, has_autorun: bool = False
) -> tuple[MediumFile, ...]:
    """Return the files of further folders, with their names on the medium.

    Parameters
    ----------
    folders : iterable of ExtraFolder
        What to take. Names are put in capitals; what the systems leave about (names with a
        leading dot, Thumbs.db, desktop.ini) stays behind.
    monitor : Monitor
        Can cancel.
    has_autorun : bool, optional
        Put an AUTORUN.INF at the top of a folder into the root; left out otherwise.

    Raises
    ------
    UnfitForMediumError
        If a name is not of the 8.3 form or taken, a file is DICOM, or it is no folder. It
        says all, the first five by name.
    StorageError
        If something cannot be read.
    """
    found: dict[str, MediumFile] = {}
    problems: list[str] = []
    for folder in folders:
        if wrong_title := _wrong_title(folder):
            problems.append(wrong_title)
            continue
        for path, name in _walked(folder, monitor):
            target = AUTORUN if name == f"{folder.title}/{AUTORUN}" else name
            if target == AUTORUN and not has_autorun:
                continue
            wrong = said("its name is taken") if target in found else _wrong(path, target)
            if wrong:
                problems.append(listed((path, wrong), "{0}: {1}"))
                continue
            status = os.stat(path)
            found[target] = MediumFile(path, target, status.st_size, status.st_mtime_ns)
    if problems:
        rest = len(problems) - _MOST_NAMED
        more = [said("and {0} more", rest)] if rest > 0 else []
        raise UnfitForMediumError(
            said("Additional folders cannot be put on the medium as they are"),
            why=listed([*problems[:_MOST_NAMED], *more]),
            remedy=said(
                "Name files and folders with up to 8 of A-Z, 0-9 and _ and a suffix of up to "
                "3 ({0}), and add DICOM files to the File-set",
                CLAUSE,
            ),
        )
    return tuple(found[name] for name in sorted(found))


def _wrong_title(folder: ExtraFolder) -> str:
    """Return why a folder cannot be there under its name, "" if it can."""
    if not os.path.isdir(folder.source):
        return said("{0}: it is not a folder", folder.source)
    if folder.title in RESERVED_NAMES or folder.title == AUTORUN:
        return said("{0}: the name {1} is reserved", folder.source, folder.title)
    return ""


def _walked(folder: ExtraFolder, monitor: Monitor) -> Iterator[tuple[str, str]]:
    """Yield path and name on the medium of every file of a folder."""
    for place, inner, names in os.walk(folder.source, onerror=_raise):
        monitor.check()
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        below = os.path.relpath(place, folder.source)
        parts = [] if below == os.curdir else Path(below).parts
        links = [name for name in inner if os.path.islink(os.path.join(place, name))]
        for name in sorted([*names, *links]):
            if not name.startswith(".") and name.upper() not in _LITTER:
                path = os.path.join(os.path.abspath(place), name)
                yield path, "/".join([folder.title, *parts, name]).upper()


def _wrong(path: str, name: str) -> str:
    """Return why a file cannot be there under its name, "" if it can."""
    if os.path.isdir(path):
        return said("it is a link to a folder")
    parts = name.split("/")
    if not all(map(is_short_name, parts)) or any("." in part for part in parts[:-1]):
        return said("{0} is not of the 8.3 form", name)
    if len(parts) > MAX_DIRECTORY_LEVELS:
        return said("{0} lies deeper than {1} levels", name, MAX_DIRECTORY_LEVELS)
    if parts[-1] == DICOMDIR or _is_dicom(path):
        return said("it is a DICOM file")
    return ""


def _raise(error: OSError) -> None:
    """Raise for a folder that cannot be listed; nothing is left out unsaid."""
    raise from_os_error(error, error.filename) from error


def _is_dicom(path: str) -> bool:
    """Return whether a file begins as a DICOM file does (PS3.10 7.1)."""
    try:
        with open(path, "rb") as file:
            return file.read(_PREAMBLE + 4)[_PREAMBLE:] == b"DICM"
    except OSError as error:
        raise from_os_error(error, path) from error
