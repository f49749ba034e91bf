"""Where we differ from pydicom on purpose, and why; both sides are shown where it is safe."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid

from dicomdir_studio.errors import DirectoryInFileSetError, StudioError, TruncatedFileError
from dicomdir_studio.fileset import FileSet, RecordNode, Severity
from dicomdir_studio.standard.sop_classes import SOP_CLASSES
from tests.bundled import sample
from tests.fileset.twins import assert_whole, outcome, quietly, referenced, save_directory
from tests.folders import digest, files_below

if TYPE_CHECKING:
    from pathlib import Path


def leaf_record(source: Any) -> Dataset:
    """Return the record that references a lone instance in a new File-set."""
    file_set = FileSet()
    instance = file_set.add(source)
    record = instance.node.record
    file_set.clear()
    return record


@pytest.mark.parametrize("name", ["MR_truncated.dcm", "rtplan_truncated.dcm"])
def test_a_truncated_file_is_refused(oracle: Any, name: str) -> None:
    """Pydicom takes a file whose end is missing with a warning; we do only when asked to."""
    theirs = oracle.FileSet()
    took = outcome(lambda: theirs.add(sample(name)))
    assert took.error is None or name.startswith("rtplan")
    with pytest.raises(TruncatedFileError, match=name):
        FileSet().add(sample(name))
    file_set = FileSet()
    file_set.add(sample(name), missing_keys="fill")
    assert [one.severity for one in file_set.findings if "cut off" in one.what] == [Severity.ERROR]


def test_a_file_is_copied_to_the_letter(oracle: Any, tmp_path: Path) -> None:
    """Pydicom writes an instance anew, without its preamble or odd padding; we copy its bytes."""
    source = tmp_path / "source.dcm"
    content = bytearray(sample("CT_small.dcm").read_bytes())
    content[:128] = b"II*\0" + b"x" * 124
    source.write_bytes(content)
    for kind, folder in ((oracle.FileSet, "theirs"), (FileSet, "ours")):
        file_set = kind()
        file_set.add(source)
        file_set.write(tmp_path / folder)
    place = "PT000000/ST000000/SE000000/IM000000"
    assert (tmp_path / "ours" / place).read_bytes() == bytes(content)


def test_a_restored_instance_keeps_its_place(oracle: Any, media: Path) -> None:
    """Pydicom appends what is added back to the end; we put it back where it was."""
    orders = []
    for kind in (oracle.FileSet, FileSet):
        file_set = kind(media / "TINY_ALPHA" / "DICOMDIR")
        before = [one.SOPInstanceUID for one in file_set]
        first = next(iter(file_set))
        file_set.remove(first)
        file_set.add(first.path)
        orders.append([one.SOPInstanceUID for one in file_set])
    assert orders[0] == before[1:] + before[:1]
    assert orders[1] == before


def test_optional_keys_that_people_look_for_are_recorded(oracle: Any) -> None:
    """Series Description, birth date, sex and the like are Type 3; readers show them, so we do."""
    theirs, ours = oracle.FileSet(), FileSet()
    for file_set in (theirs, ours):
        file_set.add(sample("CT_small.dcm"))
    wanted = ("PatientSex", "PatientBirthDate", "Rows", "Columns", "ImageType")
    lacking = {name for name in wanted if name not in next(iter(theirs))}
    assert lacking == set(wanted)
    held = next(iter(ours))
    loaded = held.load()
    given = [name for name in wanted if loaded.get(name)]
    assert len(given) >= 4
    assert all(held[name].value == loaded[name].value for name in given)


def test_a_new_file_set_is_not_written_over_another(oracle: Any, media: Path) -> None:
    """Pydicom overwrites a DICOMDIR that it has not loaded; its instances would be lost."""
    before = files_below(media)
    file_set = FileSet()
    file_set.add(sample("CT_small.dcm"))
    with pytest.raises(StudioError, match="There is a File-set in"):
        file_set.write(media)
    assert files_below(media) == before
    with pytest.raises(StudioError, match="There is a File-set in"):
        FileSet(media / "TINY_ALPHA" / "DICOMDIR").copy(media)
    assert files_below(media) == before


def test_the_record_of_a_missing_file_is_kept_and_misleads_nobody(
    oracle: Any, media: Path, tmp_path: Path
) -> None:
    """Pydicom keeps its File ID while others are renamed to it: the record then names a stranger.

    Ours keeps the record, and its File ID is given to no other file.
    """
    roots = [tmp_path / "theirs", tmp_path / "ours"]
    misled = []
    for kind, root in zip((oracle.FileSet, FileSet), roots, strict=True):
        quietly(lambda root=root: FileSet(media / "TINY_ALPHA" / "DICOMDIR").copy(root))
        lost = list(referenced(root / "DICOMDIR"))[10]
        (root / lost[1]).unlink()
        file_set = quietly(lambda kind=kind, root=root: kind(root / "DICOMDIR"))
        assert len(file_set) == 49
        file_set.remove(list(file_set)[3])
        quietly(file_set.write)
        for uid, file_id in referenced(root / "DICOMDIR"):
            if uid == lost[0] and (root / file_id).exists():
                misled.append(kind)
    assert FileSet not in misled
    assert_whole(roots[1], missing=[lost[0]])
    assert lost in list(referenced(roots[1] / "DICOMDIR"))


def test_a_copy_does_not_reorder_its_source(oracle: Any, media: Path, tmp_path: Path) -> None:
    """Pydicom takes removed records out for `copy` and puts them back at the end."""
    orders = []
    for kind in (oracle.FileSet, FileSet):
        file_set = quietly(lambda kind=kind: kind(media / "DICOMDIR"))
        file_set.remove(next(iter(file_set)))
        before = [node.key for node in file_set._tree]
        quietly(lambda fs=file_set, kind=kind: fs.copy(tmp_path / kind.__module__))
        orders.append([node.key for node in file_set._tree] == before)
    assert orders == [False, True]


def test_a_file_set_with_nothing_left_can_be_copied(
    oracle: Any, media: Path, tmp_path: Path
) -> None:
    """Pydicom fails where no instance is left to make the folder; a File-set may be empty."""
    done = []
    for kind in (oracle.FileSet, FileSet):
        file_set = kind(media / "TINY_ALPHA" / "DICOMDIR")
        file_set.remove(list(file_set))
        done.append(outcome(lambda fs=file_set, k=kind: fs.copy(tmp_path / k.__module__)))
    assert done[0].kind == "FileNotFoundError"
    assert done[1].error is None
    assert len(done[1].value) == 0


def test_a_dicomdir_is_never_an_instance(media: Path) -> None:
    """A DICOMDIR is refused for what it is; pydicom looks for a Patient ID in it."""
    with pytest.raises(DirectoryInFileSetError, match="is a DICOMDIR"):
        FileSet().add(media / "DICOMDIR")
    with pytest.raises(DirectoryInFileSetError):
        FileSet().add(pydicom.dcmread(media / "DICOMDIR"))


def test_setting_the_uid_leaves_the_callers_dataset_alone(oracle: Any, media: Path) -> None:
    """Pydicom writes a new File-set UID into the data set that was loaded, before any `write`."""
    changed = []
    for kind in (oracle.FileSet, FileSet):
        dataset = pydicom.dcmread(media / "DICOMDIR")
        file_set = quietly(lambda kind=kind, ds=dataset: kind(ds))
        file_set.UID = generate_uid()
        changed.append(dataset.file_meta.MediaStorageSOPInstanceUID == file_set.UID)
    assert changed == [True, False]


def ct_of_class(uid: str) -> Dataset:
    """Return CT_small as an instance of another SOP Class."""
    dataset = pydicom.dcmread(sample("CT_small.dcm"))
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = UID(uid)
    return dataset


def test_a_hanging_protocol_has_its_name_description_and_level(oracle: Any) -> None:
    """PS3.3 F.5.32 demands them; pydicom leaves them out of the record."""
    dataset = ct_of_class("1.2.840.10008.5.1.4.38.1")
    dataset.HangingProtocolCreator = "Someone"
    dataset.HangingProtocolCreationDateTime = "20200101000000"
    dataset.HangingProtocolDefinitionSequence = [Dataset()]
    dataset.NumberOfPriorsReferenced = 0
    assert outcome(lambda: oracle.FileSet().add(dataset)).error is None
    with pytest.raises(ValueError, match="Hanging Protocol Name"):
        FileSet().add(dataset)
    dataset.HangingProtocolName = "HP"
    dataset.HangingProtocolDescription = "Chest"
    dataset.HangingProtocolLevel = "SITE"
    dataset.HangingProtocolUserIdentificationCodeSequence = []
    record = leaf_record(dataset)
    assert record.HangingProtocolName == "HP"
    assert record.HangingProtocolDescription == "Chest"
    assert record.HangingProtocolLevel == "SITE"


def test_an_sr_record_has_only_the_concept_modifiers(oracle: Any) -> None:
    """PS3.3 F.5.22: of the Content Sequence only HAS CONCEPT MOD items; pydicom copies it all."""
    dataset = ct_of_class("1.2.840.10008.5.1.4.1.1.88.11")
    dataset.CompletionFlag, dataset.VerificationFlag = "PARTIAL", "UNVERIFIED"
    dataset.ContentDate, dataset.ContentTime = "20200101", "120000"
    dataset.ConceptNameCodeSequence = [Dataset()]
    dataset.ConceptNameCodeSequence[0].CodeValue = "1"
    dataset.ContentSequence = [Dataset(), Dataset()]
    for item, relation in zip(
        dataset.ContentSequence, ("CONTAINS", "HAS CONCEPT MOD"), strict=True
    ):
        item.RelationshipType, item.ValueType = relation, "TEXT"
    added = oracle.FileSet().add(dataset)
    assert len(added.node._record.ContentSequence) == 2
    kept = leaf_record(dataset).ContentSequence
    assert {item.RelationshipType for item in kept} == {"HAS CONCEPT MOD"}


def test_what_pydicom_misfiles_as_image(oracle: Any) -> None:
    """Pydicom files what its table lacks as IMAGE; ours knows more SOP Classes."""
    misfiled = []
    for uid, entry in SOP_CLASSES.items():
        kind = entry.record_type
        if kind in (None, "IMAGE"):
            continue
        dataset = Dataset()
        dataset.SOPClassUID = uid
        single = oracle._single_level_record_type(dataset)
        theirs = oracle._four_level_record_type(dataset) if single == "PATIENT" else single
        if theirs == "IMAGE":
            misfiled.append(uid)
    assert len(misfiled) >= 10


def test_single_level_records_say_their_character_set(oracle: Any) -> None:
    """Pydicom leaves Specific Character Set out of records without a PATIENT above."""
    dataset = ct_of_class("1.2.840.10008.5.1.4.39.1")
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.ContentLabel = "PALETTE"
    assert "SpecificCharacterSet" not in oracle.FileSet().add(dataset).node._record
    dataset.ContentDescription = "Übersicht"
    record = leaf_record(dataset)
    assert record.SpecificCharacterSet == "ISO_IR 192"
    assert record.DirectoryRecordType == "PALETTE"


def test_related_general_sop_classes_are_referenced() -> None:
    """(0004,151A) is Type 1C: present where the instance names general SOP Classes."""
    dataset = pydicom.dcmread(sample("CT_small.dcm"))
    dataset.RelatedGeneralSOPClassUID = ["1.2.840.10008.5.1.4.1.1.2"]
    record = leaf_record(dataset)
    assert record.ReferencedRelatedGeneralSOPClassUIDInFile == "1.2.840.10008.5.1.4.1.1.2"
    assert "ReferencedRelatedGeneralSOPClassUIDInFile" not in leaf_record(sample("CT_small.dcm"))


@pytest.mark.parametrize("link", ["next", "lower"])
def test_a_loop_in_the_offsets_ends(media: Path, link: str) -> None:
    """Pydicom follows a loop for ever; we refuse it, and salvage all that it does not hide."""
    dataset = pydicom.dcmread(media / "DICOMDIR")
    records = dataset.DirectoryRecordSequence
    first = next(record for record in records if "ReferencedFileID" in record)
    if link == "next":
        first.OffsetOfTheNextDirectoryRecord = first.seq_item_tell
    else:
        first.OffsetOfReferencedLowerLevelDirectoryEntity = records[0].seq_item_tell
    path = save_directory(dataset, media / "LOOP")
    with pytest.raises(StudioError, match="loop"):
        FileSet(path)
    salvaged = FileSet(path, salvage=True)
    assert len(salvaged) == 31
    assert any(finding.severity is Severity.ERROR for finding in salvaged.findings)


def test_one_bad_offset_does_not_cost_the_rest(media: Path) -> None:
    """Pydicom raises a bare KeyError; ours says what is wrong, and salvage keeps the others."""
    dataset = pydicom.dcmread(media / "DICOMDIR")
    dataset.DirectoryRecordSequence[0].OffsetOfTheNextDirectoryRecord = 2
    dataset.save_as(media / "BAD", enforce_file_format=True)
    with pytest.raises(StudioError, match="points nowhere"):
        FileSet(media / "BAD")
    assert len(FileSet(media / "BAD", salvage=True)) == 31


def test_missing_identifying_keys_are_said_or_salvaged(oracle: Any, media: Path) -> None:
    """DICOMDIR-nopatient has records of no known type: refused alike, and salvaged by ours."""
    path = media / "DICOMDIR-nopatient"
    assert outcome(lambda: FileSet(path)).kind == outcome(lambda: oracle.FileSet(path)).kind
    salvaged = quietly(lambda: FileSet(path, salvage=True))
    assert len(salvaged) == 31
    assert salvaged.findings


def test_files_are_found_under_the_names_that_a_disc_gives_them(oracle: Any, media: Path) -> None:
    """Lower case, an extension, a version number: pydicom loses the files, we find them."""
    shutil.rmtree(media / "TINY_ALPHA")
    for path in sorted(media.rglob("*"), reverse=True):
        if path.is_dir():
            path.rename(path.with_name(path.name.lower()))
        elif not path.name.startswith("DICOMDIR"):
            path.rename(path.with_name(path.name.lower() + ".dcm;1"))
    theirs = outcome(lambda: oracle.FileSet(media / "DICOMDIR"))
    ours = FileSet(media / "DICOMDIR")
    assert len(theirs.value) == 0
    assert len(ours) == 31
    digests = {str(one.SOPInstanceUID): digest(one.path) for one in ours}
    ours.copy(media / "copy")
    assert assert_whole(media / "copy") == digests


def test_a_record_in_no_tree_belongs_to_no_file_set() -> None:
    """Pydicom recurses for ever where a record of one's own is asked for its File-set."""
    record = Dataset()
    record.DirectoryRecordType, record.PatientID = "PATIENT", "1"
    node = RecordNode(record)
    for name in ("file_set", "component"):
        with pytest.raises(AttributeError, match="not in the tree"):
            getattr(node, name)
    assert node.root is node
    assert node.depth == node.index == 0
