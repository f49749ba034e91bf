"""Reads back the files of an image with UDF alone, independent of what wrote it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from dicomdir_studio.media.errors import MediumVerificationError
from dicomdir_studio.media.targets.proving import UNREADABLE
from dicomdir_studio.media.udf_reading import UdfImage

if TYPE_CHECKING:
    from collections.abc import Collection

    from dicomdir_studio.monitor import Monitor


def digests_of(path: str, monitor: Monitor) -> dict[str, str]:
    """Return the SHA-256 of every file of an image.

    A file that cannot be read has `proving.UNREADABLE` and the reason instead.

    Raises
    ------
    StorageError
        If the image is cut off or has no UDF file system.
    MediumVerificationError
        If descriptors or directories are not whole in both their copies.
    """
    found: dict[str, str] = {}
    with UdfImage(path) as image:
        _check_copies(image, path)
        for file in sorted(image.files(), key=lambda file: file.place):
            digest = hashlib.sha256()
            try:
                for data in image.pieces(file):
                    monitor.check()
                    digest.update(data)
                    monitor.advance(len(data), file.name)
            except OSError as error:
                # One bad sector is a fault of one file, and all of them are to be named.
                found[file.name] = f"{UNREADABLE}: {error.strerror or error}"
            else:
                found[file.name] = digest.hexdigest()
    return found


def _check_copies(image: UdfImage, path: str) -> None:
    """Raise unless what readers fall back to is whole too."""
    try:
        image.check_copies()
    except OSError as error:
        raise MediumVerificationError(
            "What was read back is not what was written",
            where=path,
            why=getattr(error, "why", None) or str(error),
            remedy="Do not hand it out; write it anew, to another disk if it happens again",
        ) from error


def read_files(path: str, names: Collection[str]) -> dict[str, bytes]:
    """Return the content of some files of an image."""
    with UdfImage(path) as image:
        wanted = [file for file in image.files() if file.name in names]
        return {file.name: b"".join(image.pieces(file)) for file in wanted}
