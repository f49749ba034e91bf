"""Sources that change between staging and writing, and those that only look changed."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import OperationCancelledError, SourceChangedError, StudioError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.storage import SourceReadError
from tests.fileset.failed_writes import failing
from tests.fileset.twins import MONTH_AGO, assert_whole
from tests.monitors import CancelAt
from tests.storage.file_sets import make_instance
from tests.storage.trees import as_ordinary_person
from tests.storage.volumes import Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def swap(first: Path, second: Path) -> None:
    """Put the second in the place of the first."""
    second.rename(first)


def overwrite(first: Path, second: Path) -> None:
    """Write the second's bytes into the first and set its time back."""
    first.write_bytes(second.read_bytes())
    os.utime(first, MONTH_AGO)


def touch_up(first: Path, second: Path) -> None:
    """Change a pixel and set the time back."""
    data = bytearray(first.read_bytes())
    data[-200] ^= 1
    first.write_bytes(data)
    os.utime(first, MONTH_AGO)


@pytest.mark.parametrize("planned", [False, True], ids=["before planning", "after planning"])
@pytest.mark.parametrize("change", [swap, overwrite, touch_up])
def test_a_source_replaced_behind_its_time(
    pair: tuple[Path, Path], tmp_path: Path, change: Callable[[Path, Path], None], planned: bool
) -> None:
    """Same length, same time, other bytes: the record would lead to another's image."""
    file_set = FileSet()
    file_set.add(pair[0])
    plan = file_set.plan(tmp_path / "set") if planned else None
    change(*pair)
    with pytest.raises(SourceChangedError, match=r"first\.dcm"):
        file_set.execute(plan or file_set.plan(tmp_path / "set"))
    assert not (tmp_path / "set").exists()


def test_a_source_that_only_looks_changed(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """A further link, other permissions or a true copy in its place are no change."""
    file_set = FileSet()
    file_set.add(pair[0])
    os.link(pair[0], tmp_path / "link")
    file_set.copy(tmp_path / "copy", hard_links=True)
    pair[0].chmod(0o600)
    shutil.copy2(pair[0], tmp_path / "twin")
    (tmp_path / "twin").rename(pair[0])
    file_set.write(tmp_path / "set")
    assert len(assert_whole(tmp_path / "set")) == 1


@pytest.mark.parametrize("end", ["cancelled", "failed", "copied and removed"])
def test_sources_that_were_linked_in_vain(
    pair: tuple[Path, Path], tmp_path: Path, end: str
) -> None:
    """Links that were made and taken away are no change of the sources: the object still writes."""
    file_set = FileSet()
    file_set.add_many(pair)
    if end == "cancelled":
        for number in range(1, 20):
            with suppress(OperationCancelledError):
                file_set.copy(tmp_path / str(number), monitor=CancelAt(number), hard_links=True)
    elif end == "failed":
        for number in range(8, 26):
            with failing(Fault(number, errno.EIO)), suppress(StudioError):
                file_set.copy(tmp_path / str(number), hard_links=True)
    else:
        file_set.copy(tmp_path / "copy", hard_links=True)
        shutil.rmtree(tmp_path / "copy")
    file_set.write(tmp_path / "set")
    assert len(assert_whole(tmp_path / "set")) == 2


def test_a_linked_source_replaced_behind_its_time(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """What is overwritten after links were made and taken away is noticed as ever."""
    file_set = FileSet()
    file_set.add(pair[0])
    file_set.copy(tmp_path / "copy", hard_links=True)
    shutil.rmtree(tmp_path / "copy")
    overwrite(*pair)
    with pytest.raises(SourceChangedError, match=r"first\.dcm"):
        file_set.write(tmp_path / "set")


@pytest.mark.skipif(os.name == "nt", reason="needs permissions of POSIX")
def test_a_source_that_may_not_be_read_for_a_while(open_folder: Path) -> None:
    """The error names it and says why; once it may be read again the same object writes."""
    sources = [open_folder / "sources" / f"{number}.dcm" for number in range(20)]
    for number, path in enumerate(sources):
        make_instance(path, number)
    file_set = FileSet()
    file_set.add_many(sources, missing_keys="fill")
    sources[13].chmod(0)
    with as_ordinary_person(), pytest.raises(SourceReadError, match=r"13\.dcm.*denied"):
        file_set.write(open_folder / "set")
    assert not (open_folder / "set").exists()
    sources[13].chmod(0o644)
    file_set.write(open_folder / "set")
    assert len(assert_whole(open_folder / "set")) == 20
