"""UDF images that are made to mislead whoever reads them."""

from __future__ import annotations

import random
import struct
import time
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import StorageError
from dicomdir_studio.media.medium_plan import MediumPlan, TextFile
from dicomdir_studio.media.reading import open_medium
from dicomdir_studio.media.targets import write_udf
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.media.udf_reading import UdfImage
from tests.media.udf_damage import SECTOR, START, altered, read_all, written
from tests.media.udf_images import layout_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dicomdir_studio.media.udf.layout import Layout


def made_of(plan: MediumPlan, tmp_path: Path) -> tuple[Path, Layout]:
    """Return an image of 1.50 and where everything in it lies."""
    image = tmp_path / "a.iso"
    write_udf(plan, image, revision=Revision.UDF_1_50, verified=False)
    return image, layout_of(plan, Revision.UDF_1_50)


def small(tmp_path: Path) -> tuple[Path, Layout]:
    """Return a small image: the folder A with B in it, the DICOMDIR, and X."""
    plan = MediumPlan("ID", b"x" * 5_000, (), (TextFile("A/B", b"b" * 3_000), TextFile("X", b"x")))
    return made_of(plan, tmp_path)


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
    image, layout = made_of(plan, tmp_path)
    altered(image, START + layout.folders["A"].directory, 38, name, NAMED)
    assert list(faults(image).values()) == ["its name is none"]
    with open_medium(image) as medium:
        assert len(medium.unread) == 1


def test_two_files_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    """The first keeps its bytes, the second is told."""
    plan = MediumPlan("ID", b"d", (), (TextFile("A/B", b"first"), TextFile("A/C", b"second")))
    image, layout = made_of(plan, tmp_path)
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
