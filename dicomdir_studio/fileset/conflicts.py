"""Contradictions between what is added and what is there, reported instead of swallowed.

Patient ID, Study and Series Instance UID are each unique in a File-set (PS3.3
F.5.1 to F.5.3); files that contradict that may be of mixed-up patients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.values import SPECIFIC_CHARACTER_SET, decoded, encodings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.fileset.record_node import RecordNode, RootNode
    from dicomdir_studio.part10.header import InstanceHeader

_PERSON: Final = {
    0x00100010: ("names", "PatientName"),
    0x00100030: ("birth dates", "PatientBirthDate"),
}
PERSON_TAGS: Final = tuple(_PERSON)
_PARENTS: Final = {"STUDY": "patients", "SERIES": "studies"}
_NAMES: Final = {"STUDY": "Study Instance UID", "SERIES": "Series Instance UID"}
_CLAUSES: Final = {"STUDY": "PS3.3 F.5.2", "SERIES": "PS3.3 F.5.3"}


class ConflictWatch:
    """Compares what is added with the records that are there.

    Parameters
    ----------
    tree : RootNode
        The records.
    """

    def __init__(self, tree: RootNode) -> None:
        self._tree = tree
        self._places: dict[tuple[str, str], RecordNode] | None = None
        self._told: set[tuple[RecordNode, str]] = set()

    def look(
        self, parent: RecordNode, new: list[RecordNode], header: InstanceHeader
    ) -> Iterator[Finding]:
        """Yield the contradictions of an instance whose records are about to be joined.

        Parameters
        ----------
        parent : RecordNode
            The lowest record that was there already.
        new : list of RecordNode
            The records that are new, from the highest to the lowest, without the leaf.
        header : InstanceHeader
            What was read of the instance.
        """
        patient = next((node for node in parent.reverse() if node.record_type == "PATIENT"), None)
        if patient is not None:
            yield from self._other_person(patient, header)
        for node in new:
            if node.record_type in _PARENTS:
                yield from self._other_parent(node, header)

    def note(self, node: RecordNode) -> None:
        """Remember a record that was joined to the tree."""
        if self._places is not None and node.record_type in _PARENTS:
            self._places.setdefault((node.record_type, node.key), node)

    def _other_person(self, patient: RecordNode, header: InstanceHeader) -> Iterator[Finding]:
        """Report a Patient ID that comes with another name or birth date."""
        for tag, (what, keyword) in _PERSON.items():
            come = _text_of(header, tag)
            known = str(patient.get(keyword) or "")
            if not come or not known or _bare(come) == _bare(known):
                continue
            if (patient, come) in self._told:
                continue
            self._told.add((patient, come))
            yield Finding(
                Severity.ERROR,
                f"Patient ID '{patient.key}' comes with two {what}: '{known}' and '{come}'",
                header.path,
                "PS3.3 F.5.1",
                "Make sure that both are the same person before you write",
            )

    def _other_parent(self, node: RecordNode, header: InstanceHeader) -> Iterator[Finding]:
        """Report a UID that another branch of the tree has already."""
        if self._places is None:
            self._places = {}
            for known in self._upper_records():
                self._places.setdefault((known.record_type, known.key), known)
        kind = node.record_type
        other = self._places.get((kind, node.key))
        if other is None or not other._attached:
            return
        yield Finding(
            Severity.ERROR,
            f"The {_NAMES[kind]} {node.key} is below two {_PARENTS[kind]}; "
            f"one of them is {other.parent}",
            header.path,
            _CLAUSES[kind],
            "Make sure to whom the images belong before you write",
        )

    def _upper_records(self) -> Iterator[RecordNode]:
        """Yield the studies and series that are in the tree, leaves left out."""
        stack = list(self._tree.children)
        while stack:
            node = stack.pop()
            if node.record_type in _PARENTS:
                yield node
            if node.record_type != "SERIES":
                stack.extend(node.children)


def _text_of(header: InstanceHeader, tag: int) -> str:
    """Return a value of an instance in its own character set, "" where it has none."""
    vr, value = header.values.get(tag, (b"", b""))
    if not value.strip(b" \0"):
        return ""
    charset = header.values.get(SPECIFIC_CHARACTER_SET, (b"", b""))[1]
    return str(decoded(tag, vr, value, encodings_of(charset.rstrip(b" \0"))))


def _bare(text: str) -> str:
    """Return a name or date as it is compared: without case, padding and empty components."""
    return text.strip(" \0").rstrip("^=").casefold()
