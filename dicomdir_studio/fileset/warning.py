"""Warnings of the engine, attributed to the caller of its public API."""

from __future__ import annotations

import sys
import warnings
from typing import Final

_PACKAGE: Final = __name__.rpartition(".")[0]


def warn(message: str) -> None:
    """Warn the caller outside of this package."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=level - 1)
