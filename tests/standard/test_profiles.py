"""Media Storage Application Profiles."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydicom.datadict import keyword_for_tag
from pydicom.uid import UID

from dicomdir_studio.standard.media import MEDIA
from dicomdir_studio.standard.profiles import (
    ALL_ROLES,
    DICOMDIR_TRANSFER_SYNTAX,
    PROFILES,
    ApplicationProfile,
    Scope,
)
from dicomdir_studio.standard.records import RECORD_TYPES
from dicomdir_studio.standard.sop_classes import SOP_CLASSES

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
RLE = "1.2.840.10008.1.2.5"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
J2K_LOSSLESS = "1.2.840.10008.1.2.4.90"
J2K = "1.2.840.10008.1.2.4.91"
MPEG2 = "1.2.840.10008.1.2.4.100"
CT = "1.2.840.10008.5.1.4.1.1.2"
SC = "1.2.840.10008.5.1.4.1.1.7"
US = "1.2.840.10008.5.1.4.1.1.6.1"
US_MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"
XA = "1.2.840.10008.5.1.4.1.1.12.1"
PRESENTATION = "1.2.840.10008.5.1.4.1.1.11.1"

each_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())


def test_there_are_82_profiles() -> None:
    """All identifiers of PS3.11 are there, 24 of ultrasound among them."""
    assert len(PROFILES) == 82
    assert sum(name.startswith("STD-US-") for name in PROFILES) == 24
    assert sum(profile.is_secure for profile in PROFILES.values()) == 25


@each_profile
def test_profile_is_sound(profile: ApplicationProfile) -> None:
    """A profile names what the other tables know."""
    assert profile.medium in MEDIA
    assert profile.annex.startswith("PS3.11 ")
    assert profile.is_secure == ("-SEC-" in profile.identifier)
    assert (profile.scope is Scope.LISTED) == bool(profile.sop_classes)
    assert set(profile.sop_classes) <= set(SOP_CLASSES)
    assert set(profile.record_keys) <= set(RECORD_TYPES)
    assert set(profile.roles) <= set(ALL_ROLES)


@each_profile
def test_transfer_syntaxes_are_registered(profile: ApplicationProfile) -> None:
    """Every transfer syntax that a profile names is one of PS3.6."""
    for rule in profile.transfer_syntax_rules:
        assert all(UID(uid).is_transfer_syntax for uid in rule.transfer_syntaxes)
        assert set(rule.sop_classes) <= set(profile.sop_classes)


@each_profile
def test_every_listed_class_can_be_encoded(profile: ApplicationProfile) -> None:
    """No profile lists a SOP Class and leaves it without a transfer syntax."""
    for uid in profile.sop_classes:
        assert profile.transfer_syntaxes_for(uid) != frozenset()


@each_profile
def test_attribute_rules_are_sound(profile: ApplicationProfile) -> None:
    """A rule names a known attribute, asks something of it, and of classes that may occur."""
    for rule in profile.attribute_rules:
        assert keyword_for_tag(rule.tag) == rule.keyword
        assert rule.values or rule.maximum or rule.is_required
        assert rule.clause.startswith("PS3.11 ")
        assert set(rule.sop_classes) <= {*profile.sop_classes, US_MULTI_FRAME}


@pytest.mark.parametrize(
    ("identifier", "medium"),
    [
        ("STD-GEN-CD", "CD-R"),
        ("STD-GEN-DVD-JPEG", "DVD"),
        ("STD-GEN-USB-J2K", "USB"),
        ("STD-GEN-SD-JPEG", "SD"),
        ("STD-GEN-BD", "BD"),
        ("STD-GEN-DVD-RAM", "DVD-RAM"),
        ("STD-GEN-MIME", "MIME"),
        ("STD-GEN-ZIP-MAIL", "ZIP-MAIL"),
        ("STD-CTMR-MOD41", "MOD-130"),
        ("STD-US-ID-SF-MOD23-90", "MOD-90"),
        ("STD-XABC-CD", "CD-R"),
    ],
)
def test_medium(identifier: str, medium: str) -> None:
    """The medium is the one that the identifier ends with."""
    assert PROFILES[identifier].medium == medium


@pytest.mark.parametrize(
    ("identifier", "sop_class", "allowed"),
    [
        ("STD-GEN-CD", CT, {EXPLICIT}),
        ("STD-GEN-CD", "1.2.3", {EXPLICIT}),
        ("STD-GEN-DVD-JPEG", CT, {EXPLICIT, JPEG_LOSSLESS, JPEG_BASELINE, JPEG_EXTENDED}),
        ("STD-GEN-USB-J2K", CT, {EXPLICIT, J2K_LOSSLESS, J2K}),
        ("STD-CTMR-CD", CT, {EXPLICIT, JPEG_LOSSLESS}),
        ("STD-CTMR-CD", PRESENTATION, {EXPLICIT}),
        ("STD-CTMR-CD", XA, set()),
        ("STD-XABC-CD", XA, {JPEG_LOSSLESS}),
        ("STD-XA1K-DVD", XA, {JPEG_LOSSLESS, JPEG_BASELINE, JPEG_EXTENDED}),
        ("STD-XA1K-DVD", SC, {EXPLICIT}),
        ("STD-US-ID-SF-CDR", US, {EXPLICIT, RLE, JPEG_BASELINE}),
        ("STD-US-ID-SF-CDR", US_MULTI_FRAME, set()),
        ("STD-US-ID-MF-CDR", US_MULTI_FRAME, {EXPLICIT, RLE, JPEG_BASELINE}),
        ("STD-DEN-CD", CT, set()),
        ("STD-GEN-BD-MPEG2-MPML", CT, {EXPLICIT}),
    ],
)
def test_transfer_syntaxes(identifier: str, sop_class: str, allowed: set[str]) -> None:
    """Allowed transfer syntaxes depend on the SOP Class where the profile says so."""
    profile = PROFILES[identifier]
    assert profile.transfer_syntaxes_for(sop_class) == frozenset(allowed)
    assert not profile.permits(sop_class, IMPLICIT)
    assert all(profile.permits(sop_class, uid) for uid in allowed)


def test_multi_frame_instances_may_be_video() -> None:
    """MPEG is for multi-frame IODs; beside it a BD profile still takes uncompressed ones."""
    profile = PROFILES["STD-GEN-BD-MPEG2-MPML"]
    allowed = profile.transfer_syntaxes_for(US_MULTI_FRAME, multi_frame=True)
    assert allowed == frozenset({MPEG2, EXPLICIT})
    assert not profile.permits(CT, MPEG2)


def test_video_profiles_have_no_place_for_single_frames() -> None:
    """The DVD video profile takes multi-frame IODs alone."""
    profile = PROFILES["STD-DVD-MPEG2-MPML"]
    assert profile.scope is Scope.MULTI_FRAME
    assert not profile.permits_sop_class(CT)
    allowed = profile.transfer_syntaxes_for(US_MULTI_FRAME, multi_frame=True)
    assert allowed == frozenset({MPEG2})


@pytest.mark.parametrize("identifier", ["STD-GEN-MIME", "STD-GEN-ZIP-MAIL"])
def test_a_profile_may_leave_the_choice_open(identifier: str) -> None:
    """None stands for whatever the conformance statement says."""
    assert PROFILES[identifier].transfer_syntaxes_for(CT) is None
    assert PROFILES[identifier].permits(CT, IMPLICIT)


@pytest.mark.parametrize(
    ("identifier", "record_type", "keys"),
    [
        ("STD-GEN-CD", "IMAGE", {}),
        ("STD-XABC-CD", "PATIENT", {"PatientBirthDate": "2", "PatientSex": "2"}),
        (
            "STD-CTMR-CD",
            "IMAGE",
            {
                "ReferencedImageSequence": "1C",
                "ImagePositionPatient": "1C",
                "ImageOrientationPatient": "1C",
                "FrameOfReferenceUID": "1C",
                "Rows": "1",
                "Columns": "1",
                "PixelSpacing": "1C",
            },
        ),
        ("STD-DEN-CD", "IMAGE", {}),
    ],
)
def test_additional_keys(identifier: str, record_type: str, keys: dict[str, str]) -> None:
    """A profile adds the keys of its own table to the records."""
    found = {key.keyword: key.type for key in PROFILES[identifier].keys_for(record_type)}
    assert found == keys


def test_keys_may_lie_in_the_shared_functional_groups() -> None:
    """General profiles take geometry from the top level or the Shared Functional Groups."""
    keys = {key.keyword: key for key in PROFILES["STD-GEN-USB-JPEG"].keys_for("IMAGE")}
    spacing = keys["PixelSpacing"]
    assert spacing.other_source == (0x52009229, 0x00289110, 0x00280030)
    assert spacing.condition is not None
    assert spacing.condition.other_path == spacing.other_source
    assert keys["FrameOfReferenceUID"].other_source == ()


def test_icons() -> None:
    """Angiography demands icons of a size, CT/MR limits it, others say nothing."""
    xa, ct, general = (PROFILES[name].icon for name in ("STD-XABC-CD", "STD-CTMR-CD", "STD-GEN-CD"))
    assert (xa.required_in, xa.rows, xa.columns) == (("IMAGE",), 128, 128)
    assert (ct.required_in, ct.maximum) == ((), 64)
    assert (general.required_in, general.rows, general.maximum) == ((), None, None)


def test_attribute_rules_of_an_instance() -> None:
    """Only the rules for the instance's class and transfer syntax are given."""
    rules = {r.keyword: r for r in PROFILES["STD-XABC-CD"].rules_for(XA, JPEG_LOSSLESS)}
    assert rules["Rows"].maximum == 512
    assert rules["Modality"].values == ("XA",)
    (rule,) = PROFILES["STD-US-ID-SF-CDR"].rules_for(US, JPEG_BASELINE)
    assert rule.values == ("YBR_FULL_422", "YBR_PARTIAL_422")
    assert PROFILES["STD-GEN-CD"].rules_for(CT, EXPLICIT) == ()


@pytest.mark.parametrize("kind", ["SC", "CC"])
def test_calibrated_ultrasound_needs_regions(kind: str) -> None:
    """Spatial and combined calibration need the US Region Calibration Module."""
    rules = PROFILES[f"STD-US-{kind}-MF-DVD"].rules_for(US_MULTI_FRAME, RLE)
    assert [r.keyword for r in rules if r.is_required] == ["SequenceOfUltrasoundRegions"]


def test_the_directory_is_explicit() -> None:
    """A DICOMDIR has one transfer syntax, whatever the profile."""
    assert DICOMDIR_TRANSFER_SYNTAX == EXPLICIT


def test_unknown_profiles_are_not_found() -> None:
    """Private and misspelt identifiers are no profiles."""
    assert "PRI-CTMR-MOD12" not in PROFILES
    with pytest.raises(KeyError):
        PROFILES["STD-GEN-CDR"]


def test_profiles_are_read_when_first_looked_at() -> None:
    """Importing the module reads no table."""
    code = (
        "from dicomdir_studio.standard.profiles import PROFILES;"
        "assert 'unread' in repr(PROFILES);"
        "len(PROFILES);"
        "assert '82' in repr(PROFILES)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
