"""Staging a file that a PRIVATE record references (PS3.3 F.6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import DuplicateInstanceError, FileSetError
from dicomdir_studio.fileset import Change, RecordNode
from dicomdir_studio.standard.records import ROOT, may_contain

if TYPE_CHECKING:
    import os

    from dicomdir_studio.fileset import FileSet

PRIVATE: Final = "PRIVATE"
_DEEPEST: Final = 7
_KEYS: Final = {
    "PATIENT": "PatientID",
    "STUDY": "StudyInstanceUID",
    "SERIES": "SeriesInstanceUID",
    PRIVATE: "PrivateRecordUID",
}


def why_not_below(above: RecordNode) -> str:
    """Return why no PRIVATE record can be made below `above`, empty if one can."""
    kind = ROOT if above.is_root else above.record_type
    if not above.is_root and above.depth >= _DEEPEST:
        return "A File ID has at most 8 components (PS3.10 8.2): nothing fits below this record"
    if not may_contain(kind, PRIVATE):
        return f"The Standard has no PRIVATE record below {kind} (PS3.3 Table F.4-1)"
    if not above.is_root and above.instance is not None and above.instance.for_removal:
        return "The record is staged for removal; restore it first"
    return ""


def add_private(
    file_set: FileSet, path: str | os.PathLike[str], above: RecordNode, record_uid: str
) -> Change:
    """Stage a file for addition, referenced by a new PRIVATE record, as one undoable edit.

    Parameters
    ----------
    file_set : FileSet
        Where to add.
    path : path-like
        A DICOM file of any SOP Class.
    above : RecordNode
        The record, or the root, that the new one is to be below.
    record_uid : str
        (0004,1432) Private Record UID, which says what the record is for.

    Returns
    -------
    Change
        What changed; the taking back of a removal if the instance was staged for it.

    Raises
    ------
    FileSetError
        If there can be no such record there.
    InstanceError
        If the file is no instance, or is in the File-set already.
    """
    reason = why_not_below(above)
    if reason:
        raise FileSetError("The PRIVATE record cannot be made there", where=path, why=reason)
    removals = file_set.tree.tally.removals
    leaf = _leaf_below(above, record_uid)
    instance = file_set.add_custom(path, leaf)
    if instance.node is leaf:
        return Change(attached=(leaf,))
    if file_set.tree.tally.removals < removals:
        return Change(altered=(instance,))
    raise DuplicateInstanceError(
        "The instance is already in the File-set",
        where=path,
        why=f"from {instance.path}",
        remedy="Remove it first to have it below a PRIVATE record",
    )


def _leaf_below(above: RecordNode, record_uid: str) -> RecordNode:
    """Return the new record below stand-ins, which are joined to the records that are there."""
    record = pydicom.dataset.Dataset()
    record.DirectoryRecordType, record.PrivateRecordUID = PRIVATE, record_uid
    leaf = lowest = RecordNode(record)
    for node in above.reverse():
        stand_in = pydicom.dataset.Dataset()
        stand_in.DirectoryRecordType = node.record_type
        keyword = _KEYS.get(node.record_type, "ReferencedSOPInstanceUIDInFile")
        setattr(stand_in, keyword, node.key)
        lowest.parent = upper = RecordNode(stand_in)
        lowest = upper
    return leaf
