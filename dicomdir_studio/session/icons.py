"""Icons of a File-set's records as a use case: made, staged, and made again after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.errors import FileSetError
from dicomdir_studio.media.iconing import (
    BUDGET,
    SIDE,
    IconOptions,
    IconReport,
    add_icons,
    add_icons_to,
    records_to_have_icons,
)

if TYPE_CHECKING:
    from dicomdir_studio.fileset import Change, FileSet, RecordNode
    from dicomdir_studio.monitor import Monitor

RECIPE = "icon "

__all__ = ["BUDGET", "RECIPE", "SIDE", "IconOptions", "IconReport", "add_icons", "icons_again"]


def icons_again(
    file_set: FileSet, nodes: list[RecordNode], recipe: str, monitor: Monitor | None
) -> Change:
    """Make the icons of some records again, by the recipe that was kept of them.

    Raises
    ------
    ValueError
        If the recipe is none.
    """
    try:
        rows, columns, kind = recipe.removeprefix(RECIPE).split()
        options = IconOptions(int(rows), int(columns), colour=kind == "colour")
    except ValueError as error:
        raise FileSetError(f"No icons can be made by '{recipe}'", why=str(error)) from error
    among = set(nodes)
    instances = [one for one in file_set if not among.isdisjoint(one.node.reverse())]
    wanted = records_to_have_icons(instances, options)
    mine = {node: one for node, one in wanted.items() if node in among}
    return add_icons_to(file_set, mine, options, monitor=monitor).change
