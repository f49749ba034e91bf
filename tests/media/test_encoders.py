"""The encoders of our own: what they make of any samples is decoded to the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from dicomdir_studio.media.transcoding.frames import packed_bits
from dicomdir_studio.media.transcoding.jpeg_lossless import encode_lossless
from dicomdir_studio.media.transcoding.routes import JPEG_LOSSLESS_SV1
from tests.media.samples import ct_image

if TYPE_CHECKING:
    import numpy.typing as npt


# A frame of a few samples may take as many bytes as it did before.
@pytest.mark.filterwarnings("ignore:The number of bytes of compressed pixel data:UserWarning")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    arrays.arrays(
        np.uint16,
        st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3])),
        elements=st.one_of(st.integers(0, 65_535), st.sampled_from([0, 32_767, 32_768, 65_535])),
    )
)
def test_any_frame_in_jpeg_lossless_is_decoded_alike(values: npt.NDArray[Any]) -> None:
    """Whatever the samples, GDCM decodes what was encoded."""
    image = ct_image(0, 0, 0, Rows=values.shape[0], Columns=values.shape[1])
    image.BitsStored, image.HighBit, image.SamplesPerPixel = 16, 15, values.shape[2]
    image.PhotometricInterpretation = "RGB" if values.shape[2] > 1 else "MONOCHROME2"
    image.PlanarConfiguration, image.NumberOfFrames = 0, 1
    stream = encode_lossless(values, 16, rgb=values.shape[2] > 1)
    image.file_meta.TransferSyntaxUID = UID(JPEG_LOSSLESS_SV1)
    image.PixelData = encapsulate([stream + b"\0" * (len(stream) % 2)])
    image["PixelData"].VR = "OB"
    decoded = get_decoder(UID(JPEG_LOSSLESS_SV1)).as_array(image, raw=True)[0]
    np.testing.assert_array_equal(decoded.reshape(values.shape), values)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 9), st.lists(st.sampled_from([0, 0, 0, 1, 255]), min_size=1, max_size=300))
def test_any_bytes_are_unpacked_again(columns: int, data: list[int]) -> None:
    """Runs and literals of any length come back (PS3.5 G.3.2), rows apart."""
    rows = -(-len(data) // columns)
    raw = bytes(data + [7] * (rows * columns - len(data)))
    packed = packed_bits(np.frombuffer(raw, np.uint8), columns)
    assert len(packed) % 2 == 0
    out, place = bytearray(), 0
    while len(out) < len(raw):
        count = packed[place]
        before = len(out)
        if count < 128:
            out += packed[place + 1 : place + 2 + count]
            place += count + 2
        else:
            out += packed[place + 1 : place + 2] * (257 - count)
            place += 2
        assert before // columns == (len(out) - 1) // columns
    assert bytes(out) == raw
