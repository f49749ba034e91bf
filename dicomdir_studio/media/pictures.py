"""Pictures of images for web pages: one frame, windowed as the image asks, in 8 bits, as PNG.

PNG and not JPEG: IHE's web content may hold either, PNG needs nothing but zlib, and it shows
what the image holds without a second loss. No JPEG encoder that is kept comes with the
decoders that this program has (GDCM's, called from Python, can end the process).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np

from dicomdir_studio.media.rendering import fitted, rendered

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

    Bytes2D = npt.NDArray[np.uint8]

LARGEST: Final = 512
"""Rows and columns of a picture, at most."""

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_GREY, _COLOUR = 0, 2
_COLOUR_DIMENSIONS: Final = 3
_BLACK, _WHITE = 0, 255


def picture_of(path: str | os.PathLike[str]) -> bytes:
    """Return the frame of an image that stands for it as a PNG file.

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
    """Return the frame of an image that stands for it, as shown, 512 pixels a side at most.

    Returns
    -------
    numpy.ndarray of uint8, shape (rows, columns) or (rows, columns, 3)
        Grey or RGB.

    Raises
    ------
    InstanceError
        If it is no image, or its pixels cannot be decoded.
    """
    frame = rendered(path)
    largest = max(frame.pixels.shape[0] * frame.aspect, frame.pixels.shape[1])
    size = min(LARGEST, round(largest))
    return np.ascontiguousarray(fitted(frame, size, size))


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
