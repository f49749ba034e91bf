"""Icons for directory records, made from the images (PS3.3 F.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.deferred import np
from dicomdir_studio.media.palettes import palette_of
from dicomdir_studio.media.rendering import COLOUR_DIMENSIONS, fitted, rendered
from dicomdir_studio.part10.transcode import encoded_element, encoded_item

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

    Bytes2D = npt.NDArray[np.uint8]

ICON_IMAGE_SEQUENCE: Final = 0x00880200
"""The tag of an icon in a directory record."""

_LUMINANCE: Final = (0.299, 0.587, 0.114)
_LUTS: Final = ((0x00281101, 0x00281201), (0x00281102, 0x00281202), (0x00281103, 0x00281203))


def icon_of(
    path: str | os.PathLike[str], rows: int, columns: int, *, colour: bool = False
) -> bytes:
    """Return the value of an Icon Image Sequence for an image.

    Parameters
    ----------
    path : path-like
        The DICOM file.
    rows, columns : int
        The icon's size; the image keeps its proportions, the rest is black.
    colour : bool, optional
        Keep the colours of an image that has them, in a palette of 256.

    Returns
    -------
    bytes
        One Item in Explicit VR Little Endian: MONOCHROME2 or PALETTE COLOR, 8 bits, one
        frame.

    Raises
    ------
    InstanceError
        If it is no image, or its pixels cannot be decoded.
    """
    small = fitted(rendered(path), rows, columns)
    coloured = small.ndim == COLOUR_DIMENSIONS
    if coloured and not colour:
        small = np.rint(np.dot(small, _LUMINANCE)).astype(np.uint8)
        coloured = False
    icon = np.zeros((rows, columns, *small.shape[2:]), dtype=np.uint8)
    top, left = (rows - small.shape[0]) // 2, (columns - small.shape[1]) // 2
    icon[top : top + small.shape[0], left : left + small.shape[1]] = small
    return _item(*palette_of(icon)) if coloured else _item(icon, None)


def _item(pixels: Bytes2D, palette: Bytes2D | None) -> bytes:
    """Lay an icon as the one Item of its sequence."""
    kind = b"MONOCHROME2" if palette is None else b"PALETTE COLOR"
    rows, columns = pixels.shape
    numbers = ((0x00280010, rows), (0x00280011, columns), (0x00280100, 8), (0x00280101, 8))
    parts = [
        encoded_element(0x00280002, b"US", _short(1)),
        encoded_element(0x00280004, b"CS", kind),
    ]
    parts += [encoded_element(tag, b"US", _short(number)) for tag, number in numbers]
    parts += [
        encoded_element(0x00280102, b"US", _short(7)),
        encoded_element(0x00280103, b"US", _short(0)),
    ]
    if palette is not None:
        # 256 entries of 16 bits: what readers know best; a value of 8 bits fills both octets.
        descriptor = _short(256) + _short(0) + _short(16)
        parts += [encoded_element(lut, b"US", descriptor) for lut, _ in _LUTS]
        parts += [
            encoded_element(data, b"OW", np.repeat(palette[:, channel], 2).tobytes())
            for channel, (_, data) in enumerate(_LUTS)
        ]
    parts.append(encoded_element(0x7FE00010, b"OW", pixels.tobytes()))
    return encoded_item(b"".join(parts))


def _short(number: Any) -> bytes:
    """Return a number of 16 bits."""
    return int(number).to_bytes(2, "little")
