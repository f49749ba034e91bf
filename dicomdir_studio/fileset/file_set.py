"""The public `FileSet` (PS3.10 8): open, stage, find, write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.fileset.changes import Layout
from dicomdir_studio.fileset.charsets import codecs_of, terms_of
from dicomdir_studio.fileset.editing import FileSetEditing
from dicomdir_studio.fileset.searching import FileSetSearching
from dicomdir_studio.fileset.warning import warn
from dicomdir_studio.fileset.write_plan import WriteOptions
from dicomdir_studio.fileset.writing import Writer
from dicomdir_studio.monitor import Monitor

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from dicomdir_studio.fileset.changes import Finding
    from dicomdir_studio.fileset.editing import DatasetOrPath
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.fileset.write_plan import WritePlan, WriteReceipt


class FileSet(FileSetEditing, FileSetSearching):
    """A DICOM File-set: its instances, staged changes and DICOMDIR.

    Parameters
    ----------
    ds : pydicom.dataset.Dataset, str or os.PathLike, optional
        The DICOMDIR to load, as a data set with a ``filename`` or as a path; by
        default a new File-set is created.
    salvage : bool, optional
        Repair a damaged DICOMDIR and report the repairs in `findings`.
    charset : str or sequence of str, optional
        Read all text in this Specific Character Set, regardless of what the records declare.
    """

    def __init__(
        self,
        ds: DatasetOrPath | None = None,
        *,
        salvage: bool = False,
        charset: str | Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        if ds is not None:
            self.load(ds, salvage=salvage, charset=charset)

    def load(
        self,
        ds_or_path: DatasetOrPath,
        include_orphans: bool = True,
        raise_orphans: bool = False,
        *,
        salvage: bool = False,
        charset: str | Sequence[str] | None = None,
        monitor: Monitor | None = None,
    ) -> None:
        """Load an existing File-set, replacing the current content.

        Parameters
        ----------
        ds_or_path : pydicom.dataset.Dataset, str or os.PathLike
            The DICOMDIR.
        include_orphans : bool, optional
            Include instances whose records are not referenced by any link.
        raise_orphans : bool, optional
            Raise if there are such records.
        salvage : bool, optional
            Repair what is damaged and report it in `findings`, instead of raising.
        charset : str or sequence of str, optional
            Read all text in this Specific Character Set (PS3.3 C.12.1.1.2), regardless of
            what the records declare; the records themselves are not changed.
        monitor : Monitor, optional
            Receives progress; can cancel, which leaves the File-set as it was.

        Raises
        ------
        ValueError
            If it is not a DICOMDIR, is damaged and `salvage` is off, has orphans and
            `raise_orphans` is on, or if `charset` is not defined by the Standard.
        FileNotFoundError
            If the file, or the one that the data set names, does not exist.
        TypeError
            If it is neither a path nor a data set with a ``filename``.
        PermissionError
            If a File ID leads outside the root and `salvage` is off (PS3.10 8.6).
        OperationCancelledError
            If `monitor` cancelled; the File-set is as it was.
        """
        from dicomdir_studio.fileset.loader import OrphanPolicy, load_into

        chosen = None if charset is None else codecs_of(terms_of(charset))
        load_into(
            self,
            ds_or_path,
            OrphanPolicy(include=include_orphans, raising=raise_orphans),
            monitor or Monitor(),
            salvage=salvage,
        )
        self._charset = chosen

    def clear(self) -> None:
        """Become a new and empty File-set; nothing on the disk changes."""
        self._snapshots.close()
        self._use_alphanumeric = False
        self._reset()

    def note(self, findings: Iterable[Finding]) -> None:
        """Insert findings from before loading at the front of `findings`."""
        self._findings[:0] = findings

    def keep_from_writing(self, reason: str, opened_from: str | None = None) -> None:
        """Prevent this File-set itself from being written; it can still be copied.

        Parameters
        ----------
        reason : str
            The reason, and what to do instead.
        opened_from : str, optional
            The image or archive that it was read from; `path` is a folder with its content.
        """
        self._kept_from_writing = reason
        self._opened_from = opened_from

    def plan(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        layout: Layout | None = None,
        force_implicit: bool = False,
        hard_links: bool = False,
        backup: bool = False,
        compare: bool = False,
        monitor: Monitor | None = None,
    ) -> WritePlan:
        """Return what `write` would do; nothing on the disk changes.

        Parameters
        ----------
        path : str or os.PathLike, optional
            The root for a File-set that has not been written yet.
        layout : Layout, optional
            How files are named; `Layout.STANDARD` by default.
        force_implicit : bool, optional
            Encode the DICOMDIR in Implicit VR Little Endian, which does not conform.
        hard_links : bool, optional
            Link sources instead of copying them, where the file system can.
        backup : bool, optional
            Keep the previous DICOMDIR as ``DICOMDIR.BAK``.
        compare : bool, optional
            Read the headers of files that will be renamed, and list those that do not match
            their records, or are cut off, in `WritePlan.findings`.
        monitor : Monitor, optional
            Receives the progress of comparing; can cancel.

        Returns
        -------
        WritePlan
            What would be written, in File IDs and bytes; `WritePlan.problems` lists why it
            cannot be executed.
        """
        options = WriteOptions(
            layout or Layout.STANDARD, force_implicit, hard_links, backup, compare
        )
        return self._writer.plan(path, options, monitor)

    def plan_copy(
        self,
        path: str | os.PathLike[str],
        *,
        layout: Layout | None = None,
        force_implicit: bool = False,
        hard_links: bool = False,
        compare: bool = False,
        monitor: Monitor | None = None,
        without: Iterable[FileInstance] = (),
    ) -> WritePlan:
        """Return what `copy` would do; nothing on the disk changes.

        Parameters
        ----------
        path : str or os.PathLike
            The new root.
        layout, force_implicit, hard_links, compare, monitor
            As for `plan`.
        without : iterable of FileInstance, optional
            Instances to leave out, in addition to those whose file is missing.
        """
        options = WriteOptions(
            layout or Layout.STANDARD, force_implicit, hard_links, compare=compare
        )
        return self._writer.plan_copy(path, options, monitor, frozenset(without))

    def check_files(
        self,
        instances: Sequence[FileInstance] | None = None,
        *,
        monitor: Monitor | None = None,
    ) -> list[Finding]:
        """Compare files with the records that reference them.

        Parameters
        ----------
        instances : sequence of FileInstance, optional
            The instances to check; all by default.
        monitor : Monitor, optional
            Receives progress in files; can cancel.

        Returns
        -------
        list of Finding
            One for each file that holds another instance than its record names, belongs to
            another patient, study or series, has another SOP Class or Transfer Syntax, is
            cut off or cannot be read, and one for all files whose names differ from their
            records; they are in `findings` until the next check. Missing files are in `missing`.
        """
        wanted = self._stage.present if instances is None else instances
        from dicomdir_studio.fileset.file_names import findings_of_names
        from dicomdir_studio.fileset.identity import contradictions

        found = contradictions(wanted, monitor or Monitor())
        self._checked = found + findings_of_names(wanted, self.path)
        return list(self._checked)

    def execute(
        self,
        plan: WritePlan,
        *,
        monitor: Monitor | None = None,
        verify: bool = False,
        digests: bool = False,
    ) -> WriteReceipt:
        """Carry out a plan; after a write of the File-set itself, it is loaded again.

        Parameters
        ----------
        plan : WritePlan
            What `plan` or `plan_copy` returned.
        monitor : Monitor, optional
            Receives progress; can cancel until the commit, which leaves everything unchanged.
        verify : bool, optional
            Read every byte back and compare it.
        digests : bool, optional
            Compute the SHA-256 of every file copied, for the receipt, without reading
            back; `verify` does it too.

        Returns
        -------
        WriteReceipt
            What was done: the number of files, the bytes, the digests, the seconds.

        Raises
        ------
        StudioError
            If it could not be written; the previous state is kept.
        OperationCancelledError
            If `monitor` cancelled; the previous state is kept.
        """
        return self._writer.execute(plan, monitor or Monitor(), verified=verify, digests=digests)

    def write(
        self,
        path: str | os.PathLike[str] | None = None,
        use_existing: bool = False,
        force_implicit: bool = False,
        *,
        layout: Layout | None = None,
        monitor: Monitor | None = None,
        verify: bool = False,
        hard_links: bool = False,
        backup: bool = False,
    ) -> WriteReceipt | None:
        """Write the staged changes, as one transaction.

        Parameters
        ----------
        path : str or os.PathLike, optional
            The root for a File-set that has not been written yet.
        use_existing : bool, optional
            Keep the existing layout; not possible with additions.
        force_implicit : bool, optional
            Encode the DICOMDIR in Implicit VR Little Endian, which does not conform.
        layout : Layout, optional
            How files are named; `Layout.KEEP` keeps existing files where they are, also
            with additions.
        monitor : Monitor, optional
            Receives progress; can cancel until the commit, which leaves everything unchanged.
        verify : bool, optional
            Read every byte back and compare it.
        hard_links, backup : bool, optional
            As for `plan`.

        Returns
        -------
        WriteReceipt or None
            What was done; None if nothing is staged.

        Warns
        -----
        UserWarning
            If files that got another name are not what their records say, or cut off; the receipt
            lists them.

        Raises
        ------
        ValueError
            If `path` is missing for a new File-set or given for an existing one, or
            `use_existing` is on and additions are staged.
        StudioError
            If it could not be written; the previous state is kept.
        """
        self._writer.check(path, use_existing=use_existing)
        self._writer.recover(path or self.root_path)
        if not self.is_staged and not self._writer.has_edited_records():
            return None
        chosen = layout or (Layout.KEEP if use_existing else Layout.STANDARD)
        plan = self.plan(
            path,
            layout=chosen,
            force_implicit=force_implicit,
            hard_links=hard_links,
            backup=backup,
            compare=True,
            monitor=monitor,
        )
        receipt = self.execute(plan, monitor=monitor, verify=verify)
        _warn_of(receipt.findings)
        return receipt

    def copy(
        self,
        path: str | os.PathLike[str],
        force_implicit: bool = False,
        *,
        layout: Layout | None = None,
        monitor: Monitor | None = None,
        verify: bool = False,
        hard_links: bool = False,
    ) -> FileSet:
        """Write the File-set with its staged changes to another root; this one is not changed.

        Parameters
        ----------
        path : str or os.PathLike
            The new root.
        force_implicit, layout, monitor, verify, hard_links
            As for `write`.

        Returns
        -------
        FileSet
            The copy.

        Warns
        -----
        UserWarning
            If files do not match their records, or are cut off; the findings of the copy
            list them.

        Raises
        ------
        ValueError
            If `path` is the root of this File-set.
        StudioError
            If the copy could not be written; nothing is left of it.
        """
        self._writer.recover(path)
        plan = self.plan_copy(
            path,
            layout=layout,
            force_implicit=force_implicit,
            hard_links=hard_links,
            compare=True,
            monitor=monitor,
        )
        self.execute(plan, monitor=monitor, verify=verify)
        copied = FileSet()
        self._writer.read_back(plan, copied)
        copied._findings.extend(plan.findings)
        _warn_of(plan.findings)
        return copied

    @property
    def _writer(self) -> Writer:
        """The writer of this File-set."""
        return Writer(self)


def _warn_of(findings: Sequence[Finding]) -> None:
    """Warn of files that do not match their records, or are cut off."""
    if findings:
        warn(
            f"{len(findings)} of the files that were written are cut off or not what their records "
            f"say, the first: {findings[0].what} [{findings[0].where}]"
        )
