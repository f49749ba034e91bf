"""Media, discs and what IHE asks of them."""

from __future__ import annotations

import pytest

from dicomdir_studio.standard import pdi
from dicomdir_studio.standard.media import DISCS, MEDIA, FileSystem, Medium
from dicomdir_studio.standard.profiles import PROFILES


@pytest.mark.parametrize(
    ("name", "capacity"),
    [
        ("CD-74", 681_984_000),
        ("CD-80", 737_280_000),
        ("DVD+R", 4_700_372_992),
        ("DVD-R", 4_707_319_808),
        ("DVD+R DL", 8_547_991_552),
        ("DVD-R DL", 8_543_666_176),
        ("DVD-RAM", 4_580_769_792),
        ("BD-25", 25_025_314_816),
        ("BD-50", 50_050_629_632),
        ("BD-100", 100_103_356_416),
        ("BD-128", 128_001_769_472),
    ],
)
def test_capacity_is_exact(name: str, capacity: int) -> None:
    """Bytes of a blank disc are known to the last one."""
    assert DISCS[name].capacity == capacity


def test_every_disc_is_tested_and_belongs_to_its_medium() -> None:
    """Discs and media name each other."""
    assert len(DISCS) == 11
    assert {disc.medium for disc in DISCS.values()} == {"CD-R", "DVD", "DVD-RAM", "BD"}
    for disc in DISCS.values():
        assert disc.name in MEDIA[disc.medium].discs


@pytest.mark.parametrize("medium", MEDIA.values(), ids=MEDIA.keys())
def test_medium_is_sound(medium: Medium) -> None:
    """A medium has an annex and a file system, and versions of UDF only with UDF."""
    assert medium.file_systems
    assert medium.clause.startswith("PS3.12 ")
    assert (FileSystem.UDF in medium.file_systems) == bool(medium.udf_versions)


def test_every_medium_but_the_plain_zip_has_a_profile() -> None:
    """No medium is there for nothing."""
    assert {profile.medium for profile in PROFILES.values()} == set(MEDIA) - {"ZIP"}


def test_flash_cards_differ_in_their_file_systems() -> None:
    """SD and MMC are FAT16 alone, USB and CompactFlash may be FAT32."""
    assert MEDIA["SD"].file_systems == MEDIA["MMC"].file_systems == (FileSystem.FAT16,)
    assert FileSystem.FAT32 in MEDIA["USB"].file_systems
    assert FileSystem.FAT32 in MEDIA["CF"].file_systems


def test_pdi_names_are_short_and_reserved() -> None:
    """The names that IHE gives a meaning are themselves readable everywhere."""
    assert all(pdi.is_short_name(name) for name in pdi.RESERVED_NAMES)
    assert {pdi.README, pdi.INDEX, pdi.WEB_DIRECTORY, "DICOMDIR"} == pdi.RESERVED_NAMES


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("VIEWER.EXE", True),
        ("README.TXT", True),
        ("A", True),
        ("AUTORUN.INF", True),
        ("", False),
        (".HTM", False),
        ("A.", False),
        ("A.HTML", False),
        ("LONGNAMES.TXT", False),
        ("index.htm", False),
        ("A.B.C", False),
        ("A.TXT\n", False),
        ("MY FILE.TXT", False),
    ],
)
def test_short_names(name: str, expected: bool) -> None:
    """Names of other content keep the 8.3 form of ISO 9660 Level 1."""
    assert pdi.is_short_name(name) is expected
