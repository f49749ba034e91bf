"""Files of a File-set that are symbolic links within its root: a write loses nothing of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import FileIdError, OperationCancelledError
from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.fileset.symbolic_links import SymbolicLinks
from tests.fileset.small_sets import UID, write_small_set
from tests.fileset.twins import quietly, referenced
from tests.folders import digest, files_below
from tests.monitors import Cancelling
from tests.storage.file_sets import make_instance

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a right there")

NAMES = ("DISC/IM1", "DISC/IM2", "DISC/IM3", "DISC/IM4")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a File-set of four in a layout of its own."""
    made = tmp_path / "set"
    write_small_set(made, NAMES)
    return made


def link(root: Path, name: str, target: str) -> None:
    """Put a symbolic link in the place of a file."""
    path = root / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(os.path.relpath(root / target, path.parent))


def linked_out(root: Path) -> str:
    """Let the second file be a link to one that no record names; return that one's name."""
    (root / "STORE").mkdir()
    (root / NAMES[1]).rename(root / "STORE" / "x.dcm")
    link(root, NAMES[1], "STORE/x.dcm")
    return "STORE/x.dcm"


def contents(root: Path) -> dict[str, str]:
    """Return the SHA-256 of every record's file by UID, found as pydicom reads the DICOMDIR."""
    return {uid: digest(root / name) for uid, name in referenced(root / "DICOMDIR")}


def opened(root: Path) -> FileSet:
    """Open the File-set."""
    file_set: FileSet = quietly(lambda: FileSet(root / "DICOMDIR"))
    assert not file_set.missing
    return file_set


def take_out(file_set: FileSet, number: int) -> None:
    """Stage the removal of an instance."""
    file_set.remove(next(one for one in file_set if one.SOPInstanceUID == f"{UID}.{number}"))


@pytest.mark.parametrize("verify", [False, True])
def test_new_names(root: Path, *, verify: bool) -> None:
    """The link's content gets the new name as a file of its own, what it led to stays."""
    before = contents(root)
    target = linked_out(root)
    file_set = opened(root)
    size = (root / target).stat().st_size
    plan = file_set.plan(layout=Layout.STANDARD)
    assert not plan.problems
    (note,) = plan.notes
    assert f"symbolic links: 1, the first is {NAMES[1]}" in note
    assert plan.bytes_to_write == plan.dicomdir_size + size
    assert len(plan.renames) == 4
    receipt = file_set.write(layout=Layout.STANDARD, verify=verify) or None
    assert receipt is None or receipt.bytes == size
    assert contents(root) == before
    assert not [path for path in root.rglob("*") if path.is_symlink()]
    assert digest(root / target) == before[f"{UID}.2"]
    assert not (root / "DISC").exists()


def test_a_link_to_the_file_of_another_record(root: Path) -> None:
    """Both get what they had, though the file gets its new name in the same write."""
    link(root, NAMES[1], NAMES[2])
    before = contents(root)
    file_set = opened(root)
    quietly(lambda: file_set.write(layout=Layout.STANDARD))
    assert contents(root) == before
    assert not [path for path in root.rglob("*") if path.is_symlink()]


@pytest.mark.parametrize("layout", list(Layout))
def test_what_a_link_needs_is_not_removed(root: Path, layout: Layout) -> None:
    """The file of a record that is removed stays while another record's link leads to it."""
    link(root, "DISC/WAY", NAMES[2])
    link(root, NAMES[1], "DISC/WAY")
    before = contents(root)
    file_set = opened(root)
    take_out(file_set, 3)
    plan = file_set.plan(layout=layout)
    if layout is Layout.KEEP:
        (note,) = plan.notes
        assert "not removed because other files of the File-set are symbolic links to" in note
        assert f"1, the first is {NAMES[2]}" in note
        assert plan.removals == ()
    quietly(lambda: file_set.write(layout=layout))
    del before[f"{UID}.3"]
    assert contents(root) == before
    assert (root / NAMES[2]).exists() == (layout is Layout.KEEP)
    assert not opened(root).missing


def test_every_link_on_the_way_is_needed(root: Path) -> None:
    """A record's link that leads over the link of a record that is removed."""
    target = linked_out(root)
    link(root, NAMES[2], NAMES[1])
    before = contents(root)
    file_set = opened(root)
    take_out(file_set, 2)
    file_set.write(layout=Layout.KEEP)
    del before[f"{UID}.2"]
    assert contents(root) == before
    assert (root / NAMES[1]).is_symlink()
    assert (root / target).is_file()


def test_a_removed_link_leaves_its_file(root: Path) -> None:
    """The link goes; the file that no record names stays."""
    target = linked_out(root)
    content = digest(root / target)
    file_set = opened(root)
    take_out(file_set, 2)
    file_set.write(layout=Layout.KEEP)
    assert not (root / NAMES[1]).is_symlink()
    assert digest(root / target) == content
    assert set(contents(root)) == {f"{UID}.{number}" for number in (1, 3, 4)}


