"""A medium plan in a ZIP file, the DICOMDIR in its root (PS3.12 V); encrypted on request.

Encryption is that of WinZip (AES-256, AE-2), which 7-Zip, WinZip and most archivers open. It
hides what is in the files, not their names and sizes, and is none of the Standard's secure
profiles (PS3.15).
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from typing import TYPE_CHECKING

from dicomdir_studio.media.archives import faults_of, new_archive, new_member, written_archive
from dicomdir_studio.media.capacity import Container, usage
from dicomdir_studio.media.checks import refuse_problems
from dicomdir_studio.media.errors import MediumVerificationError
from dicomdir_studio.media.medium_plan import DICOMDIR
from dicomdir_studio.media.targets.single_file import make_file
from dicomdir_studio.media.targets.streams import BUFFER, streams_of
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.targets.receipt import MediumReceipt
    from dicomdir_studio.standard.profiles import ApplicationProfile

_MODE = 0o100644 << 16


def write_zip(
    plan: MediumPlan,
    path: str | os.PathLike[str],
    *,
    deflate: bool = False,
    password: str | None = None,
    verified: bool = True,
    profile: ApplicationProfile | None = None,
    monitor: Monitor | None = None,
) -> MediumReceipt:
    """Write a medium plan to a ZIP file, which appears whole or not at all.

    Parameters
    ----------
    plan : MediumPlan
        What goes there.
    path : path-like
        The ZIP file; never one that exists.
    deflate : bool, optional
        Compress the files; images that are compressed already gain nothing.
    password : str, optional
        Encrypt the files with AES-256.
    verified : bool, optional
        Read every byte back and compare it before the file gets its name.
    profile : ApplicationProfile, optional
        What the medium must conform to, judged by what was read back.
    monitor : Monitor, optional
        Receives progress in bytes; can cancel.

    Raises
    ------
    StudioError
        If it could not be written; nothing is left of it.
    """
    monitor = monitor or Monitor()
    target = os.fspath(path)
    refuse_problems(plan, target, Container.ZIP)
    container = Container.ZIP if password is None else Container.ZIP_AES
    method = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    return make_file(
        plan,
        target,
        kind="ZIP file",
        needed=0 if deflate else usage(plan.sizes(), container).total,
        write=lambda interim, digests: _write(
            plan, new_archive(interim, method, password), digests, monitor
        ),
        read_back=lambda interim: _read_back(interim, target, password, monitor),
        verified=verified,
        profile=profile,
        monitor=monitor,
    )


def _write(
    plan: MediumPlan, opened: zipfile.ZipFile, digests: dict[str, str], monitor: Monitor
) -> None:
    """Write the archive."""
    with opened as archive:
        for name, size, stream in streams_of(plan, digests, monitor):
            member = new_member(archive, name)
            member.external_attr = _MODE
            member.file_size = size
            with stream, archive.open(member, "w") as out:
                while data := stream.read(BUFFER):
                    out.write(data)


def _read_back(
    interim: str, target: str, password: str | None, monitor: Monitor
) -> tuple[dict[str, str], bytes]:
    """Return the SHA-256 of every file of the archive, opened again, and its DICOMDIR."""
    found: dict[str, str] = {}
    faults: tuple[type[Exception], ...] = (zipfile.BadZipFile,)
    try:
        with written_archive(interim, password) as archive:
            faults = (*faults_of(archive), KeyError)
            for member in archive.infolist():
                digest = hashlib.sha256()
                with archive.open(member) as file:
                    while data := file.read(BUFFER):
                        monitor.check()
                        digest.update(data)
                        monitor.advance(len(data), member.filename)
                found[member.filename] = digest.hexdigest()
            return found, archive.read(DICOMDIR)
    except faults as error:
        raise MediumVerificationError(
            said("The ZIP file cannot be read back"), where=target, why=str(error)
        ) from error
