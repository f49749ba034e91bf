"""New unique identifiers (PS3.5 9, B)."""

from __future__ import annotations

import secrets
from typing import Final

_ROOT: Final = "1.2.826.0.1.3680043.8.498."
"""The root that pydicom provides for UIDs made with it; `pydicom.uid.generate_uid` has it too."""

_DIGITS: Final = 37


def new_uid() -> str:
    """Return a UID that nothing else has: 37 random digits below the root, 63 characters."""
    return f"{_ROOT}{secrets.randbelow(9 * 10 ** (_DIGITS - 1)) + 10 ** (_DIGITS - 1)}"
