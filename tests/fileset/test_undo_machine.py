"""Editing in any order against a simple model; undoing everything gives what was loaded."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import Change, FileInstance, FileSet, Layout, RecordNode
from tests.bundled import TEST_FILES, sample
from tests.fileset.twins import bundled_instances
from tests.folders import files_below

FILED = [path for path in bundled_instances() if path.parents[2].name == "dicomdirtests"]
ADDABLE = [*map(sample, ("CT_small.dcm", "MR_small.dcm", "rtdose.dcm")), *FILED[:9]]
IDS = st.sampled_from([None, "A", "B", "C"])


class Mirror:
    """A tree kept by nothing but the Changes that operations report, as a view keeps it."""

    def __init__(self, root: RecordNode) -> None:
        self.below: dict[RecordNode, list[RecordNode]] = {}
        self.take(root)

    def take(self, node: RecordNode) -> None:
        """Take a record with all below it."""
        self.below[node] = list(node.children)
        for child in node.children:
            self.take(child)

    def drop(self, node: RecordNode) -> None:
        """Drop a record with all below it."""
        for child in self.below.pop(node):
            self.drop(child)

    def follow(self, change: Change) -> None:
        """Do what a change says."""
        for parent, child in change.detached:
            self.below[parent].remove(child)
            self.drop(child)
        for node in change.attached:
            self.take(node)
        for node in sorted(change.attached, key=lambda one: one.index):
            self.below[node.parent].insert(node.index, node)

    def same_as(self, root: RecordNode) -> bool:
        """Return whether the mirror shows what the tree holds."""
        nodes = [root, *root]
        return set(self.below) == set(nodes) and all(
            self.below[node] == node.children for node in nodes
        )


def observed(file_set: FileSet) -> tuple[Any, ...]:
    """Return all that editing may change, to be compared."""
    return (
        [str(one.SOPInstanceUID) for one in file_set],
        [(node.record_type, node.key, node.index, tuple(node.tally)) for node in file_set.tree],
        tuple(file_set.tree.tally),
        [str(one.SOPInstanceUID) for one in file_set.staged_additions],
        {str(one.SOPInstanceUID) for one in file_set.staged_removals},
        file_set.staged_properties,
        (file_set.ID, file_set.UID, file_set.descriptor_file_id),
        file_set.edit_count,
        file_set.has_edits,
    )


class Editing(RuleBasedStateMachine):
    """Add, remove, restore, revert, set, undo and redo, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(TEST_FILES / "dicomdirtests" / "98892001", self.folder / "98892001")
        shutil.copytree(TEST_FILES / "dicomdirtests" / "98892003", self.folder / "98892003")

    @initialize()
    def load(self) -> None:
        """Write a small File-set and load it."""
        made = FileSet()
        for name in ("6293", "6924"):
            for path in sorted((self.folder / "98892001").rglob(name)):
                made.add(path)
        for path in sorted((self.folder / "98892003").rglob("*"))[:12]:
            if path.is_file():
                made.add(path)
        made.write(self.folder / "set")
        self.file_set = FileSet(self.folder / "set" / "DICOMDIR")
        self.disk = files_below(self.folder / "set")
        self.mirror = Mirror(self.file_set.tree)
        self.first = observed(self.file_set)
        self.loaded = [str(one.SOPInstanceUID) for one in self.file_set]
        self.added: list[str] = []
        self.removed: set[str] = set()
        self.states = [self.first]
        self.place = 0

    def teardown(self) -> None:
        """Undo everything: the state is that after loading, and redo leads back."""
        if hasattr(self, "file_set"):
            last = observed(self.file_set)
            steps = 0
            while self.file_set.can_undo:
                self.mirror.follow(self.file_set.undo())
                steps += 1
            assert observed(self.file_set) == self.first
            assert self.mirror.same_as(self.file_set.tree)
            for _ in range(steps):
                self.mirror.follow(self.file_set.redo())
            assert observed(self.file_set) == last
            assert self.mirror.same_as(self.file_set.tree)
            assert files_below(self.folder / "set") == self.disk
        shutil.rmtree(self.folder, ignore_errors=True)

    def known(self) -> list[FileInstance]:
        """Return all instances with a record, in the order of the tree."""
        return [node.instance for node in self.file_set.tree if node.instance is not None]

    def edited(self, change: Change, *, forward: bool = True) -> None:
        """Note a change, and the state after it as one to come back to."""
        assert len(self.file_set) == len(list(self.file_set))  # counted before it is listed
        self.mirror.follow(change)
        if forward and change:
            del self.states[self.place + 1 :]
            self.states.append(observed(self.file_set))
            self.place += 1

    @rule(paths=st.lists(st.sampled_from(ADDABLE), min_size=1, max_size=4))
    def add(self, paths: list[Path]) -> None:
        """Add files, some of them there already."""
        report = self.file_set.add_many(paths)
        assert len(report.added) + len(report.restored) + len(report.refused) == len(paths)
        self.added += [str(one.SOPInstanceUID) for one in report.added]
        self.removed -= {str(one.SOPInstanceUID) for one in report.restored}
        self.edited(report.change)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """Remove some of what is there, additions among it."""
        chosen = self.choose(data, [one for one in self.known() if not one.for_removal])
        change = self.file_set.stage_removal(chosen)
        for instance in chosen:
            uid = str(instance.SOPInstanceUID)
            if uid in self.added:
                self.added.remove(uid)
            else:
                self.removed.add(uid)
        self.edited(change)

    @rule(data=st.data())
    def remove_again(self, data: st.DataObject) -> None:
        """Remove what is removed: refused, and nothing changes."""
        chosen = self.choose(data, [one for one in self.known() if one.for_removal])
        before = observed(self.file_set)
        if chosen:
            with pytest.raises(StudioError):
                self.file_set.stage_removal([*self.known()[:1], *chosen])
        assert observed(self.file_set) == before

    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        """Restore some, whether removed or not."""
        chosen = self.choose(data, self.known())
        change = self.file_set.restore(chosen)
        self.removed -= {str(one.SOPInstanceUID) for one in chosen}
        self.edited(change)

    @rule(data=st.data(), properties=st.sampled_from([(), ("ID",), ("ID", "UID")]))
    def revert(self, data: st.DataObject, properties: tuple[str, ...]) -> None:
        """Take back some staged changes of any kind."""
        chosen = self.choose(data, self.known())
        change = self.file_set.revert(chosen, properties)
        uids = {str(one.SOPInstanceUID) for one in chosen}
        self.added = [uid for uid in self.added if uid not in uids]
        self.removed -= uids
        self.edited(change)

    @rule(value=IDS)
    def set_id(self, value: str | None) -> None:
        """Set the File-set ID."""
        self.edited(self.file_set.edit_properties(ID=value, descriptor_file_id=value))
        assert value == self.file_set.ID

    @precondition(lambda self: self.place > 0)
    @rule()
    def undo(self) -> None:
        """Take back the latest edit: the state before it, exactly."""
        self.edited(self.file_set.undo(), forward=False)
        self.place -= 1
        self.back()

    @precondition(lambda self: self.place < len(self.states) - 1)
    @rule()
    def redo(self) -> None:
        """Make the edit again: the state after it, exactly."""
        self.edited(self.file_set.redo(), forward=False)
        self.place += 1
        self.back()

    def back(self) -> None:
        """Check that the state is the remembered one, and have the model agree with it."""
        state = observed(self.file_set)
        assert state == self.states[self.place]
        self.added = list(state[3])
        self.removed = set(state[4])

    @staticmethod
    def choose(data: st.DataObject, instances: list[FileInstance]) -> list[FileInstance]:
        """Draw some of the instances."""
        if not instances:
            return []
        return data.draw(st.lists(st.sampled_from(instances), max_size=4, unique_by=id))

    @invariant()
    def agrees_with_the_model(self) -> None:
        """Compare with what was loaded and added less what was removed."""
        if not hasattr(self, "file_set"):
            return
        state = observed(self.file_set)
        kept = [uid for uid in self.loaded if uid not in self.removed]
        assert Counter(state[0]) == Counter(kept + self.added)
        assert [uid for uid in state[0] if uid in set(kept)] == kept
        assert Counter(state[3]) == Counter(self.added)
        assert state[4] == self.removed
        assert self.file_set.can_undo == (self.place > 0)
        assert self.file_set.can_redo == (self.place < len(self.states) - 1)
        assert len(self.file_set) == len(state[0])

    @invariant()
    def the_mirror_agrees(self) -> None:
        """Compare with a view that follows the Changes."""
        if hasattr(self, "file_set"):
            assert self.mirror.same_as(self.file_set.tree)

    @invariant()
    def tallies_add_up(self) -> None:
        """Compare each record's counts with the instances below it."""
        if not hasattr(self, "file_set"):
            return
        for node in self.file_set.tree:
            below = [one.instance for one in node if one.instance is not None]
            below += [node.instance] if node.instance is not None and node not in list(node) else []
            own = {id(one): one for one in below}.values()
            tally = node.tally
            assert tally.instances == len(own)
            assert tally.additions == sum(one.for_addition for one in own)
            assert tally.removals == sum(one.for_removal for one in own)

    @precondition(lambda self: hasattr(self, "file_set"))
    @rule(layout=st.sampled_from(list(Layout)))
    def plan(self, layout: Layout) -> None:
        """Plan: it holds what is staged, and planning changes nothing."""
        before = observed(self.file_set)
        plan = self.file_set.plan(layout=layout)
        assert plan.instance_count == len(self.file_set)
        assert len(plan.additions) == len(self.added)
        assert len(plan.problems) == 0
        if layout is Layout.KEEP:
            assert len(plan.removals) == len(self.removed)
        assert observed(self.file_set) == before


