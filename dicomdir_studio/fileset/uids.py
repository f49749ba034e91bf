"""New unique identifiers (PS3.5 9, B)."""

from __future__ import annotations

import os
from typing import Final

_ROOT: Final = "1.2.826.0.1.3680043.8.498."
"""The root that pydicom provides for UIDs made with it; `pydicom.uid.generate_uid` has it too."""

_DIGITS: Final = 37
_RANDOM_BYTES: Final = 32
"""Twice as many as the digits need, so that all numbers are equally likely except for 2**-130."""


def new_uid() -> str:
    """Return a new unique UID: 37 random digits below the root, 63 characters."""
    lowest = 10 ** (_DIGITS - 1)
    drawn = int.from_bytes(os.urandom(_RANDOM_BYTES), "big")
    return f"{_ROOT}{drawn % (9 * lowest) + lowest}"
