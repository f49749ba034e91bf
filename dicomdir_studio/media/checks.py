"""Checks whether a medium can hold a plan: names, depths and sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.media.capacity import Container, folders_of
from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.udf.layout import LARGEST_FILE as LARGEST_ON_UDF
from dicomdir_studio.media.volumes import is_on_fat
from dicomdir_studio.phrases import listed, said
from dicomdir_studio.standard.media import MAX_DIRECTORY_LEVELS, SECTOR_SIZE
from dicomdir_studio.standard.pdi import is_short_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomdir_studio.media.medium_plan import MediumPlan

LARGEST_ON_FAT: Final = (1 << 32) - 1
"""Bytes of the largest file of FAT (PS3.12 A)."""

LARGEST_ON_DISC: Final = (1 << 32) - SECTOR_SIZE
"""Bytes of the largest file of ISO 9660 below level 3: one extent of whole sectors (PS3.12 F)."""

LARGEST_ON_EXFAT: Final = (1 << 63) - 1
"""Bytes of the largest file of exFAT."""

ELSEWHERE: Final = said(
    "Write to exFAT, NTFS or another file system, or divide it into smaller media"
)
"""What to do about a file that is too large for FAT."""

_MOST_NAMED: Final = 5
_FAT16_ROOT: Final = 511
"""Files and folders in the root of FAT12 and FAT16 beside the label, as they are formatted."""
_FAT_FOLDER: Final = 65_534
"""Files and folders in a folder of FAT beside its own two entries."""


def unfit(plan: MediumPlan, container: Container) -> list[str]:
    """Return descriptions of what a medium cannot hold of a plan; empty if it can hold all.

    Parameters
    ----------
    plan : MediumPlan
        The content of the medium.
    container : Container
        The container. A folder and a ZIP file can hold everything.
    """
    if container in (Container.FOLDER, Container.ZIP, Container.ZIP_AES):
        return []
    found: list[str] = []
    names: set[str] = set()
    largest = {
        Container.FAT: LARGEST_ON_FAT,
        Container.FAT16: LARGEST_ON_FAT,
        Container.EXFAT: LARGEST_ON_EXFAT,
    }.get(container, LARGEST_ON_UDF if container.plain_udf else LARGEST_ON_DISC)
    found += _overfull(plan, container)
    for name, size in plan.sizes():
        parts = name.split("/")
        if not all(map(is_short_name, parts)) or any("." in part for part in parts[:-1]):
            found.append(
                said("{0} is not of up to 8 of A-Z, 0-9 and _ (PS3.10 8.2, PS3.12 F)", name)
            )
        if len(parts) > MAX_DIRECTORY_LEVELS:
            found.append(
                said("{0} lies deeper than {1} levels (PS3.12 F)", name, MAX_DIRECTORY_LEVELS)
            )
        if size > largest:
            found.append(said("{0} has {1:,} bytes, the most is {2:,}", name, size, largest))
        if name in names:
            found.append(said("{0} exists twice", name))
        names.add(name)
    return found


def _overfull(plan: MediumPlan, container: Container) -> Iterator[str]:
    """Yield the folders that hold more than FAT has entries for."""
    if container not in {Container.FAT, Container.FAT16}:
        return
    for path, (inner, held) in folders_of(name for name, _ in plan.sizes()).items():
        is_root = not path and container is Container.FAT16
        most = _FAT16_ROOT if is_root else _FAT_FOLDER
        count = len(inner) + len(held)
        if count > most:
            where = path or said("the root")
            yield said(
                "{0} holds {1:,} files and folders, the most is {2:,} on FAT", where, count, most
            )


def too_large_at(path: str, sizes: Iterable[tuple[str, int]]) -> str:
    """Return the name of a file that is too large for the file system at a path, or "".

    Parameters
    ----------
    path : str
        The folder or file that is to be written; it need not exist.
    sizes : iterable of (str, int)
        Name and length of the files that are written there.
    """
    name, size = max(sizes, key=lambda one: one[1], default=("", 0))
    # Asking for the file system may mean asking another program.
    if size <= LARGEST_ON_FAT or not is_on_fat(path):
        return ""
    return said(
        "{0} has {1:,} bytes, the FAT there allows {2:,} at most", name, size, LARGEST_ON_FAT
    )


def refuse_too_large(path: str, sizes: Iterable[tuple[str, int]]) -> None:
    """Raise if a file is too large for the file system at a path.

    Raises
    ------
    UnfitForMediumError
        It names the file.
    """
    if what := too_large_at(path, sizes):
        raise UnfitForMediumError(what, where=path, remedy=ELSEWHERE)


def refuse_problems(plan: MediumPlan, path: str, container: Container = Container.FOLDER) -> None:
    """Raise if a plan cannot be written.

    Raises
    ------
    UnfitForMediumError
        It lists everything that prevents it, the first five problems in full.
    """
    problems = [*plan.problems, *unfit(plan, container)]
    if problems:
        rest = len(problems) - _MOST_NAMED
        more = [said("and {0} more", rest)] if rest > 0 else []
        raise UnfitForMediumError(
            said("The medium cannot be written"),
            where=path,
            why=listed([*problems[:_MOST_NAMED], *more]),
            remedy=said("Use the standard layout, whose names are valid on every medium")
            if len(problems) > len(plan.problems)
            else None,
        )
