"""A record whose file is missing, and whose File ID is or becomes that of another's file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pydicom
import pytest

from dicomdir_studio.fileset import FileSet, Layout
from tests.bundled import sample
from tests.fileset.small_sets import UID, write_small_set
from tests.fileset.twins import quietly, referenced
from tests.folders import digest

if TYPE_CHECKING:
    from collections.abc import Callable

CT = "1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322"
NAMES = ("DISC/IM1", "DISC/IM2", "DISC/IM3", "DISC/IM4")


class Case(NamedTuple):
    """A File-set of which the record of the second instance has no file."""

    root: Path
    digests: dict[str, str]
    file_set: FileSet


def made(root: Path) -> dict[str, str]:
    """Write a File-set of four in a layout of its own; return their SHA-256."""
    file_set = write_small_set(root, NAMES)
    return {str(one.SOPInstanceUID): digest(one.path) for one in file_set}


def rewrite(root: Path, before: bytes, after: bytes) -> None:
    """Let a record reference another file."""
    data = (root / "DICOMDIR").read_bytes()
    assert data.count(before) == 1
    (root / "DICOMDIR").write_bytes(data.replace(before, after))


def one_file_id(root: Path) -> FileSet:
    """Let two records name one file; salvage leaves it to the one whose instance is in it."""
    (root / NAMES[1]).unlink()
    rewrite(root, b"DISC\\IM2", b"DISC\\IM1")
    file_set: FileSet = quietly(lambda: FileSet(root / "DICOMDIR", salvage=True))
    return file_set


def other_case(root: Path) -> FileSet:
    """Let the file of another record have the name but for its case."""
    (root / NAMES[1]).unlink()
    (root / NAMES[0]).rename(root / "DISC" / "im2")
    rewrite(root, b"DISC\\IM1", b"DISC\\im2")
    file_set: FileSet = quietly(lambda: FileSet(root / "DICOMDIR"))
    return file_set


def other_case_salvaged(root: Path) -> FileSet:
    """Open the same with salvage."""
    other_case(root)
    file_set: FileSet = quietly(lambda: FileSet(root / "DICOMDIR", salvage=True))
    return file_set


def source_in_its_place(root: Path) -> FileSet:
    """Add a file that lies where the missing file was."""
    (root / NAMES[1]).unlink()
    file_set: FileSet = quietly(lambda: FileSet(root / "DICOMDIR"))
    shutil.copy(sample("MR_small.dcm"), root / NAMES[1])
    file_set.add(root / NAMES[1], missing_keys="fill")
    return file_set


CASES = (one_file_id, other_case, other_case_salvaged, source_in_its_place)


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """Return each case with a removal and an addition staged."""
    root = tmp_path / "set"
    digests = made(root)
    file_set = request.param(root)
    assert [str(one.SOPInstanceUID) for one in file_set.missing] == [f"{UID}.2"]
    file_set.remove(next(one for one in file_set if str(one.SOPInstanceUID) == f"{UID}.3"))
    file_set.add(sample("CT_small.dcm"))
    return Case(root, digests, file_set)


def assert_none_misled(root: Path, digests: dict[str, str], *, missing: bool) -> None:
    """Assert with pydicom that every record's file is its own, and nothing is lost.

    The names are compared as a medium does that does not tell upper from lower case.
    """
    found = dict(referenced(root / "DICOMDIR"))
    names = [name.casefold() for name in found.values()]
    assert len(set(names)) == len(names)
    assert (f"{UID}.2" in found) == missing
    lost = found.pop(f"{UID}.2", None)
    there = {path.relative_to(root).as_posix().casefold() for path in root.rglob("*")}
    assert lost is None or lost.casefold() not in there
    assert {f"{UID}.1", f"{UID}.4", CT} <= set(found)
    assert f"{UID}.3" not in found
    for uid, name in found.items():
        held = pydicom.dcmread(root / name, stop_before_pixels=True)
        assert str(held.SOPInstanceUID) == uid, f"{name} holds another instance"
        assert digests.get(uid, digest(root / name)) == digest(root / name)


@pytest.mark.parametrize("layout", list(Layout))
def test_written(case: Case, layout: Layout) -> None:
    """After a removal, an addition and a write it leads to no file, and is still missing."""
    quietly(lambda: case.file_set.write(layout=layout))
    assert_none_misled(case.root, case.digests, missing=True)
    again = quietly(lambda: FileSet(case.root / "DICOMDIR"))
    assert [str(one.SOPInstanceUID) for one in again.missing] == [f"{UID}.2"]


@pytest.mark.parametrize("layout", list(Layout))
def test_copied(case: Case, tmp_path: Path, layout: Layout) -> None:
    """A copy leaves the record out."""
    quietly(lambda: case.file_set.copy(tmp_path / "copy", layout=layout))
    assert_none_misled(tmp_path / "copy", case.digests, missing=False)


@pytest.mark.parametrize("spoil", [other_case, one_file_id])
def test_shown(tmp_path: Path, spoil: Callable[[Path], FileSet]) -> None:
    """Opening alone gives each instance its own file or none."""
    digests = made(tmp_path)
    file_set = spoil(tmp_path)
    assert {str(one.SOPInstanceUID): digest(one.path) for one in file_set} == {
        uid: sha for uid, sha in digests.items() if uid != f"{UID}.2"
    }


def test_a_like_name_is_still_found(tmp_path: Path) -> None:
    """Names in lower case, as a disc may be mounted, are found: nobody else claims them."""
    digests = made(tmp_path)
    for name in NAMES:
        (tmp_path / name).rename(tmp_path / "DISC" / (Path(name).name.lower() + ".dcm"))
    (tmp_path / "DISC").rename(tmp_path / "disc")
    file_set = FileSet(tmp_path / "DICOMDIR")
    assert {str(one.SOPInstanceUID): digest(one.path) for one in file_set} == digests


@pytest.mark.parametrize("layout", list(Layout))
def test_another_file_put_where_the_missing_one_was(tmp_path: Path, layout: Layout) -> None:
    """What came to lie there since loading is nobody's: the record does not lead to it any more."""
    digests = made(tmp_path)
    (tmp_path / NAMES[1]).unlink()
    file_set: FileSet = quietly(lambda: FileSet(tmp_path / "DICOMDIR"))
    shutil.copy(sample("MR_small.dcm"), tmp_path / NAMES[1])
    file_set.ID = "CHANGED"
    quietly(lambda: file_set.write(layout=layout))
    assert digest(tmp_path / NAMES[1]) == digest(sample("MR_small.dcm"))
    again = quietly(lambda: FileSet(tmp_path / "DICOMDIR"))
    for one in (file_set, again):
        assert [str(lost.SOPInstanceUID) for lost in one.missing] == [f"{UID}.2"]
        found = {str(here.SOPInstanceUID): digest(here.path) for here in one}
        assert found == {uid: sha for uid, sha in digests.items() if uid != f"{UID}.2"}


