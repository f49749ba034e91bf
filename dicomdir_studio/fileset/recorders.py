"""`DIRECTORY_RECORDERS`: the functions that create a Directory Record for an instance.

The defaults follow the tables of PS3.3 F.5. A function that replaces one takes a
data set and returns the record as a data set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import MissingKeyError
from dicomdir_studio.fileset.record_bytes import (
    dataset_of,
    record_bytes_of,
    with_links_leading,
)
from dicomdir_studio.fileset.recording import RecordCreationError, keys_of_record, wanted_tags
from dicomdir_studio.part10.header import header_of_dataset
from dicomdir_studio.standard.records import RECORD_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from pydicom.dataset import Dataset

    from dicomdir_studio.part10.header import InstanceHeader

    Recorder: TypeAlias = Callable[[Dataset], Dataset]


class DefaultRecorder:
    """Creates the records of one type from the table.

    Parameters
    ----------
    kind : str
        Directory Record Type.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, ds: Dataset) -> Dataset:
        """Return the keys of the record for an instance.

        Raises
        ------
        ValueError
            If a Type 1 key is missing or empty.
        """
        header = header_of_dataset(ds, wanted_tags())
        references = RECORD_TYPES[self.kind].references_instance
        keys, missing = keys_of_record(self.kind, header, references=references)
        if missing:
            raise MissingKeyError(str(missing[0]))
        return dataset_of(keys, 0, len(keys))


DIRECTORY_RECORDERS: dict[str, Recorder] = {
    kind: DefaultRecorder(kind) for kind in RECORD_TYPES if kind != "PRIVATE"
}
"""For each Directory Record Type except PRIVATE, the function that creates its records.

Replace a function to create custom records. It takes the instance as a
`pydicom.dataset.Dataset` and returns the record as one; the links, the type and
the reference to the instance are added to it. PRIVATE records are added with
`FileSet.add_custom`.
"""


def custom_recorder(kind: str) -> Recorder | None:
    """Return the function that replaces the default of a record type, if one does."""
    recorder = DIRECTORY_RECORDERS.get(kind)
    return None if isinstance(recorder, DefaultRecorder) else recorder


def custom_record(
    kind: str,
    recorder: Recorder,
    header: InstanceHeader,
    dataset: Dataset | None,
    uid: str,
) -> bytes:
    """Create a record with a function that replaced the default one."""
    instance = (
        dataset if dataset is not None else pydicom.dcmread(header.path, stop_before_pixels=True)
    )
    try:
        record = recorder(instance)
    except ValueError as error:
        raise RecordCreationError(kind, str(error), header.path) from error
    record.DirectoryRecordType = kind
    if "SpecificCharacterSet" in instance and "SpecificCharacterSet" not in record:
        record.SpecificCharacterSet = instance.SpecificCharacterSet
    if uid:
        record.ReferencedFileID = None
        record.ReferencedSOPClassUIDInFile = instance.SOPClassUID
        record.ReferencedSOPInstanceUIDInFile = uid
        record.ReferencedTransferSyntaxUIDInFile = header.transfer_syntax
    return with_links_leading(record_bytes_of(record))
