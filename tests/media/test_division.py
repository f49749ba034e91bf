"""A division over media altered by hand before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread

from dicomdir_studio.media.capacity import Container, usage
from dicomdir_studio.media.errors import MediumTooSmallError, UnfitForMediumError
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.pdi import Publisher
from dicomdir_studio.media.producing import prepare, produce, redivided
from dicomdir_studio.media.spanning import Room, divide

if TYPE_CHECKING:
    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.media.division import Division
    from tests.judges import Judges

ONE_STUDY = int(4 * 5 * 22_528 * 1.6)
"""Bytes that hold one study of the fixture, but not two."""


@pytest.fixture
def division(large_set: FileSet) -> Division:
    """Divide 3 studies over three media of one study each."""
    return divide(plan_medium(large_set), Room(ONE_STUDY))


def test_the_contents_of_a_medium_are_its_series(division: Division) -> None:
    """Each medium tells its series with patient, study, bytes, and that they are whole."""
    assert len(division.shares) == 3
    for number in (1, 2, 3):
        portions = division.contents(number)
        assert [portion.series for portion in portions] == [f"Series {n}" for n in range(4)]
        assert {portion.study_uid for portion in portions} == {f"1.2.3.{number}"}
        assert all(portion.is_whole and len(portion.names) == 5 for portion in portions)
        assert sum(portion.bytes for portion in portions) < division.bytes[number - 1]
    assert not division.problems


def test_a_series_moves_to_another_medium(division: Division) -> None:
    """Its instances are there and nowhere else; both media are counted anew."""
    altered = division.moved(["1.2.3.1.2"], 3)
    assert [len(share) for share in altered.shares] == [15, 20, 25]
    assert altered.bytes[0] < division.bytes[0]
    assert altered.bytes[1] == division.bytes[1]
    assert altered.bytes[2] > division.bytes[2]
    assert altered.divided("StudyInstanceUID") == ("1.2.3.1",)
    assert altered.divided("SeriesInstanceUID") == ()


def test_what_makes_a_medium_too_full_is_said(division: Division) -> None:
    """A whole study more than fits is a problem with both numbers, and back again is none."""
    altered = division.moved(["1.2.3.1"], 2)
    assert [len(share) for share in altered.shares] == [40, 20]
    (problem,) = altered.problems
    assert problem.startswith("Disc 1 takes")
    assert f"{ONE_STUDY:,}" in problem
    assert altered.moved(["1.2.3.1"], 3).problems == ()


def test_a_new_medium_is_made_on_request(division: Division) -> None:
    """One more than there are makes a new medium."""
    altered = division.moved([division.shares[0][0]], 4)
    assert [len(share) for share in altered.shares] == [19, 20, 20, 1]
    assert not altered.contents(4)[0].is_whole
    assert altered.divided("SeriesInstanceUID") == ("1.2.3.1.1",)


@pytest.mark.parametrize(("what", "to"), [(["1.2.3.9"], 1), (["1.2.3.1"], 5), (["1.2.3.1"], 0)])
def test_what_is_not_there_is_not_moved(division: Division, what: list[str], to: int) -> None:
    """A study or medium that does not exist is an error that names it."""
    with pytest.raises(UnfitForMediumError, match="There is no"):
        division.moved(what, to)


def test_an_altered_division_is_written_as_shown(
    large_set: FileSet, tmp_path: Path, judges: Judges
) -> None:
    """The media hold what the person put on them, README and File-set ID counted anew."""
    order = Order(
        str(tmp_path / "out"), capacity=ONE_STUDY, is_spanned=True, publisher=Publisher("Clinic")
    )
    production = prepare(large_set, order, tmp_path)
    assert production.division is not None
    altered = redivided(production, production.division.moved(["1.2.3.2.1"], 4))
    receipts = produce(altered)
    assert [receipt.files for receipt in receipts] == [22, 17, 22, 7]
    for number, count in enumerate((20, 15, 20, 5), 1):
        folder = Path(receipts[number - 1].path)
        assert folder.name == f"out_{number}OF4"
        assert f"Disc {number} of 4" in (folder / "README.TXT").read_text("ascii")
        assert dcmread(folder / "DICOMDIR").FileSetID == f"LARGE_{number}OF4"
        (folder / "README.TXT").unlink()
        judges.accept(folder, instances=count)


def test_an_overfull_division_is_not_written(large_set: FileSet, tmp_path: Path) -> None:
    """The error says which medium and what to do."""
    order = Order(str(tmp_path / "out.iso"), capacity=ONE_STUDY, is_spanned=True)
    production = prepare(large_set, order, tmp_path)
    assert production.division is not None
    with pytest.raises(MediumTooSmallError, match=r"Disc 1 takes .*move a study"):
        redivided(production, production.division.moved(["1.2.3.1"], 2))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    moves=st.lists(
        st.tuples(st.integers(0, 2), st.one_of(st.none(), st.integers(0, 3)), st.integers(1, 9)),
        max_size=6,
    )
)
def test_any_moves_keep_every_instance_once(
    division: Division, moves: list[tuple[int, int | None, int]]
) -> None:
    """However things are moved, each is on one medium, counted as a plan of its own is."""
    altered = division
    for study, series, to in moves:
        uid = f"1.2.3.{study + 1}" + ("" if series is None else f".{series + 1}")
        altered = altered.moved([uid], min(to, len(altered.shares) + 1))
    names = [name for share in altered.shares for name in share]
    assert sorted(names) == sorted(name for share in division.shares for name in share)
    for plan, taken in zip(altered.plans(), altered.bytes, strict=True):
        assert usage(plan.sizes(), Container.ISO).total == taken
