"""The immutable plan of one medium, the same for a folder, a ZIP file and an image."""

from __future__ import annotations

import os
import tempfile
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from dicomdir_studio.fileset import Layout
from dicomdir_studio.media.directory import MediumDirectory, numbered_id
from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.phrases import said
from dicomdir_studio.storage import CopyFrom

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from dicomdir_studio.fileset import FileSet, Finding
    from dicomdir_studio.monitor import Monitor

DICOMDIR: Final = "DICOMDIR"


@dataclass(frozen=True, slots=True)
class MediumFile:
    """A file that is copied to the medium.

    Attributes
    ----------
    source : str
        Absolute path of what is copied.
    name : str
        Its name on the medium, components separated by ``/``.
    size : int
        Its length in bytes.
    mtime_ns : int
        Its modification time; a source that differs at writing is an error.
    ctime_ns : int or None
        Time of its last change of any kind, which programs cannot set; None if unknown.
    """

    source: str
    name: str
    size: int
    mtime_ns: int
    ctime_ns: int | None = None


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that is created for the medium and held in memory.

    Attributes
    ----------
    name : str
        Its name on the medium, components separated by ``/``.
    data : bytes
        Its content.
    """

    name: str
    data: bytes

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.data)


Extra: TypeAlias = MediumFile | TextFile


@dataclass(frozen=True, slots=True)
class MediumPlan:
    """The plan of one medium.

    Attributes
    ----------
    file_set_id : str
        File-set ID, which is also the volume name (PS3.12).
    dicomdir : bytes
        The DICOMDIR.
    files : tuple of MediumFile
        The instances, in the order of the records.
    extras : tuple of MediumFile or TextFile
        Files that the DICOMDIR does not reference (IHE PDI: README.TXT, pages).
    left_out : tuple of str
        File IDs of records that are left out since their file is missing.
    problems : tuple of str
        Why it cannot be written; empty if it can.
    number, of : int
        Which medium of a spanned set it is, from 1.
    findings : tuple of Finding
        Files that do not match their records, or are cut off, if they were compared.
    """

    file_set_id: str
    dicomdir: bytes = field(repr=False)
    files: tuple[MediumFile, ...] = field(repr=False)
    extras: tuple[Extra, ...] = field(default=(), repr=False)
    left_out: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    number: int = 1
    of: int = 1
    findings: tuple[Finding, ...] = field(default=(), repr=False)

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Yield name and length of everything on the medium, the DICOMDIR first."""
        yield DICOMDIR, len(self.dicomdir)
        for file in (*self.extras, *self.files):
            yield file.name, file.size

    @property
    def bytes(self) -> int:
        """The total size of all files, without the overhead of the medium."""
        return sum(size for _, size in self.sizes())

    def directory(self) -> MediumDirectory:
        """Return the records of the DICOMDIR."""
        return MediumDirectory(self.dicomdir)

    def with_extras(self, extras: Collection[Extra]) -> MediumPlan:
        """Return the plan with additional files beside the File-set.

        Raises
        ------
        UnfitForMediumError
            If a name is taken.
        """
        taken = {name.upper() for name, _ in self.sizes()}
        for extra in extras:
            if extra.name.upper() in taken:
                raise UnfitForMediumError(
                    said("Two files of the medium have the same name"),
                    where=extra.name,
                    remedy=said("Rename the extra file"),
                )
            taken.add(extra.name.upper())
        return replace(self, extras=(*self.extras, *extras))

    def part(
        self, directory: MediumDirectory, names: Collection[str], number: int, of: int
    ) -> MediumPlan:
        """Return the plan of one medium of a spanned set.

        Parameters
        ----------
        directory : MediumDirectory
            What `directory` returned.
        names : collection of str
            The files that go on it.
        number, of : int
            Which medium it is, from 1, and how many there are.
        """
        wanted = set(names)
        return replace(
            self,
            file_set_id=numbered_id(self.file_set_id, number, of),
            dicomdir=directory.part(wanted, number=number, of=of),
            files=tuple(file for file in self.files if file.name in wanted),
            number=number,
            of=of,
        )


def plan_medium(
    file_set: FileSet,
    *,
    layout: Layout = Layout.STANDARD,
    compare: bool = False,
    monitor: Monitor | None = None,
) -> MediumPlan:
    """Plan a medium with a File-set and its staged changes; nothing on the disk changes.

    Parameters
    ----------
    file_set : FileSet
        The File-set to put on the medium.
    layout : Layout, optional
        How files are named; the standard layout is valid on every medium.
    compare : bool, optional
        Compare every file with its record and report mismatches in `MediumPlan.findings`.
    monitor : Monitor, optional
        Receives the progress of comparing; can cancel.
    """
    # Names are assigned as in an empty root, since a new medium is empty.
    nowhere = os.path.join(tempfile.gettempdir(), f"dicomdir-studio-{uuid.uuid4().hex}")
    plan = file_set.plan_copy(nowhere, layout=layout, compare=compare, monitor=monitor)
    (stage,) = plan.storage_plan.stages
    files = tuple(
        MediumFile(put.source, put.target, put.size, put.mtime_ns or 0, put.ctime_ns)
        for put in stage.puts
        if isinstance(put, CopyFrom)
    )
    problems: list[str] = [
        said("{0} is gone or was changed since it was added", path) for path in plan.changed_sources
    ]
    if not files:
        problems.append(said("There is nothing to put on a medium: no instance has a file"))
    return MediumPlan(
        file_set_id=file_set.ID or "",
        dicomdir=b"".join(bytes(part) for part in stage.replace.parts),
        files=files,
        left_out=plan.left_out,
        problems=tuple(problems),
        findings=plan.findings,
    )
