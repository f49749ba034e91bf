"""Directory record types, their keys and their hierarchy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.fileset import _PREFIXES

from dicomdir_studio.standard.icons import ICON_RULES
from dicomdir_studio.standard.profiles import PROFILES
from dicomdir_studio.standard.records import (
    COMMON_KEYS,
    FILE_SET_KEYS,
    LEVEL_KEYS,
    RECORD_TYPES,
    RETIRED_RECORD_TYPES,
    ROOT,
    RecordKey,
    RecordType,
    may_contain,
    record_type_named,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EVERY_TYPE = [*RECORD_TYPES.values(), *RETIRED_RECORD_TYPES.values()]

# Keys of Annex F as its tables list them, Specific Character Set (1C everywhere) left out; a name
# stands for Type 1. Written by hand from the clauses, apart from the shipped table.
KEYS = {
    "PATIENT": "PatientName:2 PatientID",
    "STUDY": """StudyDate StudyTime AccessionNumber:2 StudyDescription:2 StudyInstanceUID:1C
        StudyID""",
    "SERIES": "Modality SeriesInstanceUID SeriesNumber IconImageSequence:3",
    "IMAGE": "InstanceNumber IconImageSequence:3",
    "RT DOSE": "InstanceNumber IconImageSequence:3 DoseComment:3 DoseSummationType",
    "RT STRUCTURE SET": "InstanceNumber StructureSetLabel StructureSetDate:2 StructureSetTime:2",
    "RT PLAN": "InstanceNumber RTPlanLabel RTPlanDate:2 RTPlanTime:2",
    "RT TREAT RECORD": "InstanceNumber TreatmentDate:2 TreatmentTime:2",
    "WAVEFORM": "ContentDate ContentTime InstanceNumber",
    "SR DOCUMENT": """ContentDate ContentTime InstanceNumber VerificationDateTime:1C
        ConceptNameCodeSequence CompletionFlag VerificationFlag ContentSequence:1C""",
    "KEY OBJECT DOC": """ContentDate ContentTime InstanceNumber ConceptNameCodeSequence
        ContentSequence:1C""",
    "RAW DATA": "ContentDate ContentTime InstanceNumber:2 IconImageSequence:3",
    "ENCAP DOC": """ContentDate:2 ContentTime:2 InstanceNumber ConceptNameCodeSequence:2
        HL7InstanceIdentifier:1C DocumentTitle:2 MIMETypeOfEncapsulatedDocument""",
    "STEREOMETRIC": "",
    "PLAN": "",
    "PALETTE": "ContentLabel ContentDescription:2",
    "IMPLANT": "Manufacturer ImplantName ImplantPartNumber ImplantSize:1C",
    "IMPLANT ASSY": "Manufacturer ImplantAssemblyTemplateName ProcedureTypeCodeSequence",
    "IMPLANT GROUP": """ImplantTemplateGroupName ImplantTemplateGroupDescription:3
        ImplantTemplateGroupIssuer""",
    "SURFACE SCAN": "ContentDate ContentTime",
    "ASSESSMENT": "InstanceCreationDate InstanceCreationTime:2 InstanceNumber",
    "RADIOTHERAPY": """InstanceNumber ContentDescription:2 ContentCreatorName:2
        UserContentLabel:1C UserContentLongLabel:1C""",
}


def _with_items(keys: Iterable[RecordKey]) -> Iterator[RecordKey]:
    """Yield keys and those of their sequences' items."""
    for key in keys:
        yield key
        yield from _with_items(key.items)


def _all_keys() -> dict[str, RecordKey]:
    """Return every key of every table under a name for the test report."""
    found: dict[str, RecordKey] = {}
    tables = {row.name: (*row.keys, *row.optional_keys) for row in EVERY_TYPE}
    tables |= {"file-set": FILE_SET_KEYS, "common": COMMON_KEYS}
    for profile in PROFILES.values():
        tables |= {f"{profile.identifier} {kind}": k for kind, k in profile.record_keys.items()}
    for owner, keys in tables.items():
        found |= {f"{owner} {i} {k.keyword}": k for i, k in enumerate(_with_items(keys))}
    # A key that many tables share is tested once.
    return dict({repr(key): (name, key) for name, key in found.items()}.values())


ALL_KEYS = _all_keys()


@pytest.mark.parametrize("key", ALL_KEYS.values(), ids=ALL_KEYS)
def test_key_agrees_with_the_dictionary(key: RecordKey) -> None:
    """Tag, keyword and VR belong together in PS3.6, as pydicom's dictionary has it."""
    assert keyword_for_tag(key.tag) == key.keyword
    assert dictionary_VR(key.tag) == key.vr


