"""A File-set divided over several media."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.capacity import Container, usage
from dicomdir_studio.media.directory import numbered_id
from dicomdir_studio.media.errors import MediumTooSmallError
from dicomdir_studio.media.medium_plan import MediumPlan, plan_medium
from dicomdir_studio.media.packing import Packer, Unit
from dicomdir_studio.media.spanning import Room, Span, span
from dicomdir_studio.media.targets import write_folder, write_iso

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.judges import Judges

STUDY_OF_LARGE = 4 * 5 * 22_528
"""Bytes of the sectors of one study's files in the fixture."""


@pytest.fixture
def large_plan(large_set: FileSet) -> MediumPlan:
    """Plan 3 studies of 4 series of 5 images of 20 KB each."""
    return plan_medium(large_set)


def studies_on(plan: MediumPlan) -> set[str]:
    """Return the folders of the studies on a medium."""
    return {file.name.rpartition("/")[0].rpartition("/")[0] for file in plan.files}


def series_on(plan: MediumPlan) -> set[str]:
    """Return the folders of the series on a medium."""
    return {file.name.rpartition("/")[0] for file in plan.files}


def assert_whole(plan: MediumPlan, divided: Span, room: Room) -> None:
    """Fail unless every file is on one medium, each fits and has its own DICOMDIR."""
    names = [file.name for part in divided.plans for file in part.files]
    assert sorted(names) == sorted(file.name for file in plan.files)
    for number, part in enumerate(divided.plans, 1):
        assert usage(part.sizes(), room.container, cluster=room.cluster).total <= room.capacity
        assert set(part.directory().leaves) == {file.name for file in part.files}
        assert (part.number, part.of) in ((number, len(divided.plans)), (1, 1))


def test_what_fits_is_not_divided(large_plan: MediumPlan) -> None:
    """One medium that holds all keeps the plan as it is."""
    divided = span(large_plan, Room(usage(large_plan.sizes(), Container.ISO).total))
    assert divided.plans == (large_plan,)


def test_one_byte_less_is_divided(large_plan: MediumPlan) -> None:
    """One byte less than it takes makes two media."""
    room = Room(usage(large_plan.sizes(), Container.ISO).total - 1)
    divided = span(large_plan, room)
    assert len(divided.plans) == 2
    assert_whole(large_plan, divided, room)


def test_studies_are_kept_whole(large_plan: MediumPlan) -> None:
    """Media that hold one study each get one study each."""
    room = Room(int(STUDY_OF_LARGE * 1.6))
    divided = span(large_plan, room)
    assert [len(studies_on(part)) for part in divided.plans] == [1, 1, 1]
    assert divided.divided_studies == divided.divided_series == ()
    assert_whole(large_plan, divided, room)


