"""One frame of an image as it is to be shown: windowed, in 8 bits (PS3.3 C.7.6.3, C.11)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dicomdir_studio.deferred import np, pydicom
from dicomdir_studio.errors import InstanceError

if TYPE_CHECKING:
    import os

    import numpy.typing as npt
    from pydicom.dataset import Dataset

    Bytes2D = npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float64]

COLOUR_DIMENSIONS: Final = 3
_WHITE: Final = 255.0
_ASPECTS: Final = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
_OF_FRAME: Final = (
    "PixelValueTransformationSequence",
    "FrameVOILUTSequence",
    "PixelMeasuresSequence",
)
_MOST_STRETCH: Final = 16.0


class Rendered(NamedTuple):
    """A frame to be shown.

    Attributes
    ----------
    pixels : numpy.ndarray of uint8, shape (rows, columns) or (rows, columns, 3)
        Grey or RGB.
    aspect : float
        Height of a pixel over its width.
    """

    pixels: Bytes2D
    aspect: float


def rendered(path: str | os.PathLike[str]) -> Rendered:
    """Return the representative frame of an image, the middle one if it names none.

    Only that frame is read and decoded.

    Raises
    ------
    InstanceError
        If it is no image, or its pixels cannot be decoded.
    """
    try:
        image = pydicom.dcmread(path, stop_before_pixels=True)
        index = representative_frame(image)
        pixels = _decoded(path, index)
        shown = _with_frame_values(image, index)
        return Rendered(_eight_bits(pixels, shown), _aspect(shown))
    except Exception as error:  # decoders raise whatever they stumble over
        raise InstanceError(
            "No picture can be made of the instance",
            where=path,
            why=_reason(error),
        ) from error


def _reason(error: Exception) -> str:
    """Return what a decoder raised; a word alone tells nothing without its kind."""
    text = str(error)
    return text if " " in text else f"{type(error).__name__}: {text}"


def _decoded(path: str | os.PathLike[str], index: int) -> npt.NDArray[Any]:
    """Decode one frame, reading that one alone where its place in the file can be told."""
    try:
        with Path(path).open("rb") as file:
            return pydicom.pixels.utils.pixel_array(file, index=index)
    except Exception:  # noqa: BLE001 - deflated, or a table of offsets that misleads
        return pydicom.pixels.utils.pixel_array(pydicom.dcmread(path), index=index)


def representative_frame(image: Dataset) -> int:
    """Return the frame to show, from 0 (PS3.3 C.7.6.6.1.2 Representative Frame Number)."""
    try:
        frames = int(image.get("NumberOfFrames", 1) or 1)
        chosen = int(image.get("RepresentativeFrameNumber", 0) or 0)
    except ValueError:  # no numbers at all
        return 0
    return chosen - 1 if 1 <= chosen <= frames else frames // 2 if frames > 1 else 0


def _with_frame_values(image: Dataset, index: int) -> Dataset:
    """Return the image's attributes with those of one frame's functional groups (C.7.6.16)."""
    groups = [
        *(image.get("SharedFunctionalGroupsSequence") or [])[:1],
        *(image.get("PerFrameFunctionalGroupsSequence") or [])[index : index + 1],
    ]
    if not groups:
        return image
    shown = pydicom.dataset.Dataset(dict(image.items()))
    for group in groups:
        for keyword in _OF_FRAME:
            for item in (group.get(keyword) or [])[:1]:
                shown.update(dict(item.items()))
    return shown


def _aspect(image: Dataset) -> float:
    """Return the height of a pixel over its width (PS3.3 C.7.6.3.1.7)."""
    ratio = image.get("PixelAspectRatio")
    sizes = [ratio, *(image.get(keyword) for keyword in _ASPECTS)]
    for size in sizes:
        try:
            high, wide = (float(length) for length in size or ())
        except (TypeError, ValueError):
            continue
        if high > 0 and wide > 0:
            return min(max(high / wide, 1 / _MOST_STRETCH), _MOST_STRETCH)
    return 1.0


def _eight_bits(pixels: npt.NDArray[Any], image: Dataset) -> Bytes2D:
    """Return decoded pixels as they are to be shown."""
    kind = image.get("PhotometricInterpretation", "MONOCHROME2")
    if kind == "PALETTE COLOR":
        pixels = pydicom.pixels.processing.apply_color_lut(pixels, image)
    if pixels.ndim == COLOUR_DIMENSIONS:
        bits = pixels.dtype.itemsize * 8 if kind == "PALETTE COLOR" else int(image.BitsStored)
        coloured: Bytes2D = (pixels >> max(bits - 8, 0)).astype(np.uint8)
        return coloured
    shown = _windowed(pixels, image)
    inverse = kind == "MONOCHROME1" or image.get("PresentationLUTShape") == "INVERSE"
    grey: Bytes2D = np.rint(_WHITE - shown if inverse else shown).astype(np.uint8)
    return grey


def _windowed(pixels: npt.NDArray[Any], image: Dataset) -> Floats:
    """Return grey values from 0 to 255: through modality LUT and VOI LUT or window (C.11)."""
    values = pydicom.pixels.processing.apply_modality_lut(pixels, image)
    if image.get("VOILUTSequence"):
        values = pydicom.pixels.processing.apply_voi(np.asarray(values).astype(int), image)
        bits = int(image.VOILUTSequence[0].LUTDescriptor[2])
        brightest = 2**bits - 1
        return _clipped(np.asarray(values, dtype=np.float64) / brightest)
    values = np.asarray(values, dtype=np.float64)
    window = _window(image)
    if window is None:
        return _stretched(values, _counted(pixels, image))
    centre, width = window
    function = image.get("VOILUTFunction", "LINEAR") or "LINEAR"
    if function == "SIGMOID":
        return _clipped(1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -50, 50))))
    if function == "LINEAR":
        centre, width = centre - 0.5, max(width - 1, 1e-6)
    return _clipped((values - centre) / width + 0.5)


def _clipped(brightness: Floats) -> Floats:
    """Return brightness, from 0 to 1, as grey values."""
    greys: Floats = np.clip(brightness, 0, 1) * _WHITE
    return greys


def _window(image: Dataset) -> tuple[float, float] | None:
    """Return centre and width of the first window, None where there is no sound one."""
    found = []
    for keyword in ("WindowCenter", "WindowWidth"):
        value = image.get(keyword)
        if value is None or value == "":
            return None
        found.append(float(value[0] if hasattr(value, "__getitem__") else value))
    return (found[0], found[1]) if found[1] > 0 else None


def _counted(pixels: npt.NDArray[Any], image: Dataset) -> npt.NDArray[np.bool_]:
    """Return which pixels are of the picture, and no padding (PS3.3 C.7.5.1.1.2)."""
    padding = image.get("PixelPaddingValue")
    if padding is None:
        return np.ones(pixels.shape, dtype=bool)
    limit = image.get("PixelPaddingRangeLimit", padding)
    low, high = sorted((int(padding), int(limit)))
    return (pixels < low) | (pixels > high)


def _stretched(values: Floats, counted: npt.NDArray[np.bool_]) -> Floats:
    """Return values stretched over all greys, for images that say nothing of a window."""
    among = values[counted] if counted.any() else values
    low, high = float(among.min()), float(among.max())
    if high <= low:
        return np.zeros(values.shape)
    return _clipped((values - low) / (high - low))


def fitted(frame: Rendered, rows: int, columns: int) -> Bytes2D:
    """Return a frame scaled to fit a size, with square pixels and its proportions kept.

    Parameters
    ----------
    frame : Rendered
        The frame.
    rows, columns : int
        The most that it may have.
    """
    height = frame.pixels.shape[0] * frame.aspect
    width = frame.pixels.shape[1]
    scale = min(rows / height, columns / width)
    wanted = (
        min(max(round(height * scale), 1), rows),
        min(max(round(width * scale), 1), columns),
    )
    pixels = frame.pixels.astype(np.float64)
    for axis, length in enumerate(wanted):
        pixels = _resampled(pixels, axis, length)
    small: Bytes2D = np.rint(pixels).astype(np.uint8)
    return small


def _resampled(pixels: Floats, axis: int, length: int) -> Floats:
    """Return pixels with another length along an axis: means of many, or copies of few."""
    there = pixels.shape[axis]
    if length >= there:
        copies: Floats = np.take(pixels, np.arange(length) * there // length, axis)
        return copies
    edges = np.arange(length + 1) * there // length
    sums = np.add.reduceat(pixels, edges[:-1], axis)
    shape = [1] * pixels.ndim
    shape[axis] = length
    means: Floats = sums / np.diff(edges).reshape(shape)
    return means
