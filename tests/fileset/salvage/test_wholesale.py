"""Discs on which everything is broken, and discs with nothing on them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from pydicom.errors import InvalidDicomError

from dicomdir_studio.errors import FileSetError, NotDicomError, StudioError
from dicomdir_studio.fileset import FileSet, Layout
from tests.fileset.salvage.disc import (
    FILE_ID,
    SOP_INSTANCE,
    TYPE,
    Disc,
    Shape,
    expected_homes,
    file_id,
    image_file,
    sound_disc,
    write_files,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.judges import Judges

LARGE = Shape(patients=10, studies=2, series=5, images=100)
NOWHERE = 77_777_777
_SECONDS = 1.0
_SLACK = 4.0


def no_next(disc: Disc) -> None:
    """Let every next offset lead nowhere."""
    for record in disc.records:
        record.stated["next"] = NOWHERE


def no_lower(disc: Disc) -> None:
    """Let every lower offset lead nowhere."""
    for record in disc.records:
        record.stated["lower"] = NOWHERE


def no_links(disc: Disc) -> None:
    """Take every offset away."""
    no_next(disc)
    no_lower(disc)
    disc.stated_first = disc.stated_last = 0


def backwards(disc: Disc) -> None:
    """Let every image lead to the one before it."""
    for place, record in enumerate(disc.records):
        if record.kind == "IMAGE":
            record.next = place - 1


def no_instance_uids(disc: Disc) -> None:
    """Take the SOP Instance UID from every record."""
    for record in disc.records:
        record.drop(SOP_INSTANCE)


def no_types(disc: Disc) -> None:
    """Take the type from every record."""
    for record in disc.records:
        record.drop(TYPE)


def all_inactive(disc: Disc) -> None:
    """Mark every record inactive."""
    for record in disc.records:
        record.in_use = 0


def all_reversed(disc: Disc) -> None:
    """Turn the order of elements round in every record."""
    for record in disc.records:
        record.elements.reverse()
        record.led = False


@pytest.fixture(scope="module")
def large_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the files of a disc of 10,000 images, once."""
    root = tmp_path_factory.mktemp("wholesale")
    write_files(root, LARGE)
    return root


@pytest.mark.parametrize(
    "spoil",
    [
        no_next, no_lower, no_links, backwards, no_instance_uids, no_types, all_inactive,
        all_reversed,
    ],
)  # fmt: skip
def test_all_ten_thousand_are_there(spoil: Callable[[Disc], None], large_root: Path) -> None:
    """Each instance is under its right patient, soon, though no record is right."""
    disc = sound_disc(LARGE)
    spoil(disc)
    path = large_root / "DICOMDIR"
    path.write_bytes(disc.lay())
    begun = time.process_time()  # others may keep the machine busy
    file_set = FileSet(path, salvage=True)
    taken = time.process_time() - begun
    found = {
        str(one.SOPInstanceUID): tuple(str(node.key) for node in one.node.ancestors)[::-1]
        for one in file_set
    }
    assert found == expected_homes(LARGE)
    assert len(file_set.findings) >= 10
    assert taken < _SECONDS * _SLACK


def test_one_file_for_all_is_that_of_one(large_root: Path) -> None:
    """Ten thousand records that name one file leave it to the one whose it is."""
    disc = sound_disc(LARGE)
    for record in disc.records:
        if record.kind == "IMAGE":
            record.put(FILE_ID, b"CS", file_id(0, 0, 0, 5).replace("/", "\\").encode("ascii"))
    path = large_root / "DICOMDIR"
    path.write_bytes(disc.lay())
    file_set = FileSet(path, salvage=True)
    (only,) = file_set
    assert only.node.get("InstanceNumber") == 6
    assert len(file_set.missing) == 9_999


@pytest.mark.parametrize("length", [0, 1, 131, 4096])
def test_a_file_that_holds_nothing_is_refused_and_replaced(
    tmp_path: Path, length: int, judges: Judges
) -> None:
    """A DICOMDIR without content is no File-set; a new one takes its place beside the files."""
    shape = Shape(patients=1, studies=1, series=1, images=2)
    write_files(tmp_path, shape)
    path = tmp_path / "DICOMDIR"
    path.write_bytes(bytes(length))
    for salvage in (False, True):
        with pytest.raises(InvalidDicomError, match=r"has no content: .*DICOMDIR \(.*zero|0 bytes"):
            FileSet(path, salvage=salvage)
    file_set = FileSet()
    report = file_set.add_many(sorted(tmp_path.glob("P*/*/*/I*")))
    assert not report.refused
    file_set.write(tmp_path, layout=Layout.KEEP)
    judges.accept(tmp_path, instances=2)
    assert len(list(tmp_path.glob("**/I*"))) == 2


