"""Instances of any SOP Class, made from the tables, for the records that reference them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from dicomdir_studio.standard.records import RECORD_TYPES, RecordKey, record_type_named
from dicomdir_studio.standard.sop_classes import SOP_CLASSES
from tests.standard.expectations import CERTAIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLENDING: Final = "1.2.840.10008.5.1.4.1.1.11.4"
CDA: Final = "1.2.840.10008.5.1.4.1.1.104.2"
CONDITIONAL_CLASSES = {"ENCAP DOC": CDA, "PRESENTATION": BLENDING}
_OF_ITS_OWN: Final[dict[str, Any]] = {
    "Modality": "OT",
    "PatientName": "Doe^Jane",
    "CompletionFlag": "COMPLETE",
    "VerificationFlag": "UNVERIFIED",
    "DoseSummationType": "PLAN",
    "HangingProtocolLevel": "SITE",
    "ImageType": ["ORIGINAL", "PRIMARY", "SPECTROSCOPY", "NONE"],
    "InventoryLevel": "STUDY",
    "InventoryCompletionStatus": "COMPLETE",
    "PatientSex": "F",
    "MIMETypeOfEncapsulatedDocument": "application/pdf",
    "SpecificCharacterSet": "ISO_IR 192",
}
_BY_VR: Final[dict[str, Any]] = {
    "AE": "AE", "AS": "030Y", "CS": "CODE", "DA": "20240102", "DS": "1.5", "DT": "20240102030405",
    "FD": 1.5, "FL": 1.5, "IS": 1, "LO": "Text", "LT": "Text", "PN": "Roe^Rita", "SH": "Short",
    "SL": 1, "SS": 1, "ST": "Text", "TM": "030405", "UC": "Text", "UI": "1.2.3.4", "UL": 1,
    "US": 1, "UT": "Text", "UV": 1,
}  # fmt: skip


def code(meaning: str = "Meaning") -> Dataset:
    """Return an Item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "121181", "DCM", meaning
    return item


def _value(key: RecordKey) -> Any:
    """Return a value for a key."""
    if key.vr != "SQ":
        return _OF_ITS_OWN.get(key.keyword, _BY_VR[key.vr])
    if "Code" in key.keyword or key.keyword == "AnatomicRegionSequence":
        return Sequence([code()])
    item = Dataset()
    for inner in key.items:
        needed = inner.type in ("1", "1C") or inner.vr == "SQ"  # dciodvfy wants Items in each
        setattr(item, inner.keyword, _value(inner) if needed else "")
    if "ReferencedImageSequence" in item or not key.items:
        reference = Dataset()
        reference.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        reference.ReferencedSOPInstanceUID = "1.2.3.4.5"
        if key.keyword.endswith("EvidenceSequence"):
            return Sequence([reference])
        item.ReferencedImageSequence = Sequence([reference])
    return Sequence([item])


def _own_keys(record_types: tuple[str, ...]) -> Iterator[RecordKey]:
    """Yield the keys whose values lie in the instance under their own tags."""
    for name in record_types:
        known = record_type_named(name)
        assert known is not None
        for key in known.keys:
            deeper = len(key.source) > 1 or key.keyword == "SpecificCharacterSet"
            if key.tag >> 16 != 4 and not deeper:
                yield key


def instance_of(
    sop_class: str, record_type: str, *, conditional: bool = False, extended: bool = False
) -> Dataset:
    """Return an instance with all that its records need, and nothing that they need not.

    Parameters
    ----------
    sop_class : str
        SOP Class UID.
    record_type : str
        Type of the record that is to reference it.
    conditional : bool
        Whether the conditions of Type 1C and 2C keys are to hold.
    extended : bool
        Whether a name is to need a character set.
    """
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    kind = record_type_named(record_type)
    assert kind is not None
    levels = () if kind.is_single_level else ("PATIENT", "STUDY", "SERIES")
    for key in _own_keys((*levels, record_type)):
        if key.type == "1" or (key.type == "1C" and conditional and key.tag != 0x0040A730):
            setattr(image, key.keyword, _value(key))
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = UID(sop_class)
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    if levels:
        image.StudyInstanceUID, image.SeriesInstanceUID = generate_uid(), generate_uid()
        image.PatientName = "Müller^Jörg" if extended else "Doe^Jane"
        image.PatientBirthDate, image.PatientSex = "19700102", "F"
    elif extended:
        image.ContentDescription = "Größe"
        if record_type == "HANGING PROTOCOL":
            image.HangingProtocolDescription = "Größe"
    if record_type == "STEREOMETRIC":
        image.InstanceNumber, image.ContentLabel, image.ContentDescription = 1, "LABEL", "Text"
    if extended:
        image.SpecificCharacterSet = "ISO_IR 192"
    if conditional:
        _meet_conditions(image, record_type)
    return image


def _meet_conditions(image: Dataset, record_type: str) -> None:
    """Add what makes the conditions of deeper keys hold, and what must not be kept of it."""
    if record_type in ("SR DOCUMENT", "KEY OBJECT DOC"):
        items = []
        for relation in ("HAS CONCEPT MOD", "CONTAINS"):
            item = Dataset()
            item.RelationshipType, item.ValueType = relation, "CODE"
            item.ConceptNameCodeSequence = Sequence([code("Name")])
            item.ConceptCodeSequence = Sequence([code(relation.title())])
            items.append(item)
        image.ContentSequence = Sequence(items)
    if record_type == "SR DOCUMENT":
        image.VerificationFlag = "VERIFIED"
        observers = []
        for moment in ("20240101000000", "20240303000000", "20240202000000"):
            observer = Dataset()
            observer.VerificationDateTime = moment
            observers.append(observer)
        image.VerifyingObserverSequence = Sequence(observers)
    if record_type == "PRESENTATION" and image.SOPClassUID == BLENDING:
        image.BlendingSequence.append(image.BlendingSequence[0])
        del image.ReferencedSeriesSequence


def saved(image: Dataset, path: Path) -> Path:
    """Write an instance."""
    image.save_as(path, enforce_file_format=True)
    return path


LEAVES: Final = sorted(
    name for name, kind in RECORD_TYPES.items() if kind.references_instance and name != "PRIVATE"
)
"""The record types that reference instances."""


def class_of(kind: str, *, conditional: bool) -> str:
    """Return a SOP Class whose instances have records of a type, a certain one if there is."""
    if conditional and kind in CONDITIONAL_CLASSES:
        return CONDITIONAL_CLASSES[kind]
    certain = [uid for uid, filed in CERTAIN if filed == kind and not SOP_CLASSES[uid].retired]
    others = (uid for uid, row in SOP_CLASSES.items() if row.record_type == kind)
    return next(iter(certain), "") or next(others)
