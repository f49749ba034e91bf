"""Which profiles a File-set fits, what stands in the way, and the keys that a profile adds."""

from __future__ import annotations

import time
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
)

from dicomdir_studio.errors import OperationCancelledError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.applying import with_profile
from dicomdir_studio.media.completing import with_profile_keys
from dicomdir_studio.media.conformance import Kind, ProfileFit, fit_profiles
from dicomdir_studio.media.icons import icon_of
from dicomdir_studio.media.medium_plan import MediumPlan, plan_medium
from dicomdir_studio.media.targets import write_folder
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.part10.transcode import encoded_element, items
from dicomdir_studio.standard.profiles import PROFILES
from tests.media.samples import ct_image, write_series
from tests.monitors import Cancelling

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges import Judges


def planned(paths: list[Path]) -> MediumPlan:
    """Return the plan of a new File-set of some files."""
    file_set = FileSet()
    assert not file_set.add_many(paths, missing_keys="fill").refused
    return plan_medium(file_set)


def fits_of(folder: Path, **changes: Any) -> dict[str, ProfileFit]:
    """Return how a File-set of two CT images with some changes stands to all profiles."""
    return fit_profiles(planned(write_series(folder, 0, 0, count=2, **changes)))


def kinds(fit: ProfileFit) -> set[Kind]:
    """Return what the obstacles to a profile are about."""
    return {obstacle.kind for obstacle in fit.obstacles}


def test_every_profile_is_in_the_matrix(tmp_path: Path) -> None:
    """All 82 profiles are judged, in the order of PS3.11."""
    assert list(fits_of(tmp_path)) == list(PROFILES)


def test_uncompressed_ct_fits_a_cd(tmp_path: Path) -> None:
    """Plain CT images that are added here fit the general-purpose CD and the CT/MR one."""
    fits = fits_of(tmp_path)
    assert fits["STD-GEN-CD"].fits
    assert fits["STD-CTMR-CD"].fits


def test_an_older_dicomdir_lacks_keys(sample_set: FileSet) -> None:
    """A DICOMDIR without Rows fits the CT/MR profile once its keys are there."""
    crs = sample_set.find(SOPClassUID="1.2.840.10008.5.1.4.1.1.1")
    sample_set.stage_removal(crs)
    fits = fit_profiles(plan_medium(sample_set))
    assert fits["STD-GEN-CD"].fits
    assert not fits["STD-CTMR-CD"].fits
    assert fits["STD-CTMR-CD"].fits_completed
    assert kinds(fits["STD-CTMR-CD"]) == {Kind.KEY}


def test_secure_profiles_are_named_as_not_offered(tmp_path: Path) -> None:
    """A secure profile has one obstacle that says so, and a remedy."""
    fits = fits_of(tmp_path)
    secure = [fit for fit in fits.values() if fit.profile.is_secure]
    assert len(secure) >= 20
    for fit in secure:
        assert kinds(fit) == {Kind.SECURE}
        assert not fit.is_offered
        assert not fit.fits_completed
    assert "STD-GEN-CD" in fits["STD-GEN-SEC-CD"].obstacles[0].remedy
    assert "another profile" in fits["STD-DTL-SEC-ZIP-MAIL"].obstacles[0].remedy


def test_a_foreign_sop_class_is_named_with_its_instances(tmp_path: Path) -> None:
    """CT has no place in an XA profile; both instances are named."""
    (obstacle,) = fits_of(tmp_path)["STD-XABC-CD"].obstacles
    assert obstacle.kind is Kind.SOP_CLASS
    assert "CT Image Storage" in obstacle.what
    assert len(obstacle.instances) == 2
    assert obstacle.clause == "PS3.11 A"


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_a_transfer_syntax_that_no_medium_takes(tmp_path: Path, syntax: UID) -> None:
    """Implicit VR and Big Endian are in the way until copies are transcoded."""
    image = ct_image(0, 0, 0)
    path = tmp_path / "a.dcm"
    image.file_meta.TransferSyntaxUID = syntax
    image.save_as(path, enforce_file_format=True)
    fit = fit_profiles(planned([path]))["STD-GEN-CD"]
    (obstacle,) = fit.obstacles
    assert obstacle.kind is Kind.TRANSFER_SYNTAX
    assert "can be transcoded to Explicit VR Little Endian without loss" in obstacle.remedy
    assert obstacle.becomes == (ExplicitVRLittleEndian,)
    assert fit.fits_completed
    assert not fit.fits


