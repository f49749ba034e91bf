"""File-sets, instances and the oracle for the tests of the engine."""

from __future__ import annotations

import os
import shutil
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pydicom.fileset
import pytest

from dicomdir_studio.fileset import FileSet
from tests.bundled import TEST_FILES, sample
from tests.fileset.twins import MONTH_AGO, quietly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def oracle(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give `pydicom.fileset`, and tidy up the temporary folders that it would leave."""
    made: list[TemporaryDirectory[str]] = []

    def folder() -> TemporaryDirectory[str]:
        made.append(TemporaryDirectory())
        return made[-1]

    monkeypatch.setattr(pydicom.fileset, "TemporaryDirectory", folder)
    yield pydicom.fileset
    for one in made:
        one.cleanup()


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Copy pydicom's sample File-sets, the one of 31 instances and TINY_ALPHA."""
    target = tmp_path / "media"
    shutil.copytree(TEST_FILES / "dicomdirtests", target)
    return target


@pytest.fixture
def tiny(media: Path) -> FileSet:
    """Load TINY_ALPHA: 50 instances of one series, in the standard layout."""
    return FileSet(media / "TINY_ALPHA" / "DICOMDIR")


@pytest.fixture
def loaded(media: Path) -> FileSet:
    """Load the sample File-set: 31 instances of 2 patients, laid by others."""
    file_set: FileSet = quietly(lambda: FileSet(media / "DICOMDIR"))
    return file_set


@pytest.fixture
def small(tmp_path: Path) -> FileSet:
    """Write a File-set of CT_small and MR_small in the standard layout."""
    file_set = FileSet()
    for name in ("CT_small.dcm", "MR_small.dcm"):
        file_set.add(TEST_FILES / name)
    file_set.write(tmp_path / "small")
    return file_set


@pytest.fixture
def root(media: Path, tmp_path: Path) -> Path:
    """Write the sample File-set of 31 in the standard layout and return its root."""
    FileSet(media / "DICOMDIR").copy(tmp_path / "set")
    return tmp_path / "set"


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Return two files of other instances with the same length and the same time."""
    data = sample("CT_small.dcm").read_bytes()
    uid = b"1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322"
    assert data.count(uid) == 2
    first, second = tmp_path / "first.dcm", tmp_path / "second.dcm"
    for path, content in ((first, data), (second, data.replace(uid, uid[:-1] + b"9"))):
        path.write_bytes(content)
        os.utime(path, MONTH_AGO)
    return first, second


@pytest.fixture
def edited(tmp_path: Path, media: Path) -> FileSet:
    """Load a written File-set of 31, with a removal and two additions staged."""
    FileSet(media / "DICOMDIR").copy(tmp_path / "set")
    file_set = FileSet(tmp_path / "set" / "DICOMDIR")
    file_set.remove(list(file_set)[3:6])
    file_set.add_many([sample("CT_small.dcm"), sample("MR_small.dcm")])
    file_set.ID = "EDITED"
    return file_set
