"""A medium plan as an image of a disc with UDF alone, for DVD-RAM and BD (PS3.12 J, X)."""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING, BinaryIO, cast

from dicomdir_studio.media.capacity import Container, folders_of
from dicomdir_studio.media.checks import refuse_problems
from dicomdir_studio.media.medium_plan import DICOMDIR
from dicomdir_studio.media.targets.iso_image import volume_identifier
from dicomdir_studio.media.targets.single_file import make_file
from dicomdir_studio.media.targets.streams import BUFFER, streams_of
from dicomdir_studio.media.targets.udf_reading import digests_of, read_files
from dicomdir_studio.media.udf.fields import SECTOR
from dicomdir_studio.media.udf.layout import Layout, lay_out
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.media.udf.volume import Naming
from dicomdir_studio.media.udf.writing import write_image
from dicomdir_studio.monitor import Monitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.targets.receipt import MediumReceipt
    from dicomdir_studio.standard.profiles import ApplicationProfile


def write_udf(
    plan: MediumPlan,
    path: str | os.PathLike[str],
    *,
    revision: Revision = Revision.UDF_2_50,
    verified: bool = True,
    profile: ApplicationProfile | None = None,
    monitor: Monitor | None = None,
) -> MediumReceipt:
    """Write a medium plan to an image with UDF alone, which appears whole or not at all.

    Parameters
    ----------
    plan : MediumPlan
        What goes there.
    path : path-like
        The image; never a file that exists.
    revision : Revision, optional
        The revision of UDF: 1.50 for DVD-RAM, 2.50 for BD-RE, 2.60 for BD-R.
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
    refuse_problems(plan, target, Container.of_udf(revision))
    sizes = list(plan.sizes())
    layout = lay_out(sizes, folders_of(name for name, _ in sizes), revision)
    return make_file(
        plan,
        target,
        kind="image",
        needed=layout.sections.sectors * SECTOR,
        write=lambda interim, digests: _write(plan, interim, layout, digests, monitor),
        read_back=lambda interim: (
            digests_of(interim, monitor),
            read_files(interim, [DICOMDIR]).get(DICOMDIR, b""),
        ),
        verified=verified,
        profile=profile,
        monitor=monitor,
    )


def _write(
    plan: MediumPlan, interim: str, layout: Layout, digests: dict[str, str], monitor: Monitor
) -> None:
    """Write the image, hashing what goes there."""
    # No other volume has the DICOMDIR, whose File-set UID is its own.
    unique = hashlib.sha256(plan.dicomdir).hexdigest()[:16].upper()
    # UDF wants a name of every volume, and none that all volumes have (UDF 2.2.4.4).
    name = volume_identifier(plan) or f"DICOM_{unique[:8]}"
    naming = Naming(name, unique, time.time())
    with open(interim, "xb", buffering=BUFFER) as out:
        write_image(out, layout, naming, _contents(plan, digests, monitor))


def _contents(
    plan: MediumPlan, digests: dict[str, str], monitor: Monitor
) -> Iterator[tuple[str, BinaryIO]]:
    """Yield the files, each open while it is written and no longer."""
    for name, _, stream in streams_of(plan, digests, monitor):
        with stream:
            yield name, cast("BinaryIO", stream)
