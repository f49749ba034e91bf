"""Code tested on a simulated file system, as pyfakefs makes it, gets the same answers there."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pydicom
import pytest
from pyfakefs.fake_filesystem_unittest import Patcher

from dicomdir_studio.errors import SourceChangedError
from dicomdir_studio.fileset import FileSet, Layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyfakefs.fake_filesystem import FakeFilesystem

ROOT = Path("/simulated/set")
ELSEWHERE = Path("/simulated/copy")
OUTSIDE = "/secret.txt"


@pytest.fixture
def simulated(sample_dir: Path) -> Iterator[FakeFilesystem]:
    """Simulate a system that holds the files of one real patient folder, and a secret."""
    real = sample_dir / "77654033"
    with Patcher() as patcher:
        assert patcher.fs is not None
        patcher.fs.add_real_directory(real, target_path=ROOT / "given", read_only=False)
        patcher.fs.create_file(OUTSIDE, contents="secret")
        yield patcher.fs


def _given() -> list[Path]:
    """Return the files that are there to be added."""
    return sorted(path for path in (ROOT / "given").rglob("*") if path.is_file())


@pytest.mark.usefixtures("simulated")
def test_the_whole_way() -> None:
    """Files are added, written, found, removed and copied, to the letter."""
    contents = {pydicom.dcmread(path).SOPInstanceUID: path.read_bytes() for path in _given()}
    file_set = FileSet()
    for path in _given():
        file_set.add(path)
    file_set.write(ROOT)
    written = FileSet(ROOT / "DICOMDIR")
    assert {one.SOPInstanceUID: Path(one.path).read_bytes() for one in written} == contents
    written.remove(written.find()[0])
    written.write(layout=Layout.KEEP)
    copied = FileSet(ROOT / "DICOMDIR").copy(ELSEWHERE)
    assert len(copied) == len(contents) - 1
    assert all(Path(one.path).read_bytes() == contents[one.SOPInstanceUID] for one in copied)


@pytest.mark.usefixtures("simulated")
def test_a_source_that_changed() -> None:
    """A source that is another one at the write is an error that names it, here too."""
    file_set = FileSet()
    path = _given()[0]
    file_set.add(path)
    with path.open("ab") as file:
        file.write(b"\0")
    os.utime(path, (1, 1))
    with pytest.raises((SourceChangedError, ValueError), match=path.name):
        file_set.write(ELSEWHERE)


@pytest.mark.parametrize("hostile", [OUTSIDE, f"..{OUTSIDE}", "LINK", "FOLDER/secret.txt"])
def test_file_ids_that_lead_out(simulated: FakeFilesystem, hostile: str) -> None:
    """No File ID leads out of the root: absolute, with .., by a link, below a link."""
    file_set = FileSet()
    file_set.add(_given()[0])
    file_set.write(ROOT)
    simulated.create_symlink(ROOT / "LINK", OUTSIDE)
    simulated.create_symlink(ROOT / "FOLDER", "/")
    directory = pydicom.dcmread(io.BytesIO((ROOT / "DICOMDIR").read_bytes()))
    with pydicom.config.disable_value_validation():
        directory.DirectoryRecordSequence[-1].ReferencedFileID = hostile.split("/")
        directory.save_as(ROOT / "DICOMDIR", enforce_file_format=True)
    with pytest.raises(PermissionError, match="must be inside the DICOMDIR root path"):
        FileSet(ROOT / "DICOMDIR")


_AS_DOCUMENTED = """
import sys
import pydicom
from pathlib import Path
from pyfakefs.fake_filesystem_unittest import Patcher
from dicomdir_studio.fileset import FileSet, Layout

with Patcher() as patcher:
    patcher.fs.add_real_directory(sys.argv[1], target_path="/set/given")
    file_set = FileSet()
    file_set.add_many([path for path in Path("/set").rglob("*") if path.is_file()])
    file_set.write("/set")
    written = FileSet("/set/DICOMDIR")
    written.remove(written.find(PatientID="77654033")[0])
    written.write(layout=Layout.KEEP)
    print(len(FileSet("/set/DICOMDIR").copy("/copy")))
"""


def test_importing_pydicom_before_is_enough(sample_dir: Path) -> None:
    """In a program of its own, all else may be imported while files are simulated already."""
    words = [sys.executable, "-c", _AS_DOCUMENTED, str(sample_dir / "77654033")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout == "6\n", done.stderr
