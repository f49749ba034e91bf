"""The count of bytes on a medium, against what is written."""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import zipfile
from typing import TYPE_CHECKING

import pycdlib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicomdir_studio.media.capacity import Container, folders_of, iso_name, usage
from dicomdir_studio.media.checks import unfit
from dicomdir_studio.media.medium_plan import MediumPlan, TextFile
from dicomdir_studio.media.targets import write_iso, write_zip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.judges import Judges

IMAGES = [one for one in Container if one.is_image and one.plain_udf is None]


def laid_sectors(files: list[tuple[str, int]], container: Container) -> int:
    """Return the sectors that the library lays out for such files; nothing is written."""
    image = pycdlib.PyCdlib()
    image.new(
        interchange_level=1,
        joliet=3 if container.has_joliet else None,
        udf="2.60" if container.has_udf else None,
    )

    def elsewhere(name: str) -> dict[str, str]:
        paths = {"joliet_path": f"/{name}"} if container.has_joliet else {}
        return paths | ({"udf_path": f"/{name}"} if container.has_udf else {})

    for folder in folders_of(name for name, _ in files):
        if folder:
            image.add_directory(f"/{folder}", **elsewhere(folder))  # type: ignore[arg-type]
    for name, size in files:
        image.add_fp(io.BytesIO(), size, f"/{iso_name(name)}", **elsewhere(name))  # type: ignore[arg-type]
    image.force_consistency()
    sectors = image.pvd.space_size
    image.close()
    return int(sectors)


@pytest.mark.parametrize("container", IMAGES)
def test_an_image_takes_what_was_counted(
    container: Container, sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """The image that is written has exactly the sectors that were counted."""
    counted = usage(sample_plan.sizes(), container)
    receipt = write_iso(
        sample_plan, tmp_path / "a.iso", joliet=container.has_joliet, udf=container.has_udf
    )
    assert receipt.bytes == counted.total == (tmp_path / "a.iso").stat().st_size
    assert counted.total == counted.sectors * 2048


components = st.text("ABCDEFGH0123_", min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.lists(components, min_size=2, max_size=6).map("/".join),
        st.integers(0, 10_000),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from(IMAGES),
)
def test_any_tree_is_counted_to_the_sector(files: dict[str, int], container: Container) -> None:
    """Whatever the folders and names are, the count is what is laid out."""
    folders = set(folders_of(files))
    listed = [(name, size) for name, size in files.items() if name not in folders]
    assert usage(listed, container).sectors == laid_sectors(listed, container)


@pytest.mark.parametrize("container", IMAGES)
def test_large_folders_are_counted_to_the_sector(container: Container) -> None:
    """Directories and path tables of many sectors are counted too."""
    chance = random.Random(7)
    files = [
        (f"PT{i % 3:06d}/ST{i % 700:06d}/SE000000/IM{i:06d}", chance.randrange(9000))
        for i in range(3000)
    ] + [(f"FLAT/IM{i:0{1 + i % 6}d}", 1) for i in range(400, 999)]
    files = list(dict(files).items())
    assert usage(files, container).sectors == laid_sectors(files, container)


def test_a_zip_file_takes_what_was_counted(sample_plan: MediumPlan, tmp_path: Path) -> None:
    """The ZIP file has exactly the bytes that were counted."""
    receipt = write_zip(sample_plan, tmp_path / "a.zip")
    assert receipt.bytes == usage(sample_plan.sizes(), Container.ZIP).total


def test_a_zip_file_of_very_many_files_is_counted() -> None:
    """Beyond 65,535 files the directory's end is longer (ZIP64)."""
    files = [(f"IM{i:06d}", 0) for i in range(66_000)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, _ in files:
            archive.writestr(zipfile.ZipInfo(name), b"")
    assert usage(files, Container.ZIP).total == len(out.getvalue())


def test_clusters_and_entries_are_counted_on_a_stick() -> None:
    """Each file fills clusters; a folder takes one for every 1,024 entries of 32 bytes."""
    files = [("DICOMDIR", 1), ("A/B", 32_768), ("A/C", 32_769), ("A/D", 0)]
    counted = usage(files, Container.FAT)
    assert counted.content + counted.padding == 32_768 * (1 + 1 + 2)
    assert counted.structure == 2 * 32_768
    many = [(f"A/IM{i:06d}", 0) for i in range(1023)]
    assert usage(many, Container.FAT).structure == 3 * 32_768


def test_a_folder_takes_the_bytes_of_its_files() -> None:
    """Nothing is added for a folder."""
    assert usage([("DICOMDIR", 10), ("A", 5)], Container.FOLDER).total == 15


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.lists(components, min_size=1, max_size=5).map("/".join),
        st.integers(0, 9_000),
        max_size=25,
    ),
    st.integers(1, 60_000),
    st.sampled_from(IMAGES),
)
def test_any_image_that_is_written_has_the_size_that_was_counted(
    tmp_path: Path, files: dict[str, int], dicomdir: int, container: Container
) -> None:
    """Written, not only laid out: pages and further files beside the DICOMDIR included."""
    folders = set(folders_of(files))
    extras = tuple(
        TextFile(name, bytes(size))
        for name, size in (files | {"README.TXT": 700, "IHE_PDI/ST000000.HTM": 5_000}).items()
        if name not in folders
    )
    plan = MediumPlan("ID", bytes(dicomdir), (), extras)
    out = tmp_path / "a.iso"
    try:
        made = write_iso(
            plan, out, joliet=container.has_joliet, udf=container.has_udf, verified=False
        )
        assert made.bytes == out.stat().st_size == usage(plan.sizes(), container).total
    finally:
        out.unlink(missing_ok=True)


