"""Whether a DICOMDIR lies in a folder, while its File IDs count from the folder above.

There are discs with ``DICOM/DICOMDIR``, whose File IDs begin with ``DICOM``; PS3.10 8.6 has it in
the root.
Nothing is followed: a File ID never leads out of the folder that holds its DICOMDIR.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.locating import Locator
from dicomdir_studio.part10 import table
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.file_set import FileSet

_MOST_FOUND: Final = 0.05
_MOST_LOOKED_FOR: Final = 500
_MOST_READ: Final = 5
_SOP_INSTANCE: Final = 0x00080018


def displaced(file_set: FileSet, shown: str, *, has_above: bool = True) -> Finding | None:
    """Return the finding for a DICOMDIR that seems to belong into the folder above.

    Parameters
    ----------
    file_set : FileSet
        As it was loaded.
    shown : str
        Its root, as the user knows it.
    has_above : bool, optional
        Whether the folder above is one of the medium, whose names may be compared.

    Returns
    -------
    Finding or None
        None if files are found, or nothing speaks for the folder above.
    """
    root = file_set.path
    if root is None or not file_set.tree.tally.missing:
        return None
    missing = file_set.missing
    if len(file_set) > _MOST_FOUND * len(missing):
        return None
    chosen = missing[:: -(-len(missing) // _MOST_LOOKED_FOR)]
    above = os.path.dirname(os.path.normpath(shown))
    if _are_below(chosen, root, os.path.basename(os.path.normpath(shown))):
        what = said(
            "The File IDs are relative to the folder above the one that holds the DICOMDIR: "
            "starting from {0} they lead to the files",
            above,
        )
    elif has_above and _are_named(chosen, root):
        what = said(
            "The File IDs may be relative to the folder above the one that holds the DICOMDIR: {0} "
            "contains what they begin with",
            above,
        )
    else:
        return None
    remedy = said(
        "Nothing is read from above a DICOMDIR. Copy all of {0} to a disk, move the DICOMDIR up "
        "into the copied folder and open it there; or create a new File-set from the files",
        above,
    )
    return Finding(Severity.ERROR, what, shown, "PS3.10 8.6", remedy)


def _are_below(instances: list[FileInstance], root: str, name: str) -> bool:
    """Return whether all lie in the root itself, since their File IDs begin with its name."""
    locator = Locator(root)
    for place, instance in enumerate(instances):
        first, *rest = instance._file_id() or ("",)
        path = None
        if rest and first.casefold() == name.casefold():
            with suppress(StudioError):
                path = locator.find("\\".join(rest).encode("latin-1"))
        if path is None or (place < _MOST_READ and not _holds(path, instance)):
            return False
    return True


def _holds(path: str, instance: FileInstance) -> bool:
    """Return whether a file in the root is that of an instance."""
    with suppress(StudioError):
        held = read_header(path, frozenset({_SOP_INSTANCE})).text(_SOP_INSTANCE)
        named = instance.node._raw_value(table.SOP_INSTANCE) or b""
        return bool(held) and held == named.decode("latin-1").strip(" \0")
    return False


def _are_named(instances: list[FileInstance], root: str) -> bool:
    """Return whether the folder above has what all File IDs begin with, by their names alone."""
    above = os.path.dirname(os.path.abspath(root))
    if os.path.ismount(root) or above == root:
        return False
    try:
        with os.scandir(above) as listing:
            folders = {one.name.casefold() for one in listing if one.is_dir(follow_symlinks=False)}
    except OSError:
        return False
    begun = {name[0].casefold() for name in (one._file_id() for one in instances) if name[1:]}
    return bool(begun) and begun <= folders
