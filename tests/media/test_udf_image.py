"""Images with UDF alone: what is written, counted and read back, and what judges say."""

from __future__ import annotations

import hashlib
import io
import random
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicomdir_studio.errors import OperationCancelledError, SourceChangedError
from dicomdir_studio.media.capacity import Container, folders_of, usage
from dicomdir_studio.media.checks import unfit
from dicomdir_studio.media.errors import MediumVerificationError, UnfitForMediumError
from dicomdir_studio.media.medium_plan import MediumFile, MediumPlan, TextFile
from dicomdir_studio.media.targets import single_file, write_udf
from dicomdir_studio.media.udf import entries
from dicomdir_studio.media.udf.fields import SECTOR
from dicomdir_studio.media.udf.layout import LARGEST_EXTENT, LARGEST_FILE, lay_out
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.media.udf.volume import Naming
from dicomdir_studio.media.udf.writing import write_image
from dicomdir_studio.media.udf_reading import UdfImage
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage import NameClashError, NoSpaceError
from tests.media.udf_images import by_7zip, by_udfclient, sums_in, tree_plan

if TYPE_CHECKING:
    from tests.judges import Judges

REVISIONS = list(Revision)


@pytest.fixture
def plan(sample_plan: MediumPlan) -> MediumPlan:
    """Plan the sample with a text beside the DICOM files."""
    return sample_plan.with_extras([TextFile("README.TXT", b"Read me\r\n")])


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Give a folder with nothing in it."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("revision", REVISIONS)
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
    assert sums_in(folder) == receipt.digests
    judges.accept(folder, instances=31)


