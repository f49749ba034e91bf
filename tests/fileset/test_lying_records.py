"""A record that names another instance's file, of which that instance is to be added itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pydicom
import pytest

from dicomdir_studio.errors import OperationCancelledError
from dicomdir_studio.fileset import FileSet, Layout
from tests.fileset.small_sets import UID, write_small_set
from tests.fileset.twins import quietly, referenced
from tests.folders import digest, files_below
from tests.monitors import Cancelling
from tests.storage.file_sets import make_instance
from tests.storage.without_room import leave_no_room

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = ("DISC/IM1", "DISC/IM2", "DISC/IM3", "DISC/IM4")
LYING, OWN = f"{UID}.2", f"{UID}.10"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a File-set in which the file of the second record holds an instance of no record."""
    made = tmp_path / "set"
    write_small_set(made, NAMES)
    make_instance(made / NAMES[1], 9)
    return made


def with_its_own(root: Path) -> FileSet:
    """Open it and add the instance itself, from the very file."""
    file_set: FileSet = quietly(lambda: FileSet(root / "DICOMDIR"))
    file_set.add(root / NAMES[1], missing_keys="fill")
    return file_set


def assert_each_has_its_file(root: Path, before: dict[str, str]) -> None:
    """Assert with pydicom that nothing is lost, and the added record's file is its own."""
    found = dict(referenced(root / "DICOMDIR"))
    assert set(found) == {f"{UID}.{number}" for number in (1, 2, 3, 4, 10)}
    assert len(set(found.values())) == len(found)
    own = pydicom.dcmread(root / found[OWN], stop_before_pixels=True)
    assert own.SOPInstanceUID == OWN
    content = {uid: digest(root / name) for uid, name in found.items()}
    assert content[OWN] == content[LYING] == before[NAMES[1]]
    for number, name in ((1, NAMES[0]), (3, NAMES[2]), (4, NAMES[3])):
        assert content[f"{UID}.{number}"] == before[name]


def as_it_is(_: pytest.MonkeyPatch) -> None:
    """Leave the file system as it is, with hard links."""


@pytest.mark.parametrize("room", [as_it_is, leave_no_room], ids=["links", "renames"])
@pytest.mark.parametrize("verify", [False, True])
def test_renamed_and_added_at_once(
    root: Path, room: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch,
    *, verify: bool,
) -> None:  # fmt: skip
    """The new name that the lying record's file gets does not make the addition look modified."""
    before = files_below(root)
    file_set = with_its_own(root)
    room(monkeypatch)
    assert not file_set.plan(layout=Layout.STANDARD).problems
    quietly(lambda: file_set.write(layout=Layout.STANDARD, verify=verify))
    assert not file_set.staged_additions
    assert_each_has_its_file(root, before)


def test_the_lying_record_removed_at_once(root: Path) -> None:
    """What the remedy says, in one write: the record is removed, and the file added."""
    before = files_below(root)
    file_set: FileSet = quietly(lambda: FileSet(root / "DICOMDIR"))
    file_set.remove(next(one for one in file_set if one.SOPInstanceUID == LYING))
    file_set.add(root / NAMES[1], missing_keys="fill")
    quietly(lambda: file_set.write(layout=Layout.STANDARD))
    found = dict(referenced(root / "DICOMDIR"))
    assert LYING not in found
    assert digest(root / found[OWN]) == before[NAMES[1]]
    assert set(files_below(root).values()) - {digest(root / "DICOMDIR")} == {
        before[name] for name in NAMES
    }


@pytest.mark.parametrize("after", range(8))
def test_cancelled_and_tried_again(root: Path, after: int) -> None:
    """Whenever it is cancelled the old state stands, and the addition counts as unmodified."""
    before = files_below(root)
    file_set = with_its_own(root)
    plan = file_set.plan(layout=Layout.STANDARD)
    try:
        quietly(lambda: file_set.execute(plan, monitor=Cancelling(after)))
    except OperationCancelledError:
        assert files_below(root) == before
        quietly(lambda: file_set.write(layout=Layout.STANDARD))
    assert_each_has_its_file(root, before)
