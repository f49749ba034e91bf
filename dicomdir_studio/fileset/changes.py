"""What operations report: changes, findings, refusals, counts."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dicomdir_studio.errors import StudioError
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.record_node import RecordNode


class Layout(enum.Enum):
    """How the files of a File-set are named by a write.

    The Standard attaches no meaning to File IDs (PS3.10 8.2), so either conforms.
    """

    STANDARD = "standard"
    """``PT000000/ST000000/SE000000/IM000000``, numbered by place in the tree."""
    KEEP = "keep"
    """Files stay where they are; only additions get a name."""


class Tally(NamedTuple):
    """How many instances a record and all below it hold.

    Attributes
    ----------
    instances : int
        All that the records reference, staged additions and removals included.
    additions, removals : int
        Those staged.
    missing : int
        Those whose file is not on the medium.
    """

    instances: int
    additions: int
    removals: int
    missing: int

    @property
    def remaining(self) -> int:
        """The number of instances once what is staged has been written."""
        return self.instances - self.removals


class Severity(enum.StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the Standard has it, or that was repaired or filled in.

    Attributes
    ----------
    severity : Severity
        How much it matters.
    what : str
        What is the matter, as a sentence without a full stop.
    where : str
        The record (by patient, study, series and offset) or the file.
    clause : str
        The clause of the Standard, "" where there is none.
    remedy : str
        What was or can be done.
    """

    severity: Severity
    what: str
    where: str = ""
    clause: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        """Return the finding as one readable line."""
        parts = [f"{self.severity}: {self.what}"]
        parts += [f"[{self.where}]"] if self.where else []
        parts += [f"({self.clause})"] if self.clause else []
        parts += [self.remedy] if self.remedy else []
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Change:
    """What an operation altered, so that a view can follow it.

    Attributes
    ----------
    attached : tuple of RecordNode
        The top-most records that are newly in the tree; what is below came with them.
    detached : tuple of (RecordNode, RecordNode)
        Parent and child for each top-most record taken out of the tree.
    altered : tuple of FileInstance
        Instances whose staged state changed in place.
    properties : bool
        Whether an element of the File-set itself changed.
    """

    attached: tuple[RecordNode, ...] = ()
    detached: tuple[tuple[RecordNode, RecordNode], ...] = ()
    altered: tuple[FileInstance, ...] = ()
    properties: bool = False

    def __bool__(self) -> bool:
        """Return whether anything changed."""
        return bool(self.attached or self.detached or self.altered or self.properties)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not taken, and why.

    Attributes
    ----------
    path : str
        The file.
    error : StudioError
        The reason and the remedy.
    """

    path: str
    error: StudioError


@dataclass(slots=True)
class AddReport:
    """What became of the files that were to be added.

    Attributes
    ----------
    added : list of FileInstance
        Staged for addition.
    restored : list of FileInstance
        Were staged for removal and stay after all.
    refused : list of Refusal
        Not taken.
    findings : list of Finding
        What was filled in or is odd about those taken.
    change : Change
        What changed in the tree.
    """

    added: list[FileInstance] = field(default_factory=list)
    restored: list[FileInstance] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    change: Change = field(default_factory=Change)
