"""The checksums of a File-set's files, in the format of ``sha256sum -c``."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage import from_os_error, write_manifest

if TYPE_CHECKING:
    from dicomdir_studio.fileset.contents import FileSetContents


def save_manifest(
    file_set: FileSetContents, path: str | os.PathLike[str], *, monitor: Monitor | None = None
) -> dict[str, str]:
    """Write the SHA-256 of the DICOMDIR and of every file that it references.

    Parameters
    ----------
    file_set : FileSet
        A File-set on a medium; staged additions are left out.
    path : str or os.PathLike
        The manifest, beside the File-set or elsewhere; replaced atomically. No record
        references it (PS3.10 8.6 allows other files on the medium).
    monitor : Monitor, optional
        Receives progress; can cancel, and then no manifest is written.

    Returns
    -------
    dict of str to str
        SHA-256 in hexadecimal by name, relative to the root, with ``/``.

    Raises
    ------
    AttributeError
        If the File-set has not been written yet.
    StorageError
        If a file cannot be read or the manifest cannot be written.
    """
    monitor = monitor or Monitor()
    root = os.fspath(file_set.root_path)
    opened = file_set._opened
    names = [] if opened is None else [os.fspath(opened.path)]
    names += [one._located for one in file_set._stage.present if one._located is not None]
    monitor.start("Computing checksums", len(names))
    digests: dict[str, str] = {}
    for name in dict.fromkeys(names):
        monitor.check()
        try:
            with open(name, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise from_os_error(error, name) from error
        digests[os.path.relpath(name, root).replace(os.sep, "/")] = digest
        monitor.advance(1, name)
    write_manifest(os.fspath(path), digests)
    return digests
