from __future__ import annotations

import errno
import gc
import os
import shutil
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pycdlib import PyCdlib

from dicomdir_studio.errors import OperationCancelledError, StorageError, StudioError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.errors import PasswordNeededError
from dicomdir_studio.media.reading import (
    OpenedMedium,
    find_dicomdirs,
    is_container,
    open_medium,
)
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.session.opening import open_file_set

if TYPE_CHECKING:
    from tests.judges import Judges


def opened(medium: OpenedMedium) -> FileSet:
    """Open the one File-set of a medium."""
    (dicomdir,) = medium.dicomdirs
    return FileSet(dicomdir, salvage=True)


@pytest.fixture
def disc(sample_dir: Path, tmp_path: Path) -> Path:
    """Write pydicom's sample File-set anew, with conformant names, into a folder."""
    target = tmp_path / "disc"
    FileSet(sample_dir / "DICOMDIR").copy(target)
    return target


def zipped(source: Path, target: Path, prefix: str = "") -> Path:
    """Pack a folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(source.rglob("*")):
            if path.is_file():
                archive.write(path, f"{prefix}{path.relative_to(source).as_posix()}")
    return target


def image(source: Path, target: Path, **options: Any) -> Path:
    """Make a disc image of a folder with pycdlib."""
    iso: Any = PyCdlib()
    iso.new(**options)

    def names(path: Path, *, folder: bool) -> dict[str, str]:
        plain = "/" + path.relative_to(source).as_posix()
        found = {"iso_path": plain if folder else f"{plain}.;1"}
        if "rock_ridge" in options:
            found["rr_name"] = path.name.lower()
        if "joliet" in options:
            found["joliet_path"] = plain
        if "udf" in options:
            found["udf_path"] = plain
        return found

    for path in sorted(source.rglob("*")):
        if path.is_dir():
            iso.add_directory(**names(path, folder=True))
        else:
            iso.add_file(str(path), **names(path, folder=False))
    iso.write(str(target))
    iso.close()
    return target


@pytest.mark.parametrize("prefix", ["", "STUDY/"], ids=["root", "folder"])
def test_a_zip_archive_is_read(disc: Path, tmp_path: Path, prefix: str) -> None:
    """A File-set in the root of an archive or in one folder opens with all its files."""
    archive = zipped(disc, tmp_path / "disc.zip", prefix)
    assert is_container(archive)
    with open_medium(archive) as medium:
        file_set = opened(medium)
        assert len(file_set) == 31
        assert not file_set.missing
        assert not medium.unread
        assert all(instance.load().SOPInstanceUID for instance in file_set)
        root = Path(medium.root)
    assert not root.exists()


def test_the_content_lives_as_long_as_the_medium(disc: Path, tmp_path: Path) -> None:
    """The temporary folder goes with the object that holds it."""
    medium = open_medium(zipped(disc, tmp_path / "disc.zip"))
    root = Path(medium.root)
    assert root.is_dir()
    del medium
    gc.collect()
    assert not root.exists()


@pytest.mark.parametrize(
    "options",
    [
        {"interchange_level": 1},
        {"interchange_level": 1, "joliet": 3},
        {"interchange_level": 1, "rock_ridge": "1.09"},
        {"interchange_level": 1, "udf": "2.60"},
        {"interchange_level": 1, "joliet": 3, "rock_ridge": "1.09"},
    ],
    ids=["plain", "joliet", "rock_ridge", "udf", "joliet_rock_ridge"],
)
def test_a_disc_image_is_read(disc: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    """ISO 9660, with and without its extensions, and UDF open with all their files."""
    made = image(disc, tmp_path / "disc.iso", **options)
    assert is_container(made)
    with open_medium(made) as medium:
        file_set = opened(medium)
        assert len(file_set) == 31
        assert not file_set.missing
        assert not medium.unread
        first = next(iter(file_set))
        assert first.load().SOPInstanceUID == first.SOPInstanceUID


def test_an_image_of_another_program_is_read(disc: Path, tmp_path: Path, judges: Judges) -> None:
    """What xorriso makes is read like what pycdlib makes."""
    made = tmp_path / "disc.iso"
    xorriso = judges.find("xorriso")
    subprocess.run(
        [xorriso, "-as", "mkisofs", "-quiet", "-J", "-r", "-o", str(made), str(disc)],
        check=True,
        capture_output=True,
    )
    with open_medium(made) as medium:
        assert len(opened(medium)) == 31


def test_files_are_read_in_disc_order(disc: Path, tmp_path: Path) -> None:
    """Files are laid out in the order in which they lie in the archive."""
    archive = tmp_path / "disc.zip"
    names = [path for path in sorted(disc.rglob("*"), reverse=True) if path.is_file()]
    with zipfile.ZipFile(archive, "w") as packed:
        for path in names:
            packed.write(path, path.relative_to(disc).as_posix())
    read: list[str] = []

    class Listening(Monitor):
        def advance(self, amount: int = 1, detail: str = "") -> None:
            read.append(detail)

    with open_medium(archive, monitor=Listening()):
        assert read == [path.relative_to(disc).as_posix() for path in names]


class ZipCrypto:
    """The traditional encryption of ZIP archives, to make what is to be read."""

    def __init__(self, password: bytes) -> None:
        self._keys = [0x12345678, 0x23456789, 0x34567890]
        for octet in password:
            self._update(octet)

    @staticmethod
    def _crc(octet: int, crc: int) -> int:
        return (zlib.crc32(bytes([octet]), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF) & 0xFFFFFFFF

    def _update(self, octet: int) -> None:
        keys = self._keys
        keys[0] = self._crc(octet, keys[0])
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = self._crc(keys[1] >> 24, keys[2])

    def encrypt(self, data: bytes) -> bytes:
        """Return data encrypted."""
        out = bytearray()
        for octet in data:
            word = self._keys[2] | 2
            out.append(octet ^ (word * (word ^ 1) >> 8 & 0xFF))
            self._update(octet)
        return bytes(out)


def encrypted(source: Path, target: Path, password: bytes) -> Path:
    """Pack a folder with a password."""
    body, listing = bytearray(), bytearray()
    paths = [path for path in sorted(source.rglob("*")) if path.is_file()]
    for path in paths:
        data, name = path.read_bytes(), path.relative_to(source).as_posix().encode()
        crc = zlib.crc32(data)
        held = ZipCrypto(password).encrypt(bytes(11) + bytes([crc >> 24]) + data)
        fields = (20, 1, 0, 0, 0x21, crc, len(held), len(data), len(name), 0)
        listing += struct.pack("<4sH5H3L5H2L", b"PK\1\2", 20, *fields, 0, 0, 0, 0, len(body)) + name
        body += struct.pack("<4s5H3L2H", b"PK\3\4", *fields) + name + held
    end = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, len(paths), len(paths), len(listing), len(body), 0
    )
    target.write_bytes(bytes(body + listing) + end)
    return target


def test_the_right_password_opens_an_archive(disc: Path, tmp_path: Path) -> None:
    """An encrypted archive opens with its password, asked again after a wrong one."""
    archive = encrypted(disc, tmp_path / "secret.zip", b"secret")
    answers = iter(["wrong", "secret"])
    with open_medium(archive, ask_password=lambda _: next(answers)) as medium:
        assert not medium.unread
        assert len(opened(medium)) == 31


def test_a_password_of_old_letters_opens_an_archive(disc: Path, tmp_path: Path) -> None:
    """A password that an old program coded its own way is tried so too."""
    archive = encrypted(disc, tmp_path / "old.zip", "Schl\u00fcssel".encode("cp437"))
    with open_medium(archive, ask_password=lambda _: "Schl\u00fcssel") as medium:
        assert not medium.unread


@pytest.mark.parametrize("method", ["AES128", "AES192", "AES256", "ZipCrypto"])
def test_archives_that_others_encrypted_open(
    method: str, disc: Path, tmp_path: Path, judges: Judges
) -> None:
    """What 7-Zip encrypts opens with the password, and tells without it what is needed."""
    archive = tmp_path / "theirs.zip"
    words = ("-tzip", f"-mem={method}", "-psecret", archive, ".")
    assert judges.ask("7z", "a", *words, cwd=disc).code == 0
    file_set = open_file_set(archive, password="secret")
    assert len(file_set) == 31
    with pytest.raises(PasswordNeededError) as without:
        open_file_set(archive)
    assert not without.value.was_wrong
    with pytest.raises(PasswordNeededError, match="not the right one") as wrong:
        open_file_set(archive, password="wrong")
    assert wrong.value.was_wrong


def test_an_encrypted_archive_that_was_tampered_with_is_told(
    disc: Path, tmp_path: Path, judges: Judges
) -> None:
    """A changed byte of an encrypted file shows in its sum: the file is listed as not readable."""
    archive = tmp_path / "theirs.zip"
    words = ("-tzip", "-mem=AES256", "-mx0", "-psecret", archive, ".")
    assert judges.ask("7z", "a", *words, cwd=disc).code == 0
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(data)
    with open_medium(archive, ask_password=lambda _: "secret") as medium:
        assert len(medium.unread) == 1
        assert "HMAC" in medium.unread[0].reason


def locked(disc: Path, target: Path) -> Path:
    """Pack a folder and mark its first file as encrypted."""
    data = bytearray(zipped(disc, target).read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        data[at + place] |= 1
    target.write_bytes(bytes(data))
    return target


def test_a_password_is_asked_for_until_it_is_given_up(disc: Path, tmp_path: Path) -> None:
    """A wrong password is asked for again; none at all cancels."""
    archive = locked(disc, tmp_path / "locked.zip")
    asked: list[str] = []

    def answer(name: str) -> str | None:
        asked.append(name)
        return "wrong" if len(asked) < 3 else None

    with pytest.raises(OperationCancelledError):
        open_medium(archive, ask_password=answer)
    assert asked == [str(archive)] * 3
    with pytest.raises(PasswordNeededError):
        open_medium(archive)


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


def test_cancelling_leaves_nothing(disc: Path, tmp_path: Path) -> None:
    """A cancelled reading removes what it had laid out."""
    archive = zipped(disc, tmp_path / "disc.zip")

    class Cancelling(Monitor):
        def check(self) -> None:
            raise OperationCancelledError

    before = set(Path(tmp_path).parent.iterdir())
    with pytest.raises(OperationCancelledError):
        open_medium(archive, monitor=Cancelling())
    assert set(Path(tmp_path).parent.iterdir()) == before


@pytest.mark.parametrize("content", [b"", b"no container", bytes(70_000)])
def test_what_is_no_container_is_refused(tmp_path: Path, content: bytes) -> None:
    """Any other file is an error that says what can be opened."""
    path = tmp_path / "file"
    path.write_bytes(content)
    assert not is_container(path)
    with pytest.raises(StorageError, match="neither a disc image nor a ZIP archive"):
        open_medium(path)


def test_a_broken_image_is_an_error_of_ours(disc: Path, tmp_path: Path) -> None:
    """An image cut off in the middle is refused, or read as far as it goes."""
    made = image(disc, tmp_path / "disc.iso", interchange_level=1)
    made.write_bytes(made.read_bytes()[:40_000])
    with pytest.raises(StorageError):
        open_medium(made)


def test_a_folder_with_several_file_sets_lets_choose(disc: Path, tmp_path: Path) -> None:
    """Every DICOMDIR of a tree is listed, the nearest first, in whatever case it is."""
    shutil.copytree(disc, tmp_path / "all" / "b" / "one")
    shutil.copytree(disc, tmp_path / "all" / "a")
    (tmp_path / "all" / "a" / "DICOMDIR").rename(tmp_path / "all" / "a" / "dicomdir.;1")
    medium = open_medium(tmp_path / "all")
    assert [Path(path).relative_to(tmp_path / "all").as_posix() for path in medium.dicomdirs] == [
        "a/dicomdir.;1",
        "b/one/DICOMDIR",
    ]
    assert medium.scratch is None
    medium.close()
    assert (tmp_path / "all").is_dir()
    assert len(FileSet(medium.dicomdirs[0], salvage=True)) == 31


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
