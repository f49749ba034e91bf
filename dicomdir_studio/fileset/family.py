"""The records of one Directory Entity, in order and indexed by their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicomdir_studio.fileset.record_node import RecordNode


class Family:
    """The children of a record.

    A removed record keeps its place here, so that undoing can restore it without a
    search. The counts of instances are updated on every change.

    Attributes
    ----------
    members : list of RecordNode
        All children, including detached ones, in order.
    attached : int
        How many of them are in the tree now.
    instances, additions, removals, missing : int
        The counts that `Tally` reports, for the parent and all below.
    """

    __slots__ = (
        "_by_key", "_has_twins", "_listed", "_open", "additions", "attached", "instances",
        "members", "missing", "removals",
    )  # fmt: skip

    def __init__(self) -> None:
        self.members: list[RecordNode] = []
        self.attached = 0
        self.instances = self.additions = self.removals = self.missing = 0
        self._listed: list[RecordNode] | None = None
        self._by_key: dict[str, RecordNode] | None = None
        self._has_twins = False
        # Children whose data sets were handed out: their keys may change at any time.
        self._open: dict[RecordNode, None] | None = None

    @property
    def listed(self) -> list[RecordNode]:
        """The children that are in the tree, each with its index updated."""
        listed = self._listed
        if listed is None:
            listed = self._listed = [child for child in self.members if child._attached]
            for place, child in enumerate(listed):
                child._position = place
        return listed

    def append(self, child: RecordNode) -> None:
        """Add a child at the end."""
        self.members.append(child)
        child._attached = True
        self.attached += 1
        if self._listed is not None:
            child._position = len(self._listed)
            self._listed.append(child)
        self._index(child)

    def detach(self, child: RecordNode) -> None:
        """Remove a child from the tree; it keeps its place for `reattach`."""
        child._attached = False
        self.attached -= 1
        self._listed = None

    def reattach(self, child: RecordNode) -> None:
        """Put a detached child back in its place."""
        child._attached = True
        self.attached += 1
        self._listed = None
        self._index(child)

    def forget(self, children: set[RecordNode]) -> None:
        """Drop detached children that undo can no longer restore."""
        self.members = [child for child in self.members if child not in children]
        self._by_key = None  # one that was moved is attached, but elsewhere

    def _index(self, child: RecordNode) -> None:
        """Add a child to the index of keys, if the index exists."""
        if self._by_key is not None:
            known = self._by_key.get(child.key)
            if known is not None and known is not child and known._attached:
                self._has_twins = True
            self._by_key[child.key] = child

    def rekey(self, child: RecordNode) -> None:
        """Discard the index of keys, since the caller may modify the record of a child."""
        self._by_key = None
        if child._dataset is not None:
            self._open = self._open or {}
            self._open[child] = None

    def find(self, key: str) -> RecordNode | None:
        """Return the child with `key` that is in the tree, or None."""
        if self._by_key is None:
            index: dict[str, RecordNode] = {}
            for child in self.listed:
                index.setdefault(child.key, child)
            self._by_key = index
            self._has_twins = len(index) < len(self.listed)
        known = self._by_key.get(key)
        if known is not None and known._attached and (known._dataset is None or known.key == key):
            return known
        # If the indexed child was removed or given another key, another one with this key may
        # remain; and any record that was handed out may have been given it since.
        among = self.listed if known is not None and self._has_twins else self._open or ()
        return next((one for one in among if one._attached and one.key == key), None)
