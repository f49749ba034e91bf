"""The cases in which others lose images: nothing is lost, and the object stays usable."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import OperationCancelledError, SourceChangedError, StudioError
from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.storage import UnfinishedWriteError
from dicomdir_studio.storage.volume import Volume
from tests.fileset.twins import (
    assert_whole,
    digest,
    files_below,
    instances_of,
    quietly,
    refusal,
    sample,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class Cancel(Monitor):
    """Cancels when it has been asked a number of times."""

    def __init__(self, after: int) -> None:
        self.left = after

    def check(self) -> None:
        """Cancel when the time has come."""
        self.left -= 1
        if self.left < 0:
            raise OperationCancelledError


def staged_state(file_set: FileSet) -> tuple[Any, ...]:
    """Return what a person sees of a File-set."""
    return (
        str(file_set),
        instances_of(file_set),
        [str(one.SOPInstanceUID) for one in file_set.staged_additions],
        [str(one.SOPInstanceUID) for one in file_set.staged_removals],
        file_set.can_undo,
        file_set.undo_text,
    )


def full_disk(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let every write to the volume but the first few fail for want of space."""
    calls = {"left": after}

    def failing(name: str) -> None:
        real = getattr(Volume, name)

        def call(self: Volume, *args: Any, **kwargs: Any) -> Any:
            calls["left"] -= 1
            if calls["left"] < 0:
                raise OSError(28, "No space left on device")
            return real(self, *args, **kwargs)

        monkeypatch.setattr(Volume, name, call)

    for name in CHANGING:
        failing(name)


CHANGING = tuple(
    name
    for name in ("create", "write", "link", "rename", "replace", "make_folder", "mkdir", "open_new")
    if hasattr(Volume, name)
)


@pytest.fixture
def edited(tmp_path: Path, media: Path) -> FileSet:
    """Load a written File-set of 31, with a removal and two additions staged."""
    FileSet(media / "DICOMDIR").copy(tmp_path / "set")
    file_set = FileSet(tmp_path / "set" / "DICOMDIR")
    file_set.remove(list(file_set)[3:6])
    file_set.add_many([sample("CT_small.dcm"), sample("MR_small.dcm")])
    file_set.ID = "EDITED"
    return file_set


def test_the_volume_has_calls_to_fail() -> None:
    """The calls that the full disk lets fail are there."""
    assert len(CHANGING) >= 2


@pytest.mark.parametrize("after", [0, 1, 2, 3, 5, 8, 13, 21])
def test_a_full_disk(edited: FileSet, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Out of space at any step: the old File-set, what was staged, and then the write succeeds."""
    root = edited.root_path
    before, staged = files_below(root), staged_state(edited)
    with monkeypatch.context() as patched:
        full_disk(patched, after)
        try:
            edited.write()
        except UnfinishedWriteError:
            failed = False  # committed already: the rest is done when it is opened again
        except StudioError:
            failed = True
        else:
            failed = False
    if failed:
        assert files_below(root) == before
        assert staged_state(edited) == staged
        edited.write()
    assert len(FileSet(root / "DICOMDIR")) == 30
    assert len(assert_whole(root)) == 30
    assert len(files_below(root)) == 31


@pytest.mark.parametrize("after", range(0, 40, 3))
def test_a_cancel_at_any_point(edited: FileSet, after: int) -> None:
    """A cancelled write leaves the old File-set and all that was staged; the next one succeeds."""
    root = edited.root_path
    before, staged = files_below(root), staged_state(edited)
    try:
        edited.write(monitor=Cancel(after))
    except OperationCancelledError:
        assert files_below(root) == before
        assert staged_state(edited) == staged
        edited.write()
    assert len(assert_whole(root)) == 30
    assert not edited.is_staged


def gone(path: Path) -> None:
    """Take the source away."""
    path.unlink()


def longer(path: Path) -> None:
    """Let the source grow."""
    with path.open("ab") as file:
        file.write(b"\0" * 10)


def other_bytes(path: Path) -> None:
    """Change the source without changing its length."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    os.utime(path, ns=(1, 1))


def a_folder(path: Path) -> None:
    """Put a folder in the place of the source."""
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [gone, longer, other_bytes, a_folder])
@pytest.mark.parametrize("call", ["write", "copy"])
def test_a_source_that_changed(
    edited: FileSet, tmp_path: Path, spoil: Callable[[Path], None], call: str
) -> None:
    """A source gone or changed between staging and writing is named; nothing has changed."""
    source = tmp_path / "source.dcm"
    shutil.copy(sample("examples_ybr_color.dcm"), source)
    instance = edited.add(source, missing_keys="fill")
    root = edited.root_path
    before, staged = files_below(root), staged_state(edited)
    spoil(source)
    with pytest.raises(StudioError, match=r"source\.dcm"):
        edited.write() if call == "write" else edited.copy(tmp_path / "copy")
    assert files_below(root) == before
    assert staged_state(edited) == staged
    assert not (tmp_path / "copy" / "DICOMDIR").exists()
    edited.remove(instance)
    edited.write()
    assert len(assert_whole(root)) == 30


