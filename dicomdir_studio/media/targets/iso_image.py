"""A medium plan as an image of a disc: ISO 9660 level 1, Joliet and UDF on request (PS3.12)."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from dicomdir_studio.media.capacity import Container, folders_of, iso_name, usage
from dicomdir_studio.media.checks import refuse_problems
from dicomdir_studio.media.directory import numbered_id
from dicomdir_studio.media.errors import MediaError
from dicomdir_studio.media.medium_plan import DICOMDIR
from dicomdir_studio.media.targets.iso_reading import digests_of, read_files
from dicomdir_studio.media.targets.single_file import make_file
from dicomdir_studio.media.targets.streams import BUFFER, streams_of
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycdlib import PyCdlib

    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.targets.receipt import MediumReceipt
    from dicomdir_studio.media.targets.streams import SourceStream
    from dicomdir_studio.standard.profiles import ApplicationProfile

_APPLICATION: Final = "DICOMDIR STUDIO"
_UDF: Final = "2.60"
"""What the library calls its UDF. The descriptors that it lays say revision 1.02, as DVD asks."""


def volume_identifier(plan: MediumPlan) -> str:
    """Return the volume's name: the File-set ID in A-Z, 0-9 and underscore (PS3.12 F)."""
    return numbered_id(plan.file_set_id, 1, 1)


def container_of(*, joliet: bool, udf: bool) -> Container:
    """Return what an image with these further file systems is."""
    if udf:
        return Container.ISO_JOLIET_UDF if joliet else Container.ISO_UDF
    return Container.ISO_JOLIET if joliet else Container.ISO


def write_iso(
    plan: MediumPlan,
    path: str | os.PathLike[str],
    *,
    joliet: bool = False,
    udf: bool = False,
    verified: bool = True,
    profile: ApplicationProfile | None = None,
    monitor: Monitor | None = None,
) -> MediumReceipt:
    """Write a medium plan to an image of a disc, which appears whole or not at all.

    Parameters
    ----------
    plan : MediumPlan
        What goes there.
    path : path-like
        The image; never a file that exists.
    joliet, udf : bool, optional
        Add directories of Joliet, of UDF 1.02 (the bridge format of DVD profiles).
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
    container = container_of(joliet=joliet, udf=udf)
    refuse_problems(plan, target, container)
    return make_file(
        plan,
        target,
        kind="image",
        needed=usage(plan.sizes(), container).total,
        write=lambda interim, digests: _write(plan, interim, container, digests, monitor),
        read_back=lambda interim: (digests_of(interim, monitor), _dicomdir_of(interim)),
        verified=verified,
        profile=profile,
        monitor=monitor,
    )


def _dicomdir_of(image: str) -> bytes:
    """Return the DICOMDIR of an image, nothing if it has none."""
    return read_files(image, [DICOMDIR]).get(DICOMDIR, b"")


def _write(
    plan: MediumPlan,
    interim: str,
    container: Container,
    digests: dict[str, str],
    monitor: Monitor,
) -> None:
    """Lay out the image and write it."""
    # Costs more than the rest of a start of the program, and few starts write an image.
    from pycdlib import PyCdlib  # noqa: PLC0415
    from pycdlib.pycdlibexception import PyCdlibException  # noqa: PLC0415

    try:
        _lay(PyCdlib(), plan, interim, container, streams_of(plan, digests, monitor))
    except PyCdlibException as error:
        raise MediaError(
            said("The image cannot be laid out"), where=interim, why=str(error)
        ) from error


def _lay(
    image: PyCdlib,
    plan: MediumPlan,
    interim: str,
    container: Container,
    sources: Iterator[tuple[str, int, SourceStream]],
) -> None:
    """Lay out folders and files, and write what was laid out."""
    with contextlib.ExitStack() as streams:
        streams.callback(image.close)
        image.new(
            interchange_level=1,
            sys_ident="",
            vol_ident=volume_identifier(plan),
            app_ident_str=_APPLICATION,
            joliet=3 if container.has_joliet else None,
            udf=_UDF if container.has_udf else None,
        )
        for folder in folders_of(name for name, _ in plan.sizes()):
            if folder:
                image.add_directory(f"/{folder}", **_elsewhere(folder, container))
        for name, size, stream in sources:
            source = cast("BinaryIO", streams.enter_context(stream))
            image.add_fp(source, size, f"/{iso_name(name)}", **_elsewhere(name, container))
        with open(interim, "xb") as out:
            image.write_fp(out, BUFFER)


def _elsewhere(name: str, container: Container) -> dict[str, Any]:
    """Return the name in the further file systems of an image."""
    paths = {}
    if container.has_joliet:
        paths["joliet_path"] = f"/{name}"
    if container.has_udf:
        paths["udf_path"] = f"/{name}"
    return paths
