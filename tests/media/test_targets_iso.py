"""Disc images in ISO 9660, with Joliet and as bridges: what other programs find in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.media.targets import write_iso
from tests.folders import files_below

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.media.medium_plan import MediumPlan
    from tests.judges import Judges


def extracted(judges: Judges, image: Path, to: Path, *options: str) -> Path:
    """Return a folder with what xorriso finds in an image, readable as it is on a disc."""
    verdict = judges.ask(
        "xorriso", *options, "-osirrox", "on", "-indev", image, "-extract", "/", to
    )
    assert verdict.code == 0, verdict.words
    for path in to.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    to.chmod(0o755)
    return to


@pytest.mark.parametrize("udf", [False, True])
@pytest.mark.parametrize("joliet", [False, True])
def test_an_image_holds_the_plan(
    joliet: bool, udf: bool, plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """Xorriso extracts from the image what went in, and the judges accept it."""
    receipt = write_iso(plan, tmp_path / "out.iso", joliet=joliet, udf=udf)
    for file_system in ("nojoliet", "any"):
        folder = tmp_path / file_system
        extracted(judges, tmp_path / "out.iso", folder, "-read_fs", file_system)
        assert files_below(folder) == receipt.digests
    judges.accept(folder, instances=31)


def test_a_bridge_is_read_as_udf(plan: MediumPlan, tmp_path: Path, judges: Judges) -> None:
    """7-Zip, which knows UDF by itself, finds revision 1.02, the File-set ID and every byte."""
    receipt = write_iso(plan, tmp_path / "out.iso", udf=True)
    words = judges.ask("7z", "l", "-tUdf", tmp_path / "out.iso").words
    assert "Version = 1.02" in words
    assert "LogicalVolumeId: PYDICOM_TEST" in words
    verdict = judges.ask("7z", "x", "-tUdf", f"-o{tmp_path / 'x'}", tmp_path / "out.iso")
    assert verdict.code == 0, verdict.words
    assert files_below(tmp_path / "x") == receipt.digests


def test_udftools_find_the_bridge_in_order(
    plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """Udfinfo finds revision 1.02, a closed file system, every file, and nothing behind its end."""
    receipt = write_iso(plan, tmp_path / "out.iso", joliet=True, udf=True)
    words = judges.ask("udfinfo", tmp_path / "out.iso").words.split()
    for found in ("udfrev=1.02", "udfwriterev=1.02", "integrity=closed", "lvid=PYDICOM_TEST"):
        assert found in words
    assert f"numfiles={receipt.files}" in words
    assert "behindblocks=0" in words


def test_an_image_is_of_level_1_with_dicom_names(
    plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """Isoinfo sees DICOM's names, the File-set ID as volume and a blank system (PS3.12 F)."""
    write_iso(plan, tmp_path / "out.iso", joliet=True)
    head = judges.ask("isoinfo", "-d", "-i", tmp_path / "out.iso").words
    assert "Volume id: PYDICOM_TEST" in head
    assert "System id: \n" in head
    assert "Joliet with UCS level 3 found" in head
    listing = judges.ask("isoinfo", "-f", "-i", tmp_path / "out.iso").words.split()
    assert "/DICOMDIR.;1" in listing
    assert "/PT000000/ST000000/SE000000/IM000000.;1" in listing
    assert "/README.TXT;1" in listing
    joliet = judges.ask("isoinfo", "-J", "-f", "-i", tmp_path / "out.iso").words.split()
    assert "/PT000000/ST000000/SE000000/IM000000" in joliet


def test_xorriso_finds_the_image_in_order(plan: MediumPlan, tmp_path: Path, judges: Judges) -> None:
    """An independent program loads the image without complaint."""
    write_iso(plan, tmp_path / "out.iso")
    verdict = judges.ask("xorriso", "-indev", tmp_path / "out.iso", "-toc")
    assert verdict.code == 0
    assert "PYDICOM_TEST" in verdict.words
    assert "FAILURE" not in verdict.words
    assert "WARNING" not in verdict.words
