"""Media proposed and made as a face does it, without a face."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.capacity import usage
from dicomdir_studio.media.papers.sheet import PaperFields
from dicomdir_studio.media.spanning import divide
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.session.making import dividing
from dicomdir_studio.session.making.maker import MediumMaker
from dicomdir_studio.session.making.making import steps_of, write_step
from dicomdir_studio.session.making.papers import label_paper, receipt_paper
from dicomdir_studio.session.making.profiles import narrowed
from dicomdir_studio.session.making.proposal import Place
from dicomdir_studio.session.making.recipients import preset_of, wish_of
from dicomdir_studio.session.making.report import (
    lines_of,
    manifest_digest,
    receipt_html,
    receipt_text,
    write_new,
)
from dicomdir_studio.session.making.wish import Goal, Wish
from dicomdir_studio.session.presets import BUILT_IN, Preset, contradictions
from dicomdir_studio.storage import NameClashError
from tests.media.samples import write_series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.media.division import Division
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.spanning import Room
    from tests.judges import Judges


@pytest.fixture
def maker(sample_dir: Path, tmp_path: Path) -> MediumMaker:
    """Look at pydicom's sample File-set (31 instances)."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    made = MediumMaker(FileSet(sample_dir / "DICOMDIR"), str(scratch))
    made.look(Monitor())
    return made


@pytest.fixture(scope="module")
def large() -> Iterator[MediumMaker]:
    """Look at 3 studies of 4 series of 2 CT images."""
    with tempfile.TemporaryDirectory() as folder:
        file_set = FileSet()
        file_set.ID = "LARGE"
        for study in range(3):
            for series in range(4):
                file_set.add_many(write_series(Path(folder), study, series, count=2, side=64))
        made = MediumMaker(file_set, folder)
        made.look(Monitor())
        yield made


def test_the_content_counts_every_instance_once(maker: MediumMaker, sample_dir: Path) -> None:
    """Patients, studies and series hold all files, each at its level once."""
    content = maker.look(Monitor())
    assert [branch.title for branch in content.branches] == ["Doe^Archibald", "Doe^Peter"]
    assert [len(branch.names) for branch in content.branches] == [7, 24]
    for patient in content.branches:
        for level in (patient.children, [one for s in patient.children for one in s.children]):
            names = [name for branch in level for name in branch.names]
            assert sorted(names) == sorted(patient.names)
            assert sum(branch.size for branch in level) == patient.size
    paths = [Path(one.path) for one in FileSet(sample_dir / "DICOMDIR")]
    assert sum(content.sizes.values()) == sum(path.stat().st_size for path in paths)


def test_a_part_of_the_content_knows_that_it_is_one(maker: MediumMaker) -> None:
    """What is limited to some instances says of how many; what has none is gone."""
    content = maker.look(Monitor())
    some = dict.fromkeys(content.branches[1].names[:5], 10)
    (patient,) = content.part(some)
    assert (len(patient.names), patient.of, patient.size) == (5, 24, 50)
    assert patient.is_part
    assert not content.branches[0].is_part


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(owner=st.lists(st.integers(0, 3), min_size=24, max_size=24))
def test_whatever_is_moved_by_hand_is_there_once(large: MediumMaker, owner: list[int]) -> None:
    """Any division by hand has every instance once, and counts as it is written."""
    names = [file.name for file in large.look(Monitor()).plan.files]
    parts = tuple(
        frozenset(name for name, disc in zip(names, owner, strict=True) if disc == number)
        for number in range(4)
    )
    wish = Wish(Goal.ISO, "/nowhere/out.iso", capacity=10**6, is_spanned=True, parts=parts)
    proposal = large.propose(wish, Monitor())
    found = [name for disc in proposal.discs for name in disc.names]
    assert sorted(found) == sorted(names)
    assert len(proposal.discs) == len(set(owner))
    for disc in proposal.discs:
        assert disc.used == usage(disc.plan.sizes(), proposal.order.container).total
        assert {name for branch in disc.branches for name in branch.names} == disc.names


def test_parts_that_miss_something_lose_nothing(large: MediumMaker) -> None:
    """What a division by hand does not name goes on its last medium."""
    names = [file.name for file in large.look(Monitor()).plan.files]
    wish = Wish(
        Goal.ISO,
        "/nowhere/out.iso",
        capacity=10**6,
        is_spanned=True,
        parts=(frozenset(names[:3]), frozenset(names[3:5])),
    )
    discs = large.propose(wish, Monitor()).discs
    assert [len(disc.names) for disc in discs] == [3, len(names) - 3]


