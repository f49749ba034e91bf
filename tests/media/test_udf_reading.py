"""UDF images of other programs and of ours, whole and damaged, as they are read."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.medium_plan import MediumPlan, TextFile
from dicomdir_studio.media.reading import open_medium
from dicomdir_studio.media.recognizing import is_container
from dicomdir_studio.media.targets import write_iso, write_udf
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.media.udf_reading import UdfImage
from tests.folders import files_below
from tests.media.udf_damage import SECTOR, START, flipped, read_all, written
from tests.media.udf_images import asked_udfclient, layout_of, tree_plan, volume_in

if TYPE_CHECKING:
    from tests.judges import Judges


def sums_of(image: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that our reader finds."""
    with UdfImage(image) as found:
        files = found.files()
        assert not [file for file in files if file.fault]
        return {
            file.name: hashlib.sha256(b"".join(found.pieces(file))).hexdigest() for file in files
        }


@pytest.mark.parametrize(
    ("medium", "revision", "kind"),
    [
        ("hd", "0x0102", "Physical"),
        ("hd", "0x0201", "Physical"),
        ("dvd", "0x0150", "Physical"),
        ("cdrw", "0x0150", "Sparable"),
        ("dvdrw", "0x0201", "Sparable"),
        ("cdr", "0x0150", "Virtual"),
        ("dvdr", "0x0201", "Virtual"),
        ("bdr", "0x0250", "Virtual"),
        ("bdr", "0x0260", "Virtual"),
    ],
)
def test_empty_file_systems_of_udftools_open(
    medium: str, revision: str, kind: str, tmp_path: Path, judges: Judges
) -> None:
    """Every kind of partition is recognized, with sectors of 512 bytes too, and is empty."""
    image = tmp_path / "a.img"
    made = judges.ask(
        "mkudffs", "-m", medium, "-r", revision, "-l", "NAME", "--new-file", image, "20000"
    )
    assert made.code == 0, made.words
    with UdfImage(image) as found:
        assert (found.name, found.revision) == ("NAME", int(revision, 16))
        assert found.files() == []
        last = found._volume._partitions[-1]
        assert type(last).__name__ == kind
    assert is_container(image)
    with open_medium(image) as medium_:
        assert medium_.dicomdirs == []


@pytest.mark.parametrize(
    ("medium", "revision"),
    [("dvdram", "0x0102"), ("dvdram", "0x0150"), ("hd", "0x0201"), ("cdrw", "0x0201")],
)
def test_files_of_udfclient_are_read(
    medium: str, revision: str, tmp_path: Path, judges: Judges
) -> None:
    """What another program put into another's file system comes out to the byte."""
    image, source = tmp_path / "a.img", tmp_path / "source"
    chance = random.Random(3)
    for name, size in (("SMALL", 9), ("A/MIDDLE", 5_000), ("A/B/LARGE", 300_001), ("EMPTY", 0)):
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(size))
    made = judges.ask(
        "mkudffs", "-b", "2048", "-m", medium, "-r", revision, "--new-file", image, "20000"
    )
    assert made.code == 0, made.words
    volume = volume_in(asked_udfclient(judges, image, "ls"))
    put = asked_udfclient(
        judges, image, f"cd {volume}", f"lcd {source}", "mput SMALL A EMPTY", writes=True
    )
    assert "No space" not in put
    assert sums_of(image) == files_below(source)
    with open_medium(image) as opened:
        assert not opened.unread


def test_a_bridge_of_genisoimage_is_read_by_its_udf(tmp_path: Path, judges: Judges) -> None:
    """The UDF side of another program's bridge holds the same files as its ISO 9660 side."""
    source = tmp_path / "source"
    for file in tree_plan(60).extras:
        assert isinstance(file, TextFile)
        path = source / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
    made = judges.ask("genisoimage", "-quiet", "-udf", "-o", tmp_path / "a.iso", source)
    assert made.code == 0, made.words
    assert sums_of(tmp_path / "a.iso") == files_below(source)


