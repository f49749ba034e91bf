"""Instances copied in another transfer syntax: every pixel cell and every other element kept."""

from __future__ import annotations

import itertools
import os
import struct
import subprocess
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from dicomdir_studio.errors import InstanceError, OperationCancelledError, StudioError
from dicomdir_studio.media.transcoding.frames import packed_bits
from dicomdir_studio.media.transcoding.instance import transcode, transcode_to_first
from dicomdir_studio.media.transcoding.jpeg_lossless import encode_lossless
from dicomdir_studio.media.transcoding.routes import (
    COMPRESSED,
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    JPEG_2000_LOSSLESS,
    JPEG_LOSSLESS_SV1,
    JPEG_LS,
    RLE,
)
from dicomdir_studio.media.workers import Task, Workers
from dicomdir_studio.monitor import Monitor
from tests.media.samples import ct_image
from tests.part10 import encoder

if TYPE_CHECKING:
    import numpy.typing as npt

    from tests.judges import Judges

NATIVE = (IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED, EXPLICIT_BIG)
TEST_FILES = Path(pydicom.__file__).parent / "data" / "test_files"
PIXEL_TAGS = {0x00280004, 0x00280006, 0x7FE00010}
"""What transcoding may change: Photometric Interpretation, Planar Configuration, Pixel Data."""

# Photometric Interpretation, samples, Bits Allocated, Bits Stored, signed
KINDS = [
    ("MONOCHROME2", 1, 8, 8, 0),
    ("MONOCHROME1", 1, 8, 7, 0),
    ("MONOCHROME2", 1, 8, 8, 1),
    ("MONOCHROME2", 1, 16, 12, 0),
    ("MONOCHROME2", 1, 16, 12, 1),
    ("MONOCHROME1", 1, 16, 16, 0),
    ("MONOCHROME2", 1, 16, 16, 1),
    ("MONOCHROME2", 1, 16, 8, 0),
    ("PALETTE COLOR", 1, 8, 8, 0),
    ("PALETTE COLOR", 1, 16, 10, 0),
    ("RGB", 3, 8, 8, 0),
    ("RGB", 3, 16, 16, 0),
    ("YBR_FULL", 3, 8, 8, 0),
]


def targets(kind: tuple[str, int, int, int, int]) -> list[str]:
    """Return the transfer syntaxes that pixels are turned to."""
    _, _, allocated, stored, _ = kind
    found = [EXPLICIT_LITTLE, JPEG_LS, RLE]
    if stored >= 8:
        found.append(JPEG_LOSSLESS_SV1)
    if not stored <= 8 < allocated:
        found.append(JPEG_2000_LOSSLESS)
    return found


def pixels(kind: tuple[str, int, int, int, int], frames: int, seed: int = 0) -> npt.NDArray[Any]:
    """Return frames with noise, flat parts and both ends of the range; odd in size."""
    _, samples, allocated, stored, signed = kind
    low, high = (-(1 << stored - 1), 1 << stored - 1) if signed else (0, 1 << stored)
    random = np.random.default_rng(seed)
    found = random.integers(low, high, (frames, 67, 71, samples))
    found[:, 20:40, 10:50] = low
    found[:, 40:44] = high - 1
    found[:, :8] = np.linspace(low, high - 1, 71).astype(int)[None, None, :, None]
    return found.astype(f"{'i' if signed else 'u'}{allocated // 8}")


