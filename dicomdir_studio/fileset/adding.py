"""Stages instances: creates their records from their headers and adds these to the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.errors import (
    ContentConflictError,
    InstanceError,
    TruncatedFileError,
)
from dicomdir_studio.fileset.adding_memory import AddingMemory
from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.conflicts import PERSON_TAGS
from dicomdir_studio.fileset.edit import Edit
from dicomdir_studio.fileset.faulty_values import FaultyKey, findings_of
from dicomdir_studio.fileset.file_instance import FileInstance
from dicomdir_studio.fileset.filling import Filler
from dicomdir_studio.fileset.leaf_mold import LeafMold
from dicomdir_studio.fileset.moving import is_in_tree
from dicomdir_studio.fileset.record_node import RecordNode
from dicomdir_studio.fileset.recorders import custom_record, custom_recorder
from dicomdir_studio.fileset.recording import (
    RecordCreationError,
    chain_of,
    is_known_sop_class,
    keys_of_record,
    record_type_of,
    reference_of,
    sop_instance_uid,
    type_of,
)
from dicomdir_studio.fileset.source import Source, same_content
from dicomdir_studio.fileset.stage import top_most
from dicomdir_studio.fileset.values import SPECIFIC_CHARACTER_SET
from dicomdir_studio.phrases import said
from dicomdir_studio.standard.records import LEVEL_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydicom.dataset import Dataset

    from dicomdir_studio.fileset.changes import Conflict
    from dicomdir_studio.fileset.record_node import RootNode
    from dicomdir_studio.fileset.source import SnapshotStore
    from dicomdir_studio.fileset.stage import Stage
    from dicomdir_studio.part10.header import InstanceHeader

# The elements that identify the patient are part of the key: a file of a known series that names
# somebody else must be noticed. The first three determine the place of the series.
# The same bytes name another person in another character set.
_SERIES_KEY: Final = (*LEVEL_KEYS.values(), *PERSON_TAGS, SPECIFIC_CHARACTER_SET)
_NO_VALUE: Final = (b"", b"")
WHICH: Final = said("Find out which of the two is right; this one can replace the other")


class Adder:
    """Stages instances one after the other, as one edit.

    Parameters
    ----------
    stage : Stage
        The instances of the File-set.
    tree : RootNode
        The records of the File-set.
    snapshots : SnapshotStore, optional
        Creates DICOM files from those that are not in the DICOM file format.
    fill : bool
        Fill in Type 1 keys that an instance leaves empty, instead of refusing it.
    careful : bool
        Compare the content before a staged removal is reverted because a file with the
        same SOP Instance UID is added; the reference API does not.
    replacing : bool
        Let a file replace the existing instance with its UID.
    """

    def __init__(
        self,
        stage: Stage,
        tree: RootNode,
        *,
        snapshots: SnapshotStore | None = None,
        fill: bool = False,
        careful: bool = False,
        replacing: bool = False,
    ) -> None:
        self._stage = stage
        self._snapshots = snapshots
        self._careful = careful
        self._replacing = replacing
        self._memory = AddingMemory.of(stage, tree, fill=fill)
        self.conflicts = self._memory.conflicts
        self._disputed: dict[tuple[bytes, ...], tuple[Conflict, ...]] = {}
        self.tree = tree
        self._fill = Filler() if fill else None
        self._faults: list[FaultyKey] = []
        self.attached: list[FileInstance] = []
        self.restored: list[FileInstance] = []
        self.replaced: list[FileInstance] = []
        self.gone: list[tuple[RecordNode, RecordNode]] = []
        self.found: list[tuple[FileInstance, Source]] = []
        self.came: dict[RecordNode, None] = {}
        self.findings: list[Finding] = [] if self._fill is None else self._fill.findings

    def whole(self, header: InstanceHeader, source: Source) -> tuple[InstanceHeader, Source]:
        """Return header and source of a file, completed if that is requested.

        A file that is cut off is accepted, and reported, only if values are to be filled in.
        """
        if not header.transfer_syntax:
            header, source = self.framed(header.path)
        if not header.truncated:
            return header, source
        if self._fill is None:
            raise TruncatedFileError(
                said("The file is cut off"),
                where=header.path,
                why=header.truncated,
                remedy=said("Obtain it again from its source"),
            )
        from dicomdir_studio.fileset.unfinished_files import cut_off

        self.findings.append(cut_off(header))
        return header, source

    def framed(self, path: str) -> tuple[InstanceHeader, Source]:
        """Return header and source of the DICOM file made from one that is not in the format.

        Raises
        ------
        NotDicomError
            If none can be made from it, or missing values are not to be filled in.
        """
        from dicomdir_studio.fileset import unfinished_files

        if self._fill is None or self._snapshots is None:
            raise unfinished_files.not_in_file_format(path)
        header, source, finding = unfinished_files.made_of(path, self._snapshots)
        self.findings.append(finding)
        return header, source

    def add_header(
        self, header: InstanceHeader, source: Source, dataset: Dataset | None = None
    ) -> FileInstance | None:
        """Stage an instance whose header was read; None if it is already in the File-set."""
        layout = header.layout
        if layout is None:
            return self._add_one(header, source, dataset)
        molds = self._memory.molds
        mold = molds.get(layout)
        found = None if mold is None else self._add_alike(mold, header, source)
        if found is not None:
            return found
        found = self._add_one(header, source, dataset)
        if layout not in molds and self._memory.added > 1:
            kind = record_type_of(header)
            below_series = len(chain_of(kind)) > 1
            molds[layout] = LeafMold.of(kind, header, _SERIES_KEY) if below_series else None
        return found

    def _add_alike(
        self, mold: LeafMold, header: InstanceHeader, source: Source
    ) -> FileInstance | None:
        """Stage an instance of a known series with a known layout; None if that is not possible."""
        window = header.window
        series = mold.same_series(header)
        if series is None:
            series = self._memory.series.get(mold.series_in(window))
            if series is None or not mold.stay_with(series, header):
                return None
        if self._disputed or not is_in_tree(series) or custom_recorder(mold.kind) is not None:
            return None
        encoded = mold.uid_in(window)
        uid = encoded.decode("latin-1")
        if not uid or self._stage.with_uid(uid) is not None:
            return None
        raw = mold.record(window, encoded)
        if raw is None:
            return None
        leaf = RecordNode._from_encoded(raw, 0, len(raw), mold.kind)
        series._ensure_family().append(leaf)
        leaf._parent = series
        self.came[leaf] = None
        return self.enter(leaf, uid, source)

    def _add_one(
        self, header: InstanceHeader, source: Source, dataset: Dataset | None
    ) -> FileInstance | None:
        """Stage an instance, creating its records from the tables."""
        kind = record_type_of(header)
        uid = sop_instance_uid(header)
        known = self._stage.with_uid(uid)
        if known is not None and not self._gives_way(known, source):
            return self._meet(known, source)
        leaf = self._hang(kind, header, uid, dataset)
        if known is not None and not known.for_removal:
            self.gone += self._stage.apply(_without((known,))).detached
            self.replaced.append(known)
        if not is_known_sop_class(header):
            self.findings.append(
                Finding(
                    Severity.WARNING,
                    said("The SOP Class is not known; the instance is filed as an IMAGE"),
                    header.path,
                    "PS3.3 F.5.4",
                )
            )
        return self.enter(leaf, uid, source)

    def known(self, header: InstanceHeader) -> FileInstance:
        """Return the instance of the File-set that a header belongs to."""
        instance = self._stage.with_uid(sop_instance_uid(header))
        if instance is None:
            raise InstanceError(said("The instance is not in the File-set"), where=header.path)
        return instance

    def enter(self, leaf: RecordNode, uid: str, source: Source) -> FileInstance:
        """Create the instance of a leaf record in the tree."""
        instance = FileInstance(leaf)
        leaf.instance = instance
        instance._source = source
        self._stage.enter(instance, uid)
        self.attached.append(instance)
        self._memory.added += 1
        return instance

    def _meet(self, known: FileInstance, source: Source) -> FileInstance | None:
        """Handle an instance that has a record: supply its missing file or revert its removal."""
        if known.is_missing:
            step = Edit("", restored=(known,) * known.for_removal, found=((known, source),))
            self._stage.apply(step)
            self.restored += step.restored
            self.found += step.found
            return known
        return self._restore(known, source) if known.for_removal else None

    def _gives_way(self, known: FileInstance, source: Source) -> bool:
        """Return whether a file with other content is to replace an instance."""
        if not self._replacing or known.is_missing or known._was_found:
            return False
        return not same_content(source.path, known.path)

    def _restore(self, known: FileInstance, source: Source) -> FileInstance:
        """Revert the removal of an instance that is added again."""
        if self._careful and not same_content(source.path, known.path):
            raise ContentConflictError(
                said("Another file with the same SOP Instance UID is staged for removal"),
                where=source.path,
                why=said("its content differs from {0}", known.path),
                remedy=WHICH,
            )
        self.restored.append(known)
        self._stage.apply(Edit("", restored=(known,)))
        return known

    def _hang(
        self, kind: str, header: InstanceHeader, uid: str, dataset: Dataset | None
    ) -> RecordNode:
        """Create the records that the tree lacks, and attach them."""
        chain = chain_of(kind)
        values = header.values
        place = tuple(values.get(tag, _NO_VALUE)[1] for tag in _SERIES_KEY)
        parent: RecordNode = self.tree
        upper = chain[:-1]
        if upper:
            series = self._memory.series.get(place)
            if series is not None and is_in_tree(series):
                parent, upper = series, ()
        new: list[RecordNode] = []
        for level in upper:
            node = None if new else self._existing(parent, level, header)
            if node is None:
                node = self._record(level, header, None if new else parent, dataset)
                twin = None if new else parent._ensure_family().find(node.key)
                if twin is not None:
                    node = twin
                else:
                    new.append(node)
            if not new:
                parent = node
        leaf = self._record(kind, header, None if new else parent, dataset, uid)
        if upper or self._disputed:
            self._look(parent if upper else None, new, header, place, leaf)
        new.append(leaf)
        for node in new:
            parent._ensure_family().append(node)
            node._parent = parent
            self.came[node] = None
            self.conflicts.note(node)
            parent = node
        if len(chain) > 1 and leaf._parent is not None and all(place[1:3]):
            self._memory.learn(place, leaf._parent)
        return leaf

    def _look(
        self,
        parent: RecordNode | None,
        new: list[RecordNode],
        header: InstanceHeader,
        place: tuple[bytes, ...],
        leaf: RecordNode,
    ) -> None:
        """Note conflicts of an instance; `parent` is None if its place is known to have none."""
        if parent is not None:
            met = self.conflicts.look(parent, [*new], header)
            self.findings += self.conflicts.findings(met, header)
            if met:
                self._disputed[place] = met
        for conflict in self._disputed.get(place, ()):
            conflict.records.append(leaf)
            conflict.files.append(header.path)

    def _existing(
        self, parent: RecordNode, level: str, header: InstanceHeader
    ) -> RecordNode | None:
        """Return the existing record of a level for the instance."""
        found = header.values.get(LEVEL_KEYS[level])
        if found is None or not found[1].strip(b" \0") or parent._family is None:
            return None
        if not found[1].isascii() or custom_recorder(level) is not None:
            return None  # found by its key, once the record has been made
        key = found[1].decode("ascii").rstrip(" \0")
        node = parent._family.find(key)
        return node if node is not None and node.record_type == level else None

    def _record(
        self,
        kind: str,
        header: InstanceHeader,
        parent: RecordNode | None,
        dataset: Dataset | None,
        uid: str = "",
    ) -> RecordNode:
        """Create one record; `uid` is given for the one that references the instance."""
        custom = custom_recorder(kind)
        if custom is not None:
            raw = custom_record(kind, custom, header, dataset, uid)
            return RecordNode._from_encoded(raw, 0, len(raw), kind)
        if self._fill is not None:
            self._fill.below(parent)
        keys, missing = keys_of_record(
            kind, header, references=bool(uid), fill=self._fill, faults=self._faults
        )
        if missing:
            reason = str(missing[0])
            more = "; ".join(str(one) for one in missing[1:])
            error = RecordCreationError(kind, reason, header.path)
            error.why = more or None
            raise error
        if self._faults:
            self.findings += findings_of(self._faults, header)
            self._faults.clear()
        head = reference_of(kind, header, uid) if uid else type_of(kind)
        raw = head + keys
        return RecordNode._from_encoded(raw, 0, len(raw), kind)

    def taken_back(self) -> list[FileInstance]:
        """Return existing instances whose removal was reverted or whose file was supplied."""
        return list(dict.fromkeys((*self.restored, *(instance for instance, _ in self.found))))

    def edit(self) -> Edit:
        """Return what was staged as one edit."""
        count = len(self.attached) + len(self.taken_back())
        gone = _without(self.replaced)
        return Edit(
            f"{'Replace' if gone else 'Add'} {count:,} instance{'' if count == 1 else 's'}",
            attached=tuple(self.attached),
            detached=gone.detached,
            removed=gone.removed,
            restored=tuple(self.restored),
            found=tuple(self.found),
        )

    def record(self) -> None:
        """Let the File-set remember what was staged, as one edit."""
        self._stage.record(self.edit())
        self._memory.keep(self._stage)

    def take_back(self) -> None:
        """Revert what was staged, since the operation was not completed."""
        self._stage.revert(self.edit())
        self._stage.discard(self.attached)

    def top_records(self) -> tuple[RecordNode, ...]:
        """Return the top-most records added to the tree."""
        return top_most(self.came)


def _without(instances: Iterable[FileInstance]) -> Edit:
    """Return the edit that removes instances from the File-set."""
    wanted = tuple(instances)
    return Edit(
        "",
        detached=tuple(one for one in wanted if one._is_new),
        removed=tuple(one for one in wanted if not one._is_new),
    )