def test_series_of_a_large_study_are_kept_whole(large_plan: MediumPlan) -> None:
    """Media smaller than a study hold whole series; the studies are named."""
    room = Room(STUDY_OF_LARGE // 2 + 150_000)
    divided = span(large_plan, room)
    owners = [name for part in divided.plans for name in series_on(part)]
    assert len(owners) == len(set(owners)) == 12
    assert len(divided.divided_studies) == 3
    assert divided.divided_series == ()
    assert_whole(large_plan, divided, room)


def test_a_series_larger_than_a_medium_is_divided_and_said_so(large_plan: MediumPlan) -> None:
    """Media smaller than a series divide it by instances, in order."""
    room = Room(usage(large_plan.sizes(), Container.ISO).structure + 3 * 22_528)
    divided = span(large_plan, room)
    assert len(divided.divided_series) == 12
    assert_whole(large_plan, divided, room)


def test_an_instance_larger_than_a_medium_is_named(large_plan: MediumPlan) -> None:
    """A medium that does not hold one instance is refused, with both numbers."""
    with pytest.raises(MediumTooSmallError, match=r"0_0_0.dcm .* the medium holds 50,000"):
        span(large_plan, Room(50_000))


def test_each_medium_is_a_file_set_of_its_own(
    large_plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """Each has its number in the File-set ID, its own UID, and passes the judges."""
    room = Room(int(STUDY_OF_LARGE * 1.6))
    uids = set()
    divided = span(large_plan, room)
    for part in divided.plans:
        folder = tmp_path / str(part.number)
        write_folder(part, folder)
        judges.accept(folder, instances=20)
        directory = dcmread(folder / "DICOMDIR")
        assert directory.FileSetID == f"LARGE_{part.number}OF3" == part.file_set_id
        uids.add(directory.file_meta.MediaStorageSOPInstanceUID)
        loaded = FileSet(folder / "DICOMDIR")
        assert not loaded.findings
        assert not loaded.missing
    assert len(uids) == 3


def test_images_of_a_spanned_set_fit_to_the_sector(large_plan: MediumPlan, tmp_path: Path) -> None:
    """What was counted for each disc is what its image takes."""
    room = Room(STUDY_OF_LARGE)
    for part in span(large_plan, room).plans:
        receipt = write_iso(part, tmp_path / f"{part.number}.iso")
        assert receipt.bytes <= room.capacity


def test_the_division_is_the_same_every_time(large_plan: MediumPlan) -> None:
    """The same plan and room give the same media, DICOMDIR included."""
    room = Room(STUDY_OF_LARGE)
    sums = {
        hashlib.sha256(b"".join(part.dicomdir for part in span(large_plan, room).plans)).digest()
        for _ in range(3)
    }
    assert len(sums) == 1


def test_there_is_room_for_what_lies_beside(large_plan: MediumPlan) -> None:
    """Further files that come with each instance are counted."""
    room = Room(STUDY_OF_LARGE)
    divided = span(
        large_plan, room, beside=lambda names: [(f"X/{i}", 9000) for i, _ in enumerate(names)]
    )
    for part in divided.plans:
        files = [*part.sizes(), *((f"X/{i}", 9000) for i in range(len(part.files)))]
        assert usage(files, Container.ISO).total <= room.capacity


@pytest.mark.parametrize(
    ("identifier", "number", "of", "expected"),
    [
        ("HEAD_CT", 1, 3, "HEAD_CT_1OF3"),
        ("A_VERY_LONG_NAME", 12, 13, "A_VERY_LO_12OF13"),
        ("", 2, 3, "2OF3"),
        ("as it is!", 1, 1, "AS_IT_IS_"),
    ],
)
def test_the_number_is_in_the_file_set_id(
    identifier: str, number: int, of: int, expected: str
) -> None:
    """At most 16 of A-Z, 0-9 and underscore."""
    assert numbered_id(identifier, number, of) == expected


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_any_sizes_are_divided_whole(large_plan: MediumPlan, data: st.DataObject) -> None:
    """Whatever the sizes, room and container, nothing is lost and every medium fits."""
    sizes = data.draw(st.lists(st.integers(0, 90_000), min_size=60, max_size=60))
    files = tuple(
        replace(file, size=size) for file, size in zip(large_plan.files, sizes, strict=True)
    )
    plan = replace(large_plan, files=files)
    container = data.draw(st.sampled_from(list(Container)))
    room = Room(data.draw(st.integers(700_000, 6_000_000)), container, 4096)
    try:
        divided = span(plan, room)
    except MediumTooSmallError:
        assert container.has_udf  # its fixed structure alone is more than half a megabyte
        return
    assert_whole(plan, divided, room)
    if not divided.divided_studies:
        owners = [name for part in divided.plans for name in studies_on(part)]
        assert len(owners) == len(set(owners))


@pytest.mark.parametrize("container", [one for one in Container if one is not Container.FOLDER])
@pytest.mark.parametrize("size", [0, 1_000, 2_049, 20_000])
def test_what_is_rounded_up_fits(large_plan: MediumPlan, container: Container, size: int) -> None:
    """Where a medium is full to the last sector, what is shared and rounded up has room too."""
    plan = replace(large_plan, files=tuple(replace(one, size=size) for one in large_plan.files))
    whole = usage(plan.sizes(), container, cluster=4096).total
    divided = 0
    for capacity in range(whole // 3, whole, max(whole // 60, 2_048)):
        room = Room(capacity, container, 4096)
        try:
            media = span(plan, room)
        except MediumTooSmallError:
            continue
        assert_whole(plan, media, room)
        divided += len(media.plans) > 1
    assert divided


def fewest(sizes: list[int], room: int) -> int:
    """Return the fewest bins for some sizes, found by trying every assignment."""
    for count in range(1, len(sizes) + 1):
        for bins in itertools.product(range(count), repeat=len(sizes)):
            loads = [0] * count
            for size, place in zip(sizes, bins, strict=True):
                loads[place] += size
            if max(loads) <= room:
                return count
    return len(sizes)


def never_asked(places: Sequence[int]) -> int:
    """Stand for a count that bounds which are exact never need."""
    raise AssertionError(places)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_the_fewest_media_are_found(sizes: list[int]) -> None:
    """For a handful of units no assignment needs fewer media."""
    units = [Unit((str(place),), size, size) for place, size in enumerate(sizes)]
    packed = Packer(units, 50, never_asked).pack()
    assert len(packed) == fewest(sizes, 50)
    assert sorted(itertools.chain(*packed)) == list(range(len(sizes)))


def test_best_fit_decreasing_is_bettered() -> None:
    """Where the plain rule needs one medium more, the search finds the better way."""
    sizes = [44, 24, 24, 22, 21, 17, 8, 8, 6, 6]
    assert sum(sizes) == 180
    units = [Unit((str(place),), size, size) for place, size in enumerate(sizes)]
    assert len(Packer(units, 61, never_asked).pack()) == 3


def test_very_many_units_end_soon() -> None:
    """A thousand units are packed without trying everything."""
    units = [Unit((str(place),), 10 + place % 37, 10 + place % 37) for place in range(1000)]
    packed = Packer(units, 100, never_asked).pack()
    assert len(packed) <= 1.25 * sum(unit.most for unit in units) / 100


def test_units_of_unsure_size_are_counted_together() -> None:
    """Where bounds do not tell, what units take together does, also for a medium filled so far."""
    units = [Unit((str(place),), 10, 14) for place in range(20)]
    packed = Packer(units, 100, lambda places: 10 * len(places)).pack()
    assert [len(places) for places in packed] == [10, 10]


def test_counting_ends_however_many_units_there_are() -> None:
    """Ten thousand units of unsure size ask for counts of a bounded number of files."""
    counted: list[int] = []

    def measured(places: Sequence[int]) -> int:
        counted.append(len(places))
        return 10 * len(places)

    units = [Unit((str(place),), 1, 20) for place in range(10_000)]
    packed = Packer(units, 50_000, measured).pack()
    assert sorted(itertools.chain(*packed)) == list(range(10_000))
    assert all(10 * len(places) <= 50_000 for places in packed)
    assert sum(counted) <= 100_000
