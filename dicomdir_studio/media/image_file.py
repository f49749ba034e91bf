"""A disc image as pycdlib is to see it."""

from __future__ import annotations

import io
import os
from typing import Final

_BEYOND: Final = 1 << 50


class ImageFile(io.BufferedReader):
    """An image that may be cut off, so that its files keep the lengths that they have on the disc.

    pycdlib shortens every file that leads beyond the end of an image, and says nothing. To it,
    this one ends far beyond all of them; what is read there is empty.

    Parameters
    ----------
    name : str
        The file, or the device of a drive.

    Attributes
    ----------
    end : int or None
        Where it ends; None for a device that does not tell.

    Raises
    ------
    OSError
        If it cannot be opened.
    """

    def __init__(self, name: str) -> None:
        super().__init__(io.FileIO(name))
        # Kept here: no file system lets one go that far beyond the end.
        self._beyond: int | None = None
        try:
            self.end: int | None = super().seek(0, os.SEEK_END)
            super().seek(0)
        except OSError:  # a drive under Windows
            self.end = None

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place, which may lie beyond the end."""
        self._beyond = None
        if whence == os.SEEK_END and self.end is not None:
            self._beyond = _BEYOND + offset
            return self._beyond
        return super().seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return super().tell() if self._beyond is None else self._beyond

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to the end; no room is made for more, whatever is asked for."""
        if self.end is None:
            return super().read(size)
        left = max(self.end - self.tell(), 0)
        return super().read(left if size is None or size < 0 else min(size, left))
