"""Sticks and cards of any system: checked against a profile, and erased when it is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.volumes import VolumeError, check_volume, format_volume
from dicomdir_studio.media.volumes.volume import fat_for, fat_of
from dicomdir_studio.standard.media import FileSystem
from dicomdir_studio.standard.profiles import PROFILES
from tests.media.sticks import STICK, FakeSystem


@pytest.mark.parametrize(
    ("clusters", "system"),
    [
        (4_084, FileSystem.FAT12),
        (4_085, FileSystem.FAT16),
        (65_524, FileSystem.FAT16),
        (65_525, FileSystem.FAT32),
    ],
)
def test_the_number_of_clusters_says_which_fat(clusters: int, system: FileSystem) -> None:
    """Nothing else decides it."""
    assert fat_of(clusters) is system


@pytest.mark.parametrize("name", ["exfat", "ntfs", "ext4", "apfs", ""])
def test_other_file_systems_are_refused_for_a_profile(name: str) -> None:
    """The profile's file systems are named with the clause; without a profile it is a note."""
    other = replace(STICK, file_system=None, file_system_name=name)
    with pytest.raises(UnfitForMediumError, match=r"FAT16 or FAT32, PS3\.12 R"):
        check_volume(other, PROFILES["STD-GEN-USB-JPEG"])
    (note,) = check_volume(other)
    assert name in note


def test_the_file_system_of_the_profile_is_taken() -> None:
    """FAT32 for USB, not for SD cards, which have FAT16."""
    assert check_volume(STICK, PROFILES["STD-GEN-USB-JPEG"]) == []
    assert check_volume(STICK) == []
    with pytest.raises(UnfitForMediumError, match=r"requires FAT16, PS3\.12 U"):
        check_volume(STICK, PROFILES["STD-GEN-SD-JPEG"])
    assert "not a profile of sticks" in check_volume(STICK, PROFILES["STD-GEN-CD"])[0]
    fuse = replace(STICK, file_system=None, file_system_name="fuse.fusefat")
    assert "of an unknown FAT type" in check_volume(fuse, PROFILES["STD-GEN-USB-JPEG"])[0]


@pytest.mark.parametrize(
    ("capacity", "profile", "system"),
    [
        (8_000_000_000, None, FileSystem.FAT32),
        (8_000_000_000, "STD-GEN-USB-JPEG", FileSystem.FAT32),
        (1_000_000_000, "STD-GEN-SD-JPEG", FileSystem.FAT16),
        (10_000_000, None, FileSystem.FAT16),
        (100_000_000, None, FileSystem.FAT32),
    ],
)
def test_a_stick_gets_the_fat_that_fits(
    capacity: int, profile: str | None, system: FileSystem
) -> None:
    """By size and profile."""
    volume = replace(STICK, capacity=capacity)
    assert fat_for(volume, PROFILES[profile] if profile else None) is system


def test_a_card_too_large_for_its_profile_is_told() -> None:
    """FAT16 ends at 2 GiB."""
    with pytest.raises(UnfitForMediumError, match="too large for FAT16"):
        fat_for(STICK, PROFILES["STD-GEN-SD-JPEG"])


@pytest.mark.parametrize("typed", ["", "stick", "STICK ", "/dev/sdb1", "sdb1", "yes"])
def test_nothing_is_erased_unless_the_name_is_typed(typed: str) -> None:
    """Only the very name of the volume erases it."""
    system = FakeSystem(STICK)
    with pytest.raises(VolumeError, match="Nothing was erased"):
        format_volume(system, STICK, typed=typed, label="X")
    assert system.done == []


def test_only_the_volume_that_was_shown_is_erased() -> None:
    """Another stick at the same place, none, or an inner disk is not touched."""
    for there in ((), (replace(STICK, label="OTHER"),), (replace(STICK, capacity=1),)):
        system = FakeSystem(*there)
        with pytest.raises(VolumeError, match="not the one that was shown"):
            format_volume(system, STICK, typed="STICK", label="X")
        assert system.done == []
    inner = replace(STICK, is_removable=False)
    system = FakeSystem(inner)
    with pytest.raises(VolumeError, match="not one that can be taken out"):
        format_volume(system, inner, typed="STICK", label="X")
    assert system.done == []


def test_a_stick_is_formatted_with_the_file_set_id() -> None:
    """Eleven letters of it fit on a FAT volume (PS3.12 A)."""
    system = FakeSystem(STICK)
    made = format_volume(system, STICK, typed="STICK", label="Ward_4_archive")
    assert made is FileSystem.FAT32
    assert system.done == [("format", "/dev/sdb1", "WARD_4_ARCH", FileSystem.FAT32)]


def test_bytes_are_counted_in_the_clusters_of_the_stick() -> None:
    """The order takes cluster and free space from the stick."""
    small = replace(STICK, cluster=4096, mount_point="/")
    order = Order("/", capacity=10).on_stick(small)
    assert (order.cluster, order.capacity) == (4096, 10)
    assert Order("/").cluster == 32_768
