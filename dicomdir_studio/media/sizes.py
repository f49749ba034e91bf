"""Media and sizes as people write them: ``CD-80``, ``32GB``, ``700 MiB``."""

from __future__ import annotations

import re
from typing import Final

from dicomdir_studio.standard.media import DISCS

_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([kMGT]?)(i?)B?", re.IGNORECASE)
_POWERS: Final = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


def capacity_of(medium: str) -> int:
    """Return the bytes of a kind of disc by its name in any case, or of a size.

    Parameters
    ----------
    medium : str
        A key of `dicomdir_studio.standard.media.DISCS`, or a size in decimal or binary units.

    Raises
    ------
    ValueError
        If it is neither.
    """
    for disc in DISCS.values():
        if disc.name.casefold() == medium.strip().casefold():
            return disc.capacity
    size = _SIZE.fullmatch(medium.strip())
    if size is None or float(size[1]) == 0:
        message = f"{medium!r} is neither a size nor one of {', '.join(DISCS)}"
        raise ValueError(message)
    base = 1024 if size[3] else 1000
    return int(float(size[1]) * base ** _POWERS[size[2].upper()])
