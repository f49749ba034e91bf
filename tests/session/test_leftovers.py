"""What runs that were killed had unpacked is cleared away, unless somebody wants it."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.session.opening import open_file_set
from dicomdir_studio.session.staged_work import StagedWork
from dicomdir_studio.session.staging_store import StagingStore

_OPEN_AND_DIE = """
import os, sys
from dicomdir_studio.session.opening import open_file_set
file_set = open_file_set(sys.argv[1])
print(file_set.path, flush=True)
os._exit(9)
"""


@pytest.fixture
def left_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the File-set that a run which was killed had unpacked from an archive."""
    source = Path(str(get_testdata_file("dicomdirtests/DICOMDIR"))).parent
    archive = shutil.make_archive(str(tmp_path / "disc"), "zip", source)
    temporary = tmp_path / "temporary"
    temporary.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    ended = subprocess.run(
        [sys.executable, "-c", _OPEN_AND_DIE, archive],
        env={**os.environ, "TMPDIR": str(temporary), "TEMP": str(temporary)},
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert ended.returncode
    root = Path(ended.stdout.splitlines()[0])
    assert root.is_relative_to(temporary)
    assert (root / "DICOMDIR").is_file()
    return root


def test_what_a_killed_run_unpacked_is_cleared_away(tmp_path: Path, left_unpacked: Path) -> None:
    """The next run clears it away, without a folder for staged work too."""
    assert len(StagingStore(tmp_path / "no staged work").clear_leftovers()) == 1
    assert not left_unpacked.exists()


def test_what_is_staged_from_it_stays(tmp_path: Path, left_unpacked: Path) -> None:
    """Files that were taken from there into another File-set are kept until nobody wants them."""
    store = StagingStore(tmp_path / "staged")
    file_set = FileSet()
    file_set.add(next(path for path in left_unpacked.rglob("*") if path.name == "6154"))
    work = StagedWork.of(file_set)
    store.save(work)
    store.close()
    later = StagingStore(tmp_path / "staged")
    assert later.clear_leftovers() == []
    kept = next((tmp_path / "staged").glob("*.staged"))
    broken = kept.with_name(f"{kept.name}.broken-1")
    kept.rename(broken)
    assert later.clear_leftovers() == []
    assert Path(work.additions[0].path).is_file()
    broken.unlink()
    assert len(later.clear_leftovers()) == 1


def test_what_is_opened_from_it_stays(tmp_path: Path, left_unpacked: Path) -> None:
    """Whoever opens the unpacked files by hand, to save them, keeps them while they are open."""
    store = StagingStore(tmp_path / "staged")
    file_set = open_file_set(left_unpacked)
    assert store.clear_leftovers() == []
    assert all(Path(str(one.path)).is_file() for one in file_set)
    del file_set
    gc.collect()
    assert len(store.clear_leftovers()) == 1
