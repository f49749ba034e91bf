"""What a person decides about conflicts: both kept, the new left out, the old replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.uid import generate_uid

from dicomdir_studio.errors import ContentConflictError, FileSetError
from dicomdir_studio.fileset import Answer, Conflict, ConflictKind, FileSet, Layout
from tests.bundled import sample
from tests.fileset.twins import assert_whole, referenced
from tests.folders import digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dicomdir_studio.fileset import AddReport


def written(path: Path, *, uid: str = "", **values: Any) -> Path:
    """Write CT_small with other values, under a UID of its own or the given one."""
    dataset = pydicom.dcmread(sample("CT_small.dcm"))
    dataset.SOPInstanceUID = uid or generate_uid()
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)
    return path


def all_as(report: AddReport, answer: Answer) -> Iterable[tuple[Conflict, Answer]]:
    """Answer every conflict alike."""
    return [(conflict, answer) for conflict in report.conflicts]


def test_each_kind_of_conflict(tmp_path: Path) -> None:
    """Name, birth date, study, series and content: each with its values, files and instances."""
    first = written(tmp_path / "0", PatientName="Doe^Jane", PatientBirthDate="19700101")
    known = pydicom.dcmread(first)
    file_set = FileSet()
    file_set.add(first)
    paths = [
        written(tmp_path / "1", PatientName="Roe^Rita", PatientBirthDate="19700101"),
        written(tmp_path / "2", PatientName="Roe^Rita", PatientBirthDate="19700101"),
        written(tmp_path / "3", PatientName="Doe^Jane", PatientBirthDate="19700202"),
        written(tmp_path / "4", PatientID="OTHER", SeriesInstanceUID=generate_uid()),
        written(tmp_path / "5", PatientID="OTHER", SeriesInstanceUID=generate_uid()),
        written(tmp_path / "6", PatientName="Doe^Jane", StudyInstanceUID=generate_uid()),
        written(tmp_path / "7", uid=known.SOPInstanceUID, PatientName="Doe^Jane"),
    ]
    report = file_set.add_many(paths)
    told = {conflict.kind: conflict for conflict in report.conflicts}
    assert len(told) == len(report.conflicts) == 5
    name, date = told[ConflictKind.NAME], told[ConflictKind.BIRTH_DATE]
    assert (name.there, name.came, name.key) == ("Doe^Jane", "Roe^Rita", known.PatientID)
    assert name.files == [str(path) for path in paths[:2]]
    assert [one.path for one in name.instances] == name.files
    assert (date.there, date.came, len(date.instances)) == ("19700101", "19700202", 1)
    study, series = told[ConflictKind.STUDY], told[ConflictKind.SERIES]
    assert (study.key, study.there, study.came) == (
        known.StudyInstanceUID, known.PatientID, "OTHER",
    )  # fmt: skip
    assert study.files == [str(path) for path in paths[3:5]]
    assert series.files == [str(paths[5])]
    assert series.key == known.SeriesInstanceUID
    content = told[ConflictKind.CONTENT]
    assert (content.there, content.came, content.instances) == (str(first), str(paths[6]), [])
    assert content.answers == (Answer.LEAVE_OUT, Answer.REPLACE)
    assert all(one.known_instance is not None for one in report.conflicts)
    assert all(one.known_instance.path == str(first) for one in told.values())  # type: ignore[union-attr]
    assert isinstance(report.refused[0].error, ContentConflictError)


def test_leaving_out(tmp_path: Path) -> None:
    """What came and contradicts goes again, in one edit; the rest of the addition stays."""
    first = written(tmp_path / "0", PatientName="Doe^Jane")
    same = written(tmp_path / "1", PatientName="Doe^Jane")
    others = [written(tmp_path / f"{number}", PatientName="Roe^Rita") for number in (2, 3)]
    file_set = FileSet()
    file_set.add(first)
    report = file_set.add_many([same, *others])
    done = file_set.resolve(all_as(report, Answer.LEAVE_OUT))
    assert [one.path for one in file_set] == [str(first), str(same)]
    assert file_set.undo_text == "Leave out 2 instances"
    assert len(done.change.detached) == 2
    assert report.conflicts[0].instances == []
    file_set.undo()
    assert len(file_set) == 4
    file_set.redo()
    file_set.write(tmp_path / "set")
    assert len(assert_whole(tmp_path / "set")) == 2


def test_keeping(tmp_path: Path) -> None:
    """To keep both is to leave everything as it is, and no edit."""
    file_set = FileSet()
    report = file_set.add_many(
        [written(tmp_path / "0", PatientName="A"), written(tmp_path / "1", PatientName="B")]
    )
    text = file_set.undo_text
    assert not file_set.resolve(all_as(report, Answer.KEEP)).change
    assert (file_set.undo_text, len(file_set)) == (text, 2)


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("written_first", [False, True])
def test_replacing(tmp_path: Path, layout: Layout, written_first: bool) -> None:
    """The new file goes in and the old goes, of what is staged as of what is on the medium."""
    paths = [written(tmp_path / f"{number}") for number in range(4)]
    uid = str(pydicom.dcmread(paths[1]).SOPInstanceUID)
    new = written(tmp_path / "new", uid=uid, ImageComments="the right one")
    root = tmp_path / "set"
    file_set = FileSet()
    file_set.add_many(paths)
    if written_first:
        file_set.write(root)
    report = file_set.add_many([new])
    assert [refusal.path for refusal in report.refused] == [str(new)]
    done = file_set.resolve(all_as(report, Answer.REPLACE))
    assert [one.path for one in done.added] == [str(new)]
    assert file_set.undo_text == "Replace 1 instance"
    for _ in range(2):
        assert len(file_set) == 4
        (present,) = [one for one in file_set if uid == one.SOPInstanceUID]
        assert present.path == str(new)
        file_set.undo()
        (present,) = [one for one in file_set if uid == one.SOPInstanceUID]
        assert present.path != str(new)
        file_set.redo()
    if written_first:
        file_set.write(layout=layout)
    else:
        file_set.write(root, layout=layout)
    assert len(assert_whole(root)) == 4
    kept = {one: digest(root / file_id) for one, file_id in referenced(root / "DICOMDIR")}
    assert kept[uid] == digest(new)
    assert set(kept.values()) == {digest(path) for path in (paths[0], *paths[2:], new)}
    assert sum(1 for path in root.rglob("*") if path.is_file()) == 5


def test_a_replacement_is_taken_back_as_a_whole(tmp_path: Path) -> None:
    """Reverting or restoring one half takes the other along: never none, never both."""
    old = written(tmp_path / "old")
    uid = str(pydicom.dcmread(old).SOPInstanceUID)
    new = written(tmp_path / "new", uid=uid, ImageComments="other")
    source = FileSet()
    source.add(old)
    source.write(tmp_path / "set")
    for half in ("restore", "revert old", "revert new"):
        file_set = FileSet(tmp_path / "set" / "DICOMDIR")
        (there,) = file_set
        file_set.resolve(all_as(file_set.add_many([new]), Answer.REPLACE))
        (came,) = file_set
        assert (file_set.staged_removals, file_set.staged_additions) == ([there], [came])
        if half == "restore":
            file_set.restore([there])
        else:
            file_set.revert([there if half == "revert old" else came])
        assert list(file_set) == [there]
        assert not file_set.has_edits
        again = file_set.add_many([new])
        assert again.conflicts[0].known_instance is there
        file_set.undo()
        assert list(file_set) == [came]


def test_a_file_for_one_that_is_staged_for_removal(tmp_path: Path) -> None:
    """A removal is not taken back by a file with other content; the file can go in instead."""
    old = written(tmp_path / "old")
    new = written(tmp_path / "new", uid=str(pydicom.dcmread(old).SOPInstanceUID), StudyID="other")
    source = FileSet()
    source.add(old)
    source.write(tmp_path / "set")
    file_set = FileSet(tmp_path / "set" / "DICOMDIR")
    file_set.remove(list(file_set))
    report = file_set.add_many([new])
    assert not report.restored
    file_set.resolve(all_as(report, Answer.REPLACE))
    file_set.write()
    (only,) = file_set
    assert digest(only.path) == digest(new)


def test_a_replacement_that_cannot_go_in(tmp_path: Path) -> None:
    """If the new file is refused after all, the old one stays."""
    old = written(tmp_path / "old")
    uid = str(pydicom.dcmread(old).SOPInstanceUID)
    new = written(tmp_path / "new", uid=uid, InstanceNumber=None)
    file_set = FileSet()
    file_set.add(old)
    report = file_set.add_many([new])
    done = file_set.resolve(all_as(report, Answer.REPLACE))
    assert [refusal.path for refusal in done.refused] == [str(new)]
    assert [one.path for one in file_set] == [str(old)]
    assert not done.change


def test_an_answer_that_is_none(tmp_path: Path) -> None:
    """Two files with one UID cannot both be kept; asking for it changes nothing."""
    old = written(tmp_path / "old")
    new = written(tmp_path / "new", uid=str(pydicom.dcmread(old).SOPInstanceUID), StudyID="x")
    file_set = FileSet()
    report = file_set.add_many([old, new])
    with pytest.raises(FileSetError, match="is no answer"):
        file_set.resolve(all_as(report, Answer.KEEP))
    assert [one.path for one in file_set] == [str(old)]