def instance(
    kind: tuple[str, int, int, int, int], frames: int = 1, planar: int = 0, syntax: str = ""
) -> tuple[Dataset, npt.NDArray[Any]]:
    """Return an image with elements of every nature, and its frames, colour by pixel."""
    photometric, samples, allocated, stored, signed = kind
    values = pixels(kind, frames)
    image = ct_image(0, 0, 0, Rows=67, Columns=71, BitsAllocated=allocated, BitsStored=stored)
    image.HighBit, image.PixelRepresentation = stored - 1, signed
    image.PhotometricInterpretation, image.SamplesPerPixel = photometric, samples
    image.NumberOfFrames = frames
    stored_order = values
    if samples > 1:
        image.PlanarConfiguration = planar
        stored_order = values.transpose(0, 3, 1, 2) if planar else values
    if photometric == "PALETTE COLOR":
        for colour in ("Red", "Green", "Blue"):
            setattr(image, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(image, f"{colour}PaletteColorLookupTableData", bytes(range(256)) * 2)
    image.SmallestImagePixelValue = int(values.min())
    add_further_elements(image)
    uid = syntax or EXPLICIT_LITTLE
    image.file_meta.TransferSyntaxUID = UID(uid)
    order: Literal["<", ">"] = ">" if uid == EXPLICIT_BIG else "<"
    data = stored_order.astype(stored_order.dtype.newbyteorder(order)).tobytes()
    if uid == EXPLICIT_BIG and allocated == 8:
        # OW of bytes: two in a word, which Big Endian turns round (PS3.5 D).
        data = np.frombuffer(data + bytes(len(data) % 2), ">u2").byteswap().tobytes()
    image.PixelData = data + bytes(len(data) % 2)
    image["PixelData"].VR = "OW"
    return image, values


def add_further_elements(image: Dataset) -> None:
    """Add private elements, sequences, an overlay, binary values, trailing padding."""
    block = image.private_block(0x0029, "ACME 1.0", create=True)
    block.add_new(0x01, "OB", b"\x01\x02\x03\x04")
    block.add_new(0x02, "FD", [1.5, -2.25])
    inner = Dataset()
    inner.CodeValue, inner.CodingSchemeDesignator, inner.CodeMeaning = "1", "99X", "Grüße"
    inner.private_block(0x0029, "ACME 1.0", create=True).add_new(0x03, "UL", 70_000)
    block.add_new(0x04, "SQ", [inner])
    image.SpecificCharacterSet = "ISO_IR 100"
    image.ImageComments = "Two  spaces and a trailing one: \xfc "
    image.WindowCenter, image.WindowWidth = "40.50", "400.00"
    image.ReferencedImageSequence = [inner]
    for tag, number in ((0x60000010, 67), (0x60000011, 71), (0x60000100, 1), (0x60000102, 0)):
        image.add_new(tag, "US", number)
    image.add_new(0x60003000, "OW", bytes(range(200)) * 3)
    image.add_new(0xFFFCFFFC, "OB", b"\0" * 6)


def written(image: Dataset, path: Path) -> Path:
    """Write an instance as a file."""
    image.save_as(path, enforce_file_format=True)
    return path


def in_worker(source: Path, target: Path, syntax: str) -> Any:
    """Transcode in a worker process, as the program does."""
    with Workers() as workers:
        task = Task(str(source), transcode, (str(source), str(target), syntax))
        ((_, answer),) = workers.run([task], Monitor())
    if isinstance(answer, StudioError):
        raise answer
    return answer


def frames_of(path: Path) -> npt.NDArray[Any]:
    """Return the frames of a file as pydicom decodes them, colours as coded."""
    image = pydicom.dcmread(path)
    decoder = get_decoder(image.file_meta.TransferSyntaxUID)
    found = decoder.as_array(image, raw=True)[0]
    frames = int(image.get("NumberOfFrames", 1) or 1)
    return found.reshape(frames, image.Rows, image.Columns, image.SamplesPerPixel)


def plain(dataset: Dataset, *, turned: bool = False) -> dict[int, Any]:
    """Return the elements of a data set but those that may change, as comparable values.

    pydicom hands words (OW) of Big Endian out as they lie in the file: `turned` turns them.
    """
    found: dict[int, Any] = {}
    for element in dataset:
        value = element.value
        if element.VR == "SQ":
            value = [plain(item, turned=turned) for item in value]
        elif element.VR == "OW" and turned and value:
            value = np.frombuffer(value, ">u2").astype("<u2").tobytes()
        if isinstance(value, bytes) and len(value) % 2:
            value += b"\0"  # of odd length in a sample file, which no copy may be
        if int(element.tag) not in PIXEL_TAGS:
            found[int(element.tag)] = value
    return found


@pytest.fixture(scope="module")
def workers() -> Any:
    """Keep worker processes for the module."""
    with Workers() as kept:
        yield kept


def run(workers: Workers, jobs: list[tuple[Path, Path, str]]) -> list[Any]:
    """Transcode many files in workers; the answers are in order."""
    tasks = [Task(str(a), transcode, (str(a), str(b), uid)) for a, b, uid in jobs]
    answers: dict[int, Any] = {}
    answers.update(workers.run(tasks, Monitor()))
    return [answers[place] for place in range(len(jobs))]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(map(str, kind)))
