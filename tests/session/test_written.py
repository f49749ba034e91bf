"""Whether a new File-set lies where it was being written: only if nothing is in doubt."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.session.staged_work import StagedAddition, StagedWork
from dicomdir_studio.session.staging_store import StagingStore
from dicomdir_studio.session.written import forget_written, is_written


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Give where the new File-set is written."""
    return tmp_path / "written"


@pytest.fixture
def work(target: Path) -> StagedWork:
    """Give the work of a new File-set that was written then."""
    file_set = FileSet()
    for name in ("CT_small.dcm", "MR_small.dcm"):
        file_set.add(str(get_testdata_file(name)))
    file_set.edit_properties(ID="NEW")
    work = StagedWork.of(file_set)
    file_set.write(target)
    return work


def kept(tmp_path: Path, work: StagedWork, target: Path | None) -> StagingStore:
    """Return the store of a run after one that kept some work and was killed."""
    earlier = StagingStore(tmp_path / "staged")
    assert earlier.save(work)
    if target is not None:
        earlier.note_target(work.key, target)
    earlier.close()
    return StagingStore(tmp_path / "staged")


def test_what_is_written_is_forgotten(tmp_path: Path, work: StagedWork, target: Path) -> None:
    """All of it is there: the work goes, with the note of where it went."""
    store = kept(tmp_path, work, target)
    assert forget_written(store) == [str(target)]
    assert store.pending() == []
    assert list((tmp_path / "staged").iterdir()) == []


def test_where_it_went_must_be_known(tmp_path: Path, work: StagedWork) -> None:
    """Without the note of the target nobody looks elsewhere."""
    store = kept(tmp_path, work, None)
    assert forget_written(store) == []
    assert [one.uid for one in store.pending()] == [work.uid]


def test_of_a_file_set_with_a_folder_nothing_is_forgotten(
    tmp_path: Path, work: StagedWork, target: Path
) -> None:
    """What is staged in a File-set that has a folder is looked at when that is opened."""
    store = kept(tmp_path, replace(work, root=str(target)), target)
    assert forget_written(store) == []
    assert len(store.pending()) == 1


def test_a_living_runs_work_is_not_touched(tmp_path: Path, work: StagedWork, target: Path) -> None:
    """What another run has just written it forgets itself."""
    other = StagingStore(tmp_path / "staged")
    other.save(work)
    other.note_target(work.key, target)
    store = StagingStore(tmp_path / "staged")
    assert forget_written(store) == []
    other.close()
    assert forget_written(store) == [str(target)]


def test_another_file_set_there_is_not_it(work: StagedWork, target: Path) -> None:
    """The same instances under another File-set UID are another File-set's."""
    assert is_written(work, str(target))
    assert not is_written(replace(work, uid="1.2.3"), str(target))


def test_a_missing_file_leaves_a_doubt(work: StagedWork, target: Path) -> None:
    """A record without its file is not what was staged."""
    instance = next(iter(FileSet(target / "DICOMDIR")))
    Path(str(instance.path)).unlink()
    assert not is_written(work, str(target))


def test_less_than_was_staged_leaves_a_doubt(work: StagedWork, target: Path) -> None:
    """An addition or a property that is not there is not written."""
    more = [*work.additions, StagedAddition("/in/more.dcm", "1.2.3.4")]
    assert not is_written(replace(work, additions=more), str(target))
    assert not is_written(replace(work, properties={"ID": "LATER"}), str(target))


def test_what_is_there_no_more_leaves_a_doubt(work: StagedWork, target: Path) -> None:
    """No DICOMDIR, one that cannot be read, no folder: the work is kept."""
    (target / "DICOMDIR").write_bytes(b"no DICOM")
    assert not is_written(work, str(target))
    (target / "DICOMDIR").unlink()
    assert not is_written(work, str(target))
    shutil.rmtree(target)
    assert not is_written(work, str(target))


def test_a_broken_note_is_no_note(tmp_path: Path, work: StagedWork, target: Path) -> None:
    """What is not the path of a folder says nothing."""
    store = kept(tmp_path, work, target)
    (note,) = (tmp_path / "staged").glob("*.target")
    for content in (b"", b"{}", b"\xff"):
        note.write_bytes(content)
        assert store.target_of(work.key) == ""
        assert forget_written(store) == []
    assert store.pending()


def test_what_is_to_be_decided_outlives_the_write(
    tmp_path: Path, work: StagedWork, target: Path
) -> None:
    """A file that was refused for its UID is a question of the File-set that is written now."""
    question = str(tmp_path / "other.dcm")
    store = kept(tmp_path, replace(work, disputed=[question]), target)
    assert forget_written(store) == [str(target)]
    (left,) = store.pending()
    assert (left.root, left.disputed, left.stages) == (str(target), [question], False)
    assert store.of_root(target) == left
