"""Conflicts between added and existing instances, which are reported rather than ignored.

Patient ID, Study Instance UID and Series Instance UID are each unique in a File-set
(PS3.3 F.5.1 to F.5.3); a violation may mean that patients were mixed up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset.changes import Conflict, ConflictKind, Finding, Severity
from dicomdir_studio.fileset.values import SPECIFIC_CHARACTER_SET, decoded, encodings_of, is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.record_node import RecordNode, RootNode
    from dicomdir_studio.part10.header import InstanceHeader

_PERSON: Final = {
    0x00100010: ("names", "PatientName", ConflictKind.NAME),
    0x00100030: ("birth dates", "PatientBirthDate", ConflictKind.BIRTH_DATE),
}
PERSON_TAGS: Final = tuple(_PERSON)
_PARENTS: Final = {"STUDY": "patients", "SERIES": "studies"}
_NAMES: Final = {"STUDY": "Study Instance UID", "SERIES": "Series Instance UID"}
_KINDS: Final = {"STUDY": ConflictKind.STUDY, "SERIES": ConflictKind.SERIES}
_CLAUSES: Final = {
    ConflictKind.NAME: "PS3.3 F.5.1",
    ConflictKind.BIRTH_DATE: "PS3.3 F.5.1",
    ConflictKind.STUDY: "PS3.3 F.5.2",
    ConflictKind.SERIES: "PS3.3 F.5.3",
}
_SAME_PERSON: Final = "Make sure that both are the same person before you write"
_WHOSE: Final = "Make sure to whom the images belong before you write"


class ConflictWatch:
    """Compares added instances with the existing records.

    Parameters
    ----------
    tree : RootNode
        The records.

    Attributes
    ----------
    found : list of Conflict
        The conflicts found so far.
    """

    def __init__(self, tree: RootNode) -> None:
        self._tree = tree
        self._places: dict[tuple[str, str], RecordNode] | None = None
        self._persons: dict[tuple[RecordNode, str], Conflict] = {}
        self._branches: dict[RecordNode, Conflict] = {}
        self.found: list[Conflict] = []

    def look(
        self, parent: RecordNode, new: list[RecordNode], header: InstanceHeader
    ) -> tuple[Conflict, ...]:
        """Return the conflicts of an instance whose records are about to be attached.

        Parameters
        ----------
        parent : RecordNode
            The lowest existing record.
        new : list of RecordNode
            The new records, from the highest to the lowest, without the leaf.
        header : InstanceHeader
            What was read of the instance.
        """
        above = [node for node in parent.reverse() if not node.is_root]
        patient = next((node for node in above if node.record_type == "PATIENT"), None)
        met: list[Conflict] = []
        if patient is not None:
            met += self._other_person(patient, header)
        for node in new:
            if node.record_type in _PARENTS:
                self._other_parent(node, new, parent)
        if self._branches:
            branches = (self._branches.get(node) for node in (*above, *new))
            met += [conflict for conflict in branches if conflict is not None]
        return tuple(met)

    def findings(self, met: tuple[Conflict, ...], header: InstanceHeader) -> Iterator[Finding]:
        """Yield the findings about conflicts that occur for the first time."""
        for conflict in met:
            if not conflict.records:
                person = conflict.kind in (ConflictKind.NAME, ConflictKind.BIRTH_DATE)
                remedy = _SAME_PERSON if person else _WHOSE
                clause = _CLAUSES[conflict.kind]
                yield Finding(Severity.ERROR, conflict.what, header.path, clause, remedy)

    def duplicate(self, known: FileInstance, path: str) -> None:
        """Note a file with the UID of an existing instance but different content."""
        uid = known.node.key
        what = f"Two files with different content have the SOP Instance UID {uid}"
        conflict = Conflict(ConflictKind.CONTENT, what, uid, known.node, known.path, path)
        conflict.files.append(path)
        self.found.append(conflict)

    def note(self, node: RecordNode) -> None:
        """Remember a record that was attached to the tree."""
        if self._places is not None and node.record_type in _PARENTS:
            self._places.setdefault((node.record_type, node.key), node)

    def _other_person(self, patient: RecordNode, header: InstanceHeader) -> Iterator[Conflict]:
        """Yield conflicts of a Patient ID that is added with another name or birth date."""
        for tag, (what, keyword, kind) in _PERSON.items():
            if _is_same_plain_text(patient, header, tag):
                continue
            come = _text_of(header, tag)
            known = str(patient.get(keyword) or "")
            if not come or not known or _bare(come) == _bare(known):
                continue
            conflict = self._persons.get((patient, come))
            if conflict is None:
                conflict = Conflict(
                    kind,
                    f"Patient ID '{patient.key}' comes with two {what}: '{known}' and '{come}'",
                    patient.key,
                    patient,
                    known,
                    come,
                )
                self._persons[patient, come] = conflict
                self.found.append(conflict)
            yield conflict

    def _other_parent(self, node: RecordNode, new: list[RecordNode], parent: RecordNode) -> None:
        """Note a UID that already exists in another branch of the tree."""
        if self._places is None:
            self._places = {}
            for known in self._upper_records():
                self._places.setdefault((known.record_type, known.key), known)
        kind = node.record_type
        other = self._places.get((kind, node.key))
        if other is None or not other._attached:
            return
        place = new.index(node)
        above = new[place - 1] if place else parent
        conflict = self._branches[node] = Conflict(
            _KINDS[kind],
            f"The {_NAMES[kind]} {node.key} is below two {_PARENTS[kind]}; "
            f"one of them is {other.parent}",
            node.key,
            other,
            "" if other.parent.is_root else other.parent.key,
            "" if above.is_root else above.key,
        )
        self.found.append(conflict)

    def _upper_records(self) -> Iterator[RecordNode]:
        """Yield the study and series records of the tree."""
        stack = list(self._tree.children)
        while stack:
            node = stack.pop()
            if node.record_type in _PARENTS:
                yield node
            if node.record_type != "SERIES":
                stack.extend(node.children)


def _is_same_plain_text(patient: RecordNode, header: InstanceHeader, tag: int) -> bool:
    """Return whether record and instance have the same bytes, valid in any character set.

    This is true for nearly all instances, and nothing needs to be decoded.
    """
    come = header.values.get(tag, (b"", b""))[1].rstrip(b" \0")
    known = patient._raw_value(tag)
    return known is not None and known.rstrip(b" \0") == come and is_plain(come)


def _text_of(header: InstanceHeader, tag: int) -> str:
    """Return a value of an instance, decoded in its own character set, "" if it has none."""
    vr, value = header.values.get(tag, (b"", b""))
    if not value.strip(b" \0"):
        return ""
    charset = header.values.get(SPECIFIC_CHARACTER_SET, (b"", b""))[1]
    return str(decoded(tag, vr, value, encodings_of(charset.rstrip(b" \0"))))


def _bare(text: str) -> str:
    """Return a name or date for comparison, without case, padding and empty components."""
    return text.strip(" \0").rstrip("^=").casefold()
