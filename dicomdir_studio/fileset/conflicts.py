"""Contradictions between what is added and what is there, reported instead of swallowed.

Patient ID, Study and Series Instance UID are each unique in a File-set (PS3.3
F.5.1 to F.5.3); files that contradict that may be of mixed-up patients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset.changes import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.fileset.record_node import RecordNode, RootNode
    from dicomdir_studio.part10.header import InstanceHeader

_PATIENT_NAME: Final = 0x00100010
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
        self._told: set[tuple[RecordNode, bytes]] = set()

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
            yield from self._other_name(patient, header)
        for node in new:
            if node.record_type in _PARENTS:
                yield from self._other_parent(node, header)

    def note(self, node: RecordNode) -> None:
        """Remember a record that was joined to the tree."""
        if self._places is not None and node.record_type in _PARENTS:
            self._places.setdefault((node.record_type, node.key), node)

    def _other_name(self, patient: RecordNode, header: InstanceHeader) -> Iterator[Finding]:
        """Report a Patient ID that comes with another name."""
        found = header.values.get(_PATIENT_NAME)
        raw = found[1].rstrip(b" \0") if found is not None else b""
        known = (patient._raw_value(_PATIENT_NAME) or b"").rstrip(b" \0")
        if not raw or not known or raw.upper() == known.upper() or (patient, raw) in self._told:
            return
        self._told.add((patient, raw))
        yield Finding(
            Severity.ERROR,
            f"Patient ID '{patient.key}' comes with two names: '{patient.get('PatientName')}' "
            f"and '{raw.decode('ascii', 'replace')}'",
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
