"""Folders packed into archives and disc images, and the File-sets that are found in them."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

from pycdlib import PyCdlib

from dicomdir_studio.fileset import FileSet

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.media.reading import OpenedMedium


def opened(medium: OpenedMedium) -> FileSet:
    """Open the one File-set of a medium."""
    (dicomdir,) = medium.dicomdirs
    return FileSet(dicomdir, salvage=True)


def zipped(source: Path, target: Path, prefix: str = "") -> Path:
    """Pack a folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(source.rglob("*")):
            if path.is_file():
                archive.write(path, f"{prefix}{path.relative_to(source).as_posix()}")
    return target


def image(source: Path, target: Path, **options: Any) -> Path:
    """Make a disc image of a folder with pycdlib."""
    iso: Any = PyCdlib()
    iso.new(**options)

    def names(path: Path, *, folder: bool) -> dict[str, str]:
        plain = "/" + path.relative_to(source).as_posix()
        found = {"iso_path": plain if folder else f"{plain}.;1"}
        if "rock_ridge" in options:
            found["rr_name"] = path.name.lower()
        if "joliet" in options:
            found["joliet_path"] = plain
        if "udf" in options:
            found["udf_path"] = plain
        return found

    for path in sorted(source.rglob("*")):
        if path.is_dir():
            iso.add_directory(**names(path, folder=True))
        else:
            iso.add_file(str(path), **names(path, folder=False))
    iso.write(str(target))
    iso.close()
    return target
