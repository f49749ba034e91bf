"""The public `RecordNode`: Directory Records as a tree (PS3.3 F.2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.errors import FileIdError
from dicomdir_studio.fileset.changes import Tally
from dicomdir_studio.fileset.encoded_record import EncodedRecord
from dicomdir_studio.fileset.family import Family
from dicomdir_studio.fileset.layout import prefix_of
from dicomdir_studio.fileset.moving import move, note_change, take_out
from dicomdir_studio.fileset.prettify import pretty_lines, summary
from dicomdir_studio.part10 import table
from dicomdir_studio.standard.file_ids import file_name_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydicom.dataset import Dataset

    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.values import Encodings


class RecordNode(EncodedRecord):
    """A Directory Record and its place in the tree.

    The record is kept encoded; accessing `record` creates a data set from it, which is
    the record from then on.

    Parameters
    ----------
    record : pydicom.dataset.Dataset, optional
        The record, with at least (0004,1430) Directory Record Type and the key
        that identifies records of its type (PS3.3 F.5).

    Attributes
    ----------
    instance : FileInstance or None
        The SOP Instance that the record references.

    Raises
    ------
    ValueError
        If the record lacks its type or its key.
    """

    __slots__ = ("__weakref__", "_attached", "_family", "_parent", "_position", "instance")

    def __init__(self, record: Dataset | None = None) -> None:
        self._parent: RecordNode | None = None
        self._family: Family | None = None
        self._attached = False
        self._position = 0
        self.instance: FileInstance | None = None
        super().__init__(record)

    @classmethod
    def _from_encoded(cls, buffer: bytes, start: int, stop: int, record_type: str) -> RecordNode:
        """Return a node for the record that is encoded between the bounds."""
        node = cls.__new__(cls)  # without a call of each base class, for there are very many
        node._buffer = buffer
        node._start = start
        node._length = stop - start
        node._type = record_type
        node._dataset = node._parent = node._family = node.instance = None
        node._attached = False
        node._position = 0
        return node

    # The tree

    @property
    def children(self) -> list[RecordNode]:
        """The records of the lower-level Directory Entity; do not modify the list."""
        return [] if self._family is None else self._family.listed

    @property
    def parent(self) -> RecordNode:
        """The record above; None for the root of a tree."""
        return self._parent  # type: ignore[return-value]  # as in the reference API

    @parent.setter
    def parent(self, node: RecordNode | None) -> None:
        """Move the record, with all below it, to the end of another record's children."""
        move(self, node)

    def _encodings(self) -> Encodings:
        """Return the codecs of the record's text: chosen for the File-set, or declared."""
        root = self.root
        chosen = root.file_set._charset if root.is_root else None
        if chosen is None or self._is_of_our_making(root):
            return super()._encodings()
        return chosen

    def _is_of_our_making(self, root: RecordNode) -> bool:
        """Return whether the record was created by an addition, or was rewritten."""
        if root.file_set._stage.rewritten.original(self) is not None:
            return True
        tally = self.tally
        return 0 < tally.instances == tally.additions

    def _forget_key(self) -> None:
        """Have the record indexed again by its key, which may have changed."""
        if self._parent is not None and self._parent._family is not None:
            self._parent._family.rekey(self)

    def _opened_for_change(self) -> None:
        """Discard cached keys and columns of values, since they may change."""
        self._forget_key()
        note_change(self)

    def _ensure_family(self) -> Family:
        """Return the family, creating it if the record has no children yet."""
        if self._family is None:
            self._family = Family()
        return self._family

    def relist(self) -> None:
        """List the children anew; for callers that read them during loading."""
        if self._family is not None:
            self._family._listed = None

    def _count(self, instances: int, additions: int, removals: int, missing: int) -> None:
        """Add to the counts of every record above."""
        node = self._parent
        while node is not None:
            family = node._family
            if family is not None:
                family.instances += instances
                family.additions += additions
                family.removals += removals
                family.missing += missing
            node = node._parent

    @property
    def is_rewritten(self) -> bool:
        """Whether a change of the record's content is staged."""
        root = self.root
        return root.is_root and root.file_set._stage.rewritten.original(self) is not None

    @property
    def tally(self) -> Tally:
        """The numbers of instances at and below the record."""
        own = (0, 0, 0, 0) if self.instance is None else self.instance._counts
        family = self._family
        if family is None:
            return Tally(*own)
        return Tally(
            own[0] + family.instances,
            own[1] + family.additions,
            own[2] + family.removals,
            own[3] + family.missing,
        )

    @property
    def ancestors(self) -> list[RecordNode]:
        """The records above, from the nearest to the furthest."""
        return [node for node in self.reverse() if node is not self]

    @property
    def component(self) -> str:
        """The File ID component that the record contributes to the standard layout.

        Raises
        ------
        ValueError
            For the root, which contributes none.
        """
        if self.is_root:
            raise ValueError("The root node doesn't contribute a File ID component")
        kind = self.record_type
        prefix = f"{prefix_of(kind)}{self.depth}" if kind == "PRIVATE" else prefix_of(kind)
        return file_name_for(prefix, self.index, alphanumeric=self.file_set._use_alphanumeric)

    @property
    def depth(self) -> int:
        """The number of records between this one and the root."""
        return sum(1 for _ in self.reverse()) - 1

    @property
    def file_set(self) -> FileSetContents:
        """The File-set that the tree belongs to.

        Raises
        ------
        AttributeError
            If the record is not in the tree of a File-set yet.
        """
        root = self.root
        if not root.is_root:
            raise AttributeError("The record is not in the tree of a File-set")
        return root.file_set

    @property
    def has_instance(self) -> bool:
        """Whether the record references a SOP Instance of the File-set."""
        return self.instance is not None

    @property
    def has_icon(self) -> bool:
        """Whether the record holds an Icon Image Sequence (PS3.3 F.7)."""
        return self._has(0x00880200)

    @property
    def index(self) -> int:
        """The index among the siblings, from 0."""
        if self._parent is None or self._parent._family is None:
            return 0
        _ = self._parent._family.listed
        return self._position

    @property
    def is_root(self) -> bool:
        """Whether this is the root of the tree, which is not a record itself."""
        return False

    @property
    def next(self) -> RecordNode | None:
        """The sibling after this one, or None."""
        if self._parent is None:
            return None
        place = self.index + 1
        siblings = self._parent.children
        return siblings[place] if place < len(siblings) else None

    @property
    def previous(self) -> RecordNode | None:
        """The sibling before this one, or None."""
        place = self.index
        return self._parent.children[place - 1] if self._parent is not None and place else None

    @property
    def root(self) -> RecordNode:
        """The top of the tree."""
        node = self
        while node._parent is not None:
            node = node._parent
        return node

    def reverse(self) -> Iterator[RecordNode]:
        """Yield the record and those above it, without the root."""
        node: RecordNode | None = self
        while node is not None and not node.is_root:
            yield node
            node = node._parent

    def add(self, leaf: RecordNode) -> None:
        """Add a record with those above it, merging them with existing records.

        Parameters
        ----------
        leaf : RecordNode
            A record that references an instance.
        """
        chain = [node for node in leaf.reverse() if node is not self][::-1]
        current = self.root
        while len(chain) > 1 and chain[0] in current:
            current = current[chain[0]]
            del chain[0]
        if chain and chain[0]._parent is not current:
            chain[0].parent = current

    def remove(self, node: RecordNode) -> None:
        """Remove a leaf from the tree, with records above it that then have no children.

        Raises
        ------
        ValueError
            If `node` references no instance.
        """
        if not node.has_instance:
            raise ValueError("Only leaf nodes can be removed")
        del node.parent[node]

    def file_id_path(self, root_path: Path) -> Path | None:
        """Return (0004,1500) Referenced File ID as a path below `root_path`.

        Raises
        ------
        AttributeError
            If the record has no Referenced File ID.
        PermissionError
            If it leads outside `root_path` (PS3.10 8.2).
        """
        value = self._value(table.FILE_ID)
        if value is None:
            if not self._has(table.FILE_ID):
                raise AttributeError("No 'Referenced File ID' in the directory record")
            return None
        components = [value] if isinstance(value, str) else list(value)
        if not any(components):
            return None
        path = type(root_path)(*components)
        if path.anchor or not (root_path / path).resolve().is_relative_to(root_path.resolve()):
            raise FileIdError(
                f"ReferencedFileID ('{path}') must be inside the DICOMDIR root path",
                remedy="The record is not to be trusted; leave it out",
            )
        return path

    def __contains__(self, key: object) -> bool:
        """Return whether a child has the key, or the key of the given record."""
        wanted = key.key if isinstance(key, RecordNode) else str(key)
        return self._family is not None and self._family.find(wanted) is not None

    def __getitem__(self, key: str | RecordNode) -> RecordNode:
        """Return the child with the key, or the key of the given record."""
        wanted = key.key if isinstance(key, RecordNode) else key
        child = None if self._family is None else self._family.find(wanted)
        if child is None:
            raise KeyError(wanted)
        return child

    def __delitem__(self, key: str | RecordNode) -> None:
        """Remove a child from the tree, and this record too if it was the last one."""
        child = key if isinstance(key, RecordNode) and key._parent is self else self[key]
        take_out(self, child)

    def __iter__(self) -> Iterator[RecordNode]:
        """Yield the record, unless it is the root, and all below it."""
        if not self.is_root:
            yield self
        stack = [iter(self.children)]
        while stack:
            for node in stack[-1]:
                yield node
                if node._family is not None:
                    stack.append(iter(node._family.listed))
                    break
            else:
                stack.pop()

    def prettify(self, indent_char: str = "  ") -> list[str]:
        """Return the tree from this record down as lines of text.

        Parameters
        ----------
        indent_char : str
            The indentation of each level.
        """
        return pretty_lines(self, indent_char)

    def __str__(self) -> str:
        """Return the type and the identifying values of the record."""
        return summary(self)


class RootNode(RecordNode):
    """The root Directory Entity of a File-set (PS3.3 F.2.2.1)."""

    __slots__ = ("_fs",)

    def __init__(self, file_set: FileSetContents) -> None:
        super().__init__()
        self._fs = file_set
        self._attached = True

    @property
    def file_set(self) -> FileSetContents:
        """The File-set that the tree belongs to."""
        return self._fs

    @property
    def is_root(self) -> bool:
        """True: this is the root of the tree."""
        return True

    @property
    def record(self) -> Dataset:
        """The root has no record."""
        raise AttributeError("'RootNode' object has no attribute '_record'")

    @property
    def record_type(self) -> str:
        """The root has no record, hence no type."""
        raise AttributeError("'RootNode' object has no attribute '_record'")


__all__ = ["RecordNode", "RootNode"]
