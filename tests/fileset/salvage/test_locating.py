"""Files found whose names on the medium are not quite what the records say."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomdir_studio.errors import FileIdError
from dicomdir_studio.fileset import FileSet, Layout, RecordNode, locating
from dicomdir_studio.fileset.gathering import Gatherer
from dicomdir_studio.fileset.locating import Locator
from dicomdir_studio.fileset.notices import Notices
from tests.fileset.salvage.disc import FILE_ID, Shape, file_id, image_file, sound_disc, write_files

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL = Shape(patients=1, studies=1, series=1, images=3)


def renamed(root: Path, change: Callable[[str], str]) -> None:
    """Rename every file and folder below a root."""
    for folder, folders, files in os.walk(root, topdown=False):
        for name in (*files, *folders):
            os.rename(os.path.join(folder, name), os.path.join(folder, change(name)))  # noqa: PTH104,PTH118


def disc(root: Path) -> Path:
    """Write a small disc and return its DICOMDIR."""
    write_files(root, SMALL)
    path = root / "DICOMDIR"
    path.write_bytes(sound_disc(SMALL).lay())
    return path


@pytest.mark.parametrize(
    "change",
    [
        str.lower,
        lambda name: f"{name}.dcm",
        lambda name: f"{name}.DCM",
        lambda name: f"{name}.",
        lambda name: f"{name};1",
        lambda name: f"{name.lower()}.;1",
        lambda name: f"{name.lower()}.dcm;1",
    ],
    ids=["lower", "dcm", "DCM", "dot", "version", "lower_dot_version", "all"],
)
def test_files_are_found_by_the_names_that_copies_give_them(
    tmp_path: Path, change: Callable[[str], str]
) -> None:
    """Lower case, an extension, a trailing dot and a version do not hide a file."""
    path = disc(tmp_path / "disc")
    path.rename(tmp_path / "DICOMDIR")
    renamed(tmp_path / "disc", change)
    (tmp_path / "DICOMDIR").rename(path)
    file_set = FileSet(path, salvage=True)
    assert len(file_set) == 3
    assert not file_set.missing
    assert not file_set.findings
    for instance in file_set:
        assert instance.load().SOPInstanceUID == instance.SOPInstanceUID
    (finding,) = file_set.check_files()
    assert finding.clause == "PS3.10 8.2"
    assert "standard layout" in finding.remedy
    name = Path(next(iter(file_set)).path)
    assert ": 3, the first is " in finding.what
    assert f"/{name.name} instead of {file_id(0, 0, 0, 0)}" in finding.what
    assert file_set.findings == [finding]


def test_names_that_stay_other_than_their_file_ids_are_told_of(tmp_path: Path, oracle: Any) -> None:
    """A plan that leaves them says so; the standard layout and a copy have none of it."""
    path = disc(tmp_path / "disc")
    whole = {str(one.SOPInstanceUID) for one in FileSet(path)}
    before = tmp_path / "disc" / file_id(0, 0, 0, 1)
    before.rename(before.with_suffix(".dcm"))
    file_set = FileSet(path)
    file_set.ID = "CHANGED"
    (note,) = file_set.plan(layout=Layout.KEEP).notes
    said = f": 1, the first is {file_id(0, 0, 0, 1)}.dcm instead of {file_id(0, 0, 0, 1)}."
    assert said in note
    assert file_set.plan(layout=Layout.STANDARD).notes == ()
    assert file_set.plan_copy(tmp_path / "copy", layout=Layout.KEEP).notes == ()
    file_set.write(layout=Layout.KEEP)
    assert len(file_set.check_files()) == len(FileSet(path).check_files()) == 1
    file_set.remove(next(one for one in file_set if one.path.endswith(".dcm")))
    assert file_set.plan(layout=Layout.KEEP).notes == ()
    file_set.undo()
    file_set.write(layout=Layout.STANDARD)
    assert file_set.check_files() == []
    assert {str(one.SOPInstanceUID) for one in oracle.FileSet(path)} == whole


def test_an_ambiguous_name_is_not_guessed(tmp_path: Path) -> None:
    """Where two files could be meant, neither is taken."""
    path = disc(tmp_path)
    target = tmp_path / file_id(0, 0, 0, 1)
    for suffix in (".dcm", ";1"):
        target.with_name(target.name + suffix).write_bytes(b"")
    target.unlink()
    file_set = FileSet(path, salvage=True)
    assert len(file_set) == 2
    assert [one.node.get("InstanceNumber") for one in file_set.missing] == [2]
    assert file_set.missing[0].node.tally.missing == 1


def test_the_exact_name_goes_first(tmp_path: Path) -> None:
    """A file that has the very name is taken, whatever lies beside it."""
    path = disc(tmp_path)
    target = tmp_path / file_id(0, 0, 0, 1)
    target.with_name(target.name.lower()).write_bytes(b"other")
    assert {one.path for one in FileSet(path, salvage=True)} >= {str(target)}


def test_a_missing_file_never_leads_to_another_one(tmp_path: Path) -> None:
    """A record whose own file is gone does not take a decorated one of another record."""
    path = disc(tmp_path)
    made = sound_disc(SMALL)
    images = [made.records[row] for row in made.rows("IMAGE")]
    other = file_id(0, 0, 0, 0) + ".DCM"
    images[1].put(FILE_ID, b"CS", other.replace("/", "\\").encode("ascii"))
    (tmp_path / file_id(0, 0, 0, 0)).unlink()
    (tmp_path / other).write_bytes(image_file(0, 0, 0, 1))
    path.write_bytes(made.lay())
    file_set = FileSet(path, salvage=True)
    assert [one.node.get("InstanceNumber") for one in file_set.missing] == [1]
    assert [one.node.get("InstanceNumber") for one in file_set] == [2, 3]


def test_a_missing_file_is_told_by_patient_study_and_series(tmp_path: Path) -> None:
    """The finding about a missing file says whose it is."""
    path = disc(tmp_path)
    (tmp_path / file_id(0, 0, 0, 2)).unlink()
    file_set = FileSet(path, salvage=True)
    (finding,) = file_set.findings
    for word in ("patient ZOO00000", "study ", "series ", "offset", "instance"):
        assert word in finding.where


def test_each_folder_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand files in one folder cost one listing of it and of each above."""
    shape = Shape(patients=1, studies=1, series=1, images=1000)
    write_files(tmp_path, shape)
    (tmp_path / "DICOMDIR").write_bytes(sound_disc(shape).lay())
    listed: list[str] = []
    scandir = os.scandir

    def counting(path: str | int) -> object:
        # What earlier tests left may be collected meanwhile, and its folders be cleared away.
        if str(path).startswith(str(tmp_path)):
            listed.append(str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counting)
    assert len(FileSet(tmp_path / "DICOMDIR", salvage=True)) == 1000
    assert 4 <= len(listed) == len(set(listed)) <= 5


