"""What a DICOMDIR leads to, as other software and as we read it."""

from __future__ import annotations

import subprocess
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pydicom.fileset

from dicomdir_studio.fileset import FileSet
from tests.storage.file_sets import sha

if TYPE_CHECKING:
    from tests.storage.file_sets import Content


def content_by_pydicom(dicomdir: Path) -> Content:
    """Return what a DICOMDIR leads to, as `pydicom.fileset` reads it; none may be missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = pydicom.fileset.FileSet(dicomdir)
    content = {str(one.SOPInstanceUID): sha(Path(one.path).read_bytes()) for one in read}
    read._stage["t"].cleanup()
    return content


def content_by_us(root: Path) -> Content | None:
    """Return what the DICOMDIR of a folder leads to, as we read it; None if there is none."""
    file_set = None
    with suppress(FileNotFoundError):
        file_set = opened(root)
    if file_set is None:
        return None
    assert not file_set.missing
    return {str(one.SOPInstanceUID): sha(Path(one.path).read_bytes()) for one in file_set}


def opened(root: Path) -> FileSet:
    """Open a File-set, which recovers it."""
    return FileSet(root / "DICOMDIR")


def dcmdump_likes(path: Path) -> bool:
    """Tell whether DCMTK reads a file without complaint."""
    done = subprocess.run(["dcmdump", str(path)], capture_output=True, text=True, check=False)
    return done.returncode == 0 and "E:" not in done.stderr
