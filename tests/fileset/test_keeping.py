"""The DICOMDIR before a write, and the checksums of what was written."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import FileSetError
from dicomdir_studio.fileset import FileSet, Layout, restore_backup, save_manifest
from dicomdir_studio.storage import read_manifest

if TYPE_CHECKING:
    from pathlib import Path


def test_a_kept_dicomdir_is_the_one_before_the_write(sample_dir: Path) -> None:
    """What was kept is the old DICOMDIR to the letter, and is asked for."""
    before = (sample_dir / "DICOMDIR").read_bytes()
    file_set = FileSet(sample_dir / "DICOMDIR")
    file_set.ID = "NEW"
    file_set.write(layout=Layout.KEEP, backup=True)
    assert (sample_dir / "DICOMDIR.BAK").read_bytes() == before
    file_set.ID = "NEWER"
    file_set.write(layout=Layout.KEEP)
    assert (sample_dir / "DICOMDIR.BAK").read_bytes() == before


def test_a_kept_dicomdir_is_put_back(sample_dir: Path) -> None:
    """The old state is the state again, and files that went since are named."""
    before = (sample_dir / "DICOMDIR").read_bytes()
    file_set = FileSet(sample_dir / "DICOMDIR")
    gone = next(iter(file_set))
    name = "/".join(gone.ReferencedFileID)
    file_set.remove(gone)
    file_set.write(use_existing=True, backup=True)
    assert restore_backup(sample_dir) == [name]
    assert (sample_dir / "DICOMDIR").read_bytes() == before


def test_without_a_kept_dicomdir_nothing_is_put_back(sample_dir: Path) -> None:
    """The error says that none is kept, and the DICOMDIR stands."""
    before = (sample_dir / "DICOMDIR").read_bytes()
    with pytest.raises(FileSetError, match="no kept DICOMDIR"):
        restore_backup(sample_dir)
    assert (sample_dir / "DICOMDIR").read_bytes() == before


def test_a_manifest_names_every_file_with_its_checksum(sample_dir: Path, tmp_path: Path) -> None:
    """It holds the DICOMDIR and every referenced file, as sha256sum would say it."""
    file_set = FileSet(sample_dir / "DICOMDIR")
    save_manifest(file_set, tmp_path / "SHA256SUMS")
    sums = read_manifest(str(tmp_path / "SHA256SUMS"))
    assert len(sums) == len(file_set) + 1
    assert sums == {
        name: hashlib.sha256((sample_dir / name).read_bytes()).hexdigest() for name in sums
    }
