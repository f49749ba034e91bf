"""Updates a File-set in memory after a write, without decoding the new DICOMDIR.

The records that were written are known. They are read back and compared byte for
byte, and every file is looked for, so that the result is the same as that of loading
the DICOMDIR. If it contains anything unusual, it is loaded like any other DICOMDIR.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from dicomdir_studio.courtesy import giving_way
from dicomdir_studio.errors import FileIdError, StorageError, StudioError
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


class Adoption:
    """Brings a File-set into the state that loading the new DICOMDIR would give it.

    Parameters
    ----------
    file_set : FileSetContents
        The File-set that was written.
    laid : LaidRecords
        The records that were written.
    root : str
        The folder that it is written to, links resolved.
    """

    def __init__(self, file_set: FileSetContents, laid: LaidRecords, root: str) -> None:
        self._file_set = file_set
        self._laid = laid
        self._root = root
        self._tree = RootNode(file_set)
        self._instances: list[FileInstance] | None = None
        self._are_located = False

    def prepare(self) -> None:
        """Build the tree and look for its files, which are written before the DICOMDIR."""
        if not self._file_set._repaired and _is_plain(self._laid):
            with paused_collection():
                instances = _rebuilt(self._laid, self._tree)
                # Files that get their names only by a second commit are looked for again.
                self._are_located = _locate(instances, self._laid, Locator(self._root))
            self._instances = instances

    def finish(self, path: str) -> bool:
        """Give the File-set the prepared state, if that is what is on the disk.

        Parameters
        ----------
        path : str
            The DICOMDIR.

        Returns
        -------
        bool
            False if it has to be loaded; nothing was changed.
        """
        if self._instances is None:
            self.prepare()
        laid, instances = self._laid, self._instances
        if instances is None:
            return False
        try:
            real = Path(path).resolve(strict=True)
            stamp = stamp_of(real)
            if real.read_bytes() != laid.data:
                return False
            general = read_general(laid.data, path)
        except (OSError, StudioError):
            return False  # loading reports the fault
        uid = general.text(_FILE_SET_UID)
        root = os.fspath(real.parent)
        if not uid or not (
            (self._are_located and root == self._root) or _locate(instances, laid, Locator(root))
        ):
            return False
        stage = Stage(self._tree, properties_of(general, uid))
        stage.take_loaded(instances)
        digest = hashlib.sha256(laid.data).hexdigest()
        opened = OpenedDirectory(real, general, uid, [], stamp, digest)
        settle(self._file_set, opened, self._tree, stage, [])
        return True


def _is_plain(laid: LaidRecords) -> bool:
    """Return whether loading the records would have no findings."""
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
            return False  # readers omit records with nothing below them
        try:
            _ = node.key
        except AttributeError:
            return False
    return bool(laid.nodes) and not laid.implicit


def _rebuilt(laid: LaidRecords, tree: RootNode) -> list[FileInstance]:
    """Build the tree of the records that were written."""
    data, places = laid.data, laid.places
    make = RecordNode._from_encoded
    instances: list[FileInstance] = []
    new: dict[RecordNode | None, RecordNode] = {}
    above: RecordNode | None = None
    parent: RecordNode = tree
    family = tree._ensure_family()
    for number, node in enumerate(giving_way(laid.nodes)):
        if node._parent is not above:  # once for many siblings
            above = node._parent
            parent = new.get(above, tree)
            family = parent._ensure_family()
        made = make(data, places[number] + _ITEM_HEAD, places[number + 1], node._type)
        family.members.append(made)
        family.attached += 1
        made._attached = True
        made._parent = parent
        if node._family is not None:
            new[node] = made
        if node.instance is not None:
            made.instance = FileInstance(made)
            family.instances += 1
            instances.append(made.instance)
    _tally(tree)
    return instances


def _locate(instances: list[FileInstance], laid: LaidRecords, locator: Locator) -> bool:
    """Look for the file of every instance; return whether all are there."""
    ids, find = laid.ids, locator.find_named
    old = (node.instance for node in laid.nodes if node.instance is not None)
    try:
        for made, before in giving_way(zip(instances, old, strict=True)):
            made._located = find(ids[before])
            if made._located is None:
                return False
    except (FileIdError, StorageError):
        return False
    return True


def _tally(tree: RootNode) -> None:
    """Count the instances below every record, from the leaves up."""
    inner = [node for node in tree if node._family is not None]
    for node in reversed(inner):
        family, parent = node._family, node._parent
        if family is not None and parent is not None:
            parent._ensure_family().instances += family.instances
