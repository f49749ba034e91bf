"""Files that are cut off, or not in the DICOM file format, taken on request and reported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dicomdir_studio import errors
from dicomdir_studio.errors import InstanceError
from dicomdir_studio.fileset.changes import Finding, Severity
from dicomdir_studio.fileset.recording import wanted_tags
from dicomdir_studio.part10.framing import framing_of
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from dicomdir_studio.fileset.source import SnapshotStore, Source
    from dicomdir_studio.part10.header import InstanceHeader


def cut_off(header: InstanceHeader) -> Finding:
    """Return the finding for a file that is cut off and added nevertheless."""
    return Finding(
        Severity.ERROR,
        said(
            "The file is cut off ({0}) and was added as it is: "
            "part of what it shows may be missing",
            header.truncated,
        ),
        header.path,
        "PS3.5 7.1",
        said("Obtain it again from its source, or leave it out"),
    )


def not_in_file_format(path: str) -> errors.NotDicomError:
    """Return the error for a file that lacks what makes a DICOM file."""
    return errors.NotDicomError(
        said("The file is not in the DICOM file format"),
        where=path,
        why=said("it has no preamble with the DICM prefix, or no transfer syntax, PS3.10 7.1"),
        remedy=said("Convert it to a DICOM file first"),
    )


def made_of(path: str, snapshots: SnapshotStore) -> tuple[InstanceHeader, Source, Finding]:
    """Make a DICOM file of one that lacks the format, its data set byte for byte.

    Returns
    -------
    header : InstanceHeader
        What was read of it, under the path of the file that was given.
    source : Source
        The file made; the one that was given stays as it is.
    finding : Finding
        What is to be told.

    Raises
    ------
    NotDicomError
        If none can be made of it.
    """
    try:
        framing = framing_of(path)
        source = snapshots.keep_framed(framing.head, path, framing.begin)
    except OSError as error:
        raise InstanceError(
            said("The file cannot be read"), where=path, why=error.strerror or str(error)
        ) from error
    header = read_header(source.path, wanted_tags())
    header.path = os.fspath(path)
    finding = Finding(
        Severity.WARNING,
        said(
            "The file has no {0}; its copy in the File-set gets it, with an unchanged data set",
            framing.lacking,
        ),
        header.path,
        "PS3.10 7.1",
        said("The file itself is not changed"),
    )
    return header, source, finding
