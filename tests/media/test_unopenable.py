"""Cut-off archives and images, and forms of other programs, are told for what they are."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import NotDicomError, StorageError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.reading import open_medium
from dicomdir_studio.session.adding import add_sources
from dicomdir_studio.session.opening import open_file_set

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.judges import Judges


@pytest.fixture
def disc(sample_dir: Path, tmp_path: Path) -> Path:
    """Return the bundled File-set in a folder of its own."""
    return Path(shutil.copytree(sample_dir, tmp_path / "disc"))


def zipped(disc: Path, method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a ZIP archive with the DICOMDIR in front, as `zip` writes it."""
    target = disc.with_suffix(".zip")
    files = sorted(path for path in disc.rglob("*") if path.is_file() and path.name != "DICOMDIR")
    with zipfile.ZipFile(target, "w", method) as out:
        for path in [disc / "DICOMDIR", *files]:
            out.write(path, path.relative_to(disc).as_posix())
    return target.read_bytes()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.9, 0.99])
@pytest.mark.parametrize("salvage", [True, False])
def test_an_archive_that_is_cut_off_is_told(
    disc: Path, tmp_path: Path, method: int, part: float, *, salvage: bool
) -> None:
    """An archive without its end is no DICOMDIR, though the bytes of one may stand in it."""
    content = zipped(disc, method)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(StorageError, match=r"ZIP archive is cut off.*broken\.zip.*Obtain it again"):
        open_file_set(broken, salvage=salvage)
    with pytest.raises(StorageError, match=r"ZIP archive is cut off"):
        open_medium(broken)
    with pytest.raises(StorageError, match=r"ZIP archive is cut off"):
        open_file_set(broken / "DICOMDIR")


def test_what_is_dropped_says_so_too(disc: Path, tmp_path: Path) -> None:
    """An archive among the files to be added is refused for what it is."""
    broken, packed = tmp_path / "broken.zip", tmp_path / "disc.tar.gz"
    broken.write_bytes(zipped(disc)[:5000])
    packed.write_bytes(gzip.compress(b"any"))
    refused = add_sources(FileSet(), [broken, packed]).report.refused
    assert all(isinstance(one.error, NotDicomError) for one in refused)
    said = {Path(one.path).name: str(one.error) for one in refused}
    assert "cut off" in said["broken.zip"]
    assert "gzip" in said["disc.tar.gz"]


FOREIGN: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "RAR": lambda content: b"Rar!\x1a\x07\x01\0" + content,
    "part of a divided ZIP": lambda content: b"PK\7\x08PK\3\4" + content,
    "raw sectors": lambda content: b"\0" + b"\xff" * 10 + b"\0\0\2\0\1" + content,
    "macOS": lambda content: content + b"koly" + bytes(508),
}


@pytest.mark.parametrize("form", FOREIGN)
def test_forms_of_other_programs_are_named(disc: Path, tmp_path: Path, form: str) -> None:
    """What holds a medium in another form says which, and how to get at it."""
    path = tmp_path / "disc.bin"
    path.write_bytes(FOREIGN[form]((disc / "DICOMDIR").read_bytes()[132:] + bytes(4096)))
    with pytest.raises(StorageError, match=form) as caught:
        open_file_set(path)
    assert caught.value.remedy


@pytest.mark.parametrize("suffix", ["tar", "7z"])
def test_archives_of_others_are_named(
    disc: Path, tmp_path: Path, suffix: str, judges: Judges
) -> None:
    """Archives of the programs themselves, whole and cut off."""
    path = tmp_path / f"disc.{suffix}"
    if suffix == "tar":
        shutil.make_archive(str(tmp_path / "disc"), "tar", disc)
    else:
        subprocess.run([judges.find("7z"), "a", path, disc], check=True, capture_output=True)
    for _ in range(2):
        with pytest.raises(StorageError, match=rf"{suffix.upper() if suffix == 'tar' else '7z'} a"):
            open_file_set(path)
        path.write_bytes(path.read_bytes()[:9000])


def image(disc: Path, judges: Judges, *options: str) -> bytes:
    """Return a disc image of another program."""
    target = disc.with_suffix(".iso")
    call = [judges.find("genisoimage"), "-quiet", *options, "-o", str(target), str(disc)]
    subprocess.run(call, check=True, capture_output=True)
    return target.read_bytes()


@pytest.mark.parametrize("options", [(), ("-J", "-r"), ("-J", "-r", "-udf")])
@pytest.mark.parametrize("length", [2048, 20_000, 34_000, 40_960, 45_000, 60_000])
def test_an_image_of_which_only_the_beginning_is_there_is_told(
    disc: Path, tmp_path: Path, options: tuple[str, ...], length: int, judges: Judges
) -> None:
    """The beginning of an image opens as nothing else, and is called cut off."""
    broken = tmp_path / "broken.iso"
    broken.write_bytes(image(disc, judges, *options)[:length])
    with pytest.raises(StorageError, match=r"disc image is cut off.*broken\.iso.*Obtain it again"):
        open_file_set(broken)


def test_a_dicomdir_that_an_archive_does_not_give_is_told(disc: Path, tmp_path: Path) -> None:
    """An archive whose DICOMDIR is damaged is not said to have none."""
    content = bytearray(zipped(disc))
    content[2000] ^= 0xFF
    broken = tmp_path / "broken.zip"
    broken.write_bytes(content)
    with pytest.raises(StorageError, match=r"Its DICOMDIR, DICOMDIR, cannot be extracted.*CRC"):
        open_file_set(broken)


def test_a_dicomdir_may_have_any_preamble(disc: Path) -> None:
    """What stands in the 128 bytes before DICM is any program's business (PS3.10 7.1)."""
    path = disc / "DICOMDIR"
    content = path.read_bytes()
    for mark in (b"PK\3\4", b"\x1f\x8b\x08", b"BZh"):
        path.write_bytes(mark + content[len(mark) :])
        assert len(open_file_set(path)) == 31
