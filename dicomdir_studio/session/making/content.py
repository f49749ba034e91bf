"""What a File-set would bring to a medium: patients, studies and series with their sizes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydicom.dataset import Dataset

    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.media.directory import MediumDirectory
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.monitor import Monitor

_DEPTH: Final = 3
"""Patient, study, series: what lies below goes with its series."""

_KEYWORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "PATIENT": ("PatientName", "", "PatientID", "PatientID"),
    "STUDY": ("StudyDescription", "StudyDate", "StudyID", "StudyInstanceUID"),
    "SERIES": ("SeriesDescription", "Modality", "SeriesNumber", "SeriesInstanceUID"),
}
"""Keywords of title, detail, number and identifier by record type."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A patient, study or series, or another record that stands at their level.

    Attributes
    ----------
    row : int
        By which the branch is known, in whatever part of the content it is seen.
    kind : str
        Directory Record Type.
    title, detail, number, identifier : str
        Name or description; date of a study, Modality of a series; Patient ID, Study ID,
        Series Number; Patient ID or UID. Empty where the record has none.
    names : tuple of str
        File IDs of its instances, all below included.
    size : int
        Bytes of their files.
    children : tuple of Branch
        What lies below, down to the series.
    of : int
        Instances of the whole branch, where this is a part of it; else as many as there are.
    """

    row: int
    kind: str
    title: str
    detail: str
    number: str
    identifier: str
    names: tuple[str, ...] = field(repr=False)
    size: int
    children: tuple[Branch, ...] = field(repr=False)
    of: int

    @property
    def is_part(self) -> bool:
        """Whether some of its instances are elsewhere."""
        return len(self.names) < self.of

    def limited(self, sizes: Mapping[str, int]) -> Branch | None:
        """Return the part of the branch that has the instances with these sizes, if any."""
        kept = tuple(name for name in self.names if name in sizes)
        if not kept:
            return None
        below = (child.limited(sizes) for child in self.children)
        return replace(
            self,
            names=kept,
            size=sum(sizes[name] for name in kept),
            children=tuple(child for child in below if child is not None),
        )


@dataclass(frozen=True, slots=True)
class Content:
    """What can go on media.

    Attributes
    ----------
    plan : MediumPlan
        All of it, as one medium.
    branches : tuple of Branch
        The patients, and other records of the root.
    sizes : dict of str to int
        Length of each instance's file by File ID.
    additions, removals : int
        What is staged and not written yet: it is taken as staged.
    """

    plan: MediumPlan
    branches: tuple[Branch, ...]
    sizes: Mapping[str, int] = field(repr=False)
    additions: int = 0
    removals: int = 0

    @property
    def has_contradictions(self) -> bool:
        """Whether files are not what their records say."""
        return any(one.severity is Severity.ERROR for one in self.plan.findings)

    def part(self, sizes: Mapping[str, int]) -> tuple[Branch, ...]:
        """Return the branches of some instances.

        Parameters
        ----------
        sizes : mapping of str to int
            Length of the files as they are on the medium, by File ID.
        """
        parts = (branch.limited(sizes) for branch in self.branches)
        return tuple(part for part in parts if part is not None)


def content_of(file_set: FileSet, plan: MediumPlan, monitor: Monitor) -> Content:
    """Return what a File-set would bring to a medium; one pass over its records.

    Parameters
    ----------
    file_set : FileSet
        With what is staged.
    plan : MediumPlan
        Its plan for one medium.
    monitor : Monitor
        Receives progress; can cancel.
    """
    sizes = {file.name: file.size for file in plan.files}
    tally = file_set.tree.tally
    branches = _Grower(plan.directory(), sizes, monitor).grow()
    return Content(plan, branches, sizes, tally.additions, tally.removals)


class _Grower:
    """Makes the branches of a DICOMDIR."""

    def __init__(
        self, directory: MediumDirectory, sizes: Mapping[str, int], monitor: Monitor
    ) -> None:
        self._directory = directory
        self._sizes = sizes
        self._monitor = monitor
        self._names: dict[int, list[str]] = defaultdict(list)
        self._below: dict[int, list[int]] = defaultdict(list)
        self._roots: list[int] = []

    def grow(self) -> tuple[Branch, ...]:
        """Return the branches of the root."""
        self._monitor.start("Looking at the content", len(self._sizes))
        for name in self._sizes:
            self._monitor.check()
            self._put(name, self._directory.chain(self._directory.leaves[name])[:_DEPTH])
            self._monitor.advance()
        return tuple(map(self._branch, self._roots))

    def _put(self, name: str, chain: tuple[int, ...]) -> None:
        """Count an instance to the records above it."""
        for depth, row in enumerate(chain):
            if row not in self._names:
                (self._below[chain[depth - 1]] if depth else self._roots).append(row)
            self._names[row].append(name)

    def _branch(self, row: int) -> Branch:
        """Return the branch of a record."""
        self._monitor.check()
        kind = self._directory.record_type(row)
        record = self._directory.record(row)
        names = tuple(self._names[row])
        words = (_text(record, keyword) for keyword in _KEYWORDS.get(kind, ("",) * 4))
        title, detail, number, identifier = words
        return Branch(
            row,
            kind,
            title,
            detail,
            number,
            identifier,
            names=names,
            size=sum(self._sizes[name] for name in names),
            children=tuple(map(self._branch, self._below[row])),
            of=len(names),
        )


def _text(record: Dataset, keyword: str) -> str:
    """Return a value as text on one line, empty if there is none."""
    value = record.get(keyword) if keyword else None
    return "" if value is None else " ".join(str(value).split())
