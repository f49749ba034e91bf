"""Images with UDF alone: what is written, counted and read back, and what judges say."""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicomdir_studio.media.capacity import Container, folders_of, usage
from dicomdir_studio.media.medium_plan import MediumPlan, TextFile
from dicomdir_studio.media.targets import write_udf
from dicomdir_studio.media.udf.fields import SECTOR
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.media.udf_reading import UdfImage
from tests.folders import files_below
from tests.media.udf_images import by_7zip, by_udfclient, layout_of, tree_plan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges import Judges


@pytest.mark.parametrize("revision", Revision)
def test_7zip_finds_the_file_set(
    revision: Revision, plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """7-Zip finds the revision, the File-set ID and every byte; the judges accept it."""
    image = tmp_path / "a.iso"
    receipt = write_udf(plan, image, revision=revision)
    words = judges.ask("7z", "l", "-tUdf", image).words
    assert f"Version = {revision.value}" in words
    assert "LogicalVolumeId: PYDICOM_TEST" in words
    folder = by_7zip(judges, image, tmp_path / "x")
    assert files_below(folder) == receipt.digests
    judges.accept(folder, instances=31)


@pytest.mark.parametrize("revision", Revision)
def test_udfclient_finds_the_file_set(
    revision: Revision, plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """NetBSD's udfclient goes through the metadata partition and finds every byte."""
    image = tmp_path / "a.iso"
    receipt = write_udf(plan, image, revision=revision)
    tops = {name.partition("/")[0] for name in receipt.digests}
    folder = by_udfclient(judges, image, tmp_path / "x", *tops)
    assert files_below(folder) == receipt.digests
    judges.accept(folder, instances=31)


@pytest.mark.parametrize("revision", Revision)
def test_udftools_find_the_image_in_order(
    revision: Revision, plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """Udfinfo finds the revision, a closed volume, every file, and nothing behind its end."""
    receipt = write_udf(plan, tmp_path / "a.iso", revision=revision)
    words = judges.ask("udfinfo", tmp_path / "a.iso").words
    told = words.split()
    oldest = "1.50" if revision is Revision.UDF_1_50 else "2.50"
    assert "error" not in words.lower()
    assert "warning" not in words.lower()
    for found in (
        f"udfrev={oldest}",
        f"udfwriterev={revision.value}",
        "integrity=closed",
        "accesstype=readonly",
        "lvid=PYDICOM_TEST",
        "vid=PYDICOM_TEST",
        "behindblocks=0",
        "freeblocks=0",
        f"numfiles={receipt.files}",
        f"blocks={receipt.bytes // SECTOR}",
        "winserialnum=0x",
    ):
        assert any(word.startswith(found) for word in told), (found, words)
    assert words.count("type=ANCHOR") == 2
    assert words.count("type=MVDS") == words.count("type=RVDS") == 1


def test_grub_reads_the_image_of_a_dvd_ram(
    plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """GRUB's UDF driver finds every byte of 1.50; it knows no metadata partitions."""
    receipt = write_udf(plan, tmp_path / "a.iso", revision=Revision.UDF_1_50)
    for name, digest in receipt.digests.items():
        found = subprocess.run(
            [judges.find("grub-fstest"), tmp_path / "a.iso", "cat", f"/{name}"],
            stdout=subprocess.PIPE,
            timeout=60,
            check=True,
        )
        assert hashlib.sha256(found.stdout).hexdigest() == digest, name


@pytest.mark.parametrize("revision", Revision)
def test_every_length_comes_out_of_every_reader(
    revision: Revision, tmp_path: Path, judges: Judges
) -> None:
    """Files of all lengths around a block's, and directories of several blocks."""
    image = tmp_path / "a.iso"
    receipt = write_udf(tree_plan(), image, revision=revision, verified=False)
    assert files_below(by_7zip(judges, image, tmp_path / "x")) == receipt.digests
    tops = {name.partition("/")[0] for name in receipt.digests}
    assert files_below(by_udfclient(judges, image, tmp_path / "y", *tops)) == receipt.digests
    with UdfImage(image) as found:
        assert found.name == "UDF_TEST"
        assert found.revision == revision.code
        sums = {
            file.name: hashlib.sha256(b"".join(found.pieces(file))).hexdigest()
            for file in found.files()
        }
    assert sums == receipt.digests


@pytest.mark.parametrize("revision", Revision)
def test_an_image_takes_what_was_counted(
    revision: Revision, plan: MediumPlan, tmp_path: Path
) -> None:
    """The image that is written has exactly the sectors that were counted, in whole clusters."""
    counted = usage(plan.sizes(), Container.of_udf(revision))
    receipt = write_udf(plan, tmp_path / "a.iso", revision=revision)
    assert receipt.verified
    assert receipt.bytes == counted.total == (tmp_path / "a.iso").stat().st_size
    assert counted.total % (32 * SECTOR) == 0


components = st.text("ABCDEFGH0123_", min_size=1, max_size=8)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.lists(components, min_size=1, max_size=6).map("/".join),
        st.integers(0, 9_000),
        max_size=60,
    ),
    st.sampled_from(Revision),
)
def test_any_tree_is_counted_and_read_back(
    tmp_path: Path, files: dict[str, int], revision: Revision
) -> None:
    """Whatever the folders and names are, the count is what is written, and all is found."""
    folders = set(folders_of(files))
    extras = tuple(
        TextFile(name, bytes(size))
        for name, size in files.items()
        if name not in folders and name != "DICOMDIR"
    )
    plan = MediumPlan("", b"x" * 3_000, (), extras)
    out = tmp_path / "a.iso"
    try:
        made = write_udf(plan, out, revision=revision, verified=False)
        counted = usage(plan.sizes(), Container.of_udf(revision)).total
        assert made.bytes == out.stat().st_size == counted
        with UdfImage(out) as image:
            assert {file.name: file.size for file in image.files()} == dict(plan.sizes())
    finally:
        out.unlink(missing_ok=True)


@pytest.mark.parametrize("revision", Revision)
def test_the_same_content_gives_the_same_image(
    revision: Revision, plan: MediumPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the same time of the clock two images are the same, to the byte."""
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.25)
    write_udf(plan, tmp_path / "a.iso", revision=revision, verified=False)
    write_udf(plan, tmp_path / "b.iso", revision=revision, verified=False)
    assert (tmp_path / "a.iso").read_bytes() == (tmp_path / "b.iso").read_bytes()


def test_both_copies_of_the_directories_are_the_same(tmp_path: Path) -> None:
    """The mirror holds the metadata to the byte, far from the first."""
    plan = tree_plan()
    write_udf(plan, tmp_path / "a.iso", verified=False)
    layout = layout_of(plan, Revision.UDF_2_50)
    data = (tmp_path / "a.iso").read_bytes()
    length = layout.sections.metadata_length * SECTOR
    main, mirror = (
        (288 + place) * SECTOR for place in (layout.sections.metadata, layout.sections.mirror)
    )
    assert data[main : main + length] == data[mirror : mirror + length]
    assert mirror - main > len(plan.dicomdir)


def test_a_volume_without_file_set_id_has_a_name(out: Path) -> None:
    """UDF wants a name of each volume, and no two have the same (UDF 2.2.4.4)."""
    names = []
    for number, content in enumerate((b"one", b"other")):
        image = out / f"{number}.iso"
        write_udf(MediumPlan("", content, (), ()), image, verified=False)
        with UdfImage(image) as found:
            names.append(found.name)
    assert all(name.startswith("DICOM_") for name in names)
    assert len(set(names)) == 2