FATS = [
    (Container.FAT16, "12", 512, 2_000),
    (Container.FAT16, "12", 2_048, 6_000),
    (Container.FAT16, "16", 2_048, 16_384),
    (Container.FAT16, "16", 8_192, 65_536),
    (Container.FAT, "32", 512, 40_960),
    (Container.FAT, "32", 4_096, 300_000),
]


@pytest.mark.parametrize(("container", "bits", "cluster", "kib"), FATS)
def test_a_real_fat_takes_the_clusters_that_were_counted(
    container: Container, bits: str, cluster: int, kib: int, tmp_path: Path, judges: Judges
) -> None:
    """Files put on a FAT by mtools take the clusters that were counted, as fsck.fat has it."""
    chance = random.Random(int(bits) + cluster)
    folder = tmp_path / "tree"
    files = {"DICOMDIR": 70_001, "README.TXT": 900, "EMPTY": 0}
    for number in range(150):
        name = f"PT{number % 3:06d}/ST{number % 7:06d}/IM{number:06d}"
        files[name] = chance.choice([0, 1, cluster - 1, cluster, cluster + 1, 3_000])
    for name, size in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
    image = tmp_path / "stick.img"
    made = judges.ask(
        "mkfs.fat", "-C", "-F", bits, "-S", "512", "-s", str(cluster // 512), image, str(kib)
    )
    assert made.code == 0, made.words
    copied = judges.ask("mcopy", "-s", "-i", image, *sorted(folder.iterdir()), "::")
    assert copied.code == 0, copied.words
    verdict = judges.ask("fsck.fat", "-n", "-v", image)
    used = re.search(r"(\d+)/\d+ clusters", verdict.words)
    assert used is not None, verdict.words
    assert int(used[1]) * cluster == usage(files.items(), container, cluster=cluster).total


def test_clusters_and_entries_are_counted_on_exfat() -> None:
    """A name of up to 15 characters takes three entries of 32 bytes; each folder a cluster."""
    files = [("DICOMDIR", 1), *((f"A/IM{i:06d}", 4_096) for i in range(43))]
    counted = usage(files, Container.EXFAT, cluster=4_096)
    assert counted.content + counted.padding == 44 * 4_096
    assert counted.structure == (1 + 2) * 4_096


@contextlib.contextmanager
def mounted_exfat(image: Path, folder: Path, judges: Judges) -> Iterator[None]:
    """Mount an image with exFAT at a folder, as a block device, which its driver asks for."""
    folder.mkdir()
    loop = judges.ask("losetup", "--find", "--show", image)
    if loop.code or not os.access("/dev/fuse", os.W_OK):
        pytest.skip("this machine lets nobody mount")
    device = loop.words.strip()
    try:
        made = judges.ask("mount.exfat-fuse", device, folder)
        assert made.code == 0, made.words
        assert os.path.ismount(folder)
        yield
        os.sync()
        assert judges.ask("fusermount", "-u", folder).code == 0
    finally:
        judges.ask("losetup", "--detach", device)


def clusters_in_use(image: Path, judges: Judges) -> int:
    """Return the clusters that an exFAT has given out, as dump.exfat has it."""
    told = judges.ask("dump.exfat", image).words
    total, free = (
        int(found[1])
        for word in ("Total", "Free")
        if (found := re.search(rf"{word} Clusters:\s+(\d+)", told))
    )
    return total - free


@pytest.mark.parametrize("cluster", [512, 4_096, 32_768])
def test_a_real_exfat_takes_the_clusters_that_were_counted(
    cluster: int, tmp_path: Path, judges: Judges
) -> None:
    """Files put on an exFAT by its driver take the clusters that were counted."""
    chance = random.Random(cluster)
    image, folder = tmp_path / "card.img", tmp_path / "CARD"
    with image.open("wb") as out:
        out.truncate(64 << 20)
    assert judges.ask("mkfs.exfat", "-c", str(cluster), "-L", "CARD", image).code == 0
    empty = clusters_in_use(image, judges)
    files = {"DICOMDIR": 70_001, "README.TXT": 900, "EMPTY": 0}
    files |= {f"ROOT{number:04d}": number for number in range(40)}
    for number in range(150):
        name = f"PT{number % 3:06d}/ST{number % 7:06d}/IM{number:06d}"
        files[name] = chance.choice([0, 1, cluster - 1, cluster, cluster + 1, 3_000])
    with mounted_exfat(image, folder, judges):
        for name, size in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(size))
    assert "clean" in judges.ask("fsck.exfat", "-n", image).words
    # The first cluster of the root is there when nothing else is.
    taken = (clusters_in_use(image, judges) - empty + 1) * cluster
    assert taken == usage(files.items(), Container.EXFAT, cluster=cluster).total


@pytest.mark.parametrize(("count", "is_fit"), [(510, True), (511, False)])
def test_the_root_of_fat16_holds_511_names(count: int, is_fit: bool) -> None:
    """More patients than the root has entries for are told before anything is written."""
    extras = tuple(TextFile(f"PT{number:06d}/A", b"") for number in range(count))
    plan = MediumPlan("ID", b"x", (), extras)
    problems = unfit(plan, Container.FAT16)
    assert (problems == []) is is_fit
    assert is_fit or problems == ["the root holds 512 files and folders, the most is 511 on FAT"]
    assert unfit(plan, Container.FAT) == []
