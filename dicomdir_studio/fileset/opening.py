"""Opens a File-set: reads its DICOMDIR, builds the tree, finds the files."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import FileSetError, StudioError
from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.loading import TreeBuilder
from dicomdir_studio.fileset.locating import Locator
from dicomdir_studio.fileset.opened import OpenedDirectory, stamp_of
from dicomdir_studio.fileset.record_bytes import record_bytes_of
from dicomdir_studio.fileset.uids import new_uid
from dicomdir_studio.fileset.warning import warn
from dicomdir_studio.fileset.whole_file import read_whole
from dicomdir_studio.part10.directory_reader import (
    EXPLICIT_VR_LITTLE_ENDIAN,
    MEDIA_STORAGE_DIRECTORY,
    DirectoryFile,
    read_directory,
    turned_table,
)
from dicomdir_studio.part10.directory_salvage import salvage_directory, shows_directory
from dicomdir_studio.part10.errors import DirectoryReadError
from dicomdir_studio.part10.transcode import elements
from dicomdir_studio.phrases import said
from dicomdir_studio.rereading import TRIES, TRY_ELSEWHERE, medium_fails, reread
from dicomdir_studio.storage import Action, pending, recover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydicom.dataset import Dataset

    from dicomdir_studio.fileset.record_node import RootNode
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.part10.transcode import Element

    Seen = TypeVar("Seen")

_SEQUENCE: Final = 0x00041220
_CONSISTENCY_FLAG: Final = 0x00041212
_RECOVERED: Final = {
    Action.FINISH: said("An interrupted write was finished"),
    Action.UNDO: said("An interrupted write was undone"),
    Action.CLEAN: said(
        "Files left by an interrupted write were removed; nothing else needed to be done"
    ),
}
_IS_UID: Final = re.compile(r"(?=.{1,64}\Z)[0-9]+(?:\.[0-9]+)*").fullmatch


def open_directory(source: Dataset | str | os.PathLike[str], *, salvage: bool) -> OpenedDirectory:
    """Read a DICOMDIR from a file or a data set.

    An unfinished write in its folder is finished or undone first, and reported.

    Raises
    ------
    FileNotFoundError
        If the file, or the one that the data set names, does not exist.
    TypeError
        If it is neither a path nor a data set that names its file.
    ValueError
        If it is not a Media Storage Directory, or is broken and `salvage` is off.
    """
    findings: list[Finding] = []
    recovered = 0
    if not isinstance(source, (str, os.PathLike)):
        directory = _directory_of_dataset(source)
        _check_class(directory, findings, str(getattr(source, "filename", "")), salvage=False)
        path = _path_of_dataset(source)
        stamp, content = _content_of(path)
    else:
        # What was cut short may have left no DICOMDIR until it is recovered.
        # Not Path.resolve, to which links in a ring are no error of the system.
        path = _tried_again(Path(source), lambda: Path(os.path.realpath(source)))
        _recover(path.parent, findings)
        path = _tried_again(path, lambda: Path(os.path.realpath(source, strict=True)))
        recovered = len(findings)
        stamp, content = _content_of(path)
        read = salvage_directory if salvage else read_directory
        directory = read(content, os.fspath(path))
        _check_class(directory, findings, os.fspath(path), salvage=salvage)
    findings += [_fault(fault, path) for fault in directory.faults]
    _check_syntax(directory, findings, os.fspath(path), salvage=salvage)
    repaired = len(findings) > recovered
    if salvage:
        repaired = _check_state(directory, findings, os.fspath(path)) or repaired
    uid = _file_set_uid(directory, findings, os.fspath(path), salvage=salvage)
    if not uid:
        uid = new_uid()
        if not isinstance(source, (str, os.PathLike)):
            source.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.UID(uid)
    digest = hashlib.sha256(content).hexdigest()
    return OpenedDirectory(path, directory, uid, findings, stamp, digest, repaired=repaired)


def _content_of(path: Path) -> tuple[tuple[int, int], bytes]:
    """Return how a DICOMDIR stood and its bytes."""
    return _tried_again(path, lambda: (_stamp_of_file(path), read_whole(path)))


def _stamp_of_file(path: Path) -> tuple[int, int]:
    """Return how a DICOMDIR stands; a pipe or device is refused, since reading it may not end."""
    if stat.S_IFMT(path.stat().st_mode) not in (stat.S_IFREG, stat.S_IFDIR):
        raise FileSetError(
            said("Only a regular file can be a DICOMDIR"),
            where=os.fspath(path),
            why=said("it is a device or pipe"),
        )
    return stamp_of(path)


def _tried_again(path: Path, look: Callable[[], Seen]) -> Seen:
    """Return what a look at a DICOMDIR gives; where the medium fails, it is tried again."""
    try:
        return reread(look)
    except OSError as error:
        if not medium_fails(error):
            raise
        raise DirectoryReadError(
            said("The DICOMDIR cannot be read"),
            where=os.fspath(path),
            why=said("{0}, {1} times", error.strerror, TRIES),
            remedy=said(
                "{0}; or create a new File-set from the medium's other files", TRY_ELSEWHERE
            ),
        ) from error


def _check_state(directory: DirectoryFile, findings: list[Finding], name: str) -> bool:
    """Report an empty DICOMDIR, and one marked inconsistent; return whether it is the latter."""
    if not len(directory.table):
        findings.append(
            Finding(
                Severity.WARNING,
                said("The DICOMDIR has no directory records"),
                name,
                "PS3.3 F.3.2.1",
                said("Add the files of the folder; writing then makes a new DICOMDIR"),
            )
        )
    if not directory.number(_CONSISTENCY_FLAG):
        return False
    findings.append(
        Finding(
            Severity.WARNING,
            said("The File-set Consistency Flag says that the File-set may be inconsistent"),
            name,
            "PS3.3 F.3.2.1",
            said("It was read as it is; writing it clears the flag"),
        )
    )
    return True


def _fault(what: str, path: Path) -> Finding:
    """Return a fault of the reader as a finding."""
    return Finding(
        Severity.ERROR, what, os.fspath(path), "PS3.10 7.1", said("What could be read was kept")
    )


def _file_set_uid(
    directory: DirectoryFile, findings: list[Finding], name: str, *, salvage: bool
) -> str:
    """Return the File-set UID (PS3.10 8.1), "" where there is none that can be written again."""
    uid = directory.text(0x00020003) or ""
    if uid.isascii() and (not salvage or _IS_UID(uid) or not uid):
        return uid
    if not salvage:
        raise DirectoryReadError(
            said("The File-set UID is not a valid UID"), where=name, why="PS3.5 9.1"
        )
    findings.append(
        Finding(
            Severity.ERROR,
            said("The File-set UID '{0}' is not a valid UID", uid),
            name,
            "PS3.5 9.1",
            said("The File-set was given a new one"),
        )
    )
    return ""


def _check_class(
    directory: DirectoryFile, findings: list[Finding], name: str, *, salvage: bool
) -> None:
    """Check the SOP Class (PS3.10 8.6)."""
    if directory.text(0x00020002) == MEDIA_STORAGE_DIRECTORY:
        return
    is_directory = salvage and shows_directory(directory)
    if is_directory and not directory.meta and directory.faults:
        return  # said already: the File Meta Information is missing
    if is_directory:
        findings.append(
            Finding(
                Severity.ERROR,
                said("The SOP Class of the DICOMDIR is not Media Storage Directory"),
                name,
                "PS3.10 8.6",
                said("It was read as a DICOMDIR nevertheless"),
            )
        )
        return
    raise FileSetError(
        "Unable to load the File-set as the supplied dataset is "
        "not a 'Media Storage Directory' instance",
        where=name or None,
        why=_what_it_is(directory),
        remedy=said("Choose the DICOMDIR of the File-set"),
    )


def _what_it_is(directory: DirectoryFile) -> str | None:
    """Return in words what another file is, None if it does not say."""
    uid = directory.text(0x00020002)
    return said("its SOP Class is {0}", pydicom.uid.UID(uid).name) if uid else None


def _check_syntax(
    directory: DirectoryFile, findings: list[Finding], name: str, *, salvage: bool
) -> None:
    """Report a transfer syntax other than the one that a DICOMDIR has (PS3.10 8.6)."""
    syntax = directory.text(0x00020010) or ""
    if syntax == EXPLICIT_VR_LITTLE_ENDIAN or (salvage and not directory.meta):
        return
    known_as = pydicom.uid.UID(syntax).name
    if not salvage:
        warn(
            "The DICOMDIR dataset uses an invalid transfer syntax "
            f"'{known_as}' and will be updated to use 'Explicit VR "
            "Little Endian'"
        )
        return
    findings.append(
        Finding(
            Severity.WARNING,
            said("The DICOMDIR uses the transfer syntax '{0}'", known_as),
            name,
            "PS3.10 8.6",
            said("Writing it updates it to Explicit VR Little Endian"),
        )
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


def _directory_of_dataset(source: object) -> DirectoryFile:
    """Return a DICOMDIR that is held as a data set as if it had been read."""
    if not isinstance(source, pydicom.dataset.Dataset):
        message = f"A DICOMDIR is given as a path or a data set, not as {type(source).__name__}"
        raise TypeError(message)
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


def _encoded_elements(dataset: Dataset) -> Iterator[tuple[Element, bytes]]:
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
                said("An unfinished write was found and left as it is: {0}", error),
                os.fspath(root),
                remedy=said("Open the File-set where it can be written to finish it"),
            )
        )
        return
    if report is not None:
        findings.append(
            Finding(
                Severity.INFO,
                _RECOVERED.get(report.action, report.action.value),
                os.fspath(root),
                remedy=said("Nothing is left to do"),
            )
        )


def build_tree(
    opened: OpenedDirectory, tree: RootNode, *, salvage: bool, rejoin: bool, monitor: Monitor
) -> TreeBuilder:
    """Build the tree of an opened DICOMDIR below `tree`."""
    locator = Locator(os.fspath(opened.path.parent))
    directory = opened.directory
    if not isinstance(directory, DirectoryFile):
        message = "The records of the DICOMDIR were not read"
        raise TypeError(message)
    builder = TreeBuilder(directory, tree, locator, salvage=salvage, rejoin=rejoin)
    builder.build(monitor)
    return builder
