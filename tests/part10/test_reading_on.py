"""Files are read alike by systems that lack calls of POSIX, or return less than was asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import InstanceError, StudioError
from dicomdir_studio.fileset.recording import wanted_tags
from dicomdir_studio.part10.header import read_header
from tests.fileset.twins import bundled_instances, short

if TYPE_CHECKING:
    from pathlib import Path

_OF_POSIX = ("pread", "preadv", "readv")


def _found(path: Path) -> tuple[Any, ...]:
    """Return what is found in a file, or that it is refused."""
    try:
        header = read_header(path, wanted_tags())
    except StudioError as error:
        return type(error), str(error)
    return header.values, header.has_pixels, header.truncated, header.transfer_syntax


@pytest.mark.parametrize("path", bundled_instances(), ids=short)
def test_without_calls_of_posix(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without positional reads, as Windows, finds the same in every file."""
    expected = _found(path)
    for name in _OF_POSIX:
        monkeypatch.delattr(os, name, raising=False)
    assert _found(path) == expected


@pytest.mark.parametrize("most", [131, 4096])
@pytest.mark.parametrize("path", bundled_instances()[::15], ids=short)
def test_reads_that_return_less(path: Path, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that returns fewer bytes than asked for, as it may, ends no value early."""
    expected = _found(path)
    real = os.read
    monkeypatch.setattr(os, "read", lambda fd, length: real(fd, min(length, most)))
    assert _found(path) == expected


def test_a_file_that_shrinks_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file cut off after its length was asked for is refused, and that it was cut is said."""
    whole = next(one for one in bundled_instances() if one.stat().st_size > 30_000)
    data = whole.read_bytes()
    file = tmp_path / "shrinking.dcm"
    real = os.fstat
    for cut in range(0, 8200, 97):
        file.write_bytes(data)

        def cutting(fd: int, cut: int = cut) -> os.stat_result:
            status = real(fd)
            os.truncate(file, cut)
            return status

        with monkeypatch.context() as patch:
            patch.setattr(os, "fstat", cutting)
            found = _found(file)
        if cut < 8192:
            assert found[0] is InstanceError, cut
            assert "it was cut off while it was read" in found[1]
