"""Encodes the records of a planned File-set as a DICOMDIR (PS3.3 F.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicomdir_studio.courtesy import giving_way, let_go
from dicomdir_studio.fileset.record_bytes import (
    has_links_leading,
    with_file_id,
    with_links_leading,
)
from dicomdir_studio.part10.directory_writer import (
    DirectoryHead,
    RecordLinks,
    lay_with_places,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.naming import FileId
    from dicomdir_studio.fileset.record_node import RecordNode, RootNode


class LaidRecords(NamedTuple):
    """An encoded DICOMDIR, and the positions of its records.

    Attributes
    ----------
    data : bytes
        The whole file.
    places : list of int
        Where the Item of each record begins, and where the last one ends.
    nodes : list of RecordNode
        The records, in the same order.
    ids : dict of FileInstance to tuple of str
        The File ID of every instance among them.
    implicit : bool
        Whether it is in Implicit VR Little Endian.
    """

    data: bytes
    places: list[int]
    nodes: list[RecordNode]
    ids: dict[FileInstance, FileId]
    implicit: bool


def lay_records(
    head: DirectoryHead,
    tree: RootNode,
    kept: list[RecordNode],
    ids: dict[FileInstance, FileId],
    *,
    implicit: bool,
) -> LaidRecords:
    """Return the DICOMDIR that references instances by the given File IDs.

    Parameters
    ----------
    head : DirectoryHead
        The content other than the records.
    tree : RootNode
        The root of the records.
    kept : list of RecordNode
        The records in the order in which they are written, each after its parent.
    ids : dict of FileInstance to tuple of str
        The File ID of every instance among them.
    implicit : bool
        Encode it in Implicit VR Little Endian, which does not conform.
    """
    following = [-1] * len(kept)
    lower = [-1] * len(kept)
    places: dict[RecordNode, int] = {}
    latest: dict[RecordNode | None, int] = {}
    for place, node in enumerate(giving_way(kept, 128)):
        places[node] = place
        parent = node._parent
        before = latest.get(parent)
        if before is not None:
            following[before] = place
        elif parent is not None and parent in places:
            lower[places[parent]] = place
        latest[parent] = place
    records = list(map(RecordLinks, _records(kept, ids), following, lower))
    laid = lay_with_places(head, records, latest.get(tree, -1), implicit=implicit)
    let_go(records)
    return LaidRecords(laid.data, laid.places, kept, ids, implicit)


def _records(kept: list[RecordNode], ids: dict[FileInstance, FileId]) -> Iterator[bytes]:
    """Yield the records, each with the File ID that it is to have."""
    for node in giving_way(kept):
        record = node._encoded()
        if not has_links_leading(record):
            record = with_links_leading(record)
        instance = node.instance
        if instance is not None:
            file_id = ids[instance]
            if instance._located is None or file_id != instance._file_id():
                record = with_file_id(record, file_id)
        yield record
