"""Sticks written on a real FAT file system in user space, pulled out, and put in again."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import StorageError
from dicomdir_studio.media.errors import MediumVerificationError
from dicomdir_studio.media.medium_plan import MediumFile, MediumPlan
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.producing import prepare, produce
from dicomdir_studio.media.targets import write_stick
from dicomdir_studio.media.volumes import VolumeError, free_on, stick_at, volumes_here
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.standard.profiles import PROFILES
from dicomdir_studio.storage import NameClashError, NoSpaceError
from tests.media.sticks import STICK, FakeSystem
from tests.plugging import plugged_in, unmounted

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from dicomdir_studio.fileset import FileSet
    from tests.judges import Judges


@pytest.fixture
def stick(tmp_path: Path, judges: Judges) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """Mount a stick of 16 MiB with FAT16 by fusefat; killing that is pulling the stick."""
    image, folder = tmp_path / "stick.img", tmp_path / "STICK"
    with image.open("wb") as out:
        out.truncate(16 << 20)
    assert judges.ask("mkfs.vfat", "-F", "16", "-n", "STICK", image).code == 0
    folder.mkdir()
    if not os.access("/dev/fuse", os.W_OK):
        pytest.skip("this machine lets nobody mount")
    with plugged_in(image, folder, judges) as process:
        yield folder, process


@pytest.fixture
def fat(stick: tuple[Path, subprocess.Popen[bytes]]) -> Path:
    """Give the root of a mounted stick."""
    return stick[0]


def test_a_stick_is_written_and_nothing_of_others_erased(
    sample_set: FileSet, fat: Path, tmp_path: Path, judges: Judges
) -> None:
    """The File-set lies beside what was there, verified, and the FAT is whole afterwards."""
    (fat / "LETTER.TXT").write_bytes(b"theirs")
    volume = stick_at(fat)
    assert volume is not None
    order = Order(str(fat), PROFILES["STD-GEN-USB-JPEG"]).on_stick(volume)
    assert order.capacity == free_on(volume)
    (receipt,) = produce(prepare(sample_set, order, tmp_path))
    assert receipt.verified
    assert (fat / "LETTER.TXT").read_bytes() == b"theirs"
    shutil.copytree(fat, tmp_path / "copy")
    judges.accept(tmp_path / "copy", instances=31)
    with pytest.raises(NameClashError, match="already a File-set in the folder"):
        produce(prepare(sample_set, order, tmp_path))
    assert volumes_here().eject(volume)
    assert not os.path.ismount(fat)
    verdict = judges.ask("fsck.vfat", "-n", tmp_path / "stick.img")
    assert verdict.code == 0, verdict.words


def test_what_does_not_fit_is_refused_before(
    sample_plan: MediumPlan, fat: Path, tmp_path: Path
) -> None:
    """The room that is left now counts, not the size of the stick."""
    volume = stick_at(fat)
    assert volume is not None
    big = tmp_path / "big"
    with big.open("wb") as out:
        out.truncate(20 << 20)
    status = big.stat()
    extra = MediumFile(str(big), "BIG", status.st_size, status.st_mtime_ns)
    plan = sample_plan.with_extras([extra])
    before = sorted(fat.iterdir())
    with pytest.raises(NoSpaceError, match="Nothing was written"):
        write_stick(plan, volume)
    assert sorted(fat.iterdir()) == before


@pytest.mark.parametrize("moment", [1, 3, 20, 33])
def test_a_stick_that_is_pulled_is_told(
    moment: int,
    sample_plan: MediumPlan,
    stick: tuple[Path, subprocess.Popen[bytes]],
    tmp_path: Path,
    judges: Judges,
) -> None:
    """Taken out at any moment: a clear error, and no DICOMDIR that names what is not there."""
    folder, process = stick
    volume = stick_at(folder)
    assert volume is not None

    class Pulling(Monitor):
        files = 0

        def advance(self, amount: int = 1, detail: str = "") -> None:
            self.files += 1
            if self.files == moment:
                process.kill()
                process.wait()

    with pytest.raises((StorageError, MediumVerificationError)) as caught:
        write_stick(sample_plan, volume, monitor=Pulling())
    assert str(folder) in str(caught.value)
    assert caught.value.remedy
    unmounted(folder)
    assert list(folder.iterdir()) == []
    with pytest.raises(VolumeError, match="was removed"):
        write_stick(sample_plan, volume)
    found = tmp_path / "found"
    assert judges.ask("7z", "x", f"-o{found}", tmp_path / "stick.img").code == 0
    if (found / "DICOMDIR").exists():
        for file in sample_plan.files:
            assert (found / file.name).read_bytes() == Path(file.source).read_bytes()
        return
    # Put in again, it is tidied up and written.
    with plugged_in(tmp_path / "stick.img", folder, judges):
        again = stick_at(folder)
        assert again is not None
        assert write_stick(sample_plan, again).verified


def test_another_stick_in_its_place_is_not_written(sample_plan: MediumPlan) -> None:
    """A stick that was changed since it was chosen is an error."""
    system = FakeSystem(replace(STICK, device="/dev/sdc1"))
    with pytest.raises(VolumeError, match="was removed"):
        write_stick(sample_plan, STICK, system=system)
    assert system.done == []
