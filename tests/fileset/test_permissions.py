"""Who may read what was written, and what may not be replaced."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.storage import PermissionDeniedError
from tests.bundled import sample
from tests.fileset.failed_writes import edited
from tests.fileset.twins import assert_whole
from tests.folders import files_below

if TYPE_CHECKING:
    from pathlib import Path


def test_an_immutable_dicomdir(root: Path) -> None:
    """What even its owner may not replace is an error that names it; all is as it was."""
    file_set, before = edited(root), files_below(root)
    dicomdir = str(root / "DICOMDIR")
    chattr = shutil.which("chattr")
    if chattr is None or subprocess.run([chattr, "+i", dicomdir], check=False).returncode:
        pytest.skip("this file system, or this person, cannot make files immutable")
    try:
        with pytest.raises(PermissionDeniedError, match=r"set/DICOMDIR \("):
            file_set.write()
        assert files_below(root) == before
    finally:
        subprocess.run([chattr, "-i", dicomdir], check=True)
    file_set.write()
    assert len(assert_whole(root)) == 29


@pytest.mark.parametrize("mode", [0o640, 0o444, 0o666])
def test_the_dicomdir_keeps_its_permissions(root: Path, mode: int) -> None:
    """Who could read the DICOMDIR can read the new one, whatever the umask; it stays read-only."""
    (root / "DICOMDIR").chmod(mode)
    before = os.umask(0o077)
    try:
        edited(root).write()
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / "DICOMDIR").stat().st_mode) == mode
    assert len(assert_whole(root)) == 29


def test_new_files_are_made_as_the_umask_says(tmp_path: Path) -> None:
    """A private source does not make a medium that others cannot read, nor a public one."""
    source = tmp_path / "source.dcm"
    shutil.copy(sample("CT_small.dcm"), source)
    source.chmod(0o600)
    before = os.umask(0o027)
    try:
        file_set = FileSet()
        file_set.add(source)
        file_set.write(tmp_path / "set")
    finally:
        os.umask(before)
    assert {stat.S_IMODE((tmp_path / "set" / name).stat().st_mode)
            for name in files_below(tmp_path / "set")} == {0o640}  # fmt: skip