def test_the_same_is_not_divided_twice(large: MediumMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another path keeps the division; another size or something beside makes a new one."""
    asked: list[int] = []

    def counted(plan: MediumPlan, room: Room, **more: Any) -> Division:
        asked.append(room.capacity)
        return divide(plan, room, **more)

    monkeypatch.setattr(dividing, "divide", counted)
    wish = Wish(Goal.ISO, "/nowhere/a.iso", capacity=200_000, is_spanned=True)
    first = large.propose(wish, Monitor())
    second = large.propose(replace(wish, out="/nowhere/b.iso"), Monitor())
    assert [disc.names for disc in first.discs] == [disc.names for disc in second.discs]
    assert Path(second.discs[0].path).name == "b_1OF3.iso"
    large.propose(replace(wish, capacity=150_000), Monitor())
    large.propose(replace(wish, capacity=150_000, readme=True), Monitor())
    assert asked == [200_000, 150_000, 150_000]


def test_two_parts_of_a_set_never_have_one_uid(large: MediumMaker, tmp_path: Path) -> None:
    """The same number of another division is another File-set, with another UID."""
    names = [file.name for file in large.look(Monitor()).plan.files]
    uids = set()
    for place in (3, 4):
        parts = (frozenset(names[:place]), frozenset(names[place:]))
        wish = Wish(
            Goal.FOLDER, str(tmp_path / f"o{place}"), capacity=10**7, is_spanned=True, parts=parts
        )
        proposal = large.propose(wish, Monitor())
        for step in steps_of(proposal):
            write_step(proposal, step, Monitor())
            uids.add(FileSet(Path(step.disc.path) / "DICOMDIR").UID)
    assert len(uids) == 4


def test_obstacles_of_what_is_left_out_do_not_count(maker: MediumMaker) -> None:
    """A profile of CT and MR is met once the other modalities are left out."""
    fits = maker.fits(Monitor())
    name = "STD-CTMR-CD"
    open_ones = [one for one in fits[name].obstacles if not one.is_completed]
    assert open_ones
    bad = {instance for one in open_ones for instance in one.instances}
    good = frozenset(maker.look(Monitor()).sizes) - bad
    narrow = narrowed(fits, good)[name]
    assert narrow.fits_completed
    assert narrowed(fits, None)[name] == fits[name]


def test_keys_of_a_profile_are_counted(maker: MediumMaker, tmp_path: Path) -> None:
    """What the profile adds to the DICOMDIR is in the count, and on the medium."""
    plain = maker.propose(Wish(Goal.ISO, str(tmp_path / "a.iso")), Monitor())
    wish = Wish(Goal.ISO, str(tmp_path / "b.iso"), profile="STD-GEN-DVD-JPEG")
    done = maker.propose(wish, Monitor())
    assert not done.hindrances
    assert len(done.discs[0].plan.dicomdir) > len(plain.discs[0].plan.dicomdir)
    (made,) = [write_step(done, step, Monitor()) for step in steps_of(done)]
    assert made.bytes == done.used


def test_copies_of_another_profile_are_not_kept(maker: MediumMaker, tmp_path: Path) -> None:
    """What was laid aside for a profile goes once another is asked for."""
    left = Path(maker.scratch, "transcoded-old")
    left.mkdir()
    (left / "TS000000.DCM").write_bytes(b"x")
    out = str(tmp_path / "a.iso")
    maker.propose(Wish(Goal.ISO, out, profile="STD-GEN-CD"), Monitor())
    assert not left.exists()


def test_a_stick_counts_clusters_and_a_zip_profile_wants_a_zip(
    maker: MediumMaker, tmp_path: Path
) -> None:
    """Each target counts in its own way; a profile of another target says where it goes."""
    stick = maker.propose(Wish(Goal.STICK, str(tmp_path / "stick")), Monitor())
    assert stick.used % 32_768 == 0
    wrong = maker.propose(
        Wish(Goal.ISO, str(tmp_path / "a.iso"), profile="STD-GEN-USB-JPEG"), Monitor()
    )
    (told,) = wrong.hindrances
    assert told.place is Place.PROFILE
    assert "a folder" in told.remedy


def test_the_receipt_names_every_series(maker: MediumMaker, tmp_path: Path, judges: Judges) -> None:
    """Text, page and PDF have patients and sums; sha256sum's list gives the same sum."""
    proposal = maker.propose(Wish(Goal.FOLDER, str(tmp_path / "out")), Monitor())
    (step,) = steps_of(proposal)
    made = write_step(proposal, step, Monitor())
    lines = lines_of([step], {1: "made"}, {1})
    assert sum(line.instances for line in lines) == 31
    assert {line.patient for line in lines} == {"Doe^Archibald", "Doe^Peter"}
    text = receipt_text(lines, [made], "<1 medium>")
    listed = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(tmp_path / 'out')}\n"
        for path in sorted((tmp_path / "out").rglob("*"))
        if path.is_file()
    )
    assert hashlib.sha256(listed.encode()).hexdigest() == manifest_digest(made)
    assert manifest_digest(made) in text
    page = receipt_html(lines, [made], "<1 medium>", ["Ward & Co", ""])
    assert "&lt;1 medium&gt;" in page
    assert "Ward &amp; Co" in page
    fields = PaperFields(institution="Clinic", recipient="Dr. Who")
    receipt_paper(proposal, [made], fields).save(tmp_path / "receipt.pdf")
    label_paper(proposal, fields).save(tmp_path / "label.pdf")
    for name in ("receipt.pdf", "label.pdf"):
        assert (tmp_path / name).read_bytes().startswith(b"%PDF")
    words = judges.ask("pdftotext", "-layout", tmp_path / "receipt.pdf", "-").words
    assert "Dr. Who" in words
    assert manifest_digest(made) in words.replace("\n", "").replace(" ", "")


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    """A list goes to a new file only."""
    write_new(tmp_path / "a.txt", "mine")
    with pytest.raises(NameClashError):
        write_new(tmp_path / "a.txt", "other")
    assert (tmp_path / "a.txt").read_text() == "mine"


@pytest.mark.parametrize("preset", BUILT_IN, ids=lambda one: one.name)
def test_presets_go_to_wishes_and_back(preset: Preset) -> None:
    """What a preset asks for is what is kept when it is saved again under its name."""
    wish = wish_of(preset)
    again = preset_of(preset.name, wish, preset, is_encrypted=preset.is_encrypted)
    assert again == preset
    other = preset_of("Other", wish, preset, is_encrypted=False)
    assert not contradictions(other)
    assert other.description == ""
