"""Opens a File-set: reads its DICOMDIR, builds the tree, finds the files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import FileSetError, StudioError
from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.loading import TreeBuilder
from dicomdir_studio.fileset.locating import Locator
from dicomdir_studio.fileset.record_bytes import record_bytes_of
from dicomdir_studio.fileset.uids import new_uid
from dicomdir_studio.fileset.warning import warn
from dicomdir_studio.part10.directory_reader import (
    EXPLICIT_VR_LITTLE_ENDIAN,
    MEDIA_STORAGE_DIRECTORY,
    DirectoryFile,
    read_directory,
    turned_table,
)
from dicomdir_studio.part10.transcode import elements
from dicomdir_studio.storage import pending, recover

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from dicomdir_studio.fileset.record_node import RootNode
    from dicomdir_studio.monitor import Monitor

_SEQUENCE: Final = 0x00041220


@dataclass(slots=True)
class OpenedDirectory:
    """A DICOMDIR as opened, before its tree is built.

    Attributes
    ----------
    path : pathlib.Path
        The DICOMDIR, links resolved.
    directory : DirectoryFile
        Its content.
    uid : str
        The File-set UID, a new one where it states none.
    findings : list of Finding
        What was odd.
    stamp : tuple of int
        Length and modification time of the file, by which a later change is noticed.
    """

    path: Path
    directory: DirectoryFile
    uid: str
    findings: list[Finding]
    stamp: tuple[int, int]


def stamp_of(path: Path) -> tuple[int, int]:
    """Return length and modification time of a file."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def open_directory(source: Dataset | str | os.PathLike[str], *, salvage: bool) -> OpenedDirectory:
    """Read a DICOMDIR from a file or a data set.

    An unfinished write in its folder is finished or undone first, and reported.

    Raises
    ------
    FileNotFoundError
        If the file, or the one that the data set names, does not exist.
    TypeError
        If the data set names no file.
    ValueError
        If it is not a Media Storage Directory, or is broken and `salvage` is off.
    """
    findings: list[Finding] = []
    if not isinstance(source, (str, os.PathLike)):
        directory = _directory_of_dataset(source)
        _check_class(directory, findings, str(getattr(source, "filename", "")), salvage=False)
        path = _path_of_dataset(source)
        stamp = stamp_of(path)
    else:
        path = Path(source).resolve(strict=True)
        _recover(path.parent, findings)
        stamp = stamp_of(path)
        directory = read_directory(path.read_bytes(), os.fspath(path), salvage=salvage)
        _check_class(directory, findings, os.fspath(path), salvage=salvage)
    findings += [Finding(Severity.ERROR, fault, str(path)) for fault in directory.faults]
    _check_syntax(directory)
    uid = directory.text(0x00020003)
    if not uid:
        uid = new_uid()
        if not isinstance(source, (str, os.PathLike)):
            source.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.UID(uid)
    return OpenedDirectory(path, directory, uid, findings, stamp)


def _check_class(
    directory: DirectoryFile, findings: list[Finding], name: str, *, salvage: bool
) -> None:
    """Check the SOP Class (PS3.10 8.6)."""
    if directory.text(0x00020002) == MEDIA_STORAGE_DIRECTORY:
        return
    if salvage and (len(directory.table) or 0x00041200 in directory.general):
        findings.append(
            Finding(
                Severity.ERROR,
                "The SOP Class of the DICOMDIR is not Media Storage Directory",
                name,
                "PS3.10 8.6",
            )
        )
        return
    raise FileSetError(
        "Unable to load the File-set as the supplied dataset is "
        "not a 'Media Storage Directory' instance",
        where=name or None,
        remedy="Choose the DICOMDIR of the File-set",
    )


def _check_syntax(directory: DirectoryFile) -> None:
    """Warn of a transfer syntax other than the one that a DICOMDIR has (PS3.10 8.6)."""
    syntax = directory.text(0x00020010) or ""
    if syntax != EXPLICIT_VR_LITTLE_ENDIAN:
        warn(
            "The DICOMDIR dataset uses an invalid transfer syntax "
            f"'{pydicom.uid.UID(syntax).name}' and will be updated to use 'Explicit VR "
            "Little Endian'"
        )


def _path_of_dataset(source: Dataset) -> Path:
    """Return the file that a data set was read from."""
    name = getattr(source, "filename", None)
    try:
        return Path(name).resolve(strict=True)  # type: ignore[arg-type]
    except FileNotFoundError as error:
        raise FileNotFoundError(
            "Unable to load the File-set as the 'filename' attribute "
            f"for the DICOMDIR dataset is not a valid path: {name}"
        ) from error
    except TypeError as error:
        raise TypeError(
            "Unable to load the File-set as the DICOMDIR dataset must "
            "have a 'filename' attribute set to the path of the DICOMDIR file"
        ) from error


def _directory_of_dataset(source: Dataset) -> DirectoryFile:
    """Return a DICOMDIR that is held as a data set as if it had been read."""
    meta = {
        element.tag: (element.vr, value)
        for element, value in _encoded_elements(
            getattr(source, "file_meta", None) or pydicom.dataset.Dataset()
        )
    }
    rest = pydicom.dataset.Dataset()
    tags = source.keys()
    for tag in tags:
        if tag != _SEQUENCE:
            rest[tag] = source[tag]
    general = {element.tag: (element.vr, value) for element, value in _encoded_elements(rest)}
    records = list(source.get("DirectoryRecordSequence", None) or [])
    offsets = [int(getattr(record, "seq_item_tell", 0) or 0) for record in records]
    table = turned_table(offsets, lambda row: record_bytes_of(records[row]))
    return DirectoryFile(meta, general, table)


def _encoded_elements(dataset: Dataset):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Yield the elements of a data set with their encoded values."""
    out = pydicom.filebase.DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, False
    pydicom.filewriter.write_dataset(out, pydicom.dataset.Dataset(dict(dataset.items())))
    data = out.getvalue()
    for element in elements(data, 0, len(data)):
        yield element, data[element.start : element.stop]


def _recover(root: Path, findings: list[Finding]) -> None:
    """Finish or undo an interrupted write, and say so."""
    try:
        unfinished = pending(os.fspath(root))
        if unfinished is None:
            return
        report = recover(os.fspath(root))
    except StudioError as error:
        findings.append(
            Finding(
                Severity.WARNING,
                f"An unfinished write was found and left as it is: {error}",
                os.fspath(root),
                remedy="Open the File-set where it can be written to finish it",
            )
        )
        return
    if report is not None:
        findings.append(
            Finding(
                Severity.INFO,
                f"An interrupted write was {report.action.value}",
                os.fspath(root),
                remedy="Nothing is left to do",
            )
        )


def build_tree(
    opened: OpenedDirectory, tree: RootNode, *, salvage: bool, monitor: Monitor
) -> TreeBuilder:
    """Build the tree of an opened DICOMDIR below `tree`."""
    locator = Locator(os.fspath(opened.path.parent))
    builder = TreeBuilder(opened.directory, tree, locator, salvage=salvage)
    builder.build(monitor)
    return builder