def test_one_file_by_two_folders(root: Path) -> None:
    """A file stays if another record names it by a folder that is a link."""
    (root / "DISC").rename(root / "REAL")
    (root / "DISC").symlink_to("REAL")
    data = (root / "DICOMDIR").read_bytes()
    assert data.count(b"DISC\\IM2") == 1
    (root / "DICOMDIR").write_bytes(data.replace(b"DISC\\IM2", b"REAL\\IM1"))
    before = contents(root)
    file_set = opened(root)
    take_out(file_set, 1)
    file_set.write(layout=Layout.KEEP)
    del before[f"{UID}.1"]
    assert contents(root) == before


def test_a_link_that_has_its_standard_name(root: Path) -> None:
    """It stays a link, and what it leads to stays, though another record's file gets its name."""
    file_set = opened(root)
    file_set.write(layout=Layout.STANDARD)
    names = dict(referenced(root / "DICOMDIR"))
    (root / "OLD").mkdir()
    (root / names[f"{UID}.3"]).rename(root / "OLD" / "IM3")
    data = (root / "DICOMDIR").read_bytes()
    name = names[f"{UID}.3"].replace("/", "\\").encode()
    (root / "DICOMDIR").write_bytes(data.replace(name, b"OLD\\IM3".ljust(len(name))))
    link(root, names[f"{UID}.2"], "OLD/IM3")
    before = contents(root)
    quietly(lambda: opened(root).write(layout=Layout.STANDARD))
    assert contents(root) == before
    assert dict(referenced(root / "DICOMDIR")) == names
    assert not opened(root).missing


@pytest.mark.parametrize("after", range(8))
def test_cancelled(root: Path, after: int) -> None:
    """Whenever it is cancelled the links are as before, and the next write does it."""
    linked_out(root)
    before, state = contents(root), files_below(root)
    file_set = opened(root)
    plan = file_set.plan(layout=Layout.STANDARD)
    try:
        file_set.execute(plan, monitor=Cancelling(after))
    except OperationCancelledError:
        assert files_below(root) == state
        assert (root / NAMES[1]).is_symlink()
        file_set.write(layout=Layout.STANDARD)
    assert contents(root) == before


@pytest.mark.parametrize("layout", list(Layout))
def test_copied(root: Path, tmp_path: Path, layout: Layout) -> None:
    """A copy has files alone."""
    linked_out(root)
    before = contents(root)
    opened(root).copy(tmp_path / "copy", layout=layout)
    assert contents(tmp_path / "copy") == before
    assert not [path for path in (tmp_path / "copy").rglob("*") if path.is_symlink()]


def test_a_link_changed_to_lead_out(root: Path, tmp_path: Path) -> None:
    """A link that leads out by now is never followed, and the error says what to do."""
    linked_out(root)
    file_set = opened(root)
    make_instance(tmp_path / "SECRET", 77)
    link(root, NAMES[1], "../SECRET")
    with pytest.raises(FileIdError, match="Put the file itself in its place") as caught:
        file_set.write(layout=Layout.STANDARD)
    assert caught.value.where == str(root / NAMES[1])
    assert (root / NAMES[1]).is_symlink()
    assert (tmp_path / "SECRET").exists()


def test_ways_of_links(root: Path, tmp_path: Path) -> None:
    """Ways that turn round, lead out and back, or lead nowhere come to an end."""
    link(root, "A", "B")
    link(root, "B", "A")
    (tmp_path / "back").symlink_to(root / NAMES[0])
    link(root, "C", "../back")
    link(root, "D", "NOWHERE/X")
    links = SymbolicLinks(str(root))
    assert links.needed_by({"A"}, ()) == {"A", "B"}
    assert links.needed_by({"C"}, ()) == {"C", NAMES[0]}
    assert links.needed_by({"D"}, ()) == {"D", "NOWHERE/X"}
    assert links.needed_by({NAMES[0]}, {NAMES[1]}) == frozenset()


def test_a_link_that_has_its_name_already(tmp_path: Path) -> None:
    """It becomes a file of its own where another file gets the name that it leads to."""
    root = tmp_path / "set"
    series = "PT000000/ST000000/SE000000"
    write_small_set(root, (f"{series}/IM000002", f"{series}/IM000001", "DISC/IM1"))
    link(root, f"{series}/IM000001", f"{series}/IM000002")
    before = contents(root)
    file_set = opened(root)
    plan = file_set.plan(layout=Layout.STANDARD)
    assert not plan.problems
    assert (f"{series}/IM000001", f"{series}/IM000001") not in plan.renames
    quietly(lambda: file_set.write(layout=Layout.STANDARD))
    assert contents(root) == before
    assert not [path for path in root.rglob("*") if path.is_symlink()]
    names = [f"{series}/IM00000{number}" for number in range(3)]
    assert sorted(name for _, name in referenced(root / "DICOMDIR")) == names
    assert files_below(root).keys() == {"DICOMDIR", *names}
