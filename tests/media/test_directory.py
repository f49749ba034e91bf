"""A part of a DICOMDIR as a DICOMDIR of its own."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import UID

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.medium_plan import MediumPlan, plan_medium
from dicomdir_studio.media.targets import write_folder

if TYPE_CHECKING:
    from pathlib import Path


def leaves_of(dicomdir: bytes) -> list[str]:
    """Return the File IDs that a DICOMDIR references, as pydicom reads it."""
    records = [record for record in records_of(dicomdir) if "ReferencedFileID" in record]
    return ["/".join(record.ReferencedFileID) for record in records]


def records_of(dicomdir: bytes) -> list[Dataset]:
    """Return the records that the links of a DICOMDIR lead to, depth first."""
    read = dcmread(BytesIO(dicomdir))
    by_offset = {record.seq_item_tell: record for record in read.DirectoryRecordSequence}
    found: list[Dataset] = []
    stack = [read.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity]
    while stack:
        offset = stack.pop()
        if offset:
            record = by_offset[offset]
            found.append(record)
            stack.append(record.OffsetOfTheNextDirectoryRecord)
            stack.append(record.OffsetOfReferencedLowerLevelDirectoryEntity)
    assert len(found) == len(by_offset)
    return found


def test_all_of_it_is_the_same(sample_plan: MediumPlan) -> None:
    """The part with every file, one of one, is the DICOMDIR byte for byte."""
    directory = sample_plan.directory()
    assert directory.part(directory.leaves, number=1, of=1) == sample_plan.dicomdir
    assert leaves_of(sample_plan.dicomdir) == list(directory.leaves)
    assert directory.relaid({}) == sample_plan.dicomdir


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_any_part_references_what_it_holds(sample_plan: MediumPlan, data: st.DataObject) -> None:
    """Whatever is chosen, exactly that is referenced, and no record is left without a file."""
    directory = sample_plan.directory()
    names = data.draw(st.sets(st.sampled_from(sorted(directory.leaves))))
    part = directory.part(names, number=2, of=3)
    assert leaves_of(part) == [name for name in directory.leaves if name in names]
    kinds = {"PATIENT": 0, "STUDY": 0, "SERIES": 0, "IMAGE": 0}
    for record in records_of(part):
        kinds[record.DirectoryRecordType] += 1
        lower = record.OffsetOfReferencedLowerLevelDirectoryEntity
        assert bool(lower) is (record.DirectoryRecordType != "IMAGE")
    assert kinds["IMAGE"] == len(names)


def test_records_keep_their_bytes(sample_plan: MediumPlan) -> None:
    """Only the links of the records change."""
    directory = sample_plan.directory()
    names = list(directory.leaves)[::3]
    part = sample_plan.part(directory, names, 1, 2)
    kept = part.directory()
    for name in names:
        before, after = directory.chain(directory.leaves[name]), kept.chain(kept.leaves[name])
        for old, new in zip(before, after, strict=True):
            assert directory.encoded(old)[34:] == kept.encoded(new)[34:]


@pytest.mark.parametrize("taken", [("a",), ("b",), ("a", "b")])
def test_records_without_a_patient_are_divided_too(taken: tuple[str, ...], tmp_path: Path) -> None:
    """A record directly below the root goes with its file."""
    file_set = FileSet()
    file_set.add(str(get_testdata_file("CT_small.dcm")))
    hanging = dcmread(str(get_testdata_file("CT_small.dcm")), stop_before_pixels=True)
    hanging.SOPClassUID = UID("1.2.840.10008.5.1.4.38.1")
    hanging.SOPInstanceUID = UID("1.2.3.4.5")
    hanging.file_meta.MediaStorageSOPClassUID = hanging.SOPClassUID
    hanging.file_meta.MediaStorageSOPInstanceUID = hanging.SOPInstanceUID
    hanging.HangingProtocolName, hanging.HangingProtocolDescription = "A", "B"
    hanging.HangingProtocolLevel, hanging.HangingProtocolCreator = "SITE", "C"
    hanging.HangingProtocolCreationDateTime = "20200101"
    definition = Dataset()
    definition.Modality = "CT"
    hanging.HangingProtocolDefinitionSequence = [definition]
    hanging.NumberOfPriorsReferenced = 0
    hanging.HangingProtocolUserIdentificationCodeSequence = []
    file_set.add(hanging)
    plan = plan_medium(file_set)
    directory = plan.directory()
    by_depth = {
        "ab"[len(directory.chain(row)) == 1]: name for name, row in directory.leaves.items()
    }
    chosen = [by_depth[letter] for letter in taken]
    part = plan.part(directory, chosen, 1, 2)
    write_folder(part, tmp_path / "out")
    read = FileSet(tmp_path / "out" / "DICOMDIR")
    assert len(read) == len(taken)
    assert not read.findings
