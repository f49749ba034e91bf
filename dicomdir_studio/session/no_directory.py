"""What was to be opened is no DICOMDIR: what it is, and what a user can do instead."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import FileSetError, StudioError
from dicomdir_studio.part10.blank import is_blank_file, why_blank
from dicomdir_studio.part10.directory_reader import MEDIA_STORAGE_DIRECTORY, read_meta
from dicomdir_studio.part10.directory_salvage import salvage_directory, shows_directory
from dicomdir_studio.phrases import said
from dicomdir_studio.session.sources import is_dicomdir_name

if TYPE_CHECKING:
    from dicomdir_studio.monitor import Monitor

_HEAD: Final = 4096
_SOP_CLASS: Final = 0x00020002
_DICM: Final = slice(128, 132)
_MOST_LOOKED_AT: Final = 2_000
_NAME: Final = "DICOMDIR"
_CONTROLS: Final = frozenset(range(32)) - frozenset(b"\t\n\r\f") | {127}
_FORMS: Final = (
    (b"%PDF", said("it is a PDF document")),
    (b"\xff\xd8\xff", said("it is a JPEG image")),
    (b"\x89PNG", said("it is a PNG image")),
    (b"MZ", said("it is a Windows program")),
)


class NoDirectoryError(FileSetError):
    """What was to be opened is no DICOMDIR, or has none.

    Attributes
    ----------
    folder : str
        Of whose files a new DICOMDIR can be made, in that folder; empty if of none.
    """

    def __init__(self, what: str, *, where: str, why: str, remedy: str, folder: str = "") -> None:
        super().__init__(what, where=where, why=why, remedy=remedy)
        self.folder = folder


def no_directory(dicomdir: str, monitor: Monitor | None = None) -> NoDirectoryError | None:
    """Return the error for a file that was refused and shows no sign of a DICOMDIR.

    Parameters
    ----------
    dicomdir : str
        The file.
    monitor : Monitor, optional
        Asked whether to stop.

    Returns
    -------
    NoDirectoryError or None
        What it is and what to do; None if it is a DICOMDIR, however broken, or cannot be read.

    Raises
    ------
    OperationCancelledError
        If the monitor says so.
    """
    try:
        with open(dicomdir, "rb") as file:
            data = file.read()
    except OSError:
        return None
    try:
        if shows_directory(salvage_directory(data, dicomdir)):
            return None
    except StudioError:
        pass  # salvage finds nothing
    name, folder = os.path.basename(dicomdir), os.path.dirname(dicomdir)
    is_named = is_dicomdir_name(name)
    is_blank = not data.rstrip(b"\0")
    lie_beside = is_named and holds_dicom(folder, monitor)
    what = said("The file is not a DICOMDIR")
    if is_blank:
        what = said("The DICOMDIR is empty") if is_named else said("The file is empty")
    is_made = lie_beside and is_replaceable(dicomdir)
    return NoDirectoryError(
        what,
        where=dicomdir,
        why=why_blank(len(data)) if is_blank else _what_it_is(data, dicomdir),
        remedy=FROM_FOLDER if is_made else _remedy(data, lie_beside=lie_beside, is_named=is_named),
        folder=folder if is_made else "",
    )


FROM_FOLDER: Final = said(
    "Create a File-set from the files in the folder: they stay as they are, and get a new DICOMDIR"
)


def is_replaceable(dicomdir: str) -> bool:
    """Return whether a new DICOMDIR may replace a file: it has the name, and no content."""
    return os.path.basename(dicomdir) == _NAME and is_blank_file(dicomdir)


def holds_dicom(folder: str, monitor: Monitor | None = None) -> bool:
    """Return whether a DICOM file is among the first two thousand files in and below a folder."""
    pending, left = [folder], _MOST_LOOKED_AT
    while pending and left > 0:
        if monitor is not None:
            monitor.check()
        try:
            with os.scandir(pending.pop(0)) as listing:
                inside = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            continue
        pending += [one.path for one in inside if one.is_dir(follow_symlinks=False)]
        files = [one for one in inside if one.is_file(follow_symlinks=False)][:left]
        left -= len(files)
        if any(_is_dicom(one.path) for one in files if not is_dicomdir_name(one.name)):
            return True
    return False


def _is_dicom(path: str) -> bool:
    """Return whether a file is in the DICOM file format."""
    try:
        with open(path, "rb") as file:
            return file.read(_DICM.stop)[_DICM] == b"DICM"
    except OSError:
        return False


def _what_it_is(data: bytes, name: str) -> str:
    """Return in words what a file is that is no DICOMDIR."""
    try:
        uid = read_meta(data, name)[0].get(_SOP_CLASS, (b"", b""))[1].decode("latin-1").strip(" \0")
    except StudioError:
        uid = ""
    if uid and uid != MEDIA_STORAGE_DIRECTORY:
        return said("it is a DICOM file of the SOP Class {0}", pydicom.uid.UID(uid).name)
    if data[_DICM] == b"DICM":
        return said("its header is damaged, and it contains no directory record")
    for mark, told in _FORMS:
        if data.startswith(mark):
            return told
    head = data[:_HEAD]
    if _CONTROLS.isdisjoint(head) and _is_text(head):
        return said("it is a text file")
    return said("it contains nothing of a DICOMDIR")


def _is_text(head: bytes) -> bool:
    """Return whether the beginning of a file is text in UTF-8, the last letter apart."""
    for cut in range(4):
        try:
            head[: len(head) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return True
    return False


def _remedy(data: bytes, *, lie_beside: bool, is_named: bool) -> str:
    """Return what can be done where no DICOMDIR can be made in place of the file."""
    if lie_beside:
        return said("Rename it, and create a File-set from the files in its folder")
    if is_named:
        return said(
            "There are no DICOM files next to it: get the medium again from its source, or "
            "choose another"
        )
    if data[_DICM] == b"DICM":
        return said("Choose the DICOMDIR of the File-set, or add the file to a File-set")
    return said("Choose the DICOMDIR of the File-set")