def test_every_kind_of_pixels_comes_back_to_the_bit(
    kind: tuple[str, int, int, int, int], tmp_path: Path, workers: Workers
) -> None:
    """From every native encoding to every compression and back; all other elements are kept."""
    jobs = []
    originals = {}
    for source, frames, planar in itertools.product(NATIVE, (1, 3), (0, 1)):
        if planar and kind[1] == 1:
            continue
        image, values = instance(kind, frames, planar, source)
        path = written(image, tmp_path / f"{source}_{frames}_{planar}.dcm")
        for target in targets(kind):
            copy = tmp_path / f"{path.stem}_{target}.dcm"
            originals[copy] = (path, values)
            jobs.append((path, copy, target))
    for answer in run(workers, jobs):
        assert not isinstance(answer, StudioError), answer
    back = [(copy, copy.with_suffix(".back"), EXPLICIT_LITTLE) for _, copy, _ in jobs]
    for answer in run(workers, back):
        assert not isinstance(answer, StudioError), answer
    for _, copy, target in jobs:
        path, values = originals[copy]
        original, made = pydicom.dcmread(path), pydicom.dcmread(copy)
        assert made.file_meta.TransferSyntaxUID == target
        np.testing.assert_array_equal(frames_of(copy), values)
        np.testing.assert_array_equal(frames_of(copy.with_suffix(".back")), values)
        turned = original.file_meta.TransferSyntaxUID == EXPLICIT_BIG
        assert plain(made) == plain(original, turned=turned)
        assert made.PhotometricInterpretation == kind[0]
        if kind[1] > 1 and target != EXPLICIT_LITTLE:
            assert made.PlanarConfiguration == (1 if target == RLE else 0)


@pytest.mark.parametrize(
    ("target", "judge", "words"),
    [(JPEG_LOSSLESS_SV1, "dcmdjpeg", ["+cn"]), (JPEG_LS, "dcmdjpls", []), (RLE, "dcmdrle", [])],
)
def test_dcmtk_decodes_the_same_cells(
    target: str, judge: str, words: list[str], tmp_path: Path, judges: Judges, workers: Workers
) -> None:
    """DCMTK, which had no part in the encoding, gives the original cells."""
    program = judges.find(judge)
    kinds = [kind for kind in KINDS if target in targets(kind)]
    for number, kind in enumerate(kinds):
        image, values = instance(kind, frames=2)
        path = written(image, tmp_path / f"{number}.dcm")
        (answer,) = run(workers, [(path, tmp_path / f"{number}.c", target)])
        assert not isinstance(answer, StudioError), answer
        out = tmp_path / f"{number}.out"
        subprocess.run([program, *words, tmp_path / f"{number}.c", out], check=True, timeout=60)
        decoded = pydicom.dcmread(out)
        assert decoded.PhotometricInterpretation == kind[0]
        np.testing.assert_array_equal(frames_of(out), values)


def test_gdcm_decodes_the_same_jpeg_2000(tmp_path: Path, judges: Judges, workers: Workers) -> None:
    """GDCM gives the original cells of what OpenJPEG wrote."""
    program = judges.find("gdcmconv")
    kinds = [kind for kind in KINDS if JPEG_2000_LOSSLESS in targets(kind)]
    for number, kind in enumerate(kinds):
        image, values = instance(kind)
        path = written(image, tmp_path / f"{number}.dcm")
        (answer,) = run(workers, [(path, tmp_path / f"{number}.c", JPEG_2000_LOSSLESS)])
        assert not isinstance(answer, StudioError), answer
        out = tmp_path / f"{number}.out"
        subprocess.run([program, "--raw", tmp_path / f"{number}.c", out], check=True, timeout=60)
        np.testing.assert_array_equal(frames_of(out), values)


def test_elements_of_explicit_little_endian_stay_to_the_letter(tmp_path: Path) -> None:
    """All bytes before the pixels are those of the source, but for the file's own head."""
    image, _ = instance(KINDS[3])
    source = written(image, tmp_path / "a.dcm").read_bytes()
    transcode(str(tmp_path / "a.dcm"), str(tmp_path / "b.dcm"), RLE)
    copy = (tmp_path / "b.dcm").read_bytes()
    first, pixel = b"\x08\x00\x05\x00CS", b"\xe0\x7f\x10\x00O"
    assert (
        copy[copy.index(first) : copy.rindex(pixel)]
        == (source[source.index(first) : source.rindex(pixel)])
    )
    assert copy.endswith(source[source.rindex(b"\xfc\xff\xfc\xff") :])


