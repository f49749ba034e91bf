"""Stages additions, removals and properties; each call is one undoable edit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from dicomdir_studio.errors import FileSetError
from dicomdir_studio.fileset.adding import Adder
from dicomdir_studio.fileset.adding_many import header_and_source, stage_paths
from dicomdir_studio.fileset.changes import AddReport, Change
from dicomdir_studio.fileset.contents import FileSetContents
from dicomdir_studio.fileset.edit import Edit
from dicomdir_studio.fileset.recording import layout_memory, wanted_tags
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.part10.header import encoded_file, header_of_dataset, read_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from pydicom.dataset import Dataset

    from dicomdir_studio.fileset.changes import Answer, Conflict
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.history import History, Replayed
    from dicomdir_studio.fileset.recoding import TextGroup
    from dicomdir_studio.fileset.record_node import RecordNode

    DatasetOrPath: TypeAlias = Dataset | str | os.PathLike[str]
    MissingKeys: TypeAlias = Literal["refuse", "fill"]


def _counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


class FileSetEditing(FileSetContents):
    """The operations that stage changes; none touches the disk."""

    def add(
        self, ds_or_path: DatasetOrPath, *, missing_keys: MissingKeys = "refuse"
    ) -> FileInstance:
        """Stage an instance for addition, or revert its staged removal.

        Of a file, only the header is read now; its bytes are copied, unchanged, by `write`.
        Of a data set, a snapshot is taken.

        Parameters
        ----------
        ds_or_path : pydicom.dataset.Dataset, str or os.PathLike
            The instance.
        missing_keys : {"refuse", "fill"}, optional
            How to handle an instance that lacks Type 1 keys of its records (PS3.3 F.5), is
            not in the DICOM file format (PS3.10 7.1), or is cut off. "fill" completes the
            records, adds the file format to the copy, accepts files that are cut off,
            and reports each in `findings`; the bytes of the data set are never changed.

        Returns
        -------
        FileInstance
            The instance; the existing one if it is already in the File-set.

        Raises
        ------
        ValueError
            If it cannot be added: an `InstanceError`, whose class says why.
        FileNotFoundError, IsADirectoryError
            If the file does not exist, or is a folder; each is also an `InstanceError`.
        """
        adder = Adder(
            self._stage, self._tree, snapshots=self._snapshots, fill=missing_keys == "fill"
        )
        if isinstance(ds_or_path, (str, os.PathLike)):
            header, source = header_and_source(adder, ds_or_path, wanted_tags(), layout_memory())
            found = adder.add_header(header, source)
            instance = found if found is not None else adder.known(header)
        else:
            instance = self._add_dataset(adder, ds_or_path)
        adder.record()
        self._findings += adder.findings
        return instance

    def _add_dataset(self, adder: Adder, dataset: Dataset) -> FileInstance:
        """Stage a data set; a snapshot is taken only if it is not in the File-set yet."""
        header = header_of_dataset(dataset, wanted_tags())
        known = self._stage.with_uid(header.text(0x00080018))
        if known is not None and not known.for_removal and not known.is_missing:
            return known
        source = self._snapshots.keep(encoded_file(dataset))
        if not header.transfer_syntax:  # then the file was given one
            header.transfer_syntax = read_header(source.path, ()).transfer_syntax
        instance = adder.add_header(header, source, dataset)
        if instance is None:
            raise FileSetError("The instance is already in the File-set")
        return instance

    def add_many(
        self,
        paths: Iterable[str | os.PathLike[str]],
        *,
        monitor: Monitor | None = None,
        missing_keys: MissingKeys = "refuse",
    ) -> AddReport:
        """Stage many files as one edit.

        Parameters
        ----------
        paths : iterable of str or os.PathLike
            The files.
        monitor : Monitor, optional
            Receives progress; can cancel, and then nothing is staged.
        missing_keys : {"refuse", "fill"}, optional
            As for `add`.

        Returns
        -------
        AddReport
            What was staged, and what was refused with the reasons.
        """
        if isinstance(paths, (str, os.PathLike)):
            paths = [paths]
        adder = Adder(
            self._stage,
            self._tree,
            snapshots=self._snapshots,
            fill=missing_keys == "fill",
            careful=True,
        )
        report = stage_paths(adder, paths, monitor or Monitor())
        adder.record()
        self._findings += report.findings
        report.change = Change(adder.top_records(), altered=tuple(report.restored))
        return report

    def resolve(
        self,
        answers: Iterable[tuple[Conflict, Answer]],
        *,
        monitor: Monitor | None = None,
        missing_keys: MissingKeys = "refuse",
    ) -> AddReport:
        """Resolve conflicts as the user decided, as one edit.

        Parameters
        ----------
        answers : iterable of (Conflict, Answer)
            Conflicts of an `AddReport`, each with one of its `Conflict.answers`.
        monitor : Monitor, optional
            Receives progress; can cancel, and then nothing is changed.
        missing_keys : {"refuse", "fill"}, optional
            As for `add`.

        Returns
        -------
        AddReport
            The files that replaced others, and what was refused with the reasons; what was
            left out is in its `change`.

        Raises
        ------
        ValueError
            If an answer is not among the conflict's `answers`.
        """
        from dicomdir_studio.fileset.deciding import resolve

        return resolve(self, answers, monitor or Monitor(), fill=missing_keys == "fill")

    def disputed(
        self, paths: Iterable[str | os.PathLike[str]], *, monitor: Monitor | None = None
    ) -> AddReport:
        """Report which files have the UID of an existing instance but different content.

        Nothing is staged: as in an addition, they are refused, and the conflicts of the
        report can be passed to `resolve`. Files that cannot be read are refused too.
        """
        from dicomdir_studio.fileset.deciding import disputed

        return disputed(self, paths, monitor or Monitor())

    def readings(self) -> list[TextGroup]:
        """Return the possible readings of the records' text, for the user to choose from.

        Records with text in the default repertoire only, which is the same in every
        character set, are omitted. Nothing is changed.

        Returns
        -------
        list of TextGroup
            Groups whose text is not valid in the declared character set come first.
        """
        from dicomdir_studio.fileset.recoding import text_groups

        return text_groups(self)

    def apply_charset(self, charset: str, records: Iterable[RecordNode] | None = None) -> Change:
        """Correct the character set that records declare, as one edit.

        The text itself is preserved byte for byte if the character set is defined by the
        Standard; otherwise (`TextGroup.readings` also offers others) it is converted to
        Unicode, ISO_IR 192. The instances' files are never changed.

        Parameters
        ----------
        charset : str
            Specific Character Set (PS3.3 C.12.1.1.2), several terms parted by
            backslashes, or a foreign set such as ``windows-1251``.
        records : iterable of RecordNode, optional
            The records; by default those whose text is not valid in the declared character
            set or, if there are none, all with text beyond the default repertoire.

        Raises
        ------
        ValueError
            If the text of a record is not valid in that set; nothing is changed then.
        """
        from dicomdir_studio.fileset.recoding import apply_charset

        return apply_charset(self, charset, records)

    def put_icons(self, icons: Mapping[RecordNode, bytes], recipe: str) -> Change:
        """Set or remove the icons of records, as one edit (PS3.3 F.7).

        Parameters
        ----------
        icons : mapping of RecordNode to bytes
            The value of the Icon Image Sequence for each record, in Explicit VR Little
            Endian; empty to remove it.
        recipe : str
            How they were made, saved with staged work.
        """
        from dicomdir_studio.fileset.icon_records import put_icons

        return put_icons(self, icons, recipe)

    def add_custom(self, ds_or_path: DatasetOrPath, leaf: RecordNode) -> FileInstance:
        """Stage an instance with custom records, such as PRIVATE ones.

        Parameters
        ----------
        ds_or_path : pydicom.dataset.Dataset, str or os.PathLike
            The instance.
        leaf : RecordNode
            The record that is to reference it, below its other custom records.

        Raises
        ------
        ValueError
            If `leaf` has more than 7 ancestors (PS3.10 8.2), or the instance cannot be
            added.
        FileNotFoundError, IsADirectoryError
            As for `add`.
        """
        from dicomdir_studio.fileset.custom import add_custom

        return add_custom(self, ds_or_path, leaf)

    def remove(self, instance: FileInstance | list[FileInstance]) -> None:
        """Stage instances for removal, or revert their staged addition.

        Parameters
        ----------
        instance : FileInstance or list of FileInstance
            The instances; if an error is raised, none is removed.

        Raises
        ------
        ValueError
            If an instance is not in the File-set, or is already staged for removal.
        """
        self.stage_removal(instance if isinstance(instance, list) else [instance])

    def history(self) -> History:
        """Return everything that can be undone and redone, as plain data for a later run."""
        from dicomdir_studio.fileset.history import history_of

        return history_of(self)

    def replay(
        self,
        history: History,
        *,
        add_private: Callable[[str, RecordNode, str], Change],
        rewrite: Callable[[str, list[RecordNode]], Change],
        is_right: Callable[[], bool],
        monitor: Monitor | None = None,
    ) -> Replayed:
        """Repeat the edits of an earlier run, each undoable by itself, or none of them.

        Parameters
        ----------
        history : History
            What `history` returned then; the medium must not have changed.
        add_private : callable
            Stages a file below a PRIVATE record: path, record above, Private Record UID.
        rewrite : callable
            Rewrites records: how (the recipe that was given then), and which.
        is_right : callable
            Checks at the end whether everything is staged as it was.
        monitor : Monitor, optional
            Receives progress; can cancel, and then nothing is staged.

        Returns
        -------
        Replayed
            What changed, and the conflicts that the additions had.

        Raises
        ------
        ReplayError
            If an edit cannot be repeated as it was.
        """
        from dicomdir_studio.fileset.history import replay

        return replay(
            self,
            history,
            add_private=add_private,
            rewrite=rewrite,
            is_right=is_right,
            monitor=monitor or Monitor(),
        )

    def stage_removal(self, instances: Sequence[FileInstance]) -> Change:
        """Stage instances for removal as `remove` does; return what changed.

        Parameters
        ----------
        instances : sequence of FileInstance
            What to remove.

        Raises
        ------
        ValueError
            As for `remove`; nothing is staged then.
        """
        wanted = list(dict.fromkeys(instances))
        for instance in wanted:
            if not self._has_record(instance) or instance.for_removal:
                raise FileSetError(
                    "No such instance in the File-set", remedy="Choose one that it has"
                )
        return self._stage.make(
            Edit(
                f"Remove {_counted(len(wanted), 'instance')}",
                detached=tuple(one for one in wanted if one._is_new),
                removed=tuple(one for one in wanted if not one._is_new),
            )
        )

    def restore(self, instances: Sequence[FileInstance]) -> Change:
        """Revert the staged removal of instances, as one edit; return what changed."""
        wanted = tuple(
            one for one in dict.fromkeys(instances) if one.for_removal and self._has_record(one)
        )
        text = f"Restore {_counted(len(wanted), 'instance')}"
        # A UID must not occur twice: a file that had replaced the instance is removed again.
        instead = tuple(one for one in self._stage.twins(wanted) if one._is_new)
        return self._stage.make(Edit(text, restored=wanted, detached=instead))

    def revert(
        self,
        instances: Sequence[FileInstance] | None = None,
        properties: Sequence[str] | None = None,
    ) -> Change:
        """Revert staged changes of some instances and properties, as one edit.

        Parameters
        ----------
        instances : sequence of FileInstance, optional
            Staged additions and removals to be reverted.
        properties : sequence of str, optional
            Names of properties to be restored.
        """
        wanted = [one for one in dict.fromkeys(instances or ()) if self._has_record(one)]
        wanted += self._stage.twins(wanted)
        changed = self._stage.changed_properties
        before = {
            name: (new, old) for name, (old, new) in changed.items() if name in (properties or ())
        }
        detached = tuple(one for one in wanted if one._is_new)
        restored = tuple(one for one in wanted if one.for_removal)
        lost = tuple((one, one._source) for one in wanted if one._was_found and one._source)
        count = len(detached) + len(restored) + len(lost) + len(before)
        text = f"Revert {_counted(count, 'change')}"
        return self._stage.make(
            Edit(text, detached=detached, restored=restored, properties=before, lost=lost)
        )
