"""Sources that change, vanish or cannot be read between staging and the end of the copy."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import SourceChangedError
from dicomdir_studio.storage import PutBytes, SourceReadError, copying, execute
from tests.storage.trees import (
    LARGE,
    as_ordinary_person,
    copy_of,
    everything,
    folders,
    plan_of,
    put_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def _touch(path: Path) -> None:
    os.utime(path, ns=(1, 1))


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _become_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _become_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("change", [_touch, _grow, Path.unlink, _become_a_folder, _become_a_pipe])
@pytest.mark.parametrize("data", [b"one", LARGE], ids=["small", "large"])
def test_a_source_that_changed_before(
    root: Path, source: Path, data: bytes, change: Callable[[Path], None]
) -> None:
    """The error names the source, and the tree is as it was."""
    source.write_bytes(data)
    put = copy_of(source, "N/1")
    change(source)
    before = everything(root)
    with pytest.raises(SourceChangedError) as caught:
        execute(plan_of(root, [PutBytes(b"first", "N/0"), put]))
    assert caught.value.where == str(source)
    assert everything(root) == before
    assert folders(root) == {"A", "B"}


@pytest.mark.parametrize("change", [_touch, _grow])
@pytest.mark.parametrize("data", [b"one", LARGE], ids=["small", "large"])
@pytest.mark.parametrize("checksum", [True, False])
def test_a_source_that_changes_while_it_is_copied(
    root: Path, source: Path, data: bytes, checksum: bool, change: Callable[[Path], None]
) -> None:
    """What is changed after the first bytes were read is found."""
    source.write_bytes(data)
    before = everything(root)
    changed: list[Path] = []

    def then_change(real: Callable[..., int]) -> Callable[..., int]:
        def call(*arguments: Any) -> int:
            count = real(*arguments)
            if not changed:
                changed.append(source)
                change(source)
            return count

        return call

    plan = plan_of(root, [copy_of(source, "N/1")], checksum=checksum)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("readv", "copy_file_range"):
            patch.setattr(os, name, then_change(getattr(os, name)))
        patch.setattr(copying, "read_into", then_change(copying.read_into))
        with pytest.raises(SourceChangedError):
            execute(plan)
    assert changed
    assert everything(root) == before


def test_a_source_that_cannot_be_read(open_folder: Path) -> None:
    """The error names the source, not the target."""
    source = put_file(open_folder / "source", b"secret")
    plan = plan_of(open_folder / "root", [copy_of(source, "N")])
    source.chmod(0)
    with as_ordinary_person(), pytest.raises(SourceReadError) as caught:
        execute(plan)
    assert caught.value.where == str(source)
    assert caught.value.errno == errno.EACCES
    assert not (open_folder / "root").exists()


def test_a_read_error_in_the_middle_of_a_source(
    root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disc that cannot be read any further is the source's fault."""
    source.write_bytes(LARGE)
    plan = plan_of(root, [copy_of(source, "N")])
    before = everything(root)
    real, of_source = os.readv, source.stat().st_ino
    reads = []

    def readv(descriptor: int, buffers: list[bytearray]) -> int:
        if os.fstat(descriptor).st_ino == of_source:
            reads.append(descriptor)
        if len(reads) == 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(descriptor, buffers)

    monkeypatch.setattr(os, "readv", readv)
    with pytest.raises(SourceReadError) as caught:
        execute(plan)
    assert caught.value.where == str(source)
    monkeypatch.undo()
    assert everything(root) == before
