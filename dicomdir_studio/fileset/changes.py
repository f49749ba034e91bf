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
    path : str
        The file that it is about, "" where it is about a record alone.
    brief : str
        The same as `what` without values, for a line beside the name of the file; "" if
        there is none.
    """

    severity: Severity
    what: str
    where: str = ""
    clause: str = ""
    remedy: str = ""
    path: str = ""
    brief: str = ""

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
    rewritten : tuple of RecordNode
        Records in the tree that hold something else now.
    """

    attached: tuple[RecordNode, ...] = ()
    detached: tuple[tuple[RecordNode, RecordNode], ...] = ()
    altered: tuple[FileInstance, ...] = ()
    properties: bool = False
    rewritten: tuple[RecordNode, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything changed."""
        return bool(
            self.attached or self.detached or self.altered or self.properties or self.rewritten
        )


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


class ConflictKind(enum.StrEnum):
    """What contradicts what."""

    CONTENT = "content"
    """One SOP Instance UID, two files with different content."""
    NAME = "name"
    """One Patient ID, two names."""
    BIRTH_DATE = "birth date"
    """One Patient ID, two birth dates."""
    STUDY = "study"
    """One Study Instance UID below two patients."""
    SERIES = "series"
    """One Series Instance UID below two studies."""


class Answer(enum.StrEnum):
    """What a person may decide about a conflict."""

    KEEP = "keep"
    """Both stay in the File-set."""
    LEAVE_OUT = "leave-out"
    """What came later does not go in."""
    REPLACE = "replace"
    """What came later takes the place of what is there."""


@dataclass(eq=False, slots=True)
class Conflict:
    """What came with an addition and contradicts what is there, for a person to decide.

    Attributes
    ----------
    kind : ConflictKind
        What contradicts what.
    what : str
        The same in a sentence.
    key : str
        The Patient ID or UID that both have.
    known : RecordNode
        The record that was there first.
    there, came : str
        The two values: names, birth dates, the keys of the two parents; paths for files.
    records : list of RecordNode
        The leaf records that came and are concerned; none for a file that was refused.
    files : list of str
        The files that came, refused ones included.
    """

    kind: ConflictKind
    what: str
    key: str
    known: RecordNode
    there: str
    came: str
    records: list[RecordNode] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def instances(self) -> list[FileInstance]:
        """The instances that came with it and are still staged for addition."""
        staged = (node.instance for node in self.records if node._attached)
        return [one for one in staged if one is not None and one._is_new]

    @property
    def known_instance(self) -> FileInstance | None:
        """An instance of the record that was there first."""
        came = set(self.records)
        below = (node.instance for node in self.known if node not in came)
        return next((one for one in below if one is not None), None)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The possible answers, the first being what has been done already."""
        if self.kind is ConflictKind.CONTENT:
            return Answer.LEAVE_OUT, Answer.REPLACE
        return Answer.KEEP, Answer.LEAVE_OUT


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
    conflicts : list of Conflict
        What contradicts what is there; see `FileSet.resolve`.
    change : Change
        What changed in the tree.
    """

    added: list[FileInstance] = field(default_factory=list)
    restored: list[FileInstance] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    change: Change = field(default_factory=Change)
