"""Adding what a person names, in one staged edit: files, folders and other DICOMDIRs."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from dicomdir_studio import errors
from dicomdir_studio.courtesy import in_slices
from dicomdir_studio.errors import OperationCancelledError, StudioError
from dicomdir_studio.media.recognizing import is_container
from dicomdir_studio.media.unopenable import why_not_opened
from dicomdir_studio.phrases import said
from dicomdir_studio.session.opening import referenced_files
from dicomdir_studio.session.sources import Skipped, gather

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomdir_studio.fileset import AddReport, FileSet
    from dicomdir_studio.monitor import Monitor


_UNPACK: Final = said(
    "It is an image of a disc or an archive: open it, copy it to a folder, and add that"
)


@dataclass
class Addition:
    """What came of adding.

    Attributes
    ----------
    report : AddReport
        What the engine staged and refused.
    skipped : list of Skipped
        What was left out before: paths that cannot be read, devices, missing files.
    left_out : list of str
        Files that were taken out again, as the user decided about a conflict.
    """

    report: AddReport
    skipped: list[Skipped] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def refused(self) -> list[tuple[str, StudioError]]:
        """Return every path that is not in the File-set now, with the reason."""
        refused = [(str(one.path), one.error) for one in self.report.refused]
        return [(one.path, one.error) for one in self.skipped] + refused

    @property
    def staged(self) -> int:
        """Return how many instances were staged or restored."""
        return len(self.report.added) + len(self.report.restored)


def add_sources(
    file_set: FileSet,
    paths: Iterable[str | os.PathLike[str]],
    *,
    missing_keys: Literal["refuse", "fill"] = "fill",
    monitor: Monitor | None = None,
) -> Addition:
    """Stage every instance under `paths` for addition, as one undoable edit.

    Parameters
    ----------
    file_set : FileSet
        Where to add.
    paths : iterable of path-like
        Files and folders. A folder is walked, and the DICOMDIRs in it are passed over; a
        DICOMDIR given itself stands for the files that it references.
    missing_keys : {"fill", "refuse"}, optional
        Whether an instance without a key that its records need gets a filler value
        (default) or is refused.
    monitor : Monitor, optional
        Receives progress; can cancel.

    Raises
    ------
    OperationCancelledError
        If the monitor says so; nothing is staged then.
    """
    named = [os.path.abspath(path) for path in paths]  # as gather spells them
    found = gather(named, monitor=monitor)
    files, skipped = list(found.files), list(found.skipped)
    for dicomdir in set(found.dicomdirs).intersection(named):
        try:
            referenced, missing = referenced_files(dicomdir, monitor=monitor)
        except OperationCancelledError:
            raise
        except StudioError as error:
            skipped.append(Skipped(dicomdir, error))
        else:
            files.extend(referenced)
            skipped.extend(missing)
    once: dict[str, None] = {}
    for some in in_slices(files):
        once.update(dict.fromkeys(some))
    report = file_set.add_many(list(once), monitor=monitor, missing_keys=missing_keys)
    for refused in report.refused:
        if isinstance(refused.error, errors.NotDicomError):
            _say_what_it_is(refused.error, refused.path)
    return Addition(report, skipped)


def _say_what_it_is(error: StudioError, path: str) -> None:
    """Let the error for a file that is no DICOM file say so if it is an image or archive."""
    if is_container(path):
        error.remedy = _UNPACK
    elif fault := why_not_opened(path):
        error.why, error.remedy = fault.what, fault.remedy
