"""File-sets and plans to put on media."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.medium_plan import MediumPlan, TextFile, plan_medium
from dicomdir_studio.media.workers import Workers
from tests.media.samples import write_series

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sample_set(sample_dir: Path) -> FileSet:
    """Load pydicom's sample File-set (31 instances)."""
    return FileSet(sample_dir / "DICOMDIR")


@pytest.fixture
def sample_plan(sample_set: FileSet) -> MediumPlan:
    """Plan pydicom's sample File-set for a medium."""
    return plan_medium(sample_set)


@pytest.fixture
def large_set(tmp_path: Path) -> FileSet:
    """Stage 3 studies of 4 series of 5 CT images, of some 20 KB each."""
    file_set = FileSet()
    file_set.ID = "LARGE"
    paths = [
        path
        for study in range(3)
        for series in range(4)
        for path in write_series(tmp_path / "sources", study, series, count=5, side=100)
    ]
    report = file_set.add_many(paths)
    assert not report.refused
    return file_set


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """Keep worker processes for the module."""
    with Workers() as kept:
        yield kept


@pytest.fixture
def plan(sample_plan: MediumPlan) -> MediumPlan:
    """Plan the sample with a text beside the DICOM files."""
    return sample_plan.with_extras([TextFile("README.TXT", b"Read me\r\n")])


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Give a folder with nothing in it."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def disc(sample_dir: Path, tmp_path: Path) -> Path:
    """Write pydicom's sample File-set anew, with conformant names, into a folder."""
    target = tmp_path / "disc"
    FileSet(sample_dir / "DICOMDIR").copy(target)
    return target


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Give a folder for pictures and working copies."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder
