"""Finds the files of the instances in a tree just built, and counts them."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import np
from dicomdir_studio.errors import FileIdError, StorageError, StudioError
from dicomdir_studio.fileset.changes import Severity
from dicomdir_studio.fileset.file_instance import MISSING, FileInstance
from dicomdir_studio.fileset.locating import within_root
from dicomdir_studio.fileset.mending import spans_of
from dicomdir_studio.fileset.recording import SOP_INSTANCE_UID
from dicomdir_studio.part10 import table as columns
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.part10.span_values import all_differ
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from dicomdir_studio.fileset.loading import TreeBuilder
    from dicomdir_studio.fileset.record_node import RecordNode
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.part10.table import Integers

_CHECK_EVERY: Final = 4096
_FEW: Final = 16


class Gatherer:
    """Creates the instances of a tree.

    Parameters
    ----------
    builder : TreeBuilder
        The builder of the tree.
    file_ids : (numpy.ndarray, numpy.ndarray)
        Where the File ID of each record begins and ends, -1 where it has none.

    Attributes
    ----------
    instances : list of FileInstance
        The instances created, in the order of the tree.
    rows : numpy.ndarray of int64, shape (instances,), or None
        The rows of their records; None unless each is one that was read.
    """

    def __init__(self, builder: TreeBuilder, file_ids: tuple[Integers, Integers]) -> None:
        self._builder = builder
        self._file_ids = file_ids
        # Records that reference no instance, and those with records below them.
        self._bare: list[RecordNode] = []
        self._inner: list[RecordNode] = []
        self._dropped: dict[RecordNode, set[RecordNode]] = {}
        self._unreadable: set[str | None] = set()
        self.instances: list[FileInstance] = []
        self.rows: Integers | None = None

    def gather(self, monitor: Monitor) -> None:
        """Find the files, drop branches without instances, and count the instances."""
        builder = self._builder
        nodes = list(builder.tree)
        rows = np.fromiter(builder.rows_of(nodes), np.int64, len(nodes))
        monitor.start("Finding files", len(nodes), "records")
        childless: list[RecordNode] = []
        # Lists would hold two number objects for each record.
        for first in range(0, len(nodes), _CHECK_EVERY):
            part = slice(first, first + _CHECK_EVERY)
            monitor.check()
            some = nodes[part]
            self._inner += [node for node in some if node._family is not None]
            childless += self._gather_part(some, rows[part])
            monitor.advance(len(some))
        if builder.salvage:
            childless += self._settle_claims()
        elif builder.locator.has_guessed:
            self._refuse_guesses()
        if builder.locator.guessed:
            self._prove_guesses(builder.locator.guessed)
        self._drop_all(childless)
        self._tally()
        referencing = rows[(rows >= 0) & (self._file_ids[1][rows] > self._file_ids[0][rows])]
        if len(referencing) == len(self.instances):  # and so none that was left out after all
            self.rows = referencing

    def _gather_part(self, nodes: list[RecordNode], rows: Integers) -> list[RecordNode]:
        """Create the instances of some records; return records with none at or below them."""
        builder, instances = self._builder, self.instances
        find, make = builder.locator.find, FileInstance._of_record
        leading, folder, files = builder.locator.beside
        buffer = builder.table.buffer
        begins = np.where(rows < 0, -1, self._file_ids[0][rows]).tolist()
        ends = self._file_ids[1][rows].tolist()
        childless: list[RecordNode] = []
        for place, (node, begin, end) in enumerate(zip(nodes, begins, ends, strict=True)):
            value = buffer[begin:end] if begin >= 0 else b""
            if files and value.startswith(leading):
                # In the folder of the one before, as most are: that takes half as long.
                name = value[len(leading) :].rstrip(b" \0").decode("latin-1")
                if name in files and "\\" not in name:
                    instances.append(make(node, folder + name))
                    continue
            if value.strip(b" \0"):
                instance = make(node, None)
                instances.append(instance)
                try:
                    instance._located = find(value)
                    leading, folder, files = builder.locator.beside
                except StorageError as error:
                    self._report_unreadable(error, int(rows[place]))
                except FileIdError as error:
                    instance._located = self._find_inside(instance, value, error, int(rows[place]))
                if instance._located is None:
                    instance._state = MISSING
            else:
                self._bare.append(node)
                if (begin < 0 or builder.salvage) and not _has_children(node):
                    childless.append(node)
        return childless

    def _find_inside(
        self, instance: FileInstance, value: bytes, error: FileIdError, row: int
    ) -> str | None:
        """Return the file in the root for an absolute File ID, if it is this instance's."""
        if not self._builder.salvage:
            raise error
        path = None
        with suppress(StudioError):
            path = self._builder.locator.find(within_root(value))
        if path is not None and _uid_in(path) == _uid_of(instance.node):
            remedy = said("It was read relative to the root, where the file of this instance is")
        else:
            path = None
            remedy = said("It was not followed; the instance is shown as missing")
        self._builder.notices.note(
            Severity.ERROR, error.what, row, clause="PS3.10 8.2", remedy=remedy
        )
        return path

    def _report_unreadable(self, error: StorageError, row: int) -> None:
        """Report a folder that cannot be read, once; raise unless salvaging."""
        if not self._builder.salvage:
            raise error
        if error.where in self._unreadable:
            return
        self._unreadable.add(error.where)
        self._builder.notices.note(
            Severity.ERROR,
            said("{0}: {1} ({2})", error.what, error.where, error.why),
            row,
            clause="PS3.10 8.6",
            remedy=said(
                "All instances in it are shown as missing; try the medium in another drive"
            ),
            repaired=False,
        )

    # Records that claim the same

    def _refuse_guesses(self) -> None:
        """Take back a file found under a like name that is another record's, by what is in it."""
        for path, claimants in self._claims().items():
            held = _uid_in(path)
            inside = os.path.relpath(path, self._builder.locator.root).split(os.sep)
            for instance in claimants:
                if list(instance._file_id()) != inside and _uid_of(instance.node) != held:
                    instance._located = None
                    instance._state = MISSING

    def _prove_guesses(self, guessed: set[str]) -> None:
        """Take back a file found under a like name that holds another instance.

        Where a disc is mounted so that names change, all do; to read every file of it would take
        minutes. What is looked into are few, and those beside files that have their names.
        """
        named = {
            os.path.dirname(one._located)
            for one in self.instances
            if one._located is not None and one._located not in guessed
        }
        for instance in self.instances:
            path = instance._located
            if path is None or path not in guessed:
                continue
            doubtful = len(guessed) <= _FEW or os.path.dirname(path) in named
            if doubtful and _uid_in(path) not in ("", _uid_of(instance.node)):
                instance._located = None
                instance._state = MISSING

    def _claims(self) -> dict[str, list[FileInstance]]:
        """Return the instances that share a file, by its path."""
        paths = [one._located for one in self.instances if one._located is not None]
        # Numbers in order show what is there twice at half the cost of a set of a million texts.
        numbers = np.fromiter(map(hash, paths), np.int64, len(paths))
        numbers.sort()
        if (numbers[1:] != numbers[:-1]).all():
            return {}
        by_path: dict[str, list[FileInstance]] = {}
        owner: dict[str, FileInstance] = {}
        for instance in self.instances:
            path = instance._located
            if path is None:
                continue
            first = owner.setdefault(path, instance)
            if first is not instance:
                by_path.setdefault(path, [first]).append(instance)
        return by_path

    def _settle_claims(self) -> list[RecordNode]:
        """Decide which of several records a file belongs to; return the others."""
        left_over: list[RecordNode] = []
        for path, claimants in self._claims().items():
            left_over += self._settle(path, claimants)
        gone = {node.instance for node in left_over}
        if gone:
            self.instances = [one for one in self.instances if one not in gone]
            for node in left_over:
                node.instance = None
        self._report_same_uid()
        return left_over

    def _settle(self, path: str, claimants: list[FileInstance]) -> list[RecordNode]:
        """Assign a file to the record that names the instance in it."""
        held = _uid_in(path)
        rightful: FileInstance | None = None
        left_over: list[RecordNode] = []
        for instance in claimants:
            node = instance.node
            row = self._builder.row_of(node)
            named = _uid_of(node)
            if named == held and rightful is None:
                rightful = instance
            elif named == held and not _has_children(node):
                left_over.append(node)
                self._builder.notices.note(
                    Severity.ERROR,
                    said("The file of instance {0} is referenced by two records", held),
                    row,
                    clause="PS3.3 F.2.2",
                    remedy=said("This record was left out; the other one stays"),
                )
            else:
                instance._located = None
                instance._state = MISSING
                self._builder.notices.note(
                    Severity.ERROR,
                    said("The Referenced File ID leads to the file of another instance, {0}", held),
                    row,
                    clause="PS3.10 8.2",
                    remedy=said("It was not followed; the instance is shown as missing"),
                )
        return left_over

    def _report_same_uid(self) -> None:
        """Report instances that two records name, each with a file of its own."""
        spans = spans_of(self._builder.table, columns.SOP_INSTANCE)
        buffer = self._builder.table.buffer
        if all_differ(buffer, *spans):
            return
        begins, ends = spans[0].tolist(), spans[1].tolist()
        rows = self._builder.rows()
        first: dict[bytes, FileInstance] = {}
        for instance in self.instances:
            row = rows[id(instance.node)]
            uid = buffer[begins[row] : ends[row]]
            if first.setdefault(uid, instance) is not instance and uid:
                self._builder.notices.note(
                    Severity.ERROR,
                    said("Two records name the SOP Instance UID {0}", _uid_of(instance.node)),
                    row,
                    clause="PS3.10 8.2",
                    remedy=said("Both were kept; compare their files and remove one"),
                    repaired=False,
                )

    # Branches without instances, and counts

    def _drop_all(self, childless: list[RecordNode]) -> None:
        """Remove records without an instance at or below them from the tree."""
        builder = self._builder
        for node in childless:
            self._drop(node)
            row = builder.row_of(node)
            if builder.salvage and row < len(builder.table):
                builder.notices.note(
                    Severity.INFO,
                    said("The directory record has no instance below it"),
                    row,
                    clause="PS3.3 F.2.2",
                    remedy=said("It was left out"),
                )
        for parent, children in self._dropped.items():
            parent._ensure_family().forget(children)

    def _drop(self, node: RecordNode) -> None:
        """Remove a branch without instances from the tree, as readers ignore it."""
        while node._parent is not None:
            parent = node._parent
            family = parent._ensure_family()
            family.detach(node)
            self._dropped.setdefault(parent, set()).add(node)
            self._builder.reached -= 1
            if family.attached or parent.is_root or parent.instance is not None:
                return
            node = parent

    def _tally(self) -> None:
        """Count the instances below every record, from the leaves up."""
        for node in self._bare:  # all others that are in the tree count one
            if node._attached:
                node._parent._ensure_family().instances -= 1  # type: ignore[union-attr]
        for instance in self.instances:
            if instance._state & MISSING:
                instance.node._parent._ensure_family().missing += 1  # type: ignore[union-attr]
        for node in reversed([self._builder.tree, *self._inner]):
            lower = node._family
            if lower is None:
                continue
            lower.instances += lower.attached
            if node._parent is not None:
                upper = node._parent._ensure_family()
                upper.instances += lower.instances
                upper.missing += lower.missing


def _has_children(node: RecordNode) -> bool:
    """Return whether there are records below one."""
    return node._family is not None and node._family.attached > 0


def _uid_of(node: RecordNode) -> str:
    """Return the SOP Instance UID that a record names."""
    raw = node._raw_value(columns.SOP_INSTANCE) or b""
    return raw.decode("latin-1").strip(" \0")


def _uid_in(path: str) -> str:
    """Return the SOP Instance UID that a file holds, "" where it cannot be read."""
    try:
        return read_header(path, frozenset((SOP_INSTANCE_UID,))).text(SOP_INSTANCE_UID)
    except StudioError:
        return ""
