"""Both sides of a conflict, read from the files themselves, for the user to compare."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import pydicom

if TYPE_CHECKING:
    from dicomdir_studio.fileset import Conflict

KEYWORDS: Final = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyDescription",
    "StudyInstanceUID",
    "Modality",
    "SeriesDescription",
    "SeriesInstanceUID",
    "InstanceNumber",
    "SOPInstanceUID",
)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a conflict.

    Attributes
    ----------
    path : str
        The file looked at, empty if there is none.
    size : int or None
        Its length in bytes, None where it cannot be told.
    changed : str
        When it was changed last, in local time, empty where it cannot be told.
    values : dict of str to str
        What it says by keyword, of `KEYWORDS`; the record's values where the file
        cannot be read.
    problem : str
        Why the file could not be read, else empty.
    """

    path: str = ""
    size: int | None = None
    changed: str = ""
    values: dict[str, str] = field(default_factory=dict)
    problem: str = ""


def sides_of(conflict: Conflict) -> tuple[Side, Side]:
    """Return what was there and what came, each by its first file; reads files."""
    known = conflict.known_instance
    there = Side(values=_of_record(conflict)) if known is None else _side(known.path)
    if there.problem:
        there = Side(there.path, values=_of_record(conflict), problem=there.problem)
    return there, _side(conflict.files[0]) if conflict.files else Side()


def _of_record(conflict: Conflict) -> dict[str, str]:
    """Return what the records say that were there first."""
    chain = [node for node in conflict.known.reverse() if not node.is_root]
    found: dict[str, str] = {}
    for keyword in KEYWORDS:
        value = next((node.get(keyword) for node in chain if node.get(keyword)), None)
        found[keyword] = "" if value is None else str(value)
    return found


def _side(path: str) -> Side:
    """Return what a file says."""
    try:
        status = os.stat(path)
        dataset = pydicom.dcmread(
            path, stop_before_pixels=True, force=True, specific_tags=list(KEYWORDS)
        )
        values = {keyword: _text(dataset.get(keyword)) for keyword in KEYWORDS}
    except Exception as error:  # noqa: BLE001 - one side that is broken must not hide the other
        return Side(path, problem=f"{type(error).__name__}: {error}")
    changed = time.strftime("%Y-%m-%d %H:%M", time.localtime(status.st_mtime))
    return Side(path, status.st_size, changed, values)


def _text(value: object) -> str:
    """Return a value as text, none as empty."""
    return "" if value is None else str(value)