@pytest.mark.parametrize("layout", list(Layout))
def test_the_missing_file_put_back(tmp_path: Path, layout: Layout) -> None:
    """What came back since loading is found again after a write that keeps its name."""
    digests = made(tmp_path)
    (tmp_path / NAMES[1]).rename(tmp_path / "aside")
    file_set: FileSet = quietly(lambda: FileSet(tmp_path / "DICOMDIR"))
    (tmp_path / "aside").rename(tmp_path / NAMES[1])
    file_set.ID = "CHANGED"
    quietly(lambda: file_set.write(layout=layout))
    again = quietly(lambda: FileSet(tmp_path / "DICOMDIR"))
    assert not again.missing
    assert {str(one.SOPInstanceUID): digest(one.path) for one in again} == digests


@pytest.mark.parametrize("salvage", [False, True])
@pytest.mark.parametrize("rest", ["as they were", "in lower case too"])
def test_a_like_name_of_what_is_in_no_record(tmp_path: Path, rest: str, *, salvage: bool) -> None:
    """A file that nobody references, named like a missing one, is not taken for it."""
    digests = made(tmp_path)
    (tmp_path / NAMES[1]).unlink()
    shutil.copy(sample("MR_small.dcm"), tmp_path / "DISC" / "im2.dcm")
    if rest != "as they were":
        for name in (NAMES[0], *NAMES[2:]):
            (tmp_path / name).rename(tmp_path / name.replace("/IM", "/im"))
    file_set: FileSet = quietly(lambda: FileSet(tmp_path / "DICOMDIR", salvage=salvage))
    assert [str(one.SOPInstanceUID) for one in file_set.missing] == [f"{UID}.2"]
    assert {str(one.SOPInstanceUID): digest(one.path) for one in file_set} == {
        uid: sha for uid, sha in digests.items() if uid != f"{UID}.2"
    }
