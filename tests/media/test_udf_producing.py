"""Media of BD and DVD-RAM profiles, from a File-set to an image that opens again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.capacity import Container
from dicomdir_studio.media.conformance import fit_profiles
from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.pdi import Publisher
from dicomdir_studio.media.producing import prepare, produce
from dicomdir_studio.media.reading import open_medium
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.standard.media import MEDIA, FileSystem
from dicomdir_studio.standard.profiles import PROFILES
from tests.folders import files_below
from tests.media.udf_images import by_7zip

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges import Judges

PURE = [
    (one.identifier, one.medium)
    for one in PROFILES.values()
    if FileSystem.UDF in MEDIA[one.medium].file_systems
    and FileSystem.ISO9660 not in MEDIA[one.medium].file_systems
    and not one.is_secure
]


@pytest.mark.parametrize(("profile", "medium"), PURE)
def test_every_profile_without_iso_9660_has_its_revision(profile: str, medium: str) -> None:
    """BD has UDF 2.50, DVD-RAM 1.50; both are images and can be counted as such."""
    container = {"BD": Container.UDF_2_50, "DVD-RAM": Container.UDF_1_50}[medium]
    assert Order("a.iso", PROFILES[profile]).container is container


@pytest.mark.parametrize(
    ("profile", "revision", "version"),
    [
        ("STD-GEN-BD-JPEG", None, "2.50"),
        ("STD-GEN-BD-JPEG", Revision.UDF_2_60, "2.60"),
        ("STD-GEN-DVD-RAM", None, "1.50"),
        ("STD-GEN-DVD-JPEG", Revision.UDF_1_50, "1.50"),
    ],
)
def test_a_disc_for_the_patient(
    profile: str,
    revision: Revision | None,
    version: str,
    sample_set: FileSet,
    tmp_path: Path,
    judges: Judges,
) -> None:
    """Profile, pages and image together fit profile and judges, and the program opens it."""
    out, scratch = tmp_path / "a.iso", tmp_path / "scratch"
    scratch.mkdir()
    order = Order(
        str(out),
        PROFILES[profile],
        capacity=4_580_769_792,
        publisher=Publisher("Clinic"),
        has_pages=True,
        udf_only=revision,
    )
    production = prepare(sample_set, order, scratch)
    (plan,) = production.span.plans
    (receipt,) = produce(production)
    assert receipt.verified
    assert receipt.bytes == production.bytes_of(plan) == out.stat().st_size
    assert f"Version = {version}" in judges.ask("7z", "l", "-tUdf", out).words
    folder = by_7zip(judges, out, tmp_path / "x")
    assert files_below(folder) == receipt.digests
    judges.accept(folder, instances=31)
    assert fit_profiles(plan_medium(FileSet(folder / "DICOMDIR")))[profile].fits
    with open_medium(out) as medium:
        assert not medium.unread
        (dicomdir,) = medium.dicomdirs
        assert len(FileSet(dicomdir)) == 31


@pytest.mark.parametrize(
    ("profile", "revision", "joliet", "why"),
    [
        ("STD-GEN-BD", Revision.UDF_1_50, False, "it has UDF 2.5 or 2.6"),
        ("STD-GEN-DVD-RAM", Revision.UDF_2_50, False, "it has UDF 1.5"),
        ("STD-GEN-DVD-JPEG", Revision.UDF_2_60, False, "it has UDF 1.02 or 1.5"),
        ("STD-GEN-CD", Revision.UDF_1_50, False, "it has no UDF"),
        ("STD-GEN-BD", None, True, "no Joliet"),
        (None, Revision.UDF_2_50, True, "no Joliet"),
    ],
)
def test_a_file_system_that_the_medium_does_not_take_is_refused(
    profile: str | None,
    revision: Revision | None,
    joliet: bool,
    why: str,
    sample_set: FileSet,
    tmp_path: Path,
) -> None:
    """The profile's media have their revisions of UDF, and UDF alone has no Joliet."""
    order = Order(
        str(tmp_path / "a.iso"),
        PROFILES[profile] if profile else None,
        joliet=joliet,
        udf_only=revision,
    )
    with pytest.raises(UnfitForMediumError, match=why):
        prepare(sample_set, order, tmp_path)


def test_a_set_of_images_is_divided_to_the_sector(large_set: FileSet, tmp_path: Path) -> None:
    """Discs of UDF alone hold no more than they can, each a File-set of its own."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    order = Order(
        str(tmp_path / "a.iso"), capacity=1_600_000, is_spanned=True, udf_only=Revision.UDF_2_50
    )
    receipts = produce(prepare(large_set, order, scratch))
    assert len(receipts) > 1
    for receipt in receipts:
        assert receipt.bytes <= 1_600_000
        with open_medium(receipt.path) as medium:
            assert len(medium.dicomdirs) == 1
