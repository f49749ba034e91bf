"""Instances that cannot be shown to keep every pixel in another transfer syntax: refused."""

from __future__ import annotations

import struct
import time
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from dicomdir_studio.errors import InstanceError
from dicomdir_studio.media.transcoding.instance import transcode
from dicomdir_studio.media.transcoding.jpeg_lossless import encode_lossless
from dicomdir_studio.media.transcoding.routes import (
    DEFLATED,
    EXPLICIT_LITTLE,
    JPEG_LOSSLESS_SV1,
    JPEG_LS,
    RLE,
)
from tests.bundled import TEST_FILES
from tests.media.pixel_images import KINDS, instance, written
from tests.part10 import encoder

if TYPE_CHECKING:
    from pathlib import Path


def refused(image: Dataset, tmp_path: Path, syntax: str) -> str:
    """Return why an instance is refused; no copy may be called one."""
    path = written(image, tmp_path / "source.dcm")
    with pytest.raises(InstanceError) as caught:
        transcode(str(path), str(tmp_path / "copy.dcm"), syntax)
    assert caught.value.where == str(path)
    assert caught.value.remedy
    return caught.value.why or ""


def test_an_overlay_in_the_pixel_cells_is_refused(tmp_path: Path) -> None:
    """Bits above the stored ones would be lost; RLE keeps whole cells."""
    image, values = instance(KINDS[3])
    values[0, 5, 5, 0] |= 0x8000
    image.PixelData = values.tobytes()
    assert "overlay" in refused(image, tmp_path, JPEG_LOSSLESS_SV1)
    transcode(str(tmp_path / "source.dcm"), str(tmp_path / "c.dcm"), RLE)
    transcode(str(tmp_path / "c.dcm"), str(tmp_path / "d.dcm"), EXPLICIT_LITTLE)
    with pytest.raises(InstanceError, match="overlay"):
        transcode(str(tmp_path / "c.dcm"), str(tmp_path / "e.dcm"), JPEG_LS)
    assert pydicom.dcmread(tmp_path / "d.dcm").PixelData[: values.nbytes] == values.tobytes()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"HighBit": 15}, "lowest bits"),
        ({"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31}, "32 of 32 bits"),
        ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}, "1 of 1 bits"),
        ({"PhotometricInterpretation": "YBR_FULL_422", "SamplesPerPixel": 3}, "YBR_FULL_422"),
        ({"Rows": 66}, "its frames have"),
        ({"NumberOfFrames": 2}, "its frames have"),
        ({"PhotometricInterpretation": "RGB"}, "samples per pixel"),
    ],
)
def test_pixels_that_do_not_fit_are_refused(
    changes: dict[str, Any], why: str, tmp_path: Path
) -> None:
    """What the Standard has no place for, or what contradicts the header, is not compressed."""
    image, _ = instance(KINDS[3])
    for keyword, value in changes.items():
        setattr(image, keyword, value)
    assert why in refused(image, tmp_path, JPEG_LS)


def test_a_signed_instance_is_not_broken(tmp_path: Path) -> None:
    """A digital signature covers the present encoding, so it stays."""
    image, _ = instance(KINDS[0])
    image.DigitalSignaturesSequence = [Dataset()]
    assert "digital signature" in refused(image, tmp_path, EXPLICIT_LITTLE)


def test_a_compressed_icon_is_not_left_behind(tmp_path: Path) -> None:
    """An icon inside that is compressed itself would be in a foreign encoding."""
    image, values = instance(KINDS[0])
    stream = encode_lossless(values[0].astype(np.uint8), 8)
    item = Dataset()
    item.PixelData = encapsulate([stream + b"\0" * (len(stream) % 2)])
    item["PixelData"].VR, item["PixelData"].is_undefined_length = "OB", True
    image.IconImageSequence = [item]
    image.file_meta.TransferSyntaxUID = UID(JPEG_LOSSLESS_SV1)
    image.PixelData = item.PixelData
    image["PixelData"].VR = "OB"
    assert "icon" in refused(image, tmp_path, EXPLICIT_LITTLE)


@pytest.mark.parametrize("name", ["SC_rgb_jpeg_dcmtk.dcm", "JPEG2000.dcm", "JPGExtended.dcm"])
def test_lossy_streams_are_not_decoded(name: str, tmp_path: Path) -> None:
    """What decoders round each in their own way is left as it is."""
    with pytest.raises(InstanceError, match="does not decode to the same pixels everywhere"):
        transcode(str(TEST_FILES / name), str(tmp_path / "a"), EXPLICIT_LITTLE)


@pytest.mark.parametrize("cut", [0, 100, 131, 200, 2_000])
def test_a_damaged_file_is_refused(cut: int, tmp_path: Path) -> None:
    """A file that ends too soon is named."""
    path = tmp_path / "a.dcm"
    path.write_bytes((TEST_FILES / "CT_small.dcm").read_bytes()[:cut])
    with pytest.raises(InstanceError) as caught:
        transcode(str(path), str(tmp_path / "b"), EXPLICIT_LITTLE)
    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    "flood",
    [
        struct.pack("<HH2sH", 0x0010, 0x0021, b"LO", 0) * 800_000,
        bytes(200 << 20),
        struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, 0) * 800_000,
    ],
    ids=["elements", "zeros", "pixels_again_and_again"],
)
def test_a_deflated_flood_is_refused_soon(flood: bytes, tmp_path: Path) -> None:
    """Some thousand bytes that stand for millions of elements neither fill memory nor take long."""
    source = tmp_path / "A.DCM"
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    source.write_bytes(encoder.meta(DEFLATED) + packer.compress(flood) + packer.flush())
    begun = time.process_time()
    with pytest.raises(InstanceError) as caught:
        transcode(str(source), str(tmp_path / "B.DCM"), EXPLICIT_LITTLE)
    assert caught.value.where == str(source)
    assert time.process_time() - begun < 5
