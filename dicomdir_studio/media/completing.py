"""A profile applied to a plan: the DICOMDIR gets its keys and icons (PS3.11).

The values come from the instances' headers, byte for byte; icons from their pixels. Files
stay as they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicomdir_studio.errors import StudioError
from dicomdir_studio.media.conformance import icon_fits
from dicomdir_studio.media.gallery import needs_decoder
from dicomdir_studio.media.icons import ICON_IMAGE_SEQUENCE, icon_of
from dicomdir_studio.media.key_values import HeaderValues, value_for
from dicomdir_studio.media.profile_facts import icon_size
from dicomdir_studio.media.workers import Task, run_apart
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.part10.transcode import EXPLICIT_LITTLE, elements, encoded_element
from dicomdir_studio.standard.icons import ICON_RULES
from dicomdir_studio.standard.profiles import IconRule

if TYPE_CHECKING:
    from dicomdir_studio.media.directory import MediumDirectory
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.standard.profiles import ApplicationProfile
    from dicomdir_studio.standard.record_keys import RecordKey


def with_profile_keys(
    plan: MediumPlan, profile: ApplicationProfile, *, monitor: Monitor | None = None
) -> MediumPlan:
    """Return the plan with the keys and icons of a profile in its DICOMDIR.

    Parameters
    ----------
    plan : MediumPlan
        The plan.
    profile : ApplicationProfile
        Whose keys are added. Keys that a record has with a value stay as they are; one that
        the instance has no value for is added empty if its type allows it, else left out.
    monitor : Monitor, optional
        Receives progress; can cancel.

    Raises
    ------
    InstanceError
        If a header cannot be read, or the pixels of an image that needs an icon.
    OperationCancelledError
        If the user cancelled.
    """
    monitor = monitor or Monitor()
    if not any(profile.record_keys.values()) and profile.icon == IconRule():
        return plan
    directory = plan.directory()
    wanted = _wanted(profile)
    changed: dict[int, bytes] = {}
    done: set[tuple[int, int]] = set()
    monitor.start("Adding the keys of the profile", len(plan.files))
    for file in plan.files:
        monitor.check()
        values = HeaderValues(read_header(file.source, wanted))
        for row in directory.chain(directory.leaves[file.name]):
            record = changed.get(row) or directory.encoded(row)
            kind = directory.record_type(row)
            for key in profile.keys_for(kind):
                if (row, key.tag) not in done and key.tag != ICON_IMAGE_SEQUENCE:
                    completed = _completed(record, key, values)
                    if completed is not record:
                        record = changed[row] = completed
                        done.add((row, key.tag))
        monitor.advance(1, file.name)
    _add_icons(plan, directory, profile.icon, changed, monitor)
    return replace(plan, dicomdir=directory.relaid(changed)) if changed else plan


def _add_icons(
    plan: MediumPlan,
    directory: MediumDirectory,
    rule: IconRule,
    changed: dict[int, bytes],
    monitor: Monitor,
) -> None:
    """Make the icons that records lack or have in another size, decoders apart."""
    tasks, rows, risky = [], [], []
    for file in plan.files:
        row = directory.leaves[file.name]
        record = changed.get(row) or directory.encoded(row)
        size = _wanted_icon(record, directory.record_type(row), rule)
        if size is not None:
            tasks.append(Task(file.source, icon_of, (file.source, *size)))
            rows.append(row)
            risky.append(needs_decoder(directory, file.name))
    if not tasks:
        return
    monitor.start("Making icons", len(tasks), "icons")
    for place, answer in run_apart(tasks, risky, monitor):
        if isinstance(answer, StudioError):
            raise answer
        laid = encoded_element(ICON_IMAGE_SEQUENCE, b"SQ", answer)
        record = changed.get(rows[place]) or directory.encoded(rows[place])
        changed[rows[place]] = with_element(record, ICON_IMAGE_SEQUENCE, laid)
        monitor.advance(1, tasks[place].path)


def _wanted(profile: ApplicationProfile) -> frozenset[int]:
    """Return the elements of headers that the keys of a profile come from."""
    keys = [key for keys in profile.record_keys.values() for key in keys]
    tags = {tag for key in keys for tag in (*key.source[:1], *key.other_source[:1])}
    return frozenset(
        tags | {tag for key in keys if key.condition for tag in key.condition.path[:1]}
    )


def _completed(record: bytes, key: RecordKey, values: HeaderValues) -> bytes:
    """Return a record with a key that it lacks; the same object if there is nothing to add."""
    if key.condition is not None and not key.condition.holds(values):
        return record
    value = value_for(key, values)
    if not value and key.type not in ("2", "2C"):
        return record
    for element in elements(record, 0, len(record), EXPLICIT_LITTLE):
        if element.tag == key.tag and (element.stop > element.start or not value):
            return record
    return with_element(record, key.tag, encoded_element(key.tag, key.vr.encode("ascii"), value))


def _wanted_icon(record: bytes, kind: str, rule: IconRule) -> tuple[int, int] | None:
    """Return rows and columns of the icon that a record is to get; None if it is fine."""
    size = icon_size(record)
    if size is None and kind not in rule.required_in:
        return None
    if size is not None and icon_fits(rule, *size):
        return None
    rows = rule.rows or rule.maximum or ICON_RULES.reader_minimum
    return rows, rule.columns or rule.maximum or ICON_RULES.reader_minimum


def with_element(record: bytes, tag: int, laid: bytes) -> bytes:
    """Return a record with an element put in at its place, or instead of the one there.

    Parameters
    ----------
    record : bytes
        Elements in Explicit VR Little Endian.
    tag : int
        The element's tag.
    laid : bytes
        The element, encoded.
    """
    start = 0
    for element in elements(record, 0, len(record), EXPLICIT_LITTLE):
        stop = element.stop + (8 if element.undefined else 0)
        if element.tag == tag:
            return record[:start] + laid + record[stop:]
        if element.tag > tag:
            break
        start = stop
    return record[:start] + laid + record[start:]
