"""ZIP files with a password: what 7-Zip and Python say, what is counted, what a fault leaves."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.media.archives import written_archive
from dicomdir_studio.media.capacity import Container, usage
from dicomdir_studio.media.errors import MediumVerificationError
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.targets import write_zip
from dicomdir_studio.session.opening import open_file_set
from tests.folders import files_below

if TYPE_CHECKING:
    from dicomdir_studio.media.medium_plan import MediumPlan
    from tests.judges import Judges

PASSWORD = "Gr\u00fcn & 7 'tief'"


@pytest.mark.parametrize("deflate", [False, True])
def test_only_the_password_opens_it(
    deflate: bool, sample_plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """7-Zip finds AES-256 and every byte with the password, and nothing without."""
    out = tmp_path / "out.zip"
    receipt = write_zip(sample_plan, out, deflate=deflate, password=PASSWORD)
    assert receipt.verified
    assert "Method = AES-256" in judges.ask("7z", "l", "-slt", out).words
    assert judges.ask("7z", "t", "-pwrong", out).code != 0
    assert judges.ask("7z", "x", f"-p{PASSWORD}", f"-o{tmp_path / 'x'}", out).code == 0
    assert files_below(tmp_path / "x") == receipt.digests
    judges.accept(tmp_path / "x", instances=31)


def test_python_reads_its_directory_and_no_content(sample_plan: MediumPlan, tmp_path: Path) -> None:
    """Python's zipfile finds every member marked as encrypted; no patient's name is in clear."""
    out = tmp_path / "out.zip"
    write_zip(sample_plan, out, password=PASSWORD)
    with zipfile.ZipFile(out) as archive:
        assert len(archive.namelist()) == 32
        assert all(info.flag_bits & 1 for info in archive.infolist())
        with pytest.raises((NotImplementedError, RuntimeError)):
            archive.read("DICOMDIR")
    assert b"Doe^" in sample_plan.dicomdir
    assert b"Doe^" not in out.read_bytes()


def test_it_is_counted_to_the_byte(sample_plan: MediumPlan, tmp_path: Path) -> None:
    """The plan counts what encryption adds; the order says the container."""
    out = tmp_path / "out.zip"
    receipt = write_zip(sample_plan, out, password=PASSWORD)
    container = Order(str(out), password=PASSWORD).container
    assert container is Container.ZIP_AES
    assert usage(sample_plan.sizes(), container).total == receipt.bytes == out.stat().st_size


def test_it_opens_with_its_password(sample_plan: MediumPlan, tmp_path: Path) -> None:
    """What was encrypted here opens here."""
    write_zip(sample_plan, tmp_path / "out.zip", password=PASSWORD)
    assert len(open_file_set(tmp_path / "out.zip", password=PASSWORD)) == 31


def test_a_byte_that_went_wrong_is_found(
    sample_plan: MediumPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reads back otherwise never gets its name."""

    def spoil(path: str) -> None:
        data = bytearray(Path(path).read_bytes())
        data[len(data) // 2] ^= 1
        Path(path).write_bytes(data)

    monkeypatch.setattr("dicomdir_studio.media.targets.single_file.forget_cached", spoil)
    with pytest.raises(MediumVerificationError, match="cannot be read back"):
        write_zip(sample_plan, tmp_path / "out.zip", password=PASSWORD)
    assert [path.name for path in tmp_path.iterdir()] == ["dicomdirtests"]


def test_archives_without_a_password_need_no_further_library(
    sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """A plain archive is read by Python's own zipfile."""
    write_zip(sample_plan, tmp_path / "out.zip")
    with written_archive(str(tmp_path / "out.zip")) as archive:
        assert type(archive) is zipfile.ZipFile