@pytest.mark.parametrize("revision", REVISIONS)
def test_udfclient_finds_the_file_set(
    revision: Revision, plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """NetBSD's udfclient goes through the metadata partition and finds every byte."""
    image = tmp_path / "a.iso"
    receipt = write_udf(plan, image, revision=revision)
    tops = {name.partition("/")[0] for name in receipt.digests}
    folder = by_udfclient(judges, image, tmp_path / "x", *tops)
    assert sums_in(folder) == receipt.digests
    judges.accept(folder, instances=31)


@pytest.mark.parametrize("revision", REVISIONS)
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


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_length_comes_out_of_every_reader(
    revision: Revision, tmp_path: Path, judges: Judges
) -> None:
    """Files of all lengths around a block's, and directories of several blocks."""
    image = tmp_path / "a.iso"
    receipt = write_udf(tree_plan(), image, revision=revision, verified=False)
    assert sums_in(by_7zip(judges, image, tmp_path / "x")) == receipt.digests
    tops = {name.partition("/")[0] for name in receipt.digests}
    assert sums_in(by_udfclient(judges, image, tmp_path / "y", *tops)) == receipt.digests
    with UdfImage(image) as found:
        assert found.name == "UDF_TEST"
        assert found.revision == revision.code
        sums = {
            file.name: hashlib.sha256(b"".join(found.pieces(file))).hexdigest()
            for file in found.files()
        }
    assert sums == receipt.digests


@pytest.mark.parametrize("revision", REVISIONS)
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
    st.sampled_from(REVISIONS),
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


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_same_content_gives_the_same_image(
    revision: Revision, plan: MediumPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the same time of the clock two images are the same, to the byte."""
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.25)
    write_udf(plan, tmp_path / "a.iso", revision=revision, verified=False)
    write_udf(plan, tmp_path / "b.iso", revision=revision, verified=False)
    assert (tmp_path / "a.iso").read_bytes() == (tmp_path / "b.iso").read_bytes()


class _Zeros(io.RawIOBase):
    """As many zeros as are asked for."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size

    def read(self, size: int = -1) -> bytes:
        """Return some of them."""
        some = min(size, self._left)
        self._left -= some
        return bytes(some)


class _Holes(io.RawIOBase):
    """A file on disk that takes no room where it is zero."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("xb")

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write, or skip over zeros."""
        if data.count(0) == len(data):
            self._file.seek(len(data), io.SEEK_CUR)
        else:
            self._file.write(data)
        return len(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


@pytest.mark.parametrize(("revision", "extents"), [(Revision.UDF_1_50, 1), (Revision.UDF_2_50, 4)])
def test_a_large_file_has_several_extents(
    revision: Revision, extents: int, tmp_path: Path, judges: Judges
) -> None:
    """Files of more than 1 and 4 GiB have several, and 7-Zip and udfclient find what follows."""
    size = extents * LARGEST_EXTENT + 50 * 1024 * 1024 + 5
    files = [("DICOMDIR", 10), ("BIG", size), ("Z", 7)]
    layout = lay_out(files, folders_of(name for name, _ in files), revision)
    image = tmp_path / "a.iso"
    sources = [
        ("DICOMDIR", io.BytesIO(b"0123456789")),
        ("BIG", cast("BinaryIO", _Zeros(size))),
        ("Z", io.BytesIO(b"the end")),
    ]
    with _Holes(image) as out:
        naming = Naming("BIG", "0123456789ABCDEF", 0)
        write_image(cast("BinaryIO", out), layout, naming, sources)
    assert image.stat().st_size == layout.sections.sectors * SECTOR
    assert image.stat().st_size == usage(files, Container.of_udf(revision)).total
    listing = judges.ask("7z", "l", "-slt", "-tUdf", image).words
    assert f"Path = BIG\nFolder = -\nSize = {size}" in listing
    folder = by_udfclient(judges, image, tmp_path / "x", "DICOMDIR", "Z")
    assert (folder / "Z").read_bytes() == b"the end"
    with UdfImage(image) as found:
        by_name = {file.name: file for file in found.files()}
        assert by_name["BIG"].size == size
        assert b"".join(found.pieces(by_name["Z"])) == b"the end"


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_reader_follows_the_extents(
    revision: Revision, tmp_path: Path, judges: Judges, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many extents, here of 32 blocks, make the same files."""
    monkeypatch.setattr(entries, "LARGEST_EXTENT", 32 * SECTOR)
    content = random.Random(5).randbytes(12 * 32 * SECTOR - 1)
    plan = MediumPlan("EXTENTS", content, (), (TextFile("A", content[:900_000]),))
    image = tmp_path / "a.iso"
    receipt = write_udf(plan, image, revision=revision, verified=False)
    assert sums_in(by_7zip(judges, image, tmp_path / "x")) == receipt.digests
    folder = by_udfclient(judges, image, tmp_path / "y", "DICOMDIR", "A")
    assert sums_in(folder) == receipt.digests


def test_a_file_that_no_entry_can_list_is_told(tmp_path: Path) -> None:
    """A file of more than 114 extents is refused before anything is written."""
    huge = MediumFile(str(tmp_path / "none"), "HUGE", LARGEST_FILE + 1, 0)
    plan = MediumPlan("ID", b"x", (huge,), ())
    assert any("HUGE has" in line for line in unfit(plan, Container.UDF_2_50))
    with pytest.raises(UnfitForMediumError, match="HUGE has"):
        write_udf(plan, tmp_path / "a.iso")
    assert not list(tmp_path.iterdir())


def test_both_copies_of_the_directories_are_the_same(tmp_path: Path) -> None:
    """The mirror holds the metadata to the byte, far from the first."""
    plan = tree_plan()
    write_udf(plan, tmp_path / "a.iso", verified=False)
    sizes = list(plan.sizes())
    layout = lay_out(sizes, folders_of(name for name, _ in sizes), Revision.UDF_2_50)
    data = (tmp_path / "a.iso").read_bytes()
    length = layout.sections.metadata_length * SECTOR
    main, mirror = (
        (288 + place) * SECTOR for place in (layout.sections.metadata, layout.sections.mirror)
    )
    assert data[main : main + length] == data[mirror : mirror + length]
    assert mirror - main > len(plan.dicomdir)


def test_what_is_there_is_not_overwritten(plan: MediumPlan, out: Path) -> None:
    """A file of the name stays as it is."""
    (out / "a.iso").write_bytes(b"theirs")
    with pytest.raises(NameClashError):
        write_udf(plan, out / "a.iso")
    assert (out / "a.iso").read_bytes() == b"theirs"
    assert [path.name for path in out.iterdir()] == ["a.iso"]


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


def test_no_room_is_told_before_anything_is_written(
    plan: MediumPlan, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size is known to the sector before the first byte."""
    needed = usage(plan.sizes(), Container.UDF_2_50).total
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("", (), {"free": needed - 1})())
    with pytest.raises(NoSpaceError, match=f"{needed:,} bytes are needed"):
        write_udf(plan, out / "a.iso")
    assert not list(out.iterdir())


def test_a_source_that_changed_leaves_nothing(out: Path) -> None:
    """A source that is not what was planned is an error that names it."""
    source = out / "source"
    source.write_bytes(b"1234")
    file = MediumFile(str(source), "IM000000", 4, 5)
    with pytest.raises(SourceChangedError, match="source"):
        write_udf(MediumPlan("ID", b"x", (file,), ()), out / "a.iso")
    assert [path.name for path in out.iterdir()] == ["source"]


class _Stopping(Monitor):
    """Cancels after some checks."""

    def __init__(self, checks: int) -> None:
        self.left = checks

    def check(self) -> None:
        """Cancel once enough were made."""
        self.left -= 1
        if self.left < 0:
            raise OperationCancelledError


@pytest.mark.parametrize("checks", [0, 5, 40])
def test_a_cancelled_image_leaves_nothing(checks: int, plan: MediumPlan, out: Path) -> None:
    """Cancelled while writing or while reading back, nothing is left."""
    with pytest.raises(OperationCancelledError):
        write_udf(plan, out / "a.iso", monitor=_Stopping(checks))
    assert not list(out.iterdir())


@pytest.mark.parametrize(
    ("revision", "sector"),
    [
        *(
            (revision, sector)
            for revision in REVISIONS
            for sector in (16, 17, 64, 256, 32, 35, -17, -14, -1)
        ),
        (Revision.UDF_2_50, 288),
        (Revision.UDF_2_50, 288 + 32),
        (Revision.UDF_2_50, 288 + 32 + 4),
        (Revision.UDF_2_50, "mirror entry"),
        (Revision.UDF_2_50, "mirror"),
    ],
)
def test_a_copy_that_went_wrong_is_found(
    revision: Revision,
    sector: int | str,
    plan: MediumPlan,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second copy of a descriptor is proved too, though the first one would do."""
    sizes = list(plan.sizes())
    parts = lay_out(sizes, folders_of(name for name, _ in sizes), revision).sections
    at = {"mirror": 288 + parts.mirror + 3, "mirror entry": 288 + parts.mirror_entry}
    place = at[sector] if isinstance(sector, str) else sector % parts.sectors

    def spoil(path: str) -> None:
        with Path(path).open("r+b") as spoilt:
            spoilt.seek(place * SECTOR + (20 if place > 18 else 2))
            spoilt.write(b"\xa5\x5a")

    monkeypatch.setattr(single_file, "forget_cached", spoil)
    with pytest.raises(MediumVerificationError, match="not what was written"):
        write_udf(plan, out / "a.iso", revision=revision)
    assert not list(out.iterdir())


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_byte_that_went_wrong_is_found(
    revision: Revision, plan: MediumPlan, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What differs when it is read back is named, and the image does not appear."""
    victim = plan.files[7]

    def spoil(path: str) -> None:
        with UdfImage(path) as image:
            (file,) = (one for one in image.files() if one.name == victim.name)
        with Path(path).open("r+b") as spoilt:
            spoilt.seek(file.place * SECTOR + victim.size - 1)
            byte = spoilt.read(1)
            spoilt.seek(-1, io.SEEK_CUR)
            spoilt.write(bytes([byte[0] ^ 1]))

    monkeypatch.setattr(single_file, "forget_cached", spoil)
    with pytest.raises(MediumVerificationError, match="not what was written") as caught:
        write_udf(plan, out / "a.iso", revision=revision)
    assert victim.name in str(caught.value)
    assert not list(out.iterdir())