@pytest.mark.parametrize("key", ALL_KEYS.values(), ids=ALL_KEYS)
def test_key_is_sound(key: RecordKey) -> None:
    """Conditional keys have a condition, others none; only sequences have items."""
    assert key.type in {"1", "1C", "2", "2C", "3"}
    assert (key.condition is not None) == key.type.endswith("C")
    assert key.is_required == (key.type == "1")
    assert key.source
    if key.items or key.item_condition:
        assert key.vr == "SQ"
    if key.condition is not None:
        assert key.condition.text
        assert key.condition.clause


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_those_of_annex_f(name: str) -> None:
    """The keys of a record type and their types are those of its table in PS3.3 F.5."""
    expected = dict((f"{text}:1").split(":")[:2] for text in KEYS[name].split())
    keys = {key.keyword: key.type for key in RECORD_TYPES[name].keys}
    assert keys.pop("SpecificCharacterSet") == "1C"
    assert keys == expected


@pytest.mark.parametrize(
    "name",
    ["PRESENTATION", "REGISTRATION", "FIDUCIAL", "VALUE MAP", "MEASUREMENT", "SURFACE", "TRACT"],
)
def test_content_identification_macro_is_expanded(name: str) -> None:
    """Types whose table includes PS3.3 Table 10-12 have all of its keys."""
    keys = {key.keyword: key.type for key in RECORD_TYPES[name].keys}
    assert (keys["InstanceNumber"], keys["ContentLabel"]) == ("1", "1")
    assert (keys["ContentDescription"], keys["ContentCreatorName"]) == ("2", "2")
    assert keys["AlternateContentDescriptionSequence"] == "3"


@pytest.mark.parametrize("row", EVERY_TYPE, ids=lambda row: row.name)
def test_keys_are_in_order_and_unique(row: RecordType) -> None:
    """Keys come in ascending order of tags, as they are written, and none comes twice."""
    tags = [key.tag for key in row.keys]
    assert tags == sorted(set(tags))
    assert not set(tags) & {key.tag for key in row.optional_keys}
    assert all(key.type == "3" for key in row.optional_keys)


@pytest.mark.parametrize("row", EVERY_TYPE, ids=lambda row: row.name)
def test_type_is_sound(row: RecordType) -> None:
    """A type has a section, a component prefix and a unique key with its tag."""
    assert row.section.startswith("PS3.3 F.")
    assert row.prefix.isalpha()
    assert row.prefix.isupper()
    assert len(row.prefix) == (1 if row.name == "PRIVATE" else 2)
    assert keyword_for_tag(row.unique_tag)
    assert bool(row.retired) == (row.name in RETIRED_RECORD_TYPES)


def test_there_are_35_current_and_16_retired_types() -> None:
    """All types of Annex F are there, and those that it retired."""
    assert len(RECORD_TYPES) == 35
    assert len(RETIRED_RECORD_TYPES) == 16
    assert not set(RECORD_TYPES) & set(RETIRED_RECORD_TYPES)


@pytest.mark.parametrize("name", _PREFIXES)
def test_prefix_is_that_of_the_reference(name: str) -> None:
    """Generated components begin as those of pydicom, so that layouts agree."""
    assert RECORD_TYPES[name].prefix == _PREFIXES[name]


def test_prefixes_are_unique() -> None:
    """No two types share a prefix, so that their components never collide."""
    prefixes = [row.prefix for row in EVERY_TYPE]
    assert len(prefixes) == len(set(prefixes))


@pytest.mark.parametrize(
    ("name", "unique_key"),
    [
        ("PATIENT", "PatientID"),
        ("STUDY", "StudyInstanceUID"),
        ("SERIES", "SeriesInstanceUID"),
        ("PRIVATE", "PrivateRecordUID"),
        ("IMAGE", "ReferencedSOPInstanceUIDInFile"),
        ("PALETTE", "ReferencedSOPInstanceUIDInFile"),
    ],
)
def test_unique_key(name: str, unique_key: str) -> None:
    """Records are told apart by what F.5 calls unique, leaves by their instance."""
    assert keyword_for_tag(RECORD_TYPES[name].unique_tag) == unique_key


def test_level_keys() -> None:
    """The levels above the instances, each with the tag of F.5 that is unique to its records."""
    assert {name: keyword_for_tag(tag) for name, tag in LEVEL_KEYS.items()} == {
        "PATIENT": "PatientID",
        "STUDY": "StudyInstanceUID",
        "SERIES": "SeriesInstanceUID",
    }


@pytest.mark.parametrize("parent", RECORD_TYPES.values(), ids=lambda row: row.name)
def test_hierarchy_reads_the_same_from_both_ends(parent: RecordType) -> None:
    """A type names a child exactly if the child names it as a parent."""
    for child in RECORD_TYPES.values():
        assert (child.name in parent.children) == (parent.name in child.parents)
        assert may_contain(parent.name, child.name) == (child.name in parent.children)


def test_root_and_leaves() -> None:
    """The root directory entity holds patients and what has none, a series the rest."""
    root = {row.name for row in RECORD_TYPES.values() if may_contain(ROOT, row.name)}
    assert root == {
        "PATIENT",
        "HANGING PROTOCOL",
        "PALETTE",
        "IMPLANT",
        "IMPLANT ASSY",
        "IMPLANT GROUP",
        "INVENTORY",
        "PRIVATE",
    }
    leaves = {row.name for row in RECORD_TYPES.values() if row.references_instance}
    assert leaves == (root - {"PATIENT"}) | set(RECORD_TYPES["SERIES"].children)


