"""A medium plan in a ZIP file, the DICOMDIR in its root (PS3.12 V)."""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
from typing import TYPE_CHECKING

from dicomdir_studio.media.capacity import Container, usage
from dicomdir_studio.media.checks import refuse_problems
from dicomdir_studio.media.errors import MediumVerificationError
from dicomdir_studio.media.medium_plan import DICOMDIR
from dicomdir_studio.media.targets.receipt import MediumReceipt, check_directory, compare
from dicomdir_studio.media.targets.streams import BUFFER, appearing, forget_cached, streams_of
from dicomdir_studio.monitor import Monitor

if TYPE_CHECKING:
    from dicomdir_studio.media.medium_plan import MediumPlan

_MODE = 0o100644 << 16


def write_zip(
    plan: MediumPlan,
    path: str | os.PathLike[str],
    *,
    deflate: bool = False,
    verified: bool = True,
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
    verified : bool, optional
        Read every byte back and compare it before the file gets its name.
    monitor : Monitor, optional
        Told of progress in bytes; can cancel.

    Raises
    ------
    StudioError
        Whatever kept it from being written; nothing is left of it.
    """
    begun = time.monotonic()
    monitor = monitor or Monitor()
    target = os.fspath(path)
    refuse_problems(plan, target, Container.ZIP)
    digests: dict[str, str] = {}
    method = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    needed = 0 if deflate else usage(plan.sizes(), Container.ZIP).total
    with appearing(target, needed) as interim:
        monitor.start("Writing the ZIP file", plan.bytes, "bytes")
        _write(plan, interim, method, digests, monitor)
        if verified:
            _verify(plan, interim, target, digests, monitor)
        size = os.stat(interim).st_size  # noqa: PTH116
    return MediumReceipt(
        path=target,
        files=len(digests),
        bytes=size,
        digests=digests,
        verified=verified,
        seconds=time.monotonic() - begun,
    )


def _write(
    plan: MediumPlan, interim: str, method: int, digests: dict[str, str], monitor: Monitor
) -> None:
    """Write the archive."""
    now = time.localtime()[:6]
    with zipfile.ZipFile(interim, "x", method, allowZip64=True) as archive:
        for name, size, stream in streams_of(plan, digests, monitor):
            info = zipfile.ZipInfo(name, now)
            info.compress_type = method
            info.external_attr = _MODE
            info.file_size = size
            with stream, archive.open(info, "w") as out:
                while data := stream.read(BUFFER):
                    out.write(data)


def _verify(
    plan: MediumPlan, interim: str, target: str, digests: dict[str, str], monitor: Monitor
) -> None:
    """Open the archive anew and compare every byte."""
    forget_cached(interim)
    monitor.start("Reading the ZIP file back", plan.bytes, "bytes")
    found: dict[str, str] = {}
    try:
        with zipfile.ZipFile(interim) as archive:
            for info in archive.infolist():
                digest = hashlib.sha256()
                with archive.open(info) as file:
                    while data := file.read(BUFFER):
                        monitor.check()
                        digest.update(data)
                        monitor.advance(len(data), info.filename)
                found[info.filename] = digest.hexdigest()
            dicomdir = archive.read(DICOMDIR)
    except (zipfile.BadZipFile, KeyError) as error:
        raise MediumVerificationError(
            "The ZIP file cannot be read back", where=target, why=str(error)
        ) from error
    compare(target, digests, found)
    check_directory(target, plan, dicomdir)