def test_a_changed_source_is_an_error_of_its_own(tmp_path: Path) -> None:
    """The error for it can be told from others, and says what to do."""
    source = tmp_path / "source.dcm"
    shutil.copy(sample("CT_small.dcm"), source)
    file_set = FileSet()
    file_set.add(source)
    longer(source)
    with pytest.raises(SourceChangedError) as caught:
        file_set.write(tmp_path / "set")
    assert caught.value.remedy


def test_a_retry_elsewhere_after_a_failed_first_write(tmp_path: Path) -> None:
    """A new File-set whose first write fails is still new, and can be written elsewhere."""
    (tmp_path / "file").write_bytes(b"in the way")
    file_set = FileSet()
    file_set.add(sample("CT_small.dcm"))
    file_set.ID = "FIRST"
    staged = staged_state(file_set)
    assert refusal(file_set.write, tmp_path / "file" / "below") is not None
    assert file_set.path is None
    assert staged_state(file_set) == staged
    file_set.write(tmp_path / "good")
    assert str(file_set.root_path) == str(tmp_path / "good")
    assert len(assert_whole(tmp_path / "good")) == 1


@pytest.mark.parametrize("layout", list(Layout))
def test_remove_then_copy_then_write(edited: FileSet, tmp_path: Path, layout: Layout) -> None:
    """A copy in between neither writes the removal here nor forgets it."""
    root = edited.root_path
    before, staged = files_below(root), staged_state(edited)
    copied = edited.copy(tmp_path / "copy", layout=layout)
    assert files_below(root) == before
    assert staged_state(edited) == staged
    assert len(copied) == 30
    edited.write(layout=layout)
    assert assert_whole(root) == assert_whole(tmp_path / "copy")


@pytest.mark.parametrize("place", ["LOOSE", "PT000000/ST000000/SE000000/IM000077", "new.dcm"])
@pytest.mark.parametrize("layout", list(Layout))
def test_a_source_inside_the_target(small: FileSet, place: str, layout: Layout) -> None:
    """A file that lies in the root already is taken in; what was there stays readable."""
    root = small.root_path
    source = root / place
    source.write_bytes(sample("examples_ybr_color.dcm").read_bytes())
    wanted = digest(source)
    small.add(source, missing_keys="fill")
    small.write(layout=layout)
    assert wanted in assert_whole(root).values()
    assert source.exists() or layout is Layout.STANDARD
    assert len(assert_whole(root)) == 3


@pytest.mark.parametrize("removed", [0, 1, 5, 48])
@pytest.mark.parametrize("lost", [0, 7, 49])
@pytest.mark.parametrize("layout", list(Layout))
def test_a_missing_file_never_leads_to_another(
    media: Path, tmp_path: Path, lost: int, removed: int, layout: Layout
) -> None:
    """Missing file, removal, write: no record names another instance's file, in any layout."""
    quietly(lambda: FileSet(media / "TINY_ALPHA" / "DICOMDIR").copy(tmp_path / "set"))
    root = tmp_path / "set"
    whole = FileSet(root / "DICOMDIR")
    instance = list(whole)[lost]
    uid = str(instance.SOPInstanceUID)
    Path(instance.path).unlink()
    file_set = quietly(lambda: FileSet(root / "DICOMDIR"))
    assert [str(one.SOPInstanceUID) for one in file_set.missing] == [uid]
    file_set.remove(list(file_set)[removed])
    file_set.add(sample("CT_small.dcm"))
    quietly(lambda: file_set.write(layout=layout))
    assert len(assert_whole(root, missing=[uid])) == 49
    again = quietly(lambda: FileSet(root / "DICOMDIR"))
    assert [str(one.SOPInstanceUID) for one in again.missing] == [uid]


def test_a_missing_file_that_comes_back(media: Path, tmp_path: Path) -> None:
    """When the file is put back, the record finds it again."""
    quietly(lambda: FileSet(media / "TINY_ALPHA" / "DICOMDIR").copy(tmp_path / "set"))
    root = tmp_path / "set"
    path = list(FileSet(root / "DICOMDIR"))[5].path
    shutil.move(path, tmp_path / "aside")
    file_set = quietly(lambda: FileSet(root / "DICOMDIR"))
    file_set.remove(next(iter(file_set)))
    quietly(file_set.write)
    shutil.move(tmp_path / "aside", path)
    assert len(FileSet(root / "DICOMDIR")) == 49
    assert len(assert_whole(root)) == 49


@pytest.mark.parametrize("first", [0, 1, 10, 48])
def test_new_names_that_were_old_names(media: Path, tmp_path: Path, first: int) -> None:
    """Removals shift all later names onto names still in use: everyone keeps their own bytes."""
    quietly(lambda: FileSet(media / "TINY_ALPHA" / "DICOMDIR").copy(tmp_path / "set"))
    root = tmp_path / "set"
    file_set = FileSet(root / "DICOMDIR")
    file_set.remove(list(file_set)[first])
    wanted = {str(one.SOPInstanceUID): digest(one.path) for one in file_set}
    plan = file_set.plan()
    assert len(plan.storage_plan.stages) == 2 or first == 48 or not plan.renames
    file_set.write()
    assert assert_whole(root) == wanted
    assert len(files_below(root)) == 50


