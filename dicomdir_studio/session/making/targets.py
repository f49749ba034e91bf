"""What a look at the place of a medium tells: whether it is free, and has room enough."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicomdir_studio.media.checks import ELSEWHERE, too_large_at
from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.volumes import check_volume
from dicomdir_studio.phrases import said, with_reason
from dicomdir_studio.session.making.proposal import Hindrance, Place
from dicomdir_studio.session.making.wish import Goal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicomdir_studio.media.volumes import Volume
    from dicomdir_studio.session.making.proposal import ProposedDisc
    from dicomdir_studio.session.making.wish import Wish

_SUFFIXES = {Goal.ISO: ".iso", Goal.ZIP: ".zip"}
_DICOMDIR = "DICOMDIR"


@dataclass(frozen=True, slots=True)
class Room:
    """The file system of a place.

    Attributes
    ----------
    standing : Path
        The place, or the nearest folder above it that is there.
    free : int
        Bytes free there.
    """

    standing: Path
    free: int


def room_at(path: Path) -> Room:
    """Return what room there is where a path is or will be.

    Raises
    ------
    OSError
        If it cannot be looked at.
    """
    standing = path
    while not standing.exists() and standing != standing.parent:
        standing = standing.parent
    return Room(standing, shutil.disk_usage(standing).free)


def hindrances_at(wish: Wish, discs: Sequence[ProposedDisc]) -> Iterator[Hindrance]:
    """Yield what keeps media from being written where they are wanted."""
    if not wish.out:
        yield Hindrance(Place.TARGET, _ASKED[wish.goal])
        return
    if wish.goal is Goal.DISC:
        yield from _scratch_room(discs)
        return
    if wish.stick is not None:
        yield from _wrong_file_system(wish.stick, wish)
    path = Path(wish.out)
    suffix = _SUFFIXES.get(wish.goal, "")
    if not path.is_absolute():
        yield Hindrance(Place.TARGET, said("The path is incomplete"), said("Enter the full path"))
    elif suffix and path.suffix.lower() != suffix:
        yield Hindrance(
            Place.TARGET, said("The name does not end in {0}", suffix), said("Add the ending")
        )
    elif not suffix and path.suffix.lower() in _SUFFIXES.values():
        yield Hindrance(
            Place.TARGET,
            said("A folder cannot be called {0} here", path.name),
            said("Choose another name, or write an image or ZIP file"),
        )
    else:
        yield from _at_paths(wish, discs)


_ASKED = {
    Goal.FOLDER: said("Choose the folder"),
    Goal.ZIP: said("Choose the ZIP file"),
    Goal.ISO: said("Choose the image file"),
    Goal.STICK: said("Choose the stick or card"),
    Goal.DISC: said("Choose the drive"),
}


def _wrong_file_system(stick: Volume, wish: Wish) -> Iterator[Hindrance]:
    """Yield that a stick has a file system which the profile does not take."""
    try:
        check_volume(stick, wish.application_profile)
    except UnfitForMediumError as error:
        what = with_reason(error.what, error.why)
        yield Hindrance(Place.TARGET, what, error.remedy or "")


def _at_paths(wish: Wish, discs: Sequence[ProposedDisc]) -> Iterator[Hindrance]:
    """Yield what is wrong with the paths of the media."""
    is_folder = wish.goal in {Goal.FOLDER, Goal.STICK}
    try:
        for disc in discs:
            yield from _in_folder(disc.path) if is_folder else _of_file(disc.path)
            sizes = disc.plan.sizes() if is_folder else [(Path(disc.path).name, disc.used)]
            if what := too_large_at(disc.path, sizes):
                yield Hindrance(Place.TARGET, what, ELSEWHERE)
        room = room_at(Path(discs[0].path))
    except OSError as error:
        yield Hindrance(
            Place.TARGET,
            said("The target cannot be accessed ({0})", error.strerror or error),
            said("Choose another"),
        )
        return
    taken = [disc.used for disc in discs]
    needed = max(taken) if wish.goal is Goal.STICK else sum(taken)
    if needed > room.free and not wish.deflate:
        yield Hindrance(
            Place.TARGET,
            said("{0:,} bytes are needed at {1}, {2:,} are free", needed, room.standing, room.free),
            said("Free some space, or choose another place"),
        )


def _of_file(path: str) -> Iterator[Hindrance]:
    """Yield what keeps a file from being made."""
    folder = Path(path).parent
    if os.path.lexists(path):
        yield Hindrance(
            Place.TARGET,
            said("A file {0} already exists", path),
            said("Choose another name; it is kept as it is"),
        )
    elif not folder.is_dir():
        yield Hindrance(
            Place.TARGET, said("There is no folder {0}", folder), said("Make it, or choose another")
        )
    elif not os.access(folder, os.W_OK):
        yield Hindrance(
            Place.TARGET, said("{0} cannot be written to", folder), said("Choose another folder")
        )


def _in_folder(path: str) -> Iterator[Hindrance]:
    """Yield what keeps a folder from taking a File-set."""
    folder = Path(path)
    if folder.exists() and not folder.is_dir():
        yield Hindrance(
            Place.TARGET, said("{0} is a file, not a folder", path), said("Choose another name")
        )
    elif folder.is_dir() and any(one.name.upper() == _DICOMDIR for one in folder.iterdir()):
        yield Hindrance(
            Place.TARGET,
            said("{0} already holds another File-set", path),
            said("Choose an empty folder, or open that File-set and add to it"),
        )
    elif not os.access(room_at(folder).standing, os.W_OK):
        yield Hindrance(
            Place.TARGET, said("{0} cannot be written to", path), said("Choose another folder")
        )


def _scratch_room(discs: Sequence[ProposedDisc]) -> Iterator[Hindrance]:
    """Yield that there is no room for the image of a disc."""
    largest = max((disc.used for disc in discs), default=0)
    room = room_at(Path(discs[0].path)) if discs else None
    if room is not None and largest > room.free:
        yield Hindrance(
            Place.TARGET,
            said(
                "The disc image needs {0:,} bytes at {1}, {2:,} are free",
                largest,
                room.standing,
                room.free,
            ),
            said("Free some space there"),
        )
