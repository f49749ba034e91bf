"""Reads File-sets out of containers: disc images, ZIP archives, folders with several or none.

Nothing is mounted. What is in a container is laid out below a temporary folder, in the
order in which it lies on the medium, and is gone with the object that holds it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from dicomdir_studio.errors import StorageError, StudioError
from dicomdir_studio.media.containers import Archive, disc_image
from dicomdir_studio.media.recognizing import find_dicomdirs, marks_of
from dicomdir_studio.media.unopenable import why_not_opened
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.phrases import said
from dicomdir_studio.storage.scratch import Scratch

if TYPE_CHECKING:
    from types import TracebackType

    from dicomdir_studio.media.containers import AskPassword, Entry, Source


_TRIES: Final = 3


class Unread(NamedTuple):
    """A file of a container that could not be had, and why."""

    name: str
    reason: str


@dataclass
class OpenedMedium:
    """A folder with one or more File-sets in it, temporary if they came out of a container.

    Attributes
    ----------
    source : str
        What was opened.
    root : str
        The folder to read from; of a container, its content, which is not to be written to.
    dicomdirs : list of str
        Every DICOMDIR at or below the root, those nearest to it first; the user chooses.
    unread : list of Unread
        Files that could not be read, or whose names lead elsewhere.
    scratch : Scratch or None
        The temporary folder that `root` lies in, gone once this object is closed or
        forgotten; None for a folder that was opened where it lies.
    """

    source: str
    root: str
    dicomdirs: list[str] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    scratch: Scratch | None = field(default=None, repr=False)

    def close(self) -> None:
        """Remove the temporary folder, if there is one."""
        if self.scratch is not None:
            self.scratch.close()

    def __enter__(self) -> Self:
        """Return the medium, to be closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the medium."""
        self.close()


def open_medium(
    path: str | os.PathLike[str],
    *,
    ask_password: AskPassword | None = None,
    monitor: Monitor | None = None,
) -> OpenedMedium:
    """Open a folder, a disc image (ISO 9660, Joliet, Rock Ridge, UDF) or a ZIP archive.

    Parameters
    ----------
    path : path-like
        What to open.
    ask_password : callable, optional
        Given the archive's name, returns its password, or None to give up; asked again
        while it is wrong.
    monitor : Monitor, optional
        Receives progress in bytes; can cancel.

    Returns
    -------
    OpenedMedium
        What was found; it may hold no DICOMDIR at all.

    Raises
    ------
    StorageError
        If it cannot be read, or there is no room for its content.
    PasswordNeededError
        If it is encrypted and there is no `ask_password`.
    OperationCancelledError
        If the monitor says so or the user gives no password.
    """
    name = os.fspath(path)
    monitor = monitor or Monitor()
    try:
        if os.path.isdir(name):
            return OpenedMedium(name, name, dicomdirs=find_dicomdirs(name))
        if marks := marks_of(name):
            return _unpacked(name, disc_image(name, marks), monitor)
        if zipfile.is_zipfile(name):
            return _unpacked(name, Archive(name, ask_password), monitor)
    except OSError as error:
        if isinstance(error, StudioError):
            raise
        raise StorageError(
            "The medium cannot be read", where=name, why=error.strerror or str(error)
        ) from error
    raise why_not_opened(name) or StorageError(
        "The file is neither a disc image nor a ZIP archive",
        where=name,
        remedy="Choose a DICOMDIR, a folder, an ISO or UDF image, or a ZIP archive",
    )


def _unpacked(name: str, source: Source, monitor: Monitor) -> OpenedMedium:
    """Lay out the content of a container below a temporary folder."""
    scratch = Scratch()
    medium = OpenedMedium(name, scratch.folder, scratch=scratch)
    try:
        _lay_out(source, medium, monitor)
    except BaseException:
        medium.close()
        raise
    finally:
        source.close()
    medium.dicomdirs = find_dicomdirs(medium.root)
    return medium


def _lay_out(source: Source, medium: OpenedMedium, monitor: Monitor) -> None:
    """Copy every file of a container, in the order of the medium."""
    entries = sorted(source.entries(), key=lambda entry: entry.place)
    total = sum(entry.size for entry in entries if not entry.fault)
    free = shutil.disk_usage(medium.root).free
    if total > free:
        raise StorageError(
            f"The content has {total:,} bytes, and {free:,} are free",
            where=tempfile.gettempdir(),
            remedy="Make room, or unpack it elsewhere and open the folder",
        )
    monitor.start("Reading the medium", total, "bytes")
    for entry in entries:
        monitor.check()
        if entry.fault:
            medium.unread.append(Unread(entry.name, entry.fault))
            continue
        target = _target(medium.root, entry.name)
        if target is None:
            medium.unread.append(Unread(entry.name, said("its name leads out of the medium")))
            continue
        reason = _copied(source, entry, target, monitor)
        if reason:
            medium.unread.append(Unread(entry.name, reason))


def _target(root: str, name: str) -> Path | None:
    """Return where a file is to lie, None if its name leads elsewhere."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    bad = any(part in ("..", "/") or ":" in part or "\0" in part for part in parts)
    return None if bad or not parts else Path(root, *parts)


def _copied(source: Source, entry: Entry, target: Path, monitor: Monitor) -> str:
    """Copy one file, tried again where it cannot be read; return why it could not be."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(exist_ok=False)
    except (FileExistsError, NotADirectoryError):
        # The first stays: a record must not lead to what only has the same name here.
        return said(
            "another file or folder of the medium has the same name, possibly in different case"
        )
    except OSError as error:
        return error.strerror or str(error)
    reason = ""
    for _ in range(_TRIES):
        try:
            with target.open("wb") as out:
                source.copy(entry, out, monitor)
                _check_length(entry, out.tell())
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            reason = str(error) or type(error).__name__
        else:
            return ""
    target.unlink(missing_ok=True)
    return reason


def _check_length(entry: Entry, length: int) -> None:
    """Raise if a file came out shorter or longer than the medium says it is."""
    if length != entry.size:
        raise OSError(
            f"of its {entry.size:,} bytes {length:,} could be read: the image or archive is "
            "cut off or damaged"
        )


# Folders
