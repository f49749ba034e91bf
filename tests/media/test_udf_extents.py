"""Files that are too large for one extent of UDF."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING, BinaryIO, cast

import pytest

from dicomdir_studio.media.capacity import Container, folders_of, usage
from dicomdir_studio.media.checks import unfit
from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.medium_plan import MediumFile, MediumPlan, TextFile
from dicomdir_studio.media.targets import write_udf
from dicomdir_studio.media.udf import entries
from dicomdir_studio.media.udf.fields import SECTOR
from dicomdir_studio.media.udf.layout import LARGEST_EXTENT, LARGEST_FILE, lay_out
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.media.udf.volume import Naming
from dicomdir_studio.media.udf.writing import write_image
from dicomdir_studio.media.udf_reading import UdfImage
from tests.folders import files_below
from tests.media.udf_images import by_7zip, by_udfclient

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges import Judges


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


@pytest.mark.parametrize("revision", Revision)
def test_every_reader_follows_the_extents(
    revision: Revision, tmp_path: Path, judges: Judges, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many extents, here of 32 blocks, make the same files."""
    monkeypatch.setattr(entries, "LARGEST_EXTENT", 32 * SECTOR)
    content = random.Random(5).randbytes(12 * 32 * SECTOR - 1)
    plan = MediumPlan("EXTENTS", content, (), (TextFile("A", content[:900_000]),))
    image = tmp_path / "a.iso"
    receipt = write_udf(plan, image, revision=revision, verified=False)
    assert files_below(by_7zip(judges, image, tmp_path / "x")) == receipt.digests
    folder = by_udfclient(judges, image, tmp_path / "y", "DICOMDIR", "A")
    assert files_below(folder) == receipt.digests


def test_a_file_that_no_entry_can_list_is_told(tmp_path: Path) -> None:
    """A file of more than 114 extents is refused before anything is written."""
    huge = MediumFile(str(tmp_path / "none"), "HUGE", LARGEST_FILE + 1, 0)
    plan = MediumPlan("ID", b"x", (huge,), ())
    assert any("HUGE has" in line for line in unfit(plan, Container.UDF_2_50))
    with pytest.raises(UnfitForMediumError, match="HUGE has"):
        write_udf(plan, tmp_path / "a.iso")
    assert not list(tmp_path.iterdir())