def test_philips_folders_are_left_alone(tmp_path: Path) -> None:
    """Private DIRFILEs that no record references survive a write that moves everything."""
    path = disc(tmp_path)
    private = tmp_path / "P00000" / "T00" / "DIRFILE"
    private.write_bytes(b"not ours")
    file_set = FileSet(path, salvage=True)
    file_set.write(layout=Layout.STANDARD)
    assert private.read_bytes() == b"not ours"
    assert len(file_set) == 3


@pytest.mark.parametrize(
    "value", [b"", b"\\A", b"A\\\\B", b"..", b"A\\..\\..\\B", b"/A", b"C:\\A", b"A\0B", b"."]
)
def test_file_ids_that_lead_elsewhere_are_refused(tmp_path: Path, value: bytes) -> None:
    """Absolute and upward File IDs raise before anything on the disk is asked."""
    with pytest.raises(FileIdError):
        Locator(str(tmp_path)).find(value)


def test_a_link_out_of_the_root_is_refused(tmp_path: Path) -> None:
    """A symbolic link that leads out is not followed."""
    (tmp_path / "root").mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "root" / "A").symlink_to(tmp_path / "secret")
    with pytest.raises(FileIdError):
        Locator(str(tmp_path / "root")).find(b"A")


def gathered(root: str, values: list[bytes]) -> list[str | None]:
    """Return the files that records with these File IDs are given, those without one left out."""
    buffer = b"".join(values)
    ends = np.cumsum([len(value) for value in values], dtype=np.int64)
    begins = ends - np.array([len(value) for value in values], dtype=np.int64)
    builder = SimpleNamespace(
        table=SimpleNamespace(buffer=buffer),
        locator=Locator(root),
        notices=Notices(),
        salvage=True,
    )
    gatherer = Gatherer(builder, (begins, ends))  # type: ignore[arg-type]
    nodes = [RecordNode._from_encoded(b"", 0, 0, "IMAGE") for _ in values]
    gatherer._gather_part(nodes, np.arange(len(values)))
    for instance in gatherer.instances:
        assert instance.node.instance is instance
        assert instance.is_missing == (instance._located is None)
    return [instance._located for instance in gatherer.instances]


