"""Icons in directory records, staged as an edit (PS3.3 F.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset.edit import Edit
from dicomdir_studio.fileset.record_bytes import record_with
from dicomdir_studio.part10.transcode import elements, encoded_element

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicomdir_studio.fileset.changes import Change
    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.record_node import RecordNode

_ICON_IMAGE_SEQUENCE: Final = 0x00880200


def put_icons(file_set: FileSetContents, icons: Mapping[RecordNode, bytes], recipe: str) -> Change:
    """Set or remove the icons of records, as one edit."""
    rewritten = file_set._stage.rewritten
    steps = []
    for node, icon in icons.items():
        before = node._encoded()
        if icon:
            laid = encoded_element(_ICON_IMAGE_SEQUENCE, b"SQ", icon)
            record = record_with(before, laid)
        else:
            record = _without_icon(before)
        if record != before:
            steps.append(rewritten.rewriting(node, record, recipe))
    count = len(steps)
    text = f"Put icons into {count:,} record{'' if count == 1 else 's'}"
    return file_set._stage.make(Edit(text, rewritten=tuple(steps)))


def _without_icon(record: bytes) -> bytes:
    """Return a record without its icon."""
    start = 0
    for element in elements(record, 0, len(record)):
        stop = element.stop + (8 if element.undefined else 0)
        if element.tag == _ICON_IMAGE_SEQUENCE:
            return record[:start] + record[stop:]
        start = stop
    return record