Editing.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestEditing = Editing.TestCase


def test_instances_are_counted_without_listing_them(tmp_path: Path) -> None:
    """What is missing, staged for removal or both is not counted, in any order of edits."""
    target = tmp_path / "media"
    shutil.copytree(TEST_FILES / "dicomdirtests", target)
    for path in sorted((target / "TINY_ALPHA" / "PT000000").rglob("IM*"))[:2]:
        path.unlink()
    file_set = FileSet(target / "TINY_ALPHA" / "DICOMDIR", salvage=True)
    counts = [len(file_set)]
    present, missing = list(file_set), file_set.missing
    for change in (
        lambda: file_set.stage_removal(present[:3]),
        lambda: file_set.stage_removal([missing[0], present[3]]),
        lambda: file_set.restore([missing[0], present[0]]),
        file_set.undo,
        lambda: file_set.add(sample("CT_small.dcm")),
        lambda: file_set.stage_removal(list(file_set)[-1:]),
        file_set.undo,
    ):
        change()
        counts.append(len(file_set))
        assert counts[-1] == len(list(file_set))
    assert counts == [48, 45, 44, 45, 44, 45, 44, 45]


def test_undone_restores_go_back_to_their_places(tmp_path: Path) -> None:
    """Removals that were taken back are listed where they were once that is undone."""
    target = tmp_path / "media"
    shutil.copytree(TEST_FILES / "dicomdirtests", target)
    file_set = FileSet(target / "TINY_ALPHA" / "DICOMDIR")
    instances = list(file_set)[:4]
    file_set.stage_removal(instances)
    file_set.restore(instances[:2])
    file_set.undo()
    assert file_set.staged_removals == instances
    file_set.redo()
    file_set.stage_removal(instances[:1])
    assert file_set.staged_removals == [*instances[2:], instances[0]]
    for _ in range(3):
        file_set.undo()
    for _ in range(3):
        file_set.redo()
    assert file_set.staged_removals == [*instances[2:], instances[0]]
