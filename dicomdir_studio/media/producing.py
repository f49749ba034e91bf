"""From a File-set to finished media in two steps: prepared and shown, then written as shown."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dicomdir_studio.errors import StorageError
from dicomdir_studio.media.applying import (
    NotTranscodedError,
    ProfileNotMetError,
    compressed_with_loss,
    with_profile,
)
from dicomdir_studio.media.beside import Beside
from dicomdir_studio.media.capacity import usage
from dicomdir_studio.media.checks import refuse_problems, refuse_too_large
from dicomdir_studio.media.errors import MediumTooSmallError
from dicomdir_studio.media.gallery import Gallery, make_gallery
from dicomdir_studio.media.medium_plan import MediumPlan, plan_medium
from dicomdir_studio.media.orders import Order, Target, check_file_systems, check_target
from dicomdir_studio.media.spanning import Room, Span, divide
from dicomdir_studio.media.targets import (
    write_folder,
    write_iso,
    write_stick,
    write_udf,
    write_zip,
)
from dicomdir_studio.media.targets.streams import check_room
from dicomdir_studio.media.volumes import check_volume, stick_at
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.phrases import listed, said
from dicomdir_studio.storage import NameClashError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.media.division import Division
    from dicomdir_studio.media.targets import MediumReceipt
    from dicomdir_studio.media.volumes import Volume


__all__ = [
    "NotTranscodedError",
    "Production",
    "ProfileNotMetError",
    "check_outputs",
    "prepare",
    "produce",
    "redivided",
    "write_medium",
]


@dataclass(frozen=True, slots=True)
class Production:
    """What will be made.

    Attributes
    ----------
    order : Order
        What was asked for.
    span : Span
        The plans of the media, extras included, and what was divided.
    gallery : Gallery or None
        The pictures of the web pages.
    labels : tuple of tuple of str
        The lines of each medium's label.
    beside : Beside
        What is added to each medium.
    division : Division or None
        Which instances go on which medium, if it is divided; `redivided` takes an altered one.
    """

    order: Order
    span: Span
    gallery: Gallery | None
    labels: tuple[tuple[str, ...], ...]
    beside: Beside = field(repr=False)
    division: Division | None = None

    def outputs(self) -> Iterator[tuple[MediumPlan, str]]:
        """Yield the plan of each medium and where it goes."""
        out = Path(self.order.out)
        for plan in self.span.plans:
            # Sticks are put in one after the other, at the same place.
            if plan.of == 1 or self.order.stick is not None:
                yield plan, str(out)
                continue
            stem = out.stem if self.order.target is not Target.FOLDER else out.name
            suffix = out.suffix if self.order.target is not Target.FOLDER else ""
            yield plan, str(out.with_name(f"{stem}_{plan.number}OF{plan.of}{suffix}"))

    def bytes_of(self, plan: MediumPlan) -> int:
        """Return the bytes that a medium takes; of deflated ZIP files the most."""
        return usage(plan.sizes(), self.order.container, cluster=self.order.cluster).total


def prepare(
    file_set: FileSet,
    order: Order,
    scratch: str | os.PathLike[str],
    *,
    monitor: Monitor | None = None,
) -> Production:
    """Plan all that is to be made; nothing is written but into `scratch`.

    Files are compared with their records: what contradicts is in the `findings` of the plans.

    Parameters
    ----------
    file_set : FileSet
        What goes on the media, with what is staged.
    order : Order
        What is asked for.
    scratch : path-like
        An existing folder that lasts until the media are written: it holds pictures and
        transcoded copies.
    monitor : Monitor, optional
        Receives progress; can cancel.

    Raises
    ------
    ProfileNotMetError
        If the File-set does not fit the profile.
    NotTranscodedError
        If instances proved not to be transcodable without loss.
    UnfitForMediumError
        If the profile has no such target, or something has no place on the medium.
    MediumTooSmallError
        If it does not fit and is not to be spanned, or one instance alone does not.
    """
    monitor = monitor or Monitor()
    check_file_systems(order)
    if order.profile is not None:
        check_target(order.profile, order.target)
        if order.stick is not None:
            check_volume(order.stick, order.profile)
    plan = plan_medium(file_set, layout=order.layout, compare=True, monitor=monitor)
    if order.lossy is not None:
        plan = compressed_with_loss(plan, order.lossy, scratch, monitor=monitor)
    if order.profile is not None:
        plan = with_profile(plan, order.profile, scratch, monitor=monitor)
    beside = _beside(plan, order, scratch, monitor)
    division = _divided(plan, order, beside, monitor)
    divided = Span((plan,)) if division is None else Span.of(division)
    return _production(order, divided, division, beside)


def redivided(production: Production, division: Division) -> Production:
    """Return a production whose media hold what the user put on them.

    Parameters
    ----------
    production : Production
        What was prepared, spanned.
    division : Division
        Its division, altered by `Division.moved`.

    Raises
    ------
    MediumTooSmallError
        If a medium is too full.
    """
    if division.problems:
        raise MediumTooSmallError(said("The division does not fit"), why=listed(division.problems))
    divided = Span.of(division)
    return _production(production.order, divided, division, production.beside)


def _production(
    order: Order, divided: Span, division: Division | None, beside: Beside
) -> Production:
    """Return a production with what lies beside the DICOM files, labels too; refuse problems."""
    plans = tuple(beside.on(part) for part in divided.plans)
    for part in plans:
        refuse_problems(part, order.out, order.container)
    labels = tuple(tuple(beside.label(part)) for part in plans)
    made = replace(divided, plans=plans)
    return Production(order, made, beside.gallery, labels, beside, division)


def produce(production: Production, *, monitor: Monitor | None = None) -> list[MediumReceipt]:
    """Write what was prepared, one medium after the other.

    Raises
    ------
    NameClashError
        If one of the names is taken; nothing is written then.
    StudioError
        If a medium could not be written. Those before it are whole and stay.
    """
    check_outputs(production)
    return [
        write_medium(plan, path, production.order, monitor=monitor)
        for plan, path in production.outputs()
    ]


def check_outputs(production: Production) -> None:
    """Raise, before the first medium is written, if a later one could not be.

    Raises
    ------
    NameClashError
        If the name of an image or ZIP file is taken.
    StorageError
        If there is no folder for them.
    UnfitForMediumError
        If a file is too large for the file system there.
    NoSpaceError
        If there is not enough room for all images or ZIP files together.
    """
    for plan, path in production.outputs():
        refuse_too_large(path, _files_of(production, plan, path))
    if production.order.target is Target.FOLDER:
        return
    folder = Path(production.order.out).absolute().parent
    if not folder.is_dir():
        raise StorageError(
            said("There is no folder {0}", folder),
            where=production.order.out,
            remedy=said("Make it, or choose another"),
        )
    for _, path in production.outputs():
        if os.path.lexists(path):
            raise NameClashError(
                said("A file of that name already exists"),
                where=path,
                remedy=said("Nothing was written; choose another name, or move the file away"),
            )
    if not production.order.deflate:
        needed = sum(production.bytes_of(plan) for plan in production.span.plans)
        check_room(Path(production.order.out).resolve().parent, needed)


def _files_of(production: Production, plan: MediumPlan, path: str) -> list[tuple[str, int]]:
    """Return name and length of the files that a medium becomes where it is written."""
    if production.order.target is Target.FOLDER:
        return list(plan.sizes())
    return [(os.path.basename(path), production.bytes_of(plan))]


def _beside(
    plan: MediumPlan, order: Order, scratch: str | os.PathLike[str], monitor: Monitor
) -> Beside:
    """Return what lies beside the DICOM files."""
    has_pages = order.publisher is not None and order.has_pages
    gallery = make_gallery(plan, scratch, monitor=monitor) if has_pages else None
    return Beside(order, plan, gallery, monitor=monitor)


def _divided(plan: MediumPlan, order: Order, beside: Beside, monitor: Monitor) -> Division | None:
    """Return the plan divided over media; None if it is not to be, since it fits on one."""
    if order.capacity is None:
        return None
    room = Room(order.capacity, order.container, order.cluster)
    if not order.is_spanned:
        needed = usage(beside.on(plan).sizes(), order.container, cluster=order.cluster).total
        if needed > order.capacity:
            raise MediumTooSmallError(
                said("The File-set does not fit on one medium"),
                why=said("it takes {0:,} bytes, the medium holds {1:,}", needed, order.capacity),
                remedy=said("Divide it over several media, or choose a larger one"),
            )
        return None
    return divide(plan, room, beside=beside.at_most, monitor=monitor)


def write_medium(
    plan: MediumPlan, path: str, order: Order, *, monitor: Monitor | None = None
) -> MediumReceipt:
    """Write one medium of a production: all of it or nothing.

    Parameters
    ----------
    plan : MediumPlan
        What goes on it, out of `Production.outputs`.
    path : str
        Where it goes, from there too.
    order : Order
        What was asked for.
    monitor : Monitor, optional
        Receives progress; can cancel.

    Raises
    ------
    StudioError
        If it could not be written; nothing is left of it.
    """
    proved, profile = order.verified, order.profile
    if order.target is Target.ISO and order.plain_udf is not None:
        return write_udf(
            plan,
            path,
            revision=order.plain_udf,
            verified=proved,
            profile=profile,
            monitor=monitor,
        )
    if order.target is Target.ISO:
        return write_iso(
            plan,
            path,
            joliet=order.joliet,
            udf=order.has_udf,
            verified=proved,
            profile=profile,
            monitor=monitor,
        )
    if order.target is Target.ZIP:
        return write_zip(
            plan,
            path,
            deflate=order.deflate,
            password=order.password,
            verified=proved,
            profile=profile,
            monitor=monitor,
        )
    volume = _stick(plan, path, order)
    if volume is not None:
        return write_stick(plan, volume, verified=proved, profile=profile, monitor=monitor)
    return write_folder(plan, path, verified=proved, profile=profile, monitor=monitor)


def _stick(plan: MediumPlan, path: str, order: Order) -> Volume | None:
    """Return the stick to write to, None for a folder; raise if the profile does not take it.

    The first one must be that which was looked at; those that follow in a set are put in later.
    """
    if not order.is_stick:
        return None
    volume = order.stick if plan.number == 1 and order.stick is not None else stick_at(path)
    if volume is not None:
        check_volume(volume, order.profile)
    return volume
