"""Media that are damaged, cut off or made to mislead: what can be had of them, and what is told."""

from __future__ import annotations

import errno
import os
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import StorageError, StudioError
from dicomdir_studio.media.reading import open_medium
from dicomdir_studio.media.recognizing import find_dicomdirs
from tests.media.packed import image, opened, zipped

if TYPE_CHECKING:
    from tests.judges import Judges


def test_names_that_lead_out_are_not_followed(disc: Path, tmp_path: Path) -> None:
    """A member that names a place outside is listed and not written."""
    archive = zipped(disc, tmp_path / "evil.zip")
    with zipfile.ZipFile(archive, "a") as packed:
        for name in ("../outside", "/absolute", "C:\\drive"):
            packed.writestr(name, b"evil")
    with open_medium(archive) as medium:
        assert {unread.name for unread in medium.unread} >= {"../outside"}
        assert not (Path(medium.root).parent / "outside").exists()
        assert not Path("/absolute").exists()
        assert len(opened(medium)) == 31


def test_a_name_that_two_members_have_is_told(disc: Path, tmp_path: Path) -> None:
    """The later of two files of one name is taken, as by every program, and the other told."""
    archive = zipped(disc, tmp_path / "twice.zip")
    same = (disc / "DICOMDIR").read_bytes()
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr("README", b"first")
        for name, content in (("DICOMDIR", same), ("README", b"later")):
            with pytest.warns(UserWarning, match="Duplicate"):
                more.writestr(name, content)
    with open_medium(archive) as medium:
        assert [unread.name for unread in medium.unread] == ["README"]
        assert "same name" in medium.unread[0].reason
        assert (Path(medium.root) / "README").read_bytes() == b"later"
        assert len(opened(medium)) == 31


@pytest.mark.parametrize("second", ["A/B", "A"])
def test_a_name_that_is_taken_is_not_written_over(tmp_path: Path, second: str) -> None:
    """Where the host takes two names of a medium for one, the first file stays as it is."""
    archive = tmp_path / "clash.zip"
    with zipfile.ZipFile(archive, "w") as more:
        more.writestr("A/B" if second == "A" else "A", b"first")
        more.writestr(second, b"second")
    with open_medium(archive) as medium:
        assert [unread.name for unread in medium.unread] == [second]
        assert "same name" in medium.unread[0].reason
        files = [path for path in Path(medium.root).rglob("*") if path.is_file()]
        assert [path.read_bytes() for path in files] == [b"first"]


def test_a_damaged_member_leaves_the_rest(disc: Path, tmp_path: Path) -> None:
    """A file that cannot be read is listed, its record is shown missing, the rest goes on."""
    archive = zipped(disc, tmp_path / "disc.zip")
    with zipfile.ZipFile(archive) as packed:
        victim = next(info for info in packed.infolist() if "IM" in info.filename)
        begins = victim.header_offset + 30 + len(victim.filename)
    data = bytearray(archive.read_bytes())
    data[begins + 100 : begins + 140] = bytes(40)
    archive.write_bytes(bytes(data))
    with open_medium(archive) as medium:
        assert [unread.name for unread in medium.unread] == [victim.filename]
        file_set = opened(medium)
        assert len(file_set) == 30
        assert len(file_set.missing) == 1


def test_a_broken_image_is_an_error_of_ours(disc: Path, tmp_path: Path) -> None:
    """An image cut off in the middle is refused, or read as far as it goes."""
    made = image(disc, tmp_path / "disc.iso", interchange_level=1)
    made.write_bytes(made.read_bytes()[:40_000])
    with pytest.raises(StorageError):
        open_medium(made)


def test_a_folder_that_cannot_be_read_is_told(disc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A DICOMDIR that may be in it is not passed over without a word."""
    (disc / "DICOMDIR").rename(disc / "PT000001" / "DICOMDIR")
    listed = os.scandir

    def failing(path: Any = ".") -> Any:
        if str(path) == str(disc / "PT000001"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", failing)
    with pytest.raises(StudioError, match="PT000001"):
        find_dicomdirs(disc)
    with pytest.raises(StudioError, match="PT000001"):
        open_medium(disc)


@pytest.mark.parametrize("options", [["-J", "-r"], ["-J"], [], ["-udf"]], ids=" ".join)
@pytest.mark.parametrize("missing", [1, 2048, 2049, 30_000])
def test_an_image_that_is_cut_off_says_what_is_missing(
    disc: Path, tmp_path: Path, judges: Judges, options: list[str], missing: int
) -> None:
    """Of a file whose end is gone nothing is taken, and the others come as they are."""
    made = tmp_path / "disc.iso"
    words = [judges.find("genisoimage"), "-quiet", "-no-pad", *options, "-o", str(made), str(disc)]
    subprocess.run(words, check=True, capture_output=True)
    with open_medium(made) as medium:
        whole = {
            path.relative_to(medium.root): path.read_bytes()
            for path in Path(medium.root).rglob("*")
            if path.is_file()
        }
    with made.open("r+b") as file:
        file.truncate(made.stat().st_size - missing)
    with open_medium(made) as medium:
        lost = {Path(one.name) for one in medium.unread}
        found = [path for path in Path(medium.root).rglob("*") if path.is_file()]
        assert {path.relative_to(medium.root) for path in found} == whole.keys() - lost
        for path in found:
            assert path.read_bytes() == whole[path.relative_to(medium.root)]
        assert all("cut off" in one.reason or "end" in one.reason for one in medium.unread)
    if missing == 30_000:
        assert lost