def test_the_copy_passes_dicom3tools(tmp_path: Path, judges: Judges) -> None:
    """Dciodvfy finds no more fault with a copy than with its source."""
    source = TEST_FILES / "CT_small.dcm"
    before = judges.ask("dciodvfy", source).errors
    for number, syntax in enumerate((EXPLICIT_LITTLE, *COMPRESSED)):
        copy = tmp_path / f"{number}.dcm"
        in_worker(source, copy, syntax)
        assert judges.ask("dciodvfy", copy).errors == before


def test_group_lengths_that_would_be_wrong_are_left_out(tmp_path: Path) -> None:
    """Group lengths and Length to End go, since what they count has changed."""
    image, _ = instance(KINDS[0])
    path = written(image, tmp_path / "a.dcm")
    # pydicom leaves them out when it writes, so they are put into the bytes.
    data, first = path.read_bytes(), b"\x08\x00\x05\x00CS"
    length = b"\x08\x00\x00\x00UL\x04\x00\xe8\x03\x00\x00"
    end = b"\x08\x00\x01\x00UL\x04\x00\xe8\x03\x00\x00"
    path.write_bytes(data.replace(first, length + end + first, 1))
    assert 0x00080000 in pydicom.dcmread(path)
    transcode(str(path), str(tmp_path / "b.dcm"), EXPLICIT_LITTLE)
    copy = pydicom.dcmread(tmp_path / "b.dcm")
    assert 0x00080000 not in copy
    assert 0x00080001 not in copy


def real_files() -> list[Path]:
    """Return pydicom's sample files."""
    return sorted(TEST_FILES.glob("*.dcm"))


@pytest.mark.filterwarnings("ignore::UserWarning")  # the files are odd on purpose
def test_real_files_are_kept_or_refused_by_name(tmp_path: Path, workers: Workers) -> None:
    """Of 80 odd files each copy has the pixels and elements of its source, or there is none."""
    jobs = [
        (path, tmp_path / f"{number}_{syntax}", syntax)
        for number, path in enumerate(real_files())
        for syntax in (EXPLICIT_LITTLE, *COMPRESSED)
    ]
    made = 0
    for (path, copy, syntax), answer in zip(jobs, run(workers, jobs), strict=True):
        if isinstance(answer, StudioError):
            assert answer.where == str(path) or answer.where is None
            assert answer.what
            continue
        made += 1
        source, result = pydicom.dcmread(path), pydicom.dcmread(copy)
        assert result.file_meta.TransferSyntaxUID == syntax
        if "PixelData" in source:
            assert source.file_meta.TransferSyntaxUID not in LOSSY
            same = result.PixelData == source.PixelData
            assert same or cells_of(path) == cells_of(copy)
        turned = source.file_meta.TransferSyntaxUID == EXPLICIT_BIG
        kept = {tag: at for tag, at in plain(source, turned=turned).items() if tag & 0xFFFF}
        kept.pop(0x00080001, None)
        assert plain(result) == kept
    assert made > 150


LOSSY = {f"1.2.840.10008.1.2.4.{number}" for number in (50, 51)}


def cells_of(path: Path) -> bytes:
    """Return the cells of all frames as pydicom has them."""
    image = pydicom.dcmread(path)
    decoder = get_decoder(image.file_meta.TransferSyntaxUID)
    found = decoder.as_array(image, raw=True)[0]
    return bytes(found.astype(found.dtype.newbyteorder("<")).tobytes())


def test_a_reversible_colour_transform_is_undone(tmp_path: Path) -> None:
    """JPEG 2000 in YBR_RCT becomes RGB; the frames are those that pydicom shows."""
    image, values = instance(KINDS[10])
    from openjpeg.utils import encode_buffer

    stream = encode_buffer(
        values.tobytes(), 71, 67, 3, 8, is_signed=False, photometric_interpretation=1, use_mct=True
    )
    image.file_meta.TransferSyntaxUID = UID(JPEG_2000_LOSSLESS)
    image.PhotometricInterpretation = "YBR_RCT"
    image.PixelData = encapsulate([stream])
    image["PixelData"].VR = "OB"
    path = written(image, tmp_path / "a.dcm")
    in_worker(path, tmp_path / "b.dcm", JPEG_LOSSLESS_SV1)
    copy = pydicom.dcmread(tmp_path / "b.dcm")
    assert copy.PhotometricInterpretation == "RGB"
    np.testing.assert_array_equal(frames_of(tmp_path / "b.dcm"), values)


