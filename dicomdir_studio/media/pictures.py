"""Pictures of images for web pages: one frame, windowed as the image asks, as baseline JPEG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import np
from dicomdir_studio.media.rendering import fitted, rendered

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

    Bytes2D = npt.NDArray[np.uint8]

LARGEST: Final = 512
"""Rows and columns of a picture, at most."""

_QUALITY: Final = 90


def picture_of(path: str | os.PathLike[str]) -> bytes:
    """Return the frame of an image that stands for it as a baseline JPEG file.

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
    return jpeg(shown_pixels(path))


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


def jpeg(pixels: Bytes2D) -> bytes:
    """Return pixels as a baseline JPEG file (ISO/IEC 10918-1, JFIF).

    Parameters
    ----------
    pixels : numpy.ndarray of uint8, shape (rows, columns) or (rows, columns, 3)
        Grey or RGB.
    """
    from PIL import Image  # noqa: PLC0415 - for pictures alone

    out = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.save(out, "JPEG", quality=_QUALITY, subsampling=0)
    return out.getvalue()
