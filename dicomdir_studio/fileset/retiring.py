"""Releases the memory of records that are no longer needed, a little at a time.

Records point at those above and below them, so that a tree that is dropped stays until the
garbage collector passes over all objects of the process at once, which takes a third of a
second for a hundred thousand instances and holds up every thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.record_node import RecordNode, RootNode

_AT_ONCE: Final = 200


class Retired:
    """The records and instances that a File-set holds now, to be given up later.

    Take it before a write, which puts the records of the new DICOMDIR in their place, or
    before the last use of a File-set that is closed.

    Parameters
    ----------
    file_set : FileSet
        Holds the records.
    """

    def __init__(self, file_set: FileSetContents) -> None:
        self._file_set: FileSetContents | None = file_set
        self._tree: RootNode | None = file_set._tree
        self._stage = file_set._stage

    def is_replaced(self) -> bool:
        """Return whether the File-set holds other records by now."""
        return self._file_set is None or self._file_set._tree is not self._tree

    def release(self) -> Iterator[None]:
        """Take the records apart, pausing after every few hundred.

        No record of them may be used again, nor a File-set that still holds them. An
        instance that somebody kept still answers from its own record.

        Yields
        ------
        None
            After each step, none of which takes more than a millisecond or two.
        """
        tree, self._file_set, self._tree = self._tree, None, None
        if tree is None:
            return
        waiting: list[RecordNode] = [tree]
        del tree._fs, tree
        self._stage.forget_edits()
        yield
        number = 0
        while waiting:
            node = waiting.pop()
            family, node._family = node._family, None
            node._parent = node.instance = None
            if family is not None:
                family._listed = family._by_key = None
                waiting.extend(family.members)
            number += 1
            if number % _AT_ONCE == 0:
                yield
        yield from self._stage.give_up(_AT_ONCE)