def test_files_of_others_are_never_touched(media: Path, tmp_path: Path) -> None:
    """Files in the root that no record names survive every kind of write, under their names."""
    quietly(lambda: FileSet(media / "DICOMDIR").copy(tmp_path / "set"))
    root = tmp_path / "set"
    others = {
        "README.TXT": b"read me",
        "PT000002": b"in the way of a patient",
        "PT000000/ST000000/NOTES": b"notes",
        "PT000000/ST000000/SE000000/IM000001": b"in the way of an image",
    }
    for name, content in others.items():
        (root / name).write_bytes(content)
    file_set = FileSet(root / "DICOMDIR")
    file_set.add_many([sample("CT_small.dcm"), sample("MR_small.dcm")])
    file_set.remove(next(iter(file_set)))
    file_set.write()
    for name, content in others.items():
        assert (root / name).read_bytes() == content
    assert len(assert_whole(root)) == 32
    file_set.remove(list(file_set))
    file_set.write()
    assert set(files_below(root)) == {*others, "DICOMDIR"}


def test_keep_with_additions_moves_nothing(media: Path) -> None:
    """The existing layout is kept with additions too: no file changes its name."""
    before = files_below(media)
    file_set = FileSet(media / "DICOMDIR")
    file_set.add_many([sample("CT_small.dcm"), sample("MR_small.dcm")])
    lost = next(iter(file_set))
    file_set.remove(lost)
    plan = file_set.plan(layout=Layout.KEEP)
    assert plan.renames == ()
    assert len(plan.additions) == 2
    assert len(plan.removals) == 1
    file_set.write(layout=Layout.KEEP)
    after = files_below(media)
    gone_files = set(before) - set(after)
    assert gone_files == {os.path.relpath(lost.path, media)}
    assert {name for name in before if after.get(name) != before[name]} == {
        "DICOMDIR", *gone_files
    }  # fmt: skip
    assert len(set(after) - set(before)) == 2
    assert len(assert_whole(media)) == 32


def test_a_plan_changes_nothing(edited: FileSet, tmp_path: Path) -> None:
    """Planning reads, and that is all."""
    before, staged = files_below(tmp_path), staged_state(edited)
    edited.plan()
    edited.plan(layout=Layout.KEEP)
    edited.plan_copy(tmp_path / "copy")
    assert files_below(tmp_path) == before
    assert not (tmp_path / "copy").exists()
    assert staged_state(edited) == staged


def test_what_the_plan_says_is_what_happens(edited: FileSet) -> None:
    """Files in and out, renames, sizes and counts of the plan are those of the write."""
    root = edited.root_path
    before = files_below(root)
    plan = edited.plan()
    receipt = edited.execute(plan, verify=True)
    after = files_below(root)
    assert receipt.verified
    assert plan.instance_count == len(edited) == 30
    assert plan.dicomdir_size == (root / "DICOMDIR").stat().st_size
    assert {name for _, name, _ in plan.additions} <= set(after)
    assert {name for name in before if name not in after} <= set(plan.removals)
    for name, wanted in receipt.digests.items():
        assert after[name] == wanted


def test_checksums_are_computed_where_asked_only(edited: FileSet) -> None:
    """Of every file copied for the receipt that asks for them, else of the DICOMDIR alone."""
    files = {name for _, name, _ in edited.plan().additions}
    assert files
    plain = edited.execute(edited.plan_copy(edited.root_path.parent / "plain"))
    assert set(plain.digests) == {"DICOMDIR"}
    asked = edited.execute(edited.plan_copy(edited.root_path.parent / "asked"), digests=True)
    assert len(asked.digests) == len(edited) + 1
    assert asked.digests == files_below(edited.root_path.parent / "asked")
    assert not asked.verified


def test_a_read_only_root(edited: FileSet) -> None:
    """A root that may not be written to is an error before anything is done."""
    if os.geteuid() == 0:
        return  # root may write everywhere
    root = edited.root_path
    before = files_below(root)
    root.chmod(0o500)
    try:
        with pytest.raises(StudioError):
            edited.write()
    finally:
        root.chmod(0o700)
    assert files_below(root) == before


def test_a_root_that_is_a_link(edited: FileSet, tmp_path: Path) -> None:
    """A File-set opened through a symbolic link is written where it really is."""
    root = edited.root_path
    (tmp_path / "link").symlink_to(root)
    file_set = FileSet(tmp_path / "link" / "DICOMDIR")
    file_set.remove(next(iter(file_set)))
    file_set.write()
    assert (tmp_path / "link").is_symlink()
    assert len(assert_whole(root)) == 30


def test_a_medium_that_disappears(edited: FileSet, tmp_path: Path) -> None:
    """With the root gone the write is refused, and works again when it is back."""
    root = edited.root_path
    staged = staged_state(edited)
    root.rename(tmp_path / "away")
    with pytest.raises(StudioError):
        edited.write()
    assert not root.exists()
    (tmp_path / "away").rename(root)
    assert staged_state(edited) == staged
    edited.write()
    assert len(assert_whole(root)) == 30
