"""The instances that a search found, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.instances import (
    instance_file_id,
    instance_title,
    patient_text,
    series_text,
    study_text,
)
from dicomdir_studio.gui.models.lazy import LazyTableModel
from dicomdir_studio.gui.models.slices import sorted_in_slices
from dicomdir_studio.gui.models.states import instance_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomdir_studio.fileset import FileInstance

NAME, STUDY, SERIES, NUMBER, FILE_ID, STATE = range(6)

_TEXTS = {
    NAME: patient_text,
    STUDY: study_text,
    SERIES: series_text,
    NUMBER: lambda instance: wording.first_value(instance.node, "InstanceNumber"),
    FILE_ID: instance_file_id,
}


def result_text(instance: FileInstance, column: int) -> str:
    """Return what a column says of an instance; decodes only what the column needs."""
    if column in _TEXTS:
        return _TEXTS[column](instance)
    return instance_state(instance).label


def sort_key(instance: FileInstance, column: int) -> tuple[int, float, str]:
    """Return what a row sorts by: numbers as numbers, text without regard to case."""
    text = result_text(instance, column)
    if column == NUMBER:
        try:
            return (0, float(text), "")
        except ValueError:
            return (1, 0.0, text)
    return (0, 0.0, text.casefold())


def sorted_results(
    instances: Sequence[FileInstance], column: int, *, descending: bool
) -> list[FileInstance]:
    """Return the instances in the order of a column; a loop over all, so run it in a job.

    One call of `sorted` would not let the window have the interpreter before its end.
    """
    steps = sorted_in_slices(instances, lambda one: sort_key(one, column), reverse=descending)
    return next((done for done in steps if done is not None), [])


class ResultsModel(LazyTableModel["FileInstance"]):
    """Found instances: name, study, series, instance number, File ID, state."""

    HEADERS: ClassVar[tuple[str, ...]] = (
        "Name",
        "Study",
        "Series",
        "Number",
        "File ID",
        "State",
    )
    NUMBERS: ClassVar[frozenset[int]] = frozenset({NUMBER})

    def cell(self, row: FileInstance, column: int, role: int) -> object:
        """Return a cell's text; the state also as a colour."""
        if role == Qt.ItemDataRole.DisplayRole:
            return result_text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{instance_title(row)}\n{row.path}"
        if role == Qt.ItemDataRole.ForegroundRole and column == STATE:
            return instance_state(row).brush()
        return None
