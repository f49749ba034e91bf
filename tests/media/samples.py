"""Instances made for the tests of media."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

if TYPE_CHECKING:
    from pathlib import Path

CT = "1.2.840.10008.5.1.4.1.1.2"


def ct_image(study: int, series: int, number: int, side: int = 16, **changes: Any) -> Dataset:
    """Return a CT image of `side` x `side` pixels; `changes` are set, None deletes."""
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPClassUID = CT
    image.SOPInstanceUID = f"1.2.3.{study + 1}.{series + 1}.{number + 1}"
    image.StudyInstanceUID = f"1.2.3.{study + 1}"
    image.SeriesInstanceUID = f"1.2.3.{study + 1}.{series + 1}"
    image.PatientID, image.PatientName = f"P{study // 2}", f"Doe^Jo{study // 2}"
    image.PatientBirthDate, image.PatientSex = "19700101", "F"
    image.StudyID, image.StudyDate, image.StudyTime = str(study), "20200101", "101010"
    image.StudyDescription, image.SeriesDescription = "Head & neck <a>", f"Series {series}"
    image.AccessionNumber, image.Modality = "A1", "CT"
    image.SeriesNumber, image.InstanceNumber = series + 1, number + 1
    image.Rows = image.Columns = side
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
    image.PixelRepresentation, image.SamplesPerPixel = 0, 1
    image.PhotometricInterpretation = "MONOCHROME2"
    ramp = np.arange(side * side, dtype="<u2").reshape(side, side) % 4096
    image.PixelData = (ramp + number).astype("<u2").tobytes()
    for keyword, value in changes.items():
        if value is None:
            delattr(image, keyword)
        else:
            setattr(image, keyword, value)
    return image


def write_series(
    folder: Path, study: int, series: int, *, count: int, side: int = 16, **changes: Any
) -> list[Path]:
    """Write a series of CT images and return the paths of the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        path = folder / f"{study}_{series}_{number}.dcm"
        image = ct_image(study, series, number, side, **changes)
        syntax = image.file_meta.TransferSyntaxUID
        assert syntax == ExplicitVRLittleEndian
        image.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths
