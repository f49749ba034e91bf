"""Where files have to be renamed in place, the plan says so before it is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.storage import volume
from tests.fileset.twins import assert_whole
from tests.folders import digest
from tests.storage.without_room import leave_no_room

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def foreign(media: Path) -> FileSet:
    """Return the sample File-set, which is not in the standard layout."""
    return FileSet(media / "DICOMDIR")


def test_it_is_announced(foreign: FileSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither links nor room: what that means for other readers, and it is done all the same."""
    before = {str(one.SOPInstanceUID): digest(one.path) for one in foreign}
    leave_no_room(monkeypatch)
    plan = foreign.plan(layout=Layout.STANDARD)
    assert plan.renames
    assert not plan.problems
    assert len(plan.notes) == 1
    assert "renamed in place" in plan.notes[0]
    assert "recover" in plan.notes[0]
    links: list[str] = []
    monkeypatch.setattr(volume.Volume, "link", lambda _, old, new: links.append(f"{old} {new}"))
    foreign.execute(plan)
    assert not links
    assert assert_whole(foreign.root_path) == before


def test_nothing_to_announce(foreign: FileSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """With links, with room, with nothing to rename, or where it cannot be done anyway."""
    assert foreign.plan(layout=Layout.STANDARD).notes == ()
    leave_no_room(monkeypatch)
    assert foreign.plan(layout=Layout.KEEP).notes == ()
    leave_no_room(monkeypatch, 1 << 30)
    assert foreign.plan(layout=Layout.STANDARD).notes == ()
    leave_no_room(monkeypatch, None)
    assert foreign.plan(layout=Layout.STANDARD).notes == ()
    leave_no_room(monkeypatch, 1)
    plan = foreign.plan(layout=Layout.STANDARD)
    assert plan.problems
    assert plan.notes == ()