@given(
    st.lists(
        st.sampled_from(
            [
                b"A\\B\\I1",
                b"A\\B\\I2 ",
                b"A\\I1",
                b"A\\B\\",
                b"A\\B\\I1\\I2",
                b"A\\B\\..",
                b"I1",
                b"A\\B\\i1",
                b"A/B/I1",
                b"A\\B\\B",
                b"",
                b"A\\B\\I1\0",
                b"A\\B\\X\\Y",
                b"A\\BI1",
            ]
        ),
        max_size=12,
    )
)
@settings(max_examples=200)
def test_beside_the_one_before_is_found_what_alone_is(
    tmp_path_factory: pytest.TempPathFactory, values: list[bytes]
) -> None:
    """The short way finds what the long one does, whatever came before."""
    root = tmp_path_factory.getbasetemp() / "beside"
    (root / "A" / "B" / "B").mkdir(parents=True, exist_ok=True)
    for name in ("I1", "A/I1", "A/B/I1", "A/B/I2", "A/B/I1.dcm"):
        (root / name).touch()
    if os.sep == "/":
        (root / "A" / "B" / "X\\Y").touch()
    together = gathered(str(root), values)
    alone = [path for value in values for path in gathered(str(root), [value])]
    assert together == alone


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep few names at a time, and note each folder that is read."""
    monkeypatch.setattr(locating, "_MOST_NAMES", 12)
    seen: list[str] = []
    ordinary = os.scandir

    def scandir(path: str) -> Any:
        seen.append(path)
        return ordinary(path)

    monkeypatch.setattr(os, "scandir", scandir)
    return seen


def test_folders_one_after_the_other_are_read_once(tmp_path: Path, listed: list[str]) -> None:
    """Names are kept of a few folders only, and yet every file is found."""
    files = [rf"D{folder}\F{file}" for folder in range(9) for file in range(5)]
    write_names(tmp_path, files)
    locator = Locator(str(tmp_path))
    found = [locator.find(name.encode()) for name in files]
    assert found == [os.path.join(tmp_path, *name.split("\\")) for name in files]  # noqa: PTH118
    assert locator.find(rb"D8\F9") is None
    assert sum(len(one.files) for one in locator._folders.values() if one is not None) <= 12
    assert len([path for path in listed if path != f"{tmp_path}{os.sep}"]) == 9


def test_folders_in_turns_are_read_twice_at_most(tmp_path: Path, listed: list[str]) -> None:
    """However often records go from one folder to another, none is read a third time."""
    files = [rf"D{folder}\F{file}" for file in range(5) for folder in range(9)]
    write_names(tmp_path, files)
    locator = Locator(str(tmp_path))
    for _ in range(3):
        assert all(locator.find(name.encode()) for name in files)
    assert max(listed.count(path) for path in listed if path != f"{tmp_path}{os.sep}") <= 2


def test_a_file_set_of_many_names(tmp_path: Path, listed: list[str]) -> None:
    """A File-set loads as it does with all names kept, missing and differing names included."""
    path = disc(tmp_path / "disc")
    renamed(path.parent, lambda name: name if name == "DICOMDIR" else name.lower())
    assert [one.is_missing for one in FileSet(path)] == [False] * SMALL.images
    assert listed


def write_names(root: Path, names: list[str]) -> None:
    """Make empty files of these File IDs."""
    for name in names:
        file = root.joinpath(*name.split("\\"))
        file.parent.mkdir(exist_ok=True)
        file.touch()
