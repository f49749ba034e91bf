"""What is handed over of a File-set before its files are looked for."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.fileset import FileSet, RecordNode, loader, opening
from dicomdir_studio.monitor import Monitor
from tests.fileset.salvage.disc import Shape, sound_disc, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.fileset.loading import TreeBuilder


class Looking(Monitor):
    """Writes down the tree that it is shown, and how it stood then."""

    def __init__(self) -> None:
        self.trees: list[RecordNode] = []
        self.uids: list[str] = []
        self.instances = 0

    def preview(self, shown: object) -> None:
        """Look at a tree."""
        assert isinstance(shown, RecordNode)
        self.trees.append(shown)
        leaves = [record for record in shown if record.record_type == "IMAGE"]
        self.uids = [str(leaf.key) for leaf in leaves]
        self.instances = sum(leaf.instance is not None for leaf in leaves)


@pytest.mark.parametrize("salvage", [False, True])
def test_the_tree_is_handed_over_once_and_whole(tmp_path: Path, *, salvage: bool) -> None:
    """It is the one that the File-set has in the end, before there are instances in it."""
    write_files(tmp_path, Shape())
    (tmp_path / "DICOMDIR").write_bytes(sound_disc(Shape()).lay())
    looking = Looking()
    file_set = FileSet()
    file_set.load(tmp_path / "DICOMDIR", salvage=salvage, monitor=looking)
    assert looking.trees == [file_set.tree]
    assert looking.uids == [str(one.SOPInstanceUID) for one in file_set]
    assert looking.uids
    assert looking.instances == 0


@pytest.mark.parametrize("salvage", [False, True])
def test_nothing_of_the_loading_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, salvage: bool
) -> None:
    """What a tree is built with goes with it at once: no collector walks what has been loaded."""
    write_files(tmp_path, Shape())
    (tmp_path / "DICOMDIR").write_bytes(sound_disc(Shape()).lay())
    builders: list[weakref.ref[TreeBuilder]] = []
    build = opening.build_tree

    def building(*arguments: Any, **options: Any) -> TreeBuilder:
        builder = build(*arguments, **options)
        builders.append(weakref.ref(builder))
        return builder

    monkeypatch.setattr(loader, "build_tree", building)
    gc.disable()
    try:
        file_set = FileSet(tmp_path / "DICOMDIR", salvage=salvage)
        assert [one() for one in builders] == [None]
    finally:
        gc.enable()
    assert len(file_set) > 0