# What cannot be shown to lose nothing


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


def test_the_next_way_is_taken_where_one_fails(tmp_path: Path) -> None:
    """An encoder that cannot do an image of 3 x 3 pixels makes way for the next."""
    source = TEST_FILES / "SC_rgb_small_odd.dcm"
    made = transcode_to_first(
        str(source), str(tmp_path / "a.dcm"), (JPEG_2000_LOSSLESS, JPEG_LOSSLESS_SV1)
    )
    assert made.syntax == JPEG_LOSSLESS_SV1
    with pytest.raises(InstanceError, match="cannot be compressed"):
        transcode_to_first(str(source), str(tmp_path / "b.dcm"), (JPEG_2000_LOSSLESS,))
    assert not (tmp_path / "b.dcm").exists()


# The encoders of our own


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


# Workers


def fall(_: str) -> None:
    """End the process as a decoder with a double free does."""
    os.abort()


def linger(_: str) -> None:
    """Take for ever."""
    import time

    time.sleep(600)


def test_a_worker_that_dies_is_an_error_that_names_the_file() -> None:
    """The others go on, a new worker takes over, and the program lives."""
    with Workers() as workers:
        tasks = [Task(f"{n}.dcm", fall if n % 2 else str, (f"{n}.dcm",)) for n in range(6)]
        answers: dict[int, Any] = {}
    answers.update(workers.run(tasks, Monitor()))
    for number in range(6):
        answer = answers[number]
        if number % 2:
            assert isinstance(answer, InstanceError)
            assert answer.where == f"{number}.dcm"
            assert "SIGABRT" in (answer.why or "") or os.name == "nt"
        else:
            assert answer == f"{number}.dcm"


class Impatient(Monitor):
    """Cancels at the third look."""

    def __init__(self) -> None:
        self.looks = 0

    def check(self) -> None:
        """Cancel."""
        self.looks += 1
        if self.looks > 3:
            raise OperationCancelledError


def test_cancelling_ends_what_is_running() -> None:
    """A decoder that does not come back does not keep the person waiting."""
    with pytest.raises(OperationCancelledError), Workers() as workers:
        list(workers.run([Task("a.dcm", linger, ("a.dcm",))], Impatient()))


def test_the_original_is_not_touched(tmp_path: Path) -> None:
    """Bytes and time of the source stay, and nothing that exists is overwritten."""
    image, _ = instance(KINDS[3])
    path = written(image, tmp_path / "a.dcm")
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    transcode(str(path), str(tmp_path / "b.dcm"), JPEG_LOSSLESS_SV1)
    with pytest.raises(FileExistsError):
        transcode(str(path), str(path), RLE)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (EXPLICIT_LITTLE, JPEG_LOSSLESS_SV1),
        (EXPLICIT_BIG, EXPLICIT_LITTLE),
        (JPEG_LOSSLESS_SV1, EXPLICIT_LITTLE),
        (JPEG_LOSSLESS_SV1, JPEG_LS),
    ],
)
def test_memory_is_flat_in_the_number_of_frames(source: str, target: str, tmp_path: Path) -> None:
    """Five times the frames take no more memory, from and to any encoding."""
    peaks = []
    for frames in (10, 50):
        native = source if source in NATIVE else EXPLICIT_LITTLE
        values = np.zeros((frames, 256, 256), dtype="<u2")
        values[:, ::3, ::5] = 1000
        image = ct_image(0, 0, 0, 256, NumberOfFrames=frames, BitsStored=16, HighBit=15)
        order: Literal["<", ">"] = ">" if native == EXPLICIT_BIG else "<"
        image.PixelData = values.astype(values.dtype.newbyteorder(order)).tobytes()
        image.file_meta.TransferSyntaxUID = UID(native)
        path = written(image, tmp_path / f"{frames}.dcm")
        del values, image
        if source not in NATIVE:
            transcode(str(path), str(tmp_path / f"{frames}.c"), source)
            path = tmp_path / f"{frames}.c"
        tracemalloc.start()
        transcode(str(path), str(tmp_path / f"{frames}.out"), target)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 2_500_000
