"""The only access to the files under ``resources/`` (icons, translations, demo notes).

In a checkout they lie at the top of the project, in an installed wheel inside the
package; nothing else in the code knows which.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from dicomdir_studio.errors import StudioError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from importlib.resources.abc import Traversable

_PACKAGE = "dicomdir_studio"
_INSTALLED = "_resources"


def _root() -> Traversable:
    """Return the folder of the resources, wherever this installation keeps it."""
    installed = files(_PACKAGE) / _INSTALLED
    if installed.is_dir():
        return installed
    return Path(__file__).resolve().parent.parent / "resources"


def _find(name: str) -> Traversable:
    """Return the resource `name`, or say that the installation is incomplete."""
    parts = name.split("/")
    if not all(parts) or ".." in parts:
        raise StudioError("The name of a resource is not a relative path", where=name)
    found = _root().joinpath(*parts)
    if not (found.is_file() or found.is_dir()):
        raise StudioError(
            "A file of DICOMDIR Studio itself is missing",
            where=name,
            why="the installation is incomplete",
            remedy="Install the program again",
        )
    return found


def read_bytes(name: str) -> bytes:
    """Return the bytes of the resource `name`, such as ``"icons/add.svg"``.

    Raises
    ------
    StudioError
        If the installation has no such resource.
    """
    return _find(name).read_bytes()


def read_text(name: str) -> str:
    """Return the text of the resource `name`, read as UTF-8.

    Raises
    ------
    StudioError
        If the installation has no such resource.
    """
    return _find(name).read_text(encoding="utf-8")


def as_path(name: str) -> AbstractContextManager[Path]:
    """Return a context manager giving the resource `name` as a path on disk.

    Raises
    ------
    StudioError
        If the installation has no such resource.
    """
    return as_file(_find(name))


def names(folder: str) -> list[str]:
    """Return the names of the files in a resource `folder`, sorted; empty if there is none."""
    try:
        found = _find(folder)
    except StudioError:
        return []
    return sorted(child.name for child in found.iterdir() if child.is_file())
