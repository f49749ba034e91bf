"""The cases in which others lose images: nothing is lost, and the object stays usable."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import OperationCancelledError, SourceChangedError, StudioError
from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.storage import UnfinishedWriteError
from dicomdir_studio.storage.volume import Volume
from tests.bundled import sample
from tests.fileset.twins import assert_whole, refusal, staged_state
from tests.folders import files_below
from tests.monitors import Cancelling
from tests.storage.trees import as_ordinary_person

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
        edited.write(monitor=Cancelling(after))
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


@pytest.mark.skipif(os.name == "nt", reason="needs permissions of POSIX")
def test_a_read_only_root(media: Path, open_folder: Path) -> None:
    """A root that may not be written to is an error before anything is done."""
    root = open_folder / "set"
    FileSet(media / "DICOMDIR").copy(root)
    file_set = FileSet(root / "DICOMDIR")
    file_set.remove(list(file_set)[3:6])
    before, staged = files_below(root), staged_state(file_set)
    root.chmod(0o555)
    with as_ordinary_person(), pytest.raises(StudioError, match="permission denied"):
        file_set.write()
    root.chmod(0o755)
    assert files_below(root) == before
    assert staged_state(file_set) == staged
    file_set.write()
    assert len(assert_whole(root)) == 28


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
