"""What one call that adds instances learned of the tree, for the next call to use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.fileset.conflicts import ConflictWatch
from dicomdir_studio.fileset.recorders import custom_recorder
from dicomdir_studio.standard.records import LEVEL_KEYS

if TYPE_CHECKING:
    from dicomdir_studio.fileset.leaf_mold import LeafMold
    from dicomdir_studio.fileset.record_node import RecordNode, RootNode
    from dicomdir_studio.fileset.stage import Stage
    from dicomdir_studio.part10.layout_run import WholeLayout


class AddingMemory:
    """The series that instances were added to, and how the records of their neighbours are laid.

    It holds for the very state of the File-set that it was kept for, so that files added one
    call after the other find their series as those of one call do.

    Parameters
    ----------
    tree : RootNode
        The records.
    fill : bool
        Whether Type 1 keys that an instance leaves empty are filled in.

    Attributes
    ----------
    series : dict of tuple of bytes to RecordNode
        The record of each series without conflicts, by what tells its place.
    molds : dict of WholeLayout to LeafMold or None
        How leaf records are cut out of files of a layout, None where they are not.
    conflicts : ConflictWatch
        Compares instances with the records.
    added : int
        Number of instances added with it.
    """

    __slots__ = ("_fill", "_plain", "_version", "added", "conflicts", "molds", "series")

    def __init__(self, tree: RootNode, *, fill: bool) -> None:
        self._fill = fill
        self._version = -1
        # A function that makes the records may file two instances of one series apart.
        self._plain = _is_plain()
        self.series: dict[tuple[bytes, ...], RecordNode] = {}
        self.molds: dict[WholeLayout, LeafMold | None] = {}
        self.conflicts = ConflictWatch(tree)
        self.added = 0

    @classmethod
    def of(cls, stage: Stage, tree: RootNode, *, fill: bool) -> AddingMemory:
        """Return what was kept for the present state of a File-set, or an empty memory.

        One in which conflicts were found is not kept, so that each call tells of its own.
        """
        kept = stage.learned
        state = stage.version, fill, _is_plain()
        if kept is None or (kept._version, kept._fill, kept._plain) != state:
            return cls(tree, fill=fill)
        return cls(tree, fill=fill) if kept.conflicts.found else kept

    def learn(self, place: tuple[bytes, ...], series: RecordNode) -> None:
        """Remember the record of a series, by what tells its place."""
        # A data set that was handed out can be given another key at any time.
        if self._plain and not any(one._dataset is not None for one in series.reverse()):
            self.series[place] = series

    def keep(self, stage: Stage) -> None:
        """Keep it for the state that a File-set is in now."""
        self._version = stage.version
        stage.learned = self


def _is_plain() -> bool:
    """Return whether the records above instances are created from the tables."""
    return not any(map(custom_recorder, LEVEL_KEYS))
