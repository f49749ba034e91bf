"""Images compressed with loss on express request: new instances that say what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels.utils import pixel_array

from dicomdir_studio.errors import InstanceError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.producing import NotTranscodedError, prepare, produce
from dicomdir_studio.media.transcoding.lossy import LossyChoice, compress_with_loss
from dicomdir_studio.media.transcoding.routes import JPEG_2000, JPEG_BASELINE
from dicomdir_studio.standard.profiles import PROFILES
from tests.bundled import TEST_FILES
from tests.media.samples import ct_image

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges import Judges

JPEG = LossyChoice(JPEG_BASELINE, 90)
J2K = LossyChoice(JPEG_2000, 8)


def smooth(folder: Path, *, bits: int = 8, samples: int = 1, **changes: Any) -> Path:
    """Write an image that compresses well, with what records and the Standard ask for."""
    side = 128
    rows, columns = np.mgrid[0:side, 0:side]
    values = ((np.sin(rows / 20) + np.cos(columns / 15) + 2) / 4 * ((1 << bits) - 1)).astype(int)
    image = ct_image(0, 0, 0, side, BitsStored=bits, HighBit=bits - 1)
    image.BitsAllocated, image.SamplesPerPixel = 8 if bits == 8 else 16, samples
    if samples == 3:
        image.PhotometricInterpretation, image.PlanarConfiguration = "RGB", 0
        values = np.stack([values, values[::-1], values.T], axis=-1)
    image.PixelData = values.astype("<u1" if bits == 8 else "<u2").tobytes()
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    for keyword, value in changes.items():
        setattr(image, keyword, value)
    folder.mkdir(exist_ok=True)
    path = folder / f"{bits}_{samples}.dcm"
    image.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize(
    ("choice", "bits", "samples", "photometric", "method"),
    [
        (JPEG, 8, 1, "MONOCHROME2", "ISO_10918_1"),
        (JPEG, 8, 3, "YBR_FULL_422", "ISO_10918_1"),
        (J2K, 8, 1, "MONOCHROME2", "ISO_15444_1"),
        (J2K, 12, 1, "MONOCHROME2", "ISO_15444_1"),
        (J2K, 8, 3, "YBR_ICT", "ISO_15444_1"),
    ],
)
def test_a_lossy_copy_says_what_it_is(
    choice: LossyChoice, bits: int, samples: int, photometric: str, method: str, tmp_path: Path
) -> None:
    """A new UID, DERIVED, what was lost and how, and the source; the picture is much the same."""
    path = smooth(tmp_path / "s", bits=bits, samples=samples)
    before = path.read_bytes()
    made = compress_with_loss(str(path), str(tmp_path / "a.dcm"), choice)
    assert path.read_bytes() == before
    source, copy = dcmread(path), dcmread(tmp_path / "a.dcm")
    assert copy.SOPInstanceUID == made.instance_uid != source.SOPInstanceUID
    assert copy.file_meta.MediaStorageSOPInstanceUID == copy.SOPInstanceUID
    assert copy.file_meta.TransferSyntaxUID == choice.syntax
    assert copy.LossyImageCompression == "01"
    assert copy.LossyImageCompressionMethod == method
    native = len(source.PixelData)
    assert float(copy.LossyImageCompressionRatio) == pytest.approx(
        native / len(copy.PixelData), rel=0.15
    )
    assert list(copy.ImageType) == ["DERIVED", "PRIMARY", "AXIAL"]
    assert method in copy.DerivationDescription
    (done,) = copy.DerivationCodeSequence
    assert (done.CodeValue, done.CodingSchemeDesignator) == ("113040", "DCM")
    (origin,) = copy.SourceImageSequence
    assert origin.ReferencedSOPInstanceUID == source.SOPInstanceUID
    assert origin.ReferencedSOPClassUID == source.SOPClassUID
    assert origin.PurposeOfReferenceCodeSequence[0].CodeValue == "121320"
    assert copy.PhotometricInterpretation == photometric
    found, given = pixel_array(copy).astype(int), pixel_array(source).astype(int)
    assert np.abs(found - given).mean() < (1 << bits) / 50
    again = compress_with_loss(str(path), str(tmp_path / "b.dcm"), choice)
    assert again.instance_uid == made.instance_uid
    other = LossyChoice(choice.syntax, choice.amount - 1)
    assert compress_with_loss(str(path), str(tmp_path / "c.dcm"), other).instance_uid != (
        made.instance_uid
    )


@pytest.mark.parametrize(
    ("choice", "changes", "why"),
    [
        (JPEG, {"bits": 12}, "8 bits alone"),
        (J2K, {"PixelPaddingValue": 0}, "Pixel Padding Value"),
        (J2K, {"DigitalSignaturesSequence": [Dataset()]}, "digital signature"),
        (J2K, {"PhotometricInterpretation": "PALETTE COLOR"}, "PALETTE COLOR"),
    ],
)
def test_what_has_no_place_in_it_is_refused(
    choice: LossyChoice, changes: dict[str, Any], why: str, tmp_path: Path
) -> None:
    """The instance is named, with the reason and the remedy."""
    path = smooth(tmp_path / "s", **changes)
    with pytest.raises(InstanceError, match=why) as caught:
        compress_with_loss(str(path), str(tmp_path / "a.dcm"), choice)
    assert caught.value.where == str(path)
    assert not (tmp_path / "a.dcm").exists()


def test_what_is_lossy_already_is_not_compressed_again(tmp_path: Path) -> None:
    """A second loss on top of the first is not made."""
    with pytest.raises(InstanceError, match="does not decode to the same pixels"):
        compress_with_loss(str(TEST_FILES / "SC_rgb_jpeg_dcmtk.dcm"), str(tmp_path / "a"), J2K)


@pytest.mark.parametrize("amount", [0, 96])
def test_an_impossible_choice_is_refused(amount: int) -> None:
    """A quality that no encoder knows is a fault of the caller."""
    with pytest.raises(ValueError, match="is not offered"):
        LossyChoice(JPEG_BASELINE, amount)


def test_a_medium_of_lossy_copies(tmp_path: Path, judges: Judges) -> None:
    """The DICOMDIR references the new instances; the profile takes them; judges agree."""
    path = smooth(tmp_path / "s", bits=12)
    file_set = FileSet()
    file_set.add_many([path])
    (tmp_path / "scratch").mkdir()
    order = Order(str(tmp_path / "out"), PROFILES["STD-GEN-DVD-J2K"], lossy=J2K)
    produce(prepare(file_set, order, tmp_path / "scratch"))
    judges.accept(tmp_path / "out", instances=1)
    loaded = FileSet(tmp_path / "out" / "DICOMDIR")
    assert not loaded.findings
    (found,) = loaded
    copy = dcmread(found.path)
    assert found.SOPInstanceUID == copy.SOPInstanceUID != dcmread(path).SOPInstanceUID
    assert found.TransferSyntaxUID == JPEG_2000
    record = dcmread(tmp_path / "out" / "DICOMDIR").DirectoryRecordSequence[-1]
    assert record.ImageType[0] == "DERIVED"
    assert judges.ask("dciodvfy", found.path).errors == judges.ask("dciodvfy", path).errors


def test_lossless_is_the_default(tmp_path: Path) -> None:
    """Nothing is ever lossy unless the order says so."""
    assert Order("a").lossy is None
    path = smooth(tmp_path / "s", bits=12)
    file_set = FileSet()
    file_set.add_many([path])
    plan = plan_medium(file_set)
    assert [file.source for file in plan.files] == [str(path)]


def test_images_that_cannot_be_are_all_named(tmp_path: Path) -> None:
    """An order for JPEG of 12 bit images makes nothing and names them."""
    file_set = FileSet()
    file_set.add_many([smooth(tmp_path / "s", bits=12)])
    with pytest.raises(NotTranscodedError, match="8 bits alone") as caught:
        prepare(file_set, Order(str(tmp_path / "o"), lossy=JPEG), tmp_path)
    assert len(caught.value.errors) == 1
