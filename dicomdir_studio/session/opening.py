"""Opening a File-set by whatever path the user has: its DICOMDIR or the folder that holds it."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import FileSetError, InstanceError, StorageError, StudioError
from dicomdir_studio.fileset import FileSet, Finding, Severity
from dicomdir_studio.fileset.displaced import displaced
from dicomdir_studio.media.errors import PasswordNeededError
from dicomdir_studio.media.recognizing import find_dicomdirs, is_container
from dicomdir_studio.media.unopenable import why_not_opened
from dicomdir_studio.phrases import said
from dicomdir_studio.session.no_directory import (
    FROM_FOLDER,
    NoDirectoryError,
    holds_dicom,
    no_directory,
)
from dicomdir_studio.session.recovering import recover_root
from dicomdir_studio.session.sources import Skipped, is_dicomdir_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.media.reading import OpenedMedium, Unread
    from dicomdir_studio.monitor import Monitor

_MOST_NAMED: Final = 5
_MOST_TOLD: Final = 20
_UNPACK: Final = said("Unpack it to a folder, and create a File-set from that")


def find_dicomdir(path: str | os.PathLike[str]) -> str | None:
    """Return the DICOMDIR that `path` is or, if it is a folder, holds; None if there is none.

    In a folder a file named ``DICOMDIR`` goes before one in another case.

    Raises
    ------
    StorageError
        If `path` does not exist or cannot be listed.
    """
    given = os.path.abspath(path)  # a link is shown as the user named it
    try:
        if not os.path.isdir(given):
            os.stat(given)  # only to fail where there is nothing
            return given
        with os.scandir(given) as listing:
            names = [entry.name for entry in listing if is_dicomdir_name(entry.name)]
    except OSError as error:
        raise _unreadable(given, error) from error
    if not names:
        return None
    return os.path.join(given, min(names, key=lambda name: (name != "DICOMDIR", name)))


def open_file_set(
    path: str | os.PathLike[str],
    *,
    salvage: bool = True,
    charset: str | None = None,
    password: str | None = None,
    monitor: Monitor | None = None,
) -> FileSet:
    """Load the File-set whose DICOMDIR is `path` or lies in the folder or image `path`.

    Parameters
    ----------
    path : path-like
        A DICOMDIR, under whatever name, or the folder, disc image (ISO 9660, UDF) or ZIP
        archive that holds it. What comes out of an image can be copied, not written.
        Where an image holds several, the path goes on within it (``DISC.iso/A``).
    salvage : bool, optional
        Take what can be had from a broken directory instead of refusing it; what was
        wrong is in `FileSet.findings`.
    charset : str, optional
        The character set to read the records in, whatever they say.
    password : str, optional
        Of an encrypted ZIP archive.
    monitor : Monitor, optional
        Receives progress; can cancel.

    Raises
    ------
    PasswordNeededError
        If an archive is encrypted and `password` is missing or not the right one; a front end
        asks the user and calls again.
    NoDirectoryError
        If there is no DICOMDIR, or the file of that name shows no sign of being one, whatever
        `salvage` says: to be empty, a File-set must say so.
    FileSetError
        If it cannot be loaded.
    StorageError
        If `path` cannot be read.
    OperationCancelledError
        If the monitor says so.
    """
    container, inside = _split_at_container(path)
    if inside:
        return _open_container(
            container, inside, salvage=salvage, charset=charset, password=password, monitor=monitor
        )
    dicomdir = find_dicomdir(path)
    if dicomdir is None and recover_root(path) is not None:
        dicomdir = find_dicomdir(path)  # a write that was cut short may have had it in hand
    if dicomdir is None:
        raise _no_dicomdir(path, find_dicomdirs(path), monitor)
    if is_container(dicomdir):
        return _open_container(
            dicomdir, "", salvage=salvage, charset=charset, password=password, monitor=monitor
        )
    if fault := why_not_opened(dicomdir):  # before its bytes are salvaged as if they were records
        raise fault
    # With all that makes and clears folders, which those that only index never need.
    from dicomdir_studio.storage.scratch import hold  # noqa: PLC0415

    let_go = hold(dicomdir)  # of what another run left unpacked, and the next would clear away
    try:
        file_set = _load(dicomdir, salvage=salvage, charset=charset, monitor=monitor)
    except BaseException:
        if let_go is not None:
            let_go()
        raise
    if let_go is not None:
        weakref.finalize(file_set, let_go)
    _note_displaced(file_set, file_set.path or "")
    return file_set


def _no_dicomdir(
    path: str | os.PathLike[str], below: list[str], monitor: Monitor | None = None
) -> NoDirectoryError:
    """Return the error for a folder or image that has no DICOMDIR in its root."""
    given, folder = os.path.abspath(path), ""  # not resolved: as the user named it
    remedy = said("Choose the folder with the DICOMDIR, or create a File-set from its files")
    if not below and os.path.isdir(given) and holds_dicom(given, monitor):
        remedy, folder = FROM_FOLDER, given
    if os.path.isfile(path):
        remedy = _UNPACK
    if below:
        shown = ", ".join(below[:_MOST_NAMED])
        remedy = said("Choose one of those further down: {0}", shown)
    return NoDirectoryError(
        said("There is no DICOMDIR in the root"),
        where=os.fspath(path),
        why=said("a File-set has one there, PS3.10 8.6"),
        remedy=remedy,
        folder=folder,
    )


def _split_at_container(path: str | os.PathLike[str]) -> tuple[str, str]:
    """Return the image or archive that a path goes on within, and what follows; "" if none."""
    given = os.path.abspath(path)  # a link is shown as the user named it
    above, inside = given, ""
    while not os.path.lexists(above) and os.path.dirname(above) != above:
        above, last = os.path.split(above)
        inside = os.path.join(last, inside) if inside else last
    if inside and os.path.isfile(above):
        if is_container(above):
            return above, inside
        if fault := why_not_opened(above):
            raise fault
    return given, ""


def _chosen(medium: OpenedMedium, inside: str) -> str | None:
    """Return the DICOMDIR of a medium that is meant, None if the user must choose."""
    if inside:
        named = os.path.normpath(os.path.join(medium.root, inside))
        for name in medium.dicomdirs:
            if os.path.normpath(name) == named or os.path.dirname(name) == named:
                return name
        return None
    # One in the root goes before others further down; between equals the user chooses.
    found = find_dicomdir(medium.root)
    if found is None and len(medium.dicomdirs) == 1:
        return medium.dicomdirs[0]
    return found


def _open_container(
    path: str,
    inside: str,
    *,
    salvage: bool,
    charset: str | None,
    password: str | None,
    monitor: Monitor | None,
) -> FileSet:
    """Load the File-set in a disc image or ZIP archive; its files live as long as it does."""
    from dicomdir_studio.media.reading import open_medium  # noqa: PLC0415 - for images alone

    medium = open_medium(path, ask_password=_once(password), monitor=monitor)
    try:
        dicomdir = _chosen(medium, inside)
        if dicomdir is None:
            _check_not_lost(path, medium.unread)
            names = [os.path.relpath(name, medium.root) for name in medium.dicomdirs]
            raise _no_dicomdir(path, [os.path.join(path, name) for name in names])
        file_set = _load_within(
            path, medium.root, dicomdir, salvage=salvage, charset=charset, monitor=monitor
        )
    except BaseException:
        medium.close()
        raise
    opened_from = _within(path, medium.root, file_set.path or "")
    file_set.keep_from_writing(
        said(
            "The File-set was opened from {0}, which is not changed; copy it to a folder instead",
            path,
        ),
        opened_from,
    )
    _note_displaced(file_set, opened_from, has_above=opened_from != path)
    file_set.note(_unread_findings(path, medium.unread))
    weakref.finalize(file_set, medium.close)
    return file_set


def _note_displaced(file_set: FileSet, shown: str, *, has_above: bool = True) -> None:
    """Say that the DICOMDIR seems to belong into the folder above, where that explains much."""
    found = displaced(file_set, shown, has_above=has_above)
    file_set.note([] if found is None else [found])


def _within(path: str, root: str, place: str) -> str:
    """Return the path of a place in an image, by which it can be opened again."""
    inside = os.path.relpath(place, os.path.realpath(root))
    return os.path.normpath(os.path.join(path, inside))


def _check_not_lost(path: str, unread: list[Unread]) -> None:
    """Raise if the DICOMDIR is what an image or archive does not give."""
    for one in unread:
        if is_dicomdir_name(os.path.basename(one.name)):
            raise StorageError(
                said("Its DICOMDIR, {0}, cannot be extracted", one.name),
                where=path,
                why=one.reason,
                remedy=said(
                    "Obtain it again from its source; or unpack what is left of it to a folder, "
                    "and create a File-set from that"
                ),
            )


def _unread_findings(path: str, unread: list[Unread]) -> list[Finding]:
    """Return the findings about files that cannot be extracted from an image or archive."""
    remedy = said("Obtain it again from its source, or read the disc itself")
    findings = [
        Finding(
            Severity.ERROR,
            said("The file {0} cannot be extracted from the medium: {1}", one.name, one.reason),
            path,
            remedy=remedy,
        )
        for one in unread[:_MOST_TOLD]
    ]
    if len(unread) > _MOST_TOLD:
        left = len(unread) - _MOST_TOLD
        what = said("{0:,} more files cannot be extracted from the medium", left)
        findings.append(Finding(Severity.ERROR, what, path, remedy=remedy))
    return findings


def _once(password: str | None) -> Callable[[str], str] | None:
    """Return what gives a password one time, and says then that it was wrong."""
    if password is None:
        return None
    given = [password]

    def ask(path: str) -> str:
        if not given:
            raise PasswordNeededError(path, was_wrong=True)
        return given.pop()

    return ask


def _load(dicomdir: str, *, salvage: bool, charset: str | None, monitor: Monitor | None) -> FileSet:
    """Load a DICOMDIR."""
    file_set = FileSet()
    try:
        file_set.load(dicomdir, salvage=salvage, charset=charset, monitor=monitor)
    except (InstanceError, FileSetError) as error:
        if told := no_directory(dicomdir, monitor):
            raise told from error
        raise
    except OSError as error:
        if isinstance(error, StudioError):
            raise
        raise _unreadable(dicomdir, error) from error
    return file_set


def _load_within(
    path: str,
    root: str,
    dicomdir: str,
    *,
    salvage: bool,
    charset: str | None,
    monitor: Monitor | None,
) -> FileSet:
    """Load a DICOMDIR out of an image or archive, where an error names it as a person knows it."""
    try:
        return _load(dicomdir, salvage=salvage, charset=charset, monitor=monitor)
    except StudioError as error:
        if error.where == os.path.realpath(dicomdir) or error.where == dicomdir:
            error.where = _within(path, root, os.path.realpath(dicomdir))
        if isinstance(error, NoDirectoryError) and error.folder:
            error.folder, error.remedy = "", _UNPACK
        raise


def _unreadable(path: str, error: OSError) -> StorageError:
    """Return the error for a path that the system does not let us read."""
    return StorageError(
        said("The path cannot be opened"),
        where=path,
        why=error.strerror or str(error),
        remedy=said("Check the path, and whether its medium is connected"),
    )


def referenced_files(
    dicomdir: str | os.PathLike[str], *, monitor: Monitor | None = None
) -> tuple[list[str], list[Skipped]]:
    """Return the files that a DICOMDIR references, and those of them that are not there.

    For adding what another File-set holds to the one that is open.

    Raises
    ------
    FileSetError, StorageError, OperationCancelledError
        As `open_file_set`.
    """
    other = open_file_set(dicomdir, salvage=True, monitor=monitor)
    missing = [
        Skipped(
            str(instance.path),
            StorageError(
                said("A file that the DICOMDIR references is missing"), where=instance.path
            ),
        )
        for instance in other.missing
    ]
    return [str(instance.path) for instance in other], missing
