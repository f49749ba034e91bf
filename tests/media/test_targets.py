"""Folder, ZIP file and image: what is written, and what judges say."""

from __future__ import annotations

import hashlib
import os
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.capacity import Container
from dicomdir_studio.media.checks import unfit
from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.medium_plan import MediumFile, MediumPlan, TextFile, plan_medium
from dicomdir_studio.media.targets import write_folder, write_iso, write_zip
from dicomdir_studio.storage import NameClashError
from tests.folders import files_below
from tests.media.targets import ALL, Write

if TYPE_CHECKING:
    from tests.judges import Judges


@pytest.mark.parametrize(("write", "name"), ALL)
def test_digests_are_those_of_the_sources(
    write: Write, name: str, plan: MediumPlan, tmp_path: Path
) -> None:
    """Every target gives the SHA-256 of each file, taken on the way."""
    receipt = write(plan, tmp_path / name)
    for file in plan.files:
        assert (
            receipt.digests[file.name] == hashlib.sha256(Path(file.source).read_bytes()).hexdigest()
        )
    assert receipt.digests["DICOMDIR"] == hashlib.sha256(plan.dicomdir).hexdigest()
    assert receipt.files == len(receipt.digests) == 33
    assert receipt.verified


def test_a_folder_holds_the_plan(plan: MediumPlan, tmp_path: Path, judges: Judges) -> None:
    """The folder is a File-set that every judge accepts."""
    receipt = write_folder(plan, tmp_path / "out")
    assert files_below(tmp_path / "out") == receipt.digests
    judges.accept(tmp_path / "out", instances=31)


def test_a_folder_with_a_file_set_is_refused(sample_plan: MediumPlan, tmp_path: Path) -> None:
    """A DICOMDIR that is there, in whatever case, is not overwritten."""
    (tmp_path / "dicomdir").write_bytes(b"theirs")
    with pytest.raises(NameClashError, match="already a File-set in the folder"):
        write_folder(sample_plan, tmp_path)
    assert (tmp_path / "dicomdir").read_bytes() == b"theirs"


@pytest.mark.parametrize("deflate", [False, True])
def test_a_zip_file_holds_the_plan(
    deflate: bool, plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """Unzip and Python's zipfile find it whole, and the judges accept what comes out."""
    receipt = write_zip(plan, tmp_path / "out.zip", deflate=deflate)
    assert judges.ask("unzip", "-t", tmp_path / "out.zip").code == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == "DICOMDIR"
        archive.extractall(tmp_path / "out")
    assert files_below(tmp_path / "out") == receipt.digests
    judges.accept(tmp_path / "out", instances=31)


def test_a_name_that_no_disc_takes_is_refused(sample_plan: MediumPlan, tmp_path: Path) -> None:
    """A name beyond 8.3 is named with the clause; a ZIP file takes it."""
    plan = sample_plan.with_extras([TextFile("lower-case.text", b"")])
    with pytest.raises(UnfitForMediumError, match=r"lower-case.text is not of up to 8"):
        write_iso(plan, tmp_path / "out.iso")
    write_zip(plan, tmp_path / "out.zip")


@pytest.mark.parametrize(
    ("size", "on_disc", "on_fat"),
    [((1 << 32) - 2048, True, True), ((1 << 32) - 2047, False, True), (1 << 32, False, False)],
)
def test_a_file_of_4_gib_has_no_place(
    size: int, on_disc: bool, on_fat: bool, sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """A file of 4 GiB is refused for level 1 and FAT before anything is written."""
    plan = sample_plan.with_extras([MediumFile("/nowhere", "HUGE", size, 0)])
    assert (unfit(plan, Container.ISO) == []) is on_disc
    assert (unfit(plan, Container.FAT) == []) is on_fat
    assert not unfit(plan, Container.ZIP)
    if not on_disc:
        with pytest.raises(UnfitForMediumError, match=f"HUGE has {size:,} bytes"):
            write_iso(plan, tmp_path / "out.iso")


def test_two_files_of_one_name_are_refused(sample_plan: MediumPlan) -> None:
    """An extra file cannot take the DICOMDIR's name."""
    with pytest.raises(UnfitForMediumError):
        sample_plan.with_extras([TextFile("dicomdir", b"")])


def test_staged_changes_are_in_the_plan(sample_dir: Path, tmp_path: Path) -> None:
    """What is staged for removal is not on the medium, and the File-set stays as it is."""
    file_set = FileSet(sample_dir / "DICOMDIR")
    file_set.stage_removal(list(file_set)[:10])
    write_zip(plan_medium(file_set), tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert len(archive.namelist()) == 22
    assert file_set.edit_count == 10
    assert len(files_below(sample_dir)) >= 32


def test_nothing_to_put_is_a_problem(tmp_path: Path) -> None:
    """An empty File-set makes no medium."""
    with pytest.raises(UnfitForMediumError, match="nothing to put"):
        write_iso(plan_medium(FileSet()), tmp_path / "out.iso")


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="memory is measured on Linux")
def test_memory_is_flat_in_the_number_of_bytes(tmp_path: Path, large_set: FileSet) -> None:
    """Four hundred times the bytes take no more memory."""
    big = tmp_path / "big"
    with big.open("wb") as out:
        out.truncate(400 << 20)
    status = big.stat()
    extra = MediumFile(str(big), "BIG", status.st_size, status.st_mtime_ns)
    code = (
        "import pickle,resource,sys\n"
        "from dicomdir_studio.media.targets import write_iso, write_zip\n"
        "write_iso(pickle.load(open(sys.argv[1],'rb')), sys.argv[2])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    import pickle
    import sys

    peaks = []
    plan = plan_medium(large_set)
    for number, one in enumerate((plan, plan.with_extras([extra]))):
        (tmp_path / f"{number}.plan").write_bytes(pickle.dumps(one))
        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path / f"{number}.plan", tmp_path / f"{number}.iso"],
            capture_output=True,
            check=True,
        )
        peaks.append(int(done.stdout))
    assert (tmp_path / "1.iso").stat().st_size > 400 << 20
    assert peaks[1] < peaks[0] + 16 * 1024
