"""ZIP archives with and without a password, as one kind of object.

Encrypted ones are those of WinZip (AES) and, for reading only, of PKZIP (ZipCrypto). The library
for AES is loaded when one is there or asked for.
"""

from __future__ import annotations

import time
import zipfile
import zlib
from typing import Final, cast

AES: Final = 99
"""The compression method that WinZip's encryption stands under in the directory."""

_LOCKED: Final = 1


def new_archive(path: str, method: int, password: str | None) -> zipfile.ZipFile:
    """Return a new archive to write; never over a file that exists.

    Parameters
    ----------
    path : str
        The file.
    method : int
        ``zipfile.ZIP_STORED`` or ``zipfile.ZIP_DEFLATED``.
    password : str or None
        Encrypts with AES-256 (AE-2).
    """
    if password is None:
        return zipfile.ZipFile(path, "x", method, allowZip64=True)
    import pyzipper  # noqa: PLC0415 - for encrypted archives alone

    archive = pyzipper.AESZipFile(path, "x", method, allowZip64=True, encryption=pyzipper.WZ_AES)
    archive.setpassword(password.encode("utf-8"))
    return cast("zipfile.ZipFile", archive)


def new_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return a member to be written, of the kind that its archive takes."""
    kind = getattr(archive, "zipinfo_cls", zipfile.ZipInfo)
    member = cast("zipfile.ZipInfo", kind(name, time.localtime()[:6]))
    member.compress_type = archive.compression
    return member


def written_archive(path: str, password: str | None = None) -> zipfile.ZipFile:
    """Return an archive to read.

    Parameters
    ----------
    path : str
        The file.
    password : str, optional
        For its encrypted members.

    Raises
    ------
    zipfile.BadZipFile
        If it is none.
    OSError
        If it cannot be read.
    """
    archive = zipfile.ZipFile(path)
    if any(member.compress_type == AES for member in archive.infolist()):
        archive.close()
        import pyzipper  # noqa: PLC0415 - for encrypted archives alone

        archive = cast("zipfile.ZipFile", pyzipper.AESZipFile(path))
    if password is not None:
        archive.setpassword(password.encode("utf-8"))
    return archive


def is_locked(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is encrypted."""
    return bool(member.flag_bits & _LOCKED)


def faults_of(archive: zipfile.ZipFile) -> tuple[type[Exception], ...]:
    """Return what a damaged archive raises, and one that is read with a wrong password."""
    found: tuple[type[Exception], ...] = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
    if not hasattr(archive, "zipinfo_cls"):
        return found
    import pyzipper  # noqa: PLC0415 - for encrypted archives alone

    return (*found, pyzipper.BadZipFile)
