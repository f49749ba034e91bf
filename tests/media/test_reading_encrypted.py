"""Archives that need a password, made by ourselves and by 7-Zip."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import OperationCancelledError
from dicomdir_studio.media.errors import PasswordNeededError
from dicomdir_studio.media.reading import open_medium
from dicomdir_studio.session.opening import open_file_set
from tests.media.packed import opened, zipped

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges import Judges


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