def test_our_bridge_is_read_by_its_udf(tmp_path: Path) -> None:
    """The UDF side of a bridge for DVD profiles holds every byte."""
    receipt = write_iso(tree_plan(60), tmp_path / "a.iso", udf=True, verified=False)
    assert sums_of(tmp_path / "a.iso") == receipt.digests


@pytest.mark.parametrize("is_joliet", [False, True])
def test_a_damaged_bridge_opens(is_joliet: bool, tmp_path: Path) -> None:
    """Without its ISO 9660 descriptor or without its first anchor a bridge opens all the same."""
    plan = tree_plan(20)
    image = tmp_path / "a.iso"
    write_iso(plan, image, joliet=is_joliet, udf=True, verified=False)
    whole = image.read_bytes()
    names = {name for name, _ in plan.sizes()}
    for damaged in (16, 256):
        data = bytearray(whole)
        data[damaged * SECTOR : (damaged + 1) * SECTOR] = bytes(SECTOR)
        image.write_bytes(data)
        try:
            with open_medium(image) as medium:
                found = {
                    str(path.relative_to(medium.root))
                    for path in Path(medium.root).rglob("*")
                    if path.is_file()
                }
                assert not medium.unread
        finally:
            image.write_bytes(whole)
        assert found == names


@pytest.mark.parametrize("revision", Revision)
@pytest.mark.parametrize("sectors", [(256,), (32,), (34,), (35,), (256, 33), (16,)])
def test_the_second_copy_of_a_descriptor_stands_in(
    sectors: tuple[int, ...], revision: Revision, tmp_path: Path
) -> None:
    """Without the first anchor or the main descriptors the reserve is read."""
    image, _, sums = written(tmp_path, revision)
    flipped(image, *(sector * SECTOR + 30 for sector in sectors))
    assert sums_of(image) == sums


@pytest.mark.parametrize("revision", [Revision.UDF_2_50, Revision.UDF_2_60])
def test_the_mirror_stands_in_for_damaged_directories(revision: Revision, tmp_path: Path) -> None:
    """One of two copies of every block of the metadata is enough, whichever it is."""
    image, layout, sums = written(tmp_path, revision)
    parts = layout.sections
    for block in range(parts.metadata_length):
        copy = parts.metadata if block % 2 else parts.mirror
        flipped(image, (START + copy + block) * SECTOR + 40)
    assert sums_of(image) == sums


@pytest.mark.parametrize("which", ["main", "mirror"])
def test_one_entry_of_the_metadata_file_is_enough(which: str, tmp_path: Path) -> None:
    """The whole metadata file or the whole mirror may be gone."""
    image, layout, sums = written(tmp_path, Revision.UDF_2_50)
    block = 0 if which == "main" else layout.sections.mirror_entry
    flipped(image, (START + block) * SECTOR + 60)
    assert sums_of(image) == sums


def test_a_damaged_file_is_listed_and_the_others_are_read(
    sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """Its entry is gone: it is told with the reason, and 30 instances of 31 open."""
    image = tmp_path / "a.iso"
    write_udf(sample_plan, image, revision=Revision.UDF_1_50)
    layout = layout_of(sample_plan, Revision.UDF_1_50)
    victim = sample_plan.files[3].name
    flipped(image, (START + layout.files[victim].entry) * SECTOR + 60)
    with open_medium(image) as medium:
        (unread,) = medium.unread
        assert unread.name == victim
        assert "the sum of the descriptor" in unread.reason
        (dicomdir,) = medium.dicomdirs
        with pytest.warns(UserWarning, match="does not exist"):
            assert len(FileSet(dicomdir).missing) == 1


@pytest.mark.parametrize("revision", Revision)
def test_a_cut_off_image_is_told(revision: Revision, tmp_path: Path) -> None:
    """Wherever it ends, files come out whole or not at all, and the image cannot be mistaken."""
    image, _, sums = written(tmp_path, revision)
    whole = image.read_bytes()
    for length in (0, 5, 40_000, 256 * SECTOR, 257 * SECTOR, 300 * SECTOR, len(whole) // 2):
        image.write_bytes(whole[:length])
        assert read_all(image).items() <= sums.items()