@pytest.mark.parametrize(
    ("syntax", "why"),
    [
        (JPEGBaseline8Bit, "does not decode to the same pixels everywhere"),
        (DeflatedExplicitVRLittleEndian, ""),
        (JPEG2000Lossless, ""),
    ],
)
def test_what_cannot_be_transcoded_is_said_so(syntax: UID, why: str, tmp_path: Path) -> None:
    """The remedy says whether an allowed transfer syntax can be had without loss, or why not."""
    image = ct_image(0, 0, 0)
    image.file_meta.TransferSyntaxUID = syntax
    if syntax.is_encapsulated:
        image.PixelData = encapsulate([b"\xff\xd8\xff\xd9"])
        image["PixelData"].VR = "OB"
    path = tmp_path / "a.dcm"
    image.save_as(path, enforce_file_format=True)
    (obstacle,) = fit_profiles(planned([path]))["STD-GEN-CD"].obstacles
    assert obstacle.is_completed == (not why)
    assert "without loss" in obstacle.remedy
    assert why in obstacle.remedy


def test_attributes_are_judged_from_the_header(tmp_path: Path) -> None:
    """The CT/MR profiles take CT images in MONOCHROME2 of Modality CT only."""
    fits = fits_of(tmp_path, PhotometricInterpretation="MONOCHROME1", Modality="OT")
    found = [o for o in fits["STD-CTMR-CD"].obstacles if o.kind is Kind.ATTRIBUTE]
    assert sorted(o.what for o in found) == [
        "Modality is OT, not CT",
        "PhotometricInterpretation is MONOCHROME1, not MONOCHROME2",
    ]
    assert all(o.clause == "PS3.11 E.3.4" and len(o.instances) == 2 for o in found)


