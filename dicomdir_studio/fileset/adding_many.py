"""Stages many files, listing each that is refused with the reason."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dicomdir_studio import errors
from dicomdir_studio.errors import (
    ContentConflictError,
    DuplicateInstanceError,
    StudioError,
)
from dicomdir_studio.fileset.adding import WHICH
from dicomdir_studio.fileset.changes import AddReport, Refusal
from dicomdir_studio.fileset.prefetching import Prefetcher
from dicomdir_studio.fileset.recording import layout_memory, wanted_tags
from dicomdir_studio.fileset.source import Source, same_content
from dicomdir_studio.garbage import paused_collection
from dicomdir_studio.part10.header import read_header, unreadable
from dicomdir_studio.phrases import said
from dicomdir_studio.rereading import reread

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from os import PathLike

    from dicomdir_studio.fileset.adding import Adder
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.part10.header import InstanceHeader
    from dicomdir_studio.part10.layout_memory import LayoutMemory


def duplicate_of(known: FileInstance, content: str, path: str) -> DuplicateInstanceError:
    """Return the error for a file whose instance is already in the File-set."""
    if same_content(content, known.path):
        return DuplicateInstanceError(
            said("The instance is already in the File-set"),
            where=path,
            why=said("with the same content, from {0}", known.origin),
        )
    return ContentConflictError(
        said("Another file with the same SOP Instance UID is already in the File-set"),
        where=path,
        why=said("its content differs from {0}", known.origin),
        remedy=WHICH,
    )


def header_and_source(
    adder: Adder,
    path: str | PathLike[str],
    tags: Collection[int],
    memory: LayoutMemory | None,
    descriptor: int | None = None,
) -> tuple[InstanceHeader, Source]:
    """Read the header of a file to be added; return it and the source of the bytes.

    If a descriptor of the file is already open, it is taken over.
    """
    try:
        if descriptor is None:
            header = reread(lambda: read_header(path, tags, memory))
        else:
            header = _read_opened(path, tags, memory, descriptor)
    except errors.NotDicomError:
        return adder.whole(*reread(lambda: adder.framed(os.fspath(path))))
    return adder.whole(header, Source.of(header))


def _read_opened(
    path: str | PathLike[str],
    tags: Collection[int],
    memory: LayoutMemory | None,
    descriptor: int,
) -> InstanceHeader:
    """Read a header from a descriptor, or by its path if the medium fails."""
    given = [descriptor]
    return reread(lambda: read_header(path, tags, memory, given.pop() if given else None))


def add_paths(adder: Adder, paths: Iterable[str | PathLike[str]], monitor: Monitor) -> AddReport:
    """Stage many files, listing each that is refused with the reason."""
    report = AddReport()
    wanted = [os.fspath(path) for path in paths]
    monitor.start("Reading files", len(wanted))
    monitor.check()
    tags, memory = wanted_tags(), layout_memory()
    with Prefetcher(wanted) as prefetcher:
        for place, path in enumerate(wanted):
            monitor.check()
            told = len(adder.findings)
            try:
                opened = prefetcher.before(place)
                header, source = header_and_source(adder, path, tags, memory, opened)
                if adder.add_header(header, source) is None:
                    raise duplicate_of(adder.known(header), source.path, path)
            except (StudioError, OSError) as caught:
                error = caught if isinstance(caught, StudioError) else unreadable(path, caught)
                report.refused.append(Refusal(path, error))
                del adder.findings[told:]  # they concern a file that was refused
                if isinstance(error, ContentConflictError):
                    adder.conflicts.duplicate(adder.known(header), path)
            monitor.advance(1, path)
    report.added = adder.attached
    report.restored = adder.taken_back()
    report.findings = adder.findings
    report.conflicts = list(adder.conflicts.found)
    return report


def stage_paths(adder: Adder, paths: Iterable[str | PathLike[str]], monitor: Monitor) -> AddReport:
    """Stage many files; if cancelled, none of them stays staged."""
    try:
        with paused_collection(making=True):
            return add_paths(adder, paths, monitor)
    except BaseException:
        adder.take_back()
        raise
