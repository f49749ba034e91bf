"""Icons for directory records, made from the images (PS3.3 F.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from dicomdir_studio.media.pictures import shown_pixels
from dicomdir_studio.part10.transcode import encoded_element

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

    Bytes2D = npt.NDArray[np.uint8]

ICON_IMAGE_SEQUENCE: Final = 0x00880200
"""The tag of an icon in a directory record."""

_ITEM_HEAD: Final = b"\xfe\xff\x00\xe0"
_LUMINANCE: Final = np.array([0.299, 0.587, 0.114])
_COLOUR_DIMENSIONS: Final = 3


def icon_of(path: str | os.PathLike[str], rows: int, columns: int) -> bytes:
    """Return the value of an Icon Image Sequence for an image.

    Parameters
    ----------
    path : path-like
        The DICOM file.
    rows, columns : int
        The icon's size; the image keeps its proportions, the rest is black.

    Returns
    -------
    bytes
        One Item in Explicit VR Little Endian: MONOCHROME2, 8 bits, one frame.

    Raises
    ------
    InstanceError
        If it is no image, or its pixels cannot be decoded.
    """
    pixels = shown_pixels(path)
    if pixels.ndim == _COLOUR_DIMENSIONS:
        pixels = (pixels @ _LUMINANCE).astype(np.uint8)
    icon = np.zeros((rows, columns), dtype=np.uint8)
    small = _fitted(pixels, rows, columns)
    top, left = (rows - small.shape[0]) // 2, (columns - small.shape[1]) // 2
    icon[top : top + small.shape[0], left : left + small.shape[1]] = small
    body = b"".join(
        (
            encoded_element(0x00280002, b"US", (1).to_bytes(2, "little")),
            encoded_element(0x00280004, b"CS", b"MONOCHROME2"),
            encoded_element(0x00280010, b"US", rows.to_bytes(2, "little")),
            encoded_element(0x00280011, b"US", columns.to_bytes(2, "little")),
            encoded_element(0x00280100, b"US", (8).to_bytes(2, "little")),
            encoded_element(0x00280101, b"US", (8).to_bytes(2, "little")),
            encoded_element(0x00280102, b"US", (7).to_bytes(2, "little")),
            encoded_element(0x00280103, b"US", (0).to_bytes(2, "little")),
            encoded_element(0x7FE00010, b"OW", icon.tobytes()),
        )
    )
    return _ITEM_HEAD + len(body).to_bytes(4, "little") + body


def _fitted(pixels: Bytes2D, rows: int, columns: int) -> Bytes2D:
    """Return pixels scaled to fit a size, proportions kept."""
    scale = min(rows / pixels.shape[0], columns / pixels.shape[1])
    height = min(max(round(pixels.shape[0] * scale), 1), rows)
    width = min(max(round(pixels.shape[1] * scale), 1), columns)
    down = ((np.arange(height) + 0.5) * pixels.shape[0] / height).astype(int)
    across = ((np.arange(width) + 0.5) * pixels.shape[1] / width).astype(int)
    return pixels[np.ix_(down, across)]
