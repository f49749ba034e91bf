"""Takes the File-set that was just written over into memory, without decoding it again.

What was laid is known record by record. It is read back and compared byte for byte,
and every file is looked for, so that the result is that of loading it. Whatever is
not as plain as an index made by the tables is loaded like any other DICOMDIR.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from dicomdir_studio.errors import FileIdError, StudioError
from dicomdir_studio.fileset.file_instance import FileInstance
from dicomdir_studio.fileset.locating import Locator
from dicomdir_studio.fileset.opened import OpenedDirectory, settle, stamp_of
from dicomdir_studio.fileset.properties import properties_of
from dicomdir_studio.fileset.record_node import RecordNode, RootNode
from dicomdir_studio.fileset.stage import Stage
from dicomdir_studio.garbage import paused_collection
from dicomdir_studio.part10.directory_reader import read_general

if TYPE_CHECKING:
    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.laying import LaidRecords

_FILE_SET_UID = 0x00020003
_ITEM_HEAD = 8


def adopt(file_set: FileSetContents, laid: LaidRecords, path: str) -> bool:
    """Make a File-set what loading the DICOMDIR that was just written would make it.

    Parameters
    ----------
    file_set : FileSetContents
        The File-set that was written.
    laid : LaidRecords
        What was laid for it.
    path : str
        The DICOMDIR.

    Returns
    -------
    bool
        False if it has to be loaded, and nothing was changed.
    """
    if file_set._repaired or not _is_plain(laid):
        return False
    try:
        real = Path(path).resolve(strict=True)
        stamp = stamp_of(real)
        if real.read_bytes() != laid.data:
            return False
        general = read_general(laid.data, path)
    except (OSError, StudioError):
        return False  # loading says what is the matter
    uid = general.text(_FILE_SET_UID)
    if not uid:
        return False
    tree = RootNode(file_set)
    with paused_collection():
        instances = _rebuilt(laid, tree, Locator(os.fspath(real.parent)))
        if instances is None:
            return False
        _tally(tree)
        stage = Stage(tree, properties_of(general, uid))
        stage.take_loaded(instances)
    digest = hashlib.sha256(laid.data).hexdigest()
    opened = OpenedDirectory(real, general, uid, [], stamp, digest)
    settle(file_set, opened, tree, stage, [])
    return True


def _is_plain(laid: LaidRecords) -> bool:
    """Return whether loading would find nothing to say about the records."""
    parents = {node._parent for node in laid.nodes}
    for node in laid.nodes:
        if node._dataset is not None:
            return False
        instance = node.instance
        if instance is not None:
            if instance.is_missing:
                return False
            continue
        if node not in parents:
            return False  # readers leave out what has nothing below it
        try:
            _ = node.key
        except AttributeError:
            return False
    return bool(laid.nodes) and not laid.implicit


def _rebuilt(laid: LaidRecords, tree: RootNode, locator: Locator) -> list[FileInstance] | None:
    """Build the tree of what was written; None if a file of it is not found."""
    data, places, ids = laid.data, laid.places, laid.ids
    make, find = RecordNode._from_encoded, locator.find
    instances: list[FileInstance] = []
    new: dict[RecordNode | None, RecordNode] = {}
    for number, node in enumerate(laid.nodes):
        made = make(data, places[number] + _ITEM_HEAD, places[number + 1], node._type)
        parent = new.get(node._parent, tree)
        family = parent._ensure_family()
        family.members.append(made)
        family.attached += 1
        made._attached = True
        made._parent = parent
        new[node] = made
        if node.instance is None:
            continue
        instance = made.instance = FileInstance(made)
        try:
            instance._located = find("\\".join(ids[node.instance]).encode("latin-1"))
        except (FileIdError, UnicodeEncodeError):
            return None
        if instance._located is None:
            return None
        family.instances += 1
        instances.append(instance)
    return instances


def _tally(tree: RootNode) -> None:
    """Count the instances below every record, from the leaves up."""
    inner = [node for node in tree if node._family is not None]
    for node in reversed(inner):
        family, parent = node._family, node._parent
        if family is not None and parent is not None:
            parent._ensure_family().instances += family.instances
