"""Images with every kind of pixels, turned into other transfer syntaxes and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from dicomdir_studio.errors import StudioError
from dicomdir_studio.media.transcoding.instance import transcode
from dicomdir_studio.media.transcoding.routes import (
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

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

NATIVE = (IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED, EXPLICIT_BIG)
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


def run(workers: Workers, jobs: list[tuple[Path, Path, str]]) -> list[Any]:
    """Transcode many files in workers; the answers are in order."""
    tasks = [Task(str(a), transcode, (str(a), str(b), uid)) for a, b, uid in jobs]
    answers: dict[int, Any] = {}
    answers.update(workers.run(tasks, Monitor()))
    return [answers[place] for place in range(len(jobs))]
