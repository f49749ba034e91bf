"""Folder, ZIP file and image: what a fault while writing leaves."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import pytest

from dicomdir_studio.errors import OperationCancelledError, SourceChangedError, StudioError
from dicomdir_studio.media.errors import MediumVerificationError
from dicomdir_studio.media.targets import iso_image, single_file, streams, write_folder, write_iso
from dicomdir_studio.storage import NoSpaceError, SourceReadError
from tests.media.targets import ALL, FILES, Write, names_in
from tests.monitors import Cancelling

if TYPE_CHECKING:
    from dicomdir_studio.media.medium_plan import MediumPlan


@pytest.mark.parametrize(("write", "name"), ALL)
def test_an_existing_name_is_never_overwritten(
    write: Write, name: str, sample_plan: MediumPlan, out: Path
) -> None:
    """What is there stays, and nothing is left beside it."""
    target = out / name
    target.write_bytes(b"theirs")
    with pytest.raises(StudioError):
        write(sample_plan, target)
    assert target.read_bytes() == b"theirs"
    assert names_in(out) == [name]


@pytest.mark.parametrize("checks", [0, 1, 20, 40, 60])
@pytest.mark.parametrize(("write", "name"), FILES)
def test_a_cancelled_write_leaves_nothing(
    write: Write, name: str, checks: int, sample_plan: MediumPlan, out: Path
) -> None:
    """Cancelling, while writing or reading back, leaves no half file."""
    target = out / name
    with pytest.raises(OperationCancelledError):
        write(sample_plan, target, monitor=Cancelling(checks))
    assert names_in(out) == []


@pytest.mark.parametrize(("write", "name"), ALL)
def test_a_source_that_changed_is_named(
    write: Write, name: str, sample_plan: MediumPlan, out: Path
) -> None:
    """A source that differs from the plan ends the write and is named; nothing is left."""
    source = Path(sample_plan.files[20].source)
    source.write_bytes(source.read_bytes() + b"\0\0")
    target = out / name
    with pytest.raises(SourceChangedError, match=source.name):
        write(sample_plan, target)
    assert names_in(out) in ([], [name])
    assert not target.is_file()


@pytest.mark.parametrize(("write", "name"), ALL)
def test_a_source_that_was_replaced_is_named(
    write: Write, name: str, sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """Another file of the same length and time under the same name is noticed too."""
    source = Path(sample_plan.files[20].source)
    status = source.stat()
    other = source.with_name("OTHER")
    other.write_bytes(source.read_bytes()[::-1])
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(source)
    with pytest.raises(SourceChangedError, match=source.name):
        write(sample_plan, tmp_path / name)
    assert not (tmp_path / name).is_file()


@pytest.mark.parametrize(("write", "name"), FILES)
def test_reads_that_return_less_than_asked_for(
    write: Write,
    name: str,
    sample_plan: MediumPlan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A system that gives a file in parts gives all of it."""

    class InParts(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size if size is None or size < 0 else min(size, 700)) or b""

    def opening(path: Any, *_: Any, **__: Any) -> InParts:
        return InParts(path)

    monkeypatch.setattr(streams, "open", opening, raising=False)
    receipt = write(sample_plan, tmp_path / name)
    for file in sample_plan.files:
        content = Path(file.source).read_bytes()
        assert receipt.digests[file.name] == hashlib.sha256(content).hexdigest()


def test_a_folder_that_cannot_be_listed_is_not_written(
    sample_plan: MediumPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a failing folder holds is not known, so nothing is put into it."""
    (tmp_path / "DICOMDIR").write_bytes(b"theirs")

    real = os.listdir

    def failing(path: Any = ".") -> list[str]:
        if str(path) != str(tmp_path):
            return real(path)
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", failing)
        with pytest.raises(StudioError):
            write_folder(sample_plan, tmp_path)
    assert (tmp_path / "DICOMDIR").read_bytes() == b"theirs"


@pytest.mark.parametrize(("write", "name"), FILES)
def test_a_source_that_vanished_is_named(
    write: Write, name: str, sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """A source that is gone ends the write and is named; nothing is left."""
    Path(sample_plan.files[20].source).unlink()
    with pytest.raises(SourceChangedError, match="it is gone"):
        write(sample_plan, tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(("write", "name"), FILES)
def test_a_bad_sector_is_a_fault_of_the_source(
    write: Write,
    name: str,
    sample_plan: MediumPlan,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A source that cannot be read is named as such, and nothing is left."""
    bad = sample_plan.files[7].source

    class Failing:
        def __init__(self, opened: BinaryIO) -> None:
            self._opened = opened

        def __getattr__(self, name: str) -> Any:
            return getattr(self._opened, name)

        def read(self, size: int) -> bytes:
            raise OSError(errno.EIO, f"no {size} bytes")

    def opening(path: Any, *words: Any, **named: Any) -> Any:
        opened = open(path, *words, **named)  # noqa: PTH123, SIM115
        return Failing(opened) if path == bad else opened

    monkeypatch.setattr(streams, "open", opening, raising=False)
    with pytest.raises(SourceReadError, match=Path(bad).name):
        write(sample_plan, out / name)
    assert names_in(out) == []


@pytest.mark.parametrize(("write", "name"), FILES)
def test_too_little_room_is_known_before(
    write: Write,
    name: str,
    sample_plan: MediumPlan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What does not fit is refused before a byte is written, with both numbers."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("", (), {"free": 5})())
    with pytest.raises(NoSpaceError, match="5 are free"):
        write(sample_plan, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_disk_that_fills_leaves_nothing(
    sample_plan: MediumPlan, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full after all is told as such, and nothing is left."""

    class Full:
        def __init__(self, path: str) -> None:
            self._out = Path(path).open("xb")  # noqa: SIM115

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self._out.close()

        def __getattr__(self, name: str) -> Any:
            return getattr(self._out, name)

        def write(self, data: bytes) -> int:
            if self._out.tell() > 100_000:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self._out.write(data)

    monkeypatch.setattr(iso_image, "open", lambda path, _: Full(path), raising=False)
    with pytest.raises(NoSpaceError, match="full"):
        write_iso(sample_plan, out / "out.iso")
    assert names_in(out) == []


def test_a_flipped_byte_is_found(
    sample_plan: MediumPlan, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image that differs when it is read back is not handed out."""

    def spoil(path: str) -> None:
        data = bytearray(Path(path).read_bytes())
        found = data.find(Path(sample_plan.files[3].source).read_bytes()[:1000])
        assert found > 0
        data[found + 500] ^= 1
        Path(path).write_bytes(data)

    monkeypatch.setattr(single_file, "forget_cached", spoil)
    with pytest.raises(MediumVerificationError, match=f"{sample_plan.files[3].name} differs"):
        write_iso(sample_plan, out / "out.iso")
    assert names_in(out) == []
