"""What can be known about a target before a write is asked for, without changing anything."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from dicomdir_studio.errors import StorageError, StudioError
from dicomdir_studio.storage.errors import NoSpaceError, PermissionDeniedError, from_os_error
from dicomdir_studio.storage.plan import check_plan
from dicomdir_studio.storage.preconditions import examine, folds_case
from dicomdir_studio.storage.volume import Volume

if TYPE_CHECKING:
    from dicomdir_studio.storage.plan import Plan


class Outlook(NamedTuple):
    """What a target is like.

    Attributes
    ----------
    root : str
        The folder, links resolved.
    exists : bool
        Whether it exists; if not, the other values are those of the nearest existing folder.
    writable : bool
        Whether this user may make files in it.
    free : int or None
        Bytes that are free, where the file system says.
    folds_case : bool
        The file system does not tell upper from lower case (as far as a file that is
        there shows it): names that differ only so collide.
    links : bool
        The file system is known to have hard links. Otherwise a move may need room for
        a copy.
    is_fat : bool
        It is FAT: no file above 4 GiB less one byte.
    """

    root: str
    exists: bool
    writable: bool
    free: int | None
    folds_case: bool
    links: bool
    is_fat: bool


def look_ahead(root: str) -> Outlook:
    """Return what is known about a target, which need not exist yet.

    Raises
    ------
    StorageError
        It, or the nearest folder above it, cannot be looked at.
    """
    real = os.path.realpath(root)
    near = _nearest(real)
    try:
        with Volume(near) as volume:
            return Outlook(
                root=real,
                exists=near == real,
                writable=volume.is_writable(""),
                free=volume.room().free,
                folds_case=folds_case(volume),
                links=volume.knows_links,
                is_fat=volume.is_fat,
            )
    except OSError as error:
        raise from_os_error(error, near) from error


class Prospect(NamedTuple):
    """What would come of a plan.

    Attributes
    ----------
    refusal : StudioError or None
        Why it could not be executed now, None if nothing speaks against it.
    renames : bool
        Files would be renamed before the commit: there is no room for copies, and the
        file system is not known to have hard links.
    """

    refusal: StudioError | None
    renames: bool = False


def foresee(plan: Plan) -> Prospect:
    """Return what would come of `plan` now.

    The same checks as at the beginning of `execute`, without a change: for a page that
    shows a plan before it is accepted. Sources are looked at only when they are copied.
    """
    try:
        check_plan(plan)
        real = os.path.realpath(plan.root)
        if os.path.isdir(real):
            with Volume(real) as volume:
                return Prospect(None, examine(plan, volume, probe=False).rename)
        return Prospect(_refusal_of_new(plan, look_ahead(real)))
    except StudioError as error:
        return Prospect(error)
    except OSError as error:
        return Prospect(from_os_error(error, plan.root))


def refusal(plan: Plan) -> StudioError | None:
    """Return why `plan` could not be executed now, None if nothing speaks against it."""
    return foresee(plan).refusal


def _refusal_of_new(plan: Plan, outlook: Outlook) -> StudioError | None:
    """Return why a tree could not be made from nothing."""
    path = outlook.root
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    if not os.path.isdir(path):
        return StorageError("The target is not a folder", where=path, remedy="Choose a folder")
    if not outlook.writable:
        return PermissionDeniedError(
            "The folder cannot be made",
            where=outlook.root,
            why="permission denied",
            remedy="Request permission to write there, or choose another folder",
        )
    needed = sum(
        stage.replace.size + sum(put.size for put in stage.puts) for stage in plan.stages[:1]
    )
    if outlook.free is not None and needed > outlook.free:
        return NoSpaceError(
            "There is not enough space for this write",
            where=outlook.root,
            why=f"{needed:,} bytes are needed, {outlook.free:,} are free",
            remedy="Free some space or write to another medium",
            needed=needed,
            free=outlook.free,
        )
    return None


def _nearest(path: str) -> str:
    """Return the nearest existing folder at or above `path`."""
    while not os.path.isdir(path):
        above = os.path.dirname(path)
        if above == path:
            break
        path = above
    return path
