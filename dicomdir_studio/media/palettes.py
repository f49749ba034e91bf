"""Colours of a small picture as a palette: median cut, after Heckbert (1982)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import np

if TYPE_CHECKING:
    import numpy.typing as npt

    Bytes2D = npt.NDArray[np.uint8]

COLOURS: Final = 256


def palette_of(pixels: Bytes2D) -> tuple[Bytes2D, Bytes2D]:
    """Return a picture in a palette of 256 colours.

    Parameters
    ----------
    pixels : numpy.ndarray of uint8, shape (rows, columns, 3)
        The picture in RGB.

    Returns
    -------
    indices : numpy.ndarray of uint8, shape (rows, columns)
        Which colour each pixel has.
    palette : numpy.ndarray of uint8, shape (256, 3)
        The colours; unused ones are black.
    """
    flat = pixels.reshape(-1, 3)
    colours, places = np.unique(flat, axis=0, return_inverse=True)
    counts = np.bincount(places.reshape(-1), minlength=len(colours))
    boxes = [np.arange(len(colours))]
    while len(boxes) < min(COLOURS, len(colours)):
        spans = [np.ptp(colours[box].astype(int), axis=0) for box in boxes]
        widest = max(range(len(boxes)), key=lambda place: spans[place].max() * len(boxes[place]))
        box = boxes.pop(widest)
        ordered = box[np.argsort(colours[box, int(spans[widest].argmax())], kind="stable")]
        halfway = np.searchsorted(np.cumsum(counts[ordered]), counts[ordered].sum() / 2)
        cut = min(max(int(halfway), 1), len(ordered) - 1)
        boxes += [ordered[:cut], ordered[cut:]]
    palette = np.zeros((COLOURS, 3), dtype=np.uint8)
    of_colour = np.zeros(len(colours), dtype=np.uint8)
    for place, box in enumerate(boxes):
        palette[place] = np.rint(np.average(colours[box], axis=0, weights=counts[box]))
        of_colour[box] = place
    return of_colour[places.reshape(-1)].reshape(pixels.shape[:2]), palette
