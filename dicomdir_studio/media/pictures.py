"""Pictures of images for web pages: one frame, windowed as the image asks, in 8 bits, as PNG.

PNG and not JPEG: IHE's web content may hold either, PNG needs nothing but zlib, and it shows
what the image holds without a second loss. No JPEG encoder that is kept comes with the
decoders that this program has (GDCM's, called from Python, can end the process).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import InstanceError

if TYPE_CHECKING:
    import os

    import numpy.typing as npt
    from pydicom.dataset import Dataset

    Bytes2D = npt.NDArray[np.uint8]

LARGEST: Final = 512
"""Rows and columns of a picture, at most."""

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_GREY, _COLOUR = 0, 2
_COLOUR_DIMENSIONS: Final = 3
_BLACK, _WHITE = 0, 255


def picture_of(path: str | os.PathLike[str]) -> bytes:
    """Return the middle frame of an image as a PNG file.

    Parameters
    ----------
    path : path-like
        The DICOM file.

    Returns
    -------
    bytes
        Of 512 x 512 pixels at most, in grey or in colour.

    Raises
    ------
    InstanceError
        If it is no image, or its pixels cannot be decoded.
    """
    return png(shown_pixels(path))


def shown_pixels(path: str | os.PathLike[str]) -> Bytes2D:
    """Return the middle frame of an image as it is to be shown, 512 pixels a side at most.

    Returns
    -------
    numpy.ndarray of uint8, shape (rows, columns) or (rows, columns, 3)
        Grey or RGB.

    Raises
    ------
    InstanceError
        If it is no image, or its pixels cannot be decoded.
    """
    try:
        image = pydicom.dcmread(path)
        frames = int(image.get("NumberOfFrames", 1) or 1)
        pixels = pydicom.pixels.utils.pixel_array(image, index=frames // 2 if frames > 1 else 0)
        return _reduced(_eight_bits(pixels, image))
    except Exception as error:  # decoders raise whatever they stumble over
        raise InstanceError(
            "No picture can be made of the instance",
            where=path,
            why=f"{type(error).__name__}: {error}",
        ) from error


def png(pixels: Bytes2D) -> bytes:
    """Return pixels as a PNG file (ISO/IEC 15948).

    Parameters
    ----------
    pixels : numpy.ndarray of uint8, shape (rows, columns) or (rows, columns, 3)
        Grey or RGB.
    """
    rows, columns = pixels.shape[:2]
    colour = _COLOUR if pixels.ndim == _COLOUR_DIMENSIONS else _GREY
    flat = pixels.reshape(rows, -1)
    step = flat.shape[1] // columns
    # Filter 1: each byte less its left neighbour, which packs better for what changes slowly.
    filtered = np.empty((rows, flat.shape[1] + 1), dtype=np.uint8)
    filtered[:, 0] = 1
    filtered[:, 1 : 1 + step] = flat[:, :step]
    filtered[:, 1 + step :] = flat[:, step:] - flat[:, :-step]
    head = struct.pack(">LLBBBBB", columns, rows, 8, colour, 0, 0, 0)
    body = zlib.compress(filtered.tobytes(), 6)
    chunks = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return _SIGNATURE + b"".join(
        struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _eight_bits(pixels: npt.NDArray[Any], image: Dataset) -> Bytes2D:
    """Return decoded pixels as they are to be shown (PS3.3 C.7.6.3, C.11)."""
    kind = image.get("PhotometricInterpretation", "MONOCHROME2")
    if kind == "PALETTE COLOR":
        pixels = pydicom.pixels.processing.apply_color_lut(pixels, image)
    if pixels.ndim == _COLOUR_DIMENSIONS:
        bits = int(image.get("BitsStored", 8))
        if kind == "PALETTE COLOR":
            bits = pixels.dtype.itemsize * 8
        coloured: Bytes2D = (pixels >> max(bits - 8, 0)).astype(np.uint8)
        return coloured
    processing = pydicom.pixels.processing
    values = processing.apply_voi_lut(processing.apply_modality_lut(pixels, image), image)
    values = values.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) * (_WHITE / (high - low)) if high > low else values * 0
    shown = np.clip(scaled, _BLACK, _WHITE).astype(np.uint8)
    return _WHITE - shown if kind == "MONOCHROME1" else shown


def _reduced(pixels: Bytes2D) -> Bytes2D:
    """Return pixels made smaller by a whole factor, each the mean of those it stands for."""
    factor = -(-max(pixels.shape[:2]) // LARGEST)
    if factor == 1:
        return np.ascontiguousarray(pixels)
    rows, columns = (max(length // factor, 1) for length in pixels.shape[:2])
    kept = pixels[: rows * factor, : columns * factor]
    if kept.shape[0] < factor or kept.shape[1] < factor:
        return np.ascontiguousarray(pixels[::factor, ::factor])
    blocks = kept.reshape(rows, factor, columns, factor, -1).mean(axis=(1, 3))
    return np.ascontiguousarray(blocks.reshape(rows, columns, *pixels.shape[2:]).astype(np.uint8))