@pytest.mark.parametrize(
    ("parent", "child"),
    [
        (ROOT, "IMAGE"),
        ("PATIENT", "SERIES"),
        ("IMAGE", "SERIES"),
        ("STUDY", "IMAGE"),
        ("SERIES", "PALETTE"),
        ("SERIES", "NONSENSE"),
        ("NONSENSE", "IMAGE"),
        ("SERIES", "MRDR"),
    ],
)
def test_misplaced_records_are_told(parent: str, child: str) -> None:
    """A record at a place that Table F.4-1 does not allow is not accepted."""
    assert not may_contain(parent, child)


@pytest.mark.parametrize(
    ("parent", "child"),
    [(ROOT, "TOPIC"), ("SERIES", "CURVE"), ("FILM BOX", "IMAGE BOX"), ("PATIENT", "HL7 STRUC DOC")],
)
def test_retired_records_have_their_old_place(parent: str, child: str) -> None:
    """Old media keep the hierarchy of their edition."""
    assert may_contain(parent, child)


def test_types_by_name() -> None:
    """Current and retired types are found by name, others are not."""
    assert record_type_named("IMAGE") is RECORD_TYPES["IMAGE"]
    assert record_type_named("CURVE") is RETIRED_RECORD_TYPES["CURVE"]
    assert record_type_named("image") is None


def test_keys_that_people_look_for() -> None:
    """Directories carry what viewers show, beyond what Annex F asks."""
    found = {
        name: [key.keyword for key in row.optional_keys]
        for name, row in RECORD_TYPES.items()
        if row.optional_keys
    }
    assert found == {
        "PATIENT": ["PatientBirthDate", "PatientSex"],
        "STUDY": ["ReferringPhysicianName"],
        "SERIES": ["InstitutionName", "SeriesDescription", "BodyPartExamined"],
        "IMAGE": ["ImageType", "NumberOfFrames", "Rows", "Columns"],
        "RT DOSE": ["NumberOfFrames", "Rows", "Columns"],
        "STEREOMETRIC": [
            "InstanceNumber", "ContentLabel", "ContentDescription", "ContentCreatorName",
        ],
    }  # fmt: skip


def _key(record_type: str, keyword: str) -> RecordKey:
    """Return one key of a record type."""
    return next(key for key in RECORD_TYPES[record_type].keys if key.keyword == keyword)


def test_verification_date_time_comes_from_the_observers() -> None:
    """The value lies in the items of the Verifying Observer Sequence, not at the top."""
    key = _key("SR DOCUMENT", "VerificationDateTime")
    assert key.source == (0x0040A073, 0x0040A030)


def test_only_concept_modifiers_are_kept() -> None:
    """Of an SR's content, the record keeps the items that modify its title."""
    key = _key("SR DOCUMENT", "ContentSequence")
    assert key.item_condition is not None
    assert key.item_condition.path == (0x0040A010,)
    assert key.item_condition.values == ("HAS CONCEPT MOD",)


def test_references_keep_their_uids_alone() -> None:
    """A presentation's references are kept as series with images, nothing more."""
    series = _key("PRESENTATION", "ReferencedSeriesSequence")
    assert [key.keyword for key in series.items] == ["SeriesInstanceUID", "ReferencedImageSequence"]
    assert [key.keyword for key in series.items[1].items] == [
        "ReferencedSOPClassUID",
        "ReferencedSOPInstanceUID",
    ]


def test_instance_keys_name_where_the_instance_holds_them() -> None:
    """The references to a file are taken from the instance's own identification."""
    sources = {key.keyword: key.source for key in COMMON_KEYS}
    assert sources["ReferencedSOPClassUIDInFile"] == (0x00080016,)
    assert sources["ReferencedSOPInstanceUIDInFile"] == (0x00080018,)
    assert sources["ReferencedTransferSyntaxUIDInFile"] == (0x00020010,)
    assert sources["ReferencedRelatedGeneralSOPClassUIDInFile"] == (0x0008001A,)


def test_study_date_has_substitutes() -> None:
    """A study without a date may be dated by its series, acquisition or content."""
    assert _key("STUDY", "StudyDate").substitutes == (0x00080021, 0x00080022, 0x00080023)
    assert _key("STUDY", "StudyTime").substitutes == (0x00080031, 0x00080032, 0x00080033)


def test_icon_rules_name_the_types_with_an_icon_key() -> None:
    """The types that may hold an icon are those whose table has the sequence."""
    with_icon = {
        name
        for name, row in RECORD_TYPES.items()
        if any(key.keyword == "IconImageSequence" for key in row.keys)
    }
    assert set(ICON_RULES.record_types) == with_icon
