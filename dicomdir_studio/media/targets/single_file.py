"""A medium in one file, an image or an archive: written, read back, proved, and then named."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from dicomdir_studio.media.targets.proving import Proof
from dicomdir_studio.media.targets.receipt import MediumReceipt
from dicomdir_studio.media.targets.streams import appearing, forget_cached

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.standard.profiles import ApplicationProfile


def make_file(  # noqa: PLR0913 - what goes where, how it is made, and how it is proved
    plan: MediumPlan,
    target: str,
    *,
    kind: str,
    needed: int,
    write: Callable[[str, dict[str, str]], None],
    read_back: Callable[[str], tuple[dict[str, str], bytes]],
    verified: bool,
    profile: ApplicationProfile | None,
    monitor: Monitor,
) -> MediumReceipt:
    """Make a medium in one file, which appears whole or not at all.

    Parameters
    ----------
    plan : MediumPlan
        What goes there.
    target : str
        The file; never one that exists.
    kind : str
        Its name in progress reports, such as ``image``.
    needed : int
        Bytes that there must be room for.
    write : callable
        Writes it under a name of its own, and notes the SHA-256 of each file on it.
    read_back : callable
        Reads it under that name; returns the SHA-256 of each file, and the DICOMDIR.
    verified : bool
        Whether it is read back before it gets its name.
    profile : ApplicationProfile or None
        What the medium must conform to, judged by what was read back.
    monitor : Monitor
        Receives progress in bytes; can cancel.

    Raises
    ------
    StudioError
        If it could not be written; nothing is left of it.
    """
    begun = time.monotonic()
    digests: dict[str, str] = {}
    with appearing(target, needed) as interim:
        monitor.start(f"Writing the {kind}", plan.bytes, "bytes")
        write(interim, digests)
        if verified:
            forget_cached(interim)
            monitor.start(f"Reading the {kind} back", plan.bytes, "bytes")
            found, dicomdir = read_back(interim)
            Proof(target, plan, profile).prove(digests, found, dicomdir, monitor)
        size = os.stat(interim).st_size
    return MediumReceipt(
        path=target,
        files=len(digests),
        bytes=size,
        digests=digests,
        verified=verified,
        seconds=time.monotonic() - begun,
    )
