"""Folder, ZIP file and image: what is written, what judges say, and what a fault leaves."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import pytest

from dicomdir_studio.errors import OperationCancelledError, SourceChangedError, StudioError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.capacity import Container
from dicomdir_studio.media.checks import unfit
from dicomdir_studio.media.errors import MediumVerificationError, UnfitForMediumError
from dicomdir_studio.media.medium_plan import MediumFile, MediumPlan, TextFile, plan_medium
from dicomdir_studio.media.targets import (
    MediumReceipt,
    iso_image,
    single_file,
    streams,
    write_folder,
    write_iso,
    write_zip,
)
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage import NameClashError, NoSpaceError, SourceReadError

if TYPE_CHECKING:
    from tests.judges import Judges

Write = Callable[..., MediumReceipt]
FILES: list[tuple[Write, str]] = [(write_zip, "out.zip"), (write_iso, "out.iso")]
ALL: list[tuple[Write, str]] = [*FILES, (write_folder, "out")]


def sums_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder."""
    return [path.name for path in folder.iterdir()]


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


@pytest.fixture
def plan(sample_plan: MediumPlan) -> MediumPlan:
    """Plan the sample with a text beside the DICOM files."""
    return sample_plan.with_extras([TextFile("README.TXT", b"Read me\r\n")])


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
    assert sums_of(tmp_path / "out") == receipt.digests
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
    assert sums_of(tmp_path / "out") == receipt.digests
    judges.accept(tmp_path / "out", instances=31)


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
        assert sums_of(folder) == receipt.digests
    judges.accept(folder, instances=31)


def test_a_bridge_is_read_as_udf(plan: MediumPlan, tmp_path: Path, judges: Judges) -> None:
    """7-Zip, which knows UDF by itself, finds revision 1.02, the File-set ID and every byte."""
    receipt = write_iso(plan, tmp_path / "out.iso", udf=True)
    words = judges.ask("7z", "l", "-tUdf", tmp_path / "out.iso").words
    assert "Version = 1.02" in words
    assert "LogicalVolumeId: PYDICOM_TEST" in words
    verdict = judges.ask("7z", "x", "-tUdf", f"-o{tmp_path / 'x'}", tmp_path / "out.iso")
    assert verdict.code == 0, verdict.words
    assert sums_of(tmp_path / "x") == receipt.digests


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


