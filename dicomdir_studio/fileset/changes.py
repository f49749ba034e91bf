"""What operations report: changes, findings, refusals and counts."""

from __future__ import annotations

import enum
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
    """The numbers of instances at and below a record.

    Attributes
    ----------
    instances : int
        All referenced instances, including staged additions and removals.
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
        """The number of instances once the staged changes have been written."""
        return self.instances - self.removals


class Severity(enum.StrEnum):
    """The severity of a finding."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Finding(NamedTuple):
    """Something that does not conform to the Standard, or was repaired or filled in.

    Attributes
    ----------
    severity : Severity
        Its severity.
    what : str
        A description, as a sentence without a full stop.
    where : str
        The record (by patient, study, series and offset) or the file.
    clause : str
        The clause of the Standard, "" if there is none.
    remedy : str
        What was or can be done.
    path : str
        The file concerned, "" if only a record is.
    brief : str
        A version of `what` without values, to be shown beside the file's name; "" if there
        is none.
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


class Change(NamedTuple):
    """What an operation changed, so that a view can be updated.

    Attributes
    ----------
    attached : tuple of RecordNode
        The top-most records added to the tree, including everything below them.
    detached : tuple of (RecordNode, RecordNode)
        Parent and child for each top-most record removed from the tree.
    altered : tuple of FileInstance
        Instances whose staged state changed in place.
    properties : bool
        Whether a property of the File-set itself changed.
    rewritten : tuple of RecordNode
        Records in the tree whose content changed.
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


class Refusal(NamedTuple):
    """A file that was refused, and the reason.

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
    """The kinds of conflict."""

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
    """The ways to resolve a conflict."""

    KEEP = "keep"
    """Keep both in the File-set."""
    LEAVE_OUT = "leave-out"
    """Leave out what was added."""
    REPLACE = "replace"
    """Replace the existing file with the added one."""


class Conflict:
    """A conflict between added and existing instances, for the user to resolve.

    Attributes
    ----------
    kind : ConflictKind
        The kind of conflict.
    what : str
        A description, as a sentence.
    key : str
        The Patient ID or UID that both sides share.
    known : RecordNode
        The existing record.
    there, came : str
        The existing and the added value: names, birth dates, keys of the parents, or paths.
    records : list of RecordNode
        The added leaf records concerned; none for a file that was refused.
    files : list of str
        The added files, including refused ones.
    """

    __slots__ = ("came", "files", "key", "kind", "known", "records", "there", "what")

    def __init__(
        self,
        kind: ConflictKind,
        what: str,
        key: str,
        known: RecordNode,
        there: str,
        came: str,
    ) -> None:
        self.kind = kind
        self.what = what
        self.key = key
        self.known = known
        self.there = there
        self.came = came
        self.records: list[RecordNode] = []
        self.files: list[str] = []

    def __repr__(self) -> str:
        """Return the kind of conflict and its description."""
        return f"<{type(self).__name__}, {self.kind}: {self.what}>"

    @property
    def instances(self) -> list[FileInstance]:
        """The added instances concerned that are still staged for addition."""
        staged = (node.instance for node in self.records if node._attached)
        return [one for one in staged if one is not None and one._is_new]

    @property
    def known_instance(self) -> FileInstance | None:
        """An instance of the existing record."""
        came = set(self.records)
        below = (node.instance for node in self.known if node not in came)
        return next((one for one in below if one is not None), None)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The possible answers; the first one has been applied already."""
        if self.kind is ConflictKind.CONTENT:
            return Answer.LEAVE_OUT, Answer.REPLACE
        return Answer.KEEP, Answer.LEAVE_OUT


class AddReport:
    """The result of adding files.

    Attributes
    ----------
    added : list of FileInstance
        Staged for addition.
    restored : list of FileInstance
        Were staged for removal, which was reverted.
    refused : list of Refusal
        Not added.
    findings : list of Finding
        What was filled in or is unusual in the added files.
    conflicts : list of Conflict
        Conflicts with existing instances; see `FileSet.resolve`.
    change : Change
        What changed in the tree.
    """

    __slots__ = ("added", "change", "conflicts", "findings", "refused", "restored")

    def __init__(self) -> None:
        self.added: list[FileInstance] = []
        self.restored: list[FileInstance] = []
        self.refused: list[Refusal] = []
        self.findings: list[Finding] = []
        self.conflicts: list[Conflict] = []
        self.change = Change()

    def __repr__(self) -> str:
        """Return the numbers: the lists may be long."""
        lists = ("added", "restored", "refused", "findings", "conflicts")
        told = ", ".join(f"{len(getattr(self, name))} {name}" for name in lists)
        return f"<{type(self).__name__}: {told}>"
