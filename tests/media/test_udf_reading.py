"""UDF images of other programs, and damaged and hostile ones."""

from __future__ import annotations

import contextlib
import hashlib
import random
import struct
import time
from binascii import crc_hqx
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import StorageError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.capacity import folders_of
from dicomdir_studio.media.medium_plan import MediumPlan, TextFile
from dicomdir_studio.media.reading import is_container, open_medium
from dicomdir_studio.media.targets import write_iso, write_udf
from dicomdir_studio.media.udf.layout import Layout, lay_out
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.media.udf_reading import UdfError, UdfImage
from tests.media.udf_images import asked_udfclient, sums_in, tree_plan, volume_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.judges import Judges

SECTOR = 2048
START = 288


def sums_of(image: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that our reader finds."""
    with UdfImage(image) as found:
        files = found.files()
        assert not [file for file in files if file.fault]
        return {
            file.name: hashlib.sha256(b"".join(found.pieces(file))).hexdigest() for file in files
        }


# Images of other programs


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
    assert sums_of(image) == sums_in(source)
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
    assert sums_of(tmp_path / "a.iso") == sums_in(source)


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


# Damage


def flipped(image: Path, *places: int) -> None:
    """Turn round the bits of single bytes of an image."""
    with image.open("r+b") as file:
        for place in places:
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 0xFF]))


def written(tmp_path: Path, revision: Revision) -> tuple[Path, Layout, dict[str, str]]:
    """Return an image, where everything in it lies, and its sums."""
    plan = tree_plan(40)
    image = tmp_path / "a.iso"
    receipt = write_udf(plan, image, revision=revision, verified=False)
    sizes = list(plan.sizes())
    return image, lay_out(sizes, folders_of(name for name, _ in sizes), revision), receipt.digests


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
    sizes = list(sample_plan.sizes())
    layout = lay_out(sizes, folders_of(name for name, _ in sizes), Revision.UDF_1_50)
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


# Hostile images


def read_all(image: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that can be read; what cannot must say so."""
    sums = {}
    with contextlib.suppress(UdfError), UdfImage(image) as found:
        for file in found.files():
            with contextlib.suppress(UdfError):
                sums[file.name] = hashlib.sha256(b"".join(found.pieces(file))).hexdigest()
    return sums


def altered(image: Path, sector: int, place: int, data: bytes, begin: int = 0) -> None:
    """Put bytes into the descriptor at a sector, and make its sums right again."""
    with image.open("r+b") as file:
        file.seek(sector * SECTOR)
        block = bytearray(file.read(SECTOR))
        block[begin + place : begin + place + len(data)] = data
        (length,) = struct.unpack_from("<H", block, begin + 10)
        body = bytes(block[begin + 16 : begin + 16 + length])
        struct.pack_into("<H", block, begin + 8, crc_hqx(body, 0))
        block[begin + 4] = 0
        block[begin + 4] = sum(block[begin : begin + 16]) & 0xFF
        file.seek(sector * SECTOR)
        file.write(block)


def small(tmp_path: Path) -> tuple[Path, Layout]:
    """Return a small image of 1.50: the folder A with B in it, the DICOMDIR, and X."""
    plan = MediumPlan("ID", b"x" * 5_000, (), (TextFile("A/B", b"b" * 3_000), TextFile("X", b"x")))
    image = tmp_path / "a.iso"
    write_udf(plan, image, revision=Revision.UDF_1_50, verified=False)
    sizes = list(plan.sizes())
    return image, lay_out(sizes, folders_of(name for name, _ in sizes), Revision.UDF_1_50)


def entry(layout: Layout, name: str) -> int:
    """Return the sector of a file's or folder's entry."""
    place = layout.files.get(name) or layout.folders[name]
    return START + place.entry


def faults(image: Path) -> dict[str, str]:
    """Return the faults of an image by name."""
    with UdfImage(image) as found:
        return {file.name: file.fault for file in found.files() if file.fault}


NAMED = 40
"""Where the second name of a directory begins; the first leads up."""


def test_a_folder_that_holds_itself_ends(tmp_path: Path) -> None:
    """A name that leads to the root again is a fault and no loop."""
    image, layout = small(tmp_path)
    directory = START + layout.folders["A"].directory
    root = struct.pack("<I", layout.folders[""].entry)
    altered(image, directory, 24, root, NAMED)
    assert faults(image) == {"A/B": "the folder is in the image twice"}


@pytest.mark.parametrize("name", [b"\x08..", b"\x08/B", b"\x08a\\"[:3], b"\x08\0\0"])
def test_a_name_that_leads_elsewhere_is_a_fault(name: bytes, tmp_path: Path) -> None:
    """Nothing of a name that is none is laid out."""
    plan = MediumPlan("ID", b"x", (), (TextFile("A/BC", b"b"),))
    image = tmp_path / "a.iso"
    write_udf(plan, image, revision=Revision.UDF_1_50, verified=False)
    sizes = list(plan.sizes())
    layout = lay_out(sizes, folders_of(one for one, _ in sizes), Revision.UDF_1_50)
    altered(image, START + layout.folders["A"].directory, 38, name, NAMED)
    assert list(faults(image).values()) == ["its name is none"]
    with open_medium(image) as medium:
        assert len(medium.unread) == 1


def test_two_files_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    """The first keeps its bytes, the second is told."""
    plan = MediumPlan("ID", b"d", (), (TextFile("A/B", b"first"), TextFile("A/C", b"second")))
    image = tmp_path / "a.iso"
    write_udf(plan, image, revision=Revision.UDF_1_50, verified=False)
    sizes = list(plan.sizes())
    layout = lay_out(sizes, folders_of(one for one, _ in sizes), Revision.UDF_1_50)
    altered(image, START + layout.folders["A"].directory, 39, b"B", NAMED + 40)
    with open_medium(image) as medium:
        assert [one.name for one in medium.unread] == ["A/B (again)"]
        with open(f"{medium.root}/A/B", "rb") as file:  # noqa: PTH123
            assert file.read() == b"first"


def _circle(image: Path, layout: Layout) -> None:
    """Have the extents of X go on in a block that goes on in itself."""
    block = layout.files["X"].content
    further = struct.pack("<II", 3 << 30 | SECTOR, block)
    altered(image, entry(layout, "X"), 176, further)
    altered(image, entry(layout, "X"), 56, struct.pack("<Q", 5_000))
    body = struct.pack("<II", 0, 8) + further
    tag = struct.pack("<HHBBHHHI", 258, 2, 0, 0, 0, 0, len(body), block)
    with image.open("r+b") as file:
        file.seek((START + block) * SECTOR)
        file.write(tag + body)
    altered(image, START + block, 16, body)


HOSTILE: list[tuple[str, Callable[[Path, Layout], None], str]] = [
    (
        "a content behind its partition",
        lambda image, layout: altered(
            image, entry(layout, "X"), 176 + 4, struct.pack("<I", 1 << 31)
        ),
        "is behind its partition",
    ),
    (
        "a length of 16 EiB",
        lambda image, layout: altered(image, entry(layout, "X"), 56, b"\xff" * 8),
        "more than the image can hold",
    ),
    (
        "a content that is nowhere",
        lambda image, layout: altered(image, entry(layout, "X"), 56, struct.pack("<Q", 90_000)),
        "89,999 of 90,000 bytes are nowhere",
    ),
    (
        "extents that go on in themselves",
        _circle,
        "hold themselves",
    ),
    (
        "a strategy of discs written once",
        lambda image, layout: altered(image, entry(layout, "X"), 20, struct.pack("<H", 4096)),
        "the strategy",
    ),
    (
        "addresses longer than their entry",
        lambda image, layout: altered(image, entry(layout, "X"), 172, struct.pack("<I", 60_000)),
        "is cut off",
    ),
]


@pytest.mark.parametrize(
    ("alter", "why"), [one[1:] for one in HOSTILE], ids=[o[0] for o in HOSTILE]
)
def test_a_hostile_entry_is_a_fault_of_one_file(
    alter: Callable[[Path, Layout], None], why: str, tmp_path: Path
) -> None:
    """The file is not read and says why; the others are."""
    image, layout = small(tmp_path)
    alter(image, layout)
    with open_medium(image) as medium:
        (unread,) = medium.unread
        assert unread.name == "X"
        assert why in unread.reason
        with open(f"{medium.root}/A/B", "rb") as file:  # noqa: PTH123
            assert file.read() == b"b" * 3_000


def test_volume_descriptors_that_lead_to_themselves_end(tmp_path: Path) -> None:
    """A pointer to its own sequence, in both copies, is an error."""
    image, layout = small(tmp_path)
    for first in (32, layout.reserve_sequence):
        body = struct.pack("<III", 1, 16 * SECTOR, first).ljust(496, b"\0")
        tag = struct.pack("<HHBBHHHI", 3, 2, 0, 0, 0, 0, len(body), first)
        with image.open("r+b") as file:
            file.seek(first * SECTOR)
            file.write(tag + body)
        altered(image, first, 16, body)
    with pytest.raises(StorageError, match="do not end"):
        UdfImage(image)


@pytest.mark.parametrize("is_repaired", [False, True])
@pytest.mark.parametrize("revision", Revision)
def test_flipped_bits_give_errors_of_ours_soon(
    revision: Revision, is_repaired: bool, tmp_path: Path
) -> None:
    """A few wrong bytes in any descriptor: errors of ours, an end, and nothing else than was there.

    With their sums made right again, descriptors may say anything, and there are errors and an end.
    """
    image, layout, sums = written(tmp_path, revision)
    whole = image.read_bytes()
    chance = random.Random(revision.code)
    parts = layout.sections
    sectors = [*range(16, 68), 256, *range(layout.reserve_sequence, parts.sectors)]
    sectors += [START + one for one in (0, parts.mirror_entry)]
    sectors += range(START + parts.metadata, START + parts.metadata + parts.metadata_length)
    begun = time.monotonic()
    for _ in range(250):
        data = bytearray(whole)
        chosen = chance.sample(sectors, chance.randrange(1, 4))
        for sector in chosen:
            for _ in range(chance.randrange(1, 4)):
                place = sector * SECTOR + min(int(chance.expovariate(1 / 80)), SECTOR - 1)
                data[place] = chance.randrange(256)
        image.write_bytes(data)
        for sector in chosen if is_repaired else ():
            altered(image, sector, 16, b"")
        found = read_all(image)
        assert is_repaired or found.items() <= sums.items()
    assert time.monotonic() - begun < 60
