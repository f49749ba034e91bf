"""Icons for the records of a File-set: made in a job, staged as one edit (PS3.3 F.7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import InstanceError, StudioError
from dicomdir_studio.fileset import Change
from dicomdir_studio.media.icons import icon_of
from dicomdir_studio.media.transcoding.routes import NATIVE
from dicomdir_studio.media.workers import Task, run_apart
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.standard.icons import ICON_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.fileset import FileInstance, FileSet, RecordNode

SIDE: Final = ICON_RULES.reader_minimum
BUDGET: Final = 64 << 20
"""Bytes that icons take of a DICOMDIR at most, unless another number is asked for."""

_LARGEST_SIDE: Final = 1024
_BATCH: Final = 256
"""Records whose icons are held before it is known whether the budget has room for them."""


@dataclass(frozen=True)
class IconOptions:
    """What icons are asked for.

    Attributes
    ----------
    rows, columns : int
        Their size.
    colour : bool
        Keep the colours of images that have them, in a palette.
    images, series : bool
        Make them for the records of images, and of series.
    budget : int
        Bytes that all of them may take. Series come first; what goes beyond has none.
    """

    rows: int = SIDE
    columns: int = SIDE
    colour: bool = True
    images: bool = True
    series: bool = True
    budget: int = BUDGET

    @property
    def recipe(self) -> str:
        """What tells icons made so from others, as kept with staged work."""
        return f"icon {self.rows} {self.columns} {'colour' if self.colour else 'grey'}"


@dataclass
class IconReport:
    """What came of making icons.

    Attributes
    ----------
    records : list of RecordNode
        The records that have one now.
    refused : list of (str, StudioError)
        Files of which no icon could be made, and why.
    beyond : int
        Records that have none because the budget was used up.
    bytes : int
        What the icons take of the DICOMDIR.
    change : Change
        What changed.
    """

    records: list[RecordNode] = field(default_factory=list)
    refused: list[tuple[str, StudioError]] = field(default_factory=list)
    beyond: int = 0
    bytes: int = 0
    change: Change = field(default_factory=Change)


def add_icons(
    file_set: FileSet,
    instances: Iterable[FileInstance] | None = None,
    options: IconOptions | None = None,
    *,
    monitor: Monitor | None = None,
) -> IconReport:
    """Make icons for records that have none, and stage them as one undoable edit.

    Parameters
    ----------
    file_set : FileSet
        The File-set; its instances' files are read and not changed.
    instances : iterable of FileInstance, optional
        Which ones, with their series; by default all.
    options : IconOptions, optional
        What is asked for.
    monitor : Monitor, optional
        Receives progress; can cancel, and then nothing is staged.

    Raises
    ------
    ValueError
        If the size is none that an icon can have.
    OperationCancelledError
        If the user cancelled.
    """
    options = options or IconOptions()
    chosen = list(file_set if instances is None else instances)
    wanted = records_to_have_icons(chosen, options)
    return add_icons_to(file_set, wanted, options, monitor=monitor)


def records_to_have_icons(
    instances: Iterable[FileInstance], options: IconOptions
) -> dict[RecordNode, FileInstance]:
    """Return the records without an icon that may have one, each with the image to show.

    The image that stands for a series is the middle one.
    """
    images: dict[RecordNode, FileInstance] = {}
    of_series: dict[RecordNode, list[FileInstance]] = {}
    for instance in instances:
        node = instance.node
        if instance.is_missing or instance.for_removal:
            continue
        if node.record_type in ICON_RULES.record_types:
            images[node] = instance
            if node.parent.record_type == "SERIES":
                of_series.setdefault(node.parent, []).append(instance)
    wanted: dict[RecordNode, FileInstance] = {}
    if options.series:
        wanted = {node: among[len(among) // 2] for node, among in of_series.items()}
    if options.images:
        wanted |= images
    return {node: one for node, one in wanted.items() if not node.has_icon}


def add_icons_to(
    file_set: FileSet,
    wanted: dict[RecordNode, FileInstance],
    options: IconOptions,
    *,
    monitor: Monitor | None = None,
) -> IconReport:
    """Make an icon of an image for each of some records, and stage them as one edit."""
    if not (1 <= options.rows <= _LARGEST_SIDE and 1 <= options.columns <= _LARGEST_SIDE):
        raise InstanceError(
            f"An icon cannot have {options.rows} x {options.columns} pixels",
            remedy=f"Choose from 1 to {_LARGEST_SIDE}; every reader shows {SIDE} x {SIDE}",
        )
    monitor = monitor or Monitor()
    monitor.start("Making icons", len(wanted), "records")
    report = IconReport()
    made: dict[RecordNode, bytes] = {}
    records = list(wanted.items())
    while records:
        batch, records = records[:_BATCH], records[_BATCH:]
        if report.bytes >= options.budget:
            report.beyond += len(batch)
            continue
        drawn = _drawn(dict.fromkeys(instance for _, instance in batch), options, monitor)
        for node, instance in batch:
            icon = drawn[instance]
            if isinstance(icon, StudioError):
                report.refused.append((instance.origin, icon))
            elif report.bytes + len(icon) > options.budget:
                report.beyond += 1
            else:
                made[node] = icon
                report.bytes += len(icon)
            monitor.advance(1, instance.origin)
    report.records = list(made)
    report.change = file_set.put_icons(made, options.recipe)
    return report


def _drawn(
    instances: Iterable[FileInstance], options: IconOptions, monitor: Monitor
) -> dict[FileInstance, bytes | StudioError]:
    """Return the icon of each image, or why there is none; foreign decoders run apart."""
    among = list(instances)
    draw = partial(icon_of, colour=options.colour)
    tasks = [Task(one.path, draw, (one.path, options.rows, options.columns)) for one in among]
    risky = [one.node.get("ReferencedTransferSyntaxUIDInFile") not in NATIVE for one in among]
    return {among[place]: icon for place, icon in run_apart(tasks, risky, monitor)}
