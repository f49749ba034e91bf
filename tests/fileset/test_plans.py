"""Plans of a write: they change nothing, and what they say is what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.fileset import FileSet, Layout
from tests.fileset.twins import staged_state
from tests.folders import files_below

if TYPE_CHECKING:
    from pathlib import Path


def test_a_plan_changes_nothing(edited: FileSet, tmp_path: Path) -> None:
    """Planning reads, and that is all."""
    before, staged = files_below(tmp_path), staged_state(edited)
    edited.plan()
    edited.plan(layout=Layout.KEEP)
    edited.plan_copy(tmp_path / "copy")
    assert files_below(tmp_path) == before
    assert not (tmp_path / "copy").exists()
    assert staged_state(edited) == staged


def test_what_the_plan_says_is_what_happens(edited: FileSet) -> None:
    """Files in and out, renames, sizes and counts of the plan are those of the write."""
    root = edited.root_path
    before = files_below(root)
    plan = edited.plan()
    receipt = edited.execute(plan, verify=True)
    after = files_below(root)
    assert receipt.verified
    assert plan.instance_count == len(edited) == 30
    assert plan.dicomdir_size == (root / "DICOMDIR").stat().st_size
    assert {name for _, name, _ in plan.additions} <= set(after)
    assert {name for name in before if name not in after} <= set(plan.removals)
    for name, wanted in receipt.digests.items():
        assert after[name] == wanted


def test_checksums_are_computed_where_asked_only(edited: FileSet) -> None:
    """Of every file copied for the receipt that asks for them, else of the DICOMDIR alone."""
    files = {name for _, name, _ in edited.plan().additions}
    assert files
    plain = edited.execute(edited.plan_copy(edited.root_path.parent / "plain"))
    assert set(plain.digests) == {"DICOMDIR"}
    asked = edited.execute(edited.plan_copy(edited.root_path.parent / "asked"), digests=True)
    assert len(asked.digests) == len(edited) + 1
    assert asked.digests == files_below(edited.root_path.parent / "asked")
    assert not asked.verified


def test_a_plan_is_printed_without_the_bytes_to_be_written(edited: FileSet) -> None:
    """A person sees what happens to which file; not the DICOMDIR, which may have 200 MB."""
    told = repr(edited.plan())
    assert "additions=((" in told
    assert "instance_count=30" in told
    assert "laid" not in told
    assert "\\x" not in told
