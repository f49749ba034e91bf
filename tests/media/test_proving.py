"""What is read back from a medium: every fault named, with patient and series; the profile too."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

from dicomdir_studio.errors import OperationCancelledError, StorageError
from dicomdir_studio.media.applying import with_profile
from dicomdir_studio.media.errors import MediumVerificationError
from dicomdir_studio.media.targets import iso_reading, write_folder, write_iso, write_zip
from dicomdir_studio.media.targets.proving import FaultyMediumError, Proof
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.standard.profiles import PROFILES

if TYPE_CHECKING:
    from dicomdir_studio.media.medium_plan import MediumPlan


WRITERS: dict[str, Any] = {"iso": write_iso, "zip": write_zip, "folder": write_folder}


def sums(plan: MediumPlan) -> dict[str, str]:
    """Return a sum for every file of a plan."""
    return {name: f"{number:064x}" for number, (name, _) in enumerate(plan.sizes())}


def test_faults_are_told_by_patient_and_series(sample_plan: MediumPlan) -> None:
    """A different, a vanished and a foreign file are named; the series says whose they are."""
    found = sums(sample_plan)
    different, gone = sample_plan.files[0].name, sample_plan.files[-1].name
    found[different] = "0" * 63 + "f"
    del found[gone]
    found["OTHER"] = "1"
    with pytest.raises(FaultyMediumError, match="not what was written") as caught:
        Proof("a.iso", sample_plan, None).prove(
            sums(sample_plan), found, sample_plan.dicomdir, Monitor()
        )
    faults = {fault.name: fault for fault in caught.value.faults}
    assert faults[different].what == "differs"
    assert faults[different].series == "Doe^Archibald, CR series 1"
    assert faults[gone].what == "is gone"
    assert faults[gone].series.startswith("Doe^Peter, MR series")
    assert faults["OTHER"] == ("OTHER", "is not ours", "")
    assert different in str(caught.value)
    assert "Doe^Archibald" in str(caught.value)
    assert caught.value.remedy is not None
    assert "write it anew" in caught.value.remedy


def test_a_record_without_its_file_is_a_fault(sample_plan: MediumPlan) -> None:
    """A DICOMDIR that references what is not there is not handed out."""
    short = replace(sample_plan, files=sample_plan.files[1:])
    with pytest.raises(FaultyMediumError, match=f"{sample_plan.files[0].name} is referenced"):
        Proof("a", short, None).prove(sums(short), sums(short), short.dicomdir, Monitor())


@pytest.mark.parametrize("target", ["iso", "zip", "folder"])
def test_the_profile_is_judged_by_what_was_read_back(
    target: str, sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """A medium whose DICOMDIR lacks the profile's keys is told, and gets no name."""
    profile = PROFILES["STD-GEN-DVD-JPEG"]
    out = tmp_path / "o" / "medium"
    out.parent.mkdir()
    with pytest.raises(MediumVerificationError, match="does not conform to STD-GEN-DVD-JPEG"):
        WRITERS[target](sample_plan, out, profile=profile)
    assert target == "folder" or not list(out.parent.iterdir())
    plan = with_profile(sample_plan, profile, tmp_path, monitor=Monitor())
    assert WRITERS[target](plan, tmp_path / "again", profile=profile).verified


class BadSector:
    """A file of which one place cannot be read."""

    def __init__(self, path: str, mode: str, place: int) -> None:
        self._file = Path(path).open(mode)  # noqa: SIM115
        self._place = place

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        """Give everything else of the file."""
        return getattr(self._file, name)

    def read(self, size: int = -1) -> bytes:
        """Read, unless the bad sector is met."""
        start = self._file.tell()
        if size < 0 or start <= self._place < start + size:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        data: bytes = self._file.read(size)
        return data


def test_a_bad_sector_of_an_image_names_the_file(
    sample_plan: MediumPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place that cannot be read back is a fault of one instance; no image gets the name."""
    good = tmp_path / "good.iso"
    write_iso(sample_plan, good)
    victim = sample_plan.files[7]
    place = good.read_bytes().index(Path(victim.source).read_bytes())
    monkeypatch.setattr(
        iso_reading, "open", lambda path, mode: BadSector(path, mode, place + 700), raising=False
    )
    out = tmp_path / "o"
    out.mkdir()
    with pytest.raises(FaultyMediumError, match="Input/output error") as caught:
        write_iso(sample_plan, out / "a.iso")
    (fault,) = caught.value.faults
    assert fault.name == victim.name
    assert fault.series.startswith("Doe^")
    assert not list(out.iterdir())


def test_a_bad_directory_of_an_image_is_told(
    sample_plan: MediumPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where not even the names can be read back, the image is named and goes."""
    monkeypatch.setattr(
        iso_reading, "open", lambda path, mode: BadSector(path, mode, 16 * 2048), raising=False
    )
    with pytest.raises(StorageError):
        write_iso(sample_plan, tmp_path / "a.iso")
    assert not list(tmp_path.glob("*a.iso*"))


class StopAt(Monitor):
    """Cancels at a certain look."""

    def __init__(self, look: int) -> None:
        self.looks, self._look = 0, look

    def check(self) -> None:
        """Cancel."""
        self.looks += 1
        if self.looks == self._look:
            raise OperationCancelledError


@pytest.mark.parametrize("target", ["iso", "zip", "folder"])
def test_cancelled_at_any_look_nothing_is_left(
    target: str, sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """Wherever the person cancels, no medium has the name, and the sources are whole."""
    before = {file.source: Path(file.source).read_bytes() for file in sample_plan.files}
    counting = StopAt(0)
    WRITERS[target](sample_plan, tmp_path / "whole", monitor=counting)
    assert counting.looks > 30
    out = tmp_path / "o"
    out.mkdir()
    cancelled = 0
    for look in range(1, counting.looks + 1, max(1, counting.looks // 25)):
        path = out / "medium"
        try:
            WRITERS[target](sample_plan, path, monitor=StopAt(look))
        except OperationCancelledError:
            cancelled += 1
        # A folder that was whole before it was read back stays; nothing half-made ever does.
        left = [found for found in out.rglob("*") if found.is_file()]
        if left:
            assert target == "folder"
            names = {found.relative_to(path).as_posix() for found in left}
            assert names == {name for name, _ in sample_plan.sizes()}
            shutil.rmtree(path)
    assert cancelled > 20
    assert before == {file.source: Path(file.source).read_bytes() for file in sample_plan.files}