@pytest.mark.parametrize("content", [bytes(128) + b"DICM", bytes(128) + b"DICM" + bytes(400)])
def test_a_prefix_alone_is_no_sign_of_a_dicomdir(tmp_path: Path, content: bytes) -> None:
    """What has the prefix of a DICOM file and nothing after it is no empty File-set."""
    path = tmp_path / "DICOMDIR"
    path.write_bytes(content)
    with pytest.raises((FileSetError, NotDicomError)):
        FileSet(path, salvage=True)


def test_what_is_no_dicomdir_is_never_written_over(tmp_path: Path) -> None:
    """Only a file without content gives way to a new File-set."""
    path = tmp_path / "DICOMDIR"
    shape = Shape(patients=1, studies=1, series=1, images=1)
    write_files(tmp_path, shape)
    for content in (b"any text", bytes(300_000) + b"x", image_file(0, 0, 0, 0)):
        path.write_bytes(content)
        file_set = FileSet()
        file_set.add_many(sorted(tmp_path.glob("P*/*/*/I*")))
        assert "File-set in" in file_set.plan(tmp_path, layout=Layout.KEEP).problems[0]
        with pytest.raises(StudioError):
            file_set.write(tmp_path, layout=Layout.KEEP)
        assert path.read_bytes() == content


def test_an_empty_sequence_is_an_empty_file_set(tmp_path: Path) -> None:
    """A DICOMDIR without records conforms; it is told of all the same."""
    path = tmp_path / "DICOMDIR"
    path.write_bytes(Disc(stated_first=0, stated_last=0).lay())
    assert len(FileSet(path)) == 0
    file_set = FileSet(path, salvage=True)
    assert len(file_set) == 0
    assert [finding.what for finding in file_set.findings] == [
        "The DICOMDIR has no directory records"
    ]


@pytest.mark.parametrize("content", [b"hello", bytes(500), b"PK\3\4" + bytes(600)])
def test_what_is_no_dicomdir_is_refused_even_by_salvage(tmp_path: Path, content: bytes) -> None:
    """Some other file is not taken for an empty File-set."""
    path = tmp_path / "DICOMDIR"
    path.write_bytes(content)
    with pytest.raises(NotDicomError):
        FileSet(path, salvage=True)


def test_an_image_is_refused_even_by_salvage(tmp_path: Path) -> None:
    """A DICOM file that is no DICOMDIR is named as such."""
    path = tmp_path / "DICOMDIR"
    path.write_bytes(image_file(0, 0, 0, 0))
    for salvage in (False, True):
        with pytest.raises(
            FileSetError, match=r"Media Storage Directory.*its SOP Class is .*Image"
        ):
            FileSet(path, salvage=salvage)


def test_what_was_repaired_can_be_written_at_once(tmp_path: Path) -> None:
    """A salvaged File-set counts as changed until it is written, and not after."""
    shape = Shape(patients=1, studies=1, series=1, images=2)
    write_files(tmp_path, shape)
    disc = sound_disc(shape)
    no_next(disc)
    (tmp_path / "DICOMDIR").write_bytes(disc.lay())
    file_set = FileSet(tmp_path / "DICOMDIR", salvage=True)
    assert file_set.is_staged
    assert not file_set.has_edits
    assert file_set.write(layout=Layout.KEEP) is not None
    assert FileSet(tmp_path / "DICOMDIR", salvage=True).findings == []
    assert len(file_set) == 2


def test_sound_records_are_written_to_the_letter(tmp_path: Path) -> None:
    """Salvage leaves the bytes of records alone that have nothing wrong with them."""
    shape = Shape()
    write_files(tmp_path, shape)
    disc = sound_disc(shape)
    disc.flag = 0xFFFF
    before = disc.lay()
    (tmp_path / "DICOMDIR").write_bytes(before)
    FileSet(tmp_path / "DICOMDIR", salvage=True).write(layout=Layout.KEEP)
    after = (tmp_path / "DICOMDIR").read_bytes()
    start = after.index(b"\xfe\xff\x00\xe0")
    bodies = [record[42:] for record in after[start:].split(b"\xfe\xff\x00\xe0")[1:]]
    wanted = before[before.index(b"\xfe\xff\x00\xe0") :].split(b"\xfe\xff\x00\xe0")[1:]
    assert bodies == [record[42:] for record in wanted]
