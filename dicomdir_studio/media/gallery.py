"""Pictures for the web pages of a medium, made once for all media of a spanned set."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dicomdir_studio.errors import StudioError
from dicomdir_studio.media.medium_plan import MediumFile
from dicomdir_studio.media.pictures import picture_of
from dicomdir_studio.media.transcoding.routes import NATIVE
from dicomdir_studio.media.workers import Task, run_apart
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.standard.pdi import WEB_DIRECTORY

if TYPE_CHECKING:
    import os

    from dicomdir_studio.media.directory import MediumDirectory
    from dicomdir_studio.media.medium_plan import MediumPlan


@dataclass(slots=True)
class Gallery:
    """Pictures of some instances of each series.

    Attributes
    ----------
    pictures : dict of str to MediumFile
        The picture, a file of the web content, by File ID of its instance.
    failed : list of (str, StudioError)
        File IDs of instances that no picture could be made of, and why.
    """

    pictures: dict[str, MediumFile] = field(default_factory=dict)
    failed: list[tuple[str, StudioError]] = field(default_factory=list)


def make_gallery(
    plan: MediumPlan,
    folder: str | os.PathLike[str],
    *,
    per_series: int = 20,
    monitor: Monitor | None = None,
) -> Gallery:
    """Make pictures of some instances of each series, evenly spread over it.

    Parameters
    ----------
    plan : MediumPlan
        The File-set, not yet divided.
    folder : path-like
        An existing folder that holds the pictures until the media are written.
    per_series : int, optional
        How many of a series, at most.
    monitor : Monitor, optional
        Receives progress; can cancel.

    Raises
    ------
    OSError
        If a picture cannot be written.
    OperationCancelledError
        If the user cancelled.
    """
    monitor = monitor or Monitor()
    directory = plan.directory()
    chosen = _chosen(directory, per_series)
    sources = {file.name: file.source for file in plan.files}
    gallery = Gallery()
    tasks = [Task(sources[name], picture_of, (sources[name],)) for name in chosen]
    risky = [needs_decoder(directory, name) for name in chosen]
    monitor.start("Making pictures", len(chosen), "pictures")
    for place, answer in run_apart(tasks, risky, monitor):
        name = chosen[place]
        if isinstance(answer, StudioError):
            gallery.failed.append((name, answer))
        else:
            path = Path(folder, f"IM{place:06d}.JPG").resolve()
            path.write_bytes(answer)
            status = path.stat()
            gallery.pictures[name] = MediumFile(
                str(path), f"{WEB_DIRECTORY}/{path.name}", status.st_size, status.st_mtime_ns
            )
        monitor.advance(1, name)
    return gallery


def needs_decoder(directory: MediumDirectory, name: str) -> bool:
    """Return whether the pixels of an instance need a foreign decoder, as its record has it."""
    record = directory.record(directory.leaves[name])
    return record.get("ReferencedTransferSyntaxUIDInFile") not in NATIVE


def _chosen(directory: MediumDirectory, per_series: int) -> list[str]:
    """Return the File IDs of the images to be shown."""
    series: dict[int, list[str]] = {}
    for name, row in directory.leaves.items():
        if directory.record_type(row) == "IMAGE":
            series.setdefault(directory.parents[row], []).append(name)
    chosen: list[str] = []
    for names in series.values():
        count = min(len(names), per_series)
        chosen += [names[(2 * place + 1) * len(names) // (2 * count)] for place in range(count)]
    return chosen
