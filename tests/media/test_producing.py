"""Media prepared and written: profile, medium, pages and division together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import StorageError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.capacity import Container
from dicomdir_studio.media.conformance import fit_profiles
from dicomdir_studio.media.errors import MediumTooSmallError, UnfitForMediumError
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.media.orders import Order, Target
from dicomdir_studio.media.pdi import Publisher
from dicomdir_studio.media.producing import ProfileNotMetError, prepare, produce
from dicomdir_studio.standard.profiles import PROFILES
from dicomdir_studio.storage import NameClashError, NoSpaceError

if TYPE_CHECKING:
    from tests.judges import Judges


@pytest.mark.parametrize(
    ("path", "target"),
    [("a.iso", Target.ISO), ("a.ISO", Target.ISO), ("b.zip", Target.ZIP), ("c", Target.FOLDER)],
)
def test_the_suffix_says_the_target(path: str, target: Target) -> None:
    """An .iso is an image, a .zip a ZIP file, all else a folder."""
    assert Target.of(path) is target


@pytest.mark.parametrize(
    ("profile", "out", "container"),
    [
        ("STD-GEN-DVD-JPEG", "a.iso", Container.ISO_UDF),
        ("STD-GEN-CD", "a.iso", Container.ISO),
        ("STD-GEN-BD", "a.iso", Container.UDF_2_50),
        ("STD-GEN-DVD-RAM", "a.iso", Container.UDF_1_50),
        ("STD-GEN-BD", "a", Container.FOLDER),
        ("STD-GEN-USB-JPEG", "a", Container.FAT),
        ("STD-GEN-CD", "a", Container.FOLDER),
        ("STD-GEN-ZIP-MAIL", "a.zip", Container.ZIP),
    ],
)
def test_the_profile_says_what_holds_it(profile: str, out: str, container: Container) -> None:
    """DVDs are bridges, BD and DVD-RAM have UDF alone, sticks have clusters."""
    assert Order(out, PROFILES[profile]).container is container


@pytest.mark.parametrize(
    ("profile", "out"),
    [
        ("STD-GEN-BD", "a.zip"),
        ("STD-GEN-USB-JPEG", "a.iso"),
        ("STD-GEN-CD", "a.zip"),
        ("STD-GEN-ZIP-MAIL", "a"),
        ("STD-GEN-SEC-CD", "a.iso"),
        ("STD-GEN-MIME", "a"),
    ],
)
def test_a_profile_has_its_targets(
    profile: str, out: str, sample_set: FileSet, scratch: Path
) -> None:
    """A profile is not written to what its medium is not."""
    with pytest.raises(UnfitForMediumError, match="is not written to"):
        prepare(sample_set, Order(out, PROFILES[profile]), scratch)


def test_a_profile_that_does_not_fit_is_refused(sample_set: FileSet, scratch: Path) -> None:
    """The error has all that stands in the way."""
    with pytest.raises(ProfileNotMetError, match="STD-XABC-CD does not allow") as caught:
        prepare(sample_set, Order("a.iso", PROFILES["STD-XABC-CD"]), scratch)
    assert len(caught.value.fit.obstacles) == 3


def test_a_dvd_for_the_patient(
    sample_set: FileSet, scratch: Path, tmp_path: Path, judges: Judges
) -> None:
    """Profile, pages and image together; what is on it fits the profile and the judges."""
    out = tmp_path / "a.iso"
    order = Order(
        str(out),
        PROFILES["STD-GEN-DVD-JPEG"],
        capacity=4_700_372_992,
        publisher=Publisher("Clinic"),
        has_pages=True,
    )
    production = prepare(sample_set, order, scratch)
    (plan,) = production.span.plans
    (receipt,) = produce(production)
    assert receipt.verified
    assert receipt.bytes == production.bytes_of(plan) == out.stat().st_size
    verdict = judges.ask(
        "xorriso", "-osirrox", "on", "-indev", out, "-extract", "/", tmp_path / "x"
    )
    assert verdict.code == 0
    judges.ask("chmod", "-R", "u+rwX", tmp_path / "x")
    judges.accept(tmp_path / "x", instances=31)
    read = FileSet(tmp_path / "x" / "DICOMDIR")
    assert fit_profiles(plan_medium(read))["STD-GEN-DVD-JPEG"].fits
    assert (tmp_path / "x" / "INDEX.HTM").is_file()


@pytest.mark.parametrize("name", ["out.iso", "out.zip", "out"])
def test_a_spanned_set(name: str, large_set: FileSet, scratch: Path, tmp_path: Path) -> None:
    """Each medium has its number in its name and holds no more than it can."""
    order = Order(
        str(tmp_path / name),
        capacity=1_000_000,
        is_spanned=True,
        publisher=Publisher(),
        has_pages=True,
    )
    production = prepare(large_set, order, scratch)
    receipts = produce(production)
    count = len(receipts)
    assert count in (2, 3)
    stem, suffix = Path(name).stem, Path(name).suffix
    for number, receipt in enumerate(receipts, 1):
        assert Path(receipt.path).name == f"{stem}_{number}OF{count}{suffix}"
        assert receipt.bytes <= 1_000_000
        assert production.labels[number - 1][-1] == f"{number} of {count}"


def test_what_does_not_fit_is_told(large_set: FileSet, scratch: Path) -> None:
    """Without spanning, too much content is an error with both numbers."""
    with pytest.raises(MediumTooSmallError, match="the medium holds 1,000,000"):
        prepare(large_set, Order("a.iso", capacity=1_000_000), scratch)


def test_room_for_the_whole_set_is_known_before(
    large_set: FileSet, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk does not hold all discs, not even the first is written."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("", (), {"free": 1_100_000})())
    order = Order(str(tmp_path / "a.iso"), capacity=1_000_000, is_spanned=True)
    with pytest.raises(NoSpaceError, match="1,100,000 are free"):
        produce(prepare(large_set, order, scratch))
    assert not list(tmp_path.glob("a_*"))


def test_a_folder_that_is_not_there_is_told(large_set: FileSet, scratch: Path) -> None:
    """An image in a folder that does not exist is an error that names it."""
    with pytest.raises(StorageError, match="nowhere"):
        produce(prepare(large_set, Order("/nowhere/a.iso"), scratch))


def test_a_taken_name_is_known_before(large_set: FileSet, scratch: Path, tmp_path: Path) -> None:
    """If the second disc's name is taken, the first is not written either."""
    (tmp_path / "a_2OF2.iso").write_bytes(b"theirs")
    order = Order(str(tmp_path / "a.iso"), capacity=1_000_000, is_spanned=True)
    with pytest.raises(NameClashError):
        produce(prepare(large_set, order, scratch))
    assert not (tmp_path / "a_1OF2.iso").exists()
    assert (tmp_path / "a_2OF2.iso").read_bytes() == b"theirs"