@pytest.mark.parametrize(("write", "name"), ALL)
def test_an_existing_name_is_never_overwritten(
    write: Write, name: str, sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """What is there stays, and nothing is left beside it."""
    target = tmp_path / "o" / name
    target.parent.mkdir()
    target.write_bytes(b"theirs")
    with pytest.raises(StudioError):
        write(sample_plan, target)
    assert target.read_bytes() == b"theirs"
    assert names_in(target.parent) == [name]


class Stopping(Monitor):
    """Cancels after some checks."""

    def __init__(self, checks: int) -> None:
        self.left = checks

    def check(self) -> None:
        """Count down and cancel."""
        self.left -= 1
        if self.left < 0:
            raise OperationCancelledError


@pytest.mark.parametrize("checks", [0, 1, 20, 40, 60])
@pytest.mark.parametrize(("write", "name"), FILES)
def test_a_cancelled_write_leaves_nothing(
    write: Write, name: str, checks: int, sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """Cancelling, while writing or reading back, leaves no half file."""
    target = tmp_path / "o" / name
    target.parent.mkdir()
    with pytest.raises(OperationCancelledError):
        write(sample_plan, target, monitor=Stopping(checks))
    assert names_in(target.parent) == []


@pytest.mark.parametrize(("write", "name"), ALL)
def test_a_source_that_changed_is_named(
    write: Write, name: str, sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """A source that differs from the plan ends the write and is named; nothing is left."""
    source = Path(sample_plan.files[20].source)
    source.write_bytes(source.read_bytes() + b"\0\0")
    target = tmp_path / "o" / name
    target.parent.mkdir()
    with pytest.raises(SourceChangedError, match=source.name):
        write(sample_plan, target)
    assert names_in(target.parent) in ([], [name])
    assert not target.is_file()


@pytest.mark.parametrize(("write", "name"), ALL)
def test_a_source_that_was_replaced_is_named(
    write: Write, name: str, sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """Another file of the same length and time under the same name is noticed too."""
    source = Path(sample_plan.files[20].source)
    status = source.stat()
    other = source.with_name("OTHER")
    other.write_bytes(source.read_bytes()[::-1])
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(source)
    with pytest.raises(SourceChangedError, match=source.name):
        write(sample_plan, tmp_path / name)
    assert not (tmp_path / name).is_file()


@pytest.mark.parametrize(("write", "name"), FILES)
def test_reads_that_return_less_than_asked_for(
    write: Write,
    name: str,
    sample_plan: MediumPlan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A system that gives a file in parts gives all of it."""

    class InParts(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size if size is None or size < 0 else min(size, 700)) or b""

    def opening(path: Any, *_: Any, **__: Any) -> InParts:
        return InParts(path)

    monkeypatch.setattr(streams, "open", opening, raising=False)
    receipt = write(sample_plan, tmp_path / name)
    for file in sample_plan.files:
        content = Path(file.source).read_bytes()
        assert receipt.digests[file.name] == hashlib.sha256(content).hexdigest()


def test_a_folder_that_cannot_be_listed_is_not_written(
    sample_plan: MediumPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a failing folder holds is not known, so nothing is put into it."""
    (tmp_path / "DICOMDIR").write_bytes(b"theirs")

    real = os.listdir

    def failing(path: Any = ".") -> list[str]:
        if str(path) != str(tmp_path):
            return real(path)
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", failing)
        with pytest.raises(StudioError):
            write_folder(sample_plan, tmp_path)
    assert (tmp_path / "DICOMDIR").read_bytes() == b"theirs"


@pytest.mark.parametrize(("write", "name"), FILES)
def test_a_source_that_vanished_is_named(
    write: Write, name: str, sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """A source that is gone ends the write and is named; nothing is left."""
    Path(sample_plan.files[20].source).unlink()
    with pytest.raises(SourceChangedError, match="it is gone"):
        write(sample_plan, tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(("write", "name"), FILES)
def test_a_bad_sector_is_a_fault_of_the_source(
    write: Write,
    name: str,
    sample_plan: MediumPlan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A source that cannot be read is named as such, and nothing is left."""
    bad = sample_plan.files[7].source

    class Failing:
        def __init__(self, opened: BinaryIO) -> None:
            self._opened = opened

        def __getattr__(self, name: str) -> Any:
            return getattr(self._opened, name)

        def read(self, size: int) -> bytes:
            raise OSError(errno.EIO, f"no {size} bytes")

    def opening(path: Any, *words: Any, **named: Any) -> Any:
        opened = open(path, *words, **named)  # noqa: PTH123, SIM115
        return Failing(opened) if path == bad else opened

    monkeypatch.setattr(streams, "open", opening, raising=False)
    folder = tmp_path / "o"
    folder.mkdir()
    with pytest.raises(SourceReadError, match=Path(bad).name):
        write(sample_plan, folder / name)
    assert names_in(folder) == []


@pytest.mark.parametrize(("write", "name"), FILES)
def test_too_little_room_is_known_before(
    write: Write,
    name: str,
    sample_plan: MediumPlan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What does not fit is refused before a byte is written, with both numbers."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("", (), {"free": 5})())
    with pytest.raises(NoSpaceError, match="5 are free"):
        write(sample_plan, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_disk_that_fills_leaves_nothing(
    sample_plan: MediumPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full after all is told as such, and nothing is left."""
    folder = tmp_path / "o"
    folder.mkdir()

    class Full:
        def __init__(self, path: str) -> None:
            self._out = Path(path).open("xb")  # noqa: SIM115

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self._out.close()

        def __getattr__(self, name: str) -> Any:
            return getattr(self._out, name)

        def write(self, data: bytes) -> int:
            if self._out.tell() > 100_000:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self._out.write(data)

    monkeypatch.setattr(iso_image, "open", lambda path, _: Full(path), raising=False)
    with pytest.raises(NoSpaceError, match="full"):
        write_iso(sample_plan, folder / "out.iso")
    assert names_in(folder) == []


def test_a_flipped_byte_is_found(
    sample_plan: MediumPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image that differs when it is read back is not handed out."""
    folder = tmp_path / "o"
    folder.mkdir()

    def spoil(path: str) -> None:
        data = bytearray(Path(path).read_bytes())
        found = data.find(Path(sample_plan.files[3].source).read_bytes()[:1000])
        assert found > 0
        data[found + 500] ^= 1
        Path(path).write_bytes(data)

    monkeypatch.setattr(single_file, "forget_cached", spoil)
    with pytest.raises(MediumVerificationError, match=f"{sample_plan.files[3].name} differs"):
        write_iso(sample_plan, folder / "out.iso")
    assert names_in(folder) == []


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
    assert len(sums_of(sample_dir)) >= 32


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
