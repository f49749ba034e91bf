"""Images with UDF alone: what a fault while writing leaves, and what reading back finds."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from dicomdir_studio.errors import OperationCancelledError, SourceChangedError
from dicomdir_studio.media.capacity import Container, usage
from dicomdir_studio.media.errors import MediumVerificationError
from dicomdir_studio.media.medium_plan import MediumFile, MediumPlan
from dicomdir_studio.media.targets import single_file, write_udf
from dicomdir_studio.media.udf.fields import SECTOR
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.media.udf_reading import UdfImage
from dicomdir_studio.storage import NameClashError, NoSpaceError
from tests.media.udf_images import layout_of
from tests.monitors import Cancelling


def test_what_is_there_is_not_overwritten(plan: MediumPlan, out: Path) -> None:
    """A file of the name stays as it is."""
    (out / "a.iso").write_bytes(b"theirs")
    with pytest.raises(NameClashError):
        write_udf(plan, out / "a.iso")
    assert (out / "a.iso").read_bytes() == b"theirs"
    assert [path.name for path in out.iterdir()] == ["a.iso"]


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


@pytest.mark.parametrize("checks", [0, 5, 40])
def test_a_cancelled_image_leaves_nothing(checks: int, plan: MediumPlan, out: Path) -> None:
    """Cancelled while writing or while reading back, nothing is left."""
    with pytest.raises(OperationCancelledError):
        write_udf(plan, out / "a.iso", monitor=Cancelling(checks))
    assert not list(out.iterdir())


@pytest.mark.parametrize(
    ("revision", "sector"),
    [
        *(
            (revision, sector)
            for revision in Revision
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
    parts = layout_of(plan, revision).sections
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


@pytest.mark.parametrize("revision", Revision)
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