@pytest.mark.parametrize(("side", "wrong"), [(512, False), (600, True)])
def test_numbers_have_a_maximum(tmp_path: Path, side: int, wrong: bool) -> None:
    """STD-XABC-CD takes XA images of 512 x 512 at most."""
    fits = fits_of(tmp_path, side=side, SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1", Modality="XA")
    too_large = [o for o in fits["STD-XABC-CD"].obstacles if "the most is 512" in o.what]
    assert bool(too_large) is wrong
    assert any(o.kind is Kind.ICON for o in fits["STD-XABC-CD"].obstacles)


def test_a_required_module_must_be_there(tmp_path: Path) -> None:
    """The calibrated US profiles ask for the regions."""
    uid = "1.2.840.10008.5.1.4.1.1.6.1"
    fits = fits_of(tmp_path, SOPClassUID=uid, Modality="US")
    assert [o.what for o in fits["STD-US-SC-SF-CDR"].obstacles] == [
        "SequenceOfUltrasoundRegions is missing"
    ]
    assert fits["STD-US-ID-SF-CDR"].fits
    regions = fits_of(
        tmp_path / "r", SOPClassUID=uid, Modality="US", SequenceOfUltrasoundRegions=[Dataset()]
    )
    assert regions["STD-US-SC-SF-CDR"].fits


def test_a_key_that_the_instance_lacks_is_told_apart(tmp_path: Path) -> None:
    """A Type 1 key without a value anywhere cannot be added; the remedy says so."""
    fits = fits_of(tmp_path, Rows=None)
    fit = fits["STD-CTMR-CD"]
    rows = [o for o in fit.obstacles if o.what == "The IMAGE record lacks Rows"]
    assert len(rows) == 1
    assert not rows[0].is_completed
    assert not fit.fits_completed


def test_an_unreadable_file_is_an_obstacle_to_all(tmp_path: Path) -> None:
    """A file that is damaged after it was planned does not end the judging."""
    paths = write_series(tmp_path, 0, 0, count=2)
    plan = planned(paths)
    paths[1].write_bytes(b"damaged")
    fit = fit_profiles(plan)["STD-GEN-CD"]
    assert kinds(fit) == {Kind.UNREADABLE}
    assert len(fit.obstacles[0].instances) == 1


def test_judging_can_be_cancelled(sample_plan: MediumPlan) -> None:
    """The person can stop it."""
    with pytest.raises(OperationCancelledError):
        fit_profiles(sample_plan, monitor=Cancelling())


@pytest.mark.parametrize("name", ["STD-GEN-USB-JPEG", "STD-GEN-DVD-J2K", "STD-GEN-BD-JPEG"])
def test_a_profile_adds_its_keys(
    name: str, sample_plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """Written with the profile, the DICOMDIR has its keys with the instances' values."""
    plan = with_profile_keys(sample_plan, PROFILES[name])
    assert fit_profiles(plan)[name].fits
    assert plan.files == sample_plan.files
    write_folder(plan, tmp_path / "out")
    judges.accept(tmp_path / "out", instances=31)
    directory = dcmread(tmp_path / "out" / "DICOMDIR")
    seen = 0
    for record in directory.DirectoryRecordSequence:
        if record.DirectoryRecordType != "IMAGE":
            continue
        image = dcmread(tmp_path.joinpath("out", *record.ReferencedFileID), stop_before_pixels=True)
        for keyword in ("Rows", "Columns", "ImagePositionPatient", "ImageType"):
            assert record.get(keyword) == image.get(keyword)
            seen += keyword in record
    assert seen > 90


@pytest.mark.parametrize("name", ["STD-XABC-CD", "STD-XA1K-CD"])
def test_a_profile_adds_its_icons(name: str, tmp_path: Path, judges: Judges) -> None:
    """An XA profile gets an icon of 128 x 128 in each IMAGE record, and then fits."""
    changes = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.12.1",
        "Modality": "XA",
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelData": bytes(range(256)) * 16,
        "ImageType": ["ORIGINAL", "PRIMARY", "SINGLE PLANE"],
    }
    paths = write_series(tmp_path / "s", 0, 0, count=3, side=64, **changes)
    file_set = FileSet()
    file_set.add_many(paths)
    before = plan_medium(file_set)
    fit = fit_profiles(before)[name]
    syntax = {o.what for o in fit.obstacles if o.kind is Kind.TRANSFER_SYNTAX}
    assert syntax  # they ask for lossless JPEG
    assert fit.fits_completed
    assert any(o.kind is Kind.ICON and o.is_completed for o in fit.obstacles)
    plan = with_profile(before, PROFILES[name], tmp_path, monitor=Monitor())
    assert fit_profiles(plan)[name].fits
    write_folder(plan, tmp_path / "out")
    judges.accept(tmp_path / "out", instances=3)
    record = dcmread(tmp_path / "out" / "DICOMDIR").DirectoryRecordSequence[-1]
    (icon,) = record.IconImageSequence
    assert (icon.Rows, icon.Columns) == (128, 128)
    assert icon.PhotometricInterpretation == "MONOCHROME2"
    assert len(set(icon.PixelData)) > 50
    assert with_profile_keys(plan, PROFILES[name]).dicomdir == plan.dicomdir


def test_an_icon_keeps_proportions(tmp_path: Path) -> None:
    """An image in colour that is wider than high is fitted between black bars."""
    (item,) = icon_items(icon_of(str(get_testdata_file("examples_rgb_color.dcm")), 128, 128))
    pixels = np.frombuffer(item.PixelData, np.uint8).reshape(128, 128)
    assert not pixels[:10].any()
    assert not pixels[-10:].any()
    assert pixels[30:98].any()


def icon_items(sequence: bytes) -> list[Dataset]:
    """Return the Items of an encoded Icon Image Sequence."""
    return [
        read_dataset(BytesIO(sequence[start:stop]), is_implicit_VR=False, is_little_endian=True)
        for start, stop in items(sequence, 0, len(sequence))
    ]


def test_an_icon_that_is_too_large_is_made_anew(sample_set: FileSet) -> None:
    """The CT/MR profiles take icons of 64 x 64 at most."""
    sample_set.stage_removal(sample_set.find(SOPClassUID="1.2.840.10008.5.1.4.1.1.1"))
    plan = with_profile_keys(plan_medium(sample_set), PROFILES["STD-CTMR-CD"])
    directory = plan.directory()
    row = directory.leaves[plan.files[0].name]
    icon = encoded_element(0x00880200, b"SQ", icon_of(plan.files[0].source, 100, 90))
    large = replace(plan, dicomdir=directory.relaid({row: directory.encoded(row) + icon}))
    (obstacle,) = fit_profiles(large)["STD-CTMR-CD"].obstacles
    assert obstacle.what == "The icon in the IMAGE record is 100 x 90, not 64 at most"
    done = with_profile_keys(large, PROFILES["STD-CTMR-CD"])
    assert fit_profiles(done)["STD-CTMR-CD"].fits


def test_a_profile_without_keys_changes_nothing(sample_plan: MediumPlan) -> None:
    """STD-GEN-CD adds no keys; the plan is the same."""
    assert with_profile_keys(sample_plan, PROFILES["STD-GEN-CD"]) is sample_plan


def test_sequences_keep_what_a_record_keeps(tmp_path: Path) -> None:
    """Of a referenced image the record keeps its SOP Class and Instance alone."""
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.3", "1.2.3.4"
    item.ReferencedFrameNumber = 3
    plan = planned(write_series(tmp_path, 0, 0, count=1, ReferencedImageSequence=[item]))
    done = with_profile_keys(plan, PROFILES["STD-CTMR-CD"])
    read = dcmread(DicomBytesIO(done.dicomdir))
    (kept,) = read.DirectoryRecordSequence[-1].ReferencedImageSequence
    assert kept.ReferencedSOPInstanceUID == "1.2.3.4"
    assert "ReferencedFrameNumber" not in kept
    assert with_profile_keys(done, PROFILES["STD-CTMR-CD"]).dicomdir == done.dicomdir


def test_judging_is_linear(tmp_path: Path) -> None:
    """Four times the files take no more than some four times the time."""
    times = []
    for count in (100, 400):
        plan = planned(write_series(tmp_path / str(count), 0, 0, count=count, side=2))
        tries = []
        for _ in range(3):
            begun = time.process_time()  # what else runs on the machine does not count
            fit_profiles(plan)
            tries.append(time.process_time() - begun)
        times.append(min(tries))
    assert times[1] < 8 * times[0]
