"""What the user calls an instance, from the records above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.columns import date_text, describe

if TYPE_CHECKING:
    from dicomdir_studio.fileset import FileInstance, RecordNode


def record_above(record: RecordNode | None, record_type: str) -> RecordNode | None:
    """Return the record of that type at or above this one."""
    while record is not None and not record.is_root:
        if record.record_type == record_type:
            return record
        record = record.parent
    return None


def patient_text(instance: FileInstance) -> str:
    """Return the patient's name, or the Patient ID where there is no name."""
    patient = record_above(instance.node, "PATIENT")
    name = wording.person_name(wording.first_value(patient, "PatientName"))
    return name or wording.first_value(patient, "PatientID")


def study_text(instance: FileInstance) -> str:
    """Return the study's description and date."""
    study = record_above(instance.node, "STUDY")
    described = wording.first_value(study, "StudyDescription")
    date = date_text(wording.first_value(study, "StudyDate"))
    return wording.joined(described, date) or wording.first_value(study, "StudyID")


def series_text(instance: FileInstance) -> str:
    """Return the series' modality, number and description: "MR 3 · T1 axial"."""
    series = record_above(instance.node, "SERIES")
    number = wording.first_value(series, "SeriesNumber")
    numbered = wording.joined_words(wording.first_value(series, "Modality"), number)
    return wording.joined(numbered, wording.first_value(series, "SeriesDescription"))


def instance_title(instance: FileInstance) -> str:
    """Return what tells an instance from others: "Image 3 · MR 2 · T1 axial · Doe, Jane"."""
    title = describe(instance.node).title
    return wording.joined(title, series_text(instance), patient_text(instance))


def instance_file_id(instance: FileInstance) -> str:
    """Return the File ID on the medium, empty for an instance that is not on it yet."""
    return wording.file_id_text(instance.ReferencedFileID)
