"""File-sets, instances and the oracle for the tests of the engine."""

from __future__ import annotations

import shutil
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pydicom.fileset
import pytest

from dicomdir_studio.fileset import FileSet
from tests.fileset.twins import TEST_FILES, quietly

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
