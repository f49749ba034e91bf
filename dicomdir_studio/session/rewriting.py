"""Records that another run had staged to be written otherwise, rewritten again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.errors import FileSetError, StudioError
from dicomdir_studio.fileset.rewriting import fingerprint_of
from dicomdir_studio.session.icons import RECIPE, icons_again

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.fileset import Change, FileSet, RecordNode
    from dicomdir_studio.fileset.rewriting import RewrittenRecord
    from dicomdir_studio.monitor import Monitor

_CHARSET = "charset "


def left_to_rewrite(file_set: FileSet, records: Iterable[RewrittenRecord]) -> list[RewrittenRecord]:
    """Return those of some rewritten records that `file_set` does not have yet."""
    wanted = list(records)
    if not wanted:
        return []
    present = {fingerprint_of(node) for node in file_set.tree}
    return [record for record in wanted if record.after not in present]


def rewrite_again(
    file_set: FileSet, records: list[RewrittenRecord], monitor: Monitor | None
) -> tuple[list[Change], list[tuple[str, StudioError]]]:
    """Rewrite records again, one edit for each way; return the changes, and what is gone.

    Raises
    ------
    OperationCancelledError
        If the monitor says so.
    """
    if not records:
        return [], []
    nodes: dict[str, list[RecordNode]] = {}
    for node in file_set.tree:
        nodes.setdefault(fingerprint_of(node), []).append(node)
    steps: dict[tuple[int, str], list[RecordNode]] = {}
    refused: list[tuple[str, StudioError]] = []
    for record in records:
        for place, recipe in enumerate(record.recipes):
            steps.setdefault((place, recipe), []).extend(nodes.get(record.before, ()))
    changes = []
    lost = sum(record.before not in nodes for record in records)
    if lost:
        why = f"{lost} of them are not in the File-set any more"
        refused.append(("Rewritten records", FileSetError("Records were changed since", why=why)))
    for (_, recipe), among in sorted(steps.items(), key=lambda step: step[0][0]):
        if monitor is not None:
            monitor.check()
        try:
            changes.append(rewrite_by(file_set, recipe, among, monitor))
        except FileSetError as error:
            refused.append((recipe, error))
    return [change for change in changes if change], refused


def rewrite_by(
    file_set: FileSet, recipe: str, nodes: list[RecordNode], monitor: Monitor | None
) -> Change:
    """Rewrite records by a recipe."""
    if recipe.startswith(RECIPE):
        return icons_again(file_set, nodes, recipe, monitor)
    if recipe.startswith(_CHARSET):
        return file_set.apply_charset(recipe.removeprefix(_CHARSET), nodes)
    raise FileSetError(f"Records cannot be rewritten by '{recipe}'", why="it is not known")
