"""The burner of this system: xorriso on Linux, drutil on macOS, IMAPI on Windows."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from dicomdir_studio.media.xorriso import Xorriso

if TYPE_CHECKING:
    from dicomdir_studio.media.burning import Burner


def burner_here() -> Burner:
    """Return what burns discs on this system.

    Raises
    ------
    BurningError
        If nothing does; it says what to install.
    """
    if sys.platform == "darwin" and shutil.which("drutil"):
        from dicomdir_studio.media.drutil import Drutil  # noqa: PLC0415

        return Drutil()
    if sys.platform == "win32":
        from dicomdir_studio.media.imapi import Imapi  # noqa: PLC0415

        return Imapi()
    return Xorriso()
