"""Stages instances with custom records, such as PRIVATE ones (PS3.3 F.6.1)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dicomdir_studio.errors import FileSetError
from dicomdir_studio.fileset.adding import Adder
from dicomdir_studio.fileset.edit import Edit
from dicomdir_studio.fileset.recording import sop_instance_uid, wanted_tags
from dicomdir_studio.fileset.source import Source
from dicomdir_studio.part10.header import encoded_file, header_of_dataset, read_header

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.record_node import RecordNode

_DEEPEST = 7


def add_custom(
    file_set: FileSetContents, ds_or_path: Dataset | str | os.PathLike[str], leaf: RecordNode
) -> FileInstance:
    """Stage an instance below the records that lead to `leaf`."""
    if leaf.depth > _DEEPEST:
        raise FileSetError(
            "The 'leaf' node must not have more than 7 ancestors as "
            "'FileSet' supports a maximum directory structure depth of 8",
            why="a File ID has at most 8 components, PS3.10 8.2",
        )
    if isinstance(ds_or_path, (str, os.PathLike)):
        header = read_header(ds_or_path, wanted_tags())
    else:
        header = header_of_dataset(ds_or_path, wanted_tags())
    uid = sop_instance_uid(header)
    stage = file_set._stage
    adder = Adder(stage, file_set._tree)
    known = stage.with_uid(uid)
    if known is not None and not known.is_missing:
        if known.for_removal:
            stage.make(Edit("Restore 1 instance", restored=(known,)))
        return known
    if isinstance(ds_or_path, (str, os.PathLike)):
        source = Source.of(header)
    else:
        source = file_set._snapshots.keep(encoded_file(ds_or_path))
    if known is not None:  # its record is there, and gets its file
        adder._meet(known, source)
        stage.record(adder.edit())
        return known
    record = leaf.record
    record.ReferencedFileID = None
    record.ReferencedSOPClassUIDInFile = header.text(0x00080016)
    record.ReferencedSOPInstanceUIDInFile = uid
    record.ReferencedTransferSyntaxUIDInFile = header.transfer_syntax
    file_set._tree.add(leaf)
    instance = adder.enter(leaf, uid, source)
    stage.record(adder.edit())
    return instance
