"""A profile applied to a plan: copies in an allowed transfer syntax, keys and icons (PS3.11)."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset.evidence import values_at
from dicomdir_studio.media.completing import with_element, with_profile_keys
from dicomdir_studio.media.conformance import fit_profiles
from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.medium_plan import MediumFile
from dicomdir_studio.media.targets.streams import check_room
from dicomdir_studio.media.transcoding.instance import transcode_to_first
from dicomdir_studio.media.transcoding.lossy import LossyChoice, compress_with_loss
from dicomdir_studio.media.workers import Task, Workers
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.part10.transcode import EXPLICIT_LITTLE, elements, encoded_element
from dicomdir_studio.part10.vr import padded

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from dicomdir_studio.media.conformance import ProfileFit
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.transcoding.instance import Copied
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.standard.profiles import ApplicationProfile

_SYNTAX_IN_FILE: Final = 0x00041512
_INSTANCE_IN_FILE: Final = 0x00041511
_DERIVED: Final = (0x00080008, 0x00082111, 0x00082112, 0x00282110, 0x00282112, 0x00282114)
"""Image Type, derivation, source and loss, which a record may have as keys."""


class ProfileNotMetError(UnfitForMediumError):
    """The File-set does not conform to the application profile.

    Attributes
    ----------
    fit : ProfileFit
        All that stands in the way.
    """

    def __init__(self, fit: ProfileFit) -> None:
        obstacles = [obstacle for obstacle in fit.obstacles if not obstacle.is_completed]
        more = f" and {len(obstacles) - 1} more" if len(obstacles) > 1 else ""
        super().__init__(
            f"The File-set does not fit the profile {fit.profile.identifier}",
            why=f"{obstacles[0].what}{more}, {obstacles[0].clause}",
            remedy=obstacles[0].remedy,
        )
        self.fit = fit


class NotTranscodedError(UnfitForMediumError):
    """Instances could not be turned to another transfer syntax without loss.

    Attributes
    ----------
    errors : list of StudioError
        What kept each of them, its file in `where`.
    """

    def __init__(self, errors: Sequence[StudioError]) -> None:
        more = f"; and {len(errors) - 1} more instances" if len(errors) > 1 else ""
        super().__init__(
            errors[0].what,
            where=errors[0].where,
            why=f"{errors[0].why or 'no reason given'}{more}",
            remedy=errors[0].remedy,
        )
        self.errors = list(errors)


def with_profile(
    plan: MediumPlan,
    profile: ApplicationProfile,
    scratch: str | os.PathLike[str],
    *,
    monitor: Monitor,
) -> MediumPlan:
    """Return a plan that conforms to a profile.

    Copies of instances are transcoded where the profile does not allow their transfer syntax
    and nothing is lost; the DICOMDIR gets the profile's keys and icons. The File-set's own
    files are only read.

    Parameters
    ----------
    plan : MediumPlan
        The plan.
    profile : ApplicationProfile
        The profile.
    scratch : path-like
        An existing folder that holds the copies until the media are written.
    monitor : Monitor
        Receives progress; can cancel.

    Raises
    ------
    ProfileNotMetError
        If something stands in the way that cannot be mended here.
    NotTranscodedError
        If instances proved not to be transcodable without loss.
    OperationCancelledError
        If the user cancelled.
    """
    name = profile.identifier
    fit = fit_profiles(plan, profiles={name: profile}, monitor=monitor)[name]
    if not fit.fits_completed:
        raise ProfileNotMetError(fit)
    if fit.fits:
        return plan
    ways = {
        instance: obstacle.becomes
        for obstacle in fit.obstacles
        if obstacle.becomes
        for instance in obstacle.instances
    }
    done = transcoded(plan, ways, scratch, monitor=monitor) if ways else plan
    done = with_profile_keys(done, profile, monitor=monitor)
    fit = fit_profiles(done, profiles={name: profile}, monitor=monitor)[name]
    if not fit.fits:
        raise ProfileNotMetError(fit)
    return done


def transcoded(
    plan: MediumPlan,
    ways: Mapping[str, Sequence[str]],
    scratch: str | os.PathLike[str],
    *,
    monitor: Monitor,
) -> MediumPlan:
    """Return a plan with some instances in another transfer syntax, without loss.

    Parameters
    ----------
    plan : MediumPlan
        The plan.
    ways : mapping of str to sequence of str
        By File ID, the Transfer Syntax UIDs to choose from, the best first.
    scratch : path-like
        An existing folder that holds the copies until the media are written.
    monitor : Monitor
        Receives progress; can cancel.

    Raises
    ------
    NotTranscodedError
        If some of them would lose something; it has all of them.
    NoSpaceError
        If there is no room for copies as large as the originals.
    OperationCancelledError
        If the user cancelled; no copy is left.
    """
    calls = {name: (transcode_to_first, tuple(uids)) for name, uids in ways.items()}
    return _with_calls(plan, calls, scratch, "Transcoding without loss", monitor)


def compressed_with_loss(
    plan: MediumPlan,
    choice: LossyChoice,
    scratch: str | os.PathLike[str],
    *,
    monitor: Monitor,
) -> MediumPlan:
    """Return a plan whose images are lossy copies: new instances, derived from the old.

    For the user's express wish alone. Instances that are no images stay as they are, and what
    refers to an image refers to the one that is not on the medium.

    Parameters
    ----------
    plan : MediumPlan
        The plan.
    choice : LossyChoice
        How.
    scratch : path-like
        An existing folder that holds the copies until the media are written.
    monitor : Monitor
        Receives progress; can cancel.

    Raises
    ------
    NotTranscodedError
        If some images have no place in that compression; it has all of them.
    OperationCancelledError
        If the user cancelled; no copy is left.
    """
    directory = plan.directory()
    calls = {
        name: (compress_with_loss, choice)
        for name, row in directory.leaves.items()
        if directory.record_type(row) == "IMAGE"
    }
    return _with_calls(plan, calls, scratch, "Compressing with loss", monitor)


def _with_calls(
    plan: MediumPlan,
    calls: Mapping[str, tuple[Callable[..., Copied], Any]],
    scratch: str | os.PathLike[str],
    phase: str,
    monitor: Monitor,
) -> MediumPlan:
    """Return a plan with copies that functions make of some files in worker processes."""
    files = [file for file in plan.files if file.name in calls]
    check_room(scratch, sum(file.size for file in files))
    folder = tempfile.mkdtemp(prefix="transcoded-", dir=Path(scratch).resolve())
    tasks = []
    for number, file in enumerate(files):
        function, how = calls[file.name]
        target = str(Path(folder, f"TS{number:06d}.DCM"))
        tasks.append(Task(file.source, function, (file.source, target, how)))
    try:
        monitor.start(phase, len(tasks))
        copies = _copies(files, tasks, monitor)
        return _with_copies(plan, copies)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _copies(
    files: Sequence[MediumFile], tasks: Sequence[Task[Copied]], monitor: Monitor
) -> dict[str, Copied]:
    """Transcode in worker processes; return the copies by File ID."""
    copies: dict[str, Copied] = {}
    errors: list[tuple[int, StudioError]] = []
    with Workers() as workers:
        for place, answer in workers.run(tasks, monitor):
            if isinstance(answer, StudioError):
                answer.where = answer.where or files[place].source
                errors.append((place, answer))
            else:
                copies[files[place].name] = answer
            monitor.advance(1, files[place].name)
    if errors:
        raise NotTranscodedError([error for _, error in sorted(errors, key=lambda pair: pair[0])])
    return copies


def _with_copies(plan: MediumPlan, copies: Mapping[str, Copied]) -> MediumPlan:
    """Return a plan whose files and records are those of the copies."""
    directory = plan.directory()
    changed: dict[int, bytes] = {}
    for name, copy in copies.items():
        row = directory.leaves[name]
        record = directory.encoded(row)
        given = {_SYNTAX_IN_FILE: copy.syntax, _INSTANCE_IN_FILE: copy.instance_uid}
        for tag, uid in given.items():
            if uid:
                value = padded(uid.encode("ascii"), b"UI")
                record = with_element(record, tag, encoded_element(tag, b"UI", value))
        changed[row] = _derived(record, copy) if copy.instance_uid else record
    files = tuple(_copied(file, copies.get(file.name)) for file in plan.files)
    return replace(plan, dicomdir=directory.relaid(changed), files=files)


def _derived(record: bytes, copy: Copied) -> bytes:
    """Return the record of a new instance with the keys that deriving it changed."""
    header = read_header(copy.path, frozenset(_DERIVED))
    for element in list(elements(record, 0, len(record), EXPLICIT_LITTLE)):
        if element.tag in _DERIVED:
            (value,) = values_at(header, (element.tag,)) or (b"",)
            laid = encoded_element(element.tag, element.vr, value)
            record = with_element(record, element.tag, laid)
    return record


def _copied(file: MediumFile, copy: Copied | None) -> MediumFile:
    """Return the file of a plan, or its copy if there is one."""
    if copy is None:
        return file
    return MediumFile(copy.path, file.name, copy.size, copy.mtime_ns)
