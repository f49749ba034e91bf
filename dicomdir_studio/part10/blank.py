"""Files that hold nothing: no bytes, or zeros alone, as a write that was cut short leaves them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio import errors
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    import os

_PART: Final = 1 << 20


def why_blank(length: int) -> str:
    """Return in words what a file that holds nothing has."""
    return said("all of its {0:,} bytes are zero", length) if length else said("it has 0 bytes")


def blank_error(data: bytes, name: str) -> errors.NotDicomError | None:
    """Return the error for a file whose bytes are `data`, if it holds nothing."""
    if data.rstrip(b"\0"):
        return None
    return errors.NotDicomError(
        said("The file has no content"),
        where=name,
        why=why_blank(len(data)),
        remedy=said(
            "Choose the DICOMDIR of the File-set, or create a new File-set from the medium's "
            "other files"
        ),
    )


def is_blank_file(path: str | os.PathLike[str]) -> bool:
    """Return whether a file has no bytes, or zero bytes alone; False if it cannot be read."""
    try:
        with open(path, "rb") as file:
            while part := file.read(_PART):
                if part.rstrip(b"\0"):
                    return False
    except OSError:
        return False
    return True
