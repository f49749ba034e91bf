"""Instances copied in another transfer syntax: every pixel cell and every other element kept."""

from __future__ import annotations

import itertools
import subprocess
import tracemalloc
from typing import TYPE_CHECKING, Literal

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from dicomdir_studio.errors import InstanceError, StudioError
from dicomdir_studio.media.transcoding.instance import transcode, transcode_to_first
from dicomdir_studio.media.transcoding.routes import (
    COMPRESSED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    JPEG_2000_LOSSLESS,
    JPEG_LOSSLESS_SV1,
    JPEG_LS,
    RLE,
)
from tests.bundled import TEST_FILES
from tests.media.pixel_images import (
    KINDS,
    NATIVE,
    frames_of,
    in_worker,
    instance,
    plain,
    run,
    targets,
    written,
)
from tests.media.samples import ct_image

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.media.workers import Workers
    from tests.judges import Judges


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
